"""A network as it stands at some moment of its training, and all that it can be asked."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels import steps
from playground.kernels.measure import evaluate, predict
from playground.kernels.network import Net
from playground.kernels.penalties import cost
from playground.model.dataset import TEST, TRAIN, VALIDATION
from playground.model.experiment import Experiment
from playground.training import snapshot
from playground.training.carrying import PENALTY
from playground.training.fairness import Comparison, compare
from playground.training.history import History, NormHistory
from playground.training.state import State, standardize
from playground.training.weights import Arrays, take

STATUS = (snapshot.TRAINING, snapshot.FINISHED, snapshot.STOPPED_EARLY, snapshot.DIVERGED)
QUANTITIES = ("loss", "gradient", "weight")


class Scores(NamedTuple):
    """Losses (penalty included) and metrics of one set of weights; NaN for a set that is empty."""

    train_loss: float
    val_loss: float
    test_loss: float
    train_metric: float
    val_metric: float
    test_metric: float


class Errors(NamedTuple):
    """Root of the mean squared error over a set's points and outputs; NaN for a set that is empty."""

    train_rmse: float
    val_rmse: float
    test_rmse: float


class Standing:
    """An experiment's state, the history that led to it, and the weights that it began with."""

    state: State
    history: History
    norms: NormHistory
    initial: tuple[NDArray[Any], NDArray[Any]]
    seconds: float
    changes: list[tuple[int, dict[str, Any]]]  # the knobs that were changed at the end of an epoch
    places: dict[Any, NDArray[Any]]  # where it was looked at, as the network takes it (surface.py)
    remembered: dict[Any, Any]  # what looks have found out of the run and need not find out again (strip.py)

    def check_thread(self) -> None:
        """Raise RuntimeError where this thread may not evaluate the network."""

    @property
    def experiment(self) -> Experiment:
        return self.state.experiment

    @cached_property
    def _hands(self) -> dict[str, NDArray[np.int64]]:
        """The clock's numbers that are read at every turn: views, for a record takes a while to open."""
        clocks = self.state.clocks.view(np.ndarray)
        return {name: clocks[name] for name in ("epoch", "batch", "update", "status", "best_epoch")}

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self._hands["epoch"].item()

    @property
    def updates(self) -> int:
        """Updates made."""
        return self._hands["update"].item()

    @property
    def status(self) -> str:
        """READY, TRAINING, FINISHED, STOPPED_EARLY or DIVERGED (snapshot.py)."""
        status = STATUS[self._hands["status"].item()]
        return snapshot.READY if status == snapshot.TRAINING and not self.updates else status

    @property
    def has_ended(self) -> bool:
        return self._hands["status"].item() != steps.TRAINING

    @property
    def parameters(self) -> int:
        return int(self.state.net.weights.size)

    @cached_property
    def batches(self) -> int:
        """Batches, and so updates, in an epoch."""
        return -(-int(self.state.samples.inputs.shape[1]) // int(self.state.rules.batch_size))

    @property
    def best_epoch(self) -> int | None:
        """The epoch early stopping holds best, or without it the one of the lowest validation loss."""
        if self.state.rules.early_stopping and (best := self._hands["best_epoch"].item()):
            return best
        return self.history.best_epoch

    @cached_property
    def comparison(self) -> Comparison:
        """Whether the sets can be compared; no change that a run goes on with moves a point."""
        data = self.experiment.dataset
        return data.once("comparison", lambda: compare(data))

    @property
    def penalty_epoch(self) -> int:
        """The epoch after which the penalty was last changed while training went on, or 0."""
        return max((epoch for epoch, changed in self.changes if PENALTY & set(changed)), default=0)

    @property
    def stopped_epoch(self) -> int | None:
        return self.epoch if self.status == snapshot.STOPPED_EARLY else None

    @property
    def restored_epoch(self) -> int | None:
        """The epoch whose weights stand, if others were put back."""
        return None

    @property
    def net(self) -> Net:
        """The network as it stands."""
        return self.state.net

    @property
    def weights(self) -> Arrays:
        """The weights as they stand, by name."""
        net = self.net
        return take(net.layers, net.weights, net.moving)

    @property
    def batch_statistics(self) -> Arrays:
        """Mean and biased variance of the last batch in each batch-normalized layer: batch_mean0, batch_var0, …"""
        net = self.state.net
        named = take(net.layers, net.weights, net.batch)
        return {name.replace("moving", "batch"): array for name, array in named.items() if name.startswith("moving")}

    @property
    def initial_weights(self) -> Arrays:
        """The weights before the first update, by name."""
        return take(self.state.net.layers, *self.initial)

    @property
    def failure(self) -> str:
        """What became NaN or infinite, and where, if the run diverged."""
        if self.status != snapshot.DIVERGED:
            return ""
        clock = self.state.clock
        quantity = QUANTITIES[int(clock["failed_quantity"])]
        where, depth = int(clock["failed_layer"]), len(self.state.net.layers)
        place = "the output layer" if where == depth else f"layer {where}"
        return f"the {quantity} became infinite or NaN at epoch {int(clock['failed_epoch']):,}, {place}"

    @cached_property
    def start_loss(self) -> float:
        """The training loss of the first weights, without the penalty."""
        self.check_thread()
        state, samples = self.state, self.state.samples
        net = _calm(state.net._replace(weights=self.initial[0], moving=self.initial[1]))
        loss, _ = evaluate(net, state.rules, state.rates, samples.inputs, samples.targets, samples.variance)
        return float(loss)

    @property
    def penalty(self) -> float:
        """What the penalty adds to each loss of the weights as they stand."""
        state = self.state
        return float(cost(self.net.weights, state.store.shares, state.rules, state.rates))

    def scores(self) -> Scores:
        """Losses and metrics of the weights as they stand, in evaluation mode."""
        state, net = self.state, _calm(self.net)
        samples, rules, rates = state.samples, state.rules, state.rates
        variance = float(state.test[1].var(axis=1, dtype=np.float64).mean()) if state.test[1].size else 0.0
        look, penalty = evaluate.bind(net, rules, rates), self.penalty
        pairs = [
            look(inputs, targets, spread)
            for inputs, targets, spread in (
                (samples.inputs, samples.targets, samples.variance),
                (samples.val_inputs, samples.val_targets, samples.val_variance),
                (*state.test, variance),
            )
        ]
        return Scores(*(float(loss) + penalty for loss, _ in pairs), *(float(metric) for _, metric in pairs))

    def errors(self) -> Errors:
        """How far the answers of the weights as they stand are off, in the targets' own units; NaN for classes."""
        data = self.experiment.dataset
        if data.is_classification:
            return Errors(math.nan, math.nan, math.nan)
        found = []
        for part in (TRAIN, VALIDATION, TEST):
            chosen = data.sets == part
            off = self.predict(data.inputs[chosen]) - data.targets[chosen]
            with np.errstate(over="ignore"):  # of a run that is about to diverge
                found.append(float(np.sqrt(np.mean(off**2))) if off.size else math.nan)
        return Errors(*found)

    def predict(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The network's answer for (samples, features) raw inputs, in evaluation mode.

        (samples, k) probabilities of k classes, or (samples, outputs) values of a regression in its own units.
        """
        return self.answer(self.prepare(inputs))

    def prepare(self, inputs: NDArray[np.float64]) -> NDArray[Any]:
        """(samples, features) raw inputs as the network takes them: (features × samples). Raises ValueError."""
        state = self.state
        kind = state.net.weights.dtype
        given, features = np.asarray(inputs, np.float64), self.experiment.dataset.inputs.shape[1]
        if given.ndim != 2 or given.shape[1] != features:
            raise ValueError(f"inputs of shape {given.shape} are not accepted; they are (samples, {features})")
        return standardize(given, self.experiment.knobs.features, state.moments, kind)

    def answer(self, given: NDArray[Any]) -> NDArray[np.float64]:
        """The network's answer, as from predict, for inputs that were prepared."""
        state = self.state
        logits = np.empty((int(state.net.layers[-1]["units"]), given.shape[1]), given.dtype)
        predict(self.net, state.rules, state.rates, given, logits)
        return _answers(logits.T.astype(np.float64), state)


def _calm(net: Net) -> Net:
    """The network where nobody wants a kernel to stop: it is asked in full."""
    return net._replace(wish=np.zeros(1, np.int64))


def _answers(logits: NDArray[np.float64], state: State) -> NDArray[np.float64]:
    """Logits (samples, units) as probabilities of the classes, or as values in the targets' own units."""
    if not state.rules.classes:
        mean, deviation = state.target_moments
        return np.asarray(mean + deviation * logits)
    if state.rules.of_classes and logits.shape[1] > 1:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    if state.rules.of_classes:
        second = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
    else:
        # Classes fitted as numbers 0 and 1: nearer to which.
        second = np.clip(logits, 0, 1)
    if logits.shape[1] == 1:
        return np.hstack([1 - second, second])
    return _nearest_shares(logits)


def _nearest_shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shares, 0 … 1 and 1 in all, nearest to each row of (samples, k); the largest stays the largest.

    max(v − θ, 0), with θ such that a row adds up to 1. Held, Wolfe and Crowder, 1974.
    """
    falling = -np.sort(-values, axis=1)
    excess = (falling.cumsum(axis=1) - 1) / np.arange(1, values.shape[1] + 1)
    kept = (falling > excess).sum(axis=1, keepdims=True)
    return np.maximum(values - np.take_along_axis(excess, kept - 1, axis=1), 0)
