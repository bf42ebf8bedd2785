"""The last resort: an exception that nobody expected, of whatever thread, is shown once, with a report to pass on."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QVBoxLayout,
)

from playground import about
from playground.model.paths import state_folder
from playground.model.recipe import write_toml
from playground.ui.door import Door
from playground.ui.files import Files
from playground.ui.questions import give_keys
from playground.ui.theme import font

LOG_BYTES, LOGS = 250_000, 3  # of a log, and how many older ones are kept
MOST_SHOWN = 20  # kinds of error of which the dialog tells
SIZE = (640, 420)
TOLD = "Training has paused. Points, choices and runs are still here: save them, under a new name to be safe."


class Failure(NamedTuple):
    """An exception as text: nothing of it, nor of the frames that it came through, is held any longer."""

    title: str
    place: tuple[str, int]  # file and line from which it came
    trace: str


def failure_of(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> Failure:
    """An exception as what its traceback tells."""
    frames = traceback.extract_tb(trace)
    place = (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
    title = " ".join(f"{kind.__name__}: {error}".split())
    return Failure(title[:200], place, "".join(traceback.format_exception(kind, error, trace)))


class Unexpected(QObject):
    """Hears of exceptions, pauses training, writes them to a log, and shows each once; ten the same are one."""

    happened = Signal(object)  # Failure, from any thread

    def __init__(self, session: Door, files: Files, window: QMainWindow, folder: Path | None = None) -> None:
        super().__init__(window)
        self._session, self._files, self._window = session, files, window
        self.log = (folder or state_folder()) / "unexpected.log"
        self.dialog: Report | None = None
        self._counts: dict[tuple[str, str, int], int] = {}
        # Never at once: a painter may be at work on what the dialog would cover.
        self.happened.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Hear of what no other code catches, in all threads."""
        sys.excepthook = self.report
        threading.excepthook = lambda found: self.report(found.exc_type, found.exc_value, found.exc_traceback)

    @staticmethod
    def uninstall() -> None:
        """Leave exceptions to Python again."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def report(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """Take note of an exception; may be called from any thread."""
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(kind, error or kind(), trace)
            return
        with suppress(RuntimeError):  # the window is gone
            self.happened.emit(failure_of(kind, error, trace))

    def _take(self, failure: Failure) -> None:
        key = (failure.title.partition(":")[0], *failure.place)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if count == 1:
            print(failure.trace, file=sys.stderr)
            with suppress(Exception):  # what is broken may be in the way of pausing too
                self._session.pause()
            self._write(self.text_of(failure))
            if len(self._counts) <= MOST_SHOWN:
                self._show(failure)
        elif count == 10**5 or count in (10, 100, 1000, 10_000):
            self._write(f"{failure.title}: {count:,} times by now")
        if self.dialog is not None:
            self.dialog.count(sum(self._counts.values()))

    def text_of(self, failure: Failure) -> str:
        """What to pass on: versions, the traceback, and the experiment as TOML."""
        experiment = self._session.experiment
        points = f"# {experiment.data.samples:,} points of its own\n" if experiment.data is not None else ""
        return f"{about.versions()}\n\n{failure.trace}\n{points}{write_toml(experiment.knobs)}"

    def _show(self, failure: Failure) -> None:
        if self.dialog is None:
            self.dialog = Report(self._window, self.log)
            self.dialog.saved.connect(self._files.save)
            self.dialog.finished.connect(self._forget)
            self.dialog.open()
        self.dialog.add(failure.title, self.text_of(failure))

    def _forget(self) -> None:
        self.dialog = None

    def _write(self, text: str) -> None:
        """Add to the log; where that cannot be written, there is none."""
        with suppress(OSError):
            self.log.parent.mkdir(parents=True, exist_ok=True)
            handler = _Log(self.log, maxBytes=LOG_BYTES, backupCount=LOGS, encoding="utf-8", delay=True)
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            handler.emit(logging.LogRecord("playground", logging.ERROR, "", 0, text, None, None))
            handler.close()


class _Log(RotatingFileHandler):
    """A log whose own failure, as on a full disk, is nobody's."""

    def handleError(self, record: Any) -> None: ...


class Report(QDialog):
    """Says that something unexpected happened, and shows the report."""

    saved = Signal()

    def __init__(self, window: QMainWindow, log: Path) -> None:
        super().__init__(window, windowTitle="Something unexpected happened")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title = QLabel(font=font("title", bold=True), wordWrap=True)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        told = (
            "Training has paused. Your points, choices and runs are still here: save them, under a new name to be safe."
        )
        self.told = QLabel(told, wordWrap=True)
        self.text = QPlainTextEdit(readOnly=True, accessibleName="Report", font=font("small"))
        self.where = QLabel(f"The report is in {log} too.", wordWrap=True, font=font("small"))
        self.where.setTextFormat(Qt.TextFormat.PlainText)
        self.where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        roles = QDialogButtonBox.ButtonRole
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.addButton("Copy the report", roles.ActionRole).clicked.connect(self.copy)
        self.buttons.addButton("Save the experiment…", roles.ActionRole).clicked.connect(self.saved)
        self.buttons.rejected.connect(self.reject)
        give_keys(self.buttons)
        column = QVBoxLayout(self, spacing=12)
        column.setContentsMargins(20, 20, 20, 16)
        for part in (self.title, self.told):
            column.addWidget(part)
        column.addWidget(self.text, 1)
        column.addWidget(self.where)
        column.addWidget(self.buttons)
        self._titles: list[str] = []
        self.resize(*SIZE)

    def add(self, title: str, report: str) -> None:
        """Tell of one more."""
        self._titles.append(title)
        self.text.setPlainText("\n".join(filter(None, (self.text.toPlainText(), report))))  # which shows its beginning
        self.count(len(self._titles))

    def count(self, times: int) -> None:
        """Say what it was, and how often by now."""
        others = len(self._titles) - 1
        more = f", and {others} other{'s' * (others > 1)}" if others else ""
        often = f" ({times:,} times)" if times > 1 else ""
        self.title.setText(f"{self._titles[0]}{more}{often}" if self._titles else "")

    def copy(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.text.toPlainText())
