"""Augmentation: training points changed anew in every batch. Arrays are (features × width)."""

from __future__ import annotations

from playground.kernels.jit import kernel
from playground.kernels.random import FLIP, JITTER, key, normal, word


@kernel
def jitter(x, n, deviation, spread, seed, epoch, batch, start):
    """x ← x + σ·s·N(0, 1), s (features,) the spread of each feature."""
    first, second = key(seed, epoch, batch, JITTER)
    features = x.shape[0]
    for f in range(features):
        for k in range(n):
            draw = normal(first, second, (start + k) * features + f)
            x[f, k] += x.dtype.type(deviation * spread[f] * draw)


@kernel
def flip(x, n, feature, centre, seed, epoch, batch, start):
    """With probability ½, mirror a point's feature at the feature's centre."""
    first, second = key(seed, epoch, batch, FLIP - feature)
    for k in range(n):
        if word(first, second, start + k) & 1:
            x[feature, k] = x.dtype.type(2 * centre[feature]) - x[feature, k]


@kernel
def augment(x, n, centre, spread, rules, rates, epoch, batch, start):
    """Apply all chosen changes to the first n columns, which stand at places start … of the batch."""
    if rules.flip_horizontal:
        flip(x, n, 0, centre, rules.seed, epoch, batch, start)
    if rules.flip_vertical and x.shape[0] > 1:
        flip(x, n, 1, centre, rules.seed, epoch, batch, start)
    if rates.jitter > 0.0:
        jitter(x, n, rates.jitter, spread, rules.seed, epoch, batch, start)
