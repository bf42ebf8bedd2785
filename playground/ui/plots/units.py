"""One vector of a normalization layer over the epochs: a line for each unit, or where most units lie."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.training.history import NormSeries
from playground.ui.plots.chart import Chart, Lines, Title, pen
from playground.ui.scales import ceiling, figures
from playground.ui.theme import Colors, blend

Floats = NDArray[np.float64]
MOST_LINES = 16  # units drawn one by one; of more, the range that most of them lie in
LINE_POINTS = 200  # of each of many lines
NARROWEST = 0.1  # of a vertical axis
TOO_FAR = 100.0  # times the typical size: what lies beyond is drawn at the edge
SPREAD = (0, 10, 50, 90, 100)  # percentiles of many units: the outermost, a band, and its middle


class Part(NamedTuple):
    """One vector: its field in NormSeries, the question it answers, the value it starts at, None if many."""

    field: str
    title: str
    help: str
    start: float | None
    is_positive: bool = False


PARTS = (
    Part("mean", "Moving mean: where?", "Where a unit's sums lie: the average of its mini-batch means.", 0.0),
    Part("variance", "Moving variance: how wide?", "How far they spread: the average of its variances.", 1.0, True),
    Part("gamma", "γ: scaled by how much?", "The learned factor on the normalized sums.", 1.0),
    Part("beta", "β: shifted by how much?", "What is then added; it is learned too.", 0.0),
    Part("scale", "How long are the weights?", "The learned length of each unit's incoming weights.", None, True),
)


class UnitsChart(QWidget):
    """One vector of a layer: a line for each unit, or where most units lie."""

    unit_pointed = Signal(str)  # the unit nearest to the cursor and its value; empty when it has left

    def __init__(self, colors: Colors, part: Part) -> None:
        super().__init__(accessibleName=part.title)
        self._part = part
        self._pointed: tuple[float, float] | None = None
        self._series: NormSeries | None = None
        self._units = 0
        self._title = Title(part.title, "small")
        self.setToolTip(part.help)
        self.chart = Chart(colors, "", "")
        self.chart.setMouseTracking(True)
        self.chart.viewport().installEventFilter(self)
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
        faint = pen(blend(colors.training, colors.window, 0.35))
        pens = [faint, faint, pen(colors.training), faint, faint]
        if self._units <= MOST_LINES:
            pens = [pen(hue(number, self._units, colors)) for number in range(self._units)]
        band = (1, 3) if self._units > MOST_LINES else None
        self.lines = Lines(pens, band, blend(colors.training, colors.window, 0.14))
        chart.addItem(self.lines, ignoreBounds=True)

    def count(self, series: NormSeries) -> int:
        """How many units have this vector: none where the normalization lacks it."""
        return int(getattr(series, self._part.field).shape[1])

    def show_series(self, series: NormSeries) -> None:
        """Draw the layer's vector, if it has it, as it has been so far."""
        self._series = series
        if not self.count(series):
            return
        whole = getattr(series, self._part.field)
        if whole.shape[1] != self._units:
            self._units = whole.shape[1]
            self._make_items()
        # thinned evenly: averages and slowly learned numbers have no spikes to keep
        count = len(series.epochs)
        rows = np.linspace(0, count - 1, min(count, LINE_POINTS)).round().astype(np.intp)
        x, values = series.epochs[rows].astype(np.float64), self._drawable(whole[rows].astype(np.float64))
        self._look(x, values)
        if self._units > MOST_LINES:
            ranks = (np.array(SPREAD) / 100 * (self._units - 1)).round().astype(np.intp)
            values = np.sort(values, axis=1)[:, ranks]
        self.lines.set_curves([(x, y) for y in np.ascontiguousarray(values.T)])
        if self._pointed is not None:
            self.unit_pointed.emit(self._read(*self._pointed))

    def _drawable(self, values: Floats) -> Floats:
        """Cut to what the axis can show: one unit that flew away does not flatten the others."""
        size = np.abs(values[np.isfinite(values)])
        most = TOO_FAR * max(float(np.median(size)) if size.size else 0.0, 1.0)
        return np.nan_to_num(np.clip(values, -most, most), nan=self._part.start or 0.0)

    def _look(self, x: Floats, values: Floats) -> None:
        last = ceiling(float(x[-1])) if len(x) else 20.0
        start = self._part.start or 0.0
        low = min(float(values.min()) if values.size else 0.0, start)
        high = max(float(values.max()) if values.size else 1.0, start)
        if high - low < NARROWEST:
            low, high = low - NARROWEST / 2, high + NARROWEST / 2
        step = ceiling(high - low) / 5
        low = 0.0 if self._part.is_positive and low >= 0 else step * math.floor(low / step - 0.1)
        self.chart.look((0.0, max(last, 20.0)), (low, step * math.ceil(high / step + 0.1)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            box = self.chart.getViewBox()
            place = box.mapSceneToView(self.chart.mapToScene(event.position().toPoint()))
            self._pointed = (place.x(), place.y())
            self.unit_pointed.emit(self._read(*self._pointed))
        elif event.type() == QEvent.Type.Leave:
            self._pointed = None
            self.unit_pointed.emit("")
        return super().eventFilter(watched, event)

    def _read(self, x: float, y: float) -> str:
        """The unit nearest to a place, in words."""
        if self._series is None or not len(self._series.epochs) or not self.count(self._series):
            return ""
        row = int(np.clip(np.searchsorted(self._series.epochs, x - 0.5), 0, len(self._series.epochs) - 1))
        values = getattr(self._series, self._part.field)[row]
        if not np.isfinite(values).any():
            return ""
        unit = int(np.nanargmin(np.abs(values - y)))
        return f"epoch {self._series.epochs[row]:,}, unit {unit + 1}: {figures(float(values[unit]))}"


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
