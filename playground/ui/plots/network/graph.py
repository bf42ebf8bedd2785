"""A network of few units as a graph: units with their responses in columns, weights as lines between them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from playground.training.looks.network import LayerSeen, NetworkSeen
from playground.ui.plots.network.pictures import DROPPED, Responses, largest, paint_biases
from playground.ui.plots.network.spots import INPUTS, Spot
from playground.ui.theme import Colors, blend, font

LARGEST, OUTPUT = 56.0, 72.0  # pixels of a unit's side, and of an output's, at most
SHARE = 0.45  # of the outputs' strip, that one takes at most
BAR = 3.0  # of a bias's height, at most
GAP = 0.35  # of the way from one unit to the next, for the bias and the ground between
NAMES = 0.2  # of the width, that the inputs' names may take beside several layers
NAMES_OF_FEW = 0.6  # of it, beside columns of units; the more there are, the less
DOT = 8.0  # of an input
HEAD = 56.0  # pixels of a head's width, at most
FOOT = 20.0  # below the units, where zeros are counted
NEAR = 5.0  # pixels from the cursor to a line
BINS = 6  # of widths
WIDTHS = (0.6, 4.2)  # pixels of the smallest and the largest weight's line
STRENGTHS = (0.28, 0.9)  # and of their colours, over the ground
CROWDED = 64  # lines between two layers, beyond which they are thinner, and the small ones fainter
AWAY = 0.12  # opacity of what stands back
MOST_SMOOTH = 1500  # lines that are drawn without steps


class Graph:
    """Units in columns from left to right, in a room with a head above for each; outputs stand in a strip of theirs."""

    def __init__(
        self, shape: tuple[int, ...], names: tuple[str, ...], room: QRectF, strip: QRectF, head: float, colors: Colors
    ) -> None:
        self._colors = colors
        self._shape = shape
        metrics = QFontMetrics(font("small"))
        wide = max((metrics.horizontalAdvance(name) for name in names), default=0)
        self._named = min(wide + 10.0, max(NAMES, NAMES_OF_FEW / (len(shape) - 1)) * room.width())
        self._names = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(self._named) - 8) for name in names]
        self._strip = strip
        self._room = room
        self.heads: list[QRectF] = []
        self._foot = room.bottom() - FOOT
        self._columns: list[list[QRectF]] = []
        self._lay_out(room, strip, head)
        self.resolution = int(max(column[0].width() for column in self._columns[1:])) // 4 * 4 + 4
        self._bars = [[_bar(box) for box in column] for column in self._columns]
        # (inputs, units, 4) of each layer, and the same as Qt has them, (inputs, units)
        self._lines = [self._between(number) for number in range(len(self._columns) - 1)]
        self._drawn = [_as_lines(lines) for lines in self._lines]

    def _lay_out(self, room: QRectF, strip: QRectF, head: float) -> None:
        """Boxes of all units, columns from the inputs on."""
        top, bottom = room.top() + head, self._foot
        begin = room.left() + self._named + DOT / 2
        end = (
            strip.left()
            + self._side(self._shape[-1], strip.height(), 2 * OUTPUT, min(OUTPUT, SHARE * strip.width())) / 2
        )
        step = (end - begin) / (len(self._shape) - 1)
        self._columns.append(_column(begin, top, bottom, self._shape[0], DOT, LARGEST))
        for number, units in enumerate(self._shape[1:-1], 1):
            side = self._side(units, bottom - top, step)
            self._columns.append(_column(begin + number * step, top, bottom, units, side))
            wide = min(step, HEAD)
            self.heads.append(QRectF(begin + number * step - wide / 2, room.top(), wide, head))
        units = self._shape[-1]
        side = self._side(units, strip.height(), 2 * OUTPUT, min(OUTPUT, SHARE * strip.width()))
        self._columns.append(_column(end, strip.top(), strip.bottom(), units, side))

    @staticmethod
    def _side(units: int, height: float, step: float, most: float = LARGEST) -> float:
        return float(int(max(min(most, height / units - min(height / units * GAP, 9.0), step * 0.5), 5)))

    def _between(self, number: int) -> NDArray[np.float64]:
        """From the right of each unit of a column to the left of each of the next."""
        below, above = self._columns[number], self._columns[number + 1]
        lines = np.empty((len(below), len(above), 4))
        lines[:, :, 0] = np.array([box.right() + 1 for box in below])[:, np.newaxis]
        lines[:, :, 1] = np.array([box.center().y() for box in below])[:, np.newaxis]
        lines[:, :, 2] = [box.left() - 1 for box in above]
        lines[:, :, 3] = [box.center().y() for box in above]
        return lines

    # drawing

    def paint(self, painter: QPainter, seen: NetworkSeen, emphasized: Spot | None) -> None:
        """Draw all; edges that do not touch an emphasized unit stand back."""
        count = seen.weights - seen.zeros
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, count <= MOST_SMOOTH or emphasized is not None)
        for number, layer in enumerate(seen.layers):
            below = seen.layers[number - 1].dropped if number else None
            self._paint_edges(painter, number, layer, below, emphasized)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(font("small"))
        self._paint_inputs(painter)
        for number, layer in enumerate(seen.layers):
            self._paint_units(painter, number, layer)
        if len(seen.outputs) > 1:
            painter.setPen(QColor(self._colors.text))
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            for name, box in zip(seen.outputs, self._columns[-1]):
                room = QRectF(box.right() + 8, box.top() - 4, self._strip.right() - box.right() - 8, box.height() + 8)
                name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
                painter.drawText(room, flags, name)
        self._paint_zeros(painter, seen)

    def _paint_edges(
        self, painter: QPainter, number: int, layer: LayerSeen, below: NDArray[np.bool_] | None, emphasized: Spot | None
    ) -> None:
        size = largest(layer)
        if not size:
            return
        weights = np.nan_to_num(layer.weights.astype(np.float64))
        source, unit = np.nonzero(weights)
        values = weights[source, unit]
        bins = np.minimum(np.abs(values) / size * BINS, BINS - 1).astype(int)
        faint = np.zeros(len(values), bool)
        if layer.dropped is not None:
            faint |= layer.dropped[unit]
        if below is not None:
            faint |= below[source]
        away = np.zeros(len(values), bool)
        if emphasized is not None:
            comes = (emphasized.layer == number) & (unit == emphasized.unit)
            goes = (emphasized.layer == number - 1) & (source == emphasized.unit)
            away = ~(comes | goes)
        lines = self._drawn[number][source, unit]
        room = min(1.0, (CROWDED / max(len(values), 1)) ** 0.5)
        (thin, thick), (faintest, strongest) = WIDTHS, STRENGTHS
        thick = thin + room * (thick - thin)
        keys = bins * 8 + (values > 0) * 4 + faint * 2 + away
        # The strongest last: they lie above all others. Opaque, for lines that shine through take thrice as long.
        for key in np.unique(keys).tolist():
            share, hue = key // 8 / (BINS - 1), self._colors.classes[1 if key & 4 else 0]
            strength = faintest * room + share ** (2 - room) * (strongest - faintest * room)
            strength *= (DROPPED if key & 2 else 1.0) * (AWAY if key & 1 else 1.0)
            color = QColor(blend(hue, self._colors.window, strength))
            painter.setPen(QPen(color, thin + share * (thick - thin)))
            painter.drawLines(lines[keys == key].tolist())

    def _paint_inputs(self, painter: QPainter) -> None:
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        for name, box in zip(self._names, self._columns[0]):
            painter.setPen(QColor(self._colors.text))
            place = QRectF(self._room.left(), box.center().y() - 10, self._named - 8, 20)
            painter.drawText(place, flags, name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(QColor(self._colors.edge))
            painter.drawEllipse(box.center(), 4, 4)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_units(self, painter: QPainter, number: int, layer: LayerSeen) -> None:
        boxes = self._columns[number + 1]
        Responses(layer, self._colors).paint(painter, boxes)
        paint_biases(painter, layer, self._bars[number + 1], self._colors)

    def _paint_zeros(self, painter: QPainter, seen: NetworkSeen) -> None:
        """How many weights are exactly 0, below the place where their edges are missing."""
        painter.setPen(QColor(self._colors.muted))
        metrics = QFontMetrics(painter.font())
        for number, layer in enumerate(seen.layers):
            if not layer.zeros:
                continue
            left, right = self._columns[number][0].right(), self._columns[number + 1][0].left()
            text = f"{layer.zeros} of {layer.inputs * layer.units} are 0"
            if metrics.horizontalAdvance(text) > right - left + 20:
                text = f"{layer.zeros} × 0"
            painter.drawText(QRectF(left - 40, self._foot, right - left + 80, FOOT), Qt.AlignmentFlag.AlignCenter, text)

    def outline(self, painter: QPainter, spot: Spot) -> None:
        """Draw a line around a unit, or along a weight, with the painter's pen; nothing for what is not seen."""
        if not 0 <= spot.layer < len(self._columns) - 1 or spot.unit >= len(self._columns[spot.layer + 1]):
            return
        box = self._columns[spot.layer + 1][spot.unit]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if spot.is_weight and spot.source is not None:
            if spot.source < len(self._columns[spot.layer]):
                painter.drawLine(QLineF(*self._lines[spot.layer][spot.source, spot.unit].tolist()))
        else:
            painter.drawRoundedRect((_bar(box) if spot.is_weight else box).adjusted(-2, -2, 2, 2), 2, 2)

    # what is under the cursor

    def at(self, pixel: QPointF, seen: NetworkSeen) -> Spot | None:
        """What is there: a unit, its bias, or the nearest weight that is not 0."""
        for number, column in enumerate(self._columns):
            for unit, box in enumerate(column):
                if box.adjusted(-1, -1, 1, 1).contains(pixel):
                    return Spot(number - 1, unit)
                if number and _bar(box).adjusted(0, 0, 0, 2).contains(pixel):
                    return Spot(number - 1, unit, None, True)
        return self._edge_at(pixel, seen)

    def _edge_at(self, pixel: QPointF, seen: NetworkSeen) -> Spot | None:
        best: dict[Spot, float] = defaultdict(lambda: NEAR)
        for number, (lines, layer) in enumerate(zip(self._lines, seen.layers)):
            start, end = lines[..., :2], lines[..., 2:]
            along = end - start
            place = (pixel.x(), pixel.y()) - start
            share = np.clip((place * along).sum(axis=2) / (along**2).sum(axis=2), 0, 1)
            away = np.hypot(*np.moveaxis(place - share[..., np.newaxis] * along, 2, 0))
            away[layer.weights == 0] = np.inf
            source, unit = np.unravel_index(int(away.argmin()), away.shape)
            if away[source, unit] < NEAR:
                best[Spot(number, int(unit), int(source), True)] = float(away[source, unit])
        return min(best, key=lambda spot: best[spot]) if best else None


def _column(
    middle: float, top: float, bottom: float, units: int, side: float, apart: float | None = None
) -> list[QRectF]:
    """Boxes of a column's units around the middle of its height. apart: from one to the next, where there is room."""
    pitch = min(apart or side * 1.5 + 2 * BAR, (bottom - top) / units)
    first = (top + bottom) / 2 - pitch * units / 2 + (pitch - side - BAR) / 2
    left = round(middle - side / 2)
    return [QRectF(left, round(first + unit * pitch), side, side) for unit in range(units)]


def _as_lines(ends: NDArray[np.float64]) -> NDArray[Any]:
    lines = np.empty(ends.shape[:2], object)
    for place in np.ndindex(lines.shape):
        lines[place] = QLineF(*ends[place].tolist())
    return lines


def _bar(box: QRectF) -> QRectF:
    """Where a unit's bias is drawn."""
    high = 1.0 if box.height() < 10 else 2.0 if box.height() < 20 else BAR
    return QRectF(box.left(), box.bottom() + (1 if high < BAR else 2), box.width(), high)


__all__ = ["INPUTS", "Graph"]
