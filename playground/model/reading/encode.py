"""Columns as numbers for the network: when a table is read first, and when another one is to become the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playground.model.encoding import CATEGORY, DATE, NUMBER, PARTS, Code
from playground.model.reading import words
from playground.model.reading.columns import Column

Floats = NDArray[np.float64]


def code(column: Column, rows: NDArray[np.intp]) -> Code:
    """What the network gets of a column: levels and parts that the used rows have."""
    values = column.values[rows]
    if values.dtype.kind == "M":
        known = values[~np.isnat(values)]
        varying = tuple(part for part in PARTS if len(np.unique(_part(known, part))) > 1)
        return Code(column.name, DATE, parts=varying)
    if values.dtype.kind == "f":
        return Code(column.name, NUMBER, column.levels)
    present = np.unique(values[values >= 0])
    return Code(column.name, CATEGORY, tuple(column.levels[number] for number in present.tolist()))


def is_constant(column: Column, rows: NDArray[np.intp]) -> bool:
    """Whether a column has one value alone in the used rows, though not in all."""
    values = column.values[rows][~column.is_missing[rows]]
    return len(rows) > 1 and len(values) > 0 and bool((values == values[0]).all())


def inputs(column: Column, code: Code, rows: NDArray[np.intp]) -> tuple[Floats, tuple[str, ...]]:
    """(rows, features) numbers, NaN in all of a row's features where its cell is missing; and levels that are new.

    A new level is none of those that were learned: all its features are 0.
    """
    values = column.values[rows]
    lacks = column.is_missing[rows]
    if code.kind == NUMBER:
        return values.astype(np.float64)[:, np.newaxis], ()
    if code.kind == DATE:
        found = np.full((len(values), len(code.parts)), np.nan)
        for number, part in enumerate(code.parts):
            found[~lacks, number] = _part(values[~lacks], part)
        return found, ()
    places = {_key(level): number for number, level in enumerate(code.levels)}
    wanted = np.array([*(places.get(_key(level), -1) for level in column.levels), -1], np.intp)[values]
    found = (wanted[:, np.newaxis] == np.arange(len(code.levels))).astype(np.float64)
    found[lacks] = np.nan
    new = np.unique(values[~lacks & (wanted < 0)])
    return found, tuple(column.levels[number] for number in new.tolist())


def _key(level: str) -> str:
    value = words.number(level)
    return repr(value) if value is not None else " ".join(level.split()).casefold()


def _part(moments: NDArray[np.datetime64], part: str) -> Floats:
    days = moments.astype("datetime64[D]")
    if part == "year":
        found = moments.astype("datetime64[Y]").astype(np.int64) + 1970
    elif part == "month":
        found = moments.astype("datetime64[M]").astype(np.int64) % 12 + 1
    elif part == "weekday":
        found = (days.astype(np.int64) + 3) % 7  # Monday is 0
    else:
        found = (moments - days).astype("timedelta64[h]").astype(np.int64)
    return np.asarray(found, np.float64)


def stacked(parts: Sequence[Floats], rows: int) -> Floats:
    """All columns' features side by side."""
    return np.hstack(parts) if parts else np.empty((rows, 0))
