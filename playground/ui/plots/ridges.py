"""Distributions over the epochs as ridges, one behind the other: the newest is in front, at the bottom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath

from playground.ui.painting import painted
from playground.ui.plots.chart import Chart
from playground.ui.plots.export import Table
from playground.ui.plots.lines import AFTER, Stroke, closed, path_of
from playground.ui.theme import Colors, blend

PIXELS = 8  # between two rows at least
HIGHEST = 0.4  # of the chart, that the highest ridge takes
OLDEST = 0.25  # strength of the first row's line; the last one's is 1
BODY = 0.3  # strength of a ridge's inside, of its line's

Floats = NDArray[np.float64]


class Beside(NamedTuple):
    """Another run's distribution, drawn as a line over the row that stands out."""

    color: str
    bins: Floats
    density: Floats


class Ridge(NamedTuple):
    """A row as it is painted, from back to front; without an inside it hides nothing."""

    line: Stroke
    inside: str
    path: QPainterPath
    body: QPainterPath

    def draw(self, painter: QPainter) -> None:
        """Paint it over what lies behind."""
        if self.inside:
            Stroke(self.inside, 0).draw(painter, self.body)
        self.line.draw(painter, self.path)


class Ridges(pg.GraphicsObject):
    """All rows in one item."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Ridge] = []
        self._box = QRectF()

    def set_rows(self, rows: list[Ridge], box: QRectF) -> None:
        """Paint these, the first one behind."""
        self.prepareGeometryChange()
        self.rows, self._box = rows, box
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    @painted
    def paint(self, painter: QPainter, *_: Any) -> None:
        for row in self.rows:
            row.draw(painter)


class Ridgelines(Chart):
    """Densities over common bins, a row an epoch, at a height by its epoch.

    color: of the rows; the theme's first class without one.
    """

    def __init__(self, colors: Colors, across: str, color: str = "") -> None:
        self.color = color
        self._shown: tuple[Any, ...] = (np.empty(0), (), np.empty((0, 0)), None, ())
        super().__init__(colors, across, "epoch")
        self._ridges = Ridges()
        self.addItem(self._ridges, ignoreBounds=True)

    @property
    def rows(self) -> list[Ridge]:
        """What is painted, from the oldest to the newest, and then the runs beside."""
        return self._ridges.rows

    def show_rows(
        self,
        bins: Floats,
        epochs: Sequence[int],
        densities: Floats,
        marker: int | None = None,
        beside: Sequence[Beside] = (),
    ) -> None:
        """Draw them.

        bins: (n,) the middles of bins, rising. epochs: (rows,), rising. densities: (rows, n), none below 0; the
        highest of all sets the scale. marker: the epoch that is looked at: the last row that is not after it stands
        out, and those after it are faint and hide nothing.
        """
        self._shown = (bins, tuple(epochs), densities, marker, tuple(beside))
        rows = self._thinned(len(epochs))
        span = float(max(epochs, default=0)) or 1.0
        top = max([float(densities.max(initial=0.0)), *(float(other.density.max(initial=0.0)) for other in beside)])
        scale = HIGHEST * span / (top or 1.0)
        if len(bins):
            self.look((float(bins[0]), float(bins[-1])), (-1.03 * span, (HIGHEST + 0.04) * span))
        self._number(span)
        seen = -1 if marker is None else int(np.searchsorted(epochs, marker, side="right")) - 1
        if marker is not None and seen not in rows and seen >= 0:
            rows = sorted({*rows, seen})
        painted = [self._ridge(row, scale, marker is not None, seen) for row in rows]
        foot = -float(epochs[seen]) if seen >= 0 else -span
        painted += [self._outline(other, scale, foot) for other in beside]
        low, high = (float(bins[0]), float(bins[-1])) if len(bins) else (0.0, 1.0)
        self._ridges.set_rows(painted, QRectF(low, -1.1 * span, high - low, 1.6 * span))

    def _thinned(self, count: int) -> list[int]:
        """The rows there is room for, the last one among them."""
        most = max(self.height() // PIXELS, 2)
        every = max(-(-count // most), 1)
        return sorted(range(count - 1, -1, -every))

    def _ridge(self, row: int, scale: float, is_past: bool, seen: int) -> Ridge:
        bins, epochs, densities, _, _ = self._shown
        ground, colors = self.colors.window, self.colors
        age = OLDEST + (1 - OLDEST) * (row + 1) / len(epochs)
        line: Stroke
        line, inside = Stroke(blend(self._ink, ground, age)), blend(self._ink, ground, BODY * age)
        if is_past and row > seen:
            line, inside = Stroke(blend(self._ink, ground, AFTER)), ""
        elif row == (seen if is_past else len(epochs) - 1):
            color = colors.accent if is_past else self._ink
            line, inside = Stroke(color, colors.curve), blend(color, ground, BODY)
        base = -float(epochs[row])
        high = base + scale * densities[row]
        return Ridge(line, inside, path_of((bins, high)), path_of(closed(bins, base, high)))

    def _outline(self, other: Beside, scale: float, foot: float) -> Ridge:
        line = Stroke(other.color, 0.75 * self.colors.curve)
        return Ridge(line, "", path_of((other.bins, foot + scale * other.density)), QPainterPath())

    @property
    def _ink(self) -> str:
        return self.color or self.colors.classes[0]

    def _number(self, span: float) -> None:
        """Epochs at the axis, few and round; it runs down."""
        step = 10.0 ** math.floor(math.log10(max(span / 3, 1.0)))
        step = next(step * factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5)
        places = np.arange(0, span + step / 2, step)
        self.getAxis("left").setTicks([[(-place, f"{place:,.0f}") for place in places if place <= span]])

    def epoch_at(self, y: float) -> int | None:
        """The epoch of the row nearest to a height; None where there is none."""
        epochs = self._shown[1]
        return min(epochs, key=lambda epoch: abs(epoch + y)) if epochs else None

    def table(self) -> Table:
        """A row an epoch, a column for each bin's middle."""
        bins, epochs, densities, _, _ = self._shown
        return Table(("epoch", *(f"{middle:.6g}" for middle in bins)), (list(epochs), *densities.T.tolist()))

    def set_colors(self, colors: Colors) -> None:
        super().set_colors(colors)
        if hasattr(self, "_ridges"):
            self.show_rows(*self._shown)
