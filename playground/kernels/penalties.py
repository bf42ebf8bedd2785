"""Weight penalties over the flat weight array: what each adds to the cost, and to the gradient.

``shares`` (parameters,) holds 1 where the penalty applies and 0 elsewhere; m is the number of training samples. All
costs take ``(weights, shares, rules, rates)``, all slopes the gradients too, which they add to.
"""

from __future__ import annotations

from dataclasses import dataclass

from playground.kernels.jit import Array, Kernel, choice, inlined, kernel
from playground.kernels.rules import Rule
from playground.kernels.settings import LECTURE, PYTORCH, Rates, Rules


@dataclass(frozen=True)
class Penalty(Rule):
    """A row of PENALTIES: its cost is ``function``; ``slope`` is the cost's gradient.

    shrink: a step after the update, ``(weights, shares, learning_rate, rules, rates)``. coupled: the conventions in
    which it acts through the optimizer alone: on all that is trained, after clipping, and not in the loss.
    """

    slope: Kernel | None = None
    shrink: Kernel | None = None
    coupled: tuple[str, ...] = ()


@inlined
def strength(rules: Rules, rates: Rates) -> float:
    """What Σ|w| or Σw² is multiplied by: λ/(2m) in the lecture, else λ."""
    return rates.penalty_strength / (2 * rules.samples) if rules.convention == LECTURE else rates.penalty_strength


@kernel
def sum_absolute(weights: Array, shares: Array) -> float:
    """Σ|w| over the weights that the penalty applies to."""
    total = 0.0
    for i in range(weights.size):
        total += abs(weights[i] * shares[i])
    return total


@kernel
def sum_square(weights: Array, shares: Array) -> float:
    """Σw² over the weights that the penalty applies to."""
    total = 0.0
    for i in range(weights.size):
        w = weights[i] * shares[i]
        total += w * w
    return total


@kernel
def add_signs(weights: Array, shares: Array, gradients: Array, factor: float) -> None:
    """g ← g + factor·sign(w), the gradient of factor·Σ|w|: the subgradient 0 at 0."""
    kind = weights.dtype.type
    zero, flat = kind(0), kind(factor)
    for i in range(weights.size):
        sign = flat if weights[i] > zero else (-flat if weights[i] < zero else zero)
        gradients[i] += shares[i] * sign


@kernel
def add_weights(weights: Array, shares: Array, gradients: Array, factor: float) -> None:
    """g ← g + 2·factor·w, the gradient of factor·Σw²."""
    twice = weights.dtype.type(2 * factor)
    for i in range(weights.size):
        gradients[i] += shares[i] * twice * weights[i]


@kernel
def move_to_zero(weights: Array, shares: Array, threshold: float) -> None:
    """The proximal step of L1: each weight moves towards 0 by the threshold, and stays there if it arrives."""
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


@kernel
def none(weights: Array, shares: Array, rules: Rules, rates: Rates) -> float:
    """The cost is the data's loss alone."""
    return 0.0


@kernel
def none_slope(weights: Array, shares: Array, gradients: Array, rules: Rules, rates: Rates) -> None:
    """0."""


@kernel
def l1(weights: Array, shares: Array, rules: Rules, rates: Rates) -> float:
    """Lecture: cost + λ/(2m)·Σ|w|. Keras and here PyTorch, which has none of its own: cost + λ·Σ|w|.

    Many weights become exactly 0: a sparse solution, built-in choice of features. With linear layers: the Lasso.
    """
    return strength(rules, rates) * sum_absolute(weights, shares)


@kernel
def l1_slope(weights: Array, shares: Array, gradients: Array, rules: Rules, rates: Rates) -> None:
    """The subgradient, if the corner at 0 is not left to the proximal step."""
    if not rules.proximal:
        add_signs(weights, shares, gradients, strength(rules, rates))


