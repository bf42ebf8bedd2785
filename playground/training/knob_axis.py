"""A knob as the axis of a chart: which of its values are tried first, and what lies between two of them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from playground.kernels import network
from playground.model.dataset import DataError
from playground.model.experiment import Experiment, check_trainable
from playground.model.knobs import Declaration, KnobError, declaration, declarations
from playground.model.relevance import offered, relevant
from playground.training.state import plan

# What these choose has losses of its own, that cannot be held against each other.
APART = ("dataset", "seed", "convention", "loss")
BY_TENS = (-3, -2, -1, 0, 1, 2, 3)  # powers of ten around the present value, where equal ratios count
BY_TWOS = (-3, -2, -1, 0, 1, 2, 3)  # powers of two, of whole numbers
BY_PARTS = (0, 0.25, 0.5, 1, 1.5, 2, 4)  # of the present value, where there is no upper end
SHARES = (0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)  # of what lies between 0 and 1
MEMORIES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
NETWORKS: tuple[tuple[int, ...], ...] = ((), (2,), (4,), (8,), (16,), (32,), (64,), (32, 32), (64, 64))
MOST_CHOICES = 16  # and whole numbers, for each to be tried

# Which end of a knob makes the simpler model: 1 the upper, −1 the lower. Of others neither does.
SIMPLER = {
    "penalty_strength": 1,
    "weight_decay": 1,
    "dropout": 1,
    "input_dropout": 1,
    "augment_jitter": 1,
    "augment_label_noise": 1,
    "min_delta": 1,
    "max_norm": -1,
    "layers": -1,
    "epochs": -1,
    "patience": -1,
}


class KnobAxis(NamedTuple):
    """A knob and the values of it that are tried first, in order.

    scale: "log", "linear", or "steps", where values stand evenly apart. wide: parameters of each network, of layers.
    """

    name: str
    scale: str
    values: tuple[Any, ...]

    @property
    def declared(self) -> Declaration:
        return declaration(self.name)

    def place(self, value: Any) -> float:
        """Where a value stands; NaN for one that has no place."""
        if self.scale == "steps":
            return float(self.values.index(value)) if value in self.values else math.nan
        if value is None:
            return math.nan
        if self.scale == "log":
            return math.log10(value) if value > 0 else math.nan
        return float(value)

    def between(self, low: Any, high: Any) -> Any:
        """The value halfway between two; None where there is none."""
        if self.scale == "steps":
            return None
        middle = math.sqrt(low * high) if self.scale == "log" else (low + high) / 2
        found = round(middle) if self.declared.kind is int else float(f"{middle:.2g}")
        return found if low < found < high else None


def can_vary(experiment: Experiment) -> list[str]:
    """The knobs that make a difference now, and can be an axis."""
    shown = relevant(experiment)
    return [name for name, declared in declarations().items() if name in shown and can_be_axis(declared)]


def can_be_axis(declared: Declaration) -> bool:
    """Whether there are values of it to be tried in a row."""
    is_text = declared.kind is str and not declared.choices
    return not is_text and declared.name not in APART


def knob_axis(experiment: Experiment, name: str) -> KnobAxis:
    """The axis of a knob around its present value. Raises KnobError where it cannot vary."""
    declared = declaration(name)
    if not can_be_axis(declared):
        raise KnobError(f"{name}: there are no values of it to be tried in a row; choose a number or another choice")
    if name not in relevant(experiment):
        raise KnobError(f"{name}: makes no difference as the other knobs are")
    scale, found = _values(declared, experiment)
    values = tuple(value for value in found if _is_trainable(experiment, name, value))
    if len(values) < 2:
        raise KnobError(f"{name}: fewer than two values of it can be trained as the other knobs are")
    return KnobAxis(name, scale, values)


def _is_trainable(experiment: Experiment, name: str, value: Any) -> bool:
    try:
        check_trainable(experiment.change(**{name: value}))
    except (KnobError, DataError):
        return False
    return True


def _values(declared: Declaration, experiment: Experiment) -> tuple[str, list[Any]]:
    """The scale and the values, in order."""
    present = getattr(experiment.resolved, declared.name)
    if declared.choices:
        return "steps", list(offered(experiment, declared.name))[:MOST_CHOICES]
    if declared.kind is bool:
        return "steps", [False, True]
    if declared.kind is tuple:
        networks = dict.fromkeys((*NETWORKS, present))
        return "steps", sorted(networks, key=lambda layers: (_parameters(experiment, layers), layers))
    return _numbers(declared, present)


def _parameters(experiment: Experiment, layers: tuple[int, ...]) -> int:
    found: network.Plan = plan(experiment.change(layers=layers))
    return found.parameters


def _numbers(declared: Declaration, present: Any) -> tuple[str, list[Any]]:
    knob, is_whole = declared.knob, declared.kind is int
    if knob.open_high and knob.high == 1 and knob.group == "optimizer":
        # a memory: what counts is how far it is from a whole one
        return "steps", sorted({*MEMORIES, *([present] if present is not None else [])})
    if knob.log or (is_whole and knob.high - knob.low > MOST_CHOICES):
        base = present or (32 if is_whole else 1.0)
        factors = [2.0**power for power in BY_TWOS] if is_whole else [10.0**power for power in BY_TENS]
        return "log", _distinct(declared, [base * factor for factor in factors], least=1 if is_whole else 0)
    if is_whole:
        return "linear", _distinct(declared, list(range(int(knob.low), int(knob.high) + 1)), knob.low)
    if knob.high <= 1:
        return "linear", _distinct(declared, [*SHARES, *([present] if present is not None else [])], knob.low)
    return "linear", _distinct(declared, [(present or 1.0) * part for part in BY_PARTS], knob.low)


def _distinct(declared: Declaration, values: list[float], least: float) -> list[Any]:
    """Round numbers that the knob accepts, in order."""
    knob = declared.knob
    rounded = {round(value) if declared.kind is int else float(f"{value:.3g}") for value in values}
    inside = (max(knob.low, least), knob.high)
    return sorted(
        value
        for value in rounded
        if inside[0] <= value <= inside[1]
        and not (knob.open_low and value == knob.low)
        and not (knob.open_high and value == knob.high)
    )
