"""The patterns that points can be drawn from: spiral, moons, circles and others.

A pattern is a function ``(samples, noise, classes, rng) -> (inputs, targets)`` and a row in SHAPES.
inputs are (samples, features), targets (samples,): class numbers 0 … k−1, or values for a regression.
Points come out centred and of order 1. A pattern draws as many random numbers whatever the noise is, so that
points slide when it is turned up.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels.jit import Rule
from playground.model import npz
from playground.model.dataset import DataError, Dataset
from playground.model.paths import assets_folder

Floats = NDArray[np.float64]
Points = tuple[Floats, Floats]

REGRESSIONS = frozenset({"sine", "plane"})
MOST_SAMPLES = 1_000_000


def moons(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """(cos t, sin t) and (1 − cos t, ½ − sin t), 0 ≤ t ≤ π, centred: two interleaving half circles.

    Source: scikit-learn's make_moons, moved by (−½, −¼).
    """
    labels, along = _deal(samples, 2)
    angle = np.pi * along
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    points = np.where(labels[:, np.newaxis] == 0, upper, lower) - (0.5, 0.25)
    return _jitter(points, noise, rng), labels


def circles(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """r·(cos t, sin t), r = ½ or 1: a circle inside a circle, which no straight line separates.

    Source: scikit-learn's make_circles with factor ½.
    """
    labels, _ = _deal(samples, 2)
    angle = 2 * np.pi * rng.random(samples)
    radius = np.where(labels == 0, 0.5, 1.0)
    return _jitter(_polar(radius, angle), noise, rng), labels


def xor(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """One class where x₁·x₂ > 0, the other elsewhere: the feature x₁·x₂ alone would tell them apart.

    Source: the "exclusive or" of TensorFlow Playground, with its gap along the axes.
    """
    corner = np.arange(samples) % 4
    signs = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])[corner]
    points = signs * rng.uniform(0.06, 1.0, (samples, 2))
    return _jitter(points, noise, rng), (corner % 2).astype(np.float64)


def spiral(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """r·(sin t, cos t), r growing from 0.05 to 1 over 1¾ turns: one arm for each class, evenly turned.

    The hardest of the patterns: it takes capacity. Source: TensorFlow Playground (two arms); CS231n (more).
    """
    labels, along = _deal(samples, classes)
    angle = 2 * np.pi * (1.75 * along + labels / classes)
    radius = 0.05 + 0.95 * along
    return _jitter(_polar(radius, np.pi / 2 - angle), noise, rng), labels


def blobs(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """One disc of radius 0.3 for each class, centred on the unit circle: the easiest pattern.

    Source: in the spirit of scikit-learn's make_blobs.
    """
    labels, _ = _deal(samples, classes)
    centres = _polar(np.ones(samples), np.pi + 2 * np.pi * labels / classes)
    spread = _polar(0.3 * np.sqrt(rng.random(samples)), 2 * np.pi * rng.random(samples))
    return _jitter(centres + spread, noise, rng), labels


def sine(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """y = sin(πx) + noise, −1.5 ≤ x ≤ 1.5: a curve to fit through one feature.

    Source: the classic of Bishop, Pattern Recognition and Machine Learning, section 1.1.
    """
    inputs = rng.uniform(-1.5, 1.5, (samples, 1))
    return inputs, _jitter(np.sin(np.pi * inputs[:, 0]), noise, rng)


def plane(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """y = (x₁ + x₂) / 2 + noise: a regression that a linear model solves.

    Source: the "plane" of TensorFlow Playground.
    """
    inputs = rng.uniform(-1.0, 1.0, (samples, 2))
    return inputs, _jitter(inputs.mean(axis=1), noise, rng)


def digits(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """1,797 hand-written digits, images of 8 × 8 grey values from 0 to 16, in ten classes; shown as two principal
    components.

    Source: E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998; the copy that scikit-learn ships.
    """
    raise DataError("'digits' is read from the program's own files, not drawn")


def drawn(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """The points that you painted, or brought in a file."""
    raise DataError("'drawn' is no pattern: its points are painted, or come from a file")


SHAPES: tuple[Rule, ...] = (
    Rule("moons", "Moons", moons, ("samples", "noise")),
    Rule("circles", "Circles", circles, ("samples", "noise")),
    Rule("xor", "Exclusive or", xor, ("samples", "noise")),
    Rule("spiral", "Spiral", spiral, ("samples", "noise", "classes")),
    Rule("blobs", "Blobs", blobs, ("samples", "noise", "classes")),
    Rule("sine", "Sine (regression)", sine, ("samples", "noise")),
    Rule("plane", "Plane (regression)", plane, ("samples", "noise")),
    Rule("digits", "Digits (images)", digits),
    Rule("drawn", "Your own points", drawn),
)


# The noise that suits a pattern where none was chosen: much, and yet the pattern can be seen. The knob's default holds
# on the command line, whatever the pattern.
USUAL_NOISE = {"circles": 0.1, "xor": 0.1, "spiral": 0.03, "blobs": 0.2, "sine": 0.2, "plane": 0.1}


def usual_noise(name: str) -> float:
    """The noise that a pattern gets when it is chosen in the window."""
    return USUAL_NOISE.get(name, 0.2)


def generate(name: str, samples: int, noise: float, classes: int, seed: int) -> Dataset:
    """The points of a pattern, shuffled, all of them UNASSIGNED to a set.

    noise: standard deviation of what is added to each coordinate, or to the target of a regression.
    classes: only read by the patterns that say so; the others have two classes, or none.
    Raises DataError for an unknown name, for "drawn", and for numbers that make no pattern.
    """
    rule = {row.key: row for row in SHAPES}.get(name)
    if rule is None:
        known = ", ".join(row.key for row in SHAPES[:-1])
        raise DataError(f"no pattern is called '{name}'; there are {known}")
    if not (1 <= samples <= MOST_SAMPLES and classes >= 2 and seed >= 0 and 0 <= noise < np.inf):
        found = f"{samples} points of {classes} classes with noise {noise} and seed {seed}"
        raise DataError(f"{name}: cannot draw {found}")
    if name == "digits":
        return _bundled(name)
    # keyed by the name too, so that two patterns do not share their noise
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    inputs, targets = rule.function(samples, noise, classes, rng)
    order = rng.permutation(samples)
    count = classes if "classes" in rule.reads else 2
    names = () if name in REGRESSIONS else class_names(count)
    return Dataset(inputs[order], targets[order], class_names=names, source=name)


def _bundled(name: str) -> Dataset:
    """A dataset that the program carries."""
    # npz reads tables with the class names of this module
    return npz.read(assets_folder() / "datasets" / f"{name}.npz").replace(source=name)


def class_names(count: int) -> tuple[str, ...]:
    """Names for classes that have none: "class 1", "class 2", …"""
    return tuple(f"class {number + 1}" for number in range(count))


def _deal(samples: int, classes: int) -> Points:
    """Class numbers dealt in turn, and how far along its class each point is, 0 to 1, evenly spaced."""
    number = np.arange(samples)
    labels = number % classes
    members = np.bincount(labels, minlength=classes)
    return labels.astype(np.float64), (number // classes) / np.maximum(members - 1, 1)[labels]


def _polar(radius: Floats, angle: Floats) -> Floats:
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _jitter(values: Any, noise: float, rng: np.random.Generator) -> Floats:
    return np.asarray(values + noise * rng.standard_normal(np.shape(values)), np.float64)
