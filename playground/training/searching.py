"""A chart of a knob, found in the background: runs at its values under several seeds, coarse ones first.

A search has threads of its own, which train at the seats of the window's engine, so that the run in hand has its share;
or it sends its runs to a cluster, round by round. What is found so far is a value, told a few times a second; it can be
paused, and given up at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.model.progress import CancelledError
from playground.training.bias_variance import FEWEST, Fits, under_seed
from playground.training.engine import Engine
from playground.training.findings import (
    CANCELLED,
    DONE,
    FAILED,
    LOSSES,
    PATHS,
    PAUSED,
    RUNNING,
    SCORES,
    TWICE,
    VARIANCE,
    Asked,
    Found,
    Spot,
    bends,
    coarse_first,
    coarse_pairs,
    thinned,
)
from playground.training.knob_axis import knob_axis
from playground.training.paths import path
from playground.training.run import Run
from playground.training.side_by_side import Turn, Turns
from playground.training.snapshot import DIVERGED
from playground.training.surface import Extent, Region, Surface, surface
from playground.training.workplace import Workplace

MOST_VALUES = 12  # the refined ones included
GRID = 7  # values of each of two knobs
TURN = 0.008  # seconds that a run trains before it lets the others: half a frame
LISTEN = 0.1  # seconds between two looks, while the engine is waited for, at whether it is still wanted
NEWS = 0.1  # seconds between two news
SMALL, LARGER = 24, 48  # resolution of small surfaces, and of those of fits
PATIENCE = 2.0  # seconds that closing waits


class Trial(NamedTuple):
    """A run at some values of the knobs. seed: how many after the experiment's own. extent: as asked for."""

    values: tuple[Any, ...]
    seed: int
    experiment: Experiment
    extent: Extent | None


class Result(NamedTuple):
    """What a run came to; no numbers where it diverged. surface: of the plane, if that was asked for."""

    numbers: Mapping[str, float]
    surface: Surface | None


