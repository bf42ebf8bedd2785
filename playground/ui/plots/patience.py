"""Early stopping as it is drawn: what a better value must pass, and the patience as a stretch that is used up."""

from __future__ import annotations

from typing import Any, NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from playground.ui.painting import painted
from playground.ui.plots.overlay import Frame
from playground.ui.theme import Colors

USED, LEFT, BAND = 0.2, 0.08, 0.35  # strengths of the fills
HEAD = 5.0  # pixels of an arrow's head
RING = 10.0  # radius of the ring around the point that was put back


class Patience(NamedTuple):
    """In the chart's coordinates.

    began, now, ends: across. best, beaten: up, what was best from ``since`` on, and what a better one must pass.
    restored: where the weights stand that were put back at the end.
    """

    began: float
    now: float
    ends: float
    since: float
    best: float | None = None
    beaten: float | None = None
    restored: tuple[float, float] | None = None


class PatienceItem(pg.GraphicsObject):
    """Paints it in pixels, under the curves."""

    def __init__(self, chart: pg.PlotWidget, colors: Colors) -> None:
        self._box = chart.getViewBox()
        super().__init__(self._box)
        self.colors = colors
        self.patience: Patience | None = None
        self.setZValue(-10)
        self._box.sigResized.connect(self._refit)
        self._box.sigRangeChanged.connect(self._refit)

    def show_patience(self, patience: Patience | None) -> None:
        """Draw it, or nothing."""
        if patience != self.patience:
            self.patience = patience
            self.update()

    def _refit(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.rect())

    @painted
    def paint(self, painter: QPainter, *_: Any) -> None:
        found = self.patience
        if found is None:
            return
        frame = Frame(self._box)
        painter.setClipRect(frame.area, Qt.ClipOperation.IntersectClip)
        began, now, ends, since = map(frame.x, (found.began, found.now, found.ends, found.since))
        for left, right, strength in ((began, now, USED), (now, ends, LEFT)):
            area = QRectF(QPointF(left, frame.area.top()), QPointF(right, frame.area.bottom()))
            painter.fillRect(area, self._ink(self.colors.best, strength))
        if found.best is not None and found.beaten is not None:
            best, beaten = frame.y(found.best), frame.y(found.beaten)
            end = max(ends, now)
            painter.fillRect(QRectF(QPointF(since, best), QPointF(end, beaten)), self._ink(self.colors.best, BAND))
            painter.setPen(QPen(QColor(self.colors.best), 1))
            painter.drawLine(QPointF(since, beaten), QPointF(end, beaten))
        if found.restored is not None:
            self._paint_return(
                painter, QPointF(now, 0), *map(float, (frame.x(found.restored[0]), frame.y(found.restored[1])))
            )

    def _paint_return(self, painter: QPainter, start: QPointF, x: float, y: float) -> None:
        """An arrow back to the point whose weights stand, and a ring around it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.colors.best), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), RING, RING)
        if start.x() - x > RING + 2 * HEAD:
            tip = x + RING
            painter.drawLine(QPointF(start.x(), y), QPointF(tip, y))
            painter.setBrush(QColor(self.colors.best))
            corners = ((tip, y), (tip + HEAD, y - HEAD / 2), (tip + HEAD, y + HEAD / 2))
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))

    @staticmethod
    def _ink(color: str, strength: float) -> QColor:
        ink = QColor(color)
        ink.setAlphaF(strength)
        return ink
