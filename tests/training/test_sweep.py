"""A grid of runs."""

import csv

import pytest

from playground import cli
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.grid import plan, read_values
from playground.training.sweep import train_one


def rows_of(folder):
    with open(folder / "results.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_values_that_hold_commas_are_separated_by_semicolons():
    assert read_values("layers=8,8;16") == ("layers", [(8, 8), (16,)])


def test_a_value_that_a_knob_refuses_is_refused():
    with pytest.raises(KnobError, match="learning_rate"):
        read_values("learning-rate=.1,-1")


def test_every_combination_runs_under_every_seed():
    grid = plan(Experiment(seed=5), {"layers": [(4,), (8,)], "noise": [0.1, 0.2, 0.3]}, 2)
    found = {(job.experiment.knobs.layers, job.experiment.knobs.noise, job.experiment.knobs.seed) for job in grid}
    assert len(grid) == len(found) == 12
    assert {seed for _, _, seed in found} == {5, 6}


def test_a_sweep_writes_a_row_a_run_with_what_a_run_alone_gives(tmp_path):
    flags = ["--epochs", "5", "--samples", "40", "--seeds", "2", "--jobs", "2"]
    status = cli.main(["sweep", "--vary", "learning_rate=.01,.1", *flags, "--out", str(tmp_path)])
    rows = rows_of(tmp_path)
    assert status == 0
    assert [(row["learning_rate"], row["seed"]) for row in rows] == [
        ("0.01", "0"),
        ("0.01", "1"),
        ("0.1", "0"),
        ("0.1", "1"),
    ]
    assert "cause" in rows[0] and not {"remedies", "confusion"} & rows[0].keys()
    alone = train_one(Experiment(epochs=5, samples=40, learning_rate=0.1, seed=1))
    assert float(rows[3]["val_loss"]) == alone["val_loss"]


def test_a_run_that_cannot_be_trained_does_not_end_the_sweep(tmp_path):
    flags = ["--early-stopping", "on", "--epochs", "3", "--out", str(tmp_path)]
    assert cli.main(["sweep", "--vary", "train_fraction=.5,1", *flags]) == 0
    assert [row["status"] for row in rows_of(tmp_path)] == ["finished", "refused"]
