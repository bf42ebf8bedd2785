"""A widget that is a chart and what is drawn on it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.ui.plots.chart import Chart
from playground.ui.theme import Colors


class Charted(QWidget):
    """A chart alone; who inherits from it makes the items, anew under each theme."""

    def __init__(self, chart: Chart, name: str, chart_name: str) -> None:
        super().__init__(accessibleName=name)
        self.chart = chart
        chart.setAccessibleName(chart_name)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(chart)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.chart.set_colors(colors)
        self._make_items()

    def _make_items(self) -> None:
        raise NotImplementedError
