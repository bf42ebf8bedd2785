"""The network's answer as pixels: a heat map of classes or values, and the lines where its choice changes.

Colours are mixed with the plane's own beforehand, so that a frame is one table look-up and one opaque image.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from playground.ui.theme import Colors

STEPS = 256


def value_range(targets: NDArray[np.float64]) -> tuple[float, float]:
    """What the colour scale spans: the targets' own range, evenly around 0 where they have both signs."""
    if not targets.size:
        return -1.0, 1.0
    low, high = float(targets.min()), float(targets.max())
    if low < 0 < high:
        high = max(-low, high)
        low = -high
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def value_levels(targets: NDArray[np.float64], count: int = 5) -> tuple[float, ...]:
    """Values to paint with, evenly spread over the colour scale."""
    return tuple(float(value) for value in np.linspace(*value_range(targets), count))


def class_color(colors: Colors, number: int) -> str:
    """The hue of a class; after the last one they start again (their shapes then differ)."""
    return colors.classes[number % len(colors.classes)]


@lru_cache(maxsize=32)
def class_table(colors: Colors, classes: int) -> NDArray[np.uint32]:
    """(classes, 256) opaque colours: from the plane's at the boundary to the class's where it is certain."""
    ground = _rgb(colors.plane)
    share = np.linspace(0, colors.surface, STEPS)[:, np.newaxis]
    hues = [_rgb(class_color(colors, number)) for number in range(classes)]
    return np.stack([_pack(ground + share * (hue - ground)) for hue in hues])


@lru_cache(maxsize=8)
def value_table(colors: Colors, strength: float | None = None) -> NDArray[np.uint32]:
    """(256,) opaque colours: from the first class's hue over the plane's to the second's, as strong as the surface."""
    ground = _rgb(colors.plane)
    place = np.linspace(-1, 1, STEPS)[:, np.newaxis]
    hue = np.where(place < 0, _rgb(colors.classes[0]), _rgb(colors.classes[1]))
    strength = colors.surface if strength is None else strength
    return _pack(ground + strength * np.abs(place) * (hue - ground))


@lru_cache(maxsize=8)
def strength_table(colors: Colors) -> NDArray[np.uint32]:
    """(256,) opaque colours: from the plane's to the accent's, as strong as the surface."""
    ground, share = _rgb(colors.plane), np.linspace(0, 1.4 * colors.surface, STEPS)[:, np.newaxis]
    return _pack(ground + share * (_rgb(colors.accent) - ground))


def strength_image(values: NDArray[np.float32], low: float, high: float, colors: Colors) -> QImage:
    """A heat map in one hue: (rows, columns), row 0 lowest."""
    place = np.nan_to_num((values - low) * ((STEPS - 1) / (high - low)), nan=0.0)
    return _image(strength_table(colors)[np.clip(place, 0, STEPS - 1).astype(np.uint8)])


def class_image(values: NDArray[np.float32], colors: Colors) -> QImage:
    """The winner's hue, as strong as its lead over the second: |2p − 1| for two classes.

    values: (rows, columns, k) probabilities, row 0 lowest; a picture of rows × columns pixels.
    """
    first, second, winner = _ranked(values)
    with np.errstate(invalid="ignore"):  # a network that diverged
        lead = np.nan_to_num((first - second) * (STEPS - 1), nan=0.0)
    table = class_table(colors, values.shape[2])
    return _image(table[winner, np.clip(lead, 0, STEPS - 1).astype(np.uint8)])


def value_image(values: NDArray[np.float32], low: float, high: float, colors: Colors) -> QImage:
    """A diverging heat map of one predicted value: (rows, columns), row 0 lowest."""
    place = np.nan_to_num((values - low) * ((STEPS - 1) / (high - low)), nan=(STEPS - 1) / 2)
    return _image(value_table(colors)[np.clip(place, 0, STEPS - 1).astype(np.uint8)])


