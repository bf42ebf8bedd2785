"""What a run writes to a folder: history, weights, predictions and the project itself."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from playground.model import archive, file, saving
from playground.model.dataset import SETS
from playground.training.run import Run
from playground.training.snapshot import COLUMNS
from playground.training.weights import Arrays


def write(run: Run, folder: Path) -> None:
    """Write history.csv, initial.npz, weights.npz, predictions.csv and experiment.playground. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    history = [[int(row[0]), *(repr(float(value)) for value in row[1:])] for row in run.history.rows]
    _write_csv(folder / "history.csv", [list(COLUMNS), *history])
    _write_weights(folder / "initial.npz", run.initial_weights)
    _write_weights(folder / "weights.npz", run.weights)
    _write_csv(folder / "predictions.csv", [["split", "target", "prediction"], *predictions(run)])
    file.save(folder / "experiment.playground", run.experiment, *run.to_saved())


def predictions(run: Run) -> list[list[str]]:
    """A row a sample: its set, its target and the prediction; class names, or values separated by spaces."""
    data = run.experiment.dataset
    answers = run.predict(data.inputs)
    if data.is_classification:
        chosen = answers.argmax(axis=1)
        pairs = ((data.class_names[int(target)], data.class_names[best]) for target, best in zip(data.targets, chosen))
    else:
        pairs = ((_numbers(target), _numbers(answer)) for target, answer in zip(data.targets, answers))
    return [[SETS[which], target, answer] for which, (target, answer) in zip(data.sets, pairs)]


def _numbers(values: Any) -> str:
    return " ".join(repr(float(value)) for value in values)


def _write_csv(path: Path, rows: list[list[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    saving.replace_file(path, lambda target: target.write(text.getvalue().encode()))


def _write_weights(path: Path, arrays: Arrays) -> None:
    members = {f"{name}.npy": np.ascontiguousarray(array) for name, array in arrays.items()}
    saving.replace_file(path, lambda target: archive.write(target, members), archive.check)


def read_weights(path: Path) -> Arrays:
    """The arrays of a weights file. Raises DataError in one line."""
    with archive.opened(path) as opened:
        return archive.read_arrays(opened, archive.array_names(opened))
