"""The thread that trains while the window draws.

Wishes go in and letters come out, each through a mailbox that holds one: the newest wish replaces an older one, and
the next snapshot is made only when the last has been taken. Nothing is pushed, and there are no locks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from playground.training.desk import Desk
from playground.training.engine import Engine
from playground.training.letters import NO_RUN, Letter, Wish
from playground.training.run import Run

LISTEN = 0.1  # seconds between two looks, while the engine is waited for, at whether it is still wanted


class Trainer:
    """Owns the thread. Verbs but ``holding`` may be called from one thread only, the window's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wishes: deque[Wish] = deque(maxlen=1)
        self._letters: deque[Letter] = deque(maxlen=1)
        self._wake = threading.Event()
        self._working = threading.Lock()
        self._desk = Desk(self._letters)
        self._desk.is_drawing = lambda: engine.seats.is_drawing
        self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)
        self._owner: int | None = None  # the thread while it works
        self._is_wanted = self._is_closing = False
        self._asked: Wish | None = None

    def start(self) -> None:
        """Let the thread work, as soon as the engine is ready."""
        self._thread.start()

    def ask(self, wish: Wish) -> None:
        """Replace what is wished for."""
        before, self._asked = self._asked, wish
        self._wishes.append(wish)
        self._wake.set()
        if before is not None and (before.is_playing, before.run, before.at) != (wish.is_playing, wish.run, wish.at):
            self._stop()

    def take(self) -> Letter | None:
        """The newest letter, once."""
        try:
            letter = self._letters.popleft()
        except IndexError:
            return None
        self._wake.set()
        return letter

    @property
    def epoch(self) -> int:
        """Epochs that the run in hand has completed, now."""
        run = self._desk.run
        return run.epoch if run is not None else 0

    @contextmanager
    def holding(self, seconds: float = -1) -> Iterator[Run | None]:
        """The run of the newest wish, the caller's own while the thread stands still between two bursts.

        Any thread may hold it, and waits so long at most; without end if negative. Raises TimeoutError.
        """
        self._is_wanted = True
        self._stop()
        if not self._working.acquire(timeout=seconds):
            self._is_wanted = False
            raise TimeoutError("the run is in the midst of something long")
        try:
            self._is_wanted = False
            if self._desk.run is not None:
                self._desk.run.go_on()
            self._desk.hand_to(threading.get_ident())
            try:
                self._desk.guard(self._desk.take_up, self._newest())
                yield self._desk.run
            finally:
                self._desk.hand_to(self._owner)
        finally:
            self._working.release()

    def end(self) -> None:
        """Let the thread end; a piece of a batch in hand is finished first."""
        self._is_closing = True
        self._stop()
        self._wake.set()

    def close(self, seconds: float | None = None) -> None:
        """End the thread, and wait for it so long."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _stop(self) -> None:
        """Have the run in hand leave off in the middle of a batch: it may take seconds."""
        run = self._desk.run
        if run is not None:
            run.stop()

    def _work(self) -> None:
        while not self._engine.wait(LISTEN) and not self._is_closing:
            pass
        if self._engine.error is not None:
            self._letters.append(Letter(NO_RUN, None, self._engine.error))
        self._own(threading.get_ident())
        try:
            self._work_on(self._desk)
        finally:
            self._own(None)

    def _own(self, thread: int | None) -> None:
        """Say which thread the run belongs to from now on, when it is not held."""
        with self._working:
            self._owner = thread
            self._desk.hand_to(thread)

    def _work_on(self, desk: Desk) -> None:
        while not self._is_closing:
            self._wake.clear()
            # A wish is taken from the box with the lock held, or one in between would be hidden from `holding`.
            with self._engine.seats.taken(), self._working:
                busy = desk.guard(desk.work, self._newest())
            if self._is_closing:
                return
            if not busy:
                self._wake.wait()
            elif self._is_wanted or not desk.trained:
                # Somebody waits for the run, for locks are not fair; or nothing is due yet.
                time.sleep(0.001)

    def _newest(self) -> Wish | None:
        try:
            return self._wishes.popleft()
        except IndexError:
            return None
