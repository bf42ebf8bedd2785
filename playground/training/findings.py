"""What a search asks, and what it has found so far: values that travel to the window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.experiment import Experiment
from playground.training import paths
from playground.training.bias_variance import Measurement
from playground.training.companions import companions
from playground.training.knob_axis import SIMPLER, KnobAxis
from playground.training.paths import Path
from playground.training.snapshot import NOTHING
from playground.training.surface import Surface
from playground.training.sweep import one_standard_error

Floats = NDArray[np.float64]
LOSSES, VARIANCE, PATHS = "losses", "variance", "paths"
TWICE = "twice"  # instead of another knob, for a path: its strongest feature comes again
SEEDS, FITS = 5, 20  # runs at a value, and fits
RUNNING, PAUSED, DONE, CANCELLED, FAILED = "running", "paused", "done", "cancelled", "failed"
SCORES = ("train_loss", "val_loss", "train_data", "val_data", "train_metric", "val_metric")


class Asked(NamedTuple):
    """What is to be found.

    kind: LOSSES, VARIANCE: bias and variance, or PATHS: the coefficients of a linear model along λ. knob: along which,
    of paths the penalty; second: and another, for a map, or TWICE. seeds: runs at each value, or fits. extent: the part
    of the plane of which small surfaces are kept.
    """

    kind: str
    knob: str
    second: str = ""
    seeds: int = SEEDS
    extent: tuple[float, float, float, float] | None = None


class Spot(NamedTuple):
    """What was found at a value of the knob, or a pair.

    found: by quantity, one number for each run that has ended, seed by seed; NaN where it diverged. Of a measurement
    its parts, those of another loss after its name, as "zero_one_bias2". surface: of the plane, by the run under the
    experiment's own seed. measurement: of bias and variance. diverged: how many runs.
    """

    values: tuple[Any, ...]
    found: Mapping[str, Floats] = NOTHING
    surface: Surface | None = None
    measurement: Measurement | None = None
    diverged: int = 0

    def mean(self, quantity: str) -> float:
        """Over the runs that are sound; NaN where none is."""
        known = self._known(quantity)
        return float(known.mean()) if known.size else math.nan

    def error(self, quantity: str) -> float:
        """The standard error of the mean; NaN of fewer than two."""
        known = self._known(quantity)
        return float(known.std(ddof=1)) / math.sqrt(known.size) if known.size > 1 else math.nan

    def deviation(self, quantity: str) -> float:
        """The standard deviation over the runs; NaN of fewer than two."""
        known = self._known(quantity)
        return float(known.std(ddof=1)) if known.size > 1 else math.nan

    def _known(self, quantity: str) -> Floats:
        values = self.found.get(quantity, np.empty(0))
        return values[np.isfinite(values)]


class Found(NamedTuple):
    """How a search stands.

    own: the knobs that were set by hand and stay, where others follow a choice (companions.py); None: none follows.
    axes: of its knob, or both. spots: in the order of the axis. done, whole: runs. seconds: about how many are left;
    NaN while that is not known. reason: why it failed, or what it waits for. path: the coefficients, if that was asked.
    """

    asked: Asked
    experiment: Experiment
    axes: tuple[KnobAxis, ...] = ()
    spots: tuple[Spot, ...] = ()
    done: int = 0
    whole: int = 0
    seconds: float = math.nan
    status: str = RUNNING
    reason: str = ""
    path: Path | None = None
    own: frozenset[str] | None = None

    @property
    def quantity(self) -> str:
        """By which it is refined, and the best is best."""
        return "error" if self.asked.kind == VARIANCE else "val_data"

    @property
    def has_ended(self) -> bool:
        return self.status in (DONE, CANCELLED, FAILED)

    def best(self, quantity: str, is_more: bool = False) -> int | None:
        """The place of the spot whose mean is lowest, or highest if more is better; None where none is known."""
        means = np.array([spot.mean(quantity) for spot in self.spots]) * (-1 if is_more else 1)
        return int(np.nanargmin(means)) if np.isfinite(means).any() else None

    def simplest(self, quantity: str, is_more: bool = False) -> int | None:
        """The place of the simplest spot within one standard error of the best; None where the knob is no matter of
        capacity, or no error is known.
        """
        direction = SIMPLER.get(self.asked.knob, 0)
        best = self.best(quantity, is_more)
        if not direction or best is None or self.asked.second:
            return None
        errors = [spot.error(quantity) for spot in self.spots]
        if math.isnan(errors[best]):
            return None
        sign = -1 if is_more else 1
        means = [sign * spot.mean(quantity) for spot in self.spots]
        order = range(len(means))
        return one_standard_error(means, errors, list(reversed(order)) if direction > 0 else list(order))

    def changes(self, place: int) -> dict[str, Any]:
        """The knobs of a spot as it was trained, or of a place of the path."""
        if self.path is not None:
            return paths.changes(self.path, self.experiment, place)
        return self.with_companions(self.spots[place].values)

    def with_companions(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Values of its knobs, and what follows them, as when they are chosen by hand."""
        changes = dict(zip((self.asked.knob, self.asked.second), values))
        return changes | (companions(self.experiment, changes, self.own) if self.own is not None else {})

    def chosen(self, place: int) -> dict[str, Any]:
        """What is to be chosen for a spot, without what follows; of a path both penalty and λ."""
        changes = self.changes(place)
        names = (self.asked.knob, self.asked.second)
        return changes if self.path is not None else {name: changes[name] for name in names if name}


