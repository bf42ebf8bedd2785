"""A run of millions of epochs in the window, with every panel: its memory, its smoothness, and what saving costs.

    python tests/reliability/soak.py [EPOCHS]

The smallest network trains at full speed, its losses never at rest, while the panels and the stage's views are gone
through, and the project is saved ten times. Told are the memory that 10⁵ epochs take, the gaps of the window's loop,
the longest while each save goes on, whether the loop's turns grow longer, and what opening the project takes. In own
gaps the time does not count in which the window's thread waits for a core that others have. Linux.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

COUNTS = {"epochs": 10**7}
RESTLESS = {"samples": 20, "layers": (), "batch_size": 7, "optimizer": "sgd", "learning_rate": 0.5}
SAVES = 10
PANEL = 4.0  # seconds that each panel is seen
LOOK = 0.5  # seconds between two looks at the memory
BUILT = 0.5  # and for how long before the run begins
IDLE = 0.0005  # seconds of a turn in which nothing happened
FROM = 0.1  # of the epochs, from which on memory is compared: before, panels are built and copies of the past fill
MOST_GROWTH = 1.0  # MB per 10⁵ epochs
MOST_GAP, MOST_STAND = 25.0, 100.0  # milliseconds
KINDS = ("VmRSS", "RssAnon", "RssFile")


def run(epochs: int) -> Iterator[str]:
    """Have a process of its own do it, and judge what it tells."""
    if not Path("/proc/self/status").exists():
        raise unittest.SkipTest("a system without /proc")
    command = [sys.executable, __file__, str(epochs), "--json"]
    # Pages of 2 MB would seem to grow by leaps; NumPy is told at its import.
    told = subprocess.run(command, env=os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"}, stdout=subprocess.PIPE, check=True)
    found = json.loads(told.stdout.splitlines()[-1])
    yield ", ".join(f"{name} {value:,.3g}" for name, value in found.items())
    assert found["epochs"] == epochs, "it did not come to its end"
    assert found["MB per 10⁵ epochs"] <= MOST_GROWTH, "the memory grows"
    assert found["99 % of own gaps under, ms"] <= MOST_GAP, "the window stutters"
    assert found["99 % of saves stand still under, ms"] <= MOST_STAND, "saving holds the window up"


def resident() -> list[float]:
    """Megabytes of this process, of KINDS."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return [int(lines[kind].split()[0]) / 1e3 for kind in KINDS]


class Clock:
    """Seconds of this thread, without those in which it waited for a core."""

    def __init__(self) -> None:
        self._told = open(f"/proc/self/task/{threading.get_native_id()}/schedstat", encoding="ascii")  # noqa: SIM115

    def read(self) -> float:
        self._told.seek(0)
        return time.perf_counter() - int(self._told.read().split()[1]) / 1e9


