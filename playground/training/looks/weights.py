"""A look at a run's weights over the epochs: where they lie, how many are 0, how far updates move them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.training.inside import inside_of
from playground.training.looks.along import HURRIED, PATIENT, along, rehearsals_of
from playground.training.strip import Looked, Moment

BINS = 256  # from −limit to limit, a power of two: twice the longest weight at least, for tails of densities
MOST_SAMPLES = 448  # training points whose activations are looked at, evenly chosen
FLAT = 0.1  # of its greatest slope: with less a unit is saturated,
SHARE = 0.9  # at so many of the points
SLOPES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "sigmoid": lambda y: 4 * y * (1 - y),
    "tanh": lambda y: 1 - y * y,
}  # as shares of the greatest, from the activation, of those that are flat at both ends

Floats = NDArray[np.float64]


class Wanted(NamedTuple):
    """What is asked: the layer whose distribution is seen, counted from 0, and the seconds that it may take."""

    layer: int = 0
    seconds: float = PATIENT

    def hurried(self) -> Wanted:
        """The same at full speed."""
        return self._replace(seconds=HURRIED)


class Spread(NamedTuple):
    """A layer's weights at an epoch. Biases are none of them; those of weight normalization are taken as they act.

    counts: (BINS,), how many lie in each bin from −limit to limit, but for those that are exactly 0: these are zeros.
    norm: √Σw². deviation: of those that are not 0.
    """

    limit: float
    counts: NDArray[np.int64]
    zeros: int
    norm: float
    deviation: float


class Weights(NamedTuple):
    """What is seen of a run with L layers, the output layer last, of which H are hidden.

    sizes: (L,) weights of each. epochs: (n,), rising; zeros, norms: (n, L), the count of weights that are exactly 0,
    and √Σw². layer, bins, densities: the wanted layer, the middles of b bins, and its (n, b) densities, whose areas
    are the shares of weights that are not 0. step_epochs, ratios: (m,) and (m, L), ‖Δw‖ / ‖w‖ of the next update; NaN
    where it is not known. unit_epochs, dead, saturated: (u,) and (u, H), the number of units that answer alike to all
    training points, and that are flat at most of them. units: (H,) of each hidden layer.
    """

    sizes: tuple[int, ...]
    epochs: NDArray[np.int64]
    zeros: NDArray[np.int64]
    norms: Floats
    layer: int
    bins: Floats
    densities: Floats
    step_epochs: NDArray[np.int64]
    ratios: Floats
    units: tuple[int, ...]
    can_saturate: bool
    unit_epochs: NDArray[np.int64]
    dead: NDArray[np.int64]
    saturated: NDArray[np.int64]
    is_whole: bool


def weights(run: Looked, wanted: Wanted) -> Weights:
    """Look at them. Raises RuntimeError in a thread that is not the run's own."""
    run.check_thread()
    layers = run.whole.state.net.layers
    seconds = wanted.seconds
    spreads = along(run, "weights", spreads_of, seconds=seconds)
    steps = along(run, "steps", _ratios(run), is_whole=True, seconds=seconds)
    units = along(run, "units", _asleep(run), seconds=seconds)
    layer = min(wanted.layer, len(layers) - 1)
    rows = [row[layer] for row in spreads.values]
    bins, densities = _ridges(run.remembered.setdefault(("densities", layer), {}), spreads.epochs, rows)
    asleep = np.array(units.values, np.int64).reshape(len(units.epochs), 2, len(layers) - 1)
    return Weights(
        sizes=tuple((layers["inputs"] * layers["units"]).tolist()),
        epochs=np.array(spreads.epochs),
        zeros=np.array([[spread.zeros for spread in row] for row in spreads.values]),
        norms=np.array([[spread.norm for spread in row] for row in spreads.values]),
        layer=layer,
        bins=bins,
        densities=densities,
        step_epochs=np.array(steps.epochs),
        ratios=np.array(steps.values, np.float64).reshape(len(steps.epochs), len(layers)),
        units=tuple(layers["units"][:-1].tolist()),
        can_saturate=run.experiment.resolved.activation in SLOPES,
        unit_epochs=np.array(units.epochs),
        dead=asleep[:, 0],
        saturated=asleep[:, 1],
        is_whole=all(strip.is_whole for strip in (spreads, steps, units)),
    )


def spreads_of(moment: Moment) -> tuple[Spread, ...]:
    """Of each layer."""
    return tuple(_spread(matrix) for matrix in matrices(moment.weights, moment.net.layers))


def matrices(flat: NDArray[Any], layers: Any) -> list[NDArray[Any]]:
    """Each layer's weights as they act, (units, inputs): those with a scale have its length."""
    found = []
    for layer in layers:
        units, inputs, start = int(layer["units"]), int(layer["inputs"]), int(layer["weight"])
        matrix = flat[start : start + units * inputs].reshape(units, inputs)
        if layer["scale"] >= 0:
            lengths = flat[int(layer["scale"]) : int(layer["scale"]) + units, np.newaxis]
            matrix = matrix * (lengths / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-300))
        found.append(matrix)
    return found


