"""Writing files so that an old one is never lost: the new one takes its name once it is on the disk."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def replace_file(
    path: str | Path, write: Callable[[BinaryIO], object], check: Callable[[Path], None] | None = None
) -> None:
    """Write a file beside ``path``, flush it to the disk, check it, then put it in the old one's place.

    write: fills the open binary file. check: reads it back; raises OSError when it is not as written.
    Symbolic links are followed, and an old file's permissions kept. Raises OSError with one line that names
    ``path``; the old file is then as it was.
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
    with open(temporary, "xb") as file:
        write(file)
        written = file.tell()
        file.flush()
        os.fsync(file.fileno())
    # a full disk has been seen to cut files short without an error
    if temporary.stat().st_size != written:
        raise OSError(f"only {temporary.stat().st_size} of {written} bytes reached the disk")


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
