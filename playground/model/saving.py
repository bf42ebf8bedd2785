"""The one writer of files: a new one takes its name once it is on the disk and was read back, so that none is lost.

Whatever ends the process meanwhile, the file is the old or the new one. What is left beside it, parts.py sweeps.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from playground.model import parts

SYNC_BYTES = 8 << 20


class Stamp(NamedTuple):
    """What tells a file from another of its name. time: of its last change, in nanoseconds, for people."""

    time: int
    size: int
    digest: str

    def is_like(self, other: Stamp | None) -> bool:
        """Whether both hold the same: the time alone, as after a copy, makes no difference."""
        return other is not None and (self.size, self.digest) == (other.size, other.digest)


class ChangedError(OSError):
    """Another has changed a file since it was opened: it was not replaced."""


def stamp(path: str | Path) -> Stamp | None:
    """A file's stamp; None where there is none, or none that can be read."""
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            return Stamp(found.st_mtime_ns, found.st_size, hashlib.file_digest(file, _digest).hexdigest())
    except OSError:
        return None


def replace_file(
    path: str | Path,
    write: Callable[[BinaryIO], object],
    check: Callable[[Path], None] | None = None,
    before: Callable[[Path], None] | None = None,
) -> Stamp:
    """Write a file beside ``path``, flush it to the disk, read it back, then put it in the old one's place.

    write: fills the open binary file. check: reads it back in its own way, and must be given where ``write`` goes back
    in the file, as a zip does; raises OSError when it is not as written. before: called with the old file's place just
    before that is replaced, and may raise. Symbolic and hard links keep pointing to the file, and its permissions stay.
    Returns the new file's stamp. Raises OSError with one line that names ``path``; the old file is then as it was, as
    it is where ``write``, ``check`` or ``before`` give up.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(parts.new_name())
    try:
        parts.refuse_unwritable(target)
        parts.sweep_once(target.parent)
        made = _write(temporary, write, is_checked=check is not None)
        if check is not None:
            check(temporary)
        if before is not None:
            before(target)
        parts.put(temporary, target)
    except ChangedError:
        raise
    except OSError as error:
        # the person knows this file, not the temporary one
        raise OSError(f"{path}: cannot be saved: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    parts.settle(target.parent)
    return made


def write_bytes(path: str | Path, content: bytes) -> Stamp:
    """Write bytes as ``replace_file`` does."""

    def write(file: BinaryIO) -> None:
        file.write(content)

    return replace_file(path, write)


def _digest() -> Any:
    return hashlib.blake2b(digest_size=16)


def _write(temporary: Path, write: Callable[[BinaryIO], object], is_checked: bool) -> Stamp:
    steady = _Steady(temporary, "xb")
    with io.BufferedWriter(steady) as file:
        write(file)
        file.flush()
        written = steady.count if steady.is_straight else file.tell()
        os.fsync(file.fileno())
    found = stamp(temporary)
    # a full disk has been seen to cut files short without an error
    if found is None or found.size != written:
        raise OSError(f"only {found.size if found is not None else 0} of {written} bytes reached the disk")
    if steady.is_straight and found.digest != steady.digest.hexdigest():
        raise OSError("what was written cannot be read back as it was")
    if not (steady.is_straight or is_checked):
        raise OSError("what was written cannot be compared with what is on the disk")
    return found


class _Steady(io.FileIO):
    """Digests what is written, and brings it to the disk every few megabytes, so that no flush takes long."""

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self.digest = _digest()
        self.is_straight = True  # from beginning to end
        self.count = 0  # bytes that were written, as the system says
        self._waiting = 0

    def write(self, content: Any) -> int:
        written = os.write(self.fileno(), content)
        self.count += written
        self.digest.update(memoryview(content)[:written])
        self._waiting += written
        if self._waiting >= SYNC_BYTES:
            os.fsync(self.fileno())
            self._waiting = 0
        return written

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        before = self.tell()
        found = super().seek(place, whence)
        self.is_straight = self.is_straight and found == before
        return found
