"""A bench for sequences of gradients: what every rule, and every form that the slides write, makes of them."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from playground.training.looks.sequences import GRADIENTS, Response, read, respond
from playground.ui.plots.chart import Chart, Title, pen
from playground.ui.plots.export import Export, Table
from playground.ui.scales import ceiling, figures
from playground.ui.scene import Scene
from playground.ui.theme import Colors, blend, font, scaled

LECTURE = "0.1 x9, −0.9"
HELP = "Gradients of one weight, one an update: 0.1 x9, −0.9 is .1 nine times and then −.9, the lecture's."
HEADS = ("rule", "sum", "1st step", "last")
WIDE = 640  # pixels from which on the table tells steps, too
ROW = 22  # pixels


class SequencePage(QWidget):
    """The gradients, a table of the rules, and the steps of the one that is chosen."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="What every rule makes of a sequence of gradients")
        self._colors = colors
        self._gradients: tuple[float, ...] = GRADIENTS
        self._convention = ""
        self._optimizer = ""
        self.responses: tuple[Response, ...] = ()
        self._build()

    def _build(self) -> None:
        self.field = QLineEdit(LECTURE, accessibleName="Gradients", toolTip=HELP, font=font("small"))
        self.field.editingFinished.connect(self._take)
        self.reading = Title("", "small", muted=True)
        head = QHBoxLayout(spacing=8)
        head.addWidget(QLabel("g =", font=font("small")))
        head.addWidget(self.field, 2)
        head.addWidget(self.reading, 3)
        self.list = quiet_table("Rules", HEADS)
        self.list.itemSelectionChanged.connect(self._draw)
        self.chart = Chart(self._colors, "update", "Δw / η")
        self.chart.setAccessibleName("Steps of the chosen rule")
        self.chart.export = Export(self.chart, "steps", lambda: "Steps, in units of η", self.table, self._colors)
        self.chart.setMinimumHeight(80)
        self.bars = pg.BarGraphItem(x=[0], height=[0], width=0.6)
        self.sum = pg.PlotCurveItem()
        self.words = QLabel(wordWrap=True, font=font("small"), textFormat=Qt.TextFormat.PlainText)
        self.words.setForegroundRole(self.reading.foregroundRole())
        right = QVBoxLayout(spacing=2)
        right.addWidget(self.chart, 1)
        right.addWidget(self.words)
        both = QHBoxLayout(spacing=8)
        both.addWidget(self.list, 46)
        both.addLayout(right, 54)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addLayout(both, 1)
        self.set_colors(self._colors)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.chart.set_colors(colors)
        self.chart.clear()
        zero = pg.InfiniteLine(0, angle=0, pen=pen(colors.muted))
        for item in (zero, self.bars, self.sum):
            self.chart.addItem(item, ignoreBounds=True)
        self.bars.setOpts(brush=QColor(blend(colors.training, colors.window, 0.5)), pen=pen(colors.window))
        self.sum.setPen(pg.mkPen(colors.accent, width=colors.curve))
        self._draw()

    def show_scene(self, scene: Scene) -> None:
        """Take the convention, and choose the rule in hand where another was chosen."""
        knobs = scene.experiment.resolved
        if knobs.optimizer != self._optimizer or knobs.convention != self._convention:
            is_other = knobs.optimizer != self._optimizer
            self._optimizer, self._convention = knobs.optimizer, knobs.convention
            self._respond()
            if is_other:
                self._choose(knobs.optimizer)

    def _take(self) -> None:
        """What was typed; what cannot be read is marked, and told."""
        try:
            self._gradients = read(self.field.text())
        except ValueError as error:
            self._mark("wrong", f"{error}")
            return
        self._mark("", "")
        self._respond()

    def _mark(self, state: str, text: str) -> None:
        self.reading.setText(text)
        if self.field.property("state") != state:
            self.field.setProperty("state", state)
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)

    def _respond(self) -> None:
        row = self.list.currentRow()
        self.responses = respond(self._gradients, self._convention or "lecture")
        self.list.setRowCount(len(self.responses))
        for place, response in enumerate(self.responses):
            texts = response.title, *map(_brief, (response.total, response.steps[0], response.steps[-1]))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                right = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(right | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(f"{response.title}: {response.words}\nΔw = {response.formula}, η {response.eta:g}")
                if response.is_slide:
                    italic = font("small")
                    italic.setItalic(True)
                    item.setFont(italic)
                self.list.setItem(place, column, item)
        self.list.selectRow(max(row, 0))
        self._draw()

    def _choose(self, optimizer: str) -> None:
        for place, response in enumerate(self.responses):
            if response.optimizer == optimizer and not response.is_slide:
                self.list.selectRow(place)
                index = self.list.model().index(place, 0)
                self.list.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    @property
    def chosen(self) -> Response | None:
        """The rule whose steps are drawn."""
        row = self.list.currentRow()
        return self.responses[row] if 0 <= row < len(self.responses) else None

    def _draw(self) -> None:
        response = self.chosen
        if response is None or not self.isVisible():
            return
        steps = np.nan_to_num(np.array(response.steps), nan=0.0, posinf=1e9, neginf=-1e9)
        x = np.arange(1.0, len(steps) + 1)
        path = np.concatenate([[0.0], np.cumsum(steps)])
        self.bars.setOpts(x=x, height=steps, width=0.6)
        self.sum.setData(np.arange(len(path)) + 0.5, path)
        low, high = min(float(path.min()), float(steps.min())), max(float(path.max()), float(steps.max()))
        unit = ceiling(max(high - low, 1e-9)) / 5
        self.chart.forget_ranges()
        self.chart.look((0.0, len(steps) + 1.0), (unit * np.floor(low / unit - 0.2), unit * np.ceil(high / unit + 0.2)))
        if self.field.property("state") != "wrong":
            self.reading.setText("bars: steps, line: their sum, in units of η")
        pasts = [
            f"past gradients weigh in {past.of}: {', '.join(_share(value) for value in past.weights[:5])}, …"
            for past in response.pasts
        ]
        self.words.setText("\n".join([f"{response.title}: {response.words}. Δw = {response.formula}", *pasts]))
        self.chart.setAccessibleDescription(self.words.text())

    def table(self) -> Table:
        """An update a row, a rule a column."""
        names = tuple(response.title for response in self.responses)
        columns = (list(self._gradients), *(list(response.steps) for response in self.responses))
        return Table(("gradient", *names), columns)

    def resizeEvent(self, event: object) -> None:
        for column in (2, 3):
            self.list.setColumnHidden(column, self.width() < WIDE)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.responses:
            self._respond()
        self._draw()


def quiet_table(name: str, heads: tuple[str, ...]) -> QTableWidget:
    """A table that is read, a row chosen at a time; its first column takes what room there is."""
    table = QTableWidget(0, len(heads), accessibleName=name, showGrid=False, font=font("small"))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setMinimumSectionSize(scaled(ROW))
    table.verticalHeader().setDefaultSectionSize(scaled(ROW))
    header = table.horizontalHeader()
    header.setFont(font("small"))
    header.setHighlightSections(False)
    header.setMinimumSectionSize(40)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column, text in enumerate(heads):
        item = QTableWidgetItem(text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
        table.setHorizontalHeaderItem(column, item)
    return table


def _brief(value: float) -> str:
    """A step in three figures; what rounding leaves of a sum is 0."""
    value = 0.0 if abs(value) < 1e-12 else value
    return f"{value + 0.0:.3g}".replace("-", "−") if abs(value) < 1e5 else figures(value)


def _share(value: float) -> str:
    """A weight of a past gradient in three figures: .05, .0475."""
    return f"{value:.3g}".removeprefix("0") if 0 < value < 1 else f"{value:.3g}"
