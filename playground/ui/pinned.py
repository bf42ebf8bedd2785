"""A unit whose response the plane shows instead of the answer, and the label over the plane that says so."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QPushButton

from playground.training.looks.unit import Single
from playground.training.surface import Region, Surface
from playground.ui.canvas import Canvas
from playground.ui.scene import Scene
from playground.ui.theme import font

AWAY = 8  # pixels from the plane's corner


class Pinned(QObject):
    """The label, and what is looked at of a run for the plane."""

    taken_off = Signal()

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.label = QPushButton(canvas, font=font("small"), toolTip="Back to the network's answer")
        self.label.clicked.connect(self.taken_off)
        self.label.hide()
        canvas.installEventFilter(self)

    def looks(self, unit: tuple[int, int] | None) -> dict[str, Any]:
        """What is asked of a run."""
        region = Region(self._canvas.extent, pair=self._canvas.pair)
        return {} if unit is None else {"unit": Single(region, *unit)}

    def show_scene(self, scene: Scene) -> Surface | None:
        """Name the unit; returns its response, None before it was looked at and where it is pinned no more."""
        found: Surface | None = scene.seen("unit") if scene.pinned is not None else None
        if found is not None and found.unit != scene.pinned:
            found = None
        is_there = scene.pinned is not None and _has(scene, *scene.pinned)
        self.label.setVisible(is_there)
        if is_there and scene.pinned is not None:
            self.label.setText(f"{_named(scene, *scene.pinned)}  ×")
            self.label.setAccessibleName(f"The plane shows {_named(scene, *scene.pinned)}; back to the answer")
            self._place()
        return found if is_there else None

    def _place(self) -> None:
        self.label.adjustSize()
        corner = self._canvas.frame.area.topLeft().toPoint()
        self.label.move(corner.x() + AWAY, corner.y() + AWAY)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False


def _has(scene: Scene, layer: int, unit: int) -> bool:
    """Whether the network in hand has such a unit."""
    sizes = (*scene.experiment.knobs.layers, scene.experiment.points.outputs)
    return layer < len(sizes) and unit < sizes[layer]


def _named(scene: Scene, layer: int, unit: int) -> str:
    """Layers are counted from 1, but the output layer has none of them."""
    depth = len(scene.experiment.knobs.layers)
    return f"Output {unit + 1}" if layer == depth else f"Unit {unit + 1} of layer {layer + 1}"
