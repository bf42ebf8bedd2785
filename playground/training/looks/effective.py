"""The learning rates that weights really have: η over what the optimizer remembers of each, over the epochs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.optimizers import OPTIMIZERS
from playground.model.dataset import TRAIN
from playground.model.features import expand
from playground.training.looks.expressions import calculate, symbols
from playground.training.looks.formulas import form_of, settings_of
from playground.training.looks.worked import input_names
from playground.training.past import Past
from playground.training.run import Run
from playground.training.standing import Standing
from playground.training.strip import Moment, over_epochs

SPREAD = (0, 10, 50, 90, 100)  # percentiles of a layer's weights
MOST_WEIGHTS = 1024  # of a layer, evenly taken: their percentiles are those of all, and soon had
HURRY = 0.002  # seconds that a look may take at full speed, besides the last epoch

Floats = NDArray[np.float64]


class Effective(NamedTuple):
    """Effective learning rates over the epochs.

    epochs: (n,). layers: (n, layers, 5), percentiles SPREAD of each layer's weights. features: (n, k), the median over
    the units that a one-hot feature feeds; names, shares: of those features, what they are called and in which part of
    the training samples they occur; none where no feature is one-hot. formula: of the rate. by_sign: it is how far a
    weight moves, for only the gradient's sign counts. is_standardized: the features are; then all are as frequent.
    """

    epochs: NDArray[np.int64]
    layers: Floats
    features: Floats
    names: tuple[str, ...]
    shares: Floats
    formula: str
    by_sign: bool
    is_standardized: bool
    is_whole: bool


def effective_rates(run: Run | Past, is_hurried: bool) -> Effective:
    """Of the epochs whose optimizer's memory was kept, and of now."""
    places = one_hot(run)
    seconds = HURRY if is_hurried else 0.05
    strip = over_epochs(run, "effective", lambda moment: measure(moment, places), is_whole=True, seconds=seconds)
    known = [(epoch, value) for epoch, value in zip(strip.epochs, strip.values) if value is not None]
    knobs, depth = run.experiment.resolved, len(run.state.net.layers)
    row = next(row for row in OPTIMIZERS if row.key == knobs.optimizer)
    names, shares = input_names(run), _shares(run)
    return Effective(
        np.array([epoch for epoch, _ in known], np.int64),
        np.array([layers for _, (layers, _) in known], float).reshape(len(known), depth, len(SPREAD)),
        np.array([features for _, (_, features) in known], float).reshape(len(known), len(places)),
        tuple(names[place] for place in places),
        shares[list(places)],
        symbols(form_of(knobs.optimizer, knobs.convention).rate),
        row.by_sign,
        bool(knobs.standardize),
        strip.is_whole,
    )


def rates_of(moment: Moment, place: Any = slice(None)) -> Floats:
    """The rate of each weight at some places of the flat arrays."""
    knobs, clock = moment.experiment.resolved, moment.clock
    form = form_of(knobs.optimizer, knobs.convention)
    assert moment.slots is not None
    values: dict[str, Any] = settings_of(knobs) | {"eta": clock["learning_rate"], "t": clock["update"] - clock["since"]}
    values |= {name: moment.slots[row][place] for row, name in enumerate(form.slots)}
    rates: Floats = np.broadcast_to(calculate(form.rate, values), moment.weights[place].shape)
    return rates


def measure(moment: Moment, places: tuple[int, ...]) -> tuple[Floats, Floats] | None:
    """Percentiles of each layer, and medians of one-hot features; None before the first update."""
    if moment.slots is None or moment.clock["update"] <= moment.clock["since"]:
        return None
    layers = moment.net.layers
    ends = [*(int(layer["weight"]) for layer in layers), moment.weights.size]
    found = np.empty((len(layers), len(SPREAD)))
    for number, (start, end) in enumerate(zip(ends, ends[1:])):
        rates = np.sort(rates_of(moment, slice(start, end, -(-(end - start) // MOST_WEIGHTS))))
        found[number] = rates[(np.array(SPREAD) / 100 * (rates.size - 1)).round().astype(int)]
    inputs, units = int(layers[0]["inputs"]), int(layers[0]["units"])
    chosen = np.arange(0, units, -(-units // 16))[:, None] * inputs + np.array(places, int)
    return found, np.median(rates_of(moment, chosen + ends[0]), axis=0) if places else np.empty(0)


def one_hot(run: Standing) -> tuple[int, ...]:
    """Which of the network's inputs are 0 or 1 and nothing else, in the training set; both occur."""
    shares = _shares(run)
    return tuple(int(place) for place in np.flatnonzero(np.isfinite(shares)))


def _shares(run: Standing) -> Floats:
    """In which part of the training samples each input is 1; NaN for one that has other values than 0 and 1."""
    found: Floats | None = run.remembered.get("shares")
    if found is None:
        data = run.experiment.dataset
        inputs = expand(data.inputs[data.sets == TRAIN], run.experiment.knobs.features)
        means = inputs.mean(axis=0) if len(inputs) else np.full(inputs.shape[1], np.nan)
        is_binary = ((inputs == 0) | (inputs == 1)).all(axis=0) & (means > 0) & (means < 1)
        found = run.remembered["shares"] = np.where(is_binary, means, np.nan)
    return found