def coarse_first(count: int) -> list[int]:
    """The places 0 … count − 1: both ends, then always the middle of the widest gap, from the left."""
    order = [0] if count == 1 else [0, count - 1]
    while len(order) < count:
        known = sorted(order)
        gaps = [(high - low, -low) for low, high in zip(known, known[1:])]
        wide, low = max(gaps)
        order.append(-low + wide // 2)
    return order[:count]


def thinned(values: tuple[Any, ...], most: int) -> tuple[Any, ...]:
    """So many of them at most, the ends among them."""
    if len(values) <= most:
        return values
    return tuple(values[round(place)] for place in np.linspace(0, len(values) - 1, most))


def coarse_pairs(across: tuple[Any, ...], up: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """All pairs: a coarse grid first, which each further row and column makes finer."""
    columns, rows = coarse_first(len(across)), coarse_first(len(up))
    ranked = [
        (max(column, row), column + row, across[place], up[height])
        for column, place in enumerate(columns)
        for row, height in enumerate(rows)
    ]
    for *_, x, y in sorted(ranked, key=lambda entry: entry[:2]):
        yield x, y


def bends(places: Floats, means: Floats) -> Floats:
    """How much each gap between neighbours is worth another value: (values − 1,).

    The turn of the curve at the gap's ends, in shares of its range, times the gap's width, and more beside the lowest.
    """
    known = np.isfinite(means)
    if known.sum() < 3:
        return np.zeros(max(len(means) - 1, 0))
    # by ranks of height, a loss that explodes at one end would hide all else
    low, middle = float(np.min(means[known])), float(np.median(means[known]))
    heights = np.where(known, np.minimum(means, low + 3 * max(middle - low, 1e-12)), np.nan)
    heights = np.nan_to_num((heights - low) / max(float(np.nanmax(heights)) - low, 1e-12), nan=1.0)
    widths = np.diff(places)
    widths = widths / max(float(widths.max()), 1e-12)
    turns = np.zeros(len(means))
    slopes = np.diff(heights) / np.maximum(widths, 1e-12)
    turns[1:-1] = np.abs(np.diff(slopes))
    best = int(np.nanargmin(np.where(known, means, np.nan)))
    turns[best] += 1.0
    return np.asarray(np.maximum(turns[:-1], turns[1:]) * widths**2)
