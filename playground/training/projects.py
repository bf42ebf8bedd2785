"""A project's runs, from memory to its file and back: the one in hand, its race, and the pinned ones, with all epochs.

``to_saved_runs`` copies what changes while training goes on, and is quick; it is for whoever holds the runs. A thread
of its own (jobs.py) may then write the copy with ``file.save``, or have a project from ``open_project``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playground.model import file
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.file import Saved, SavedRun
from playground.model.knobs import KnobError
from playground.model.progress import Progress, portion, silent
from playground.training import resuming
from playground.training.run import Run
from playground.training.runs import Runs
from playground.training.saved_past import FILE_BYTES
from playground.training.timeline import FILED_BYTES, RUN_BYTES


class Project(NamedTuple):
    """A project that was opened. runs: what the file tells of each, and the run, in the file's order."""

    experiment: Experiment
    runs: list[tuple[SavedRun, Run]]


def to_saved_runs(runs: Runs) -> tuple[SavedRun, ...]:
    """Copies of what a project keeps, which no training changes any more, by their numbers.

    That is the one in hand with all of its race, and the pinned ones; outside a race, those that have made an update.
    """
    return copying(runs)()


def copying(runs: Runs, budget: int = FILE_BYTES, seconds: float = -1) -> Callable[[], tuple[SavedRun, ...]]:
    """What makes these copies, in whatever thread, of the runs that there are now.

    budget: bytes for each one's past. seconds: that all are waited for; TimeoutError is raised then.
    """
    company = runs.company
    listed = []
    for entry in sorted(runs, key=lambda entry: entry.number):
        if entry.pinned or entry in company:
            told = entry.number, entry.name, entry.colour, entry.parent, entry.branched, entry.pinned
            listed.append((entry.trainer, len(company) > 1 and entry in company, (*told, entry is runs.hand), entry))

    def copy() -> tuple[SavedRun, ...]:
        found, until = [], time.monotonic() + seconds
        for trainer, is_in_race, told, entry in listed:
            with trainer.holding(max(0.01, until - time.monotonic()) if seconds >= 0 else -1) as run:
                if run is not None and (run.updates or is_in_race):
                    saved = resuming.to_saved(run, budget)
                    found.append(SavedRun(*told, entry.race, entry.lane, run.experiment, *saved))
        return tuple(found)

    return copy


def from_saved(saved: Saved, run_budget: int = RUN_BYTES, progress: Progress = silent) -> list[tuple[SavedRun, Run]]:
    """What a file tells of each run, without its arrays, and the run, taken up where it was saved.

    run_budget: bytes for the past of the one in hand, shared with its race. Raises DataError or KnobError where the
    parts do not fit together, and CancelledError where ``progress`` does.
    """
    found = []
    company = [told.number for told in saved.company]
    share = max(run_budget // max(len(company), 1), min(run_budget, FILED_BYTES))
    for done, told in enumerate(saved.runs):
        progress(done / len(saved.runs))
        try:
            run = _taken_up(told, share if told.number in company else FILED_BYTES)
        except (DataError, KnobError) as error:
            raise type(error)(f"run {told.number}: {error}") from None
        found.append((told._replace(arrays={}, info={}), run))
    return found


def _taken_up(told: SavedRun, budget: int) -> Run:
    run = resuming.resume(told.experiment, told.arrays, told.info, budget)
    if told.branched is not None and told.branched > run.epoch:
        raise DataError(f"it branched off at epoch {told.branched}, but has completed {run.epoch}")
    return run


def open_project(path: str | Path, run_budget: int = RUN_BYTES, progress: Progress = silent) -> Project:
    """Read a project with its runs. Raises DataError or KnobError, one line that names the file; and CancelledError."""
    saved = file.load(path, portion(progress, 0, 0.7))
    try:
        return Project(saved.experiment, from_saved(saved, run_budget, portion(progress, 0.7, 1)))
    except (DataError, KnobError) as error:
        raise type(error)(f"{path}: {error}") from None
