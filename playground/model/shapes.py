"""The patterns that points can be drawn from: spiral, moons, circles and others.

A pattern is a function ``(samples, noise, classes, rng) -> (inputs, targets)`` and a row in SHAPES, which says what
kind of targets it has.
inputs are (samples, features), targets (samples,): class numbers 0 … k−1, or values for a regression.
Points come out centred and of order 1. A pattern draws as many random numbers whatever the noise is, so that
points slide when it is turned up.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels.rules import Rule
from playground.model import npz, truths
from playground.model.dataset import DataError, Dataset
from playground.model.paths import assets_folder

Floats = NDArray[np.float64]
Points = tuple[Floats, Floats]

MOST_SAMPLES = 1_000_000


@dataclass(frozen=True)
class Pattern(Rule):
    """A row of SHAPES. values: its targets are numbers, not classes. file: it is read from that of the program's.

    most: samples. names: what its features are called, of so many samples; None for x1, x2, …
    noise: much, and yet the pattern can be seen. The knob's default holds wherever no window chooses for the user.
    truth: of values, what they are at (samples, features) before the noise, which is added to them alone; of classes,
    ``truth(inputs, noise, classes)``, the probability of each (samples, classes); None where neither is known.
    coefficients: of its features, where its targets are a weighted sum of them and noise; else empty.
    """

    values: bool = False
    file: str = ""
    names: Callable[[int], tuple[str, ...]] | None = None
    most: int = MOST_SAMPLES
    noise: float = 0.2
    truth: Callable[..., Floats] | None = None
    coefficients: tuple[float, ...] = ()

    @property
    def is_given(self) -> bool:
        """Whether the program has its points; otherwise they are painted, or come from the user's file."""
        return self.function is not None or bool(self.file)


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


