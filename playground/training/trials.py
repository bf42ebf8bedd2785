"""A remedy that is tried: at which epoch of the run it sets in, and what came of it. No thread, no network."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS, DATA_LOSS, PENALTY, VAL_LOSS
from playground.model.experiment import Experiment
from playground.model.knobs import declarations
from playground.model.spool import pieces
from playground.training.carrying import differing, restarts
from playground.training.snapshot import DIVERGED, Snapshot

MEASURES = ("seed", "loss")  # and the knobs of the group "data": with others the losses cannot be compared
# Causes whose remedies go on with the weights that there are; of others the weights are ruined, or of another network.
GO_ON = ("still_learning", "stopped_too_early", "too_much_regularization", "rate_too_low", "target_scale")


def sets_in(snapshot: Snapshot, changed: Experiment) -> int | None:
    """The epoch at which a run of the changed experiment branches off; None where it begins anew.

    That is the one that is looked at; else for overfitting the best, and for a run that goes on well the last.
    """
    epoch = snapshot.looked
    if epoch is None and snapshot.verdict.cause == "too_complex":
        epoch = snapshot.best_epoch
    elif epoch is None and snapshot.verdict.cause in GO_ON:
        epoch = snapshot.epoch
    before = snapshot.experiment_at(epoch) if epoch else None
    if epoch is None or before is None or epoch >= changed.resolved.epochs or restarts(before, changed).run:
        return None
    return epoch


class Change(NamedTuple):
    """A loss of one run, and of another."""

    before: float
    after: float

    @property
    def gain(self) -> float:
        """What the other has more: below 0 it is better."""
        return self.after - self.before


class Outcome(NamedTuple):
    """What came of a remedy: losses of the run that it was tried on, and of the one that it led to.

    which: the set, "validation" or, where no point validates, "training". is_bare: whether it is without the penalty.
    standing: of the weights as they stand. best: at the lowest, of the other run since it branched off.
    is_open: whether it may yet change, for the other run has not ended.
    """

    which: str
    is_bare: bool
    standing: Change
    best: Change
    is_open: bool


def outcome(before: Snapshot, after: Snapshot, branched: int | None = None) -> Outcome | None:
    """What came of it so far; None before there is an epoch, and where other points, or another loss, are measured.

    Losses are without the penalty, which the two may not have in common.
    """
    own = after.epoch - (branched or 0)
    if not before.epoch or own < 1 or not are_comparable(before, after):
        return None
    rows = before.history, after.history
    validates = not (math.isnan(rows[0][0, VAL_LOSS]) or math.isnan(rows[1][0, VAL_LOSS]))
    places = [(run.restored_epoch or run.epoch) - 1 for run in (before, after)]
    standing = [float(_losses(part[place : place + 1], validates)[0]) for part, place in zip(rows, places)]
    if before.status == DIVERGED:
        standing[0] = math.inf
    if after.status == DIVERGED:
        standing[1] = math.inf
    (lowest, was_bare), (_, is_bare) = (_seen(run.run, 0, validates).follow(run.history) for run in (before, after))
    own_lowest, _ = _seen(after.run, branched or 0, validates).follow(after.history)
    which = "validation" if validates else "training"
    best = Change(lowest, own_lowest)
    return Outcome(which, was_bare or is_bare, Change(*standing), best, not after.has_ended)


def are_comparable(before: Snapshot, after: Snapshot) -> bool:
    """Whether both runs measure the same loss on the same points."""
    one, other = before.experiment, after.experiment
    if one is None or other is None or one.data != other.data:
        return False
    names = differing(one.resolved, other.resolved)
    declared = declarations()
    return not any(declared[name].knob.group == "data" or name in MEASURES for name in names)


def _losses(rows: NDArray[np.float64], validates: bool) -> NDArray[np.float64]:
    """The losses without the penalty, of epochs."""
    return rows[:, VAL_LOSS] - rows[:, PENALTY] if validates else rows[:, DATA_LOSS]


class _Seen:
    """The lowest loss of a history from a row on, NaN where there is none; only what is new is looked through."""

    def __init__(self, start: int, validates: bool) -> None:
        self._start, self._validates = start, validates
        self._begin()

    def _begin(self) -> None:
        self._done, self._ends = 0, np.empty((0, len(COLUMNS)))  # no view, which would keep a run's file
        self._lowest, self._has_penalty = math.nan, False

    def follow(self, history: NDArray[np.float64]) -> tuple[float, bool]:
        """Take in the rows that are new, or another history; the lowest loss, and whether there is a penalty."""
        rows, done = history[self._start :], self._done
        if done > len(rows) or (done and not np.array_equal(rows[[0, done - 1]], self._ends, equal_nan=True)):
            self._begin()
        for _, piece in pieces(rows[self._done :]):
            self._lowest = float(np.fmin(self._lowest, np.fmin.reduce(_losses(piece, self._validates))))
            self._has_penalty |= bool(piece[:, PENALTY].any())
        self._done, self._ends = len(rows), rows[[0, -1]] if len(rows) else self._ends
        return self._lowest, self._has_penalty


@lru_cache(32)
def _seen(run: int, start: int, validates: bool) -> _Seen:
    """What was seen of a run."""
    return _Seen(start, validates)
