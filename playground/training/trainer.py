"""The thread that trains while the window draws.

Wishes go in and letters come out, each through a mailbox that holds one: the newest wish replaces an older one, and
the next snapshot is made only when the last has been taken. Nothing is pushed, and there are no locks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playground.model.experiment import Experiment
from playground.training import diagnosis, warm
from playground.training.run import Run
from playground.training.snapshot import Snapshot, Surface, Verdict
from playground.training.surface import Extent, Lookout

BURST = 0.016  # seconds; a wish waits so long, and the window's thread is asked for its turn after each
SHARE = 0.15  # of the training time, at most, goes into snapshots
SURFACE_SECONDS = 0.0008  # that a surface may take at full speed, sixty of which are wanted a second
COARSEST = 32  # resolution of a surface
STEP = 8  # between two resolutions
VERDICT_SECONDS = 0.25  # between two verdicts while training goes on: they are read, not watched
VERDICT_SHARE = 0.02  # of the time, at most, goes into verdicts: a long history takes long to look through
MOST_LATE = 0.1  # seconds by which slowed training may fall behind and still catch up


class Wish(NamedTuple):
    """All that the trainer is asked for; each wish is complete, so only the newest counts.

    experiment: None leaves the run in hand.

    start: the run to work on, a new number for each; its experiment may change by live knobs.
    run: a run to take up instead of a new one. steps: how many single epochs have been asked for since the start.
    """

    start: int
    experiment: Experiment | None
    run: Run | None = None
    is_playing: bool = False
    steps: int = 0
    speed: float = 0.0
    extent: Extent = (-1.5, 1.5, -1.5, 1.5)
    resolution: int = 96


class Letter(NamedTuple):
    """News from the trainer about run number ``start``: a snapshot, or the error that ended the work on it."""

    start: int
    snapshot: Snapshot | None
    error: Exception | None = None


class Trainer:
    """Owns the thread. Verbs may be called from one thread only, the window's."""

    def __init__(self) -> None:
        self._wishes: deque[Wish] = deque(maxlen=1)
        self._letters: deque[Letter] = deque(maxlen=1)
        self._wake = threading.Event()
        self._working = threading.Lock()
        self._desk = _Desk(self._letters)
        self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)
        self._is_wanted = self._is_closing = False
        self.is_ready = False
        self.compiled_share: float | None = None  # while kernels are compiled

    def start(self) -> None:
        """Let the thread prepare the engine, then work."""
        self._thread.start()

    def ask(self, wish: Wish) -> None:
        """Replace what is wished for."""
        self._wishes.append(wish)
        self._wake.set()

    def take(self) -> Letter | None:
        """The newest letter, once."""
        try:
            letter = self._letters.popleft()
        except IndexError:
            return None
        self._wake.set()
        return letter

    @contextmanager
    def holding(self) -> Iterator[Run | None]:
        """The run of the newest wish, while the thread stands still between two bursts."""
        self._is_wanted = True
        with self._working:
            self._is_wanted = False
            self._desk.guard(self._desk.take_up, self._newest())
            yield self._desk.run

    def close(self) -> None:
        """End the thread; a burst in hand is finished first, compiling is given up."""
        self._is_closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        try:
            warm.ensure(lambda: not self._is_closing, self._note_share)
        except Exception as error:
            self._letters.append(Letter(0, None, error))
        self.is_ready = True
        desk = self._desk
        while not self._is_closing:
            self._wake.clear()
            # A wish is taken from the box with the lock held, or one in between would be hidden from `holding`.
            with self._working:
                busy = desk.guard(desk.work, self._newest())
            if self._is_closing:
                return
            if not busy:
                self._wake.wait()
            elif self._is_wanted or not desk.trained:
                # Somebody waits for the run, for locks are not fair; or nothing is due yet.
                time.sleep(0.001)

    def _note_share(self, share: float) -> None:
        self.compiled_share = share

    def _newest(self) -> Wish | None:
        try:
            return self._wishes.popleft()
        except IndexError:
            return None


