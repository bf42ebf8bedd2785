"""The three matrix products of a dense layer, over feature-major activations (units × batch).

All are made of the register tile (tile.py), whose lines run over the batch, or, for the gradient of the weights, over
the layer's inputs. The width of a batch is a whole number of lines: it is padded. A single sample is not: there the
activations are vectors, and lines run over the weights.
"""

from __future__ import annotations

from playground.kernels.jit import Array, kernel
from playground.kernels.tile import add_row, add_short, add_tall, line_of, row_product, tile_shape, transpose_four
from playground.kernels.views import matrix, piece

# Whether a product replaces what was there or is added to it; the first row; from one place to the next.
REPLACE, ADD = 0, 1
FIRST, NEXT = 0, 1


@kernel
def product(p: Array, dp: int, ep: int, n: int, a: Array, s: Array, bias: Array, adds: int) -> None:
    """s = P @ a + (s if ``adds``, else bias), P[r, t] = p[r·dp + t·ep], t < n, for all columns that make whole lines.

    a has n rows or more. An empty bias is none.
    """
    rows, width = s.shape
    if n == 0:
        return
    tall, short, breadth = tile_shape()
    line = line_of(s)
    # Tall tiles, and so many short ones that fewer rows are left over than the two differ by.
    step = tall - short
    whole = rows - rows % step if rows >= short else 0
    talls = whole - (-whole // step) % (tall // step) * short
    # Columns of a as broad as a tile stay in the first cache while all rows pass.
    for column in range(0, width - line + 1, breadth * line):
        lines = min(breadth, (width - column) // line)
        for row in range(0, talls, tall):
            add_tall(p, row * dp, dp, ep, n, a, s, row, column, lines, bias, adds)
        for row in range(talls, whole, short):
            add_short(p, row * dp, dp, ep, n, a, s, row, column, lines, bias, adds)
        for row in range(whole, rows):
            add_row(p, row * dp, dp, ep, n, a, s, row, column, lines, bias, adds)


@kernel
def affine(weights: Array, bias: Array, below: Array, sums: Array) -> None:
    """sums = weights @ below + bias; an empty bias is none.

    weights (units × inputs), bias (units or 0), below (inputs × width), sums (units × width).
    """
    units, inputs = weights.shape
    if sums.shape[1] > 1:
        product(weights, inputs, NEXT, inputs, below, sums, bias, REPLACE)
        return
    sample = matrix(below, 0, 1, inputs)
    whole = inputs - inputs % line_of(below)
    for o in range(units):
        total = bias[o] if bias.size else weights.dtype.type(0)
        if whole:
            total += row_product(weights, o, sample, FIRST, whole)
        # Asked first, for the loop's beginning costs more than a few inputs.
        if whole < inputs:
            for i in range(whole, inputs):
                total += weights[o, i] * sample[0, i]
        sums[o, 0] = total


@kernel
def send_back(weights: Array, gradient: Array, lower: Array) -> None:
    """lower = weights.T @ gradient: the gradient by the layer's inputs.

    weights (units × inputs), gradient (units × width), lower (inputs × width).
    """
    units, inputs = weights.shape
    if lower.shape[1] > 1:
        product(weights, NEXT, inputs, units, gradient, lower, piece(gradient, -1, 0), REPLACE)
        return
    sample = piece(lower, 0, inputs)
    for i in range(inputs):
        sample[i] = 0
    # Four units at a time, for a sum is read and written again for each turn.
    whole = units - units % 4
    for o in range(0, whole, 4):
        a, b, c, d = weights[o], weights[o + 1], weights[o + 2], weights[o + 3]
        e, f, g, h = gradient[o, 0], gradient[o + 1, 0], gradient[o + 2, 0], gradient[o + 3, 0]
        for i in range(inputs):
            sample[i] += a[i] * e + b[i] * f + c[i] * g + d[i] * h
    for o in range(whole, units):
        row, slope = weights[o], gradient[o, 0]
        for i in range(inputs):
            sample[i] += row[i] * slope


@kernel
def outer(gradient: Array, below: Array, transposed: Array, slopes: Array, bias_slopes: Array, adds: int) -> None:
    """slopes = gradient @ below.T, the gradient by the weights; bias_slopes += the row sums of the gradient.

    With ``adds``, slopes are added to. gradient (units × width), below (inputs × width), transposed (width × inputs or
    more) to work in, slopes (units × inputs), bias_slopes (units, or 0 where there is no bias).
    """
    units, width = gradient.shape
    inputs = below.shape[0]
    zero = gradient.dtype.type(0)
    if width == 1:
        sample = piece(below, 0, inputs)
        for o in range(units):
            row, slope = slopes[o], gradient[o, 0]
            for i in range(inputs):
                row[i] = slope * sample[i] + (row[i] if adds else zero)
            if bias_slopes.size:
                bias_slopes[o] += slope
        return
    # For a few units, transposing costs more than it gives.
    whole = inputs - inputs % line_of(below) if units >= 4 else 0
    if whole:
        for i in range(0, whole, 4):
            for k in range(0, width, 4):
                transpose_four(below, transposed, i, k)
        product(gradient, width, NEXT, width, transposed, slopes, piece(gradient, -1, 0), adds)
    ones = matrix(transposed, 0, 1, width)
    for k in range(width):
        ones[0, k] = 1
    for o in range(units):
        for i in range(whole, inputs):
            slopes[o, i] = row_product(gradient, o, below, i, width) + (slopes[o, i] if adds else zero)
        if bias_slopes.size:
            bias_slopes[o] += row_product(gradient, o, ones, FIRST, width)
