"""Opening and saving by menu and by dropping, and the question about unsaved changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from playground.model.dataset import DataError
from playground.model.knobs import KnobError
from playground.ui.door import Door
from playground.ui.settings import Settings

TABLE_SUFFIXES = (".csv", ".npz")
SUFFIXES = (".playground", ".toml", *TABLE_SUFFIXES)
PROJECTS = "Experiments (*.playground *.toml)"
TABLES = "Data (*.csv *.npz)"
PROJECT = "Experiment (*.playground)"


class Files(QObject):
    """The session's file: asks, then tells the session. ``refused`` carries why a file could not be used."""

    refused = Signal(str)
    done = Signal(str)

    def __init__(self, session: Door, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._window = window

    def new(self) -> None:
        if self.may_leave():
            self._try(self._session.new)

    def open(self) -> None:
        self._open_asked("Open an experiment", f"{PROJECTS};;{TABLES}")

    def open_data(self) -> None:
        self._open_asked("Open data", f"{TABLES};;{PROJECTS}")

    def _open_asked(self, title: str, kinds: str) -> None:
        name, _ = QFileDialog.getOpenFileName(self._window, title, self._folder(), kinds)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Open a file, after asking about unsaved changes; a table is an edit that can be undone."""
        is_table = path.suffix.lower() in TABLE_SUFFIXES
        if wrong := self.wrong_with(path):
            self.refused.emit(wrong)
        elif (is_table or self.may_leave()) and self._try(lambda: self._session.open(path)):
            self._settings.remember(path)

    @staticmethod
    def wrong_with(path: Path) -> str:
        """Why a file of this name cannot be opened; empty where it may."""
        if path.suffix.lower() in SUFFIXES:
            return ""
        found = f"a {path.suffix} file" if path.suffix else "a file without an ending"
        return f"{path.name}: {found} is not accepted; it takes {', '.join(SUFFIXES)}"

    def save(self) -> bool:
        """Save to the file the experiment came from, or ask for one. Whether it was saved."""
        path = self._session.path
        if path is None or Path(path).suffix != ".playground":
            return self.save_as()
        return self._save(Path(path))

    def save_as(self) -> bool:
        start = self._session.path or Path(self._folder()) / "experiment.playground"
        chosen = str(Path(start).with_suffix(".playground"))
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the experiment", chosen, PROJECT)
        if not name:
            return False
        path = Path(name)
        return self._save(path if path.suffix else path.with_suffix(".playground"))

    def _save(self, path: Path) -> bool:
        if not self._try(lambda: self._session.save(path)):
            return False
        self._settings.remember(path)
        self.done.emit(f"Saved {path.name}")
        return True

    def save_picture(self) -> None:
        """Save the window as it looks now."""
        start = str(Path(self._folder()) / "playground.png")
        name, _ = QFileDialog.getSaveFileName(self._window, "Save a picture of the window", start, "Picture (*.png)")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
        if self._window.grab().save(str(path)):
            self.done.emit(f"Saved {path.name}")
        else:
            self.refused.emit(f"{path}: the picture could not be written; choose another folder")

    def may_leave(self) -> bool:
        """Whether the experiment may be given up: it is saved, or the person says so."""
        if not self._session.is_modified:
            return True
        choice = self.ask()
        if choice == QMessageBox.StandardButton.Save:
            return self.save()
        return choice == QMessageBox.StandardButton.Discard

    def ask(self) -> QMessageBox.StandardButton:
        """Ask what to do with unsaved changes."""
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setWindowTitle("Unsaved changes")
        box.setText("Save the changes to this experiment?")
        box.setInformativeText("Points, choices and the trained weights are lost otherwise.")
        box.setStandardButtons(button.Save | button.Discard | button.Cancel)
        box.setDefaultButton(button.Save)
        return button(box.exec())

    def fill_recent(self, menu: QMenu) -> None:
        """List the recent files that still exist."""
        menu.clear()
        for path in self._settings.recent:
            if path.exists():
                action = menu.addAction(path.name.replace("&", "&&"))
                action.setToolTip(str(path))
                action.setStatusTip(str(path))
                action.triggered.connect(lambda _=False, chosen=path: self.open_path(chosen))
        if menu.isEmpty():
            menu.addAction("No recent files").setEnabled(False)

    @staticmethod
    def dropped(data: QMimeData) -> Path | None:
        """The file that is being dropped, if it is one."""
        names = [url.toLocalFile() for url in data.urls() if url.isLocalFile()] if data.hasUrls() else []
        return Path(names[0]) if len(names) == 1 else None

    def _folder(self) -> str:
        if self._session.path:
            return str(Path(self._session.path).parent)
        recent = self._settings.recent
        return str(recent[0].parent if recent else Path.home())

    def _try(self, act: Callable[[], Any]) -> bool:
        try:
            act()
        except (DataError, KnobError, OSError) as error:
            self.refused.emit(str(error))
            return False
        return True
