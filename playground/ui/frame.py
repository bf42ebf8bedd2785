"""Where the plane is on the screen: from its coordinates to pixels and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from playground.ui.extent import Extent

FARTHEST = 1e6  # pixels; Qt's coordinates overflow far beyond


class Frame(NamedTuple):
    """The square that is drawn in, and the part of the plane that it shows."""

    area: QRectF
    extent: Extent

    def pixel(self, x: float, y: float) -> QPointF:
        """Where coordinates of the plane are drawn."""
        across, up = self.pixels(np.array([[x, y]]))[0].tolist()
        return QPointF(across, up)

    def pixels(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where (points, 2) coordinates of the plane are drawn."""
        area, view = self.area, self.extent
        scale = np.array([area.width() / view.width, -area.height() / view.height])
        places = (positions - (view.x_low, view.y_low)) * scale + (area.left(), area.bottom())
        return np.clip(places, -FARTHEST, FARTHEST)

    def mapping(self, low: tuple[float, float], high: tuple[float, float]) -> QTransform:
        """From a drawing's own coordinates, in which it spans (0, 0) to (1, 1), to where low and high are drawn."""
        (left, bottom), (right, top) = self.pixels(np.array([low, high])).tolist()
        return QTransform(right - left, 0, 0, top - bottom, left, bottom)

    def place(self, pixel: QPointF) -> tuple[float, float]:
        """The coordinates of the plane that are drawn at a pixel."""
        area, view = self.area, self.extent
        across = (pixel.x() - area.left()) / area.width()
        up = (area.bottom() - pixel.y()) / area.height()
        return view.x_low + across * view.width, view.y_low + up * view.height

    def reach(self, radius: float) -> tuple[float, float]:
        """A radius in pixels as lengths along both axes."""
        area, view = self.area, self.extent
        return radius * view.width / area.width(), radius * view.height / area.height()
