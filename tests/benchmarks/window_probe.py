"""How the window fares: how soon it starts, and how smooth it stays while training runs at full speed.

    python tests/benchmarks/window_probe.py [--work W2] [--epochs 100000] [--starts 5] [--strokes 9] [--race 8] [--json]
        [--view network] [--tab norms] [--looks 400]

It uses the display if there is one, and draws offscreen otherwise. A frame is a paint of the plane, or of what else is
on the stage, with a snapshot that it had not painted before. Headless speed is measured in the same process, in turns
with the window's. The start with an empty cache compiles into a folder of its own. Looking back is from the wish until
the surface of that epoch is there. A race trains eight runs at full speed, each with its plane. A stroke of the eraser
is made on 100,000 samples of 50 features. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from playground import app
from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.session import Session
from playground.training import warm
from playground.training.bench import WORKS, prepare, rate
from playground.training.letters import Pace
from playground.training.run import Run
from playground.ui.settings import Settings
from playground.ui.window import Window

SETTLING = 2.0  # seconds at the start that are told apart
LEAST = 1.0  # seconds that are measured of a turn, however few epochs are asked for
TURNS = 4  # of the window's, each after one of the engine alone
HEADLESS = 3.0  # seconds of each of the engine's turns
BEGAN = "PLAYGROUND_PROBE_BEGAN"  # when a process that starts was started
# Garbage waits from the beginning, as where the program starts.
START = "import gc, runpy, sys; gc.disable(); del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
SMALL_PAGES = "NUMPY_MADVISE_HUGEPAGE"
ROW = 72  # bytes of the history, an epoch


class Ticks:
    """The times of a 16 ms timer's ticks."""

    def __init__(self, settling: float = SETTLING) -> None:
        self._settling = settling
        self._times: list[float] = []
        self._timer = QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self._times.append(time.perf_counter()))

    def start(self) -> None:
        self._times.clear()
        self._timer.start()

    def stop(self) -> np.ndarray:
        """Milliseconds between ticks, the settling at the start left out."""
        self._timer.stop()
        times = np.array(self._times)
        return 1000 * np.diff(times)[times[1:] > times[0] + self._settling]

    def longest(self) -> float:
        return 1000 * float(np.diff(self._times).max())


class Paints(QObject):
    """Counts paints of widgets that show a snapshot which they had not painted before."""

    def __init__(self, session: Session, widgets: dict[str, QWidget]) -> None:
        super().__init__()
        self._session = session
        self._painted: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.first: dict[str, float] = {}  # when the first trained epoch was painted
        for name, widget in widgets.items():
            self.add(name, widget)

    def add(self, name: str, widget: QWidget) -> None:
        widget.setObjectName(name)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt names it)
        snapshot = self._session.snapshot
        if event.type() == QEvent.Type.Paint and snapshot is not None:
            name = watched.objectName()
            if self._painted.get(name) is not snapshot:
                self._painted[name] = snapshot
                self.counts[name] += 1
            if snapshot.epoch:
                self.first.setdefault(name, time.time())
        return False


class Surfaces(QObject):
    """Counts paints of planes that show a surface which they had not painted before."""

    def __init__(self, views: list[Any]) -> None:
        super().__init__()
        self._painted: dict[int, Any] = {}
        self.count = 0
        for view in views:
            view.installEventFilter(self)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:  # noqa: N802 (Qt names it)
        if event.type() == QEvent.Type.Paint and self._painted.get(id(watched)) is not watched._surface:
            self._painted[id(watched)] = watched._surface
            self.count += 1
        return False


