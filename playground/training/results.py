"""What a run writes to a folder: history, weights, predictions and the project itself."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS
from playground.model import archive, file, parts, saving
from playground.model.dataset import SETS
from playground.model.knobs import written
from playground.model.reading.words import guarded
from playground.model.spool import pieces
from playground.training.diagnosis import diagnose
from playground.training.resuming import to_saved
from playground.training.run import Run
from playground.training.standing import Standing
from playground.training.weights import Arrays, moments

NESTED = ("remedies",)  # lists of a summary, which no column of a table holds


def write(run: Run, folder: Path) -> None:
    """Write history, first and last weights, predictions and project, all as one. Raises OSError."""
    with parts.together(folder) as draft:
        write_apart(run, draft)


def write_apart(run: Run, folder: Path) -> None:
    """Write the same into a folder that is nobody's yet, file by file."""
    folder.mkdir(parents=True, exist_ok=True)
    # Piece by piece: millions of epochs as text would not fit into memory.
    history = ([int(row[0]), *map(repr, row[1:])] for _, rows in pieces(run.history.rows) for row in rows.tolist())
    write_csv(folder / "history.csv", itertools.chain([COLUMNS], history))
    scales = moments(run.state)
    _write_weights(folder / "initial.npz", run.initial_weights | scales)
    _write_weights(folder / "weights.npz", run.weights | scales)
    write_csv(folder / "predictions.csv", predictions(run))
    file.save(folder / "experiment.playground", run.experiment, [file.alone(run.experiment, *to_saved(run))])


def predictions(run: Run) -> Iterator[list[Any]]:
    """A header, then a row a sample in the data's order: its number in the file from 1 on, set, target and prediction.

    Class names and the probability of each class, or values separated by spaces.
    """
    data = run.experiment.dataset
    names = tuple(map(guarded, data.class_names))
    yield ["row", "split", "target", "prediction", *(f"p_{name}" for name in data.class_names)]
    answers = run.predict(data.inputs)
    rows = np.arange(1, data.samples + 1) if data.row_numbers is None else data.row_numbers
    for number, which, target, answer in zip(rows.tolist(), data.sets, data.targets, answers):
        yield [number, SETS[which], names[int(target)] if names else _numbers(target), *_answer(answer, names)]


def write_answers(run: Standing, inputs: NDArray[np.float64], path: Path) -> None:
    """Write the network's answers to other inputs (rows, features) as CSV: row, prediction, p_NAME. Raises OSError."""
    names = run.experiment.dataset.class_names
    answers = run.predict(inputs)
    rows = ([number, *_answer(answer, tuple(map(guarded, names)))] for number, answer in enumerate(answers, 1))
    write_csv(path, itertools.chain([["row", "prediction", *(f"p_{name}" for name in names)]], rows))


def _answer(answer: NDArray[Any], names: Sequence[str]) -> list[str]:
    """A class's name and each one's probability, or the values."""
    if not names:
        return [_numbers(answer)]
    return [names[int(answer.argmax())], *map(repr, answer.tolist())]


def confusion(run: Run) -> dict[str, Any] | None:
    """How often each class was taken for which, by set: rows are the true classes, columns the predicted ones.

    None for a regression, and for a set that is empty.
    """
    data = run.experiment.dataset
    if not data.is_classification:
        return None
    size = len(data.class_names)
    pairs = data.targets.astype(int) * size + run.predict(data.inputs).argmax(axis=1)
    counts = (np.bincount(pairs[data.sets == which], minlength=size * size) for which in range(len(SETS)))
    return {
        name: {"classes": list(data.class_names), "counts": found.reshape(size, size).tolist()} if found.any() else None
        for name, found in zip(SETS, counts)
    }


def _numbers(values: Any) -> str:
    return " ".join(repr(float(value)) for value in values)


def write_csv(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, and keep an old file until they are all on the disk. Raises OSError."""

    def fill(target: BinaryIO) -> None:
        text = io.TextIOWrapper(target, "utf-8", newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        text.detach()  # which flushes, and leaves the file open

    saving.replace_file(path, fill)


def _write_weights(path: Path, arrays: Arrays) -> None:
    members = {f"{name}.npy": np.ascontiguousarray(array) for name, array in arrays.items()}
    saving.replace_file(path, lambda target: archive.write(target, members), archive.check)


def read_weights(path: Path) -> Arrays:
    """The arrays of a weights file. Raises DataError in one line."""
    with archive.opened(path) as opened:
        return archive.read_arrays(opened, archive.array_names(opened))


def summary(run: Run) -> dict[str, Any]:
    """What the command line tells of a run as JSON; None for what does not exist."""
    return row(run) | {"confusion": confusion(run)}


def row(run: Run) -> dict[str, Any]:
    """What a table of runs tells of each: the summary without what asks the network for every point again."""
    scores = run.scores()._asdict()
    if not run.state.rules.classes:
        scores |= run.errors()._asdict()
    verdict = diagnose(run, is_drawn=False)
    return {
        "epochs": run.epoch,
        "stopped_early": run.stopped_epoch is not None,
        "best_epoch": run.best_epoch,
        **{name: value if math.isfinite(value) else None for name, value in scores.items()},
        "metric": "accuracy" if run.state.rules.classes else "r2",
        "seconds": run.seconds,
        "diagnosis": verdict.kind,
        "parameters": run.parameters,
        "cause": verdict.cause,
        "evidence": verdict.evidence,
        "remedies": [changes for _, changes in verdict.remedies if changes],
    }


def varied_columns(varied: Sequence[str], told: Collection[str]) -> list[str]:
    """The columns of knobs that vary: ``knob_NAME`` where what is told has that name, so that each is there once."""
    return [f"knob_{name}" if name in told else name for name in varied]


def write_table(
    path: Path, names: Sequence[str], first: Sequence[Sequence[Any]], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write a table of runs: the first columns, then one for all that a row has but lists. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(name for row in rows for name in row if name not in NESTED))
    cells = ([*begin, *(row.get(name) for name in columns)] for begin, row in zip(first, rows, strict=True))
    header = [*varied_columns(names, columns), *columns]
    write_csv(path, [header, *(list(map(_cell, row)) for row in cells)])


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    return written(value) if isinstance(value, bool | tuple) else value
