"""Projects of many runs: after saving and opening, any epoch of each is what it was, bit for bit."""

import numpy as np
import pytest

from playground.model import edits, file
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.progress import CancelledError
from playground.training import projects, saved_past
from playground.training.jobs import Job
from playground.training.timeline import FILED_BYTES
from tests.again import LIVE, STOPPING, assert_same, bits, experiment
from tests.at_once import made, run_of, without_threads

__all__ = ["without_threads"]

RNG = np.random.default_rng(12)


def train(run, until, changes=None):
    for epoch, changed in sorted((changes or {}).items()):
        run.advance((epoch - run.epoch) * run.batches)
        run.adapt(run.experiment.change(**changed))
    while run.epoch < until and not run.has_ended:
        run.finish_epoch()


def story(**knobs):
    """Runs: one with live changes, a branch of it, one that stops early, one on other points, one not pinned."""
    runs = made()
    first = runs.begin(experiment(**knobs))
    train(run_of(first), 40, LIVE)
    child = runs.branch(first.number, 21, run_of(first).at(21).experiment.change(optimizer="adam", dropout=0.1))
    train(run_of(child), 33)
    stopped = runs.begin(experiment(**STOPPING | knobs))
    train(run_of(stopped), 200)
    points = edits.add(experiment().points, [(0.5, 0.5), (1, 1)], [0, 1])
    drawn = runs.begin(Experiment(experiment(**knobs).knobs, points))
    train(run_of(drawn), 17)
    loose = runs.begin(experiment(seed=9, **knobs))
    train(run_of(loose), 12)
    hand = runs.begin(experiment(seed=4, **knobs))
    train(run_of(hand), 26, {5: {"learning_rate": 0.2}})
    for entry in (first, child, stopped, drawn):
        runs.pin(entry.number)
    return runs


def saved_runs(runs):
    return projects.to_saved_runs(runs)


def reopened(path, runs):
    file.save(path, run_of(runs.hand).experiment, saved_runs(runs))
    return projects.open_project(path)


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"normalization": "batch", "optimizer": "adam", "schedule": "cosine"},
        {"precision": "float64", "normalization": "weight", "schedule": "plateau"},
    ],
)
def test_every_run_of_a_project_can_be_taken_back_to_any_epoch_as_before(tmp_path, knobs):
    runs = story(**knobs)
    project = reopened(tmp_path / "a.playground", runs)
    assert [told.number for told, _ in project.runs] == [1, 2, 3, 4, 6]  # number 5 was not pinned
    for told, run in project.runs:
        before = run_of(runs.entry(told.number))
        assert (run.experiment, run.changes, run.seconds) == (before.experiment, before.changes, before.seconds)
        assert bits(run) == bits(before)
        for epoch in {0, before.epoch, *RNG.integers(0, before.epoch + 1, 12).tolist()}:
            assert bits(run.at(epoch)) == bits(before.at(epoch)), f"run {told.number}, epoch {epoch}"
            assert run.at(epoch).is_exact


def test_a_run_goes_on_after_opening_as_if_nothing_had_been(tmp_path):
    runs = story()
    project = reopened(tmp_path / "a.playground", runs)
    for told, run in project.runs:
        before = run_of(runs.entry(told.number))
        train(before, before.epoch + 5)
        train(run, run.epoch + 5)
        assert bits(run) == bits(before)


def test_what_a_list_of_runs_tells_comes_back(tmp_path):
    runs = story()
    told = [told for told, _ in reopened(tmp_path / "a.playground", runs).runs]
    for one in told:
        entry = runs.entry(one.number)
        assert one[:5] == (entry.number, entry.name, entry.colour, entry.parent, entry.branched)
        assert (one.is_pinned, one.is_in_hand) == (entry.pinned, entry is runs.hand)
        assert not one.arrays and not one.info  # the run has them
    assert told[1].parent == 1 and told[1].branched == 21


def test_a_copy_stays_as_it_is_while_training_goes_on():
    runs = made()
    run = run_of(runs.begin(experiment(normalization="batch", epochs=100_000)))
    train(run, 1200)
    (copy,) = saved_runs(runs)
    before = {name: array.tobytes() for name, array in copy.arrays.items()}, str(copy.info)
    train(run, 3000, {1300: {"learning_rate": 0.3}})
    assert ({name: array.tobytes() for name, array in copy.arrays.items()}, str(copy.info)) == before
    (_, again), *_ = projects.from_saved(file.Saved(run.experiment, (copy,)))
    assert_same(again, again.experiment, [1200])


