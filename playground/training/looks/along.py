"""Measurements along a run's epochs, the one that is looked at among them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels.settings import Rules, Settings
from playground.kernels.steps import TRAINING
from playground.training.carrying import needs_other_arrays
from playground.training.past import Past
from playground.training.rehearsal import Rehearsal, Update
from playground.training.run import Run
from playground.training.state import first_slots, make_settings
from playground.training.strip import Looked, Moment, Strip, measure_once, over_epochs

HURRIED = 0.0004  # seconds for what is not measured yet, at full speed
PIECES = 0.002  # seconds for the pieces of what takes long
PATIENT = 0.03  # and where nothing else is waiting
MOST_BATCHES = 64  # of an epoch, that are rehearsed
WORK = 4e6  # samples that are shuffled, and weights that meet samples, eight to one; two batches are made all the same


def along(
    run: Looked,
    key: Any,
    measure: Callable[[Moment], Any],
    is_whole: bool = False,
    seconds: float = PATIENT,
    in_pieces: bool = False,
) -> Strip:
    """As ``over_epochs``, of a run or of a past's whole run, with the epoch whose weights are seen: that at which a
    past stands, or whose weights were put back."""
    strip = over_epochs(run, key, measure, is_whole=is_whole, seconds=seconds, in_pieces=in_pieces)
    epoch = run.epoch if isinstance(run, Past) else run.restored_epoch
    if epoch is None or epoch in strip.epochs:
        return strip
    moment = moment_of(run) if isinstance(run, Past) else restored(run)
    if is_whole and moment.slots is None:
        return strip
    place = bisect_left(strip.epochs, epoch)
    epochs, values = list(strip.epochs), list(strip.values)
    epochs.insert(place, epoch)
    values.insert(place, measure_once(run, ("seen", key), measure, moment))
    return Strip(tuple(epochs), tuple(values), strip.is_whole)


def moment_of(past: Past) -> Moment:
    """What a past holds; the optimizer's memory, where it is known of that epoch."""
    state = past.state
    net = state.net
    copy = past.whole.timeline.find(past.epoch)
    is_lost = bool(past.epoch) and copy is not None and copy.epoch == past.epoch and copy.rest is None
    slots = None if is_lost else state.store.slots
    return Moment(past.epoch, past.experiment, net.weights, net.moving, net.batch, slots, state.clock, net)


def restored(run: Run) -> Moment:
    """The weights that were put back; what the optimizer remembered then was not kept."""
    state, net, epoch = run.state, run.net, run.restored_epoch or run.epoch
    clock = state.clocks.copy().view(np.recarray)[0]
    clock["epoch"], clock["batch"] = epoch, 0
    return Moment(epoch, state.experiment, net.weights, net.moving, net.batch, None, clock, net)


def rehearsals_of(run: Looked, changed: Callable[[Rules], dict[str, float]] | None = None) -> Rehearsals:
    """Those that the run remembers: to make a twin takes longer than to use it."""
    state, known = run.whole.state, run.remembered.get(("rehearsals", changed))
    if known is None or known[0] is not state:
        known = run.remembered["rehearsals", changed] = state, Rehearsals(run, changed or as_it_is)
    found: Rehearsals = known[1]
    return found


def as_it_is(rules: Rules) -> dict[str, float]:
    """No setting is changed."""
    return {}


class Rehearsals:
    """Updates that a run would make, or would have made, from any of its moments.

    changed: given the rules, which rates are others, as ``{"clip_norm": 0.0}``. One rehearsal serves all moments of the
    same experiment.
    """

    def __init__(self, run: Looked, changed: Callable[[Rules], dict[str, float]] = as_it_is) -> None:
        self._run = run.whole
        self._changed = changed
        self._made: dict[int, Rehearsal | None] = {}

    def at(self, moment: Moment) -> Rehearsal | None:
        """One that stands at a moment; None where the run's arrays do not serve what it was of then."""
        number = id(moment.experiment)
        if number not in self._made:
            self._made[number] = self._make(moment)
        rehearsal = self._made[number]
        if rehearsal is not None:
            self.stand(rehearsal, moment)
        return rehearsal

    def _make(self, moment: Moment) -> Rehearsal | None:
        state, experiment = self._run.state, moment.experiment
        if experiment is state.experiment:
            return Rehearsal(self._run, rates=self._changed(state.rules))
        slots = first_slots(experiment.resolved, state.net.weights.size, state.net.weights.dtype)
        if needs_other_arrays(state.experiment, experiment) or slots.shape != state.store.slots.shape:
            return None
        rules, rates = make_settings(experiment, state.samples.inputs.shape[1])
        return Rehearsal(self._run, _named(rules), _named(rates) | self._changed(rules))

    @staticmethod
    def stand(rehearsal: Rehearsal, moment: Moment) -> None:
        """Have a rehearsal stand at a moment; an optimizer's memory that is not known is the run's own."""
        rehearsal.stand(moment.weights, moment.slots)
        Rehearsals._go_back(rehearsal, moment, rehearsal.state.store.slots)

    @staticmethod
    def _go_back(rehearsal: Rehearsal, moment: Moment, slots: NDArray[Any]) -> None:
        """Have what an update changes, and the next one depends on, as it was."""
        state = rehearsal.state
        state.net.weights[...], state.store.slots[...] = moment.weights, slots
        state.clocks[0] = moment.clock
        state.clock["status"] = TRAINING

    def batches(self, moment: Moment) -> Iterator[Update]:
        """What each batch of the epoch to come would do to the weights as they stand; of many, some evenly spaced.

        Nothing where no rehearsal can stand there.
        """
        rehearsal = self.at(moment)
        if rehearsal is None:
            return
        rules, samples = rehearsal.state.rules, int(rehearsal.state.samples.inputs.shape[1])
        count = -(-samples // int(rules.batch_size))
        work = samples + int(rules.batch_size) * moment.weights.size / 8
        most = min(count, MOST_BATCHES, max(int(WORK / work), 2))
        epoch, slots = int(moment.clock["epoch"]), rehearsal.state.store.slots.copy()
        for number in np.linspace(0, count - 1, most).round().astype(int).tolist():
            self._go_back(rehearsal, moment, slots)
            rehearsal.seek(epoch, number)
            yield rehearsal.update()


def _named(settings: Settings) -> dict[str, Any]:
    """Settings by their names."""
    return {name: settings[name].item() for name in settings.dtype.names or ()}
