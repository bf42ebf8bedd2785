"""Forward and backward passes of a dense network of any depth and width.

All weights lie in one flat array, in which a layer is a view; activations lie in one scratch array, feature-major
(units × width), where width is the number of samples in hand, padded. A hidden layer is
dense → normalization → activation → dropout, or dense → activation → normalization → dropout. Weight normalization acts
on the weights instead.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.activations import activate, activate_back
from playground.kernels.dense import affine, outer, send_back
from playground.kernels.dropout import drop, multiply
from playground.kernels.jit import Array, inlined, merged, part
from playground.kernels.normalization import (
    Normalization,
    follow,
    measure,
    normalize,
    normalize_back,
    normalize_samples,
    normalize_samples_back,
    rescale,
)
from playground.kernels.random import key
from playground.kernels.settings import PYTORCH, Rates, Rules
from playground.kernels.views import matrix, piece

# Where a layer's pieces start: in the weights (-1: the layer has none), in the moving statistics, and, as a row
# number, in the scratch array. Stages that a layer does not have share the row of the stage before; ``slope`` is where
# the gradient by the layer's output comes to stand, ``transposed`` where its inputs are transposed.
LAYOUT = np.dtype(
    [
        (name, np.int64)
        for name in (
            "inputs",
            "units",
            "weight",
            "bias",
            "gamma",
            "beta",
            "scale",
            "moving_mean",
            "moving_var",
            "linear",
            "normed",
            "active",
            "out",
            "mask",
            "slope",
            "transposed",
        )
    ]
)


# What a forward pass is for.
EVALUATION, TRAINING = 0, 1

# WISHES: whether a kernel that trains is to go on, or to leave off between two pieces of a batch; and that it has.
GO_ON, STOP, GIVEN_UP = range(3)


class Net(NamedTuple):
    """A network's arrays: what the passes read and write.

    layers: (L,) of LAYOUT. weights, gradients: (parameters,). moving, batch: (statistics,), the moving and the last
    batch's means and variances. scratch: (rows, capacity) flat. scaled: (parameters,), where weight normalization
    writes the weights that it makes; empty without it. wish: (1,), one of the WISHES: another thread writes STOP, and a
    kernel that has left something undone GIVEN_UP.
    """

    layers: NDArray[Any]
    weights: NDArray[Any]
    gradients: NDArray[Any]
    moving: NDArray[Any]
    batch: NDArray[Any]
    scratch: NDArray[Any]
    scaled: NDArray[Any]
    wish: NDArray[np.int64]


LANE = 16  # widths are padded to whole vectors of this many samples
SPARE = 4  # rows that layer normalization and losses work in


class Plan(NamedTuple):
    """The layout of a network: its layers and the lengths of its arrays.

    rows: rows of scratch: input, targets, two places for gradients as high as the widest layer, a third and a
    line's lanes for transposed activations, SPARE rows, and then each layer's stages. widest: the most weights that a
    layer has.
    """

    layers: NDArray[Any]
    parameters: int
    statistics: int
    rows: int
    widest: int


def plan(
    inputs: int, hidden: tuple[int, ...], outputs: int, normalization: Normalization, after_activation: bool
) -> Plan:
    """Lay out a network. A bias right before a batch normalization would have zero gradient: there is none."""
    sizes = (inputs, *hidden, outputs)
    # Records by attribute, so that kernels also run uncompiled.
    layers = np.full(len(sizes) - 1, -1, LAYOUT).view(np.recarray)
    weight = statistic = 0
    row = inputs + outputs + 3 * max(sizes) + LANE + SPARE
    for number, layer in enumerate(layers):
        below, units = sizes[number], sizes[number + 1]
        is_hidden = number < len(hidden)
        layer["inputs"], layer["units"] = below, units
        layer["weight"], weight = weight, weight + below * units
        if not (is_hidden and normalization.moves) or after_activation:
            layer["bias"], weight = weight, weight + units
        if is_hidden and normalization.offsets:
            layer["gamma"], layer["beta"], weight = weight, weight + units, weight + 2 * units
        if is_hidden and normalization.scales:
            layer["scale"], weight = weight, weight + units
        if is_hidden and normalization.moves:
            layer["moving_mean"], layer["moving_var"] = statistic, statistic + units
            statistic += 2 * units
        # Gradients of neighbouring layers take turns in the two places.
        layer["slope"] = inputs + outputs + (len(layers) - 1 - number) % 2 * max(sizes)
        layer["transposed"] = inputs + outputs + 2 * max(sizes)
        layer["linear"] = row
        for stage in ("normed", "active", "out", "mask") if is_hidden else ():
            row += units
            layer[stage] = row
        row += units
    return Plan(layers, weight, statistic, row, int((layers["inputs"] * layers["units"]).max()))


def noted(layers: NDArray[Any]) -> int:
    """How many numbers a row of the normalization's history has: statistics, γ and β, scales of all layers."""
    return _noted(layers.tobytes())