def decision_lines(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the most probable class changes: (n, 4) pieces of line, x0, y0, x1, y1 in columns and rows.

    values: (rows, columns, k) probabilities.
    """
    if not np.isfinite(values).all():
        return np.empty((0, 4))
    first, second, winner = _ranked(values)
    present = np.flatnonzero(np.bincount(winner.ravel()))
    fields = [values[:, :, number] - np.where(winner == number, second, first) for number in present[:-1]]
    # every boundary has two sides, so that the last class's own is already drawn
    pieces = [_contour(field) for field in fields]
    return np.concatenate(pieces) if pieces else np.empty((0, 4))


def _ranked(values: NDArray[np.float32]) -> tuple[Any, Any, Any]:
    """The highest and second highest probability, and the class of the highest."""
    first, second = values[:, :, 0], np.zeros(values.shape[:2], np.float32)
    winner = np.zeros(first.shape, np.intp)
    # one class after the other is quicker than sorting along so short an axis
    for number in range(1, values.shape[2]):
        new = values[:, :, number]
        winner[new > first] = number
        second = np.maximum(second, np.minimum(new, first))
        first = np.maximum(first, new)
    return first, second, winner


def _contour(field: NDArray[np.float32]) -> NDArray[np.float64]:
    """Marching squares: the zero line of a field over a grid, as (n, 4) pieces."""
    above = field > 0
    mixed = above[:-1, :-1] ^ above[1:, 1:] | above[:-1, 1:] ^ above[1:, :-1] | above[:-1, :-1] ^ above[:-1, 1:]
    row, column = np.nonzero(mixed)
    if not row.size:
        return np.empty((0, 4))
    # corners in turn: lower left, lower right, upper right, upper left; an edge joins a corner with the next
    down, across = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0])
    rows, columns = row[:, np.newaxis] + down, column[:, np.newaxis] + across
    here = field[rows, columns].astype(np.float64)
    there = np.roll(here, -1, axis=1)
    crossed = (here > 0) != (there > 0)
    share = np.divide(here, here - there, out=np.zeros_like(here), where=crossed)
    x = columns + share * (np.roll(columns, -1, axis=1) - columns)
    y = rows + share * (np.roll(rows, -1, axis=1) - rows)
    ends = np.column_stack([crossed.argmax(axis=1), 3 - crossed[:, ::-1].argmax(axis=1)])
    saddle = crossed.all(axis=1)
    # four crossings: the middle of the cell decides which corners belong together
    joined = (here[:, 0] > 0) == (here.mean(axis=1) > 0)
    ends[saddle] = np.where(joined[saddle, np.newaxis], (0, 1), (0, 3))
    pieces = [_pieces(x, y, ends)]
    if saddle.any():
        others = np.where(joined[saddle, np.newaxis], (2, 3), (1, 2))
        pieces.append(_pieces(x[saddle], y[saddle], others))
    return np.concatenate(pieces)


def _pieces(x: NDArray[np.float64], y: NDArray[np.float64], ends: NDArray[np.intp]) -> NDArray[np.float64]:
    cell = np.arange(len(x))
    start, stop = ends.T
    return np.column_stack([x[cell, start], y[cell, start], x[cell, stop], y[cell, stop]])


def _image(pixels: NDArray[np.uint32]) -> QImage:
    """Pixels 0xffRRGGBB, row 0 lowest, as an image that owns its memory."""
    flipped = np.ascontiguousarray(pixels[::-1])
    rows, columns = flipped.shape
    # Qt reads the array's memory, which is gone after the call: copy
    return QImage(flipped.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def _rgb(color: str) -> NDArray[np.float64]:
    parts = QColor(color)
    return np.array([parts.red(), parts.green(), parts.blue()], np.float64)


def _pack(rgb: NDArray[np.float64]) -> NDArray[np.uint32]:
    red, green, blue = np.rint(rgb).astype(np.uint32).T
    return np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
