"""What is written over curves: marks with their words, names at the ends, the cursor's readings. Painted in pixels."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject

from playground.ui.painting import painted
from playground.ui.plots.lines import Curve
from playground.ui.theme import Colors, font

NEAR = 5.0  # pixels between words and what they speak of
MOST_ROWS = 5  # of words beside vertical lines
ROWS_AWAY = 6  # at most, from a curve's end to its name
WIDEST_NAME, SHORTEST_NAME = 120.0, 24.0  # pixels; longer ones are cut, in a table as far as there is no room
DIAMOND, DOT, SIGN = 6.5, 3.0, 4.0  # half their sizes
GROUND = 215  # opacity of what lies under words, of 255
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


class Mark(NamedTuple):
    """A vertical line with words beside it. y: where a diamond sits on it. line: its colour, if not the words'."""

    x: float
    text: str
    color: str
    style: Qt.PenStyle = Qt.PenStyle.SolidLine
    width: float = 1.0
    y: float | None = None
    line: str = ""


class Name(NamedTuple):
    """What is written at the end of a curve."""

    text: str
    color: str
    curve: Curve


class Sign(NamedTuple):
    """Where a curve has left the frame, and how far it goes."""

    x: float
    text: str
    color: str
    is_above: bool = True


class Reading(NamedTuple):
    """A run at the cursor: a row of the table there, and dots on its curves, x, y and colour."""

    name: str
    color: str
    values: tuple[str, ...]
    points: tuple[tuple[float, float, str], ...] = ()


class Frame:
    """A view box's part of the plane, and its pixels."""

    def __init__(self, box: pg.ViewBox) -> None:
        (self.left, self.right), (self.bottom, self.top) = box.viewRange()
        self.edges = (self.left, self.right, self.bottom, self.top)
        self.area = box.rect()
        self._across = self.area.width() / max(self.right - self.left, 1e-300)
        self._up = self.area.height() / max(self.top - self.bottom, 1e-300)

    def x(self, x: Any) -> Any:
        return self.area.left() + (x - self.left) * self._across

    def y(self, y: Any) -> Any:
        return self.area.bottom() - (y - self.bottom) * self._up

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    def end(self, curve: Curve) -> tuple[float, float] | None:
        """The pixel at which a curve ends, or leaves at the right; None where it does neither."""
        x, y = curve
        known = np.flatnonzero(np.isfinite(y))
        if not len(known):
            return None
        place, height = x[known[-1]], y[known[-1]]
        if place > self.right:
            place, height = self.right, np.interp(self.right, x, y)
        return (float(self.x(place)), float(self.y(height))) if self.holds(place, height) else None

    def heights(self, curves: Iterable[Curve]) -> NDArray[np.float64]:
        """(curves, pixels): where each runs, at every fifth pixel across; NaN where it does not."""
        places = self.left + np.arange(0, self.area.width() + NEAR, NEAR) / self._across
        known = [np.interp(places, x, y, np.nan, np.nan) for x, y in curves if len(x)]
        return self.y(np.array(known)) if known else np.empty((0, len(places)))

    def is_crossed(self, box: QRectF, heights: NDArray[np.float64]) -> bool:
        """Whether one of these runs through a box of pixels."""
        first = max(int((box.left() - self.area.left()) / NEAR), 0)
        part = heights[:, first : int((box.right() - self.area.left()) / NEAR) + 1]
        return bool(((part > box.top()) & (part < box.bottom())).any())


