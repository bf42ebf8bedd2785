"""Optimizers over the flat weight array: they know no layers.

g is the gradient of the mean loss over the mini-batch plus the penalty's; t counts updates from 1. Arrays first, then
rates, then the convention where its formula differs. Sources: the lecture's algorithm boxes 8.1 to 8.6, Keras 3.15,
PyTorch 2.13.
"""

from __future__ import annotations

import math

from playground.kernels.jit import Array, Rule, kernel, part
from playground.kernels.settings import Rates, Rules

LECTURE, KERAS, PYTORCH = range(3)


@kernel
def sgd(weights: Array, gradients: Array, learning_rate: float) -> None:
    """w ← w − η·g. With all points in a batch it is gradient descent (GD); with one, SGD; between, mini-batch SGD.

    Box 8.1 of the lecture.
    """
    rate = weights.dtype.type(learning_rate)
    for i in range(weights.size):
        weights[i] -= rate * gradients[i]


@kernel
def momentum(
    weights: Array, gradients: Array, velocity: Array, learning_rate: float, keep: float, convention: int
) -> None:
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
def nesterov(
    weights: Array, gradients: Array, velocity: Array, learning_rate: float, keep: float, convention: int
) -> None:
    """Lecture (box 8.3): g at the interim point θ + β·v; v ← β·v − η·g; θ ← θ + v.
    Keras: v ← β·v − η·g; φ ← φ + β·v − η·g. PyTorch: v ← β·v + g; φ ← φ − η·(g + β·v).

    Keras and PyTorch follow the shifted point φ = θ + β·v, where the gradient is taken; the iterates are the lecture's
    up to that shift. Nesterov, 1983.
    """
    rate = weights.dtype.type(learning_rate)
    beta = weights.dtype.type(keep)
    if convention == PYTORCH:
        for i in range(weights.size):
            velocity[i] = beta * velocity[i] + gradients[i]
            weights[i] -= rate * (gradients[i] + beta * velocity[i])
    elif convention == KERAS:
        for i in range(weights.size):
            velocity[i] = beta * velocity[i] - rate * gradients[i]
            weights[i] += beta * velocity[i] - rate * gradients[i]
    else:
        for i in range(weights.size):
            velocity[i] = beta * velocity[i] - rate * gradients[i]
            weights[i] += velocity[i]


@kernel
def look_ahead(weights: Array, velocity: Array, keep: float) -> None:
    """w ← w + β·v: the interim point of the lecture's Nesterov."""
    beta = weights.dtype.type(keep)
    for i in range(weights.size):
        weights[i] += beta * velocity[i]


@kernel
def adagrad(
    weights: Array, gradients: Array, squares: Array, learning_rate: float, epsilon: float, convention: int
) -> None:
    """r ← r + g². Lecture (box 8.4) and PyTorch: w ← w − η·g / (ε + √r). Keras: w ← w − η·g / √(r + ε), r from .1.

    Each weight has a learning rate of its own, which suits sparse features; it only ever falls. The lecture also
    writes √(r + ε), and once Σg² without a root. It needs first derivatives only. Duchi et al., 2011.
    """
    kind = weights.dtype.type
    rate, tiny = kind(learning_rate), kind(epsilon)
    for i in range(weights.size):
        g = gradients[i]
        squares[i] += g * g
        below = math.sqrt(squares[i] + tiny) if convention == KERAS else math.sqrt(squares[i]) + tiny
        weights[i] -= rate * g / below


@kernel
def adadelta(
    weights: Array,
    gradients: Array,
    squares: Array,
    steps: Array,
    learning_rate: float,
    keep: float,
    epsilon: float,
    convention: int,
) -> None:
    """Lecture: a ← γ·a + (1 − γ)·g²; w ← w − η·g / √(a + ε), which is RMSprop under another γ: the slides leave out
    the accumulated step. Keras, PyTorch and the paper: Δ = √(d + ε)/√(a + ε)·g; d ← ρ·d + (1 − ρ)·Δ²; w ← w − η·Δ.

    With Keras' η of .001 the first step is about 1.4e-6: it looks frozen. The paper has η = 1. Zeiler, 2012.
    """
    kind = weights.dtype.type
    rate, tiny = kind(learning_rate), kind(epsilon)
    old, new = kind(keep), kind(1.0 - keep)
    for i in range(weights.size):
        g = gradients[i]
        squares[i] = old * squares[i] + new * g * g
        if convention == LECTURE:
            weights[i] -= rate * g / math.sqrt(squares[i] + tiny)
        else:
            step = math.sqrt(steps[i] + tiny) / math.sqrt(squares[i] + tiny) * g
            steps[i] = old * steps[i] + new * step * step
            weights[i] -= rate * step