def resident() -> float:
    """Resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def charts_of(panel: Any) -> list[Any]:
    """The charts that a panel draws its numbers in, where it tells them."""
    charts = getattr(panel, "charts", ())
    return list(charts) if isinstance(charts, (list, tuple)) else []


def watch(name: str, epochs: int, view: str = "plane", tab: str = "norms", looks: int = 400) -> dict[str, float]:
    """Train a work for so many epochs at full speed in the window; times in milliseconds.

    view: what is seen on the stage. tab: which panel is open beside the loss. looks: back, at random epochs, each of
    which is trained again from the nearest that was kept.
    """
    application = app.make_application()
    session = Session(prepare(name))
    window = Window(session, settings=Settings.none())
    collector = app.collect_here(application, session)
    window.resize(1440, 900)
    window.show()
    window.charts.choose_tab(tab)
    window.stage.choose_view(view)
    window.charts.complete()
    session.set_pace(Pace())
    while session.snapshot is None:
        application.processEvents()
    session.step()
    panel, stage = window.charts.panel(tab), window.stage.widget
    while not session.snapshot.epoch or not (panel.isVisible() and stage.isVisible()):
        application.processEvents()
    panels = [chart.viewport() for chart in charts_of(panel) if chart.isVisible()]
    charts = {f"{tab} {number}": viewport for number, viewport in enumerate(panels or [panel])}
    paints = Paints(session, {"plane": stage, "loss": window.charts.panel("loss").chart.viewport(), **charts})
    alone, ticks = Run(prepare(name)), Ticks()
    rate(alone, 1.0)
    headless, beside, gaps, memory, counts, spent = [], [], [], [], Counter(), 0.0
    for turn in range(TURNS):
        headless.append(rate(alone, HEADLESS))
        goal = epochs * (turn + 1) // TURNS
        session.play()
        ticks.start()
        session_start, before = time.perf_counter() + SETTLING, Counter()
        first = None
        while session.snapshot.epoch < goal or time.perf_counter() < session_start + LEAST:
            application.processEvents()
            time.sleep(0.0005)
            if first is None and time.perf_counter() > session_start:
                first, before, began = session.snapshot.epoch, Counter(paints.counts), time.perf_counter()
                memory.append((first, resident()))
        took = time.perf_counter() - began
        beside.append((session.snapshot.epoch - first) / took)
        memory.append((session.snapshot.epoch, resident()))
        counts += paints.counts - before
        spent += took
        gaps.append(ticks.stop())
        session.pause()
        application.processEvents()
    headless.append(rate(alone, HEADLESS))
    looked = scrubs(application, session, looks)
    collector.stop()
    window.give_up()
    every = np.concatenate(gaps)
    # Within turns, the first of which is left out: between them the engine alone takes memory for its own history.
    epochs_and_memory = np.diff(np.array(memory).reshape(TURNS, 2, 2)[1:], axis=1).sum(axis=(0, 1))
    grown = epochs_and_memory[1] - ROW * epochs_and_memory[0] / 1e6
    norms = [count for name, count in counts.items() if name.startswith(f"{tab} ")]
    return {
        "epochs": session.snapshot.epoch,
        "frames a second": counts["plane"] / spent,
        "paints of the loss a second": counts["loss"] / spent,
        f"paints of {tab} a second": float(np.mean(norms)) / spent if norms else 0.0,
        "median gap of ticks, ms": float(np.median(every)),
        "99 % of gaps under, ms": float(np.quantile(every, 0.99)),
        "longest gap, ms": float(every.max()),
        "epochs a second in the window": float(np.median(beside)),
        "epochs a second headless": float(np.median(headless)),
        "share of headless speed": float(np.median(beside) / np.median(headless)),
        "resident memory at the end, MB": memory[-1][1],
        "growth beyond the history, MB per 10^5 epochs": 1e5 * grown / epochs_and_memory[0],
    } | looked


def scrubs(application: QApplication, session: Session, looks: int) -> dict[str, float]:
    """Look at so many random epochs of the run in hand: milliseconds until the surface of the epoch is there."""
    rng, last, found = np.random.default_rng(0), session.snapshot.epoch, []
    for epoch in rng.integers(0, last, looks).tolist():
        began = time.perf_counter()
        session.look_at(epoch)
        while (snapshot := session.snapshot).looked != epoch or snapshot.seen["surface"].epoch != epoch:
            application.processEvents()
            time.sleep(0.0005)
        found.append(1000 * (time.perf_counter() - began))
    session.look_at(None)
    if not found:
        return {}
    return {
        "looking back: median, ms": float(np.median(found)),
        "looking back: 99 % under, ms": float(np.quantile(found, 0.99)),
    }


def race(name: str, runs: int, seconds: float) -> dict[str, float]:
    """Race so many runs of a work at full speed, each with its plane; then look back at them all."""
    application = app.make_application()
    session = Session(prepare(name))
    window = Window(session, settings=Settings.none())
    collector = app.collect_here(application, session)
    window.resize(1440, 900)
    window.show()
    window.charts.complete()
    session.set_pace(Pace())
    while session.snapshot is None:
        application.processEvents()
    rates = [session.experiment.resolved.learning_rate * (1 + place / 10) for place in range(runs)]
    alone, ticks = Run(prepare(name)), Ticks()
    rate(alone, 1.0)
    headless = [rate(alone, HEADLESS)]
    window._race("learning_rate", rates, 1)
    entries, views = session._runs.company, window.comparison.planes.views
    while min(entry.epoch for entry in entries) < 5 or len(views) < runs:
        application.processEvents()
    painted = Surfaces(views)
    ticks.start()
    until = time.perf_counter() + SETTLING
    while time.perf_counter() < until:
        application.processEvents()
        time.sleep(0.0005)
    before, counted, own = sum(entry.epoch for entry in entries), painted.count, time.thread_time()
    began, machine = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        application.processEvents()
        time.sleep(0.0005)
    took, trained = time.perf_counter() - began, sum(entry.epoch for entry in entries) - before
    own, machine = (time.thread_time() - own) / took, (time.process_time() - machine) / took
    gaps, frames = ticks.stop(), (painted.count - counted) / took / len(views)
    session.pause()
    headless.append(rate(alone, HEADLESS))
    collector.stop()
    window.give_up()
    speed = trained / took
    return {
        "race: frames a second of each plane": frames,
        "race: median gap of ticks, ms": float(np.median(gaps)),
        "race: 99 % of gaps under, ms": float(np.quantile(gaps, 0.99)),
        "race: epochs a second, all together": speed,
        "race: cores that the window's thread took": own,
        "race: cores that the process took": machine,
        "race: share of (cores - window) x headless": speed
        / (float(np.median(headless)) * ((os.cpu_count() or 1) - own)),
    }


def many_points(samples: int = 100_000, features: int = 50) -> Dataset:
    """Two classes in a cloud of correlated features."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(samples, features)) @ rng.normal(size=(features, features))
    return Dataset(inputs, inputs[:, 0] > 0, class_names=("a", "b"), source="many.csv")


