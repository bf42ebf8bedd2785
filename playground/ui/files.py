"""Opening and saving by menu, by dropping and by pasting, and the questions about unsaved changes and projects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox, QWidget

from playground.model.dataset import DataError, Dataset
from playground.model.knobs import KnobError
from playground.model.progress import CancelledError
from playground.model.reading.source import KINDS, PACKED, Source, is_accepted
from playground.ui.door import Door
from playground.ui.settings import Settings
from playground.ui.theme import Theme

if TYPE_CHECKING:
    from playground.ui.importer import Importer

SUFFIXES = (".playground", ".toml")
PROJECTS = "Experiments (*.playground *.toml)"
TABLES = f"Data ({' '.join(f'*{kind}' for kind in (*KINDS, *PACKED))})"
PASTED = "pasted table"
LARGE = 50_000_000  # bytes of a project that are asked about before they are written
PROJECT = "Experiment (*.playground)"


class Files(QObject):
    """The session's file: asks, then tells the session. ``refused`` carries why a file could not be used."""

    refused = Signal(str)
    done = Signal(str)

    def __init__(self, session: Door, settings: Settings, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._window = window
        self._theme = theme
        self.importer: Importer | None = None  # the panel that is open

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
        """Open a file, after asking about unsaved changes; of a table it is shown first what it would become."""
        if wrong := self.wrong_with(path):
            self.refused.emit(wrong)
        elif is_accepted(path):
            self._import(path)
        elif self.may_leave():
            self._try(lambda: self._session.open(path, lambda error: self._hear(error, path)))

    def paste(self) -> None:
        """Open the table, or the file, that the clipboard holds."""
        data = QApplication.clipboard().mimeData()
        path = self.dropped(data)
        text = data.text() if data.hasText() else ""
        if path is not None:
            self.open_path(path)
        elif len(text.split()) > 1:
            self._import(Source(PASTED, ".csv", text.encode()))
        else:
            self.refused.emit("the clipboard holds no table; copy cells of a spreadsheet, or the text of a CSV")

    def _import(self, given: Path | Source) -> None:
        """Show what a table would become, and open it if that is agreed to."""
        # they bring what reads tables, which no start waits for
        from playground.model.reading.draft import Draft
        from playground.ui.importer import Importer

        if self.importer is not None:
            self.importer.reject()
        panel = self.importer = Importer(Draft(given), self._session.experiment, self._theme.colors, self._window)
        panel.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        panel.opened.connect(lambda data, knobs: self._open_data(data, knobs, given))
        panel.finished.connect(lambda _: self._forget(panel))
        panel.open()

    def _forget(self, panel: Importer) -> None:
        if self.importer is panel:
            self.importer = None

    def _open_data(self, data: Dataset, knobs: dict[str, Any], given: Path | Source) -> None:
        path = self._session.path
        begins = self.ask_where(Path(path)) if path is not None else False
        if begins is None or (begins and not self.may_leave()):
            return
        if self._try(lambda: self._session.open_data(data, knobs, begins)) and isinstance(given, Path):
            self._settings.remember(given)

    def ask_where(self, project: Path) -> bool | None:
        """Ask whether data begin a new experiment, or go into the saved one; None where neither is wanted."""
        box = QMessageBox(self._window)
        box.setWindowTitle("Where to")
        box.setText("Begin a new experiment with these data?")
        box.setInformativeText(f"Otherwise they take the place of the points in {project.name}.")
        begin = box.addButton("&New experiment", QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(f"&Keep in {project.stem[:30]}".replace("&&", "&"), QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(begin)
        box.exec()
        return {begin: True, stay: False}.get(box.clickedButton())

    def predict(self) -> None:
        """Ask for a file with the same columns, and where the answers of the run in hand are to be written."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Predict a file", self._folder(), TABLES)
        if not name:
            return
        start = str(Path(name).parent / f"{Path(name).stem} answers.csv")
        out, _ = QFileDialog.getSaveFileName(self._window, "Write the answers", start, "Table (*.csv)")
        if out:
            path = Path(out) if Path(out).suffix else Path(out).with_suffix(".csv")
            self._try(lambda: self._session.predict(Path(name), path, self._hear_answers))

    def _hear_answers(self, error: Exception | None) -> None:
        if error is not None and not isinstance(error, CancelledError):
            self.refused.emit(str(error))

    def _hear(self, error: Exception | None, path: Path, told: str = "") -> None:
        """How reading or writing a file has ended."""
        if isinstance(error, CancelledError):
            return
        if error is not None:
            self.refused.emit(str(error))
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
        start = self._session.path or Path(self._folder()) / "experiment.playground"
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
        return self._try(lambda: self._session.save(path, lambda error: self._hear(error, path, f"Saved {path.name}")))

    def agree(self, path: Path, size: int) -> bool:
        """Ask whether so large a file may be written."""
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setWindowTitle("A large file")
        box.setText(f"{path.name} will take about {size / 1e6:,.0f} MB.")
        box.setInformativeText("The points, the run in hand and the pinned runs, with what is kept of their epochs.")
        box.setStandardButtons(button.Save | button.Cancel)
        box.setDefaultButton(button.Save)
        return button(box.exec()) == button.Save

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
            begun = self.save()
            self._session.finish()
            return begun and not self._session.is_modified
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
