"""The cells of a CSV: which column is what, and what the rows hold.

A header row; comma, semicolon or tab between cells. Every error names its line, and where it can its column.
"""

from __future__ import annotations

import csv
import itertools
import re
from array import array
from collections.abc import Iterator
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from playground.model import targets
from playground.model.archive import MOST_VALUES
from playground.model.dataset import DataError

CHUNK = 20_000
SPLIT = "split"


class Columns(NamedTuple):
    """Which column is what: all names; the numbers of the features, of the target, of the split (or −1)."""

    names: tuple[str, ...]
    features: tuple[int, ...]
    target: int
    split: int


class Cells(NamedTuple):
    """What the rows hold: (samples, features) float64, the other columns as text, and each row's line."""

    features: NDArray[np.float64]
    targets: list[str]
    splits: list[str]
    lines: array[int]


def read(file: TextIO, target: str | None) -> tuple[Columns, Cells]:
    """All cells of an open CSV. target: the target column's name; None is the last one. Raises DataError."""
    rows = csv.reader(file, delimiter=_delimiter(file), strict=True)
    try:
        header = next((row for row in rows if row), None)
        if header is None:
            raise DataError("is empty; expected a header row and a row for each sample")
        columns = _columns([name.strip() for name in header], target)
        return columns, _cells(rows, columns)
    except csv.Error as error:
        raise DataError(f"line {rows.line_num}: cannot be read as CSV: {error}") from None


def _delimiter(file: TextIO) -> str:
    """The delimiter that the first line has most of. Inside quotes it may stand in a name."""
    start = next((line for line in file if line.strip()), "")
    file.seek(0)
    bare = re.sub(r'"[^"]*"', "", start)
    return max(",;\t", key=bare.count)


def _columns(names: list[str], target: str | None) -> Columns:
    for number, name in enumerate(names):
        if not name:
            raise DataError(f"line 1: column {number + 1} has no name; a column of row numbers must go")
        if name in names[:number]:
            raise DataError(f"line 1: two columns are called '{name}'")
    if all(targets.is_number(name) for name in names):
        found = ", ".join(names[:4])
        raise DataError(f"line 1: found numbers ({found}); expected a header row of column names")
    if target is not None and (target not in names or target == SPLIT):
        choices = ", ".join(name for name in names if name != SPLIT)
        raise DataError(f"has no target column '{target}'; its columns are {choices}")
    split = names.index(SPLIT) if SPLIT in names else -1
    rest = [number for number in range(len(names)) if number != split]
    if len(rest) < 2:
        raise DataError(f"line 1: found only '{names[0]}'; expected one feature at least, and the target")
    chosen = rest[-1] if target is None else names.index(target)
    return Columns(tuple(names), tuple(number for number in rest if number != chosen), chosen, split)


def _cells(rows: Iterator[list[str]], columns: Columns) -> Cells:
    """All rows, converted chunk by chunk, so that only one chunk exists as text."""
    features: list[NDArray[np.float64]] = []
    labels: list[str] = []
    splits: list[str] = []
    lines: array[int] = array("q")
    while chunk := list(itertools.islice(_numbered(rows, len(columns.names)), CHUNK)):
        numbers, table = zip(*chunk)
        texts = list(zip(*table))
        lines.extend(numbers)
        labels.extend(texts[columns.target])
        splits.extend(texts[columns.split] if columns.split >= 0 else ())
        features.append(_features(texts, columns, lines[-len(chunk) :]))
        if len(lines) * len(columns.names) > MOST_VALUES:
            raise DataError(f"has more than {MOST_VALUES:,} cells, the most that are read")
    if not lines:
        raise DataError("has a header row only; expected a row for each sample")
    return Cells(np.concatenate(features), labels, splits, lines)


def _numbered(rows: Iterator[list[str]], width: int) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with its line."""
    for row in rows:
        line = rows.line_num  # type: ignore[attr-defined]
        if len(row) == width:
            yield line, row
        elif row:
            raise DataError(f"line {line}: found {len(row)} cells; expected {width}, as in the header")


def _features(texts: list[tuple[str, ...]], columns: Columns, lines: array[int]) -> NDArray[np.float64]:
    values = np.empty((len(lines), len(columns.features)))
    for position, number in enumerate(columns.features):
        converted = targets.as_numbers(texts[number])
        if converted is None or not np.isfinite(converted).all():
            raise _bad_cell(columns.names[number], texts[number], lines)
        values[:, position] = converted
    return values


def _bad_cell(name: str, column: tuple[str, ...], lines: array[int]) -> DataError:
    """The error for the first cell of a feature column that is no finite number."""
    numbers = (targets.as_numbers([text]) for text in column)
    row = next(row for row, number in enumerate(numbers) if number is None or not np.isfinite(number[0]))
    text = column[row].strip()
    found = f"found '{text[:40]}'" if text else "the cell is empty"
    return DataError(f"line {lines[row]}, column '{name}': {found}; expected a finite number")
