"""A run as it stood at the end of any of its epochs: from a copy that was kept, or trained again from the nearest one.

Everything that a run is follows from its experiment, its first weights and what was changed on the way; so an epoch
that is had again is the same, bit for bit, where processor and kernels are those it was trained with.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels import steps
from playground.kernels.columns import COLUMNS
from playground.kernels.keeping import NEVER, Kept
from playground.kernels.network import GO_ON, Net
from playground.model.experiment import Experiment
from playground.training.carrying import adapt, needs_other_arrays, settle
from playground.training.standing import Standing
from playground.training.state import State, first_slots, make_settings, prepare, twin
from playground.training.timeline import Copy

if TYPE_CHECKING:
    from playground.training.run import Run

BURST = 0.008  # seconds between two chances to give up
MOST_EPOCHS = 1024  # in a call


class Stage(NamedTuple):
    """From the end of an epoch on, a run is of this experiment."""

    epoch: int
    experiment: Experiment


class Past(Standing):
    """A run as it stood at the end of an epoch, before any weights were put back; the run itself is untouched.

    is_exact: whether it is so bit for bit; it is only near where epochs had to be trained again that were once trained
    on another kind of processor, or by other kernels. whole: the run.
    """

    def __init__(self, run: Run, state: State, is_exact: bool) -> None:
        self.state = state
        self.is_exact = is_exact
        self.initial = run.initial
        self.history = run.history.first(self.epoch)
        self.norms = run.norms.first(self.epoch)
        self.seconds = self.history.seconds
        self.whole = run
        self.places = run.places
        self.remembered = run.remembered
        self.changes = [change for change in run.changes if change[0] < self.epoch]
        if run.penalty_epoch:
            self.history.compare_from(self.penalty_epoch)

    def check_thread(self) -> None:
        self.whole.check_thread()  # it works in the run's own arrays

    @property
    def net(self) -> Net:
        self.check_thread()
        return self.state.net


class Replay:
    """A state that is trained again, through the changes that were made to its run."""

    def __init__(self, state: State, stages: Sequence[Stage], rate: float) -> None:
        self.state = state
        self._stages = [stage for stage in stages if stage.epoch >= max(1, self.epoch)]
        self._rate = rate  # updates a second
        self._bind()

    @property
    def epoch(self) -> int:
        return int(self.state.clock["epoch"])

    def _bind(self) -> None:
        state, kind = self.state, self.state.net.weights.dtype
        none = np.empty((0, 1), kind)
        kept = Kept(none, none, state.clocks[:0], np.array([0, NEVER, NEVER]))
        rows, norms = np.zeros((MOST_EPOCHS, len(COLUMNS))), np.zeros((MOST_EPOCHS, 0), kind)
        parts = state.net, state.store, state.samples, state.rules, state.rates, state.clocks
        self._advance = steps.advance.bind(*parts, rows, norms, kept)
        self._batches = -(-int(state.samples.inputs.shape[1]) // int(state.rules.batch_size))

    def train(self, until: int, seconds: float) -> bool:
        """Train for about so many seconds, to the end of that epoch at most. Returns whether it is there."""
        self._change(until)
        goal = min([until, *(stage.epoch for stage in self._stages[:1])])
        clock = self.state.clock
        left = (goal - self.epoch) * self._batches - int(clock["batch"])
        before, begun = int(clock["update"]), time.perf_counter()
        self._advance(max(0, min(left, int(self._rate * seconds) + 1)))
        self.state.net.wish[0] = GO_ON  # who wanted it to stop has been heard
        done = int(clock["update"]) - before
        self._rate = max(self._rate, done / max(time.perf_counter() - begun, 1e-6))
        if self.epoch < goal and int(clock["status"]) in (steps.FINISHED, steps.STOPPED_EARLY):
            # Only a run that is near, not equal, can end before the run that it repeats.
            clock["status"] = steps.TRAINING
        return self.epoch >= until or int(clock["status"]) == steps.DIVERGED

    def _change(self, until: int) -> None:
        """Make the changes that are due, but not those made after the last epoch that is wanted."""
        while self._stages and self._stages[0].epoch == self.epoch < until and not self.state.clock["batch"]:
            self.state = adapt(self.state, self._stages.pop(0).experiment)
            self._bind()


def seek(run: Run, epoch: int, seconds: float = BURST) -> Iterator[Past | None]:
    """Have the run as it stood at the end of an epoch: None after each burst of training it again, and then itself.

    Who does not want it any more leaves off. Raises ValueError for an epoch that the run has not completed.
    """
    found = kept(run, epoch)
    if found is None or found.epoch < epoch:
        found = run.timeline.find(epoch, is_whole=True)
        replay = again(run, epoch, found)
        while not replay.train(epoch, seconds):
            yield None
        yield Past(run, replay.state, is_exact=replay_is_exact(run, found, epoch))
    else:
        yield Past(run, as_it_stood(run, found), is_exact=True)


def kept(run: Run, epoch: int) -> Copy | None:
    """The last copy of a run at or before an epoch; None where that is its start."""
    if not 0 <= epoch <= run.epoch:
        raise ValueError(f"epoch {epoch} of a run that has completed {run.epoch}; the start is 0")
    is_last = epoch == run.epoch and not run.has_moved_on
    return copied(run.state) if is_last and epoch else run.timeline.find(epoch)


def again(run: Run, epoch: int, found: Copy | None) -> Replay:
    """A replay that begins at a checkpoint, or at the run's start; at the run's own end there is nothing to do."""
    if epoch == run.epoch and epoch and not run.has_moved_on:
        found = copied(run.state)
    return Replay(as_it_stood(run, found), run.stages, run.updates_per_second)


def replay_is_exact(run: Run, found: Copy | None, epoch: int) -> bool:
    """Whether what is trained again from a copy is what it was."""
    begun = found.epoch if found is not None else 0
    return begun == epoch or begun >= run.foreign


def as_it_stood(run: Run, found: Copy | None) -> State:
    """A state in arrays of its own, as a copy has it; None is the run's start."""
    epoch = found.epoch if found is not None else 0
    earlier = [stage for stage in run.stages if stage.epoch < epoch]
    state = _blank(run.state, (earlier or run.stages)[-1 if earlier else 0].experiment)
    net, store = state.net, state.store
    if found is None:
        net.weights[...], net.moving[...] = run.initial
        store.slots[...] = first_slots(state.experiment.resolved, net.weights.size, net.weights.dtype)
        return state
    parts: list[NDArray[Any]] = [net.weights, net.moving, net.batch]
    _spread(found.flat, parts)
    state.clocks[0] = found.clock
    if found.rest is not None:
        best = (store.best_weights, store.best_moving) if state.rules.early_stopping else ()
        _spread(found.rest, [store.slots, *best])
    settle(state)
    return state


def _blank(state: State, experiment: Experiment) -> State:
    """A state of an experiment to be filled, sharing with that of another what it can."""
    if needs_other_arrays(state.experiment, experiment):
        return prepare(experiment)
    new = twin(state)
    if experiment is state.experiment:
        return new
    rules, rates = make_settings(experiment, state.samples.inputs.shape[1])
    return new._replace(experiment=experiment, rules=rules, rates=rates)


def _spread(flat: NDArray[Any], parts: Sequence[NDArray[Any]]) -> None:
    """Fill arrays with what lies one after the other in a flat one."""
    place = 0
    for part in parts:
        part.reshape(-1)[...] = flat[place : place + part.size]
        place += part.size


def copied(state: State) -> Copy:
    """A copy of what stands, a checkpoint; only at the end of an epoch is it one of that epoch."""
    net, store = state.net, state.store
    best = (store.best_weights, store.best_moving) if state.rules.early_stopping else ()
    flat = np.concatenate([net.weights, net.moving, net.batch])
    rest = np.concatenate([store.slots.reshape(-1), *best])
    return Copy(int(state.clock["epoch"]), flat, state.clocks[0].copy(), rest)