@lru_cache(maxsize=64)
def _noted(layers: bytes) -> int:
    laid = np.frombuffer(layers, LAYOUT)
    vectors = 2 * (laid["moving_mean"] >= 0) + 2 * (laid["gamma"] >= 0) + (laid["scale"] >= 0)
    return int((laid["units"] * vectors).sum())


@inlined
def stage(net: Net, rules: Rules, row: int, units: int, width: int) -> Array:
    """A (units × width) view of the scratch array from a row on; a row holds up to rules.capacity samples."""
    return matrix(net.scratch, row * rules.capacity, units, width)


@inlined
def line(net: Net, rules: Rules, row: int, units: int, width: int) -> Array:
    """What ``stage`` shows, flat."""
    return piece(net.scratch, row * rules.capacity, units * width)


@inlined
def logits_of(net: Net, rules: Rules, width: int) -> Array:
    """Where a forward pass leaves the logits, or values, (outputs × width)."""
    last = net.layers[net.layers.size - 1]
    return stage(net, rules, last.linear, last.units, width)


@inlined
def logits_gradient(net: Net, rules: Rules, width: int) -> Array:
    """Where a backward pass finds the gradient by the logits, (outputs × width)."""
    last = net.layers[net.layers.size - 1]
    return stage(net, rules, last.slope, last.units, width)


@inlined
def acting_weights(net: Net, layer: Any, units: int, inputs: int) -> Array:
    """The weights of a layer as they act, (units × inputs); where it has a scale, those that the last pass made."""
    return matrix(net.weights if layer.scale < 0 else net.scaled, layer.weight, units, inputs)


@inlined
def spare_rows(net: Net, rules: Rules, width: int) -> Array:
    """The SPARE rows after the places of gradients, (SPARE, width)."""
    return stage(net, rules, net.layers[0].linear - SPARE, SPARE, width)


@merged
def normalize_layer(net: Net, layer: Any, rules: Rules, rates: Rates, x: Array, n: int, y: Array, mode: int) -> None:
    """Batch or layer normalization of one layer; batch: by the batch's statistics in training, else the moving ones."""
    units = layer.units
    gamma = piece(net.weights, layer.gamma, units)
    beta = piece(net.weights, layer.beta, units)
    if layer.moving_mean < 0:
        spare = spare_rows(net, rules, x.shape[1])
        normalize_samples(x, gamma, beta, rates.norm_epsilon, spare[0], spare[1], y)
        return
    learns = mode == TRAINING
    mean = piece(net.batch if learns else net.moving, layer.moving_mean, units)
    variance = piece(net.batch if learns else net.moving, layer.moving_var, units)
    if learns:
        measure(x, n, mean, variance)
        is_pytorch = rules.convention == PYTORCH
        keep = 1.0 - rates.bn_momentum if is_pytorch else rates.bn_momentum
        moving_mean = piece(net.moving, layer.moving_mean, units)
        follow(mean, variance, n, keep, is_pytorch, moving_mean, piece(net.moving, layer.moving_var, units))
    normalize(x, mean, variance, gamma, beta, rates.norm_epsilon, y)


@part
def forward(
    net: Net, rules: Rules, rates: Rates, n: int, width: int, mode: int, epoch: int, batch: int, start: int
) -> None:
    """Pass the inputs in the first rows of scratch, whose first n columns are samples, through all layers.

    In mode TRAINING, columns are places ``start`` … of batch ``batch`` of epoch ``epoch``: they key dropout's draws.
    """
    row = 0
    for number in range(net.layers.size):
        layer = net.layers[number]
        units, inputs = layer.units, layer.inputs
        weights = acting_weights(net, layer, units, inputs)
        if layer.scale >= 0:
            directions = matrix(net.weights, layer.weight, units, inputs)
            rescale(directions, piece(net.weights, layer.scale, units), weights)
        below = stage(net, rules, row, inputs, width)
        affine(weights, piece(net.weights, layer.bias, units), below, stage(net, rules, layer.linear, units, width))
        if number == net.layers.size - 1:
            break
        row = layer.linear
        # Normalization and activation, in the order that is chosen.
        for turn in range(2):
            if turn != rules.after_activation:
                x, y = line(net, rules, row, units, width), line(net, rules, layer.active, units, width)
                activate(rules.activation, x, y, rules.convention)
                row = layer.active
            elif layer.gamma >= 0:
                x, y = stage(net, rules, row, units, width), stage(net, rules, layer.normed, units, width)
                normalize_layer(net, layer, rules, rates, x, n, y, mode)
                row = layer.normed
        if mode == TRAINING and rates.dropout > 0.0:
            first, second = key(rules.seed, epoch, batch, number)
            x, y = stage(net, rules, row, units, width), stage(net, rules, layer.out, units, width)
            mask = stage(net, rules, layer.mask, units, width)
            drop(x, rates.dropout, first, second, rules.batch_size, start, mask, y)
            row = layer.out


