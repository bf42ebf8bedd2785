"""One weight's next update, line by line: formula = numbers = result, beside the algorithm's box."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from playground.training.looks.worked import Weight, Worked
from playground.training.snapshot import TRAINING
from playground.ui.describe import plain
from playground.ui.plots.chart import Title
from playground.ui.plots.export import Table
from playground.ui.plots.text_lines import BoxView, RowsView
from playground.ui.scene import Pick, Scene
from playground.ui.theme import Colors, font, scaled

EVERY = 0.1  # seconds between two pictures while training goes on: numbers that change faster cannot be read
BESIDE = 640  # pixels from which on the box stands beside the rows; else below, where each has the whole width
EMPTY = "The next update of one weight is worked out here, once there is a run."
HURRIED = "Too much for full speed: pause, or step by updates (U), and the next update is worked out here."


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
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
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
            self._empty.setText(HURRIED if has_begun else scene.absent(EMPTY))
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
        tip = f"The {whole}, of {worked.name}: what comes next, rehearsed on a twin of the run."
        self.reading.setToolTip(plain(tip))
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
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setMinimumWidth(64)
    box.setMaximumWidth(scaled(136))
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box


def _offer(chooser: QComboBox, names: list[str], chosen: int) -> None:
    """Fill a menu, if it has others, and choose, silently."""
    if chooser.count() != len(names) or (names and chooser.itemText(len(names) - 1) != names[-1]):
        chooser.clear()
        chooser.addItems(names)
    if not chooser.view().isVisible():
        chooser.setCurrentIndex(chosen)
