"""The right column: what happens. Its panels are made when they are first seen, after the window has come up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.ui.loading import load_some
from playground.ui.panels import PANELS, Panel, is_normalized
from playground.ui.panes import Panes
from playground.ui.scene import Scene
from playground.ui.stage import NormsOff
from playground.ui.theme import Colors

NARROWEST = 320  # pixels
ROWS = {row.key: row for row in PANELS}


class Charts(QWidget):
    """The panels that suit what is chosen, one above the other, and below them how to switch normalization on."""

    asked = Signal(str, tuple)  # by a panel: a verb of the session, and its arguments

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self._colors = colors
        self._scene: Scene | None = None
        self._made: dict[str, Any] = {}
        self.heights: dict[str, int] = {}  # that a hand has chosen, by panel
        self.norms_off = NormsOff()
        self.panes = Panes(Qt.Orientation.Vertical, {row.key: self._place(row) for row in PANELS})
        self.panes.splitterMoved.connect(self._note_hand)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(0, 8, 12, 8)
        column.addWidget(self.panes, 1)
        column.addWidget(self.norms_off)
        self.setMinimumWidth(NARROWEST)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._make_next)

    @staticmethod
    def _place(row: Panel) -> QWidget:
        """Where a panel will stand."""
        place = QWidget(accessibleName=row.question)
        place.hide()  # until it is known to suit
        QVBoxLayout(place).setContentsMargins(0, 0, 0, 0)
        return place

    # making

    def panel(self, key: str) -> Any:
        """A panel's widget, made now if it is not yet."""
        if key not in self._made:
            made = self._made[key] = ROWS[key].make(self._colors)
            layout = self.panes.panes[key].layout()
            assert layout is not None
            layout.addWidget(made)
            if hasattr(made, "asked"):
                made.asked.connect(self.asked)
            if self._scene is not None:
                made.show_scene(self._scene)
        return self._made[key]

    def _seen(self) -> list[Panel]:
        """The panels that have a place to be seen."""
        return [row for row in PANELS if not self.panes.panes[row.key].isHidden()]

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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting():
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    # what is shown

    @property
    def looks(self) -> dict[str, Any]:
        """What the panels that are seen ask of a run."""
        return {key: request for row in self._seen() for key, request in row.looks.items()}

    def show_scene(self, scene: Scene) -> None:
        """Hand it to those panels that are seen."""
        before, self._scene = self._scene, scene
        if before is None or before.experiment is not scene.experiment:
            self._choose_panels(scene)
        self._draw(scene)

    def _draw(self, scene: Scene) -> None:
        for row in self._seen():
            if row.key in self._made:
                self._made[row.key].show_scene(scene)

    def _choose_panels(self, scene: Scene) -> None:
        """Those that suit what is chosen."""
        before = self._seen()
        for row in PANELS:
            self.panes.panes[row.key].setVisible(row.suits(scene.experiment))
        self.norms_off.setVisible(bool(scene.experiment.knobs.layers) and not is_normalized(scene.experiment))
        if self._seen() != before:
            self._share_height()
        if self._waiting() and self.isVisible():
            self._timer.start()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for made in self._made.values():
            made.set_colors(colors)

    # heights

    def _share_height(self) -> None:
        """Each panel gets the height that was chosen for it, else its share."""
        self.panes.set_lengths({row.key: self.heights.get(row.key, row.share) for row in PANELS})

    def _note_hand(self) -> None:
        self.heights |= self.panes.lengths
        if self._scene is not None:
            self._draw(self._scene)

    def restore_heights(self, heights: Mapping[str, int]) -> None:
        """Take heights that were chosen before; of panels that are no more, nothing comes."""
        self.heights = {key: height for key, height in heights.items() if key in ROWS}
        self._share_height()

    def reset_layout(self) -> None:
        """Give each panel its first share of the height again."""
        self.heights.clear()
        self._share_height()
