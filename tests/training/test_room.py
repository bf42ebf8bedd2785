"""What an experiment needs is told before it is taken; what it needs is about what is told."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from playground.kernels.measure import padded
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training import room
from playground.training.run import Run
from playground.training.state import plan, prepare

GB = 10**9


@pytest.fixture
def little(monkeypatch):
    monkeypatch.setattr(room, "available", lambda: 4 * GB)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"layers": (4096,) * 32}, "Fewer units"),
        ({"features": "degree 9, sin x1", "samples": 1_000_000, "precision": "float64"}, "Fewer samples"),
        ({"samples": 1_000_000, "layers": (512, 512), "normalization": "batch", "batch_size": 0}, "Smaller batches"),
    ],
)
def test_what_is_too_large_is_refused_with_what_it_needs_and_what_is_there(little, monkeypatch, changes, word):
    if "features" in changes:
        monkeypatch.setattr(room, "available", lambda: GB)  # two columns make 54
    with pytest.raises(KnobError, match=rf"GB of memory are needed, most of it for .*; [14]\.0 GB are there\. {word}"):
        Run(Experiment(**changes))


def test_a_large_batch_alone_is_none_too_large(little):
    prepare(Experiment(samples=200_000, layers=(64, 64), batch_size=0))


def test_nothing_is_refused_where_the_system_does_not_tell(monkeypatch):
    monkeypatch.setattr(room, "available", lambda: None)
    prepare(Experiment())


MEASURE = """
import sys
from playground.training.run import Run
from playground.model.experiment import Experiment

def most():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(lines["VmHWM"].split()[0]) * 1024

Run(Experiment(samples=1000))
before = most()
Run(Experiment(batch_size=0, epochs=1, **eval(sys.argv[1])), budget=0).finish_epoch()
print(most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells how much a process has taken")
@pytest.mark.parametrize(
    "changes",
    [{"layers": (2048, 2048)}, {"samples": 200_000, "features": "degree 5"}],
    ids=["weights", "samples"],
)
def test_about_as_much_is_taken_as_was_told(changes):
    told = subprocess.run([sys.executable, "-c", MEASURE, repr(changes)], capture_output=True, text=True, check=True)
    experiment = Experiment(**changes)
    planned = plan(experiment)
    expected = sum(room.needed(experiment, planned, int(padded.function(112)), 2).values())
    assert 0.4 * expected < int(told.stdout) < 1.2 * expected


def test_the_systems_own_figure_is_one():
    assert 10**8 < room.available() < 10**14
    assert isinstance(room.available(), int) and np.isfinite(room.available())
