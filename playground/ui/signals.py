"""What the system sends to end the program: Ctrl-C, a closed terminal, a shutdown; heard between two events."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

from playground.model.ending import ENDING, STATUS

LOOK = 100  # milliseconds between two looks where nothing wakes the window


class Signals(QObject):
    """Announces the first one. Python alone would hear it only when some of its code runs, and in the midst of any."""

    heard = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status = 0  # the exit status that what was heard asks for
        self._numbers: list[int] = []
        self._before = {number: signal.getsignal(number) for number in ENDING}
        self._pipe: tuple[int, ...] = ()
        if os.name == "posix":
            self._pipe = os.pipe()
            for end in self._pipe:
                os.set_blocking(end, False)
            self._wakes = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
            self._notifier = QSocketNotifier(self._pipe[0], QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._look)
        else:
            self._timer = QTimer(self, interval=LOOK)
            self._timer.timeout.connect(self._look)
            self._timer.start()
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:  # as nohup has it
                signal.signal(number, self._note)

    def close(self) -> None:
        """Leave signals to whom they belonged."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._pipe:
            self._notifier.setEnabled(False)
            signal.set_wakeup_fd(self._wakes)
            for end in self._pipe:
                os.close(end)
        else:
            self._timer.stop()

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Neither the default, nor an exception in the midst of Qt."""
        self._numbers.append(number)

    def _look(self) -> None:
        if self._pipe:
            with contextlib.suppress(BlockingIOError):
                os.read(self._pipe[0], 64)
        if self._numbers and not self.status:
            self.status = STATUS + self._numbers[0]
            self.heard.emit(self._numbers[0])
