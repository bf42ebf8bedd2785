"""Looks at normalization: a unit's numbers in a batch, statistics over the epochs, and how far its sums have moved."""

from __future__ import annotations

import math
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.measure import evaluate
from playground.model.experiment import Experiment
from playground.training.looks.along import HURRIED, PATIENT, along, moment_of
from playground.training.looks.practice import Tally, wanted
from playground.training.looks.trial import QUIET, Trial, trial_of
from playground.training.past import Past
from playground.training.strip import Looked, Moment

QUANTILES = 64  # that tell a distribution
SHARES = (np.arange(QUANTILES) + 0.5) / QUANTILES
MOST_SAMPLES = 512  # training points that a distribution is of
BINS = 64  # of a density
REACH = 0.25  # of its width, that a density's bins go beyond it at each side
SAMPLES = 32  # of a batch, whose means and variances are followed through the epochs
GAP_SECONDS = 0.005  # for the gap in a look, where nothing is waiting

Floats = NDArray[np.float64]
NONE: Floats = np.empty((0, 0))


class Wanted(NamedTuple):
    """What is asked: a hidden layer and a unit of it, counted from 0, and the seconds that it may take."""

    layer: int = 0
    unit: int = 0
    seconds: float = PATIENT

    def hurried(self) -> Wanted:
        """The same at full speed."""
        return self._replace(seconds=HURRIED)


def kind_of(experiment: Experiment) -> str:
    """The key of the rule that normalizes its layers; "none" without hidden ones."""
    knobs = experiment.resolved
    return str(knobs.normalization) if knobs.layers else "none"


def _layer(run: Looked, asked: Wanted) -> tuple[int, int]:
    """Layer and unit that are asked for, as far as there are so many."""
    layers = run.state.net.layers
    layer = min(asked.layer, max(len(layers) - 2, 0))
    return layer, min(asked.unit, int(layers[layer]["units"]) - 1)


def _standing(run: Looked) -> Moment:
    """The moment that is seen: that of the last update, or a past one, or that of the weights that were put back."""
    if isinstance(run, Past):
        return moment_of(run)
    state, net = run.state, run.net
    epoch = run.restored_epoch or run.epoch
    return Moment(epoch, state.experiment, net.weights, net.moving, net.batch, None, state.clock, net)


# a unit in a batch


class Box(NamedTuple):
    """The numbers of normalization's formulas for one unit, in the batch that comes next, in training mode.

    kind: "batch", "layer" or "weight". layer, unit: counted from 0. epoch, batch: of that batch, from 0. given: (n,)
    what is normalized, the unit's sums or activations. mean, variance: by batch normalization of the unit over the
    batch; by layer normalization (n,), of each sample over the units. normed: (n,) x̂; out: (n,) y = γ·x̂ + β. moving:
    the unit's moving mean and variance. length, scale: ‖v‖ and s of weight normalization, weights: (inputs,) as they
    act. means, variances, moving_means, moving_variances, lengths, scales: (units,) of all of the layer.
    gap, error: by how much the batches' own statistics raise the loss over that in evaluation mode, dropout and
    augmentation aside, and its standard error.
    """

    kind: str
    layer: int
    unit: int
    epoch: int
    batch: int
    epsilon: float
    given: Floats
    mean: Any = math.nan
    variance: Any = math.nan
    normed: Floats = np.empty(0)
    out: Floats = np.empty(0)
    gamma: float = math.nan
    beta: float = math.nan
    moving: tuple[float, float] = (math.nan, math.nan)
    length: float = math.nan
    scale: float = math.nan
    weights: Floats = np.empty(0)
    means: Floats = np.empty(0)
    variances: Floats = np.empty(0)
    moving_means: Floats = np.empty(0)
    moving_variances: Floats = np.empty(0)
    lengths: Floats = np.empty(0)
    scales: Floats = np.empty(0)
    gap: float = math.nan
    error: float = math.nan
    is_whole: bool = True


