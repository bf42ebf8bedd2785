"""The training loss as training has it: units dropped, points augmented, batches normalized by their own statistics.

The history's losses are taken in evaluation mode. Both are of the same weights, so that their difference is what
dropout, augmentation and small batches make harder, and why validation can lie below training.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.experiment import Experiment
from playground.training.looks.along import PATIENT
from playground.training.looks.trial import Trial, trial_of
from playground.training.past import Past
from playground.training.strip import MOST, Looked, Moment, moments

SAMPLES = 2048  # that an epoch's loss is a mean over, as far as
BATCHES = (16, 512)  # at least and at most so many batches of them are gone through
SCRUB = 0.01  # seconds of a look at a past: the next epoch may be wanted already
FIRST = 0.125  # of them are gone through for all epochs, before more are for any


class Practice(NamedTuple):
    """The loss in training mode, penalty included, of the weights at the end of some epochs.

    epochs: (n,), rising. losses: (n,), means over batches drawn as training draws them. errors: (n,), their standard
    errors, by how the batches differ; NaN of one batch. is_whole: whether no batch is missing.
    """

    epochs: NDArray[np.int64]
    losses: NDArray[np.float64]
    errors: NDArray[np.float64]
    is_whole: bool = True

    def at(self, epoch: int) -> tuple[float, float]:
        """Loss and standard error of an epoch: between two that were measured, on the way from one to the other."""
        if not len(self.epochs) or not self.epochs[0] <= epoch <= self.epochs[-1]:
            return math.nan, math.nan
        loss, error = (float(np.interp(epoch, self.epochs, values)) for values in (self.losses, self.errors))
        return loss, error


class Tally:
    """What was drawn of one epoch so far. key: what it was drawn from."""

    def __init__(self, key: Any = None) -> None:
        self.key = key
        self.losses: list[float] = []  # of batches, without the penalty
        self.sizes: list[int] = []
        self.found = math.nan, math.nan  # the mean with the penalty, and its standard error

    def draw(self, trial: Trial, moment: Moment, count: int, until: float) -> None:
        """Go through batches of the epochs to come until there are so many or that time has come; one at least."""
        if len(self.losses) >= count:
            return
        trial.stand(moment.weights)
        while len(self.losses) < count and (not self.losses or time.perf_counter() < until):
            turn, batch = divmod(len(self.losses), trial.batches)
            self.losses.append(trial.loss(moment.epoch + turn, batch))
            self.sizes.append(trial.size_of(batch))
        losses, sizes = np.array(self.losses), np.array(self.sizes, np.float64)
        shares = sizes / sizes.sum()
        mean, count = float(shares @ losses), len(losses)
        spread = float(shares**2 @ (losses - mean) ** 2)
        self.found = mean + trial.penalty, math.sqrt(spread * count / (count - 1)) if count > 1 else math.nan


def wanted(trial: Trial) -> int:
    """How many batches tell an epoch's loss."""
    low, high = BATCHES
    return min(max(SAMPLES // trial.size, low), high)


def is_harder(experiment: Experiment) -> bool:
    """Whether training has another loss than evaluation: by dropout, augmentation or a batch's own statistics."""
    knobs = experiment.resolved
    drops = bool(knobs.layers) and knobs.dropout > 0
    is_batch = bool(knobs.layers) and knobs.normalization == "batch"
    return drops or knobs.input_dropout > 0 or bool(knobs.augment) or is_batch


def practice(run: Looked, seconds: float = PATIENT) -> Practice:
    """Measure the loss in training mode over the epochs; what was drawn before is remembered.

    Epochs of which least was drawn come first; after so many seconds the rest is left to the next look. The epoch whose
    weights were put back, or that is looked back at, is one of them.
    """
    began = time.perf_counter()
    seconds = min(seconds, SCRUB) if isinstance(run, Past) else seconds
    tallies: dict[int, Tally] = run.remembered.setdefault("practice", {})
    found = {moment.epoch: moment for moment in _moments(run) if is_harder(moment.experiment)}
    trials = {epoch: trial_of(run.whole, moment.experiment) for epoch, moment in found.items()}
    for epoch, moment in found.items():
        key = id(moment.experiment), int(moment.clock["update"])
        if epoch not in tallies or tallies[epoch].key != key:
            tallies[epoch] = Tally(key)
    # What is seen comes first, with half of the time at most: while training goes on it is another each time.
    first = run.restored_epoch or run.epoch
    queue = sorted(found, key=lambda epoch: (epoch != first, len(tallies[epoch].losses)))
    for share, epoch in itertools.product((FIRST, 1.0), queue):
        until = began + seconds / (2 if epoch == queue[0] else 1)
        if epoch != queue[0] and time.perf_counter() > until:
            break
        trial = trials[epoch]
        tallies[epoch].draw(trial, found[epoch], math.ceil(share * wanted(trial)), until)
    if len(tallies) > 4 * MOST:
        for epoch in set(tallies) - set(found):
            del tallies[epoch]
    known = [epoch for epoch in sorted(found) if tallies[epoch].losses]
    losses, errors = np.array([tallies[epoch].found for epoch in known]).reshape(-1, 2).T
    is_whole = all(len(tallies[epoch].losses) >= wanted(trials[epoch]) for epoch in found)
    return Practice(np.array(known, np.int64), losses, errors, is_whole)


def _moments(run: Looked) -> Iterator[Moment]:
    """Those of a strip, and that of the weights that are seen."""
    yield from moments(run)
    state, net, epoch = run.state, run.net, run.restored_epoch or run.epoch
    if epoch < run.whole.epoch:
        yield Moment(epoch, state.experiment, net.weights, net.moving, net.batch, None, state.clock, net)
