"""A run: an experiment being trained, and what it has left behind so far. No thread, no clock but the wall's."""

from __future__ import annotations

import math
import operator
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from playground.kernels import steps
from playground.kernels.augment import augment
from playground.kernels.columns import COLUMNS
from playground.kernels.network import GO_ON, STOP, Net, noted
from playground.model.experiment import Experiment
from playground.model.knobs import Knobs
from playground.training import snapshot
from playground.training.carrying import PENALTY, adapt, differing
from playground.training.history import History, NormHistory
from playground.training.interrupts import heard
from playground.training.past import Past, Stage, seek
from playground.training.standing import Scores, Standing
from playground.training.state import State, first_slots, prepare
from playground.training.timeline import RUN_BYTES, Timeline
from playground.training.weights import Arrays, put

BURST = 0.008  # seconds


class Run(Standing):
    """Trains an experiment burst by burst; its numbers do not depend on how the bursts are cut.

    initial: weights to start from, by name. budget: bytes for what it keeps of its past. state: one to go on with, of
    the experiment. Raises DataError or KnobError where the experiment cannot be trained.
    """

    def __init__(
        self,
        experiment: Experiment,
        initial: Arrays | None = None,
        budget: int = RUN_BYTES,
        state: State | None = None,
    ) -> None:
        self.state = state or prepare(experiment)
        if initial is not None:
            put(self.state, initial)
        self.taken_up = self.updates  # how many updates had been made before its arrays were its own
        net = self.state.net
        self.initial = (net.weights.copy(), net.moving.copy())
        self.history = History()
        self.norms = NormHistory(net.layers)
        self.timeline = Timeline(self.state, budget)
        self.seconds = 0.0
        self.stages = [Stage(0, experiment)]  # what it began as, and each change
        self.changes: list[tuple[int, dict[str, Any]]] = []
        # How many epochs were trained on another kind of processor or by other kernels: had again, they are only near.
        self.foreign = 0
        self.thread: int | None = None  # the one thread that may train or evaluate it, if only one may
        self.places = {}
        self.remembered = {}
        # Updates in a second, on any machine at least; measured from the first burst on.
        self.updates_per_second = 1e8 / (100 + self.parameters * self.state.rules.batch_size)
        wide = noted(net.layers)
        most = max(1, min(1024, 1_000_000 // max(1, wide)))
        self._rows = np.zeros((most, len(COLUMNS)))
        self._norm_rows = np.zeros((most, wide), net.weights.dtype)

    def check_thread(self) -> None:
        """Raise RuntimeError in any thread but the run's own: the arrays that its network works in may be in use."""
        if self.thread is not None and self.thread != threading.get_ident():
            raise RuntimeError("a run is trained, evaluated and read by its own thread alone; ask for a look instead")

    @property
    def whole(self) -> Run:
        """The run itself, as of a past of it."""
        return self

    @property
    def begun(self) -> Knobs:
        """What it began with; changes came later."""
        return self.stages[0].experiment.knobs

    @property
    def is_in_epoch(self) -> bool:
        """Whether an epoch has been begun and not yet ended."""
        return bool(self._hands["batch"].item()) and not self.has_ended

    @property
    def norm_width(self) -> tuple[int, ...]:
        """The shape of what is noted of the normalization in an epoch."""
        return tuple(self._norm_rows.shape[1:])

    @property
    def restored_epoch(self) -> int | None:
        """The epoch whose weights stand at the end, if early stopping has put them back."""
        if not (self.state.rules.early_stopping and self.experiment.resolved.restore_best_weights):
            return None
        has_ended = self.status in (snapshot.FINISHED, snapshot.STOPPED_EARLY)
        return self._hands["best_epoch"].item() or None if has_ended else None

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
    def _measured(self) -> dict[str, float] | None:
        """What the kernel has measured of the weights as they stand, by column; None where nothing is known of them."""
        epoch = self.restored_epoch or self.epoch
        is_other = self.changes or self.foreign or self._hands["batch"].item() or self.status == snapshot.DIVERGED
        if is_other or not 0 < epoch <= len(self.history):
            return None
        return dict(zip(COLUMNS, self.history.rows[epoch - 1].tolist()))

    @property
    def penalty(self) -> float:
        found = self._measured
        return super().penalty if found is None else found["penalty"]

    def scores(self) -> Scores:
        self.check_thread()
        found = self._measured
        if found is None or self.state.test[0].size:
            return super().scores()
        return Scores(
            found["train_loss"], found["val_loss"], math.nan, found["train_metric"], found["val_metric"], math.nan
        )

    def advance(self, budget: int) -> int:
        """Make up to ``budget`` updates; fewer when the run ends, many epochs have passed, or another thread wants it
        to stop (``stop``). Returns epochs done.
        """
        self.check_thread()
        before, goal = self.epoch, self.updates + budget
        if self.has_batches_through:
            self._call(0)
        while (left := goal - self.updates) > 0:
            # A call ends where copies of the past are given up: which they are must not depend on the calls.
            room = self.timeline.room(self.epoch) * self.batches - self._hands["batch"].item()
            wanted = min(left, room)
            self._call(wanted)
            if self.updates < goal - left + wanted:
                break
        return self.epoch - before

    def _call(self, budget: int) -> None:
        """Have the kernel make so many updates."""
        before, start = self.epoch, time.perf_counter()
        try:
            with heard(self.stop, budget / self.updates_per_second):
                self._advance(budget)
        finally:
            # An interrupt from the keyboard is heard when the kernel returns: its epochs count all the same.
            self.go_on()
            self._note(self.epoch - before, time.perf_counter() - start)

    def stop(self) -> None:
        """Have the kernel leave off before its batch is done, if it trains now; from any thread.

        What it has begun is done again from its start when training goes on: no number depends on it.
        """
        self.state.net.wish[0] = STOP

    def go_on(self) -> None:
        """Take back a wish to stop that nobody has heard."""
        self.state.net.wish[0] = GO_ON

    @property
    def has_batches_through(self) -> bool:
        """Whether an epoch lacks nothing but its evaluation, at which somebody stopped it."""
        return self._hands["batch"].item() == self.batches and not self.has_ended

    @cached_property
    def _advance(self) -> Callable[[int], int]:
        """The kernel that trains, on this run's state."""
        state, rows = self.state, (self._rows, self._norm_rows)
        parts = state.net, state.store, state.samples, state.rules, state.rates, state.clocks
        return steps.advance.bind(*parts, *rows, self.timeline.growing.kept)

    def _note(self, done: int, seconds: float) -> None:
        """Take the last epochs' rows into the history."""
        before = self.seconds
        self.seconds += seconds
        self.history.extend(self._rows[:done], before, self.seconds)
        if self._norm_rows.shape[1]:
            self.norms.extend(self.epoch - done + 1, self._norm_rows[:done])
        if done:
            self.timeline.reach(self.epoch)

    def burst(self, seconds: float = BURST, epochs: int = 0) -> int:
        """Train for about that many seconds, and at most to the end of that many epochs. Returns epochs done."""
        updates, before = self.updates, self.seconds
        budget = max(1, int(self.updates_per_second * seconds))
        if epochs:
            budget = min(budget, epochs * self.batches - self._hands["batch"].item())
        done = self.advance(budget)
        spent = self.seconds - before
        if spent > 0 and self.updates > updates:
            rate = (self.updates - updates) / spent
            # A first call pays for loading kernels; grow step by step instead of trusting one measurement.
            self.updates_per_second = min(rate, 4 * max(self.updates_per_second, 250.0))
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
        """Go on as another experiment from the next epoch on, and note it; an epoch in hand is finished first.

        Live knobs change nothing else; what others make begin anew is told by carrying.restarts. Raises DataError or
        KnobError where no run can go on so.
        """
        if experiment == self.experiment:
            return
        while self.is_in_epoch:
            self.finish_epoch()
        before, knobs = self.state, experiment.knobs
        self.state = adapt(before, experiment)
        if self.state.store.last_weights is not before.store.last_weights:
            self.taken_up = int(self.state.clock["update"])
        if not self.updates:
            # Nothing was trained: it begins as what it is now.
            self.stages = [Stage(0, experiment)]
            net = self.state.net
            self.state.store.slots[...] = first_slots(experiment.resolved, net.weights.size, net.weights.dtype)
        else:
            self.stages.append(Stage(self.epoch, experiment))
            names = differing(before.experiment.knobs, knobs)
            self.changes.append((self.epoch, {name: getattr(knobs, name) for name in names}))
            if PENALTY & set(names):
                self.history.compare_from(self.epoch)
        if before.clocks is not self.state.clocks:
            self.timeline.begin(self.state, self.epoch)
        self._bind_anew()

    def _bind_anew(self) -> None:
        """Let the kernel have other arrays."""
        for name in ("_advance", "_hands", "batches"):
            self.__dict__.pop(name, None)

    def at(self, epoch: int) -> Past:
        """The run as it stood at the end of an epoch (0: the start), before any weights were put back.

        For the thread that trains it. Raises ValueError for an epoch that it has not completed, or TypeError.
        """
        self.check_thread()
        return [past for past in seek(self, operator.index(epoch), 1.0) if past is not None][-1]

    @property
    def has_moved_on(self) -> bool:
        """Whether something happened since the end of its last epoch."""
        is_changed = bool(self.changes) and self.changes[-1][0] == self.epoch
        return is_changed or bool(self._hands["batch"].item()) or self.status == snapshot.DIVERGED

    def keep_within(self, budget: int) -> None:
        """Have another budget of bytes for the past."""
        self.timeline.resize(budget)
        self._bind_anew()
