"""Whether targets are classes or values: text and whole numbers are classes, floats are a regression.

A task ("classification" or "regression") overrides what the targets look like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import MOST_CLASSES, DataError

TASKS = ("classification", "regression")
_WHOLE = re.compile(r"[+-]?\d+(,[+-]?\d+)*")


class Targets(NamedTuple):
    """values: (samples,) class numbers or (samples, outputs) values, float64. names: of the classes."""

    values: NDArray[np.float64]
    names: tuple[str, ...] = ()


def check_task(task: str | None) -> None:
    """Raise DataError for a task that does not exist."""
    if task is not None and task not in TASKS:
        raise DataError(f"task '{task}' is unknown; it is {' or '.join(TASKS)}")


def from_text(texts: Sequence[str], task: str | None, place: Callable[[int], str]) -> Targets:
    """Targets from a column of a table. place: tells the line of a sample. Raises DataError."""
    column = [text.strip() for text in texts]
    if "" in column:
        raise DataError(f"{place(column.index(''))}: the target is missing")
    numbers = as_numbers(column)
    if numbers is None:
        _refuse_mixture(column, task, place)
        return _classes(np.array(column))
    if not np.isfinite(numbers).all():
        number = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise DataError(f"{place(number)}: found '{column[number]}'; expected a finite number")
    is_whole = _WHOLE.fullmatch(",".join(column)) is not None
    if task == "classification" or (task is None and is_whole):
        return _classes(numbers)
    return Targets(numbers[:, np.newaxis])


def from_array(array: NDArray[Any], task: str | None, name: str) -> Targets:
    """Targets from an array: (samples,), or for a regression also (samples, outputs). Raises DataError."""
    if array.dtype.kind not in "biufUS":
        raise DataError(f"{name} is of type {array.dtype}; numbers or text are accepted")
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] == 0):
        raise DataError(f"{name} has shape {array.shape}; expected (samples,) or (samples, outputs)")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.dtype.kind == "U" and task == "regression":
        raise DataError(f"{name} holds text; a regression needs numbers")
    if array.dtype.kind != "U" and not np.isfinite(array).all():
        raise DataError(f"{name} holds NaN or infinity; every target must be a finite number")
    if task == "regression" or (task is None and array.dtype.kind == "f"):
        return Targets(array.reshape(len(array), -1).astype(np.float64))
    if array.ndim == 2 and array.shape[1] > 1:
        raise DataError(f"{name} has shape {array.shape}; classes need one class a sample: (samples,)")
    return _classes(array.reshape(-1))


def as_numbers(column: Sequence[str]) -> NDArray[np.float64] | None:
    """A column of text as numbers, or None where an entry is no number."""
    try:
        return np.array(column, np.float64)
    except ValueError:
        return None


def is_number(text: str) -> bool:
    """Whether a text is a number, NaN and infinity included."""
    return as_numbers([text]) is not None


def _refuse_mixture(column: list[str], task: str | None, place: Callable[[int], str]) -> None:
    """Text among fractions is a slip, not a class; for a regression, so is any text."""
    if task == "classification":
        return
    number = next(row for row, text in enumerate(column) if not is_number(text))
    if task == "regression":
        raise DataError(f"{place(number)}: found '{column[number]}'; a regression needs numbers")
    if any("." in text and is_number(text) for text in column):
        found = f"found '{column[number]}' among numbers"
        raise DataError(f"{place(number)}: {found}; expected a number, or --task classification")


def _classes(values: NDArray[Any]) -> Targets:
    """Class numbers from labels; the names are the labels, sorted."""
    labels, numbers = np.unique(values, return_inverse=True)
    if len(labels) > MOST_CLASSES:
        raise DataError(
            f"the target has {len(labels):,} different values; at most {MOST_CLASSES} classes are accepted; "
            "for numbers, use --task regression"
        )
    return Targets(numbers.reshape(-1).astype(np.float64), tuple(_name(label) for label in labels))


def _name(label: Any) -> str:
    is_whole = isinstance(label, np.floating) and float(label).is_integer()
    return str(int(label)) if is_whole else str(label)
