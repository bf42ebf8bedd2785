"""The defaults of the lecture, Keras 3 and PyTorch 2, where they differ; by convention, and for rates by optimizer.

Source: the lecture's slides and algorithm boxes 8.1 to 8.6; the signatures of Keras 3.15 and PyTorch 2.13.
"""

from __future__ import annotations

from typing import Any

from playground.model.knobs import Knobs

GENERAL: dict[str, dict[str, Any]] = {
    "lecture": {"initializer": "glorot_uniform", "bn_momentum": 0.99, "norm_epsilon": 1e-3},
    "keras": {"initializer": "glorot_uniform", "bn_momentum": 0.99, "norm_epsilon": 1e-3},
    "pytorch": {"initializer": "fan_in_uniform", "bn_momentum": 0.1, "norm_epsilon": 1e-5},
}

RATES: dict[str, dict[str, dict[str, float]]] = {
    "lecture": {
        "sgd": {"learning_rate": 0.01},
        "momentum": {"learning_rate": 0.01, "momentum": 0.9},
        "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    },
    "keras": {
        "sgd": {"learning_rate": 0.01},
        "momentum": {"learning_rate": 0.01, "momentum": 0.9},
        "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7},
    },
    "pytorch": {
        "sgd": {"learning_rate": 0.001},
        "momentum": {"learning_rate": 0.001, "momentum": 0.9},
        "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    },
}


def default(name: str, convention: str, optimizer: str) -> Any:
    """The value a knob takes when it is left out, under a convention and with an optimizer."""
    if name in GENERAL[convention]:
        return GENERAL[convention][name]
    plain = Knobs._field_defaults[name]
    return RATES[convention][optimizer].get(name, plain)


def resolve(knobs: Knobs) -> Knobs:
    """Knobs with every left-out value replaced by its default. What nothing reads may stay None."""
    filled = {
        name: default(name, knobs.convention, knobs.optimizer)
        for name, value in zip(Knobs._fields, knobs, strict=True)
        if value is None
    }
    return knobs._replace(**filled)
