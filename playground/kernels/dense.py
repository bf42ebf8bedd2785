"""The three matrix products of a dense layer, over feature-major activations (units × batch).

Every inner loop runs contiguously over the batch, which LLVM turns into vector instructions. Blocks of four outputs
by two inputs reuse what has been loaded.
"""

from __future__ import annotations

from playground.kernels.jit import Array, kernel


@kernel
def affine(weights: Array, bias: Array, below: Array, sums: Array) -> None:
    """sums = weights @ below + bias; an empty bias is none.

    weights (units × inputs), bias (units or 0), below (inputs × width), sums (units × width).
    """
    units, inputs = weights.shape
    width = below.shape[1]
    zero = weights.dtype.type(0)
    for o in range(units):
        row = sums[o]
        start = bias[o] if bias.size else zero
        for k in range(width):
            row[k] = start
    _add_product(weights, below, sums, units, inputs, width)


@kernel
def _add_product(weights: Array, below: Array, sums: Array, units: int, inputs: int, width: int) -> None:
    """sums += weights @ below, blocked."""
    whole = units - units % 4
    pairs = inputs - inputs % 2
    for o in range(0, whole, 4):
        s0, s1, s2, s3 = sums[o], sums[o + 1], sums[o + 2], sums[o + 3]
        w0, w1, w2, w3 = weights[o], weights[o + 1], weights[o + 2], weights[o + 3]
        for i in range(0, pairs, 2):
            a, b = below[i], below[i + 1]
            p0, p1, p2, p3 = w0[i], w1[i], w2[i], w3[i]
            q0, q1, q2, q3 = w0[i + 1], w1[i + 1], w2[i + 1], w3[i + 1]
            for k in range(width):
                s0[k] += p0 * a[k] + q0 * b[k]
                s1[k] += p1 * a[k] + q1 * b[k]
                s2[k] += p2 * a[k] + q2 * b[k]
                s3[k] += p3 * a[k] + q3 * b[k]
        for i in range(pairs, inputs):
            a = below[i]
            p0, p1, p2, p3 = w0[i], w1[i], w2[i], w3[i]
            for k in range(width):
                s0[k] += p0 * a[k]
                s1[k] += p1 * a[k]
                s2[k] += p2 * a[k]
                s3[k] += p3 * a[k]
    for o in range(whole, units):
        row = sums[o]
        for i in range(inputs):
            a = below[i]
            p = weights[o, i]
            for k in range(width):
                row[k] += p * a[k]


@kernel
def send_back(weights: Array, gradient: Array, lower: Array) -> None:
    """lower = weights.T @ gradient: the gradient by the layer's inputs.

    weights (units × inputs), gradient (units × width), lower (inputs × width).
    """
    units, inputs = weights.shape
    width = gradient.shape[1]
    zero = weights.dtype.type(0)
    for i in range(inputs):
        row = lower[i]
        for k in range(width):
            row[k] = zero
    whole = inputs - inputs % 4
    pairs = units - units % 2
    for i in range(0, whole, 4):
        s0, s1, s2, s3 = lower[i], lower[i + 1], lower[i + 2], lower[i + 3]
        for o in range(0, pairs, 2):
            a, b = gradient[o], gradient[o + 1]
            v, w = weights[o], weights[o + 1]
            p0, p1, p2, p3 = v[i], v[i + 1], v[i + 2], v[i + 3]
            q0, q1, q2, q3 = w[i], w[i + 1], w[i + 2], w[i + 3]
            for k in range(width):
                s0[k] += p0 * a[k] + q0 * b[k]
                s1[k] += p1 * a[k] + q1 * b[k]
                s2[k] += p2 * a[k] + q2 * b[k]
                s3[k] += p3 * a[k] + q3 * b[k]
        for o in range(pairs, units):
            a = gradient[o]
            v = weights[o]
            p0, p1, p2, p3 = v[i], v[i + 1], v[i + 2], v[i + 3]
            for k in range(width):
                s0[k] += p0 * a[k]
                s1[k] += p1 * a[k]
                s2[k] += p2 * a[k]
                s3[k] += p3 * a[k]
    for i in range(whole, inputs):
        row = lower[i]
        for o in range(units):
            a = gradient[o]
            p = weights[o, i]
            for k in range(width):
                row[k] += p * a[k]


@kernel
def add_outer(gradient: Array, below: Array, slopes: Array, bias_slopes: Array) -> None:
    """slopes += gradient @ below.T; bias_slopes += the row sums of the gradient, where there is a bias.

    gradient (units × width), below (inputs × width), slopes (units × inputs), bias_slopes (units or 0).
    """
    units, width = gradient.shape
    inputs = below.shape[0]
    zero = gradient.dtype.type(0)
    whole = inputs - inputs % 4
    for o in range(units):
        g = gradient[o]
        row = slopes[o]
        for i in range(0, whole, 4):
            a0, a1, a2, a3 = below[i], below[i + 1], below[i + 2], below[i + 3]
            t0, t1, t2, t3 = zero, zero, zero, zero
            for k in range(width):
                t0 += g[k] * a0[k]
                t1 += g[k] * a1[k]
                t2 += g[k] * a2[k]
                t3 += g[k] * a3[k]
            row[i] += t0
            row[i + 1] += t1
            row[i + 2] += t2
            row[i + 3] += t3
        for i in range(whole, inputs):
            a0 = below[i]
            t0 = zero
            for k in range(width):
                t0 += g[k] * a0[k]
            row[i] += t0
        if bias_slopes.size:
            t0 = zero
            for k in range(width):
                t0 += g[k]
            bias_slopes[o] += t0
