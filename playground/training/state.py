"""The arrays of a run, made from an experiment: the only place where knobs become numbers for the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels import network
from playground.kernels.augment import AUGMENTATIONS, Scales
from playground.kernels.columns import COLUMNS
from playground.kernels.losses import AUTO, LOSSES
from playground.kernels.measure import padded
from playground.kernels.network import Net
from playground.kernels.normalization import NORMALIZATIONS
from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.penalties import PENALTIES
from playground.kernels.rules import position
from playground.kernels.settings import Rates, Rules
from playground.kernels.steps import CLOCK, Samples, Store
from playground.model import initializers
from playground.model.dataset import TEST, TRAIN, VALIDATION, Dataset
from playground.model.experiment import Experiment, check_trainable, look_at_sets
from playground.model.features import choose, expand
from playground.model.knobs import Knobs, declarations
from playground.model.relevance import met
from playground.training import room

CHUNK = 112  # samples that go through the network at once where no batch statistics are taken: what caches hold


class State(NamedTuple):
    """Everything that a run consists of; what changes are arrays, changed in place by the kernels.

    moments: (2, features), the mean and standard deviation that inputs are standardised by. clocks: (1,) of CLOCK.
    target_moments: (2, outputs), those that targets are scaled by.
    """

    experiment: Experiment
    net: Net
    store: Store
    samples: Samples
    test: tuple[NDArray[Any], NDArray[Any]]
    rules: Rules
    rates: Rates
    clocks: NDArray[Any]
    moments: NDArray[np.float64]
    target_moments: NDArray[np.float64]

    @property
    def clock(self) -> Any:
        """The record that says where the run stands."""
        return self.clocks[0]


def plan(experiment: Experiment) -> network.Plan:
    """How its network lies in memory. Raises DataError or KnobError where it cannot be trained."""
    check_trainable(experiment)
    data, knobs = experiment.dataset, experiment.resolved
    inputs = len(choose(knobs.features, data.features))
    return _lay_out(inputs, knobs.layers, data.outputs, knobs.normalization, _comes_after(knobs))


@lru_cache(maxsize=64)
def _lay_out(inputs: int, hidden: tuple[int, ...], outputs: int, normalization: str, is_after: bool) -> network.Plan:
    """A sweep trains many networks of one shape; nobody changes a layout."""
    row = NORMALIZATIONS[position(NORMALIZATIONS, normalization)]
    return network.plan(inputs, hidden, outputs, row, is_after)


def prepare(experiment: Experiment) -> State:
    """The state of a run before its first update. Raises DataError or KnobError where it cannot be trained."""
    planned = plan(experiment)
    data, knobs = experiment.dataset, experiment.resolved
    kind = np.dtype(knobs.precision).type
    normalization = NORMALIZATIONS[position(NORMALIZATIONS, knobs.normalization)]
    rules, rates = make_settings(experiment, look_at_sets(data).trained)
    slots = len(OPTIMIZERS[position(OPTIMIZERS, knobs.optimizer)].slots)
    room.check(experiment, planned, int(rules.capacity), slots)
    kept_by = "given", knobs.features, knobs.standardize, knobs.standardize_target, knobs.precision
    given = data.once(kept_by, lambda: _give(data, knobs))
    samples = given.samples
    weights, moving = _first_weights(planned, knobs)
    net = Net(
        planned.layers,
        weights,
        np.zeros(planned.parameters, kind),
        moving,
        np.zeros(planned.statistics, kind),
        np.zeros(planned.rows * rules.capacity, kind),
        np.zeros(planned.parameters if normalization.scales else 0, kind),
        np.zeros(1, np.int64),
    )
    store = _store(planned, samples.inputs.shape[1], kind, knobs, rules.coupled)
    return State(
        experiment, net, store, samples, given.test, rules, rates, first_clocks(), given.moments, given.target_moments
    )


def _comes_after(knobs: Knobs) -> bool:
    row = NORMALIZATIONS[position(NORMALIZATIONS, knobs.normalization)]
    return row.offsets and knobs.norm_position == "after_activation"


class Number(NamedTuple):
    """A knob that is a number to kernels: its place in Rules or Rates, and the places of its choices."""

    name: str
    kind: type[int] | type[float]
    places: dict[str, int]
    needs: tuple[str, ...]


@cache
def _numbers() -> tuple[Number, ...]:
    found = []
    for name, declared in declarations().items():
        if declared.choices or declared.kind in (bool, int, float):
            places = {key: place for place, key in enumerate(declared.choices)}
            found.append(Number(name, float if declared.kind is float else int, places, declared.knob.needs))
    return tuple(found)


def numbers(knobs: Knobs, needs_met: frozenset[str]) -> tuple[dict[str, int], dict[str, float]]:
    """Every knob that is a number to kernels, by its name: whole ones, with choices as their places, and real ones.

    What data and network have no use for is 0, the first choice, or off.
    """
    whole: dict[str, int] = {}
    real: dict[str, float] = {}
    for name, kind, places, needs in _numbers():
        value = getattr(knobs, name)
        if value is None or not needs_met.issuperset(needs):
            value = 0
        elif places:
            value = places[value]
        if kind is float:
            real[name] = float(value)
        else:
            whole[name] = int(value)
    return whole, real


def make_settings(experiment: Experiment, samples: int) -> tuple[Rules, Rates]:
    """The chosen rules as numbers, with what follows from them, and the rates. samples: how many train."""
    knobs, data = experiment.resolved, experiment.dataset
    alike = knobs._replace(seed=0)  # the runs of a sweep that differ by their seeds have all else in common
    rules, rates = _make_settings(alike, met(experiment), len(data.class_names), data.image, samples)
    return rules._replace(seed=knobs.seed), rates


@lru_cache(maxsize=64)
def _make_settings(
    knobs: Knobs, needs_met: frozenset[str], classes: int, image: tuple[int, ...], samples: int
) -> tuple[Rules, Rates]:
    batch = min(knobs.batch_size or samples, samples)
    # Batch statistics need the whole batch at once; without them large batches go through in pieces.
    chunk = max(CHUNK, batch) if NORMALIZATIONS[position(NORMALIZATIONS, knobs.normalization)].moves else CHUNK
    loss = LOSSES[position(LOSSES, knobs.loss)]
    if loss.alias:
        loss = LOSSES[position(LOSSES, AUTO[0 if classes else 1])]
    optimizer = OPTIMIZERS[position(OPTIMIZERS, knobs.optimizer)]
    more = {
        "loss": LOSSES.index(loss),
        "of_classes": int(loss.of_classes),
        "classes": classes,
        "after_activation": int(_comes_after(knobs)),
        "looks_ahead": int(knobs.convention in optimizer.looks_ahead),
        "by_sign": int(optimizer.by_sign),
        "coupled": int(knobs.convention in PENALTIES[position(PENALTIES, knobs.penalty)].coupled),
        "proximal": int(knobs.l1_method == "proximal"),
        "is_single": int(knobs.precision == "float32"),
        "batch_size": batch,
        "chunk": chunk,  # samples that go through the network at once
        "capacity": padded.function(chunk),  # samples that a row of scratch holds
        "samples": samples,
        "image_height": image[0] if image else 0,
        "image_width": image[1] if image else 0,
        "warps": int(any(row.warps and getattr(knobs, row.name) for row in AUGMENTATIONS)),
        "monitored": COLUMNS.index(knobs.monitor),
        "maximize": int(knobs.mode == "max" or (knobs.mode == "auto" and knobs.monitor == "val_metric")),
        "has_baseline": int(knobs.baseline is not None),
    }
    whole, real = numbers(knobs, needs_met)
    return Rules(**whole | more), Rates(**real)


def _store(plan: network.Plan, samples: int, kind: Any, knobs: Knobs, coupled: int) -> Store:
    shares = np.full(plan.parameters, coupled, kind)  # PyTorch's weight_decay reaches biases, γ and β too
    for layer in plainly(plan.layers):
        shares[layer["weight"] : layer["weight"] + layer["inputs"] * layer["units"]] = 1
    return Store(
        slots=first_slots(knobs, plan.parameters, kind),
        shares=shares,
        order=np.arange(samples),
        last_weights=np.zeros((2, plan.parameters), kind),
        last_moving=np.zeros((2, plan.statistics), kind),
        best_weights=np.zeros(plan.parameters, kind),
        best_moving=np.zeros(plan.statistics, kind),
    )


def first_slots(knobs: Knobs, parameters: int, kind: Any) -> NDArray[Any]:
    """The optimizer's state before the first update."""
    row = OPTIMIZERS[position(OPTIMIZERS, knobs.optimizer)]
    slots = np.zeros((len(row.slots), parameters), kind)
    if row.start is not None:
        slots += np.array([row.start(knobs.convention, float(knobs.learning_rate or 0.0))], kind).T
    return slots


