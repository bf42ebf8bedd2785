"""A table that is being opened: its first rows, under heads that tell what each column is and how its values lie.

A head is a menu, by the mouse or, in the column of the current cell, by Space.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from playground.model.reading import words
from playground.model.reading.columns import (
    CATEGORY,
    CONSTANT,
    DATE,
    MOST_GIVEN_LEVELS,
    NUMBER,
    ROW_NUMBER,
    TEXT,
    plain,
)
from playground.model.reading.draft import Look, distribution
from playground.model.reading.flags import Flags, with_kind, with_use
from playground.model.reading.roles import FEATURE, LEFT_OUT, SPLIT, TARGET
from playground.ui import describe
from playground.ui.theme import font, scaled

ROWS = 100
WIDTH = 140  # pixels of a column
BARS = 26  # pixels of the highest bar
PAD = 8
MOST_LEVELS = 20  # that a menu lists
KINDS = {
    NUMBER: "number",
    CATEGORY: "category",
    DATE: "date",
    TEXT: "text",
    ROW_NUMBER: "row number",
    CONSTANT: "constant",
}
KIND_TITLES = {
    NUMBER: "&Number",
    CATEGORY: "&Category",
    DATE: "&Date",
    TEXT: "Te&xt",
    ROW_NUMBER: "&Row number",
    CONSTANT: "C&onstant",
}
USES = {FEATURE: "feature", TARGET: "target", LEFT_OUT: "left out"}
Index = QModelIndex
ROLE = Qt.ItemDataRole


class Rows(QAbstractTableModel):
    """The first rows of a look, as they stand in the file."""

    def __init__(self, look: Look | None, flags: Flags) -> None:
        super().__init__()
        self.look = look
        self._flags = flags
        self._bars: dict[int, Any] = {}

    def rowCount(self, parent: Any = Index()) -> int:  # noqa: B008
        return min(self.look.table.rows, ROWS) if self.look is not None and not parent.isValid() else 0

    def columnCount(self, parent: Any = Index()) -> int:  # noqa: B008
        return len(self.look.table.names) if self.look is not None and not parent.isValid() else 0

    def data(self, index: Any, role: int = ROLE.DisplayRole) -> Any:
        assert self.look is not None
        cell = self.look.table.columns[index.column()][index.row()]
        if role == ROLE.ToolTipRole:
            return describe.plain(self.data(index))
        if role == ROLE.DisplayRole:
            if isinstance(cell, (float, np.floating)):
                return "" if np.isnan(cell) else plain(float(cell))
            return "" if words.is_missing(cell) else str(cell)
        if role == ROLE.TextAlignmentRole:
            is_number = self.look.columns[index.column()].kind in (NUMBER, ROW_NUMBER)
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if self.look is None or role not in (ROLE.DisplayRole, ROLE.AccessibleTextRole, ROLE.ToolTipRole):
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1)
        told = self.told(section)
        if role == ROLE.DisplayRole:
            return told["name"]
        missing = f", {told['missing']:,} missing" if told["missing"] else ""
        text = f"{told['name']}: {KINDS[told['kind']]}, {USES[told['use']]}{missing}. {told['reason']}".rstrip(". ")
        return describe.plain(text) if role == ROLE.ToolTipRole else text

    def told(self, section: int) -> dict[str, Any]:
        """What is told of a column (Reading.columns); where the flags make no dataset, what it looks like."""
        assert self.look is not None
        if self.look.reading is not None:
            return self.look.reading.columns[section]
        found, flags = self.look.columns[section], self._flags
        is_out = found.name in flags.drop or found.kind in (TEXT, CONSTANT, ROW_NUMBER) and found.name not in flags.keep
        use = TARGET if found.name == flags.target else LEFT_OUT if is_out else FEATURE
        return {**found._asdict(), "use": use, "missing": found.missing, "levels": found.levels}

    def bars(self, section: int) -> Any:
        """Heights from 0 to 1."""
        assert self.look is not None
        if section not in self._bars:
            self._bars[section] = distribution(self.look.columns[section])
        return self._bars[section]


class Heads(QHeaderView):
    """Of each column its name, kind and use, and its distribution as small bars; a press on one opens its menu."""

    menu_wanted = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setDefaultSectionSize(scaled(WIDTH))
        self.setMinimumSectionSize(scaled(64))
        self.setSectionsClickable(True)
        self._pressed: QPoint | None = None

    def sizeHint(self) -> QSize:
        lines = QFontMetrics(font(bold=True)).height() + QFontMetrics(font("small")).height()
        return QSize(WIDTH, lines + BARS + 3 * PAD)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        place = event.position().toPoint()
        is_click = self._pressed is not None and (place - self._pressed).manhattanLength() < 4
        edge = self.cursor().shape() == Qt.CursorShape.SplitHCursor
        if is_click and not edge and self.logicalIndexAt(place) >= 0:
            self.menu_wanted.emit(self.logicalIndexAt(place))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        model, colors, role = self.model(), self.palette(), QPalette.ColorRole
        assert isinstance(model, Rows)
        told = model.told(section)
        is_target, is_out = told["use"] == TARGET, told["use"] == LEFT_OUT
        muted = colors.color(role.PlaceholderText)
        accent, text = colors.color(role.Accent), colors.color(role.WindowText)
        painter.save()
        painter.setClipRect(rect)
        if is_target:
            wash = colors.color(role.Accent)
            wash.setAlphaF(0.14)
            painter.fillRect(rect, wash)
        inside = QRectF(rect).adjusted(PAD, 5, -PAD, -PAD)
        bold = font(bold=True)
        painter.setFont(bold)
        painter.setPen(muted if is_out else text)
        line = QFontMetrics(bold).height()
        room = int(inside.width()) - 14
        name = QFontMetrics(bold).elidedText(told["name"], Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRectF(inside.left(), inside.top(), room, line), Qt.AlignmentFlag.AlignVCenter, name)
        arrow = QRectF(inside.right() - 10, inside.top(), 10, line)
        painter.setFont(font("small"))
        painter.setPen(muted)
        painter.drawText(arrow, Qt.AlignmentFlag.AlignCenter, "▾")
        painter.setPen(accent if is_target else muted)
        small = QFontMetrics(font("small"))
        words_ = f"{KINDS[told['kind']]} · {USES[told['use']]}"
        below = QRectF(inside.left(), inside.top() + line + 1, inside.width(), small.height())
        elided = small.elidedText(words_, Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, elided)
        self._paint_bars(painter, inside, model.bars(section), accent if is_target else muted, 0.4 if is_out else 0.8)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors.color(role.Mid))
        table = self.parent()
        if isinstance(table, Preview) and table.hasFocus() and table.currentIndex().column() == section:
            painter.fillRect(rect.left(), rect.bottom() - 1, rect.width(), 2, accent)
        painter.restore()

    @staticmethod
    def _paint_bars(painter: QPainter, inside: QRectF, heights: Any, color: Any, opacity: float) -> None:
        if not len(heights):
            return
        painter.setOpacity(opacity)
        width = min(inside.width() / len(heights), 14.0)
        for number, height in enumerate(heights.tolist()):
            tall = max(round(height * BARS), 1 if height else 0)
            left = inside.left() + number * width
            painter.fillRect(QRectF(left, inside.bottom() - tall, max(width - 1.5, 1), tall), color)
        painter.setOpacity(1.0)


class Cells(QStyledItemDelegate):
    """Cells without a frame around the current one: its column's head is marked."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Any) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus


