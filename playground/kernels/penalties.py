"""Weight penalties over the flat weight array.

``shares`` (parameters,) holds 1 where the penalty applies and 0 elsewhere. m is the number of training samples. The
cost of elastic net is kept as two coefficients, of Σ|w| and of Σw², by which L1 and L2 are special cases.
"""

from __future__ import annotations

from playground.kernels.jit import Array, Rule, kernel


def none() -> None:
    """The cost is the data's loss alone."""


def l1() -> None:
    """Lecture: cost + λ/(2m)·Σ|w|. Keras and here PyTorch, which has none of its own: cost + λ·Σ|w|.

    Many weights become exactly 0: a sparse solution, built-in choice of features. With linear layers: the Lasso.
    """


def l2() -> None:
    """Lecture: cost + λ/(2m)·Σw², gradient λ·w/m (its Ridge slide writes plain λ·Σw²). Keras: cost + λ·Σw², gradient
    2λ·w. PyTorch's weight_decay: gradient λ·w on biases, γ and β too, and nothing in the loss.

    All weights shrink, none becomes 0. With linear layers: ridge regression. The same λ means very different
    strengths: the lecture's is divided by the number of training points.
    """


def elastic_net() -> None:
    """Cost + λ·((1 − α)·Σ|w| + α·Σw²), in every convention.

    The lecture's formula gives α to the squared term while its prose gives it to the absolute one; here the formula
    holds. scikit-learn's l1_ratio is the absolute term's share: 1 − α in spirit.
    """


PENALTIES = (
    Rule("none", "None", none),
    Rule("l1", "L1", l1, ("penalty_strength", "l1_method")),
    Rule("l2", "L2", l2, ("penalty_strength",)),
    Rule("elastic_net", "Elastic net", elastic_net, ("penalty_strength", "elastic_mix", "l1_method")),
)


def proximal() -> None:
    """After each step, w ← sign(w)·max(|w| − η·s, 0), s the size of the L1 gradient: weights reach exactly 0."""


def subgradient() -> None:
    """g ← g + s·sign(w), as Keras does: weights hover around 0 and almost never reach it."""


L1_METHODS = (
    Rule("proximal", "Proximal", proximal),
    Rule("subgradient", "Subgradient", subgradient),
)


@kernel
def cost(weights: Array, shares: Array, absolute: float, square: float) -> float:
    """absolute·Σ|w| + square·Σw² over the weights that the penalty applies to."""
    total = 0.0
    if absolute == 0.0 and square == 0.0:
        return total
    for i in range(weights.size):
        w = weights[i] * shares[i]
        total += absolute * abs(w) + square * w * w
    return total


@kernel
def add_gradient(weights: Array, shares: Array, absolute: float, square: float, gradients: Array) -> None:
    """g ← g + absolute·sign(w) + 2·square·w over the weights that the penalty applies to."""
    if absolute == 0.0 and square == 0.0:
        return
    kind = weights.dtype.type
    zero, flat, twice = kind(0), kind(absolute), kind(2 * square)
    for i in range(weights.size):
        sign = flat if weights[i] > zero else (-flat if weights[i] < zero else zero)
        gradients[i] += shares[i] * (sign + twice * weights[i])


@kernel
def shrink(weights: Array, shares: Array, threshold: float) -> None:
    """The proximal step of L1: each weight moves towards 0 by the threshold, and stays there if it arrives."""
    if threshold == 0.0:
        return
    kind = weights.dtype.type
    zero, step = kind(0), kind(threshold)
    for i in range(weights.size):
        t = step * shares[i]
        if weights[i] > t:
            weights[i] -= t
        elif weights[i] < -t:
            weights[i] += t
        elif t > zero and weights[i] == weights[i]:  # NaN stays
            weights[i] = zero
