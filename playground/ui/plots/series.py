"""Series made fit to be seen: thinned, smoothed, cut. No Qt.

A curve is a whole history; about a thousand points of it are drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from playground.model.spool import release

MOST_BUCKETS = 1024  # of a curve, two points each; a chart has hardly more columns
MOST_AT_ONCE = 65_536  # rows that are taken in at once
MOST_SEEN = 262_144  # rows of a part that are looked through for it alone
MOST_TAKEN = 262_144  # new rows that a frame waits for
RECENT = 400  # epochs that say whether a series is noisy

Floats = NDArray[np.float64]


class Digest:
    """A history that grows, as few enough points to draw: what is new costs something, what was there does not.

    Rows lie in buckets of ``size`` epochs; of each bucket and column those rows are kept in which it is lowest and
    highest, so that spikes stay, and the sum. The size doubles whenever there are more than MOST_BUCKETS.
    """

    def __init__(self) -> None:
        self._follow_anew(np.empty((0, 0)))

    def _follow_anew(self, history: Floats) -> None:
        width = history.shape[1]
        self.size = 1
        self._history = history
        self._count = 0
        self._room = np.empty((MOST_BUCKETS, 2, width, width))  # bucket, the earlier row first, column, row
        self._sums_room = np.empty((MOST_BUCKETS, width))

    @property
    def length(self) -> int:
        """Rows that were taken in."""
        return len(self._history)

    @property
    def _extremes(self) -> Floats:
        return self._room[: self._count]

    @property
    def _sums(self) -> Floats:
        return self._sums_room[: self._count]

    def follow(self, history: Floats, most: int | None = None) -> bool:
        """Take in the rows that are new in (epochs, columns), or another history from its start.

        most: rows that are taken in, at most. Returns whether others are left for the next time.
        """
        if not self._is_continued(history):
            self._follow_anew(history[:0])
        goal, history = len(history), history if most is None else history[: len(self._history) + most]
        self._history = history
        while len(history) // self.size > MOST_BUCKETS:
            self._halve()
        while (first := self._count) < (whole := len(history) // self.size):
            last = min(whole, first + max(1, MOST_AT_ONCE // self.size))
            self._measure(first, last)
            release(history)
        return len(history) < goal

    def _is_continued(self, history: Floats) -> bool:
        known = self._history
        if not len(known) or len(history) < len(known) or history.shape[1] != known.shape[1]:
            return False
        return bool(np.array_equal(history[[0, len(known) - 1]], known[[0, -1]], equal_nan=True))

    def _measure(self, first: int, last: int) -> None:
        """Take in the buckets from one to before another."""
        runs = self._history[first * self.size : last * self.size].reshape(last - first, self.size, -1)
        self._room[first:last] = _taken(runs, _outermost(runs))
        with np.errstate(over="ignore", invalid="ignore"):
            self._sums_room[first:last] = runs.sum(axis=1)
        self._count = last

    def _halve(self) -> None:
        """Join buckets two by two; a last one without a neighbour is measured again."""
        self.size *= 2
        pairs, width = self._count // 2, self._history.shape[1]
        columns = np.arange(width)
        both = self._extremes[: 2 * pairs].reshape(pairs, 4, width, width)
        places = _outermost(both[:, :, columns, columns])
        self._room[:pairs] = both[np.arange(pairs)[:, np.newaxis, np.newaxis], places, columns]
        with np.errstate(over="ignore", invalid="ignore"):
            self._sums_room[:pairs] = self._sums[: 2 * pairs].reshape(pairs, 2, width).sum(axis=1)
        self._count = pairs

    def thin(
        self, column: int, most: int = MOST_BUCKETS, across: int = 0, part: tuple[int, int] | None = None
    ) -> tuple[Floats, Floats]:
        """Places and values of a column: all where they are few, else the extremes of at most so many buckets.

        across: the column of the places. part: the rows that are seen, first and past the last, if not all are.
        """
        history = self._history
        if part is not None and part[1] - part[0] <= MOST_SEEN:
            rows = self._part(history[slice(*part)], column, most)
            release(history)
        elif len(history) <= 2 * most and self.size == 1:
            rows = history
        else:
            together = -(-self._count // most)
            full = self._count // together * together
            of_buckets = self._extremes[:full, :, column].reshape(-1, 2 * together, history.shape[1])
            rest = history[np.newaxis, full * self.size :]
            rows = np.concatenate([_ends(runs, column) for runs in (of_buckets, rest) if runs.shape[1]])
        y = rows[:, column]
        return rows[:, across], np.where(np.isfinite(y), y, np.nan)

    @staticmethod
    def _part(rows: Floats, column: int, most: int) -> Floats:
        """The rows of a part that are drawn: of each bucket of rows the outermost."""
        size = -(-len(rows) // most)
        if size <= 2:
            return rows.copy()
        whole = len(rows) // size * size
        return np.concatenate([_ends(rows[:whole].reshape(-1, size, rows.shape[1]), column), rows[whole:]])

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


def _outermost(values: Floats) -> NDArray[np.intp]:
    """(n, 2, columns): where each run, (n, length, columns), is lowest and highest, the earlier place first."""
    lows, highs = values, values
    if not np.isfinite(values).all():
        lows, highs = (np.where(np.isfinite(values), values, outside) for outside in (np.inf, -np.inf))
    places = np.stack([lows.argmin(axis=1), highs.argmax(axis=1)], axis=1)
    places.sort(axis=1)
    return places


def _taken(runs: Floats, places: NDArray[np.intp]) -> Floats:
    """The rows of each run, (n, length, columns), at its own places, (n, …)."""
    return runs[np.arange(len(runs)).reshape(-1, *[1] * (places.ndim - 1)), places]


def _ends(runs: Floats, column: int) -> Floats:
    """(2n, columns): of each run the rows in which a column is lowest and highest, the earlier one first."""
    return _taken(runs, _outermost(runs[:, :, column, np.newaxis])[..., 0]).reshape(-1, runs.shape[2])


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