def strokes(times: int) -> dict[str, float]:
    """Erase a puff of many points so many times; medians in milliseconds, by the clock and of the thread itself.

    Each stroke begins the run anew, in its own thread: what it takes from the window's is in the clock's time.
    """
    application = app.make_application()
    session = Session(Experiment(data=many_points(), layers=(8, 8)))
    window = Window(session, settings=Settings.none())
    window.resize(1440, 900)
    window.show()
    window.charts.complete()
    window.tools.choose("eraser")
    window.canvas.set_brush(12)
    found: dict[str, list[float]] = {}

    def clock(what: str, act: Any, *given: Any) -> None:
        began, spent = time.perf_counter(), time.thread_time()
        act(*given)
        found.setdefault(what, []).append(1000 * (time.perf_counter() - began))
        found.setdefault(f"{what} (the thread)", []).append(1000 * (time.thread_time() - spent))

    def mouse(kind: QEvent.Type, pixel: QPoint, held: Qt.MouseButton) -> None:
        left, no_key, spot = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPointF(pixel)
        place = window.canvas.mapToGlobal(spot)
        QApplication.sendEvent(window.canvas, QMouseEvent(kind, spot, place, left, held, no_key))

    for number in range(times):
        while session.snapshot is None or session.snapshot.seen.get("surface") is None:
            application.processEvents()
            time.sleep(0.001)
        application.processEvents()
        pixel = window.canvas.point_at(0.4 * number - 0.2 * times, 0.1 * number)
        before = session.experiment.points.samples
        clock("pressing", mouse, QEvent.Type.MouseButtonPress, pixel, Qt.MouseButton.LeftButton)
        clock("painting after it", application.processEvents)
        clock("moving", mouse, QEvent.Type.MouseMove, pixel + QPoint(8, 0), Qt.MouseButton.LeftButton)
        clock("painting after that", application.processEvents)
        clock("releasing", mouse, QEvent.Type.MouseButtonRelease, pixel, Qt.MouseButton.NoButton)
        assert session.experiment.points.samples < before
        clock("painting all anew", application.processEvents)
    window.give_up()
    return {f"stroke: {what}, ms": float(np.median(taken)) for what, taken in found.items()}


