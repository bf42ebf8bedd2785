"""A rehearsal: updates made on a twin of a run, so that what the next one will do can be looked at; the run stays.

The twin is trained by the kernel that trains the run, from the same arrays and with the same draws: what is rehearsed
is what happens next, bit for bit. Other settings may be tried in it, as clipping switched off to see a gradient whole.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels import steps
from playground.kernels.columns import COLUMNS
from playground.kernels.keeping import NEVER, Kept
from playground.training.inside import seen
from playground.training.standing import Standing
from playground.training.state import State, twin


class Update(NamedTuple):
    """One update: flat arrays before and after it.

    epoch, batch: of the batch it is made from, counted from 0. number: t, the how many-th update since the optimizer's
    memory began, counted from 1. rate: η. gradients: with the penalty's share, clipped; weights, slots: before;
    new_weights, new_slots: after.
    """

    epoch: int
    batch: int
    number: int
    rate: float
    weights: NDArray[Any]
    slots: NDArray[Any]
    gradients: NDArray[Any]
    new_weights: NDArray[Any]
    new_slots: NDArray[Any]

    @property
    def step(self) -> NDArray[Any]:
        """(parameters,) float64: by how much the update moves each weight."""
        moved: NDArray[np.float64] = self.new_weights.astype(np.float64) - self.weights
        return moved


class Rehearsal:
    """A twin of a run as it stands; ``update`` trains it by one batch. For the run's own thread.

    rules, rates: settings that are changed in the twin, by name, as ``{"clip_norm": 0.0}``.
    """

    def __init__(self, run: Standing, rules: dict[str, int] | None = None, rates: dict[str, float] | None = None):
        run.check_thread()
        self._origin = run.state
        made = twin(run.state)
        self.state = made._replace(
            net=made.net._replace(wish=np.zeros(1, np.int64)),
            rules=run.state.rules._replace(**rules or {}),
            rates=run.state.rates._replace(**rates or {}),
        )
        self.stand()

    def stand(self, weights: NDArray[Any] | None = None, slots: NDArray[Any] | None = None) -> None:
        """Stand where the run stands, or with other weights, or other memory of the optimizer."""
        self._fill(self.state, self._origin)
        if weights is not None:
            self.state.net.weights[...] = weights
        if slots is not None:
            self.state.store.slots[...] = slots

    @staticmethod
    def _fill(state: State, origin: State) -> None:
        wish = state.net.wish
        for place, source in zip((*state.net[1:], *state.store), (*origin.net[1:], *origin.store)):
            if place is not source and place is not wish:
                place[...] = source
        state.clocks[...] = origin.clocks
        # One that has ended is seen as if it went on.
        state.clock["status"] = steps.TRAINING

    def seek(self, epoch: int, batch: int) -> None:
        """Have this batch next, both counted from 0; weights and memory stay."""
        self.state.clock["epoch"], self.state.clock["batch"] = epoch, batch

    def update(self) -> Update:
        """Train the twin by the next batch."""
        state = self.state
        net, slots = state.net, state.store.slots
        epoch, batch = int(state.clock["epoch"]), int(state.clock["batch"])
        weights, before = net.weights.copy(), slots.copy()
        self._advance(1)
        number = int(state.clock["update"] - state.clock["since"])
        rate = float(state.clock["learning_rate"])
        after = net.gradients.copy(), net.weights.copy(), slots.copy()
        return Update(epoch, batch, number, rate, weights, before, *after)

    @cached_property
    def _advance(self) -> Callable[[int], int]:
        """The kernel that trains, on the twin; what it notes is passed over."""
        state, kind = self.state, self.state.net.weights.dtype
        none = np.empty((0, 1), kind)
        kept = Kept(none, none, state.clocks[:0], np.array([0, NEVER, NEVER]))
        rows, norms = np.zeros((1, len(COLUMNS))), np.zeros((1, 0), kind)
        parts = state.net, state.store, state.samples, state.rules, state.rates, state.clocks
        return steps.advance.bind(*parts, rows, norms, kept)

    def masks(self) -> list[NDArray[Any] | None]:
        """(units, samples) of each hidden layer: what dropout multiplied the last batch's units by, 0 for dropped.

        Of its last chunk, where a batch went through in several. None without dropout.
        """
        state = self.state
        samples = self._last_samples()
        layers = state.net.layers[:-1]
        if not state.rates.dropout:
            return [None for _ in layers]
        return [seen(state.net, state, layer, "mask", samples) for layer in layers]

    def _last_samples(self) -> int:
        """How many samples the last chunk of the last batch had."""
        rules, whole = self.state.rules, int(self.state.samples.inputs.shape[1])
        size, chunk = int(rules.batch_size), int(rules.chunk)
        batches = -(-whole // size)
        batch = (int(self.state.clock["batch"]) - 1) % batches
        total = min(size, whole - batch * size)
        return total - (total - 1) // chunk * chunk
