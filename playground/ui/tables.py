"""Tables in and out: opened by way of the import panel, pasted from the clipboard, and answered by the run in hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

from playground.model.dataset import Dataset
from playground.model.progress import CancelledError
from playground.model.reading.source import KINDS, PACKED, Source
from playground.ui.door import Door
from playground.ui.questions import give_keys
from playground.ui.settings import Settings
from playground.ui.theme import Theme

if TYPE_CHECKING:
    from playground.ui.files import Files
    from playground.ui.importer import Importer

TABLES = f"Data ({' '.join(f'*{kind}' for kind in (*KINDS, *PACKED))})"
WRITTEN = "Table (*.csv);;Excel (*.xlsx);;NumPy (*.npz)"
PASTED = "pasted table"


class Tables(QObject):
    """Asks for tables, and tells the session; what is refused is told by way of the files."""

    def __init__(self, files: Files, session: Door, settings: Settings, window: QWidget, theme: Theme) -> None:
        super().__init__(files)
        self._files = files
        self._session = session
        self._settings = settings
        self._window = window
        self._theme = theme
        self.importer: Importer | None = None  # the panel that is open

    def paste(self) -> None:
        """Open the table, or the file, that the clipboard holds."""
        data = QApplication.clipboard().mimeData()
        path = self._files.dropped(data)
        text = data.text() if data.hasText() else ""
        if path is not None:
            self._files.open_path(path)
        elif len(text.split()) > 1:
            self.take(Source(PASTED, ".csv", text.encode()))
        else:
            self._files.refuse("the clipboard holds no table; copy cells of a spreadsheet, or the text of a CSV")

    def take(self, given: Path | Source) -> None:
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
        if begins is None or (begins and not self._files.may_leave()):
            return
        if self._files.attempt(lambda: self._session.open_data(data, knobs, begins)) and isinstance(given, Path):
            self._settings.remember(given)

    def ask_where(self, project: Path) -> bool | None:
        """Ask whether data begin a new experiment, or go into the saved one; None where neither is wanted."""
        box = QMessageBox(self._window)
        box.setWindowTitle("Where to")
        box.setText("Begin a new experiment with these data?")
        box.setInformativeText(f"Otherwise they take the place of the points in {project.name}.")
        begin = box.addButton("New experiment", QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(f"Keep in {project.stem[:30]}", QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(begin)
        give_keys(box)
        box.exec()
        return {begin: True, stay: False}.get(box.clickedButton())

    def export(self) -> None:
        """Ask where the points are to be written, and as what."""
        start = str(Path(self._files.folder) / "points.csv")
        name, _ = QFileDialog.getSaveFileName(self._window, "Export the points", start, WRITTEN)
        if name:
            path = Path(name) if Path(name).suffix else Path(name).with_suffix(".csv")
            self._files.attempt(lambda: self._session.export(path, lambda error: self._told(error, path)), path)

    def _told(self, error: Exception | None, path: Path) -> None:
        if error is None:
            self._files.done.emit(f"Saved {path.name}")
        else:
            self._hear(error, path)

    def predict(self) -> None:
        """Ask for a file with the same columns, and where the answers of the run in hand are to be written."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Predict a file", self._files.folder, TABLES)
        if not name:
            return
        start = str(Path(name).parent / f"{Path(name).stem} answers.csv")
        out, _ = QFileDialog.getSaveFileName(self._window, "Write the answers", start, "Table (*.csv)")
        if out:
            path = Path(out) if Path(out).suffix else Path(out).with_suffix(".csv")
            data = Path(name)
            self._files.attempt(lambda: self._session.predict(data, path, lambda error: self._hear(error, data)), data)

    def _hear(self, error: Exception | None, path: Path) -> None:
        if error is not None and not isinstance(error, CancelledError):
            self._files.refuse(str(error), path)
