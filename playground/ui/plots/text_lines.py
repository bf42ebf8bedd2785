"""Lines of text that paint themselves: a formula's rows with their numbers, and an algorithm's box."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from playground.training.looks.boxes import Box
from playground.training.looks.expressions import number
from playground.training.looks.worked import Row
from playground.ui.theme import Colors, blend, font

INDENT = 12  # pixels
APART = 3  # between two lines
NEAR = 6
FLAGS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
WRAP = FLAGS | Qt.TextFlag.TextWordWrap


class Type(NamedTuple):
    """The fonts of a picture, made once for it."""

    plain: QFont
    bold: QFont
    metrics: QFontMetrics
    bold_metrics: QFontMetrics


def type_of() -> Type:
    plain, bold = font("small"), font("small", bold=True)
    return Type(plain, bold, QFontMetrics(plain), QFontMetrics(bold))


class TextLines(QWidget):
    """Lines of text that it paints itself, one of which may be marked; the pointer tells which it is on."""

    pointed = Signal(int)  # a row's number; −1 when the pointer has left

    def __init__(self, name: str, colors: Colors) -> None:
        super().__init__(accessibleName=name)
        self.colors = colors
        self.setMouseTracking(True)
        self.tops: list[tuple[int, float]] = []  # where each line's row begins, from above

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(self.row_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(-1)
        super().leaveEvent(event)

    def row_at(self, place: QPoint) -> int:
        """The row under a place; −1 above all."""
        return next((row for row, top in reversed(self.tops) if top <= place.y()), -1)

    def resizeEvent(self, event: object) -> None:
        self.fit()

    def fit(self) -> None:
        """Be as high as the lines are at this width."""
        self.setFixedHeight(self.heightForWidth(self.width()))

    def _mark(self, painter: QPainter, box: QRectF) -> None:
        """The current line: a wash, and a bar at its left."""
        painter.fillRect(box, QColor(blend(self.colors.accent, self.colors.window, 0.16)))
        painter.fillRect(QRectF(box.left(), box.top(), 3, box.height()), QColor(self.colors.accent))


class RowsView(TextLines):
    """The rows of a formula; those after the one where the walk stands are only announced."""

    def __init__(self, colors: Colors) -> None:
        super().__init__("The formula with the numbers of one weight", colors)
        self.rows: tuple[Row, ...] = ()
        self.at: int | None = None  # the row at which a walk stands
        self.marked = -1  # the row that is pointed at
        self._long: set[int] = set()  # rows that needed two lines once: they keep them, so that nothing jumps

    def show_rows(self, rows: tuple[Row, ...], at: int | None) -> None:
        """Show these, up to one of them where a walk stands there."""
        if [row.formula for row in rows] != [row.formula for row in self.rows]:
            self._long.clear()
        self.rows, self.at = rows, at
        self.fit()
        self.update()

    @property
    def text(self) -> str:
        """All that it says, a row a line."""
        return "\n".join(" = ".join(part for part in _parts(row) if part) for row in self.rows)

    def resizeEvent(self, event: object) -> None:
        self._long.clear()
        super().resizeEvent(event)

    def heightForWidth(self, width: int) -> int:
        kind = type_of()
        for place, row in enumerate(self.rows):
            whole = " = ".join(part for part in _parts(row) if part)
            if kind.bold_metrics.horizontalAdvance(whole) + 2 * NEAR > width:
                self._long.add(place)
        line = kind.metrics.height()
        return sum(line * (1 + (place in self._long)) + APART for place in range(len(self.rows))) + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, kind = QPainter(self), type_of()
        line, y = kind.metrics.height(), 0.0
        self.tops = []
        for place, row in enumerate(self.rows):
            is_whole = place not in self._long
            height = line * (1 if is_whole else 2) + APART
            self.tops.append((place, y))
            if place in (self.at, self.marked):
                self._mark(painter, QRectF(0, y, self.width(), height))
            self._paint_row(painter, kind, row, is_whole, y + APART / 2, self.at is not None and place > self.at)
            y += height

    def _paint_row(self, painter: QPainter, kind: Type, row: Row, is_whole: bool, y: float, is_to_come: bool) -> None:
        """A row from a height on, on one line or two; one that is to come only announces itself."""
        left, middle, right = _parts(row)
        colors, x, end = self.colors, float(NEAR), self.width() - NEAR
        faint = blend(colors.muted, colors.window, 0.6)
        plain, line = kind.metrics, kind.metrics.height()

        def write(text: str, color: str, is_bold: bool = False) -> None:
            nonlocal x
            painter.setFont(kind.bold if is_bold else kind.plain)
            painter.setPen(QColor(color))
            painter.drawText(QRectF(x, y, end + NEAR - x, line), FLAGS, text)
            x += (kind.bold_metrics if is_bold else plain).horizontalAdvance(text)

        if is_to_come:
            write(_elided(plain, left, end - x), faint)
        else:
            write(_elided(plain, left, end - x), colors.text)
            if not is_whole:
                x, y = float(NEAR + INDENT), y + line
            if middle:
                room = end - x - plain.horizontalAdvance(" =  = ") - kind.bold_metrics.horizontalAdvance(right)
                write(f"{' ' * is_whole}= {_elided(plain, middle, room)}", colors.muted)
            write(" = ", colors.muted)
            write(right, colors.text, is_bold=True)
        if plain.horizontalAdvance(row.words) + 2 * NEAR <= end - x:
            painter.setFont(kind.plain)
            painter.setPen(QColor(faint if is_to_come else colors.muted))
            right_flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            painter.drawText(QRectF(x, y, end - x, line), right_flags, row.words)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.row_at(event.pos())
            if 0 <= place < len(self.rows):
                row = self.rows[place]
                QToolTip.showText(event.globalPos(), f"{row.words}: {' = '.join(p for p in _parts(row) if p)}", self)
            return True
        return super().event(event)


def _elided(metrics: QFontMetrics, text: str, room: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room))


def _parts(row: Row) -> tuple[str, str, str]:
    """What is left of the first sign, the numbers, and the result."""
    left = f"{row.symbol} ← {row.formula}" if row.formula else row.symbol
    middle = row.numbers if row.numbers != number(row.result) else ""
    return left, middle, number(row.result)


class BoxView(TextLines):
    """An algorithm's box, with its current line marked."""

    def __init__(self, colors: Colors) -> None:
        super().__init__("The algorithm", colors)
        self.box: Box | None = None
        self.line = -1  # that is marked
        self.is_brief = False  # whether the marked line and its neighbours are shown alone

    def show_box(self, box: Box, line: int, is_brief: bool = False) -> None:
        """Show an algorithm, with a line of it marked; where there is little room, what is around it."""
        if (box, line, is_brief) != (self.box, self.line, self.is_brief):
            self.box, self.line, self.is_brief = box, line, is_brief
            self.setAccessibleDescription("\n".join([box.title, *box.lines, box.note]))
            self.fit()
            self.update()

    def _laid(self, width: int) -> list[tuple[int, str, bool, QRectF]]:
        """Each text with its line's number, whether it is bold, and its place."""
        if self.box is None:
            return []
        plain, bold = type_of()[2:]
        found: list[tuple[int, str, bool, QRectF]] = []
        y = float(NEAR)
        lines = [(place, text) for place, text in enumerate(self.box.lines) if self._is_shown(place)]
        texts = [(-2, self.box.title), *lines, (-2, "" if self.is_brief else self.box.note)]
        for place, text in texts:
            left = NEAR + (INDENT if text.startswith("  ") else 0)
            metrics = bold if place == -2 and not found else plain
            room = QRectF(left, y, max(width - left - NEAR, 40), 10_000)
            box = metrics.boundingRect(room.toRect(), WRAP, text.strip())
            if text:
                found.append((place, text.strip(), metrics is bold, QRectF(left, y, room.width(), box.height())))
                y += box.height() + APART
        return found

    def _is_shown(self, place: int) -> bool:
        return not self.is_brief or abs(place - self.line) <= 1

    def heightForWidth(self, width: int) -> int:
        laid = self._laid(width)
        return int(laid[-1][3].bottom()) + NEAR if laid else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QColor(self.colors.line))
        painter.setBrush(QColor(self.colors.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self.tops = []
        kind = type_of()
        for place, text, is_bold, box in self._laid(self.width()):
            if place == self.line:
                self._mark(painter, QRectF(1, box.top() - 1, self.width() - 2, box.height() + 2))
            self.tops.append((place, box.top()))
            painter.setFont(kind.bold if is_bold else kind.plain)
            is_note = place == -2 and not is_bold
            painter.setPen(QColor(self.colors.muted if is_note else self.colors.text))
            painter.drawText(box, WRAP, text)
