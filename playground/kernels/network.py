"""Forward and backward passes of a dense network of any depth and width.

All weights lie in one flat array, in which a layer is a view; activations lie in one scratch array, feature-major
(units × width), where width is the number of samples in hand, padded. A hidden layer is
dense → normalization → activation → dropout, or dense → activation → normalization → dropout. Weight normalization acts
on the weights instead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.activations import activate, bend
from playground.kernels.dense import add_outer, affine, matrix, send_back
from playground.kernels.dropout import drop
from playground.kernels.jit import inlined, kernel
from playground.kernels.normalization import (
    BATCH,
    LAYER,
    NONE,
    WEIGHT,
    follow,
    measure,
    normalize,
    normalize_back,
    normalize_samples,
    normalize_samples_back,
    rescale,
)
from playground.kernels.optimizers import PYTORCH
from playground.kernels.random import key

# Where a layer's pieces start: in the weights (-1: the layer has none), in the moving statistics, and, as a row
# number, in the scratch array. Stages that a layer does not have share the row of the stage before.
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
        )
    ]
)


# What a forward pass is for. NumPy integers, because plain ones would compile a kernel for each value.
EVALUATION, TRAINING = np.int64(0), np.int64(1)


class Net(NamedTuple):
    """A network's arrays: what the passes read and write.

    layers: (L,) of LAYOUT. weights, gradients: (parameters,). moving, batch: (statistics,), the moving and the last
    batch's means and variances. scratch: (rows, capacity) flat. scaled: (parameters,), where weight normalization
    writes the weights that it makes; empty without it.
    """

    layers: NDArray[Any]
    weights: NDArray[Any]
    gradients: NDArray[Any]
    moving: NDArray[Any]
    batch: NDArray[Any]
    scratch: NDArray[Any]
    scaled: NDArray[Any]


SPARE = 4


class Plan(NamedTuple):
    """The layout of a network: its layers and the lengths of its arrays.

    rows: rows of scratch: input, targets, two places for gradients as high as the widest layer, SPARE rows, and then
    each layer's stages.
    """

    layers: NDArray[Any]
    parameters: int
    statistics: int
    rows: int


def plan(inputs: int, hidden: tuple[int, ...], outputs: int, normalization: int, after_activation: bool) -> Plan:
    """Lay out a network. A bias right before a batch normalization would have zero gradient: there is none."""
    sizes = (inputs, *hidden, outputs)
    # Records by attribute, so that kernels also run uncompiled.
    layers = np.full(len(sizes) - 1, -1, LAYOUT).view(np.recarray)
    weight = statistic = 0
    row = inputs + outputs + 2 * max(sizes) + SPARE
    for number, layer in enumerate(layers):
        below, units = sizes[number], sizes[number + 1]
        is_hidden = number < len(hidden)
        kind = normalization if is_hidden else NONE
        layer["inputs"], layer["units"] = below, units
        layer["weight"], weight = weight, weight + below * units
        if kind != BATCH or after_activation:
            layer["bias"], weight = weight, weight + units
        if kind in (BATCH, LAYER):
            layer["gamma"], layer["beta"], weight = weight, weight + units, weight + 2 * units
        if kind == WEIGHT:
            layer["scale"], weight = weight, weight + units
        if kind == BATCH:
            layer["moving_mean"], layer["moving_var"] = statistic, statistic + units
            statistic += 2 * units
        layer["linear"] = row
        for stage in ("normed", "active", "out", "mask") if is_hidden else ():
            row += units
            layer[stage] = row
        row += units
    return Plan(layers, weight, statistic, row)


@kernel
def piece(flat, offset, length):
    """A view of ``length`` numbers, or of none where the offset is -1."""
    if offset < 0:
        return flat[:0]
    return flat[offset : offset + length]


@inlined
def stage(net, rules, row, units, width):
    """A (units × width) view of the scratch array from a row on; a row holds up to rules.capacity samples."""
    return matrix(net.scratch, row * rules.capacity, units, width)


@inlined
def spare_rows(net, rules, width):
    """The SPARE rows after the places of gradients, (SPARE, width)."""
    return stage(net, rules, net.layers[0].linear - SPARE, SPARE, width)


@inlined
def normalize_layer(net, layer, rules, rates, x, n, y, mode):
    """Batch or layer normalization of one layer; batch: by the batch's statistics in training, else the moving ones."""
    units = layer.units
    gamma = piece(net.weights, layer.gamma, units)
    beta = piece(net.weights, layer.beta, units)
    moving_mean = piece(net.moving, layer.moving_mean, units)
    moving_variance = piece(net.moving, layer.moving_var, units)
    if rules.normalization == LAYER:
        spare = spare_rows(net, rules, x.shape[1])
        normalize_samples(x, gamma, beta, rates.norm_epsilon, spare[0], spare[1], y)
    elif mode == EVALUATION:
        normalize(x, moving_mean, moving_variance, gamma, beta, rates.norm_epsilon, y)
    else:
        mean = piece(net.batch, layer.moving_mean, units)
        variance = piece(net.batch, layer.moving_var, units)
        measure(x, n, mean, variance)
        normalize(x, mean, variance, gamma, beta, rates.norm_epsilon, y)
        is_pytorch = rules.convention == PYTORCH
        keep = 1.0 - rates.norm_momentum if is_pytorch else rates.norm_momentum
        follow(mean, variance, n, keep, is_pytorch, moving_mean, moving_variance)


@kernel
def weights_of(weights, scaled, start, scale, units, inputs):
    """The weights of a layer as they act, (units × inputs): rescaled first where it has a scale."""
    plain = matrix(weights, start, units, inputs)
    if scale < 0:
        return plain
    made = matrix(scaled, start, units, inputs)
    rescale(plain, weights[scale : scale + units], made)
    return made


