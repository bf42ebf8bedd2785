"""What a run keeps of its past: copies of its arrays at evenly spaced epochs, within a budget of memory.

A copy (weights, moving statistics, the last batch's, clock) shows the run as it stood; every second one, a checkpoint,
also holds what training goes on from, so that the epochs after it can be had again. When the memory is full, every
second copy is given up. Which epochs are kept depends on their number alone, not on how training was cut into calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.keeping import NEVER, Kept
from playground.kernels.steps import CLOCK
from playground.training.state import State, first_clocks

RUN_BYTES = 128_000_000  # for the run in hand
FILED_BYTES = 8_000_000  # for one that was put aside
EVERY = 2  # of how many copies one is a checkpoint
MOST = 1 << 15  # copies: more would take memory and save no time that is noticed
NO_CLOCKS = np.empty(0, CLOCK).view(np.recarray)
FEWEST = 64  # copies that a long run has for each epoch between two, at least


class Copy(NamedTuple):
    """A run as it stood at the end of an epoch. rest: what training goes on from; None where it was not kept."""

    epoch: int
    flat: NDArray[Any]
    clock: NDArray[Any]
    rest: NDArray[Any] | None


@dataclass
class Part:
    """A grid of copies: every ``stride``-th epoch after ``start``, the last of them at most ``end``.

    kept: room for ``most`` copies, with the grid that the kernel reads. every: of how many one is a checkpoint.
    """

    kept: Kept
    start: int
    end: int
    stride: int
    every: int

    @property
    def most(self) -> int:
        return len(self.kept.flats)

    @property
    def width(self) -> tuple[int, int]:
        """As ``widths`` of a state."""
        return self.kept.flats.shape[1], self.kept.rests.shape[1]

    @property
    def count(self) -> int:
        """How many copies there are."""
        return (self.end - self.start) // self.stride if self.most else 0

    @property
    def nbytes(self) -> int:
        """Memory in use; what was never written takes none."""
        kept, count = self.kept, self.count
        return count * (row_bytes(kept.flats) + CLOCK.itemsize) + count // self.every * row_bytes(kept.rests)

    def thin(self) -> None:
        """Give up every second copy."""
        kept, count = self.kept, self.count
        for table, rows in ((kept.flats, count), (kept.clocks, count), (kept.rests, count // self.every)):
            _halve(table[:rows])
        self.stride *= 2
        kept.grid[1] = self.stride

    def number(self, epoch: int, is_whole: bool) -> int:
        """Of the last copy at or before an epoch, or of the last checkpoint, counted from 1; less: there is none."""
        step = self.every if is_whole else 1
        return min((epoch - self.start) // self.stride, self.count) // step * step

    def find(self, epoch: int, is_whole: bool) -> Copy | None:
        """The last copy at or before an epoch, or the last checkpoint."""
        number = self.number(epoch, is_whole)
        if number < 1:
            return None
        kept, has_rest = self.kept, number % self.every == 0
        rest = kept.rests[number // self.every - 1] if has_rest else None
        return Copy(self.start + number * self.stride, kept.flats[number - 1], kept.clocks[number - 1], rest)

    def moved(self, most: int) -> Part:
        """The same copies in arrays of their own, with room for ``most``, and thinned until they are no more."""
        one = replace(self)
        if not self.most:
            one.start, one.stride = one.end, 1  # what was not kept cannot be counted
        factor = 1
        while one.count > most:
            one.stride, factor = 2 * one.stride, 2 * factor
        kept = _make_room(self.kept, most, one)
        for old, new, count in zip(self.kept[:3], kept[:3], (one.count, one.count // one.every, one.count)):
            new[:count] = old[factor - 1 :: factor][:count]
        one.kept = kept
        return one


def clocks_of(count: int) -> Any:
    """(count,) of CLOCK, each as at the start of a run."""
    return np.repeat(first_clocks(), count).view(np.recarray)


def row_bytes(table: NDArray[Any]) -> int:
    """Bytes of a row."""
    return table.itemsize * math.prod(table.shape[1:])


def _make_room(like: Kept, most: int, part: Part) -> Kept:
    rests = most // part.every
    return Kept(
        np.empty((most, like.flats.shape[1]), like.flats.dtype),
        np.empty((rests, like.rests.shape[1]), like.rests.dtype),
        np.empty(most, CLOCK).view(np.recarray),
        np.array([part.start, part.stride if most else NEVER, part.every]),
    )


def _halve(table: NDArray[Any]) -> None:
    """Move rows 1, 3, 5, … to the front, in place."""
    done, count = 0, len(table) // 2
    while done < count:
        # So many at once that none is overwritten before it was moved.
        until = min(2 * done + 1, count)
        table[done:until] = table[2 * done + 1 : 2 * until : 2]
        done = until


class Timeline:
    """The parts of a run's past, oldest first; the last is the one that grows.

    budget: bytes for all of them. A part begins where the run was changed so that other arrays are kept, or taken up
    from a file that has nothing of its past.
    """

    def __init__(self, state: State, budget: int = RUN_BYTES, start: int = 0) -> None:
        self.budget = budget
        self.parts: list[Part] = []
        self.note = ""  # what is to be told of it
        self._density = density(state)
        self.begin(state, start)

    @classmethod
    def of(cls, parts: list[Part], state: State, budget: int) -> Timeline:
        """A timeline of parts that there are already; the last goes on growing."""
        line = object.__new__(cls)
        line.budget, line.parts, line.note, line._density = budget, parts, "", density(state)
        if parts:
            line.resize(budget)
        return line

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self.parts)

    @property
    def epochs(self) -> list[int]:
        """The epochs that are kept, in order."""
        return [part.start + number * part.stride for part in self.parts for number in range(1, part.count + 1)]

    @property
    def growing(self) -> Part:
        return self.parts[-1]

    def begin(self, state: State, start: int) -> None:
        """Begin another part, after epoch ``start``; those before give up copies until it has half of the budget."""
        self.parts = fitted(self.parts, self.budget // 2)
        flat, rest = widths(state)
        kind = state.net.weights.dtype
        kept = Kept(np.empty((0, flat), kind), np.empty((0, rest), kind), NO_CLOCKS, np.array([start, NEVER, 1]))
        self.parts.append(Part(kept, start, start, 1, 1))
        self._give(self.budget - self.nbytes)

    def _give(self, budget: int) -> None:
        """Let the growing part have so many bytes."""
        part = self.growing
        flat, rest = row_bytes(part.kept.flats) + CLOCK.itemsize, row_bytes(part.kept.rests)
        pairs = max(budget, 0) // (EVERY * flat + rest)
        if not part.count:
            part.every = EVERY if pairs > 1 else 1 if budget >= flat + rest else NEVER
        most = {EVERY: EVERY * pairs, 1: budget // (flat + rest), NEVER: budget // flat}[part.every]
        if most > 0 or part.most:
            self.parts[-1] = part.moved(max(0, min(most, MOST)))
            self._thin_out()
        self.note = ""
        if budget < flat + rest:
            told = f"{self.budget / 1e6:.3g} MB are too few for one checkpoint of this network"
            self.note = f"{told}, {(flat + rest) / 1e6:.3g} MB: its past is trained again from the start to be seen"

    def room(self, epoch: int) -> int:
        """Epochs that may follow on one before copies are given up."""
        part = self.growing
        if not part.most:
            return NEVER
        return part.start + part.stride * (min(part.most, self._density * part.stride) + 1) - 1 - epoch

    def reach(self, epoch: int) -> None:
        """Note that the run has come to the end of an epoch, whose copy the kernel has made."""
        part = self.growing
        part.end = epoch
        self._thin_out()

    def _thin_out(self) -> None:
        while self.room(self.growing.end) <= 0:
            self.growing.thin()

    def find(self, epoch: int, is_whole: bool = False) -> Copy | None:
        """The last copy at or before an epoch, or the last checkpoint; None where there is none: begin anew."""
        for part in reversed(self.parts):
            if (found := part.find(epoch, is_whole)) is not None:
                return found
        return None

    def place(self, epoch: int, is_whole: bool, width: int) -> int:
        """The epoch that ``find`` finds, without its arrays; 0 for none, or for one of less than so many numbers."""
        for part in reversed(self.parts):
            if (number := part.number(epoch, is_whole)) >= 1:
                return part.start + number * part.stride if part.width[0] >= width else 0
        return 0

    def resize(self, budget: int) -> None:
        """Have another budget: copies are given up until they fit, and memory is given back."""
        self.budget = budget
        closed = fitted(self.parts[:-1], budget // 2)
        self.parts = [*closed, self.growing]
        self._give(budget - sum(part.nbytes for part in closed))

    def until(self, epoch: int, state: State, budget: int) -> Timeline:
        """The same past up to an epoch, in arrays of its own, for a run of that state, which branches off there."""
        parts = fitted([part for part in self.parts if part.start < epoch], budget, epoch)
        line = Timeline.of(parts, state, budget)
        if not parts or parts[-1].end < epoch or parts[-1].width != widths(state):
            line.begin(state, epoch)
        return line


def fitted(parts: list[Part], budget: int, end: int | None = None) -> list[Part]:
    """The same parts, up to an epoch, in arrays of the size that is used, thinned to so many bytes together."""
    parts = [replace(part, end=min(part.end, part.end if end is None else end)) for part in parts]
    total = sum(part.nbytes for part in parts)
    return [part.moved(part.count if total <= budget else part.count * budget // total) for part in parts]


def widths(state: State) -> tuple[int, int]:
    """How many numbers a copy of a run has, and how many more a checkpoint."""
    parameters, statistics = state.net.weights.size, state.net.moving.size
    best = parameters + statistics if state.rules.early_stopping else 0
    return parameters + 2 * statistics, state.store.slots.size + best


def density(state: State) -> int:
    """How many copies there may be for each epoch between two of them.

    A copy may cost a hundredth of the epochs between two, no more: numbers are copied about as fast as 30 samples go
    through the weights, both ways. So short runs keep every epoch, and long ones fewer than there is memory for.
    """
    return max(FEWEST, int(state.samples.inputs.shape[1]) // 4 // EVERY * EVERY)