@inlined
def output_of(net: Net, rules: Rules, rates: Rates, layer: Any, width: int) -> Array:
    """What a hidden layer handed to the next one in the last training pass."""
    row = layer.active
    if rates.dropout > 0.0:
        row = layer.out
    elif rules.after_activation:
        row = layer.normed
    return stage(net, rules, row, layer.units, width)


@merged
def normalize_layer_back(net: Net, layer: Any, rules: Rules, rates: Rates, x: Array, n: int, gradient: Array) -> None:
    """The gradient through one layer's batch or layer normalization, in place."""
    units = layer.units
    gamma = piece(net.weights, layer.gamma, units)
    gamma_slope = piece(net.gradients, layer.gamma, units)
    beta_slope = piece(net.gradients, layer.beta, units)
    if layer.moving_mean < 0:
        spare = spare_rows(net, rules, x.shape[1])
        normalize_samples_back(x, n, gamma, rates.norm_epsilon, spare, gradient, gamma_slope, beta_slope)
    else:
        mean = piece(net.batch, layer.moving_mean, units)
        variance = piece(net.batch, layer.moving_var, units)
        normalize_back(x, n, mean, variance, gamma, rates.norm_epsilon, gradient, gamma_slope, beta_slope)


@merged
def hidden_back(net: Net, layer: Any, rules: Rules, rates: Rates, n: int, width: int) -> None:
    """From the gradient by a hidden layer's output to that by its sums, in place."""
    units = layer.units
    gradient = line(net, rules, layer.slope, units, width)
    if rates.dropout > 0.0:
        multiply(gradient, line(net, rules, layer.mask, units, width))
    normalizes = layer.gamma >= 0
    for turn in range(2):
        if turn == rules.after_activation:
            comes_first = normalizes and not rules.after_activation
            x = line(net, rules, layer.normed if comes_first else layer.linear, units, width)
            y = line(net, rules, layer.active, units, width)
            activate_back(rules.activation, x, y, gradient, rules.convention)
        elif normalizes:
            x = stage(net, rules, layer.active if rules.after_activation else layer.linear, units, width)
            slopes = stage(net, rules, layer.slope, units, width)
            normalize_layer_back(net, layer, rules, rates, x, n, slopes)


@merged
def backward(net: Net, rules: Rules, rates: Rates, n: int, width: int, adds: int) -> None:
    """The gradients of a batch, or of a piece of it that ``adds`` to the last, given the gradient by the logits."""
    if not adds:
        # What is not weights: these are replaced one by one.
        for number in range(net.layers.size):
            layer = net.layers[number]
            begin = layer.weight + layer.units * layer.inputs
            end = net.layers[number + 1].weight if number + 1 < net.layers.size else net.gradients.size
            vectors = piece(net.gradients, begin, end - begin)
            for i in range(vectors.size):
                vectors[i] = 0
    for number in range(net.layers.size - 1, -1, -1):
        layer = net.layers[number]
        units, inputs = layer.units, layer.inputs
        gradient = stage(net, rules, layer.slope, units, width)
        lower = net.layers[max(number - 1, 0)]
        came_in = output_of(net, rules, rates, lower, width)
        if number == 0:
            came_in = stage(net, rules, 0, inputs, width)
        # Rows of a power of two bytes would fall on each other in the cache: a line more.
        transposed = matrix(net.scratch, layer.transposed * rules.capacity, width, inputs + LANE)
        slopes = matrix(net.gradients, layer.weight, units, inputs)
        outer(gradient, came_in, transposed, slopes, piece(net.gradients, layer.bias, units), adds)
        if number > 0:
            below = stage(net, rules, lower.slope, inputs, width)
            send_back(acting_weights(net, layer, units, inputs), gradient, below)
            hidden_back(net, lower, rules, rates, n, width)
