"""What a normalization layer keeps and learns, for every unit: moving mean and variance, γ and β, weights' lengths."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from playground.training.history import NormSeries
from playground.training.snapshot import TRAINING, Snapshot
from playground.ui.plots.chart import Chart, Title
from playground.ui.plots.export import Table
from playground.ui.plots.units import MOST_LINES, PARTS, UnitsChart
from playground.ui.scene import Scene
from playground.ui.theme import Colors, font

QUIET = 50  # milliseconds without a snapshot after which the charts that wait are drawn
OFF = "Normalization is off. Choose Batch to see each layer's moving mean and variance, γ and β here."
TITLES = {
    "batch": "What does BatchNorm learn?",
    "layer": "What does LayerNorm learn?",
    "weight": "What does WeightNorm learn?",
}
BAND = "The band holds the middle 80 % of the units, its line is the median; the outer lines are the extremes."
# What is told before there is anything to draw
EMPTY = {
    "batch": "Each layer's moving mean and variance, γ and β are drawn here once training runs.",
    "layer": "Layer normalization keeps no statistics; its γ and β are drawn here once training runs.",
    "weight": "Weight normalization keeps no statistics; the lengths of its weights are drawn here once training runs.",
}


class NormPlot(QWidget):
    """A small chart for each vector that one layer has, and a menu of the layers."""

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Normalization: what each layer keeps and learns, over the epochs")
        self._colors = colors
        self._question = question
        self._kind = "none"
        self._snapshot: Snapshot | None = None
        self._is_stale = True
        self._waiting: list[UnitsChart] = []  # those that have not drawn the newest snapshot
        self._timer = QTimer(self, interval=QUIET)
        self._timer.timeout.connect(self._draw_next)
        self._build()
        self.set_colors(colors)

    def _set_kind(self, kind: str) -> None:
        """Which normalization is chosen, by the key of its rule."""
        if kind != self._kind:
            self._kind = kind
            self._title.setText(TITLES.get(kind, self._question))
            self._empty.setText(EMPTY.get(kind, OFF))

    def show_scene(self, scene: Scene) -> None:
        """Draw the layers of a run, or say how to switch them on. Hidden, it waits until it is seen."""
        self._set_kind(scene.experiment.knobs.normalization)
        before, self._snapshot = self._snapshot, scene.snapshot
        snapshot = self._snapshot
        if before is not None and (snapshot is None or snapshot.epoch < before.epoch):
            for panel in self._panels:
                panel.chart.forget_ranges()
        self._is_stale = True
        if not self.isVisible():
            return
        goes_on = snapshot is not None and snapshot.status == TRAINING
        if goes_on and self._timer.isActive() and self._outline(before) == self._outline(snapshot):
            # all charts at once would cost a frame: they take turns, and the last ones are drawn when it is quiet
            self._waiting += [panel for panel in self._panels if panel.isVisible() and panel not in self._waiting]
            self._draw_next()
        else:
            self._draw()
        self._timer.start()

    def _draw_next(self) -> None:
        """The chart that has waited longest."""
        if self._waiting and (norms := self._norms(self._snapshot)):
            self._show(self._waiting.pop(0), norms[self.layer])
        else:
            self._timer.stop()

    def _show(self, panel: UnitsChart, series: NormSeries) -> None:
        assert self._snapshot is not None
        panel.show_series(series, self._snapshot.epoch, self._snapshot.looked is not None)

    @staticmethod
    def _norms(snapshot: Snapshot | None) -> tuple[NormSeries, ...]:
        """A series for each layer that has one."""
        return snapshot.seen.get("norms", ()) if snapshot is not None else ()

    def _outline(self, snapshot: Snapshot | None) -> list[tuple[int, ...]]:
        """How many units each vector of each layer has."""
        return [tuple(vector.shape[1] for vector in series[2:]) for series in self._norms(snapshot)]

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for panel in self._panels:
            panel.set_colors(colors)
        self._is_stale = True
        if self.isVisible():
            self._draw()

    @property
    def layer(self) -> int:
        """The row of the layer that is shown, from 0."""
        return max(self._chooser.currentIndex(), 0)

    @property
    def charts(self) -> list[Chart]:
        """One for each vector that a layer may have."""
        return [panel.chart for panel in self._panels]

    def table(self) -> Table:
        """An epoch a row, each vector of each unit of the layer a column."""
        if not (norms := self._norms(self._snapshot)):
            return Table(("epoch",), ([],))
        series = norms[self.layer]
        names, columns = ["epoch"], [series.epochs.tolist()]
        for part in PARTS:
            values = getattr(series, part.field)
            names += [f"{part.field} {unit + 1}" for unit in range(values.shape[1])]
            columns += values.T.tolist()
        return Table(tuple(names), tuple(columns))

    def _build(self) -> None:
        self._title = Title(self._question, bold=True)
        self._chooser = QComboBox(accessibleName="Layer", toolTip="The layer whose units are drawn", font=font("small"))
        self._chooser.activated.connect(self._choose_layer)
        self._is_chosen = False  # whether a hand has chosen a layer
        self._units = ""
        self._reading = Title(size="small", muted=True)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self._title)
        head.addWidget(self._reading, 1)
        head.addWidget(self._chooser)
        self._panels = [UnitsChart(self._colors, part) for part in PARTS]
        for panel in self._panels:
            panel.hide()  # until it is known which vectors a layer has: room for all would push the loss away
            panel.unit_pointed.connect(self._point)
        grid = QGridLayout(horizontalSpacing=8, verticalSpacing=4)
        grid.setContentsMargins(0, 0, 0, 0)
        for number, panel in enumerate(self._panels[:4]):
            grid.addWidget(panel, number // 2, number % 2)
        grid.addWidget(self._panels[4], 2, 0, 1, 2)
        charts = QWidget()
        charts.setLayout(grid)
        self._empty = QLabel(OFF, wordWrap=True, font=font())
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._empty.setContentsMargins(24, 0, 24, 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(charts)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    def _point(self, text: str) -> None:
        """Read what is under the cursor, in the title's place: there is room for all of it."""
        self._title.setVisible(not text)
        self._reading.setText(text or self._units)

    def _choose_layer(self) -> None:
        self._is_chosen = True
        for panel in self._panels:
            panel.chart.forget_ranges()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._draw()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._is_stale = True

    def _draw(self) -> None:
        self._is_stale = False
        self._waiting.clear()
        norms = self._norms(self._snapshot)
        self._stack.setCurrentIndex(1 if norms else 0)
        self._chooser.setVisible(bool(norms))
        self._reading.setVisible(bool(norms))
        names = [f"layer {series.layer}" for series in norms]
        if names != [self._chooser.itemText(row) for row in range(self._chooser.count())]:
            # at first the second: what the first one is given is standardised, so that its mean stays at 0
            chosen = self.layer if self._is_chosen else 1
            self._chooser.clear()
            self._chooser.addItems(names)
            self._chooser.setCurrentIndex(min(chosen, len(names) - 1))
        if norms:
            series = norms[self.layer]
            units = max(panel.count(series) for panel in self._panels)
            self._units = f"80 % of {units} units" if units > MOST_LINES else f"{units} unit{'s' * (units != 1)}"
            self._reading.setToolTip(BAND if units > MOST_LINES else "")
            self._reading.setText(self._units)
            for panel in self._panels:
                panel.setVisible(panel.count(series) > 0)
                self._show(panel, series)
