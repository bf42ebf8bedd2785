"""Is it still learning, and what? Loss and accuracy over the epochs, for training and validation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from playground.kernels.columns import COLUMNS
from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.training.snapshot import Snapshot, rmse
from playground.ui.plots.chart import Chart, Curve, Lines, Title, pen, say
from playground.ui.plots.readout import Entry, Readout, Row
from playground.ui.plots.series import Digest, is_noisy
from playground.ui.scales import axis_end, ceiling, figures
from playground.ui.scene import Scene
from playground.ui.theme import Colors, blend, font

Floats = NDArray[np.float64]
NO_CURVE: Curve = (np.empty(0), np.empty(0))
EMPTY = "Press play to see how the loss falls"
TITLES = {"accuracy": "Accuracy: how often is it right?", "R²": "R²: how much of the target does it explain?"}
FAINT = 0.2  # strength of raw data behind its trend; mixed beforehand, for translucent lines paint slowly
RECENT = 400  # epochs that say whether a series is noisy
TOO_FAR = 10.0  # times the typical loss: what lies above is drawn at the edge


class LossPlot(QWidget):
    """Training solid, validation dashed, the best epoch and the stop marked, numbers above."""

    view_chosen = Signal(str)  # "loss" or "metric", by the toggle

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Loss and accuracy over the epochs")
        self._colors = colors
        self._titles = {"loss": question, **TITLES}
        self._data: Dataset | None = None
        self._snapshot: Snapshot | None = None
        self._digest = Digest()
        self._metric = "accuracy"
        self._deviations: tuple[float, ...] = ()
        self._is_stale = True
        self._pointed: int | None = None  # the epoch under the cursor
        self._ended_at = 0
        self._build()
        self.set_colors(colors)

    # what it shows

    def show_scene(self, scene: Scene) -> None:
        """Draw a run as it stands, or the empty state. Hidden, it waits until it is seen."""
        if scene.data is not None and scene.data is not self._data:
            self._data = scene.data
            self.set_metric(*metric_of(scene.data))
        before, self._snapshot = self._snapshot, scene.snapshot
        snapshot = self._snapshot
        if before is not None and (snapshot is None or len(snapshot.history) < len(before.history)):
            self.chart.forget_ranges()
            self._pointed = None
        self._is_stale = True
        if self.isVisible():
            self._draw()

    def set_metric(self, name: str, deviations: tuple[float, ...] = ()) -> None:
        """What the metric of the run is: "accuracy" or "R²".

        deviations: those of the one target in training and validation set, for errors in the target's own units.
        """
        if deviations != self._deviations:
            self._deviations = deviations
            self._redraw()
        if name != self._metric:
            self._metric = name
            self._metric_button.setText(name)
            self.chart.forget_ranges()
            self._redraw()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.chart.set_colors(colors)
        self._readout.set_colors(colors)
        self._make_items()
        self._redraw()

    def marker_epochs(self) -> dict[str, int | None]:
        """The epochs at which the markers stand now: "best", "stopped", "restored"."""
        x = self._best.getData()[0]
        snapshot = self._snapshot
        stop = int(self._stop.value()) if self._stop.isVisible() else None
        restored = snapshot.restored_epoch if snapshot is not None and stop is not None else None
        return {"best": int(x[0]) if len(x) else None, "stopped": stop, "restored": restored}

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
        self._readout = Readout(self._colors)
        self.chart = Chart(self._colors, "epoch", "loss")
        self.chart.viewport().installEventFilter(self)
        self.chart.setMouseTracking(True)
        head = QHBoxLayout(spacing=4)
        head.addWidget(self._title, 1)
        for button in (self._loss_button, self._metric_button, self._log_button):
            head.addWidget(button)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self._readout)
        column.addWidget(self.chart, 1)

    def _make_items(self) -> None:
        """Curves and markers anew, in the colours of the theme."""
        colors, chart = self._colors, self.chart
        chart.clear()
        dash = Qt.PenStyle.DashLine
        faint = [pen(blend(color, colors.window, FAINT)) for color in (colors.training, colors.validation)]
        terms = [pen(colors.muted), pen(colors.muted, Qt.PenStyle.DotLine)]
        self.curves = Lines([*terms, *faint, pen(colors.training), pen(colors.validation, dash)])
        chart.addItem(self.curves, ignoreBounds=True)
        self._best_line = chart.line(colors.best, Qt.PenStyle.DotLine, 150)
        self._best = pg.ScatterPlotItem(symbol="d", size=13, brush=QColor(colors.best), pen=pen(colors.window))
        self._best.setZValue(15)
        self._marked: tuple[tuple[float, float], ...] = ()
        chart.addItem(self._best)
        self._best_note = chart.note()
        self._best_note.setColor(QColor(colors.best))
        self._stop = chart.line(colors.text, Qt.PenStyle.DotLine)
        self._stop_note = chart.note()
        self._stop_note.setColor(QColor(colors.text))
        self._cross = chart.line(colors.muted, Qt.PenStyle.SolidLine)
        self._cross_note = chart.note()
        self._cross_note.setColor(QColor(colors.text))
        self._empty = chart.note((0.5, 0.5))
        self._empty.setColor(QColor(colors.muted))
        self._empty.setFont(font("body"))

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
        self.view_chosen.emit("metric" if self.shows_metric else "loss")

    def _draw(self) -> None:
        self._is_stale = False
        name = self._metric if self.shows_metric else "loss"
        self._title.setText(self._titles.get(name, name))
        self._log_button.setVisible(not self.shows_metric)
        if self.chart.getAxis("left").labelText != name:
            self.chart.name_axes("epoch", name)
        history = self._snapshot.history if self._snapshot is not None else np.empty((0, len(COLUMNS)))
        self._draw_curves(history)
        self._draw_markers(history)
        self._draw_readout(history)

    @property
    def _is_log(self) -> bool:
        return self._log_button.isChecked() and not self.shows_metric

    def _draw_curves(self, history: Floats) -> None:
        self._digest.follow(history)
        columns = ("train_metric", "val_metric") if self.shows_metric else ("train_loss", "val_loss")
        shown = [self._digest.thin(COLUMNS.index(name), self.chart.columns) for name in columns]
        series = [y for _, y in shown]
        self._low, self._high = self._metric_range(series) if self.shows_metric else self._loss_range(series)
        axis = self.chart.getAxis("left")
        if axis.logMode != self._is_log:
            axis.setLogMode(False, self._is_log)
        low, high = self._scaled(np.array([self._low, self._high])).tolist()
        last = axis_end(self._snapshot)
        self.chart.look((0.0, last), (low, high))
        raw, lines = [], []
        for name, (x, y) in zip(columns, shown):
            trend = self._trend(history, name)
            raw.append(NO_CURVE if trend is None else (x, self._scaled(y)))
            lines.append((x, self._scaled(y)) if trend is None else trend)
        self.curves.set_curves([*self._terms(history), *raw, *lines])
        say(self._empty, "" if len(history) else EMPTY)
        self._empty.setPos(last / 2, (low + high) / 2)

    def _trend(self, history: Floats, name: str) -> Curve | None:
        """The smoothed column, if it is too noisy to be read by itself."""
        column = COLUMNS.index(name)
        recent = self._scaled(history[-RECENT:, column])
        if not (is_noisy(recent, self.chart.height_in_units()) and self._digest.is_finite(column)):
            return None
        x, y = self._digest.smooth(column)
        return x, self._scaled(y)

    def _terms(self, history: Floats) -> list[Curve]:
        """What the training loss is made of, where a penalty is on."""
        if self.shows_metric or not self._has_penalty(history):
            return [NO_CURVE, NO_CURVE]
        found = []
        for name in ("data_loss", "penalty"):
            x, y = self._digest.thin(COLUMNS.index(name), self.chart.columns)
            found.append(self._trend(history, name) or (x, self._scaled(y)))
        return found

    def _has_penalty(self, history: Floats) -> bool:
        return bool((history[-1:, COLUMNS.index("penalty")] > 0).any())

    def _scaled(self, y: Floats) -> Floats:
        cut = np.clip(y, self._low, self._high)
        return np.log10(cut) if self._is_log else cut

    def _loss_range(self, series: list[Floats]) -> tuple[float, float]:
        """From 0 (or the lowest, on a log scale) to the highest; what flew away does not flatten the rest."""
        values = np.concatenate(series)
        values = values[np.isfinite(values)]
        if not values.size:
            return (0.1, 1.0) if self._is_log else (0.0, 1.0)
        starts = [float(y[0]) for y in series if len(y) and np.isfinite(y[0])]
        typical = float(np.median(values))
        usual = max(typical, min(max(starts, default=0.0), 10 * typical), 1e-12)
        high = float(values[values <= usual * (1e4 if self._is_log else TOO_FAR)].max())
        if not self._is_log:
            return 0.0, ceiling(max(high, 1e-12))
        positive = values[values > 0]
        low = max(float(positive.min()) if positive.size else high / 10, high * 1e-9)
        return 10 ** (math.floor(math.log10(low) * 2) / 2), 10 ** (math.ceil(math.log10(high) * 2 + 1e-9) / 2)

    def _metric_range(self, series: list[Floats]) -> tuple[float, float]:
        """Up to 1, from the lowest in steps of a tenth; R² may fall below 0, and is cut at −1."""
        values = np.concatenate(series)
        values = values[np.isfinite(values)]
        low = float(values.min()) if values.size else 0.0
        return max(math.floor(min(low, 0.5) * 10 + 1e-9) / 10, -1.0), 1.0

    def _draw_markers(self, history: Floats) -> None:
        snapshot = self._snapshot
        best = snapshot.best_epoch if snapshot is not None else None
        row = self._row_of(history, best)
        column = COLUMNS.index("val_metric" if self.shows_metric else "val_loss")
        if row is not None and not np.isfinite(history[row, column]):
            row = None
        self._best_line.setVisible(row is not None)
        if row is None:
            self._mark_best()
            say(self._best_note)
        else:
            x, y = history[row, 0], self._scaled(history[row : row + 1, column])[0]
            self._mark_best((x, y))
            self._best_line.setValue(x)
            self._note(self._best_note, f"best: epoch {int(x):,}, {self._told(history[row, column])}", x, 0)
        self._draw_stop(snapshot)

    def _mark_best(self, *places: tuple[float, float]) -> None:
        if places != self._marked:
            self._marked = places
            self._best.setData(pos=np.reshape(places, (-1, 2)))

    def _draw_stop(self, snapshot: Snapshot | None) -> None:
        stopped = snapshot.stopped_epoch if snapshot is not None else None
        self._stop.setVisible(stopped is not None)
        say(self._stop_note)
        if snapshot is not None and stopped is not None:
            self._stop.setValue(stopped)
            restored = snapshot.restored_epoch
            text = f"stopped: epoch {stopped:,}" + ("" if restored is None else f"; epoch {restored:,} restored")
            self._note(self._stop_note, text, stopped, 1)

    def _note(self, note: pg.TextItem, text: str, x: float, line: int) -> None:
        """Beside a vertical line, where curves leave room: above a falling loss, below a rising accuracy."""
        (_, right), (bottom, top) = self.chart.getViewBox().viewRange()
        across = -0.03 if x < 0.5 * right else 1.03
        note.setAnchor((across, 1.0 + line) if self.shows_metric else (across, float(-line)))
        note.setPos(x, bottom if self.shows_metric else top)
        say(note, text)

    def _row_of(self, history: Floats, epoch: int | None) -> int | None:
        """The row of an epoch: they count from 1, but a history may begin later."""
        if epoch is None or not len(history):
            return None
        row = int(np.searchsorted(history[:, 0], epoch))
        return row if row < len(history) and history[row, 0] == epoch else None

    # numbers

    def _told(self, value: float) -> str:
        if not self.shows_metric:
            return figures(value)
        return self._metric_text(value)

    def _metric_text(self, value: float) -> str:
        if math.isnan(value):
            return "–"
        return f"{100 * value:.1f} %" if self._metric == "accuracy" else figures(value)

    def _draw_readout(self, history: Floats) -> None:
        """The numbers of the epoch under the cursor, else of the weights that stand: the restored, or the last."""
        row = self._row_of(history, self._pointed)
        standing = self._row_of(history, self._snapshot.restored_epoch if self._snapshot is not None else None)
        self._cross.setVisible(row is not None)
        say(self._cross_note)
        if row is not None:
            self._cross.setValue(history[row, 0])
            self._note(self._cross_note, f"epoch {self._pointed:,}", history[row, 0], 2)
        shown = next((place for place in (row, standing) if place is not None), -1)
        values = dict(zip(COLUMNS, history[shown])) if len(history) else {}
        blank = math.nan
        colors, dash = self._colors, Qt.PenStyle.DashLine
        solid = Qt.PenStyle.SolidLine
        rows = [
            Row(
                "loss",
                (
                    Entry("training", figures(values.get("train_loss", blank)), colors.training, solid),
                    Entry("validation", figures(values.get("val_loss", blank)), colors.validation, dash),
                ),
            ),
            Row(
                self._metric,
                (
                    Entry("", self._metric_text(values.get("train_metric", blank))),
                    Entry("", self._metric_text(values.get("val_metric", blank))),
                ),
            ),
        ]
        if self._deviations:
            metrics = (values.get("train_metric", blank), values.get("val_metric", blank))
            errors = [rmse(metric, deviation) for metric, deviation in zip(metrics, self._deviations)]
            rows.append(Row("RMSE", tuple(Entry("", figures(error)) for error in errors)))
        if self._has_penalty(history):
            terms = (
                Entry("data", figures(values.get("data_loss", blank)), colors.muted, solid),
                Entry("penalty", figures(values.get("penalty", blank)), colors.muted, Qt.PenStyle.DotLine),
            )
            rows.insert(1, Row("of which", terms))
        self._readout.show_rows(tuple(rows))

    # the cursor

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._point_at(event.position())
        elif event.type() == QEvent.Type.Leave:
            self._point_at(None)
        return super().eventFilter(watched, event)

    def _point_at(self, pixel: QPointF | None) -> None:
        history: Any = self._snapshot.history if self._snapshot is not None else ()
        box = self.chart.getViewBox()
        pointed = None
        if (
            pixel is not None
            and len(history)
            and box.sceneBoundingRect().contains(self.chart.mapToScene(pixel.toPoint()))
        ):
            x = box.mapSceneToView(self.chart.mapToScene(pixel.toPoint())).x()
            nearest = int(np.clip(np.searchsorted(history[:, 0], x - 0.5), 0, len(history) - 1))
            pointed = int(history[nearest, 0])
        if pointed != self._pointed:
            self._pointed = pointed
            if self._snapshot is not None:
                self._draw_readout(self._snapshot.history)


def metric_of(data: Dataset) -> tuple[str, tuple[float, ...]]:
    """What a run on these points is measured by, and for one target its deviations in training and validation set."""
    if data.is_classification:
        return "accuracy", ()
    return "R²", tuple(data.target_deviation(part) for part in (TRAIN, VALIDATION)) if data.outputs == 1 else ()


def _toggle(text: str, tip: str) -> QToolButton:
    return QToolButton(text=text, toolTip=tip, accessibleName=tip, checkable=True, font=font("small"))
