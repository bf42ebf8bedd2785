"""The border of a run's surface as a line: where its choice of class changes, or the curve that it has fitted."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from playground.model.dataset import Dataset
from playground.training.surface import Surface
from playground.ui.frame import Frame
from playground.ui.surface import decision_lines

WIDTH = 1.5  # pixels
DASHES = (6.0, 3.5)  # widths: a dash of 9 pixels, and a gap
HALO = 3.5  # pixels, in the plane's colour: the line is read on any surface
SAME = 1e-4  # of a cell, within which two ends are one


class Border:
    """One surface's border; its path is made once and painted at any zoom. Values over two features have none."""

    def __init__(self, surface: Surface, data: Dataset | None) -> None:
        self.surface = surface
        values, (y_low, y_high) = surface.values, surface.extent[2:]
        self._is_upright = values.ndim == 2 and data is not None and data.is_classification
        if values.ndim == 3:
            columns, rows = values.shape[1] - 1, values.shape[0] - 1
            lines = joined(decision_lines(values)) if values.shape[2] > 1 else []
            lines = [line / (columns, rows) for line in lines]
        elif self._is_upright:
            # over one feature classes change at a place, all the way up
            twice = np.broadcast_to(values, (2, *values.shape))
            lines = [line / (len(values) - 1, 1) for line in joined(decision_lines(twice))]
        else:
            x = np.linspace(0, 1, len(values))
            y = (values.T.astype(np.float64) - y_low) / (y_high - y_low)
            lines = [np.column_stack([x, one])[np.isfinite(one)] for one in y]
        self.path = QPainterPath()
        for line in lines:
            self.path.addPolygon(QPolygonF([QPointF(*place) for place in line.tolist()]))

    def paint(self, painter: QPainter, frame: Frame, color: str, ground: str) -> None:
        """A thin dashed line where it belongs in the frame. ground: the plane's colour."""
        if self.path.isEmpty():
            return
        x_low, x_high, y_low, y_high = self.surface.extent
        mapping = frame.mapping((x_low, y_low), (x_high, y_high))
        if self._is_upright:
            area = frame.area
            mapping = QTransform(mapping.m11(), 0, 0, -area.height(), mapping.dx(), area.bottom())
        path = mapping.map(self.path)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        halo = QColor(ground)
        halo.setAlpha(150)
        painter.strokePath(path, QPen(halo, HALO))
        pen = QPen(QColor(color), WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(DASHES)
        painter.strokePath(path, pen)


def joined(pieces: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Pieces of line that share ends as long lines, so that dashes run on: (n, 4) to (points, 2) each.

    A piece that is there twice, once from either of two neighbours, counts once.
    """
    ends = np.rint(pieces.reshape(-1, 2) / SAME).astype(np.int64)
    _, first, numbers = np.unique(ends, axis=0, return_index=True, return_inverse=True)
    places = pieces.reshape(-1, 2)[first]
    pairs = numbers.reshape(-1, 2)
    neighbours: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs[pairs[:, 0] != pairs[:, 1]].tolist():
        neighbours[one].add(other)
        neighbours[other].add(one)
    lines = []
    # first those that end somewhere, then what is closed
    for start in sorted(neighbours, key=lambda place: len(neighbours[place]) != 1):
        line = [start]
        while neighbours[line[-1]]:
            following = neighbours[line[-1]].pop()
            neighbours[following].discard(line[-1])
            line.append(following)
        if len(line) > 1:
            lines.append(places[line])
    return lines
