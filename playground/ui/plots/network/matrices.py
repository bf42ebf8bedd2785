"""A network of many units or layers: a row for each layer, weights as a matrix, its units' responses as a mosaic."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QRegion

from playground.training.looks.network import MOST_UNITS, LayerSeen, NetworkSeen
from playground.ui.plots.network.pictures import Responses, largest, mosaic, offset_of, signed_image
from playground.ui.plots.network.spots import Spot
from playground.ui.theme import Colors, font

HEAD = 60.0  # pixels at the left of a row, in which its units are chosen
CAPTION = 18.0  # above matrix and mosaic
APART = 12.0  # between parts
ROW = 20.0  # of an output's weights, at most
COLUMN = 6.0  # of the biases, beside the matrix
MOST_CELL = 48.0  # pixels of a unit's picture


class Matrices:
    """Rows from top to bottom, in a room; the outputs' responses stand in a strip of their own."""

    def __init__(
        self, shape: tuple[int, ...], names: tuple[str, ...], room: QRectF, strip: QRectF, head: float, colors: Colors
    ) -> None:
        self._colors = colors
        self._shape = shape
        self.heads: list[QRectF] = []
        self._captions: list[QRectF] = []
        self._matrices: list[QRectF] = []
        self._biases: list[QRectF] = []
        self._mosaics: list[list[QRectF]] = []  # boxes of the units that are shown
        layers = len(shape) - 1
        high = (room.height() + APART) / layers - APART
        caption = CAPTION if high > 3 * CAPTION else 0.0
        last = min(high, shape[-1] * ROW + caption)  # the outputs need no more
        high = (room.height() - last) / max(layers - 1, 1) - APART
        for number in range(layers):
            top = room.top() + number * (high + APART)
            row = QRectF(room.left(), top, room.width(), last if number == layers - 1 else high)
            self._add(number, row, caption, head)
        self._mosaics[-1] = _mosaic(QRectF(strip), shape[-1])
        self.resolution = int(max(boxes[0].width() for boxes in self._mosaics[: max(layers - 1, 1)])) // 4 * 4 + 4

    def _add(self, number: int, row: QRectF, caption: float, head: float) -> None:
        is_output = number == len(self._shape) - 2
        inside = row.adjusted(HEAD + APART, caption, 0, 0)
        if not is_output:
            self.heads.append(QRectF(row.left(), inside.top(), HEAD, min(head, inside.height())))
        half = (inside.width() - APART) / 2
        matrix = QRectF(inside.left(), inside.top(), half - COLUMN - 3, inside.height())
        self._matrices.append(matrix)
        self._biases.append(QRectF(matrix.right() + 3, matrix.top(), COLUMN, matrix.height()))
        self._captions.append(QRectF(inside.left(), row.top(), inside.width(), caption))
        self._mosaics.append(
            _mosaic(QRectF(inside.right() - half, inside.top(), half, inside.height()), self._shape[number + 1])
        )

    def paint(self, painter: QPainter, seen: NetworkSeen, emphasized: Spot | None) -> None:
        """Draw all."""
        painter.setFont(font("small"))
        for number, layer in enumerate(seen.layers):
            size, colors = largest(layer), self._colors
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            matrix = self._matrices[number]
            painter.drawImage(matrix, signed_image(layer.weights.T, size, colors))
            offsets = offset_of(layer)
            if offsets is not None:
                painter.drawImage(self._biases[number], signed_image(offsets[:, np.newaxis], size, colors))
            painter.setPen(QPen(QColor(colors.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(matrix.adjusted(-0.5, -0.5, 0.5, 0.5))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._paint_units(painter, layer, self._mosaics[number])
            self._paint_caption(painter, number, seen)

    def _paint_units(self, painter: QPainter, layer: LayerSeen, boxes: list[QRectF]) -> None:
        """Pictures as one image, with lines of the ground between them: that is soon done."""
        if layer.responses.ndim == 2:
            Responses(layer, self._colors).paint(painter, boxes)
            return
        first, last = boxes[0], boxes[-1]
        across = sum(box.top() == first.top() for box in boxes)
        side = first.width() + 1
        down = -(-len(boxes) // across)
        whole = QRectF(first.left(), first.top(), across * side, down * side)
        painter.save()
        cut = across * down - len(boxes)
        if cut:
            painter.setClipRegion(QRegion(whole.toRect()) - QRegion(last.adjusted(side, 0, cut * side + 1, 1).toRect()))
        painter.drawImage(whole, mosaic(layer, across, self._colors))
        painter.setPen(QPen(QColor(self._colors.window), 1))
        for number in range(across + 1):
            x = whole.left() + number * side - 0.5
            painter.drawLine(QLineF(x, whole.top(), x, whole.bottom()))
        for number in range(down + 1):
            y = whole.top() + number * side - 0.5
            painter.drawLine(QLineF(whole.left(), y, whole.right(), y))
        painter.restore()

    def _paint_caption(self, painter: QPainter, number: int, seen: NetworkSeen) -> None:
        layer, box = seen.layers[number], self._captions[number]
        if not box.height():
            return
        is_output = number == len(seen.layers) - 1
        name = "Output" if is_output else f"Layer {number + 1}"
        zeros = f" · {layer.zeros:,} are 0" if layer.zeros else ""
        painter.setPen(QColor(self._colors.muted))
        left = box.adjusted(0, 0, -box.width() / 2, 0)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.drawText(left, flags, f"{name}: {layer.inputs:,} × {layer.units:,} weights{zeros}")
        if not is_output:
            shown = f"{MOST_UNITS} of {layer.units:,} units" if layer.units > MOST_UNITS else f"{layer.units:,} units"
            painter.drawText(
                QRectF(self._mosaics[number][0].left(), box.top(), box.width() / 2, box.height()), flags, shown
            )

    def outline(self, painter: QPainter, spot: Spot) -> None:
        """Draw a line around a unit, or along a weight, with the painter's pen; nothing for what is not seen."""
        if not 0 <= spot.layer < len(self._shape) - 1 or spot.unit >= self._shape[spot.layer + 1]:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if spot.is_weight:
            painter.drawRect(self._cell(spot).adjusted(-1, -1, 1, 1))
        elif spot.unit < len(self._mosaics[spot.layer]):
            painter.drawRect(self._mosaics[spot.layer][spot.unit].adjusted(-1.5, -1.5, 1.5, 1.5))

    def _cell(self, spot: Spot) -> QRectF:
        """Of a weight or bias."""
        inputs, units = self._shape[spot.layer : spot.layer + 2]
        box = self._biases[spot.layer] if spot.source is None else self._matrices[spot.layer]
        high = box.height() / units
        wide = box.width() if spot.source is None else box.width() / inputs
        return QRectF(box.left() + (spot.source or 0) * wide, box.top() + spot.unit * high, wide, high)

    def at(self, pixel: QPointF, seen: NetworkSeen) -> Spot | None:
        """What is there: a unit, a weight, or a bias."""
        for number, boxes in enumerate(self._mosaics):
            for unit, box in enumerate(boxes):
                if box.contains(pixel):
                    return Spot(number, unit)
        for number, (matrix, biases) in enumerate(zip(self._matrices, self._biases)):
            inputs, units = self._shape[number : number + 2]
            unit = min(int((pixel.y() - matrix.top()) / matrix.height() * units), units - 1)
            if matrix.contains(pixel):
                source = min(int((pixel.x() - matrix.left()) / matrix.width() * inputs), inputs - 1)
                return Spot(number, unit, source, True)
            if biases.contains(pixel):
                return Spot(number, unit, None, True)
        return None


def _mosaic(room: QRectF, units: int) -> list[QRectF]:
    """Squares, as large as fit, row by row, for so many units as are looked at."""
    shown = min(units, MOST_UNITS)
    side, columns = 0.0, 1
    for across in range(1, shown + 1):
        found = min(room.width() / across, room.height() / math.ceil(shown / across), MOST_CELL)
        if found > side:
            side, columns = found, across
    return [
        QRectF(room.left() + unit % columns * side, room.top() + unit // columns * side, side - 1, side - 1)
        for unit in range(shown)
    ]
