"""Projects of every format version, as the program of their time wrote them, are opened for ever.

``golden/version_N.json`` holds what that program made of its files: the sets, and the losses when it went on.
"""

import json
import math
from pathlib import Path

import pytest

from playground.model import file
from playground.model.dataset import UNASSIGNED
from playground.training.projects import open_project
from playground.training.resuming import resume

FOLDER = Path(__file__).parent / "golden"
TOLD = {name: told for path in sorted(FOLDER.glob("*.json")) for name, told in json.loads(path.read_text()).items()}
CLOSE = {"float32": 2e-4, "float64": 1e-9}  # the order of sums is the processor's


def continued(name):
    """A saved run, taken up and trained to its end."""
    saved = file.load(FOLDER / f"{name}.playground")
    run = resume(saved.in_hand.experiment, saved.in_hand.arrays, saved.in_hand.info)
    assert run.epoch == TOLD[name]["saved_epoch"]
    while not run.has_ended:
        run.advance(10_000)
    return run


def test_there_is_a_file_for_every_record():
    assert set(TOLD) <= {path.stem for path in FOLDER.glob("*.playground")} and len(TOLD) >= 5


@pytest.mark.parametrize("name", TOLD)
def test_a_saved_run_goes_on_to_the_same_numbers(name):
    run, told = continued(name), TOLD[name]
    close = {"rel": CLOSE[run.experiment.knobs.precision], "abs": 1e-7}
    assert (run.epoch, run.status) == (told["epoch"], told["status"])
    assert run.history.rows[:, 1] == pytest.approx(told["train_loss"], **close)
    assert run.history.rows[:, 2] == pytest.approx(told["val_loss"], **close)
    scores = [math.nan if value is None else value for value in told["scores"]]
    assert list(run.scores()) == pytest.approx(scores, nan_ok=True, **close)


@pytest.mark.parametrize("name", TOLD)
def test_the_points_stay_in_the_sets_that_they_were_dealt_to(name):
    data = file.load(FOLDER / f"{name}.playground").experiment.dataset
    # where some had a set, the others were in none: they are gone
    assert data.sets.tolist() == [part for part in TOLD[name]["sets"] if part != UNASSIGNED]


def test_a_project_goes_through_the_present_format_unchanged(tmp_path):
    for name in TOLD:
        saved = file.load(FOLDER / f"{name}.playground")
        file.save(tmp_path / "again.playground", *saved)
        again = file.load(tmp_path / "again.playground")
        assert again.experiment.knobs == saved.experiment.knobs
        assert [run[:-2] for run in again.runs] == [run[:-2] for run in saved.runs]
        assert again.experiment.dataset.sets.tolist() == saved.experiment.dataset.sets.tolist()


def test_a_pattern_that_was_not_trained_stays_a_pattern():
    experiment = file.load(FOLDER / "version_1_untrained.playground").experiment
    assert experiment.data is None and experiment.knobs.dataset == "circles"


@pytest.mark.parametrize("name", [name for name in TOLD if "runs" in TOLD[name]])
def test_every_run_of_a_project_is_there_with_its_past(name):
    found = open_project(FOLDER / f"{name}.playground").runs
    for (listed, run), told in zip(found, TOLD[name]["runs"], strict=True):
        assert list(listed[:7]) == told["listed"]
        assert (run.epoch, [list(change) for change in run.changes]) == (told["epoch"], told["changes"])
        assert run.history.rows[:, 2] == pytest.approx(told["val_loss"])
        scores = [math.nan if value is None else value for value in told["scores_at_4"]]
        assert list(run.at(4).scores()) == pytest.approx(scores, nan_ok=True, rel=1e-9)
