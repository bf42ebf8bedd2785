"""Whether what a network gets wrong looks like noise, or like a shape that it could still learn."""

from __future__ import annotations

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
    data, knobs = run.experiment.dataset, run.experiment.resolved
    rows = np.flatnonzero(data.sets == TRAIN)
    rows = rows[:: -(-len(rows) // MOST_SAMPLES)]
    if len(rows) <= NEIGHBOURS:
        return 0.0
    given = run.prepare(data.inputs[rows])
    answers = run.answer(given)
    targets = data.targets[rows]
    if data.is_classification:
        targets = (np.arange(answers.shape[1]) == targets[:, np.newaxis]).astype(np.float64)
    errors = targets - answers
    key = "neighbours", knobs.features, knobs.standardize, knobs.precision
    around = errors[data.once(key, lambda: _neighbours(given.T.astype(np.float64)))].mean(axis=1)
    spread = float((errors**2).mean())
    return float((errors * around).mean()) / spread if spread > 0 else 0.0


def _neighbours(places: NDArray[np.float64]) -> NDArray[np.intp]:
    """(points, NEIGHBOURS): the numbers of each one's nearest."""
    squares = (places**2).sum(axis=1)
    distances = squares[:, np.newaxis] + squares - 2 * places @ places.T
    np.fill_diagonal(distances, np.inf)
    return np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS].copy()
