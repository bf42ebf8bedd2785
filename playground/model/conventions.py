"""The defaults of the lecture, Keras 3 and PyTorch 2, where they differ; rates stand in each optimizer's row.

Source: the lecture's slides and algorithm boxes 8.1 to 8.6; the signatures of Keras 3.15 and PyTorch 2.13.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.rules import position
from playground.kernels.schedules import SCHEDULES
from playground.model.knobs import Knobs, declaration

GENERAL: dict[str, dict[str, Any]] = {
    "lecture": {"initializer": "glorot_uniform", "bn_momentum": 0.99, "norm_epsilon": 1e-3},
    "keras": {"initializer": "glorot_uniform", "bn_momentum": 0.99, "norm_epsilon": 1e-3},
    "pytorch": {"initializer": "fan_in_uniform", "bn_momentum": 0.1, "norm_epsilon": 1e-5},
}


def default(name: str, convention: str, optimizer: str) -> Any:
    """The value a knob takes when it is left out, under a convention and with an optimizer."""
    if followed := declaration(name).knob.follows:
        return default(followed, convention, optimizer)
    if name in GENERAL[convention]:
        return GENERAL[convention][name]
    row = OPTIMIZERS[position(OPTIMIZERS, optimizer)]
    otherwise = 0.0 if name == "weight_decay" else Knobs._field_defaults[name]
    return row.defaults[convention].get(name, otherwise)


def resolve(knobs: Knobs) -> Knobs:
    """Knobs with every left-out value replaced by its default. What nothing reads may stay None."""
    left_out = tuple(name for name, value in zip(Knobs._fields, knobs, strict=True) if value is None)
    filled = dict(_defaults(left_out, knobs.convention, knobs.optimizer, knobs.schedule))
    if knobs.standardize_target is None:
        filled["standardize_target"] = knobs.standardize
    return knobs._replace(**filled)


@lru_cache(maxsize=64)
def _defaults(names: tuple[str, ...], convention: str, optimizer: str, schedule: str) -> dict[str, Any]:
    filled = {name: default(name, convention, optimizer) for name in names}
    if "schedule_gamma" in filled:
        filled["schedule_gamma"] = SCHEDULES[position(SCHEDULES, schedule)].gamma
    return filled
