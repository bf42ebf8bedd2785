"""A run's past as a strip: some tens of its epochs, evenly spaced, each measured once from the copy that was kept.

Nothing is noted while training goes on; whoever opens a panel late sees the whole past all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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
) -> Strip:
    """Measure some epochs of a run, the last one among them; what was measured before is remembered under the key.

    is_whole: only epochs whose optimizer's memory was kept. seconds: after so long, and one measurement besides the
    last, what is missing is left to the next look. A past that is looked at has the strip of its whole run.
    """
    remembered = run.remembered.setdefault(("strip", key), {})
    found = list(moments(run, most, is_whole))
    last = measure_once(run, ("now", key), measure, found.pop())
    began = time.perf_counter()
    done = left = 0
    for moment in _coarse_first(found):
        if moment.epoch not in remembered:
            if done and time.perf_counter() - began > seconds:
                left += 1
                continue
            remembered[moment.epoch] = measure(moment)
            done += 1
    known = [(moment.epoch, remembered[moment.epoch]) for moment in found if moment.epoch in remembered]
    epochs, values = zip(*known, (run.whole.epoch, last))
    if len(remembered) > 4 * most:
        # What was thinned out is forgotten.
        wanted = {moment.epoch for moment in found}
        run.remembered[("strip", key)] = {epoch: value for epoch, value in remembered.items() if epoch in wanted}
    return Strip(epochs, values, not left)


def measure_once(run: Looked, key: Any, measure: Callable[[Moment], Any], moment: Moment) -> Any:
    """Measure a moment, unless it was the last one that was measured under the key: looks may come without news."""
    of = int(moment.clock["update"]), moment.experiment
    known = run.remembered.get(key)
    if known is None or known[0][0] != of[0] or known[0][1] is not of[1]:
        known = run.remembered[key] = of, measure(moment)
    return known[1]


def moments(run: Looked, most: int = MOST, is_whole: bool = False) -> Iterator[Moment]:
    """The start, about so many epochs that were kept, and the run as its last update left it."""
    whole = run.whole
    end = whole.epoch
    stride = 1
    while end // stride >= most:
        stride *= 2
    last = 0
    for epoch in range(0, end, stride):
        copy = whole.timeline.find(epoch, is_whole) if epoch else None
        if epoch == 0 or (copy is not None and last < copy.epoch < end):
            moment = _moment(whole, copy)
            if moment.weights.size == whole.state.net.weights.size:
                last = moment.epoch
                yield moment
    state = whole.state
    net = state.net
    yield Moment(end, state.experiment, net.weights, net.moving, net.batch, state.store.slots, state.clock, net)


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


def _coarse_first(moments: list[Moment]) -> Iterator[Moment]:
    """Every sixteenth, then what lies between: the outline is there first."""
    seen: set[int] = set()
    for stride in (16, 8, 4, 2, 1):
        for number in range(0, len(moments), stride):
            if number not in seen:
                seen.add(number)
                yield moments[number]
