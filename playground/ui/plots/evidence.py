"""A verdict's numbers as a small chart: bars, or lines from one moment to another; each with its number beside it."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.training.snapshot import Numbers
from playground.training.words import share_in_words
from playground.ui.painting import painted
from playground.ui.plots.lines import Stroke
from playground.ui.plots.race import spread
from playground.ui.scales import written
from playground.ui.theme import Colors, blend, font

BAR, APART = 10, 3  # pixels: of a bar, and between two of one row
ROW = 8  # between two rows
NEAR = 6  # between a bar and its number
DOT = 3.5
FAR = 30  # times the least that a largest value is, from where lines are drawn on a log scale
NEAR_TOP = 0.6  # of the largest value: where the least is above that, lines need not begin at 0
LEAST = 0.15  # of the largest value, that is seen at least
FLAGS = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
RIGHT = FLAGS | Qt.AlignmentFlag.AlignRight


def told(value: float, unit: str) -> str:
    """A number as it stands beside its bar."""
    if math.isnan(value):
        return "–"
    if unit == "share":
        return share_in_words(value) if value else "0 %"
    return f"{value:,.0f}" if unit == "count" else written(float(f"{value:.3g}")).replace("-", "−")


class EvidenceChart(QWidget):
    """Draws one verdict's numbers; empty where it has none."""

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Evidence")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._colors = colors
        self.numbers: Numbers | None = None

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.update()

    def show_numbers(self, numbers: Numbers | None) -> None:
        """Draw these; None draws nothing."""
        if numbers == self.numbers:
            return
        before, self.numbers = self._height(), numbers
        self.setVisible(numbers is not None)
        self.setAccessibleDescription(self.text)
        if self._height() != before:
            self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """All that it says, a row a line."""
        numbers = self.numbers
        if numbers is None:
            return ""
        lines = [numbers.title]
        for row, values in zip(numbers.rows, numbers.values):
            parts = [f"{name} {told(value, numbers.unit)}".strip() for name, value in zip(numbers.series, values)]
            lines.append(f"{row}: {', '.join(parts)}")
        return "\n".join(lines)

    def _height(self) -> int:
        numbers = self.numbers
        if numbers is None:
            return 0
        line = QFontMetrics(font("small")).height()
        if numbers.is_change:
            return 2 * line + 84
        bars = len(numbers.series)
        high = max(bars * BAR + (bars - 1) * APART, line)
        key = line + 4 if bars > 1 else 0
        return line + 6 + len(numbers.rows) * (high + ROW) + key

    def sizeHint(self) -> QSize:
        return QSize(220, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self._height())

    # painting

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        numbers = self.numbers
        if numbers is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font("small"))
        metrics = QFontMetrics(painter.font())
        line = metrics.height()
        painter.setPen(QColor(self._colors.muted))
        title = metrics.elidedText(numbers.title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(0, 0, self.width(), line), FLAGS, title)
        box = QRectF(0, line + 6, self.width(), self.height() - line - 6)
        if numbers.is_change:
            self._paint_change(painter, metrics, box, numbers)
        else:
            self._paint_bars(painter, metrics, box, numbers)

    def _color(self, name: str) -> str:
        shades = {"training": self._colors.training, "validation": self._colors.validation}
        return shades.get(name, self._colors.accent)

    def _paint_bars(self, painter: QPainter, metrics: QFontMetrics, box: QRectF, numbers: Numbers) -> None:
        line, bars = metrics.height(), len(numbers.series)
        labels = min(max(map(metrics.horizontalAdvance, numbers.rows)) + 4, int(0.5 * box.width()))
        texts = [told(value, numbers.unit) for values in numbers.values for value in values]
        room = box.width() - labels - 2 * NEAR - max(map(metrics.horizontalAdvance, texts))
        zero, scale = _scale(numbers, max(room, 8.0))
        left = box.left() + labels + NEAR
        high = max(bars * BAR + (bars - 1) * APART, line)
        y = box.top()
        for row, values in zip(numbers.rows, numbers.values):
            painter.setPen(QColor(self._colors.text))
            label = metrics.elidedText(row, Qt.TextElideMode.ElideRight, labels)
            painter.drawText(QRectF(box.left(), y, labels, high), RIGHT, label)
            top = y + (high - bars * BAR - (bars - 1) * APART) / 2
            for name, value in zip(numbers.series, values):
                end = left + scale(value)
                self._paint_bar(painter, QRectF(min(left + zero, end), top, abs(end - left - zero), BAR), name or row)
                place = QRectF(max(end, left + zero) + NEAR, top + BAR / 2 - line / 2, box.right() - end, line)
                painter.setPen(QColor(self._colors.text))
                painter.drawText(place, FLAGS, told(value, numbers.unit))
                top += BAR + APART
            y += high + ROW
        if bars > 1:
            self._paint_key(painter, metrics, QRectF(left, y - 2, box.right() - left, line), numbers)

    def _paint_bar(self, painter: QPainter, bar: QRectF, name: str) -> None:
        """Training full, validation outlined with dashes: colour is not the only sign."""
        set_name = next((word for word in ("training", "validation") if word in name), "")
        ink = self._color(set_name) if set_name else self._colors.muted
        bar.setWidth(max(bar.width(), 1.5))
        if set_name != "validation":
            painter.fillRect(bar, QColor(ink))
            return
        painter.fillRect(bar, QColor(blend(ink, self._colors.window, 0.35)))
        if bar.width() > 3:
            pen = QPen(QColor(ink), 1.5)
            pen.setDashPattern([3, 2])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar.adjusted(0.75, 0.75, -0.75, -0.75))

    def _paint_key(self, painter: QPainter, metrics: QFontMetrics, box: QRectF, numbers: Numbers) -> None:
        x = box.left()
        for name in numbers.series:
            self._paint_bar(painter, QRectF(x, box.center().y() - BAR / 2, 16, BAR), name)
            painter.setPen(QColor(self._colors.muted))
            painter.drawText(QRectF(x + 22, box.top(), box.width(), box.height()), FLAGS, name)
            x += 22 + metrics.horizontalAdvance(name) + 12

    def _paint_change(self, painter: QPainter, metrics: QFontMetrics, box: QRectF, numbers: Numbers) -> None:
        line = metrics.height()
        area = box.adjusted(0, line / 2, 0, -line - 4 - line / 2)
        places = self._places(area, numbers)
        texts = [[told(value, numbers.unit) for value in values] for values in numbers.values]
        ends = [f"{text} {name}" for text, name in zip(texts[-1], numbers.series)]
        left = max(map(metrics.horizontalAdvance, texts[0])) + NEAR + DOT
        right = box.width() - max(map(metrics.horizontalAdvance, ends)) - NEAR - DOT
        xs = left, max(right, left + 24)
        for place, name in enumerate(numbers.series):
            points = [QPointF(x, heights[place]) for x, heights in zip(xs, (places[0], places[-1]))]
            if any(math.isnan(point.y()) for point in points):
                continue
            path = QPainterPath(points[0])
            path.lineTo(points[1])
            Stroke(self._color(name), 2.0, name == "validation").draw(painter, path)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._color(name)))
            for point in points:
                painter.drawEllipse(point, DOT, DOT)
        for heights, words, x, is_last in ((places[0], texts[0], xs[0], False), (places[-1], ends, xs[1], True)):
            known = [(y, text, name) for y, text, name in zip(heights, words, numbers.series) if not math.isnan(y)]
            apart = spread([y for y, _, _ in known], line - 2, area.top(), area.bottom())
            for y, (_, text, name) in zip(apart, known):
                painter.setPen(QColor(self._color(name)))
                if is_last:
                    painter.drawText(QRectF(x + DOT + NEAR, y - line / 2, box.width(), line), FLAGS, text)
                else:
                    painter.drawText(QRectF(x - DOT - NEAR - 200, y - line / 2, 200, line), RIGHT, text)
        painter.setPen(QColor(self._colors.muted))
        foot = QRectF(0, box.bottom() - line, box.width(), line)
        painter.drawText(foot, FLAGS, numbers.rows[0])
        painter.drawText(foot, RIGHT, numbers.rows[-1])

    @staticmethod
    def _places(area: QRectF, numbers: Numbers) -> list[list[float]]:
        """How high each value stands: from 0 up; on a log scale where the least is lost; nearer where all are close."""
        known = [value for values in numbers.values for value in values if math.isfinite(value)]
        low, high = min(known, default=0.0), max(known, default=1.0)
        is_log = low > 0 and high > FAR * low
        floor = high - max(3 * (high - low), LEAST * high) if low > NEAR_TOP * high else 0.0

        def y(value: float) -> float:
            if math.isnan(value):
                return math.nan
            if is_log:
                part = math.log(max(value, low) / low) / math.log(high / low)
            else:
                part = (value - floor) / (high - floor) if high > floor else 0.0
            return area.bottom() - min(max(part, 0.0), 1.0) * area.height()

        return [[y(value) for value in values] for values in numbers.values]


def _scale(numbers: Numbers, room: float) -> tuple[float, Callable[[float], float]]:
    """Where 0 stands, and where a value's bar ends, in pixels."""
    known = [value for values in numbers.values for value in values if math.isfinite(value)]
    if numbers.is_log:
        known = [value for value in known if value > 0] or [1.0]
        low = math.log10(min(known)) - 0.5  # so that the least is seen too
        span = math.log10(max(known)) - low

        def along(value: float) -> float:
            part = (math.log10(value) - low) / span if value > 0 and math.isfinite(value) else float(value > 0)
            return room * min(part, 1.0)

        return 0.0, along
    low, high = min(known, default=0.0), max(known, default=1.0)
    low, high = min(low, 0.0), max(high, 0.0)
    span = (high - low) or 1.0

    def linear(value: float) -> float:
        inside = min(max(value, low), high) if not math.isnan(value) else 0.0
        return room * (inside - low) / span

    return linear(0.0), linear
