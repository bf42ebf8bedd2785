"""What changes with a choice unless it was set by hand: a rate, a noise or a λ that suits what is chosen."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Any

from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declaration
from playground.model.shapes import usual_noise
from playground.training.regularization import starting_strength


def companions(experiment: Experiment, changes: dict[str, Any], own: Collection[str]) -> dict[str, Any]:
    """Further changes that make a choice work; own: the knobs that were set by hand, which stay."""
    kept = {*own, *changes}
    found: dict[str, Any] = {}
    if _chooses("optimizer", experiment, changes) and "learning_rate" not in kept:
        found["learning_rate"] = None  # the optimizer's own; another's is too large or too small for it
    if _chooses("dataset", experiment, changes) and "noise" not in kept and _reads_noise(changes["dataset"]):
        found["noise"] = usual_noise(changes["dataset"])
    changed = experiment.change(**changes)
    penalty = changed.knobs.penalty
    is_switched = any(_chooses(name, experiment, changes) for name in ("penalty", "convention"))
    if is_switched and penalty != "none" and "penalty_strength" not in kept:
        # Points that cannot be dealt are told elsewhere, and not of this choice.
        with contextlib.suppress(KnobError, DataError):
            found["penalty_strength"] = starting_strength(changed, penalty)
    return found


def _chooses(name: str, experiment: Experiment, changes: dict[str, Any]) -> bool:
    return name in changes and changes[name] != getattr(experiment.knobs, name)


def _reads_noise(dataset: str) -> bool:
    return any(rule.key == dataset and "noise" in rule.reads for rule in declaration("dataset").knob.rules)