def box(run: Looked, asked: Wanted) -> Box | None:
    """Pass the next batch through; None without normalization."""
    run.check_thread()
    is_hurried = asked.seconds < PATIENT
    moment = _standing(run)
    kind = kind_of(moment.experiment)
    if kind == "none":
        return None
    number, unit = _layer(run, asked)
    trial = trial_of(run.whole, moment.experiment)
    trial.stand(moment.weights)
    epoch, batch = int(moment.clock["epoch"]), int(moment.clock["batch"]) % trial.batches
    trial.loss(epoch, batch)
    net, layer = trial.state.net, trial.state.net.layers[number]
    came = trial.stage(number, source_of(trial), batch).astype(np.float64)
    found = Box(kind, number, unit, epoch, batch, float(trial.state.rates.norm_epsilon), came[unit])
    if kind == "weight":
        return _of_weights(found, moment, layer)
    gamma, beta = (_vector(moment.weights, layer, name) for name in ("gamma", "beta"))
    out = trial.stage(number, "normed", batch)[unit].astype(np.float64)
    found = found._replace(gamma=float(gamma[unit]), beta=float(beta[unit]), out=out)
    if kind == "layer":
        mean, variance = came.mean(axis=0), came.var(axis=0)
        return found._replace(mean=mean, variance=variance, normed=_normed(came[unit], mean, variance, found.epsilon))
    means, variances = (_vector(net.batch, layer, name) for name in ("moving_mean", "moving_var"))
    moving = [_vector(moment.moving, layer, name) for name in ("moving_mean", "moving_var")]
    mean, variance = float(means[unit]), float(variances[unit])
    gap, error, is_whole = _gap(run, moment, HURRIED if is_hurried else GAP_SECONDS)
    return found._replace(
        mean=mean,
        variance=variance,
        normed=_normed(came[unit], mean, variance, found.epsilon),
        moving=(float(moving[0][unit]), float(moving[1][unit])),
        means=means,
        variances=variances,
        moving_means=moving[0],
        moving_variances=moving[1],
        gap=gap,
        error=error,
        is_whole=is_whole,
    )


def _normed(given: Floats, mean: Any, variance: Any, epsilon: float) -> Floats:
    result: Floats = (given - mean) / np.sqrt(variance + epsilon)
    return result


def _of_weights(found: Box, moment: Moment, layer: Any) -> Box:
    directions, scales = _directions(moment, layer), _vector(moment.weights, layer, "scale")
    lengths = np.linalg.norm(directions, axis=1)
    length, scale = float(lengths[found.unit]), float(scales[found.unit])
    acting = directions[found.unit] * (scale / length if length else math.nan)
    return found._replace(length=length, scale=scale, weights=acting, lengths=lengths, scales=scales)


def source_of(trial: Trial) -> str:
    """The stage that is normalized: sums, or activations."""
    return "active" if trial.state.rules.after_activation else "linear"


def _vector(flat: NDArray[Any], layer: Any, name: str) -> Floats:
    """(units,) of a layer, by the field of LAYOUT that says where it starts."""
    start = int(layer[name])
    return flat[start : start + int(layer["units"])].astype(np.float64)


def _directions(moment: Moment, layer: Any) -> Floats:
    """(units, inputs): v of weight normalization."""
    units, inputs, start = int(layer["units"]), int(layer["inputs"]), int(layer["weight"])
    return moment.weights[start : start + units * inputs].reshape(units, inputs).astype(np.float64)


def _gap(run: Looked, moment: Moment, seconds: float) -> tuple[float, float, bool]:
    """The loss by the batches' own statistics less that by the moving ones; its error; whether all was drawn."""
    trial = trial_of(run.whole, moment.experiment, QUIET)
    key = id(moment.experiment), int(moment.clock["update"]), moment.epoch
    tally: Tally = run.remembered.get("norm_gap") or Tally()
    if tally.key != key:
        tally = run.remembered["norm_gap"] = Tally(key)
    tally.draw(trial, moment, wanted(trial), time.perf_counter() + seconds)
    state, samples = trial.state, trial.state.samples
    net = state.net._replace(weights=moment.weights, moving=moment.moving)
    loss, _ = evaluate(net, state.rules, state.rates, samples.inputs, samples.targets, samples.variance)
    mean, error = tally.found
    return mean - trial.penalty - float(loss), error, len(tally.losses) >= wanted(trial)


