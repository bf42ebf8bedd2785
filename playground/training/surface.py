"""The decision surface, or fitted curve: the network's answer over the visible part of the dataset's plane."""

from __future__ import annotations

import numpy as np

from playground.training.run import Run
from playground.training.snapshot import Surface

Extent = tuple[float, float, float, float]


def surface(run: Run, extent: Extent, resolution: int) -> Surface:
    """Evaluate a run's network over an extent (x_low, x_high, y_low, y_high) of its dataset's plane.

    A regression or classification over one feature is a curve over x, at four times the resolution.
    """
    plane = run.experiment.dataset.plane
    x_low, x_high, y_low, y_high = extent
    if len(plane.axes) == 1:
        points = np.linspace(x_low, x_high, 4 * resolution)[:, np.newaxis]
        values = run.predict(plane.lift(points))
    else:
        x, y = np.meshgrid(np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution))
        points = np.column_stack([x.ravel(), y.ravel()])
        values = run.predict(plane.lift(points)).reshape(resolution, resolution, -1)
    epoch = run.restored_epoch or run.epoch
    return Surface(values.astype(np.float32), extent, epoch)
