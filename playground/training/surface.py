"""The decision surface, or fitted curve: the network's answer over the visible part of the dataset's plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.training.snapshot import Surface
from playground.training.standing import Standing

Extent = tuple[float, float, float, float]
MOST_VIEWS = 8  # that are kept ready: the view is moved, the resolution adapted


class Lookout:
    """Looks at a run's network, now or as it stood; places that were looked at before are ready for it."""

    def __init__(self, run: Standing) -> None:
        self._run = run
        self._ready: dict[tuple[Extent, int], NDArray[Any]] = {}

    def surface(self, extent: Extent, resolution: int) -> Surface:
        """Evaluate the network over an extent (x_low, x_high, y_low, y_high) of its dataset's plane.

        A regression or classification over one feature is a curve over x, at four times the resolution.
        """
        run, view = self._run, (extent, resolution)
        is_flat = len(run.experiment.dataset.plane.axes) > 1
        if view not in self._ready:
            if len(self._ready) >= MOST_VIEWS:
                self._ready.clear()
            places = _grid(extent, resolution) if is_flat else np.linspace(*extent[:2], 4 * resolution)[:, np.newaxis]
            self._ready[view] = run.prepare(run.experiment.dataset.plane.lift(places))
        shape = (resolution, resolution, -1) if is_flat else (4 * resolution, -1)
        values = run.answer(self._ready[view]).reshape(shape)
        return Surface(values.astype(np.float32), extent, run.restored_epoch or run.epoch)


def surface(run: Standing, extent: Extent, resolution: int) -> Surface:
    """A run's surface, once."""
    return Lookout(run).surface(extent, resolution)


def _grid(extent: Extent, resolution: int) -> NDArray[np.float64]:
    """(resolution², 2) places, row by row from the lowest."""
    x_low, x_high, y_low, y_high = extent
    x, y = np.meshgrid(np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution))
    return np.column_stack([x.ravel(), y.ravel()])
