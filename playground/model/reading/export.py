"""Datasets as tables: CSV and Excel, which read as the same dataset again.

A cell that a spreadsheet would take for a formula, and a name that reading would take for a number, a date or nothing,
stands behind a quote, which reading takes away.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np

from playground.model.dataset import SETS, UNASSIGNED, DataError, Dataset
from playground.model.reading.roles import MOST_WHOLE, SPLIT, TARGET_NAMES
from playground.model.reading.words import shielded
from playground.model.shapes import class_names

MOST_XLSX_ROWS, MOST_XLSX_COLUMNS = 1_048_576, 16_384


def hint(dataset: Dataset) -> str:
    """What must be said to read a table that was written as the dataset it was, where it does not tell; else ""."""
    values = np.unique(dataset.targets) if not dataset.is_classification else np.empty(0)
    is_like_classes = 0 < len(values) <= MOST_WHOLE and not (values % 1).any()
    return "its few whole numbers read as classes; --task regression reads them as numbers" if is_like_classes else ""


def _write_csv(dataset: Dataset, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    csv.writer(text, lineterminator="\n").writerows(_rows(dataset))
    text.detach()  # which flushes, and leaves the file open


def _write_xlsx(dataset: Dataset, file: BinaryIO) -> None:
    import xlsxwriter

    if dataset.samples >= MOST_XLSX_ROWS or dataset.features + 2 > MOST_XLSX_COLUMNS:
        raise DataError(f"a sheet has {MOST_XLSX_ROWS:,} rows and {MOST_XLSX_COLUMNS:,} columns; write a .csv or .npz")
    content = io.BytesIO()
    # equal datasets make equal files
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.datetime(1980, 1, 1)})
        sheet = book.add_worksheet("data")
        for number, row in enumerate(_rows(dataset)):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                elif cell is not None:
                    sheet.write_number(number, place, Exact(cell))
    file.write(content.getvalue())


class Exact(float):
    """A number that XlsxWriter writes with all its digits: a 64-bit float has up to 17, and it would write 16."""

    def __format__(self, form: str) -> str:
        return repr(float(self))


WRITERS: dict[str, Callable[[Dataset, BinaryIO], None]] = {".csv": _write_csv, ".xlsx": _write_xlsx}


def _rows(dataset: Dataset) -> Iterator[list[Any]]:
    """Names, then a row a sample: features, target and, where the dataset gives it, split; None where nothing is."""
    has_sets = bool((dataset.sets != UNASSIGNED).any())
    labels = _labels(dataset.class_names)
    names = [*map(shielded, dataset.feature_names), shielded(_target_name(dataset))]
    yield [*names, *([SPLIT] if has_sets else [])]
    for number, (inputs, target) in enumerate(zip(dataset.inputs.tolist(), dataset.targets.ravel().tolist())):
        if dataset.missing is not None:
            inputs = [None if lacks else value for lacks, value in zip(dataset.missing[number], inputs)]
        part = int(dataset.sets[number])
        sets = ["" if part == UNASSIGNED else SETS[part]] if has_sets else []
        yield [*inputs, labels[int(target)] if labels else target, *sets]


def _labels(names: tuple[str, ...]) -> list[str | int]:
    """What stands for each class: its name, or a plain number where that is read as the same class."""
    # a pattern's classes have no names of their own: plain numbers are easier to use elsewhere
    if names == class_names(len(names)):
        names = tuple(str(number) for number in range(len(names)))
    if len(names) <= MOST_WHOLE and all(name.isdecimal() and name == str(int(name)) for name in names):
        return [int(name) for name in names]
    return [shielded(name) for name in names]


def _target_name(dataset: Dataset) -> str:
    """The target's own name, or another where reading would take a feature for the target, or two for one."""
    own = dataset.encoding.target if dataset.encoding is not None else "y"
    taken = {name.lower() for name in dataset.feature_names}
    choices = [own, "target", "class", "label", "outcome"]
    if taken & TARGET_NAMES:
        choices = [name for name in choices if name.lower() in TARGET_NAMES]
    return next((name for name in choices if name.lower() not in taken), "target_2")