class _Desk:
    """The trainer's own state: the run in hand, the last wish, and when the last snapshot was made."""

    def __init__(self, letters: deque[Letter]) -> None:
        self._letters = letters
        self.start = 0
        self.run: Run | None = None
        self._wish: Wish | None = None
        self._stepped = 0
        self._news = False
        self.trained = False
        self._next_snapshot = self._due = 0.0
        self._is_early = False
        self._verdict: tuple[float, Verdict] | None = None  # with the time from which it is out of date
        self._point_seconds: deque[float] = deque(maxlen=8)  # what a point of the last surfaces took

    def leave(self) -> None:
        """Give up the run in hand."""
        self.run, self._wish = None, None

    def guard(self, work: Callable[[Wish | None], bool], wish: Wish | None) -> bool:
        """Do some work. An exception travels as a letter; the window says it, and the next wish is a new try."""
        try:
            return work(wish)
        except Exception as error:
            self._letters.append(Letter(self.start, None, error))
            self.leave()
            return False

    def work(self, wish: Wish | None) -> bool:
        """Take up a wish if there is one, train a burst, write a letter if it is time. False: nothing more to do."""
        self.take_up(wish)
        run, current = self.run, self._wish
        if run is None or current is None:
            self.trained = False
            return False
        self._is_early = False
        self.trained = self._train(run, current)
        if self._news and not self._letters and time.perf_counter() >= self._next_snapshot:
            self._write(run, current)
        # While a letter waits to be taken there is nothing to write: taking it wakes the thread.
        return self.trained or self._is_early or (self._news and not self._letters)

    def take_up(self, wish: Wish | None) -> bool:
        """Have the wished run in hand, under the wished experiment. Returns whether there was a wish."""
        if wish is None:
            return False
        if wish.experiment is None:
            self.leave()
            return True
        if self._wish is None or wish.start != self.start:
            self.start = wish.start
            self._stepped = 0
            self._verdict = None
            self._point_seconds.clear()
            self.run = wish.run or Run(wish.experiment)
            self._lookout = Lookout(self.run)
        elif wish.experiment is not self._wish.experiment and self.run is not None:
            self.run.adapt(wish.experiment)
        self._wish = wish
        self._news = True
        return True

    def _train(self, run: Run, wish: Wish) -> bool:
        if run.has_ended:
            self._stepped = wish.steps
            return False
        if self._stepped < wish.steps:
            run.finish_epoch()
            self._stepped += 1
        elif wish.is_playing and wish.speed:
            return self._train_slowly(run, wish.speed)
        elif wish.is_playing:
            run.burst(BURST)
        else:
            self._due = 0.0
            return False
        self._news = True
        return True

    def _train_slowly(self, run: Run, speed: float) -> bool:
        """Train the epochs that are due; one that was begun is finished, in as many bursts as it takes."""
        now, count = time.perf_counter(), 1
        if not run.is_in_epoch:
            self._is_early = now < self._due
            if self._is_early:
                return False
            # What is late is made up for, but a pause, after which nothing is due yet, must not end in a rush.
            self._due = max(self._due, now - MOST_LATE) if self._due else now
            count = 1 + int((now - self._due) * speed)
            self._due += count / speed
        run.burst(epochs=count)
        self._news = True
        return True

    def _write(self, run: Run, wish: Wish) -> None:
        began = time.perf_counter()
        goes_on = wish.is_playing and not run.has_ended
        resolution = self._affordable(wish.resolution) if goes_on and not wish.speed else wish.resolution
        seen = self._lookout.surface(wish.extent, resolution)
        self._point_seconds.append((time.perf_counter() - began) / resolution**2)
        self._letters.append(Letter(self.start, take_snapshot(run, seen, self._judge(run, goes_on))))
        cost = min(self._point_seconds) * resolution**2
        self._next_snapshot = time.perf_counter() + cost * (1 - SHARE) / SHARE
        self._news = False

    def _affordable(self, resolution: int) -> int:
        """How fine a surface may be at full speed; when training pauses or ends it is as fine as was asked for."""
        # the least, for the others had to wait for the window's thread
        least = max(min(self._point_seconds, default=SURFACE_SECONDS), 1e-9)
        side = int((SURFACE_SECONDS / least) ** 0.5) // STEP * STEP
        return min(max(side, COARSEST), resolution)

    def _judge(self, run: Run, goes_on: bool) -> Verdict:
        """The verdict on the run; one of a moment ago will do while training goes on."""
        began = time.perf_counter()
        if self._verdict is not None and goes_on and began < self._verdict[0]:
            return self._verdict[1]
        verdict = diagnosis.diagnose(run)
        now = time.perf_counter()
        self._verdict = now + max(VERDICT_SECONDS, (now - began) / VERDICT_SHARE), verdict
        return verdict


def take_snapshot(run: Run, seen: Surface, verdict: Verdict) -> Snapshot:
    """The state of a run for display, with a surface of it and the verdict on it."""
    return Snapshot(
        epoch=run.epoch,
        status=run.status,
        history=run.history.rows,
        best_epoch=run.best_epoch,
        stopped_epoch=run.stopped_epoch,
        restored_epoch=run.restored_epoch,
        surface=seen,
        norms=run.norms.series(),
        verdict=verdict,
        seconds=run.seconds,
        parameters=run.parameters,
        failure=run.failure,
    )
