"""Writing files so that an old one is never lost: the new one takes its name once it is on the disk."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

SYNC_BYTES = 8 << 20


def replace_file(
    path: str | Path, write: Callable[[BinaryIO], object], check: Callable[[Path], None] | None = None
) -> None:
    """Write a file beside ``path``, flush it to the disk, check it, then put it in the old one's place.

    write: fills the open binary file. check: reads it back; raises OSError when it is not as written.
    Symbolic links are followed, and an old file's permissions kept. Raises OSError with one line that names
    ``path``; the old file is then as it was, as it is where ``write`` or ``check`` give up.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(6)}.part")
    try:
        _refuse_unwritable(target)
        _write(temporary, write)
        if check is not None:
            check(temporary)
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except OSError as error:
        # the person knows this file, not the temporary one
        raise OSError(f"{path}: cannot be saved: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    _settle(target.parent)


def _refuse_unwritable(target: Path) -> None:
    # the folder's permissions decide about a replacement, but a person who locked a file means the file
    if target.exists() and not target.is_file():
        raise OSError("is a folder or a device; a file is expected")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError("the file is read-only")


def _write(temporary: Path, write: Callable[[BinaryIO], object]) -> None:
    with io.BufferedWriter(_Steady(temporary, "xb")) as file:
        write(file)
        written = file.tell()
        file.flush()
        os.fsync(file.fileno())
    # a full disk has been seen to cut files short without an error
    if temporary.stat().st_size != written:
        raise OSError(f"only {temporary.stat().st_size} of {written} bytes reached the disk")


class _Steady(io.FileIO):
    """Brings what is written to the disk every few megabytes, so that no flush takes long, the last one neither."""

    _waiting = 0

    def write(self, content: Any) -> int:
        written = super().write(content) or 0
        self._waiting += written
        if self._waiting >= SYNC_BYTES:
            os.fsync(self.fileno())
            self._waiting = 0
        return written


def _settle(folder: Path) -> None:
    """Bring the folder's entry to the disk too, where the system knows how."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
