"""Which combination of a sweep is best: the means of its runs, their standard errors, and the simplest within one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from playground.training.grid import Plan
from playground.training.knob_axis import SIMPLER

ENDED = ("finished", "stopped_early")


class Mean(NamedTuple):
    """A combination's losses over its seeds and folds: mean, standard error (NaN of one run), and how many runs."""

    mean: float
    error: float
    runs: int


def data_loss(row: Mapping[str, Any], which: str = "val") -> float:
    """The data term of a row's loss ("train", "val", "test"); NaN where there is none, or the run did not end well.

    With the penalty, values of its λ could not be compared: the largest would always lose.
    """
    loss = row.get(f"{which}_loss")
    if loss in (None, "") or row.get("status") not in ENDED:
        return math.nan
    return float(loss) - float(row.get("penalty_term") or 0.0)


def mean_of(losses: Sequence[float]) -> Mean:
    """Their mean. NaN is a run that was not made yet; an infinite one failed, and its combination is not the best."""
    found = np.asarray(losses, np.float64)
    found = found[~np.isnan(found)]
    if not len(found) or not np.isfinite(found).all():
        return Mean(math.nan, math.nan, len(found))
    error = float(found.std(ddof=1) / math.sqrt(len(found))) if len(found) > 1 else math.nan
    return Mean(float(found.mean()), error, len(found))


def one_standard_error(mean: Sequence[float], error: Sequence[float], complexity_order: Sequence[int]) -> int:
    """The index of the simplest choice whose mean loss is within one standard error of the lowest.

    mean, error: of each choice's loss over folds or seeds, and its standard error; NaN where none is known.
    complexity_order: the indices from the simplest to the most complex. Breiman et al., 1984. Raises ValueError where
    no mean is finite.
    """
    means = np.asarray(mean, np.float64)
    if not np.isfinite(means).any():
        raise ValueError("no mean loss is finite")
    best = int(np.nanargmin(np.where(np.isfinite(means), means, np.nan)))
    most = means[best] + np.nan_to_num(error[best])
    return next(int(index) for index in complexity_order if means[index] <= most)


def simplest_first(name: str, values: Sequence[Any]) -> list[int] | None:
    """The order of a knob's values from the simplest network to the most complex; None where it has none."""
    if name not in SIMPLER:
        return None
    if None in values:
        return None
    return sorted(range(len(values)), key=lambda place: -SIMPLER[name] * size_of(values[place]))


def size_of(value: Any) -> float:
    """A number's size, or about how many parameters layers bring."""
    return float(sum(a * b for a, b in zip((1, *value), (*value, 1)))) if isinstance(value, tuple) else float(value)


class Choice(NamedTuple):
    """What a sweep came to: the means by combination, the best one, and the simplest within one standard error."""

    means: list[Mean]
    best: int
    simplest: int | None


def choose(jobs: Plan, losses: Sequence[float]) -> Choice | None:
    """The choice by each run's validation loss, in the order of jobs, as for mean_of; None where none is known."""
    size = jobs.seeds * jobs.per_seed
    means = [mean_of(losses[start : start + size]) for start in range(0, len(jobs), size)]
    found = [one.mean for one in means]
    if not np.isfinite(found).any():
        return None
    best, simplest = int(np.nanargmin(found)), None
    if len(jobs.vary) == 1:
        ((name, values),) = jobs.vary.items()
        order = simplest_first(name, values)
        if order is not None:
            simplest = one_standard_error(found, [one.error for one in means], order)
    return Choice(means, best, simplest)
