"""A linear model in the data's own units, whatever inputs and targets were scaled by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import DataError
from playground.training.standing import Standing


class Line(NamedTuple):
    """``target = intercept + features @ slopes``, for classes of the logits.

    slopes: (features,), or (features, outputs) where there are several outputs. intercept: a number, or (outputs,).
    """

    slopes: NDArray[np.float64]
    intercept: float | NDArray[np.float64]


def recover(run: Standing) -> Line:
    """Slopes and intercept of a run without hidden layers, in the data's units. Raises DataError for a deeper one.

    With x̂ = (x − m) / s and ŷ = (y − M) / S, ŷ = x̂·w + b is y = x·(w·S/s) + M + S·b − m·(w·S/s).
    """
    if run.experiment.knobs.layers:
        raise DataError("only a model without hidden layers is linear; set layers to none")
    weights = {name: array.astype(np.float64) for name, array in run.weights.items()}
    (mean, deviation), (target_mean, target_deviation) = run.state.moments, run.state.target_moments
    slopes = weights["W0"] * target_deviation / deviation[:, np.newaxis]
    intercept = target_mean + target_deviation * weights["b0"] - mean @ slopes
    return Line(slopes[:, 0], float(intercept[0])) if len(intercept) == 1 else Line(slopes, intercept)