class Preview(QTableView):
    """The table. ``chosen`` carries the flags after a choice in a head's menu."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__(accessibleName="First rows; Space opens the menu of a column")
        self._flags = Flags()
        self._heads = Heads(self)
        self.setHorizontalHeader(self._heads)
        self._heads.menu_wanted.connect(self.open_menu)
        self.verticalHeader().hide()
        self.setItemDelegate(Cells(self))
        self.setShowGrid(False)
        self.setFont(font("small"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().setDefaultSectionSize(QFontMetrics(font("small")).height() + 6)

    @property
    def heads(self) -> Heads:
        return self._heads

    def show_look(self, look: Look | None, flags: Flags) -> None:
        """Show a table, or none; the column that is seen stays where it is."""
        across, current = self.horizontalScrollBar().value(), self.currentIndex()
        self._flags = flags
        model = Rows(look, flags)
        before = self.model()
        self.setModel(model)
        if before is not None:
            before.deleteLater()
        self.setCurrentIndex(model.index(max(current.row(), 0), max(current.column(), 0)))
        self.horizontalScrollBar().setValue(across)

    def currentChanged(self, current: Any, previous: Any) -> None:
        super().currentChanged(current, previous)
        self._heads.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Menu) and self.currentIndex().isValid():
            self.open_menu(self.currentIndex().column())
        else:
            super().keyPressEvent(event)

    def open_menu(self, section: int) -> None:
        """Under a column's head."""
        left = max(self._heads.sectionViewportPosition(section), 0)
        self.menu(section).popup(self._heads.mapToGlobal(QPoint(left, self._heads.height())))

    def menu(self, section: int) -> QMenu:
        """What can be chosen of a column."""
        model = self.model()
        assert isinstance(model, Rows) and model.look is not None
        told, name = model.told(section), model.told(section)["name"]
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        is_array = model.look.columns[section].reason == ""
        for use, title in ((FEATURE, "&Feature"), (TARGET, "&Target"), (LEFT_OUT, "&Left out")):
            self._add(menu, title, told["use"] == use, with_use(self._flags, name, use)).setEnabled(
                not is_array and name != SPLIT and self._may(told, use)
            )
        menu.addSeparator()
        is_asked = name in self._flags.categorical
        likely = "&What it looks like" if is_asked else KIND_TITLES[told["kind"]]
        self._add(menu, likely, not is_asked, with_kind(self._flags, name, False))
        if is_asked or told["kind"] not in (CATEGORY, CONSTANT) and not is_array:
            self._add(menu, "&Category", is_asked, with_kind(self._flags, name, True))
        menu.addSeparator()
        self._add_levels(menu, model.look, section)
        return menu

    def _add(self, menu: QMenu, title: str, is_chosen: bool, flags: Flags) -> Any:
        action = menu.addAction(title)
        action.setCheckable(True)
        action.setChecked(is_chosen)
        action.triggered.connect(lambda _=False: None if is_chosen else self.chosen.emit(flags))
        return action

    @staticmethod
    def _may(told: dict[str, Any], use: str) -> bool:
        """Whether a column can be used so. There is always a target: it is another column that takes its place."""
        if told["use"] == TARGET:
            return use == TARGET
        if use == FEATURE and told["use"] == LEFT_OUT:
            return told["kind"] != TEXT or len(told["levels"] or ()) <= MOST_GIVEN_LEVELS
        return True

    @staticmethod
    def _add_levels(menu: QMenu, look: Look, section: int) -> None:
        """A category's levels with their counts; of numbers from where to where they go."""
        column = look.columns[section]
        if column.kind in (CATEGORY, TEXT):
            counts = np.bincount(column.values[column.values >= 0].astype(np.intp), minlength=len(column.levels))
            levels = menu.addMenu(f"{len(column.levels):,} le&vels")
            for level, count in list(zip(column.levels, counts.tolist()))[:MOST_LEVELS]:
                levels.addAction(f"{level[:40].replace('&', '&&')}   {count:,}").setEnabled(False)
            if len(column.levels) > MOST_LEVELS:
                levels.addAction(f"and {len(column.levels) - MOST_LEVELS:,} more").setEnabled(False)
        elif column.values.dtype.kind == "f" and np.isfinite(column.values).any():
            low, high = np.nanmin(column.values), np.nanmax(column.values)
            menu.addAction(f"{low:,.6g} to {high:,.6g}").setEnabled(False)
        if column.missing:
            menu.addAction(f"{column.missing:,} missing").setEnabled(False)
