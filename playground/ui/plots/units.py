"""One vector of a normalization layer over the epochs: a line for each unit, or where most units lie."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.ui.plots.chart import Chart, Title, pen
from playground.ui.plots.export import Export, Table
from playground.ui.plots.lines import NO_CURVE, Lines, Stroke, closed
from playground.ui.scales import ceiling, figures
from playground.ui.theme import Colors, blend

Floats = NDArray[np.float64]
MOST_LINES = 16  # units drawn one by one; of more, the range that most of them lie in
LINE_POINTS = 200  # of each of many lines
NARROWEST = 0.1  # of a vertical axis
TOO_FAR = 100.0  # times the typical size: what lies beyond leaves the frame
SPREAD = (0, 10, 50, 90, 100)  # percentiles of many units: the outermost, a band, and its middle


class Part(NamedTuple):
    """One vector: its field in NormSeries, the question it answers, the value it starts at, None if many."""

    field: str
    title: str
    help: str
    look_for: str
    start: float | None
    is_positive: bool = False


PARTS = (
    Part(
        "mean",
        "Moving mean: where?",
        "Where a unit's sums lie: the average of its mini-batch means.",
        "Lines that have settled: evaluation then uses what training saw. Lines that still run away lag behind.",
        0.0,
    ),
    Part(
        "variance",
        "Moving variance: how wide?",
        "How far they spread: the average of its variances.",
        "A line at 0 is a unit that answers alike to every point; one that grows without end has lost its scale.",
        1.0,
        True,
    ),
    Part(
        "gamma",
        "γ: scaled by how much?",
        "The learned factor on the normalized sums.",
        "A unit whose γ falls to 0 is switched off; those that grow are what the network builds on.",
        1.0,
    ),
    Part(
        "beta",
        "β: shifted by how much?",
        "What is then added; it is learned too.",
        "With ReLU a β far below 0 leaves a unit silent, one far above 0 leaves it linear.",
        0.0,
    ),
    Part(
        "scale",
        "How long are the weights?",
        "The learned length of each unit's incoming weights.",
        "Lengths that grow together mean surer answers; one that falls to 0 is a unit that is not needed.",
        None,
        True,
    ),
)
# What layer normalization and weight normalization have instead of moving statistics, of a Track (looks/norms.py)
MORE = (
    Part(
        "sample_mean",
        "Points' means: where?",
        "Over the units of the layer, of some training points.",
        "Points that lie far apart are given the same place by it; what is learned must do without that.",
        0.0,
    ),
    Part(
        "sample_variance",
        "Points' variances: how wide?",
        "Over the units of the layer, of some training points.",
        "Near 0 the units answer alike, and what is left is blown up.",
        1.0,
        True,
    ),
    Part(
        "length",
        "How long is v?",
        "‖v‖, which changes nothing but how far a step turns the direction.",
        "It grows with every step: the longer, the less a step turns it.",
        None,
        True,
    ),
)
HAND = "<p>The cursor names the nearest unit. The wheel looks nearer, a double click shows all, Ctrl+C copies.</p>"


class Batch(NamedTuple):
    """What one unit had in the last batch of some epochs. epochs, values: (n,). unit: counted from 0."""

    unit: int
    epochs: Floats
    values: Floats


class UnitsChart(QWidget):
    """One vector of a layer: a line for each unit, or where most units lie."""

    unit_pointed = Signal(str)  # the unit nearest to the cursor and its value; empty when it has left

    def __init__(self, colors: Colors, part: Part) -> None:
        super().__init__(accessibleName=part.title)
        self._part = part
        self._pointed: tuple[float, float] | None = None
        self._series: Any = None
        self._batch: Batch | None = None
        self._units = 0
        self._title = Title(part.title, "small")
        self._title.setToolTip(part.help)  # over the chart it would cover the neighbours
        self.chart = Chart(colors, "", "")
        self.chart.setAccessibleName(part.title)
        self.chart.pointed.connect(self._point_at)
        self.chart.setWhatsThis(f"<p>{part.help}</p><p><b>What to look for.</b> {part.look_for}</p>{HAND}")
        self.chart.export = Export(self.chart, part.field, lambda: part.title, self._table, colors)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._title)
        column.addWidget(self.chart, 1)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.chart.set_colors(colors)
        self._make_items()

    def _make_items(self) -> None:
        """The start value, and a line for each unit; of many units a band, its middle and the outermost."""
        chart, colors = self.chart, self.chart.colors
        chart.clear()
        if self._part.start is not None:
            start = pg.InfiniteLine(self._part.start, angle=0, pen=pen(colors.muted, Qt.PenStyle.DotLine))
            start.setZValue(-10)
            chart.addItem(start, ignoreBounds=True)
        faint = Stroke(blend(colors.training, colors.window, 0.35))
        wash = Stroke(blend(colors.training, colors.window, 0.14), 0)
        strokes = [wash, faint, faint, Stroke(colors.training, colors.curve), faint, faint]
        if self._units <= MOST_LINES:
            strokes = [Stroke(hue(number, self._units, colors), 0.75 * colors.curve) for number in range(self._units)]
        self.lines = Lines(strokes, colors.window)
        followed = [Stroke(colors.accent, 0.75 * colors.curve, is_dotted=True), Stroke(colors.accent, colors.curve)]
        self.followed = Lines(followed, colors.window)
        for item in (self.lines, self.followed):
            chart.addItem(item, ignoreBounds=True)

    @property
    def field(self) -> str:
        """The vector's name in its series."""
        return self._part.field

    def count(self, series: Any) -> int:
        """How many units have this vector: none where the normalization lacks it."""
        return int(getattr(series, self._part.field).shape[1])

    def show_series(self, series: Any, last: int, is_past: bool = False, batch: Batch | None = None) -> None:
        """Draw the layer's vector, if it has it, as far as it goes.

        series: a NormSeries or a Track. last: the run's last epoch, to which the axis reaches. is_past: the series ends
        before; the axes stay. batch: what one unit had in batches, to be drawn with it.
        """
        self._series, self._batch = series, batch
        if not self.count(series):
            return
        whole = getattr(series, self._part.field)
        if whole.shape[1] != self._units:
            self._units = whole.shape[1]
            self._make_items()
        # thinned evenly: averages and slowly learned numbers have no spikes to keep
        count = len(series.epochs)
        rows = np.linspace(0, count - 1, min(count, LINE_POINTS)).round().astype(np.intp)
        x, values = series.epochs[rows].astype(np.float64), whole[rows].astype(np.float64)
        followed = values if batch is None else np.append(values.ravel(), batch.values)
        self._look(last, followed, is_past)
        # painters have limits; what is not finite has flown away too
        most = 100 * self._most(values)
        values = np.nan_to_num(np.clip(values, -most, most), nan=most)
        band = []
        if self._units > MOST_LINES:
            ranks = (np.array(SPREAD) / 100 * (self._units - 1)).round().astype(np.intp)
            values = np.sort(values, axis=1)[:, ranks]
            band = [closed(x, values[:, 1], values[:, 3])]
        self.lines.set_curves([*band, *((x, y) for y in np.ascontiguousarray(values.T))])
        followed_lines = [NO_CURVE, NO_CURVE]
        if batch is not None and batch.unit < self._units:
            own = whole[rows, batch.unit].astype(np.float64)
            followed_lines = [(at, np.clip(y, -most, most)) for at, y in ((batch.epochs, batch.values), (x, own))]
        self.followed.set_curves(followed_lines)
        if self._pointed is not None:
            self.unit_pointed.emit(self._read(*self._pointed))

    def _most(self, values: Floats) -> float:
        """The size up to which the axis shows values: one unit that flew away does not flatten the others."""
        size = np.abs(values[np.isfinite(values)])
        return TOO_FAR * max(float(np.median(size)) if size.size else 0.0, 1.0)

    def _look(self, last: int, values: Floats, is_past: bool) -> None:
        most, start = self._most(values), self._part.start or 0.0
        seen = values[np.abs(values) <= most]
        low = min(float(seen.min(initial=start)), start)
        high = max(float(seen.max(initial=start)), start)
        if high - low < NARROWEST:
            low, high = low - NARROWEST / 2, high + NARROWEST / 2
        step = ceiling(high - low) / 5
        low = 0.0 if self._part.is_positive and low >= 0 else step * math.floor(low / step - 0.1)
        up = low, step * math.ceil(high / step + 0.1)
        self.chart.look((0.0, max(ceiling(last), 20.0)), up, only_grow=is_past)

    def _point_at(self, place: tuple[float, float] | None) -> None:
        self._pointed = place
        self.unit_pointed.emit("" if place is None else self._read(*place))

    @property
    def _noun(self) -> str:
        return "point" if self._part.field.startswith("sample") else "unit"

    def _table(self) -> Table:
        """An epoch a row, a unit a column."""
        series = self._series
        if series is None:
            return Table(("epoch",), ([],))
        whole = getattr(series, self._part.field)
        names = tuple(f"{self._noun} {unit + 1}" for unit in range(whole.shape[1]))
        return Table(("epoch", *names), (series.epochs.tolist(), *whole.T.tolist()))

    def _read(self, x: float, y: float) -> str:
        """The unit nearest to a place, in words."""
        if self._series is None or not len(self._series.epochs) or not self.count(self._series):
            return ""
        row = int(np.clip(np.searchsorted(self._series.epochs, x - 0.5), 0, len(self._series.epochs) - 1))
        values = getattr(self._series, self._part.field)[row]
        if not np.isfinite(values).any():
            return ""
        unit = int(np.nanargmin(np.abs(values - y)))
        return f"epoch {self._series.epochs[row]:,}, {self._noun} {unit + 1}: {figures(float(values[unit]))}"


def hue(number: int, count: int, colors: Colors) -> str:
    """Evenly spread hues of one lightness and strength. OKLCH: Ottosson, "A perceptual color space", 2020."""
    light, chroma = (0.58, 0.13) if colors.name == "light" else (0.76, 0.12)
    angle = 2 * math.pi * number / max(count, 1) + 0.5
    a, b = chroma * math.cos(angle), chroma * math.sin(angle)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    parts = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    bounded = [min(max(part, 0.0), 1.0) for part in parts]
    encoded = [12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in bounded]
    return "#" + "".join(f"{round(255 * part):02x}" for part in encoded)
