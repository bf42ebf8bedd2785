"""An interrupt from the keyboard, heard while a kernel trains one long batch in the main thread.

Python runs what a signal calls between two of its own instructions, and a kernel is one of them. The system's own part
of a signal writes a byte to a pipe at once; another thread, which kernels do not hold up, reads it there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

LONG = 0.1  # seconds; what is sooner done is not worth a thread


@contextlib.contextmanager
def heard(stop: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call ``stop`` from another thread when a signal comes meanwhile, where it takes longer than LONG, as expected.

    In other threads than the main one, which alone gets signals, it does nothing.
    """
    if seconds < LONG or threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(reading, before, stop), name="interrupts", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)
        listener.join()
        os.close(reading)


def _listen(reading: int, before: int, stop: Callable[[], None]) -> None:
    """Until the pipe is closed; who listened before, as Qt's loop does, gets what is read."""
    while number := os.read(reading, 1):
        stop()
        if before != -1:
            with contextlib.suppress(OSError):
                os.write(before, number)
