"""Batches that are passed through a network as training passes them, though no update is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels import steps
from playground.kernels.penalties import cost
from playground.model.experiment import Experiment
from playground.training.inside import seen
from playground.training.run import Run
from playground.training.snapshot import NOTHING
from playground.training.state import first_clocks, make_settings

QUIET: Mapping[str, Any] = {"dropout": 0.0, "input_dropout": 0.0, "augment": 0}  # nothing is drawn but the batches
MOST = 8  # that a run remembers: one for each that its knobs were changed to


class Trial:
    """A network of an experiment in arrays of its own, by the kernel that trains; its weights are to be ``stand``-ed.

    changed: settings that are others in it, by name. Batches are those of the run, with the same draws.
    """

    def __init__(self, run: Run, experiment: Experiment, changed: Mapping[str, Any] = NOTHING) -> None:
        self.experiment = experiment
        state = run.state
        net, samples = state.net, int(state.samples.inputs.shape[1])
        rules, rates = state.rules, state.rates
        if experiment is not state.experiment:
            rules, rates = make_settings(experiment, samples)
        names = rules.dtype.names or ()
        rules = rules._replace(**{name: value for name, value in changed.items() if name in names})
        rates = rates._replace(**{name: value for name, value in changed.items() if name not in names})
        rows = net.scratch.size // int(state.rules.capacity)
        own = {
            name: np.zeros_like(getattr(net, name)) for name in ("weights", "gradients", "moving", "batch", "scaled")
        }
        scratch = np.zeros(rows * int(rules.capacity), net.weights.dtype)
        net = net._replace(**own, scratch=scratch, wish=np.zeros(1, np.int64))
        store = state.store._replace(order=np.zeros_like(state.store.order))
        self.state = state._replace(
            experiment=experiment, net=net, store=store, rules=rules, rates=rates, clocks=first_clocks()
        )
        self._begin_epoch = steps.begin_epoch.bind(store, rules, rates)
        self._loss = steps.differentiate.bind(net, store, state.samples, rules, rates)
        self._samples, self.size = samples, int(rules.batch_size)
        self.batches = -(-samples // self.size)  # in an epoch
        self._shuffled = -1  # the epoch whose order stands

    def stand(self, weights: NDArray[Any]) -> None:
        """Have these weights from now on."""
        self.state.net.weights[...] = weights

    @property
    def penalty(self) -> float:
        """What the penalty adds to each loss."""
        state = self.state
        return float(cost(state.net.weights, state.store.shares, state.rules, state.rates))

    def loss(self, epoch: int, batch: int) -> float:
        """The mean loss of a batch, without the penalty; both are counted from 0."""
        clock = self.state.clock
        clock["epoch"], clock["batch"] = epoch, batch
        if epoch != self._shuffled:
            self._begin_epoch(clock)
            self._shuffled = epoch
        return float(self._loss(clock))

    def size_of(self, batch: int) -> int:
        """How many samples a batch has: the last one may have fewer."""
        return min(self.size, self._samples - batch * self.size)

    def stage(self, layer: int, name: str, batch: int) -> NDArray[Any]:
        """(units, samples): what stood in a stage of a layer, by its name in LAYOUT, when that batch went through.

        Of its last chunk, where it went through in several, as only those do that no batch statistics are taken of.
        """
        total, chunk = self.size_of(batch), int(self.state.rules.chunk)
        state = self.state
        return seen(state.net, state, state.net.layers[layer], name, total - (total - 1) // chunk * chunk)


def trial_of(run: Run, experiment: Experiment, changed: Mapping[str, Any] = NOTHING) -> Trial:
    """One that the run remembers; it keeps the experiment, by which its number stays its own."""
    known: dict[Any, Trial] = run.remembered.setdefault("trials", {})
    key = id(experiment), tuple(sorted(changed.items()))
    if key not in known:
        if len(known) >= MOST:
            known.pop(next(iter(known)))
        known[key] = Trial(run, experiment, changed)
    return known[key]
