"""Which part of the plane is seen: fitted to points, zoomed, moved, and the round numbers along its edges."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MARGIN = 0.12  # of the points' span, on each side
WIDEST = 1e12  # spans beyond it, or below its inverse, are not zoomed to

UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))  # of ticks that would be too wide


class Extent(NamedTuple):
    """A rectangle in coordinates of the plane."""

    x_low: float = -1.5
    x_high: float = 1.5
    y_low: float = -1.5
    y_high: float = 1.5

    @property
    def width(self) -> float:
        return self.x_high - self.x_low

    @property
    def height(self) -> float:
        return self.y_high - self.y_low

    def zoom(self, x: float, y: float, factor: float) -> Extent:
        """Shrunk around a place, which stays where it is (factor above 1 looks closer)."""
        closer = Extent(
            x + (self.x_low - x) / factor,
            x + (self.x_high - x) / factor,
            y + (self.y_low - y) / factor,
            y + (self.y_high - y) / factor,
        )
        spans = (closer.width, closer.height)
        reach = max(abs(value) for value in closer)
        # closer than the numbers' own resolution there is nothing to see
        return closer if max(spans) < WIDEST and min(spans) > max(reach, 1e-9) * 1e-9 else self

    def shift(self, x: float, y: float) -> Extent:
        return Extent(self.x_low + x, self.x_high + x, self.y_low + y, self.y_high + y)


def fit(positions: NDArray[np.float64]) -> Extent:
    """All points with a margin; −1.5 to 1.5 where there are none.

    Both axes get one scale where their spans are alike, so that circles stay round; else each its own.
    """
    if not len(positions):
        return Extent()
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = np.maximum(high - low, 1e-6 * np.maximum(np.abs(high), 1.0))
    if len(positions) < 3:
        span = np.maximum(span, 2.0)
    if span.max() < 3 * span.min():
        span[:] = span.max()
    middle = low + (high - low) / 2
    reach = span * (0.5 + MARGIN)
    (x_low, y_low), (x_high, y_high) = middle - reach, middle + reach
    return Extent(float(x_low), float(x_high), float(y_low), float(y_high))


def is_needed(extent: Extent, positions: NDArray[np.float64]) -> bool:
    """Whether an extent no longer suits the points: many are outside, or all huddle in a small part of it."""
    if not len(positions):
        return False
    x, y = positions.T
    inside = (x >= extent.x_low) & (x <= extent.x_high) & (y >= extent.y_low) & (y <= extent.y_high)
    if inside.mean() < 0.97:
        return True
    spans = np.ptp(positions, axis=0)
    return bool(len(positions) > 20 and max(spans[0] / extent.width, spans[1] / extent.height) < 0.3)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """At most so many round numbers from low to high, in steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return []
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(size * power for size in (1, 2, 5, 10) if span / (size * power) <= count)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]


def label(value: float, low: float, high: float) -> str:
    """A tick's number, with no more digits than its neighbours need, a true minus sign, and k, M or G for thousands."""
    if abs(value) < (high - low) * 1e-9:
        return "0"
    far = max(abs(low), abs(high))
    scale, unit = next(((scale, unit) for scale, unit in UNITS if far >= 10 * scale), (1.0, ""))
    return f"{value / scale:.6g}{unit}".replace("-", "−")
