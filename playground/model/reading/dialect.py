"""How a text is laid out as a table: delimiter, quote, decimal sign, and where its data begin."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections import Counter
from typing import Any, NamedTuple

from playground.model.dataset import DataError
from playground.model.reading import header, words
from playground.model.reading.flags import Flags
from playground.model.reading.text import Text

HEAD = 1 << 16
WIDE_HEAD = 4 << 20  # of a table whose rows are long
SNIFFED = 1 << 14
SECONDS = 0.5
BLANKS = r"\s+"
DELIMITERS = (",", ";", "\t", "|", BLANKS)
MOST_ROWS = 200
COMMENTS = ("#", "%")


class Dialect(NamedTuple):
    """delimiter: a sign, or BLANKS for any number of them. quote: a sign, or "". decimal: "." or ",".

    start: the first byte of the data. line: its number, from 1. names: "" where a column has none.
    notes: sentences.
    """

    delimiter: str
    quote: str
    decimal: str
    start: int
    line: int
    has_header: bool
    names: tuple[str, ...]
    notes: tuple[str, ...]


class Record(NamedTuple):
    """A row of the head: its cells, and how many characters and lines of the head end with it."""

    cells: list[str]
    end: int
    line: int


def detect(text: Text, flags: Flags = Flags()) -> Dialect:  # noqa: B008
    """The dialect of a text, from its head alone. Raises DataError where it holds no table."""
    head, is_whole = _head(text.content)
    notes: list[str] = []
    passed, lines, named = _above(head)
    declared = re.match(r"\s*sep=(.)\s*?(\r\n|\n|\r|$)", head[passed:], re.IGNORECASE)
    if declared:
        passed += declared.end()
        lines += 1
    if lines - bool(declared):
        count = lines - bool(declared)
        notes.append(f"{count} {'line' if count == 1 else 'lines'} of comment above the data")
    body = head[passed:]
    delimiter = flags.delimiter or (declared.group(1) if declared else _delimiter(body))
    delimiter = BLANKS if delimiter == " " else delimiter
    quote = _quote(body, delimiter)
    records = _records(body, delimiter, quote, is_whole)
    if named is not None and records:
        names = _split(named, delimiter, quote)
        if len(names) == len(records[0].cells) and flags.header == "auto":
            records.insert(0, Record(names, 0, 0))
    found = header.find([record.cells for record in records], flags.header, is_whole)
    before = _begin(records, found)
    ended = records[before - 1] if before else Record([], 0, 0)
    data = [record.cells for record in records[before:]]
    return Dialect(
        delimiter,
        quote,
        flags.decimal or _decimal(data, delimiter),
        len(head[: passed + ended.end].encode()),
        lines + ended.line + 1,
        found.rows > 0,
        found.names,
        (*notes, *found.notes),
    )


def _head(content: bytes) -> tuple[str, bool]:
    """The first lines, and whether there are no others. Wide tables get a longer head."""
    size = HEAD
    while True:
        part = content[:size]
        ends = part.count(b"\n") or part.count(b"\r")
        if size >= len(content) or ends >= 8 or size >= WIDE_HEAD:
            break
        size *= 4
    is_whole = len(part) == len(content)
    if not is_whole:
        end = max(part.rfind(b"\n"), part.rfind(b"\r")) + 1
        if not end:
            _refuse_wide(part)
            raise DataError(f"has a first line of more than {WIDE_HEAD >> 20} MB; no table has")
        part = part[:end]
    _refuse_wide(part)
    return part.decode("utf-8", "replace"), is_whole


def _refuse_wide(part: bytes) -> None:
    """Refuse a line of more columns than are read before its cells are looked at one by one."""
    for line in part.splitlines():
        if len(line) > header.MOST_COLUMNS:
            bare = re.sub(rb'"[^"]*"', b"", line)
            count = 1 + max(bare.count(sign) for sign in (b",", b";", b"\t", b"|"))
            count = max(count, len(bare.split()))
            if count > header.MOST_COLUMNS:
                raise DataError(f"has {count:,} columns or more; at most {header.MOST_COLUMNS:,} are read")


def _above(head: str) -> tuple[int, int, str | None]:
    """Characters and lines of blanks and comments above the table, and the last comment, which may name columns."""
    passed = lines = 0
    last = None
    for line in io.StringIO(head, newline=""):
        text = line.strip()
        is_comment = text[:1] in COMMENTS and text[:1] != "" and not re.match(r"[#%]\s*\"?[,;\t|]", line)
        if text and not is_comment:
            break
        passed, lines = passed + len(line), lines + 1
        last = text.lstrip("".join(COMMENTS)).strip() if is_comment else last
    return passed, lines, last


def _begin(records: list[Record], found: header.Header) -> int:
    """How many records come before the data: titles, headers, and blank ones among them."""
    before, headers = found.titles, 0
    while headers < found.rows:
        headers += any(not words.is_blank(cell) for cell in records[before].cells)
        before += 1
    return before


def _delimiter(body: str) -> str:
    """clevercsv's, where its cells are as even as any other's; else the one that makes the evenest table."""
    scores = {delimiter: _evenness(body, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    if not scores[best]:
        return ","
    # where one sign parts all rows alike and none of the others parts any, there is nothing to find out
    if scores[best] == 1 and sum(score > 0 for score in scores.values()) == 1:
        return best
    sniffed = _sniffed(body)
    return sniffed if sniffed and scores.get(sniffed, 0) >= 0.95 * scores[best] else best


def _sniffed(body: str) -> str | None:
    """What clevercsv says, within half a second."""
    from clevercsv.detect import Detector

    sample = body[:SNIFFED]
    sample = sample[: sample.rfind("\n") + 1] or sample
    found: list[str] = []

    def sniff() -> None:
        # odd text raises what it will; counting decides then
        try:
            dialect = Detector().detect(sample, delimiters=[",", ";", "\t", "|", " "])
        except Exception:
            return
        if dialect is not None and dialect.delimiter:
            found.append(BLANKS if dialect.delimiter == " " else dialect.delimiter)

    thread = threading.Thread(target=sniff, daemon=True)
    thread.start()
    thread.join(SECONDS)
    return found[0] if found else None


def _evenness(body: str, delimiter: str) -> float:
    """The share of rows that have as many cells as most, and no other delimiter in them; 0 without two columns."""
    rows = [record.cells for record in _records(body, delimiter, '"', True)[:MOST_ROWS]]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return 0.0
    sizes = Counter(len(row) for row in rows[len(rows) // 4 :])
    width = sizes.most_common(1)[0][0]
    if width < 2:
        return 0.0
    others = {",": ";\t|", ";": "\t|", "\t": ("  ",), "|": "\t;", BLANKS: ",;|"}[delimiter]
    clean = sum(len(row) == width and not any(sign in cell.strip() for cell in row for sign in others) for row in rows)
    even = sum(len(row) == width for row in rows)
    # words are parted by blanks too: any sign that does as well is preferred
    weight = 0.8 if delimiter == BLANKS else 1.0
    return weight * (clean + even) / (2 * len(rows))


def _records(body: str, delimiter: str, quote: str, is_whole: bool) -> list[Record]:
    """The first rows, blank ones too; the last one may be cut and is left out where more follow."""
    if delimiter == BLANKS:
        found, end = [], 0
        for number, line in enumerate(io.StringIO(body, newline=""), 1):
            end += len(line)
            found.append(Record(_split(line, delimiter, quote), end, number))
            if len(found) > MOST_ROWS:
                break
        return found
    lines = list(io.StringIO(body, newline=""))
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + len(line))
    rows = _reader(lines, delimiter, quote)
    found = []
    try:
        for cells in rows:
            found.append(Record(cells, ends[rows.line_num], rows.line_num))
            if len(found) > MOST_ROWS:
                break
    except csv.Error:
        pass  # a quote without end: pandas tells where it begins
    return found if is_whole or len(found) < 3 else found[:-1]


def _reader(lines: list[str], delimiter: str, quote: str) -> Any:
    style: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, **style)


def _split(line: str, delimiter: str, quote: str) -> list[str]:
    if delimiter != BLANKS:
        return next(iter(_reader([line], delimiter, quote)), [])
    return [part.strip(quote) if quote else part for part in re.findall(r'"[^"]*"|\'[^\']*\'|\S+', line)]


def _quote(body: str, delimiter: str) -> str:
    """The quote that encloses cells: double ones, or single ones where only these do."""
    sign = r"[\s]" if delimiter == BLANKS else re.escape(delimiter)
    single = len(re.findall(rf"(?:^|{sign})'[^'\n]*'(?=\s*(?:{sign}|$))", body, re.MULTILINE))
    return "'" if single > 2 and '"' not in body and not re.search(rf"(?:^|{sign})'[=+@-]", body) else '"'


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    """A comma where cells have one among digits, none has a point, and not all would be thousands."""
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = [cell for cell in cells if re.fullmatch(r"[+-]?\d*,\d+", cell)]
    points = any(re.fullmatch(r"[+-]?\d*\.\d+", cell) for cell in cells)
    is_thousands = all(re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", cell) for cell in commas)
    return "," if commas and not points and not is_thousands else "."
