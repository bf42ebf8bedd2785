"""A system that fails: the N-th call of each kind, for every N, and disks that are full to 25 levels.

Each kind of file is then as it was or as it was to be, and whoever wanted it written was told where it was not.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.model import saving
from tests.reliability import writers
from tests.reliability.writers import WRITERS

COUNTS = {"calls": 10_000, "levels": 25}
ERRORS = {"no space": errno.ENOSPC, "input/output error": errno.EIO}
# What fails, and whether it can claim success and have done nothing: a file that was not opened is noticed at once.
CALLS: dict[str, tuple[Any, str, bool]] = {
    "open": (saving._Steady, "__init__", False),
    "write": (os, "write", True),
    "close": (saving._Steady, "close", False),
    "fsync": (os, "fsync", True),
    "chmod": (os, "chmod", True),
    "rename": (os, "replace", True),
    "rename of a folder": (os, "rename", False),
    "mkdir": (os, "mkdir", False),
}
TMPFS = 3_000_000  # bytes


def run(calls: int, levels: int) -> Iterator[str]:
    """Fail at most that many calls of each kind; fill a disk to that many levels."""
    writers.prepare()
    for name in WRITERS:
        tried = sum(_fail_each(name, call, how, calls) for call in CALLS for how in (*ERRORS, "success", "half"))
        yield f"{name}: {tried} failing calls; 0 torn, 0 silent"
    yield from _fill(levels)


def _fail_each(name: str, call: str, how: str, most: int) -> int:
    """Have the first call fail, then the second, until there are no more; how many there were."""
    lies = how == "success" and not CALLS[call][2]
    if lies or how == "half" and call != "write":
        return 0
    for number in range(1, most + 1):
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            WRITERS[name].write(folder, 1)
            with _failing(call, number, how) as failed:
                error = _told(name, folder)
            _look(name, folder, error, f"{name}: {call} {number} ({how})")
            writers.forget()
        if not failed:
            return number - 1
    return most


def _told(name: str, folder: Path) -> str:
    """What writing the second version raises."""
    try:
        WRITERS[name].write(folder, 2)
    except OSError as error:
        assert "\n" not in str(error)
        return str(error) or type(error).__name__
    return ""


def _look(name: str, folder: Path, error: str, where: str) -> None:
    writers.forget()
    writers.start_again(folder)
    found = WRITERS[name].read(folder)
    assert found in (1, 2), f"{where}: lost"
    assert found == 2 or error, f"{where}: silent"
    assert not writers.stale(folder), f"{where}: {writers.stale(folder)} is left"


@contextlib.contextmanager
def _failing(call: str, number: int, how: str) -> Iterator[list[int]]:
    """Have the N-th call fail; the list holds it once it has."""
    owner, name, _ = CALLS[call]
    usual, count, failed = getattr(owner, name), [0], []

    def fail(*arguments: Any, **named: Any) -> Any:
        count[0] += 1
        if count[0] != number:
            return usual(*arguments, **named)
        failed.append(number)
        if how in ERRORS:
            if name == "close":
                usual(*arguments, **named)
            raise OSError(ERRORS[how], os.strerror(ERRORS[how]))
        if how == "half":
            content = memoryview(arguments[1])
            usual(arguments[0], content[: len(content) // 2])  # and claims that it was all
        return len(arguments[1]) if call == "write" else None

    setattr(owner, name, fail)
    try:
        yield failed
    finally:
        setattr(owner, name, usual)


def _fill(levels: int) -> Iterator[str]:
    """Write to a disk that has less and less room."""
    folder = Path(tempfile.mkdtemp(prefix="playground-full-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        yield "full disks: left out, a tmpfs cannot be mounted here"
        return
    try:
        for name in WRITERS:
            refused = sum(_write_to_full(name, folder, level / levels) for level in range(levels))
            yield f"{name}: {levels} levels of a full disk, {refused} of them refused; 0 torn, 0 silent"
    finally:
        subprocess.run(["umount", str(folder)], check=False)
        folder.rmdir()


def _write_to_full(name: str, folder: Path, share: float) -> bool:
    """Whether there was not enough room, of what two versions take."""
    writer, place = WRITERS[name], folder / "place"
    place.mkdir()
    writer.write(place, 1)
    size = sum(path.stat().st_blocks * 512 for path in place.rglob("*") if path.is_file())
    free = os.statvfs(folder)
    filler = max(0, free.f_bavail * free.f_frsize - int(3 * share * size))
    with contextlib.suppress(OSError), open(folder / "filler", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, filler))
    error = _told(name, place)
    (folder / "filler").unlink()
    _look(name, place, error, f"{name}: a disk with room for {share:.0%}")
    writers.forget()
    shutil.rmtree(place)
    return bool(error)
