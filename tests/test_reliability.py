"""The short form of tests/reliability: what ends or fails in the midst of writing loses nothing."""

from __future__ import annotations

import os
import random
import shutil

import pytest

from playground.kernels import cache
from tests.reliability import ends, faults, kills, starts, writers


@pytest.fixture(autouse=True)
def settled(monkeypatch, tmp_path):
    monkeypatch.setenv("PLAYGROUND_STATE_DIR", str(tmp_path / "state"))
    yield
    writers.forget()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_while_writing_loses_nothing(qapp):
    told = list(kills.run(4))
    assert len(told) == len(writers.WRITERS) + 1 and all("0 lost, 0 torn, 0 mixed, 0 stale" in line for line in told)


@pytest.fixture(scope="module")
def prepared(qapp):
    writers.prepare()


@pytest.mark.parametrize("name", ["csv", "picture", "settings"])
@pytest.mark.parametrize("call", faults.CALLS)
def test_a_failing_call_tears_nothing_and_is_told(prepared, name, call):
    for how in (*faults.ERRORS, "success", "half"):
        faults._fail_each(name, call, how, 20)


@pytest.mark.parametrize("how", ["no space", "success"])
def test_a_failing_rename_leaves_results_of_one_run(prepared, how):
    assert faults._fail_each("--out", "rename", how, 30) >= 5


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_end_while_painting_loses_nothing_that_was_kept(monkeypatch):
    monkeypatch.setattr(ends, "INTERVAL", 0.4)
    told = [line.partition(" while painting: ") for line in ends.run(1, 0)]
    assert [name for name, _, _ in told] == ["SIGKILL", "SIGTERM", "SIGHUP"]
    assert all("nothing lost, each offered" in figures for _, _, figures in told[1:])


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_start_with_a_damaged_kernel_trains_as_with_a_sound_one(tmp_path):
    own = cache.folders()[0]
    expected = starts._train(own.parents[1])
    made = shutil.copytree(own, tmp_path / "kernels" / own.name)
    for kernel in made.glob("*schedules.scheduled*"):
        starts.DAMAGES["a bit flipped"](kernel, random.Random(0))
    assert starts._train(tmp_path) == expected
