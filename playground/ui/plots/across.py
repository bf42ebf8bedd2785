"""What an axis of time counts: epochs, updates or seconds. No Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import EPOCH, SECONDS
from playground.training.snapshot import Snapshot
from playground.ui.scales import ceiling

Floats = NDArray[np.float64]


class Places(Sequence[float]):
    """Where epochs lie on an axis, rising: counted out when they are asked for, as there may be millions."""

    def __init__(self, columns: tuple[Floats, ...], rates: tuple[float, ...]) -> None:
        self._columns, self._rates = columns, rates

    def __len__(self) -> int:
        return len(self._columns[0])

    def __getitem__(self, row: Any) -> Any:
        return float(np.mean([column[row] * rate for column, rate in zip(self._columns, self._rates)]))


class Across(NamedTuple):
    """A way to count: a column of the history, times the batches of an epoch if it counts updates."""

    key: str
    title: str
    column: int = EPOCH
    per_batch: bool = False

    def rate(self, snapshot: Snapshot) -> float:
        """By what the column is multiplied."""
        return float(snapshot.batches) if self.per_batch else 1.0

    def places(self, *snapshots: Snapshot) -> Places:
        """Where each epoch of a run lies; of several, their means, as far as all have come."""
        epochs = min(len(snapshot.history) for snapshot in snapshots)
        columns = tuple(snapshot.history[:epochs, self.column] for snapshot in snapshots)
        return Places(columns, tuple(map(self.rate, snapshots)))

    def place(self, snapshot: Snapshot, epoch: int) -> float | None:
        """Where an epoch of a run lies, or the start; None for one that the history does not have."""
        if epoch == 0:
            return 0.0
        row = row_of(snapshot.history, epoch)
        return None if row is None else float(snapshot.history[row, self.column]) * self.rate(snapshot)

    def end(self, snapshot: Snapshot, epochs: float) -> float:
        """Where the axis ends, given where it would in epochs."""
        if self.column == EPOCH or not len(snapshot.history):
            return epochs * self.rate(snapshot)
        last = max(float(snapshot.history[-1, self.column]), 1e-3)
        return last if epochs <= len(snapshot.history) else ceiling(last)

    def told(self, place: float, epoch: int) -> str:
        """A place in words."""
        if self.column == EPOCH and not self.per_batch:
            return f"epoch {epoch:,}"
        return f"update {place:,.0f}, epoch {epoch:,}" if self.per_batch else f"{place:,.2f} s, epoch {epoch:,}"


ACROSS: tuple[Across, ...] = (
    Across("epoch", "epoch"),
    Across("update", "update", per_batch=True),
    Across("second", "seconds", SECONDS),
)


def row_of(history: Floats, epoch: int | None) -> int | None:
    """The row of an epoch: they count from 1, but a history may begin later."""
    if epoch is None or not len(history):
        return None
    row = int(np.searchsorted(history[:, EPOCH], epoch))
    return row if row < len(history) and history[row, EPOCH] == epoch else None


def nearest(places: Sequence[float], x: float) -> int | None:
    """The row that lies nearest to a place; None where it lies beyond the last by more than a row's width."""
    if not len(places):
        return None
    row = bisect_left(places, x)
    if row == len(places):
        step = (places[-1] - places[0]) / max(len(places) - 1, 1)
        return row - 1 if x <= places[-1] + max(step, 1e-12) else None
    return row - 1 if row and x - places[row - 1] < places[row] - x else row
