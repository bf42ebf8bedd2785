"""Series made fit to be seen: thinned, smoothed, cut, with round ranges and short numbers. No Qt.

A curve is a whole history; about 2,000 points of it are drawn.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 2000  # of a curve; a screen has hardly more columns
STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

Floats = NDArray[np.float64]


def thin(x: Floats, y: Floats, most: int = MOST_POINTS) -> tuple[Floats, Floats]:
    """About so many points: the lowest and highest of each run of neighbours, so that spikes stay."""
    if len(x) <= most:
        return x, y
    size = -(-2 * len(x) // most)
    whole = len(x) // size * size
    runs = np.ascontiguousarray(y[:whole]).reshape(-1, size)
    lows, highs = runs, runs
    if not np.isfinite(runs).all():
        lows, highs = (np.where(np.isfinite(runs), runs, outside) for outside in (np.inf, -np.inf))
    places = np.column_stack([lows.argmin(axis=1), highs.argmax(axis=1)])
    chosen = (np.sort(places, axis=1) + np.arange(0, whole, size)[:, np.newaxis]).ravel()
    chosen = np.concatenate([chosen, np.arange(whole, len(x))])
    return x[chosen], np.where(np.isfinite(y[chosen]), y[chosen], np.nan)


def smooth(x: Floats, y: Floats, most: int = MOST_POINTS // 2) -> tuple[Floats, Floats]:
    """The moving average over about a fortieth of the series, thinned; for reading a trend through noise."""
    size = max(1, -(-len(x) // most))
    whole = len(x) // size * size
    if size > 1:
        x, y = x[:whole].reshape(-1, size).mean(axis=1), y[:whole].reshape(-1, size).mean(axis=1)
    half = max(1, len(x) // 80)
    total = np.concatenate([[0.0], np.cumsum(y)])
    place = np.arange(len(x))
    reach = np.minimum(half, np.minimum(place, len(x) - 1 - place))  # narrower at both ends, so that it is not bent
    return x, (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)


def is_noisy(y: Floats, span: float) -> bool:
    """Whether neighbours jump up and down so much that the trend is hard to read, on an axis of that span."""
    if len(y) < 40 or not span > 0:
        return False
    bends = np.abs(np.diff(y, 2))
    return bool(np.median(bends) > 0.02 * span)


def ceiling(value: float) -> float:
    """The next round number at or above a positive value: axes grow in steps."""
    if not (value > 0 and math.isfinite(value)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in STEPS if step * power >= value * (1 - 1e-9)), 10 * power)


def figures(value: float) -> str:
    """A measured number in about four figures, always as wide as its like."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size and not 1e-3 <= size < 1e5:
        text = f"{value:.2g}"
    else:
        text = f"{value:.4f}" if size < 100 else f"{value:.1f}" if size < 1e4 else f"{value:.0f}"
    return text.replace("-", "−")
