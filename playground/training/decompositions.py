"""What the error of many fits is made of: bias², variance and noise, by three losses.

K fits answer the same points; f̄ is their mean, f* the truth, p* the true class probabilities, y a target.

squared error      bias² = mean (f̄ − f*)² − s²/K, variance = s² (K − 1), noise = the targets' own variance
cross-entropy      f̄ ∝ exp(mean ln f): bias² = KL(p* ‖ f̄), variance = mean KL(f̄ ‖ f), noise = the entropy of p*; Heskes,
                   Bias/variance decompositions for likelihood-based estimators, 1998
0–1 loss           f̄ the most frequent answer, y* the most probable class: bias² = P(f̄ ≠ y*), variance =
                   P(f ≠ y*) − bias², noise = P(f ≠ y) − P(f ≠ y*); Domingos, A unified bias-variance decomposition,
                   2000

The three add up to ``error``, the mean loss of the fits, the targets' noise taken in expectation. Where the truth is
not known, the target stands for it, and what is noise is part of the bias. All arrays are float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = 1e-300  # a probability, of which the logarithm is taken


class Parts(NamedTuple):
    """What the error of fits is made of; bias2 + variance + noise = error.

    noise: NaN where it cannot be known, and stands within bias2. loss: on targets that were drawn once, with its
    standard error over the points.
    """

    bias2: float
    variance: float
    noise: float
    error: float
    loss: float
    loss_error: float


def squared(answers: Floats, aims: Floats, noise: float, tested: NDArray[np.bool_], targets: Floats) -> Parts:
    """Of squared error. answers: (fits, points, outputs); aims, targets: (points, outputs); tested: (fits, points).

    noise: NaN where aims are the targets. Every point is answered by two fits or more.
    """
    kept = tested[:, :, np.newaxis]
    count = kept.sum(axis=0)
    mean = _mean(answers, kept)
    spread = np.where(kept, (answers - mean) ** 2, 0.0).sum(axis=0) / (count - 1)
    bias2 = float(((mean - aims) ** 2 - spread / count).mean())
    error = float(_mean((answers - aims) ** 2, kept).mean()) + _known(noise)
    losses = _mean((answers - targets) ** 2, kept).mean(axis=1)
    return Parts(bias2, float(spread.mean()), noise, error, *_drawn(losses))


def cross_entropy(answers: Floats, truth: Floats | None, tested: NDArray[np.bool_], classes: NDArray[np.intp]) -> Parts:
    """Of cross-entropy, in nats. answers: (fits, points, classes) probabilities; truth: (points, classes) or None."""
    logs = np.log(np.maximum(answers, LEAST))
    mean = _mean(logs, tested[:, :, np.newaxis])
    peak = mean.max(axis=1, keepdims=True)
    scale = peak + np.log(np.exp(mean - peak).sum(axis=1, keepdims=True))  # ln Z of exp(mean ln f), negative
    drawn = np.eye(answers.shape[2])[classes]
    aims = drawn if truth is None else truth
    surprise = -(aims * np.log(np.maximum(aims, LEAST))).sum(axis=1)
    bias2 = float((-(aims * (mean - scale)).sum(axis=1) - surprise).mean())
    error = float(-(aims * mean).sum(axis=1).mean())
    noise = math.nan if truth is None else float(surprise.mean())
    return Parts(bias2, float(-scale.mean()), noise, error, *_drawn(-(drawn * mean).sum(axis=1)))


def zero_one(answers: Floats, truth: Floats | None, tested: NDArray[np.bool_], classes: NDArray[np.intp]) -> Parts:
    """Of the share of wrong answers. Its variance is net: below 0 where fits that differ are right more often."""
    count = answers.shape[2]
    chosen = np.eye(count)[answers.argmax(axis=2)]
    votes = _mean(chosen, tested[:, :, np.newaxis])  # (points, classes): how often each is answered
    best = classes if truth is None else truth.argmax(axis=1)
    rows = np.arange(len(best))
    bias2 = float((votes.argmax(axis=1) != best).mean())
    off = float((1 - votes[rows, best]).mean())
    losses = 1 - votes[rows, classes]
    error = off if truth is None else float((1 - (votes * truth).sum(axis=1)).mean())
    return Parts(bias2, off - bias2, math.nan if truth is None else error - off, error, *_drawn(losses))


def _mean(values: Floats, kept: NDArray[np.bool_]) -> Floats:
    """Over the fits that answer a point."""
    return np.asarray(np.where(kept, values, 0.0).sum(axis=0) / kept.sum(axis=0))


def _known(noise: float) -> float:
    return 0.0 if math.isnan(noise) else noise


def _drawn(losses: Floats) -> tuple[float, float]:
    """Mean and standard error of the points' losses."""
    error = float(losses.std(ddof=1)) / math.sqrt(len(losses)) if len(losses) > 1 else math.nan
    return float(losses.mean()), error


def average(found: Sequence[Parts]) -> Parts:
    """Of measurements under several seeds."""
    return Parts(*np.mean(np.array(found), axis=0).tolist())