def test_the_past_that_goes_into_a_file_is_bounded_for_each_run():
    runs = made()
    train(run_of(runs.begin(experiment(layers=(200, 200), samples=20, epochs=200))), 150)
    (copy,) = saved_runs(runs)
    past = sum(array.nbytes for name, array in copy.arrays.items() if name.startswith("past"))
    assert run_of(runs.hand).timeline.nbytes > saved_past.FILE_BYTES
    assert 0.4 * saved_past.FILE_BYTES < past <= saved_past.FILE_BYTES
    ((_, again),) = projects.from_saved(file.Saved(copy.experiment, (copy,)))
    assert bits(again.at(77)) == bits(run_of(runs.hand).at(77))


def test_a_run_that_is_not_in_hand_takes_no_more_than_filed_ones_may(tmp_path):
    project = reopened(tmp_path / "a.playground", story())
    assert {run.timeline.budget for told, run in project.runs if not told.is_in_hand} == {FILED_BYTES}


def test_each_run_notes_for_itself_which_epochs_others_trained(tmp_path):
    runs = story()
    copies = list(saved_runs(runs))
    copies[0] = copies[0]._replace(info=copies[0].info | {"kernels": "others"})
    file.save(tmp_path / "a.playground", run_of(runs.hand).experiment, copies)
    again = projects.open_project(tmp_path / "a.playground").runs
    assert [run.foreign for _, run in again] == [40, 0, 0, 0, 0]
    # once more through a file, by ours: it is remembered
    copies = [told._replace(**dict(zip(("arrays", "info"), projects.resuming.to_saved(run)))) for told, run in again]
    assert [run.foreign for _, run in projects.from_saved(file.Saved(Experiment(), tuple(copies)))] == [40, 0, 0, 0, 0]


def test_progress_is_told_and_opening_can_be_given_up(tmp_path):
    path, runs = tmp_path / "a.playground", story()
    shares: list[float] = []
    file.save(path, Experiment(), saved_runs(runs))
    projects.open_project(path, progress=shares.append)
    assert shares == sorted(shares) and shares[-1] > 0.8

    def give_up(share):
        if share > 0.8:
            raise CancelledError

    with pytest.raises(CancelledError):
        projects.open_project(path, progress=give_up)
    job = Job(lambda progress: projects.open_project(path, progress=progress))
    assert len(job.result().runs) == 5


def damaged(runs, number, **parts):
    return tuple(
        one._replace(
            **{name: getattr(one, name) | part if isinstance(part, dict) else part for name, part in parts.items()}
        )
        if one.number == number
        else one
        for one in saved_runs(runs)
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"arrays": {"weights": np.zeros(3, np.float32)}}, "run 3: the saved run does not fit its experiment"),
        ({"arrays": {"history_epoch": np.zeros(3)}}, "run 3: the saved run has a history of shape"),
        ({"info": {"clock": {}}}, "run 3: the saved run"),
        ({"info": {"changes": [[10**9, {}]]}}, "run 3: the saved run was changed at epoch"),
        ({"info": {"past": [[0, 5, 1, 2]] * 2}}, "run 3: the saved run"),
        ({"experiment": experiment(layers=(9,))}, "run 3: the saved run does not fit its experiment"),
        ({"experiment": Experiment(data=edits.empty())}, "run 3: "),
        ({"parent": 1, "branched": 10**6}, "run 3: it branched off at epoch 1000000"),
    ],
)
def test_a_run_that_does_not_fit_is_told_with_its_number(tmp_path, parts, said):
    path = tmp_path / "a.playground"
    file.save(path, Experiment(), damaged(story(), 3, **parts))
    with pytest.raises(DataError) as caught:
        projects.open_project(path)
    assert str(caught.value).startswith(f"{path}: {said}") and "\n" not in str(caught.value)


ODD = [None, True, -1, 10**30, 1.5, "x", "nan", [], [1], {}, {"a": 1}, [[0, 1, 1, 1]], [[3, {}]]]


def test_no_odd_value_of_a_run_does_more_than_be_told():
    """Every value that a file tells of a run is exchanged for others: it is taken up, or refused in one line."""
    runs = story()
    (copy,) = (one for one in saved_runs(runs) if one.number == 3)
    clock = copy.info["clock"]
    spoilt = [{**copy.info, name: value} for name in copy.info for value in ODD]
    spoilt += [{**copy.info, "clock": {**clock, name: value}} for name in clock for value in (*ODD, "-1", "1e300", "7")]
    for info in spoilt:
        try:
            projects.from_saved(file.Saved(copy.experiment, (copy._replace(info=info),)))
        except DataError as error:
            assert "\n" not in str(error)
