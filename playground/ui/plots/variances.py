"""Measurements as one picture: bias², variance and noise of each, laid end to end up to the error."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from playground.training.decompositions import Parts
from playground.ui.painting import painted
from playground.ui.scales import written
from playground.ui.theme import Colors, font

WIDTH, MARGIN = 1040, 24
ROW, BAR = 34, 20  # pixels: of a measurement, and of its bar
NUMBERS = 380  # for what stands at the right
MOST_NAME = 260
KEYS = (("bias2", "bias²"), ("variance", "variance"), ("noise", "noise"))


class Variances(QWidget):
    """Draws them, in the order in which they come."""

    def __init__(self, rows: Sequence[tuple[str, Parts]], subtitle: str, colors: Colors) -> None:
        super().__init__()
        self._rows, self._subtitle, self._colors = rows, subtitle, colors
        self.setFixedSize(WIDTH, 2 * MARGIN + 100 + ROW * len(rows))

    @property
    def names(self) -> tuple[list[str], int]:
        """What stands before the bars, and the pixels that it takes: a fraction of one more than words are told to."""
        metrics = QFontMetrics(font())
        wide = min(max(metrics.horizontalAdvance(name) for name, _ in self._rows) + 2, MOST_NAME)
        return [metrics.elidedText(name, Qt.TextElideMode.ElideRight, wide) for name, _ in self._rows], wide

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._colors.window))
        box = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        self._text(painter, box, "What is the error made of?", "title", self._colors.text, bold=True)
        self._text(painter, box.adjusted(0, 28, 0, 0), self._subtitle, "small", self._colors.muted)
        self._key(painter, box.adjusted(0, 58, 0, 0))
        names, wide = self.names
        most = max((parts.error for _, parts in self._rows if math.isfinite(parts.error)), default=1.0) or 1.0
        room = box.width() - wide - 16 - NUMBERS
        for number, (name, (_, parts)) in enumerate(zip(names, self._rows)):
            line = QRectF(box.left(), box.top() + 96 + number * ROW, wide, BAR)
            self._text(painter, line, name, "body", self._colors.text)
            x = box.left() + wide + 12
            for key, _ in KEYS:
                part = getattr(parts, key)
                if math.isfinite(part) and part > 0:
                    length = part / most * room
                    painter.fillRect(QRectF(x, line.top(), length, BAR), self._brush(key))
                    x += length
            self._text(painter, QRectF(x + 10, line.top(), NUMBERS, BAR), _told(parts), "small", self._colors.muted)

    def _brush(self, key: str) -> QBrush:
        """Colour is not the only sign: variance is hatched, noise dotted."""
        colors = self._colors
        inks = {"bias2": colors.classes[0], "variance": colors.validation, "noise": colors.muted}
        patterns = {"variance": Qt.BrushStyle.BDiagPattern, "noise": Qt.BrushStyle.Dense5Pattern}
        return QBrush(QColor(inks[key]), patterns.get(key, Qt.BrushStyle.SolidPattern))

    def _key(self, painter: QPainter, box: QRectF) -> None:
        x = box.left()
        for key, name in KEYS:
            painter.fillRect(QRectF(x, box.top() + 2, 26, 12), self._brush(key))
            self._text(painter, QRectF(x + 32, box.top(), 120, 18), name, "small", self._colors.text)
            x += 32 + QFontMetrics(font("small")).horizontalAdvance(name) + 24

    @staticmethod
    def _text(painter: QPainter, box: QRectF, text: str, size: str, color: str, bold: bool = False) -> None:
        painter.setFont(font(size, bold))
        painter.setPen(QColor(color))
        high = max(QFontMetrics(painter.font()).height(), box.height() if box.height() <= BAR else 0)
        where = QRectF(box.left(), box.top(), box.width(), high)
        painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _told(parts: Parts) -> str:
    """The sum, in words."""
    terms = [(parts.bias2, "bias²"), (parts.variance, "variance"), (parts.noise, "noise")]
    known = [f"{written(float(f'{value:.3g}'))}" for value, _ in terms if math.isfinite(value)]
    return f"{' + '.join(known)} = {written(float(f'{parts.error:.3g}'))}".replace("-", "−")
