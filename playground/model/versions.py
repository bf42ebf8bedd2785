"""Former versions of the files that were saved over, the last three of each, in the user's state folder."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from pathlib import Path

from playground.model.paths import state_folder

MOST = 3  # of a file
MOST_BYTES = 500_000_000  # of all; the oldest leave


def keep(path: Path) -> None:
    """Copy a file that is about to be replaced; where there is no room for that, it is not."""
    if not path.exists():
        return
    with contextlib.suppress(OSError):
        copy = place_of(path)
        try:
            shutil.copy2(path, copy)
        except OSError:
            copy.unlink(missing_ok=True)
    tidy(path)


def place_of(path: Path) -> Path:
    """Where the next version of a file may be written. Raises OSError where there is no folder for it."""
    folder = folder_of(path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{time.time_ns()}{path.suffix}"


def tidy(path: Path) -> None:
    """Keep the last three versions of a file."""
    with contextlib.suppress(OSError):
        for old in former(path)[MOST:]:
            old.unlink()
        _make_room(folder_of(path).parent)


def former(path: Path) -> list[Path]:
    """The versions of a file that are kept, the newest first; each one's time of change is its own."""
    found = folder_of(path).glob(f"*{path.suffix}")
    return sorted(found, key=lambda one: int(one.stem) if one.stem.isdecimal() else 0, reverse=True)


def folder_of(path: Path) -> Path:
    """Where a file's versions are."""
    where = path.absolute()
    digest = hashlib.blake2b(str(where).encode(errors="surrogateescape"), digest_size=6).hexdigest()
    return state_folder() / "versions" / f"{where.stem[:40]}-{digest}"


def _make_room(folder: Path) -> None:
    files = sorted(((one.stat().st_ctime, one.stat().st_size, one) for one in folder.glob("*/*")), reverse=True)
    total = 0
    for _, size, one in files:
        total += size
        if total > MOST_BYTES:
            one.unlink()
