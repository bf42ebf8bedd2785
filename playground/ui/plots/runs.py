"""All runs as a table, with what each came to: sorted, renamed, pinned, laid over, deleted and taken in hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QKeySequence, QPainter, QPalette, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.training.listing import COLUMNS, Column, Value, write
from playground.training.runs import Listed
from playground.ui.chips import paint_disc
from playground.ui.describe import plain
from playground.ui.icons import pixmap, untinted
from playground.ui.painting import painted
from playground.ui.plots.chart import Title
from playground.ui.scales import figures
from playground.ui.scene import Scene
from playground.ui.theme import Colors, font, run_color, scaled

Index: TypeAlias = QModelIndex | QPersistentModelIndex

SHOWN = tuple(column for column in COLUMNS if column.title)
WIDTHS = {"name": 132, "differs": 116, "verdict": 168}  # of words, in pixels; numbers take what their titles do
PIN = 14
ROW_HEIGHT = 26
EVERY = 0.25  # seconds between two updates of a run that trains: they are read, not watched
EMPTY = "Every run is listed here with what it came to, once one has trained."
HELP = (
    "<p>All runs, each as it was at its best epoch, or where no point validates at its last. A disc stands for a run "
    "that is seen in the charts, a ring for one that is not; bold is the one in hand.</p>"
    "<p>A press on a title sorts. Enter or a double click takes a run in hand, F2 renames it, Delete deletes it, which "
    "undo takes back; Ctrl+C copies the chosen rows. All else is in the menu of the right button.</p>"
)
ROLE = Qt.ItemDataRole
NOWHERE = QModelIndex()
RAW = ROLE.UserRole  # the value itself, by which rows are sorted
PINNED = ROLE.UserRole + 1


def told(column: Column, value: Value) -> str:
    """A value as the table shows it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.1f}" if column.key == "seconds" else figures(value)
    return f"{value:,}" if isinstance(value, int) else value


class RunsModel(QAbstractTableModel):
    """A row a run; ``renamed`` carries a number and the name that was typed."""

    renamed = Signal(int, str)

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self.rows: list[Listed] = []
        self.seen: frozenset[int] = frozenset()
        self._colors = colors
        self._values: dict[int, list[Value]] = {}
        self._discs: dict[tuple[int, bool], QIcon] = {}

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self._discs.clear()
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(SHOWN) - 1))

    def show_rows(self, rows: Sequence[Listed], seen: frozenset[int]) -> bool:
        """Take the rows as they stand; only those that are otherwise are told. seen: the runs that are laid over.

        Returns whether other runs are listed than before.
        """
        is_other = [row.number for row in rows] != [row.number for row in self.rows]
        if is_other:
            self.beginResetModel()
        before, turned = {row.number: row for row in self.rows}, self.seen ^ seen
        self.rows, self.seen = list(rows), seen
        for place, row in enumerate(rows):
            old = before.get(row.number)
            if old is not None and not is_changed(old, row) and row.number not in turned:
                continue
            self._values[row.number] = [column.value(row) for column in SHOWN]
            if not is_other:
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(SHOWN) - 1))
        if is_other:
            self._values = {row.number: self._values[row.number] for row in rows}
            self.endResetModel()
        return is_other

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(SHOWN)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = SHOWN[section]
        if role == ROLE.DisplayRole:
            return column.title
        if role == ROLE.ToolTipRole:
            return column.help
        if role == ROLE.TextAlignmentRole:
            return self._alignment(column)
        return None

    @staticmethod
    def _alignment(column: Column) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column.key in WIDTHS else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        row, column = self.rows[index.row()], SHOWN[index.column()]
        value = self._values[row.number][index.column()]
        if role == ROLE.DisplayRole:
            return told(column, value)
        if role == RAW:
            return value
        if role == PINNED:
            return row.is_pinned and column.key == "name"
        if role == ROLE.EditRole:
            return value if column.key == "name" else None
        if role == ROLE.TextAlignmentRole:
            return self._alignment(column)
        if role == ROLE.FontRole:
            return font("body", bold=row.is_in_hand)
        if column.key == "name" and role == ROLE.DecorationRole:
            return self._disc(row)
        if role == ROLE.ToolTipRole and column.key in WIDTHS:
            return plain(self.spoken(row, told(column, value)))
        if role == ROLE.AccessibleTextRole:
            shown = told(column, value)
            return self.spoken(row, shown) if column.key == "name" else f"{column.title} {shown}"
        return None

    def spoken(self, row: Listed, text: str) -> str:
        """A text with what the run is among the others."""
        roles = {"in hand": row.is_in_hand, "pinned": row.is_pinned, "laid over": row.number in self.seen}
        return ", ".join([text, *(role for role, holds in roles.items() if holds)])

    def _disc(self, row: Listed) -> QIcon:
        """A disc in the run's colour, a ring where the run is not seen in the charts."""
        key = row.colour, row.is_in_hand or row.number in self.seen
        if key not in self._discs:
            picture = QPixmap(32, 32)
            picture.setDevicePixelRatio(2)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_disc(painter, QPointF(8, 8), run_color(self._colors, row.colour), not key[1])
            painter.end()
            self._discs[key] = untinted(picture)
        return self._discs[key]

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if SHOWN[index.column()].key == "name" else flags

    def setData(self, index: Index, value: Any, role: int = ROLE.EditRole) -> bool:
        row = self.rows[index.row()]
        if role != ROLE.EditRole or not str(value).strip() or value == row.name:
            return False
        self.renamed.emit(row.number, str(value))
        return True


