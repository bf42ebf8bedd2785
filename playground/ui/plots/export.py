"""A chart taken along: copied, or saved as a picture, a drawing or a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QBuffer, QMimeData, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QGraphicsView, QMenu, QMessageBox

from playground.model.saving import write_bytes
from playground.ui.pictures import buffered, png
from playground.ui.questions import give_keys
from playground.ui.theme import Colors, font

SCALE = 2  # pixels of a picture to one of the window
TITLE = 28  # pixels above the chart
MOST_COPIED = 50_000  # rows that Ctrl+C takes along with the picture; a menu's entry takes any number
KINDS = {".png": "Picture (*.png)", ".svg": "Drawing (*.svg)", ".csv": "Table (*.csv)"}


class Table(NamedTuple):
    """The numbers of a chart: a name for each column, and the columns, all as long."""

    names: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]

    def text(self, separator: str) -> str:
        """A line for the names, then one a row; numbers are written so that they read back as they are."""
        columns = [[_written(value, separator) for value in column] for column in self.columns]
        lines = [separator.join(_written(name, separator) for name in self.names), *map(separator.join, zip(*columns))]
        return "\n".join(lines) + "\n"


class Export(QObject):
    """What may be taken of one chart.

    title: what stands over the picture, now. name: of a file. table: the numbers, now.
    """

    def __init__(
        self, chart: QGraphicsView, name: str, title: Callable[[], str], table: Callable[[], Table], colors: Colors
    ) -> None:
        super().__init__(chart)
        self._chart = chart
        self._name = name
        self._title = title
        self._table = table
        self.colors = colors

    def fill(self, menu: QMenu) -> None:
        """Add the entries."""
        menu.addAction("&Copy picture", self.copy_picture)
        menu.addAction("Copy &numbers", self.copy_numbers)
        menu.addAction("&Save as…", self.save)

    def copy(self) -> None:
        """Put picture and numbers on the clipboard; what it is pasted into takes what it can."""
        table = self._table()
        taken = self._picture_alone()
        if len(table.columns[0]) <= MOST_COPIED:
            taken.setText(table.text("\t"))
        QGuiApplication.clipboard().setMimeData(taken)

    def copy_picture(self) -> None:
        QGuiApplication.clipboard().setMimeData(self._picture_alone())

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(self._table().text("\t"))

    def _picture_alone(self) -> QMimeData:
        taken = QMimeData()
        taken.setImageData(self.picture())
        return taken

    def save(self) -> None:
        """Ask for a file, and write what its ending says."""
        kinds = ";;".join(KINDS.values())
        name, kind = QFileDialog.getSaveFileName(self._chart, "Save the chart", f"{self._name}.png", kinds)
        if name:
            path, ending = Path(name), next((key for key, text in KINDS.items() if text == kind), ".png")
            self._try_to_write(path if path.suffix else path.with_suffix(ending))

    def _try_to_write(self, path: Path) -> None:
        try:
            self.write(path)
        except OSError as error:
            box = QMessageBox(QMessageBox.Icon.Warning, "Save the chart", str(error), parent=self._chart)
            give_keys(box)
            box.setTextFormat(Qt.TextFormat.PlainText)
            box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            box.open()

    def write(self, path: Path) -> None:
        """Write a picture, a drawing or a table, by the file's ending. Raises OSError with one line."""
        makers: dict[str, Callable[[], bytes]] = {
            ".png": self._png,
            ".svg": self._svg,
            ".csv": lambda: self._table().text(",").encode(),
        }
        make = makers.get(path.suffix.lower())
        if make is None:
            raise OSError(f"{path.name}: a chart is saved as {', '.join(makers)}")
        write_bytes(path, make())

    @property
    def _size(self) -> QSize:
        return self._chart.viewport().size() + QSize(0, TITLE)

    def picture(self) -> QImage:
        """The chart under its title, in the theme's colours."""
        result = QImage(self._size * SCALE, QImage.Format.Format_RGB32)
        result.setDevicePixelRatio(SCALE)
        result.fill(QColor(self.colors.window))
        painter = QPainter(result)
        self._paint(painter)
        painter.end()
        return result

    def _png(self) -> bytes:
        return png(self.picture())

    def _svg(self) -> bytes:
        from PySide6.QtSvg import QSvgGenerator

        def paint(buffer: QBuffer) -> None:
            drawing = QSvgGenerator()
            drawing.setOutputDevice(buffer)
            drawing.setSize(self._size)
            drawing.setViewBox(QRectF(0, 0, self._size.width(), self._size.height()))
            drawing.setTitle(self._title())
            painter = QPainter(drawing)
            painter.fillRect(QRectF(0, 0, self._size.width(), self._size.height()), QColor(self.colors.window))
            self._paint(painter)
            painter.end()

        return buffered(paint)

    def _paint(self, painter: QPainter) -> None:
        painter.setFont(font("body", bold=True))
        painter.setPen(QColor(self.colors.text))
        width, height = self._size.width(), self._size.height()
        painter.drawText(QRectF(8, 0, width - 16, TITLE), Qt.AlignmentFlag.AlignVCenter, self._title())
        self._chart.render(painter, QRectF(0, TITLE, width, height - TITLE), self._chart.viewport().rect())


def _written(value: Any, separator: str) -> str:
    """A cell; text that holds a separator or a quote is quoted."""
    if not isinstance(value, str):
        return repr(value)
    if any(mark in value for mark in (separator, '"', "\n")):
        return '"' + value.replace('"', '""') + '"'
    return value
