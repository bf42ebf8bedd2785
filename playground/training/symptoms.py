"""What a verdict is based on: how the losses went, in shares of a constant guess's loss, without the penalty.

1 is knowing nothing but the targets' own distribution. Epochs are compared only since the penalty was last changed.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS, DATA_LOSS, LEARNING_RATE, PENALTY, VAL_LOSS
from playground.kernels.losses import loss_and_gradient
from playground.kernels.settings import Rules
from playground.model.knobs import Knobs
from playground.training.snapshot import STOPPED_EARLY
from playground.training.standing import Standing

POOR = 0.7  # a training loss above this share of a constant guess's has learned little
FAIR = 0.25  # one above this may still hold what another network would learn
EARLY = 0.3  # of the epochs asked for: before that, at most EARLY_EPOCHS, a poor fit may yet become a good one
EARLY_EPOCHS = 100
MOST_WINDOW = 50

Floats = NDArray[np.float64]


class Symptoms(NamedTuple):
    """A run as its verdict sees it; losses are shares of ``reference``, a constant guess's.

    epochs: since the penalty was last changed. train, val: of the weights as they stand; while training goes on, means
    over the last epochs, which take the noise of batches out. recent, val_recent: means over the last window.
    lowest: training's lowest. best_val, best_epoch: validation's lowest data term; NaN and None without such a set.
    window: epochs in one. fall, val_fall: how much the means over a window fell from the last but one to the last.
    rough: by how much training's loss rises in an epoch, on average over all of the last window, as a share of itself.
    noise: three standard errors of ``fall``, as that tells. rate: the mean learning rate. penalty: what is added to the
    data term.
    """

    run: Standing
    knobs: Knobs
    has_ended: bool
    stopped_early: bool
    is_settled: bool
    reference: float
    epochs: int
    train: float
    val: float
    recent: float
    val_recent: float
    lowest: float
    best_val: float
    best_epoch: int | None
    train_at_best: float
    window: int
    fall: float
    val_fall: float
    rough: float
    noise: float
    rate: float
    penalty: float

    @property
    def has_validation(self) -> bool:
        return self.best_epoch is not None

    @property
    def is_falling(self) -> bool:
        """Whether training's loss still falls by an amount that matters, and is no chance."""
        return self.fall > max(0.02, 0.03 * self.recent, self.noise)


def look(run: Standing) -> Symptoms:
    """What can be seen of a run; NaN where there is no epoch to look at."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is about to break may be too large to be squared
        return _look(run)


def _look(run: Standing) -> Symptoms:
    first = min(run.penalty_epoch, len(run.history))
    rows = run.history.rows[first:]
    epochs = len(rows)
    if not epochs:
        rows = np.full((1, len(COLUMNS)), math.nan)
    knobs = run.experiment.resolved
    reference = guess_loss(run)
    standing = (run.restored_epoch or first + epochs) - 1 - first
    standing = standing if standing >= 0 else len(rows) - 1
    window = max(1, min((len(rows) + (first == 0)) // 5, MOST_WINDOW))
    losses, penalties = rows[:, DATA_LOSS], rows[:, PENALTY]
    tail = losses[-2 * window - 1 :] / reference
    if first == 0 and len(rows) <= 2 * window:
        tail = np.append(run.start_loss / reference, tail)
    if len(tail) <= 2 * window:  # so many are looked at
        tail = np.append(np.full(2 * window + 1 - len(tail), math.nan), tail)
    val_tail = val_loss(rows[-2 * window :]) / reference
    lows = run.history.fold(_look_on, first) or Lows(None, math.nan, math.nan, math.nan)
    best = None if lows.best is None else lows.best - first
    has_ended = run.has_ended
    span = 1 if has_ended else window
    end = standing + 1
    last = tail[-window - 1 :]
    rise = _mean(np.maximum(last[1:] - last[:-1], 0))
    recent, before = _mean(tail[-window:]), _mean(tail[-2 * window : -window])
    return Symptoms(
        run=run,
        knobs=knobs,
        has_ended=has_ended,
        stopped_early=run.status == STOPPED_EARLY,
        is_settled=has_ended or epochs >= min(EARLY * knobs.epochs, EARLY_EPOCHS),
        reference=reference,
        epochs=epochs,
        train=_mean(losses[end - span : end]) / reference,
        val=_mean(val_loss(rows[end - span : end])) / reference,
        recent=recent,
        val_recent=_mean(val_tail[-window:]),
        lowest=lows.lowest / reference,
        best_val=math.nan if best is None else float(val_loss(rows[best : best + 1])[0]) / reference,
        best_epoch=None if best is None else first + best + 1,
        train_at_best=math.nan if best is None else float(losses[best]) / reference,
        window=window,
        fall=before - recent,
        val_fall=_mean(val_tail[:window]) - _mean(val_tail[-window:]),
        rough=rise / max(recent, 1e-12),
        # Of values with deviation σ the rises are .56 σ on average; two means over a window differ by σ √(2/window).
        noise=3 * (rise / 0.56) * math.sqrt(2 / window),
        rate=lows.rates / len(rows),
        penalty=float(penalties[standing]),
    )


def _mean(values: Floats) -> float:
    """As NumPy's own, which takes ten times as long before it adds."""
    return float(np.add.reduce(values)) / len(values)