@kernel
def l1_shrink(weights: Array, shares: Array, learning_rate: float, rules: Rules, rates: Rates) -> None:
    """The proximal step, by η times the gradient's size."""
    if rules.proximal:
        move_to_zero(weights, shares, learning_rate * strength(rules, rates))


@kernel
def l2(weights: Array, shares: Array, rules: Rules, rates: Rates) -> float:
    """Lecture: cost + λ/(2m)·Σw², gradient λ·w/m (its Ridge slide writes plain λ·Σw²). Keras: cost + λ·Σw², gradient
    2λ·w. PyTorch's weight_decay: gradient λ·w on biases, γ and β too, and nothing in the loss.

    All weights shrink, none becomes 0. With linear layers: ridge regression. The same λ means very different
    strengths: the lecture's is divided by the number of training points.
    """
    return strength(rules, rates) * sum_square(weights, shares)


@kernel
def l2_slope(weights: Array, shares: Array, gradients: Array, rules: Rules, rates: Rates) -> None:
    """2λ·w, or the lecture's λ·w/m; PyTorch's is λ·w."""
    half = 0.5 if rules.convention == PYTORCH else 1.0
    add_weights(weights, shares, gradients, half * strength(rules, rates))


@kernel
def elastic_net(weights: Array, shares: Array, rules: Rules, rates: Rates) -> float:
    """Cost + λ·((1 − α)·Σ|w| + α·Σw²), in every convention.

    The lecture's formula gives α to the squared term while its prose gives it to the absolute one; here the formula
    holds. scikit-learn's l1_ratio is the absolute term's share: 1 − α in spirit.
    """
    absolute = (1.0 - rates.elastic_mix) * sum_absolute(weights, shares)
    return rates.penalty_strength * (absolute + rates.elastic_mix * sum_square(weights, shares))


@kernel
def elastic_net_slope(weights: Array, shares: Array, gradients: Array, rules: Rules, rates: Rates) -> None:
    """λ·((1 − α)·sign(w) + 2α·w), the first term if it is not left to the proximal step."""
    if not rules.proximal:
        add_signs(weights, shares, gradients, rates.penalty_strength * (1.0 - rates.elastic_mix))
    add_weights(weights, shares, gradients, rates.penalty_strength * rates.elastic_mix)


@kernel
def elastic_net_shrink(weights: Array, shares: Array, learning_rate: float, rules: Rules, rates: Rates) -> None:
    """The proximal step for the absolute term."""
    if rules.proximal:
        move_to_zero(weights, shares, learning_rate * rates.penalty_strength * (1.0 - rates.elastic_mix))


PENALTIES = (
    Penalty("none", "None", none, slope=none_slope),
    Penalty("l1", "L1", l1, ("penalty_strength", "l1_method"), slope=l1_slope, shrink=l1_shrink),
    Penalty("l2", "L2", l2, ("penalty_strength",), slope=l2_slope, coupled=("pytorch",)),
    Penalty(
        "elastic_net",
        "Elastic net",
        elastic_net,
        ("penalty_strength", "elastic_mix", "l1_method"),
        slope=elastic_net_slope,
        shrink=elastic_net_shrink,
    ),
)
PROXIMAL = "After each step, w ← sign(w)·max(|w| − η·s, 0), s the size of the L1 gradient: weights reach exactly 0."
SUBGRADIENT = "g ← g + s·sign(w), as Keras does: weights hover around 0 and almost never reach it."
L1_METHODS = (Rule("proximal", "Proximal", text=PROXIMAL), Rule("subgradient", "Subgradient", text=SUBGRADIENT))

penalty_cost = choice("penalty_cost", PENALTIES)
add_penalty_slope = choice("add_penalty_slope", PENALTIES, "slope")
shrink = choice("shrink", PENALTIES, "shrink", optional=True)


@kernel
def cost(weights: Array, shares: Array, rules: Rules, rates: Rates) -> float:
    """What the chosen penalty adds to the loss."""
    return 0.0 if rules.coupled else penalty_cost(rules.penalty, weights, shares, rules, rates)
