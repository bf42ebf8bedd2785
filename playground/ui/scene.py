"""A scene: all that a panel draws from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.training.findings import Found
from playground.training.runs import Listed
from playground.training.snapshot import DIVERGED, Snapshot
from playground.training.surface import Surface
from playground.training.where import Where

ON_ITS_WAY = "Looking at the run …"


class Pick(NamedTuple):
    """A unit that was picked, and the weight of it that is followed; one for all panels.

    layer: counted from 0, the output layer last. unit: of that layer. source: the unit below, or input, that the weight
    comes from; None is its bias, or γ, where it has one.
    """

    layer: int = 0
    unit: int = 0
    source: int | None = 0


class Lane(NamedTuple):
    """One of the compared values of a race; runs that differ in their seed alone share it."""

    race: int
    number: int
    name: str


class Shown(NamedTuple):
    """A run that is laid beside the one in hand.

    colour: its place in the cycle of the theme's ``runs``. snapshot: as it was last told. lane: of a race, if it is in
    one.
    """

    name: str
    colour: int
    snapshot: Snapshot
    lane: Lane | None = None


class Drawn(NamedTuple):
    """What a chart draws as one: a run, or those of a lane as their mean."""

    name: str
    colour: int
    snapshots: tuple[Snapshot, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of its runs."""
        return tuple(snapshot.run for snapshot in self.snapshots)

    @property
    def epochs(self) -> int:
        """How many there are of all its runs."""
        return min(len(snapshot.history) for snapshot in self.snapshots)


class Scene(NamedTuple):
    """What is chosen, the run in hand as it stands, and those it is seen against.

    data: the points, each in its set; None where they could not be dealt yet.
    snapshot: None where nothing is known of the run. name, colour: of the run in hand.
    others: the runs that are seen beside it. runs: all there are, in the order they were begun. ghost: the number of
    the one that was filed last, if it is seen; laid: those of the runs that are laid over. lane: of the run in hand.
    search: what was found of a knob's values so far, if that was asked; where: the place in which the next one trains.
    pick: what panels follow; it may be outside of a network that was made smaller. pinned: layer and unit whose
    response the plane shows instead of the answer.
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
    lane: Lane | None = None
    search: Found | None = None
    where: Where = Where()
    pick: Pick = Pick()
    pinned: tuple[int, int] | None = None

    def surface_of(self, snapshot: Snapshot) -> Surface | None:
        """What a run makes of the plane, if it is of points that are seen in this plane."""
        surface: Surface | None = snapshot.seen.get("surface")
        if surface is None or self.data is None or snapshot.experiment is None:
            return surface
        return surface if self.data.is_seen_like(snapshot.experiment.points) else None

    @property
    def wrong(self) -> Sequence[int]:
        """Numbers of the points that are answered wrongly, where that is looked at and they are the points seen."""
        found, snapshot = self.seen("answers"), self.snapshot
        if found is None or self.data is None or snapshot is None or snapshot.experiment is None:
            return ()
        outlying: Sequence[int] = found.outlying.tolist()
        return outlying if snapshot.experiment.dataset.rows is self.data.rows else ()

    def seen(self, key: str) -> Any:
        """What the run's thread saw by the view of that key; None before it has looked."""
        return self.snapshot.seen.get(key) if self.snapshot is not None else None

    def absent(self, text: str) -> str:
        """What stands where nothing is seen: a text, or of a run that has trained that it comes in a moment."""
        return ON_ITS_WAY if self.snapshot is not None and self.snapshot.epoch else text

    @property
    def drawn(self) -> tuple[Drawn, ...]:
        """What is drawn beside the run in hand: single runs and whole lanes, its own among them."""
        lanes: dict[Any, list[Shown]] = {}
        for run in self.others:
            lanes.setdefault(run.lane or run.snapshot.run, []).append(run)
        if self.snapshot is not None and self.lane in lanes:
            lanes[self.lane].append(Shown(self.name, self.colour, self.snapshot, self.lane))
        return tuple(map(_as_one, lanes.values()))


def lane_of(row: Listed) -> Lane | None:
    """The lane that a run is in."""
    if row.race is None or row.lane is None:
        return None
    return Lane(row.race, row.lane, row.lane_name)


def _as_one(runs: Sequence[Shown]) -> Drawn:
    """Runs of a lane; one that diverged is in no mean, unless all have."""
    first = runs[0]
    if len(runs) == 1 or first.lane is None:
        return Drawn(first.name, first.colour, (first.snapshot,))
    snapshots = sorted((run.snapshot for run in runs), key=lambda snapshot: snapshot.run)
    sound = [snapshot for snapshot in snapshots if snapshot.status != DIVERGED]
    failed = len(snapshots) - len(sound)
    name = f"{first.lane.name}, {failed} of {len(snapshots)} diverged" if failed else first.lane.name
    return Drawn(name, first.colour, tuple(sound or snapshots))
