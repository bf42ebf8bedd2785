"""Whether answers are as sure as they are right: a reliability curve, and how many answers there are."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor

from playground.training.looks.answers import BINS, Reliability
from playground.ui.plots.chart import Chart, pen
from playground.ui.plots.charted import Charted
from playground.ui.plots.export import Export, Table
from playground.ui.plots.lines import Lines, Stroke
from playground.ui.theme import Colors, blend, run_color


class Calibration(Charted):
    """The run in hand as points, joined; other runs as thin curves; the diagonal is perfect."""

    pointed = Signal(str)  # what is under the cursor, in words; empty when it has left

    def __init__(self, colors: Colors) -> None:
        super().__init__(
            Chart(colors, "confidence of the answer", "right"),
            "Calibration: share that is right over the confidence",
            "Share of right answers over their confidence",
        )
        self._found: Reliability | None = None
        self._others: tuple[int, ...] = ()  # their colours
        self._least = 0.0  # that an answer's confidence can be
        self.chart.pointed.connect(self._point_at)
        self.chart.export = Export(
            self.chart, "calibration", lambda: "Is it as sure as it is right?", self.table, colors
        )
        self._make_items()

    def _make_items(self) -> None:
        chart, colors = self.chart, self.chart.colors
        chart.clear()
        self._bars = pg.BarGraphItem(
            x0=np.arange(BINS) / BINS,
            width=1 / BINS,
            height=np.zeros(BINS),
            pen=pen(colors.window),
            brush=QColor(blend(colors.training, colors.window, 0.18)),
        )
        self._ideal = pg.PlotCurveItem([0, 1], [0, 1], pen=pen(colors.muted, Qt.PenStyle.DotLine))
        strokes = [Stroke(run_color(colors, colour), 0.5 * colors.curve) for colour in self._others]
        self._gaps = pg.PlotCurveItem(pen=pen(colors.error), connect="pairs")
        self._lines = Lines([*strokes, Stroke(colors.validation, colors.curve)], colors.window)
        self._dots = pg.ScatterPlotItem(size=7, pen=pen(colors.window), brush=QColor(colors.validation))
        for item in (self._bars, self._ideal, self._gaps, self._lines, self._dots):
            chart.addItem(item, ignoreBounds=True)
        self._draw([])

    def show_curves(self, found: Reliability, others: list[tuple[Reliability, int]], classes: int) -> None:
        """Draw the run in hand, and others in their places of the cycle of colours; an answer is surer than chance."""
        self._found = found
        self._least = math.floor(BINS / max(classes, 1)) / BINS
        colours = tuple(colour for _, colour in others)
        if colours != self._others:
            self._others = colours
            self._make_items()
        self._draw([one for one, _ in others])

    def _draw(self, others: list[Reliability]) -> None:
        found = self._found
        self.chart.look((self._least, 1.0), (0.0, 1.0))
        if found is None:
            return
        filled = found.counts > 0
        x, y = found.confidence[filled], found.right[filled]
        self._bars.setOpts(height=found.counts / max(int(found.counts.sum()), 1))
        self._gaps.setData(np.repeat(x, 2), np.column_stack([x, y]).ravel())
        curves = [(one.confidence[one.counts > 0], one.right[one.counts > 0]) for one in others]
        if len(curves) == len(self._others):
            self._lines.set_curves([*curves, (x, y)])
        self._dots.setData(x, y)

    def _point_at(self, place: tuple[float, float] | None) -> None:
        found = self._found
        if place is None or found is None or not 0 <= place[0] <= 1:
            self.pointed.emit("")
            return
        number = min(int(place[0] * BINS), BINS - 1)
        low, high, count = 100 * number // BINS, 100 * (number + 1) // BINS, int(found.counts[number])
        right = f", {100 * found.right[number]:.0f} % right" if count else ""
        self.pointed.emit(f"{low}–{high} % sure: {count:,} answer{'s' * (count != 1)}{right}")

    def table(self) -> Table:
        """A bin a row."""
        found = self._found
        names = ("from", "to", "answers", "confidence", "right")
        if found is None:
            return Table(names, ([],) * 5)
        edges = (np.arange(BINS + 1) / BINS).tolist()
        columns = (found.counts.tolist(), found.confidence.tolist(), found.right.tolist())
        return Table(names, (edges[:-1], edges[1:], *columns))
