"""What the system sends to end the program, and how it is heard where no window is."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import NoReturn

UNTOLD = 120  # the exit status of Python where its output cannot be written
STATUS = 128  # and a signal's number is the exit status of what it has ended
# Ctrl-C, a wish of the system's or a person's, a terminal that was closed; not all systems know all.
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def end_at_once() -> None:
    """From now on, end without another word: nothing can be lost yet, and an exception within Qt's start crashes."""
    if threading.current_thread() is threading.main_thread():
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(STATUS + number)


def leave(status: int, spared: Iterable[Callable[..., object]] = ()) -> NoReturn:
    """End the process once all is closed, without taking the interpreter apart, which takes a tenth of a second.

    spared: what others have registered to be called at the end, and is not to be.
    """
    for act in spared:
        atexit.unregister(act)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, BrokenPipeError):
            pass  # none, closed, or nobody reads
        except OSError as error:
            status = status or UNTOLD
            with contextlib.suppress(OSError, ValueError):
                print(f"playground: what was to be told could not be written: {error.strerror}", file=sys.stderr)
    os._exit(status)


@contextlib.contextmanager
def interrupting() -> Iterator[None]:
    """Hear every wish to end as Ctrl-C is heard, by KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in usual.items():
        if handler in (signal.SIG_DFL, _end):
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
