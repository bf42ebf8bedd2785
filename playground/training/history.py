"""What a run leaves behind: a row an epoch, and the normalization layers' vectors at a bounded number of epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS, SECONDS, VAL_LOSS
from playground.model.spool import PIECE, Spool, release

MOST_NORM_ROWS = 1024
Found = TypeVar("Found")
Step = Callable[[Found | None, NDArray[np.float64], int], Found | None]

NOTHING_KEPT = np.empty((0, 0))
NOTHING_KEPT.flags.writeable = False


class NormSeries(NamedTuple):
    """A normalization layer's vectors over the epochs; one that this normalization does not have is (n, 0).

    epochs: (n,). mean, variance, gamma, beta: (n, units): moving mean and variance, learned scale and shift.
    scale: (n, units): the learned length of each unit's weights, of weight normalization. All in the run's precision.
    """

    layer: int
    epochs: NDArray[np.int64]
    mean: NDArray[Any]
    variance: NDArray[Any]
    gamma: NDArray[Any]
    beta: NDArray[Any]
    scale: NDArray[Any] = NOTHING_KEPT


class History:
    """Rows of COLUMNS, only ever appended, so that a view handed out stays true while training goes on.

    Many are in a file (spool.py), and what is asked of all of them is not asked of a row twice.
    """

    def __init__(self, rows: NDArray[np.float64] | None = None) -> None:
        self._spool = Spool(len(COLUMNS))
        self._first = 0
        self._states: dict[tuple[Step[Any], int], list[Any]] = {}
        if rows is not None:
            self._spool.append(np.asarray(rows, np.float64))

    def __len__(self) -> int:
        return len(self._spool)

    @property
    def rows(self) -> NDArray[np.float64]:
        """(epochs, len(COLUMNS)), a read-only view."""
        return self._spool.rows

    @property
    def note(self) -> str:
        """Why a long history takes memory, if it does."""
        return self._spool.note

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the lowest validation loss, or None while there is none."""
        found = self.fold(_lower, self._first)
        return found.epoch if found is not None else None

    def compare_from(self, epoch: int) -> None:
        """Take only epochs after this one for the best: those before had another penalty in their losses."""
        self._first = epoch

    @property
    def seconds(self) -> float:
        """Seconds of training until its end."""
        return float(self.rows[-1, SECONDS]) if len(self) else 0.0

    def first(self, epochs: int) -> History:
        """The history as it was after so many epochs; it shares the rows."""
        part = object.__new__(History)
        part._spool, part._first = self._spool.first(epochs), min(self._first, epochs)
        part._states = {key: states[: max(0, epochs - key[1]) // PIECE] for key, states in self._states.items()}
        return part

    def fold(self, step: Step[Found], start: int = 0, end: int | None = None) -> Found | None:
        """What is found in the rows from ``start`` on (to ``end``), going through them piece by piece.

        step: takes what was found before, or None, a piece, and the number of its first row. What whole pieces came to
        is remembered, so that only the last one is looked at where the history has grown.
        """
        rows = self.rows[start:end]
        states = self._states.setdefault((step, start), [])
        for place in range(PIECE * len(states), len(rows) - PIECE + 1, PIECE):
            states.append(step(states[-1] if states else None, rows[place : place + PIECE], start + place))
            release(rows)
        whole = len(rows) // PIECE
        found = states[whole - 1] if whole else None
        rest = rows[whole * PIECE :]
        return step(found, rest, start + whole * PIECE) if len(rest) else found

    def append(self, rows: NDArray[np.float64]) -> None:
        """Take up rows that were saved."""
        self._spool.append(rows)

    def extend(self, measured: NDArray[np.float64], seconds_before: float, seconds_after: float) -> None:
        """Append what the kernels measured, (epochs, len(COLUMNS)); the time is spread evenly over the epochs."""
        step = (seconds_after - seconds_before) / max(len(measured), 1)
        measured[:, SECONDS] = seconds_before + step * np.arange(1, len(measured) + 1)
        self._spool.append(measured)


class _Best(NamedTuple):
    """The first epoch of the lowest validation loss."""

    epoch: int
    loss: float


def _lower(found: _Best | None, rows: NDArray[np.float64], first: int) -> _Best | None:
    losses = rows[:, VAL_LOSS]
    lowest = float(np.fmin.reduce(losses))  # NaN is never lower, and never the lowest
    if lowest < (found.loss if found is not None else np.inf):
        return _Best(first + int((losses == lowest).argmax()) + 1, lowest)
    return found


class NormHistory:
    """Normalization vectors at every ``stride``-th epoch; the stride doubles whenever the rows are full.

    Which epochs are kept depends on the number of epochs alone, not on how training was cut into calls.
    """

    def __init__(self, layers: NDArray[Any]) -> None:
        self._layers = layers
        self.stride = 1
        self._length = 0
        self._epochs = np.empty(0, np.int64)
        self._rows: NDArray[Any] = np.empty((0, 0))

    @property
    def epochs(self) -> NDArray[np.int64]:
        """The epochs that are kept, a read-only view."""
        return _seen(self._epochs[: self._length])

    @property
    def rows(self) -> NDArray[Any]:
        """(len(epochs), width), a read-only view."""
        return _seen(self._rows[: self._length])

    def extend(self, first_epoch: int, rows: NDArray[Any]) -> None:
        """Append rows as kernels note them of the epochs from ``first_epoch`` on, as far as they are kept."""
        if not self._rows.size:
            self._make_room(rows.shape[1], rows.dtype)
        for offset in range(-(first_epoch - 1) % self.stride, len(rows), self.stride):
            epoch = first_epoch + offset
            # Between two rows that are taken up the stride may have doubled.
            if (epoch - 1) % self.stride:
                continue
            self._epochs[self._length], self._rows[self._length] = epoch, rows[offset]
            self._length += 1
            if self._length > MOST_NORM_ROWS:
                self._thin_out()

    def _make_room(self, width: int, kind: Any) -> None:
        self._epochs = np.empty(MOST_NORM_ROWS + 1, np.int64)
        self._rows = np.empty((MOST_NORM_ROWS + 1, width), kind)

    def _thin_out(self) -> None:
        """Keep every second row, in new arrays: a snapshot may be reading the old ones."""
        epochs, rows = self._epochs[::2], self._rows[::2]
        self.stride *= 2
        self._length = len(epochs)
        self._make_room(rows.shape[1], rows.dtype)
        self._epochs[: self._length], self._rows[: self._length] = epochs, rows

    def first(self, epochs: int) -> NormHistory:
        """What is kept of the first so many epochs, in arrays of its own."""
        part = NormHistory(self._layers)
        part.stride = self.stride
        part._length = int(np.searchsorted(self.epochs, epochs, side="right"))
        if part._length:
            part._make_room(self._rows.shape[1], self._rows.dtype)
            part._epochs[: part._length] = self._epochs[: part._length]
            part._rows[: part._length] = self._rows[: part._length]
        return part

    def restore(self, epochs: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Take up what was saved. Raises ValueError where it cannot be the work of ``extend``."""
        found = [int(epoch) for epoch in epochs]
        stride = found[1] - found[0] if len(found) > 1 else 1
        if stride < 1 or found != [1 + stride * number for number in range(len(found))]:
            raise ValueError("the epochs of the normalization's history are not evenly spaced")
        if len(rows) != len(found):
            raise ValueError(f"the normalization's history has {len(rows)} rows for {len(found)} epochs")
        if not 0 <= len(rows) <= MOST_NORM_ROWS:
            raise ValueError(f"the normalization's history has {len(rows)} rows; at most {MOST_NORM_ROWS} are kept")
        self._make_room(rows.shape[1], rows.dtype)
        self._length, self.stride = len(rows), stride
        self._epochs[: len(rows)], self._rows[: len(rows)] = found, rows

    def series(self) -> tuple[NormSeries, ...]:
        """One series for each normalization layer: views, for rows are only ever appended."""
        if not self._length:
            return ()
        table, epochs = self.rows, self.epochs
        none = table[:, :0]
        place = int(2 * (self._layers["units"] * (self._layers["moving_mean"] >= 0)).sum())
        found = []
        for number, layer in enumerate(self._layers):
            units, start = int(layer["units"]), int(layer["moving_mean"])
            mean = variance = none
            if start >= 0:
                mean, variance = table[:, start : start + units], table[:, start + units : start + 2 * units]
            gamma = beta = scale = none
            if layer["gamma"] >= 0:
                gamma, beta = table[:, place : place + units], table[:, place + units : place + 2 * units]
                place += 2 * units
            elif layer["scale"] >= 0:
                scale = table[:, place : place + units]
                place += units
            else:
                continue
            found.append(NormSeries(number + 1, epochs, mean, variance, gamma, beta, scale))
        return tuple(found)


def _seen(view: NDArray[Any]) -> NDArray[Any]:
    """The view, for reading only."""
    view.flags.writeable = False
    return view
