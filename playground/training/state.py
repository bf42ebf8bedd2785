"""The arrays of a run, made from an experiment: the only place where knobs become numbers for the kernels."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels import losses, network, optimizers
from playground.kernels.activations import ACTIVATIONS
from playground.kernels.jit import Rule
from playground.kernels.measure import padded
from playground.kernels.network import Net
from playground.kernels.normalization import NORMALIZATIONS
from playground.kernels.schedules import SCHEDULES
from playground.kernels.settings import Rates, Rules
from playground.kernels.steps import CLOCK, Samples, Store
from playground.model import initializers
from playground.model.conventions import resolve
from playground.model.dataset import TEST, TRAIN, VALIDATION, Dataset
from playground.model.experiment import Experiment, check_trainable
from playground.model.features import choose, expand
from playground.model.knobs import CONVENTIONS, MONITORS, Knobs

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


def position(rules: tuple[Rule, ...], key: str) -> int:
    """The number by which kernels know a rule."""
    return next(number for number, rule in enumerate(rules) if rule.key == key)


def prepare(experiment: Experiment) -> State:
    """The state of a run before its first update. Raises DataError or KnobError where it cannot be trained."""
    check_trainable(experiment)
    data, knobs = experiment.dataset, experiment.resolved
    kind = np.dtype(knobs.precision).type
    normalization = position(NORMALIZATIONS, knobs.normalization)
    inputs = len(choose(knobs.features, data.features))
    plan = network.plan(inputs, knobs.layers, data.outputs, normalization, _comes_after(knobs))
    moments = _moments(data, knobs)
    target_moments = _target_moments(data, knobs)
    samples = _samples(data, moments, target_moments, knobs)
    rules = make_rules(knobs, data, samples.inputs.shape[1])
    net = Net(
        plan.layers,
        np.zeros(plan.parameters, kind),
        np.zeros(plan.parameters, kind),
        np.zeros(plan.statistics, kind),
        np.zeros(plan.statistics, kind),
        np.zeros(plan.rows * rules.capacity, kind),
        np.zeros(plan.parameters if knobs.normalization == "weight" else 0, kind),
    )
    store = _store(plan, samples.inputs.shape[1], kind, knobs)
    test = (_inputs(data, TEST, knobs.features, moments, kind), _targets(data, TEST, target_moments, kind))
    rates = make_rates(knobs, samples.inputs.shape[1])
    clocks = np.zeros(1, CLOCK).view(np.recarray)
    clocks["product"] = clocks["plateau_factor"] = 1
    clocks["plateau_best"] = np.inf
    state = State(experiment, net, store, samples, test, rules, rates, clocks, moments, target_moments)
    _initialize(state, knobs)
    return state


def _comes_after(knobs: Knobs) -> bool:
    return knobs.normalization in ("batch", "layer") and knobs.norm_position == "after_activation"


def make_rules(knobs: Knobs, data: Dataset, samples: int) -> Rules:
    """The chosen rules as numbers; knobs must be resolved. samples: how many train."""
    batch = min(knobs.batch_size or samples, samples)
    # Batch statistics need the whole batch at once; without them large batches go through in pieces.
    chunk = max(CHUNK, batch) if knobs.normalization == "batch" else CHUNK
    if data.is_classification:
        auto = losses.BINARY if data.outputs == 1 else losses.SOFTMAX
    else:
        auto = losses.SQUARED
    loss = {"squared": losses.SQUARED, "absolute": losses.ABSOLUTE, "huber": losses.HUBER}.get(knobs.loss, auto)
    maximize = knobs.mode == "max" or (knobs.mode == "auto" and knobs.monitor == "val_metric")
    return Rules(
        convention=position(CONVENTIONS, knobs.convention),
        activation=position(ACTIVATIONS, knobs.activation),
        loss=loss,
        classes=len(data.class_names),
        normalization=position(NORMALIZATIONS, knobs.normalization),
        after_activation=int(_comes_after(knobs)),
        optimizer=position(optimizers.OPTIMIZERS, knobs.optimizer),
        proximal=int(knobs.l1_method == "proximal"),
        is_single=int(knobs.precision == "float32"),
        schedule=position(SCHEDULES, knobs.schedule),
        schedule_every=knobs.schedule_every,
        schedule_warmup=knobs.schedule_warmup,
        schedule_patience=knobs.schedule_patience,
        batch_size=batch,
        chunk=chunk,
        capacity=padded.function(chunk),
        shuffle=int(knobs.shuffle),
        augment=int(knobs.augment),
        flip_horizontal=int(knobs.augment_flip_horizontal),
        flip_vertical=int(knobs.augment_flip_vertical),
        image_height=data.image[0] if data.image else 0,
        image_width=data.image[1] if data.image else 0,
        early_stopping=int(knobs.early_stopping),
        monitor=position(MONITORS, knobs.monitor),
        maximize=int(maximize),
        has_baseline=int(knobs.baseline is not None),
        patience=knobs.patience,
        start_from_epoch=knobs.start_from_epoch,
        epochs=knobs.epochs,
        seed=knobs.seed,
    )


def make_rates(knobs: Knobs, samples: int) -> Rates:
    """The real numbers that kernels read; knobs must be resolved. samples: m of the lecture's penalties."""
    absolute, square, gradient_square = _coefficients(knobs, samples)
    return Rates(
        learning_rate=float(knobs.learning_rate or 0.0),
        momentum=float(knobs.momentum or 0.0),
        rho=float(knobs.rho or 0.0),
        beta1=float(knobs.beta1 or 0.0),
        beta2=float(knobs.beta2 or 0.0),
        epsilon=float(knobs.epsilon or 0.0),
        leak=0.3 if knobs.convention == "keras" else 0.01,
        norm_momentum=float(knobs.bn_momentum or 0.0),
        norm_epsilon=float(knobs.norm_epsilon or 0.0),
        dropout=float(knobs.dropout) if knobs.layers else 0.0,
        input_dropout=float(knobs.input_dropout),
        cost_absolute=absolute,
        cost_square=square,
        gradient_square=gradient_square,
        weight_decay=float(knobs.weight_decay or 0.0),
        clip_norm=float(knobs.clip_norm),
        max_norm=float(knobs.max_norm),
        schedule_gamma=float(knobs.schedule_gamma or 1.0),
        jitter=float(knobs.augment_jitter),
        rotate=math.radians(knobs.augment_rotate),
        scale=float(knobs.augment_scale),
        shift=float(knobs.augment_shift),
        mixup=float(knobs.augment_mixup),
        label_noise=float(knobs.augment_label_noise),
        cutout=float(knobs.augment_cutout),
        min_delta=float(knobs.min_delta),
        baseline=float(knobs.baseline or 0.0),
    )


