"""Activation functions and their slopes, over arrays of any shape given as flat views.

Each function writes f(x) into y; its slope then multiplies a gradient by f'(x), for which x and y are at hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from playground.kernels.elementary import constant, exp, expm1, log_1_plus
from playground.kernels.elementary import tanh as tanh_of
from playground.kernels.jit import Array, Kernel, choice, inlined, kernel
from playground.kernels.rules import Rule
from playground.kernels.settings import KERAS

SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


@dataclass(frozen=True)
class Activation(Rule):
    """A row of ACTIVATIONS: ``function(x, y, convention)`` and ``slope(x, y, gradient, convention)``."""

    slope: Kernel | None = None


# In slopes, what a choice is between is read before it: LLVM makes vectors of choices, not of conditional reading. A
# factor of 0 or 1 is faster than the choice whether to keep, of which LLVM makes conditional writing.


@kernel
def linear(x: Array, y: Array, convention: int) -> None:
    """f(x) = x. The network stays linear, however deep it is."""
    for i in range(x.size):
        y[i] = x[i]


@kernel
def linear_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = 1."""


@kernel
def sigmoid(x: Array, y: Array, convention: int) -> None:
    """f(x) = 1 / (1 + e^(−x)), between 0 and 1. Its slope is at most ¼, so gradients fade in deep networks."""
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = one / (one + exp(-x[i]))


@kernel
def sigmoid_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = f·(1 − f)."""
    one = x.dtype.type(1)
    for i in range(x.size):
        gradient[i] *= y[i] * (one - y[i])


@kernel
def tanh(x: Array, y: Array, convention: int) -> None:
    """f(x) = tanh x, between −1 and 1 and centred on 0. Smooth surfaces; flat for large |x|."""
    for i in range(x.size):
        y[i] = tanh_of(x[i])


@kernel
def tanh_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = 1 − f²."""
    one = x.dtype.type(1)
    for i in range(x.size):
        gradient[i] *= one - y[i] * y[i]


@kernel
def relu(x: Array, y: Array, convention: int) -> None:
    """f(x) = max(0, x). Fast, and gradients do not fade; a unit that is never positive learns no more."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        # Written as a choice that passes NaN on: divergence must be seen.
        y[i] = zero if x[i] < zero else x[i]


@kernel
def relu_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = 1 for x > 0, else 0."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        gradient[i] *= one if x[i] > zero else zero


@inlined
def leak(convention: int) -> float:
    """Leaky ReLU's slope below 0: Keras' layer has one of its own."""
    return 0.3 if convention == KERAS else 0.01


@kernel
def leaky_relu(x: Array, y: Array, convention: int) -> None:
    """f(x) = x for x > 0, else a·x. The slope a is .01 (lecture, PyTorch) or .3 (Keras), so no unit dies."""
    slope = x.dtype.type(leak(convention))
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = slope * x[i] if x[i] < zero else x[i]


@kernel
def leaky_relu_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = 1 for x > 0, else a."""
    below = x.dtype.type(leak(convention))
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        gradient[i] *= one if x[i] > zero else below


@kernel
def elu(x: Array, y: Array, convention: int) -> None:
    """f(x) = x for x > 0, else e^x − 1. Clevert et al., 2015."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = expm1(x[i]) if x[i] < zero else x[i]


@kernel
def elu_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = 1 for x > 0, else f + 1."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        below = y[i] + one
        gradient[i] *= one if x[i] > zero else below


@kernel
def selu(x: Array, y: Array, convention: int) -> None:
    """f(x) = 1.0507·x for x > 0, else 1.0507·1.6733·(e^x − 1): keeps mean 0 and variance 1. Klambauer et al., 2017."""
    zero = x.dtype.type(0)
    scale = x.dtype.type(SELU_SCALE)
    bottom = x.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(x.size):
        y[i] = bottom * expm1(x[i]) if x[i] < zero else scale * x[i]


@kernel
def selu_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = 1.0507 for x > 0, else f + 1.0507·1.6733."""
    zero = x.dtype.type(0)
    scale = x.dtype.type(SELU_SCALE)
    bottom = x.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(x.size):
        below = y[i] + bottom
        gradient[i] *= scale if x[i] > zero else below


