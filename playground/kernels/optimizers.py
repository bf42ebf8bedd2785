"""Optimizers over the flat weight array: they know no layers.

g is the gradient of the mean loss over the mini-batch plus the penalty's; t counts updates from 1. All take the same:
weights and gradients (parameters,), slots (as many as the row names, parameters) with what the optimizer remembers, the
clock (steps.CLOCK) with t as ``update`` − ``since`` and today's η as ``learning_rate``, and the settings. Sources: the
lecture's algorithm boxes 8.1 to 8.6, Keras 3.15, PyTorch 2.13.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.kernels.jit import Array, choice, kernel, part
from playground.kernels.rules import Rule
from playground.kernels.settings import CONVENTIONS, KERAS, LECTURE, PYTORCH, Rates, Rules


@dataclass(frozen=True)
class Optimizer(Rule):
    """A row of OPTIMIZERS.

    defaults: of the knobs that it reads, by convention. slots: what it remembers of each weight. start: what the slots
    hold before the first update, given convention and η; 0 where there is none. looks_ahead: the conventions in which
    gradients are taken at the interim point θ + β·v. by_sign: only the gradient's sign counts, so that an infinite one
    does not show in the weights. full_batch: mini-batches do not suit it.
    """

    defaults: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    start: Callable[[str, float], tuple[float, ...]] | None = None
    looks_ahead: tuple[str, ...] = ()
    by_sign: bool = False
    full_batch: bool = False


@kernel
def sgd(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """w ← w − η·g. With all points in a batch it is gradient descent (GD); with one, SGD; between, mini-batch SGD.

    Box 8.1 of the lecture.
    """
    rate = weights.dtype.type(clock.learning_rate)
    for i in range(weights.size):
        weights[i] -= rate * gradients[i]


@kernel
def momentum(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """Lecture: v ← β·v + (1 − β)·g; w ← w − η·v. Keras and box 8.2: v ← β·v − η·g; w ← w + v.
    PyTorch: v ← β·v + g; w ← w − η·v.

    The velocity averages past gradients, so noise cancels and steady directions gain speed. The lecture's steps are
    1 − β times as long as the other two, which agree with each other while η stays the same.
    """
    velocity = slots[0]
    rate = weights.dtype.type(clock.learning_rate)
    beta = weights.dtype.type(rates.momentum)
    if rules.convention == KERAS:
        for i in range(weights.size):
            velocity[i] = beta * velocity[i] - rate * gradients[i]
            weights[i] += velocity[i]
        return
    fresh = weights.dtype.type(1.0 - rates.momentum if rules.convention == LECTURE else 1.0)
    for i in range(weights.size):
        velocity[i] = beta * velocity[i] + fresh * gradients[i]
        weights[i] -= rate * velocity[i]


@kernel
def nesterov(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """Lecture (box 8.3): g at the interim point θ + β·v; v ← β·v − η·g; θ ← θ + v.
    Keras: v ← β·v − η·g; φ ← φ + β·v − η·g. PyTorch: v ← β·v + g; φ ← φ − η·(g + β·v).

    Keras and PyTorch follow the shifted point φ = θ + β·v, where the gradient is taken; the iterates are the lecture's
    up to that shift. Nesterov, 1983.
    """
    velocity = slots[0]
    rate = weights.dtype.type(clock.learning_rate)
    beta = weights.dtype.type(rates.momentum)
    if rules.convention == PYTORCH:
        for i in range(weights.size):
            velocity[i] = beta * velocity[i] + gradients[i]
            weights[i] -= rate * (gradients[i] + beta * velocity[i])
    elif rules.convention == KERAS:
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
def adagrad(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """r ← r + g². Lecture (box 8.4) and PyTorch: w ← w − η·g / (ε + √r). Keras: w ← w − η·g / √(r + ε), r from .1.

    Each weight has a learning rate of its own, which suits sparse features; it only ever falls. The lecture also
    writes √(r + ε), and once Σg² without a root. It needs first derivatives only. Duchi et al., 2011.
    """
    squares, kind = slots[0], weights.dtype.type
    rate, tiny = kind(clock.learning_rate), kind(rates.epsilon)
    is_keras = rules.convention == KERAS  # read once: LLVM cannot know that the loop leaves it alone
    for i in range(weights.size):
        g = gradients[i]
        squares[i] += g * g
        below = math.sqrt(squares[i] + tiny) if is_keras else math.sqrt(squares[i]) + tiny
        weights[i] -= rate * g / below


@kernel
def adadelta(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """Lecture: a ← γ·a + (1 − γ)·g²; w ← w − η·g / √(a + ε), which is RMSprop under another γ: the slides leave out
    the accumulated step. Keras, PyTorch and the paper: Δ = √(d + ε)/√(a + ε)·g; d ← ρ·d + (1 − ρ)·Δ²; w ← w − η·Δ.

    With Keras' η of .001 the first step is about 1.4e-6: it looks frozen. The paper has η = 1. Zeiler, 2012.
    """
    squares, steps, kind = slots[0], slots[1], weights.dtype.type
    rate, tiny = kind(clock.learning_rate), kind(rates.epsilon)
    old, new = kind(rates.rho), kind(1.0 - rates.rho)
    is_lecture = rules.convention == LECTURE  # read once: LLVM cannot know that the loop leaves it alone
    for i in range(weights.size):
        g = gradients[i]
        squares[i] = old * squares[i] + new * g * g
        if is_lecture:
            weights[i] -= rate * g / math.sqrt(squares[i] + tiny)
        else:
            step = math.sqrt(steps[i] + tiny) / math.sqrt(squares[i] + tiny) * g
            steps[i] = old * steps[i] + new * step * step
            weights[i] -= rate * step


@kernel
def rmsprop(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """r ← ρ·r + (1 − ρ)·g². Lecture (box 8.5) and Keras: w ← w − η·g / √(ε + r). PyTorch: w ← w − η·g / (√r + ε).

    The sign of the gradient, as in Rprop, made fit for mini-batches by a moving average. Hinton, 2012.
    """
    squares, kind = slots[0], weights.dtype.type
    rate, tiny = kind(clock.learning_rate), kind(rates.epsilon)
    old, new = kind(rates.rho), kind(1.0 - rates.rho)
    is_pytorch = rules.convention == PYTORCH  # read once: LLVM cannot know that the loop leaves it alone
    for i in range(weights.size):
        g = gradients[i]
        squares[i] = old * squares[i] + new * g * g
        below = math.sqrt(squares[i]) + tiny if is_pytorch else math.sqrt(squares[i] + tiny)
        weights[i] -= rate * g / below


@kernel
def adam(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; m̂ = m / (1 − β₁ᵗ); v̂ = v / (1 − β₂ᵗ).
    Lecture (box 8.6) and PyTorch: w ← w − η·m̂ / (√v̂ + ε).
    Keras: w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m / (√v + ε).

    The lecture also shows it uncorrected, w ← w − η·m / √(v + ε), with one β = .9 for both; and box 8.6 sums the
    batch's gradients where box 8.1 averages them: here they are averaged. Kingma and Ba, 2015.
    """
    first, second, kind, t = slots[0], slots[1], weights.dtype.type, float(clock.update - clock.since)
    # A whole exponent would bring along an error of Numba's, with the place of its own file.
    bias1 = 1.0 - rates.beta1**t
    bias2 = math.sqrt(1.0 - rates.beta2**t)
    is_keras = rules.convention == KERAS
    rate = kind(clock.learning_rate * (bias2 if is_keras else 1.0) / bias1)
    spread = kind(1.0 if is_keras else 1.0 / bias2)
    keep1, fresh1 = kind(rates.beta1), kind(1.0 - rates.beta1)
    keep2, fresh2 = kind(rates.beta2), kind(1.0 - rates.beta2)
    tiny = kind(rates.epsilon)
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        second[i] = keep2 * second[i] + fresh2 * g * g
        weights[i] -= rate * first[i] / (math.sqrt(second[i]) * spread + tiny)


