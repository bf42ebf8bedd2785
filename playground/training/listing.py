"""A table of runs: a row a run, and what each column has of it, in full precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playground.model.reading.words import shielded
from playground.training import results
from playground.training.runs import Listed
from playground.training.snapshot import Snapshot

Value = str | int | float | bool | None


class Column(NamedTuple):
    """A column.

    key: its name in a file. title, help: on the screen; one without a title stands in files alone. value: what it has
    of a run, None where that does not exist.
    """

    key: str
    title: str
    value: Callable[[Listed], Value]
    help: str = ""


def best(snapshot: Snapshot) -> int | None:
    """The epoch that a run is judged by: its best one, else its last."""
    return snapshot.best_epoch or (len(snapshot.history) or None)


def _of_run(look: Callable[[Snapshot], Value]) -> Callable[[Listed], Value]:
    return lambda row: look(row.snapshot) if row.snapshot is not None else None


def _at_best(name: str) -> Callable[[Listed], Value]:
    def look(snapshot: Snapshot) -> Value:
        epoch = best(snapshot)
        value = float(snapshot.column(name)[epoch - 1]) if epoch else math.nan
        return None if math.isnan(value) else value

    return _of_run(look)


def _gap(row: Listed) -> Value:
    losses = _at_best("train_loss")(row), _at_best("val_loss")(row)
    train, validation = losses
    return validation - train if isinstance(train, float) and isinstance(validation, float) else None


def _metric(snapshot: Snapshot) -> Value:
    experiment = snapshot.experiment
    return None if experiment is None else "accuracy" if experiment.dataset.is_classification else "r2"


COLUMNS: tuple[Column, ...] = (
    Column("run", "", lambda row: row.number),
    Column("name", "Run", lambda row: row.name, "Its name; F2 changes it"),
    Column("parent", "", lambda row: row.parent),
    Column("branched", "", lambda row: row.branched),
    Column("pinned", "", lambda row: row.is_pinned),
    Column("epochs", "Epochs", _of_run(lambda told: told.epoch), "Epochs completed"),
    Column("best_epoch", "Best", _of_run(lambda told: told.best_epoch), "The epoch of the lowest validation loss"),
    Column("train_loss", "Training", _at_best("train_loss"), "Training loss at the best epoch, else the last"),
    Column("val_loss", "Validation", _at_best("val_loss"), "Validation loss at the best epoch"),
    Column("gap", "Gap", _gap, "Validation loss minus training loss, at the best epoch"),
    Column("val_metric", "Metric", _at_best("val_metric"), "Validation accuracy or R² at the best epoch"),
    Column("metric", "", _of_run(_metric)),
    Column("parameters", "Parameters", _of_run(lambda told: told.parameters), "Weights and biases"),
    Column("seconds", "Seconds", _of_run(lambda told: told.seconds), "Spent in training"),
    Column("differs", "What differs", lambda row: row.differs, "From the run that it was tried against"),
    Column("status", "", _of_run(lambda told: told.status)),
    Column("verdict", "Verdict", _of_run(lambda told: told.verdict.title), "As it stands"),
)


def write(rows: Sequence[Listed], path: Path) -> None:
    """Write all columns as CSV, numbers in full precision. Raises OSError, and leaves an old file then."""
    table = [[_cell(column.value(row)) for column in COLUMNS] for row in rows]
    results.write_csv(path, [[column.key for column in COLUMNS], *table])


def _cell(value: Value) -> Any:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str) and value:
        return shielded(value)
    return "" if value is None else value
