"""How the window is arranged: its columns' widths, the layout in hand, and what a hand has changed of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from playground.ui.charts import NARROWEST, Charts
from playground.ui.choices import NARROW, RAIL, WIDTH, Choices
from playground.ui.layouts import LAYOUTS, Changes
from playground.ui.panes import Panes
from playground.ui.settings import Settings
from playground.ui.stage import Stage
from playground.ui.theme import scaled

RAIL_BELOW = 1100  # pixels of the window: narrower, the choices are a rail
WIDE_FROM = 1400  # from here on the choices are as wide as they would be
BESIDE_FROM = 1700  # from here on loss and slot stand beside each other, if their column is wider than it is high
LEAST_STAGE = 280


class Arrangement(QObject):
    """Lays out the columns, and remembers by key."""

    chosen = Signal(str)  # the key of the layout in hand

    def __init__(self, columns: Panes, choices: Choices, stage: Stage, charts: Charts) -> None:
        super().__init__(columns)
        self._columns, self._choices, self._stage, self._charts = columns, choices, stage, charts
        self._changes = Changes()
        self.layout = LAYOUTS[0].key
        self.is_folded = False  # by hand
        self.hides_choices = False
        self._width = 0  # of the window
        choices.cover(stage.canvas)
        choices.fold_wanted.connect(self.fold)
        columns.splitterMoved.connect(lambda: self._note(widths=columns.lengths))
        charts.shares_chosen.connect(lambda: self._note(heights=charts.panes.lengths))
        charts.tab_chosen.connect(lambda key: self._note(tab=key))
        stage.view_chosen.connect(lambda key: self._note(view=key))
        stage.planes_chosen.connect(lambda count: self._note(planes=count))

    def _note(self, **changed: Any) -> None:
        """A hand's change stays with the layout."""
        self._changes.note(self.layout, **changed)

    # layouts

    def choose(self, key: str) -> None:
        """Arrange all as that layout has it."""
        chosen = self._changes.layout(key)
        self.layout = chosen.key
        self._stage.choose_view(chosen.view)
        self._stage.set_planes(chosen.planes)
        offered = self._charts.slot.rows
        self._charts.choose_tab(next((tab for tab in chosen.tab if tab in offered), ""))
        self.fit(self._width)
        self.chosen.emit(self.layout)

    def reset(self) -> None:
        """Have the layout in hand as it was at first."""
        self._changes.forget(self.layout)
        self.is_folded = False
        self.choose(self.layout)

    # room

    def fold(self, is_folded: bool) -> None:
        """Fold the choices to a rail, or unfold them."""
        self.is_folded = is_folded
        self.fit(self._width)

    def fit(self, width: int) -> None:
        """Give each column its width in a window of that width: a square plane, unless a hand has chosen otherwise."""
        self._width = width
        is_narrow = width < scaled(RAIL_BELOW)
        self._choices.setVisible(not self.hides_choices)
        self._choices.fold(is_narrow or self.is_folded, can_unfold=not is_narrow)
        layout = self._changes.layout(self.layout)
        left = self._left()
        whole = self._columns.width() - (1 if self.hides_choices else 2) * self._columns.handleWidth() - left
        if whole <= 0:
            return
        middle = self._stage.width_for(self._columns.height())
        if "stage" in layout.widths and "charts" in layout.widths:  # in the proportion that was chosen
            middle = round(whole * layout.widths["stage"] / (layout.widths["stage"] + layout.widths["charts"]))
        middle = max(min(middle, whole - scaled(NARROWEST)), LEAST_STAGE)
        right, halves = whole - middle, 2 * scaled(NARROWEST)
        self._charts.set_beside(width >= BESIDE_FROM and right > max(self._columns.height(), halves))
        self._charts.share(layout.heights)
        self._columns.set_lengths({"choices": left, "stage": middle, "charts": whole - middle})
        self._choices.place()

    def _left(self) -> int:
        """The width of the choices."""
        if self.hides_choices:
            return 0
        if self._choices.is_folded:
            return RAIL
        chosen = self._changes.layout(self.layout).widths.get("choices", 0)
        return chosen if chosen > RAIL else scaled(WIDTH if self._width >= WIDE_FROM else NARROW)

    # what is remembered

    def restore(self, settings: Settings) -> None:
        """Arrange all as it was left."""
        self._changes = Changes(settings.text("layouts"))
        self.is_folded = settings.text("folded") == "yes"
        self.layout = settings.text("layout", self.layout)

    def remember(self, settings: Settings) -> None:
        settings.keep("layouts", self._changes.text)
        settings.keep("folded", "yes" if self.is_folded else "no")
        settings.keep("layout", self.layout)
