"""e^x and its kin as arithmetic that LLVM turns into vector instructions, which calls of the C library are not.

x = k·ln 2 + r, |r| ≤ ½·ln 2, k whole: e^x = 2^k·e^r, e^r by its Taylor series. Relative errors stay below 2.5e-7 in
single and 1e-15 in double precision for |x| < 20; ten times that where a core cannot fuse x − k·ln 2. Arguments are cut
off where results reach the ends of the floating point range; NaN stays NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playground.kernels.jit import inlined, written


def _of_type(build: Any) -> Any:
    """The typing of a kernel of one number, written by ``build(context, builder, number's type, arguments)``."""

    def typing(context: Any, x: Any, *others: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return build(context, builder, signature.args[0], arguments)

        return x(x, *others), code

    return typing


def _constant(context: Any, builder: Any, x: Any, arguments: Any) -> Any:
    return builder.fptrunc(arguments[1], context.get_value_type(x)) if x.bitwidth == 32 else arguments[2]


@written(lambda context, x, single, double: _of_type(_constant)(context, x, single, double))
def constant(x: Any, single: float, double: float) -> Any:
    """A number in x's precision, which decides between two."""
    return np.float32(single) if isinstance(x, np.float32) else np.float64(double)


def _series(context: Any, builder: Any, x: Any, arguments: Any) -> Any:
    from numba.core import cgutils

    numbers = cgutils.unpack_tuple(builder, arguments[1 if x.bitwidth == 32 else 2])
    if x.bitwidth == 32:
        numbers = [builder.fptrunc(number, context.get_value_type(x)) for number in numbers]
    total = numbers[-1]
    for number in reversed(numbers[:-1]):
        total = builder.fadd(builder.fmul(total, arguments[0]), number)
    return total


@written(lambda context, x, single, double: _of_type(_series)(context, x, single, double))
def series(x: Any, single: tuple[float, ...], double: tuple[float, ...]) -> Any:
    """c₀ + c₁·x + c₂·x² + …, coefficients by x's precision."""
    total = x * 0
    for number in reversed(single if isinstance(x, np.float32) else double):
        total = total * x + type(x)(number)
    return total


def _nearest(context: Any, builder: Any, x: Any, arguments: Any) -> Any:
    kind = context.get_value_type(x)
    rint = builder.module.declare_intrinsic("llvm.rint", [kind])
    return builder.call(rint, arguments)


@written(lambda context, x: _of_type(_nearest)(context, x))
def nearest(x: Any) -> Any:
    """The nearest whole number, as a float."""
    return np.rint(x)


def _power_of_two(context: Any, builder: Any, x: Any, arguments: Any) -> Any:
    from llvmlite import ir

    bits, fraction, bias = (32, 23, 127) if x.bitwidth == 32 else (64, 52, 1023)
    whole, wide = ir.IntType(32), ir.IntType(bits)
    # NaN has no whole number near it, and LLVM may make anything of a conversion that it calls undefined.
    number = builder.fcmp_ordered("==", arguments[0], arguments[0])
    given = builder.select(number, arguments[0], arguments[0].type(0.0))
    exponent = builder.add(builder.fptosi(given, whole), whole(bias))
    exponent = builder.zext(exponent, wide) if bits == 64 else exponent
    return builder.bitcast(builder.shl(exponent, wide(fraction)), context.get_value_type(x))


@written(lambda context, k: _of_type(_power_of_two)(context, k))
def power_of_two(k: Any) -> Any:
    """2^k for a whole number k held as a float, within the range of normal numbers: its bits are set."""
    return np.ldexp(type(k)(1), int(k)) if k == k else k


# 1/2!, 1/3!, … of (e^r − 1 − r) / r², and 1/3, 1/5, … of the series of ln.
TAYLOR = tuple(1 / math.factorial(n) for n in range(2, 14))
TAYLOR_SINGLE = TAYLOR[:6]
ODD = tuple(1 / n for n in range(3, 35, 2))
ODD_SINGLE = ODD[:7]
LOG2_E, LN_2 = 1 / math.log(2), math.log(2)


@inlined
def exp_parts(x: Any) -> tuple[Any, Any]:
    """(s, p): e^x = s + s·p."""
    most = constant(x, 87.0, 708.0)
    x = most if x > most else (-most if x < -most else x)
    k = nearest(x * constant(x, LOG2_E, LOG2_E))
    r = x - k * constant(x, LN_2, LN_2)
    return power_of_two(k), r + r * r * series(r, TAYLOR_SINGLE, TAYLOR)


@inlined
def exp(x: Any) -> Any:
    """e^x."""
    scale, rest = exp_parts(x)
    return scale + scale * rest


@inlined
def expm1(x: Any) -> Any:
    """e^x − 1, exact around 0 too."""
    scale, rest = exp_parts(x)
    return (scale - constant(x, 1.0, 1.0)) + scale * rest


# tanh x = x·P(x²) / Q(x²) for |x| ≤ 8, fitted for the least relative error, 1e-8 before rounding.
TANH_ABOVE = (0.999999994, 0.134445176, 0.00357162116, 2.18950381e-05, 1.5230931e-08)
TANH_BELOW = (1.0, 0.467778449, 0.0261645313, 0.000341132965, 8.52265837e-07)


@inlined
def tanh(x: Any) -> Any:
    """tanh x: in single precision a quotient of polynomials, in double (e^2x − 1) / (e^2x + 1)."""
    if constant(x, 1.0, 0.0) > constant(x, 0.5, 0.5):
        most = constant(x, 8.0, 8.0)
        x = most if x > most else (-most if x < -most else x)
        square = x * x
        return x * series(square, TANH_ABOVE, TANH_ABOVE) / series(square, TANH_BELOW, TANH_BELOW)
    two = constant(x, 2.0, 2.0)
    above = expm1(two * x)
    return above / (above + two)


@inlined
def log_1_plus(u: Any) -> Any:
    """ln(1 + u) for u from 0 to 1: 2·(s + s³/3 + s⁵/5 + …), s = u / (2 + u)."""
    s = u / (constant(u, 2.0, 2.0) + u)
    z = s * s
    return constant(u, 2.0, 2.0) * (s + s * z * series(z, ODD_SINGLE, ODD))
