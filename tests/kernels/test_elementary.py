"""The vectorised e^x and its kin against NumPy's extended precision."""

import numpy as np
import pytest

from playground.kernels import activations

TRUE = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-abs(x))),
    "elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
}


def applied(name, x):
    y = np.empty_like(x)
    getattr(activations, name)(x, y, 0)
    return y


@pytest.mark.parametrize(("kind", "reach", "bound"), [(np.float32, 80, 5e-7), (np.float64, 650, 5e-14)])
@pytest.mark.parametrize("name", TRUE)
def test_activations_are_accurate_over_the_whole_range(name, kind, reach, bound):
    dense = np.linspace(-20, 20, 50_001)
    small = np.logspace(-30, 0, 500)
    x = np.concatenate([np.linspace(-reach, reach, 50_001), dense, small, -small]).astype(kind)
    with np.errstate(over="ignore", under="ignore"):
        expected = TRUE[name](x.astype(np.longdouble))
    error = np.abs(applied(name, x) - expected) / np.maximum(np.abs(expected), np.finfo(kind).tiny)
    assert error.max() < bound


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("name", TRUE)
def test_what_is_not_a_number_stays_none_and_what_is_huge_stays_finite(name, kind):
    y = applied(name, np.array([np.nan, 1e4, -1e4], kind))
    assert np.isnan(y[0])
    assert np.isfinite(y[1:]).all()
