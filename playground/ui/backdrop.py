"""What the network makes of the plane, painted under the points: heat map and boundary, or fitted curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from playground.model.dataset import Dataset
from playground.training.surface import Surface
from playground.ui.frame import Frame
from playground.ui.reading import Scale
from playground.ui.surface import class_color, class_image, decision_lines, value_image, value_range
from playground.ui.theme import Colors


class Backdrop:
    """One surface as an image, made when it is first painted."""

    def __init__(self, surface: Surface, data: Dataset | None, colors: Colors) -> None:
        self.surface = surface
        self._data = data
        self._colors = colors
        self._image: QImage | None = None
        self._boundary = np.empty((0, 4))

    @property
    def is_curve(self) -> bool:
        """Whether it is a regression over one feature, or a unit's response: a line instead of a heat map."""
        classes = self._data is not None and self._data.is_classification
        return self.surface.values.ndim == 2 and (not classes or self.surface.unit is not None)

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Where it belongs in the frame, which may have moved on since the surface was computed."""
        if self.is_curve:
            self._paint_curves(painter, frame)
        else:
            self._paint_image(painter, frame)

    def _prepare(self) -> QImage:
        values = self.surface.values
        if values.ndim == 2:
            values = values[np.newaxis]  # classes over one feature: one row, as high as the plane
        if self.surface.reading:
            return Scale.of(self.surface, self._data).image(values[:, :, 0], self._colors)
        if values.shape[2] == 1:
            if self.surface.unit is not None:
                low, high = -_size(values), _size(values)
            else:
                low, high = value_range(self._data.targets[:, 0] if self._data is not None else np.empty(0))
            return value_image(values[:, :, 0], low, high, self._colors)
        if min(values.shape[:2]) > 1:
            self._boundary = decision_lines(values)
        return class_image(values, self._colors)

    def _paint_image(self, painter: QPainter, frame: Frame) -> None:
        if self._image is None:
            self._image = self._prepare()
        rows, columns = self._image.height(), self._image.width()
        x_low, x_high, y_low, y_high = self.surface.extent
        whole = QRectF(frame.pixel(x_low, y_high), frame.pixel(x_high, y_low))
        if rows == 1:
            whole.setTop(frame.area.top())
            whole.setBottom(frame.area.bottom())
        # the outermost values lie on the edges, so that their pixels reach half a step further
        across = whole.width() / max(columns - 1, 1) / 2
        up = whole.height() / (rows - 1) / 2 if rows > 1 else 0.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(whole.adjusted(-across, -up, across, up), self._image)
        if len(self._boundary):
            self._paint_boundary(painter, whole, rows, columns)

    def _paint_boundary(self, painter: QPainter, whole: QRectF, rows: int, columns: int) -> None:
        step = (whole.width() / (columns - 1), -whole.height() / (rows - 1))
        pieces = self._boundary * (step * 2) + (whole.left(), whole.bottom()) * 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(self._colors.text)
        painter.setPen(QPen(ink, 1.5))  # square ends fill the joints, and paint twice as fast as round ones
        painter.drawLines([QLineF(*piece) for piece in pieces.tolist()])

    def _paint_curves(self, painter: QPainter, frame: Frame) -> None:
        values = self.surface.values
        x = np.linspace(*self.surface.extent[:2], len(values))
        if self.surface.unit is not None:
            values = _fitted(values, *self.surface.extent[2:])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, y in enumerate(values.T.astype(np.float64)):
            finite = np.isfinite(y)
            places = frame.pixels(np.column_stack([x[finite], y[finite]]))
            # one curve stands out from the points, which have the first hue
            color = class_color(self._colors, number if values.shape[1] > 1 else 1)
            painter.setPen(QPen(QColor(color), 2.5))
            painter.drawPolyline(QPolygonF([QPointF(*place) for place in places.tolist()]))


def _fitted(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """A unit's response over the height of the plane, whose scale it does not have: 0 in the middle."""
    return (low + high) / 2 + values * (0.45 * (high - low) / _size(values))


def _size(values: NDArray[np.float32]) -> float:
    """The largest |value|, above 0."""
    return float(np.abs(values).max(initial=1e-30, where=np.isfinite(values)))
