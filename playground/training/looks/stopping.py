"""Where early stopping stands: its best, what would beat that, and how much of its patience is used up."""

from __future__ import annotations

from typing import NamedTuple

from playground.kernels.columns import COLUMNS
from playground.training.standing import Standing


class Stopping(NamedTuple):
    """What the rule holds at the end of an epoch; epochs count from 1.

    monitor: the column that it watches. epoch: the one it stands at. best, best_epoch: of the column; None before it
    has begun. beaten: what a value must pass to be better, by δ; is_rising: whether that is upward. began: the epoch
    since which no value was better; ends: the one at whose end it stops if none is. starts: the first that it watches.
    """

    monitor: str
    epoch: int
    best: float | None
    best_epoch: int | None
    beaten: float | None
    is_rising: bool
    began: int
    ends: int
    starts: int

    @property
    def used(self) -> int:
        """Epochs of the patience that are used up."""
        return self.epoch - self.began

    @property
    def patience(self) -> int:
        """Epochs without a better value that it bears."""
        return self.ends - self.began


def stopping(run: Standing) -> Stopping | None:
    """What a run's clock holds of early stopping; None where it is off."""
    rules, rates, clock = run.state.rules, run.state.rates, run.state.clock
    if not rules.early_stopping:
        return None
    monitor, is_rising = COLUMNS[int(rules.monitored)], bool(rules.maximize)
    began = run.epoch - int(clock["wait"])
    ends, starts = began + int(rules.patience), int(rules.start_from_epoch) + 1
    if not clock["has_best"]:
        return Stopping(monitor, run.epoch, None, None, None, is_rising, began, ends, starts)
    best, margin = float(clock["best"]), abs(float(rates.min_delta))
    beaten = best + margin if is_rising else best - margin
    return Stopping(monitor, run.epoch, best, int(clock["best_epoch"]), beaten, is_rising, began, ends, starts)
