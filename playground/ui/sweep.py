"""A sweep as one picture: the chart of its knob, or the map of the two that have most values."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.model.knobs import declaration
from playground.training.sweep_spots import Seen
from playground.ui.plots.chart import Title
from playground.ui.plots.search_chart import Drawn, SearchChart, View, value_name
from playground.ui.plots.search_map import SearchMap
from playground.ui.scales import written
from playground.ui.theme import Colors

WIDTH, HEIGHT = 1040, 560
MARGIN = 24
KINDS = {False: ("data", "loss without the penalty"), True: ("metric", "metric")}


class SweepPicture(QWidget):
    """All of it."""

    def __init__(self, seen: Seen, colors: Colors) -> None:
        super().__init__()
        self.setFixedSize(WIDTH, HEIGHT)
        quantity, up = KINDS[seen.is_metric]
        lines = (
            Drawn(f"val_{quantity}", "validation", "validation", has_band=True, width=1.25),
            Drawn(f"train_{quantity}", "training", "training", is_dashed=True),
        )
        view = View(lines, up, f"val_{quantity}", seen.is_metric)
        self.view = SearchMap(colors) if len(seen.found.axes) > 1 else SearchChart(colors)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # nobody is at the keys
        column = QVBoxLayout(self, spacing=6)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(Title(_title(seen), "title", bold=True))
        column.addWidget(Title(_best(seen, view), "body"))
        column.addWidget(Title(_key(seen, view), "small", muted=True))
        column.addSpacing(8)
        column.addWidget(self.view, 1)
        self.view.show_found(seen.found, view, None)


def _title(seen: Seen) -> str:
    knobs = [axis.declared.knob for axis in seen.found.axes]
    labels = [f"{knob.label} {knob.symbol}".strip() for knob in knobs]
    return f"{' and '.join([labels[0], *(label[0].lower() + label[1:] for label in labels[1:])])}, {seen.runs:,} runs"


def _best(seen: Seen, view: View) -> str:
    """The best combination, and the simplest that is as good."""
    found = seen.found
    best, simplest = found.best(view.decides, view.is_metric), found.simplest(view.decides, view.is_metric)
    assert best is not None
    told = f"Best: {_named(seen, best)}, validation {_spread(seen, best, view)}"
    if simplest is not None and simplest != best:
        told += f"; simplest within one standard error: {_named(seen, simplest)}, {_spread(seen, simplest, view)}"
    return told


def _named(seen: Seen, place: int) -> str:
    named = zip(seen.found.axes, seen.found.spots[place].values)
    return ", ".join(f"{_short(axis.name)} {value_name(axis, value)}" for axis, value in named)


def _short(name: str) -> str:
    knob = declaration(name).knob
    return knob.symbol or knob.label.lower()


def _spread(seen: Seen, place: int, view: View) -> str:
    spot = seen.found.spots[place]
    error = spot.error(view.decides)
    mean = written(float(f"{spot.mean(view.decides):.4g}"))
    return mean if math.isnan(error) else f"{mean} ± {written(float(f'{error:.2g}'))}"


def _key(seen: Seen, view: View) -> str:
    """What the marks mean, and what the other knobs were."""
    found = seen.found
    each = max(len(spot.found.get(view.decides, ())) for spot in found.spots)
    parts = ["◆ the best"]
    if found.simplest(view.decides, view.is_metric) not in (None, found.best(view.decides, view.is_metric)):
        parts.append("○ the simplest within one standard error")
    if each > 1:
        spread = "" if len(found.axes) > 1 else ", and one standard deviation"
        parts.append(f"means of {each} runs each{spread}")
    for name, value in seen.others.items():
        told = ",".join(map(str, value)) or "none" if isinstance(value, tuple) else value
        parts.append(f"{_short(name)} {told}")
    return "  ·  ".join(parts)
