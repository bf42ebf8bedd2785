"""What a run shows of itself at one moment: an immutable value that travels from the trainer to the window."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS

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


class Surface(NamedTuple):
    """The network's answer over the visible plane, in evaluation mode.

    values: (rows, columns, k) float32, row 0 at y_low: the probability of each of k ≥ 2 classes; or (rows, columns, 1),
    the predicted value, for a regression over two features; or (columns, outputs) over one feature.
    extent: (x_low, x_high, y_low, y_high) in coordinates of the dataset's plane.
    epoch: the epoch whose weights it shows.
    """

    values: NDArray[np.float32]
    extent: tuple[float, float, float, float]
    epoch: int


NOTHING_KEPT = np.empty((0, 0))
NOTHING_KEPT.flags.writeable = False


class NormSeries(NamedTuple):
    """A normalization layer's vectors over the epochs; one that this normalization does not have is (n, 0).

    epochs: (n,). mean, variance, gamma, beta: (n, units): moving mean and variance, learned scale and shift.
    scale: (n, units): the learned length of each unit's weights, of weight normalization. All in the run's precision.
    """

    layer: int
    epochs: NDArray[np.int64]
    mean: NDArray[Any]
    variance: NDArray[Any]
    gamma: NDArray[Any]
    beta: NDArray[Any]
    scale: NDArray[Any] = NOTHING_KEPT


class Verdict(NamedTuple):
    """The diagnosis in words, with its cause, its evidence and what to change.

    kind: "none", "training", "underfit", "overfit", "good", "diverged", "unfair": the sets cannot be compared.
    title: a few words. evidence: one or two sentences with numbers. since: the epoch from which it holds, or None.
    remedies: advice, each with the knob changes that follow it, best first. cause: one of CAUSES, or None.
    """

    kind: str
    title: str
    evidence: str = ""
    since: int | None = None
    remedies: tuple[tuple[str, dict[str, Any]], ...] = ()
    cause: str | None = None


class Snapshot(NamedTuple):
    """The state of a run for display.

    history: (epochs, len(COLUMNS)) float64, a row an epoch.
    best_epoch: the epoch of the lowest validation loss since the penalty was last changed, or None.
    stopped_epoch: the epoch at which early stopping ended the run, or None.
    restored_epoch: the epoch whose weights stand now, if early stopping restored them.
    failure: what became NaN or infinite, where and when, if the run diverged.
    """

    epoch: int
    status: str
    history: NDArray[np.float64]
    best_epoch: int | None
    stopped_epoch: int | None
    restored_epoch: int | None
    surface: Surface | None
    norms: tuple[NormSeries, ...]
    verdict: Verdict
    seconds: float
    parameters: int
    failure: str = ""

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of the history: (epochs,)."""
        return self.history[:, COLUMNS.index(name)]
