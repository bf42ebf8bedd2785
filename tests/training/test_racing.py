"""A race, run: in threads as alone, and what it writes."""

import csv
import math

import numpy as np
import pytest

from playground import Experiment, cli, race
from playground.kernels.columns import COLUMNS, SECONDS
from playground.training.bands import band
from playground.training.drawing import Entry, draw
from playground.training.race import plan
from playground.training.racing import Race
from playground.training.run import Run
from playground.training.snapshot import DIVERGED

SMALL = Experiment(samples=60, layers=(8, 4), epochs=40, dropout=0.2, batch_size=8)
OPTIMIZERS = {"optimizer": ["sgd", "momentum", "rmsprop", "adam"]}
FLAGS = ("--samples", "50", "--layers", "4", "--epochs", "6", "--batch-size", "8")
DIVERGING = ("--dataset", "sine", "--optimizer", "sgd", "--vary", "learning_rate=.01,1e6", "--epochs", "50")


def trace(run):
    """All that training leaves, but for the time it took."""
    history = np.delete(run.history.rows, SECONDS, axis=1)
    return [history.tobytes(), *(array.tobytes() for array in run.weights.values())]


def alone(experiment, initial=None):
    run = Run(experiment, initial)
    while not run.has_ended:
        run.burst(0.01)
    return run


@pytest.fixture
def undrawn(monkeypatch):
    """No process is started to draw."""
    monkeypatch.setattr("playground.training.racing.draw", lambda *_: "")


# training


@pytest.mark.parametrize("threads", [1, 4])
def test_a_run_of_a_race_equals_the_same_experiment_alone_bit_for_bit(threads):
    contest = race(SMALL, OPTIMIZERS, threads=threads).train()
    expected = [trace(alone(SMALL.change(optimizer=name))) for name in OPTIMIZERS["optimizer"]]
    assert [trace(run) for run in contest.runs] == expected


def test_a_race_that_was_left_and_gone_on_with_ends_the_same():
    contest = race(SMALL.change(epochs=20_000), OPTIMIZERS, threads=2)
    for _ in contest.steps():
        break
    assert not any(run.has_ended for run in contest.runs) and any(run.updates for run in contest.runs)
    for run in contest.train().runs:
        assert trace(run) == trace(alone(run.experiment))


def test_weights_that_are_shared_are_those_of_a_file_given_to_a_run_alone():
    first, second = race(SMALL, {"convention": ["lecture", "pytorch"]}).train().runs
    assert trace(second) == trace(alone(second.experiment, first.initial_weights))


def test_a_loop_yields_each_run_when_it_has_ended_in_order():
    contest = race(SMALL, OPTIMIZERS, threads=2)
    found = [(run.experiment.knobs.optimizer, run.has_ended) for run in contest]
    assert found == [(name, True) for name in OPTIMIZERS["optimizer"]]


def test_leaving_the_loop_stops_the_others():
    contest = race(SMALL, {"epochs": [1, 10_000_000]}, threads=2)
    for _ in contest:
        break
    before = contest.runs[1].updates
    assert before == contest.runs[1].updates and not contest.runs[1].has_ended


def test_what_a_run_raises_ends_the_race():
    def fail(seconds):
        raise MemoryError("no room")

    contest = race(SMALL.change(epochs=10_000_000), OPTIMIZERS, threads=2)
    contest.runs[2].burst = fail
    with pytest.raises(MemoryError, match="no room"):
        contest.train()


def test_a_race_is_trained_by_one_at_a_time():
    contest = race(SMALL, OPTIMIZERS)
    for _ in contest.steps():
        with pytest.raises(RuntimeError, match="already"):
            contest.train()
        break


# bands


def test_a_band_equals_numpys_over_the_seeds():
    contest = race(SMALL, {"optimizer": ["sgd", "adam"]}, seeds=3).train()
    losses = np.array([run.history.rows[:, COLUMNS.index("val_loss")] for run in contest.runs[3:]])
    found = contest.bands()["Adam"]
    assert np.array_equal(found.epochs, np.arange(1, 41))
    assert np.array_equal(found.mean, losses.mean(axis=0)) and np.array_equal(found.deviation, losses.std(axis=0))
    assert found.deviation.min() > 0


def test_a_band_ends_with_the_run_that_ended_first():
    long, short = np.ones((5, len(COLUMNS))), np.zeros((3, len(COLUMNS)))
    assert band([long, short], "train_loss").mean.tolist() == [0.5, 0.5, 0.5]


# files


def rows_of(folder):
    with open(folder / "runs.csv", newline="") as file:
        return list(csv.DictReader(file))


def cells_of(path):
    with open(path, newline="") as file:
        return [row[:-1] for row in csv.reader(file)]


