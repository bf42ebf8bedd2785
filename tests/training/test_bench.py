"""The benchmark tells of every work, counts what it says it counts, and refuses nonsense."""

import json

import pytest

from playground import cli
from playground.training import bench
from playground.training.run import Run


def test_an_epochs_operations_are_those_of_its_products():
    # 2-4-2-1: 18 weights, 8 of them on the inputs, which need no gradient; 250 samples train, 500 are evaluated.
    assert bench.operations(Run(bench.prepare("W1"))) == 250 * 2 * (3 * 18 - 8) + 500 * 2 * 18


@pytest.mark.parametrize("name", bench.WORKS)
def test_a_work_has_the_samples_and_layers_that_it_is_told_with(name):
    run, told = Run(bench.prepare(name)), bench.WORKS[name][0].replace(",000", "000").replace(" samples", "")
    sizes = [int(run.state.net.layers[0]["inputs"]), *(int(layer["units"]) for layer in run.state.net.layers)]
    train, validation = run.state.samples.inputs.shape[1], run.state.samples.val_inputs.shape[1]
    wanted = f"{'-'.join(map(str, sizes))} {run.experiment.knobs.activation}, {train} + {validation}, "
    assert told.startswith(wanted)


def test_the_command_measures_every_work(capsys):
    assert cli.main(["bench", "--json", "--seconds", "0.01", "--old", "0.05"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(bench.WORKS)
    for row in rows:
        assert row["epochs_per_second"] > 0 and row["old_epochs_per_second"] > 0
        assert 0 < row["old_epochs"] <= bench.OLD_EPOCHS
        assert row["gflops"] * 1e9 == pytest.approx(
            row["epochs_per_second"] * bench.operations(Run(bench.prepare(row["name"])))
        )


def test_a_run_is_old_after_some_epochs_or_some_time(monkeypatch):
    monkeypatch.setattr(bench, "OLD_EPOCHS", 7)
    run = Run(bench.prepare("W1"))
    bench.age(run, 60)
    assert run.epoch == 7
    run = Run(bench.prepare("W4"))
    bench.age(run, 1e-6)
    assert run.epoch == 1


def test_what_is_told_names_both_ages():
    told = str(bench.Result("W0", "a work", 2000.0, 20.0, 40.0, 0.5, 10_000, 1000.0, 0.25))
    assert "fresh    2,000.0 epochs/s (50% of sgemm)" in told
    assert "old, after 10,000 epochs,    1,000.0 epochs/s (25%)" in told


def test_growth_is_told_along_samples_width_depth_and_batches(capsys, monkeypatch):
    monkeypatch.setattr(bench, "WIDTHS", (4, 8))
    monkeypatch.setattr(bench, "DEPTHS", (1,))
    monkeypatch.setattr(bench, "BATCHES", (7,))
    monkeypatch.setattr(bench, "SAMPLES", (1000,))
    assert cli.main(["bench", "--growth", "--seconds", "0.01"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["samples", "1,000"],
        ["width", "4"],
        ["width", "8"],
        ["depth", "1"],
        ["batch", "7"],
    ]


@pytest.mark.parametrize("flag", ["--seconds", "--old"])
@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "nan"])
def test_a_time_that_cannot_be_is_refused(flag, seconds, capsys):
    assert cli.main(["bench", flag, seconds]) == 2
    assert flag in capsys.readouterr().err
