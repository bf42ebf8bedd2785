"""The engine: the kernels made ready, once for all runs, in a thread that ends when they are; and seats to train at."""

from __future__ import annotations

import threading

from playground.training import warm
from playground.training.seats import Seats

CLOSING = 0.2  # seconds that the end of compiling is waited for


class Engine:
    """Compiles or loads the kernels; whoever trains waits for it. ``error``: what went wrong meanwhile, or None.

    Where it failed, training goes on all the same: a kernel is then made when it is first used.
    """

    def __init__(self) -> None:
        self.share: float | None = None  # of the compiling that is done, while there is some
        self.error: Exception | None = None
        self.seats = Seats()
        self._ready = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._prepare, name="engine", daemon=True)

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    def prepare(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for it so long; whether it is ready."""
        return self._ready.wait(seconds)

    def end(self) -> None:
        """Give up compiling."""
        self._is_closing = True

    def close(self, seconds: float = CLOSING) -> None:
        """Give up compiling, and wait so long for the thread to end; a kernel that it loads is loaded first."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _prepare(self) -> None:
        try:
            warm.ensure(lambda: not self._is_closing, self._note_share)
        except Exception as error:
            self.error = error
        if not self._is_closing:
            self._ready.set()

    def _note_share(self, share: float) -> None:
        self.share = share
