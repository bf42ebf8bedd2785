"""Reads and writes datasets: CSV here, NPZ in npz.py.

A CSV has a header row; comma, semicolon or tab between cells; UTF-8. The last column is the target, unless
another is named; a column ``split`` of train, val or test decides the sets, and an empty cell in it leaves that to the
split knobs; every other column is a feature.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from playground.model import npz, saving, targets
from playground.model.archive import MOST_BYTES
from playground.model.cells import SPLIT, Cells
from playground.model.cells import read as read_cells
from playground.model.dataset import SETS, UNASSIGNED, DataError, Dataset
from playground.model.shapes import class_names


def read(path: str | Path, task: str | None = None, target: str | None = None) -> Dataset:
    """The dataset in a CSV or NPZ file.

    task: "classification" or "regression" overrides what the targets look like.
    target: the name of the target column of a CSV.
    Raises DataError: one line that names the file, the place, what was found and what is accepted.
    """
    targets.check_task(task)
    if Path(path).suffix.lower() == ".npz":
        if target is not None:
            raise DataError(f"{path}: --target names a column of a CSV; in an NPZ the target is the array y")
        return npz.read(path, task)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            if file.seek(0, io.SEEK_END) > MOST_BYTES:
                raise DataError(f"is larger than {MOST_BYTES / 1e9:.1f} GB")
            file.seek(0)
            return _read_csv(file, task, target).replace(source=Path(path).name)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: line {_first_undecodable(path)}: is not UTF-8 text") from None
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def write(dataset: Dataset, path: str | Path) -> None:
    """Write a dataset as CSV or NPZ, as the path ends. Raises DataError or OSError, the old file kept."""
    suffix = Path(path).suffix.lower()
    if suffix == ".npz":
        npz.write(dataset, path)
    elif suffix == ".csv" and dataset.targets.ndim == 2 and dataset.outputs > 1:
        raise DataError(f"{path}: a CSV has one target column; write several targets as .npz")
    elif suffix == ".csv":
        saving.replace_file(path, lambda file: file.write(_csv_text(dataset).encode()))
    else:
        raise DataError(f"{path}: ends in '{suffix}'; .csv and .npz can be written")


def _read_csv(file: TextIO, task: str | None, target: str | None) -> Dataset:
    columns, cells = read_cells(file, target)
    name = columns.names[columns.target]
    found = targets.from_text(cells.targets, task, lambda row: f"line {cells.lines[row]}, column '{name}'")
    return Dataset(
        cells.features,
        found.values,
        _sets(cells) if columns.split >= 0 else None,
        found.names,
        tuple(columns.names[number] for number in columns.features),
    )


def _first_undecodable(path: str | Path) -> int:
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _sets(cells: Cells) -> NDArray[np.int8]:
    words = [text.strip() for text in cells.splits]
    for word, line in zip(words, cells.lines):
        if word and word not in SETS:
            expected = f"{', '.join(SETS)}, or nothing, which leaves it to the split knobs"
            raise DataError(f"line {line}, column '{SPLIT}': found '{word[:40]}'; expected {expected}")
    return np.array([SETS.index(word) if word else UNASSIGNED for word in words], np.int8)


def _csv_text(dataset: Dataset) -> str:
    """Rows of features, target and, where the dataset gives it, split; numbers are read back exactly."""
    has_sets = bool((dataset.sets != UNASSIGNED).any())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    target_name = "target" if "y" in dataset.feature_names else "y"
    writer.writerow([*dataset.feature_names, target_name, *([SPLIT] if has_sets else [])])
    names = dataset.class_names
    # a pattern's classes have no names of their own: plain numbers are easier to use elsewhere
    if names == class_names(len(names)):
        names = tuple(str(number) for number in range(len(names)))
    labels = [names[int(value)] if names else value for value in dataset.targets.ravel().tolist()]
    columns = [*dataset.inputs.T.tolist(), labels]
    if has_sets:
        columns.append([("" if part == UNASSIGNED else SETS[part]) for part in dataset.sets.tolist()])
    writer.writerows(zip(*columns))
    return text.getvalue()
