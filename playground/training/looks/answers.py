"""What a network answers to a set's points, and what of it is wrong: confusion, calibration, residuals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import SETS, VALIDATION, Dataset
from playground.training.standing import Standing

MOST = 20_000  # samples that are asked for
FEWEST = 200  # where time is short
BINS = 10  # of the confidence
LEAST = 1e-300  # a probability whose logarithm is still finite

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Question(NamedTuple):
    """Which set's points are asked for (dataset.py), and how many of them at most, evenly chosen."""

    part: int = VALIDATION
    most: int = MOST

    def coarser(self, most: int) -> Question:
        return self._replace(most=min(max(most, FEWEST), self.most))


class Reliability(NamedTuple):
    """How often answers of a confidence are right. Of each bin of the confidence, (BINS,), from 0 to 1:

    counts: answers in it. confidence: their mean. right: the share of them that is right; NaN for an empty bin.
    error: the expected calibration error, Σ counts/n · |right − confidence|. Guo et al., 2017.
    """

    counts: Places
    confidence: Floats
    right: Floats
    error: float


class Classes(NamedTuple):
    """Answers to points of classes.

    targets, predicted: (n,) class numbers. confidence: the probability of the answer. losses: −ln of the true class's.
    confusion: (k, k) counts, a row a true class, a column a predicted one. precision, recall: (k,), NaN where no answer
    or no point is of the class. wrong: the places of wrong answers in ``rows``, the greatest loss first.
    """

    targets: Places
    predicted: Places
    confidence: Floats
    losses: Floats
    confusion: Places
    precision: Floats
    recall: Floats
    wrong: Places
    reliability: Reliability

    @property
    def accuracy(self) -> float:
        return float(np.trace(self.confusion)) / max(len(self.targets), 1)

    def taken(self, true: int, answer: int) -> Places:
        """The places of points of one class that were taken for another, or rightly for it."""
        return np.flatnonzero((self.targets == true) & (self.predicted == answer))


class Values(NamedTuple):
    """Answers to points of a regression, in the targets' own units.

    targets, predicted: (n, outputs). residuals: targets − predicted. wrong: the places in ``rows``, the greatest
    residual first. bias: the residuals' mean; rmse: the root of their mean square; r2: 1 − Σ residual² / Σ (y − ȳ)².
    """

    targets: Floats
    predicted: Floats
    residuals: Floats
    wrong: Places
    bias: float
    rmse: float
    r2: float


class Answers(NamedTuple):
    """What was answered.

    question: as it was asked. rows: (n,) the numbers of the points in the dataset; a point whose answer is not finite
    is left out. samples: how many the set has. sizes: how many points are in each set. of: the answers themselves.
    """

    question: Question
    rows: Places
    samples: int
    sizes: tuple[int, ...]
    of: Classes | Values

    @property
    def worst(self) -> Places:
        """The numbers of the points in the dataset that were answered wrongly, the greatest loss first.

        Of a regression all, for every one is off by something.
        """
        return self.rows[self.of.wrong]

    @property
    def outlying(self) -> Places:
        """Those of them that stand out: all wrong ones, or of a regression those off by more than twice the RMSE."""
        if isinstance(self.of, Classes):
            return self.worst
        off = self.of.residuals[self.of.wrong] / (self.of.rmse or 1.0)  # whose squares are finite, whatever flew away
        return np.asarray(self.worst[np.sqrt((off**2).mean(axis=1)) > 2])


def answers(run: Standing, question: Question) -> Answers:
    """Ask a run for its answers to the points of a set."""
    data = run.experiment.dataset
    rows, given, sizes = _given(run, data, question)
    found = run.answer(given)
    is_finite = np.isfinite(found).all(axis=1)
    if not is_finite.all():
        rows, found = rows[is_finite], found[is_finite]
    targets = data.targets[rows]
    of: Classes | Values = classes(targets.astype(np.intp), found) if data.is_classification else values(targets, found)
    return Answers(question, rows, sizes[question.part], sizes, of)


def _given(run: Standing, data: Dataset, question: Question) -> tuple[Places, NDArray[Any], tuple[int, ...]]:
    """Numbers and inputs of the points that are asked for, and the sets' sizes; remembered, for they do not change."""
    sizes = tuple(int((data.sets == part).sum()) for part in range(len(SETS)))
    stride = 1
    while sizes[question.part] > stride * question.most:
        stride *= 2
    key = ("answers", question.part, stride)
    known = run.remembered.get(key)
    if known is None or known[0] is not data:
        rows = np.flatnonzero(data.sets == question.part)[::stride]
        known = run.remembered[key] = (data, rows, run.prepare(data.inputs[rows]))
    return known[1], known[2], sizes


def classes(targets: Places, probabilities: Floats) -> Classes:
    """Judge (n, k) probabilities of the classes."""
    samples, count = probabilities.shape
    predicted = probabilities.argmax(axis=1)
    places = np.arange(samples)
    confidence = probabilities[places, predicted]
    losses = -np.log(np.maximum(probabilities[places, targets], LEAST))
    confusion = np.bincount(targets * count + predicted, minlength=count * count).reshape(count, count)
    right = np.diagonal(confusion)
    wrong = np.flatnonzero(predicted != targets)
    return Classes(
        targets,
        predicted,
        confidence,
        losses,
        confusion,
        _shares(right, confusion.sum(axis=0)),
        _shares(right, confusion.sum(axis=1)),
        wrong[np.argsort(-losses[wrong], kind="stable")],
        reliability(confidence, predicted == targets),
    )


def reliability(confidence: Floats, is_right: NDArray[np.bool_]) -> Reliability:
    """Sort answers by their confidence into bins of one width; a confidence at an edge counts to the lower one."""
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
    counts = np.bincount(bins, minlength=BINS)
    mean = _shares(np.bincount(bins, confidence, BINS), counts)
    share = _shares(np.bincount(bins, is_right, BINS), counts)
    gaps = np.abs(np.bincount(bins, is_right - confidence, BINS))
    return Reliability(counts, mean, share, float(gaps.sum()) / max(len(confidence), 1))


def _shares(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """part / whole, NaN where there is nothing."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))


def values(targets: Floats, predicted: Floats) -> Values:
    """Judge (n, outputs) values."""
    residuals = targets - predicted
    squares = residuals**2
    spread = float(((targets - targets.mean(axis=0)) ** 2).sum()) if len(targets) else 0.0
    return Values(
        targets,
        predicted,
        residuals,
        np.argsort(-squares.sum(axis=1), kind="stable"),
        float(residuals.mean()) if len(targets) else np.nan,
        float(np.sqrt(squares.mean())) if len(targets) else np.nan,
        1 - float(squares.sum()) / spread if spread > 0 else np.nan,
    )
