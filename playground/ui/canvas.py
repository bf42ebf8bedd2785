"""The plane under the hand: the mouse paints, erases, selects, moves and zooms.

The canvas announces strokes as new Datasets; it keeps no truth of its own but the stroke under way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from playground.model import edits
from playground.model.dataset import Dataset
from playground.ui.plane import PlaneView
from playground.ui.reading import Scale
from playground.ui.strokes import Erase, Move, Shown, Spray, Stroke, label_of
from playground.ui.surface import class_color, value_levels
from playground.ui.theme import Colors

BRUSH, ERASER, SELECT = "brush", "eraser", "select"
BRUSH_SIZES = (4, 96)  # smallest and largest radius in pixels
CLICK = 4.0  # pixels that a press may move and be a click
MOST_RINGS = 300
NEAR = 10.0  # pixels within which a point is under the cursor
HELP = (
    "Drag to paint points of the chosen class; the brush's right button erases, and where there is "
    "nothing to erase it opens a menu. The wheel looks closer, with Ctrl it "
    "sizes the brush; the middle button moves the view. With the select tool, drag a frame, then drag its points to "
    "move them, press 1 to 9 or 0 to give them another class, or Delete to remove them."
)
PROJECTED = (
    "A place in this plane stands for many points, for the data have more features than the two directions it shows: "
    "points can be erased, selected and given another class here, not painted or moved."
)
NONE: NDArray[np.intp] = np.empty(0, np.intp)


class Canvas(PlaneView):
    """A plane to paint on."""

    stroke_finished = Signal(object, str)  # the new Dataset, and the change in words
    brush_resized = Signal(int)  # the new radius in pixels, by the wheel
    axis_pressed = Signal(int, object)  # the title of an axis, 0 or 1, and where on the screen
    selection_changed = Signal()
    menu_wanted = Signal(QPoint)  # where on the screen
    refused = Signal(str)  # what a tool cannot do with these data, and why

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(colors, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setWhatsThis(HELP)
        self._tool = BRUSH
        self._class = 0
        self._radius = 24
        self._rng = np.random.default_rng()
        self._sent: Dataset | None = None  # what the last stroke announced
        self._stroke: Stroke | None = None
        self._selected = NONE
        self._ringed: tuple[int, ...] = ()  # numbers of points that are answered wrongly
        self._band: tuple[QPointF, QPointF] | None = None  # corners of the rectangle that is dragged to select
        self._cursor: QPointF | None = None
        self._pressed = QPointF()
        self._update_cursor()

    def show_data(self, dataset: Dataset, sets: NDArray[np.int8] | None = None) -> None:
        """Draw these points; strokes change this very dataset.

        sets: how the points are dealt, else the dataset's own sets. The view is fitted anew when other data come,
        but not while one paints.
        """
        before = self.dataset
        is_own = self._sent is not None and dataset.rows is self._sent.rows
        self._sent = None
        self._stroke = None
        if not is_own:
            self._selected = NONE
        self._take(dataset, sets)
        if before is None or not is_own and self._is_new(before, dataset):
            self.fit()

    # tools

    @property
    def selection(self) -> tuple[int, ...]:
        """The numbers of the selected points."""
        return tuple(self._selected.tolist())

    def set_tool(self, tool: str) -> None:
        """Take up the "brush", "eraser" or "select"."""
        self._tool = tool
        if tool != SELECT:
            self._select(NONE)
        self._update_cursor()
        self.update()

    def set_class(self, number: int) -> None:
        """The class that the brush paints, from 0; over a regression, the level of its colour scale."""
        self._class = number
        self.update()

    def set_brush(self, radius: int) -> None:
        """The brush's and the eraser's radius in pixels."""
        self._radius = int(np.clip(radius, *BRUSH_SIZES))
        self.update()

    def relabel(self, number: int) -> None:
        """Give the selected points another class (or, over a regression, a value of the colour scale)."""
        target = self._target(number)
        if self._shown is not None and self._selected.size and target is not None:
            changed = edits.relabel(self._shown.data, self._selected, target)
            if changed is not self._shown.data:
                self._announce(self._shown.after(changed), label_of("relabel", len(self._selected)))

    def remove_selected(self) -> None:
        """Take the selected points away."""
        if self._shown is not None and self._selected.size:
            kept = np.setdiff1d(np.arange(self._shown.data.samples), self._selected)
            shown = self._shown.after(edits.remove(self._shown.data, self._selected), kept)
            count = len(self._selected)
            self._select(NONE)
            self._announce(shown, label_of("delete", count))

    def _target(self, number: int) -> float | None:
        """What the class or level of that number means as a target; None where the second coordinate is it."""
        data = self.dataset
        if data is None or data.is_classification:
            return float(number)
        if data.features == 1:
            return None
        levels = value_levels(data.targets[:, 0])
        return levels[min(number, len(levels) - 1)]

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        pixel, button = event.position(), event.button()
        self._pressed = pixel
        axis = self._axis_at(pixel)
        if axis is not None and self._stroke is None and button == Qt.MouseButton.LeftButton:
            self.axis_pressed.emit(axis, event.globalPosition().toPoint())
            return
        if self._stroke is not None or self._band is not None or not self._inside().contains(pixel):
            return
        self._cursor = pixel
        if button == Qt.MouseButton.MiddleButton:
            self._grabbed = pixel
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._shown is not None and button in self._acting_buttons():
            if self._tool == BRUSH and button == Qt.MouseButton.LeftButton and not self.can_paint:
                self.refused.emit(PROJECTED)
                return
            self._stroke = self._begin(self._shown, pixel, button == Qt.MouseButton.RightButton)
            if self._stroke is not None:
                self._continue(pixel)
                return
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._select(NONE)
            self._band = (pixel, pixel)

    def _axis_at(self, pixel: QPointF) -> int | None:
        """The axis whose title is there, where there is a choice of features."""
        if self._plane is None or not self._plane.is_projection:
            return None
        boxes = self._axes.titles(self._inside())
        return next((number for number, box in enumerate(boxes) if box.contains(pixel)), None)

    def _acting_buttons(self) -> tuple[Qt.MouseButton, ...]:
        """The right button erases, but while one selects: there a slip would cost points."""
        left, right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
        return (left,) if self._tool == SELECT else (left, right)

    @property
    def can_paint(self) -> bool:
        """Whether a place in the plane is a point: in a projection of more features it is many."""
        return self.dataset is None or self.dataset.features <= 2

    def _begin(self, shown: Shown, pixel: QPointF, is_right: bool) -> Stroke | None:
        """The stroke that a press begins; None where a selection is dragged up."""
        reach = self.frame.reach(self._radius)
        if is_right or self._tool == ERASER:
            return Erase(shown, reach, self._positions(shown.data) if self.pair is not None else None)
        if self._tool == BRUSH:
            return Spray(shown, reach, self._radius, self._target(self._class), self._rng)
        moves = self.can_paint and self._is_in_selection(pixel)
        return Move(shown, self._selected, self.place_at(pixel)) if moves else None

    def _continue(self, pixel: QPointF) -> None:
        assert self._stroke is not None
        before = self._stroke.shown
        self._stroke.move_to(self.place_at(pixel))
        if self._stroke.shown is not before:
            self._shown = self._stroke.shown
            if not (self._draw_new(before) or self._draw_erased(before)):
                self._layer = None
        self._update_inside()

    def _draw_new(self, before: Shown) -> bool:
        """Draw only what a spray has added, if that is all: a fast brush has no time for thousands of points."""
        assert self._shown is not None
        data, old = self._shown.data, before.data.samples
        same_size = self._marks.size(data.samples) == self._marks.size(old)
        if not isinstance(self._stroke, Spray) or self._layer is None or not same_size:
            return False
        painter = QPainter(self._layer)
        painter.translate(-self._inside().topLeft())
        places = self._spots(self._shown)[old:]
        self._marks.paint(painter, places, *self._shown, self.devicePixelRatioF())
        painter.end()
        return True

    def _draw_erased(self, before: Shown) -> bool:
        """Draw anew only where the eraser has touched something, if that is all."""
        assert self._shown is not None
        if not isinstance(self._stroke, Erase) or self._layer is None:
            return False
        places = self._spots(self._shown)
        gone = places[self._shown.sets != before.sets]
        half = self._marks.half(len(places))
        (left, top), (right, bottom) = gone.min(axis=0) - half, gone.max(axis=0) + half
        touched = QRectF(QPointF(left, top), QPointF(right, bottom)).toAlignedRect()
        painter = QPainter(self._layer)
        painter.translate(-self._inside().topLeft())
        painter.setClipRect(touched)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.fillRect(touched, Qt.GlobalColor.transparent)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        self._marks.paint(painter, places, *self._shown, self.devicePixelRatioF(), touched)
        painter.end()
        return True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cursor = event.position()
        if self._grabbed is not None:
            self._pull(self._cursor)
        elif self._stroke is not None:
            self._continue(self._cursor)
        else:
            if self._band is not None:
                self._band = (self._band[0], self._cursor)
            self._update_cursor()
            self._update_inside()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton):
            return  # another button is still down: the stroke goes on
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grabbed = None
        elif self._band is not None:
            self._select_inside(QRectF(*self._band).normalized())
            self._band = None
        elif self._stroke is not None:
            before = self._stroke.before
            self._finish(self._stroke)
            is_click = (event.position() - self._pressed).manhattanLength() < CLICK
            if event.button() == Qt.MouseButton.RightButton and is_click and self._shown is before:
                self.menu_wanted.emit(event.globalPosition().toPoint())  # there was nothing to erase
        self._update_cursor()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """A menu by key, or by the right button where that does not erase."""
        if event.reason() != QContextMenuEvent.Reason.Mouse or self._tool == SELECT:
            self.menu_wanted.emit(event.globalPos())

    def _finish(self, stroke: Stroke) -> None:
        self._stroke = None
        self.update()
        shown = stroke.end()
        is_click = isinstance(stroke, Move) and shown.data is stroke.before.data
        if is_click and self._cursor is not None and not self._hits_selection(self._cursor):
            # Between the selected points, not at one.
            self._select(NONE)
            self._select_inside(QRectF(self._cursor, self._cursor))
        if shown.data is not stroke.before.data:
            if isinstance(stroke, Erase):
                self._select(NONE)
            self._announce(shown, stroke.label)

    def _announce(self, shown: Shown, label: str) -> None:
        self._shown = shown
        self._sent = shown.data
        self._redraw()
        self._describe()
        self.stroke_finished.emit(shown.data, label)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        if not turns or not self._inside().contains(event.position()):
            event.ignore()
            return
        event.accept()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_brush(round(self._radius * 1.15**turns + math.copysign(0.5, turns)))
            self.brush_resized.emit(self._radius)
        elif self._stroke is None:
            self._zoom(event.position(), turns)

    def leaveEvent(self, event: QEvent) -> None:
        self._cursor = None
        self._update_inside()

    def _update_cursor(self) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self._cursor is not None and self._inside().contains(self._cursor):
            moves = self._tool == SELECT and self.can_paint and self._is_in_selection(self._cursor)
            shape = Qt.CursorShape.SizeAllCursor if moves else Qt.CursorShape.CrossCursor
        elif self._cursor is not None and self._axis_at(self._cursor) is not None:
            shape = Qt.CursorShape.PointingHandCursor
        self.setCursor(shape)

    # the selection

    def select(self, numbers: Sequence[int]) -> None:
        """Select points by their numbers; those that are no more are left out."""
        count = self._shown.data.samples if self._shown is not None else 0
        self._select(np.array([number for number in numbers if number < count], np.intp))

    def ring(self, numbers: Sequence[int]) -> None:
        """Ring points that are answered wrongly; of very many the first."""
        found = tuple(numbers[:MOST_RINGS])
        if found != self._ringed:
            self._ringed = found
            self._update_inside()

    def _select(self, indices: NDArray[np.intp]) -> None:
        if indices.size or self._selected.size:
            self._selected = indices.astype(np.intp)
            self._redraw()
            self.selection_changed.emit()

    def _select_inside(self, box: QRectF) -> None:
        """Add the points inside of a box to the selection; a mere click takes the points under it."""
        assert self._shown is not None
        x, y = self._spots(self._shown).T
        near = NEAR if max(box.width(), box.height()) < 4 else 0.0
        inside = (x >= box.left() - near) & (x <= box.right() + near)
        inside &= (y >= box.top() - near) & (y <= box.bottom() + near)
        self._select(np.union1d(self._selected, np.flatnonzero(inside)))
        self.update()

    def _hits_selection(self, pixel: QPointF) -> bool:
        if not self._selected.size or self._shown is None:
            return False
        places = self._spots(self._shown)[self._selected]
        return bool(np.hypot(*(places - (pixel.x(), pixel.y())).T).min() <= NEAR)

    def _is_in_selection(self, pixel: QPointF) -> bool:
        """Whether a drag from here moves the selected points: at one of them, or in the box around them all."""
        if self._selected.size < 2 or self._shown is None:
            return self._hits_selection(pixel)
        x, y = self._spots(self._shown)[self._selected].T
        box = QRectF(QPointF(x.min(), y.min()), QPointF(x.max(), y.max()))
        return box.contains(pixel) or self._hits_selection(pixel)

    # the keyboard

    def event(self, event: QEvent) -> bool:
        # keys that act on the selection are not the window's shortcuts while there is one
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and self._takes(event):  # type: ignore[arg-type]
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.SelectAll):
            return self._tool == SELECT
        key = event.key()
        acts = key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape) or 0 <= key - Qt.Key.Key_0 < 10
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return acts and plain and bool(self._selected.size)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._takes(event) or self._stroke is not None or self._shown is None:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._select(np.arange(self._shown.data.samples))
        elif event.key() == Qt.Key.Key_Escape:
            self._select(NONE)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_selected()
        else:
            self.relabel((event.key() - Qt.Key.Key_1) % 10)  # 0 stands behind 9

    # painting

    def _decorate(self, painter: QPainter, places: NDArray[np.float64]) -> None:
        """Rings around the selected points."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._colors.accent), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        size = self._marks.size(len(places)) + 3.5
        for x, y in places[self._selected].tolist():
            painter.drawEllipse(QPointF(x, y), size, size)

    def _paint_over(self, painter: QPainter) -> None:
        """The rectangle that selects, or the circle that the brush or eraser will touch."""
        super()._paint_over(painter)
        if self._surface is not None and self._surface.reading:
            Scale.of(self._surface, self.dataset).paint(painter, self._inside(), self._colors)
        self._paint_rings(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._band is not None:
            wash = QColor(self._colors.accent)
            painter.setPen(QPen(wash, 1, Qt.PenStyle.DashLine))
            wash.setAlpha(36)
            painter.setBrush(wash)
            painter.drawRect(QRectF(*self._band).normalized())
        erases = isinstance(self._stroke, Erase) or self._tool == ERASER
        if self._cursor is not None and (erases or self._tool == BRUSH) and self._grabbed is None:
            color = self._colors.text if erases else self._brush_color()
            style = Qt.PenStyle.DashLine if erases else Qt.PenStyle.SolidLine
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(QColor(self._colors.plane), 3), QPen(QColor(color), 1.5, style)):
                painter.setPen(pen)
                painter.drawEllipse(self._cursor, self._radius, self._radius)

    def _paint_rings(self, painter: QPainter) -> None:
        """Around what is answered wrongly: a ring in the text's colour, in a wider one in the plane's."""
        if not self._ringed or self._shown is None or self._stroke is not None:
            return
        places = self._spots(self._shown)
        numbers = [number for number in self._ringed if number < len(places)]
        size = self._marks.size(len(places)) + 3
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(self._colors.plane), 3.5), QPen(QColor(self._colors.text), 1.5)):
            painter.setPen(pen)
            for x, y in places[numbers].tolist():
                painter.drawEllipse(QPointF(x, y), size, size)

    def _brush_color(self) -> str:
        data, target = self.dataset, self._target(self._class)
        if data is None or data.is_classification:
            return class_color(self._colors, self._class)
        return self._colors.text if target is None else self._marks.value_color(data, target)
