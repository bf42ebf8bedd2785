"""Which of a table's first rows are titles, which name the columns, and where the data begin.

Rows are lists of cells, of text or as a spreadsheet has them, so that one rule serves both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from playground.model.dataset import DataError
from playground.model.reading import words

MOST_HEADERS = 3
BODY = 100  # rows that the first ones are compared with
MOST_COLUMNS = 10_000
Row = Sequence[Any]


class Header(NamedTuple):
    """titles: rows to pass over first. rows: that name columns. names: of the columns; "" where one has none.

    width: of the data. notes: sentences. is_shifted: the names lack the first column's.
    """

    titles: int
    rows: int
    names: tuple[str, ...]
    width: int
    notes: tuple[str, ...]


def find(rows: Sequence[Row], flag: str = "auto", is_whole: bool = False) -> Header:
    """The header of a table's first rows. flag: "on", "off" or "auto". is_whole: there are no rows but these.

    Raises DataError where there is no table.
    """
    if not any(_filled(row) for row in rows):
        raise DataError("is empty; expected a header row and a row for each sample")
    titles = _titles(rows)
    rest = [row for row in rows[titles:] if _filled(row)]
    count = {"on": 1, "off": 0}.get(flag, -1)
    if count < 0:
        count = _header_rows(rest)
    if count and len(rest) <= count and is_whole:
        raise DataError("has a header row only; expected a row for each sample")
    width = _width(rest[count:] or rest)
    names, notes = _names(rest[:count], rest[count:], width)
    if max(len(names), width) > MOST_COLUMNS:
        raise DataError(f"has {max(len(names), width):,} columns; at most {MOST_COLUMNS:,} are read")
    if titles:
        notes.insert(0, f"{titles} {'row stands' if titles == 1 else 'rows stand'} above the header, and is no data")
    if count > 1:
        notes.append(f"{count} header rows name the columns together")
    return Header(titles, count, tuple(names), len(names), tuple(notes))


def unnamed(names: Sequence[str], has_header: bool) -> tuple[list[str], list[str]]:
    """Names for columns that have none, and none twice; and notes about that."""
    if not has_header:
        return [*(f"x{number + 1}" for number in range(len(names) - 1)), "y"], []
    found: dict[str, None] = {}  # in order, and quick to look into
    notes = []
    for number, name in enumerate(names):
        given = name = name or f"Unnamed: {number}"
        again = 2
        while name in found:
            name, again = f"{given}_{again}", again + 1
        if name != given:
            notes.append(f"two columns are called '{given}'; the one in place {number + 1} is read as '{name}'")
        found[name] = None
    return list(found), notes


def _filled(row: Row) -> int:
    """How many cells hold something, were it only a mark for what is missing."""
    return sum(not words.is_blank(cell) for cell in row[:MOST_COLUMNS])


def _trimmed(row: Row) -> int:
    """The number of cells up to the last one that is not blank."""
    size = len(row)
    while size and words.is_blank(row[size - 1]):
        size -= 1
    return size


def _width(rows: Sequence[Row]) -> int:
    """How many cells most rows have, beginning at the end, where no titles are."""
    return Counter(len(row) for row in reversed(rows[-BODY:])).most_common(1)[0][0]


def _titles(rows: Sequence[Row]) -> int:
    """How many rows come before the table: blank ones, and those with one word, in front, where others have several."""
    usual = Counter(_filled(row) for row in rows[-BODY:]).most_common(1)[0][0]
    count = 0
    for row in rows:
        is_title = usual > 1 and _filled(row) == 1 and words.sort_of(row[0]) == "word"
        if _filled(row) and not is_title and not (count == 0 and _is_census(row, rows[1:])):
            break
        count += 1
    return count if count < len(rows) and any(_filled(row) for row in rows[:count]) else _blanks(rows)


def _is_census(row: Row, body: Sequence[Row]) -> bool:
    """Whether a row tells how many rows and features follow, and the classes' names, as some copies of iris begin."""
    if len(row) < 3 or not body or [words.sort_of(cell) for cell in row[:3]] != ["number", "number", "word"]:
        return False
    return words.number(str(row[1])) == _width(body) - 1 and all(words.sort_of(cell) == "word" for cell in row[2:])


def _blanks(rows: Sequence[Row]) -> int:
    return next((number for number, row in enumerate(rows) if _filled(row)), 0)


