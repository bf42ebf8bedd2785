"""A run: an experiment being trained, and what it has left behind so far. No thread, no clock but the wall's."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels import steps
from playground.kernels.augment import augment
from playground.kernels.columns import COLUMNS
from playground.kernels.measure import evaluate, predict
from playground.kernels.network import Net, noted
from playground.kernels.penalties import cost
from playground.model.dataset import TEST, TRAIN, VALIDATION
from playground.model.experiment import Experiment
from playground.training import snapshot
from playground.training.fairness import Comparison, compare
from playground.training.history import History, NormHistory
from playground.training.state import State, adapt, prepare, standardize
from playground.training.weights import Arrays, put, take

BURST = 0.008  # seconds
STATUS = (snapshot.TRAINING, snapshot.FINISHED, snapshot.STOPPED_EARLY, snapshot.DIVERGED)
QUANTITIES = ("loss", "gradient", "weight")
PENALTY_KNOBS = frozenset(("penalty_strength", "elastic_mix"))


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


class Run:
    """Trains an experiment burst by burst; its numbers do not depend on how the bursts are cut.

    initial: weights to start from, by name. Raises DataError or KnobError where the experiment cannot be trained.
    """

    def __init__(self, experiment: Experiment, initial: Arrays | None = None) -> None:
        self.state: State = prepare(experiment)
        if initial is not None:
            put(self.state, initial)
        net = self.state.net
        self.initial = (net.weights.copy(), net.moving.copy())
        self.history = History()
        self.norms = NormHistory(net.layers)
        self.seconds = 0.0
        self.begun = experiment.knobs  # what it began with; live changes came later
        self.changes: list[tuple[int, dict[str, Any]]] = []
        self.thread: int | None = None  # the one thread that may train or evaluate it, if only one may
        self.places: dict[Any, NDArray[Any]] = {}  # where it was looked at, as the network takes it (surface.py)
        # Updates in a second, on any machine at least; measured from the first burst on.
        self._rate = 1e8 / (100 + self.parameters * self.state.rules.batch_size)
        wide = noted(net.layers)
        most = max(1, min(1024, 1_000_000 // max(1, wide)))
        self._rows = np.zeros((most, len(COLUMNS)))
        self._norm_rows = np.zeros((most, wide), net.weights.dtype)

    def check_thread(self) -> None:
        """Raise RuntimeError in any thread but the run's own: the arrays that its network works in may be in use."""
        if self.thread is not None and self.thread != threading.get_ident():
            raise RuntimeError("a run is trained, evaluated and read by its own thread alone; ask for a look instead")

    @property
    def experiment(self) -> Experiment:
        return self.state.experiment

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
    def is_in_epoch(self) -> bool:
        """Whether an epoch has been begun and not yet ended."""
        return bool(self.state.clock["batch"]) and not self.has_ended

    @property
    def has_ended(self) -> bool:
        return self._hands["status"].item() != steps.TRAINING

    @property
    def parameters(self) -> int:
        return int(self.state.net.weights.size)

    @property
    def norm_width(self) -> tuple[int, ...]:
        """The shape of what is noted of the normalization in an epoch."""
        return tuple(self._norm_rows.shape[1:])

    @property
    def batches(self) -> int:
        """Batches, and so updates, in an epoch."""
        return -(-int(self.state.samples.inputs.shape[1]) // int(self.state.rules.batch_size))

    @property
    def best_epoch(self) -> int | None:
        """The epoch early stopping holds best, or without it the one of the lowest validation loss."""
        if self.state.rules.early_stopping and self.state.clock["best_epoch"]:
            return int(self.state.clock["best_epoch"])
        return self.history.best_epoch

    @property
    def stopped_epoch(self) -> int | None:
        return self.epoch if self.status == snapshot.STOPPED_EARLY else None

    @property
    def restored_epoch(self) -> int | None:
        """The epoch whose weights stand at the end, if early stopping has put them back."""
        wanted = self.state.rules.early_stopping and self.experiment.resolved.restore_best_weights
        ended = self.status in (snapshot.FINISHED, snapshot.STOPPED_EARLY)
        return int(self.state.clock["best_epoch"]) if wanted and ended and self.state.clock["best_epoch"] else None

    @property
    def net(self) -> Net:
        """The network as it stands: with the restored weights, if they were.

        Training itself goes on from the last weights, so that raising ``epochs`` continues exactly.
        """
        self.check_thread()
        store = self.state.store
        if self.restored_epoch is None:
            return self.state.net
        return self.state.net._replace(weights=store.best_weights, moving=store.best_moving)

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
        return f"the {quantity} became infinite or NaN at epoch {int(clock['failed_epoch'])}, {place}"

    def advance(self, budget: int) -> int:
        """Make up to ``budget`` updates; fewer when the run ends or many epochs have passed. Returns epochs done."""
        self.check_thread()
        before = self.epoch
        start = time.perf_counter()
        try:
            self._advance(budget)
        finally:
            # An interrupt from the keyboard is heard when the kernel returns: its epochs count all the same.
            self._note(self.epoch - before, time.perf_counter() - start)
        return self.epoch - before

    @cached_property
    def _hands(self) -> dict[str, NDArray[np.int64]]:
        """The clock's numbers that are read at every turn: views, for a record takes a while to open."""
        clocks = self.state.clocks.view(np.ndarray)
        return {name: clocks[name] for name in ("epoch", "batch", "update", "status")}

    @cached_property
    def _advance(self) -> Callable[[int], int]:
        """The kernel that trains, on this run's state."""
        state, rows = self.state, (self._rows, self._norm_rows)
        parts = state.net, state.store, state.samples, state.rules, state.rates, state.clocks
        return steps.advance.bind(*parts, *rows)

    def _note(self, done: int, seconds: float) -> None:
        """Take the last epochs' rows into the history."""
        before = self.seconds
        self.seconds += seconds
        self.history.extend(self._rows[:done], before, self.seconds)
        if self._norm_rows.shape[1]:
            self.norms.extend(self.epoch - done + 1, self._norm_rows[:done])

    def burst(self, seconds: float = BURST, epochs: int = 0) -> int:
        """Train for about that many seconds, and at most to the end of that many epochs. Returns epochs done."""
        updates, before = self.updates, self.seconds
        budget = max(1, int(self._rate * seconds))
        if epochs:
            budget = min(budget, epochs * self.batches - int(self.state.clock["batch"]))
        done = self.advance(budget)
        spent = self.seconds - before
        if spent > 0 and self.updates > updates:
            rate = (self.updates - updates) / spent
            # A first call pays for loading kernels; grow step by step instead of trusting one measurement.
            self._rate = min(rate, 4 * max(self._rate, 250.0))
        return done

    def augment_nothing(self) -> None:
        """Use the kernel that augments on no sample: so that it can be compiled beside the one that trains."""
        samples, kind = self.state.samples, self.state.net.weights.dtype
        x, y = (np.zeros((len(rows), 1), kind) for rows in (samples.inputs, samples.targets))
        augment(x, y, 0, samples.scales, self.state.rules, self.state.rates, 0, 0, 0, x.copy())

    def finish_epoch(self) -> None:
        """Train to the end of the epoch to come, or of the one that was begun."""
        self.advance(self.batches - self._hands["batch"].item())

    def adapt(self, experiment: Experiment) -> None:
        """Go on under changed live knobs from the next epoch on, and note it; an epoch in hand is finished first."""
        if self.is_in_epoch:
            self.finish_epoch()
        old, new = self.experiment.knobs, experiment.knobs
        changed = {name: value for name, value in new._asdict().items() if value != getattr(old, name)}
        self.state = adapt(self.state, experiment)
        self.__dict__.pop("_advance", None)
        clock = self.state.clock
        if int(clock["status"]) == steps.FINISHED and self.epoch < self.state.rules.epochs:
            clock["status"] = steps.TRAINING
        elif int(clock["status"]) == steps.TRAINING and self.epoch >= self.state.rules.epochs:
            clock["status"] = steps.FINISHED
        if self.updates:
            self.changes.append((self.epoch, changed))
            self._compare_within_penalty(changed)

    @cached_property
    def comparison(self) -> Comparison:
        """Whether the sets can be compared; no live change moves a point."""
        return compare(self.experiment.dataset)

    @property
    def penalty_epoch(self) -> int:
        """The epoch after which the penalty was last changed while training went on, or 0."""
        return max((epoch for epoch, changed in self.changes if PENALTY_KNOBS & set(changed)), default=0)

    def _compare_within_penalty(self, changed: dict[str, Any]) -> None:
        """After a change of the penalty the losses of epochs before it are no measure of later ones."""
        if PENALTY_KNOBS & set(changed):
            self.history.compare_from(self.epoch)
            if self.experiment.knobs.monitor != "val_metric":
                self.state.clock["has_best"] = self.state.clock["wait"] = 0

    @cached_property
    def start_loss(self) -> float:
        """The training loss of the first weights, without the penalty."""
        self.check_thread()
        state, samples = self.state, self.state.samples
        net = state.net._replace(weights=self.initial[0], moving=self.initial[1])
        loss, _ = evaluate(net, state.rules, state.rates, samples.inputs, samples.targets, samples.variance)
        return float(loss)

    @property
    def penalty(self) -> float:
        """What the penalty adds to each loss of the weights as they stand."""
        state = self.state
        return float(cost(self.net.weights, state.store.shares, state.rules, state.rates))

    def scores(self) -> Scores:
        """Losses and metrics of the weights as they stand, in evaluation mode."""
        state, net = self.state, self.net
        samples, rules, rates = state.samples, state.rules, state.rates
        variance = float(state.test[1].var(axis=1, dtype=np.float64).mean()) if state.test[1].size else 0.0
        look = evaluate.bind(net, rules, rates)
        pairs = [
            look(inputs, targets, spread)
            for inputs, targets, spread in (
                (samples.inputs, samples.targets, samples.variance),
                (samples.val_inputs, samples.val_targets, samples.val_variance),
                (*state.test, variance),
            )
        ]
        return Scores(*(float(loss) + self.penalty for loss, _ in pairs), *(float(metric) for _, metric in pairs))

    def errors(self) -> Errors:
        """How far the answers of the weights as they stand are off, in the targets' own units; NaN for classes."""
        data = self.experiment.dataset
        if data.is_classification:
            return Errors(math.nan, math.nan, math.nan)
        found = []
        for part in (TRAIN, VALIDATION, TEST):
            chosen = data.sets == part
            off = self.predict(data.inputs[chosen]) - data.targets[chosen]
            found.append(float(np.sqrt(np.mean(off**2))) if off.size else math.nan)
        return Errors(*found)

    def predict(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The network's answer for (samples, features) raw inputs, in evaluation mode.

        (samples, k) probabilities of k classes, or (samples, outputs) values of a regression in its own units.
        """
        return self.answer(self.prepare(inputs))

    def prepare(self, inputs: NDArray[np.float64]) -> NDArray[Any]:
        """(samples, features) raw inputs as the network takes them: (features × samples)."""
        state = self.state
        kind = state.net.weights.dtype
        return standardize(np.asarray(inputs, np.float64), self.experiment.knobs.features, state.moments, kind)

    def answer(self, given: NDArray[Any]) -> NDArray[np.float64]:
        """The network's answer, as from predict, for inputs that were prepared."""
        state = self.state
        logits = np.empty((int(state.net.layers[-1]["units"]), given.shape[1]), given.dtype)
        predict(self.net, state.rules, state.rates, given, logits)
        return _answers(logits.T.astype(np.float64), state)


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
