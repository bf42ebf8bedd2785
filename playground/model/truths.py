"""What is true of a pattern's points before any network has seen one: what is to be learned, and what never can be.

Of values, f* at (samples, features). Of classes, the probability of each, (samples, classes): a class's points lie on a
curve, or in boxes or discs, and the noise smears them; classes are as many each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PLACES = 600  # along a curve, or in a disc, from which a class's density is added up
PIECE = 1 << 20  # numbers that are worked on at once
_erf = np.frompyfunc(math.erf, 1, 1)


def sine(inputs: Floats) -> Floats:
    """sin(πx)."""
    return np.asarray(np.sin(np.pi * inputs[:, 0]))


def plane(inputs: Floats) -> Floats:
    """(x₁ + x₂) / 2."""
    return np.asarray(inputs.mean(axis=1))


def moons(inputs: Floats, noise: float, classes: int) -> Floats:
    """Two half circles, smeared."""
    angle = np.linspace(0, np.pi, PLACES)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    return _smeared(inputs, [upper - (0.5, 0.25), lower - (0.5, 0.25)], noise)


def circles(inputs: Floats, noise: float, classes: int) -> Floats:
    """Two rings, smeared."""
    around = _around(np.arange(PLACES) / PLACES)
    return _smeared(inputs, [0.5 * around, around], noise)


def spiral(inputs: Floats, noise: float, classes: int) -> Floats:
    """An arm for each class, smeared."""
    along = np.linspace(0, 1, PLACES)
    radius = (0.05 + 0.95 * along)[:, np.newaxis]
    arms = [radius * _around(0.25 - 1.75 * along - number / classes) for number in range(classes)]
    return _smeared(inputs, arms, noise)


def blobs(inputs: Floats, noise: float, classes: int) -> Floats:
    """A disc for each class, smeared."""
    number = np.arange(PLACES) + 0.5
    disc = 0.3 * np.sqrt(number / PLACES)[:, np.newaxis] * _around(number * (math.sqrt(5) - 1) / 2)
    centres = _around(0.5 + np.arange(classes) / classes)
    return _smeared(inputs, [centre + disc for centre in centres], noise)


def xor(inputs: Floats, noise: float, classes: int) -> Floats:
    """Four boxes, smeared."""
    low, high = (_within(inputs, *side, noise) for side in ((-1.0, -0.06), (0.06, 1.0)))
    first = low[:, 0] * low[:, 1] + high[:, 0] * high[:, 1]
    second = low[:, 0] * high[:, 1] + high[:, 0] * low[:, 1]
    return _shares(np.column_stack([first, second]))


def checkerboard(inputs: Floats, noise: float, classes: int) -> Floats:
    """Sixteen fields, smeared."""
    fields = np.stack([_within(inputs, place / 2 - 1, place / 2 - 0.5, noise) for place in range(4)])
    found = np.zeros((len(inputs), 2))
    for row in range(4):
        for column in range(4):
            found[:, (row + column) % 2] += fields[column, :, 0] * fields[row, :, 1]
    return _shares(found)


def _around(turns: Floats) -> Floats:
    """Places on the unit circle, after so many turns."""
    return np.column_stack([np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)])


def _smeared(inputs: Floats, classes: list[Floats], noise: float) -> Floats:
    """Class probabilities of points of classes that lie at these places, each (PLACES, 2), under Gaussian noise.

    Where there is hardly any, a point is of the class whose place is nearest.
    """
    width = max(noise, 0.01)  # narrower than the places lie apart, there would be gaps between them
    step = max(PIECE // PLACES, 1)
    found = np.empty((len(inputs), len(classes)))
    for start in range(0, len(inputs), step):
        points = inputs[start : start + step]
        for number, places in enumerate(classes):
            # |x − p|² = |x|² − 2x·p + |p|²: a product of matrices
            squares = (points**2).sum(axis=1, keepdims=True) - 2 * points @ places.T + (places**2).sum(axis=1)
            squares /= -2 * width**2
            peak = squares.max(axis=1)
            found[start : start + step, number] = peak + np.log(np.exp(squares - peak[:, np.newaxis]).mean(axis=1))
    return _shares(np.exp(found - found.max(axis=1, keepdims=True)))


def _within(inputs: Floats, low: float, high: float, noise: float) -> Floats:
    """How likely each coordinate comes from between two bounds: in proportion to Φ((x − low)/σ) − Φ((x − high)/σ)."""
    scale = max(noise, 1e-9) * math.sqrt(2)
    below, above = (np.asarray(_erf((inputs - bound) / scale), np.float64) for bound in (high, low))
    return (above - below) / 2 + 1e-300


def _shares(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