# over the epochs


class Track(NamedTuple):
    """What a layer's normalization went by over the epochs; what a rule does not have is (n, 0).

    layer: counted from 1. epochs: (n,). batch_mean, batch_variance: (n, units) of the last batch of each. sample_mean,
    sample_variance: (n, samples), over the units, of some training points. length: (n, units), ‖v‖.
    """

    layer: int
    epochs: NDArray[np.int64]
    batch_mean: Floats
    batch_variance: Floats
    sample_mean: Floats
    sample_variance: Floats
    length: Floats
    is_whole: bool = True


def track(run: Looked, asked: Wanted) -> Track | None:
    """Look at some of the epochs; None without normalization."""
    run.check_thread()
    kind = kind_of(run.experiment)
    if kind == "none":
        return None
    number, _ = _layer(run, asked)

    def measure(moment: Moment) -> tuple[Floats, Floats]:
        layer = moment.net.layers[number]
        if kind == "weight":
            return np.linalg.norm(_directions(moment, layer), axis=1), np.empty(0)
        if kind == "batch":
            return _vector(moment.batch, layer, "moving_mean"), _vector(moment.batch, layer, "moving_var")
        trial = trial_of(run.whole, moment.experiment)
        trial.stand(moment.weights)
        trial.loss(0, 0)  # always the same points
        came = trial.stage(number, source_of(trial), 0)[:, :SAMPLES].astype(np.float64)
        return came.mean(axis=0), came.var(axis=0)

    strip = along(run, ("norm_track", kind, number), measure, seconds=asked.seconds)
    first = int(kind == "batch" and strip.epochs[0] == 0)  # before the first update there was no batch
    epochs = np.array(strip.epochs[first:], np.int64)
    pairs = [np.array([value[part] for value in strip.values])[first:] for part in range(2)]
    none = np.empty((len(epochs), 0))
    found = Track(number + 1, epochs, none, none, none, none, none, strip.is_whole)
    if kind == "weight":
        return found._replace(length=pairs[0])
    if kind == "batch":
        return found._replace(batch_mean=pairs[0], batch_variance=pairs[1])
    return found._replace(sample_mean=pairs[0], sample_variance=pairs[1])


# how far sums move


class Shift(NamedTuple):
    """How a unit's distribution moved over the epochs, before normalization and after it, in training mode.

    epochs: (n,). bins: (b,) middles; before, after: (n, b) densities; after_bins likewise. after is None where nothing
    is normalized, or weights alone. moved_before, moved_after: (n,), how far the layer's units lie from where they
    began, as a mean over them: Wasserstein's distance of the two distributions, in deviations of the first.
    """

    layer: int
    unit: int
    epochs: NDArray[np.int64]
    bins: Floats
    before: Floats
    moved_before: Floats
    after_bins: Floats = np.empty(0)
    after: Floats | None = None
    moved_after: Floats | None = None
    is_whole: bool = True


def shift(run: Looked, asked: Wanted) -> Shift | None:
    """Look at some of the epochs; None without hidden layers."""
    run.check_thread()
    if not run.experiment.resolved.layers:
        return None
    number, unit = _layer(run, asked)

    def measure(moment: Moment) -> tuple[Floats, Floats | None]:
        return _distributions(trial_of(run.whole, moment.experiment, QUIET), moment, number)

    strip = along(run, ("norm_shift", number), measure, seconds=asked.seconds)
    known = run.remembered.setdefault(("norm_shift", "drawn", number, unit), {})
    parts = [[value[part] for value in strip.values] for part in range(2)]
    before, after = (_moves(known, strip.epochs, rows, unit) if rows[0] is not None else None for rows in parts)
    assert before is not None
    found = Shift(number, unit, np.array(strip.epochs, np.int64), *before, is_whole=strip.is_whole)
    if after is None:
        return found
    return found._replace(after_bins=after[0], after=after[1], moved_after=after[2])


