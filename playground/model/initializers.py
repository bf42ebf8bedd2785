"""How first weights are drawn: each function gives the weights of one layer, (inputs, units), from standard draws."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels.rules import Rule

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Initializer(Rule):
    """A row of INITIALIZERS. bias: the bias is drawn too, from U(−1/√inputs, 1/√inputs); otherwise it is 0."""

    bias: bool = False


def glorot_uniform(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w ~ U(−a, a), a = √(6 / (inputs + units)). Keras' default. Glorot and Bengio, 2010."""
    return _uniform(math.sqrt(6 / (inputs + units)), inputs, units, draws)


def glorot_normal(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w ~ N(0, 2 / (inputs + units)). Glorot and Bengio, 2010."""
    return draws.standard_normal((inputs, units)) * math.sqrt(2 / (inputs + units))


def he_uniform(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w ~ U(−a, a), a = √(6 / inputs). Made for ReLU. He et al., 2015."""
    return _uniform(math.sqrt(6 / inputs), inputs, units, draws)


def he_normal(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w ~ N(0, 2 / inputs). Made for ReLU. He et al., 2015."""
    return draws.standard_normal((inputs, units)) * math.sqrt(2 / inputs)


def lecun_normal(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w ~ N(0, 1 / inputs). Made for SELU. LeCun et al., 1998."""
    return draws.standard_normal((inputs, units)) * math.sqrt(1 / inputs)


def fan_in_uniform(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w ~ U(−a, a), a = 1 / √inputs, and the bias too. PyTorch's default."""
    return _uniform(1 / math.sqrt(inputs), inputs, units, draws)


def uniform(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w ~ U(−.05, .05)."""
    return _uniform(0.05, inputs, units, draws)


def zeros(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w = 0: all units of a layer stay alike, so nothing but the output bias is learned. Try it once."""
    return np.zeros((inputs, units))


def constant(inputs: int, units: int, draws: np.random.Generator) -> Weights:
    """w = 1, times the initial scale: all units of a layer stay alike."""
    return np.ones((inputs, units))


def _uniform(bound: float, inputs: int, units: int, draws: np.random.Generator) -> Weights:
    return draws.uniform(-bound, bound, (inputs, units))


INITIALIZERS = (
    Initializer("glorot_uniform", "Glorot uniform", glorot_uniform),
    Initializer("glorot_normal", "Glorot normal", glorot_normal),
    Initializer("he_uniform", "He uniform", he_uniform),
    Initializer("he_normal", "He normal", he_normal),
    Initializer("lecun_normal", "LeCun normal", lecun_normal),
    Initializer("fan_in_uniform", "Fan-in uniform", fan_in_uniform, bias=True),
    Initializer("uniform", "Uniform ±.05", uniform),
    Initializer("zeros", "Zeros", zeros),
    Initializer("constant", "Constant", constant),
)


class _Draws(threading.local):
    """A generator for each thread, to be keyed again and again: to make one takes longer than it draws."""

    def __init__(self) -> None:
        self._bits = np.random.Philox(0)
        self._generator = np.random.Generator(self._bits)
        self._state: dict[str, Any] = {**self._bits.state}

    def keyed(self, seed: int, layer: int) -> np.random.Generator:
        """As ``Generator(Philox(key=[seed, layer]))``."""
        self._state["state"] = {"counter": np.zeros(4, np.uint64), "key": np.array([seed, layer], np.uint64)}
        self._bits.state = self._state  # type: ignore[assignment]
        return self._generator


_draws = _Draws()


def draw(name: str, inputs: int, units: int, seed: int, layer: int) -> tuple[Weights, NDArray[np.float64]]:
    """Weights (inputs, units) and bias (units,) of one layer, keyed by seed and layer."""
    draws = _draws.keyed(seed, layer)
    rule = next(rule for rule in INITIALIZERS if rule.key == name)
    assert rule.function is not None
    weights = rule.function(inputs, units, draws)
    bias = np.zeros(units)
    if rule.bias:
        bound = 1 / math.sqrt(inputs)
        bias = draws.uniform(-bound, bound, units)
    return weights, bias
