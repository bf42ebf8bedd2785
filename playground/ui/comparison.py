"""Runs side by side on the stage: which ones, and what is looked at of them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from playground.training.runs import Listed
from playground.training.surface import Region
from playground.ui.door import Door
from playground.ui.lanes import grouped, stand_in
from playground.ui.planes import Item, Planes
from playground.ui.scene import Scene
from playground.ui.stage import PLANES, Stage
from playground.ui.theme import Colors

INSET = 72  # places along each side where the plane is at most an inset
SIDE = {1: 96, 2: 72, 4: 56, 6: 48, 8: 40}  # places along each side of a plane, by how many planes there are


class Comparison(QObject):
    """The planes of the run in hand and of what it is compared with: its race, runs laid over it, the ghost."""

    looks_changed = Signal()

    def __init__(self, session: Door, stage: Stage, colors: Colors) -> None:
        super().__init__(stage)
        self._session = session
        self._stage = stage
        self.planes = Planes(colors)
        stage.put_planes(self.planes)
        self.planes.view_changed.connect(self.looks_changed)

    @property
    def is_seen(self) -> bool:
        return self._stage.planes > 1

    @property
    def look(self) -> Region:
        """What is looked at of the run in hand, and of each beside it."""
        if not self.is_seen:
            side = SIDE[1] if self._stage.shows_plane else INSET
            return Region(self._stage.canvas.extent, side, self._stage.canvas.pair)
        return Region(self.planes.extent, SIDE[self._stage.planes], self._stage.canvas.pair)

    def suit_race(self) -> None:
        """As many planes as a race has values."""
        lanes = len(self._in_company())
        self._stage.set_planes(next((count for count in PLANES if count >= lanes), PLANES[-1]))

    def ask(self) -> None:
        """Say which runs are seen beside the one in hand."""
        looks: dict[str, Any] = {"surface": self.look} if self.is_seen else {}
        self._session.set_beside([row.number for row in self._rows() if not row.is_in_hand and looks], looks)

    def show_scene(self, scene: Scene) -> None:
        """Draw them, if they are seen."""
        if self.is_seen:
            self.planes.show_items([self._item(row, scene) for row in self._rows()])

    def _rows(self) -> list[Listed]:
        """The runs that are seen, as many as there are planes."""
        session = self._session
        rows = {row.number: row for row in session.runs}
        laid = sorted(number for number in session.laid if number not in session.company)
        numbers = [*(row.number for row in self._in_company()), *laid, session.ghost]
        if session.hand not in numbers:
            numbers.insert(0, session.hand)
        found = [rows[number] for number in dict.fromkeys(numbers) if number in rows]
        return found[: self._stage.planes]

    def _in_company(self) -> list[Listed]:
        """The runs of the race, one of each value, of the seed in hand."""
        company = self._session.company
        rows = [row for row in self._session.runs if row.number in company]
        return [stand_in(group, rows) for group in grouped(rows)]

    @staticmethod
    def _item(row: Listed, scene: Scene) -> Item:
        snapshot = scene.snapshot if row.is_in_hand else row.snapshot
        if snapshot is None:
            return Item(row.name, row.colour)
        return Item(row.name, row.colour, scene.surface_of(snapshot), f"epoch {snapshot.shown:,}")
