"""A sweep, run: many experiments, trained side by side in threads or on a cluster; each row comes as its run ends.

>>> from playground import Experiment, sweep
>>> for row in sweep(Experiment(dataset="spiral"), {"penalty_strength": [0.1, 1, 10]}, seeds=5, penalty="l2"):
...     print(row["penalty_strength"], row["seed"], row["val_loss"])
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Protocol

from playground.kernels.cache import cpu_level
from playground.model.experiment import Experiment
from playground.training.folds import Folds
from playground.training.grid import Job, Outcome, Plan, plan
from playground.training.results import NESTED, row, varied_columns
from playground.training.run import Run
from playground.training.seats import Seats, cores
from playground.training.selection import one_standard_error
from playground.training.standing import Errors, Scores

__all__ = ["Job", "Outcome", "Plan", "Threads", "one_standard_error", "plan", "run_all", "sweep", "train_one"]

PIECE = 0.03  # seconds that a run trains before it is asked whether it is still wanted
NEWS = 0.01  # seconds between two looks at what has ended
MOST_THREADS = 1024
# The status of a run that cannot be trained, and of one whose workers died, which a resumed sweep tries again.
REFUSED, LOST = "refused", "lost"


class Place(Protocol):
    """Where jobs are run: ``Threads``, or ``Cluster`` of cluster.py."""

    def outcomes(self, jobs: Sequence[Job], wanted: Callable[[], bool]) -> Generator[Outcome, None, None]:
        """As run_all."""

    def __enter__(self) -> Place: ...

    def __exit__(self, *_: object) -> None: ...


def run_all(
    jobs: Sequence[Job], where: Place | None = None, wanted: Callable[[], bool] = lambda: True
) -> Iterator[Outcome]:
    """Train jobs; yields what came of each as it ends, in any order. A run that cannot be trained says why.

    wanted: asked a few times a second; where it says no, or where the loop is left, runs end within .1 s. Numbers
    depend on neither where they ran nor on what ran beside them, at one CPU level.
    """
    with contextlib.closing((where or Threads()).outcomes(jobs, wanted)) as outcomes:
        yield from outcomes


def sweep(
    experiment: Experiment,
    vary: Mapping[str, Sequence[Any]],
    seeds: int = 1,
    folds: int | Folds | None = None,
    where: Place | None = None,
    **changes: Any,
) -> Iterator[dict[str, Any]]:
    """Train every combination of some knobs' values; yields a row of results.csv as each run ends.

    seeds, folds: how often each (grid.py). where: Threads(count), or Cluster(address) of playground.training.cluster;
    all cores, if left out. changes: knobs that all have in common. Raises KnobError or DataError before the first.
    """
    return _rows(plan(experiment.change(**changes), vary, seeds, folds), where)


def _rows(jobs: Plan, where: Place | None) -> Iterator[dict[str, Any]]:
    names = columns(jobs)
    for outcome in run_all(jobs, where):
        job = jobs[outcome.number]
        chosen = job.chosen | {"seed": job.seed} | ({"fold": job.fold} if jobs.folds else {})
        yield dict(zip(names, chosen.values())) | outcome.row


def columns(jobs: Plan) -> list[str]:
    """The columns of results.csv: what tells a run from the others, then what came of it."""
    kinds = {jobs.base.change(dataset=name).points.is_classification for name in jobs.vary.get("dataset", [])}
    kinds = kinds or {jobs.base.points.is_classification}
    errors = Errors._fields if False in kinds else ()
    told = ("metric", "seconds", "diagnosis", "parameters", "cause", "evidence", "penalty_term", "level")
    told = ("status", "epochs", "stopped_early", "best_epoch", *Scores._fields, *errors, *told)
    return [*varied_columns(jobs.names, told), *told]


def train_one(
    experiment: Experiment, wanted: Callable[[], bool] = lambda: True, seats: Seats | None = None
) -> dict[str, Any] | None:
    """Train an experiment to its end: an outcome's row; None where it was no longer wanted.

    seats: of the window's engine, so that what trains there has its share.
    """
    seat = seats.taken if seats else contextlib.nullcontext
    try:
        with seat():
            run = Run(experiment, budget=0)  # nobody looks back at it
        while not run.has_ended:
            if not wanted():
                return None
            with seat():
                run.burst(PIECE)
        with seat():
            return _told(run)
    except (ValueError, MemoryError) as error:
        return failed(REFUSED, str(error) or "not enough memory")


def _told(run: Run) -> dict[str, Any]:
    told = {name: value for name, value in row(run).items() if name not in NESTED}
    return {"status": run.status} | told | {"penalty_term": run.penalty, "level": cpu_level()}


def failed(status: str, reason: str) -> dict[str, Any]:
    """The row of a run that could not be trained."""
    return {"status": status, "diagnosis": " ".join(reason.split())}


class Threads:
    """Threads of this process: kernels do not hold the interpreter.

    count: as many as there are cores, if left out. seats: see train_one.
    """

    def __init__(self, count: int = 0, seats: Seats | None = None) -> None:
        self.count = count or cores()
        self.seats = seats

    def __str__(self) -> str:
        return f"{self.count} threads"

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        """Threads end with the loop."""

    def outcomes(self, jobs: Sequence[Job], wanted: Callable[[], bool]) -> Generator[Outcome, None, None]:
        """As run_all."""
        left, taking, stopping = iter(jobs), threading.Lock(), threading.Event()
        ended: deque[Outcome] = deque()
        failed: list[BaseException] = []

        def work() -> None:
            try:
                while not stopping.is_set():
                    with taking:
                        job = next(left, None)
                    if job is None:
                        return
                    told = train_one(job.experiment, lambda: not stopping.is_set(), self.seats)
                    if told is not None:
                        ended.append(Outcome(job.number, told))
            except BaseException as error:
                failed.append(error)

        threads = [
            threading.Thread(target=work, name=f"sweep {number}", daemon=True)
            for number in range(min(self.count, len(jobs)))
        ]
        for thread in threads:
            thread.start()
        try:
            while True:
                is_last = not any(thread.is_alive() for thread in threads)
                while ended:
                    yield ended.popleft()
                if failed:
                    raise failed[0]
                if is_last or not wanted():
                    return
                # not woken by each run: that would take the interpreter from those that train
                time.sleep(NEWS)
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
