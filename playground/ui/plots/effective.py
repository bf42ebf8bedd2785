"""The learning rates that weights really have, over the epochs: by layer, or by one-hot feature."""

from __future__ import annotations

import math
import time

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from playground.training.looks.effective import Effective
from playground.training.snapshot import TRAINING
from playground.ui.plots.chart import Chart, Title
from playground.ui.plots.export import Export, Table
from playground.ui.plots.lines import Curve, Floats, Lines, Stroke, closed
from playground.ui.plots.units import hue
from playground.ui.scales import ceiling, figures
from playground.ui.scene import Scene
from playground.ui.theme import Colors, blend, font, run_color

EVERY = 0.1  # seconds between two pictures while training goes on
FEATURES, LAYERS = "by feature", "by layer"
MOST_FEATURES = 120  # lines; of more, evenly taken by how often they occur
DECADES = 8  # of the axis, at most: a weight that never had a gradient would need more
NAMED = 6  # lines that are named in the chart: of features the rarest and the commonest, of layers the first ones
EMPTY = "Each weight's effective learning rate is drawn here, once an epoch is trained."
STANDARDIZED = "Standardized, rare features are as loud as common ones"
ALIKE = "Each feature then varies as much as any other, so that all get about the same rate, however rare they are."


class RatesPage(QWidget):
    """A chart on a log scale, and what is drawn in it."""

    asked = Signal(str, tuple)

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="Effective learning rates over the epochs")
        self._colors = colors
        self._scene: Scene | None = None
        self._seen: Effective | None = None
        self._layer: int | None = None  # that is drawn alone, where other runs are beside
        self._order = np.empty(0, int)  # the features that are drawn, the rarest first
        self._kind: tuple[object, ...] = ()  # of the lines that there are
        self._drawn = 0.0
        self._timer = QTimer(self, singleShot=True, interval=round(1000 * EVERY))
        self._timer.timeout.connect(self._draw)
        self._build()

    def _build(self) -> None:
        self.reading = Title("", "small", muted=True)
        self.chooser = QComboBox(accessibleName="Drawn by", font=font("small"))
        self.chooser.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.chooser.addItems([FEATURES, LAYERS])
        self.chooser.activated.connect(self._choose)
        self.off = QToolButton(text="Switch it off", font=font("small"), toolTip="Train the same, not standardized")
        self.off.setProperty("role", "fit")
        self.off.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.off.clicked.connect(lambda: self.asked.emit("try_remedy", ({"standardize": False},)))
        head = QHBoxLayout(spacing=8)
        head.addWidget(self.reading, 1)
        head.addWidget(self.off)
        head.addWidget(self.chooser)
        self.chart = Chart(self._colors, "epoch", "")
        self.chart.setAccessibleName("Effective learning rates")
        self.chart.getAxis("left").setLogMode(False, True)
        self.chart.pointed.connect(self._point)
        self.chart.export = Export(self.chart, "rates", lambda: "Effective learning rates", self.table, self._colors)
        self.lines = Lines([], self._colors.window)
        self._names = [pg.TextItem() for _ in range(NAMED)]
        self._empty = QLabel(EMPTY, wordWrap=True, font=font(), alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.chart)
        column = QVBoxLayout(self, spacing=2)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    @property
    def looks(self) -> dict[str, bool]:
        """The strip of rates, in no hurry."""
        return {"effective": False}

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.chart.set_colors(colors)
        self._kind = ()
        self._draw()

    def show_scene(self, scene: Scene) -> None:
        """Draw the run's rates; while training goes on, some times a second."""
        before, self._scene = self._scene, scene
        if not self.isVisible():
            return
        is_other = before is None or before.snapshot is None or scene.snapshot is None
        is_other = is_other or before.snapshot.run != scene.snapshot.run  # type: ignore[union-attr]
        if is_other:
            self.chart.forget_ranges()
        goes_on = scene.snapshot is not None and scene.snapshot.status == TRAINING
        if goes_on and not is_other and time.perf_counter() - self._drawn < EVERY:
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._draw()

    @property
    def is_by_feature(self) -> bool:
        """Whether features are drawn: where there are one-hot ones, and no other runs beside."""
        seen = self._seen
        return seen is not None and bool(seen.names) and self.chooser.currentText() == FEATURES

    def _draw(self) -> None:
        scene = self._scene
        if scene is None or not self.isVisible():
            return
        self._timer.stop()
        self._drawn = time.perf_counter()
        seen = self._seen = scene.seen("effective")
        has_some = seen is not None and bool(len(seen.epochs))
        self._empty.setText(EMPTY if seen is not None else scene.absent(EMPTY))
        self._stack.setCurrentIndex(1 if has_some else 0)
        self.chooser.setVisible(has_some and bool(seen is not None and seen.names))
        self.off.setVisible(has_some and self.is_by_feature and bool(seen is not None and seen.is_standardized))
        if not has_some or seen is None or scene.snapshot is None:
            self.reading.setText("")
            return
        moment = None if scene.snapshot.looked is None else float(scene.snapshot.looked)
        curves = self._feature_curves(seen) if self.is_by_feature else self._layer_curves(seen, scene)
        self._look(curves, float(len(scene.snapshot.history)))
        self.lines.set_curves([(x, np.log10(np.maximum(y, 1e-300))) for x, y in curves], moment)
        self._say()

    def _feature_curves(self, seen: Effective) -> list[Curve]:
        order = np.argsort(seen.shares, kind="stable")
        if len(order) > MOST_FEATURES:
            order = order[np.linspace(0, len(order) - 1, MOST_FEATURES).round().astype(int)]
        self._order = order
        # The commonest are drawn first, the rarest over them.
        shown = order[::-1]
        kind = (FEATURES, seen.names, self._colors)
        if kind != self._kind:
            width = 0.75 * self._colors.curve if len(order) <= 30 else 1.0
            last = len(order) - 1
            strokes = [
                Stroke(self._shade(seen, place), self._colors.curve * 1.25 if rank in (0, last) else width)
                for rank, place in enumerate(shown)
            ]
            self._make_lines(kind, strokes)
        x = seen.epochs.astype(float)
        ends = [(order[0], "rarest"), (order[-1], "commonest")]
        for item, (place, what) in zip(self._names, ends):
            text = f"{seen.names[place]}, {what}: {100 * seen.shares[place]:.1f} %"
            values, is_rare = seen.features[-max(len(x) // 3, 1) :, place], what == "rarest"
            self._name(item, text, float(values.max() if is_rare else values.min()), x[-1], is_above=is_rare)
            item.setColor(QColor(self._colors.text))
        return [(x, np.ascontiguousarray(seen.features[:, place])) for place in shown]

    def _shade(self, seen: Effective, place: int) -> str:
        """The colour of a feature by how often it occurs: the rarer, the warmer."""
        logs = np.log(seen.shares)
        part = (logs[place] - logs.min()) / max(float(np.ptp(logs)), 1e-9)
        low, high = (0.1, 0.75) if self._colors.name == "light" else (0.42, 0.9)
        value = high - (high - low) * part
        return str(pg.colormap.get("plasma").map(value, mode="qcolor").name())

    def _layer_curves(self, seen: Effective, scene: Scene) -> list[Curve]:
        """The band and median of each layer; beside other runs of the layer that is picked, and their medians."""
        depth, colors = seen.layers.shape[1], self._colors
        layer = min(max(scene.pick.layer, 0), depth - 1)
        beside = [
            (run.name, run_color(colors, run.colour), found, layer)
            for run in scene.others
            if (found := run.snapshot.seen.get("effective")) is not None and len(found.epochs)
        ]
        if beside:
            own = [(scene.name, run_color(colors, scene.colour), seen, layer)]
        else:
            names = [*(f"layer {n + 1}" for n in range(depth - 1)), "output"]
            own = [(name, hue(n, depth, colors), seen, n) for n, name in enumerate(names)]
        self._layer = layer if beside else None
        drawn = [*beside, *own]
        kind = (LAYERS, tuple((name, color) for name, color, _, _ in drawn), len(own), colors)
        if kind != self._kind:
            bands = [Stroke(blend(color, colors.window, 0.12), 0) for _, color, _, _ in own]
            self._make_lines(kind, [*bands, *(Stroke(color, colors.curve) for _, color, _, _ in drawn)])
        self._name_lines(drawn)
        x = seen.epochs.astype(float)
        bounds = [closed(x, seen.layers[:, n, 1], seen.layers[:, n, 3]) for _, _, _, n in own]
        return [*bounds, *((found.epochs.astype(float), _median(found, n)) for _, _, found, n in drawn)]

    def _name_lines(self, drawn: list[tuple[str, str, Effective, int]]) -> None:
        """Names on the lines, each at another place, so that they do not cover each other."""
        for rank, item in enumerate(self._names):
            item.setVisible(rank < len(drawn))
            if rank < len(drawn):
                name, color, found, layer = drawn[-1 - rank]
                row = round((len(found.epochs) - 1) * (1 - 0.16 * rank))
                self._name(item, name, float(_median(found, layer)[row]), float(found.epochs[row]), is_above=True)
                item.setColor(QColor(color))

    def _make_lines(self, kind: tuple[object, ...], strokes: list[Stroke]) -> None:
        self._kind = kind
        self.chart.clear()
        self.lines = Lines(strokes, self._colors.window)
        self.chart.addItem(self.lines, ignoreBounds=True)
        for item in self._names:
            item.setVisible(False)
            self.chart.addItem(item, ignoreBounds=True)

    @staticmethod
    def _name(item: pg.TextItem, text: str, value: float, x: float, is_above: bool) -> None:
        """Write a line's name at one of its places."""
        item.setPlainText(text)
        item.setAnchor((1, 1 if is_above else 0))
        item.setFont(font("small"))
        item.setPos(x, math.log10(max(value, 1e-300)))
        item.setVisible(True)

    def _look(self, curves: list[Curve], last: float) -> None:
        values = np.concatenate([y for _, y in curves])
        values = values[np.isfinite(values) & (values > 0)]
        if not values.size:
            return
        high = math.log10(float(values.max()))
        low = math.log10(float(values.min()))
        # A weight that never had a gradient has η / ε: it leaves the frame.
        usual = math.log10(float(np.median(values)))
        low, high = max(low, usual - DECADES / 2), min(high, usual + DECADES / 2)
        low, high = math.floor(low * 4 - 0.4) / 4, math.ceil(high * 4 + 0.4) / 4
        self.chart.look((0.0, max(ceiling(last), 5.0)), (low, high))

    # in words

    def _say(self, place: tuple[float, float] | None = None) -> None:
        seen = self._seen
        if seen is None or not len(seen.epochs):
            return
        self.reading.setToolTip("")
        what = "step of each weight" if seen.by_sign else "effective learning rate"
        if place is not None:
            self.reading.setText(self._read(seen, *place))
        elif self.is_by_feature and seen.is_standardized:
            self.reading.setText(STANDARDIZED)
            self.reading.setToolTip(f"{STANDARDIZED}. {ALIKE}")
        elif self.is_by_feature:
            rare, common = seen.features[-1, self._order[0]], seen.features[-1, self._order[-1]]
            ratio = rare / common if common > 0 else math.inf
            self.reading.setText(f"{seen.formula}: the rarest feature's is {_times(ratio)} × the commonest's")
            self.reading.setToolTip(f"The {what}, median of the weights that each one-hot feature feeds")
        else:
            whose = "of each layer" if self._layer is None else f"of layer {self._layer + 1}; other runs' medians"
            self.reading.setText(f"{seen.formula}: median and middle 80 % {whose}")
            self.reading.setToolTip(f"The {what} of a layer's weights")

    def _point(self, place: tuple[float, float] | None) -> None:
        self._say(place)

    def _read(self, seen: Effective, x: float, y: float) -> str:
        """What is nearest to a place."""
        row = int(np.abs(seen.epochs - x).argmin())
        epoch = f"epoch {seen.epochs[row]:,}"
        with np.errstate(divide="ignore"):
            if self.is_by_feature:
                logs = np.log10(seen.features[row, self._order])
                feature = int(self._order[int(np.abs(logs - y).argmin())])
                share = f"in {100 * seen.shares[feature]:.1f} % of the samples"
                return f"{epoch}, {seen.names[feature]}, {share}: {figures(float(seen.features[row, feature]))}"
            logs = np.log10(seen.layers[row, :, 2])
        layer = int(np.abs(logs - y).argmin())
        name = f"layer {layer + 1}" if layer < seen.layers.shape[1] - 1 else "output layer"
        low, middle, high = (figures(float(value)) for value in seen.layers[row, layer, 1:4])
        return f"{epoch}, {name}: {middle}, 80 % from {low} to {high}"

    def table(self) -> Table:
        """An epoch a row; features by name, or each layer's percentiles."""
        seen = self._seen
        if seen is None:
            return Table(("epoch",), ([],))
        if self.is_by_feature:
            return Table(("epoch", *seen.names), (seen.epochs.tolist(), *seen.features.T.tolist()))
        names = [f"layer {n + 1} {part}" for n in range(seen.layers.shape[1]) for part in ("least", 10, 50, 90, "most")]
        columns = seen.layers.reshape(len(seen.epochs), -1).T.tolist()
        return Table(("epoch", *names), (seen.epochs.tolist(), *columns))

    def _choose(self) -> None:
        self.chart.forget_ranges()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()


def _median(seen: Effective, layer: int) -> Floats:
    """Of a layer's weights, over the epochs; of the last where a run has fewer."""
    return np.ascontiguousarray(seen.layers[:, min(layer, seen.layers.shape[1] - 1), 2])


def _times(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 100 else f"{ratio:,.0f}"
