"""Bytes as text: which encoding a file is in, and its content as UTF-8."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from playground.model.dataset import DataError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENOUGH = 64  # so many bytes beyond ASCII tell of an encoding
SAMPLE = 1 << 16
LIKELY = 0.1  # chardet's confidence is modest where the letters are few, and right


class Text(NamedTuple):
    """A file's text, as UTF-8 without a mark. encoding: what it was in. reason: how that was found."""

    content: bytes
    encoding: str
    reason: str


def decode(content: bytes, encoding: str | None = None) -> Text:
    """The text of a file. encoding: a name that overrides what it looks like. Raises DataError."""
    name, reason = (encoding, "as given") if encoding else _encoding(content)
    try:
        if codecs.lookup(name).name == "utf-8":
            content.decode()  # only to know
            found = content
        else:
            found = content.decode(name).encode()
    except LookupError:
        raise DataError(f"encoding '{name}' is unknown") from None
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = content.count(b"\n", 0, start) + 1
        raise DataError(f"line {line}: is not {name.upper()} text; --encoding names another") from None
    found = found.removeprefix(codecs.BOM_UTF8)
    if b"\0" in found:
        line = found.count(b"\n", 0, found.index(b"\0")) + 1
        raise DataError(f"line {line}: holds a NUL byte, which no text does")
    return Text(found, name, reason)


def _encoding(content: bytes) -> tuple[str, str]:
    for mark, name in MARKS:
        if content.startswith(mark):
            return name, "its byte-order mark"
    head = content[:SAMPLE]
    if b"\0" in head:
        # UTF-16 without a mark: every other byte of plain letters is NUL
        for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            if head[offset::2].count(0) > 0.4 * len(head) / 2 and not head[1 - offset :: 2].count(0):
                return name, "every other byte is NUL"
    try:
        content.decode()
        return "utf-8", "it is valid"
    except UnicodeDecodeError:
        return _of_bytes(content)


def _of_bytes(content: bytes) -> tuple[str, str]:
    """The encoding of text that is no UTF-8: cp1252, or what much of it speaks for."""
    beyond = bytes(byte for byte in content[: 16 * SAMPLE] if byte >= 0x80)
    if len(beyond) >= ENOUGH:
        import chardet

        found = chardet.detect(content[: 4 * SAMPLE])
        name, confidence = found.get("encoding"), found.get("confidence") or 0
        if name and confidence >= LIKELY and _decodes(content, name):
            return name, f"its {len(beyond)} bytes beyond ASCII"
    if _decodes(content, "cp1252"):
        return "cp1252", "it is no UTF-8"
    return "latin-1", "it is no UTF-8"


def _decodes(content: bytes, name: str) -> bool:
    try:
        content.decode(name)
    except (UnicodeError, LookupError):
        return False
    return True
