"""The decision surface, or fitted curve: the network's answer over the visible part of the dataset's plane."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.plane import Pair, Plane
from playground.training.standing import Standing

Extent = tuple[float, float, float, float]
COARSEST = 32  # resolution
STEP = 8  # between two resolutions
CONFIDENCE, DIFFERENCE = "confidence", "difference"
MOST_READY = 8  # regions whose places are kept ready: the view is moved, the resolution adapted


class Region(NamedTuple):
    """What is asked for: a part of the plane (x_low, x_high, y_low, y_high), and how many places along each side.

    pair: the plane of two features, where it is not the dataset's own.
    """

    extent: Extent = (-1.5, 1.5, -1.5, 1.5)
    resolution: int = 96
    pair: Pair | None = None

    @property
    def points(self) -> int:
        """How many places there are."""
        return self.resolution**2

    def coarser(self, most: int) -> Region:
        """The same part at about so many places, no more than were asked for."""
        side = int(most**0.5) // STEP * STEP
        return self._replace(resolution=min(max(side, COARSEST), self.resolution))


class Surface(NamedTuple):
    """The network's answer over the visible plane, in evaluation mode.

    values: (rows, columns, k) float32, row 0 at y_low: the probability of each of k ≥ 2 classes; or (rows, columns, 1),
    the predicted value, for a regression over two features; or (columns, outputs) over one feature.
    extent: (x_low, x_high, y_low, y_high) in coordinates of the dataset's plane.
    epoch: the epoch whose weights it shows. pair: as it was asked for. reading: what is made of the answers, where it
    is not they themselves: CONFIDENCE or DIFFERENCE. unit: layer and unit whose response it is instead (looks/unit.py).
    """

    values: NDArray[np.float32]
    extent: Extent
    epoch: int
    pair: Pair | None = None
    reading: str = ""
    unit: tuple[int, int] | None = None


def surface(run: Standing, region: Region) -> Surface:
    """Evaluate the network over a region of its dataset's plane; places that were looked at before are ready.

    A regression or classification over one feature is a curve over x, at four times the resolution.
    """
    resolution = region.resolution
    is_flat = len(run.experiment.dataset.plane.axes) > 1
    shape = (resolution, resolution, -1) if is_flat else (4 * resolution, -1)
    values = run.answer(places(run, region)).reshape(shape)
    return Surface(values.astype(np.float32), region.extent, run.restored_epoch or run.epoch, region.pair)


def places(run: Standing, region: Region) -> NDArray[Any]:
    """The region's places as the network takes them, (features × places): resolution² of them, or over one feature
    four times the resolution."""
    if region not in run.places:
        is_flat = len(run.experiment.dataset.plane.axes) > 1
        if len(run.places) >= MOST_READY:
            run.places.clear()
        plane = region.pair.plane if region.pair is not None else run.experiment.dataset.plane
        run.places[region] = run.prepare(raw_places(region, plane, is_flat))
    return run.places[region]


def raw_places(region: Region, plane: Plane, is_flat: bool) -> NDArray[np.float64]:
    """The region's places as inputs, (places, features), row by row from the lowest; over one feature along a line."""
    line = np.linspace(*region.extent[:2], 4 * region.resolution)[:, np.newaxis]
    return plane.lift(_grid(region) if is_flat else line)


def confidence(seen: Surface) -> Surface:
    """How sure the answer is: the probability of the most probable class, (rows, columns, 1) or (columns, 1)."""
    return seen._replace(values=seen.values.max(axis=-1, keepdims=True), reading=CONFIDENCE)


def difference(seen: Surface, other: Surface) -> Surface | None:
    """What one run answers minus what another does, over the same part of the plane; None where it is another part.

    Of two classes the second's probability, of values these: −1 … 1, or in their units. Of more classes the share of
    the probability that lies elsewhere, ½ Σ |p − q|. Where one is coarser, its nearest places are taken.
    """
    if (seen.extent, seen.pair, seen.values.shape[-1]) != (other.extent, other.pair, other.values.shape[-1]):
        return None
    one, two = seen.values, other.values
    for axis in range(one.ndim - 1):
        count = one.shape[axis]
        nearest = np.rint(np.linspace(0, two.shape[axis] - 1, count)).astype(np.intp)
        two = two.take(nearest, axis)
    gap = one - two
    values = gap[..., -1:] if gap.shape[-1] <= 2 else np.abs(gap).sum(axis=-1, keepdims=True) / 2
    return seen._replace(values=values, reading=DIFFERENCE)


def _grid(region: Region) -> NDArray[np.float64]:
    """(resolution², 2) places, row by row from the lowest."""
    x_low, x_high, y_low, y_high = region.extent
    x, y = np.meshgrid(np.linspace(x_low, x_high, region.resolution), np.linspace(y_low, y_high, region.resolution))
    return np.column_stack([x.ravel(), y.ravel()])
