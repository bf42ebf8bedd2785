"""A file that is being opened: what it would become under given flags, from its first part and from all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import DataError
from playground.model.progress import Progress, portion, silent
from playground.model.reading import columns, reading, source, spreadsheet
from playground.model.reading.columns import CATEGORY, NUMBER, Column
from playground.model.reading.flags import Flags, check
from playground.model.reading.reading import Reading
from playground.model.reading.source import Source
from playground.model.reading.table import Table

OF_TABLE = ("header", "delimiter", "decimal", "encoding", "sheet")  # the flags on which the table's cells depend
BARS = 12  # of a column's distribution
SAMPLE = 20_000  # cells that speak for a column


class Look(NamedTuple):
    """What a file looks like. reading: None where these flags make no dataset of it; problem says why.

    is_part: whether there is more of it than this.
    """

    table: Table
    columns: tuple[Column, ...]
    reading: Reading | None
    problem: str
    is_part: bool


class Draft:
    """A file, or what was pasted, before it is opened. Flags that leave its cells as they are do not read it again."""

    def __init__(self, given: Path | Source) -> None:
        self._given = given
        self.name = given.name
        self._part: Source | None = None
        self._is_looked = False
        self._tables: dict[bool, tuple[Flags, Table]] = {}  # of the part, and of all
        self.sheets: tuple[str, ...] = ()  # of a spreadsheet, once its table was read

    @property
    def kind(self) -> str:
        """The ending that says how it is read; "" where that is seen only when it is opened."""
        return self._given.kind if isinstance(self._given, Source) else source.kind_of(self._given)

    def look(self, flags: Flags, progress: Progress = silent) -> Look:
        """What it looks like at once, of a long text by its first part. Raises DataError in one line."""
        flags = check(flags)
        with reading.telling_the_file(self.name):
            if not self._is_looked and isinstance(self._given, Path) and self._given.suffix.lower() != ".npz":
                self._part = source.read_part(self._given)
            self._is_looked = True
            if self._part is None:
                return self._read(flags, progress)
            part = self._part
            return self._judged(self._table(flags, True, lambda: part, progress), flags, True, progress)

    def read(self, flags: Flags, progress: Progress = silent) -> Look:
        """All of it. Raises DataError in one line, or CancelledError."""
        with reading.telling_the_file(self.name):
            return self._read(check(flags), progress)

    def _read(self, flags: Flags, progress: Progress) -> Look:
        given = self._given
        if isinstance(given, Path) and given.suffix.lower() == ".npz":
            return _of_arrays(reading.open_file(given, flags))
        fetch = (lambda: source.read(given, portion(progress, 0, 0.2))) if isinstance(given, Path) else lambda: given
        table = self._table(flags, False, fetch, portion(progress, 0.2, 0.7))
        return self._judged(table, flags, False, portion(progress, 0.7, 1))

    def _table(self, flags: Flags, is_part: bool, fetch: Callable[[], Source], progress: Progress) -> Table:
        of_table = Flags()._replace(**{name: getattr(flags, name) for name in OF_TABLE})
        known = self._tables.get(is_part)
        if known is None or known[0] != of_table:
            found = fetch()
            known = of_table, reading.tabulate(found, flags, progress)
            self._tables[is_part] = known
            if found.kind in source.SHEETS and not self.sheets:
                self.sheets = spreadsheet.sheets(found)
        return known[1]

    def _judged(self, table: Table, flags: Flags, is_part: bool, progress: Progress) -> Look:
        described = reading.describe(table, flags, progress)
        try:
            found = reading.interpret(self.name, table, described, flags)
        except DataError as error:
            return Look(table, described, None, " ".join(str(error).split()), is_part)
        return Look(table, described, found, "", is_part)


def _of_arrays(found: Reading) -> Look:
    """An NPZ as a table: features, then the target."""
    data = found.dataset
    targets = data.targets if data.class_names else data.targets[:, 0]
    values = [*data.inputs.T, targets]
    kinds = [NUMBER] * data.features + [CATEGORY if data.class_names else NUMBER]
    levels = [()] * data.features + [data.class_names]
    names = (*data.feature_names, found.target)
    shown = [*data.inputs.T, np.array(data.class_names, object)[targets.astype(int)] if data.class_names else targets]
    described = tuple(
        Column(name, kind, "", column.astype(np.intp) if kind == CATEGORY else column, words)
        for name, kind, column, words in zip(names, kinds, values, levels)
    )
    table = Table(names, tuple(shown), True, ".", ("",) * len(names), (), lambda row: f"row {row + 1}")
    return Look(table, described, found, "", False)


def distribution(column: Column) -> NDArray[np.float64]:
    """How often values of a column are, as heights from 0 to 1: of a category by level, else in even steps."""
    values = column.values[:: max(1, len(column.values) // SAMPLE)]
    if column.kind in (CATEGORY, columns.TEXT):
        counts = np.bincount(values[values >= 0].astype(np.intp), minlength=1)[: 2 * BARS]
    else:
        known = values[~np.isnat(values)].astype(np.int64) if values.dtype.kind == "M" else values[np.isfinite(values)]
        counts = np.histogram(known, BARS)[0] if len(known) and np.ptp(known) else np.array([len(known)])
    return np.asarray(counts / max(counts.max(initial=0), 1), np.float64)
