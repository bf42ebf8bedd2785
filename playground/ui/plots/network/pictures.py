"""A layer's responses and weights as pixels: negative in the first class's hue, positive in the second's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from playground.training.looks.network import LayerSeen
from playground.ui.surface import STEPS, value_table
from playground.ui.theme import Colors, blend

STRENGTH = 0.85  # of a hue where a value is largest
DROPPED = 0.18  # opacity of what dropout leaves out


def signed_image(values: NDArray[Any], sizes: Any, colors: Colors) -> QImage:
    """(rows, columns) values, row 0 highest, as an image; sizes: what is as strong as can be, to broadcast."""
    middle = (STEPS - 1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.nan_to_num(middle + middle * (values / sizes), nan=middle)
    table = value_table(colors, STRENGTH)
    pixels = np.ascontiguousarray(table[np.clip(place, 0, STEPS - 1).astype(np.uint8)])
    rows, columns = pixels.shape
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


class Responses:
    """A layer's responses: pictures over two features, one above the other in one image; curves over one.

    What dropout left out is faint.
    """

    def __init__(self, layer: LayerSeen, colors: Colors) -> None:
        self._colors = colors
        values = layer.responses
        sizes = _scales(layer)
        self._image: QImage | None = None
        if values.ndim == 3:
            units, self._rows, columns = values.shape
            stacked = values[:, ::-1].reshape(units * self._rows, columns)
            self._image = signed_image(stacked, np.repeat(sizes, self._rows)[:, np.newaxis], colors)
        else:
            self._shares = np.nan_to_num(values / np.maximum(layer.scales, 1e-30)[:, np.newaxis])
        self._faint = np.zeros(len(values), bool) if layer.dropped is None else layer.dropped[: len(values)]

    def paint(self, painter: QPainter, boxes: Sequence[QRectF]) -> None:
        """The units' responses, each in its box."""
        colors, count = self._colors, len(self._faint)
        if self._image is not None:
            wide = self._image.width()
            for unit, box in enumerate(boxes[:count]):
                painter.drawImage(box, self._image, QRectF(0, unit * self._rows, wide, self._rows))
        else:
            for unit, box in enumerate(boxes[:count]):
                self._paint_curve(painter, unit, box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for is_faint in (False, True):
            painter.setPen(QPen(QColor(colors.line if is_faint else colors.edge), 1))
            chosen = [box for box, faint in zip(boxes, self._faint.tolist()) if faint == is_faint]
            painter.drawRects([box.adjusted(-0.5, -0.5, 0.5, 0.5) for box in chosen])

    def _paint_curve(self, painter: QPainter, unit: int, box: QRectF) -> None:
        painter.fillRect(box, QColor(self._colors.plane))
        painter.setPen(QPen(QColor(self._colors.line), 1))
        middle = box.center().y()
        painter.drawLine(QLineF(box.left(), middle, box.right(), middle))
        x = np.linspace(box.left(), box.right(), self._shares.shape[1])
        y = middle - self._shares[unit].astype(np.float64) * (box.height() / 2 - 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(self._colors.classes[1])
        ink.setAlphaF(0.3 if self._faint[unit] else 1.0)
        painter.setPen(QPen(ink, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(*place) for place in zip(x.tolist(), y.tolist())]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _scales(layer: LayerSeen) -> NDArray[Any]:
    """What the strongest colours stand for: so much more where dropout left a unit out."""
    if layer.dropped is None:
        return layer.scales
    return layer.scales / np.where(layer.dropped, DROPPED, 1)[: len(layer.scales)]


def mosaic(layer: LayerSeen, across: int, colors: Colors) -> QImage:
    """A layer's responses in rows of so many, without a gap, as one image."""
    values = layer.responses
    sizes = _scales(layer)
    units, rows, columns = values.shape
    down = -(-units // across)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.nan_to_num(values[:, ::-1] / sizes[:, np.newaxis, np.newaxis])
    cells = np.zeros((down * across, rows, columns), np.float32)
    cells[:units] = shares
    grid = cells.reshape(down, across, rows, columns).swapaxes(1, 2).reshape(down * rows, across * columns)
    return signed_image(grid, 1.0, colors)


def paint_biases(painter: QPainter, layer: LayerSeen, boxes: Sequence[QRectF], colors: Colors) -> None:
    """What is added to each unit's sums as a bar from the middle of a box, negative to the left.

    On the scale of the layer's weights.
    """
    offsets, size = offset_of(layer), largest(layer)
    if offsets is None or not size:
        return
    shares = np.clip(np.nan_to_num(offsets.astype(np.float64) / size), -1, 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(blend(colors.text, colors.window, 0.12)))
    painter.drawRects(list(boxes))
    for color, chosen in ((colors.classes[0], shares < 0), (colors.classes[1], shares > 0)):
        painter.setBrush(QColor(color))
        bars = []
        for number in np.flatnonzero(chosen).tolist():
            box = boxes[number]
            long = max(abs(float(shares[number])) * box.width() / 2, 1.0)
            left = box.center().x() - (long if shares[number] < 0 else 0.0)
            bars.append(QRectF(left, box.top(), long, box.height()))
        painter.drawRects(bars)


def offset_of(layer: LayerSeen) -> NDArray[Any] | None:
    """What is added to each unit's sums: its bias, or β where normalization takes the bias away."""
    return layer.bias if layer.bias is not None else layer.beta


def largest(layer: LayerSeen) -> float:
    """The size of the layer's largest weight."""
    found = float(np.abs(layer.weights).max(initial=0.0))
    return found if np.isfinite(found) else 1.0
