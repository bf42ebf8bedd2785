"""Work that was not saved, kept aside in the user's state folder, and found again after a crash.

What a window keeps is one project file with two members more: ``about.json`` (when, of which file, what it holds) and
``picture.png``. Beside it lies a lock, which the system takes from a process that ends: a file whose lock nobody has is
of one that crashed, any other is of a second window. Former versions of saved files lie beside, see versions.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from playground.model import archive, file, parts
from playground.model.dataset import DataError
from playground.model.file import Saved
from playground.model.locking import Lock
from playground.model.paths import state_folder
from playground.model.progress import Progress, silent
from playground.model.saving import Stamp

ENDING = ".playground"
ABOUT, PICTURE = "about.json", "picture.png"
DAMAGED = "Damaged: it cannot be opened"
MOST_BYTES = 4_000_000  # of a picture or what is told, to be read


class About(NamedTuple):
    """What is told of work that was kept. time: in seconds since 1970.

    path: the file that it belongs to, and stamp: that file as it was opened; empty and None where there is none.
    holds: in words.
    """

    time: float
    path: str = ""
    stamp: Stamp | None = None
    holds: str = ""


class Found(NamedTuple):
    """Work of a process that ended without having it saved or given up. picture: PNG, empty where there is none."""

    file: Path
    about: About
    picture: bytes = b""


class Place:
    """Where this process keeps its work; nothing is there until something is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or state_folder() / "recovery"
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.file = self.folder / f"{name}{ENDING}"
        self._lock = Lock(self.folder / f"{name}.lock")

    @property
    def is_kept(self) -> bool:
        """Whether there is something."""
        return self._lock.is_taken and self.file.exists()

    def keep(self, saved: Saved, about: About, picture: bytes = b"", progress: Progress = silent) -> None:
        """Keep this instead of what is there. Raises OSError, or CancelledError where ``progress`` does."""
        self._take()
        told = about._asdict() | {"stamp": about.stamp and list(about.stamp)}
        more = {ABOUT: json.dumps(told).encode(), PICTURE: picture}
        # Whoever gave it up may have kept something newer meanwhile.
        file.save(self.file, saved.experiment, saved.runs, progress, more, lambda _: progress(1.0))

    def adopt(self, found: Found) -> None:
        """Have what was found as one's own: from now on it is this process that keeps it. Raises OSError."""
        self._take()
        os.replace(found.file, self.file)
        _lock_of(found.file).unlink(missing_ok=True)

    def clear(self) -> None:
        """Nothing is to be kept any more; raises nothing."""
        if not self._lock.is_taken:
            return
        with contextlib.suppress(OSError):
            self.file.unlink(missing_ok=True)
        self._lock.release()

    def leave(self) -> None:
        """Leave what is kept to the next start."""
        self._lock.release()

    def _take(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock.take()


def find(folder: Path | None = None) -> list[Found]:
    """Work that processes have left which have ended, the newest first; what lies about of others is swept."""
    folder = folder or state_folder() / "recovery"
    if not folder.is_dir():
        return []
    parts.sweep(folder)
    found = [_read(path) for path in folder.glob(f"*{ENDING}") if _is_left(path)]
    for lock in folder.glob("*.lock"):
        if not lock.with_suffix(ENDING).exists():
            _is_left(lock)  # which removes the lock of nobody
    return sorted(found, key=lambda one: one.about.time, reverse=True)


def discard(found: Found) -> None:
    """Delete it. Raises OSError."""
    found.file.unlink(missing_ok=True)


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _is_left(path: Path) -> bool:
    """Whether nobody holds a file any more."""
    lock = Lock(_lock_of(path))
    try:
        is_left = lock.take()
    except OSError:
        return False
    lock.release()
    return is_left


def _read(path: Path) -> Found:
    """What is told of a file; of a damaged one its time alone."""
    try:
        with archive.opened(path) as found:
            return Found(path, _about(json.loads(_member(found, ABOUT))), _member(found, PICTURE))
    except (DataError, ValueError, TypeError):
        with contextlib.suppress(OSError):
            return Found(path, About(path.stat().st_mtime, holds=DAMAGED))
        return Found(path, About(0.0, holds=DAMAGED))


def _member(opened: zipfile.ZipFile, name: str) -> bytes:
    if opened.getinfo(name).file_size > MOST_BYTES:
        raise DataError(f"{name} is too large")
    return opened.read(name)


def _about(told: Any) -> About:
    """What is told, of the kinds that it must be. Raises ValueError or TypeError."""
    stamp = told["stamp"]
    time, size, digest = stamp or (0, 0, "")
    known = Stamp(int(time), int(size), str(digest)) if stamp else None
    return About(float(told["time"]), str(told["path"]), known, str(told["holds"]))
