"""One unit's response over the visible part of the plane, as large as the answer is otherwise shown."""

from __future__ import annotations

from typing import NamedTuple

from playground.training.looks.network import handed_on
from playground.training.standing import Standing
from playground.training.surface import Region, Surface, places


class Single(NamedTuple):
    """What is asked for: a unit of a layer, counted from 0, the output layer last, over a region of the plane."""

    region: Region
    layer: int
    unit: int

    @property
    def points(self) -> int:
        """How many places there are."""
        return self.region.points

    def coarser(self, most: int) -> Single:
        """The same at about so many places."""
        return self._replace(region=self.region.coarser(most))


def unit(run: Standing, single: Single) -> Surface | None:
    """What a unit hands to the next layer in evaluation mode, an output's sum; None where there is no such unit.

    Values are (rows, columns, 1) over two features, row 0 lowest, or (columns, 1) over one.
    """
    layers, region = run.net.layers, single.region
    if single.layer >= len(layers) or single.unit >= int(layers[single.layer]["units"]):
        return None
    given = places(run, region)
    wanted = [(single.layer, slice(single.unit, single.unit + 1))]
    values = handed_on(run, given, wanted)[0]
    is_flat = given.shape[1] == region.points
    shape = (region.resolution, region.resolution, 1) if is_flat else (-1, 1)
    epoch = run.restored_epoch or run.epoch
    return Surface(values.reshape(shape), region.extent, epoch, region.pair, unit=(single.layer, single.unit))
