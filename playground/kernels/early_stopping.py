"""Early stopping, decided at the end of each epoch exactly as Keras' callback does, and in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.kernels.jit import kernel
from playground.kernels.settings import Rates, Rules

NOTHING, IMPROVED, STOP = range(3)


@kernel
def is_beyond(value: float, best: float, rules: Rules, rates: Rates) -> Any:
    """Whether a value improves on another by more than δ. As in Keras, rounded to the run's own precision first."""
    margin = abs(rates.min_delta)
    if rules.maximize:
        value, best = -value, -best
    if rules.is_single:
        return np.float32(value + margin) < np.float32(best)
    return value + margin < best


@kernel
def judge(value: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> int:
    """Watch one value; epoch counts from 0. Returns NOTHING, IMPROVED (keep these weights) or STOP.

    Each epoch adds 1 to the wait. A value improves if there is no best yet, or if value + δ < best (value − δ > best
    when larger is better), strictly; it then becomes the best, and the wait starts again unless a baseline is set and
    not beaten. Otherwise the run stops when the wait has reached the patience, but never at epoch 0. A first value of
    NaN becomes the best, and nothing improves on it.
    """
    if epoch < rules.start_from_epoch:
        return NOTHING
    clock.wait += 1
    if not clock.has_best or is_beyond(value, clock.best, rules, rates):
        clock.best = value
        clock.best_epoch = epoch + 1
        clock.has_best = 1
        if not rules.has_baseline or is_beyond(value, rates.baseline, rules, rates):
            clock.wait = 0
        return IMPROVED
    if clock.wait >= rules.patience and epoch > 0:
        return STOP
    return NOTHING
