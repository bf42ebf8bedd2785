"""Series made fit to be seen: thinned, smoothed, cut. No Qt.

A curve is a whole history; about a thousand points of it are drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_BUCKETS = 1024  # of a curve, two points each; a chart has hardly more columns
MOST_AT_ONCE = 65_536  # rows that are taken in at once
MOST_SEEN = 262_144  # rows of a part that are looked through for it alone
RECENT = 400  # epochs that say whether a series is noisy

Floats = NDArray[np.float64]


class Digest:
    """A history that grows, as few enough points to draw: what is new costs something, what was there does not.

    Rows lie in buckets of ``size`` epochs; of each bucket and column it is known which rows are lowest and highest, so
    that spikes stay, and the sum. The size doubles whenever there are more than MOST_BUCKETS.
    """

    def __init__(self) -> None:
        self._follow_anew(np.empty((0, 0)))

    def _follow_anew(self, history: Floats) -> None:
        self.size = 1
        self._history = history
        self._extremes = np.empty((0, 2, history.shape[1]), np.intp)  # rows, the earlier one first
        self._sums = np.empty((0, history.shape[1]))

    def follow(self, history: Floats) -> None:
        """Take in the rows that are new in (epochs, columns), or another history from its start."""
        if not self._is_continued(history):
            self._follow_anew(history)
        self._history = history
        while len(history) // self.size > MOST_BUCKETS:
            self._halve()
        while (first := len(self._sums)) < (whole := len(history) // self.size):
            last = min(whole, first + max(1, MOST_AT_ONCE // self.size))
            extremes, sums = self._measure(first * self.size, self.size, last - first)
            self._extremes = np.concatenate([self._extremes, extremes])
            self._sums = np.concatenate([self._sums, sums])

    def _is_continued(self, history: Floats) -> bool:
        known = self._history
        if not len(known) or len(history) < len(known) or history.shape[1] != known.shape[1]:
            return False
        return bool(np.array_equal(history[[0, len(known) - 1]], known[[0, -1]], equal_nan=True))

    def _measure(self, start: int, size: int, count: int) -> tuple[NDArray[np.intp], Floats]:
        """Extremes and sums of so many buckets from a row on."""
        rows = np.arange(start, start + count * size).reshape(count, size, 1)
        runs = self._history[start : start + count * size].reshape(count, size, -1)
        with np.errstate(over="ignore", invalid="ignore"):
            return _outermost(rows, runs), runs.sum(axis=1)

    def _halve(self) -> None:
        """Join buckets two by two; a last one without a neighbour is measured again."""
        self.size *= 2
        pairs, width = len(self._sums) // 2, self._history.shape[1]
        rows = self._extremes[: 2 * pairs].reshape(pairs, 4, width)
        self._extremes = _outermost(rows, self._history[rows, np.arange(width)])
        with np.errstate(over="ignore", invalid="ignore"):
            self._sums = self._sums[: 2 * pairs].reshape(pairs, 2, width).sum(axis=1)

    def thin(
        self, column: int, most: int = MOST_BUCKETS, across: int = 0, part: tuple[int, int] | None = None
    ) -> tuple[Floats, Floats]:
        """Places and values of a column: all where they are few, else the extremes of at most so many buckets.

        across: the column of the places. part: the rows that are seen, first and past the last, if not all are.
        """
        history = self._history
        if part is not None and part[1] - part[0] <= MOST_SEEN:
            return self._at(self._rows(*part, column, most), column, across)
        if len(history) <= 2 * most and self.size == 1:
            return self._at(np.arange(len(history)), column, across)
        together = -(-len(self._sums) // most)
        full = len(self._sums) // together * together
        runs = [self._extremes[:full, :, column].reshape(-1, 2 * together)]
        if full * self.size < len(history):
            runs.append(np.arange(full * self.size, len(history)).reshape(1, -1))
        chosen = [_outermost(rows[:, :, np.newaxis], history[rows, column][:, :, np.newaxis]) for rows in runs]
        return self._at(np.concatenate(chosen).ravel(), column, across)

    def _rows(self, first: int, last: int, column: int, most: int) -> NDArray[np.intp]:
        """The rows of a part that are drawn: of each bucket of rows the outermost."""
        rows = np.arange(first, last)
        size = -(-len(rows) // most)
        if size <= 2:
            return rows
        whole = len(rows) // size * size
        runs = rows[:whole].reshape(-1, size, 1)
        chosen = _outermost(runs, self._history[first : first + whole, column].reshape(runs.shape))
        return np.concatenate([chosen.ravel(), rows[whole:]])

    def _at(self, rows: NDArray[np.intp], column: int, across: int) -> tuple[Floats, Floats]:
        y = self._history[rows, column]
        return self._history[rows, across], np.where(np.isfinite(y), y, np.nan)

    def smooth(self, column: int, across: int = 0, most: int = MOST_BUCKETS) -> tuple[Floats, Floats]:
        """The moving average over about a fortieth of the epochs; for reading a trend through noise.

        most: about how many points of it are wanted.
        """
        x, y = self._sums[:, across] / self.size, self._sums[:, column] / self.size
        half = max(1, len(x) // 80)
        total = np.concatenate([[0.0], np.cumsum(y)])
        place = np.arange(len(x))
        reach = np.minimum(half, np.minimum(place, len(x) - 1 - place))  # narrower at both ends: it is not bent
        y = (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)
        shown = np.union1d(place[:: max(-(-len(x) // most), 1)], place[-1:])
        return x[shown], y[shown]

    def is_finite(self, column: int) -> bool:
        """Whether all of a column is, as far as its buckets are full: a sum is finite only where its terms are."""
        return bool(np.isfinite(self._sums[:, column]).all())


def _outermost(rows: NDArray[np.intp], values: Floats) -> NDArray[np.intp]:
    """(n, 2, columns): of each run, (n, length, columns), the rows of the lowest and highest, the earlier one first."""
    lows, highs = values, values
    if not np.isfinite(values).all():
        lows, highs = (np.where(np.isfinite(values), values, outside) for outside in (np.inf, -np.inf))
    places = np.stack([lows.argmin(axis=1), highs.argmax(axis=1)], axis=1)
    places.sort(axis=1)
    return np.take_along_axis(np.broadcast_to(rows, values.shape), places, axis=1)


def cut(x: Floats, y: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """A curve as far as its values lie from low to high: it ends where it crosses these, with gaps beyond."""
    if not len(x):
        return x, y
    start, end = y[:-1], y[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        ways = np.sort([(level - start) / (end - start) for level in (low, high)], axis=0)
    crosses = (ways > 0) & (ways < 1)
    rows = np.concatenate(
        [np.arange(len(x)), *(np.flatnonzero(found) + way[found] for way, found in zip(ways, crosses))]
    )
    rows.sort()
    whole = np.arange(len(x))
    new_x, new_y = np.interp(rows, whole, x), np.interp(rows, whole, y)
    slack = 1e-9 * (high - low)
    return new_x, np.where((new_y >= low - slack) & (new_y <= high + slack), new_y, np.nan)


def is_noisy(y: Floats, span: float) -> bool:
    """Whether neighbours jump up and down so much that the trend is hard to read, on an axis of that span."""
    if len(y) < 40 or not span > 0:
        return False
    bends = np.abs(np.diff(y, 2))
    return bool(np.median(bends) > 0.02 * span)
