"""A look at gradients over the epochs: their lengths by layer, how far batches differ, how often they are clipped."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.settings import Rules
from playground.training.looks.along import HURRIED, PATIENT, PIECES, Rehearsals, along, rehearsals_of
from playground.training.strip import Looked, Moment

Floats = NDArray[np.float64]


class Wanted(NamedTuple):
    """What is asked: the seconds that it may take."""

    seconds: float = PATIENT

    def hurried(self) -> Wanted:
        """The same at full speed."""
        return self._replace(seconds=HURRIED)


class Gradients(NamedTuple):
    """What is seen of a run with L layers, the output layer last. Gradients are those of all that a layer learns, of
    the loss with its penalty, before clipping. What PyTorch's weight decay adds after clipping is none of it.

    epochs: (n,), rising. norms: (n, L), √Σg² of the mean over the epoch's batches, at the weights as they stood at
    its start. noise: (n, L), the root of the batches' mean squared distance from
    that mean; NaN of one batch. whole: (n,) the mean over
    batches of √Σg² of all layers, which clipping compares with its limit. clipped, batches: (n,) how many batches it
    would clip, of how many. limit: of clipping, in force now; 0 without. all_batches: that there are in an epoch.
    """

    epochs: NDArray[np.int64]
    norms: Floats
    noise: Floats
    whole: Floats
    clipped: NDArray[np.int64]
    batches: NDArray[np.int64]
    all_batches: int
    limit: float
    is_whole: bool


class Measured(NamedTuple):
    """At one epoch."""

    norms: list[float]
    noise: list[float]
    whole: float
    clipped: int
    batches: int


def gradients(run: Looked, wanted: Wanted) -> Gradients:
    """Look at them. Raises RuntimeError in a thread that is not the run's own."""
    run.check_thread()
    rehearsals, is_hurried = rehearsals_of(run, unclipped), wanted.seconds < PATIENT
    seconds = PIECES if is_hurried else wanted.seconds
    strip = along(run, "gradients", lambda moment: _measure(rehearsals, moment), seconds=seconds, in_pieces=is_hurried)
    epochs, values = np.array(strip.epochs), strip.values
    return Gradients(
        epochs,
        np.array([one.norms for one in values]),
        np.array([one.noise for one in values]),
        np.array([one.whole for one in values]),
        np.array([one.clipped for one in values]),
        np.array([one.batches for one in values]),
        run.whole.batches,
        float(run.state.rates.clip_norm),
        strip.is_whole,
    )


def unclipped(rules: Rules) -> dict[str, float]:
    """The rates by which gradients are whole. A penalty that is coupled comes after clipping, by the optimizer."""
    return {"clip_norm": 0.0} | ({"penalty_strength": 0.0} if rules.coupled else {})


def _measure(rehearsals: Rehearsals, moment: Moment) -> Generator[None, None, Measured]:
    """Each batch is a piece."""
    layers, size = moment.net.layers, moment.weights.size
    starts = [int(start) for start in layers["weight"]]
    resolved = moment.experiment.resolved
    limit = float(resolved.clip_norm or 0.0)
    slack = 1e-6 if resolved.convention == "pytorch" else 0.0
    total, squares, lengths, clipped, count = np.zeros(size), np.zeros(len(layers)), 0.0, 0, 0
    for update in rehearsals.batches(moment):
        gradient = update.gradients.astype(np.float64)
        total += gradient
        by_layer = np.add.reduceat(gradient * gradient, starts)
        squares += by_layer
        length = math.sqrt(float(by_layer.sum()))
        lengths += length
        clipped += bool(limit) and length + slack > limit
        count += 1
        yield
    if not count:
        return Measured([math.nan] * len(layers), [math.nan] * len(layers), math.nan, 0, 0)
    mean = np.add.reduceat((total / count) ** 2, starts)
    # E‖g − ḡ‖² = E‖g‖² − ‖ḡ‖²
    noise = np.sqrt(np.maximum(squares / count - mean, 0.0)) if count > 1 else np.full(len(layers), math.nan)
    return Measured(np.sqrt(mean).tolist(), noise.tolist(), lengths / count, int(clipped), count)
