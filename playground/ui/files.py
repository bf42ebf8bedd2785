"""Opening and saving by menu and by dropping, the examples, and the question about unsaved changes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from playground.model import recovery, versions
from playground.model.dataset import DataError
from playground.model.examples import EXAMPLES, Example
from playground.model.knobs import KnobError
from playground.model.paths import program
from playground.model.progress import CancelledError
from playground.model.reading.source import KINDS, is_accepted
from playground.model.saving import ChangedError
from playground.ui.describe import plain
from playground.ui.door import Door
from playground.ui.questions import give_keys
from playground.ui.recovered import Recovered, when
from playground.ui.settings import Settings
from playground.ui.shots import write_picture
from playground.ui.tables import TABLES, Tables
from playground.ui.theme import Theme

SUFFIXES = (".playground", ".toml")
PROJECTS = "Experiments (*.playground *.toml)"
LARGE = 50_000_000  # bytes of a project that are asked about before they are written
PROJECT = "Experiment (*.playground)"


SAVE_AS, REPLACE, THEIRS, BOTH = "Save mine as…", "Replace it", "Open theirs", "See both"


class Files(QObject):
    """The session's file: asks, then tells the session. ``refused`` carries why a file could not be used."""

    refused = Signal(str, str)  # with the file's name, and with its whole path
    opened = Signal()  # a project, which may bring a race
    done = Signal(str)

    def __init__(self, session: Door, settings: Settings, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._window = window
        self.tables = Tables(self, session, settings, window, theme)

    def new(self) -> None:
        if self.may_leave():
            self.attempt(self._session.new)

    def open(self) -> None:
        self._open_asked("Open an experiment", f"{PROJECTS};;{TABLES}")

    def open_data(self) -> None:
        self._open_asked("Open data", f"{TABLES};;{PROJECTS}")

    def _open_asked(self, title: str, kinds: str) -> None:
        name, _ = QFileDialog.getOpenFileName(self._window, title, self.folder, kinds)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Open a file, after asking about unsaved changes; of a table it is shown first what it would become."""
        if wrong := self.wrong_with(path):
            self.refuse(wrong, path)
        elif is_accepted(path):
            self.tables.take(path)
        elif self.may_leave():
            self.attempt(lambda: self._session.open(path, lambda error: self._hear_opened(error, path)), path)

    def _hear_opened(self, error: Exception | None, path: Path) -> None:
        self._hear(error, path)
        if error is None:
            self.opened.emit()

    def open_example(self, example: Example) -> None:
        """Open one of the demonstrations, after asking about unsaved changes; saving it asks where to."""
        if self.may_leave():
            self.attempt(lambda: self._session.open_example(example, self._hear_example))

    def _hear_example(self, error: Exception | None) -> None:
        if error is None:
            self.opened.emit()
        elif not isinstance(error, CancelledError):
            self.refuse(str(error))

    def _hear(self, error: Exception | None, path: Path, told: str = "") -> None:
        """How reading or writing a file has ended."""
        if isinstance(error, CancelledError):
            return
        if error is not None:
            self.refuse(str(error), path)
            return
        self._settings.remember(path)
        if told:
            self.done.emit(told)

    @staticmethod
    def wrong_with(path: Path) -> str:
        """Why a file of this name cannot be opened; empty where it may."""
        if path.suffix.lower() in SUFFIXES or is_accepted(path):
            return ""
        found = f"a {path.suffix} file" if path.suffix else "a file without an ending"
        return f"{path.name}: {found} is not accepted; it takes {', '.join(SUFFIXES)}, and data: {', '.join(KINDS)}"

    def save(self) -> bool:
        """Save to the file the experiment came from, or ask for one. Whether it was saved."""
        path = self._session.path
        if path is None or Path(path).suffix != ".playground":
            return self.save_as()
        return self._save(Path(path))

    def save_as(self) -> bool:
        start = self._session.path or Path(self.folder) / "experiment.playground"
        chosen = str(Path(start).with_suffix(".playground"))
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the experiment", chosen, PROJECT)
        if not name:
            return False
        path = Path(name)
        return self._save(path if path.suffix else path.with_suffix(".playground"))

    def _save(self, path: Path) -> bool:
        """Begin to save; whether it was begun, and a large file was agreed to."""
        size = self._session.size_to_save()
        if size > LARGE and not self.agree(path, size):
            return False
        return self.attempt(lambda: self._session.save(path, lambda error: self._hear_saved(error, path)), path)

    def _hear_saved(self, error: Exception | None, path: Path) -> None:
        if isinstance(error, ChangedError):
            QTimer.singleShot(0, self, lambda: self._settle(path))  # who asks for news is not kept waiting
        else:
            self._hear(error, path, f"Saved {path.name}")

    def _settle(self, path: Path) -> None:
        """Another has changed the project's file: ask whose work is to be in it."""
        choice = self.ask_whose(path)
        if choice == SAVE_AS:
            self.save_as()
        elif choice == REPLACE:
            then = lambda error: self._hear(error, path, f"Saved {path.name}")  # noqa: E731
            self.attempt(lambda: self._session.save(path, then, replaces=True), path)
        elif choice == THEIRS:
            self.attempt(lambda: self._session.open_theirs(lambda error: self._hear_opened(error, path)), path)
        elif choice == BOTH:
            self.attempt(lambda: open_beside(path), path)

    def ask_whose(self, path: Path) -> str:
        """Ask what to do about a file that another has changed; one of the words below, or nothing."""
        box = QMessageBox(QMessageBox.Icon.Warning, "Changed by another", "", parent=self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"{path.name} was changed by another program or window since it was opened here.")
        box.setInformativeText(f"{_age(path)}Whichever is replaced is kept as a former version.")
        roles = QMessageBox.ButtonRole
        found = {box.addButton(word, roles.ActionRole): word for word in (SAVE_AS, REPLACE, THEIRS, BOTH)}
        box.setDefaultButton(next(iter(found)))
        box.addButton(QMessageBox.StandardButton.Cancel)
        give_keys(box)
        box.exec()
        return found.get(box.clickedButton(), "")

    def offer_recovered(self) -> None:
        """Show what was kept aside by a start that ended before it was saved, if there is something."""
        found = recovery.find()
        if found:
            dialog = Recovered(found, self._window)
            dialog.wanted.connect(self._recover)
            dialog.open()

    def _recover(self, found: recovery.Found) -> None:
        if self.may_leave():
            path = found.file
            self.attempt(lambda: self._session.recover(found, self._hear_recovered), path)

    def _hear_recovered(self, error: Exception | None) -> None:
        if error is None:
            self.opened.emit()
            self.done.emit("Opened what was kept; it is not saved yet")
        elif not isinstance(error, CancelledError):
            self.refuse(str(error))

    def agree(self, path: Path, size: int) -> bool:
        """Ask whether so large a file may be written."""
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setWindowTitle("A large file")
        box.setText(f"{path.name} will take about {size / 1e6:,.0f} MB.")
        box.setInformativeText("The points, the run in hand and the pinned runs, with what is kept of their epochs.")
        box.setStandardButtons(button.Save | button.Cancel)
        box.setDefaultButton(button.Save)
        give_keys(box)
        return button(box.exec()) == button.Save

    def save_picture(self) -> None:
        """Save the window as it looks now."""
        start = str(Path(self.folder) / "playground.png")
        name, _ = QFileDialog.getSaveFileName(self._window, "Save a picture of the window", start, "Picture (*.png)")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
        picture = self._window.grab()
        if self.attempt(lambda: write_picture(picture, path), path):
            self.done.emit(f"Saved {path.name}")

    def may_leave(self) -> bool:
        """Whether the experiment may be given up: it is saved, or the person says so."""
        task = self._session.task
        if task is not None and task.is_writing and not self.ask_without(task.title):
            return False
        if task is not None:
            self._session.finish() if task.is_saving else self._session.cancel()
        if not self._session.is_modified:
            return True
        choice = self.ask()
        if choice == QMessageBox.StandardButton.Save:
            begun = self.save()
            self._session.finish()
            return begun and not self._session.is_modified
        return choice == QMessageBox.StandardButton.Discard

    def ask_without(self, title: str) -> bool:
        """Ask whether to go on without a file that is being written."""
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setWindowTitle("Not written yet")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"{title[:1].upper()}{title[1:]} is not done yet. Go on without it?")
        box.setStandardButtons(button.Discard | button.Cancel)
        box.setDefaultButton(button.Cancel)
        give_keys(box)
        return button(box.exec()) == button.Discard

    def ask(self) -> QMessageBox.StandardButton:
        """Ask what to do with unsaved changes."""
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setWindowTitle("Unsaved changes")
        box.setText("Save the changes to this experiment?")
        box.setInformativeText("Points, choices and the trained weights are lost otherwise.")
        box.setStandardButtons(button.Save | button.Discard | button.Cancel)
        box.setDefaultButton(button.Save)
        give_keys(box)
        return button(box.exec())

    def fill_recent(self, menu: QMenu) -> None:
        """List the recent files that still exist."""
        menu.clear()
        for path in self._settings.recent:
            if path.exists():
                action = menu.addAction(path.name.replace("&", "&&"))
                action.setToolTip(plain(str(path)))
                action.setStatusTip(str(path))
                action.triggered.connect(lambda _=False, chosen=path: self.open_path(chosen))
        if menu.isEmpty():
            menu.addAction("No recent files").setEnabled(False)

    def fill_former(self, menu: QMenu) -> None:
        """List the versions of the project's file that were saved over."""
        menu.clear()
        path = self._session.path
        for version in versions.former(Path(path)) if path else []:
            action = menu.addAction(when(version.stat().st_mtime))
            action.triggered.connect(lambda _=False, chosen=version: self._open_former(chosen))
        if menu.isEmpty():
            menu.addAction("No former versions of this file").setEnabled(False)

    def _open_former(self, version: Path) -> None:
        if self.may_leave():
            self.attempt(lambda: self._session.open_former(version, self._hear_recovered), version)

    def fill_examples(self, menu: QMenu) -> None:
        """List the demonstrations, each with what it shows."""
        for example in EXAMPLES:
            action = menu.addAction(example.title)
            action.setToolTip(example.shows)
            action.setStatusTip(example.shows)
            action.triggered.connect(lambda _=False, chosen=example: self.open_example(chosen))

    @staticmethod
    def dropped(data: QMimeData) -> Path | None:
        """The file that is being dropped, if it is one."""
        names = [url.toLocalFile() for url in data.urls() if url.isLocalFile()] if data.hasUrls() else []
        return Path(names[0]) if len(names) == 1 else None

    @property
    def folder(self) -> str:
        """Where files are looked for first."""
        if self._session.path:
            return str(Path(self._session.path).parent)
        recent = self._settings.recent
        return str(recent[0].parent if recent else Path.home())

    def attempt(self, act: Callable[[], Any], path: Path | None = None) -> bool:
        """Do it, or tell why it is refused; whether it was done. path: whose folder need not be told."""
        try:
            act()
        except (DataError, KnobError, OSError) as error:
            self.refuse(str(error), path)
            return False
        return True

    def refuse(self, text: str, path: Path | None = None) -> None:
        """Say what is wrong, of a file by its name alone; the whole path is there for who asks."""
        if path is None:
            self.refused.emit(text, "")
        else:
            self.refused.emit(text.replace(str(path), path.name), str(path))


def open_beside(path: Path) -> None:
    """Open a file in another window. Raises OSError."""
    subprocess.Popen([*program(), str(path)], start_new_session=True)


def _age(path: Path) -> str:
    """When a file was changed, as a sentence."""
    try:
        return f"Theirs is of {when(path.stat().st_mtime)}. "
    except OSError:
        return ""
