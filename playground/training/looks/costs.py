"""What each rule costs on this machine: the time of an update and the memory, beside what the lecture says of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from playground.kernels.optimizers import OPTIMIZERS, update
from playground.model.experiment import Experiment
from playground.model.progress import Progress
from playground.training.run import Run
from playground.training.state import first_slots

WEIGHTS = 100_000  # that the rule alone is measured on
SECONDS = 0.05  # of each measurement; the least of TIMES counts, for others work here too
TIMES = 3


class Said(NamedTuple):
    """The lecture's table: what is good about a rule, and what is not."""

    advantage: str
    issue: str


SAID = {
    "gd": Said("Easy to compute, understand and implement", "Can be very slow and requires large memory"),
    "one": Said(
        "Faster than BGD and takes less memory", "Gradient results can be noisy and takes a lot of time to find minima"
    ),
    "sgd": Said(
        "Faster and more efficient than SGD",
        "For too small learning rate, the process can be very slow and the updated gradients can be noisy",
    ),
    "momentum": Said(
        "Faster convergence and takes less memory", "Computation of a new parameter at each update"
    ),  # it remembers a velocity more: the table's number says so
    "nesterov": Said(
        "Decreases the number of iterations and makes the process faster",
        "Computation of a new parameter at each update",
    ),
    "adagrad": Said(
        "Learning rate changes automatically with iterations",
        "Massive decrease in learning rate can lead to slow convergence",
    ),
    "adadelta": Said("Learning rate does not decrease massively", "Computation cost can be high"),
    "adam": Said("Faster than others", "Computation cost can be high"),
}


class Cost(NamedTuple):
    """What a rule costs.

    key: in SAID, or the optimizer's. batch: points in a batch. update, epoch: seconds, with this network, gradients
    and all. alone: seconds that the rule itself takes for a weight. slots: how many numbers it remembers of each
    weight; memory: bytes that those take. work: bytes that the network works in, activations and all.
    """

    key: str
    title: str
    batch: int
    update: float
    epoch: float
    alone: float
    slots: int
    memory: int
    work: int

    @property
    def said(self) -> Said | None:
        """What the lecture says, if it does."""
        return SAID.get(self.key)


def measure_costs(experiment: Experiment, report: Progress = lambda share: None) -> tuple[Cost, ...]:
    """Measure all rules, each with its own defaults, on this network and these points; gradient descent thrice.

    Raises CancelledError, through ``report``, where it is given up; DataError or KnobError where nothing is trained.
    """
    plain = experiment.change(early_stopping=False, epochs=10_000_000)
    found = []
    for number, (key, title, changes) in enumerate(rows := list(_rows(plain))):
        report(number / len(rows))
        found.append(_measure(plain, key, title, changes))
    return tuple(found)


def _rows(experiment: Experiment) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Keys, titles and what is changed. SGD with all points, one, and as many as are chosen."""
    base = {"learning_rate": None, "beta1": None, "beta2": None, "rho": None, "epsilon": None, "momentum": None}
    base |= {"weight_decay": None}
    yield "gd", "GD, all points", base | {"optimizer": "sgd", "batch_size": 0}
    if experiment.resolved.normalization != "batch":  # which needs more than one point in a batch
        yield "one", "SGD, one point", base | {"optimizer": "sgd", "batch_size": 1}
    for row in OPTIMIZERS:
        yield row.key, "SGD, in batches" if row.key == "sgd" else row.title, base | {"optimizer": row.key}


def _measure(plain: Experiment, key: str, title: str, changes: dict[str, Any]) -> Cost:
    run = Run(plain.change(**changes), budget=1_000_000)
    run.advance(2)
    seconds = _least(lambda: _pace(run))
    slots = run.state.store.slots
    return Cost(
        key,
        title,
        int(run.state.rules.batch_size),
        seconds,
        seconds * run.batches,
        alone(run),
        len(slots),
        int(slots.nbytes),
        int(run.state.net.scratch.nbytes),
    )


def _pace(run: Run) -> float:
    """Seconds of an update, over a while."""
    began, before, seconds = time.perf_counter(), run.updates, run.seconds
    while run.updates == before or time.perf_counter() - began < SECONDS:
        run.burst(SECONDS / 4)
        if run.has_ended:
            break
    return (run.seconds - seconds) / max(run.updates - before, 1)


def alone(run: Run, weights: int = WEIGHTS) -> float:
    """Seconds that the rule takes for a weight, once the gradients are there."""
    state, kind = run.state, run.state.net.weights.dtype
    flat, gradients = np.zeros(weights, kind), np.full(weights, 1e-3, kind)
    slots = first_slots(run.experiment.resolved, weights, kind)
    clock = state.clocks.copy().view(np.recarray)[0]
    clock["update"], clock["since"] = 1, 0
    step = update.bind(state.rules.optimizer, flat, gradients, slots, clock, state.rules, state.rates)

    def once() -> float:
        began = time.perf_counter()
        step()
        return (time.perf_counter() - began) / weights

    once()
    return min(once() for _ in range(9))


def _least(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(TIMES))
