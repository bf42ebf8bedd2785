"""As many threads train at a time as there are cores; the others wait for their turn.

Were all of them to run at once, one would often be set aside while it holds the interpreter's lock, and the window
would wait for it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Seats:
    """Seats that are handed on in the order in which they were asked for."""

    def __init__(self, count: int = 0) -> None:
        self.count = count or cores()
        self._free = self.count
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()
        self.is_drawing = False  # the window; meanwhile it is spared all that takes the interpreter long

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for one."""
        return bool(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a seat, and have it."""
        turn = None
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
            else:
                turn = threading.Event()
                self._waiting.append(turn)
        if turn is not None:
            turn.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._free += 1


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
