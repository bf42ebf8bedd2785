"""A run's past as a strip: some tens of its epochs, evenly spaced, each measured once from the copy that was kept.

Nothing is noted while training goes on; whoever opens a panel late sees the whole past all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.network import Net
from playground.model.experiment import Experiment
from playground.training.past import Past
from playground.training.run import Run
from playground.training.state import first_clocks, first_slots
from playground.training.timeline import Copy

MOST = 48  # epochs of a strip
SECONDS = 0.05  # that a look spends on epochs it has not measured yet
Looked = Run | Past


class Moment(NamedTuple):
    """A run's arrays at the end of an epoch, flat, for reading only; 0 is the start.

    experiment: what it was of. slots: (slots, parameters), the optimizer's memory; None where it was not kept.
    net: the run's network, to take layers from; with ``acting`` it has this moment's weights.
    """

    epoch: int
    experiment: Experiment
    weights: NDArray[Any]
    moving: NDArray[Any]
    batch: NDArray[Any]
    slots: NDArray[Any] | None
    clock: Any
    net: Net

    @property
    def acting(self) -> Net:
        """The network as it stood: its scratch arrays are the run's own."""
        return self.net._replace(weights=self.weights, moving=self.moving, batch=self.batch)

    def copied(self) -> Moment:
        """The same in arrays of its own."""
        flat = {name: getattr(self, name).copy() for name in ("weights", "moving", "batch", "clock")}
        return self._replace(slots=None if self.slots is None else self.slots.copy(), **flat)


class Strip(NamedTuple):
    """Measurements over the epochs. epochs: (n,), rising; values: one for each. is_whole: whether none is missing."""

    epochs: tuple[int, ...]
    values: tuple[Any, ...]
    is_whole: bool = True


def over_epochs(
    run: Looked,
    key: Any,
    measure: Callable[[Moment], Any],
    most: int = MOST,
    is_whole: bool = False,
    seconds: float = SECONDS,
    in_pieces: bool = False,
) -> Strip:
    """Measure some epochs of a run, the last one among them; what was measured before is remembered under the key.

    is_whole: only epochs whose optimizer's memory was kept. seconds: after so long, and one measurement besides the
    last, what is missing is left to the next look. in_pieces: a measure that is a generator is left in its midst then,
    and gone on with by the next look; until it has its value the last epoch is an older one. A past that is looked at
    has the strip of its whole run.
    """
    whole, until = run.whole, time.perf_counter() + seconds
    remembered = run.remembered.setdefault(("strip", key), {})
    found = kept_epochs(whole, most, is_whole)
    if in_pieces and ("last", key) in run.remembered:
        missing = [epoch for epoch in _coarse_first(found) if epoch not in remembered]
        _go_on(whole, key, measure, missing, is_whole, until)
        left = len(missing)
    else:
        run.remembered.pop(("work", key), None)
        value = measure_once(run, ("now", key), measure, now_of(whole))
        run.remembered["last", key] = whole.epoch, value
        done = left = 0
        for epoch in _coarse_first(found):
            if epoch not in remembered:
                if done and time.perf_counter() > until:
                    left += 1
                    continue
                remembered[epoch] = finished(measure(moment_at(whole, epoch, is_whole)))
                done += 1
    last = run.remembered["last", key]
    known = [(epoch, remembered[epoch]) for epoch in found if epoch in remembered and epoch < last[0]]
    epochs, values = zip(*known, last)
    if len(remembered) > 4 * most:
        # What was thinned out is forgotten.
        run.remembered[("strip", key)] = {epoch: value for epoch, value in remembered.items() if epoch in found}
    return Strip(epochs, values, not left)


class Work(NamedTuple):
    """A measurement in its midst: of which state and epoch, whether that was the present, and its pieces to come."""

    state: Any
    epoch: int
    is_now: bool
    pieces: Iterator[None]