class Overlay(QGraphicsObject):
    """Paints what it was given last over the chart's area, words so that none covers another."""

    def __init__(self, chart: pg.PlotWidget, colors: Colors) -> None:
        self._box = chart.getViewBox()
        super().__init__(self._box)
        self.colors = colors
        self.is_upward = False  # a curve that rises leaves room below, one that falls above
        self.message = ""
        self.marks: tuple[Mark, ...] = ()  # those whose words matter most first
        self.names: tuple[Name, ...] = ()
        self.signs: tuple[Sign, ...] = ()
        self.readings: tuple[Reading, ...] = ()
        self.read_at: float | None = None
        self.curves: tuple[Curve, ...] = ()  # which names keep clear of
        self.beside: tuple[Name, ...] = ()  # of what is drawn beside the run in hand
        self._placed: list[tuple[Name, QRectF]] = []  # these, where they stand
        self._key: Any = None  # of what that depends on
        self.setZValue(20)
        self._box.sigResized.connect(self._refit)
        self._box.sigRangeChanged.connect(self.redraw)

    def _refit(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def redraw(self) -> None:
        """Paint what was given since."""
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.rect())

    @painted
    def paint(self, painter: QPainter, *_: Any) -> None:
        frame = Frame(self._box)
        painter.setClipRect(frame.area, Qt.ClipOperation.IntersectClip)
        painter.setFont(font("small"))
        seen = [mark for mark in self.marks if frame.left <= mark.x <= frame.right]
        for mark in reversed(seen):
            self._paint_line(painter, frame, mark)
        taken = [*self._paint_signs(painter, frame), *(box for mark in seen if (box := _diamond(frame, mark)))]
        taken += self._write_beside(painter, frame, seen, taken)
        for mark, box in self._beside(painter, frame, seen, taken):
            self.write(painter, box, mark.text, mark.color)
        for name, box in placed(self.names, frame, painter, taken, self.curves):
            self.write(painter, box, name.text, name.color)
        self._paint_readings(painter, frame)
        if self.message:
            painter.setFont(font())
            painter.setPen(QColor(self.colors.muted))
            painter.drawText(frame.area, CENTRE | Qt.TextFlag.TextWordWrap, self.message)

    def _write_beside(self, painter: QPainter, frame: Frame, marks: list[Mark], taken: list[QRectF]) -> list[QRectF]:
        """The names of what is drawn beside, where there was room when it changed. Returns their boxes."""
        key = self.beside, frame.edges, frame.area
        if self._key is None or self._key[0] is not self.beside or self._key[1:] != key[1:]:
            self._key, taken = key, list(taken)
            # the run in hand has the first choice
            list(self._beside(painter, frame, marks, taken))
            list(placed(self.names, frame, painter, taken, self.curves))
            self._placed = list(placed(self.beside, frame, painter, taken, self.curves))
        for name, box in self._placed:
            self.write(painter, box, name.text, name.color)
        return [box for _, box in self._placed]

    def _paint_line(self, painter: QPainter, frame: Frame, mark: Mark) -> None:
        x = round(frame.x(mark.x)) + (0.5 if mark.width == 1 else 0.0)
        line = QPen(QColor(mark.line or mark.color), mark.width, mark.style)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(line)
        painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()))
        if mark.y is not None and frame.holds(mark.x, mark.y):
            place = QPointF(frame.x(mark.x), frame.y(mark.y))
            ways = ((0, -DIAMOND), (DIAMOND, 0), (0, DIAMOND), (-DIAMOND, 0))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self.colors.window), 1))
            painter.setBrush(QColor(mark.color))
            painter.drawPolygon(QPolygonF([place + QPointF(*way) for way in ways]))

    def _paint_signs(self, painter: QPainter, frame: Frame) -> list[QRectF]:
        """A triangle at the frame where a curve lies beyond it, with the number that it reaches."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        boxes: list[QRectF] = []
        for sign in self.signs:
            x = min(max(frame.x(sign.x), frame.area.left() + SIGN), frame.area.right() - SIGN)
            tip, base = frame.area.top() + 1, frame.area.top() + 1 + 1.5 * SIGN
            if not sign.is_above:
                tip, base = frame.area.bottom() - 1, frame.area.bottom() - 1 - 1.5 * SIGN
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(sign.color))
            painter.drawPolygon(QPolygonF([QPointF(x - SIGN, base), QPointF(x, tip), QPointF(x + SIGN, base)]))
            for box in _sides(x, SIGN + 2, size_of(painter, sign.text), frame.area):
                box.moveTop(frame.area.top() if sign.is_above else frame.area.bottom() - box.height())
                if frame.area.contains(box) and not _hits(box, boxes):
                    self.write(painter, box, sign.text, sign.color)
                    boxes.append(box)
                    break
        return boxes

    def _beside(
        self, painter: QPainter, frame: Frame, marks: list[Mark], taken: list[QRectF]
    ) -> Iterator[tuple[Mark, QRectF]]:
        """Where words stand beside their lines: in the first row that is free; without one they are left out."""
        for mark in marks:
            if not mark.text:
                continue
            box = self._first_free(painter, frame, mark, taken)
            if box is not None:
                taken.append(box)
                yield mark, box

    def _first_free(self, painter: QPainter, frame: Frame, mark: Mark, taken: list[QRectF]) -> QRectF | None:
        for row in range(MOST_ROWS):
            for box in _sides(frame.x(mark.x), NEAR, size_of(painter, mark.text), frame.area):
                down = row * box.height()
                box.moveTop(frame.area.bottom() - box.height() - down if self.is_upward else frame.area.top() + down)
                if frame.area.contains(box) and not _hits(box, taken):
                    return box
        return None

    def write(self, painter: QPainter, box: QRectF, text: str, color: str) -> None:
        """Words in a box, readable on top of curves."""
        ground = QColor(self.colors.window)
        ground.setAlpha(GROUND)
        painter.fillRect(box, ground)
        painter.setPen(QColor(color))
        painter.drawText(box, CENTRE, text)

    def _paint_readings(self, painter: QPainter, frame: Frame) -> None:
        """Dots on the curves; where several runs are read, a table beside them."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.colors.window), 1))
        for reading in self.readings:
            for x, y, color in reading.points:
                if frame.holds(x, y):
                    painter.setBrush(QColor(color))
                    painter.drawEllipse(QPointF(frame.x(x), frame.y(y)), DOT, DOT)
        if len(self.readings) < 2 or self.read_at is None:
            return
        metrics = QFontMetricsF(painter.font())
        line = metrics.height() + 2
        number = max(metrics.horizontalAdvance(value) for row in self.readings for value in row.values)
        columns = max(len(row.values) for row in self.readings)
        place = frame.x(self.read_at)
        is_right = place < frame.area.center().x()
        room = (frame.area.right() - place if is_right else place - frame.area.left()) - 2 * NEAR
        numbers = columns * (number + 10) + 20
        names = max(metrics.horizontalAdvance(row.name) for row in self.readings)
        if room - numbers < SHORTEST_NAME:  # it covers the cursor anyhow
            room = frame.area.width() - 2 * NEAR
        name = max(min(names, WIDEST_NAME, room - numbers), SHORTEST_NAME)
        width = name + numbers
        shown = self.readings[: max(int((frame.area.height() - line - 8) // line), 1)]
        table = QRectF(0, frame.area.top() + line + 2, width, len(shown) * line + 6)
        table.moveLeft(place + 2 * NEAR if is_right else place - 2 * NEAR - width)
        table.moveLeft(max(min(table.left(), frame.area.right() - width), frame.area.left()))  # nothing is cut off
        painter.setPen(QPen(QColor(self.colors.line), 1))
        painter.setBrush(QColor(self.colors.panel))
        painter.drawRoundedRect(table, 3, 3)
        for row, reading in enumerate(shown):
            box = QRectF(table.left() + 6, table.top() + 3 + row * line, width - 12, line)
            painter.fillRect(QRectF(box.left(), box.center().y() - 1, 8, 2), QColor(reading.color))
            painter.setPen(QColor(self.colors.text))
            painter.drawText(box.adjusted(12, 0, 0, 0), LEFT, _cut(painter, reading.name, name))
            for column, value in enumerate(reversed(reading.values)):
                painter.drawText(box.adjusted(0, 0, -column * (number + 10), 0), RIGHT, value)


def placed(
    names: Iterable[Name], frame: Frame, painter: QPainter, taken: list[QRectF], curves: tuple[Curve, ...]
) -> Iterator[tuple[Name, QRectF]]:
    """Where names stand at their curves' ends: over or under, clear of these curves if that is near; else left out.

    taken: boxes that none may touch; theirs are added.
    """
    heights = frame.heights(curves)
    for name in names:
        end = frame.end(name.curve)
        if end is None:
            continue
        x, y = end
        name = name._replace(text=_cut(painter, name.text, WIDEST_NAME))
        width, height = size_of(painter, name.text)
        left = min(x, frame.area.right()) - width
        rows = (number / 2 for number in range(2 * ROWS_AWAY))
        ways = (way for row in rows for way in (-(row + 1) * height - 2, row * height + 2))
        found = crossed = None
        for corner in itertools.chain([(x + NEAR, y - height / 2)], ((left, y + way) for way in ways)):
            box = QRectF(*corner, width, height)
            if not frame.area.contains(box) or _hits(box, taken):
                continue
            if not frame.is_crossed(box, heights):
                found = box
                break
            crossed = crossed or box
        if (chosen := found or crossed) is not None:
            taken.append(chosen)
            yield name, chosen


def _diamond(frame: Frame, mark: Mark) -> QRectF | None:
    """Where the diamond of a mark is, if it has one."""
    if mark.y is None or not frame.holds(mark.x, mark.y):
        return None
    return QRectF(frame.x(mark.x) - DIAMOND, frame.y(mark.y) - DIAMOND, 2 * DIAMOND, 2 * DIAMOND)


def size_of(painter: QPainter, text: str) -> tuple[float, float]:
    """Of a label, in pixels."""
    metrics = QFontMetricsF(painter.font())
    return metrics.horizontalAdvance(text) + 6, metrics.height()


def _sides(x: float, gap: float, size: tuple[float, float], area: QRectF) -> list[QRectF]:
    """Right and left of a vertical line; first where there is more room."""
    width, height = size
    right, left = QRectF(x + gap, 0, width, height), QRectF(x - gap - width, 0, width, height)
    return [right, left] if x < area.center().x() else [left, right]


def _hits(box: QRectF, others: Iterable[QRectF]) -> bool:
    return any(box.intersects(other) for other in others)


def _cut(painter: QPainter, text: str, most: float) -> str:
    return QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, most + 1)
