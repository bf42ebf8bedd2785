"""Batch, layer and weight normalization over (units × width) arrays of which the first n columns are samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playground.kernels.jit import Array, kernel
from playground.kernels.rules import Rule


@dataclass(frozen=True)
class Normalization(Rule):
    """A row of NORMALIZATIONS: which vectors a hidden layer has for it. From them kernels know what to do.

    offsets: γ and β. moves: moving means and variances. scales: the length of each unit's weights.
    """

    offsets: bool = False
    moves: bool = False
    scales: bool = False


BATCH = """x̂ = (x − μ_B) / √(σ²_B + ε), y = γ·x̂ + β: each unit is standardised over the mini-batch.

σ² is the biased variance. Evaluation uses moving averages (PyTorch's of the unbiased variance). Two vectors,
γ and β, are learned; a bias before it would have zero gradient, and is left out. Ioffe and Szegedy, 2015."""
LAYER = """x̂ = (x − μ) / √(σ² + ε) over the units of one sample, y = γ·x̂ + β: the same in training and evaluation,
and for any batch size. Ba et al., 2016."""
WEIGHT = """w = s·v / ‖v‖ for each unit: the length s and the direction v of its incoming weights are learned apart.

s starts at ‖v‖. Hidden layers only. Salimans and Kingma, 2016."""
NORMALIZATIONS = (
    Normalization("none", "None", text="Each layer receives the activations as they are."),
    Normalization(
        "batch",
        "Batch",
        reads=("norm_position", "bn_momentum", "norm_epsilon"),
        text=BATCH,
        offsets=True,
        moves=True,
    ),
    Normalization("layer", "Layer", reads=("norm_position", "norm_epsilon"), text=LAYER, offsets=True),
    Normalization("weight", "Weight", text=WEIGHT, scales=True),
)


@kernel
def measure(x: Array, n: int, mean: Array, variance: Array) -> None:
    """Mean and biased variance of each row over the first n columns, in two passes; both (units,)."""
    kind = x.dtype.type
    share = kind(1.0 / n)
    for o in range(x.shape[0]):
        row = x[o]
        total = kind(0)
        for k in range(n):
            total += row[k]
        centre = total * share
        total = kind(0)
        for k in range(n):
            total += (row[k] - centre) * (row[k] - centre)
        mean[o] = centre
        variance[o] = total * share


@kernel
def normalize(x: Array, mean: Array, variance: Array, gamma: Array, beta: Array, epsilon: float, y: Array) -> None:
    """y = γ·(x − μ) / √(σ² + ε) + β, row by row."""
    for o in range(x.shape[0]):
        kind = x.dtype.type
        scale = gamma[o] / math.sqrt(variance[o] + kind(epsilon))
        offset = beta[o] - mean[o] * scale
        source, target = x[o], y[o]
        for k in range(x.shape[1]):
            target[k] = source[k] * scale + offset


@kernel
def follow(
    mean: Array, variance: Array, n: int, keep: float, unbiased: bool, moving_mean: Array, moving_variance: Array
) -> None:
    """moving ← keep·moving + (1 − keep)·batch; with ``unbiased`` the batch variance counts n / (n − 1) times."""
    kind = mean.dtype.type
    old, new = kind(keep), kind(1.0 - keep)
    factor = kind(n / (n - 1.0) if unbiased and n > 1 else 1.0)
    for o in range(mean.size):
        moving_mean[o] = old * moving_mean[o] + new * mean[o]
        moving_variance[o] = old * moving_variance[o] + new * factor * variance[o]


@kernel
def normalize_back(
    x: Array,
    n: int,
    mean: Array,
    variance: Array,
    gamma: Array,
    epsilon: float,
    gradient: Array,
    gamma_slope: Array,
    beta_slope: Array,
) -> None:
    """gradient ← the gradient by x, from the gradient by y; adds the gradients by γ and β.

    With x̂ = (x − μ)/√(σ² + ε): dx = γ/(n·√(σ² + ε)) · (n·dy − Σdy − x̂·Σ(dy·x̂)), for μ and σ² depend on x too.
    """
    kind = x.dtype.type
    for o in range(x.shape[0]):
        row, slope = x[o], gradient[o]
        steep = kind(1) / math.sqrt(variance[o] + kind(epsilon))
        centre = mean[o]
        total, along = kind(0), kind(0)
        for k in range(n):
            total += slope[k]
            along += slope[k] * (row[k] - centre)
        along *= steep
        gamma_slope[o] += along
        beta_slope[o] += total
        front = gamma[o] * steep
        level = total / kind(n)
        tilt = along * steep / kind(n)
        for k in range(n):
            slope[k] = front * (slope[k] - level - (row[k] - centre) * tilt)


@kernel
def normalize_samples(x: Array, gamma: Array, beta: Array, epsilon: float, mean: Array, steep: Array, y: Array) -> None:
    """Layer normalization: y = γ·(x − μ)·s + β, μ and s = 1/√(σ² + ε) over the units of each column.

    mean, steep: (width,), written here for the way back.
    """
    kind = x.dtype.type
    units, width = x.shape
    share = kind(1.0 / units)
    for k in range(width):
        mean[k] = kind(0)
        steep[k] = kind(0)
    for o in range(units):
        row = x[o]
        for k in range(width):
            mean[k] += share * row[k]
    for o in range(units):
        row = x[o]
        for k in range(width):
            steep[k] += share * (row[k] - mean[k]) * (row[k] - mean[k])
    for k in range(width):
        steep[k] = kind(1) / math.sqrt(steep[k] + kind(epsilon))
    for o in range(units):
        row, out = x[o], y[o]
        scale, offset = gamma[o], beta[o]
        for k in range(width):
            out[k] = scale * (row[k] - mean[k]) * steep[k] + offset


@kernel
def normalize_samples_back(
    x: Array, n: int, gamma: Array, epsilon: float, spare: Array, gradient: Array, gamma_slope: Array, beta_slope: Array
) -> None:
    """gradient ← the gradient by x of layer normalization; adds the gradients by γ and β. spare: (4, width).

    With x̂ = (x − μ)·s and d = γ·dy: dx = s·(d − mean(d) − x̂·mean(d·x̂)), means over the units of a column.
    """
    kind = x.dtype.type
    units, width = x.shape
    mean, steep, level, tilt = spare[0], spare[1], spare[2], spare[3]
    share = kind(1.0 / units)
    for row in range(4):
        for k in range(width):
            spare[row, k] = kind(0)
    for o in range(units):
        for k in range(width):
            mean[k] += share * x[o, k]
    for o in range(units):
        for k in range(width):
            steep[k] += share * (x[o, k] - mean[k]) * (x[o, k] - mean[k])
    for k in range(width):
        steep[k] = kind(1) / math.sqrt(steep[k] + kind(epsilon))
    for o in range(units):
        row, slope = x[o], gradient[o]
        scale = gamma[o] * share
        total, along = kind(0), kind(0)
        for k in range(n):
            hat = (row[k] - mean[k]) * steep[k]
            total += slope[k]
            along += slope[k] * hat
            level[k] += scale * slope[k]
            tilt[k] += scale * slope[k] * hat
        gamma_slope[o] += along
        beta_slope[o] += total
    for o in range(units):
        row, slope = x[o], gradient[o]
        scale = gamma[o]
        for k in range(n):
            hat = (row[k] - mean[k]) * steep[k]
            slope[k] = steep[k] * (scale * slope[k] - level[k] - hat * tilt[k])


@kernel
def rescale(directions: Array, lengths: Array, rows: Array) -> None:
    """rows[o] = lengths[o]·directions[o] / ‖directions[o]‖, all (units × inputs)."""
    kind = directions.dtype.type
    for o in range(directions.shape[0]):
        total = kind(0)
        for i in range(directions.shape[1]):
            total += directions[o, i] * directions[o, i]
        factor = lengths[o] / math.sqrt(total)
        for i in range(directions.shape[1]):
            rows[o, i] = factor * directions[o, i]


@kernel
def rescale_back(directions: Array, lengths: Array, slopes: Array, length_slopes: Array) -> None:
    """slopes ← the gradient by the directions v, from that by w = s·v/‖v‖; length_slopes ← that by s.

    ds = dw·v/‖v‖; dv = s/‖v‖·(dw − ds·v/‖v‖).
    """
    kind = directions.dtype.type
    for o in range(directions.shape[0]):
        total, along = kind(0), kind(0)
        for i in range(directions.shape[1]):
            total += directions[o, i] * directions[o, i]
            along += slopes[o, i] * directions[o, i]
        norm = math.sqrt(total)
        along /= norm
        length_slopes[o] = along
        for i in range(directions.shape[1]):
            slopes[o, i] = lengths[o] / norm * (slopes[o, i] - along * directions[o, i] / norm)
