"""The inputs of points, row by row: shared by all datasets that have them, and kept through strokes without a copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.model.plane import Found, Plane

Floats = NDArray[np.float64]


class Rows:
    """Inputs, the plane that they are shown in, and what was found of each row.

    inputs: (samples, features), read-only. found: the plane of the points that came in, where these are no longer they.
    """

    def __init__(self, inputs: Floats, found: Found | None = None) -> None:
        self.width = int(inputs.shape[1])
        self.keeps_plane = found is not None
        self.found = found or Found(inputs)
        self._held: tuple[Floats, NDArray[np.intp] | None] = (inputs, None)  # these rows of them, if not all
        self._known: dict[str, tuple[Any, NDArray[Any]]] = {}

    def __len__(self) -> int:
        inputs, numbers = self._held
        return len(inputs if numbers is None else numbers)

    @property
    def inputs(self) -> Floats:
        """(samples, features). Of rows that were kept they are copied when first asked for, most often by a run."""
        inputs, numbers = self._held
        if numbers is not None:
            inputs = freeze(inputs.take(numbers, axis=0))
            self._held = (inputs, None)
        return inputs

    @property
    def plane(self) -> Plane:
        """The plane that the points are shown in: that of those which came in."""
        return self.found.plane

    @property
    def places(self) -> Floats:
        """(samples, 1 or 2) coordinates in the plane."""
        return self.of("places", self.plane.project)

    def of(self, name: str, find: Callable[[Floats], NDArray[Any]], by: Any = None) -> NDArray[Any]:
        """What ``find`` makes of the inputs, row by row; known from then on, of the rows that are kept too.

        by: what it depends on beside the inputs; the last one is known.
        """
        known = self._known.get(name)
        if known is None or known[0] != by:
            known = self._known[name] = (by, freeze(find(self.inputs)))
        return known[1]

    def keep(self, kept: NDArray[np.bool_]) -> Rows:
        """The rows that are marked."""
        inputs, numbers = self._held
        made = Rows(inputs, self.found)
        made._held = inputs, np.flatnonzero(kept) if numbers is None else numbers[kept]
        known = dict(self._known).items()  # another thread may add to it meanwhile
        made._known = {name: (by, freeze(found[kept])) for name, (by, found) in known}
        return made

    def arrays(self) -> list[NDArray[Any]]:
        """All that is kept in memory."""
        held = [array for array in self._held if array is not None]
        return [*held, *(found for _, found in dict(self._known).values())]

    def __eq__(self, other: object) -> bool:
        """Whether the inputs are equal; those that are shared, as after most changes, are not looked through."""
        if not isinstance(other, Rows):
            return NotImplemented
        return self is other or len(self) == len(other) and np.array_equal(self.inputs, other.inputs)

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: no more than what the rest follows from."""
        return {**vars(self), "_held": (self.inputs, None), "_known": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        freeze(self.inputs)  # NumPy forgets of a pickled or copied array that it is read-only


def freeze(array: NDArray[Any]) -> NDArray[Any]:
    """The very array, read-only from now on."""
    array.flags.writeable = False
    return array