def _spread(matrix: NDArray[Any]) -> Spread:
    flat = matrix.reshape(-1).astype(np.float64)
    size = float(np.abs(flat).max(initial=0.0))
    # A power of two above all: bins of two epochs fall on each other, two or four or eight to one.
    limit = math.ldexp(1.0, max(math.frexp(2 * size)[1], -30)) if math.isfinite(size) else 1.0
    kept = flat[flat != 0]
    places = ((kept / limit + 1) * (BINS / 2)).astype(np.int64)
    counts = np.bincount(np.clip(places, 0, BINS - 1), minlength=BINS)
    deviation = float(kept.std()) if kept.size else 0.0
    return Spread(limit, counts, flat.size - kept.size, math.sqrt(float(flat @ flat)), deviation)


def widened(spread: Spread, limit: float) -> NDArray[np.int64]:
    """The counts in as many bins up to a larger limit, which is a power of two too."""
    factor = round(limit / spread.limit)
    if factor >= BINS:
        # All lies in the two bins around 0.
        counts = np.zeros(BINS, np.int64)
        counts[BINS // 2 - 1], counts[BINS // 2] = spread.counts[: BINS // 2].sum(), spread.counts[BINS // 2 :].sum()
        return counts
    merged = spread.counts.reshape(-1, factor).sum(axis=1)
    return np.pad(merged, (BINS - len(merged)) // 2)


def density(spread: Spread, limit: float) -> Floats:
    """(BINS,) up to a limit: a Gaussian at each weight, of Silverman's bandwidth; the area is the share of weights
    that are not 0."""
    counts = widened(spread, limit)
    kept = int(counts.sum())
    width = 2 * limit / BINS
    if not kept:
        return np.zeros(BINS)
    # Bins are no finer than half a bin's width; a bandwidth below that shows nothing more.
    bandwidth = max(0.9 * spread.deviation * kept**-0.2 / width, 0.5)
    reach = min(math.ceil(4 * bandwidth), BINS - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / bandwidth) ** 2)
    smooth = np.convolve(counts, kernel / kernel.sum())[reach : reach + BINS]
    return np.asarray(smooth / ((kept + spread.zeros) * width))


def _ridges(known: dict[Any, Floats], epochs: tuple[int, ...], rows: list[Spread]) -> tuple[Floats, Floats]:
    """Middles of common bins, as far as any weight reaches, and a density for each row.

    known: those of earlier looks, by epoch and limit; the last row's is always made anew.
    """
    limit = max(row.limit for row in rows)
    if len(known) > 256:
        known.clear()
    for epoch, row in zip(epochs[:-1], rows):
        if (epoch, limit) not in known:
            known[epoch, limit] = density(row, limit)
    found = np.array([*(known[epoch, limit] for epoch in epochs[:-1]), density(rows[-1], limit)])
    middles = limit * ((np.arange(BINS) + 0.5) * 2 / BINS - 1)
    seen = np.flatnonzero(found.max(axis=0) > 5e-3 * found.max())
    reach = slice(max(seen[0] - 1, 0), seen[-1] + 2) if seen.size else slice(None)
    return middles[reach], found[:, reach]


def _ratios(run: Looked) -> Callable[[Moment], list[float]]:
    """‖Δw‖ / ‖w‖ of each layer by the next update."""
    rehearsals = rehearsals_of(run)
    layers = run.whole.state.net.layers

    def measure(moment: Moment) -> list[float]:
        rehearsal = rehearsals.at(moment) if moment.slots is not None else None
        if rehearsal is None:
            return [math.nan] * len(layers)
        update = rehearsal.update()
        pairs = zip(matrices(update.new_weights, layers), matrices(update.weights, layers))
        return [ratio(after.astype(np.float64) - before, before) for after, before in pairs]

    return measure


def ratio(step: NDArray[Any], before: NDArray[Any]) -> float:
    """‖step‖ / ‖before‖; NaN of nothing."""
    length = float(np.linalg.norm(before.astype(np.float64)))
    return float(np.linalg.norm(step)) / length if length else math.nan


def _asleep(run: Looked) -> Callable[[Moment], tuple[list[int], list[int]]]:
    """How many units of each hidden layer are dead, and saturated."""
    state = run.whole.state
    samples = state.samples.inputs
    chosen = np.ascontiguousarray(samples[:, :: -(-samples.shape[1] // MOST_SAMPLES)])
    slope = SLOPES.get(run.experiment.resolved.activation)

    def measure(moment: Moment) -> tuple[list[int], list[int]]:
        if len(state.net.layers) == 1:
            return [], []
        answers = [layer.active for layer in inside_of(moment.acting, state, chosen)[:-1]]
        dead = [int((y.max(axis=1) == y.min(axis=1)).sum()) for y in answers if y is not None]
        if slope is None:
            return dead, [0] * len(dead)
        flat = [int(((slope(y) < FLAT).mean(axis=1) >= SHARE).sum()) for y in answers if y is not None]
        return dead, flat

    return measure
