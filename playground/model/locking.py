"""A lock that a process has on a file, and that the system takes from it when it ends, however that is."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class Lock:
    """A file that is held by one process at a time, in one place of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    @property
    def is_taken(self) -> bool:
        """Whether it is held here."""
        return self._handle is not None

    def take(self) -> bool:
        """Hold it, unless another does; whether it is held now. Raises OSError where there is no place for it."""
        if self._handle is None:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            if _is_locked(handle) and self._is_there(handle):
                self._handle = handle
            else:
                os.close(handle)
        return self.is_taken

    def _is_there(self, handle: int) -> bool:
        """Whether the open file still has its name: another may have removed it meanwhile, with its own lock."""
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self.path))
        except OSError:
            return False

    def release(self) -> None:
        """Hold it no longer; its file goes."""
        if self._handle is None:
            return
        if sys.platform == "win32":
            os.close(self._handle)  # before: an open file cannot be removed there
        with contextlib.suppress(OSError):
            self.path.unlink()
        if sys.platform != "win32":
            os.close(self._handle)
        self._handle = None


@contextlib.contextmanager
def turn(path: Path, wait: Callable[[], object]) -> Iterator[None]:
    """Hold a lock for the block, waiting for others; where there is no place for one, without. wait: may give up."""
    lock = Lock(path)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        while not lock.take():
            wait()
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()


def _is_locked(handle: int) -> bool:
    """Lock an open file without waiting; whether that was possible."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
