"""What a thread that trains does between two letters: takes up a wish, trains a burst, writes the next letter."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.training import diagnosis
from playground.training.letters import Letter, Pace, Wish
from playground.training.past import Past, as_it_stood, kept, seek
from playground.training.run import Run
from playground.training.snapshot import NOTHING, Snapshot, Verdict
from playground.training.story import size, story
from playground.training.views import Observer

BURST = 0.016  # seconds; a wish waits so long, and the window's thread is asked for its turn after each
SHARE = 0.15  # of the training time, at most, goes into snapshots
VERDICT_SECONDS = 0.25  # between two verdicts while training goes on: they are read, not watched
VERDICT_SHARE = 0.02  # of the time, at most, goes into verdicts: many points take long to look through
MOST_LATE = 0.1  # seconds by which slowed training may fall behind and still catch up
LONG = 0.05  # seconds of training again after which the nearest epoch that is kept is shown meanwhile


class Desk:
    """The run in hand, the last wish, and when the last snapshot was made."""

    def __init__(self, letters: deque[Letter]) -> None:
        self._letters = letters
        self.number = 0
        self.run: Run | None = None
        self._thread: int | None = None
        self._wish: Wish | None = None
        self._stepped = (0, 0)  # epochs and updates, of those that were asked for
        self._news = False
        self.trained = False
        self.is_drawing: Callable[[], bool] = lambda: False  # the window, which waits for whoever writes a letter
        self._next_snapshot = self._due = 0.0
        self._is_early = False
        self._verdict: tuple[float, Verdict] | None = None  # with the time from which it is out of date
        self._observer = Observer()
        self._search: Search | None = None

    def hand_to(self, thread: int | None) -> None:
        """Say which thread works here: no other may train or evaluate the run in hand. None: any may."""
        self._thread = thread
        if self.run is not None:
            self.run.thread = thread

    def leave(self) -> None:
        """Give up the run in hand."""
        if self.run is not None:
            self.run.thread = None
        self.run, self._wish, self._search = None, None, None

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
        if self._search is not None:
            self.trained = False
            return self._look_back(run, current, self._search)
        self._is_early = False
        self.trained = self._train(run, current)
        goes_on = self.trained and current.is_playing and self.is_drawing()
        if self._news and not goes_on and not self._letters and time.perf_counter() >= self._next_snapshot:
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
        before = self._wish.experiment if self._wish is not None and wish.run == self.number else None
        if before is None:
            self.number = wish.run
            self._stepped = (0, 0)
            self._verdict = None
            self._observer = Observer()
            self.leave()
            self.run = wish.make(wish.experiment)
            self.run.thread = self._thread
        assert self.run is not None
        if wish.experiment is not before:
            self.run.adapt(wish.experiment)
        if wish.budget != self.run.timeline.budget:
            self.run.keep_within(wish.budget)
        if wish.at is None:
            self._search = None
        elif self._search is None or self._search.epoch != wish.at:
            self._search = Search(self.run, wish.at)
        self._wish = wish
        self._news = True
        return True

    def _train(self, run: Run, wish: Wish) -> bool:
        wished = (wish.steps, wish.updates)
        if run.has_ended:
            self._stepped = wished
            return False
        steps, updates = self._stepped
        before = run.epoch, run.updates
        if steps < wish.steps:
            run.finish_epoch()
            self._stepped = steps + (run.epoch > before[0] or run.has_ended), updates
        elif updates < wish.updates:
            run.advance(1)
            self._stepped = steps, updates + (run.updates > before[1] or run.has_ended)
        elif wish.is_playing and wish.until is not None and run.epoch >= wish.until:
            return False
        elif wish.is_playing and wish.pace.number:
            return self._train_slowly(run, wish.pace)
        elif wish.is_playing:
            run.burst(BURST, 0 if wish.until is None else wish.until - run.epoch)
        else:
            self._due = 0.0
            return False
        self._news = True
        return True

    def _train_slowly(self, run: Run, pace: Pace) -> bool:
        """Train what is due; an epoch that was begun is finished, in as many bursts as it takes."""
        now, count = time.perf_counter(), 1
        if pace.unit == "update" or not run.is_in_epoch:
            self._is_early = now < self._due
            if self._is_early:
                return False
            # What is late is made up for, but a pause, after which nothing is due yet, must not end in a rush.
            self._due = max(self._due, now - MOST_LATE) if self._due else now
            count = 1 + int((now - self._due) * pace.number)
            self._due += count / pace.number
        if pace.unit == "update":
            run.advance(count)
        else:
            run.burst(epochs=count)
        self._news = True
        return True

    def _write(self, run: Run, wish: Wish) -> None:
        goes_on = wish.is_playing and not run.has_ended
        seen = self._observer.look(run, wish.looks, is_hurried=goes_on and not wish.pace.number)
        snapshot = take_snapshot(self.number, run, self._judge(run, goes_on), seen)
        if not goes_on:
            snapshot = snapshot._replace(nbytes=size(run), story=story(run))
        self._send(snapshot)
        self._news = not self._observer.is_whole
        self._next_snapshot = time.perf_counter() + self._observer.cost * (1 - SHARE) / SHARE

    def _send(self, snapshot: Snapshot) -> None:
        self._letters.append(Letter(self.number, snapshot))
        self._news = False

    def _look_back(self, run: Run, wish: Wish, search: Search) -> bool:
        """Show a past epoch as soon as it is there; the nearest that is kept meanwhile, where that takes long."""
        past = search.found or search.go_on()
        if self._news and past is not None and not self._letters:
            seen = self._observer.look(past, wish.looks, is_passing=not search.was_shown)
            now = take_snapshot(self.number, run, diagnosis.diagnose(past), seen)
            self._send(now._replace(looked=past.epoch, is_exact=past.is_exact, nbytes=size(run), story=story(run)))
            # The nearest one is no answer yet, and what was looked at in passing is looked at again.
            self._news = search.found is None or self._observer.has_hurried or not self._observer.is_whole
            search.was_shown = search.found is not None
        return search.found is None or (self._news and not self._letters)

    def _judge(self, run: Run, goes_on: bool) -> Verdict:
        """The verdict on the run; one of a moment ago will do while training goes on."""
        began = time.perf_counter()
        if self._verdict is not None and goes_on and began < self._verdict[0]:
            return self._verdict[1]
        verdict = diagnosis.diagnose(run)
        now = time.perf_counter()
        self._verdict = now + max(VERDICT_SECONDS, (now - began) / VERDICT_SHARE), verdict
        return verdict


class Search:
    """A past epoch that is looked for; whoever wants another leaves off."""

    def __init__(self, run: Run, epoch: int) -> None:
        self.epoch = epoch
        self.found: Past | None = None
        self._run = run
        self._steps: Iterator[Past | None] = seek(run, epoch)
        self._began = time.perf_counter()
        self._was_near = False
        self.was_shown = False  # at least in passing

    def go_on(self) -> Past | None:
        """Train again for a burst: what is found, or once, after a while, the nearest epoch that is kept."""
        self.found = next(self._steps)
        if self.found is not None or self._was_near or time.perf_counter() - self._began < LONG:
            return self.found
        self._was_near = True
        return Past(self._run, as_it_stood(self._run, kept(self._run, self.epoch)), is_exact=True)


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
        stages=tuple(run.stages),
        note=run.history.note or run.timeline.note,
    )
