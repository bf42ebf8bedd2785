"""Optimizers over the flat weight array: they know no layers.

g is the gradient of the mean loss over the mini-batch plus the penalty's; t counts updates from 1. Arrays first, then
rates, then the convention where its formula differs. Sources: the lecture's algorithm boxes 8.1 to 8.6, Keras 3.15,
PyTorch 2.13.
"""

from __future__ import annotations

import math

from playground.kernels.jit import Rule, kernel

LECTURE, KERAS, PYTORCH = range(3)


@kernel
def sgd(weights, gradients, learning_rate):
    """w ← w − η·g. With all points in a batch it is gradient descent (GD); with one, SGD; between, mini-batch SGD.

    Box 8.1 of the lecture.
    """
    rate = weights.dtype.type(learning_rate)
    for i in range(weights.size):
        weights[i] -= rate * gradients[i]


@kernel
def momentum(weights, gradients, velocity, learning_rate, keep, convention):
    """Lecture: v ← β·v + (1 − β)·g; w ← w − η·v. Keras and box 8.2: v ← β·v − η·g; w ← w + v.
    PyTorch: v ← β·v + g; w ← w − η·v.

    The velocity averages past gradients, so noise cancels and steady directions gain speed. The lecture's steps are
    1 − β times as long as the other two, which agree with each other while η stays the same.
    """
    rate = weights.dtype.type(learning_rate)
    beta = weights.dtype.type(keep)
    if convention == KERAS:
        for i in range(weights.size):
            velocity[i] = beta * velocity[i] - rate * gradients[i]
            weights[i] += velocity[i]
        return
    fresh = weights.dtype.type(1.0 - keep if convention == LECTURE else 1.0)
    for i in range(weights.size):
        velocity[i] = beta * velocity[i] + fresh * gradients[i]
        weights[i] -= rate * velocity[i]


@kernel
def adam(weights, gradients, first, second, learning_rate, beta1, beta2, epsilon, t, convention):
    """m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; m̂ = m / (1 − β₁ᵗ); v̂ = v / (1 − β₂ᵗ).
    Lecture (box 8.6) and PyTorch: w ← w − η·m̂ / (√v̂ + ε).
    Keras: w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m / (√v + ε).

    The lecture also shows it uncorrected, w ← w − η·m / √(v + ε), with one β = .9 for both; and box 8.6 sums the
    batch's gradients where box 8.1 averages them: here they are averaged. Kingma and Ba, 2015.
    """
    kind = weights.dtype.type
    bias1 = 1.0 - beta1**t
    bias2 = math.sqrt(1.0 - beta2**t)
    rate = kind(learning_rate * (bias2 if convention == KERAS else 1.0) / bias1)
    spread = kind(1.0 if convention == KERAS else 1.0 / bias2)
    keep1, fresh1 = kind(beta1), kind(1.0 - beta1)
    keep2, fresh2 = kind(beta2), kind(1.0 - beta2)
    tiny = kind(epsilon)
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        second[i] = keep2 * second[i] + fresh2 * g * g
        weights[i] -= rate * first[i] / (math.sqrt(second[i]) * spread + tiny)


OPTIMIZERS = (
    Rule("sgd", "SGD", sgd, ("learning_rate",)),
    Rule("momentum", "Momentum", momentum, ("learning_rate", "momentum")),
    Rule("adam", "Adam", adam, ("learning_rate", "beta1", "beta2", "epsilon")),
)
SGD, MOMENTUM, ADAM = range(len(OPTIMIZERS))
SLOTS = 2  # arrays of state that an optimizer may keep, each as long as the weights


@kernel
def update(weights, gradients, slots, learning_rate, t, rules, rates):
    """One update of the weights by the chosen optimizer; slots: (SLOTS, parameters)."""
    if rules.optimizer == ADAM:
        adam(
            weights,
            gradients,
            slots[0],
            slots[1],
            learning_rate,
            rates.beta1,
            rates.beta2,
            rates.epsilon,
            t,
            rules.convention,
        )
    elif rules.optimizer == MOMENTUM:
        momentum(weights, gradients, slots[0], learning_rate, rates.momentum, rules.convention)
    else:
        sgd(weights, gradients, learning_rate)
