"""Losses over a batch of logits, with their gradients.

Arrays are feature-major: logits and targets (outputs × width), of which the first n columns are samples and the rest
padding. A batch may come in pieces: losses and gradients are shares of ``total`` samples. Class targets are 0/1: one
row for two classes, one row a class for more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from playground.kernels.elementary import exp, expm1, log_1_plus, tanh
from playground.kernels.jit import Array, choice, kernel, part
from playground.kernels.rules import Rule


@dataclass(frozen=True)
class Loss(Rule):
    """A row of LOSSES: ``function(logits, targets, n, total, gradient, spare)`` adds up a share of the mean loss.

    logits, targets, gradient: (outputs × width); spare: (2 or more, width), to work in.
    """

    of_classes: bool = False  # what it compares are logits of probabilities; otherwise values as they are


@kernel
def squared(logits: Array, targets: Array, n: int, total: int, gradient: Array, spare: Array) -> float:
    """loss = 1/m Σ (h − y)², several outputs averaged. Classes are fitted as the numbers 0 and 1."""
    share = 1.0 / (total * logits.shape[0])
    slope = logits.dtype.type(2 * share)
    summed = 0.0
    for o in range(logits.shape[0]):
        for k in range(n):
            error = logits[o, k] - targets[o, k]
            summed += error * error
            gradient[o, k] = slope * error
    return summed * share


@kernel
def absolute(logits: Array, targets: Array, n: int, total: int, gradient: Array, spare: Array) -> float:
    """loss = 1/m Σ |h − y|, several outputs averaged. Robust to outliers."""
    share = 1.0 / (total * logits.shape[0])
    slope = logits.dtype.type(share)
    zero = logits.dtype.type(0)
    summed = 0.0
    for o in range(logits.shape[0]):
        for k in range(n):
            error = logits[o, k] - targets[o, k]
            summed += abs(error)
            gradient[o, k] = slope if error > zero else (-slope if error < zero else error * slope)
    return summed * share


@kernel
def huber(logits: Array, targets: Array, n: int, total: int, gradient: Array, spare: Array) -> float:
    """loss = 1/m Σ ½(h − y)² where |h − y| ≤ 1, else |h − y| − ½: squared near the target, absolute far away."""
    share = 1.0 / (total * logits.shape[0])
    slope = logits.dtype.type(share)
    one = logits.dtype.type(1)
    summed = 0.0
    for o in range(logits.shape[0]):
        for k in range(n):
            error = logits[o, k] - targets[o, k]
            summed += abs(error) - 0.5 if abs(error) > one else 0.5 * error * error
            bounded = one if error > one else (-one if error < -one else error)
            gradient[o, k] = slope * bounded
    return summed * share


@kernel
def log_cosh(logits: Array, targets: Array, n: int, total: int, gradient: Array, spare: Array) -> float:
    """loss = 1/m Σ ln cosh(h − y), about ½(h − y)² near the target and |h − y| − ln 2 far away."""
    share = 1.0 / (total * logits.shape[0])
    slope = logits.dtype.type(share)
    half, one, two = logits.dtype.type(0.5), logits.dtype.type(1), logits.dtype.type(2)
    ln_2 = logits.dtype.type(math.log(2.0))
    summed = 0.0
    for o in range(logits.shape[0]):
        for k in range(n):
            error = logits[o, k] - targets[o, k]
            size = abs(error)
            # cosh e − 1 = 2·sinh²(e/2): near the target 1 would swallow the rest.
            part = expm1(half * (size if size < one else one))
            twice = part + part / (part + one)
            near = log_1_plus(half * twice * twice)
            far = size + log_1_plus(exp(-two * size)) - ln_2
            summed += near if size < one else far
            gradient[o, k] = slope * tanh(error)
    return summed * share


@kernel
def binary_cross_entropy(logits: Array, targets: Array, n: int, total: int, gradient: Array) -> float:
    """loss = −1/m Σ (y·ln p + (1 − y)·ln(1 − p)), p = 1 / (1 + e^(−z)), computed from the logit z."""
    share = 1.0 / total
    slope = logits.dtype.type(share)
    one = logits.dtype.type(1)
    zero = logits.dtype.type(0)
    summed = 0.0
    for k in range(n):
        z = logits[0, k]
        above = zero if z < zero else z
        fall = exp(-abs(z))
        summed += above - z * targets[0, k] + log_1_plus(fall)
        gradient[0, k] = slope * ((fall if z < zero else one) / (one + fall) - targets[0, k])
    return summed * share


@kernel
def softmax_cross_entropy(logits: Array, targets: Array, n: int, total: int, gradient: Array, spare: Array) -> float:
    """loss = −1/m Σ y·ln p, p = e^z / Σ e^z over the classes, from the logits z; Σ y = 1. spare: (2, width)."""
    share = 1.0 / total
    slope = logits.dtype.type(share)
    classes = logits.shape[0]
    # Class by class, so that loops run over the samples.
    peak, mass = spare[0], spare[1]
    for k in range(n):
        peak[k] = logits[0, k]
        mass[k] = 0
    for o in range(1, classes):
        row = logits[o]
        for k in range(n):
            peak[k] = peak[k] if row[k] < peak[k] else row[k]
    summed = 0.0
    for o in range(classes):
        row, wanted, power = logits[o], targets[o], gradient[o]
        for k in range(n):
            z = row[k] - peak[k]
            power[k] = exp(z)
            mass[k] += power[k]
            summed -= wanted[k] * z
    # ln a + ln b = ln ab: a logarithm for 16 samples, whose masses lie between 1 and the number of classes.
    for start in range(0, n, 16):
        masses = 1.0
        for k in range(start, min(start + 16, n)):
            masses *= mass[k]
            mass[k] = slope / mass[k]
        summed += math.log(masses)
    for o in range(classes):
        wanted, power = targets[o], gradient[o]
        for k in range(n):
            power[k] = power[k] * mass[k] - slope * wanted[k]
    return summed * share


@kernel
def cross_entropy(logits: Array, targets: Array, n: int, total: int, gradient: Array, spare: Array) -> float:
    """Classes only. Two classes: loss = −1/m Σ (y·ln p + (1 − y)·ln(1 − p)). More: loss = −1/m Σ y·ln p, p by softmax.

    Both are computed from the logits, and stay finite for any of them.
    """
    if logits.shape[0] == 1:
        return binary_cross_entropy(logits, targets, n, total, gradient)
    return softmax_cross_entropy(logits, targets, n, total, gradient, spare)


# What "auto" stands for, for classes and for values.
AUTO = ("cross_entropy", "squared")
LOSSES = (
    Loss("auto", "Automatic", alias=True, text="Cross-entropy for classes, squared error for a regression."),
    Loss("squared", "Squared error", squared),
    Loss("absolute", "Absolute error", absolute),
    Loss("huber", "Huber", huber),
    Loss("log_cosh", "Log-cosh", log_cosh),
    Loss("cross_entropy", "Cross-entropy", cross_entropy, needs=("classes",), of_classes=True),
)
chosen_loss = choice("chosen_loss", LOSSES)


@part
def loss_and_gradient(
    number: int, logits: Array, targets: Array, n: int, total: int, gradient: Array, spare: Array
) -> float:
    """The first n columns' share of the mean loss; its gradient by the logits into ``gradient``, 0 in the padding.

    number: the loss's place in LOSSES. spare: (2 or more, width), to work in.
    """
    loss = chosen_loss(number, logits, targets, n, total, gradient, spare)
    for o in range(gradient.shape[0]):
        for k in range(n, gradient.shape[1]):
            gradient[o, k] = 0
    return loss


@kernel
def count_correct(of_classes: int, logits: Array, targets: Array, n: int) -> int:
    """How many of the first n columns have their class right: the larger logit, or the right side of the threshold.

    of_classes: whether outputs are logits, or values near 0 and 1.
    """
    outputs = logits.shape[0]
    correct = 0
    if outputs == 1:
        threshold = 0.0 if of_classes else 0.5
        for k in range(n):
            correct += (logits[0, k] > threshold) == (targets[0, k] > 0.5)
        return correct
    for k in range(n):
        best = 0
        for o in range(1, outputs):
            if logits[o, k] > logits[best, k]:
                best = o
        correct += targets[best, k] > 0.5
    return correct


@kernel
def sum_squares(logits: Array, targets: Array, n: int) -> float:
    """Σ (h − y)² over all outputs of the first n columns."""
    summed = 0.0
    for o in range(logits.shape[0]):
        for k in range(n):
            error = logits[o, k] - targets[o, k]
            summed += error * error
    return summed
