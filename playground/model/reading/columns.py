"""What each column is: number, category, date, text, row number or constant; each with its reason."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import DataError
from playground.model.progress import Progress, silent
from playground.model.reading import words
from playground.model.reading.table import Table

NUMBER, CATEGORY, DATE, TEXT, ROW_NUMBER, CONSTANT = "number", "category", "date", "text", "row_number", "constant"
MOST_LEVELS = 20
MOST_GIVEN_LEVELS = 500  # where a flag asks for them
NEARLY_ALL = 0.9
COUNTER_NAMES = frozenset({"id", "index", "row", "rownames", "no", "#", "obs", "unnamed: 0", "unnamed: 0.1"})
FIRST = 100  # rows
FEW_ROWS = 5  # so few count up by chance


class Column(NamedTuple):
    """A column of a table.

    values: (rows,) float64 for numbers, NaN where none is; for a date datetime64, NaT; else the number of the level,
    −1 where none is. levels: of categories and text, sorted; of a number that was written in words those for 0 and 1.
    wrong: a row whose cell is no number though others are, or −1. note: what is to be told of it, or "".
    """

    name: str
    kind: str
    reason: str
    values: NDArray[Any]
    levels: tuple[str, ...]
    wrong: int = -1
    note: str = ""

    @property
    def is_missing(self) -> NDArray[np.bool_]:
        if self.values.dtype.kind == "f":
            return np.asarray(np.isnan(self.values))
        return np.asarray(np.isnat(self.values) if self.values.dtype.kind == "M" else self.values < 0)

    @property
    def missing(self) -> int:
        return int(self.is_missing.sum())


def describe(table: Table, categorical: tuple[str, ...] = (), progress: Progress = silent) -> tuple[Column, ...]:
    """Every column of a table with its kind. categorical: names of columns that are categories whatever they hold."""
    found = []
    for number, name in enumerate(table.names):
        progress(number / len(table.names))
        found.append(_column(table, number, name in categorical or table.declared[number] == CATEGORY))
    return tuple(found)


def as_words(table: Table, number: int) -> Column:
    """A column as words, whatever it looks like: each way of writing is a level of its own, but for case and blanks."""
    cells = table.columns[number]
    if cells.dtype.kind == "f":
        cells = np.array([None if np.isnan(value) else plain(value) for value in cells.tolist()], object)
    return _of_words(table.names[number], cells, False)


def plain(value: float) -> str:
    """A number as it is written: without a point where it is whole."""
    # a whole number may be too large for a float
    is_whole = isinstance(value, int) or (abs(value) < 1e15 and value.is_integer())
    return str(int(value)) if is_whole else repr(float(value))


def _column(table: Table, number: int, is_category: bool) -> Column:
    if is_category:
        found = as_words(table, number)
        if len(found.levels) < 2:
            return found._replace(kind=CONSTANT, reason=_constant(found))
        reason = "the file says so" if table.declared[number] else "as asked for"
        return found._replace(kind=CATEGORY, reason=reason)
    return _refined(of_cells(table, number))


def of_cells(table: Table, number: int) -> Column:
    """A column by its cells alone: numbers, dates, a category or text."""
    name, cells = table.names[number], table.columns[number]
    if cells.dtype.kind != "f":
        return _of_objects(table, number)
    days = _of_days(name, cells) if "date" in name.lower() else None
    return days if days is not None else _of_numbers(name, cells)


def _of_days(name: str, values: NDArray[np.float64]) -> Column | None:
    """A column of days written as whole numbers, 20261125; None where a number is no day."""
    known = values[~np.isnan(values)]
    if not len(known) or (known % 1).any() or known.min() < 1000_01_01 or known.max() > 2999_12_31:
        return None
    found = words.dates([f"{value:.0f}" for value in known.tolist()], (("%Y%m%d",),))
    if found is None:
        return None
    moments = np.full(len(values), np.datetime64("NaT"), "datetime64[s]")
    moments[~np.isnan(values)] = found[0]
    return Column(name, DATE, "all cells are days, as whole numbers", moments, ())


def _refined(found: Column) -> Column:
    """Constants and row numbers, which are told by their values."""
    present = found.values[~found.is_missing]
    if not len(present) or (len(found.values) > 1 and (present == present[0]).all()):
        return found._replace(kind=CONSTANT, reason=_constant(found))
    if found.kind == NUMBER and len(present) == len(found.values) > 1:
        return _counted(found)
    return found


def _counted(found: Column) -> Column:
    """A column of numbers without gaps, judged for whether it numbers the rows."""
    is_unnamed = found.name.startswith("Unnamed: ")
    is_called_so = is_unnamed or found.name.lower() in COUNTER_NAMES
    remedy = f"if it numbers the rows, leave it out with --drop {found.name}"
    # a first look spares most columns a long one
    if (np.diff(found.values[:FIRST]) == 1).all() and (np.diff(found.values) == 1).all():
        if is_called_so:
            return found._replace(kind=ROW_NUMBER, reason=f"counts up by one, and is called '{found.name}'")
        note = f"{found.name} counts up by one: {remedy}" if len(found.values) >= FEW_ROWS else found.note
        return found._replace(note=note)
    is_whole = is_called_so and bool((found.values % 1 == 0).all())
    # what a program wrote in front of the rows that it kept of a longer table
    if is_unnamed and is_whole and len(np.unique(found.values)) == len(found.values):
        return found._replace(kind=ROW_NUMBER, reason="has no name, and another whole number in each row")
    if is_whole:
        return found._replace(note=f"{found.name} is used as a number: {remedy}")
    return found


def _constant(found: Column) -> str:
    return "holds nothing" if found.missing == len(found.values) else "has one value alone"


def _of_numbers(name: str, values: NDArray[np.float64]) -> Column:
    infinite = np.isinf(values)
    if not infinite.any():
        return Column(name, NUMBER, "all cells are numbers", values, ())
    note = f"{int(infinite.sum())} infinite values of {name} count as missing"
    return Column(name, NUMBER, "all cells are numbers", np.where(infinite, np.nan, values), (), note=note)


def _of_objects(table: Table, number: int) -> Column:
    """A column that is not numbers throughout: numbers in another form, dates, a category or text."""
    name, cells = table.names[number], table.columns[number]
    present = [cell for cell in cells.tolist() if not words.is_missing(cell)]
    if present and all(map(words.is_date, present)):
        return _of_dates(name, cells)
    codes, distinct = _distinct(cells)
    if not distinct:
        return Column(name, CONSTANT, "holds nothing", np.full(len(cells), np.nan), ())
    pair = words.yes_no(distinct)
    if pair:
        values = np.array([float(word.strip().lower() == pair[1]) for word in distinct] + [np.nan])[codes]
        spelled = {word.strip().lower(): word.strip() for word in distinct}
        levels = tuple(spelled.get(word, word) for word in pair)
        return Column(name, NUMBER, f"{pair[0]} is 0, {pair[1]} is 1", values, levels)
    found, decimal = words.numbers(distinct, table.decimal)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    share = sum(int(count) for count, value in zip(counts, found) if value is not None) / counts.sum()
    if share == 1:
        values = np.array([*found, np.nan], np.float64)[codes]
        reason = "all cells are numbers" + (", with a decimal comma" if decimal == "," and table.decimal != "," else "")
        return _of_numbers(name, values)._replace(reason=reason)
    moments = words.dates(distinct) if share == 0 or share < NEARLY_ALL else None
    if moments is not None:
        return _of_moments(name, codes, *moments)
    column = _of_words(name, cells, True)
    if not share:
        return column
    odd = next(number for number, value in enumerate(found) if value is None)
    wrong = int(np.flatnonzero(codes == odd)[0])
    # 136A among numbers makes them codes; oops makes a mistake
    is_code = any(sign.isdigit() for sign in distinct[odd])
    is_measured = column.kind == TEXT or any(value % 1 for value in found if value is not None)
    if share >= NEARLY_ALL and is_measured and not is_code or table.declared[number] == NUMBER:
        raise DataError(
            f"{table.place(wrong)}, column '{name}': found '{distinct[odd].strip()[:40]}' among numbers; expected a "
            f"number, or --categorical {name}, or --drop {name}"
        )
    if len(column.levels) == counts.sum():
        column = column._replace(kind=TEXT, reason="each row has another word")
    if column.kind == TEXT and share >= NEARLY_ALL:
        column = column._replace(reason=f"numbers and codes such as '{distinct[odd].strip()[:40]}'")
    note = f"{name} holds numbers and words such as '{distinct[odd].strip()[:40]}': it is read as words"
    return column._replace(wrong=wrong, note=" · ".join(filter(None, (column.note, note))))


def _distinct(cells: NDArray[Any]) -> tuple[NDArray[np.intp], list[str]]:
    """The number of each cell's word, −1 where nothing is, and the words as they are written."""
    import pandas as pd

    texts = [None if words.is_missing(cell) else cell if isinstance(cell, str) else _text(cell) for cell in cells]
    column = np.empty(len(texts), object)
    column[:] = texts
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    return np.asarray(codes, np.intp), [str(word) for word in distinct]


