"""A small table beside a chart: what its lines are, and their numbers at the epoch that is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem, QWidget

from playground.ui.icons import untinted
from playground.ui.theme import font, scaled

ROW = 20  # pixels
SWATCH = QSize(12, 3)
GAP, WIDEST = 20, 120  # pixels between columns, and of one
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Column(NamedTuple):
    """A title and what it means."""

    title: str
    help: str


class Entry(NamedTuple):
    """A row: a line's name and colour, and its numbers."""

    name: str
    color: str
    cells: tuple[str, ...]


class Ledger(QTableWidget):
    """Rows are only read; one that is chosen is told."""

    row_chosen = Signal(int)  # by hand

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName=name, showGrid=False, wordWrap=False, cornerButtonEnabled=False)
        self._columns: tuple[Column, ...] = ()
        self._rows: tuple[Entry, ...] = ()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setIconSize(SWATCH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(16)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.fit_type()
        self.itemSelectionChanged.connect(self._announce)

    def fit_type(self) -> None:
        """Give rows the room that their type needs."""
        self.setFont(font("small"))
        self.horizontalHeader().setFont(font("small"))
        rows = self.verticalHeader()
        rows.setMinimumSectionSize(scaled(ROW))
        rows.setDefaultSectionSize(scaled(ROW))

    @property
    def rows(self) -> tuple[Entry, ...]:
        """What it shows."""
        return self._rows

    def show_rows(self, columns: Sequence[Column], rows: Sequence[Entry], chosen: int | None = None) -> None:
        """Show these; only cells that are otherwise are written."""
        blocked = self.blockSignals(True)
        is_other = (self.rowCount(), self.columnCount()) != (len(rows), len(columns) + 1)
        if is_other:
            self.setRowCount(len(rows))
            self.setColumnCount(len(columns) + 1)
        if is_other or tuple(columns) != self._columns:
            is_other = True
            self._columns = tuple(columns)
            for place, column in enumerate((Column("", ""), *columns)):
                title = QTableWidgetItem(column.title)
                title.setToolTip(column.help)
                title.setTextAlignment(RIGHT)
                self.setHorizontalHeaderItem(place, title)
        for number, row in enumerate(rows):
            for place, text in enumerate((row.name, *row.cells)):
                self._write(number, place, text)
            before = self._rows[number].color if not is_other and number < len(self._rows) else ""
            if row.color != before and (item := self.item(number, 0)) is not None:
                item.setIcon(_swatch(row.color))
        self._rows = tuple(rows)
        if chosen is None:
            self.clearSelection()
        elif is_other or not self.selectedItems() or self.currentRow() != chosen:
            self.selectRow(chosen)
        self.blockSignals(blocked)
        self._fit(is_other)

    def _write(self, row: int, place: int, text: str) -> None:
        item = self.item(row, place)
        if item is None:
            item = QTableWidgetItem(text)
            if place:
                item.setTextAlignment(RIGHT)
            self.setItem(row, place, item)
        elif item.text() != text:
            item.setText(text)

    def _fit(self, is_other: bool) -> None:
        """As wide as what it shows; wider numbers widen it, and it stays so until there are other columns."""
        metrics = QFontMetrics(font("small"))
        for place in range(self.columnCount()):
            titles = self._columns[place - 1].title if place else ""
            texts = [titles, *(row.cells[place - 1] if place else row.name for row in self._rows)]
            widest = max(map(metrics.horizontalAdvance, texts)) + (GAP if place else SWATCH.width() + GAP + 6)
            most = min(widest, scaled(WIDEST))
            if is_other or most > self.columnWidth(place):
                self.setColumnWidth(place, most)
        width = self.horizontalHeader().length() + 2 * self.frameWidth()
        if self.rowCount() * scaled(ROW) > self.viewport().height():
            width += self.verticalScrollBar().sizeHint().width()
        if width != self.width():
            self.setFixedWidth(width)

    def _announce(self) -> None:
        if self.selectedItems():
            self.row_chosen.emit(self.currentRow())


def _swatch(color: str) -> QIcon:
    picture = QPixmap(SWATCH)
    picture.fill(QColor(color))
    return untinted(picture)
