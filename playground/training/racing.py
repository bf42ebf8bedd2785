"""A race, run: experiments that train side by side in threads, for kernels do not hold the interpreter.

>>> from playground import Experiment, race
>>> contest = race(Experiment(dataset="spiral", layers=(32, 32)), {"optimizer": ["sgd", "momentum", "adam"]}, seeds=3)
>>> for run in contest:
...     print(run.experiment.knobs.optimizer, run.scores().val_loss)
"""

from __future__ import annotations

import contextlib
import heapq
import re
import tempfile
import threading
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from playground.model import parts
from playground.model.experiment import Experiment
from playground.model.knobs import written
from playground.training import results
from playground.training.bands import Band, band
from playground.training.drawing import Entry, draw
from playground.training.race import Contestant, plan
from playground.training.run import Run
from playground.training.seats import cores
from playground.training.snapshot import DIVERGED
from playground.training.timeline import RUN_BYTES

TURN = 0.05  # seconds that a thread trains one run before it looks which is furthest behind
NEWS = 0.05  # seconds between two looks at how far they are
LONGEST = 60  # characters of a folder's name


def race(experiment: Experiment, vary: Mapping[str, Sequence[Any]], seeds: int = 1, threads: int | None = None) -> Race:
    """A race between values of some knobs, from the same weights where shapes agree; its loop, or ``train``, runs it.

    seeds: how many runs of each, with weights of their own on the same points. threads: as many as there are cores, if
    left out; numbers do not depend on it. Raises KnobError where a value is refused.
    """
    return Race(plan(experiment, vary, seeds), threads)


def train_together(runs: Sequence[Run], threads: int) -> Generator[None, None, None]:
    """Train runs to their ends in so many threads, about in step; yields every NEWS seconds.

    Where the loop is left, each thread ends its turn, and runs stand where they are. Raises what a run raises.
    """
    behind = [(run.epoch, number) for number, run in enumerate(runs) if not run.has_ended]
    heapq.heapify(behind)
    taking, stopping = threading.Lock(), threading.Event()

    def work() -> None:
        while not stopping.is_set():
            with taking:
                if not behind:
                    return
                _, number = heapq.heappop(behind)
            runs[number].burst(TURN)
            if not runs[number].has_ended:
                with taking:
                    heapq.heappush(behind, (runs[number].epoch, number))

    with ThreadPoolExecutor(threads, "race") as executor:
        working = [executor.submit(work) for _ in range(min(threads, len(behind)))]
        try:
            while wait(working, NEWS, FIRST_EXCEPTION).not_done and not any(map(_has_failed, working)):
                yield
        finally:
            stopping.set()
            for run in runs:
                run.stop()
    for each in working:
        each.result()


def _has_failed(future: Any) -> bool:
    return future.done() and future.exception() is not None


class Race:
    """Runs side by side, in the order of their contestants; they are trained by its loop, or by ``train``.

    Raises DataError, KnobError or MemoryError where one cannot be trained.
    """

    def __init__(self, contestants: Sequence[Contestant], threads: int | None = None) -> None:
        self.contestants = list(contestants)
        self.threads = threads or cores()
        budget = RUN_BYTES // len(self.contestants)
        self.runs = [Run(one.experiment, one.initial, budget) for one in self.contestants]
        self._training = threading.Lock()

    def __iter__(self) -> Iterator[Run]:
        """Train, and yield each run when it and those before it have ended; leave the loop to stop."""
        seen = 0
        with contextlib.closing(self.steps()) as steps:
            for _ in steps:
                while seen < len(self.runs) and self.runs[seen].has_ended:
                    yield self.runs[seen]
                    seen += 1
        yield from self.runs[seen:]

    def train(self) -> Race:
        """Train all to their ends. An interrupt leaves them where they are, and another call goes on."""
        for _ in self.steps():
            pass
        return self

    def steps(self) -> Generator[None, None, None]:
        """Train, and yield now and then, for a progress bar; leave the loop to stop."""
        if not self._training.acquire(blocking=False):
            raise RuntimeError("this race is being trained already")
        try:
            yield from train_together(self.runs, self.threads)
        finally:
            self._training.release()

    @property
    def whole(self) -> int:
        """The epochs of all together."""
        return sum(int(run.state.rules.epochs) for run in self.runs)

    @property
    def done(self) -> int:
        """How many of those are done, or will not be, for their run has ended."""
        return sum(int(run.state.rules.epochs) if run.has_ended else run.epoch for run in self.runs)

    @property
    def has_diverged(self) -> bool:
        """Whether one of them has."""
        return any(run.status == DIVERGED for run in self.runs)

    def bands(self, column: str = "val_loss") -> dict[str, Band]:
        """By name, the mean and deviation over the seeds of a column of the history."""
        found: dict[str, list[Any]] = {}
        for one, run in zip(self.contestants, self.runs):
            found.setdefault(one.name, []).append(run.history.rows)
        return {name: band(histories, column) for name, histories in found.items()}

    @property
    def trained(self) -> dict[str, tuple[Contestant, Run]]:
        """Those that have begun, by the names of their folders: "1-sgd", "2-sgd-seed-1"."""
        wide = len(str(len(self.runs)))
        pairs = enumerate(zip(self.contestants, self.runs), 1)
        return {f"{place:0{wide}}-{self._label(pair[0])}": pair for place, pair in pairs if pair[1].updates}

    def _label(self, contestant: Contestant) -> str:
        """What tells a contestant apart, fit for every file system."""
        parts = [f"seed-{value}" if name == "seed" else written(value) for name, value in contestant.chosen.items()]
        if self.contestants[-1].seed != self.contestants[0].seed and "seed" not in contestant.chosen:
            parts.append(f"seed-{contestant.seed}")
        return re.sub(r"[^A-Za-z0-9.+-]+", "-", "-".join(part or "none" for part in parts))[:LONGEST].rstrip(".")

    def write(self, folder: Path) -> list[dict[str, Any]]:
        """Write runs.csv, and a folder for each that has begun, as one; what is told of each. Raises OSError."""
        with parts.together(folder) as draft:
            return self.write_apart(draft)

    def write_apart(self, folder: Path) -> list[dict[str, Any]]:
        """Write the same into a folder that is nobody's yet, file by file."""
        rows, first = [], []
        for name, (one, run) in self.trained.items():
            results.write_apart(run, folder / name)
            rows.append(results.row(run))
            first.append([name, *(one.chosen | {"seed": one.seed}).values()])
        names = ["run", *(self.contestants[0].chosen | {"seed": 0})]
        results.write_table(folder / "runs.csv", names, first, rows)
        return rows

    def draw(self, folder: Path) -> str:
        """Draw race.png of what was written to a folder. Returns why it could not be done, in one line, or nothing."""
        entries = [
            Entry(one.name, one.number, str(folder / name / "experiment.playground"))
            for name, (one, _) in self.trained.items()
        ]
        return draw(entries, list(self.contestants[0].chosen), folder / "race.png")

    def _repr_png_(self) -> bytes | None:
        """The curves and planes, for a notebook; trains what is left."""
        self.train()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            self.write(Path(folder))
            if reason := self.draw(Path(folder)):
                warnings.warn(f"the race could not be drawn: {reason}", stacklevel=2)
                return None
            return Path(folder, "race.png").read_bytes()