def _coefficients(knobs: Knobs, samples: int) -> tuple[float, float, float]:
    """The penalty's coefficients: of Σ|w| and Σw² in the cost, and of Σw² in the gradient."""
    strength = float(knobs.penalty_strength)
    shared = strength / (2 * samples) if knobs.convention == "lecture" else strength
    if knobs.penalty == "l1":
        return shared, 0.0, 0.0
    if knobs.penalty == "l2" and knobs.convention == "pytorch":
        return 0.0, 0.0, strength / 2
    if knobs.penalty == "l2":
        return 0.0, shared, shared
    if knobs.penalty == "elastic_net":
        square = strength * knobs.elastic_mix
        return strength * (1 - knobs.elastic_mix), square, square
    return 0.0, 0.0, 0.0


def _store(plan: network.Plan, samples: int, kind: Any, knobs: Knobs) -> Store:
    shares = np.zeros(plan.parameters, kind)
    for layer in plan.layers:
        shares[layer["weight"] : layer["weight"] + layer["inputs"] * layer["units"]] = 1
    # PyTorch's weight_decay reaches biases, γ and β too.
    everywhere = knobs.penalty == "l2" and knobs.convention == "pytorch"
    return Store(
        slots=_slots(knobs, plan.parameters, kind),
        shares=shares,
        decays=np.ones(plan.parameters, kind) if everywhere else shares,
        order=np.arange(samples),
        last_weights=np.zeros((2, plan.parameters), kind),
        last_moving=np.zeros((2, plan.statistics), kind),
        best_weights=np.zeros(plan.parameters, kind),
        best_moving=np.zeros(plan.statistics, kind),
    )


def _slots(knobs: Knobs, parameters: int, kind: Any) -> NDArray[Any]:
    """The optimizer's state before the first update: zeros, but for Keras' Adagrad (.1) and Rprop's steps (η)."""
    slots = np.zeros((optimizers.SLOTS, parameters), kind)
    if knobs.optimizer == "adagrad" and knobs.convention == "keras":
        slots[0] = 0.1
    if knobs.optimizer == "rprop":
        slots[1] = knobs.learning_rate
    return slots


def _initialize(state: State, knobs: Knobs) -> None:
    """First weights: drawn by layer and seed; γ 1, β 0, moving mean 0, moving variance 1, s = ‖v‖."""
    weights, moving = state.net.weights, state.net.moving
    for number, layer in enumerate(state.net.layers):
        inputs, units = int(layer["inputs"]), int(layer["units"])
        drawn, bias = initializers.draw(str(knobs.initializer), inputs, units, knobs.seed, number)
        weights[layer["weight"] : layer["weight"] + inputs * units] = (drawn.T * knobs.init_scale).reshape(-1)
        if layer["bias"] >= 0:
            weights[layer["bias"] : layer["bias"] + units] = bias * knobs.init_scale
        if layer["gamma"] >= 0:
            weights[layer["gamma"] : layer["gamma"] + units] = 1
        if layer["moving_mean"] >= 0:
            moving[layer["moving_var"] : layer["moving_var"] + units] = 1
    start_scales(state)


def start_scales(state: State) -> None:
    """Set each scale of weight normalization to the length of its unit's weights, so that it changes nothing yet."""
    weights = state.net.weights
    for layer in state.net.layers:
        if layer["scale"] >= 0:
            inputs, units, start = int(layer["inputs"]), int(layer["units"]), int(layer["weight"])
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
        inputs.mean(axis=1, dtype=np.float64),
        inputs.std(axis=1, dtype=np.float64),
        np.ascontiguousarray(moments),
        _variance(targets),
        _variance(val_targets),
    )


def _variance(targets: NDArray[Any]) -> float:
    """Mean variance of the outputs' targets: what the best constant prediction leaves."""
    return float(targets.var(axis=1, dtype=np.float64).mean()) if targets.shape[1] else 0.0


def adapt(state: State, experiment: Experiment) -> State:
    """The same run under changed live knobs; arrays are shared."""
    knobs = resolve(experiment.knobs)
    samples = state.samples.inputs.shape[1]
    rules = make_rules(knobs, experiment.dataset, samples)
    return state._replace(experiment=experiment, rules=rules, rates=make_rates(knobs, samples))