def val_loss(rows: Floats) -> Floats:
    """The validation loss without the penalty, of each epoch."""
    return np.asarray(rows[:, VAL_LOSS] - rows[:, PENALTY])


class Lows(NamedTuple):
    """What is known of many epochs. best: the row of the lowest data term of the validation set, best_val; None where
    that is NaN all along. lowest: training's lowest. rates: the sum of the learning rates.
    """

    best: int | None
    best_val: float
    lowest: float
    rates: float


def _look_on(found: Lows | None, rows: Floats, first: int) -> Lows:
    """Take some more epochs in; the number of the first one's row."""
    best, lowest_val, lowest, rates = found or Lows(None, math.inf, math.inf, 0.0)
    values = val_loss(rows)
    place = int(np.where(np.isnan(values), np.inf, values).argmin())
    if values[place] < lowest_val:
        best, lowest_val = first + place, float(values[place])
    lowest = float(np.minimum(lowest, rows[:, DATA_LOSS].min()))  # NaN stays
    return Lows(best, lowest_val, lowest, rates + float(rows[:, LEARNING_RATE].sum()))


def guess_loss(run: Standing) -> float:
    """The least mean training loss that one answer for all samples can have."""
    rules, targets, knobs = run.state.rules, run.state.samples.targets, run.experiment.resolved
    key = "guess", int(rules["loss"]), knobs.standardize_target, knobs.precision
    return run.experiment.dataset.once(key, lambda: constant_loss(rules, targets))


def constant_loss(rules: Rules, targets: NDArray[Any]) -> float:
    """The least mean loss that one answer for all samples can have; targets (outputs × samples).

    For classes it is their entropy; for values the loss's own kernel is asked, by halving on the sign of its slope.
    """
    wanted = targets.astype(np.float64)
    if rules.of_classes:
        share = wanted.mean(axis=1)
        parts = np.append(share, 1 - share[0]) if len(share) == 1 else share
        return max(-float((parts * np.log(np.maximum(parts, 1e-12))).sum()), 1e-12)
    low, high = wanted.min(axis=1, keepdims=True), wanted.max(axis=1, keepdims=True)
    slopes, spare, samples, loss = np.empty_like(wanted), np.empty((2, wanted.shape[1])), wanted.shape[1], 0.0
    for _ in range(50):
        middle = (low + high) / 2
        answers = np.repeat(middle, samples, axis=1)
        loss = loss_and_gradient(rules.loss, answers, wanted, samples, samples, slopes, spare)
        rises = slopes.sum(axis=1, keepdims=True) > 0
        low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    return max(float(loss), 1e-12)
