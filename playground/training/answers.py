"""A run's answers, as it stood when it was asked, to the rows of another file; for a thread of its own (jobs.py)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playground.model.dataset import DataError
from playground.model.progress import Progress, portion
from playground.training import results, resuming
from playground.training.trainer import Trainer


def answering(trainer: Trainer, looked: int | None, data: Path, out: Path) -> Callable[[Progress], str]:
    """The work that writes ``out``, and says what came of it; it has a copy of the run, which itself goes on.

    looked: a past epoch whose answers are wanted. Raises DataError where nothing is trained.
    """
    with trainer.holding() as run:
        if run is None or not run.updates:
            raise DataError("there is no trained network yet that could answer; press play first")
        experiment, (arrays, info) = run.experiment, resuming.to_saved(run)

    def answer(progress: Progress) -> str:
        from playground.model.reading import again  # which brings pandas

        found = again.read(data, experiment.dataset, progress=portion(progress, 0, 0.8))
        copy = resuming.resume(experiment, arrays, info)
        results.write_answers(copy if looked is None else copy.at(looked), found.inputs, out)
        rows = len(found.inputs)
        return ". ".join((f"{rows:,} {'row' if rows == 1 else 'rows'} answered in {out.name}", *found.notes)) + "."

    return answer