def start_here() -> None:
    """Start as the program does, press play at once, and print when what was seen, in seconds since the start."""
    began = float(os.environ[BEGAN])
    application, session, window = app.open_window(Settings.none())
    application.processEvents()
    shown, ticks = time.time(), Ticks()
    ticks.start()
    paints = Paints(session, {"plane": window.canvas})
    window.transport.play.click()
    ready, shares = None, set()
    while not {"plane", "loss"} <= paints.first.keys():
        application.processEvents()
        time.sleep(0.0005)
        if session.engine_share is not None:
            shares.add(session.engine_share)
        if ready is None and session.engine_ready:
            ready = time.time()
        if window.charts.is_complete and "loss" not in paints.counts:
            paints.add("loss", window.charts.panel("loss").chart.viewport())
    found = {"window": shown, "engine": ready, "plane": paints.first["plane"], "loss": paints.first["loss"]}
    found = {what: when - began for what, when in found.items()}
    print(json.dumps(found | {"gap": ticks.longest(), "steps": len(shares)}))
    window.give_up()


def start(cache: str | None = None) -> dict[str, float]:
    """Start a process anew; cache: the folder of its kernels, if not the user's."""
    environment = os.environ | ({"PLAYGROUND_CACHE_DIR": cache} if cache else {}) | {BEGAN: repr(time.time())}
    command = [sys.executable, "-c", START, __file__, "--start"]
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(process.stdout.splitlines()[-1]))


def starts(times: int) -> dict[str, float]:
    """Medians of so many warm starts, and one with an empty cache; in seconds, gaps in milliseconds."""
    if not warm.is_warm():
        warm.ensure()
    start()
    found = [start() for _ in range(times)]
    middle = {what: float(np.median([one[what] for one in found])) for what in found[0]}
    with tempfile.TemporaryDirectory() as folder:
        empty, second = start(folder), start(folder)
    return {
        "warm: window shown after": middle["window"],
        "warm: engine ready after": middle["engine"],
        "warm: first epoch on the plane after": middle["plane"],
        "warm: first epoch in the loss chart after": middle["loss"],
        "empty: window shown after": empty["window"],
        "empty: engine ready after": empty["engine"],
        "empty: first epoch on the plane after": empty["plane"],
        "empty: longest gap of ticks, ms": empty["gap"],
        "empty: steps in which progress was told": empty["steps"],
        "second start: first epoch on the plane after": second["plane"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", choices=WORKS, default="W2")
    parser.add_argument("--epochs", type=int, default=100_000, help="to train in the window; 0 leaves it out")
    parser.add_argument("--starts", type=int, default=5, help="with a warm cache; 0 leaves them out")
    parser.add_argument("--strokes", type=int, default=9, help="of the eraser on many points; 0 leaves them out")
    parser.add_argument("--race", type=int, default=8, help="runs that are raced; 0 leaves it out")
    parser.add_argument("--view", default="plane", help="on the stage, by its key")
    parser.add_argument("--tab", default="norms", help="the panel beside the loss, by its key")
    parser.add_argument(
        "--looks", type=int, default=400, help="back, at random epochs; each may take a tenth of a second"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--start", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if os.environ.get(SMALL_PAGES) != "0" and not options.start:
        # A history's array in pages of 2 MB would seem to grow by leaps; NumPy is told at its import.
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {SMALL_PAGES: "0"})
    if options.start:
        return start_here()
    found: dict[str, float] = {}
    parts = [lambda: starts(options.starts)] * bool(options.starts)
    parts += [lambda: watch(options.work, options.epochs, options.view, options.tab, options.looks)] * bool(
        options.epochs
    )
    parts += [lambda: race(options.work, options.race, 10.0)] * bool(options.race)
    parts += [lambda: strokes(options.strokes)] * bool(options.strokes)
    for measure in parts:
        found |= (part := measure())
        if not options.json:
            print("\n".join(f"{what:50} {value:10,.2f}" for what, value in part.items()), flush=True)
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
