"""Text with delimiters as a table: pandas reads it, columns of numbers as such and the others as words."""

from __future__ import annotations

import csv
import io
import itertools
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import DataError
from playground.model.progress import CancelledError, Progress, silent
from playground.model.reading import header, words
from playground.model.reading.dialect import BLANKS, Dialect
from playground.model.reading.table import Table, check_size, without_blank_rows
from playground.model.reading.text import Text

CELLS = 1_000_000  # of a piece that is read at once


def read(text: Text, dialect: Dialect, progress: Progress = silent) -> Table:
    """The cells of a text in its dialect. Raises DataError with the line of what is wrong."""
    width = len(dialect.names)
    _refuse_short_rows(text, dialect, width)
    names, notes = header.unnamed(dialect.names, dialect.has_header)
    pieces = _pieces(text, dialect, {}, None, progress)
    rows = sum(len(piece[0]) for piece in pieces) if width else 0
    if not rows:
        raise DataError("has a header row only; expected a row for each sample")
    worded = [number for number in range(width) if any(piece[number].dtype.kind not in "iuf" for piece in pieces)]
    # a column that is words anywhere is read anew as such, or 007 would have become 7 where it looked like a number
    unlike = [number for number in worded if any(piece[number].dtype.kind != "O" for piece in pieces)]
    again = dict.fromkeys(unlike, object)
    anew = _pieces(text, dialect, again, unlike) if unlike else []
    columns = []
    for number in range(width):
        if number in unlike:
            columns.append(np.concatenate([piece[unlike.index(number)] for piece in anew]))
        elif number in worded:
            columns.append(np.concatenate([piece[number] for piece in pieces]))
        else:
            columns.append(np.concatenate([piece[number].astype(np.float64, copy=False) for piece in pieces]))
        for piece in pieces:
            piece[number] = piece[number][:0]  # its memory is free
    found = Table(
        tuple(names),
        tuple(columns),
        dialect.has_header,
        dialect.decimal,
        ("",) * width,
        (*dialect.notes, *notes),
        lambda row: f"line {_line_of(text, dialect, row)}",
    )
    return without_blank_rows(found, _blank_rows(columns))


def _pieces(
    text: Text, dialect: Dialect, types: dict[int, Any], only: list[int] | None, progress: Progress = silent
) -> list[list[NDArray[Any]]]:
    """The columns, piece by piece; those that pandas takes for numbers in a piece are numbers in it."""
    import pandas as pd

    width = len(dialect.names)
    stream = io.BytesIO(text.content)
    stream.seek(dialect.start)
    found: list[list[NDArray[Any]]] = []
    rows = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pieces = pd.read_csv(
                stream,
                sep=dialect.delimiter,
                header=None,
                names=list(range(width)),
                usecols=only,
                index_col=False,
                dtype=types,
                decimal=dialect.decimal,
                quotechar=dialect.quote or '"',
                quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
                skipinitialspace=True,
                keep_default_na=False,
                na_values=words.MISSING_FORMS,
                encoding="utf-8",
                engine="c",
                low_memory=False,
                chunksize=max(1000, CELLS // width),
            )
            for piece in pieces:
                rows += len(piece)
                check_size(rows, width)
                progress(stream.tell() / len(text.content))
                found.append([_plain(piece[number]) for number in piece.columns])
    except (DataError, CancelledError):
        raise
    # pandas raises ParserError, EmptyDataError, ValueError, OverflowError, …
    except Exception as error:
        raise DataError(_told(error, text, dialect)) from None
    return found


def _plain(series: Any) -> NDArray[Any]:
    """A column of a piece as numbers or as objects; pandas' own kinds of text are objects too."""
    if series.dtype.kind in "iufb":
        return np.asarray(series.to_numpy())
    values = series.to_numpy(dtype=object, na_value=None)
    return np.asarray(values)


def _told(error: Exception, text: Text, dialect: Dialect) -> str:
    message = " ".join(str(error).split())
    longer = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if longer:
        return _uneven(dialect.line + int(longer.group(2)) - 1, int(longer.group(3)), len(dialect.names))
    unended = re.search(r"EOF inside string starting at row (\d+)", message)
    if unended:
        return f"line {_line_of(text, dialect, int(unended.group(1)))}: a quote begins here that never ends"
    return f"cannot be read as a table: {message or type(error).__name__}"


def _uneven(line: int, found: int, expected: int) -> str:
    cells = "cell" if found == 1 else "cells"
    return f"line {line}: found {found} {cells}; expected {expected}, as in the header"


def _refuse_short_rows(text: Text, dialect: Dialect, width: int) -> None:
    """pandas would fill short rows up, and cut long ones, without a word."""
    content = text.content
    if dialect.delimiter != BLANKS:
        sign = dialect.delimiter.encode()
        quote, start = dialect.quote.encode(), dialect.start
        if quote and content.find(quote, start) >= 0:
            # nothing in quotes counts, nor do doubled ones, which look like two cells in quotes
            content, start = re.sub(quote + b"[^" + quote + b"]*" + quote, b"", content[start:]), 0
        rows = content.count(b"\n", start) + (not content.endswith(b"\n"))
        first = content[start : content.index(b"\n", start) if rows > 1 else None]
        # pandas itself refuses rows that are longer than the first one
        if content.count(sign, start) == rows * (width - 1) and first.count(sign) == width - 1:
            return
    for number, cells in _rows(text, dialect):
        filled = len(cells)
        while filled > width and not cells[filled - 1].strip():
            filled -= 1  # a delimiter ends the row
        if cells and "\n" in cells[-1]:
            continue  # a quote that never ends, it may be: pandas tells
        if cells and (len(cells) < width or filled > width) and any(cell.strip() for cell in cells):
            raise DataError(_uneven(number, len(cells), width))


def _rows(text: Text, dialect: Dialect) -> Any:
    """Each row with the line it begins in, by the slow and plain way."""
    stream = io.TextIOWrapper(io.BytesIO(text.content), "utf-8", newline="")
    stream.buffer.seek(dialect.start)
    if dialect.delimiter == BLANKS:
        for number, line in enumerate(stream):
            yield dialect.line + number, re.findall(r'"[^"]*"|\S+', line)
        return
    style: dict[str, Any] = {"quotechar": dialect.quote} if dialect.quote else {"quoting": csv.QUOTE_NONE}
    limit = csv.field_size_limit(1 << 30)
    try:
        rows = csv.reader(stream, delimiter=dialect.delimiter, skipinitialspace=True, **style)
        begin = 0
        for cells in rows:
            yield dialect.line + begin, cells
            begin = rows.line_num
    except csv.Error:
        return  # pandas tells what is wrong
    finally:
        csv.field_size_limit(limit)


def _line_of(text: Text, dialect: Dialect, row: int) -> int:
    """The line of a row of the data, counted without blank lines."""
    lines = (number for number, cells in _rows(text, dialect) if cells)
    return next(itertools.islice(lines, row, None), dialect.line)


def _blank_rows(columns: list[NDArray[Any]]) -> NDArray[np.bool_]:
    found = np.ones(len(columns[0]), bool)
    for column in columns:
        if not found.any():
            break
        rows = np.flatnonzero(found)
        if column.dtype.kind == "f":
            found[rows] = np.isnan(column[rows])
        else:
            found[rows] = [cell is None or not str(cell).strip() for cell in column[rows]]
    return found
