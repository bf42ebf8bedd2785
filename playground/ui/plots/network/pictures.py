"""A layer's responses and weights as pixels: negative in the first class's hue, positive in the second's."""

from __future__ import annotations

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
    """A layer's responses: pictures over two features, one above the other in one image; curves over one."""

    def __init__(self, layer: LayerSeen, colors: Colors) -> None:
        self._layer = layer
        self._colors = colors
        values = layer.responses
        self._image: QImage | None = None
        if values.ndim == 3:
            units, rows, columns = values.shape
            sizes = np.repeat(layer.sizes, rows)[:, np.newaxis]
            self._rows = rows
            self._image = signed_image(values[:, ::-1].reshape(units * rows, columns), sizes, colors)

    def paint(self, painter: QPainter, unit: int, box: QRectF) -> None:
        """One unit's response in a box; one that dropout left out is faint."""
        layer, colors = self._layer, self._colors
        if unit >= len(layer.responses):
            return
        is_dropped = layer.dropped is not None and bool(layer.dropped[unit])
        painter.fillRect(box, QColor(colors.plane))
        painter.setOpacity(DROPPED if is_dropped else 1.0)
        if self._image is not None:
            part = QRectF(0, unit * self._rows, self._image.width(), self._rows)
            painter.drawImage(box, self._image, part)
        else:
            self._paint_curve(painter, unit, box)
        painter.setOpacity(1.0)
        painter.setPen(QPen(QColor(colors.line if is_dropped else colors.edge), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_curve(self, painter: QPainter, unit: int, box: QRectF) -> None:
        values, size = self._layer.responses[unit].astype(np.float64), float(self._layer.sizes[unit])
        painter.setPen(QPen(QColor(self._colors.line), 1))
        painter.drawLine(QLineF(box.left(), box.center().y(), box.right(), box.center().y()))
        shares = np.nan_to_num(values / size) if size else np.zeros_like(values)
        x = np.linspace(box.left(), box.right(), len(values))
        y = box.center().y() - shares * (box.height() / 2 - 2)
        painter.setPen(QPen(QColor(self._colors.classes[1]), 1.5))
        painter.drawPolyline(QPolygonF([QPointF(*place) for place in zip(x.tolist(), y.tolist())]))


def paint_bias(painter: QPainter, value: float, size: float, box: QRectF, colors: Colors) -> None:
    """A bias as a bar from the middle of a box, on the scale of the layer's weights, negative to the left."""
    painter.fillRect(box, QColor(blend(colors.text, colors.window, 0.08)))
    share = min(max(value / size, -1.0), 1.0) if size else 0.0
    if share == share:
        long = share * box.width() / 2
        bar = QRectF(box.center().x(), box.top(), long, box.height()).normalized()
        painter.fillRect(bar, QColor(colors.classes[1] if share > 0 else colors.classes[0]))


def offset_of(layer: LayerSeen) -> NDArray[Any] | None:
    """What is added to each unit's sums: its bias, or β where normalization takes the bias away."""
    return layer.bias if layer.bias is not None else layer.beta


def largest(layer: LayerSeen) -> float:
    """The size of the layer's largest weight."""
    found = float(np.abs(layer.weights).max(initial=0.0))
    return found if np.isfinite(found) else 1.0
