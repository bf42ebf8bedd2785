"""Bias and variance in words: what the history of a run says, on which evidence, and what the lecture advises.

Losses are compared without the penalty, and in shares of the best constant predictor's training loss: 1 is knowing
nothing but the targets' own distribution.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS
from playground.kernels.losses import loss_and_gradient
from playground.kernels.settings import Rules
from playground.model.knobs import Knobs
from playground.training.run import Run
from playground.training.snapshot import DIVERGED, READY, TRAINING, Verdict

POOR = 0.7  # a training loss above this share of the constant predictor's has learned little
GAP = 0.15  # validation above training by more than this share, and half as much again, is variance
RISE = 1.1  # a validation loss this many times its best,
RISE_SHARE = 0.1  # and by this share of the constant's above it, has turned up
FALL = 0.01  # a training loss that loses this share of itself in a window is still falling
EARLY = 0.3  # of the epochs asked for: before that, at most EARLY_EPOCHS, a poor fit may yet become a good one
EARLY_EPOCHS = 100
PIECE = 8192  # epochs that are looked at together
BLOWN_UP = 10  # a training loss this many times its start has diverged, unless it halves in a window

Remedies = tuple[tuple[str, dict[str, Any]], ...]


class Trend(NamedTuple):
    """The end of a history: means over the last window of epochs, in shares of the constant predictor's loss."""

    train: float
    val: float
    best_val: float
    best_epoch: int
    train_at_best: float
    fall: float  # of the training loss, from the window before to the last one
    window: int


def diagnose(run: Run) -> Verdict:
    """The verdict on a run as it stands: diverged, overfit, underfit, good, or still training."""
    if run.status == READY:
        return Verdict("none", "not trained yet")
    knobs = run.experiment.resolved
    if run.status == DIVERGED:
        return _diverged(run.failure, knobs)
    rows = run.history.rows[: run.restored_epoch]
    if len(rows) < 3:
        return Verdict("training", "training has begun")
    reference = constant_loss(run.state.rules, run.state.samples.targets)
    trend = measure(rows, reference)
    times = trend.train * reference / max(run.start_loss, 1e-12)
    if times > BLOWN_UP and trend.fall < trend.train:
        return _diverged(f"the training loss is {times:.3g} times what it was at the start, and not falling", knobs)
    is_early = len(rows) < min(EARLY * knobs.epochs, EARLY_EPOCHS)
    return _compare(trend, knobs, run.status == TRAINING, is_early)


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


def measure(rows: NDArray[np.float64], reference: float) -> Trend:
    """Summarise a history of at least three epochs, (epochs, len(COLUMNS))."""
    window = max(1, min(len(rows) // 5, 50))
    train = rows[-2 * window :, COLUMNS.index("data_loss")] / reference
    now = float(train[-window:].mean())
    before = float(train[-2 * window : -window].mean())
    # A short moving mean, so that one lucky epoch is not taken for the best.
    width = max(1, window // 4)
    best, lowest = _lowest(rows, width)
    if best is None:
        return Trend(now, np.nan, np.nan, len(rows), now, before - now, window)
    at_best = float(rows[best : best + width, COLUMNS.index("data_loss")].mean()) / reference
    val = float(_val_loss(rows[-window:]).mean()) / reference
    return Trend(now, val, lowest / reference, best + (width - 1) // 2 + 1, at_best, before - now, window)


def _val_loss(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The validation loss without the penalty, of each epoch."""
    return np.asarray(rows[:, COLUMNS.index("val_loss")] - rows[:, COLUMNS.index("penalty")])


def _lowest(rows: NDArray[np.float64], width: int) -> tuple[int | None, float]:
    """Where a moving mean of the validation loss begins that is lowest, and how low; None where it is NaN all along."""
    best, lowest = None, np.inf
    # Piece by piece: a long history must not need as much memory again.
    for start in range(0, len(rows) - width + 1, PIECE):
        smooth = np.convolve(_val_loss(rows[start : start + PIECE + width - 1]), np.ones(width) / width, mode="valid")
        place = int(np.where(np.isnan(smooth), np.inf, smooth).argmin())
        if smooth[place] < lowest:
            best, lowest = start + place, float(smooth[place])
    return best, lowest


def _compare(trend: Trend, knobs: Knobs, is_running: bool, is_early: bool) -> Verdict:
    gap = trend.val - trend.train
    has_risen = trend.val > max(RISE * trend.best_val, trend.best_val + RISE_SHARE)
    # Where hardly anything was learned, a validation loss that wanders is no variance.
    turned = has_risen and trend.train < min(trend.train_at_best, POOR)
    told = (
        f"Training loss is {trend.train:.0%} of a constant guess's, validation loss {trend.val:.0%} "
        f"(best {trend.best_val:.0%} at epoch {trend.best_epoch})."
    )
    if turned or (gap > GAP and trend.val > 1.5 * trend.train):
        since = trend.best_epoch if turned else None
        title = f"overfitting since epoch {since}" if turned else "overfitting"
        return Verdict("overfit", title, f"{told} High variance.", since, _against_variance(knobs))
    still_falling = trend.fall > FALL * max(trend.train, 0.1)
    if is_running and (still_falling or (is_early and trend.train > POOR)):
        return Verdict("training", "still learning", told if trend.val == trend.val else "")
    if trend.train > POOR:
        return Verdict("underfit", "underfitting", f"{told} High bias.", None, _against_bias(knobs, still_falling))
    if trend.val != trend.val:
        told = f"Training loss is {trend.train:.0%} of a constant guess's; there is no validation set to compare with."
        return Verdict("training", "no validation set", told)
    return Verdict("good", "good fit", told)


def _diverged(evidence: str, knobs: Knobs) -> Verdict:
    rate = float(knobs.learning_rate or 0.0)
    remedies: Remedies = ((f"Lower the learning rate to {rate / 10:.3g}", {"learning_rate": rate / 10}),)
    return Verdict("diverged", "diverged", evidence[:1].upper() + evidence[1:] + ".", None, remedies)


def _against_variance(knobs: Knobs) -> Remedies:
    """The lecture's answers to high variance, as far as they are not yet in use."""
    found: list[tuple[str, dict[str, Any]]] = []
    if not knobs.early_stopping:
        found.append(("Stop early", {"early_stopping": True, "patience": 20}))
    if knobs.penalty == "none":
        strength = 1.0 if knobs.convention == "lecture" else 0.01
        found.append((f"Add an L2 penalty, λ {strength:g}", {"penalty": "l2", "penalty_strength": strength}))
    if not knobs.dropout and knobs.layers:
        found.append(("Drop out a quarter of the units", {"dropout": 0.25}))
    if not knobs.augment:
        found.append(("Augment the data with jitter", {"augment": True, "augment_jitter": 0.2}))
    return tuple(found)


def _against_bias(knobs: Knobs, still_falling: bool) -> Remedies:
    """The lecture's answers to high bias: more capacity, more epochs, less regularization."""
    found: list[tuple[str, dict[str, Any]]] = []
    if still_falling:
        found.append(("Train twice as long", {"epochs": min(2 * knobs.epochs, 10_000_000)}))
    wider = tuple(min(2 * units, 256) for units in knobs.layers) or (16, 16)
    found.append((f"Widen the layers to {', '.join(map(str, wider))}", {"layers": wider}))
    if knobs.penalty != "none":
        found.append(("Remove the penalty", {"penalty": "none"}))
    if knobs.dropout:
        found.append(("Remove dropout", {"dropout": 0.0}))
    return tuple(found)
