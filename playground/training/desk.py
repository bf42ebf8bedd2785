"""What a thread that trains does between two letters: takes up a wish, trains a burst, writes the next letter."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from playground.training import diagnosis
from playground.training.letters import Letter, Wish
from playground.training.run import Run
from playground.training.snapshot import NOTHING, Snapshot, Verdict
from playground.training.views import Observer

BURST = 0.016  # seconds; a wish waits so long, and the window's thread is asked for its turn after each
SHARE = 0.15  # of the training time, at most, goes into snapshots
VERDICT_SECONDS = 0.25  # between two verdicts while training goes on: they are read, not watched
VERDICT_SHARE = 0.02  # of the time, at most, goes into verdicts: a long history takes long to look through
MOST_LATE = 0.1  # seconds by which slowed training may fall behind and still catch up


class Desk:
    """The run in hand, the last wish, and when the last snapshot was made."""

    def __init__(self, letters: deque[Letter]) -> None:
        self._letters = letters
        self.number = 0
        self.run: Run | None = None
        self._thread: int | None = None
        self._wish: Wish | None = None
        self._stepped = 0
        self._news = False
        self.trained = False
        self._next_snapshot = self._due = 0.0
        self._is_early = False
        self._verdict: tuple[float, Verdict] | None = None  # with the time from which it is out of date
        self._observer = Observer()

    def hand_to(self, thread: int | None) -> None:
        """Say which thread works here: no other may train or evaluate the run in hand. None: any may."""
        self._thread = thread
        if self.run is not None:
            self.run.thread = thread

    def leave(self) -> None:
        """Give up the run in hand."""
        if self.run is not None:
            self.run.thread = None
        self.run, self._wish = None, None

    def guard(self, work: Callable[[Wish | None], bool], wish: Wish | None) -> bool:
        """Do some work. An exception travels as a letter; the window says it, and the next wish is a new try."""
        try:
            return work(wish)
        except Exception as error:
            self._letters.append(Letter(self.number, None, error))
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
        if self._wish is None or wish.run != self.number:
            self.number = wish.run
            self._stepped = 0
            self._verdict = None
            self._observer = Observer()
            self.leave()
            self.run = wish.resumed or Run(wish.experiment)
            self.run.thread = self._thread
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
        goes_on = wish.is_playing and not run.has_ended
        seen = self._observer.look(run, wish.looks, is_hurried=goes_on and not wish.speed)
        self._letters.append(Letter(self.number, take_snapshot(self.number, run, self._judge(run, goes_on), seen)))
        self._next_snapshot = time.perf_counter() + self._observer.cost * (1 - SHARE) / SHARE
        self._news = False

    def _judge(self, run: Run, goes_on: bool) -> Verdict:
        """The verdict on the run; one of a moment ago will do while training goes on."""
        began = time.perf_counter()
        if self._verdict is not None and goes_on and began < self._verdict[0]:
            return self._verdict[1]
        verdict = diagnosis.diagnose(run)
        now = time.perf_counter()
        self._verdict = now + max(VERDICT_SECONDS, (now - began) / VERDICT_SHARE), verdict
        return verdict


def take_snapshot(number: int, run: Run, verdict: Verdict, seen: Mapping[str, Any] = NOTHING) -> Snapshot:
    """The state of the run of that number for display, with the verdict on it and what was looked at."""
    return Snapshot(
        run=number,
        epoch=run.epoch,
        status=run.status,
        history=run.history.rows,
        best_epoch=run.best_epoch,
        stopped_epoch=run.stopped_epoch,
        restored_epoch=run.restored_epoch,
        verdict=verdict,
        seconds=run.seconds,
        parameters=run.parameters,
        failure=run.failure,
        seen=seen,
        experiment=run.experiment,
        batch=int(run.state.clock["batch"]) if run.is_in_epoch else 0,
        batches=run.batches,
        changes=tuple(run.changes),
        note=run.timeline.note,
    )