@kernel
def rmsprop(
    weights: Array, gradients: Array, squares: Array, learning_rate: float, keep: float, epsilon: float, convention: int
) -> None:
    """r ← ρ·r + (1 − ρ)·g². Lecture (box 8.5) and Keras: w ← w − η·g / √(ε + r). PyTorch: w ← w − η·g / (√r + ε).

    The sign of the gradient, as in Rprop, made fit for mini-batches by a moving average. Hinton, 2012.
    """
    kind = weights.dtype.type
    rate, tiny = kind(learning_rate), kind(epsilon)
    old, new = kind(keep), kind(1.0 - keep)
    for i in range(weights.size):
        g = gradients[i]
        squares[i] = old * squares[i] + new * g * g
        below = math.sqrt(squares[i]) + tiny if convention == PYTORCH else math.sqrt(squares[i] + tiny)
        weights[i] -= rate * g / below


@kernel
def adam(
    weights: Array,
    gradients: Array,
    first: Array,
    second: Array,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    convention: int,
) -> None:
    """m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; m̂ = m / (1 − β₁ᵗ); v̂ = v / (1 − β₂ᵗ).
    Lecture (box 8.6) and PyTorch: w ← w − η·m̂ / (√v̂ + ε).
    Keras: w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m / (√v + ε).

    The lecture also shows it uncorrected, w ← w − η·m / √(v + ε), with one β = .9 for both; and box 8.6 sums the
    batch's gradients where box 8.1 averages them: here they are averaged. Kingma and Ba, 2015.
    """
    kind = weights.dtype.type
    # A whole exponent would bring along an error of Numba's, with the place of its own file.
    bias1 = 1.0 - beta1 ** float(t)
    bias2 = math.sqrt(1.0 - beta2 ** float(t))
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


@kernel
def adamax(
    weights: Array,
    gradients: Array,
    first: Array,
    largest: Array,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    convention: int,
) -> None:
    """m ← β₁·m + (1 − β₁)·g. Lecture and Keras: u ← max(β₂·u, |g|); w ← w − η/(1 − β₁ᵗ)·m / (u + ε).
    PyTorch: u ← max(β₂·u, |g| + ε); w ← w − η/(1 − β₁ᵗ)·m / u.

    Adam with the largest recent gradient in place of the mean square. Kingma and Ba, 2015.
    """
    kind = weights.dtype.type
    rate, tiny = kind(learning_rate / (1.0 - beta1 ** float(t))), kind(epsilon)
    keep1, fresh1, keep2 = kind(beta1), kind(1.0 - beta1), kind(beta2)
    inside = tiny if convention == PYTORCH else kind(0)
    outside = kind(0) if convention == PYTORCH else tiny
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        largest[i] = max(keep2 * largest[i], abs(g) + inside)
        weights[i] -= rate * first[i] / (largest[i] + outside)


@kernel
def nadam(
    weights: Array,
    gradients: Array,
    first: Array,
    second: Array,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    convention: int,
    product: float,
) -> float:
    """Adam with Nesterov's look ahead. Lecture: w ← w − η/(√v̂ + ε)·(β₁·m̂ + (1 − β₁)·g/(1 − β₁ᵗ)).
    Keras, PyTorch: μₜ = β₁·(1 − ½·.96^(t·ψ)), Pₜ = ∏μᵢ,
    w ← w − η/(√v̂ + ε)·(μₜ₊₁·m/(1 − Pₜ·μₜ₊₁) + (1 − μₜ)·g/(1 − Pₜ)).

    ψ is 1 in Keras and .004 in PyTorch. Returns Pₜ; product is Pₜ₋₁. Dozat, 2016.
    """
    kind = weights.dtype.type
    if convention == LECTURE:
        ahead = beta1 / (1.0 - beta1 ** float(t))
        now = (1.0 - beta1) / (1.0 - beta1 ** float(t))
    else:
        pace = 1.0 if convention == KERAS else 0.004
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * pace))
        following = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * pace))
        product *= mu
        ahead = following / (1.0 - product * following)
        now = (1.0 - mu) / (1.0 - product)
    rate_ahead, rate_now = kind(learning_rate * ahead), kind(learning_rate * now)
    spread, tiny = kind(1.0 / math.sqrt(1.0 - beta2 ** float(t))), kind(epsilon)
    keep1, fresh1 = kind(beta1), kind(1.0 - beta1)
    keep2, fresh2 = kind(beta2), kind(1.0 - beta2)
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        second[i] = keep2 * second[i] + fresh2 * g * g
        weights[i] -= (rate_ahead * first[i] + rate_now * g) / (math.sqrt(second[i]) * spread + tiny)
    return product


