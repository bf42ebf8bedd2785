"""What the system sends to end the program: Ctrl-C, a closed terminal, a shutdown; heard between two events."""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from playground.model.ending import ENDING, STATUS


class Signals(QObject):
    """Announces each. Python alone would hear them only when some of its code runs, and in the midst of any."""

    heard = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.status = 0  # the exit status that what was heard asks for
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._before = {number: signal.getsignal(number) for number in ENDING}
        self._wakes = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:  # as nohup has it
                signal.signal(number, _pass)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def close(self) -> None:
        """Leave signals to whom they belonged."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakes)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def _read(self, *_: Any) -> None:
        try:
            found = self._reader.recv(64)
        except BlockingIOError:
            return
        for number in found:
            if number in self._before and not self.status:
                self.status = STATUS + number
                self.heard.emit(number)


def _pass(number: int, frame: FrameType | None) -> None:
    """Not the default, and no exception in the midst of Qt: the number comes by the socket."""
