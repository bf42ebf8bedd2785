"""The defaults of the lecture, Keras 3 and PyTorch 2, where they differ; by convention, and for rates by optimizer.

Source: the lecture's slides and algorithm boxes 8.1 to 8.6; the signatures of Keras 3.15 and PyTorch 2.13.
"""

from __future__ import annotations

from typing import Any

from playground.model.knobs import Knobs, declaration

GENERAL: dict[str, dict[str, Any]] = {
    "lecture": {"initializer": "glorot_uniform", "bn_momentum": 0.99, "norm_epsilon": 1e-3},
    "keras": {"initializer": "glorot_uniform", "bn_momentum": 0.99, "norm_epsilon": 1e-3},
    "pytorch": {"initializer": "fan_in_uniform", "bn_momentum": 0.1, "norm_epsilon": 1e-5},
}

# A schedule's factor depends on the schedule alone.
SCHEDULE_GAMMA = {"exponential": 0.99, "plateau": 0.1}


def _adam(learning_rate: float, epsilon: float, weight_decay: float = 0.0) -> dict[str, float]:
    rates = {"learning_rate": learning_rate, "beta1": 0.9, "beta2": 0.999, "epsilon": epsilon}
    return rates | {"weight_decay": weight_decay} if weight_decay else rates


SHARED = {
    # Lion's as in Keras and Rprop's as in PyTorch, in every convention.
    "lion": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.99},
    "rprop": {"learning_rate": 0.01},
}

RATES: dict[str, dict[str, dict[str, float]]] = {
    "lecture": {
        "sgd": {"learning_rate": 0.01},
        "momentum": {"learning_rate": 0.01, "momentum": 0.9},
        "nesterov": {"learning_rate": 0.01, "momentum": 0.9},
        "adagrad": {"learning_rate": 0.01, "epsilon": 1e-7},
        "adadelta": {"learning_rate": 0.01, "rho": 0.95, "epsilon": 1e-7},
        "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-6},
        "adam": _adam(0.001, 1e-8),
        "adamax": _adam(0.002, 1e-8),
        "nadam": _adam(0.001, 1e-8),
        "amsgrad": _adam(0.001, 1e-8),
        "adamw": _adam(0.001, 1e-8, 0.004),
        **SHARED,
    },
    "keras": {
        "sgd": {"learning_rate": 0.01},
        "momentum": {"learning_rate": 0.01, "momentum": 0.9},
        "nesterov": {"learning_rate": 0.01, "momentum": 0.9},
        "adagrad": {"learning_rate": 0.001, "epsilon": 1e-7},
        "adadelta": {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
        "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-7},
        "adam": _adam(0.001, 1e-7),
        "adamax": _adam(0.001, 1e-7),
        "nadam": _adam(0.001, 1e-7),
        "amsgrad": _adam(0.001, 1e-7),
        "adamw": _adam(0.001, 1e-7, 0.004),
        **SHARED,
    },
    "pytorch": {
        "sgd": {"learning_rate": 0.001},
        "momentum": {"learning_rate": 0.001, "momentum": 0.9},
        "nesterov": {"learning_rate": 0.001, "momentum": 0.9},
        "adagrad": {"learning_rate": 0.01, "epsilon": 1e-10},
        "adadelta": {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
        "rmsprop": {"learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8},
        "adam": _adam(0.001, 1e-8),
        "adamax": _adam(0.002, 1e-8),
        "nadam": _adam(0.002, 1e-8),
        "amsgrad": _adam(0.001, 1e-8),
        "adamw": _adam(0.001, 1e-8, 0.01),
        **SHARED,
    },
}


def default(name: str, convention: str, optimizer: str) -> Any:
    """The value a knob takes when it is left out, under a convention and with an optimizer."""
    if followed := declaration(name).knob.follows:
        return default(followed, convention, optimizer)
    if name in GENERAL[convention]:
        return GENERAL[convention][name]
    if name == "weight_decay":
        return RATES[convention][optimizer].get(name, 0.0)
    return RATES[convention][optimizer].get(name, Knobs._field_defaults[name])


def resolve(knobs: Knobs) -> Knobs:
    """Knobs with every left-out value replaced by its default. What nothing reads may stay None."""
    filled = {
        name: default(name, knobs.convention, knobs.optimizer)
        for name, value in zip(Knobs._fields, knobs, strict=True)
        if value is None
    }
    if knobs.schedule_gamma is None:
        filled["schedule_gamma"] = SCHEDULE_GAMMA.get(knobs.schedule, 0.5)
    if knobs.standardize_target is None:
        filled["standardize_target"] = knobs.standardize
    return knobs._replace(**filled)
