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

from playground.kernels import steps
from playground.kernels.penalties import cost
from playground.model.experiment import Experiment
from playground.training.run import Run
from playground.training.state import first_clocks, make_settings
from playground.training.strip import MOST, SECONDS, Looked, Moment, moments

SAMPLES = 2048  # that an epoch's loss is a mean over, as far as
FIRST = 0.125  # of them are gone through for all epochs, before more are for any
BATCHES = (16, 512)  # at least and at most so many batches of them are gone through


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

    def __init__(self, key: Any) -> None:
        self.key = key
        self.penalty = 0.0
        self.losses: list[float] = []  # of batches, without the penalty
        self.sizes: list[int] = []
        self.found = math.nan, math.nan  # mean and error

    def add_up(self) -> None:
        """Find the mean over all samples with the penalty, and its standard error."""
        losses, sizes = np.array(self.losses), np.array(self.sizes, np.float64)
        shares = sizes / sizes.sum()
        mean, count = float(shares @ losses), len(losses)
        spread = float(shares**2 @ (losses - mean) ** 2)
        self.found = mean + self.penalty, math.sqrt(spread * count / (count - 1)) if count > 1 else math.nan


class Trial:
    """Batches of an experiment in arrays of their own, of which the loss is asked, and no update made."""

    def __init__(self, run: Run, experiment: Experiment) -> None:
        self.experiment = experiment
        state = run.state
        rules, rates = state.rules, state.rates
        if experiment is not state.experiment:
            rules, rates = make_settings(experiment, state.samples.inputs.shape[1])
        net = state.net
        rows = net.scratch.size // int(state.rules.capacity)
        own = {
            name: np.zeros_like(getattr(net, name)) for name in ("weights", "gradients", "moving", "batch", "scaled")
        }
        self.net = net._replace(**own, scratch=np.zeros(rows * int(rules.capacity), net.weights.dtype))
        self.store = state.store._replace(order=np.zeros_like(state.store.order))
        self.rules, self.rates = rules, rates
        self._clocks = first_clocks()
        self._begin_epoch = steps.begin_epoch.bind(self.store, rules, rates)
        self._loss = steps.differentiate.bind(self.net, self.store, state.samples, rules, rates)
        self._samples, self._size = int(state.samples.inputs.shape[1]), int(rules.batch_size)
        self.batches = -(-self._samples // self._size)
        low, high = BATCHES
        self.wanted = min(max(SAMPLES // self._size, low), high)

    def draw(self, tally: Tally, moment: Moment, count: int, until: float) -> None:
        """Add batches of the epochs to come to a tally, until it has so many or that time has come; one at least."""
        self.net.weights[...] = moment.weights
        if not tally.losses:
            tally.penalty = float(cost(self.net.weights, self.store.shares, self.rules, self.rates))
        if len(tally.losses) >= count:
            return
        clock, standing = self._clocks[0], -1
        while len(tally.losses) < count and (not tally.losses or time.perf_counter() < until):
            turn, batch = divmod(len(tally.losses), self.batches)
            clock["epoch"], clock["batch"] = moment.epoch + turn, batch
            if standing != turn:
                self._begin_epoch(clock)
                standing = turn
            tally.losses.append(float(self._loss(clock)))
            tally.sizes.append(min(self._size, self._samples - batch * self._size))
        tally.add_up()


def is_harder(experiment: Experiment) -> bool:
    """Whether training has another loss than evaluation: by dropout, augmentation or a batch's own statistics."""
    knobs = experiment.resolved
    drops = bool(knobs.layers) and knobs.dropout > 0
    is_batch = bool(knobs.layers) and knobs.normalization == "batch"
    return drops or knobs.input_dropout > 0 or bool(knobs.augment) or is_batch


def practice(run: Any, seconds: float = SECONDS) -> Practice:
    """Measure the loss in training mode over the epochs; what was drawn before is remembered.

    Epochs of which least was drawn come first; after so many seconds the rest is left to the next look. The epoch whose
    weights were put back, or that is looked back at, is one of them.
    """
    began = time.perf_counter()
    tallies: dict[int, Tally] = run.whole.remembered.setdefault("practice", {})
    trials: dict[int, Trial] = run.whole.remembered.setdefault("trials", {})
    found = {moment.epoch: moment for moment in _moments(run) if is_harder(moment.experiment)}
    for epoch, moment in found.items():
        key = id(moment.experiment), int(moment.clock["update"]), moment.epoch
        if epoch not in tallies or tallies[epoch].key != key:
            tallies[epoch] = Tally(key)
    # What stands comes first, with half of the time at most: it changes with every update.
    queue = sorted(found, key=lambda epoch: (epoch != max(found), len(tallies[epoch].losses)))
    for share, epoch in itertools.product((FIRST, 1.0), queue):
        until = began + seconds / (2 if epoch == queue[0] else 1)
        if epoch != queue[0] and time.perf_counter() > until:
            break
        trial = _trial(run.whole, trials, found[epoch])
        trial.draw(tallies[epoch], found[epoch], math.ceil(share * trial.wanted), until)
    if len(tallies) > 4 * MOST:
        for epoch in set(tallies) - set(found):
            del tallies[epoch]
    known = [epoch for epoch in sorted(found) if tallies[epoch].losses]
    losses, errors = np.array([tallies[epoch].found for epoch in known]).reshape(-1, 2).T
    wanted = {epoch: _trial(run.whole, trials, found[epoch]).wanted for epoch in found}
    is_whole = all(len(tallies[epoch].losses) >= wanted[epoch] for epoch in found)
    return Practice(np.array(known, np.int64), losses, errors, is_whole)


def _moments(run: Looked) -> Iterator[Moment]:
    """Those of a strip, and that of the weights that are seen."""
    yield from moments(run.whole)
    state, net, epoch = run.state, run.net, run.restored_epoch or run.epoch
    if epoch < run.whole.epoch:
        yield Moment(epoch, state.experiment, net.weights, net.moving, net.batch, None, state.clock, net)


def _trial(run: Run, trials: dict[int, Trial], moment: Moment) -> Trial:
    """That of a moment's experiment, which it keeps: by that its number stays its own."""
    key = id(moment.experiment)
    if key not in trials:
        trials[key] = Trial(run, moment.experiment)
    return trials[key]
