"""Forward and backward passes of a dense network of any depth and width.

All weights lie in one flat array, in which a layer is a view; activations lie in one scratch array, feature-major
(units × width), where width is the number of samples in hand, padded. A hidden layer is
dense → normalization → activation → dropout, or dense → activation → normalization → dropout.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.activations import activate, bend
from playground.kernels.dense import add_outer, affine, matrix, send_back
from playground.kernels.dropout import drop
from playground.kernels.jit import inlined, kernel
from playground.kernels.normalization import BATCH, follow, measure, normalize, normalize_back
from playground.kernels.optimizers import PYTORCH
from playground.kernels.random import key

# Where a layer's pieces start: in the weights (-1: the layer has none), in the moving statistics, and, as a row
# number, in the scratch array. Stages that a layer does not have share the row of the stage before.
LAYER = np.dtype(
    [
        (name, np.int64)
        for name in (
            "inputs",
            "units",
            "weight",
            "bias",
            "gamma",
            "beta",
            "mean",
            "variance",
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

    layers: (L,) of LAYER. weights, gradients: (parameters,). moving, batch: (statistics,), the moving and the last
    batch's means and variances. scratch: (rows, capacity) flat.
    """

    layers: NDArray[Any]
    weights: NDArray[Any]
    gradients: NDArray[Any]
    moving: NDArray[Any]
    batch: NDArray[Any]
    scratch: NDArray[Any]


class Plan(NamedTuple):
    """The layout of a network: its layers and the lengths of its arrays.

    rows: rows of scratch; the first ``inputs`` rows are the input, then the targets, then two rows of gradients.
    """

    layers: NDArray[Any]
    parameters: int
    statistics: int
    rows: int


def plan(inputs: int, hidden: tuple[int, ...], outputs: int, batch_norm: bool, after_activation: bool) -> Plan:
    """Lay out a network. A bias before a batch normalization would have zero gradient: there is none."""
    sizes = (inputs, *hidden, outputs)
    layers = np.full(len(sizes) - 1, -1, LAYER)
    weight = statistic = 0
    row = inputs + outputs + 2 * max(sizes)
    for number, layer in enumerate(layers):
        below, units = sizes[number], sizes[number + 1]
        is_hidden = number < len(hidden)
        normed = is_hidden and batch_norm
        layer["inputs"], layer["units"] = below, units
        layer["weight"], weight = weight, weight + below * units
        if not normed or after_activation:
            layer["bias"], weight = weight, weight + units
        if normed:
            layer["gamma"], layer["beta"], weight = weight, weight + units, weight + 2 * units
            layer["mean"], layer["variance"] = statistic, statistic + units
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
def normalize_layer(net, layer, rules, rates, x, n, y, mode):
    """Batch normalization of one layer: with the batch's statistics in training, the moving ones otherwise."""
    units = layer.units
    gamma = piece(net.weights, layer.gamma, units)
    beta = piece(net.weights, layer.beta, units)
    moving_mean = piece(net.moving, layer.mean, units)
    moving_variance = piece(net.moving, layer.variance, units)
    if mode == EVALUATION:
        normalize(x, moving_mean, moving_variance, gamma, beta, rates.norm_epsilon, y)
        return
    mean = piece(net.batch, layer.mean, units)
    variance = piece(net.batch, layer.variance, units)
    measure(x, n, mean, variance)
    normalize(x, mean, variance, gamma, beta, rates.norm_epsilon, y)
    is_pytorch = rules.convention == PYTORCH
    keep = 1.0 - rates.norm_momentum if is_pytorch else rates.norm_momentum
    follow(mean, variance, n, keep, is_pytorch, moving_mean, moving_variance)


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
        weights = matrix(net.weights, layer.weight, units, layer.inputs)
        sums = stage(net, rules, layer.linear, units, width)
        affine(weights, piece(net.weights, layer.bias, units), below, sums)
        below = sums
        if number == depth - 1:
            continue
        active = stage(net, rules, layer.active, units, width)
        normed = stage(net, rules, layer.normed, units, width)
        if rules.normalization == BATCH and rules.after_activation:
            activate(rules.activation, rates.leak, sums.reshape(-1), active.reshape(-1))
            normalize_layer(net, layer, rules, rates, active, n, normed, mode)
            below = normed
        elif rules.normalization == BATCH:
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
    elif rules.normalization == BATCH and rules.after_activation:
        row = layer.normed
    return stage(net, rules, row, layer.units, width)


@inlined
def normalize_layer_back(net, layer, rates, x, n, gradient):
    """The gradient through one layer's batch normalization, in place."""
    units = layer.units
    normalize_back(
        x,
        n,
        piece(net.batch, layer.mean, units),
        piece(net.batch, layer.variance, units),
        piece(net.weights, layer.gamma, units),
        rates.norm_epsilon,
        gradient,
        piece(net.gradients, layer.gamma, units),
        piece(net.gradients, layer.beta, units),
    )


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
    if rules.normalization == BATCH and rules.after_activation:
        normalize_layer_back(net, layer, rates, active, n, gradient)
        bend(rules.activation, rates.leak, sums.reshape(-1), active.reshape(-1), flat)
    elif rules.normalization == BATCH:
        bend(rules.activation, rates.leak, normed.reshape(-1), active.reshape(-1), flat)
        normalize_layer_back(net, layer, rates, sums, n, gradient)
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
        send_back(matrix(net.weights, layer.weight, units, inputs), gradient, below)
        hidden_back(net, lower, rules, rates, n, width, below)
