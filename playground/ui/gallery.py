"""The menu of patterns and bundled data as a gallery of small pictures, made when it is first opened."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QComboBox, QListView, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from playground.model import shapes
from playground.model.dataset import TRAIN, Dataset
from playground.model.knobs import Declaration
from playground.ui.fields import AROUND, ChoiceField
from playground.ui.marks import Marks
from playground.ui.painting import painted
from playground.ui.pictures import drawn
from playground.ui.theme import LIGHT, Colors, font, scaled

SIDE = 68  # pixels of a picture
CELL = (124, 108)  # pixels of a picture with its title
GAP = 4
ACROSS = 5  # pictures in a row
POINTS = 120  # in a picture
QUIET = 0.4  # of a pattern's usual noise: in so small a picture the shape must be seen
MARK = 0.42  # of a mark's usual size
DIGITS = 4  # images along a side of a picture


class Gallery(ChoiceField):
    """A menu whose entries are pictures with titles. Points of one's own are called what they came from."""

    def __init__(self, declared: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(declared, parent)
        self._colors = LIGHT
        self._own: Dataset | None = None
        self._is_drawn = False
        self._patterns = frozenset(key for key in self._keys if key)
        view = QListView(viewMode=QListView.ViewMode.IconMode, movement=QListView.Movement.Static)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setWordWrap(True)
        view.setFont(font("small"))
        view.setIconSize(QSize(SIDE, SIDE))
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName("Patterns and data sets")
        self.setView(view)

    def show_own(self, data: Dataset | None) -> None:
        """Say which points are the user's own, if there are any; silently."""
        if data is not self._own:
            self._own = data
            self._is_drawn = False
            self.update()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self._is_drawn = False

    @property
    def title(self) -> str:
        """What the closed menu says: the pattern, or the file that points came from."""
        if self.value == "drawn" and self._own is not None and self._own.source not in self._patterns:
            return self._own.source
        return self.currentText()

    def showPopup(self) -> None:
        self._draw()
        view, frame = self.view(), 2 * 5
        assert isinstance(view, QListView)
        cell = QSize(scaled(CELL[0]), scaled(CELL[1]))
        view.setGridSize(cell)
        for row in range(self.count()):
            self.setItemData(row, cell - QSize(GAP, GAP), Qt.ItemDataRole.SizeHintRole)
        shown = sum(not view.isRowHidden(row) for row in range(self.count()))
        view.setMinimumWidth(0)
        QComboBox.showPopup(self)
        popup = view.window()
        size = QSize(ACROSS * cell.width(), -(-shown // ACROSS) * cell.height()) + QSize(frame + 10, frame)
        room = self.screen().availableGeometry()
        popup.resize(size.boundedTo(room.size()))
        below = self.mapToGlobal(QPoint(0, self.height()))
        left = min(max(below.x(), room.left()), room.right() - popup.width())
        popup.move(left, min(max(below.y(), room.top()), room.bottom() - popup.height()))
        view.scrollTo(view.currentIndex())

    def _draw(self) -> None:
        """Make the pictures that are not made yet."""
        if self._is_drawn:
            return
        self._is_drawn = True
        ratio = self.devicePixelRatioF()
        for row, key in enumerate(self._keys):
            data = self._own if key == "drawn" else _points(key)
            if data is not None and data.samples:
                self.setItemIcon(row, QIcon(picture(data, self._colors, SIDE, ratio)))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentIcon = QIcon()
        room = self.width() - AROUND
        option.currentText = self.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def _points(key: str | None) -> Dataset | None:
    """Some points of a pattern."""
    row = next((row for row in shapes.SHAPES if row.key == key and row.is_given), None)
    return shapes.generate(row.key, POINTS, QUIET * row.noise, 3, 0).sampled(POINTS) if row is not None else None


def picture(data: Dataset, colors: Colors, side: int, ratio: float = 1.0) -> QPixmap:
    """Points as a small square picture in their plane; of images the first ones."""
    found = QPixmap(round(side * ratio), round(side * ratio))
    found.setDevicePixelRatio(ratio)
    found.fill(QColor(colors.plane))
    painter = QPainter(found)
    if data.image:
        _paint_images(painter, data, colors, side)
    else:
        _paint_points(painter, data.sampled(POINTS), colors, side, ratio)
    painter.setPen(QColor(colors.line))
    painter.drawRect(QRectF(0.5, 0.5, side - 1, side - 1))
    painter.end()
    return found


def _paint_points(painter: QPainter, data: Dataset, colors: Colors, side: int, ratio: float) -> None:
    places = data.rows.places
    if places.shape[1] == 1:
        # classes stand in lanes, as in the plane itself
        places = np.column_stack([places, data.targets])
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    if span.max() < 3 * span.min():
        low, span = low - (span.max() - span) / 2, np.full(2, span.max())
    edge = 0.1 * side
    spots = edge + (places - low) / np.where(span > 0, span, 1) * (side - 2 * edge)
    spots[:, 1] = side - spots[:, 1]
    Marks(colors, MARK).paint(painter, spots, data, np.full(data.samples, TRAIN, np.int8), ratio)


def _paint_images(painter: QPainter, data: Dataset, colors: Colors, side: int) -> None:
    images = data.inputs[: DIGITS * DIGITS]
    largest = float(np.abs(images).max())
    cell = side / DIGITS
    for number, values in enumerate(images):
        row, column = divmod(number, DIGITS)
        painter.drawImage(
            QRectF(column * cell + 1, row * cell + 1, cell - 2, cell - 2), drawn(values, data.image, largest, colors)
        )
