"""Whether what a network gets wrong looks like noise, or like a shape that it could still learn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import TRAIN
from playground.training.standing import Standing

MOST_SAMPLES = 400
NEIGHBOURS = 5


def structure(run: Standing) -> float:
    """The correlation of training errors with those of the nearest training points: 0 for noise, up to 1.

    errors: target minus answer, of classes their probabilities; neighbours: by standardised features.
    """
    knobs = run.experiment.resolved
    key = "neighbours", knobs.features, knobs.standardize, knobs.precision
    found = run.experiment.dataset.once(key, lambda: _look_around(run))
    if found is None:
        return 0.0
    given, targets, nearest = found
    errors = targets - run.answer(given)
    around = errors[nearest].mean(axis=1)
    spread = float((errors**2).mean())
    return float((errors * around).mean()) / spread if spread > 0 else 0.0


class Around(NamedTuple):
    """Training points as the network takes them, what they should give, and the numbers of each one's nearest."""

    given: NDArray[Any]
    targets: NDArray[np.float64]
    nearest: NDArray[np.intp]


def _look_around(run: Standing) -> Around | None:
    """Of so many training points; None where they are too few."""
    data = run.experiment.dataset
    rows = np.flatnonzero(data.sets == TRAIN)
    rows = rows[:: -(-len(rows) // MOST_SAMPLES)]
    if len(rows) <= NEIGHBOURS:
        return None
    given, targets = run.prepare(data.inputs[rows]), data.targets[rows]
    if data.is_classification:
        targets = (np.arange(len(data.class_names)) == targets[:, np.newaxis]).astype(np.float64)
    places = given.T.astype(np.float64)
    squares = (places**2).sum(axis=1)
    distances = squares[:, np.newaxis] + squares - 2 * places @ places.T
    np.fill_diagonal(distances, np.inf)
    return Around(given, targets, np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS].copy())