@kernel
def amsgrad(
    weights: Array,
    gradients: Array,
    first: Array,
    second: Array,
    largest: Array,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    convention: int,
) -> None:
    """Adam whose steps may only shrink: x ← max(x, v) on the raw v, then as Adam with x in place of v.

    Reddi et al., 2018.
    """
    kind = weights.dtype.type
    bias1 = 1.0 - beta1 ** float(t)
    bias2 = math.sqrt(1.0 - beta2 ** float(t))
    rate = kind(learning_rate * (bias2 if convention == KERAS else 1.0) / bias1)
    spread = kind(1.0 if convention == KERAS else 1.0 / bias2)
    keep1, fresh1 = kind(beta1), kind(1.0 - beta1)
    keep2, fresh2 = kind(beta2), kind(1.0 - beta2)
    tiny = kind(epsilon)
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        second[i] = keep2 * second[i] + fresh2 * g * g
        largest[i] = max(largest[i], second[i])
        weights[i] -= rate * first[i] / (math.sqrt(largest[i]) * spread + tiny)


def adamw() -> None:
    """w ← w − η·decay·w, then Adam: the decay never enters the gradient, so its averages do not see it.

    Loshchilov and Hutter, 2019.
    """


@kernel
def rprop(weights: Array, gradients: Array, last: Array, steps: Array) -> None:
    """Each weight has a step of its own, from η on: × 1.2 while the gradient keeps its sign; × ½ where it flips, and no
    move then. w ← w − sign(g)·step, steps between 1e-6 and 50.

    For the full batch only: with mini-batches, the lecture says, a gradient of .1 on nine batches and −.9 on the tenth
    should about cancel, but by their signs the weight moves nine times one way and once back. RMSprop mends that.
    Riedmiller and Braun, 1993; as in PyTorch, in every convention.
    """
    kind = weights.dtype.type
    zero = kind(0)
    for i in range(weights.size):
        g = gradients[i]
        turn = g * last[i]
        if turn > zero:
            steps[i] = min(steps[i] * kind(1.2), kind(50))
        elif turn < zero:
            steps[i] = max(steps[i] * kind(0.5), kind(1e-6))
            g = zero
        last[i] = g
        if g > zero:
            weights[i] -= steps[i]
        elif g < zero:
            weights[i] += steps[i]


@kernel
def lion(weights: Array, gradients: Array, average: Array, learning_rate: float, beta1: float, beta2: float) -> None:
    """w ← w − η·sign(β₁·m + (1 − β₁)·g); m ← β₂·m + (1 − β₂)·g: every weight moves by η, whatever the gradient's size.

    Chen et al., 2023; as in Keras, in every convention.
    """
    kind = weights.dtype.type
    rate, zero = kind(learning_rate), kind(0)
    keep1, fresh1 = kind(beta1), kind(1.0 - beta1)
    keep2, fresh2 = kind(beta2), kind(1.0 - beta2)
    for i in range(weights.size):
        pull = keep1 * average[i] + fresh1 * gradients[i]
        weights[i] -= rate if pull > zero else (-rate if pull < zero else zero)
        average[i] = keep2 * average[i] + fresh2 * gradients[i]


