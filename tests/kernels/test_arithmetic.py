"""The fast arithmetic of a layer against NumPy's, and how kernels are compiled."""

import numpy as np
import pytest

from playground.kernels import activations, dense
from playground.kernels.network import LANE

PRECISIONS = [np.float32, np.float64]
SIZES = [(1, 1, 16), (4, 2, 16), (7, 33, 32), (64, 64, 48), (10, 17, 112), (1, 1, 1), (9, 21, 1), (64, 48, 1)]


def drawn(kind, *shape):
    return np.random.default_rng(4).normal(size=shape).astype(kind)


def is_close(found, expected, kind, length):
    return np.abs(found - expected).max() < 4 * length * np.finfo(kind).eps * max(1, np.abs(expected).max())


@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize(("units", "inputs", "width"), SIZES)
def test_the_three_products_of_a_layer_are_numpys(kind, units, inputs, width):
    weights, bias = drawn(kind, units, inputs), drawn(kind, units)
    below, gradient = drawn(kind, inputs, width), drawn(kind, units, width)
    sums, lower = np.full((units, width), np.nan, kind), np.full((inputs, width), np.nan, kind)
    dense.affine(weights, bias, below, sums)
    dense.send_back(weights, gradient, lower)
    slopes, bias_slopes = np.ones((units, inputs), kind), np.ones(units, kind)
    turned = drawn(kind, width, inputs + LANE)
    dense.outer(gradient, below, turned, slopes, bias_slopes, dense.ADD)
    assert is_close(sums, weights @ below + bias[:, np.newaxis], kind, inputs)
    assert is_close(lower, weights.T @ gradient, kind, units)
    assert is_close(slopes, 1 + gradient @ below.T, kind, width)
    assert is_close(bias_slopes, 1 + gradient.sum(axis=1), kind, width)
    dense.outer(gradient, below, turned, slopes, bias_slopes, dense.REPLACE)
    assert is_close(slopes, gradient @ below.T, kind, width)


@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize("rows", range(1, 15))
@pytest.mark.parametrize("is_turned", [False, True])
def test_products_of_every_height_add_to_what_was_there_or_begin_from_the_bias(rows, kind, is_turned):
    inner, width = 9, 32
    p, a, held = drawn(kind, rows, inner), drawn(kind, inner, width), np.full((rows, width), 3, kind)
    given, steps = (p.T.copy(), (1, rows)) if is_turned else (p, (inner, 1))
    for bias, adds, begun in (
        (drawn(kind, rows), dense.REPLACE, drawn(kind, rows)[:, np.newaxis]),
        (drawn(kind, 0), dense.REPLACE, 0),
        (drawn(kind, 0), dense.ADD, 3),
    ):
        s = held.copy() if adds else np.full_like(held, np.nan)
        dense.product(given, *map(np.int64, (*steps, inner)), a, s, bias, adds)
        assert is_close(s, begun + p @ a, kind, inner)


EXACT = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "silu": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize("name", EXACT)
def test_activations_are_exact_to_some_units_in_the_last_place(name, kind):
    small = np.logspace(-6, 0, 500)
    x = np.concatenate([np.linspace(-20, 20, 5001), small, -small]).astype(kind)
    y = np.empty_like(x)
    getattr(activations, name)(x, y)
    expected = EXACT[name](x.astype(np.longdouble))
    assert np.abs(y - expected).max() < 4 * np.finfo(kind).eps * 20
    parts = expected != 0
    assert np.abs((y - expected)[parts] / expected[parts]).max() < 20 * np.finfo(kind).eps


@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize("name", EXACT)
def test_nan_passes_through_an_activation(name, kind):
    y = np.zeros(40, kind)
    getattr(activations, name)(np.full(40, np.nan, kind), y)
    assert np.isnan(y).all()
