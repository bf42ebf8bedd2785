"""Many runs side by side: the one in hand, and those that were put aside, each with what it was tried against.

A run that makes room for another is filed, thinned, if it has trained an epoch; what was trained is never overwritten.
Undoing what began another run, or turning the knob back, brings the old one back with all its epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from playground.model.experiment import Experiment
from playground.model.naming import difference
from playground.training.branching import branch
from playground.training.past import Stage
from playground.training.run import Run
from playground.training.snapshot import Snapshot
from playground.training.timeline import FILED_BYTES, RUN_BYTES
from playground.training.weights import Arrays

COLOURS = 8  # of the cycle that curves are drawn in
MOST_FILED = 30  # that are not pinned
MOST_BYTES = 256_000_000  # for those


@dataclass
class Entry:
    """A run among others.

    name: what differs from the run before. colour: its place in the cycle. parent: the number of the run that it was
    tried against, which may have left since. branched: the parent's epoch at which it branched off, None where it began
    anew. basis: the experiment that ``name`` compares with.
    """

    number: int
    run: Run
    name: str
    colour: int
    parent: int | None = None
    branched: int | None = None
    pinned: bool = False
    basis: Experiment | None = None


class Listed(NamedTuple):
    """A run among others, as a list of them tells it; see Entry.

    snapshot: as it was last told; None before anything is known of it.
    """

    number: int
    name: str
    colour: int
    parent: int | None = None
    branched: int | None = None
    is_pinned: bool = False
    is_in_hand: bool = False
    snapshot: Snapshot | None = None


class Runs:
    """The run in hand, and the filed ones, the last filed at the end. One thread's alone.

    budget: bytes for filed runs that are not pinned; run_budget: for the past of the run in hand. left: those that had
    to leave, oldest first, until somebody takes note and clears it.
    """

    def __init__(self, budget: int = MOST_BYTES, run_budget: int = RUN_BYTES) -> None:
        self.hand: Entry | None = None
        self.filed: list[Entry] = []
        self.left: list[Entry] = []
        self._budget, self._run_budget = budget, run_budget
        self._number = 0

    @property
    def ghost(self) -> Entry | None:
        """The last filed run, which stays to be seen beside the one in hand."""
        return self.filed[-1] if self.filed else None

    def entry(self, number: int) -> Entry:
        """The run of a number. Raises KeyError where it has left, or never was."""
        for entry in (*self.filed, *([self.hand] if self.hand else [])):
            if entry.number == number:
                return entry
        raise KeyError(number)

    def begin(self, experiment: Experiment, initial: Arrays | None = None, replaces: bool = False) -> Entry:
        """A new run in hand, and the former filed.

        replaces: the former is given up instead, for both belong to one change, as when a width is dragged through ten
        values. Raises DataError or KnobError where the experiment cannot be trained; all stays as it was then.
        """
        return self.take(Run(experiment, initial, self._run_budget), replaces)

    def take(self, run: Run, replaces: bool = False) -> Entry:
        """As ``begin``, with a run that there is already, as from a file."""
        old, self.hand = self.hand, None
        parent, basis = (None, None) if old is None else (old.number, old.run.experiment)
        if old is not None and (replaces or not old.run.epoch):
            # It leaves no trace: the new one is tried against what that was tried against.
            parent, basis = old.parent, old.basis
        elif old is not None:
            self._file(old)
        return self._put(run, parent, basis)

    def branch(self, number: int, epoch: int, experiment: Experiment) -> Entry:
        """A new run in hand that repeats one up to an epoch and then goes on as another experiment.

        Raises what ``branching.branch`` raises; all stays as it was then.
        """
        parent = self.entry(number)
        child = branch(parent.run, epoch, experiment, self._run_budget)
        basis = parent.run.at(0).experiment if not epoch else _as_it_was(parent.run, epoch)
        if self.hand is not None:
            old, self.hand = self.hand, None
            self._file(old)
        entry = self._put(child, number, basis)
        entry.branched = epoch
        return entry

    def bring_back(self, number: int) -> Entry:
        """Take a filed run in hand again, with all its epochs; the one in hand is filed. It keeps number and name."""
        entry = self.entry(number)
        if entry is self.hand:
            return entry
        self.filed.remove(entry)
        old, self.hand = self.hand, entry
        entry.run.keep_within(self._run_budget)
        if old is not None:
            self._file(old)
        return entry

    def find(self, experiment: Experiment) -> Entry | None:
        """The run that is of this experiment now, the last filed of several: what an undo, or a knob turned, means."""
        entries = [*([self.hand] if self.hand else []), *reversed(self.filed)]
        return next((entry for entry in entries if entry.run.experiment == experiment), None)

    def pin(self, number: int, pinned: bool = True) -> None:
        """Keep a run for ever, or no longer."""
        self.entry(number).pinned = pinned
        self._let_leave()

    def remove(self, number: int) -> None:
        """Give up a filed run."""
        self.filed = [entry for entry in self.filed if entry.number != number]

    def _put(self, run: Run, parent: int | None, basis: Experiment | None) -> Entry:
        self._number += 1
        name = difference(basis, run.experiment) if basis is not None else f"run {self._number}"
        taken = {entry.colour for entry in self.filed}
        free = (colour for colour in range(COLOURS) if colour not in taken)
        self.hand = Entry(self._number, run, name, next(free, (self._number - 1) % COLOURS), parent, basis=basis)
        return self.hand

    def _file(self, entry: Entry) -> None:
        """Put a run aside. Of two with one story the longer holds the other."""
        if not entry.run.epoch:
            return
        twin = next((other for other in self.filed if tells_the_same(other.run, entry.run)), None)
        if twin is not None:
            self.filed.remove(twin)
            kept, other = (twin, entry) if twin.run.updates > entry.run.updates else (entry, twin)
            kept.pinned |= other.pinned
            entry = kept
        entry.run.keep_within(FILED_BYTES)
        self.filed.append(entry)
        self._let_leave()

    def _let_leave(self) -> None:
        """Have the oldest leave that are not pinned, until there are few enough and they fit."""
        loose = [entry for entry in self.filed if not entry.pinned]
        total = sum(size(entry.run) for entry in loose)
        while loose and (len(loose) > MOST_FILED or total > self._budget):
            oldest = loose.pop(0)
            total -= size(oldest.run)
            self.filed.remove(oldest)
            self.left.append(oldest)


def _as_it_was(run: Run, epoch: int) -> Experiment:
    return [stage.experiment for stage in run.stages if stage.epoch < epoch][-1]


def key(run: Run) -> list[Stage]:
    """What a run is: the experiment that it began with, and its changes, without those that were taken back at once."""
    found: list[Stage] = []
    for stage in run.stages:
        last = found[-1] if found else None
        if last is not None and last.epoch == stage.epoch and not last.experiment.needs_new_run(stage.experiment):
            found.pop()
        if not found or found[-1].experiment != stage.experiment:
            found.append(stage)
    return found


def tells_the_same(one: Run, other: Run) -> bool:
    """Whether two runs have one story, however far each has come."""
    begins_alike = all(map(np.array_equal, one.initial, other.initial))
    return begins_alike and key(one) == key(other)


def size(run: Run) -> int:
    """Bytes that a run takes."""
    return run.timeline.nbytes + run.history.rows.nbytes + run.norms.rows.nbytes + _bytes_of(run.state)


def _bytes_of(thing: Any) -> int:
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    return sum(map(_bytes_of, thing)) if isinstance(thing, tuple) else 0
