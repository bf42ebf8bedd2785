"""A grid of runs: every combination of some knobs' values, each under several seeds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from typing import Any

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declaration, parse
from playground.training.results import row
from playground.training.run import Run

MOST_RUNS = 100_000


def read_values(text: str) -> tuple[str, list[Any]]:
    """The knob and values of ``KNOB=v1,v2,…``. Values that hold commas themselves (layers) are separated by ``;``.

    Raises KnobError.
    """
    name, equals, values = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        raise KnobError(f"--vary: '{text}' is not accepted; it takes KNOB=v1,v2,…")
    declared = declaration(name)
    separator = ";" if declared.kind is tuple or declared.knob.tidy is not None else ","
    return name, [parse(name, value.strip()) for value in values.split(separator)]


def read_all(texts: Sequence[str]) -> dict[str, list[Any]]:
    """The knobs and values of several. Raises KnobError, also where a knob is there twice."""
    found: dict[str, list[Any]] = {}
    for name, values in map(read_values, texts):
        if name in found:
            raise KnobError(f"--vary: {name} is there twice; give all its values in one")
        found[name] = values
    return found


def combine(base: Experiment, varied: dict[str, list[Any]], seeds: int) -> list[Experiment]:
    """One experiment for each combination and seed; seeds count up from the base's. Raises KnobError."""
    count = seeds
    for values in varied.values():
        count *= len(values)
    if count > MOST_RUNS:
        raise KnobError(f"--vary: {count} runs are too many; at most {MOST_RUNS} are accepted")
    first = base.knobs.seed
    return [
        base.change(**dict(zip(varied, values, strict=True)), **({} if "seed" in varied else {"seed": first + number}))
        for values in itertools.product(*varied.values())
        for number in range(seeds)
    ]


def train_one(experiment: Experiment) -> dict[str, Any]:
    """Train an experiment to its end; what the command line's JSON tells of it, with its status."""
    run = Run(experiment, budget=0)  # nobody looks back at it
    while not run.has_ended:
        run.burst(0.1)
    return {"status": run.status} | row(run)


def train_all(experiments: Sequence[Experiment], executor: Executor) -> Iterator[tuple[int, dict[str, Any]]]:
    """Train experiments side by side; yields each one's number and summary as it ends.

    A run that cannot be trained has the status "refused" and the reason as its diagnosis.
    """
    futures: dict[Future[dict[str, Any]], int] = {
        executor.submit(train_one, experiment): number for number, experiment in enumerate(experiments)
    }
    try:
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except ValueError as error:
                yield futures[future], {"status": "refused", "diagnosis": str(error)}
    finally:
        for future in futures:
            future.cancel()