@kernel
def forward(net, rules, rates, n, width, mode, epoch, batch, start):
    """The logits (outputs × width) of the inputs in the first rows of scratch, whose first n columns are samples.

    In mode TRAINING, columns are places ``start`` … of batch ``batch`` of epoch ``epoch``: they key dropout's draws.
    """
    depth = net.layers.size
    below = stage(net, rules, 0, net.layers[0].inputs, width)
    for number in range(depth):
        layer = net.layers[number]
        units = layer.units
        weights = weights_of(net.weights, net.scaled, layer.weight, layer.scale, units, layer.inputs)
        sums = stage(net, rules, layer.linear, units, width)
        affine(weights, piece(net.weights, layer.bias, units), below, sums)
        below = sums
        if number == depth - 1:
            continue
        active = stage(net, rules, layer.active, units, width)
        normed = stage(net, rules, layer.normed, units, width)
        if rules.after_activation:
            activate(rules.activation, rates.leak, sums.reshape(-1), active.reshape(-1))
            normalize_layer(net, layer, rules, rates, active, n, normed, mode)
            below = normed
        elif rules.normalization in (BATCH, LAYER):
            normalize_layer(net, layer, rules, rates, sums, n, normed, mode)
            activate(rules.activation, rates.leak, normed.reshape(-1), active.reshape(-1))
            below = active
        else:
            activate(rules.activation, rates.leak, sums.reshape(-1), active.reshape(-1))
            below = active
        if mode == TRAINING and rates.dropout > 0.0:
            first, second = key(rules.seed, epoch, batch, number)
            mask = stage(net, rules, layer.mask, units, width)
            out = stage(net, rules, layer.out, units, width)
            drop(below, rates.dropout, first, second, rules.batch_size, start, mask, out)
            below = out
    return below


@inlined
def output_of(net, rules, rates, layer, width):
    """What a hidden layer handed to the next one in the last training pass."""
    row = layer.active
    if rates.dropout > 0.0:
        row = layer.out
    elif rules.after_activation:
        row = layer.normed
    return stage(net, rules, row, layer.units, width)


@inlined
def normalize_layer_back(net, layer, rules, rates, x, n, gradient):
    """The gradient through one layer's batch or layer normalization, in place."""
    units = layer.units
    gamma = piece(net.weights, layer.gamma, units)
    gamma_slope = piece(net.gradients, layer.gamma, units)
    beta_slope = piece(net.gradients, layer.beta, units)
    if rules.normalization == LAYER:
        spare = spare_rows(net, rules, x.shape[1])
        normalize_samples_back(x, n, gamma, rates.norm_epsilon, spare, gradient, gamma_slope, beta_slope)
    else:
        mean = piece(net.batch, layer.moving_mean, units)
        variance = piece(net.batch, layer.moving_var, units)
        normalize_back(x, n, mean, variance, gamma, rates.norm_epsilon, gradient, gamma_slope, beta_slope)


@inlined
def hidden_back(net, layer, rules, rates, n, width, gradient):
    """From the gradient by a hidden layer's output to that by its sums, in place."""
    units = layer.units
    sums = stage(net, rules, layer.linear, units, width)
    normed = stage(net, rules, layer.normed, units, width)
    active = stage(net, rules, layer.active, units, width)
    flat = gradient.reshape(-1)
    if rates.dropout > 0.0:
        mask = stage(net, rules, layer.mask, units, width).reshape(-1)
        for i in range(flat.size):
            flat[i] *= mask[i]
    if rules.after_activation:
        normalize_layer_back(net, layer, rules, rates, active, n, gradient)
        bend(rules.activation, rates.leak, sums.reshape(-1), active.reshape(-1), flat)
    elif rules.normalization in (BATCH, LAYER):
        bend(rules.activation, rates.leak, normed.reshape(-1), active.reshape(-1), flat)
        normalize_layer_back(net, layer, rules, rates, sums, n, gradient)
    else:
        bend(rules.activation, rates.leak, sums.reshape(-1), active.reshape(-1), flat)


@kernel
def gradient_rows(net, rules, width, odd, units):
    """One of the two places that gradients take turns in, below the inputs and targets."""
    last = net.layers[net.layers.size - 1]
    widest = net.layers[0].inputs
    for number in range(net.layers.size):
        widest = max(widest, net.layers[number].units)
    row = net.layers[0].inputs + last.units + (widest if odd else 0)
    return stage(net, rules, row, units, width)


@kernel
def backward(net, rules, rates, n, width):
    """Add the gradients of the batch, given that by the logits in the gradient rows of the last layer."""
    depth = net.layers.size
    for number in range(depth - 1, -1, -1):
        layer = net.layers[number]
        units, inputs = layer.units, layer.inputs
        gradient = gradient_rows(net, rules, width, (depth - 1 - number) % 2, units)
        slopes = matrix(net.gradients, layer.weight, units, inputs)
        bias_slopes = piece(net.gradients, layer.bias, units)
        if number == 0:
            add_outer(gradient, stage(net, rules, 0, inputs, width), slopes, bias_slopes)
            continue
        lower = net.layers[number - 1]
        add_outer(gradient, output_of(net, rules, rates, lower, width), slopes, bias_slopes)
        below = gradient_rows(net, rules, width, (depth - number) % 2, inputs)
        send_back(weights_of(net.weights, net.scaled, layer.weight, layer.scale, units, inputs), gradient, below)
        hidden_back(net, lower, rules, rates, n, width, below)
