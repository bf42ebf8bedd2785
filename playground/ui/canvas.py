"""The plane: points to paint, and under them what the network makes of them.

Both are one picture, square, as large as the window allows. The canvas shows a Dataset and a Surface and
announces strokes; it keeps no truth of its own but the stroke under way.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.model import edits
from playground.model.dataset import Dataset, Plane
from playground.training.snapshot import Surface
from playground.ui import extent as extents
from playground.ui import surface as pictures
from playground.ui.axes import Axes
from playground.ui.backdrop import Backdrop
from playground.ui.extent import Extent
from playground.ui.frame import Frame
from playground.ui.marks import Marks
from playground.ui.strokes import Erase, Move, Shown, Spray, Stroke, remove, told
from playground.ui.theme import Colors, font

BRUSH, ERASER, SELECT = "brush", "eraser", "select"
BRUSH_SIZES = (4, 96)  # smallest and largest radius in pixels
EMPTY = "Paint some points, or pick a pattern"


class Canvas(QWidget):
    """Shows points and surface; the mouse paints, erases, selects, moves and zooms."""

    stroke_finished = Signal(object, str)  # the new Dataset, and the change in words
    view_changed = Signal(object)  # the Extent that is seen now
    brush_resized = Signal(int)  # the new radius in pixels, by the wheel

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Plane with the points and the decision surface")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._colors = colors
        self._marks = Marks(colors)
        self._axes = Axes(colors)
        self._shown: Shown | None = None
        self._plane: Plane | None = None
        self._sent: Dataset | None = None  # what the last stroke announced
        self._surface: Surface | None = None
        self._backdrop: Backdrop | None = None
        self._message = ""
        self._extent = Extent()
        self._tool = BRUSH
        self._class = 0
        self._radius = 24
        self._rng = np.random.default_rng()
        self._stroke: Stroke | None = None
        self._selected: NDArray[np.intp] = np.empty(0, np.intp)
        self._frame: tuple[QPointF, QPointF] | None = None  # the rectangle that is dragged to select
        self._grabbed: QPointF | None = None  # where the middle button took hold
        self._cursor: QPointF | None = None
        self._erasing = False
        self._layer: QPixmap | None = None  # the points as drawn last
        self._around: QPixmap | None = None  # what stands around the plane, likewise
        self._update_cursor()

    # what it shows

    @property
    def extent(self) -> Extent:
        """The part of the plane that is seen."""
        return self._extent

    @property
    def dataset(self) -> Dataset | None:
        """The points as they are drawn now, with the stroke under way."""
        return self._shown.data if self._shown else None

    @property
    def selection(self) -> tuple[int, ...]:
        """The numbers of the selected points."""
        return tuple(int(number) for number in self._selected)

    def show_data(self, dataset: Dataset, sets: NDArray[np.int8] | None = None) -> None:
        """Draw these points; strokes change this very dataset.

        sets: how the points are dealt, else the dataset's own sets. The view is fitted anew when other data
        come, but not while one paints.
        """
        before, self._shown = self._shown, Shown(dataset, dataset.sets if sets is None else sets)
        is_own = self._sent is not None and dataset.inputs is self._sent.inputs
        self._sent = None
        self._stroke = None
        self._plane = dataset.plane
        self._backdrop = None
        if not is_own:
            self._selected = np.empty(0, np.intp)
        if before is not None and _kind(before.data) != _kind(dataset):
            self._surface = None  # of another kind of data
        self._forget_points()
        self._describe()
        if before is None or not is_own and self._is_new(before.data, dataset):
            self.fit()

    def _is_new(self, before: Dataset, after: Dataset) -> bool:
        """Whether the view that suited one dataset does not suit the other."""
        if _kind(before) != _kind(after):
            return True
        if before.source != after.source and "drawn" not in (before.source, after.source):
            return True
        return extents.is_needed(self._extent, self._positions(after))

    def show_surface(self, surface: Surface | None) -> None:
        """Draw the network's answer under the points, or none."""
        if surface is not self._surface:
            self._surface = surface
            self._backdrop = None
            self.update(self._inside().toAlignedRect())

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self._marks = Marks(colors)
        self._axes = Axes(colors)
        self._backdrop = None
        self._forget_points()

    def set_message(self, text: str) -> None:
        """One sentence over the plane; empty for none. Without points and message it says how to begin."""
        if text != self._message:
            self._message = text
            self.update()

    def fit(self) -> None:
        """Show all points, or −1.5 to 1.5 where there are none."""
        self._look(extents.fit(self._positions(self._shown.data)) if self._shown else Extent())

    def _look(self, extent: Extent) -> None:
        self._extent = extent
        self._forget_points()
        self.view_changed.emit(extent)

    def _describe(self) -> None:
        if self._shown is None:
            return
        data = self._shown.data
        kind = f"{len(data.class_names)} classes" if data.is_classification else "a regression"
        names = ", ".join(data.feature_names[:2])
        self.setAccessibleDescription(f"{data.samples:,} points, {kind}, over {names}")

    # tools

    def set_tool(self, tool: str) -> None:
        """ "brush", "eraser" or "select"."""
        self._tool = tool
        if tool != SELECT:
            self._select(np.empty(0, np.intp))
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

    def clear(self) -> None:
        """Take all points away, as one stroke."""
        if self._shown is not None and self._shown.data.samples and self._stroke is None:
            self._select(np.empty(0, np.intp))
            self._announce(Shown(edits.clear(self._shown.data), self._shown.sets[:0]), "clear")

    def relabel(self, number: int) -> None:
        """Give the selected points another class (or, over a regression, a value of the colour scale)."""
        if self._shown is None or not self._selected.size:
            return
        data = self._shown.data
        if data.is_classification:
            changed = edits.relabel(data, self._selected, number)
        elif data.features > 1:
            levels = pictures.value_levels(data.targets[:, 0])
            changed = edits.relabel(data, self._selected, levels[min(number, len(levels) - 1)])
        else:
            return  # the place itself is the value
        if changed is not data:
            self._announce(self._shown.after(changed), told("relabel", len(self._selected)))

    # places

    def point_at(self, x: float, y: float) -> QPoint:
        """The pixel at which coordinates of the plane are drawn."""
        return self.frame.pixel(x, y).toPoint()

    def place_at(self, pixel: QPointF) -> tuple[float, float]:
        """The coordinates of the plane that are drawn at a pixel."""
        return self.frame.place(pixel)

    @property
    def frame(self) -> Frame:
        """Where the plane is on this widget."""
        return Frame(self._inside(), self._extent)

    def _inside(self) -> QRectF:
        """The square that the plane fills."""
        return Axes.room(self.width(), self.height(), self._plane)

    def _positions(self, data: Dataset) -> NDArray[np.float64]:
        """(samples, 2) places in the plane; classes of one feature stand in lanes, one above the other."""
        plane = self._plane if self._plane and len(self._plane.origin) == data.features else data.plane
        if data.features > 1:
            return plane.project(data.inputs)
        if not data.is_classification:
            return np.column_stack([data.inputs[:, 0], data.targets[:, 0]])
        lanes = len(data.class_names)
        return np.column_stack([data.inputs[:, 0], (data.targets + 0.5) / lanes * 2 - 1])

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self._inside()
        if not area.toAlignedRect().contains(event.rect()):
            painter.drawPixmap(0, 0, self._axes_picture())
        painter.setClipRect(area)
        painter.fillRect(area, QColor(self._colors.plane))
        if self._surface is not None:
            if self._backdrop is None:
                data = self._shown.data if self._shown else None
                self._backdrop = Backdrop(self._surface, data, self._colors)
            self._backdrop.paint(painter, self.frame)
        painter.drawPixmap(area.topLeft(), self._points_picture(area))
        self._paint_selection(painter)
        self._paint_message(painter, area)
        self._paint_brush(painter)
        painter.setClipping(False)
        color = self._colors.accent if self.hasFocus() else self._colors.line
        painter.setPen(QPen(QColor(color), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _points_picture(self, area: QRectF) -> QPixmap:
        """All points, drawn anew only when they or the view have changed."""
        if self._layer is not None:
            return self._layer
        ratio = self.devicePixelRatioF()
        layer = QPixmap((area.size() * ratio).toSize())
        layer.setDevicePixelRatio(ratio)
        layer.fill(Qt.GlobalColor.transparent)
        if self._shown is not None and self._shown.data.samples:
            painter = QPainter(layer)
            data, sets = self._shown
            places = self.frame.pixels(self._positions(data)) - (area.left(), area.top())
            self._marks.paint(painter, places, data, sets, ratio)
            painter.end()
        self._layer = layer
        return layer

    def _axes_picture(self) -> QPixmap:
        if self._around is None:
            ratio = self.devicePixelRatioF()
            self._around = QPixmap(self.size() * ratio)
            self._around.setDevicePixelRatio(ratio)
            self._around.fill(QColor(self._colors.window))
            painter = QPainter(self._around)
            self._axes.paint(painter, self.frame, self._shown, self._plane, self._marks)
            painter.end()
        return self._around

    def _paint_selection(self, painter: QPainter) -> None:
        accent = QColor(self._colors.accent)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._selected.size and self._shown is not None:
            painter.setPen(QPen(accent, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            size = self._marks.size(self._shown.data.samples) + 3.5
            for x, y in self.frame.pixels(self._positions(self._shown.data)[self._selected]).tolist():
                painter.drawEllipse(QPointF(x, y), size, size)
        if self._frame is not None:
            wash = QColor(accent)
            wash.setAlpha(36)
            painter.setPen(QPen(accent, 1, Qt.PenStyle.DashLine))
            painter.setBrush(wash)
            painter.drawRect(QRectF(*self._frame).normalized())

    def _paint_brush(self, painter: QPainter) -> None:
        """The circle that the brush or eraser will touch."""
        if self._cursor is None or not self._is_round() or not self._inside().contains(self._cursor):
            return
        erases = self._tool == ERASER or self._erasing
        ring = QColor(self._colors.text if erases else self._brush_color())
        style = Qt.PenStyle.DashLine if erases else Qt.PenStyle.SolidLine
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._colors.plane), 3))
        painter.drawEllipse(self._cursor, self._radius, self._radius)
        painter.setPen(QPen(ring, 1.5, style))
        painter.drawEllipse(self._cursor, self._radius, self._radius)

    def _brush_color(self) -> str:
        data = self._shown.data if self._shown else None
        if data is None or data.is_classification:
            return pictures.class_color(self._colors, self._class)
        target = self._target()
        return self._colors.text if target is None else self._marks.value_color(data, target)

    def _paint_message(self, painter: QPainter, area: QRectF) -> None:
        empty = self._shown is None or not self._shown.data.samples
        text = self._message or (EMPTY if empty else "")
        if not text:
            return
        painter.setFont(font("body"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        room = area.adjusted(32, 32, -32, -32)
        box = QRectF(painter.boundingRect(room.toRect(), flags, text))
        if not empty:
            box.moveTop(area.top() + 24)
        pill = box.adjusted(-16, -8, 16, 8)
        ground = QColor(self._colors.panel)
        ground.setAlpha(235)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if empty else QPen(QColor(self._colors.line), 1))
        painter.setBrush(QBrush(ground))
        painter.drawRoundedRect(pill, 8, 8)
        painter.setPen(QColor(self._colors.muted if empty else self._colors.text))
        painter.drawText(box, flags, text)

    def _forget_points(self) -> None:
        """What was drawn is out of date."""
        self._layer = None
        self._around = None
        self.update()

    # the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._stroke is not None or self._frame is not None or not self._inside().contains(place):
            return
        button = event.button()
        if button == Qt.MouseButton.MiddleButton:
            self._grabbed = place
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._shown is not None and button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._press(place, button == Qt.MouseButton.RightButton, event.modifiers())

    def _press(self, pixel: QPointF, is_right: bool, modifiers: Qt.KeyboardModifier) -> None:
        assert self._shown is not None
        place = self.place_at(pixel)
        self._cursor = pixel
        if is_right or self._tool == ERASER:
            self._erasing = True
            self._stroke = Erase(self._shown, self.frame.reach(self._radius))
        elif self._tool == BRUSH:
            spacing = max(0.6, 10 / self._radius)
            count = max(1, round(self._radius / 12))
            self._stroke = Spray(
                self._shown, self.frame.reach(self._radius), spacing, count, self._target(), self._rng
            )
        elif self._hits_selection(pixel):
            self._stroke = Move(self._shown, self._selected, place)
        else:
            if not modifiers & Qt.KeyboardModifier.ShiftModifier:
                self._select(np.empty(0, np.intp))
            self._frame = (pixel, pixel)
            self.update()
            return
        self._continue(place)

    def _continue(self, place: tuple[float, float]) -> None:
        assert self._stroke is not None
        before = self._stroke.shown
        self._stroke.move_to(place)
        if self._stroke.shown is not before:
            self._shown = self._stroke.shown
            self._layer = None
        self.update(self._inside().toAlignedRect())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cursor = event.position()
        if self._grabbed is not None:
            now, then = self.place_at(self._cursor), self.place_at(self._grabbed)
            self._grabbed = self._cursor
            self._look(self._extent.shift(then[0] - now[0], then[1] - now[1]))
        elif self._frame is not None:
            self._frame = (self._frame[0], self._cursor)
            self.update(self._inside().toAlignedRect())
        elif self._stroke is not None:
            self._continue(self.place_at(self._cursor))
        else:
            self._update_cursor()
            self.update(self._inside().toAlignedRect())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton):
            return  # another button is still down: the stroke goes on
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grabbed = None
            self._update_cursor()
        elif self._frame is not None:
            self._close_frame()
        elif self._stroke is not None:
            self._finish()

    def _finish(self) -> None:
        stroke, self._stroke = self._stroke, None
        self._erasing = False
        assert stroke is not None
        self.update()
        if stroke.shown.data is not stroke.before.data:
            if isinstance(stroke, Erase):
                self._selected = np.empty(0, np.intp)
            self._announce(stroke.shown, stroke.label)

    def _announce(self, shown: Shown, label: str) -> None:
        self._shown = shown
        self._sent = shown.data
        self._forget_points()
        self._describe()
        self.stroke_finished.emit(shown.data, label)

    def _close_frame(self) -> None:
        assert self._frame is not None and self._shown is not None
        box = QRectF(*self._frame).normalized()
        self._frame = None
        x, y = self.frame.pixels(self._positions(self._shown.data)).T
        # a click selects what is under it
        near = 8.0 if max(box.width(), box.height()) < 4 else 0.0
        inside = (x >= box.left() - near) & (x <= box.right() + near)
        inside &= (y >= box.top() - near) & (y <= box.bottom() + near)
        self._select(np.union1d(self._selected, np.flatnonzero(inside)))

    def _select(self, indices: NDArray[np.intp]) -> None:
        self._selected = indices.astype(np.intp)
        self.update()

    def _hits_selection(self, pixel: QPointF) -> bool:
        if not self._selected.size or self._shown is None:
            return False
        places = self.frame.pixels(self._positions(self._shown.data)[self._selected])
        return bool(np.hypot(*(places - (pixel.x(), pixel.y())).T).min() <= 10)

    def _target(self) -> float | None:
        """What a new point's target is; None where the second coordinate says it."""
        assert self._shown is not None
        data = self._shown.data
        if data.is_classification:
            return float(self._class)
        if data.features == 1:
            return None
        levels = pictures.value_levels(data.targets[:, 0])
        return levels[min(self._class, len(levels) - 1)]

    def _is_round(self) -> bool:
        return self._tool != SELECT or self._erasing

    def _update_cursor(self) -> None:
        over = self._cursor is not None and self._inside().contains(self._cursor)
        if not over:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        elif self._tool == SELECT and self._cursor is not None and self._hits_selection(self._cursor):
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    def leaveEvent(self, event: QEvent) -> None:
        self._cursor = None
        self.update()

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
            self._look(self._extent.zoom(*self.place_at(event.position()), 1.15**turns))

    # the keyboard

    def event(self, event: QEvent) -> bool:
        # while there is a selection, the keys that act on it are no shortcuts of the window
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._takes(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        key = event.key()
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        acts = (
            key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape) or 0 <= key - Qt.Key.Key_1 < 9
        )
        return plain and acts and bool(self._selected.size)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._takes(event) or self._stroke is not None or self._shown is None:
            super().keyPressEvent(event)
            return
        count, data = len(self._selected), self._shown.data
        if event.key() == Qt.Key.Key_Escape:
            self._select(np.empty(0, np.intp))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            kept = np.setdiff1d(np.arange(data.samples), self._selected)
            shown = self._shown.after(remove(data, self._selected), kept)
            self._select(np.empty(0, np.intp))
            self._announce(shown, told("delete", count))
        else:
            self.relabel(event.key() - Qt.Key.Key_1)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget_points()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._forget_points()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(560, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 300)


def _kind(data: Dataset) -> tuple[int, bool, tuple[str, ...]]:
    """Datasets of one kind are seen in one plane."""
    return data.features, data.is_classification, data.feature_names