class Soak:
    """A window that trains, and what was seen of it."""

    def __init__(self, epochs: int, folder: Path) -> None:
        from PySide6.QtCore import Qt, QTimer

        from playground import app
        from playground.model.experiment import Experiment
        from playground.session import Session
        from playground.training.letters import Pace
        from playground.ui.settings import Settings
        from playground.ui.window import Window

        self.epochs, self.path = epochs, folder / "soak.playground"
        self.memory: list[tuple[int, list[float]]] = []
        self.clock = Clock()
        self.ticks: list[tuple[float, float]] = []  # as all see them, and by the thread's own clock
        self.turns: list[float] = []  # processor's seconds of each turn of the loop in which something happened
        self.stands: list[float] = []
        self._saving: float | None = None
        self.application = app.make_application(on_screen=False)
        self.session = Session(Experiment(epochs=epochs, **RESTLESS))
        self.window = Window(self.session, settings=Settings.none())
        self.collector = app.collect_here(self.application, self.session)
        self.window.resize(1440, 900)
        self.window.show()
        self.window.charts.complete()
        self.session.set_pace(Pace())
        self.tabs = [self.window.charts.slot.tabs, self.window.stage.tabs]
        self._timer = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self.ticks.append((time.perf_counter(), self.clock.read())))

    def show_next(self, number: int) -> None:
        for tabs in self.tabs:
            tabs.setCurrentIndex(number % tabs.count())

    def until(self, is_there: Any) -> None:
        """Let the window live until something holds."""
        while not is_there():
            began = time.thread_time()
            self.application.processEvents()
            if (spent := time.thread_time() - began) > IDLE:
                self.turns.append(spent)
            time.sleep(0.0005)

    def train(self) -> None:
        """Train to the end, with all that is done meanwhile."""
        session = self.session
        self.until(lambda: session.engine_ready and session.snapshot is not None)
        for number in range(max(tabs.count() for tabs in self.tabs)):  # each panel is built once
            self.show_next(number)
            session.step()
            until = time.monotonic() + BUILT
            self.until(lambda until=until: time.monotonic() > until)
        session.play()
        self.turns.clear()
        self._timer.start()
        goals = [self.epochs * (number + 1) // (SAVES + 1) for number in range(SAVES)]
        begun, shown, next_look = time.monotonic(), 0, 0.0

        def is_over() -> bool:
            nonlocal shown, next_look
            now = time.monotonic()
            if now >= next_look:
                self.memory.append((session.snapshot.epoch, resident()))
                next_look = now + LOOK
            if now >= shown * PANEL + begun:
                shown += 1
                self.show_next(shown)
            if self._saving is None and goals and session.snapshot.epoch >= goals[0] and session.task is None:
                goals.pop(0)
                self.save()
            return bool(session.snapshot.has_ended and self._saving is None)

        self.until(is_over)
        self.memory.append((session.snapshot.epoch, resident()))
        self._timer.stop()

    def save(self) -> None:
        """Save, and note by how much a tick was late meanwhile."""
        first, began = len(self.ticks), self.clock.read()
        self._saving = began

        def then(error: Exception | None) -> None:
            assert error is None, error
            times = [began, *(own for _, own in self.ticks[first:]), self.clock.read()]
            self.stands.append(1e3 * float(np.diff(times).max()))
            self._saving = None

        self.session.save(self.path, then)

    def told(self) -> dict[str, float]:
        """What was seen."""
        known = np.array([(epoch, *kinds) for epoch, kinds in self.memory if epoch >= FROM * self.epochs])
        # A line through all: what one panel takes and gives back is no growth.
        slope = {kind: 1e5 * float(np.polyfit(known[:, 0], known[:, n], 1)[0]) for n, kind in enumerate(KINDS, 1)}
        gaps, own = 1e3 * np.diff(np.array(self.ticks), axis=0).T
        third = len(self.turns) // 3
        return {
            "epochs": self.session.snapshot.epoch,
            "MB per 10⁵ epochs": slope["VmRSS"],
            "of which anonymous": slope["RssAnon"],
            "of which of files": slope["RssFile"],
            "highest, MB": float(known[:, 1].max()),
            "99 % of all gaps under, ms": float(np.quantile(gaps, 0.99)),
            "99 % of own gaps under, ms": float(np.quantile(own, 0.99)),
            "longest own gap, ms": float(own.max()),
            "late turns to early ones": float(np.median(self.turns[-third:]) / np.median(self.turns[:third])),
            "99 % of saves stand still under, ms": float(np.quantile(self.stands, 0.99)),
            "MB of the project": self.path.stat().st_size / 1e6,
            "seconds": self.ticks[-1][0] - self.ticks[0][0],
        }


def reopened(path: Path) -> dict[str, float]:
    """What opening the project takes."""
    from playground.training import projects

    before, began = resident(), time.perf_counter()
    ((_, run),) = projects.open_project(path).runs
    took, after = time.perf_counter() - began, resident()
    return {"epochs opened": run.epoch, "seconds of opening": took, "MB of opening": after[0] - before[0]}


def main(epochs: int) -> dict[str, float]:
    """Do it here."""
    with tempfile.TemporaryDirectory(prefix="playground-soak-") as folder:
        for name in ("STATE", "CONFIG"):
            os.environ[f"PLAYGROUND_{name}_DIR"] = folder
        soak = Soak(epochs, Path(folder))
        soak.train()
        found = soak.told() | reopened(soak.path)
        soak.collector.stop()
        soak.window.give_up()
        return found


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    result = main(int(float(next((word for word in sys.argv[1:] if word[0] != "-"), COUNTS["epochs"]))))
    if "--json" in sys.argv:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:40} {value:12,.3f}" for name, value in result.items()))