@kernel
def adamax(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """m ← β₁·m + (1 − β₁)·g. Lecture and Keras: u ← max(β₂·u, |g|); w ← w − η/(1 − β₁ᵗ)·m / (u + ε).
    PyTorch: u ← max(β₂·u, |g| + ε); w ← w − η/(1 − β₁ᵗ)·m / u.

    Adam with the largest recent gradient in place of the mean square. Kingma and Ba, 2015.
    """
    first, largest, kind = slots[0], slots[1], weights.dtype.type
    t, tiny = float(clock.update - clock.since), kind(rates.epsilon)
    rate = kind(clock.learning_rate / (1.0 - rates.beta1**t))
    keep1, fresh1, keep2 = kind(rates.beta1), kind(1.0 - rates.beta1), kind(rates.beta2)
    inside = tiny if rules.convention == PYTORCH else kind(0)
    outside = kind(0) if rules.convention == PYTORCH else tiny
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        largest[i] = max(keep2 * largest[i], abs(g) + inside)
        weights[i] -= rate * first[i] / (largest[i] + outside)


@kernel
def nadam(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """Adam with Nesterov's look ahead. Lecture: w ← w − η/(√v̂ + ε)·(β₁·m̂ + (1 − β₁)·g/(1 − β₁ᵗ)).
    Keras, PyTorch: μₜ = β₁·(1 − ½·.96^(t·ψ)), Pₜ = ∏μᵢ,
    w ← w − η/(√v̂ + ε)·(μₜ₊₁·m/(1 − Pₜ·μₜ₊₁) + (1 − μₜ)·g/(1 − Pₜ)).

    ψ is 1 in Keras and .004 in PyTorch. The clock keeps Pₜ as ``product``. Dozat, 2016.
    """
    first, second, kind, t = slots[0], slots[1], weights.dtype.type, float(clock.update - clock.since)
    beta1, beta2 = rates.beta1, rates.beta2
    if rules.convention == LECTURE:
        ahead = beta1 / (1.0 - beta1**t)
        now = (1.0 - beta1) / (1.0 - beta1**t)
    else:
        pace = 1.0 if rules.convention == KERAS else 0.004
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * pace))
        following = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1.0) * pace))
        clock.product *= mu
        ahead = following / (1.0 - clock.product * following)
        now = (1.0 - mu) / (1.0 - clock.product)
    rate_ahead, rate_now = kind(clock.learning_rate * ahead), kind(clock.learning_rate * now)
    spread, tiny = kind(1.0 / math.sqrt(1.0 - beta2**t)), kind(rates.epsilon)
    keep1, fresh1 = kind(beta1), kind(1.0 - beta1)
    keep2, fresh2 = kind(beta2), kind(1.0 - beta2)
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        second[i] = keep2 * second[i] + fresh2 * g * g
        weights[i] -= (rate_ahead * first[i] + rate_now * g) / (math.sqrt(second[i]) * spread + tiny)


