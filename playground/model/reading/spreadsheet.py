"""A sheet of a spreadsheet as a table; python-calamine reads it, once its extent is known to be within bounds."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.model.archive import FREE, MOST_BYTES, MOST_INFLATION
from playground.model.dataset import DataError
from playground.model.reading import header, words
from playground.model.reading.source import BLOCK, Source
from playground.model.reading.table import Table, check_size, without_blank_rows

MOST_CELLS = 20_000_000  # that a sheet's extent may have, empty ones too, for all of it is allocated
CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']([A-Za-z]{1,7})(\d{1,9})["']""")
ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d{1,9})["']""")
ODS_MARK = re.compile(rb"""<table:table-row\b[^>]*>|<table:table-cell\b[^>]*>|<table:covered-table-cell\b[^>]*>""")
ROWS_REPEATED = re.compile(rb"""number-rows-repeated\s*=\s*["'](\d{1,9})["']""")
COLUMNS_REPEATED = re.compile(rb"""number-columns-repeated\s*=\s*["'](\d{1,9})["']""")


def read(source: Source, sheet: str | None = None, header_flag: str = "auto") -> Table:
    """A sheet as a table. sheet: its name; None is the first that holds more than one column. Raises DataError."""
    _check_extent(source)
    from python_calamine import CalamineWorkbook

    # calamine raises a dozen kinds for what is no spreadsheet; its own panics are no Exception
    try:
        with CalamineWorkbook.from_object(io.BytesIO(source.content)) as book:
            names = list(book.sheet_names)
            if sheet is not None and sheet not in names:
                raise DataError(f"has no sheet '{sheet}'; its sheets are {', '.join(names)}")
            chosen, rows = _sheet(book, [sheet] if sheet is not None else names)
    except DataError:
        raise
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"is damaged, or no spreadsheet: {reason[:200]}") from None
    found = table(rows, header_flag, "row")
    if len(names) > 1 and sheet is None:
        others = ", ".join(name for name in names if name != chosen)
        found = found._replace(notes=(f"sheet '{chosen}' was read; others are {others} (--sheet)", *found.notes))
    return found


def sheets(source: Source) -> tuple[str, ...]:
    """The names of the sheets; of a file that is none, none: reading it tells why."""
    from python_calamine import CalamineWorkbook

    try:
        with CalamineWorkbook.from_object(io.BytesIO(source.content)) as book:
            return tuple(book.sheet_names)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:
        return ()


def table(rows: Sequence[Sequence[Any]], header_flag: str, unit: str) -> Table:
    """Rows of cells of any type as a table. unit: what a row's place is called."""
    found = header.find(rows, header_flag, True)
    before, headers = found.titles, 0
    while headers < found.rows:
        headers += any(not words.is_blank(cell) for cell in rows[before])
        before += 1
    width = found.width
    data = rows[before:]
    check_size(len(data), width)
    if not any(any(not words.is_blank(cell) for cell in row) for row in data):
        raise DataError("has a header row only; expected a row for each sample")
    columns = [_column([row[number] if number < len(row) else None for row in data]) for number in range(width)]
    is_blank = np.array([all(cell is None or cell == "" for cell in row[:width]) for row in data], bool)
    names, notes = header.unnamed(found.names, found.rows > 0)
    result = Table(
        tuple(names),
        tuple(columns),
        found.rows > 0,
        ".",
        ("",) * width,
        (*found.notes, *notes),
        lambda row: f"{unit} {before + row + 1}",
    )
    return without_blank_rows(result, is_blank)


def _column(cells: list[Any]) -> NDArray[Any]:
    """Numbers as float64 where all that is there is numbers, else objects."""
    cells = [None if words.is_missing(cell) else cell for cell in cells]
    if all(cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool)) for cell in cells):
        try:
            return np.array([np.nan if cell is None else float(cell) for cell in cells])
        except OverflowError:
            pass
    found = np.empty(len(cells), object)
    found[:] = cells
    return found


def _sheet(book: Any, names: Sequence[str]) -> tuple[str, list[list[Any]]]:
    """The first of the sheets that holds a table, and its rows from the sheet's first on."""
    last: tuple[str, list[list[Any]]] = ("", [])
    for name in names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        last = (name, rows)
        if len(rows) > 1 and len(rows[0]) > 1:
            break
    return last


def _check_extent(source: Source) -> None:
    """Refuse a file whose sheets span more cells than there is room for: calamine would end the program."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > min(MOST_BYTES, max(FREE, MOST_INFLATION * len(source.content))):
                raise DataError(f"unpacks to {size / 1e6:,.0f} MB; it is not read")
            for entry in archive.infolist():
                if entry.filename.lower().endswith(".xml"):
                    with archive.open(entry) as member:
                        extent = _ods_extent if entry.filename == "content.xml" else _xlsx_extent
                        rows, columns = extent(iter(lambda member=member: member.read(BLOCK), b""))  # type: ignore[misc]
                    if rows * columns > MOST_CELLS:
                        span = f"{rows:,} rows and {columns:,} columns"
                        raise DataError(f"spans {span}; at most {MOST_CELLS:,} cells are read, empty ones too")
    except DataError:
        raise
    # a hostile zip raises a dozen kinds
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"is damaged, or no spreadsheet: {reason}") from None


def _xlsx_extent(blocks: Iterator[bytes]) -> tuple[int, int]:
    rows = columns = 0
    rest = b""
    for block in blocks:
        part = rest + block
        for letters, digits in CELL.findall(part):
            rows = max(rows, int(digits))
            columns = max(columns, _column_number(letters))
        rows = max([rows, *map(int, ROW.findall(part))])
        # a tag may lie across two blocks
        rest = part[max(0, part.rfind(b"<")) :][-BLOCK:]
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _ods_extent(blocks: Iterator[bytes]) -> tuple[int, int]:
    """Rows and columns up to the last that hold something; empty ones at the end are not allocated."""
    rows = columns = seen = width = filled = 0
    repeated = 1
    rest = b""
    for block in blocks:
        part = rest + block
        end = part.rfind(b"<")
        for mark in ODS_MARK.findall(part[:end]):
            if mark.startswith(b"<table:table-row"):
                seen += repeated
                if filled:
                    rows, columns = seen, max(columns, filled)
                found = ROWS_REPEATED.search(mark)
                repeated, width, filled = int(found.group(1)) if found else 1, 0, 0
                continue
            found = COLUMNS_REPEATED.search(mark)
            width += int(found.group(1)) if found else 1
            if b"value-type" in mark:
                filled = width
        rest = part[end:][-BLOCK:]
    if filled:
        rows, columns = seen + repeated, max(columns, filled)
    return rows, columns