def _header_rows(rows: Sequence[Row]) -> int:
    """How many of the first rows name columns."""
    if not _is_header(rows[0], rows[1 : 1 + BODY]):
        return 0
    count = 1
    while count < min(MOST_HEADERS, len(rows) - 1):
        body = rows[count + 1 : count + 1 + BODY]
        sorts = [words.sort_of(cell) for cell in rows[count]]
        is_index_name = sorts[:1] == ["word"] and set(sorts[1:]) <= {"blank"} and not str(rows[0][0] or "").strip()
        if len(sorts) > 1 and is_index_name and body:
            return count + 1
        typed = [number for number in range(len(sorts)) if _is_typed(body, number)]
        over = [sorts[number] for number in typed]
        if len(typed) < 2 or 2 * over.count("word") < len(typed) or set(over) > {"word", "blank"} or "number" in sorts:
            break
        count += 1
    return count


def _is_header(row: Row, body: Sequence[Row]) -> bool:
    sorts = [words.sort_of(cell) for cell in row]
    if sorts[0] == "blank" and "blank" not in sorts[1:] and _is_index(body):
        return True
    counts = [words.number(str(cell)) for cell, sort in zip(row, sorts) if sort == "number"]
    if counts:
        return _is_counted(counts, sorts)
    if "date" in sorts or not body:
        return not body and "date" not in sorts
    if any(sort == "word" and _is_typed(body, number) for number, sort in enumerate(sorts)):
        return True
    if "missing" in sorts:
        return False
    # a table of words alone: names differ, and do not occur among the levels of their columns
    names = [str(cell).strip() for cell, sort in zip(row, sorts) if sort == "word"]
    seen = sum(
        any(number < len(other) and other[number] == cell for other in body)
        for number, (cell, sort) in enumerate(zip(row, sorts))
        if sort == "word"
    )
    return len(set(names)) == len(names) and 2 * seen <= max(1, len(names) - 1) and seen < max(1, len(names))


def _is_index(body: Sequence[Row]) -> bool:
    """Whether the first column names the rows: it counts up by one, or holds a word of its own in each."""
    cells = [row[0] for row in body if row]
    sorts = {words.sort_of(cell) for cell in cells}
    if sorts == {"number"}:
        values = [words.number(str(cell)) or 0.0 for cell in cells]
        return len(values) > 1 and all(two - one == 1 for one, two in zip(values, values[1:]))
    return sorts == {"word"} and len(set(map(str, cells))) == len(cells)


def _is_counted(counts: Sequence[float | None], sorts: Sequence[str]) -> bool:
    """Whether numbers in a first row are names: three or more that count up by one, with words or blanks beside."""
    pairs = [(one, two) for one, two in zip(counts, counts[1:]) if one is not None and two is not None]
    is_count = len(counts) >= 3 and all(two - one == 1 for one, two in pairs)
    others = sum(sort != "number" for sort in sorts)
    begins = counts[0] in (0, 1) or (counts[0] is not None and counts[0] >= 1000)
    return is_count and begins and others <= max(2, len(sorts) // 4)


def _is_typed(body: Sequence[Row], number: int) -> bool:
    """Whether a column of the data holds numbers or dates, most of it."""
    sorts = [words.sort_of(row[number]) for row in body if number < len(row)]
    there = [sort for sort in sorts if sort not in ("blank", "missing")]
    return bool(there) and sum(sort != "word" for sort in there) >= 0.8 * len(there)


def _names(headers: Sequence[Row], body: Sequence[Row], width: int) -> tuple[list[str], list[str]]:
    """The columns' names, of headers of several rows joined, as many as the data are wide."""
    if not headers:
        return [""] * _data_width(body, width), []
    columns = max(len(row) for row in headers)
    names = []
    for number in range(columns):
        parts = [_name(row[number]) for row in headers if number < len(row)]
        names.append(" ".join(dict.fromkeys(part for part in parts if part)))
    while names and not names[-1] and (len(names) > width or _is_blank(body, len(names) - 1)):
        names.pop()  # a delimiter ends the header
    if len(names) < width:
        if all(_trimmed(row) <= len(names) for row in body):
            return names, []  # a delimiter ends each row
        if len(names) == width - 1:
            return ["", *names], ["the header lacks a name for the first column"]
    return names, []


def _name(cell: Any) -> str:
    """A cell of a header as a name; a spreadsheet's 2020.0 is 2020, and a quote that shields a formula goes."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return words.unshielded(" ".join(str(cell).split())) if cell is not None else ""


def _data_width(body: Sequence[Row], width: int) -> int:
    while width > 1 and _is_blank(body, width - 1):
        width -= 1
    return width


def _is_blank(body: Sequence[Row], number: int) -> bool:
    return all(number >= len(row) or words.is_blank(row[number]) for row in body)
