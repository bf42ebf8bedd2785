"""A scene: all that a panel draws from."""

from __future__ import annotations

from typing import Any, NamedTuple

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.training.runs import Listed
from playground.training.snapshot import Snapshot
from playground.training.surface import Surface


class Shown(NamedTuple):
    """A run that is laid beside the one in hand.

    colour: its place in the cycle of the theme's ``runs``. snapshot: as it was last told.
    """

    name: str
    colour: int
    snapshot: Snapshot


class Scene(NamedTuple):
    """What is chosen, the run in hand as it stands, and those it is seen against.

    data: the points, each in its set; None where they could not be dealt yet.
    snapshot: None where nothing is known of the run. name, colour: of the run in hand.
    others: the runs that are seen beside it. runs: all there are, in the order they were begun. ghost: the number of
    the one that was filed last, if it is seen; laid: those of the runs that are laid over.
    """

    experiment: Experiment
    data: Dataset | None = None
    snapshot: Snapshot | None = None
    name: str = ""
    colour: int = 0
    others: tuple[Shown, ...] = ()
    runs: tuple[Listed, ...] = ()
    ghost: int | None = None
    laid: frozenset[int] = frozenset()

    def surface_of(self, snapshot: Snapshot) -> Surface | None:
        """What a run makes of the plane, if it is of points that are seen in this plane."""
        surface: Surface | None = snapshot.seen.get("surface")
        if surface is None or self.data is None or snapshot.experiment is None:
            return surface
        return surface if self.data.is_seen_like(snapshot.experiment.points) else None

    def seen(self, key: str) -> Any:
        """What the run's thread saw by the view of that key; None before it has looked."""
        return self.snapshot.seen.get(key) if self.snapshot is not None else None
