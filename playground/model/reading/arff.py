"""Weka's ARFF as a table: its @attribute lines give names and kinds, the rest is delimited text."""

from __future__ import annotations

import re
from typing import NamedTuple

from playground.model.dataset import DataError
from playground.model.reading import delimited
from playground.model.reading.dialect import Dialect
from playground.model.reading.table import Table
from playground.model.reading.text import Text

NAME = rb"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)"""
ATTRIBUTE = re.compile(rb"\s*@attribute\s+" + NAME + rb"(?:\s+|(?=\{))(\{.*|\S+)", re.IGNORECASE)
KINDS = {b"numeric": "number", b"real": "number", b"integer": "number", b"date": "", b"string": ""}


class Attributes(NamedTuple):
    """names, and the kinds that the file declares, "" where it does not. start: the first byte of the data."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    start: int
    line: int


def read(text: Text) -> Table:
    """An ARFF's data under its own names. Raises DataError."""
    found = attributes(text.content)
    body = text.content[found.start :]
    first = next((line for line in body.splitlines() if line.strip() and not line.startswith(b"%")), b"")
    if first.lstrip().startswith(b"{"):
        raise DataError("is a sparse ARFF, which is not read; save it as a dense one")
    # comments among the data keep their line, and lose what they say
    content = text.content[: found.start] + re.sub(rb"(?m)^[ \t]*%[^\r\n]*", b"", body)
    dialect = Dialect(
        ",",
        "'" if b"'" in body and b'"' not in body else '"',
        ".",
        found.start,
        found.line,
        True,
        found.names,
        (),
    )
    return delimited.read(text._replace(content=content), dialect)._replace(declared=found.kinds)


def attributes(content: bytes) -> Attributes:
    """The header of an ARFF, up to @data. Raises DataError."""
    names: list[str] = []
    kinds: list[str] = []
    start = 0
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        start += len(line)
        word = line.strip().lower()
        if word.startswith(b"@data"):
            if not names:
                raise DataError(f"line {number}: @data stands before any @attribute")
            return Attributes(tuple(names), tuple(kinds), start, number + 1)
        if word.startswith(b"@attribute"):
            parts = ATTRIBUTE.match(line)
            if parts is None:
                raise DataError(f"line {number}: expected '@attribute NAME TYPE'")
            names.append(parts.group(1).decode("utf-8", "replace").strip("'\"").replace("\\'", "'"))
            kind = parts.group(2).lower()
            kinds.append("category" if kind.startswith(b"{") else KINDS.get(kind.split()[0], ""))
        elif word and not word.startswith((b"%", b"@relation")):
            raise DataError(f"line {number}: expected @attribute or @data")
    raise DataError("has no @data line; expected an ARFF")
