"""Points as small pictures: hue and shape say the class, filling says the set.

Training points are filled, validation points are rings, test points faint crosses. Each has a thin edge in
the plane's colour, so that it is read on the surface too.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, Dataset
from playground.ui.strokes import ERASED
from playground.ui.surface import class_color, value_range, value_table
from playground.ui.theme import Colors

SHAPES = 9
SIZES = (
    (150, 5.0),
    (600, 4.5),
    (2000, 4.0),
    (6000, 3.5),
    (20_000, 3.0),
)  # radius in pixels up to so many points
MOST_MARKS = 20_000
VALUE_LOOKS = 33  # steps of the colour scale that points of a regression are drawn in


def shape(number: int, size: float) -> QPainterPath:
    """A class's shape around (0, 0); all are of about the same area as a disc of that radius."""
    path = QPainterPath()
    corners = {
        1: (3, 1.42, -90),
        2: (4, 1.25, 45),
        3: (4, 1.3, 0),
        4: (3, 1.42, 90),
        5: (6, 1.1, 0),
        8: (5, 1.15, -90),
    }
    # A round later the hues begin anew, and with them other shapes: no two of 81 classes look alike.
    kind = (number + number // SHAPES) % SHAPES
    if kind == 0:
        path.addEllipse(QPointF(0, 0), size, size)
    elif kind == 6:
        _add_polygon(path, [size * (1.5 if corner % 2 == 0 else 0.7) for corner in range(10)], -90)
    elif kind == 7:
        thick, long = 0.45 * size, 1.2 * size
        path.setFillRule(Qt.FillRule.WindingFill)
        path.addRect(QRectF(-long, -thick, 2 * long, 2 * thick))
        path.addRect(QRectF(-thick, -long, 2 * thick, 2 * long))
        path = path.simplified()
    else:
        count, reach, turn = corners[kind]
        _add_polygon(path, [size * reach] * count, turn)
        if count == 3:
            # a triangle's middle is its centroid, which looks too low (or high) in its box
            path.translate(0, 0.12 * size * (1 if turn < 0 else -1))
    return path


def _add_polygon(path: QPainterPath, reaches: list[float], turn: float) -> None:
    for corner, reach in enumerate(reaches):
        angle = math.radians(turn + 360 * corner / len(reaches))
        place = QPointF(reach * math.cos(angle), reach * math.sin(angle))
        path.lineTo(place) if corner else path.moveTo(place)
    path.closeSubpath()


class Marks:
    """The marks of a theme, each drawn once and then set down at every point."""

    def __init__(self, colors: Colors, scale: float = 1.0) -> None:
        self.colors = colors
        self.scale = scale
        self._stamps: dict[tuple[int, int, str, float, float, str], QPixmap] = {}

    def size(self, points: int) -> float:
        """A mark's radius in pixels: smaller where there are many."""
        return self.scale * next((size for most, size in SIZES if points <= most), SIZES[-1][1])

    def half(self, points: int) -> int:
        """Half of the side of a mark's picture, likewise."""
        return math.ceil(1.5 * self.size(points) + 3)

    def value_color(self, data: Dataset, value: float) -> str:
        """The colour of a target's value."""
        low, high = value_range(data.targets[:, 0])
        place = min(max((value - low) / (high - low), 0.0), 1.0)
        return f"#{value_table(self.colors, 1.0)[round(place * 255)] & 0xFFFFFF:06x}"

    def stamp(self, number: int, kind: int, color: str, size: float, ratio: float, edge: str = "") -> QPixmap:
        """A mark as a picture whose middle is the point; ratio is the screen's pixels per point."""
        key = (number, kind, color, size, ratio, edge)
        if key not in self._stamps:
            side = 2 * math.ceil(1.5 * size + 3)
            picture = QPixmap(round(side * ratio), round(side * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.translate(side / 2, side / 2)
            self.draw(painter, number, kind, color, size, edge)
            painter.end()
            self._stamps[key] = picture
        return self._stamps[key]

    def draw(self, painter: QPainter, number: int, kind: int, color: str, size: float, edge: str = "") -> None:
        """One mark at the painter's origin: class number's shape. kind: TRAIN, VALIDATION or TEST.

        edge: the colour of the thin line around it, else the plane's.
        """
        ink, ground, rim = QColor(color), QColor(self.colors.plane), QColor(edge or self.colors.plane)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if kind == TEST:
            _draw_cross(painter, ink, rim, 0.8 * size)
            return
        path = shape(number, size if kind != VALIDATION else 0.88 * size)
        line = 0.4 * size
        if kind == VALIDATION:
            painter.setPen(QPen(rim, line + 2))
            painter.setBrush(ground)
            painter.drawPath(path)
        painter.setPen(QPen(ink, line) if kind == VALIDATION else QPen(rim, 1.2))
        # a ring keeps its rim inside too: one of the plane's own colour, of a value near 0, is still seen as a ring
        painter.setBrush(Qt.BrushStyle.NoBrush if kind == VALIDATION else ink)
        painter.drawPath(path)

    def paint(
        self,
        painter: QPainter,
        places: NDArray[np.float64],
        data: Dataset,
        sets: NDArray[np.int8],
        ratio: float,
        area: QRect | None = None,
    ) -> None:
        """The last points of a dataset, at these places; of very many an even selection, which looks the same.

        area: where something is to be seen of them, if not everywhere.
        """
        size, half = self.size(data.samples), self.half(data.samples)
        first = data.samples - len(places)
        chosen = np.arange(0, len(places), max(1, -(-len(places) // MOST_MARKS)))
        chosen = chosen[sets[first + chosen] != ERASED]
        if area is not None:
            low, high = (area.left() - half, area.top() - half), (area.right() + half + 1, area.bottom() + half + 1)
            chosen = chosen[((places[chosen] >= low) & (places[chosen] <= high)).all(axis=1)]
        kinds = sets[first + chosen]
        kinds = np.where(kinds == UNASSIGNED, TRAIN, kinds)
        numbers, colors = self._looks(data)
        numbers = numbers[first + chosen]
        # the middle of a colour scale is the plane's own colour: such points need a visible edge
        edge = "" if data.is_classification or data.features == 1 else self.colors.muted
        shapes = range(len(colors)) if data.is_classification else [0] * len(colors)
        looks = [
            [self.stamp(number, kind, color, size, ratio, edge) for kind in (TRAIN, VALIDATION, TEST)]
            for number, color in zip(shapes, colors)
        ]
        put = painter.drawPixmap
        for (x, y), number, kind in zip((places[chosen] - half).tolist(), numbers.tolist(), kinds.tolist()):
            put(QPointF(x, y), looks[number][kind])

    def _looks(self, data: Dataset) -> tuple[NDArray[np.intp], list[str]]:
        """For each point the number of its look, and each look's colour."""
        if data.is_classification:
            names = range(len(data.class_names))
            return data.targets.astype(np.intp), [class_color(self.colors, number) for number in names]
        if data.features == 1:
            return np.zeros(data.samples, np.intp), [self.colors.classes[0]]
        low, high = value_range(data.targets[:, 0])
        place = (data.targets[:, 0] - low) / (high - low)
        table = value_table(self.colors, 1.0)[:: 256 // (VALUE_LOOKS - 1)]
        numbers = np.rint(place * (len(table) - 1)).astype(np.intp)
        return numbers, [f"#{color & 0xFFFFFF:06x}" for color in table]


def _draw_cross(painter: QPainter, ink: QColor, ground: QColor, reach: float) -> None:
    painter.setOpacity(0.8)
    for pen in (QPen(ground, 3.2), QPen(ink, 1.5)):
        painter.setPen(pen)
        for side in (-1, 1):
            painter.drawLine(QPointF(-reach, -reach * side), QPointF(reach, reach * side))
    painter.setOpacity(1.0)