def _moves(known: dict[Any, Any], epochs: tuple[int, ...], rows: list[Any], unit: int) -> tuple[Floats, Floats, Floats]:
    """Bins, a unit's density at each epoch, and how far the layer had moved since the first.

    known: what was found of a distribution before, with the distribution, which stays the same thing.
    """
    bins = _bins(np.array([row[unit] for row in rows]))
    place = bins[0], bins[-1]
    if len(known) > 16 * len(rows):
        known.clear()
    densities, far = [], []
    for row in rows:
        drawn = known.get((id(row), place))
        if drawn is None or drawn[0] is not row:
            drawn = known[id(row), place] = row, _density(row[unit], bins)
        gone = known.get((id(row), id(rows[0])))
        if gone is None or gone[0] is not row or gone[1] is not rows[0]:
            gone = known[id(row), id(rows[0])] = row, rows[0], moved(rows[0], row)
        densities.append(drawn[1])
        far.append(gone[2])
    return bins, np.array(densities), np.array(far)


def _distributions(trial: Trial, moment: Moment, number: int) -> tuple[Floats, Floats | None]:
    """(units, QUANTILES) of what a layer normalizes and of what comes of it, over batches of an epoch."""
    trial.stand(moment.weights)
    layer = trial.state.net.layers[number]
    names = [source_of(trial), "normed"] if layer["gamma"] >= 0 else ["linear"]
    pieces: list[list[NDArray[Any]]] = [[] for _ in names]
    count = batch = 0
    while count < MOST_SAMPLES and batch < trial.batches:
        trial.loss(0, batch)  # always the same points
        for piece, name in zip(pieces, names):
            piece.append(trial.stage(number, name, batch))
        count, batch = count + trial.size_of(batch), batch + 1
    found = [_quantiles(np.concatenate(piece, axis=1)) for piece in pieces]
    return found[0], found[1] if len(found) > 1 else None


def _quantiles(values: NDArray[Any]) -> Floats:
    """(units, QUANTILES) of (units, samples), between its neighbours in proportion: as NumPy's, but sorted once."""
    values = np.sort(values, axis=1)
    places = SHARES * (values.shape[1] - 1)
    lower = places.astype(np.intp)
    below, above = (values[:, rank].astype(np.float64) for rank in (lower, np.minimum(lower + 1, values.shape[1] - 1)))
    found: Floats = below + (above - below) * (places - lower)
    return found


def moved(first: Floats, now: Floats) -> float:
    """How far units' distributions have moved, (units, quantiles) each: in deviations of the first, their mean.

    Wasserstein's distance of two distributions of numbers is the mean distance of their quantiles. A unit that answered
    alike to all has no measure, and is left out.
    """
    deviations = first.std(axis=1)
    known = deviations > 0
    if not known.any():
        return math.nan
    return float((np.abs(now - first).mean(axis=1)[known] / deviations[known]).mean())


def _bins(table: Floats) -> Floats:
    """(BINS,) places that go beyond some distributions; they move in steps, for what is drawn at them is kept."""
    low, high = float(table.min()), float(table.max())
    reach = REACH * (high - low) or 1.0
    step = 2.0 ** math.floor(math.log2(reach)) / 2
    return np.linspace(step * math.floor((low - reach) / step), step * math.ceil((high + reach) / step), BINS)


def _density(row: Floats, bins: Floats) -> Floats:
    """(BINS,) of one distribution's quantiles, smoothed by Silverman's rule."""
    width = max(0.9 * float(row.std()) * QUANTILES**-0.2, float(bins[1] - bins[0]) / 1.5)
    away = (bins[:, np.newaxis] - row) / width
    found: Floats = (np.exp(-(away**2) / 2) / (width * math.sqrt(2 * math.pi))).mean(axis=1)
    return found
