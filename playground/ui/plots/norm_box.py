"""The four lines of normalization's box with one unit's live numbers, and all units of its layer beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from playground.training.looks.norms import Box
from playground.ui.plots.chart import Chart, Title, pen
from playground.ui.plots.export import Table
from playground.ui.scales import ceiling, figures, spread
from playground.ui.theme import Colors, font

Floats = NDArray[np.float64]
DOT = 7  # pixels of a dot
HAT = "<b>x̂</b>"  # some fonts have the accent in bold type alone
SAMPLES = 32  # of a batch, that are drawn
GAP = (
    "By how much the loss of the training points is higher with each batch's own mean and variance than with the "
    "moving ones, dropout and augmentation aside. Small batches raise it; below 0 the moving ones lag behind."
)


class Pair(NamedTuple):
    """What a small chart compares: for each unit, or sample, what it has now, and what it is held against.

    start: a level that stands for nothing.
    """

    title: str
    across: str
    now: Floats
    against: Floats = np.empty(0)
    start: float = 0.0
    chosen: int | None = None


def lines_of(box: Box) -> list[tuple[str, str]]:
    """The box's lines, each as its formula and that with numbers, for the first point of the batch; as HTML."""
    if box.kind == "weight":
        return _lines_of_weights(box)
    x, hat, y = (float(values[0]) for values in (box.given, box.normed, box.out))
    mean, variance = float(np.ravel(box.mean)[0]), float(np.ravel(box.variance)[0])
    if box.kind == "batch":
        average = f"1/{len(box.given)} Σ"
        aside = [f"moving {_short(value)}" for value in box.moving]
    else:
        average, aside = "1/units Σ", ["over the layer's units"] * 2
    deviation = f"({_short(x)} {_signed(-mean)})/√({_short(variance)} + {box.epsilon:g})"
    return [
        ("μ", f"= {average} x = <b>{_short(mean)}</b> &nbsp; <i>{aside[0]}</i>"),
        ("σ²", f"= {average} (x − μ)² = <b>{_short(variance)}</b> &nbsp; <i>{aside[1]}</i>"),
        (HAT, f"= (x − μ)/√(σ² + ε) = {deviation} = <b>{_short(hat)}</b>"),
        ("y", f"= γ·{HAT} + β = {_short(box.gamma)} · {_bracketed(hat)} {_signed(box.beta)} = <b>{_short(y)}</b>"),
    ]


def _lines_of_weights(box: Box) -> list[tuple[str, str]]:
    factor = box.scale / box.length if box.length else float("nan")
    shown = ", ".join(_short(float(weight)) for weight in box.weights[:4])
    more = f", … ({len(box.weights)} in all)" if len(box.weights) > 4 else ""
    return [
        ("‖v‖", f"= √Σv² = <b>{_short(box.length)}</b> &nbsp; <i>changes nothing</i>"),
        ("s", f"= <b>{_short(box.scale)}</b> &nbsp; <i>learned apart</i>"),
        ("w", f"= s·v/‖v‖ = {_short(box.scale)}/{_short(box.length)} · v = <b>{_short(factor)}</b> · v"),
        ("", f"= <b>{shown}</b>{more}"),
    ]


def _short(value: float) -> str:
    """Three figures: a line of a formula has room for no more."""
    return f"{value:.3g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"− {_short(-value)}" if value < 0 else f"+ {_short(value)}"


def _bracketed(value: float) -> str:
    return f"({_short(value)})" if value < 0 else _short(value)


def pairs_of(box: Box) -> list[Pair]:
    """What is drawn below: one or two small charts."""
    if box.kind == "batch":
        return [
            Pair("Mean of each unit", "unit", box.means, box.moving_means, 0.0, box.unit),
            Pair("Variance of each unit", "unit", box.variances, box.moving_variances, 1.0, box.unit),
        ]
    if box.kind == "layer":
        mean, variance = np.atleast_1d(box.mean)[:SAMPLES], np.atleast_1d(box.variance)[:SAMPLES]
        return [
            Pair("Mean of each point", "point", mean, chosen=0),
            Pair("Variance of each point", "point", variance, chosen=0),
        ]
    return [Pair("Length of each unit's weights", "unit", box.scales, box.lengths, 0.0, box.unit)]


