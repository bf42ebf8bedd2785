"""A regression's answers: predicted against true, or what is left of the target against what was predicted."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from playground.training.looks.answers import Values
from playground.ui.plots.chart import Chart, pen
from playground.ui.plots.charted import Charted
from playground.ui.plots.export import Export, Table
from playground.ui.theme import Colors

MOST_DRAWN = 2000  # points
PAD = 0.06  # of the range, at each side
NAMES = {False: ("true", "predicted"), True: ("predicted", "true − predicted")}
QUESTIONS = {False: "How near to the truth is it?", True: "Is what is left mere noise?"}


class Scatter(Charted):
    """A dot an answer, and the line that they would lie on were all right. of_residuals: which of the two."""

    def __init__(self, colors: Colors, of_residuals: bool) -> None:
        question = QUESTIONS[of_residuals]
        super().__init__(Chart(colors, *NAMES[of_residuals]), question, question)
        self._of_residuals = of_residuals
        self._values: Values | None = None
        name = "residuals" if of_residuals else "predicted"
        self.chart.export = Export(self.chart, name, lambda: question, self.table, colors)
        self._make_items()

    def _make_items(self) -> None:
        chart, colors = self.chart, self.chart.colors
        chart.clear()
        self._ideal = pg.PlotCurveItem(pen=pen(colors.muted, Qt.PenStyle.DotLine))
        ink = QColor(colors.validation)
        ink.setAlphaF(0.7)
        self._dots = pg.ScatterPlotItem(size=6, pen=pen(colors.window), brush=ink)
        for item in (self._ideal, self._dots):
            chart.addItem(item, ignoreBounds=True)
        self._draw()

    def show_values(self, values: Values) -> None:
        """Draw these answers."""
        self._values = values
        self._draw()

    def _draw(self) -> None:
        values = self._values
        if values is None or not len(values.targets):
            self._dots.setData([], [])
            return
        x, y = self._places(values)
        across = _range(x)
        if self._of_residuals:
            farthest = float(np.abs(y).max()) or 1.0
            up = -(1 + PAD) * farthest, (1 + PAD) * farthest
            self._ideal.setData(list(across), [0, 0])
        else:
            across = up = _range(np.concatenate([x, y]))
            self._ideal.setData(list(across), list(across))
        self.chart.look(across, up)
        stride = -(-len(x) // MOST_DRAWN)
        self._dots.setData(x[::stride], y[::stride])

    def _places(self, values: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """All outputs' points, one output after the other."""
        predicted = values.predicted.T.ravel()
        if self._of_residuals:
            return predicted, values.residuals.T.ravel()
        return values.targets.T.ravel(), predicted

    def table(self) -> Table:
        """An answer a row."""
        x, y = self._places(self._values) if self._values is not None else (np.zeros(0), np.zeros(0))
        return Table(NAMES[self._of_residuals], (x.tolist(), y.tolist()))


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    pad = PAD * (high - low) or 1.0
    return low - pad, high + pad
