"""Ends of a window at any moment: what was not saved is offered at the next start, and nothing runs on or hangs.

``losses``: SIGKILL, SIGTERM, SIGHUP while points are painted and a run trains. ``closings``: its cross and Ctrl-C while
it starts, compiles, trains, races, sweeps, opens, imports and exports; and Ctrl-C and SIGTERM of ``playground sweep``.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path

from playground.model import file, recovery
from tests.reliability import driven

COUNTS = {"losses": 100, "closings": 100}
INTERVAL = 1.0  # seconds
SLACK = 1.5  # seconds that writing may take on a machine with other work
SOON = 0.5  # seconds that an end may take
SWEEP = ["sweep", "--vary", "learning_rate=.01,.1", "--seeds", "100000", "--epochs", "20", "--samples", "40"]
DEED = Path(__file__).with_name("driven.py")


def run(losses: int, closings: int) -> Iterator[str]:
    """End windows that often in each way."""
    if os.name != "posix":
        raise unittest.SkipTest("a system without signals")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
        if losses:
            yield f"{number.name} while painting: {_lose(number, losses)}"
    for deed in ("start", "compile", "train", "race", "sweep", "cluster", "read", "import", "export"):
        for number in (signal.SIGINT, signal.SIGUSR1):
            if closings and (deed, number) != ("start", signal.SIGUSR1):  # there is no cross yet
                yield f"{'cross' if number == signal.SIGUSR1 else 'Ctrl-C'}, {deed}: {_close(deed, number, closings)}"
    for number in (signal.SIGINT, signal.SIGTERM):
        if closings:
            yield f"{number.name}, playground sweep: {_interrupt(number, closings)}"


@contextlib.contextmanager
def _window(deed: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A driven window with folders of its own, and its state folder."""
    with tempfile.TemporaryDirectory(prefix="playground-ends-", ignore_cleanup_errors=True) as folder:
        named = {"STATE_DIR": f"{folder}/state", "CONFIG_DIR": f"{folder}/config", "RECOVERY_SECONDS": str(INTERVAL)}
        environment = os.environ | {f"PLAYGROUND_{name}": value for name, value in (named | more).items()}
        environment |= {"QT_QPA_PLATFORM": "offscreen", "TMPDIR": folder}
        command = [sys.executable, str(DEED), deed]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                yield process, Path(folder, "state")
            finally:
                process.kill()


def _await_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "ready\n", f"it said {line!r}: {process.communicate()[1]}"


def _lose(number: signal.Signals, times: int, seed: int = 0) -> str:
    draw, most, within = random.Random(seed), 0.0, 0
    for turn in range(times):
        with _window("paint") as (process, state):
            _await_ready(process)
            time.sleep(draw.uniform(2 * INTERVAL, 4 * INTERVAL))
            killed = time.time()
            process.send_signal(number)
            out, error = process.communicate(timeout=60)
            lines = [line.split() for line in out.splitlines()]
            changes = {int(line[0]): float(line[1]) for line in lines if len(line) == 2}
            expected = -number if number == signal.SIGKILL else 128 + number
            assert process.returncode == expected, f"{number.name} {turn}: status {process.returncode}: {error}"
            found = recovery.find(state / "recovery")
            assert len(found) == 1, f"{number.name} {turn}: {len(found)} are offered"
            kept = file.load(found[0].file).experiment.points.samples - driven.FIRST
            assert kept >= 1
        lost = [change for change in changes if change > kept]
        within += not lost or killed - changes[min(lost)] <= INTERVAL
        if number != signal.SIGKILL:
            assert not lost, f"{number.name} {turn}: {len(lost)} changes are lost"
        elif lost:
            age = killed - changes[min(lost)]
            most = max(most, age)
            assert age <= INTERVAL + SLACK, f"{number.name} {turn}: {age:.1f} s are lost"
    told = (
        f"at most {most:.1f} s lost, {within / times:.0%} within the interval"
        if number == signal.SIGKILL
        else "nothing lost"
    )
    return f"{times} times; {told}, each offered"


def _close(deed: str, number: signal.Signals, times: int, seed: int = 0) -> str:
    draw, ended = random.Random(seed), Ended()
    for turn in range(times):
        fresh = {"CACHE_DIR": tempfile.mkdtemp(prefix="playground-ends-")} if deed == "compile" else {}
        with _window({"start": "wait", "compile": "wait"}.get(deed, deed), **fresh) as (process, _):
            if deed == "start":
                time.sleep(draw.uniform(0.2, 2.0))  # not while Python itself starts
            else:
                _await_ready(process)
                time.sleep(draw.uniform(0.0, 3.0 if deed == "compile" else 1.0))
            ended.watch(process, number, f"{deed} {turn}")
    return str(ended)


class Ended:
    """Processes that were ended: how long each took, and its status."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.statuses: set[int] = set()

    def watch(self, process: subprocess.Popen[str], number: signal.Signals, which: str) -> None:
        """End one, and see that it says nothing and leaves no child."""
        children = _descendants(process.pid)
        began = time.monotonic()
        process.send_signal(number)
        error = process.communicate(timeout=60)[1]
        self.waits.append(time.monotonic() - began)
        self.statuses.add(process.returncode)
        assert process.returncode in (0, 130), f"{which}: status {process.returncode}: {error}"
        assert not error, f"{which}: {error}"
        until = time.monotonic() + 5
        while any(map(_runs, children)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(map(_runs, children)), f"{which}: a child is left"

    def __str__(self) -> str:
        within = sum(wait <= SOON for wait in self.waits) / len(self.waits)
        told = f"{within:.0%} within {SOON} s, longest {max(self.waits):.2f} s"
        return f"{len(self.waits)} times; {told}, status {sorted(self.statuses)}, no child left"


def _interrupt(number: signal.Signals, times: int, seed: int = 0) -> str:
    """End ``playground sweep`` at random: each row that is whole stays, and it goes on after them."""
    draw, ended = random.Random(seed), Ended()
    for turn in range(times):
        with tempfile.TemporaryDirectory(prefix="playground-ends-") as folder:
            pipe = subprocess.PIPE
            command = [sys.executable, "-m", "playground", *SWEEP, "--out", folder]
            with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
                table = Path(folder, "results.csv")
                while not table.exists():
                    assert process.poll() is None, process.communicate()[1]
                    time.sleep(0.01)
                time.sleep(draw.uniform(0.0, 1.0))
                ended.watch(process, number, f"sweep {turn}")
            rows = table.read_text("utf-8").count("\n") - 1
            told = json.loads(Path(folder, "sweep.json").read_text("utf-8"))
            assert told["finished"] == rows, f"{rows} rows, but {told['finished']} are told of"
    return str(ended)


def _descendants(process: int) -> list[int]:
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    pairs = list(zip(map(int, found[::2]), map(int, found[1::2]), strict=True))
    known = {process}
    while new := {pid for pid, parent in pairs if parent in known} - known:
        known |= new
    return sorted(known - {process})


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
