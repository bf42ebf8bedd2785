"""SIGKILL in the midst of writing: each kind of file is as it was, or as it was to be, after the next start."""

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

from tests.reliability import writers
from tests.reliability.writers import NUMBERS, WRITERS

COUNTS = {"kills": 1000}
LONGEST = 0.06  # seconds until a kill


def run(kills: int) -> Iterator[str]:
    """Kill that often for each kind."""
    if not hasattr(os, "fork"):
        raise unittest.SkipTest("a system without fork")
    writers.prepare()
    for name in WRITERS:
        yield f"{name}: {_kill(name, kills)}"


def _kill(name: str, times: int, seed: int = 0) -> str:
    draw, writer, midway = random.Random(seed), WRITERS[name], 0
    folder = Path(tempfile.mkdtemp(prefix="playground-kills-"))
    try:
        before: int | None = None
        for turn in range(times):
            _write_and_die(writer.write, folder, draw.uniform(0, LONGEST))
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
