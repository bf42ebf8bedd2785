"""Batch normalization over (units × width) arrays of which the first n columns are samples.

Each unit is standardised over the mini-batch with the biased variance; evaluation uses the moving statistics.
Source: Ioffe and Szegedy, 2015; the moving averages as Keras (and the lecture) or PyTorch keep them.
"""

from __future__ import annotations

import math

from playground.kernels.jit import kernel

NONE, BATCH = range(2)


@kernel
def measure(x, n, mean, variance):
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
def normalize(x, mean, variance, gamma, beta, epsilon, y):
    """y = γ·(x − μ) / √(σ² + ε) + β, row by row."""
    for o in range(x.shape[0]):
        kind = x.dtype.type
        scale = gamma[o] / math.sqrt(variance[o] + kind(epsilon))
        offset = beta[o] - mean[o] * scale
        source, target = x[o], y[o]
        for k in range(x.shape[1]):
            target[k] = source[k] * scale + offset


@kernel
def follow(mean, variance, n, keep, unbiased, moving_mean, moving_variance):
    """moving ← keep·moving + (1 − keep)·batch; with ``unbiased`` the batch variance counts n / (n − 1) times."""
    kind = mean.dtype.type
    old, new = kind(keep), kind(1.0 - keep)
    factor = kind(n / (n - 1.0) if unbiased and n > 1 else 1.0)
    for o in range(mean.size):
        moving_mean[o] = old * moving_mean[o] + new * mean[o]
        moving_variance[o] = old * moving_variance[o] + new * factor * variance[o]


@kernel
def normalize_back(x, n, mean, variance, gamma, epsilon, gradient, gamma_slope, beta_slope):
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