def _text(cell: Any) -> str:
    return plain(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else str(cell)


def _of_words(name: str, cells: NDArray[Any], judges: bool) -> Column:
    """A column of words: a category, or text where it has too many levels. judges: whether the kind is open."""
    codes, distinct = _distinct(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    spellings: dict[str, list[int]] = {}
    for number, word in enumerate(distinct):
        spellings.setdefault(" ".join(word.split()).casefold(), []).append(number)
    # of several ways to write a level, the most frequent one names it
    named = {
        words.unshielded(distinct[max(same, key=lambda number: int(counts[number]))].strip()): same
        for same in spellings.values()
    }
    levels = tuple(sorted(named, key=_order))
    place = np.full(len(distinct) + 1, -1, np.intp)
    for number, level in enumerate(levels):
        place[named[level]] = number
    several = [level for level in levels if len({distinct[number].strip() for number in named[level]}) > 1]
    note = ""
    if several:
        note = f"{name}: ways to write {', '.join(several[:5])} that differ in case or blanks are one level"
    kind, reason = CATEGORY, f"{len(levels)} different words"
    present = int(counts.sum())
    if judges and len(levels) > MOST_LEVELS:
        kind, reason = TEXT, f"{len(levels):,} different words, more than {MOST_LEVELS}"
    elif judges and len(levels) == present > 2:
        kind, reason = TEXT, "each row has another word"
    return Column(name, kind, reason, place[codes], levels, note=note)


def _order(level: str) -> tuple[float, str]:
    """Levels that are numbers in their order, before the others."""
    value = words.number(level)
    return (value if value is not None else np.inf, level)


def _of_dates(name: str, cells: NDArray[Any]) -> Column:
    """A spreadsheet's dates and times."""
    import datetime

    import pandas as pd

    def moment(cell: Any) -> Any:
        if words.is_missing(cell):
            return pd.NaT
        if isinstance(cell, datetime.time):
            return datetime.datetime.combine(datetime.date(1900, 1, 1), cell)
        return datetime.datetime(1900, 1, 1) + cell if isinstance(cell, datetime.timedelta) else cell

    values = np.array([np.datetime64(found, "s") for found in map(moment, cells)], "datetime64[s]")
    return Column(name, DATE, "all cells are dates", values, ())


def _of_moments(name: str, codes: NDArray[np.intp], moments: NDArray[np.datetime64], form: str) -> Column:
    values = np.append(moments, np.datetime64("NaT"))[codes]
    first, _, other = form.partition(" or ")
    note = f"{name} is read as {first}; {other} would do as well" if other else ""
    return Column(name, DATE, f"all cells are dates ({form})", values, (), note=note)
