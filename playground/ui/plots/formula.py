"""One weight's next update, line by line: formula = numbers = result, beside the algorithm's box."""

from __future__ import annotations

import time
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from playground.training.looks.boxes import Box
from playground.training.looks.expressions import number
from playground.training.looks.worked import Row, Weight, Worked
from playground.training.snapshot import TRAINING
from playground.ui.plots.chart import Title
from playground.ui.plots.export import Table
from playground.ui.scene import Pick, Scene
from playground.ui.theme import Colors, blend, font

EVERY = 0.1  # seconds between two pictures while training goes on: numbers that change faster cannot be read
BESIDE = 640  # pixels from which on the box stands beside the rows; else below, where each has the whole width
INDENT = 12  # pixels
APART = 3  # between two lines
NEAR = 6
EMPTY = "The next update of one weight is worked out here, once there is a run."
HURRIED = "Too much for full speed: pause, or step by updates (U), and the next update is worked out here."
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


class FormulaPage(QWidget):
    """The weight that is followed, its rows, and the box."""

    asked = Signal(str, tuple)
    picked = Signal(object)

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="The next update of one weight, worked out")
        self._colors = colors
        self._scene: Scene | None = None
        self._worked: Worked | None = None
        self._at: int | None = None  # the row at which a walk through the lines stands
        self._drawn = 0.0
        self._timer = QTimer(self, singleShot=True, interval=round(1000 * EVERY))
        self._timer.timeout.connect(self._draw)
        self._build()

    def _build(self) -> None:
        self.layer, self.unit, self.source = (_chooser(name) for name in ("Layer", "Unit", "From"))
        for chooser in (self.layer, self.unit, self.source):
            chooser.activated.connect(self._choose)
        self.reading = Title("", "small", muted=True)
        self.next = QToolButton(text="Next line", font=font("small"))
        self.next.setToolTip("Walk through this update line by line; after the last it is made. U makes it at once.")
        self.next.setProperty("role", "fit")
        self.next.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.next.clicked.connect(self.step)
        head = QHBoxLayout(spacing=4)
        for chooser in (self.layer, self.unit, self.source):
            head.addWidget(chooser)
        head.addWidget(self.reading, 1)
        head.addWidget(self.next)
        self.rows, self.box = RowsView(self._colors), BoxView(self._colors)
        self.rows.pointed.connect(self._point)
        self.box.pointed.connect(self._point_line)
        sheet = QWidget()
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, sheet, spacing=8)
        self._both.setContentsMargins(0, 0, 0, 0)
        self._both.addWidget(self.rows, 61, Qt.AlignmentFlag.AlignTop)
        self._both.addWidget(self.box, 39, Qt.AlignmentFlag.AlignTop)
        self._both.addStretch(0)
        self._scroll = QScrollArea(
            widgetResizable=True, horizontalScrollBarPolicy=Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self._scroll.setWidget(sheet)
        self._empty = QLabel(EMPTY, wordWrap=True, font=font(), alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(self.reading.foregroundRole())
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._empty, 1)

    @property
    def looks(self) -> dict[str, Weight]:
        """The weight that is picked."""
        pick = self._scene.pick if self._scene is not None else Pick()
        return {"worked": Weight(*pick)}

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = self.rows.colors = self.box.colors = colors
        self.rows.update()
        self.box.update()

    def show_scene(self, scene: Scene) -> None:
        """Work out the update that comes next; while training goes on, some times a second."""
        self._scene = scene
        if not self.isVisible():
            return
        goes_on = scene.snapshot is not None and scene.snapshot.status == TRAINING
        if goes_on and time.perf_counter() - self._drawn < EVERY:
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._draw()

    def _draw(self) -> None:
        scene = self._scene
        if scene is None or not self.isVisible():
            return
        self._timer.stop()
        self._drawn = time.perf_counter()
        before, worked = self._worked, scene.seen("worked")
        self._worked = worked
        is_known = worked is not None
        for part in (self.layer, self.unit, self.source, self.reading, self.next, self._scroll):
            part.setVisible(is_known)
        self._empty.setVisible(not is_known)
        if worked is None:
            has_begun = scene.snapshot is not None and "worked" in scene.snapshot.seen
            self._empty.setText(HURRIED if has_begun else EMPTY)
            return
        if self._at is not None and (before is None or before.number != worked.number):
            # Another update is to come: a walk begins anew, unless it was passed by.
            self._at = 0 if before is not None and worked.number == before.number + 1 else None
        self._fill_choosers(worked)
        where = f"batch {worked.batch:,} of {worked.batches:,}" if worked.batches > 1 else "all points"
        short = f"t = {worked.number:,}"
        whole = f"update {short}, epoch {worked.epoch:,}, {where}"
        room = self.width() - self.next.width() - 3 * self.layer.width() - 24
        self.reading.setText(whole if QFontMetrics(font("small")).horizontalAdvance(whole) <= room else short)
        self.reading.setToolTip(f"The {whole}, of {worked.name}: what comes next, rehearsed on a twin of the run.")
        self.rows.show_rows(worked.rows, self._at)
        self.rows.setAccessibleDescription(f"{worked.name}, {whole}\n{self.rows.text}")
        self._mark_box()
        if self._at is not None:
            self._follow()

    def _follow(self) -> None:
        """See the row where the walk stands, and its line of the box."""
        for lines, row in ((self.box, self.box.line), (self.rows, self._at)):
            top = next((top for place, top in lines.tops if place == row), None)
            if top is not None:
                self._scroll.ensureVisible(0, lines.y() + int(top) + 8, 0, 24)

    def table(self) -> Table:
        """A line of the formula a row."""
        names = ("quantity", "what it is", "formula", "numbers", "result")
        rows = [(row.symbol, row.words, row.formula, row.numbers, row.result) for row in self.rows.rows]
        return Table(names, tuple(zip(*rows)) or tuple([] for _ in names))

    def _mark_box(self) -> None:
        worked = self._worked
        if worked is not None:
            row = self.rows.marked if self.rows.marked >= 0 else self._at
            is_known = row is not None and row < len(worked.rows)
            line = worked.rows[row].place if is_known and row is not None else -1
            self.box.show_box(worked.box, line, is_brief=self._at is not None and self.width() < BESIDE)

    # the hand

    def step(self) -> None:
        """The next line; after the last the update is made."""
        if self._worked is None:
            return
        if self._at is not None and self._at >= len(self._worked.rows) - 1:
            self.asked.emit("step_update", ())
            return
        self._at = 0 if self._at is None else self._at + 1
        self.rows.show_rows(self._worked.rows, self._at)
        self._mark_box()
        self._follow()

    def _point(self, row: int) -> None:
        self.rows.marked = row
        self.rows.update()
        self._mark_box()

    def _point_line(self, line: int) -> None:
        """A line of the box is pointed at: the row that it stands for."""
        rows = self._worked.rows if self._worked is not None else ()
        self._point(next((place for place, row in enumerate(rows) if row.place == line), -1))

    def _choose(self) -> None:
        place = self.source.currentIndex()
        source = place if self._worked is not None and place < len(self._worked.sources) else None
        self.picked.emit(Pick(max(self.layer.currentIndex(), 0), max(self.unit.currentIndex(), 0), source))

    def _fill_choosers(self, worked: Worked) -> None:
        """Offer what the network has, and choose the weight that is worked out."""
        weight, depth = worked.weight, len(worked.units)
        layers = [*(f"layer {place + 1}" for place in range(depth - 1)), "output"]
        _offer(self.layer, layers, weight.layer)
        kind = "unit" if weight.layer < depth - 1 else "output"
        _offer(self.unit, [f"{kind} {place + 1}" for place in range(worked.units[weight.layer])], weight.unit)
        sources = [f"from {name}" for name in worked.sources] + [worked.extra] * bool(worked.extra)
        _offer(self.source, sources, len(worked.sources) if weight.source is None else weight.source)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: object) -> None:
        is_beside, ways = self.width() >= BESIDE, QBoxLayout.Direction
        self._both.setDirection(ways.LeftToRight if is_beside else ways.TopToBottom)
        for place, stretch in enumerate((61, 39)):
            self._both.setStretch(place, stretch if is_beside else 0)


def _chooser(name: str) -> QComboBox:
    box = QComboBox(accessibleName=name, font=font("small"), maxVisibleItems=16)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(4)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box


def _offer(chooser: QComboBox, names: list[str], chosen: int) -> None:
    """Fill a menu, if it has others, and choose, silently."""
    if chooser.count() != len(names) or (names and chooser.itemText(len(names) - 1) != names[-1]):
        chooser.clear()
        chooser.addItems(names)
    if not chooser.view().isVisible():
        chooser.setCurrentIndex(chosen)
