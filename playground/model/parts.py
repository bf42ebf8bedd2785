"""What writing leaves beside files where the process is ended: swept, or completed, at the next occasion.

A part is named after the machine and process that write it: ``.1a2b-4711-9f8e7d6c.part``. Where that process is gone,
nobody wants it any more. Two kinds were wanted, for the rest of them is whole: ``….part.FILE.copy`` is the new content
of FILE, which has several names on the disk and must be written over; ``.results.ready`` is a folder of files that
belong together, and take their places one after the other.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

READY = ".results.ready"
OLD = 86400.0  # seconds after which a part of another machine, or of an unknown process, is nobody's
PIECE = 1 << 20
_HOST = hashlib.blake2b(platform.node().encode(), digest_size=2).hexdigest()
_NAME = re.compile(r"\.(?:([0-9a-f]{4})-(\d+)-[0-9a-f]{8}|[0-9a-f]{12})\.part(?:\.(.+)\.copy)?")
_swept: set[Path] = set()


def new_name() -> str:
    """A name for a part."""
    return f".{_HOST}-{os.getpid()}-{secrets.token_hex(4)}.part"


def sweep_once(folder: Path) -> None:
    """Sweep a folder, unless this process has already."""
    if folder not in _swept:
        _swept.add(folder)
        sweep(folder)


def sweep(folder: Path) -> None:
    """Remove what others' ends have left in a folder, and complete what was whole; as far as that can be done."""
    with contextlib.suppress(OSError):
        with os.scandir(folder) as entries:
            found = [Path(entry) for entry in entries if entry.name.startswith(".") and _is_left(entry)]
        for path in found:
            with contextlib.suppress(OSError):
                target = _NAME.fullmatch(path.name)
                if path.name == READY:
                    take_places(folder)
                elif target is not None and target[3] and _has_names(folder / target[3]):
                    copy_into(path, folder / target[3])
                elif path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _has_names(path: Path) -> bool:
    """Whether it is a file of several names, and no link: whose folder it is may have been made by a stranger."""
    return path.is_file() and not path.is_symlink() and path.stat().st_nlink > 1


def _is_left(entry: os.DirEntry[str]) -> bool:
    """Whether it is a part that nobody writes any more."""
    if entry.name == READY:
        return True
    found = _NAME.fullmatch(entry.name)
    if found is None:
        return False
    if found[1] == _HOST and os.name == "posix" and not _is_alive(int(found[2])):
        return True
    return time.time() - entry.stat(follow_symlinks=False).st_mtime > OLD


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def refuse_unwritable(target: Path) -> None:
    """Raise OSError where a file is none, or was locked by a person: the folder alone would let it be replaced."""
    if target.exists() and not target.is_file():
        raise OSError("is a folder or a device; a file is expected")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError("the file is read-only")


def put(new: Path, target: Path) -> None:
    """Put a whole file in another's place, or in no one's. Raises OSError where it has not come there."""
    is_there = target.exists()
    if is_there:
        shutil.copymode(target, new)
    if is_there and os.name == "posix" and target.stat().st_nlink > 1:
        copy_into(new, target)
        return
    made = new.stat()
    try:
        os.replace(new, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(new_name())  # a link has led to another disk
        shutil.copy2(new, beside)
        os.replace(beside, target)
        new.unlink()
    if new.exists() or target.stat().st_size != made.st_size:
        raise OSError("the new file did not take its place")


def settle(folder: Path) -> None:
    """Bring a folder's entries to the disk too, where the system knows how."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def copy_into(new: Path, target: Path) -> None:
    """Write a whole file over another, which keeps all its names; what ends the process is made good by ``sweep``."""
    whole = new
    if new.suffix == ".part":
        whole = new.with_name(f"{new.name}.{target.name}.copy")
        os.replace(new, whole)
    with open(whole, "rb") as source, open(target, "r+b") as sink:
        size, before = os.fstat(source.fileno()).st_size, os.fstat(sink.fileno()).st_size
        if size > before and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(sink.fileno(), before, size - before)  # no room: found out before anything is changed
        shutil.copyfileobj(source, sink, PIECE)
        sink.truncate(size)
        sink.flush()
        os.fsync(sink.fileno())
    whole.unlink()


@contextlib.contextmanager
def together(folder: Path) -> Iterator[Path]:
    """A folder to write into; when the block ends its files take their places in ``folder`` as one.

    What ends the process before leaves the old files, all of them; after, the new ones, which take their places at the
    next occasion if they have not yet. Other files stay. Raises OSError, and leaves the old files where the block does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    draft = folder / new_name()
    draft.mkdir()
    try:
        yield draft
        take_places(folder)  # of another that wrote here meanwhile
        os.rename(draft, folder / READY)
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename is not None else str(error)
        # the person knows the folder, not its draft
        raise OSError(told.replace(str(draft), str(folder))) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    take_places(folder, is_ours=True)


def take_places(folder: Path, is_ours: bool = False) -> None:
    """Put the files that belong together in their places, if there are some. Raises OSError; another try goes on.

    is_ours: they were written here just now; else nothing is moved into the folder, or out of it, by way of links.
    """
    ready = folder / READY
    if not ready.is_dir() or ready.is_symlink():
        return
    settle(folder)
    inside = Path(os.path.realpath(folder))
    for path in sorted(Path(found, name) for found, _, names in os.walk(ready) for name in names):
        target = Path(os.path.realpath(folder / path.relative_to(ready)))
        if path.is_symlink() or not (is_ours or target.is_relative_to(inside)):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            refuse_unwritable(target)
            put(path, target)
        except FileNotFoundError:
            continue  # another process puts them in their places too
        except OSError as error:
            raise OSError(f"{target}: cannot be saved: {error.strerror or error}") from error
        settle(target.parent)
    shutil.rmtree(ready, ignore_errors=True)