def _go_on(
    run: Run, key: Any, measure: Callable[[Moment], Any], missing: list[int], is_whole: bool, until: float
) -> None:
    """Make pieces until that time, one at least: of the present, and of a missing epoch, in turns."""
    work: Work | None = run.remembered.pop(("work", key), None)
    if work is None or work.state is not run.state:
        was_now = run.remembered.get(("was_now", key), True)
        epoch = missing[0] if missing and was_now else run.epoch
        is_now = not (missing and was_now)
        moment = now_of(run) if is_now else moment_at(run, epoch, is_whole)
        # Training goes on between the pieces, and copies of the past are moved.
        work = Work(run.state, epoch, is_now, measure(moment.copied()))
    while True:
        try:
            next(work.pieces)
        except StopIteration as end:
            run.remembered["was_now", key] = work.is_now
            if work.is_now:
                run.remembered["last", key] = work.epoch, end.value
            else:
                run.remembered["strip", key][work.epoch] = end.value
            return
        if time.perf_counter() > until:
            run.remembered["work", key] = work
            return


def finished(measured: Any) -> Any:
    """A measurement with all its pieces made, if it has any."""
    while isinstance(measured, Generator):
        try:
            next(measured)
        except StopIteration as end:
            return end.value
    return measured


def measure_once(run: Looked, key: Any, measure: Callable[[Moment], Any], moment: Moment) -> Any:
    """Measure a moment, unless it was the last one that was measured under the key: looks may come without news."""
    of = int(moment.clock["update"]), moment.experiment
    known = run.remembered.get(key)
    if known is None or known[0][0] != of[0] or known[0][1] is not of[1]:
        known = run.remembered[key] = of, finished(measure(moment))
    return known[1]


def kept_epochs(run: Run, most: int = MOST, is_whole: bool = False) -> list[int]:
    """The start and about so many epochs that were kept, but the last that was completed."""
    end, size = run.epoch, run.state.net.weights.size
    stride = 1
    while end // stride >= most:
        stride *= 2
    places = (run.timeline.place(epoch, is_whole, size) for epoch in range(stride, end, stride))
    start = [0] if end and run.initial[0].size == size else []
    return [*start, *sorted({place for place in places if 0 < place < end})]


def moments(run: Looked, most: int = MOST, is_whole: bool = False) -> Iterator[Moment]:
    """The start, about so many epochs that were kept, and the run as its last update left it."""
    whole = run.whole
    for epoch in kept_epochs(whole, most, is_whole):
        yield moment_at(whole, epoch, is_whole)
    yield now_of(whole)


def now_of(run: Run) -> Moment:
    """The run as its last update left it."""
    state = run.state
    net = state.net
    return Moment(run.epoch, state.experiment, net.weights, net.moving, net.batch, state.store.slots, state.clock, net)


def moment_at(run: Run, epoch: int, is_whole: bool = False) -> Moment:
    """The start, or one of the epochs that were kept."""
    return _moment(run, run.timeline.find(epoch, is_whole) if epoch else None)


def _moment(run: Run, copy: Copy | None) -> Moment:
    """What a copy holds; None is the start."""
    net = run.state.net
    epoch = copy.epoch if copy is not None else 0
    earlier = [stage for stage in run.stages if stage.epoch < epoch]
    experiment = (earlier or run.stages)[-1 if earlier else 0].experiment
    if copy is None:
        weights, moving = run.initial
        slots = first_slots(experiment.resolved, weights.size, weights.dtype)
        return Moment(0, experiment, weights, moving, np.zeros_like(moving), slots, first_clocks()[0], net)
    weights, moving, batch = np.split(copy.flat, [net.weights.size, net.weights.size + net.moving.size])
    rows = len(first_slots(experiment.resolved, 1, net.weights.dtype))
    memory = None if copy.rest is None else copy.rest[: rows * net.weights.size].reshape(rows, net.weights.size)
    return Moment(epoch, experiment, weights, moving, batch, memory, copy.clock, net)


def _coarse_first(epochs: list[int]) -> Iterator[int]:
    """Every sixteenth, then what lies between: the outline is there first."""
    seen: set[int] = set()
    for stride in (16, 8, 4, 2, 1):
        for number in range(0, len(epochs), stride):
            if number not in seen:
                seen.add(number)
                yield epochs[number]
