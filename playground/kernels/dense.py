"""The three matrix products of a dense layer, over feature-major activations (units × batch).

All are made of the register tile (tile.py), whose lines run over the batch, or, for the gradient of the weights, over
the layer's inputs. The width of a batch is a whole number of lines: it is padded.
"""

from __future__ import annotations

from playground.kernels.jit import Array, kernel
from playground.kernels.tile import add_four, add_one, line_of, turn_four


@kernel
def add_product(p: Array, dp: int, ep: int, n: int, a: Array, s: Array) -> None:
    """s += P @ a, P[r, t] = p[r·dp + t·ep], t < n, for all columns of s that make whole lines."""
    rows = s.shape[0]
    line = line_of(s)
    whole = rows - rows % 4
    if n == 0:
        return
    # A column of lines of a stays in the first cache while all rows pass.
    for column in range(0, s.shape[1] - line + 1, line):
        for row in range(0, whole, 4):
            add_four(p, row * dp, dp, ep, n, a, s, row, column)
        for row in range(whole, rows):
            add_one(p, row * dp, dp, ep, n, a, s, row, column)


@kernel
def affine(weights: Array, bias: Array, below: Array, sums: Array) -> None:
    """sums = weights @ below + bias; an empty bias is none.

    weights (units × inputs), bias (units or 0), below (inputs × width), sums (units × width).
    """
    units, inputs = weights.shape
    zero = weights.dtype.type(0)
    for o in range(units):
        row = sums[o]
        start = bias[o] if bias.size else zero
        for k in range(row.size):
            row[k] = start
    add_product(weights, inputs, 1, inputs, below, sums)


@kernel
def send_back(weights: Array, gradient: Array, lower: Array) -> None:
    """lower = weights.T @ gradient: the gradient by the layer's inputs.

    weights (units × inputs), gradient (units × width), lower (inputs × width).
    """
    units, inputs = weights.shape
    zero = weights.dtype.type(0)
    for i in range(inputs):
        row = lower[i]
        for k in range(row.size):
            row[k] = zero
    add_product(weights, 1, inputs, units, gradient, lower)


@kernel
def add_outer(gradient: Array, below: Array, turned: Array, slopes: Array, bias_slopes: Array) -> None:
    """slopes += gradient @ below.T; bias_slopes += the row sums of the gradient, where there is a bias.

    gradient (units × width), below (inputs × width), turned (width × inputs or more) to work in,
    slopes (units × inputs), bias_slopes (units or 0).
    """
    units, width = gradient.shape
    inputs = below.shape[0]
    zero = gradient.dtype.type(0)
    # For a few units, transposing costs more than it gives.
    whole = inputs - inputs % line_of(below) if units >= 4 else 0
    if whole:
        for i in range(0, whole, 4):
            for k in range(0, width, 4):
                turn_four(below, turned, i, k)
        add_product(gradient, width, 1, width, turned, slopes)
    for o in range(units):
        g = gradient[o]
        for i in range(whole, inputs):
            a = below[i]
            total = zero
            for k in range(width):
                total += g[k] * a[k]
            slopes[o, i] += total
        if bias_slopes.size:
            total = zero
            for k in range(width):
                total += g[k]
            bias_slopes[o] += total
