"""What a normalization layer keeps, learns and does: over the epochs, in a batch, and to where its sums lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.training.history import NormSeries
from playground.training.looks.norms import Track, Wanted
from playground.training.snapshot import TRAINING, Snapshot
from playground.ui.plots.chart import Chart, Title
from playground.ui.plots.export import Table
from playground.ui.plots.norm_box import BoxView
from playground.ui.plots.norm_shift import OtherShift, ShiftView
from playground.ui.plots.units import MORE, MOST_LINES, PARTS, Batch, UnitsChart
from playground.ui.scene import Pick, Scene
from playground.ui.theme import Colors, font, run_color

QUIET = 150  # milliseconds without a scene after which the charts that wait are drawn
OFF = "Normalization is off. Choose Batch to see each layer's moving mean and variance, γ and β here."
TITLES = {
    "batch": "What does BatchNorm learn?",
    "layer": "What does LayerNorm learn?",
    "weight": "What does WeightNorm learn?",
}
OVER, BOX, SHIFT = "over", "box", "shift"
PAGES = {
    OVER: "&Over the epochs: what does it learn?",
    BOX: "In a &batch: what does it do to a unit?",
    SHIFT: "&Shift: how far do its sums move?",
}
LOOKS = {OVER: "norm_track", BOX: "norm_box", SHIFT: "norm_shift"}  # what each asks of a run
QUESTIONS = {
    BOX: "What does it do to a unit?",
    SHIFT: "How far do its sums move?",
}
# Where each small chart stands; one of them at a place is seen.
CORNERS = {
    "mean": (0, 0),
    "sample_mean": (0, 0),
    "scale": (0, 0),
    "variance": (0, 1),
    "sample_variance": (0, 1),
    "length": (0, 1),
    "gamma": (1, 0),
    "beta": (1, 1),
}
BAND = "The band holds the middle 80 % of the units, its line is the median; the outer lines are the extremes."
# What is told before there is anything to draw
START = "At epoch 0 no batch has been seen: what normalization keeps and learns is drawn from epoch 1 on."
EMPTY = {
    "batch": "Each layer's moving mean and variance, γ and β are drawn here once training runs.",
    "layer": "Layer normalization keeps no statistics; its γ and β are drawn here once training runs.",
    "weight": "Weight normalization keeps no statistics; the lengths of its weights are drawn here once training runs.",
}


class NormPlot(QWidget):
    """Three pages in turn: a small chart for each vector that one layer has, a unit in a batch, how far sums move."""

    asked = Signal(str, tuple)
    picked = Signal(object)
    looks_changed = Signal()

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Normalization: what each layer keeps and learns, over the epochs")
        self._colors = colors
        self._question = question
        self._kind = "none"
        self._scene: Scene | None = None
        self._pick = Pick()
        self._page = OVER
        self._asked: dict[str, Any] = {}  # of a run, when it was last told
        self._snapshot: Snapshot | None = None
        self._is_stale = True
        self._waiting: list[UnitsChart] = []  # those that have not drawn the newest snapshot
        self._timer = QTimer(self, singleShot=True, interval=QUIET)
        self._timer.timeout.connect(self._draw_waiting)
        self._build()
        self.set_colors(colors)

    def _set_kind(self, kind: str) -> None:
        """Which normalization is chosen, by the key of its rule."""
        if kind != self._kind:
            self._kind = kind
            self._show_question()
            self._empty.setText(EMPTY.get(kind, OFF))

    def show_scene(self, scene: Scene) -> None:
        """Draw the layers of a run, or say how to switch them on. Hidden, it waits until it is seen."""
        self._set_kind(scene.experiment.knobs.normalization)
        before, self._snapshot = self._snapshot, scene.snapshot
        self._scene, snapshot = scene, self._snapshot
        self._follow(scene.pick)
        self._tell_looks()
        if before is not None and (snapshot is None or snapshot.epoch < before.epoch):
            for panel in self._panels:
                panel.chart.forget_ranges()
            self._forget_ranges()
        self._is_stale = True
        if not self.isVisible():
            return
        goes_on = snapshot is not None and snapshot.status == TRAINING
        if self.page != OVER:
            self._draw()
        elif goes_on and self._timer.isActive() and self._outline(before) == self._outline(snapshot):
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

    def _draw_waiting(self) -> None:
        """Nothing comes any more: all show the same moment."""
        while self._waiting and self._norms(self._snapshot):
            self._draw_next()

    def _show(self, panel: UnitsChart, series: NormSeries) -> None:
        assert self._snapshot is not None
        past, track = self._snapshot.looked is not None, self._track
        source: Any = series if hasattr(series, panel.field) else track
        batch = None
        if track is not None and panel.field in ("mean", "variance") and (unit := self.unit) is not None:
            values = getattr(track, f"batch_{panel.field}")
            if unit < values.shape[1]:
                seen = track.epochs <= self._snapshot.shown if past else slice(None)
                batch = Batch(unit, track.epochs[seen].astype(np.float64), values[seen, unit])
        if source is not None:
            panel.show_series(source, self._snapshot.epoch, past, batch)

    def _count(self, panel: UnitsChart, series: NormSeries) -> int:
        """How many units there are of what a small chart shows."""
        if hasattr(series, panel.field):
            return panel.count(series)
        return panel.count(self._track) if self._track is not None else 0

    @property
    def _track(self) -> Track | None:
        """What was seen of the layer that is shown."""
        found = self._scene.seen("norm_track") if self._scene is not None else None
        return found if found is not None and found.layer == self.layer + 1 else None

    @staticmethod
    def _norms(snapshot: Snapshot | None) -> tuple[NormSeries, ...]:
        """A series for each layer that has one."""
        return snapshot.seen.get("norms", ()) if snapshot is not None else ()

    def _outline(self, snapshot: Snapshot | None) -> list[tuple[int, ...]]:
        """How many units each vector of each layer has, and each of what is seen of one."""
        found = [tuple(vector.shape[1] for vector in series[2:]) for series in self._norms(snapshot)]
        track = snapshot.seen.get("norm_track") if snapshot is not None else None
        return found if track is None else [*found, tuple(vector.shape[1] for vector in track[2:-1])]

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for panel in self._panels:
            panel.set_colors(colors)
        self.box.set_colors(colors)
        self.shift.set_colors(colors)
        self._is_stale = True
        if self.isVisible():
            self._draw()

    @property
    def layer(self) -> int:
        """The row of the layer that is shown, from 0."""
        return max(self._chooser.currentIndex(), 0)

    @property
    def unit(self) -> int | None:
        """The unit that is followed, from 0; None where the layer has none."""
        return self._units_menu.currentIndex() if self._units_menu.count() else None

    @property
    def page(self) -> str:
        """The key of what is seen."""
        return self._page

    @property
    def looks(self) -> dict[str, Any]:
        """What the page asks of a run."""
        if self._kind == "none":
            return {}
        return {LOOKS[self.page]: Wanted(self.layer, self.unit or 0)}

    def _tell_looks(self) -> None:
        if self.looks != self._asked:
            self._asked = self.looks
            self.looks_changed.emit()

    def _follow(self, pick: Pick) -> None:
        """Show the layer and unit that were picked elsewhere."""
        if pick != self._pick:
            self._pick = pick
            self._is_chosen = True
            self._chooser.setCurrentIndex(min(pick.layer, self._chooser.count() - 1))
            self._fill_units(pick.unit)

    def _fill_units(self, unit: int) -> None:
        """Offer the units of the layer."""
        norms = self._norms(self._snapshot)
        count = 0 if not norms else max(panel.count(norms[self.layer]) for panel in self._panels[: len(PARTS)])
        if count != self._units_menu.count():
            self._units_menu.clear()
            self._units_menu.addItems([f"unit {number + 1}" for number in range(count)])
        self._units_menu.setCurrentIndex(min(unit, count - 1))

    def _choose_unit(self) -> None:
        self._forget_ranges()
        self._tell_pick()

    def _tell_pick(self) -> None:
        """Say what was chosen by hand: all panels follow."""
        self._pick = Pick(self.layer, self.unit or 0, None)
        self._draw()
        self._tell_looks()
        self.picked.emit(self._pick)

    def turn(self, page: str) -> None:
        """Show a page, by its key."""
        self._page = page
        self._actions[page].setChecked(True)
        self._show_question()
        self._draw()
        self._tell_looks()

    def _show_question(self) -> None:
        self._title.setText((QUESTIONS.get(self.page) or TITLES.get(self._kind, self._question)) + "  ▾")

    def _forget_ranges(self) -> None:
        self.box.forget_ranges()
        self.shift.forget_ranges()

    def _race(self) -> None:
        """Train the same without normalization beside it."""
        self.asked.emit("race", ({"normalization": (self._kind, "none")},))

    @property
    def charts(self) -> list[Chart]:
        """One for each vector that a layer may have."""
        return [panel.chart for panel in self._panels]

    def table(self) -> Table:
        """The numbers of the page: an epoch a row, each vector of each unit of the layer a column."""
        if self.page != OVER:
            return (self.box if self.page == BOX else self.shift).table()
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
        self._title = QToolButton(font=font(bold=True), accessibleName="What is seen", toolTip="What is seen")
        self._title.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._title.setProperty("role", "question")
        self._title.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu, group = QMenu(self._title), QActionGroup(self)
        self._actions = {page: menu.addAction(text) for page, text in PAGES.items()}
        for page, action in self._actions.items():
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, page=page: self.turn(page))
            group.addAction(action)
        self._actions[self._page].setChecked(True)
        self._title.setMenu(menu)
        self._show_question()
        self._chooser = QComboBox(accessibleName="Layer", toolTip="The layer whose units are drawn", font=font("small"))
        self._chooser.activated.connect(self._choose_layer)
        self._units_menu = QComboBox(accessibleName="Unit", toolTip="The unit that is followed", font=font("small"))
        self._units_menu.activated.connect(self._choose_unit)
        self._is_chosen = False  # whether a hand has chosen a layer
        self._units = ""
        self._reading = Title(size="small", muted=True)
        self._reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self._title, 0, Qt.AlignmentFlag.AlignLeft)
        head.addWidget(self._reading, 1)
        head.addWidget(self._chooser)
        head.addWidget(self._units_menu)
        self.box, self.shift = BoxView(self._colors, self._race), ShiftView(self._colors, self._race)
        self._panels = [UnitsChart(self._colors, part) for part in (*PARTS, *MORE)]
        for panel in self._panels:
            panel.hide()  # until it is known which vectors a layer has: room for all would push the loss away
            panel.unit_pointed.connect(self._point)
        grid = QGridLayout(horizontalSpacing=8, verticalSpacing=4)
        grid.setContentsMargins(0, 0, 0, 0)
        for panel in self._panels:
            grid.addWidget(panel, *CORNERS[panel.field])
        charts = QWidget()
        charts.setLayout(grid)
        self._empty = QLabel(OFF, wordWrap=True, font=font())
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._empty.setContentsMargins(24, 0, 24, 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        for widget in (charts, self.box, self.shift):
            self._stack.addWidget(widget)
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
        self._forget_ranges()
        self._fill_units(self.unit or 0)
        self._tell_pick()

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
        self._stack.setCurrentIndex(1 + list(PAGES).index(self.page) if norms else 0)
        is_start = self._snapshot is not None and self._snapshot.looked == 0
        self._empty.setText(START if is_start else EMPTY.get(self._kind, OFF))
        for widget in (self._chooser, self._units_menu):
            widget.setVisible(bool(norms))
        self._reading.setVisible(bool(norms) and self.page == OVER)
        names = [f"layer {series.layer}" for series in norms]
        if names != [self._chooser.itemText(row) for row in range(self._chooser.count())]:
            # at first the second: what the first one is given is standardised, so that its mean stays at 0
            chosen = self._pick.layer if self._is_chosen else 1
            self._chooser.clear()
            self._chooser.addItems(names)
            self._chooser.setCurrentIndex(min(chosen, len(names) - 1))
        if norms:
            self._fill_units(max(self.unit or 0, 0) if self.unit is not None else self._pick.unit)
            self._tell_looks()
            {OVER: self._draw_over, BOX: self._draw_box, SHIFT: self._draw_shift}[self.page](norms[self.layer])

    def _draw_over(self, series: NormSeries) -> None:
        units = max(self._count(panel, series) for panel in self._panels)
        self._units = f"80 % of {units} units" if units > MOST_LINES else f"{units} unit{'s' * (units != 1)}"
        self._reading.setToolTip(BAND if units > MOST_LINES else "")
        taken = sum(widget.sizeHint().width() + 8 for widget in (self._title, self._chooser, self._units_menu))
        if taken + self._reading.fontMetrics().horizontalAdvance(self._units) > self.width():
            self._units = ""  # it would be cut off
        self._reading.setText(self._units)
        for panel in self._panels:
            panel.setVisible(self._count(panel, series) > 0)
            self._show(panel, series)

    def _draw_box(self, series: NormSeries) -> None:
        found = self._scene.seen("norm_box") if self._scene is not None else None
        fits = found is not None and (found.layer, found.unit) == (self.layer, self.unit)
        self.box.show_box(found if fits else None)

    def _draw_shift(self, series: NormSeries) -> None:
        scene = self._scene
        found = scene.seen("norm_shift") if scene is not None else None
        if scene is None or found is None or (found.layer, found.unit) != (self.layer, self.unit):
            self.shift.show_shift(None, None, ())
            return
        others = []
        for run in scene.others:
            beside = run.snapshot.seen.get("norm_shift")
            if beside is not None:
                others.append(OtherShift(run.name, run_color(self._colors, run.colour), beside, run.snapshot.marker))
        self.shift.show_shift(found, self._snapshot.marker if self._snapshot is not None else None, others)
