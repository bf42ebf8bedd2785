"""A plot taken along: copied, or saved as a picture, a drawing, a page or a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QBuffer, QMarginsF, QObject, QPoint, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPageSize, QPainter, QPalette, QPdfWriter, QRegion
from PySide6.QtWidgets import QFileDialog, QGraphicsView, QMenu, QMessageBox, QWidget

from playground.model.reading.words import guarded
from playground.model.saving import write_bytes
from playground.ui.plots.sheet import INCH, UNITS, Sheet, SheetDialog
from playground.ui.questions import give_keys
from playground.ui.shots import buffered
from playground.ui.theme import DARK, LIGHT, Colors, font, palette, style_sheet

TITLE = 28  # pixels above the chart
MOST_COPIED = 50_000  # rows that Ctrl+C takes along with the picture; a menu's entry takes any number
PICTURES = {".png": "Picture (*.png)", ".svg": "Drawing (*.svg)", ".pdf": "Page (*.pdf)"}
TABLES = {".csv": "Table (*.csv)"}


class Table(NamedTuple):
    """The numbers of a plot: a name for each column, and the columns, all as long."""

    names: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]

    def text(self, separator: str) -> str:
        """A line for the names, then one a row; numbers are written so that they read back as they are."""
        columns = [[_written(value, separator) for value in column] for column in self.columns]
        lines = [separator.join(_written(name, separator) for name in self.names), *map(separator.join, zip(*columns))]
        return "\n".join(lines) + "\n"


class Export(QObject):
    """What may be taken of one plot: of a chart its scene, of any other widget all of it.

    name: of a file. title: what stands over the picture, now; none where the widget brings its own. table: the
    numbers, now; None where there are none. A widget whose pictures are kept at the screen's fineness has a method
    ``sharpen(ratio)``, which has them drawn at another; None is the screen's again.
    """

    def __init__(
        self,
        widget: QWidget,
        name: str,
        title: Callable[[], str] | None = None,
        table: Callable[[], Table] | None = None,
        colors: Colors | None = None,
    ) -> None:
        super().__init__(widget)
        self._widget = widget
        self._name = name
        self._title = title or (lambda: "")
        self._table = table
        self.colors = colors  # else the palette's

    @property
    def has_numbers(self) -> bool:
        return self._table is not None

    def fill(self, menu: QMenu) -> None:
        """Add the entries."""
        menu.addAction("&Copy picture", self.copy_picture)
        menu.addAction("Copy &numbers", self.copy_numbers).setEnabled(self.has_numbers)
        menu.addAction("&Save picture…", self.save_picture)
        menu.addAction("Save nu&mbers…", self.save_numbers).setEnabled(self.has_numbers)

    # copying

    def copy(self) -> None:
        """Put picture and numbers on the clipboard; what it is pasted into takes what it can."""
        self.copy_picture()
        if (table := self._numbers()) is not None and len(table.columns[0]) <= MOST_COPIED:
            QGuiApplication.clipboard().mimeData().setText(table.text("\t"))

    def copy_picture(self) -> None:
        # data made here would hold the image as an object of Python's, which is gone when the clipboard is cleared
        QGuiApplication.clipboard().setImage(self.picture())

    def copy_numbers(self) -> None:
        if (table := self._numbers()) is not None:
            QGuiApplication.clipboard().setText(table.text("\t"))

    def _numbers(self) -> Table | None:
        return None if self._table is None else Table(*self._table())

    # saving

    def save_picture(self) -> None:
        """Ask how large, then for a file."""
        dialog = SheetDialog(self.seen, self._widget)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._ask_for_file("Save picture", PICTURES, dialog.sheet))
        dialog.open()

    def save_numbers(self) -> None:
        """Ask for a file."""
        self._ask_for_file("Save numbers", TABLES, self.seen)

    def _ask_for_file(self, caption: str, kinds: dict[str, str], sheet: Sheet) -> None:
        first = next(iter(kinds))
        name, kind = QFileDialog.getSaveFileName(
            self._widget, caption, f"{self._name}{first}", ";;".join(kinds.values())
        )
        if name:
            path, ending = Path(name), next((key for key, text in kinds.items() if text == kind), first)
            self._try_to_write(path if path.suffix else path.with_suffix(ending), sheet)

    def _try_to_write(self, path: Path, sheet: Sheet) -> None:
        try:
            self.write(path, sheet)
        except OSError as error:
            box = QMessageBox(QMessageBox.Icon.Warning, "Save the plot", str(error), parent=self._widget)
            give_keys(box)
            box.setTextFormat(Qt.TextFormat.PlainText)
            box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            box.open()

    def write(self, path: Path, sheet: Sheet | None = None) -> None:
        """Write a picture, a drawing, a page or a table, by the file's ending; as it is seen without a sheet.

        Raises OSError with one line.
        """
        sheet = sheet or self.seen
        makers: dict[str, Callable[[], bytes]] = {
            ".png": lambda: buffered(lambda buffer: self.picture(sheet).save(buffer, "PNG")),
            ".svg": lambda: self._svg(sheet),
            ".pdf": lambda: self._pdf(sheet),
        }
        if (table := self._table) is not None:
            makers[".csv"] = lambda: Table(*table()).text(",").encode()
        make = makers.get(path.suffix.lower())
        if make is None:
            raise OSError(f"{path.name}: this is saved as {', '.join(makers)}")
        write_bytes(path, make())

    # painting

    @property
    def seen(self) -> Sheet:
        """As large as it is seen, twice as fine."""
        return Sheet.of(self._part.size() + QSize(0, self._above))

    @property
    def _part(self) -> QWidget:
        """The widget that is painted."""
        return self._widget.viewport() if isinstance(self._widget, QGraphicsView) else self._widget

    @property
    def _above(self) -> int:
        """Pixels that the title takes."""
        return TITLE if self._title() else 0

    def picture(self, sheet: Sheet | None = None) -> QImage:
        """The plot under its title, in the theme's colours."""
        sheet = sheet or self.seen
        result = QImage(sheet.pixels, QImage.Format.Format_RGB32)
        result.setDevicePixelRatio(sheet.scale)  # unlike a painter's scale it widens lines of one pixel too
        painter = QPainter(result)
        self._paint(painter, sheet)
        painter.end()
        result.setDevicePixelRatio(1)
        for tell in (result.setDotsPerMeterX, result.setDotsPerMeterY):
            tell(round(sheet.dots / INCH * 100))
        return result

    def _svg(self, sheet: Sheet) -> bytes:
        from PySide6.QtSvg import QSvgGenerator

        def paint(buffer: QBuffer) -> None:
            drawing = QSvgGenerator()
            drawing.setOutputDevice(buffer)
            drawing.setResolution(UNITS)
            drawing.setSize(sheet.size)
            drawing.setViewBox(QRectF(0, 0, sheet.size.width(), sheet.size.height()))
            drawing.setTitle(self._title() or self._name)
            painter = QPainter(drawing)
            self._paint(painter, sheet)
            painter.end()

        return buffered(paint)

    def _pdf(self, sheet: Sheet) -> bytes:
        def paint(buffer: QBuffer) -> None:
            page = QPdfWriter(buffer)
            page.setTitle(self._title() or self._name)
            page.setPageSize(QPageSize(QSizeF(10 * sheet.width, 10 * sheet.height), QPageSize.Unit.Millimeter))
            page.setPageMargins(QMarginsF(0, 0, 0, 0))
            page.setResolution(UNITS)
            painter = QPainter(page)
            self._paint(painter, sheet)
            painter.end()

        return buffered(paint)

    def _paint(self, painter: QPainter, sheet: Sheet) -> None:
        with self._light() if sheet.is_light else nullcontext():
            self._paint_all(painter, sheet)

    @contextmanager
    def _light(self) -> Iterator[None]:
        """Have all that is painted in the light theme for the time being, where it takes colours."""
        owner: Any = self._widget
        if isinstance(owner, QGraphicsView):
            # a chart's curves are drawn by the one that made it
            owner = owner.parentWidget()
            while owner is not None and not hasattr(owner, "set_colors"):
                owner = owner.parentWidget()
        if owner is None or not hasattr(owner, "set_colors"):
            yield
            return
        before = self.colors
        # under a style sheet no palette goes from a widget to its children
        everyone = [owner, *owner.findChildren(QWidget)]
        try:
            self.colors = LIGHT
            owner.setStyleSheet(style_sheet(LIGHT))
            for widget in everyone:
                widget.setPalette(palette(LIGHT))
            owner.set_colors(LIGHT)
            yield
        finally:
            owner.setStyleSheet("")
            for widget in everyone:
                widget.setPalette(QPalette())
            owner.set_colors(before or DARK)
            self.colors = before

    def _paint_all(self, painter: QPainter, sheet: Sheet) -> None:
        window = self._widget.palette()
        ground = QColor(self.colors.window) if self.colors else window.window().color()
        ink = QColor(self.colors.text) if self.colors else window.windowText().color()
        width, height = sheet.size.width(), sheet.size.height()
        painter.fillRect(QRectF(0, 0, width, height), ground)
        if above := self._above:
            painter.setFont(font("body", bold=True))
            painter.setPen(ink)
            painter.drawText(QRectF(8, 0, width - 16, above), Qt.AlignmentFlag.AlignVCenter, self._title())
        with self._laid_out(QSize(width, height - above), sheet.scale) as factor:
            painter.translate(0, above)
            painter.scale(factor, factor)
            if isinstance(self._widget, QGraphicsView):
                area = self._widget.viewport().rect()
                self._widget.render(painter, QRectF(area), area)
            else:
                flags = QWidget.RenderFlag.DrawChildren
                self._widget.render(painter, QPoint(), QRegion(), flags)

    @contextmanager
    def _laid_out(self, room: QSize, scale: float) -> Iterator[float]:
        """Have the widget as large as that for the time being; what it is smaller than it can be, it is drawn smaller.

        Gives the factor by which it is drawn.
        """
        widget, before = self._widget, self._widget.size()
        more = before - self._part.size()
        sharpen: Callable[[float | None], None] = getattr(widget, "sharpen", lambda ratio: None)
        try:
            # a scroll bar that is not needed any more leaves its room only when it is laid out again
            widget.resize(room + more - QSize(0, 1))
            widget.resize(room + more)
            size = self._part.size()
            sharpen(scale)
            yield min(room.width() / size.width(), room.height() / size.height())
        finally:
            sharpen(None)
            widget.resize(before)


def export_of(widget: QWidget, name: str) -> Export:
    """What may be taken of a widget: by its own ``export``, else all of it, with the numbers of its ``table()``."""
    own = getattr(widget, "export", None)
    made = [own, *widget.children()]
    known = next((each for each in made if isinstance(each, Export)), None)
    return known or Export(widget, name, table=getattr(widget, "table", None))


def _written(value: Any, separator: str) -> str:
    """A cell; text that holds a separator or a quote is quoted, one that a spreadsheet would run stands for itself."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value)
    value = guarded(value)
    if any(mark in value for mark in (separator, '"', "\n")):
        return '"' + value.replace('"', '""') + '"'
    return value