def plainly(layers: NDArray[Any]) -> tuple[Mapping[str, int], ...]:
    """The layers' layouts as plain numbers by name: many short runs are made, and records take long to read."""
    return _plainly(layers.tobytes())


@lru_cache(maxsize=64)
def _plainly(layers: bytes) -> tuple[Mapping[str, int], ...]:
    names = network.LAYOUT.names or ()
    return tuple(MappingProxyType(dict(zip(names, layer))) for layer in np.frombuffer(layers, network.LAYOUT).tolist())


def _first_weights(planned: network.Plan, knobs: Knobs) -> tuple[NDArray[Any], NDArray[Any]]:
    """Weights and moving statistics before the first update, in arrays that are the run's own."""
    drawn_by = str(knobs.initializer), knobs.init_scale, knobs.seed, knobs.precision
    draw = _draw_few if planned.parameters <= FEW else _draw
    weights, moving = draw(planned.layers.tobytes(), planned.parameters, planned.statistics, *drawn_by)
    return weights.copy(), moving.copy()


def _draw(
    layers: bytes, parameters: int, statistics: int, initializer: str, scale: float, seed: int, precision: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """First weights: drawn by layer and seed; γ 1, β 0, moving mean 0, moving variance 1, s = ‖v‖."""
    weights, moving = np.zeros(parameters, precision), np.zeros(statistics, precision)
    for number, layer in enumerate(_plainly(layers)):
        inputs, units = layer["inputs"], layer["units"]
        drawn, bias = initializers.draw(initializer, inputs, units, seed, number)
        weights[layer["weight"] : layer["weight"] + inputs * units] = (drawn.T * scale).reshape(-1)
        if layer["bias"] >= 0:
            weights[layer["bias"] : layer["bias"] + units] = bias * scale
        if layer["gamma"] >= 0:
            weights[layer["gamma"] : layer["gamma"] + units] = 1
        if layer["moving_mean"] >= 0:
            moving[layer["moving_var"] : layer["moving_var"] + units] = 1
    _start_scales(_plainly(layers), weights)
    return weights, moving


FEW, KEPT = 5000, 256  # weights of networks whose first ones are kept, and how many are: a sweep's seeds come again
_draw_few = lru_cache(maxsize=KEPT)(_draw)


def start_scales(state: State) -> None:
    """Set each scale of weight normalization to the length of its unit's weights, so that it changes nothing yet."""
    _start_scales(plainly(state.net.layers), state.net.weights)


def _start_scales(layers: Iterable[Mapping[str, int]], weights: NDArray[Any]) -> None:
    for layer in layers:
        if layer["scale"] >= 0:
            inputs, units, start = layer["inputs"], layer["units"], layer["weight"]
            rows = weights[start : start + inputs * units].reshape(units, inputs)
            weights[layer["scale"] : layer["scale"] + units] = np.linalg.norm(rows, axis=1)


def _moments(data: Dataset, knobs: Knobs) -> NDArray[np.float64]:
    """Mean and standard deviation of the training inputs; 0 and 1 where nothing is standardised."""
    if not knobs.standardize:
        width = len(choose(knobs.features, data.features))
        return np.stack([np.zeros(width), np.ones(width)])
    return _spread(expand(data.inputs[data.sets == TRAIN], knobs.features))


def _target_moments(data: Dataset, knobs: Knobs) -> NDArray[np.float64]:
    """Mean and standard deviation of a regression's training targets; 0 and 1 where they stay as they are."""
    if data.is_classification or not knobs.standardize_target:
        return np.stack([np.zeros(data.outputs), np.ones(data.outputs)])
    return _spread(data.targets[data.sets == TRAIN])


def _spread(training: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, columns): mean and standard deviation of each column; 1 for the deviation of a constant one."""
    # Dividing first keeps squares of values around 1e300 finite.
    size = np.maximum(np.abs(training).max(axis=0), 1e-300)
    deviation = (training / size).std(axis=0) * size
    # A constant column carries nothing: it becomes 0. Rounding alone must not blow it up.
    constant = deviation <= 1e-12 * size
    return np.stack([training.mean(axis=0), np.where(constant, 1.0, deviation)])


def standardize(inputs: NDArray[np.float64], text: str, moments: NDArray[np.float64], kind: Any) -> NDArray[Any]:
    """(samples, columns) to the kernels' (features × samples): features made, and standardised."""
    inputs = expand(inputs, text)
    return np.ascontiguousarray(((inputs - moments[0]) / moments[1]).T, dtype=kind)


def _inputs(data: Dataset, which: int, text: str, moments: NDArray[np.float64], kind: Any) -> NDArray[Any]:
    return standardize(data.inputs[data.sets == which], text, moments, kind)


def _targets(data: Dataset, which: int, moments: NDArray[np.float64], kind: Any) -> NDArray[Any]:
    """(outputs × samples): 0/1 for two classes, a row a class for more, scaled values for a regression."""
    chosen = data.targets[data.sets == which]
    if not data.is_classification:
        return np.ascontiguousarray(((chosen - moments[0]) / moments[1]).T, dtype=kind)
    if data.outputs == 1:
        return np.ascontiguousarray(chosen[np.newaxis], dtype=kind)
    return np.asarray(np.arange(data.outputs)[:, np.newaxis] == chosen, kind)


class Given(NamedTuple):
    """A dataset as networks are given it; see State."""

    samples: Samples
    test: tuple[NDArray[Any], NDArray[Any]]
    moments: NDArray[np.float64]
    target_moments: NDArray[np.float64]


def _give(data: Dataset, knobs: Knobs) -> Given:
    kind = np.dtype(knobs.precision).type
    moments, target_moments = _moments(data, knobs), _target_moments(data, knobs)
    test = _inputs(data, TEST, knobs.features, moments, kind), _targets(data, TEST, target_moments, kind)
    return Given(_samples(data, moments, target_moments, knobs), test, moments, target_moments)


def _samples(data: Dataset, moments: NDArray[np.float64], target_moments: NDArray[np.float64], knobs: Knobs) -> Samples:
    kind = np.dtype(knobs.precision).type
    inputs = _inputs(data, TRAIN, knobs.features, moments, kind)
    targets = _targets(data, TRAIN, target_moments, kind)
    val_targets = _targets(data, VALIDATION, target_moments, kind)
    return Samples(
        inputs,
        targets,
        _inputs(data, VALIDATION, knobs.features, moments, kind),
        val_targets,
        Scales(
            inputs.mean(axis=1, dtype=np.float64),
            inputs.std(axis=1, dtype=np.float64),
            np.ascontiguousarray(moments),
        ),
        _variance(targets),
        _variance(val_targets),
    )


def _variance(targets: NDArray[Any]) -> float:
    """Mean variance of the outputs' targets: what the best constant prediction leaves."""
    return float(targets.var(axis=1, dtype=np.float64).mean()) if targets.shape[1] else 0.0


def first_clocks() -> NDArray[Any]:
    """(1,) of CLOCK: where a run stands before its first update."""
    return _first_clocks().copy()


@cache
def _first_clocks() -> NDArray[Any]:
    clocks = np.zeros(1, CLOCK).view(np.recarray)
    clocks["product"] = clocks["plateau_factor"] = 1
    clocks["plateau_best"] = np.inf
    return clocks


def twin(state: State) -> State:
    """A state of the same shape in arrays of its own, to be filled.

    What never changes is shared, and so is the wish to stop.
    """
    net, store = state.net, state.store
    own = {name: _zeros(getattr(net, name)) for name in Net._fields if name not in ("layers", "wish")}
    kept = {name: _zeros(getattr(store, name)) for name in Store._fields if name != "shares"}
    return state._replace(net=net._replace(**own), store=store._replace(**kept), clocks=first_clocks())


def _zeros(like: NDArray[Any]) -> NDArray[Any]:
    return np.zeros(like.shape, like.dtype)
