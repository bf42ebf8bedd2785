"""A table as every format ends up: names, and for each column its cells as numbers or as words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.archive import MOST_VALUES
from playground.model.dataset import DataError


class Table(NamedTuple):
    """columns: float64 with NaN where nothing is, or objects: text, dates, None. All are of one length.

    declared: kinds that the file itself tells, or "".
    place: tells where a row stands, such as "line 4".
    """

    names: tuple[str, ...]
    columns: tuple[NDArray[Any], ...]
    has_header: bool
    decimal: str
    declared: tuple[str, ...]
    notes: tuple[str, ...]
    place: Callable[[int], str]

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0


def check_size(rows: int, columns: int) -> None:
    """Raise DataError for more cells than are read."""
    if rows * columns > MOST_VALUES:
        raise DataError(f"has {rows * columns:,} cells, more than {MOST_VALUES:,} cells, the most that are read")


def without_blank_rows(table: Table, is_blank: NDArray[np.bool_]) -> Table:
    """The table without rows that hold nothing."""
    if not is_blank.any():
        return table
    kept = np.flatnonzero(~is_blank)
    place = table.place
    return table._replace(
        columns=tuple(column[kept] for column in table.columns), place=lambda row: place(int(kept[row]))
    )
