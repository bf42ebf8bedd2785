"""``playground --smoke`` tries an installation, and fails where something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from playground import app, smoke
from playground.kernels import cache

TOO_LONG = """
import time
from playground import smoke
smoke.PATIENCE = 0.2
smoke.warm.touch = lambda precision: time.sleep(60)
smoke.run(False)
"""
EVERYTHING = """
from playground import Experiment, train
from playground.kernels import jit
from playground.training import warm

for precision in warm.PRECISIONS:
    warm.touch(precision)
before = dict(jit.tally)
for precision in warm.PRECISIONS:
    for knobs in (
        {"dataset": "digits", "augment": True, "optimizer": "adam"},
        {"dataset": "sine", "normalization": "batch", "loss": "huber", "test_fraction": 0.2},
        {"dataset": "blobs", "classes": 5, "dropout": 0.5, "early_stopping": True, "normalization": "layer"},
        {"layers": (), "penalty": "elastic_net", "schedule": "plateau", "max_norm": 1.0, "normalization": "weight"},
    ):
        for run in train(Experiment(samples=60, epochs=3, precision=precision).change(**knobs)):
            run.scores()
print(before, jit.tally)
assert before == jit.tally
"""


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=280)


def test_the_smoke_run_tells_hits_misses_and_the_cpu_level() -> None:
    ran = run_python("-m", "playground", "--smoke", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["hits"] + told["misses"] > 0 and told["loss"] > 0
    assert told["cpu_level"] == cache.cpu_level()


def test_a_smoke_run_that_hangs_ends_badly() -> None:
    ran = run_python("-c", TOO_LONG)
    assert ran.returncode == 1
    assert "Timeout" in ran.stderr


def test_a_smoke_run_fails_where_training_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "shot", lambda *arguments: None)
    with pytest.raises(RuntimeError, match="training failed"):
        smoke.train_and_draw()


def test_all_kernels_are_touched_whatever_is_trained_later() -> None:
    ran = run_python("-c", EVERYTHING)
    assert ran.returncode == 0, ran.stdout + ran.stderr