def checkerboard(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """Four by four fields over the square −1 … 1, whose colours take turns: like a chess board's corner.

    Local everywhere: no feature alone, and no product of two, tells the classes apart. Source: a classic of kernel
    methods (Kaufman, 1999).
    """
    labels, _ = _deal(samples, 2)
    row = rng.integers(0, 4, samples)
    column = 2 * rng.integers(0, 2, samples) + (row + labels) % 2
    points = (np.column_stack([column, row]) + rng.random((samples, 2))) / 2 - 1
    return _jitter(points, noise, rng), labels


def sine(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """y = sin(πx) + noise, −1.5 ≤ x ≤ 1.5: a curve to fit through one feature.

    Source: the classic of Bishop, Pattern Recognition and Machine Learning, section 1.1.
    """
    inputs = rng.uniform(-1.5, 1.5, (samples, 1))
    return inputs, _jitter(truths.sine(inputs), noise, rng)


def plane(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """y = (x₁ + x₂) / 2 + noise: a regression that a linear model solves.

    Source: the "plane" of TensorFlow Playground.
    """
    inputs = rng.uniform(-1.0, 1.0, (samples, 2))
    return inputs, _jitter(truths.plane(inputs), noise, rng)


FEW_COUNT = (1.0, -0.75, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0)


def few_count(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """y = x₁ − ¾·x₂ + ½·x₃ + noise, of eight features: five are irrelevant. L1 gives those a weight of exactly 0.

    Source: the kind of example by which the Lasso was introduced (Tibshirani, 1996).
    """
    inputs = rng.uniform(-1.0, 1.0, (samples, len(FEW_COUNT)))
    return inputs, _jitter(inputs @ np.array(FEW_COUNT), noise, rng)


USERS = ("A", "B", "C", "D", "E")
FILMS = ("Parasite", "Joker", "Avengers", "Spotlight", "The Great Beauty", "There Will Be Blood")
# the lecture's table: a user, the films that are marked, the rating
RATED = (
    (0, (0,), 5),
    (0, (1,), 4),
    (0, (2,), 4),
    (1, (0, 4), 2),
    (1, (3,), 4),
    (1, (4,), 3),
    (2, (2,), 5),
    (3, (5,), 4),
    (4, (2,), 4),
)
NEXT_USER, NEXT_FILM = 40, 30  # so many ratings bring another one
KNOWN_FILMS = 10  # a film is seen in proportion to 1 / (its rank + this)


def _sizes(samples: int) -> tuple[int, int]:
    """How many users and films there are among so many ratings."""
    return len(USERS) + min(samples // NEXT_USER, 100), len(FILMS) + min(samples // NEXT_FILM, 140)


def rating_names(samples: int) -> tuple[str, ...]:
    """What the features of ratings are called: user=A, …, film=Joker, …"""
    users, films = _sizes(samples)
    more_users = [f"user={number + 1}" for number in range(len(USERS), users)]
    more_films = [f"film={number + 1}" for number in range(len(FILMS), films)]
    return (*(f"user={name}" for name in USERS), *more_users, *(f"film={name}" for name in FILMS), *more_films)


def ratings(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Points:
    """rating = 3.6 + the user's mood + the film's quality + noise, one-hot: sparse rows, which Adagrad is for.

    The first nine are the lecture's table (5 users, 6 films; one row marks two). It grows by a user every 40 ratings, a
    film every 30, up to 100 and 140 more; films are seen the more rarely the later they came, so that some weights
    seldom get a gradient.
    Source: the lecture's table for Adagrad, and a rule that grows it.
    """
    users, films = _sizes(samples)
    moods, qualities = 0.5 * rng.standard_normal(users), 0.8 * rng.standard_normal(films)
    chance = 1 / (np.arange(films) + 1.0 + KNOWN_FILMS)
    user = rng.integers(0, users, samples)
    film = rng.choice(films, samples, p=chance / chance.sum())
    inputs = np.zeros((samples, users + films))
    inputs[np.arange(samples), user] = inputs[np.arange(samples), users + film] = 1
    targets = 3.6 + moods[user] + qualities[film]
    for row, (who, marked, rating) in enumerate(RATED[:samples]):
        inputs[row] = 0
        inputs[row, [who, *(users + number for number in marked)]] = 1
        targets[row] = rating
    return inputs, _jitter(targets, noise, rng)


DIGITS = """1,797 hand-written digits, images of 8 × 8 grey values from 0 to 16, in ten classes; shown as two principal
components.

Source: E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998; the copy that scikit-learn ships."""
IRIS = """150 irises of three species, by length and width of their sepals and petals, in cm.

Source: R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936; the copy that scikit-learn ships."""
WINE = """178 wines of three cultivars, by 13 measurements of a chemical analysis.

Source: S. Aeberhard and M. Forina, UCI Machine Learning Repository, 1992; the copy that scikit-learn ships."""
CANCER = """569 breast tumours, malignant or benign, by 30 measurements of their cells' nuclei.

Source: W. Wolberg, O. Mangasarian, N. Street, W. Street, UCI Machine Learning Repository, 1993; the copy that
scikit-learn ships."""
DIABETES = """442 patients: how far their diabetes has gone in a year, by age, sex, weight, blood pressure and six blood
values.

Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Least angle regression, 2004; the copy that scikit-learn
ships, unscaled."""
PENGUINS = """333 penguins of three species on the Palmer islands, by island, sex, weight, bill and flipper; the eleven
of which something is unknown are left out.

Source: A. M. Horst, A. P. Hill, K. B. Gorman, palmerpenguins, 2020, CC0."""
DRAWN = "The points that you painted, or brought in a file."

SHAPES: tuple[Pattern, ...] = (
    Pattern("moons", "Moons", moons, ("samples", "noise"), truth=truths.moons),
    Pattern("circles", "Circles", circles, ("samples", "noise"), noise=0.1, truth=truths.circles),
    Pattern("xor", "Exclusive or", xor, ("samples", "noise"), noise=0.1, truth=truths.xor),
    Pattern("checkerboard", "Checkerboard", checkerboard, ("samples", "noise"), noise=0.03, truth=truths.checkerboard),
    Pattern("spiral", "Spiral", spiral, ("samples", "noise", "classes"), noise=0.03, truth=truths.spiral),
    Pattern("blobs", "Blobs", blobs, ("samples", "noise", "classes"), truth=truths.blobs),
    Pattern("sine", "Sine (regression)", sine, ("samples", "noise"), values=True, truth=truths.sine),
    Pattern(
        "plane",
        "Plane (regression)",
        plane,
        ("samples", "noise"),
        values=True,
        noise=0.1,
        truth=truths.plane,
        coefficients=(0.5, 0.5),
    ),
    Pattern(
        "few_count",
        "Three of eight",
        few_count,
        ("samples", "noise"),
        values=True,
        truth=lambda inputs: inputs @ np.array(FEW_COUNT),
        coefficients=FEW_COUNT,
    ),
    Pattern(
        "ratings",
        "Ratings (sparse)",
        ratings,
        ("samples", "noise"),
        values=True,
        names=rating_names,
        most=100_000,
    ),
    Pattern("iris", "Iris", file="iris.npz", text=IRIS),
    Pattern("penguins", "Penguins", file="penguins.npz", text=PENGUINS),
    Pattern("wine", "Wine", file="wine.npz", text=WINE),
    Pattern("breast_cancer", "Breast cancer", file="breast_cancer.npz", text=CANCER),
    Pattern("diabetes", "Diabetes", values=True, file="diabetes.npz", text=DIABETES),
    Pattern("digits", "Digits (images)", file="digits.npz", text=DIGITS),
    # Points of one's own are made, not picked.
    Pattern("drawn", "Your own points", needs=("own_points",), text=DRAWN),
)
GIVEN = tuple(row.key for row in SHAPES if row.is_given)


def pattern(name: str) -> Pattern:
    """The row of that key."""
    return next(row for row in SHAPES if row.key == name)


def usual_noise(name: str) -> float:
    """The noise that a pattern gets when it is chosen in the window."""
    return pattern(name).noise


def generate(name: str, samples: int, noise: float, classes: int, seed: int) -> Dataset:
    """The points of a pattern, shuffled, all of them UNASSIGNED to a set.

    noise: standard deviation of what is added to each coordinate, or to the target of a regression.
    classes: only read by the patterns that say so; the others have two classes, or none.
    Raises DataError for an unknown name, for "drawn", and for numbers that make no pattern.
    """
    rule = next((row for row in SHAPES if row.key == name), None)
    if rule is None or not rule.is_given:
        raise DataError(f"no pattern is called '{name}'; there are {', '.join(GIVEN)}")
    if not (1 <= samples <= rule.most and classes >= 2 and seed >= 0 and 0 <= noise < np.inf):
        found = f"{samples} points of {classes} classes with noise {noise} and seed {seed}"
        raise DataError(f"{name}: cannot draw {found}")
    if rule.function is None:
        return _bundled(rule)
    # keyed by the name too, so that two patterns do not share their noise
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    inputs, targets = rule.function(samples, noise, classes, rng)
    order = rng.permutation(samples)
    count = classes if "classes" in rule.reads else 2
    names = () if rule.values else class_names(count)
    features = rule.names(samples) if rule.names is not None else ()
    return Dataset(inputs[order], targets[order], class_names=names, feature_names=features, source=name)


@cache
def _bundled(row: Pattern) -> Dataset:
    """A dataset that the program carries."""
    # npz reads tables with the class names of this module
    return npz.read(assets_folder() / "datasets" / row.file).replace(source=row.key)


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