def test_a_race_writes_a_row_and_a_folder_a_run_as_train_does(tmp_path, undrawn, capsys):
    out = tmp_path / "race"
    flags = ["--vary", "optimizer=sgd,adam", "--vary", "layers=4;4,4"]
    assert cli.main(["race", *FLAGS, *flags, "--out", str(out)]) == 0
    rows = rows_of(out)
    assert [row["run"] for row in rows] == ["1-sgd-4", "2-sgd-4-4", "3-adam-4", "4-adam-4-4"]
    assert cli.main(["train", *FLAGS, "--optimizer", "adam", "--layers", "4,4", "--out", str(tmp_path / "one")]) == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (out / "4-adam-4-4").iterdir())
    assert cells_of(out / "4-adam-4-4" / "history.csv") == cells_of(tmp_path / "one" / "history.csv")
    with np.load(out / "4-adam-4-4" / "weights.npz") as one, np.load(tmp_path / "one" / "weights.npz") as other:
        assert all(np.array_equal(one[name], other[name]) for name in other.files)


def test_the_tables_columns_are_the_varied_knobs_the_seed_and_what_json_tells_but_lists(tmp_path, undrawn):
    flags = ["--vary", "layers=4;", "--vary", "epochs=3", "--seeds", "2"]
    assert cli.main(["race", *FLAGS, *flags, "--out", str(tmp_path)]) == 0
    with open(tmp_path / "runs.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:5] == ["run", "layers", "knob_epochs", "seed", "epochs"]
    told = ["stopped_early", "best_epoch", "train_loss", "val_loss", "test_loss", "train_metric", "val_metric"]
    assert header[5:] == [*told, "test_metric", "metric", "seconds", "diagnosis", "parameters", "cause", "evidence"]
    assert [row[:5] for row in rows] == [
        ["1-4-3-seed-0", "4", "3", "0", "3"],
        ["2-4-3-seed-1", "4", "3", "1", "3"],
        ["3-none-3-seed-0", "", "3", "0", "3"],
        ["4-none-3-seed-1", "", "3", "1", "3"],
    ]


def test_a_varied_seed_is_one_column(tmp_path, undrawn):
    assert cli.main(["race", *FLAGS, "--vary", "seed=4,7", "--out", str(tmp_path)]) == 0
    assert [(row["run"], row["seed"]) for row in rows_of(tmp_path)] == [("1-seed-4", "4"), ("2-seed-7", "7")]


def test_a_pattern_that_varies_is_named_under_every_seed(tmp_path, undrawn):
    assert cli.main(["race", *FLAGS, "--vary", "dataset=moons,circles", "--seeds", "2", "--out", str(tmp_path)]) == 0
    assert [row["dataset"] for row in rows_of(tmp_path)] == ["moons", "moons", "circles", "circles"]


def test_one_that_diverges_is_told_and_the_others_go_on(tmp_path, undrawn, capsys):
    assert cli.main(["race", *DIVERGING, "--out", str(tmp_path)]) == 1
    good, bad = rows_of(tmp_path)
    assert (good["epochs"], bad["diagnosis"], bad["cause"]) == ("50", "diverged", "broke")
    assert "infinite or NaN at epoch 1" in capsys.readouterr().out
    with np.load(tmp_path / bad["run"] / "weights.npz") as kept:
        assert all(np.isfinite(kept[name]).all() for name in kept.files)


def test_weights_that_are_not_shared_are_told(tmp_path, undrawn, capsys):
    assert cli.main(["race", *FLAGS, "--vary", "layers=4;6", "--out", str(tmp_path)]) == 0
    assert "note: layers 6 does not share W0, b0, W1 with layers 4\n" in capsys.readouterr().err


def test_where_qt_cannot_load_one_line_says_so_and_the_status_stays(tmp_path, monkeypatch, capsys):
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text("raise ImportError('libGL is\\nmissing')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    out = tmp_path / "out"
    assert cli.main(["race", *FLAGS, "--vary", "optimizer=sgd", "--out", str(out)]) == 0
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "race.png could not be drawn: ImportError: libGL is missing" in err
    assert rows_of(out) and not (out / "race.png").exists()


# pictures


def test_a_notebook_is_given_a_picture_of_a_race_that_has_ended():
    contest = race(SMALL, {"optimizer": ["sgd", "adam"]}, seeds=2)
    picture = contest._repr_png_()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n") and int.from_bytes(picture[16:20]) == 1280
    assert all(run.has_ended for run in contest.runs)


def test_a_notebook_is_told_why_there_is_no_picture(monkeypatch):
    monkeypatch.setattr("playground.training.racing.draw", lambda *_: "no Qt")
    with pytest.warns(UserWarning, match="no Qt"):
        assert race(SMALL, {"optimizer": ["sgd"]})._repr_png_() is None


def test_a_project_that_is_not_there_is_a_reason_in_one_line(tmp_path):
    reason = draw([Entry("SGD", 0, str(tmp_path / "none.playground"))], ["optimizer"], tmp_path / "a.png")
    assert "none.playground" in reason and "\n" not in reason


def test_a_race_in_which_all_diverge_at_once_is_drawn(tmp_path):
    contest = Race(plan(Experiment(dataset="sine", optimizer="sgd"), {"learning_rate": [1e6, 1e7]}, seeds=2)).train()
    assert all(run.status == DIVERGED for run in contest.runs)
    assert contest.write(tmp_path) and contest.draw(tmp_path) == ""
    assert (tmp_path / "race.png").stat().st_size > 5000
    assert math.isfinite(contest.runs[0].weights["W0"].sum())
