"""Planes side by side: the same points under several runs' surfaces, with one zoom and one cursor for all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from playground.model.dataset import Dataset
from playground.model.plane import Pair
from playground.training.surface import Surface
from playground.ui.describe import plain
from playground.ui.extent import Extent
from playground.ui.painting import painted
from playground.ui.plane import Numbers, PlaneView, numbers
from playground.ui.plane_menu import picture_menu
from playground.ui.theme import Colors, font, run_color

MOST = 8  # planes
GAP = 12  # pixels between two
CAPTION = 24  # pixels, above each
CHIP = 10
EMPTY = "Runs that are shown stand here side by side"


class Item(NamedTuple):
    """A run that is seen: its name, its place in the cycle of colours, and what its network makes of the plane.

    note: a few words more, as how far it has come.
    """

    name: str
    colour: int
    surface: Surface | None = None
    note: str = ""


class Planes(QWidget):
    """Up to eight planes that are looked at and not painted on, as large as they can all be."""

    view_changed = Signal(object)  # the Extent that all of them show
    hovered = Signal(object)  # the place under the cursor, (x, y), or None

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Planes of several runs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._colors = colors
        self._items: tuple[Item, ...] = ()
        self._data: Dataset | None = None
        self._sets: NDArray[np.int8] | None = None
        self.extent = Extent()  # the part of the plane that all of them show
        self.views: list[Twin] = []
        self._pair: Pair | None = None

    def show_data(self, dataset: Dataset, sets: NDArray[np.int8] | None = None) -> None:
        """Draw these points in all of them, dealt to these sets (else the dataset's own)."""
        self._data, self._sets = dataset, sets
        for view in self.views:
            view.show_data(dataset, sets)

    def show_items(self, items: Sequence[Item]) -> None:
        """Show these runs, the first eight of them, each in its plane."""
        before, self._items = self._items, tuple(items[:MOST])
        while len(self.views) < len(self._items):
            self.views.append(self._make())
        for number, view in enumerate(self.views):
            view.setVisible(number < len(self._items))
        if len(before) != len(self._items):
            self._place()
        for number, (view, item, cell) in enumerate(zip(self.views, self._items, self._cells())):
            view.show_surface(item.surface)
            if item._replace(surface=None) not in [old._replace(surface=None) for old in before[number : number + 1]]:
                view.setAccessibleName(f"Plane of {item.name}" + (f", {item.note}" if item.note else ""))
                self.update(cell.adjusted(0, 0, 0, CAPTION - cell.height()))

    def look(self, extent: Extent) -> None:
        """Show another part of the plane, in all of them."""
        if extent != self.extent:
            self.extent = extent
            for view in self.views:
                view.look(extent)
            self.view_changed.emit(extent)

    def show_pair(self, pair: Pair | None) -> None:
        """Show two of several features in all of them, or the dataset's own plane."""
        if pair != self._pair:
            self._pair = pair
            for view in self.views:
                view.show_pair(pair)

    def show_cross(self, place: tuple[float, float] | None) -> None:
        """Point at one place in all of them, or at none."""
        for view in self.views:
            view.show_cross(place)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for view in self.views:
            view.set_colors(colors)
        self.update()

    def sharpen(self, ratio: float | None) -> None:
        """Draw with so many pixels to a point; None is as many as the screen has."""
        for view in self.views:
            view.sharpen(ratio)

    def table(self) -> Numbers:
        """The points, a row each."""
        return numbers(self._data, self._sets)

    def _make(self) -> Twin:
        view = Twin(self._colors, self, self.views[0] if self.views else None)
        if self._data is not None:
            view.show_data(self._data, self._sets)
            view.show_pair(self._pair)
        view.look(self.extent) if self.views else self.look(view.extent)
        view.view_changed.connect(self.look)
        view.hovered.connect(self.show_cross)
        view.hovered.connect(self.hovered)
        return view

    # places

    def _shape(self) -> tuple[int, int]:
        """In how many columns and rows they stand, so that they are as large as they can be."""
        count = len(self._items)
        shapes = [(columns, math.ceil(count / columns)) for columns in range(1, count + 1)]
        return max(shapes, key=lambda shape: (self._side(*shape), -shape[0] * shape[1]))

    def _side(self, columns: int, rows: int) -> int:
        across = (self.width() - (columns - 1) * GAP) // columns
        return min(across, (self.height() - (rows - 1) * GAP) // rows - CAPTION)

    def _cells(self) -> list[QRect]:
        """Where each plane stands, its caption included; all together in the middle."""
        if not self._items:
            return []
        columns, rows = self._shape()
        side = max(self._side(columns, rows), 32)
        across, down = side + GAP, side + CAPTION + GAP
        left = max((self.width() - columns * across + GAP) // 2, 0)
        top = max((self.height() - rows * down + GAP) // 2, 0)
        places = (divmod(number, columns) for number in range(len(self._items)))
        return [QRect(left + column * across, top + row * down, side, side + CAPTION) for row, column in places]

    def _place(self) -> None:
        for view, cell in zip(self.views, self._cells()):
            view.setGeometry(cell.adjusted(0, CAPTION, 0, 0))
        self.update()

    # Qt

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        picture_menu(self, "planes").popup(event.globalPos())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            pointed = [item for item, cell in zip(self._items, self._cells()) if cell.contains(event.pos())]
            text = ", ".join(filter(None, (pointed[0].name, pointed[0].note))) if pointed else ""
            QToolTip.showText(event.globalPos(), plain(text) if text else "", self)
            return True
        return super().event(event)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        """The captions: a chip in the run's colour, its name, and the note where there is room for it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._items:
            painter.setFont(font("body"))
            painter.setPen(QColor(self._colors.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, EMPTY)
        for item, cell in zip(self._items, self._cells()):
            self._paint_caption(painter, item, QRectF(cell.left(), cell.top(), cell.width(), CAPTION))
        painter.end()

    def _paint_caption(self, painter: QPainter, item: Item, box: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(run_color(self._colors, item.colour)))
        painter.drawRoundedRect(QRectF(box.left(), box.center().y() - CHIP / 2, CHIP, CHIP), 3, 3)
        box.setLeft(box.left() + CHIP + 6)
        painter.setFont(font("small", bold=True))
        metrics = QFontMetrics(painter.font())
        name = metrics.elidedText(item.name, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.setPen(QColor(self._colors.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
        box.setLeft(box.left() + metrics.horizontalAdvance(name) + 8)
        painter.setFont(font("small"))
        if QFontMetrics(painter.font()).horizontalAdvance(item.note) <= box.width():
            painter.setPen(QColor(self._colors.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, item.note)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(632, 656)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)


class Twin(PlaneView):
    """A plane that is one of several: the wheel and the middle button move them all, the cursor is seen in all.

    first: the plane whose picture of the points serves for this one too, where they are of one size.
    """

    hovered = Signal(object)  # the place under the cursor, (x, y), or None

    def __init__(self, colors: Colors, parent: QWidget, first: PlaneView | None) -> None:
        super().__init__(colors, parent, is_small=True)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._first = first

    def _points_picture(self, area: QRectF) -> QPixmap:
        first = self._first
        if first is not None and (first.size(), first.extent) == (self.size(), self.extent):
            return first._points_picture(area)
        return super()._points_picture(area)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grabbed = event.position()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pull(event.position())
        inside = self._inside().contains(event.position())
        self.hovered.emit(self.place_at(event.position()) if inside else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grabbed = None
        else:
            super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        if turns:
            self._zoom(event.position(), turns)
            event.accept()
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
