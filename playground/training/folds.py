"""Folds of a cross-validation: which points train and which validate, in each of several runs.

Stratified: each class is spread over the folds as evenly as whole numbers allow. Only points whose set the split
knobs decide are dealt; a set that a file gives, and the test set, stay. A point's fold follows from its own values and
the seed, as in split.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, Knobs
from playground.model.split import deal, draws

MOST_FOLDS = 1000
APART = 1009  # between the seeds of two repeated splits, so that they are not those of the seeds that follow


class Folds(NamedTuple):
    """How points are dealt again and again.

    share: None for a k-fold cross-validation, in which each point validates once; else the share that validates in
    each of ``times`` random splits.
    """

    times: int
    share: float | None = None

    def check(self) -> None:
        """Raise KnobError where there are no such folds."""
        least = 2 if self.share is None else 1
        if not least <= self.times <= MOST_FOLDS:
            name = "folds" if self.share is None else "splits"
            raise KnobError(
                f"{name}: {self.times} is not accepted; it takes a whole number from {least} to {MOST_FOLDS}"
            )
        if self.share is not None and not 0 < self.share < 1:
            raise KnobError(f"splits: a share of {self.share:g} is not accepted; it takes a number between 0 and 1")


def deal_fold(experiment: Experiment, folds: Folds, fold: int, share: float = 1.0) -> Dataset:
    """The experiment's points with their sets in a fold (from 0).

    share: of the points that would train, how many do; the others are left out, so that a learning curve is measured
    on the same validation sets throughout. Smaller shares are parts of larger ones. Raises DataError.
    """
    points, knobs = experiment.points, experiment.knobs
    free = points.sets == UNASSIGNED
    if not free.any():
        raise DataError("the data says of every point which set it is in; folds have none left to deal")
    tested = deal(points, knobs._replace(train_fraction=1 - knobs.test_fraction)) == TEST
    dealt = free & ~tested
    sets = np.where(tested, TEST, points.sets).astype(np.int8)
    if int(dealt.sum()) < max(folds.times if folds.share is None else 2, 2):
        raise DataError(f"{int(dealt.sum())} points cannot be dealt to {folds.times} folds; take fewer folds")
    if folds.share is None:
        if knobs.split == "sequential":
            numbers = _blocks(int(dealt.sum()), folds.times)
        else:
            numbers = _places(_by_class(points, knobs, dealt)[0]) % folds.times
        validates = numbers == fold
    else:
        again = knobs._replace(
            seed=(knobs.seed + APART * fold) % 2**31, train_fraction=1 - folds.share, test_fraction=0.0
        )
        validates = deal(points.keep(dealt), again._replace(split="shuffled")) == VALIDATION
    sets[dealt] = np.where(validates, VALIDATION, TRAIN)
    made = points.replace(sets=sets)
    if share >= 1:
        return made
    trained = sets == TRAIN
    kept = np.ones(len(sets), bool)
    places = np.arange(int(trained.sum())) if knobs.split == "sequential" else _mixed(points, knobs, trained)
    kept[trained] = places < max(1, int(share * len(places) + 1e-9))
    return made.keep(kept)


def _blocks(points: int, count: int) -> NDArray[np.intp]:
    """Folds of points in file order: as equal as can be, the larger ones first."""
    return np.repeat(np.arange(count), [points // count + (fold < points % count) for fold in range(count)])


def _by_class(points: Dataset, knobs: Knobs, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The chosen points' order, class after class, and their classes; within one by hash, so that equal points follow
    each other and are spread too."""
    targets = points.targets[chosen]
    classes = targets.astype(np.intp) if points.is_classification else np.zeros(len(targets), np.intp)
    hashes = draws(points.inputs[chosen] + 0.0, knobs.seed)
    rows = draws(targets.reshape(len(targets), -1) + 0.0, 0, hashes)
    return np.lexsort((rows, hashes, classes)), classes


def _places(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Each one's place in an order."""
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


def _mixed(points: Dataset, knobs: Knobs, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The chosen points' places in an order of which any first part has each class in its share."""
    order, classes = _by_class(points, knobs, chosen)
    sizes = np.bincount(classes)
    within = _places(order) - (np.cumsum(sizes) - sizes)[classes]
    return _places(np.lexsort((classes, (within + 0.5) / sizes[classes])))
