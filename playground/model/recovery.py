"""Work that was not saved, kept aside in the user's state folder, and found again after a crash.

What a window keeps is one project file with two members more: ``about.json`` (when, of which file, what it holds) and
``picture.png``. Where points are large they are not written again and again: ``….later`` is such a file without them,
kept after the whole one, whose token it names. Beside lies a lock, which the system takes from a process that ends: a
file whose lock nobody has is of one that crashed, any other is of a second window. Former versions of saved files lie
beside, see versions.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import weakref
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from playground.model import archive, file, parts, saving
from playground.model.dataset import DataError
from playground.model.file import Saved
from playground.model.locking import Lock
from playground.model.paths import state_folder
from playground.model.progress import Progress, silent
from playground.model.saving import Stamp

ENDING, LATER = ".playground", ".later"
LARGE = 1 << 20  # bytes of an array of points that is not written again
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
        self._later = self.file.with_suffix(LATER)
        self._lock = Lock(self.folder / f"{name}.lock")
        self._token = ""  # of the whole file
        self._large: dict[str, weakref.ref[Any]] = {}  # arrays that lie in it

    @property
    def is_kept(self) -> bool:
        """Whether there is something."""
        return self._lock.is_taken and self.file.exists()

    def keep(self, saved: Saved, about: About, picture: bytes = b"", progress: Progress = silent) -> None:
        """Keep this instead of what is there. Raises OSError, or CancelledError where ``progress`` does."""
        self._take()
        large = {
            name: array
            for name, array in file.members(*saved).items()
            if name.startswith("data/") and not isinstance(array, bytes) and array.nbytes >= LARGE
        }
        if large and self.file.exists() and all(self._has(name, array) for name, array in large.items()):
            self._write(self._later, saved, about, picture, progress, {"whole": self._token, "taken": list(large)})
            return
        token, self._large = secrets.token_hex(8), {}
        self._write(self.file, saved, about, picture, progress, {"token": token})
        self._token, self._large = token, {name: weakref.ref(array) for name, array in large.items()}
        self._later.unlink(missing_ok=True)

    def _has(self, name: str, array: Any) -> bool:
        """Whether this very array lies in the whole file."""
        return name in self._large and self._large[name]() is array

    @staticmethod
    def _write(
        path: Path, saved: Saved, about: About, picture: bytes, progress: Progress, linked: dict[str, Any]
    ) -> None:
        told = about._asdict() | {"stamp": about.stamp and list(about.stamp)} | linked
        more = {ABOUT: json.dumps(told).encode(), PICTURE: picture}
        # Whoever gave it up may have kept something newer meanwhile.
        file.save(path, *saved, progress, more, lambda _: progress(1.0), linked.get("taken", ()))

    def adopt(self, found: Found) -> None:
        """Have what was found as one's own: from now on it is this process that keeps it. Raises OSError."""
        self._take()
        os.replace(found.file, self.file)
        _lock_of(found.file).unlink(missing_ok=True)

    def clear(self) -> None:
        """Nothing is to be kept any more; raises nothing."""
        if not self._lock.is_taken:
            return
        self._large = {}
        with contextlib.suppress(OSError):
            self._later.unlink(missing_ok=True)
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
    for later in folder.glob(f"*{LATER}"):
        if not later.with_suffix(ENDING).exists() and _is_left(later):
            with contextlib.suppress(OSError):
                later.unlink()
    for lock in folder.glob("*.lock"):
        if not lock.with_suffix(ENDING).exists():
            _is_left(lock)  # which removes the lock of nobody
    return sorted(found, key=lambda one: one.about.time, reverse=True)


def discard(found: Found) -> None:
    """Delete it. Raises OSError."""
    found.file.with_suffix(LATER).unlink(missing_ok=True)
    found.file.unlink(missing_ok=True)


def complete(found: Found, progress: Progress = silent) -> Path:
    """Its file, once what was kept later is in it. Raises DataError or OSError, and CancelledError."""
    later = found.file.with_suffix(LATER)
    if not later.exists():
        return found.file
    with archive.opened(found.file) as whole, archive.opened(later) as changed:
        told = json.loads(_member(changed, ABOUT))
        members = {name: whole.read(name) for name in told["taken"]}
        if told["whole"] != json.loads(_member(whole, ABOUT)).get("token"):
            raise DataError("what was kept later is not of this file")
        members |= {name: changed.read(name) for name in changed.namelist()}
    told = {name: told[name] for name in About._fields}
    members |= {ABOUT: json.dumps(told | {"token": secrets.token_hex(8)}).encode()}
    order = sorted(members, key=lambda name: name != "experiment.json")
    saving.replace_file(
        found.file,
        lambda target: archive.write(target, {name: members[name] for name in order}, progress),
        archive.check,
    )
    later.unlink()
    return found.file


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
            told = json.loads(_member(found, ABOUT))
            whole, token = Found(path, _about(told), _member(found, PICTURE)), told.get("token")
        return _read_later(path, token) or whole
    except (DataError, ValueError, TypeError):
        with contextlib.suppress(OSError):
            return Found(path, About(path.stat().st_mtime, holds=DAMAGED))
        return Found(path, About(0.0, holds=DAMAGED))


def _read_later(path: Path, token: str | None) -> Found | None:
    """What is told of what was kept after a file, if something was; what was kept after another is swept."""
    later = path.with_suffix(LATER)
    if not later.exists():
        return None
    with contextlib.suppress(DataError, ValueError, TypeError):
        with archive.opened(later) as found:
            told = json.loads(_member(found, ABOUT))
            changed, whole = Found(path, _about(told), _member(found, PICTURE)), told["whole"]
        if whole == token is not None:
            return changed
    with contextlib.suppress(OSError):
        later.unlink()
    return None


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
