"""The flat view of a feature space that points are shown in, and the surface beneath them.

It is found once from the points that came in, and stays through strokes and in project files: erasing some of them
does not turn the picture of the others.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Plane(NamedTuple):
    """A flat view of the feature space: ``inputs = origin + scale * (coordinates @ axes)``.

    origin, scale: (features,). axes: (1 or 2, features), orthonormal. explained: share of the variance of each axis.
    """

    origin: NDArray[np.float64]
    scale: NDArray[np.float64]
    axes: NDArray[np.float64]
    explained: tuple[float, ...]

    @property
    def is_projection(self) -> bool:
        """Whether points are projected, so that the surface is only a slice through the feature space."""
        return len(self.origin) > 2

    def project(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """(samples, features) to (samples, 1 or 2) coordinates in the plane."""
        return ((inputs - self.origin) / self.scale) @ self.axes.T

    def lift(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """(points, 1 or 2) coordinates in the plane to (points, features)."""
        return self.origin + self.scale * (coordinates @ self.axes)


class Pair(NamedTuple):
    """Two of several features, shown as they are, while all others stand at given values.

    x, y: their numbers. through: (features,) the values. at_point: whether those of a point, else the usual ones.
    """

    x: int
    y: int
    through: tuple[float, ...]
    at_point: bool = False

    @property
    def plane(self) -> Plane:
        """The slice through the feature space; no share of the variance is told of it."""
        axes = np.zeros((2, len(self.through)))
        axes[0, self.x] = axes[1, self.y] = 1.0
        origin = np.array(self.through)
        origin[[self.x, self.y]] = 0.0
        return Plane(origin, np.ones(len(origin)), axes, ())


class Found:
    """A plane that is found when it is first asked for, once for all datasets and threads that share it."""

    def __init__(self, source: NDArray[np.float64] | Plane) -> None:
        self._source = source  # the inputs, until the plane is found
        self._lock = Lock()

    @property
    def plane(self) -> Plane:
        with self._lock:
            if not isinstance(self._source, Plane):
                self._source = principal_plane(self._source)
            return self._source

    def __reduce__(self) -> tuple[Any, ...]:
        return Found, (self._source,)


def principal_plane(inputs: NDArray[np.float64]) -> Plane:
    """The first two principal components of the standardised features; one or two features are shown as they are."""
    samples, width = inputs.shape
    if width <= 2 or samples < 2:
        axes = np.eye(width)[:2]
        return Plane(np.zeros(width), np.ones(width), axes, (1.0,) * len(axes))
    # Dividing by the largest value first keeps squares finite.
    size = np.maximum(np.abs(inputs).max(axis=0), 1e-300)
    origin = (inputs / size).mean(axis=0) * size
    scale = (inputs / size).std(axis=0) * size
    scale[scale == 0] = 1.0
    standard = (inputs - origin) / scale
    if samples < width:
        _, singular, components = np.linalg.svd(standard, full_matrices=False)
        variances = singular**2
    else:
        # of many samples forty times as fast, and as exact in the largest components
        rising, columns = np.linalg.eigh(standard.T @ standard)
        variances, components = rising[::-1], columns.T[::-1].copy()
    # The sign of a component is arbitrary: the largest entry is made positive, or pictures would flip.
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[np.arange(len(components)), largest])[:, np.newaxis]
    share = variances / max(float(variances.sum()), 1e-300)
    return Plane(origin, scale, components[:2], tuple(max(float(part), 0.0) for part in share[:2]))
