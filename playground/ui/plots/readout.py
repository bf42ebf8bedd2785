"""The legend of a chart with its numbers: a row for each quantity, a column for each set."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.ui.painting import painted
from playground.ui.plots.lines import Stroke
from playground.ui.theme import Colors, font

SAMPLE = 26  # length of a line's sample: two dashes with a gap
GAP = 12  # between two columns
NEAR = 6  # between a sample, its name and its number
LEADING = 4
WIDEST = ("0.00000", "8.8e−88", "88.8 %")  # numbers as wide as they come


class Entry(NamedTuple):
    """A curve's sample with its name and number; without a stroke there is no sample."""

    name: str
    value: str
    stroke: Stroke | None = None


class Row(NamedTuple):
    """A quantity, and its entries."""

    title: str
    entries: tuple[Entry, ...]


class Readout(QWidget):
    """Paints rows of entries; columns never move while numbers change."""

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._colors = colors
        self._rows: tuple[Row, ...] = ()
        self._moment = ""

    def set_colors(self, colors: Colors) -> None:
        self._colors = colors
        self.update()

    def show_rows(self, rows: tuple[Row, ...], moment: str = "") -> None:
        """Show these rows. moment: of what epoch they are."""
        if (rows, moment) == (self._rows, self._moment):
            return
        grows = len(rows) != len(self._rows)
        self._rows, self._moment = rows, moment
        self.setAccessibleDescription(self.text)
        if grows:
            self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """All that it says, a row a line."""
        told = [
            f"{row.title}: " + ", ".join(f"{entry.name} {entry.value}".strip() for entry in row.entries)
            for row in self._rows
        ]
        return "\n".join([*told, self._moment] if self._moment else told)

    def sizeHint(self) -> QSize:
        line = QFontMetrics(font("small")).height() + LEADING
        return QSize(320, max(2, len(self._rows)) * line)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font("small"))
        metrics = QFontMetrics(painter.font())
        line = metrics.height() + LEADING
        first = max((metrics.horizontalAdvance(row.title) for row in self._rows), default=0) + GAP
        columns = max((len(row.entries) for row in self._rows), default=0)
        names = [self._widest(metrics, column) for column in range(columns)]
        number = max(map(metrics.horizontalAdvance, WIDEST))
        ends = 0.0
        for place, row in enumerate(self._rows):
            box = QRectF(0, place * line, self.width(), line)
            painter.setPen(QColor(self._colors.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, row.title)
            x = float(first)
            for entry, name in zip(row.entries, names):
                width = SAMPLE + NEAR + name + NEAR + number
                room = self.width() - x if entry is row.entries[-1] else width
                self._paint_entry(painter, QRectF(x, box.top(), room, line), entry, name)
                x += width + GAP
                ends = max(ends, x)
        if ends + metrics.horizontalAdvance(self._moment) <= self.width():
            painter.setPen(QColor(self._colors.muted))
            beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, self.width(), line), beside, self._moment)

    def _widest(self, metrics: QFontMetrics, column: int) -> int:
        entries = [row.entries[column] for row in self._rows if len(row.entries) > column]
        return max(metrics.horizontalAdvance(entry.name) for entry in entries)

    def _paint_entry(self, painter: QPainter, box: QRectF, entry: Entry, name: int) -> None:
        if entry.stroke is not None:
            sample, middle = QPainterPath(), round(box.center().y())
            if entry.stroke.width:
                sample.moveTo(box.left(), middle)
                sample.lineTo(box.left() + SAMPLE, middle)
            else:
                sample.addRect(QRectF(box.left(), middle - 4, SAMPLE, 8))
            entry.stroke.draw(painter, sample)
        painter.setPen(QColor(self._colors.muted))
        left = box.left() + SAMPLE + NEAR
        painter.drawText(QRectF(left, box.top(), name, box.height()), Qt.AlignmentFlag.AlignVCenter, entry.name)
        painter.setPen(QColor(self._colors.text))
        painter.drawText(box.adjusted(SAMPLE + NEAR + name + NEAR, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, entry.value)
