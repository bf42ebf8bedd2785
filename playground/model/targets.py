"""Whether an array's targets are classes or values: text and whole numbers are classes, floats are a regression.

A task ("classification" or "regression") overrides what the targets look like.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import MOST_CLASSES, DataError


class Targets(NamedTuple):
    """values: (samples,) class numbers or (samples, outputs) values, float64. names: of the classes."""

    values: NDArray[np.float64]
    names: tuple[str, ...] = ()


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
