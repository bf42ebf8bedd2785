"""What each panel costs a run at full speed, measured in one sitting, in turns with the engine alone.

    python tests/benchmarks/panels.py [none why norms network network+weights …] [--work W2] [--rounds 3]
        [--seconds 3] [--looks 40] [--json]

A place is a panel beside the loss, a view of the stage (then the panel is one that draws nothing of the run), or both
as VIEW+PANEL. Without any: none, each panel, each view, and ``network+weights``, all that a window shows at once, as
the layout *See inside* has it. At 1440 × 900. Each round measures every place after a turn of the engine alone, in the
same process; medians over the rounds are told:

share    epochs a second over those of the engine alone; and by the processor's time of the run's thread alone
blocked  ms a second in which the run's thread had nothing to do, or waited for the interpreter's lock
frames   of the stage a second; 99 % of gaps between ticks, ms
window   the window's thread: ms of the processor a second, and a frame
looks    ms of the run's thread a second, by the processor and until they were done
scrub    median ms from the wish until a random epoch's surface is there

Linux.
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from window_probe import Paints, Ticks

from playground import app
from playground.session import Session
from playground.training import desk
from playground.training.bench import WORKS, prepare, rate
from playground.training.letters import Pace
from playground.training.run import Run
from playground.ui.panels import FIRST, PANELS
from playground.ui.settings import Settings
from playground.ui.stage import PLANE, STAGE
from playground.ui.window import Window

NONE = "none"
QUIET = "search"  # the panel that draws nothing of a run, and asks nothing of it
SETTLING = 1.0  # seconds at a turn's start that are left out
TABS = [row.key for row in PANELS if row.key not in (FIRST, QUIET)]
VIEWS = [row.key for row in STAGE if row.key != PLANE]
PLACES = [NONE, *TABS, *VIEWS, "network+weights"]


class Observer(desk.Observer):
    """Counts what looking takes."""

    spent = waited = 0.0

    def look(self, *given: Any, **named: Any) -> dict[str, Any]:
        began, spent = time.perf_counter(), time.thread_time()
        try:
            return super().look(*given, **named)
        finally:
            Observer.spent += time.thread_time() - spent
            Observer.waited += time.perf_counter() - began


class Sitting:
    """A window with a run of a work at full speed, and the same work's engine alone."""

    def __init__(self, work: str) -> None:
        desk.Observer = Observer  # type: ignore[misc]
        self.application = app.make_application()
        self.session = Session(prepare(work))
        self.window = Window(self.session, settings=Settings.none())
        self._collector = app.collect_here(self.application, self.session)
        self.window.resize(1440, 900)
        self.window.show()
        self.window.charts.complete()
        self.session.set_pace(Pace())
        self._until(lambda: self.session.snapshot is not None)
        self._alone = Run(prepare(work))
        rate(self._alone, 1.0)

    def end(self) -> None:
        self._collector.stop()
        self.window.give_up()

    def _until(self, is_done: Callable[[], bool], seconds: float = 60.0) -> None:
        last = time.perf_counter() + seconds
        while not is_done():
            self.application.processEvents()
            time.sleep(0.0005)
            if time.perf_counter() > last:
                raise TimeoutError(f"{self.window.stage.view}, {self.window.charts.tab}")

    def _for_seconds(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        self._until(lambda: time.perf_counter() > end)

    def arrange(self, place: str) -> None:
        """Show what is measured."""
        view, _, tab = place.rpartition("+")
        if place in VIEWS:
            view, tab = place, QUIET
        self.window.charts.choose_tab(QUIET if tab == NONE else tab)
        self.window.stage.choose_view(view or PLANE)
        self.window.charts.complete()

    def headless(self, seconds: float) -> tuple[float, float]:
        """Epochs of the engine alone in a second, by the clock and by the processor."""
        before, spent = self._alone.epoch, time.thread_time()
        found = rate(self._alone, seconds)
        return found, (self._alone.epoch - before) / (time.thread_time() - spent)

    def turn(self, seconds: float) -> dict[str, float]:
        """Train at full speed."""
        session, ticks = self.session, Ticks(SETTLING)
        paints = Paints(session, {"stage": self.window.stage.widget})
        thread = next(thread for thread in threading.enumerate() if thread.name == "trainer")
        session.play()
        ticks.start()
        self._for_seconds(SETTLING)
        before = self._counts(thread, paints)
        self._for_seconds(seconds)
        counts = {name: count - before[name] for name, count in self._counts(thread, paints).items()}
        gaps = ticks.stop()
        session.pause()
        self._until(lambda: not session.is_running)
        took = counts["seconds"]
        return {
            "speed": counts["epochs"] / took,
            "speed by processor": counts["epochs"] / counts["run"],
            "blocked, ms a second": 1000 * (took - counts["run"] - counts["queued"]) / took,
            "frames a second": counts["frames"] / took,
            "99 % of gaps under, ms": float(np.quantile(gaps, 0.99)),
            "window, ms a second": 1000 * counts["window"] / took,
            "window, ms a frame": 1000 * counts["window"] / max(counts["frames"], 1),
            "looks, ms a second": 1000 * counts["looks"] / took,
            "looks until done, ms a second": 1000 * counts["looks done"] / took,
        }

    def _counts(self, thread: threading.Thread, paints: Paints) -> dict[str, float]:
        """All that grows, now."""
        # nanoseconds on a processor, and ready but not on one, for neighbours are
        ran, queued, _ = map(int, Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split())
        return {
            "seconds": time.perf_counter(),
            "epochs": self.session.snapshot.epoch,
            "frames": paints.counts["stage"],
            "window": time.thread_time(),
            "run": ran / 1e9,
            "queued": queued / 1e9,
            "looks": Observer.spent,
            "looks done": Observer.waited,
        }

    def scrubs(self, looks: int, seed: int) -> dict[str, float]:
        """Look back at so many epochs, the same for all places of a round."""
        session, rng, found = self.session, np.random.default_rng(seed), []
        for epoch in rng.integers(0, session.snapshot.epoch, looks).tolist():
            began = time.perf_counter()
            session.look_at(epoch)
            self._until(lambda epoch=epoch: self._shows(epoch))
            found.append(1000 * (time.perf_counter() - began))
        session.look_at(None)
        return {"scrub, ms": statistics.median(found)} if found else {}

    def _shows(self, epoch: int) -> bool:
        snapshot = self.session.snapshot
        return snapshot.looked == epoch and snapshot.seen["surface"].epoch == epoch


def sit(work: str, places: list[str], rounds: int, seconds: float, looks: int) -> dict[str, dict[str, float]]:
    """Medians for each place."""
    sitting, found = Sitting(work), {place: [] for place in places}
    for number in range(rounds):
        # What was looked at once is ready: each place has its first turn where nothing is counted.
        for place in places:
            alone, by_processor = sitting.headless(seconds)
            sitting.arrange(place)
            told = sitting.turn(seconds)
            told["share"] = told.pop("speed") / alone
            told["share by processor"] = told.pop("speed by processor") / by_processor
            found[place].append(told | sitting.scrubs(looks, number))
    sitting.end()
    return {
        place: {name: statistics.median(one[name] for one in turns) for name in turns[0]}
        for place, turns in found.items()
    }


COLUMNS = {
    "share": ".2f",
    "share by processor": ".2f",
    "blocked, ms a second": ".0f",
    "frames a second": ".0f",
    "99 % of gaps under, ms": ".0f",
    "window, ms a second": ".0f",
    "window, ms a frame": ".1f",
    "looks, ms a second": ".0f",
    "looks until done, ms a second": ".0f",
    "scrub, ms": ".1f",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", default=PLACES, metavar="PLACE")
    parser.add_argument("--work", choices=WORKS, default="W2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")
    parser.add_argument("--looks", type=int, default=40, help="back, of each place in a round; 0 leaves them out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = sit(options.work, options.places, options.rounds, options.seconds, options.looks)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{'':18}" + " ".join(f"{name.split(',')[0].split(' a second')[0]:>12.12}" for name in COLUMNS))
    for place, told in found.items():
        print(f"{place:18}" + " ".join(f"{told.get(name, float('nan')):12{how}}" for name, how in COLUMNS.items()))


if __name__ == "__main__":
    main()
