"""Another file as the same inputs: the columns by name, categories as they were learned, every row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model import archive
from playground.model.dataset import TRAIN, DataError, Dataset
from playground.model.encoding import CATEGORY, DATE, NUMBER, Code, Encoding, filled
from playground.model.progress import Progress, portion, silent
from playground.model.reading import columns, encode, source
from playground.model.reading.columns import Column
from playground.model.reading.flags import Flags, check
from playground.model.reading.reading import tabulate, telling_the_file
from playground.model.reading.table import Table


class Again(NamedTuple):
    """inputs: (rows, features), rows as in the file. notes: sentences."""

    inputs: NDArray[np.float64]
    notes: tuple[str, ...]


def read(
    path: str | Path,
    learned: Dataset,
    flags: Flags = Flags(),  # noqa: B008
    progress: Progress = silent,
) -> Again:
    """The inputs in a file, for a network that learned from a dataset whose points are dealt.

    Missing cells are filled as they were for training. Raises DataError, in one line, where a column is missing.
    """
    flags = check(flags)
    with telling_the_file(path):
        if Path(path).suffix.lower() == ".npz":
            return _from_npz(path, learned)
        table = tabulate(source.read(path, portion(progress, 0, 0.2)), flags, portion(progress, 0.2, 1))
        return _of_table(table, learned)


def _of_table(table: Table, learned: Dataset) -> Again:
    encoding = learned.encoding or Encoding("", tuple(Code(name, NUMBER) for name in learned.feature_names))
    rows = np.arange(table.rows)
    places = _places(table, encoding)
    parts, notes = [], list(table.notes)
    for code, place in zip(encoding.codes, places):
        column = _column(table, place, code)
        values, new = encode.inputs(column, code, rows)
        if new:
            many = f" and {len(new) - 5} more" if len(new) > 5 else ""
            notes.append(f"{code.name} has levels that were not learned, and count as none: {', '.join(new[:5])}{many}")
        parts.append(values)
    inputs = encode.stacked(parts, table.rows)
    missing = np.isnan(inputs)
    if missing.any():
        notes.append(f"{int(missing.any(axis=1).sum())} rows have missing cells, filled as they were for training")
        inputs = _filled(np.nan_to_num(inputs), missing, learned, encoding)
    return Again(inputs, tuple(notes))


def _filled(
    inputs: NDArray[np.float64], missing: NDArray[np.bool_], learned: Dataset, encoding: Encoding
) -> NDArray[np.float64]:
    """Missing cells as the training points have them most usually."""
    usual = learned.inputs[learned.sets == TRAIN]
    both = np.concatenate([inputs, usual])
    lacks = np.concatenate([missing, np.zeros(usual.shape, bool)])
    return filled(both, lacks, np.arange(len(both)) >= len(inputs), encoding)[: len(inputs)]


def _places(table: Table, encoding: Encoding) -> list[int]:
    """Where each column stands; a table without a header that lacks the target has no column called y."""
    names = list(table.names)
    wanted = [code.name for code in encoding.codes]
    if not table.has_header and encoding.target == "y" and f"x{len(names)}" in wanted:
        names[-1] = f"x{len(names)}"
    lower = [name.lower() for name in names]
    absent = [name for name in wanted if name.lower() not in lower]
    if absent:
        raise DataError(
            f"has no column '{absent[0]}', which the network learned from; its columns are {_listed(names)}"
        )
    return [names.index(name) if name in names else lower.index(name.lower()) for name in wanted]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _column(table: Table, place: int, code: Code) -> Column:
    """A column read as what it was when it was learned from. Raises DataError where it is something else."""
    if code.kind == CATEGORY:
        return columns.as_words(table, place)
    found = columns.of_cells(table, place)
    kind = {"f": NUMBER, "M": DATE}.get(found.values.dtype.kind, CATEGORY)
    if kind != code.kind and found.missing < len(found.values):
        row = int(np.flatnonzero(~found.is_missing)[0]) if found.wrong < 0 else found.wrong
        expected = "a number" if code.kind == NUMBER else "a date"
        cell = str(table.columns[place][row])[:40]
        raise DataError(f"{table.place(row)}, column '{code.name}': found '{cell}'; expected {expected}, as learned")
    if kind != code.kind:
        empty = np.full(table.rows, np.nan if code.kind == NUMBER else np.datetime64("NaT"))
        return found._replace(values=empty)
    return found


def _from_npz(path: str | Path, learned: Dataset) -> Again:
    with archive.opened(path) as file:
        arrays = archive.read_arrays(file, ("X", "x_test", "x_train"))
    if not arrays:
        raise DataError("has no array X")
    array = next(iter(arrays.values()))
    if array.dtype.kind not in "biuf" or not len(array) or array.size // len(array) != learned.features:
        raise DataError(
            f"X has shape {array.shape} of {array.dtype}; the network takes {learned.features} numbers a row"
        )
    inputs = array.reshape(len(array), -1).astype(np.float64)
    if not np.isfinite(inputs).all():
        raise DataError("X holds NaN or infinity; expected finite numbers")
    return Again(inputs, ())
