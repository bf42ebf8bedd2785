"""The benchmark of long runs: what it measures, and that nothing subnormal is left of one that saturates."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from playground.kernels import jit
from playground.model.experiment import Experiment
from playground.training.run import Run

PATH = Path(__file__).parents[1] / "benchmarks" / "steady.py"


@pytest.fixture(scope="module")
def steady() -> ModuleType:
    spec = importlib.util.spec_from_file_location("steady", PATH)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_tells_of_each_tenth_of_a_run(steady, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["steady.py", "W1", "blobs", "--times", "3", "--share", "0.001", "--json"])
    steady.main()
    found = json.loads(capsys.readouterr().out)
    assert {name: one["epochs"] for name, one in found.items()} == {"W1": 100, "blobs": 20}
    for one in found.values():
        assert [len(run) for run in one["seconds"]] == [10] * 3
        middle = [sorted(parts)[1] for parts in zip(*one["seconds"], strict=True)]
        assert one["tenths"] == middle and one["ratio"] == max(middle) / min(middle)


def test_every_work_can_be_trained(steady) -> None:
    for work in steady.WORKS.values():
        Run(Experiment(epochs=work.epochs, **work.knobs))


def test_subnormal_numbers_are_counted(steady) -> None:
    run = Run(Experiment())
    assert steady.subnormal(run) == 0
    run.state.net.weights[:3] = np.finfo(np.float32).tiny / 2
    run.state.store.slots.flat[:2] = np.finfo(np.float32).smallest_subnormal
    assert steady.subnormal(run) == 5


@pytest.mark.skipif(jit.IS_PLAIN, reason="only what is compiled flushes")
def test_a_run_that_saturates_keeps_no_subnormal_number(steady) -> None:
    # Not flushed, 181 of Adam's 3,555 moments are subnormal then.
    assert steady.train(steady.WORKS["blobs"], 0.1).subnormal == 0
