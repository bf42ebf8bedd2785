"""How often each class was taken for which, as a table of cells; precision below, recall at its right."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from playground.ui.describe import plain
from playground.ui.painting import painted
from playground.ui.theme import Colors, blend, font

WIDEST = 96  # pixels of a class's name
STRONGEST = 0.5  # of a cell's colour: its number is read on it
LEAST = 8  # pixels of the smallest number that is written
CORNER = "true ↓  answered →"
Cell = tuple[int, int]


class Matrix(QWidget):
    """A row a true class, a column an answer. Right ones stand on the diagonal; a press picks a cell's points."""

    cell_picked = Signal(int, int)  # the true class, and the answer

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="Confusion matrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 80)
        self._colors = colors
        self._names: tuple[str, ...] = ()
        self._counts = np.zeros((0, 0), np.intp)
        self._precision = self._recall = np.zeros(0)
        self._cell: Cell | None = None  # under the hand

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.update()

    def show_counts(
        self,
        names: Sequence[str],
        counts: NDArray[np.intp],
        precision: NDArray[np.float64],
        recall: NDArray[np.float64],
    ) -> None:
        """counts: (k, k), a row a true class. precision, recall: (k,), NaN where there is none."""
        self._names, self._counts, self._precision, self._recall = tuple(names), counts, precision, recall
        if self._cell is not None and max(self._cell) >= len(names):
            self._cell = None
        lines = [f"{name}: precision {_share(p)}, recall {_share(r)}" for name, p, r in zip(names, precision, recall)]
        self.setAccessibleDescription("; ".join(lines[:20]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    # places

    @property
    def _count(self) -> int:
        return len(self._names)

    def _area(self) -> QRectF:
        """Where the counts' cells are, without names and margins."""
        metrics = QFontMetrics(font("small"))
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = max(min(widest, WIDEST) + 8, metrics.horizontalAdvance(CORNER) + 8)
        top = metrics.height() + 4
        right, bottom = metrics.horizontalAdvance("recall") + 16, metrics.height() + 4
        return QRectF(left, top, max(self.width() - left - right, 1), max(self.height() - top - bottom, 1))

    def _box(self, row: int, column: int) -> QRectF:
        """The cell's place; the one after the last is a margin's."""
        area, count = self._area(), max(self._count, 1)
        wide, high = area.width() / count, area.height() / count
        box = QRectF(area.left() + column * wide, area.top() + row * high, wide, high)
        if column == self._count:
            box.setRight(self.width())
        if row == self._count:
            box.setBottom(self.height())
        return box

    def _cell_at(self, pixel: QPointF) -> Cell | None:
        area = self._area()
        if not self._count or not area.contains(pixel):
            return None
        row = int((pixel.y() - area.top()) / area.height() * self._count)
        column = int((pixel.x() - area.left()) / area.width() * self._count)
        return min(row, self._count - 1), min(column, self._count - 1)

    # the hand

    def told(self, cell: Cell) -> str:
        """A cell in words."""
        true, answer = cell
        count, of = int(self._counts[cell]), int(self._counts[true].sum())
        how = "answered rightly" if true == answer else f"taken for {self._names[answer]}"
        share = f", {100 * count / of:.0f} % of them" if of else ""
        return f"{count:,} of {of:,} of {self._names[true]} {how}{share}"

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self._cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain(self.told(cell)) if cell is not None else "", self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.cell_picked.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        key, last = Qt.Key(event.key()), self._count - 1
        if key in ways and self._count:
            row, column = self._cell or (0, 0)
            down, right = ways[key] if self._cell is not None else (0, 0)
            self._point((min(max(row + down, 0), last), min(max(column + right, 0), last)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._cell is not None:
            self.cell_picked.emit(*self._cell)
        else:
            super().keyPressEvent(event)

    def _point(self, cell: Cell | None) -> None:
        if cell != self._cell:
            self._cell = cell
            self.update()

    # painting

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        except Exception:  # one that leaves here would end the process
            sys.excepthook(*sys.exc_info())
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        if not self._count:
            return
        small, muted = font("small"), QColor(self._colors.muted)
        metrics, area = QFontMetrics(small), self._area()
        painter.setFont(small)
        painter.setPen(muted)
        top = QRectF(0, 0, area.left() - 8, area.top() - 2)
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, CORNER)
        names = (*self._names, "recall")
        for column, name in enumerate(names):
            box = self._box(0, column)
            room = QRectF(box.left() + 1, 0, box.width() - 2, area.top() - 2)
            painter.drawText(
                room,
                Qt.AlignmentFlag.AlignCenter,
                metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width())),
            )
        painter.setFont(self._fitting(small))
        metrics = QFontMetrics(painter.font())
        for row, name in enumerate((*self._names, "precision")):
            box = self._box(row, 0)
            room = QRectF(0, box.top(), area.left() - 8, box.height())
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.setPen(muted)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_cells(painter, metrics)
        self._paint_margins(painter)

    def _fitting(self, wanted: QFont) -> QFont:
        """The font, smaller where a row is lower than its letters."""
        result, high = QFont(wanted), self._box(0, 0).height()
        if QFontMetrics(result).height() > high + 2:
            result.setPixelSize(max(int(high) - 2, LEAST))
        return result

    def _paint_cells(self, painter: QPainter, metrics: QFontMetrics) -> None:
        colors = self._colors
        of = np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        shares = self._counts / of
        box = self._box(0, 0)
        widest = metrics.horizontalAdvance(f"{int(self._counts.max(initial=0)):,}")
        is_written = box.width() >= widest + 2 and box.height() >= LEAST
        for row in range(self._count):
            for column in range(self._count):
                box = self._box(row, column).adjusted(1, 1, -1, -1)
                hue = colors.best if row == column else colors.error
                share = float(shares[row, column])
                # the root: a few wrong ones among many are seen too
                painter.fillRect(box, QColor(blend(hue, colors.panel, STRONGEST * math.sqrt(share))))
                count = int(self._counts[row, column])
                if is_written and (count or row == column):
                    painter.setPen(QColor(colors.text))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{count:,}")
        if self._cell is not None:
            painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.text), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._box(*self._cell).adjusted(1, 1, -1, -1))

    def _paint_margins(self, painter: QPainter) -> None:
        """Recall at the right, precision below."""
        painter.setPen(QColor(self._colors.text))
        metrics, wide = QFontMetrics(painter.font()), self._box(0, 0).width()
        sign = "" if wide < metrics.horizontalAdvance("100 % ") else " %"
        for number in range(self._count):
            painter.drawText(self._box(number, self._count), Qt.AlignmentFlag.AlignCenter, _share(self._recall[number]))
            if wide >= metrics.horizontalAdvance("100"):
                box = self._box(self._count, number)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _share(self._precision[number], sign))


def _share(value: float, sign: str = " %") -> str:
    """A share in per cent; a dash where there is none."""
    return "–" if math.isnan(value) else f"{100 * value:.0f}{sign}"
