"""A table that only grows: in memory while it is short, then in a temporary file that nobody but this process sees.

The file has no name, so that it is gone whatever ends the process. Rows are read through a map of it, of which only
what was read lately takes memory; they are written to the file itself: on a full disk a map would end the process.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels import cache

# Memory that was never written is not taken; what is given back when a table outgrows its array may stay taken.
FIRST_ROWS = 131_072
PIECE = 8192  # rows that are looked at together, so that a long table needs no more memory than a short one

Table = NDArray[np.float64]


class Spool:
    """(rows, width) of float64, only ever appended, so that a view handed out stays true while more rows come.

    For one thread; what it hands out is for any. note: why a long table is in memory after all; empty while it is not.
    """

    def __init__(self, width: int) -> None:
        self.note = ""
        self._width = width
        self._table: Table = np.empty((FIRST_ROWS, width))
        self._length = 0
        self._file: _File | None = None
        # Rows that wait for the file, after so many: a write for each few would have to take turns with other threads.
        self._waiting: list[Table] = []
        self._written = 0

    def __len__(self) -> int:
        return self._length

    @property
    def rows(self) -> Table:
        """(len, width), a read-only view."""
        self._write()
        view = self._table[: self._length]
        view.flags.writeable = False
        return view

    @property
    def is_in_file(self) -> bool:
        return self._file is not None

    def first(self, length: int) -> Spool:
        """A table of the first so many rows, which it shares; what is appended goes to a place of its own."""
        part = Spool.__new__(Spool)
        part.note, part._width, part._file, part._waiting, part._written = "", self._width, None, [], 0
        part._table, part._length = self.rows[:length], length
        return part

    def append(self, rows: Table) -> None:
        """Take (n, width) rows; where the disk has no room for them, all stay in memory."""
        if not len(rows):
            return  # what is shared cannot be written to, not even nothing
        start, self._length = self._length, self._length + len(rows)
        if self._file is None and self._length > len(self._table):
            self._make_room(start)
        if self._file is None:
            self._table[start : self._length] = rows
            return
        self._waiting.append(rows.copy())
        if self._length - self._written >= PIECE:
            self._write()
            release(self._table)  # whatever others have read meanwhile

    def _make_room(self, known: int) -> None:
        """Go on in a file, or while the table is short in a larger array; views of the old one are in use."""
        if self._length > FIRST_ROWS and not self.note:
            try:
                file = _File(self._width)
                file.put(0, self._table[:known])
                self._file, self._written = file, known
                return
            except OSError as error:
                self._tell(error)
        self._move(known, max(self._length, 2 * len(self._table)))

    def _write(self) -> None:
        """Write what waits for it."""
        if self._file is None or not self._waiting:
            return
        rows = np.concatenate(self._waiting)
        try:
            self._table = self._file.put(self._written, rows)
        except OSError as error:
            self._tell(error)
            self._move(self._written, 2 * self._length)
            self._table[self._written : self._length] = rows
            self._file = None
        self._waiting.clear()
        self._written = self._length

    def _move(self, known: int, room: int) -> None:
        grown = np.empty((room, self._width))
        for start, piece in pieces(self._table[:known]):
            grown[start : start + len(piece)] = piece
        self._table = grown

    def _tell(self, error: OSError) -> None:
        self.note = f"A long history cannot be kept on the disk, and takes memory: {error.strerror or error}"


class _File:
    """The file, and a map of as much of it as has been made room for."""

    def __init__(self, width: int) -> None:
        self._file = unnamed()
        weakref.finalize(self, self._file.close)
        self._width = width
        self._table: Table = np.empty((0, width))

    def put(self, start: int, rows: Table) -> Table:
        """Write rows from a row on; returns the table, with room for more. Raises OSError."""
        end = start + len(rows)
        if end > len(self._table):
            # What was never written takes no room on most disks. Views hold the former map, of the same file.
            room = max(2 * FIRST_ROWS, 2 * end)
            self._file.truncate(room * self._width * 8)
            self._table = mapped(self._file).view(np.float64).reshape(room, self._width)
        for offset, piece in pieces(rows):
            write(self._file, np.ascontiguousarray(piece).data.cast("B"), (start + offset) * self._width * 8)
        return self._table


def unnamed() -> Any:
    """A new file without a name, for reading and writing: beside the kernels, as temporary folders may be in memory.

    Raises OSError.
    """
    with suppress(OSError):
        return tempfile.TemporaryFile(dir=cache.folders()[0], buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def write(file: Any, content: memoryview, place: int) -> None:
    """Write all of it to a place of a file without a buffer. Raises OSError."""
    while content:
        if hasattr(os, "pwrite"):
            done = os.pwrite(file.fileno(), content, place)
        else:
            file.seek(place)
            done = file.write(content)
        content, place = content[done:], place + done


def mapped(file: Any) -> NDArray[np.uint8]:
    """The bytes of a file as a read-only array, which reads them when they are asked for. Raises OSError."""
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)


def collected(parts: Iterable[bytes]) -> NDArray[np.uint8]:
    """The bytes of all parts, in a file. Raises OSError."""
    place = 0
    with unnamed() as file:
        for part in parts:
            write(file, memoryview(part), place)
            place += len(part)
        return mapped(file)


def pieces(rows: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """An array in pieces of PIECE rows, each with the number of its first; the memory of a map is given back."""
    for start in range(0, len(rows), PIECE):
        yield start, rows[start : start + PIECE]
        release(rows)


def release(array: NDArray[Any]) -> None:
    """Give back the memory that reading an array has taken, if it is of a map; what is asked for is read again."""
    owner: Any = array
    while isinstance(owner, np.ndarray | memoryview):
        owner = owner.base if isinstance(owner, np.ndarray) else owner.obj
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)