@kernel
def gelu(x: Array, y: Array, convention: int) -> None:
    """f(x) = x·Φ(x), Φ the normal distribution function (exact form). Hendrycks and Gimpel, 2016."""
    half = x.dtype.type(0.5)
    one = x.dtype.type(1)
    root = x.dtype.type(math.sqrt(0.5))
    for i in range(x.size):
        y[i] = half * x[i] * (one + math.erf(x[i] * root))


@kernel
def gelu_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = Φ(x) + x·φ(x), φ the normal density."""
    half, one = x.dtype.type(0.5), x.dtype.type(1)
    root = x.dtype.type(math.sqrt(0.5))
    height = x.dtype.type(1 / math.sqrt(2 * math.pi))
    for i in range(x.size):
        below = half * (one + math.erf(x[i] * root))
        gradient[i] *= below + x[i] * height * exp(-half * x[i] * x[i])


@kernel
def silu(x: Array, y: Array, convention: int) -> None:
    """f(x) = x / (1 + e^(−x)), also called swish."""
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = x[i] / (one + exp(-x[i]))


@kernel
def silu_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = s + f·(1 − s), s = 1 / (1 + e^(−x))."""
    one = x.dtype.type(1)
    for i in range(x.size):
        gate = one / (one + exp(-x[i]))
        gradient[i] *= gate + y[i] * (one - gate)


@kernel
def softplus(x: Array, y: Array, convention: int) -> None:
    """f(x) = ln(1 + e^x), a smooth ReLU."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        above = zero if x[i] < zero else x[i]
        y[i] = above + log_1_plus(exp(-abs(x[i])))


@kernel
def softplus_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = 1 / (1 + e^(−x))."""
    one = x.dtype.type(1)
    for i in range(x.size):
        gradient[i] *= one / (one + exp(-x[i]))


@inlined
def tanh_softplus(x: Any) -> Any:
    """tanh(ln(1 + e^x)) = n / (n + 2), n = e^x·(e^x + 2); from e^(−|x|), so that it stays finite."""
    one, two = constant(x, 1.0, 1.0), constant(x, 2.0, 2.0)
    power = exp(-abs(x))
    # x ≤ 0: n = p² + 2p; x > 0: n and 2 are divided by e^2x = 1 / p².
    n = power * (power + two) if x < constant(x, 0.0, 0.0) else one + two * power
    rest = two if x < constant(x, 0.0, 0.0) else two * power * power
    return n / (n + rest)


@kernel
def mish(x: Array, y: Array, convention: int) -> None:
    """f(x) = x·tanh(ln(1 + e^x)): smooth, a little below 0 for negative x. Misra, 2019."""
    for i in range(x.size):
        y[i] = x[i] * tanh_softplus(x[i])


@kernel
def mish_slope(x: Array, y: Array, gradient: Array, convention: int) -> None:
    """f'(x) = t + x·(1 − t²)·s, t = tanh(ln(1 + e^x)), s = 1 / (1 + e^(−x))."""
    one = x.dtype.type(1)
    for i in range(x.size):
        t = tanh_softplus(x[i])
        gradient[i] *= t + x[i] * (one - t * t) / (one + exp(-x[i]))


ACTIVATIONS = (
    Activation("linear", "Linear", linear, slope=linear_slope),
    Activation("sigmoid", "Sigmoid", sigmoid, slope=sigmoid_slope),
    Activation("tanh", "Tanh", tanh, slope=tanh_slope),
    Activation("relu", "ReLU", relu, slope=relu_slope),
    Activation("leaky_relu", "Leaky ReLU", leaky_relu, slope=leaky_relu_slope),
    Activation("elu", "ELU", elu, slope=elu_slope),
    Activation("selu", "SELU", selu, slope=selu_slope),
    Activation("gelu", "GELU", gelu, slope=gelu_slope),
    Activation("silu", "SiLU", silu, slope=silu_slope),
    Activation("mish", "Mish", mish, slope=mish_slope),
    Activation("softplus", "Softplus", softplus, slope=softplus_slope),
)

# activate(number, x, y, convention): y ← f(x); activate_back(number, x, y, gradient, convention): gradient ← g·f'(x)
activate = choice("activate", ACTIVATIONS)
activate_back = choice("activate_back", ACTIVATIONS, "slope")
