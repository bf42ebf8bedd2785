"""The line under the plane that says what the marks mean: sets, then classes or the colour scale."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter

from playground.model.dataset import TEST, TRAIN, VALIDATION, Dataset
from playground.ui.marks import Marks
from playground.ui.strokes import Shown
from playground.ui.surface import class_color, value_range
from playground.ui.theme import Colors

GAP = 12  # between two entries
MARK = 16  # a mark and the space after it
SIZE = 4.5
LONGEST = 120  # a class's name, in pixels
SETS = ((TRAIN, "training"), (VALIDATION, "validation"), (TEST, "test"))


class Key:
    """Paints the line in one theme's colours."""

    def __init__(self, colors: Colors) -> None:
        self._colors = colors

    def paint(self, painter: QPainter, box: QRectF, shown: Shown, marks: Marks) -> None:
        """Centred in the box; class names that do not fit are only counted."""
        data, sets = shown
        if not data.samples:
            return
        metrics = QFontMetrics(painter.font())
        grey = self._colors.muted if data.is_classification or data.features > 1 else self._colors.classes[0]
        entries = [(text, 0, kind, grey) for kind, text in SETS if (sets == kind).any()]
        if data.is_classification:
            entries += self._classes(data, metrics, box.width() - _width(entries, metrics))
        width = _width(entries, metrics)
        scales = not data.is_classification and data.features > 1
        bar = min(180.0, box.width() / 3) if scales else 0.0
        x = box.left() + max(0.0, (box.width() - width - bar) / 2)
        for text, number, kind, color in entries:
            if color:
                painter.save()
                painter.translate(x + SIZE + 1, box.center().y())
                marks.draw(painter, number, kind, color, SIZE)
                painter.restore()
            painter.setPen(QColor(self._colors.muted))
            x += MARK if color else 0
            painter.drawText(QRectF(x, box.top(), box.width(), box.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += metrics.horizontalAdvance(text) + GAP
        if scales:
            self._paint_scale(painter, QRectF(x + GAP, box.top(), bar - GAP, box.height()), data, marks)

    def _classes(self, data: Dataset, metrics: QFontMetrics, room: float) -> list[tuple[str, int, int, str]]:
        """As many classes as there is room for, and how many more there are."""
        entries: list[tuple[str, int, int, str]] = []
        for number, name in enumerate(data.class_names):
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, LONGEST)
            entry = (short, number, TRAIN, class_color(self._colors, number))
            more = len(data.class_names) - number - 1
            rest = [(f"+{more + 1}", 0, TRAIN, "")]
            if _width([*entries, entry, *(rest if more else [])], metrics) > room:
                return entries + rest
            entries.append(entry)
        return entries

    def _paint_scale(self, painter: QPainter, box: QRectF, data: Dataset, marks: Marks) -> None:
        """The regression's colours between the lowest and the highest value."""
        low, high = value_range(data.targets[:, 0])
        metrics = QFontMetrics(painter.font())
        texts = [f"{value:.3g}".replace("-", "−") for value in (low, high)]
        left, right = (metrics.horizontalAdvance(text) + 6 for text in texts)
        painter.setPen(QColor(self._colors.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, texts[0])
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, texts[1])
        bar = QRectF(box.left() + left, box.center().y() - 4, box.width() - left - right, 8)
        blend = QLinearGradient(bar.topLeft(), bar.topRight())
        for stop in np.linspace(0, 1, 9).tolist():
            blend.setColorAt(stop, QColor(marks.value_color(data, low + stop * (high - low))))
        painter.setPen(QColor(self._colors.line))
        painter.setBrush(blend)
        painter.drawRect(bar)


def _width(entries: list[tuple[str, int, int, str]], metrics: QFontMetrics) -> float:
    return float(sum(metrics.horizontalAdvance(entry[0]) + GAP + (MARK if entry[3] else 0) for entry in entries))
