"""What the tools make of the mouse: pressed to released is one stroke, one change of the points, one undo.

A stroke is fed places in coordinates of the plane and applies the pure functions of ``model/edits.py``; it
knows no widget. ``shown`` is what the plane draws meanwhile.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model import edits
from playground.model.dataset import TRAIN, Dataset

Place = tuple[float, float]
ERASED = -1  # a set that is not drawn: of points that a stroke under way has touched


class Shown(NamedTuple):
    """Points and the sets they are drawn as, or ERASED; those of new points are known only after the stroke."""

    data: Dataset
    sets: NDArray[np.int8]

    def after(self, data: Dataset, kept: NDArray[np.intp] | None = None) -> Shown:
        """With points appended, or only some of them kept; new ones are drawn as training points."""
        sets = self.sets if kept is None else self.sets[kept]
        new = np.full(data.samples - len(sets), TRAIN, np.int8)
        return Shown(data, np.concatenate([sets, new]))


class Stroke:
    """Common to all: what was there, what is there now, and the brush's reach along both axes."""

    verb = ""

    def __init__(self, shown: Shown, reach: Place) -> None:
        self.before = self.shown = shown
        self.reach = reach

    def move_to(self, place: Place) -> None:
        raise NotImplementedError

    def end(self) -> Shown:
        """What is there when the button is released; the very same data where nothing was changed."""
        return self.shown

    @property
    def count(self) -> int:
        """How many points it has changed."""
        return abs(self.shown.data.samples - self.before.data.samples)

    @property
    def label(self) -> str:
        """For the undo menu: "paint 14 points"."""
        return label_of(self.verb, self.count)


def label_of(verb: str, count: int) -> str:
    """A change in words."""
    return f"{verb} {count:,} point{'' if count == 1 else 's'}"


class Spray(Stroke):
    """Points of one class (or value), laid at random under the brush as it moves.

    radius: of the brush in pixels; a wide one lays more points at once, a narrow one lays them further apart.
    """

    verb = "paint"

    def __init__(
        self, shown: Shown, reach: Place, radius: float, target: float | None, rng: np.random.Generator
    ) -> None:
        super().__init__(shown, reach)
        self._spacing = max(0.6, 10 / radius)  # between two puffs, in radii
        self._puff = max(1, round(radius / 12))  # points in one
        self._target = target
        self._rng = rng
        self._last: Place | None = None

    def move_to(self, place: Place) -> None:
        if self._last is None:
            self._spray(place)
            return
        # a fast hand skips pixels: puffs are laid all along the way
        x, y = self._last
        across, up = place[0] - x, place[1] - y
        way = math.hypot(across / self.reach[0], up / self.reach[1])
        for number in range(1, int(way / self._spacing) + 1):
            share = number * self._spacing / way
            self._spray((x + share * across, y + share * up))

    def _spray(self, place: Place) -> None:
        data = edits.spray(self.shown.data, place, self.reach, self._puff, self._target, self._rng)
        self.shown = self.shown.after(data)
        self._last = place


class Erase(Stroke):
    """The points that the eraser has touched are gone: no longer drawn, and left out of the data at the end.

    places: where the points are shown, if not in their own plane.
    """

    verb = "erase"

    def __init__(self, shown: Shown, reach: Place, places: NDArray[np.float64] | None = None) -> None:
        super().__init__(shown, reach)
        self._places = places
        self._last: Place | None = None

    @property
    def count(self) -> int:
        return int((self.shown.sets == ERASED).sum())

    def move_to(self, place: Place) -> None:
        x, y = self._last or place
        way = math.hypot((place[0] - x) / self.reach[0], (place[1] - y) / self.reach[1])
        steps = max(1, math.ceil(way))
        sets = self.shown.sets.copy()
        for number in range(1, steps + 1):
            share = number / steps
            middle = (x + share * (place[0] - x), y + share * (place[1] - y))
            sets[edits.within(self.shown.data, middle, self.reach, self._places)] = ERASED
        if (sets != self.shown.sets).any():
            self.shown = self.shown._replace(sets=sets)
        self._last = place

    def end(self) -> Shown:
        data, sets = self.shown
        kept = sets != ERASED
        return Shown(edits.remove(data, np.flatnonzero(~kept)), sets[kept])


class Move(Stroke):
    """The selected points go with the cursor."""

    verb = "move"

    def __init__(self, shown: Shown, indices: NDArray[np.intp], start: Place) -> None:
        super().__init__(shown, (1.0, 1.0))
        self._indices = indices
        self._start = start

    @property
    def count(self) -> int:
        return len(self._indices) if self.shown.data is not self.before.data else 0

    def move_to(self, place: Place) -> None:
        offset = (place[0] - self._start[0], place[1] - self._start[1])
        data = edits.move(self.before.data, self._indices, offset)
        self.shown = Shown(data, self.before.sets)
