"""Augmentation: training points changed anew in every batch. Arrays are (features × width)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playground.kernels.images import cut_out, warp
from playground.kernels.jit import Array, kernel, part
from playground.kernels.random import (
    FLIP,
    JITTER,
    LABEL,
    MIXUP,
    ROTATE,
    SCALE,
    SHIFT,
    key,
    normal,
    uniform,
    word,
)
from playground.kernels.settings import Rates, Rules

ACROSS, OVER = np.arange(2)  # the features that mirrors stand in; NumPy's integers, so that ``flip`` is compiled once


@kernel
def jitter(x: Array, n: int, deviation: float, spread: Array, seed: int, epoch: int, batch: int, start: int) -> None:
    """x ← x + σ·s·N(0, 1), s (features,) the spread of each feature."""
    first, second = key(seed, epoch, batch, JITTER)
    features = x.shape[0]
    for f in range(features):
        for k in range(n):
            draw = normal(first, second, (start + k) * features + f)
            x[f, k] += x.dtype.type(deviation * spread[f] * draw)


@kernel
def flip(x: Array, n: int, feature: int, centre: Array, seed: int, epoch: int, batch: int, start: int) -> None:
    """With probability ½, mirror a point's feature at the feature's centre."""
    first, second = key(seed, epoch, batch, FLIP + feature)
    for k in range(n):
        if word(first, second, start + k) & 1:
            x[feature, k] = x.dtype.type(2 * centre[feature]) - x[feature, k]


@kernel
def turn(
    x: Array, n: int, widest: float, centre: Array, spread: Array, seed: int, epoch: int, batch: int, start: int
) -> None:
    """Rotate a point's first two features about the centre by an angle from U(−widest, widest), in radians.

    Angles are taken in the plane of both features in their own spreads, so that a circle stays a circle.
    """
    first, second = key(seed, epoch, batch, ROTATE)
    if spread[0] == 0.0 or spread[1] == 0.0:
        return
    kind = x.dtype.type
    for k in range(n):
        angle = widest * (2.0 * uniform(first, second, start + k) - 1.0)
        a = (x[0, k] - centre[0]) / spread[0]
        b = (x[1, k] - centre[1]) / spread[1]
        x[0, k] = kind(centre[0] + spread[0] * (math.cos(angle) * a - math.sin(angle) * b))
        x[1, k] = kind(centre[1] + spread[1] * (math.sin(angle) * a + math.cos(angle) * b))


@kernel
def stretch(x: Array, n: int, widest: float, centre: Array, seed: int, epoch: int, batch: int, start: int) -> None:
    """Scale a point about the centre by a factor from U(1 − widest, 1 + widest)."""
    first, second = key(seed, epoch, batch, SCALE)
    for k in range(n):
        factor = 1.0 + widest * (2.0 * uniform(first, second, start + k) - 1.0)
        for f in range(x.shape[0]):
            x[f, k] = x.dtype.type(centre[f] + factor * (x[f, k] - centre[f]))


@kernel
def shift(x: Array, n: int, widest: float, spread: Array, seed: int, epoch: int, batch: int, start: int) -> None:
    """Move a point along each feature by U(−widest, widest) of the feature's spread."""
    first, second = key(seed, epoch, batch, SHIFT)
    features = x.shape[0]
    for f in range(features):
        for k in range(n):
            draw = 2.0 * uniform(first, second, (start + k) * features + f) - 1.0
            x[f, k] += x.dtype.type(widest * spread[f] * draw)