BETAS = ("learning_rate", "beta1", "beta2", "epsilon")
OPTIMIZERS = (
    Rule("sgd", "SGD", sgd, ("learning_rate",)),
    Rule("momentum", "Momentum", momentum, ("learning_rate", "momentum")),
    Rule("nesterov", "Nesterov", nesterov, ("learning_rate", "momentum")),
    Rule("adagrad", "Adagrad", adagrad, ("learning_rate", "epsilon")),
    Rule("adadelta", "Adadelta", adadelta, ("learning_rate", "rho", "epsilon")),
    Rule("rmsprop", "RMSprop", rmsprop, ("learning_rate", "rho", "epsilon")),
    Rule("adam", "Adam", adam, BETAS),
    Rule("adamax", "Adamax", adamax, BETAS),
    Rule("nadam", "Nadam", nadam, BETAS),
    Rule("amsgrad", "AMSGrad", amsgrad, BETAS),
    Rule("adamw", "AdamW", adamw, BETAS),
    Rule("rprop", "Rprop", rprop, ("learning_rate",)),
    Rule("lion", "Lion", lion, ("learning_rate", "beta1", "beta2")),
)
SGD, MOMENTUM, NESTEROV, ADAGRAD, ADADELTA, RMSPROP = range(6)
ADAM, ADAMAX, NADAM, AMSGRAD, ADAMW, RPROP, LION = range(6, len(OPTIMIZERS))
SLOTS = 3  # arrays of state that an optimizer may keep, each as long as the weights


@kernel
def clip(gradients: Array, limit: float, convention: int) -> None:
    """Scale all gradients back to the norm ``limit`` where they are longer. PyTorch adds 1e-6 to the norm."""
    total = 0.0
    for i in range(gradients.size):
        total += gradients[i] * gradients[i]
    norm = math.sqrt(total)
    factor = limit / (norm + 1e-6) if convention == PYTORCH else limit / max(norm, 1e-300)
    if factor < 1.0:
        scale = gradients.dtype.type(factor)
        for i in range(gradients.size):
            gradients[i] *= scale


@kernel
def decay(weights: Array, share: float) -> None:
    """w ← w − share·w: decoupled weight decay, share = η·decay."""
    factor = weights.dtype.type(1.0 - share)
    for i in range(weights.size):
        weights[i] *= factor


@kernel
def limit_rows(rows: Array, limit: float) -> None:
    """Scale each unit's incoming weights, a row of (units × inputs), back to the norm ``limit`` where longer."""
    for o in range(rows.shape[0]):
        total = 0.0
        for i in range(rows.shape[1]):
            total += rows[o, i] * rows[o, i]
        norm = math.sqrt(total)
        if norm > limit:
            scale = rows.dtype.type(limit / norm)
            for i in range(rows.shape[1]):
                rows[o, i] *= scale


@part
def update(w: Array, g: Array, slots: Array, rate: float, t: int, product: float, rules: Rules, rates: Rates) -> float:
    """One update of the weights w by gradients g with the chosen optimizer; slots: (SLOTS, parameters).

    product is Nadam's ∏μᵢ so far; returns it brought up to date.
    """
    a, b = slots[0], slots[1]
    kind, how = rules.optimizer, rules.convention
    if kind in (ADAM, ADAMW):
        adam(w, g, a, b, rate, rates.beta1, rates.beta2, rates.epsilon, t, how)
    elif kind == SGD:
        sgd(w, g, rate)
    elif kind == MOMENTUM:
        momentum(w, g, a, rate, rates.momentum, how)
    elif kind == NESTEROV:
        nesterov(w, g, a, rate, rates.momentum, how)
    elif kind == ADAGRAD:
        adagrad(w, g, a, rate, rates.epsilon, how)
    elif kind == ADADELTA:
        adadelta(w, g, a, b, rate, rates.rho, rates.epsilon, how)
    elif kind == RMSPROP:
        rmsprop(w, g, a, rate, rates.rho, rates.epsilon, how)
    elif kind == ADAMAX:
        adamax(w, g, a, b, rate, rates.beta1, rates.beta2, rates.epsilon, t, how)
    elif kind == NADAM:
        product = nadam(w, g, a, b, rate, rates.beta1, rates.beta2, rates.epsilon, t, how, product)
    elif kind == AMSGRAD:
        amsgrad(w, g, a, b, slots[2], rate, rates.beta1, rates.beta2, rates.epsilon, t, how)
    elif kind == RPROP:
        rprop(w, g, a, b)
    else:
        lion(w, g, a, rate, rates.beta1, rates.beta2)
    return product
