"""The short form of tests/reliability: what ends or fails in the midst of writing loses nothing."""

from __future__ import annotations

import os

import pytest

from tests.reliability import ends, faults, kills, writers


@pytest.fixture(autouse=True)
def settled(monkeypatch, tmp_path):
    monkeypatch.setenv("PLAYGROUND_STATE_DIR", str(tmp_path / "state"))
    yield
    writers.forget()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_while_writing_loses_nothing(qapp):
    told = list(kills.run(4))
    assert len(told) == len(writers.WRITERS) + 1 and all("0 lost, 0 torn, 0 mixed, 0 stale" in line for line in told)


@pytest.mark.parametrize("name", ["csv", "picture", "settings"])
@pytest.mark.parametrize("call", faults.CALLS)
def test_a_failing_call_tears_nothing_and_is_told(qapp, name, call):
    writers.prepare()
    for how in (*faults.ERRORS, "success", "half"):
        faults._fail_each(name, call, how, 20)


@pytest.mark.parametrize("how", ["no space", "success"])
def test_a_failing_rename_leaves_results_of_one_run(qapp, how):
    writers.prepare()
    assert faults._fail_each("--out", "rename", how, 30) >= 5


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_end_while_painting_loses_nothing_that_was_kept():
    told = [line.partition(" while painting: ") for line in ends.run(1, 0)]
    assert [name for name, _, _ in told] == ["SIGKILL", "SIGTERM", "SIGHUP"]
    assert all("nothing lost, each offered" in figures for _, _, figures in told[1:])
