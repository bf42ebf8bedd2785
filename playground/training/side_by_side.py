"""Pieces of work in threads beside each other, that are begun one by one, paused, and given up at once.

Whoever works asks for a turn between two pieces; kernels do not hold the interpreter, so that threads are enough.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from playground.model.progress import CancelledError
from playground.training.seats import Seats

REST = 0.008  # seconds that work in the background rests after its turn, where others wait
Task = TypeVar("Task")
Value = TypeVar("Value")
Turn = Callable[[], AbstractContextManager[None]]  # asked for between two pieces; raises CancelledError


def turn_while(wanted: Callable[[], bool]) -> Turn:
    """Turns of work that nobody else waits for: each comes at once, as long as the work is wanted."""

    @contextmanager
    def turn() -> Iterator[None]:
        if not wanted():
            raise CancelledError("it was given up")
        yield

    return turn


class Turns:
    """Where work waits for its turn: for a seat beside those that train in the window, and as long as it is paused.

    Raises CancelledError there, once nobody wants it any more.
    """

    def __init__(self, seats: Seats | None = None) -> None:
        self._seats = seats
        self._going = threading.Event()
        self._going.set()
        self.is_cancelled = False

    @property
    def is_paused(self) -> bool:
        return not self._going.is_set()

    def pause(self, is_paused: bool = True) -> None:
        """Let nobody have a turn, or everybody again."""
        if is_paused:
            self._going.clear()
        else:
            self._going.set()

    def cancel(self) -> None:
        """Give it up, also where it is paused."""
        self.is_cancelled = True
        self._going.set()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Wait for a turn, and have it. Raises CancelledError."""
        self._going.wait()
        if self.is_cancelled:
            raise CancelledError("it was given up")
        if self._seats is None:
            yield
            return
        with self._seats.taken():
            yield
        if self._seats.is_wanted:
            time.sleep(REST)  # what is looked at in the window comes first


def each(
    tasks: Iterator[Task], work: Callable[[Task], Value], threads: int, turns: Turns
) -> Generator[tuple[Task, Value]]:
    """What came of each task as it ends; the next is asked for when a thread is free for it.

    Where the loop is left, what is being worked on is given up. Raises what the work raises.
    """
    working: dict[Future[Value], Task] = {}
    with ThreadPoolExecutor(threads, "beside") as executor:
        try:
            while True:
                while len(working) < threads and (task := next(tasks, None)) is not None:
                    working[executor.submit(work, task)] = task
                if not working:
                    return
                for future in wait(working, return_when=FIRST_COMPLETED).done:
                    yield working.pop(future), future.result()
        except BaseException:
            turns.cancel()
            raise
