"""Is it still learning? Loss and accuracy over the epochs, for training and validation."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QActionGroup, QColor, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from playground.kernels.columns import COLUMNS
from playground.model.dataset import Dataset
from playground.training.bands import band
from playground.training.looks.practice import Practice
from playground.training.looks.stopping import Stopping
from playground.training.snapshot import DIVERGED, TRAINING, Snapshot
from playground.ui.plots.across import ACROSS, Across, nearest, row_of
from playground.ui.plots.chart import Chart, Title
from playground.ui.plots.export import Export, Table
from playground.ui.plots.lines import NO_CURVE, Curve, Lines, Stroke, between, closed
from playground.ui.plots.numbers import NAMES, Metric, gap_of, metric_of, readout_rows
from playground.ui.plots.others import How, Others, scaled
from playground.ui.plots.overlay import Mark, Name, Overlay, Reading, Sign
from playground.ui.plots.parts import GAP, PRACTICE, STOPPING, TERMS, PartsButton
from playground.ui.plots.patience import Patience, PatienceItem
from playground.ui.plots.ranges import Range, epochs_axis, loss_axis, loss_range, metric_axis
from playground.ui.plots.readout import Entry, Readout, Row
from playground.ui.plots.series import MOST_SEEN, MOST_TAKEN, RECENT, Digest, is_noisy
from playground.ui.plots.standing import best_row, standing_marks
from playground.ui.scales import figures, spread
from playground.ui.scene import Drawn, Scene, Shown
from playground.ui.takeaway import Takeaway
from playground.ui.theme import Colors, blend, font, run_color

Floats = NDArray[np.float64]
EMPTY = "Press play to see how the loss falls"
BEGUN = "The loss is drawn after the first epoch"
FAILED = "It diverged in the first epoch: there is no loss to draw"
TITLES = {"accuracy": "How often is it right?", "R²": "How much does it explain?"}
FAINT = 0.25  # strength of raw data behind its trend; mixed beforehand, for translucent lines paint slowly
WASH = 0.14  # strength of a fill
HELP = """<p>◆ is the epoch with the lowest validation loss. Thin curves are other runs; seeds of a race are their mean,
in a band of one deviation.</p>
<p><b>Parts</b> takes the loss apart. Data term and penalty are fills, one over the other. The dotted curve is the loss
in training mode, with units dropped, points augmented and batches normalized by themselves: validation has none of
that, and so can lie below it. Of early stopping you see the patience, which is used up from the left, and a band, below
which a value is better by δ; the arrow leads from the stop to the weights that were put back.</p>
<p>The cursor reads every run. The wheel looks nearer, over an axis along it alone; a drag moves that part, a double
click shows all. Ctrl+C copies picture and numbers.</p>"""
CATCH_UP = 50  # milliseconds after which runs that wait for their turn are drawn


class LossPlot(QWidget):
    """Training solid, validation dashed, best epoch, stop and changes marked, other runs thin, numbers above."""

    view_chosen = Signal(str)  # "loss" or "metric", by the toggle
    looks_changed = Signal()

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Loss and accuracy over the epochs")
        self._colors = colors
        self._titles = {"loss": question, **TITLES}
        self._data: Dataset | None = None
        self._scene: Scene | None = None
        self._drawn: tuple[Drawn, ...] = ()  # beside the run in hand
        self._digest = Digest()
        self._metric = Metric()
        self._across: Across = ACROSS[0]
        self._is_stale = True
        self._pointed: float | None = None  # the place under the cursor
        self._range: Range = (0.0, 1.0)
        self._standing: tuple[Mark, ...] = ()
        self._catch_up = QTimer(self, interval=CATCH_UP, singleShot=True)
        self._catch_up.timeout.connect(self._redraw)
        self._build()
        self.set_colors(colors)

    # what it shows

    def show_scene(self, scene: Scene) -> None:
        """Draw a run as it stands, or the empty state. Hidden, it waits until it is seen."""
        if scene.data is not None and scene.data is not self._data:
            self._data = scene.data
            self.set_metric(metric_of(scene.data))
        before, self._scene, self._drawn = self._snapshot, scene, scene.drawn
        if self.parts.show_experiment(scene.experiment):
            self.looks_changed.emit()
        snapshot = self._snapshot
        if before is not None and (snapshot is None or len(snapshot.history) < len(before.history)):
            self.chart.forget_ranges()
            self._pointed = None
        self._redraw()

    @property
    def _snapshot(self) -> Snapshot | None:
        return self._scene.snapshot if self._scene is not None else None

    @property
    def looks(self) -> dict[str, Any]:
        """What the parts that are drawn ask of a run."""
        wanted = self.parts.shown & {STOPPING} if self.shows_metric else self.parts.shown & {STOPPING, PRACTICE}
        return dict.fromkeys(sorted(wanted))

    def _seen(self, part: str) -> Any:
        """What was seen of a part that is drawn, or None."""
        return self._scene.seen(part) if self._scene is not None and part in self.looks else None

    @property
    def _practice(self) -> Practice | None:
        practice: Practice | None = self._seen(PRACTICE)
        return practice

    @property
    def _others(self) -> tuple[Shown, ...]:
        return self._scene.others if self._scene is not None else ()

    def set_metric(self, metric: Metric) -> None:
        """What a run is measured by besides its loss."""
        if metric.name != self._metric.name:
            self._metric_button.setText(metric.name)
            self.chart.forget_ranges()
        if metric != self._metric:
            self._metric = metric
            self._redraw()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.chart.set_colors(colors)
        self.takeaway.set_colors(colors)
        self._readout.set_colors(colors)
        self._overlay.colors = colors
        self._beside.set_colors(colors)
        self._patience.colors = colors
        self._make_curves()
        self._redraw()

    @property
    def is_behind(self) -> bool:
        """Whether runs are not drawn whole yet, for they are long or many."""
        return self._catch_up.isActive()

    def marker_epochs(self) -> dict[str, int | None]:
        """The epochs at which the markers stand now: "best", "stopped", "restored"."""
        snapshot = self._snapshot
        if snapshot is None:
            return dict.fromkeys(("best", "stopped", "restored"))
        stop, column = snapshot.stopped_epoch, COLUMNS.index(self._columns[1])
        return {
            "best": None if best_row(snapshot, column) is None else snapshot.best_epoch,
            "stopped": stop,
            "restored": snapshot.restored_epoch if stop is not None else None,
        }

    @property
    def shows_metric(self) -> bool:
        """Whether accuracy (or R²) is drawn, not the loss."""
        return self._metric_button.isChecked()

    # making

    def _build(self) -> None:
        self._title = Title(bold=True)
        self._loss_button = _toggle("loss", "Show the loss")
        self._metric_button = _toggle("accuracy", "Show how often the answer is right (or R²)")
        self._loss_button.setChecked(True)
        both = QButtonGroup(self)
        for button in (self._loss_button, self._metric_button):
            both.addButton(button)
        self._log_button = _toggle("log", "Logarithmic scale: equal ratios look equal")
        both.buttonClicked.connect(self._choose_view)
        self._log_button.clicked.connect(self._choose_view)
        self.parts = PartsButton()
        self.parts.parts_changed.connect(self._choose_parts)
        self._readout = Readout(self._colors)
        self.chart = Chart(self._colors, "epoch", "loss")
        self.chart.setAccessibleName("Losses and metrics over the epochs")
        self.chart.pointed.connect(self._point_at)
        self.chart.view_changed.connect(self._redraw)
        self.chart.offer_across(self._across_menu())
        self.chart.export = Export(self.chart, "loss", self._title.text, self._table, self._colors)
        self.takeaway = Takeaway(self._colors, lambda: (self.chart, "loss"))
        self._overlay = Overlay(self.chart, self._colors)
        self._beside = Others(self.chart, self._overlay)
        self._patience = PatienceItem(self.chart, self._colors)
        head = QHBoxLayout(spacing=4)
        head.addWidget(self._title, 1)
        for button in (self._loss_button, self._metric_button, self._log_button, self.parts):
            head.addWidget(button)
        head.addWidget(self.takeaway)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self._readout)
        column.addWidget(self.chart, 1)

    def explain(self, help: str) -> None:
        """Take what to look for, in three sentences."""
        self.takeaway.offer(self._titles["loss"], help)
        self.chart.setWhatsThis(f"<p><b>What to look for.</b> {help}</p>{HELP}")

    def _across_menu(self) -> QMenu:
        menu = QMenu("&Across", self)
        group = QActionGroup(menu)
        for across in ACROSS:
            action = menu.addAction(f"By &{across.key}")
            action.setCheckable(True)
            action.setChecked(across is self._across)
            action.triggered.connect(lambda _=False, chosen=across: self._count_by(chosen))
            group.addAction(action)
        return menu

    def _count_by(self, across: Across) -> None:
        self._across = across
        self._pointed = None
        self.chart.forget_ranges()
        self._redraw()

    def _make_curves(self) -> None:
        """Curves anew, in the colours of the theme: the data term's fill, what is raw, the lines."""
        colors, chart = self._colors, self.chart
        self._strokes = (Stroke(colors.training, colors.curve), Stroke(colors.validation, colors.curve, is_dashed=True))
        # other runs are seen through the fills
        inks = colors.training, colors.warning, colors.validation, colors.best
        self._fill, self._over, self._between, self._waited = (Stroke(_washed(ink), 0) for ink in inks)
        self._hard = Stroke(colors.training, 0.75 * colors.curve, is_dotted=True)
        faint = [Stroke(blend(color, colors.window, FAINT)) for color in (colors.training, colors.validation)]
        chart.clear()
        self.apart = Lines([self._over, self._between, self._hard], colors.window)
        self.curves = Lines([self._fill, *faint, *self._strokes], colors.window)
        for item in (self.apart, self.curves):
            chart.addItem(item, ignoreBounds=True)

    # drawing

    def _redraw(self) -> None:
        self._is_stale = True
        if self.isVisible():
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._draw()

    def _choose_view(self) -> None:
        self.chart.forget_ranges()
        self._redraw()
        self.looks_changed.emit()
        self.view_chosen.emit("metric" if self.shows_metric else "loss")

    def _choose_parts(self) -> None:
        self._redraw()
        self.looks_changed.emit()

    def _draw(self) -> None:
        self._is_stale = False
        name = self._metric.name if self.shows_metric else "loss"
        self._title.setText(self._titles.get(name, name))
        self._log_button.setEnabled(not self.shows_metric)  # hidden, it would move its neighbours
        if (axis := (self._across.title, name)) != (self.chart.across, self.chart.up):
            self.chart.name_axes(*axis)
        history = self._history
        self._draw_curves(history)
        self._draw_marks()
        self._draw_reading()

    @property
    def _history(self) -> Floats:
        snapshot = self._snapshot
        return snapshot.history if snapshot is not None else np.empty((0, len(COLUMNS)))

    @property
    def _is_log(self) -> bool:
        return self._log_button.isChecked() and not self.shows_metric

    @property
    def _columns(self) -> tuple[str, str]:
        return ("train_metric", "val_metric") if self.shows_metric else ("train_loss", "val_loss")

    def _draw_curves(self, history: Floats) -> None:
        is_behind = self._digest.follow(history, MOST_TAKEN)
        shown = [self._thin(name) for name in self._columns]
        if self._beside.show_runs(self._drawn, self._how) or is_behind:
            self._catch_up.start()
        hard = self._hard_curve()
        self._look([*(y for _, y in shown), hard[1]])
        raw, lines = [], []
        for name, (x, y) in zip(self._columns, shown):
            curve = x, self._scaled(y)
            trend = self._trend(name)
            raw.append(NO_CURVE if trend is None else curve)
            lines.append(curve if trend is None else trend)
        hard = _in_units(hard, self._scaled)
        gap = between(*lines) if self._shows_gap and all(np.isfinite(y).all() for _, y in lines) else NO_CURVE
        data, penalty = self._terms(lines[0])
        self.apart.set_curves([penalty, gap, hard], self._moment)
        self.curves.set_curves([data, *raw, *lines], self._moment)
        self._overlay.message = "" if len(history) or self._others else self._lack
        self._overlay.curves = tuple(lines)
        named = zip(NAMES, self._strokes, lines)
        names = [Name(name, stroke.color, curve) for name, stroke, curve in named]
        self._overlay.names = (*names, Name("training mode", self._hard.color, hard))
        self._overlay.signs = tuple(self._signs(shown))

    @property
    def _lack(self) -> str:
        """Why there is no curve."""
        snapshot = self._snapshot
        return {TRAINING: BEGUN, DIVERGED: FAILED}.get(snapshot.status, EMPTY) if snapshot is not None else EMPTY

    @property
    def _how(self) -> How:
        return How(self._columns, self._across, self._is_log)

    @property
    def _moment(self) -> float | None:
        """The place of the epoch that is looked back at."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.looked is None:
            return None
        return self._across.place(snapshot, snapshot.looked)

    def _look(self, series: list[Floats]) -> None:
        """Choose the axes' ranges: for the run in hand, and for the others as far as they leave it room."""
        runs = self._beside.runs
        if self.shows_metric:
            self._range = metric_axis([*series, *(y for run in runs for y in run.series)])
        else:
            own = loss_range(series, self._is_log)
            self._range = loss_axis(own, [run.range for run in runs], self._is_log)
        axis = self.chart.getAxis("left")
        if axis.logMode != self._is_log:
            axis.setLogMode(False, self._is_log)
        low, high = np.log10(self._range).tolist() if self._is_log else self._range
        self.chart.look((0.0, self._end()), (low, high))

    def _end(self) -> float:
        """Where the axis of epochs, updates or seconds ends."""
        snapshot, others = self._snapshot, [run.snapshot for run in self._others]
        planned = self._scene.experiment.knobs.epochs if self._scene is not None else 0
        if self._across.key == "epoch":
            return epochs_axis(snapshot, others, planned)
        ends = [self._across.end(other, len(other.history)) for other in others]
        own = 1.0 if snapshot is None else self._across.end(snapshot, epochs_axis(snapshot, (), 0))
        return max([own, *ends])

    def _thin(self, name: str) -> Curve:
        part = None
        snapshot = self._snapshot
        if self.chart.is_zoomed and snapshot is not None:
            left, right, *_ = self.chart.seen
            places = self._across.places(snapshot)
            first, last = bisect_left(places, left), bisect_left(places, right)
            part = max(first - 1, 0), min(last + 1, self._digest.length)
        x, y = self._digest.thin(COLUMNS.index(name), self.chart.columns, self._across.column, part)
        return self._placed(x), y

    def _placed(self, x: Floats) -> Floats:
        return x * self._across.rate(self._snapshot) if self._across.per_batch and self._snapshot is not None else x

    def _trend(self, name: str) -> Curve | None:
        """The smoothed column, if it is too noisy to be read by itself."""
        column = COLUMNS.index(name)
        recent = self._scaled(self._history[-RECENT:, column])
        if not (is_noisy(recent, self.chart.height_in_units()) and self._digest.is_finite(column)):
            return None
        x, y = self._digest.smooth(column, self._across.column, self.chart.columns)
        return self._placed(x), self._scaled(y)

    def _terms(self, training: Curve) -> tuple[Curve, Curve]:
        """The training loss without its penalty, as a fill down to the axis, and the penalty as one upon it."""
        if not self._shows_terms:
            return NO_CURVE, NO_CURVE
        x, y = self._trend("data_loss") or _in_units(self._thin("data_loss"), self._scaled)
        whole = all(len(part) and np.isfinite(part).all() for part in (y, training[1]))
        return closed(x, self._scaled(np.zeros(1)), y), between((x, y), training) if whole else NO_CURVE

    @property
    def _shows_terms(self) -> bool:
        is_drawn = TERMS in self.parts.shown and not self.shows_metric
        return is_drawn and bool((self._history[-1:, COLUMNS.index("penalty")] > 0).any())

    @property
    def _shows_gap(self) -> bool:
        return GAP in self.parts.shown and bool(len(self._history))

    def _hard_curve(self) -> Curve:
        """The loss in training mode, where it was measured."""
        practice, snapshot = self._practice, self._snapshot
        if practice is None or snapshot is None:
            return NO_CURVE
        places = [self._across.place(snapshot, int(epoch)) for epoch in practice.epochs]
        known = [number for number, place in enumerate(places) if place is not None]
        return np.array([places[number] for number in known], np.float64), practice.losses[known]

    def _scaled(self, y: Floats) -> Floats:
        return scaled(y, self._range, self._is_log)

    def _signs(self, shown: Sequence[Curve]) -> list[Sign]:
        """Where curves leave the frame, farthest."""
        low, high = self._range
        found = []
        for stroke, (x, y) in zip(self._strokes, shown):
            if not np.isfinite(y).any():
                continue
            for place, is_above in ((int(np.nanargmax(y)), True), (int(np.nanargmin(y)), False)):
                if y[place] > high if is_above else y[place] < low:
                    found.append(Sign(float(x[place]), self._told(float(y[place])), stroke.color, is_above))
        return found

    # marks

    def _draw_marks(self) -> None:
        self._overlay.is_upward = self.shows_metric
        if self._snapshot is None:
            self._standing = ()
            self._patience.show_patience(None)
            return
        column = COLUMNS.index(self._columns[1])
        marks = standing_marks(self._snapshot, self._across, column, self._scaled, self._told, self._colors)
        self._standing = tuple(marks)
        self._patience.show_patience(self._patience_of(self._snapshot, self._seen(STOPPING)))

    def _patience_of(self, snapshot: Snapshot, stopping: Stopping | None) -> Patience | None:
        """Early stopping in the chart's coordinates, where what it watches is drawn."""
        if stopping is None or stopping.monitor.endswith("metric") != self.shows_metric or not len(snapshot.history):
            return None

        def place(epoch: int) -> float:
            found = self._across.place(snapshot, epoch)
            if found is not None:
                return found
            last = self._across.places(snapshot)[len(snapshot.history) - 1]
            return last * epoch / float(snapshot.history[-1, 0])  # it has not come so far

        def height(value: float | None) -> float | None:
            return None if value is None else float(self._scaled(np.array([value]))[0])

        best, beaten = height(stopping.best), height(stopping.beaten)
        since = place(stopping.best_epoch or stopping.began)
        is_back = snapshot.restored_epoch is not None and snapshot.looked is None
        restored = (since, best) if is_back and best is not None else None
        ends = (place(stopping.began), place(stopping.epoch), place(stopping.ends))
        return Patience(*ends, since, best, beaten, restored)

    # numbers

    def _told(self, value: float) -> str:
        return self._metric.told(value) if self.shows_metric else figures(value)

    def _spread(self, mean: float, deviation: float) -> str:
        is_share = self.shows_metric and self._metric.name == "accuracy"
        return f"{spread(100 * mean, 100 * deviation)} %" if is_share else spread(mean, deviation)

    def _point_at(self, place: tuple[float, float] | None) -> None:
        pointed = None if place is None else place[0]
        if pointed != self._pointed:
            self._pointed = pointed
            if self._scene is not None:
                self._draw_reading()

    def _draw_reading(self) -> None:
        """The numbers of the epoch under the cursor, else of the weights that are seen."""
        snapshot, history = self._snapshot, self._history
        row, x = self._pointed_row()
        marks, readings = [], []
        if x is not None:
            epoch = int(history[row, 0]) if row is not None else round(x)
            marks = [Mark(x, self._across.told(x, epoch), self._colors.text)]
            readings = self._readings(x)
        elif snapshot is not None and snapshot.looked is not None:
            readings = self._readings(self._moment)
        self._overlay.marks = (*marks, *self._standing)
        self._overlay.readings = tuple(readings)
        self._overlay.read_at = x
        self._overlay.redraw()
        if x is None and snapshot is not None and len(history):
            row = row_of(history, snapshot.shown)
        values = dict(zip(COLUMNS, history[row])) if row is not None else {}
        moment = ""
        if len(history) and snapshot is not None:
            moment = f"epoch {int(values['epoch']) if values else round(x) if x is not None else snapshot.shown:,}"
        fills = (self._fill, self._over) if self._shows_terms else None
        more = tuple(self._more_rows(values))
        rows = readout_rows(values, self._metric, self.shows_metric, self._strokes, fills, more)
        self._readout.show_rows(rows, moment)

    def _more_rows(self, values: Mapping[str, float]) -> Iterator[Row]:
        """What is told of the parts that are drawn, two in a row. values: of an epoch, by column."""
        found = []
        if self._practice is not None:
            loss, error = self._practice.at(int(values.get("epoch", 0)))
            # No more figures than are known.
            told = spread(loss, error).split(" ")[0] if error > 0 else figures(loss)
            found.append(Entry("in training", told, self._hard))
        if self._shows_gap:
            found.append(Entry("gap", self._told(gap_of(values, self.shows_metric)), self._between))
        stopping = self._seen(STOPPING)
        if stopping is not None and stopping.monitor.endswith("metric") == self.shows_metric:
            told = f"{max(stopping.patience - stopping.used, 0)} of {stopping.patience} left"
            found.append(Entry("patience", told, self._waited))
        yield from (
            Row("besides" if not start else "", tuple(found[start : start + 2])) for start in range(0, len(found), 2)
        )

    def _pointed_row(self) -> tuple[int | None, float | None]:
        """The row under the cursor and its place; without a row where only other runs have come so far."""
        snapshot = self._snapshot
        if self._pointed is None or snapshot is None:
            return None, None
        places = self._across.places(snapshot)
        row = nearest(places, self._pointed)
        if row is None:
            for other in self._others:
                beside = self._across.places(other.snapshot)
                if (found := nearest(beside, self._pointed)) is not None:
                    return None, beside[found]
            row = len(places) - 1 if len(places) else None
        return (None, None) if row is None else (row, places[row])

    def _readings(self, x: float | None) -> list[Reading]:
        """What all runs have at a place, the run in hand first."""
        snapshot, scene = self._snapshot, self._scene
        if x is None or scene is None or snapshot is None:
            return []
        own = tuple(stroke.color for stroke in self._strokes)
        readings = [self._reading(Drawn(scene.name or "this run", scene.colour, (snapshot,)), own, x)]
        for drawn in self._drawn:
            color = run_color(self._colors, drawn.colour)
            readings.append(self._reading(drawn, (color, color), x))
        return readings

    def _reading(self, drawn: Drawn, colors: tuple[str, ...], x: float) -> Reading:
        """A row of the table at the cursor; seeds are told as mean ± deviation."""
        row = nearest(self._across.places(*drawn.snapshots), x)
        if row is None:
            return Reading(drawn.name, colors[0], ("–", "–"))
        rows = [snapshot.history[row : row + 1] for snapshot in drawn.snapshots]
        bands = [band(rows, column) for column in self._columns]
        means, deviations = ([float(found[part][0]) for found in bands] for part in (1, 2))
        told = tuple(map(self._told, means))
        if len(rows) > 1:
            told = tuple(map(self._spread, means, deviations))
        heights = self._scaled(np.array(means))
        points = [(x, float(y), color) for y, color in zip(heights, colors) if np.isfinite(y)]
        return Reading(drawn.name, colors[0], told, tuple(points))

    def _table(self) -> Table:
        """The histories of the runs that are drawn, one under the other; where there are several, named.

        Of a long one every second epoch, third, …: no more than a spreadsheet takes.
        """
        scene, snapshot = self._scene, self._snapshot
        shown = [(scene.name or "this run", self._history)] if scene is not None and snapshot is not None else []
        shown += [(run.name, run.snapshot.history) for run in self._others]
        columns: list[list[Any]] = [[], *([] for _ in COLUMNS)]
        for name, history in shown:
            history = history[:: -(-len(history) // MOST_SEEN) or 1]
            columns[0] += [name] * len(history)
            columns[1] += map(int, history[:, 0].tolist())
            for column, values in zip(columns[2:], history.T[1:]):
                column += values.tolist()
        names = ["run", *COLUMNS]
        if self._practice is not None:
            measured = dict(zip(self._practice.epochs.tolist(), self._practice.losses.tolist()))
            own = [measured.get(epoch) for epoch in columns[1][: len(self._history)]]
            names.append("train_loss_in_training_mode")
            columns.append([*own, *[None] * (len(columns[1]) - len(own))])
        first = 0 if self._others else 1
        return Table(tuple(names[first:]), tuple(columns[first:]))


def _washed(color: str) -> str:
    ink = QColor(color)
    ink.setAlphaF(WASH)
    return ink.name(QColor.NameFormat.HexArgb)


def _in_units(curve: Curve, scale: Callable[[Floats], Floats]) -> Curve:
    return curve[0], scale(curve[1])


def _toggle(text: str, tip: str) -> QToolButton:
    return QToolButton(text=text, toolTip=tip, accessibleName=tip, checkable=True, font=font("small"))
