"""The right column: what happens. Its panels are made when they are first seen, after the window has come up."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.ui.loading import load_some
from playground.ui.panels import FIRST, PANELS, Panel
from playground.ui.panes import Panes
from playground.ui.scene import Scene
from playground.ui.slot import Slot
from playground.ui.theme import Colors, scaled

NARROWEST = 400  # pixels
LATE = 20  # milliseconds until a panel that was passed by is thought of again
ROWS = {row.key: row for row in PANELS}


class Charts(QWidget):
    """The loss, which always stays, and the slot in which the other panels take turns."""

    asked = Signal(str, tuple)  # by a panel: a verb of the session, and its arguments
    wanted = Signal(object)  # knobs to change, so that there is something to be seen
    looks_changed = Signal()
    picked = Signal(object)  # a Pick: a weight or unit that all panels speak of
    points_picked = Signal(object)  # numbers of points, to be selected on the plane
    tab_chosen = Signal(str)  # by hand
    shares_chosen = Signal()  # by hand

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self._colors = colors
        self._scene: Scene | None = None
        self._made: dict[str, Any] = {}
        self._drawn: dict[str, tuple[float, Scene]] = {}  # when each was drawn last, and what
        self._every = 0.0  # seconds between two drawings of a panel
        self._came = -math.inf  # when the last scene came
        self._first = QWidget(accessibleName=ROWS[FIRST].question)
        self._first.setMinimumWidth(1)  # what a panel wants never widens the window
        QVBoxLayout(self._first).setContentsMargins(0, 0, 0, 0)
        self.slot = Slot([row for row in PANELS if row.key != FIRST], colors)
        self.slot.tab_chosen.connect(self._turn)
        self.slot.wanted.connect(self.wanted)
        self.panes = Panes(Qt.Orientation.Vertical)
        self.panes.hold({FIRST: self._first, "slot": self.slot})
        self.panes.splitterMoved.connect(self._note_hand)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 8, 12, 8)
        column.addWidget(self.panes, 1)
        self.fit_type()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._make_next)
        self._late = QTimer(self, interval=LATE)
        self._late.timeout.connect(self._draw_in_turn)

    # making

    def panel(self, key: str) -> Any:
        """A panel's widget, made now if it is not yet."""
        if key not in self._made:
            made = self._made[key] = ROWS[key].make(self._colors)
            layout = self._first.layout()
            assert layout is not None
            layout.addWidget(made) if key == FIRST else self.slot.put(key, made)
            for name in ("asked", "wanted", "looks_changed", "picked", "points_picked"):
                if hasattr(made, name):
                    getattr(made, name).connect(getattr(self, name))
            if self._scene is not None:
                made.show_scene(self._scene)
            if hasattr(made, "looks"):
                self.looks_changed.emit()
        return self._made[key]

    def _seen(self) -> list[Panel]:
        """The panels that have a place to be seen."""
        chosen = self.slot.seen
        return [ROWS[FIRST], *([chosen] if chosen is not None else [])]

    def _waiting(self) -> list[str]:
        """Those of them that are not made yet."""
        return [row.key for row in self._seen() if row.key not in self._made]

    def _make_next(self) -> None:
        """One at a time, once what they are drawn with is loaded."""
        if load_some() and (waiting := self._waiting()):
            self.panel(waiting[0])
        if not self._waiting():
            self._timer.stop()

    @property
    def is_complete(self) -> bool:
        """Whether all that is to be seen is made."""
        return not self._waiting()

    def complete(self) -> None:
        """Make at once what is to be seen."""
        for key in self._waiting():
            self.panel(key)

    def _make_soon(self) -> None:
        if self._waiting() and self.isVisible():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting():
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._late.stop()

    # what is shown

    @property
    def looks(self) -> dict[str, Any]:
        """What the panels that are seen ask of a run."""
        found: dict[str, Any] = {}
        for row in self._seen():
            found |= {**row.looks, **getattr(self._made.get(row.key), "looks", {})}
        return found

    @property
    def tab(self) -> str:
        """The key of the panel in the slot."""
        return self.slot.tab

    def choose_tab(self, key: str) -> None:
        """Show the panel of that key in the slot; one that is no more changes nothing."""
        if key != self.tab:
            self.slot.choose(key)
            self._look_anew()

    def _turn(self, key: str) -> None:
        self._look_anew()
        self.tab_chosen.emit(key)

    def _look_anew(self) -> None:
        """Another panel is seen: it draws, and what it looks at is asked for."""
        self._make_soon()
        if self._scene is not None:
            self._draw(self._scene)
        self.looks_changed.emit()

    def show_scene(self, scene: Scene, every: float = 0.0) -> None:
        """Hand it to those panels that are seen.

        every: seconds between two drawings of a panel where scenes come one after the other, for the sake of those who
        wait for the interpreter; then they are drawn one at a time, and the last scene in any case.
        """
        before, self._scene = self._scene, scene
        came, self._came = self._came, time.monotonic()
        self._every = every
        if before is None or before.experiment is not scene.experiment:
            self.slot.show_experiment(scene.experiment)
            self._make_soon()
        if self._came - came < every:
            self._draw_in_turn()
        else:
            self._draw(scene)

    def _draw(self, scene: Scene) -> None:
        self._late.stop()
        for row in self._seen():
            if row.key in self._made:
                self._draw_one(row.key, scene)

    def _draw_one(self, key: str, scene: Scene) -> None:
        self._drawn[key] = time.monotonic(), scene
        self._made[key].show_scene(scene)

    def _draw_in_turn(self) -> None:
        """The panel that has waited longest, if it is its time."""
        scene, now = self._scene, time.monotonic()
        if scene is None:
            return
        drawn = {row.key: self._drawn.get(row.key, (-math.inf, None)) for row in self._seen() if row.key in self._made}
        waiting = sorted((when, key) for key, (when, what) in drawn.items() if what is not scene)
        is_due = bool(waiting) and now - waiting[0][0] >= self._every
        if len(waiting) > is_due:
            if not self._late.isActive():
                self._late.start()
        else:
            self._late.stop()
        if is_due:
            self._draw_one(waiting[0][1], scene)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.slot.takeaway.set_colors(colors)
        for made in self._made.values():
            made.set_colors(colors)

    # room

    def set_beside(self, is_beside: bool) -> None:
        """Whether loss and slot stand beside each other: where there is room for both."""
        way = Qt.Orientation.Horizontal if is_beside else Qt.Orientation.Vertical
        if way != self.panes.orientation():
            self.panes.setOrientation(way)

    def fit_type(self) -> None:
        """Have room for the numbers of a readout."""
        self.setMinimumWidth(scaled(NARROWEST))

    def share(self, lengths: Mapping[str, int]) -> None:
        """Give loss and slot these lengths, or shares."""
        self.panes.set_lengths(lengths)

    def _note_hand(self) -> None:
        if self._scene is not None:
            self._draw(self._scene)
        self.shares_chosen.emit()
