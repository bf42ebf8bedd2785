"""Places in the picture of a network, and what both ways to draw one have in common."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from playground.training.looks.network import NetworkSeen

INPUTS = -1  # as a layer


class Spot(NamedTuple):
    """A unit, or with ``is_weight`` the weight that comes to it from a source; a source of None is its bias.

    layer: counted from 0, the output layer last; INPUTS are no units. Counted from 0 too are unit and source.
    """

    layer: int
    unit: int
    source: int | None = None
    is_weight: bool = False


class Drawing(Protocol):
    """A way to draw networks of one shape in a room of one size."""

    resolution: int  # that suits the units' pictures

    @property
    def heads(self) -> list[QRectF]:
        """Where the units of each hidden layer are chosen."""

    def paint(self, painter: QPainter, seen: NetworkSeen, emphasized: Spot | None) -> None:
        """Draw all; what has nothing to do with an emphasized unit stands back."""

    def outline(self, painter: QPainter, spot: Spot) -> None:
        """Draw a line around a unit, or along a weight, with the painter's pen; nothing for what is not seen."""

    def at(self, pixel: QPointF, seen: NetworkSeen) -> Spot | None:
        """What is there."""
