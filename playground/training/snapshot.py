"""What a run shows of itself at one moment: an immutable value that travels from the trainer to the window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS
from playground.model.experiment import Experiment

# How a run stands; the first two may go on, the others have ended.
READY, TRAINING, FINISHED, STOPPED_EARLY, DIVERGED = "ready", "training", "finished", "stopped_early", "diverged"


def rmse(r2: float, deviation: float) -> float:
    """The root of the mean squared error of targets of this deviation, from ``R² = 1 − mse / deviation²``."""
    return deviation * math.sqrt(max(1 - r2, 0.0)) if math.isfinite(r2) else math.nan


CAUSES = (
    "still_learning",
    "stopped_too_early",
    "too_small",
    "rate_too_high",
    "rate_too_low",
    "equal_start",
    "dead_units",
    "too_much_regularization",
    "target_scale",
    "too_complex",
    "too_few_points",
    "sets_differ",
    "covariate_shift",
    "broke",
)
NOTHING: Mapping[str, Any] = MappingProxyType({})  # asked for, or seen


class Numbers(NamedTuple):
    """A verdict's evidence as a small chart shows it.

    title: what is measured. rows: what the values of a row are of. series: "training", "validation" or "", of which
    each row has one. is_change: whether the rows are moments, the later one last, and what changed is seen; else each
    value is a bar. unit: "share", told in percent, "count" or "number". is_log: whether factors are compared.
    """

    title: str
    rows: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    series: tuple[str, ...] = ("training", "validation")
    is_change: bool = False
    unit: str = "share"
    is_log: bool = False


class Verdict(NamedTuple):
    """The diagnosis in words, with its cause, its evidence and what to change.

    kind: "none", "training", "underfit", "overfit", "good", "diverged", "unfair": the sets cannot be compared.
    title: a few words. evidence: one or two sentences with numbers. since: the epoch from which it holds, or None.
    remedies: advice, each with the knob changes that follow it, best first. cause: one of CAUSES, or None.
    numbers: the evidence to be drawn, or None.
    """

    kind: str
    title: str
    evidence: str = ""
    since: int | None = None
    remedies: tuple[tuple[str, dict[str, Any]], ...] = ()
    cause: str | None = None
    numbers: Numbers | None = None


class Snapshot(NamedTuple):
    """The state of a run for display.

    run: the number of the run. experiment: what it is of now.
    history: (epochs, len(COLUMNS)) float64, a row an epoch.
    best_epoch: the epoch of the lowest validation loss since the penalty was last changed, or None.
    stopped_epoch: the epoch at which early stopping ended the run, or None.
    restored_epoch: the epoch whose weights stand now, if early stopping restored them.
    failure: what became NaN or infinite, where and when, if the run diverged.
    seen: what was asked for, by the key of its view (views.py).
    batch: updates made in the epoch that was begun, of ``batches``.
    changes: the knobs that were changed while it trained, each with the epoch after which they hold.
    stages: the experiments that it was of, each with the epoch after which it was (past.Stage).
    looked: the past epoch that ``seen`` and ``verdict`` speak of; None where it is the run as it stands.
    is_exact: whether that epoch was had again bit for bit.
    note: what is to be told of its past.
    nbytes, story: memory that the run takes, and what it is (story.py); told only while it stands still.
    """

    run: int
    epoch: int
    status: str
    history: NDArray[np.float64]
    best_epoch: int | None
    stopped_epoch: int | None
    restored_epoch: int | None
    verdict: Verdict
    seconds: float
    parameters: int
    failure: str = ""
    seen: Mapping[str, Any] = NOTHING
    experiment: Experiment | None = None
    batch: int = 0
    batches: int = 1
    changes: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    stages: tuple[Any, ...] = ()
    looked: int | None = None
    is_exact: bool = True
    note: str = ""
    nbytes: int = 0
    story: Any = None

    @property
    def shown(self) -> int:
        """The epoch of the weights that are seen: one that is looked back at, the restored, or the last."""
        return next(epoch for epoch in (self.looked, self.restored_epoch, self.epoch) if epoch is not None)

    @property
    def marker(self) -> int | None:
        """That epoch, where the weights are not those of the last one."""
        return self.shown if self.shown != self.epoch else None

    @property
    def has_ended(self) -> bool:
        return self.status in (FINISHED, STOPPED_EARLY, DIVERGED)

    def experiment_at(self, epoch: int) -> Experiment | None:
        """What it was of when it came to the end of an epoch."""
        earlier = [stage.experiment for stage in self.stages if stage.epoch < epoch]
        begun = self.stages[0].experiment if self.stages else None
        return earlier[-1] if earlier else begun

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of the history: (epochs,)."""
        return self.history[:, COLUMNS.index(name)]