class PairChart(QWidget):
    """Dots for what is now, rings for what it is held against, a stem between both."""

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self.title = Title("", "small")
        self.chart = Chart(colors, "", "")
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.chart, 1)
        self._pair: Pair | None = None
        self.set_colors(colors)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.chart.set_colors(colors)
        self.chart.clear()
        self.start = pg.InfiniteLine(0.0, angle=0, pen=pen(colors.muted, Qt.PenStyle.DotLine))
        self.chosen = pg.InfiniteLine(0.0, angle=90, pen=pen(colors.accent))
        self.stems = pg.PlotCurveItem(pen=pen(colors.muted))
        self.rings = pg.ScatterPlotItem(size=DOT, pen=pen(colors.muted), brush=None)
        self.dots = pg.ScatterPlotItem(size=DOT, pen=None, brush=colors.training)
        for item in (self.start, self.chosen, self.stems, self.rings, self.dots):
            self.chart.addItem(item, ignoreBounds=True)
        if self._pair is not None:
            self.show_pair(self._pair)

    def show_pair(self, pair: Pair) -> None:
        """Draw it."""
        self._pair = pair
        self.title.setText(pair.title)
        self.chart.setAccessibleName(pair.title)
        count = len(pair.now)
        x = np.arange(1.0, count + 1)
        self.dots.setData(x, pair.now)
        self.rings.setData(x[: len(pair.against)], pair.against)
        if len(pair.against):
            stems = np.column_stack([pair.now, pair.against]).ravel()
            self.stems.setData(np.repeat(x, 2), stems, connect="pairs")
        else:
            self.stems.setData([], [])
        self.start.setValue(pair.start)
        self.chosen.setVisible(pair.chosen is not None)
        self.chosen.setValue((pair.chosen or 0) + 1)
        known = np.concatenate([pair.now, pair.against, [pair.start]])
        known = known[np.isfinite(known)]
        low, high = float(known.min()), float(known.max())
        step = ceiling(max(high - low, 0.1)) / 5
        self.chart.look((0.0, count + 1.0), (step * np.floor(low / step - 0.2), step * np.ceil(high / step + 0.2)))


class BoxView(QWidget):
    """Four lines, two small charts, and what small batches cost with the race that shows it."""

    def __init__(self, colors: Colors, race: Callable[[], None]) -> None:
        super().__init__(accessibleName="Normalization of one unit in a batch")
        self._colors = colors
        self._box: Box | None = None
        self._lines = [(QLabel(font=font("small")), QLabel(font=font("small"))) for _ in range(4)]
        grid = QGridLayout(horizontalSpacing=6, verticalSpacing=0)
        for row, (name, text) in enumerate(self._lines):
            name.setAlignment(Qt.AlignmentFlag.AlignRight)
            for column, label in enumerate((name, text)):
                label.setTextFormat(Qt.TextFormat.RichText)
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                label.setMinimumWidth(1)
                grid.addWidget(label, row, column)
        grid.setColumnStretch(1, 1)
        self.charts = [PairChart(colors), PairChart(colors)]
        beside = QHBoxLayout(spacing=8)
        for chart in self.charts:
            beside.addWidget(chart, 1)
        self._key = Title("", "small", muted=True)
        self.gap = Title("", "small")
        self.gap.setToolTip(GAP)
        self.race = race_button(race)
        foot = QHBoxLayout(spacing=8)
        foot.addWidget(self.gap, 1)
        foot.addWidget(self.race)
        column_ = QVBoxLayout(self, spacing=4)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.addLayout(grid)
        column_.addWidget(self._key)
        column_.addLayout(beside, 1)
        column_.addLayout(foot)

    @property
    def text(self) -> str:
        """What the lines say, as HTML."""
        return "\n".join(f"{name.text()} {text.text()}" for name, text in self._lines)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for chart in self.charts:
            chart.set_colors(colors)

    def forget_ranges(self) -> None:
        """Another layer is shown: axes may shrink."""
        for chart in self.charts:
            chart.chart.forget_ranges()

    def show_box(self, box: Box | None) -> None:
        """Show a unit's numbers."""
        self._box = box
        lines = lines_of(box) if box is not None else []
        for number, (name, text) in enumerate(self._lines):
            formula, told = lines[number] if number < len(lines) else ("", "")
            name.setText(formula)
            text.setText(told)
        pairs = pairs_of(box) if box is not None else []
        for number, chart in enumerate(self.charts):
            chart.setVisible(number < len(pairs))
            if number < len(pairs):
                chart.show_pair(pairs[number])
        self._key.setText(key_of(box))
        self.gap.setText(gap_of(box))

    def table(self) -> Table:
        """A unit, or a point, a row."""
        pairs = pairs_of(self._box) if self._box is not None else []
        names, columns = ["number"], [list(range(1, len(pairs[0].now) + 1)) if pairs else []]
        for pair in pairs:
            for name, values in (("", pair.now), (", held against", pair.against)):
                if len(values):
                    names.append(pair.title + name)
                    columns.append(values.tolist())
        return Table(tuple(names), tuple(columns))


def key_of(box: Box | None) -> str:
    """Whose numbers they are, and what the signs below stand for."""
    if box is None:
        return ""
    signs = {
        "batch": "● batch, ○ moving",
        "layer": "● each point's own",
        "weight": "● s, ○ ‖v‖",
    }
    whose = "" if box.kind == "weight" else f"epoch {box.epoch + 1:,}, batch {box.batch + 1}, its first point. "
    return whose + signs[box.kind]


def gap_of(box: Box | None) -> str:
    """What small batches cost, in words."""
    if box is None or box.kind != "batch":
        return "" if box is None else "No gap between training and evaluation"
    sign = "+" if box.gap >= 0 else ""
    told = spread(box.gap, box.error) if box.error > 0 else figures(box.gap)
    return f"Loss in training − evaluation mode: {sign}{told}"


def race_button(race: Callable[[], None]) -> QPushButton:
    """Has the same trained without normalization."""
    button = QPushButton("Race without it", font=font("small"))
    button.setToolTip("Train this and the same without normalization side by side, from the same weights and batches")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(lambda: race())
    return button
