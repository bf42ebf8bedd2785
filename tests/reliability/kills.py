"""SIGKILL in the midst of writing: each kind of file is as it was, or as it was to be, after the next start.

And each row of a sweep that was written is there when it goes on.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path

from playground.model import parts
from playground.model.experiment import Experiment
from playground.training import grid
from playground.training.sweep_results import SweepFolder
from tests.reliability import writers
from tests.reliability.writers import NUMBERS, WRITERS

COUNTS = {"kills": 1000}
LONGEST = 0.06  # seconds until a kill, at least
VERSIONS = 2.5  # that are written in the longest time until a kill, about
ROWS = 40  # of a sweep that goes on

SMALL = Experiment(samples=20, layers=(2,), epochs=1)


def run(kills: int) -> Iterator[str]:
    """Kill that often for each kind."""
    if not hasattr(os, "fork"):
        raise unittest.SkipTest("a system without fork")
    writers.prepare()
    for name in WRITERS:
        yield f"{name}: {_kill(name, kills)}"
    yield f"sweep, row by row: {_go_on(kills)}"


def _kill(name: str, times: int, seed: int = 0) -> str:
    draw, writer, midway = random.Random(seed), WRITERS[name], 0
    folder = Path(tempfile.mkdtemp(prefix="playground-kills-"))
    try:
        before: int | None = None
        longest = max(LONGEST, VERSIONS * _seconds(writer))
        for turn in range(times):
            _write_and_die(writer.write, folder, draw.uniform(0, longest))
            midway += bool(writers.stale(folder))
            writers.forget()
            writers.start_again(folder)
            found = writer.read(folder)  # raises where it is torn or mixed
            assert found in NUMBERS or (found is None and before is None), f"{name}: lost at kill {turn}"
            assert not (left := writers.stale(folder)), f"{name}: {left} is stale at kill {turn}"
            before = found
    finally:
        shutil.rmtree(folder)
    return f"{times} kills, {midway} of them in the midst of a file; 0 lost, 0 torn, 0 mixed, 0 stale"


def _seconds(writer: writers.Writer) -> float:
    """How long a version takes to be written."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        writer.write(Path(folder), NUMBERS[0])
        seconds = time.monotonic() - began
        writers.forget()
    return seconds


def _go_on(times: int, seed: int = 1) -> str:
    """Kill a sweep that goes on, again and again; each row that it has told of stays, in no other's place."""
    draw, jobs, sweeps = random.Random(seed), grid.plan(SMALL, {"seed": list(range(ROWS))}), 0
    longest = max(LONGEST, VERSIONS * _seconds(WRITERS["sweep"]))
    folder = Path(tempfile.mkdtemp(prefix="playground-kills-"))
    try:
        written: set[int] = set()
        for turn in range(times):
            written |= _add_and_die(folder, jobs, draw.uniform(0, longest))
            parts._swept.clear()
            lines = (folder / "results.csv").read_text("utf-8").split("\n")[1:-1] if written else []
            there = [int(line.partition(",")[0]) for line in lines]
            assert len(set(there)) == len(there), f"kill {turn}: a row is there twice"
            assert written <= set(there), f"kill {turn}: {len(written - set(there))} rows are lost"
            if len(written) == ROWS:
                taken = SweepFolder(folder, jobs, resumes=True)
                assert len(taken.done) == ROWS and taken.finish() is not None
                assert not (left := writers.stale(folder)), f"{left} is stale"
                shutil.rmtree(folder)
                folder.mkdir()
                written, sweeps = set(), sweeps + 1
    finally:
        shutil.rmtree(folder)
    return f"{times} kills of {sweeps + 1} sweeps that went on, {sweeps} to their end; 0 lost, 0 torn, 0 mixed, 0 stale"


def _add_and_die(folder: Path, jobs: grid.Plan, seconds: float) -> set[int]:
    """Have a process go on with a sweep and tell of each row once it is written; kill it. The rows that it told of."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        try:
            parts._swept.clear()
            out = SweepFolder(folder, jobs, resumes=True)
            for number in sorted(set(range(ROWS)) - out.done):
                out.add(grid.Outcome(number, {"status": "finished", "epochs": number, "val_loss": 1.0 / (number + 1)}))
                os.write(writing, bytes([number]))
                time.sleep(0.001)
            os.write(writing, bytes(sorted(out.done)))
            time.sleep(60)
        finally:
            os._exit(1)
    os.close(writing)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    status = os.waitpid(process, 0)[1]
    assert os.WIFSIGNALED(status), "going on failed by itself"
    with open(reading, "rb") as told:
        return set(told.read())


def _write_and_die(write: object, folder: Path, seconds: float) -> None:
    """Have a process write without end, and kill it."""
    process = os.fork()
    if not process:
        try:
            number = 0
            while True:
                number += 1
                write(folder, NUMBERS[number % 2])  # type: ignore[operator]
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    status = os.waitpid(process, 0)[1]
    assert os.WIFSIGNALED(status), "writing failed by itself"
