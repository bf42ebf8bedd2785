"""When work that is not saved is kept aside, and the thread that does it, from copies taken between two bursts."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playground.model.experiment import Experiment
from playground.model.file import Saved, SavedRun
from playground.model.progress import Progress, silent
from playground.model.recovery import About, Found, Place
from playground.training.jobs import Job

EVERY = 30.0  # seconds after a change, at most; PLAYGROUND_RECOVERY_SECONDS has others
EARLY = 0.7  # of that time: looking and writing take some
QUIET = 10.0  # seconds without a change, after which a stroke is kept at once
SHARE = 0.5  # of the time, at most, goes into keeping: what is lost is the interval and a writing at most
LOOK = 0.1  # seconds between two looks for changes
PAST_BYTES = 1_000_000  # for copies of each run's past: they save time alone
PATIENCE = 0.3  # seconds that runs are waited for where the program has to end

Picture = Callable[[], bytes]
Copy = Callable[[], tuple[SavedRun, ...]]


class Aside:
    """Decides when, and keeps. A mark is a value that changes with everything that would be lost; None: nothing would.

    ``failure``: why it could not be kept, until somebody takes note of it and clears it.
    """

    def __init__(self, place: Place | None = None) -> None:
        self.place = place or Place()
        self.failure = ""
        self.every = float(os.environ.get("PLAYGROUND_RECOVERY_SECONDS") or EVERY)
        self._kept: Any = None  # the mark of what is kept
        self._seen: Any = None
        self._since: float | None = None  # when something was changed that is not kept
        self._touched = -QUIET  # when something was changed by hand
        self._next = self._looked = 0.0
        self._job: Job[None] | None = None
        self._marked: Any = None  # what the job keeps
        self._began = 0.0  # the job
        self._picture = b""
        self._told = ""

    def touch(self, is_stroke: bool = False) -> None:
        """Something was changed by hand."""
        now = time.monotonic()
        if is_stroke and now - self._touched >= QUIET:
            self._next = self._looked = 0.0
            self._since = -math.inf
        self._touched = now

    def is_due(self, mark: Callable[[], Any]) -> bool:
        """Whether to keep now."""
        now = time.monotonic()
        if self._job is not None:
            if self._job.is_done:
                self._hear(self._job)
            return False
        if now - self._looked < LOOK:
            return False
        self._looked = now
        self._seen = mark()
        if self._seen is None:
            self.clear()
        if self._seen == self._kept:
            self._since = None
            return False
        self._since = now if self._since is None else self._since
        return now - self._since >= EARLY * self.every and now >= self._next

    def begin(self, experiment: Experiment, copy: Copy, about: About, picture: Picture) -> None:
        """Keep it, in a thread. picture: makes the PNG there."""
        self._began, self._marked = began, _ = time.monotonic(), self._seen

        def work(progress: Progress) -> None:
            self._keep(experiment, copy(), about, picture, progress)
            self._next = began + (time.monotonic() - began) / SHARE

        self._job = Job(work, "recovery")

    def keep_now(self, mark: Any, experiment: Experiment, copy: Copy, about: About, picture: Picture) -> None:
        """Keep it before this returns; raises nothing. Of a run that is in the midst of something long, what was kept
        of it last stays, unless the experiment is another since.
        """
        if self._job is not None:
            self._job.close()
            self._hear(self._job)
        if mark is None or mark == self._kept:
            return
        with suppress(Exception):
            try:
                runs = copy()
            except TimeoutError:
                if self._kept is not None and self._kept[0] == mark[0]:
                    return
                runs = ()
            self._keep(experiment, runs, about, picture, silent)
            self._kept = mark

    def adopt(self, found: Found) -> None:
        """What was found is this session's from now on. Raises OSError."""
        self.place.adopt(found)

    def clear(self) -> None:
        """Nothing would be lost."""
        if self._job is not None:
            self._job.close()
        self.place.clear()
        self._job, self._kept, self._since = None, None, None

    def close(self, keeps: bool) -> None:
        """Give up what is kept, or leave it to the next start."""
        if not keeps:
            self.clear()
        elif self._job is not None:
            self._job.close()
        self.place.leave()

    def _keep(
        self, experiment: Experiment, runs: tuple[SavedRun, ...], about: About, picture: Picture, progress: Progress
    ) -> None:
        in_hand = next((run for run in runs if run.is_in_hand), None)
        with suppress(Exception):
            self._picture = picture() or self._picture
        told = about._replace(holds=holds(in_hand.experiment if in_hand else experiment, runs))
        # A copy that was taken later than the document was is of the document of then.
        self.place.keep(Saved(in_hand.experiment if in_hand else experiment, runs), told, self._picture, progress)

    def _hear(self, job: Job[None]) -> None:
        self._job = None
        if not job.is_done:
            return
        try:
            job.result()
        except Exception as error:  # a full disk, a run that is broken: work goes on without
            self._next = time.monotonic() + self.every
            if str(error) != self._told:
                self.failure = self._told = str(error)
        else:
            # What was changed while it was written counts from then, not from when it is seen.
            self._kept, self._since = self._marked, self._began


def holds(experiment: Experiment, runs: tuple[SavedRun, ...]) -> str:
    """What is kept, in words: "drawn, 42 points · 2 runs, 812 epochs"."""
    epochs = sum(len(next(iter(_history(run)), ())) for run in runs)
    trained = f"{len(runs)} run{'s' * (len(runs) != 1)}, {epochs:,} epoch{'s' * (epochs != 1)}" if runs else ""
    try:
        points = f"{experiment.points.source}, {experiment.points.samples:,} points"
    except ValueError:  # knobs that no points can be made of
        points = experiment.knobs.dataset
    return " · ".join(filter(None, (points, trained)))


def _history(run: SavedRun) -> list[Any]:
    return [array for name, array in run.arrays.items() if name.startswith("history_")]
