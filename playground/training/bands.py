"""A quantity over the epochs of several runs: its mean and its deviation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS


class Band(NamedTuple):
    """A column of some histories by epoch, each (epochs,): mean and standard deviation (of the population).

    It ends with the run that ended first.
    """

    epochs: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


def band(histories: Sequence[NDArray[np.float64]], column: str = "val_loss") -> Band:
    """The band of one or more histories, each (epochs, len(COLUMNS))."""
    length = min(map(len, histories))
    values = np.stack([history[:length, COLUMNS.index(column)] for history in histories])
    with np.errstate(invalid="ignore", over="ignore"):  # of a run that diverged
        return Band(histories[0][:length, 0], values.mean(axis=0), values.std(axis=0))