class Sorted(QSortFilterProxyModel):
    """The rows in an order; what there is not stands last, whichever way they are sorted."""

    def lessThan(self, left: Index, right: Index) -> bool:
        one, other = (self.sourceModel().data(index, RAW) for index in (left, right))
        falls = self.sortOrder() == Qt.SortOrder.DescendingOrder
        if one is None or other is None:
            return one is None if falls else (other is None and one is not None)
        if isinstance(one, str):
            return one.casefold() < str(other).casefold()
        return bool(one < other)


class Table(QTableView):
    """The view, with its keys."""

    removed = Signal()
    copied = Signal()

    def __init__(self) -> None:
        super().__init__(showGrid=False, sortingEnabled=True, wordWrap=False, accessibleName="Runs")
        self.setFont(font())
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QTableView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setItemDelegate(Cells(self))
        self.verticalHeader().hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            super().keyPressEvent(event)


class Cells(QStyledItemDelegate):
    """No mark around the current cell, for it is the row that counts; a pin in the name's cell of a pinned run."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus

    @painted
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if not index.data(PINNED):
            super().paint(painter, option, index)
            return
        place, color = QRectF(option.rect), option.palette.placeholderText().color().name()
        option.rect.setRight(option.rect.right() - PIN - 4)
        super().paint(painter, option, index)
        corner = QPointF(place.right() - PIN - 4, place.center().y() - PIN / 2)
        painter.drawPixmap(corner, pixmap("pin", color, PIN, painter.device().devicePixelRatioF()))


class RunsPanel(QWidget):
    """The table, and what can be done with the rows that are chosen."""

    asked = Signal(str, tuple)

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Runs: what each came to")
        self.setWhatsThis(HELP)
        self.model = RunsModel(colors)
        self.sorted = Sorted(self)
        self.sorted.setSourceModel(self.model)
        self.view = Table()
        self.view.setModel(self.sorted)
        self._scene: Scene | None = None
        self._timer = QTimer(self, singleShot=True, interval=round(1000 * EVERY))
        self._timer.timeout.connect(self._draw)
        self._build(question)
        self._connect()

    def _build(self, question: str) -> None:
        header = self.view.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        self.fit_type()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)  # as they were begun
        self.reading = Title("", "small", muted=True)
        self.save = QToolButton(text="Save as CSV…", font=font("small"), toolTip="All runs, numbers in full precision")
        self.save.setProperty("role", "quiet")
        self.save.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        head = QHBoxLayout(spacing=8)
        head.addWidget(Title(question, bold=True))
        head.addWidget(self.reading, 1)
        head.addWidget(self.save)
        self._empty = QLabel(EMPTY, wordWrap=True, font=font(), alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    def fit_type(self) -> None:
        """Give columns and rows the room that their type needs."""
        header, numbers = self.view.horizontalHeader(), QFontMetrics(font(bold=True))
        header.setFont(font("small"))
        for number, column in enumerate(SHOWN):
            wide = max(QFontMetrics(font("small")).horizontalAdvance(column.title), numbers.horizontalAdvance("8.8888"))
            self.view.setColumnWidth(number, scaled(WIDTHS[column.key]) if column.key in WIDTHS else wide + 20)
        rows, height = self.view.verticalHeader(), scaled(ROW_HEIGHT)
        rows.setMinimumSectionSize(height)  # first, for no row becomes lower than that
        rows.setDefaultSectionSize(height)

    def _connect(self) -> None:
        self.model.renamed.connect(lambda number, name: self.asked.emit("rename", (number, name)))
        self.view.doubleClicked.connect(self._take)
        self.view.activated.connect(self._take)
        self.view.removed.connect(self.remove)
        self.view.copied.connect(self.copy)
        self.view.customContextMenuRequested.connect(
            lambda place: self.menu().popup(self.view.viewport().mapToGlobal(place))
        )
        self.save.clicked.connect(self.ask_where_to_save)

    # what is shown

    def show_scene(self, scene: Scene) -> None:
        """List the runs. Hidden, it waits until it is seen; how far runs have come is told anew now and then."""
        before, self._scene = self._scene, scene
        if not self.isVisible() or self.view.state() == QTableView.State.EditingState:
            return
        if before is None or _outline(before) != _outline(scene):
            self._draw()
        elif not self._timer.isActive():
            self._timer.start()

    def _draw(self) -> None:
        scene = self._scene
        if scene is None or not self.isVisible():
            return
        self._timer.stop()
        rows = [
            row._replace(snapshot=scene.snapshot)
            if row.is_in_hand and scene.snapshot is not None and scene.snapshot.run == row.number
            else row
            for row in scene.runs
        ]
        chosen = self.chosen
        if self.model.show_rows(rows, _seen(scene)):
            self._choose(chosen)
        count = sum(bool(row.snapshot is not None and row.snapshot.epoch) for row in rows)
        self._stack.setCurrentIndex(1 if count or len(rows) > 1 else 0)
        self.save.setEnabled(bool(count))
        self.reading.setText(f"{len(rows)} {'run' if len(rows) == 1 else 'runs'}, at their best")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.model.set_colors(colors)

    # the rows that are chosen

    @property
    def listed(self) -> list[Listed]:
        """All rows, in the order in which they are seen."""
        places = (self.sorted.mapToSource(self.sorted.index(place, 0)).row() for place in range(self.sorted.rowCount()))
        return [self.model.rows[place] for place in places]

    @property
    def chosen(self) -> list[Listed]:
        """The rows that are chosen, in the order in which they are seen."""
        places = {index.row() for index in self.view.selectionModel().selectedRows()}
        return [row for place, row in enumerate(self.listed) if place in places]

    def _choose(self, rows: Sequence[Listed]) -> None:
        """Choose these again, as far as they are still there."""
        numbers = {row.number for row in rows}
        model, flag = self.view.selectionModel(), self.view.selectionModel().SelectionFlag
        for place, row in enumerate(self.listed):
            if row.number in numbers:
                model.select(self.sorted.index(place, 0), flag.Select | flag.Rows)

    def _take(self, index: QModelIndex) -> None:
        self.asked.emit("take", (self.listed[index.row()].number,))

    def remove(self) -> None:
        """Delete the chosen runs but the one in hand; undo brings them back."""
        for row in self.chosen:
            if not row.is_in_hand:
                self.asked.emit("remove", (row.number,))

    def rename(self) -> None:
        """Type another name for the current run, in its place."""
        current = self.view.currentIndex()
        self.view.edit(self.sorted.index(current.row(), [column.key for column in SHOWN].index("name")))

    def menu(self) -> QMenu:
        """What can be done with the chosen rows."""
        chosen = self.chosen
        one = chosen[0] if len(chosen) == 1 else None
        loose = [row for row in chosen if not row.is_in_hand]
        others = [row for row in loose if self._scene is not None and not _is_company(self._scene, row)]
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        take = menu.addAction("&Take in hand\tEnter", lambda: self._take(self.view.currentIndex()))
        take.setEnabled(one is not None and not one.is_in_hand)
        menu.addAction("&Rename\tF2", self.rename).setEnabled(one is not None)
        are_pinned = bool(chosen) and all(row.is_pinned for row in chosen)
        pin = menu.addAction("Un&pin" if are_pinned else "&Pin", lambda: self._pin(chosen, not are_pinned))
        pin.setEnabled(bool(chosen))
        are_seen = bool(others) and all(row.number in self.model.seen for row in others)
        lay = "&Hide in the charts" if are_seen else "&Show in the charts"
        menu.addAction(lay, lambda: self._lay(others, not are_seen)).setEnabled(bool(others))
        menu.addSeparator()
        menu.addAction("&Delete\tDel", self.remove).setEnabled(bool(loose))
        menu.addSeparator()
        order = menu.addMenu("S&ort by")
        for number, column in enumerate(SHOWN):
            order.addAction(column.title, partial(self._sort_by, number))
        menu.addAction("&Copy as text\tCtrl+C", self.copy)
        menu.addAction("Save as CS&V…", self.ask_where_to_save)
        return menu

    def _sort_by(self, column: int) -> None:
        """Sort by a column; the other way round where it is sorted by that already."""
        falls = self.sorted.sortColumn() == column and self.sorted.sortOrder() == Qt.SortOrder.AscendingOrder
        self.view.sortByColumn(column, Qt.SortOrder.DescendingOrder if falls else Qt.SortOrder.AscendingOrder)

    def _pin(self, rows: Sequence[Listed], is_pinned: bool) -> None:
        for row in rows:
            self.asked.emit("pin", (row.number, is_pinned))

    def _lay(self, rows: Sequence[Listed], is_seen: bool) -> None:
        """Have runs seen in the charts, or no longer: laid over, or as the ghost."""
        scene = self._scene
        assert scene is not None
        for row in rows:
            if row.number == scene.ghost and not is_seen:
                self.asked.emit("show_ghost", (False,))
            if (row.number in scene.laid) != is_seen and not (is_seen and row.number == scene.ghost):
                self.asked.emit("lay_over", (row.number,))

    # out of here

    def copy(self) -> None:
        """Put the chosen rows, or all where none is, on the clipboard: tab-separated, as they are seen."""
        header = self.view.horizontalHeader()
        columns = [SHOWN[header.logicalIndex(place)] for place in range(len(SHOWN))]
        rows = self.chosen or self.listed
        lines = [[told(column, column.value(row)) for column in columns] for row in rows]
        cells = [[column.title for column in columns], *lines]
        QApplication.clipboard().setText("\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in cells))

    def table(self) -> tuple[tuple[str, ...], tuple[list[Value], ...]]:
        """A row a run, all columns."""
        columns = tuple([column.value(row) for row in self.listed] for column in COLUMNS)
        return tuple(column.key for column in COLUMNS), columns

    def ask_where_to_save(self) -> None:
        """Ask for a file and write all runs to it."""
        name, _ = QFileDialog.getSaveFileName(self, "Save the runs as a table", "runs.csv", "Table (*.csv)")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".csv")
        try:
            write(self.listed, path)
        except OSError as error:
            self.reading.setText(str(error))
        else:
            self.reading.setText(f"Saved {path.name}")

    def sizeHint(self) -> QSize:
        return QSize(460, 280)


def is_changed(old: Listed, new: Listed) -> bool:
    """Whether a run is told otherwise than before."""
    return old is not new and (old.snapshot is not new.snapshot or _frame(old) != _frame(new))


def _frame(row: Listed) -> tuple[Any, ...]:
    """All of a row but how far it came."""
    return row.number, row.name, row.colour, row.is_pinned, row.is_in_hand


def _seen(scene: Scene) -> frozenset[int]:
    """The numbers of the runs that are seen beside the one in hand."""
    return frozenset(other.snapshot.run for other in scene.others)


def _is_company(scene: Scene, row: Listed) -> bool:
    """Whether a run is seen because it races with the one in hand."""
    return row.number in _seen(scene) - scene.laid - {scene.ghost}


def _outline(scene: Scene) -> tuple[Any, ...]:
    """What a list of runs says of them but how far they came."""
    return tuple(map(_frame, scene.runs)), _seen(scene)
