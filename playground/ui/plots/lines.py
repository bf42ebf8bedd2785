"""Curves as strokes: as wide at a device pixel ratio of 2 as at 1, and cheap to paint.

Qt strokes a line of two pixels ten times slower than one of one pixel, and in a noisy curve a hundred times: it fills
an outline that crosses itself. So a wide line is several of one pixel, side by side.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPainterPath, QPen, QTransform

from playground.ui.painting import painted
from playground.ui.plots.series import cut
from playground.ui.theme import blend

SMOOTH_POINTS = 600  # hairlines of up to so many are drawn without stairs
DASHES = (10.0, 6.0)  # a dash and a gap, in pixels
DOTS = (2.0, 3.0)  # likewise
AFTER = 0.3  # strength of what comes after the moment that is looked at

Floats = NDArray[np.float64]
Curve: TypeAlias = tuple[Floats, Floats]  # x, and y with NaN where there is a gap
NO_CURVE: Curve = (np.empty(0), np.empty(0))


class Stroke(NamedTuple):
    """How a curve is drawn: its width in pixels, whatever the screen's; without one its inside is filled."""

    color: str
    width: float = 1.0
    is_dashed: bool = False
    is_dotted: bool = False

    def draw(self, painter: QPainter, path: QPainterPath) -> None:
        """Draw a path, whose points may lie in the coordinates of any view."""
        if path.isEmpty():
            return
        if not self.width:
            painter.fillPath(path, QColor(self.color))
            return
        # of what is painted on in the end: a widget that is drawn for a file is not as fine as the file
        ratio = painter.paintEngine().paintDevice().devicePixelRatioF()
        is_hairline = self.width * ratio <= 1 and path.elementCount() > SMOOTH_POINTS
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_hairline)
        if is_vector(painter):
            painter.setPen(self.pen(self.width))
            painter.drawPath(path)
            return
        painter.setPen(self.pen(1.0, ratio))
        world = painter.worldTransform()
        for across, down in _brush(self.width * ratio):
            painter.setWorldTransform(world * QTransform.fromTranslate(across / ratio, down / ratio))
            painter.drawPath(path)
        painter.setWorldTransform(world)

    def pen(self, width: float, ratio: float = 1.0) -> QPen:
        """A pen of that width at any zoom. ratio: the device's pixels to one of those that dashes are told in."""
        result = QPen(QColor(self.color), width)
        result.setCosmetic(True)
        if self.is_dashed or self.is_dotted:
            lengths = DASHES if self.is_dashed else DOTS
            result.setDashPattern([length * ratio / width for length in lengths])
            result.setCapStyle(Qt.PenCapStyle.FlatCap)
        return result


def is_vector(painter: QPainter) -> bool:
    """Whether a file of strokes is painted, not pixels; such a file clips nothing."""
    return painter.paintEngine().type() != QPaintEngine.Type.Raster


@cache
def _brush(width: float) -> tuple[tuple[float, float], ...]:
    """Where lines of one pixel lie that together fill a round brush of that width."""
    if width <= 1:
        return ((0.0, 0.0),)
    if width <= 2:
        reach = (width - 1) / 2
        return tuple((across, down) for across in (-reach, reach) for down in (-reach, reach))
    rings = np.arange((width - 1) / 2, 0.5, -1)
    turns = np.arange(8) * math.pi / 4
    return (0.0, 0.0), *((r * math.cos(turn), r * math.sin(turn)) for r in rings for turn in turns)


class Lines(pg.GraphicsObject):
    """All curves of a chart in one item: an item for each costs more than its drawing."""

    def __init__(self, strokes: list[Stroke], ground: str) -> None:
        super().__init__()
        self.curves: list[Curve] = []
        self._strokes = strokes
        self._faint = [stroke._replace(color=fainter(stroke.color, ground)) for stroke in strokes]
        self._paths: list[QPainterPath] = []
        self._moment: float | None = None
        self._box = QRectF()

    def set_curves(self, curves: list[Curve], moment: float | None = None) -> None:
        """As many as there are strokes. moment: the x after which they are fainter, in a look back."""
        self.prepareGeometryChange()
        self.curves = curves
        self._moment = moment
        self._paths = [path_of(curve) for curve in curves]
        self._box = QRectF()
        for path in self._paths:
            self._box = self._box.united(path.controlPointRect())
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    @painted
    def paint(self, painter: QPainter, *_: Any) -> None:
        if self._moment is None:
            self._draw(painter, self._strokes, self._box)
            return
        before, after = QRectF(self._box), QRectF(self._box)
        before.setRight(self._moment)
        after.setLeft(self._moment)
        for part, strokes in ((after, self._faint), (before, self._strokes)):
            if part.isValid():
                painter.save()
                painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
                self._draw(painter, strokes, part)
                painter.restore()

    def _draw(self, painter: QPainter, strokes: list[Stroke], part: QRectF) -> None:
        paths = self._paths
        if is_vector(painter):
            part = part.intersected(self.getViewBox().viewRect())
            paths = [clipped(curve, part, stroke) for curve, stroke in zip(self.curves, strokes)]
        for stroke, path in zip(strokes, paths):
            stroke.draw(painter, path)


def fainter(color: str, ground: str) -> str:
    """A colour as it is after the moment that is looked back at; one that lets others through, more so."""
    drawn = QColor(color)
    if drawn.alpha() == 255:
        return blend(color, ground, AFTER)
    drawn.setAlphaF(drawn.alphaF() * AFTER)
    return drawn.name(QColor.NameFormat.HexArgb)


def path_of(curve: Curve) -> QPainterPath:
    """A curve as Qt draws it, with its gaps."""
    return pg.arrayToQPath(*curve, connect="finite")


def closed(x: Floats, low: Floats | float, high: Floats) -> Curve:
    """What lies between two curves, or above a level, as one that is to be filled."""
    floor = np.broadcast_to(low, x.shape)
    return np.concatenate([x, x[::-1]]), np.concatenate([np.where(np.isnan(high), floor, high), floor[::-1]])


def between(low: Curve, high: Curve) -> Curve:
    """What lies between two curves, which are thinned each for itself, as one that is to be filled."""
    x = np.union1d(low[0], high[0])
    return closed(x, np.interp(x, *low), np.interp(x, *high))


def clipped(curve: Curve, part: QRectF, stroke: Stroke) -> QPainterPath:
    """A curve as far as it lies in a part of the axes."""
    x, y = curve
    if not stroke.width:
        return path_of((np.clip(x, part.left(), part.right()), np.clip(y, part.top(), part.bottom())))
    x, y = cut(x, y, part.top(), part.bottom())
    known = np.isfinite(y)
    pieces = [cut(y[run], x[run], part.left(), part.right()) for run in np.split(np.arange(len(x)), _ends(known))]
    gap = np.array([np.nan])
    heights = np.concatenate([piece for y, _ in pieces for piece in (y, gap)])
    places = np.concatenate([piece for _, x in pieces for piece in (x, gap)])
    known = np.isfinite(places) & np.isfinite(heights)
    kept = known | (
        np.concatenate([[False], known[:-1]]) & np.maximum.accumulate(known[::-1])[::-1]
    )  # no gap at an end
    return path_of((places[kept], heights[kept]))


def _ends(known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where runs of known values begin and end."""
    return np.flatnonzero(np.diff(known.astype(np.int8))) + 1
