"""Activation functions and their slopes, over arrays of any shape given as flat views.

Each function writes f(x) into y. ``bend`` then multiplies a gradient by f'(x), for which x and y are at hand.
"""

from __future__ import annotations

import math

from playground.kernels.elementary import exp, expm1, log_1_plus
from playground.kernels.elementary import tanh as tanh_of
from playground.kernels.jit import Array, Rule, kernel

SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


@kernel
def linear(x: Array, y: Array) -> None:
    """f(x) = x. The network stays linear, however deep it is."""
    for i in range(x.size):
        y[i] = x[i]


@kernel
def sigmoid(x: Array, y: Array) -> None:
    """f(x) = 1 / (1 + e^(−x)), between 0 and 1. Its slope is at most ¼, so gradients fade in deep networks."""
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = one / (one + exp(-x[i]))


@kernel
def tanh(x: Array, y: Array) -> None:
    """f(x) = tanh x, between −1 and 1 and centred on 0. Smooth surfaces; flat for large |x|."""
    for i in range(x.size):
        y[i] = tanh_of(x[i])


@kernel
def relu(x: Array, y: Array) -> None:
    """f(x) = max(0, x). Fast, and gradients do not fade; a unit that is never positive learns no more."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        # Written as a choice that passes NaN on: divergence must be seen.
        y[i] = zero if x[i] < zero else x[i]


@kernel
def leaky_relu(x: Array, y: Array, leak: float) -> None:
    """f(x) = x for x > 0, else a·x. The slope a is .01 (lecture, PyTorch) or .3 (Keras), so no unit dies."""
    slope = x.dtype.type(leak)
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = slope * x[i] if x[i] < zero else x[i]


@kernel
def elu(x: Array, y: Array) -> None:
    """f(x) = x for x > 0, else e^x − 1. Clevert et al., 2015."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = expm1(x[i]) if x[i] < zero else x[i]


@kernel
def selu(x: Array, y: Array) -> None:
    """f(x) = 1.0507·x for x > 0, else 1.0507·1.6733·(e^x − 1): keeps mean 0 and variance 1. Klambauer et al., 2017."""
    zero = x.dtype.type(0)
    scale = x.dtype.type(SELU_SCALE)
    bottom = x.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(x.size):
        y[i] = bottom * expm1(x[i]) if x[i] < zero else scale * x[i]


@kernel
def gelu(x: Array, y: Array) -> None:
    """f(x) = x·Φ(x), Φ the normal distribution function (exact form). Hendrycks and Gimpel, 2016."""
    half = x.dtype.type(0.5)
    one = x.dtype.type(1)
    root = x.dtype.type(math.sqrt(0.5))
    for i in range(x.size):
        y[i] = half * x[i] * (one + math.erf(x[i] * root))


@kernel
def silu(x: Array, y: Array) -> None:
    """f(x) = x / (1 + e^(−x)), also called swish."""
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = x[i] / (one + exp(-x[i]))


@kernel
def softplus(x: Array, y: Array) -> None:
    """f(x) = ln(1 + e^x), a smooth ReLU."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        above = zero if x[i] < zero else x[i]
        y[i] = above + log_1_plus(exp(-abs(x[i])))


ACTIVATIONS = (
    Rule("linear", "Linear", linear),
    Rule("sigmoid", "Sigmoid", sigmoid),
    Rule("tanh", "Tanh", tanh),
    Rule("relu", "ReLU", relu),
    Rule("leaky_relu", "Leaky ReLU", leaky_relu),
    Rule("elu", "ELU", elu),
    Rule("selu", "SELU", selu),
    Rule("gelu", "GELU", gelu),
    Rule("silu", "SiLU", silu),
    Rule("softplus", "Softplus", softplus),
)
LINEAR, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SELU, GELU, SILU, SOFTPLUS = range(len(ACTIVATIONS))


@kernel
def activate(kind: int, leak: float, x: Array, y: Array) -> None:
    """y ← f(x) for the activation of that number in ACTIVATIONS; x and y flat."""
    if kind == RELU:
        relu(x, y)
    elif kind == TANH:
        tanh(x, y)
    elif kind == SIGMOID:
        sigmoid(x, y)
    elif kind == LEAKY_RELU:
        leaky_relu(x, y, leak)
    elif kind == ELU:
        elu(x, y)
    elif kind == SELU:
        selu(x, y)
    elif kind == GELU:
        gelu(x, y)
    elif kind == SILU:
        silu(x, y)
    elif kind == SOFTPLUS:
        softplus(x, y)
    else:
        linear(x, y)


@kernel
def bend(kind: int, leak: float, x: Array, y: Array, gradient: Array) -> None:
    """gradient ← gradient · f'(x), given x and y = f(x); all flat."""
    zero = x.dtype.type(0)
    one = x.dtype.type(1)
    # What a choice is between is read before it: LLVM makes vectors of choices, not of conditional reading. A factor of
    # 0 or 1 is faster than the choice whether to keep, of which LLVM makes conditional writing.
    if kind in (RELU, LEAKY_RELU):
        below = x.dtype.type(leak if kind == LEAKY_RELU else 0.0)
        for i in range(x.size):
            gradient[i] *= one if x[i] > zero else below
    elif kind == TANH:
        for i in range(x.size):
            gradient[i] *= one - y[i] * y[i]
    elif kind == SIGMOID:
        for i in range(x.size):
            gradient[i] *= y[i] * (one - y[i])
    elif kind == ELU:
        for i in range(x.size):
            below = y[i] + one
            gradient[i] *= one if x[i] > zero else below
    elif kind == SELU:
        scale = x.dtype.type(SELU_SCALE)
        bottom = x.dtype.type(SELU_SCALE * SELU_ALPHA)
        for i in range(x.size):
            below = y[i] + bottom
            gradient[i] *= scale if x[i] > zero else below
    elif kind == GELU:
        half = x.dtype.type(0.5)
        root = x.dtype.type(math.sqrt(0.5))
        height = x.dtype.type(1 / math.sqrt(2 * math.pi))
        for i in range(x.size):
            below = half * (one + math.erf(x[i] * root))
            gradient[i] *= below + x[i] * height * exp(-half * x[i] * x[i])
    elif kind == SILU:
        for i in range(x.size):
            gate = one / (one + exp(-x[i]))
            gradient[i] *= gate + y[i] * (one - gate)
    elif kind == SOFTPLUS:
        for i in range(x.size):
            gradient[i] *= one / (one + exp(-x[i]))