class Search:
    """One search in a thread of its own; ``found`` is how it stands. Raises KnobError where the knob cannot vary.

    engine: the window's, for whose kernels it waits, and at whose seats it trains. place: in threads, if left out.
    before: what was found last, which stays where the place cannot be reached. own: as Found has it.
    """

    def __init__(
        self,
        asked: Asked,
        experiment: Experiment,
        engine: Engine | None = None,
        place: Workplace | None = None,
        before: Found | None = None,
        own: Collection[str] | None = None,
    ) -> None:
        names = () if asked.kind == PATHS else (asked.knob, asked.second) if asked.second else (asked.knob,)
        axes = tuple(knob_axis(experiment, name) for name in names)
        self._engine, self._place, self._before = engine, place or Workplace(), before
        self._turns = Turns(engine.seats if engine is not None else None)
        self.found = Found(asked, experiment, axes, own=None if own is None else frozenset(own))
        self._changing = threading.Lock()
        self._spots: dict[tuple[Any, ...], Spot] = {}
        self._told = 0.0
        self._began = time.perf_counter()
        self._rested = self._paused_at = 0.0  # how many seconds it was paused, and since when it is
        self._thread = threading.Thread(target=self._work, name="search", daemon=True)
        self._thread.start()

    def pause(self, is_paused: bool = True) -> None:
        """Rest, or go on."""
        if self.found.has_ended or is_paused == self._turns.is_paused:
            return
        now = time.perf_counter()
        if is_paused:
            self._paused_at = now
        else:
            self._rested += now - self._paused_at
        self._turns.pause(is_paused)
        self._change(status=PAUSED if is_paused else RUNNING)

    def cancel(self) -> None:
        """Give it up; what was found stays."""
        if not self.found.has_ended:
            self._change(status=CANCELLED)
            self._turns.cancel()

    def end(self) -> None:
        """Give it up; nobody looks at it any more."""
        self.cancel()

    def close(self, seconds: float = PATIENCE) -> None:
        """Give it up, and wait a moment for its threads."""
        self.cancel()
        self._thread.join(seconds)

    def wait(self, seconds: float) -> bool:
        """Wait for its end so long; whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _change(self, **changes: Any) -> None:
        """Say how it stands now; one that has ended stays so."""
        with self._changing:
            if self.found.has_ended:
                changes.pop("status", None)
            self.found = self.found._replace(**changes)

    # in its own thread

    def _work(self) -> None:
        try:
            while self._engine is not None and not self._engine.wait(LISTEN):
                with self._turns():
                    pass
            if self.found.asked.kind != PATHS:
                self._reach()
            {LOSSES: self._train, VARIANCE: self._measure, PATHS: self._solve}[self.found.asked.kind]()
        except CancelledError:
            self._tell(CANCELLED)
        except (KnobError, DataError, MemoryError, OSError) as error:
            self._tell(FAILED, str(error) or "not enough memory")
        else:
            self._tell(DONE)

    def _reach(self) -> None:
        """Connect with where it trains. Raises DataError or OSError where that cannot be."""
        self._change(reason=self._place.awaited)
        try:
            self._place.open()
        except (DataError, OSError):
            before = self._before
            if before is not None and before.asked[:3] == self.found.asked[:3] and not self._turns.is_cancelled:
                self._spots = {spot.values: spot for spot in before.spots}
                self._change(**before._replace(status=RUNNING)._asdict())
            raise
        self._began, self._rested, self._paused_at = time.perf_counter(), 0.0, time.perf_counter()
        self._change(reason=self._place.awaited)

    def _tell(self, status: str = "", reason: str = "") -> None:
        """Say how it stands, a few times a second, and at its end."""
        now = time.perf_counter()
        if not status and now - self._told < NEWS:
            return
        self._told = now
        found = self.found
        seconds = (
            (now - self._began - self._rested) / found.done * (found.whole - found.done) if found.done else math.nan
        )
        reason = reason or ("" if status else self._place.awaited)
        spots = tuple(self._spots[values] for values in self._ordered())
        self._change(spots=spots, seconds=seconds, reason=reason, **({"status": status} if status else {}))

    def _ordered(self) -> list[tuple[Any, ...]]:
        axes = self.found.axes
        return sorted(self._spots, key=lambda values: [axis.place(value) for axis, value in zip(axes, values)])

    def _rounds(self) -> Iterator[list[tuple[Any, ...]]]:
        """What to try: the ends, then what lies between, always in the middle of the widest gap; then where it bends.

        What a round tries follows from what the last one found, whichever of its runs ended first.
        """
        axes = self.found.axes
        if len(axes) == 2:
            yield list(coarse_pairs(*(thinned(axis.values, GRID) for axis in axes)))
            return
        yield [(axes[0].values[place],) for place in coarse_first(len(axes[0].values))]
        while len(self._spots) < MOST_VALUES and (value := self._refined()) is not None:
            yield [(value,)]

    def _refined(self) -> Any:
        """The value between two neighbours where the curve bends most, or is lowest; None where none is worth a try."""
        axis, quantity = self.found.axes[0], self.found.quantity
        spots = [self._spots[values] for values in self._ordered()]
        gaps = [axis.between(low.values[0], high.values[0]) for low, high in zip(spots, spots[1:])]
        places = np.array([axis.place(spot.values[0]) for spot in spots])
        worth = bends(places, np.array([spot.mean(quantity) for spot in spots]))
        found = [place for place in np.argsort(-worth, kind="stable") if gaps[place] is not None and worth[place] > 0]
        return gaps[found[0]] if found else None

    def _planned(self) -> int:
        """How many values there will be, about."""
        axes = self.found.axes
        if len(axes) == 2:
            return math.prod(min(len(axis.values), GRID) for axis in axes)
        count = len(axes[0].values)
        return count if axes[0].scale == "steps" else max(count, MOST_VALUES)

    def _begin(self, values: tuple[Any, ...]) -> Experiment:
        """The experiment with these values of the knobs."""
        found = self.found
        self._spots.setdefault(values, Spot(values))
        return found.experiment.change(**found.with_companions(values))

    def _end(self, whole: int, planned: int) -> None:
        """A run has ended."""
        self._change(done=whole, whole=max(planned * self.found.asked.seeds, whole))
        self._tell()

    def _train(self) -> None:
        """Runs at each value under several seeds."""
        planned, done = self._planned(), 0
        for tried in self._rounds():
            trials = [trial for values in tried for trial in self._trials(values)]
            with closing(self._place.each(trials, train, self._turns)) as ended:
                for number, result in ended:
                    self._note(trials[number], result)
                    done += 1
                    self._end(done, planned)
        self._change(whole=done)

    def _trials(self, values: tuple[Any, ...]) -> Iterator[Trial]:
        experiment, asked = self._begin(values), self.found.asked
        for seed in range(asked.seeds):
            yield Trial(values, seed, under_seed(experiment, seed), asked.extent if not seed else None)

    def _note(self, trial: Trial, result: Result) -> None:
        values, seed, numbers = trial.values, trial.seed, result.numbers
        spot = self._spots[values]
        found = dict(spot.found)
        for name in SCORES:
            found[name] = found[name].copy() if name in found else np.full(self.found.asked.seeds, np.nan)
            found[name][seed] = numbers.get(name, math.nan)
        diverged = spot.diverged + (not numbers)
        self._spots[values] = spot._replace(found=found, surface=result.surface or spot.surface, diverged=diverged)

    def _solve(self) -> None:
        """Coefficients along λ."""
        asked = self.found.asked

        def note(share: float) -> None:
            with self._turns():
                self._change(done=round(100 * share), whole=100)
                self._tell()

        self._change(path=path(self.found.experiment, asked.knob, asked.second == TWICE, note))

    def _measure(self) -> None:
        """Bias and variance at each value."""
        asked, planned, done = self.found.asked, self._planned(), 0
        region = Region(asked.extent, LARGER) if asked.extent else None
        for values in (values for tried in self._rounds() for values in tried):
            with self._turns():
                fits = Fits(self._begin(values), asked.seeds, region, self._place, self._turns)
            for _ in fits:
                done += 1
                self._end(done, planned)
            spot = self._spots[values]
            if fits.done - fits.diverged < FEWEST:
                self._spots[values] = spot._replace(diverged=fits.diverged)
                continue
            measured = fits.measure()
            parts = {
                (name if loss == measured.first else f"{loss}_{name}"): np.array([number])
                for loss, found in measured.parts.items()
                for name, number in found._asdict().items()
            }
            self._spots[values] = spot._replace(found=parts, measurement=measured, diverged=measured.diverged)
        self._change(whole=done)


def train(trial: Trial, turns: Turn) -> Result:
    """Train one to its end: what it came to, and what it makes of the plane if asked. Raises CancelledError."""
    with turns():
        try:
            run = Run(trial.experiment, budget=0)
        except (KnobError, DataError):
            return Result({}, None)  # two values that do not go together
    while not run.has_ended:
        with turns():
            run.burst(TURN)
    with turns():
        if run.status == DIVERGED:
            return Result({}, None)
        scores, penalty = run.scores(), run.penalty
        numbers = {name: float(value) for name, value in scores._asdict().items()}
        numbers |= {"train_data": scores.train_loss - penalty, "val_data": scores.val_loss - penalty}
        return Result(numbers, surface(run, Region(trial.extent, SMALL)) if trial.extent else None)