@kernel
def amsgrad(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """Adam whose steps may only shrink: x ← max(x, v) on the raw v, then as Adam with x in place of v.

    Reddi et al., 2018.
    """
    first, second, largest = slots[0], slots[1], slots[2]
    kind, t = weights.dtype.type, float(clock.update - clock.since)
    bias1 = 1.0 - rates.beta1**t
    bias2 = math.sqrt(1.0 - rates.beta2**t)
    is_keras = rules.convention == KERAS
    rate = kind(clock.learning_rate * (bias2 if is_keras else 1.0) / bias1)
    spread = kind(1.0 if is_keras else 1.0 / bias2)
    keep1, fresh1 = kind(rates.beta1), kind(1.0 - rates.beta1)
    keep2, fresh2 = kind(rates.beta2), kind(1.0 - rates.beta2)
    tiny = kind(rates.epsilon)
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        second[i] = keep2 * second[i] + fresh2 * g * g
        largest[i] = max(largest[i], second[i])
        weights[i] -= rate * first[i] / (math.sqrt(largest[i]) * spread + tiny)


@kernel
def yogi(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """As Adam, but v ← v − (1 − β₂)·sign(v − g²)·g²: where gradients fade, v falls slowly, and steps do not leap up.

    Zaheer et al., 2018; the same in every convention.
    """
    first, second, kind, t = slots[0], slots[1], weights.dtype.type, float(clock.update - clock.since)
    rate = kind(clock.learning_rate / (1.0 - rates.beta1**t))
    spread, tiny = kind(1.0 / math.sqrt(1.0 - rates.beta2**t)), kind(rates.epsilon)
    keep1, fresh1, fresh2 = kind(rates.beta1), kind(1.0 - rates.beta1), kind(1.0 - rates.beta2)
    zero = kind(0)
    for i in range(weights.size):
        g = gradients[i]
        first[i] = keep1 * first[i] + fresh1 * g
        ahead = second[i] - g * g
        step = fresh2 * g * g
        second[i] -= step if ahead > zero else (-step if ahead < zero else zero)
        weights[i] -= rate * first[i] / (math.sqrt(second[i]) * spread + tiny)


@kernel
def rprop(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """Each weight has a step of its own, from η on: × 1.2 while the gradient keeps its sign; × ½ where it flips, and no
    move then. w ← w − sign(g)·step, steps between 1e-6 and 50.

    For the full batch only: with mini-batches, the lecture says, a gradient of .1 on nine batches and −.9 on the tenth
    should about cancel, but by their signs the weight moves nine times one way and once back. RMSprop mends that.
    Riedmiller and Braun, 1993; as in PyTorch, in every convention.
    """
    last, steps, kind = slots[0], slots[1], weights.dtype.type
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
def lion(weights: Array, gradients: Array, slots: Array, clock: Any, rules: Rules, rates: Rates) -> None:
    """w ← w − η·sign(β₁·m + (1 − β₁)·g); m ← β₂·m + (1 − β₂)·g: every weight moves by η, whatever the gradient's size.

    Chen et al., 2023; as in Keras, in every convention.
    """
    average, kind = slots[0], weights.dtype.type
    rate, zero = kind(clock.learning_rate), kind(0)
    keep1, fresh1 = kind(rates.beta1), kind(1.0 - rates.beta1)
    keep2, fresh2 = kind(rates.beta2), kind(1.0 - rates.beta2)
    for i in range(weights.size):
        pull = keep1 * average[i] + fresh1 * gradients[i]
        weights[i] -= rate if pull > zero else (-rate if pull < zero else zero)
        average[i] = keep2 * average[i] + fresh2 * gradients[i]


ADAMW = """w ← w − η·decay·w, then Adam: the decay never enters the gradient, so its averages do not see it.

Loshchilov and Hutter, 2019."""


def _defaults(lecture: Mapping[str, float], **others: Mapping[str, float]) -> dict[str, Mapping[str, float]]:
    """Defaults by convention; one that is not told has the lecture's."""
    return {convention: {**lecture, **others.get(convention, {})} for convention in CONVENTIONS}


def _betas(learning_rate: float, epsilon: float) -> dict[str, float]:
    return {"learning_rate": learning_rate, "beta1": 0.9, "beta2": 0.999, "epsilon": epsilon}


SLOW = {"learning_rate": 0.001}
WITH_MOMENTUM = _defaults({"learning_rate": 0.01, "momentum": 0.9}, pytorch=SLOW)
ADAM = _defaults(_betas(0.001, 1e-8), keras={"epsilon": 1e-7})
BETAS = ("learning_rate", "beta1", "beta2", "epsilon")
AVERAGES = ("average of g", "average of g²")
OPTIMIZERS = (
    Optimizer("sgd", "SGD", sgd, ("learning_rate",), defaults=_defaults({"learning_rate": 0.01}, pytorch=SLOW)),
    Optimizer(
        "momentum",
        "Momentum",
        momentum,
        ("learning_rate", "momentum"),
        defaults=WITH_MOMENTUM,
        slots=("velocity",),
    ),
    Optimizer(
        "nesterov",
        "Nesterov",
        nesterov,
        ("learning_rate", "momentum"),
        defaults=WITH_MOMENTUM,
        slots=("velocity",),
        looks_ahead=("lecture",),
    ),
    Optimizer(
        "adagrad",
        "Adagrad",
        adagrad,
        ("learning_rate", "epsilon"),
        defaults=_defaults({"learning_rate": 0.01, "epsilon": 1e-7}, keras=SLOW, pytorch={"epsilon": 1e-10}),
        slots=("sum of g²",),
        start=lambda convention, rate: (0.1 if convention == "keras" else 0.0,),
    ),
    Optimizer(
        "adadelta",
        "Adadelta",
        adadelta,
        ("learning_rate", "rho", "epsilon"),
        defaults=_defaults(
            {"learning_rate": 0.01, "rho": 0.95, "epsilon": 1e-7},
            keras=SLOW,
            pytorch={"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
        ),
        slots=("average of g²", "average of steps²"),
    ),
    Optimizer(
        "rmsprop",
        "RMSprop",
        rmsprop,
        ("learning_rate", "rho", "epsilon"),
        defaults=_defaults(
            {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-6},
            keras={"epsilon": 1e-7},
            pytorch={"learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8},
        ),
        slots=("average of g²",),
    ),
    Optimizer("adam", "Adam", adam, BETAS, defaults=ADAM, slots=AVERAGES),
    Optimizer(
        "adamax",
        "Adamax",
        adamax,
        BETAS,
        defaults=_defaults(_betas(0.002, 1e-8), keras={"learning_rate": 0.001, "epsilon": 1e-7}),
        slots=("average of g", "largest |g|"),
    ),
    Optimizer(
        "nadam",
        "Nadam",
        nadam,
        BETAS,
        defaults=_defaults(_betas(0.001, 1e-8), keras={"epsilon": 1e-7}, pytorch={"learning_rate": 0.002}),
        slots=AVERAGES,
    ),
    Optimizer("amsgrad", "AMSGrad", amsgrad, BETAS, defaults=ADAM, slots=(*AVERAGES, "largest average of g²")),
    Optimizer(
        "adamw",
        "AdamW",
        adam,
        BETAS,
        text=ADAMW,
        defaults=_defaults(
            _betas(0.001, 1e-8) | {"weight_decay": 0.004}, keras={"epsilon": 1e-7}, pytorch={"weight_decay": 0.01}
        ),
        slots=AVERAGES,
    ),
    Optimizer("yogi", "Yogi", yogi, BETAS, defaults=_defaults(_betas(0.01, 1e-3)), slots=AVERAGES),
    Optimizer(
        "rprop",
        "Rprop",
        rprop,
        ("learning_rate",),
        defaults=_defaults({"learning_rate": 0.01}),
        slots=("last g", "step"),
        start=lambda convention, rate: (0.0, rate),
        by_sign=True,
        full_batch=True,
    ),
    Optimizer(
        "lion",
        "Lion",
        lion,
        ("learning_rate", "beta1", "beta2"),
        defaults=_defaults({"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.99}),
        slots=("average of g",),
        by_sign=True,
    ),
)

# update(number, weights, gradients, slots, clock, rules, rates): one update by the optimizer of that number
update = choice("update", OPTIMIZERS, made=part)


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