@kernel
def mixup(x: Array, y: Array, n: int, alpha: float, seed: int, epoch: int, batch: int, start: int) -> None:
    """Blend each sample and its target with a partner's: λ·(x, y) + (1 − λ)·(x′, y′), λ from Beta(α, α), at least ½.

    Partners stand mirrored in the shuffled batch; an odd one in the middle stays as it is. Zhang et al., 2018.
    """
    first, second = key(seed, epoch, batch, MIXUP)
    for k in range(n // 2):
        partner = n - 1 - k
        mine = beta_draw(alpha, first, second, start + k)
        theirs = beta_draw(alpha, first, second, start + partner)
        blend(x, k, partner, max(mine, 1.0 - mine), max(theirs, 1.0 - theirs))
        blend(y, k, partner, max(mine, 1.0 - mine), max(theirs, 1.0 - theirs))


@kernel
def blend(x: Array, k: int, partner: int, mine: float, theirs: float) -> None:
    """Mix two columns of (rows × width), each keeping its own share."""
    kind = x.dtype.type
    for row in range(x.shape[0]):
        a, b = x[row, k], x[row, partner]
        x[row, k] = kind(mine) * a + kind(1.0 - mine) * b
        x[row, partner] = kind(theirs) * b + kind(1.0 - theirs) * a


@kernel
def beta_draw(alpha: float, first: Any, second: Any, index: int) -> float:
    """A draw from Beta(α, α), α ≤ 1: two uniform draws to the power 1/α, kept once their sum is at most 1 (Jöhnk)."""
    for attempt in range(64):
        place = (index * 64 + attempt) * 2
        a = math.log(max(uniform(first, second, place), np.float32(1e-9))) / alpha
        b = math.log(max(uniform(first, second, place + 1), np.float32(1e-9))) / alpha
        top = max(a, b)
        total = top + math.log(math.exp(a - top) + math.exp(b - top))
        if total <= 0.0:
            return math.exp(a - total)
    return 0.5


@kernel
def mislabel(y: Array, n: int, rate: float, seed: int, epoch: int, batch: int, start: int) -> None:
    """With probability ``rate``, a sample's class becomes one of all classes at random (its own included)."""
    first, second = key(seed, epoch, batch, LABEL)
    kind = y.dtype.type
    outputs = y.shape[0]
    classes = max(outputs, 2)
    for k in range(n):
        if uniform(first, second, 2 * (start + k)) < rate:
            chosen = int(uniform(first, second, 2 * (start + k) + 1) * classes)
            if outputs == 1:
                y[0, k] = kind(chosen)
            else:
                for o in range(outputs):
                    y[o, k] = kind(1 if o == chosen else 0)


@kernel
def move_points(
    x: Array, n: int, centre: Array, spread: Array, rules: Rules, rates: Rates, epoch: int, batch: int, start: int
) -> None:
    """Mirror, turn, stretch and shift points, as far as chosen."""
    seed = rules.seed
    two = x.shape[0] > 1
    if rules.flip_horizontal:
        flip(x, n, ACROSS, centre, seed, epoch, batch, start)
    if rules.flip_vertical and two:
        flip(x, n, OVER, centre, seed, epoch, batch, start)
    if rates.rotate > 0.0 and two:
        turn(x, n, rates.rotate, centre, spread, seed, epoch, batch, start)
    if rates.scale > 0.0:
        stretch(x, n, rates.scale, centre, seed, epoch, batch, start)
    if rates.shift > 0.0:
        shift(x, n, rates.shift, spread, seed, epoch, batch, start)


@part
def augment(
    x: Array,
    y: Array,
    n: int,
    centre: Array,
    spread: Array,
    moments: Array,
    rules: Rules,
    rates: Rates,
    epoch: int,
    batch: int,
    start: int,
    spare: Array,
) -> None:
    """Apply all chosen changes to the first n columns, which stand at places start … of the batch.

    spare: an array of x's shape to work in.
    """
    seed = rules.seed
    if rules.image_height == 0:
        move_points(x, n, centre, spread, rules, rates, epoch, batch, start)
    elif rules.flip_horizontal or rules.flip_vertical or max(rates.rotate, rates.scale, rates.shift) > 0.0:
        warp(x, n, moments, rules, rates, epoch, batch, start, spare)
    if rates.jitter > 0.0:
        jitter(x, n, rates.jitter, spread, seed, epoch, batch, start)
    if rates.cutout > 0.0 and rules.image_height:
        cut_out(x, n, moments, rates.cutout, rules, epoch, batch, start)
    if rates.label_noise > 0.0 and rules.classes:
        mislabel(y, n, rates.label_noise, seed, epoch, batch, start)
    if rates.mixup > 0.0:
        mixup(x, y, n, rates.mixup, seed, epoch, batch, start)
