"""The plane as a picture: points, and under them what the network makes of them; axes and key around it.

It is square, and as large as the window allows. Points and surroundings are kept as pictures, so that a new surface
or a moving brush costs one image and a few lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from playground.model.dataset import SETS, Dataset
from playground.model.plane import Pair, Plane
from playground.training.surface import Surface
from playground.ui import extent as extents
from playground.ui.axes import Axes, explain
from playground.ui.backdrop import Backdrop
from playground.ui.border import Border
from playground.ui.extent import Extent
from playground.ui.frame import Frame
from playground.ui.marks import Marks
from playground.ui.painting import painted
from playground.ui.strokes import Shown
from playground.ui.theme import Colors, font, run_color

EMPTY = "Paint some points, or pick a pattern"
FULL = 450  # pixels along a plane's side; marks are smaller where planes that stand side by side are
Numbers: TypeAlias = tuple[tuple[str, ...], tuple[list[Any], ...]]  # names and columns
OUTDATING = (QEvent.Type.FontChange, QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange)


def numbers(data: Dataset | None, sets: NDArray[np.int8] | None = None) -> Numbers:
    """Points as a table: features, target, and the set they are in, where they are in one."""
    if data is None:
        return ("x1",), ([],)
    columns: list[list[Any]] = [*data.inputs.T.tolist()]
    names = list(data.feature_names)
    if data.is_classification:
        names.append("class")
        columns.append([data.class_names[int(target)] for target in data.targets])
    else:
        names += ["y"] if data.outputs == 1 else [f"y{number + 1}" for number in range(data.outputs)]
        columns += data.targets.T.tolist()
    dealt = data.sets if sets is None else sets
    names.append("set")
    columns.append([SETS[part] if 0 <= part < len(SETS) else "" for part in dealt.tolist()])
    return tuple(names), tuple(columns)


class PlaneView(QWidget):
    """Shows a Dataset and a Surface; its part of the plane can be fitted to the points.

    is_small: one of several side by side, without axes and key, its marks smaller.
    """

    view_changed = Signal(object)  # the Extent that is seen now

    def __init__(self, colors: Colors, parent: QWidget | None = None, is_small: bool = False) -> None:
        super().__init__(parent, accessibleName="Plane with the points and the decision surface")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._colors = colors
        self._is_small = is_small
        self._marks = Marks(colors)
        self._axes = Axes(colors)
        self._shown: Shown | None = None
        self.pair: Pair | None = None  # the two features that are shown, where it is not the dataset's own plane
        self._surface: Surface | None = None
        self._backdrop: Backdrop | None = None
        self._ghosts: list[tuple[Border, int]] = []  # other runs' borders, and their colours
        self._message = ""
        self._cross: tuple[float, float] | None = None
        self._grabbed: QPointF | None = None  # where the middle button took hold
        self._extent = Extent()
        self._layer: QPixmap | None = None  # the points as drawn last
        self._around: QPixmap | None = None  # what stands around the plane, likewise
        self._ratio: float | None = None  # pixels to a point where it is drawn for a file
        self._known: tuple[tuple[Dataset, Frame], NDArray[np.float64]] | None = None

    @property
    def extent(self) -> Extent:
        """The part of the plane that is seen."""
        return self._extent

    @property
    def dataset(self) -> Dataset | None:
        """The points as they are drawn now."""
        return self._shown.data if self._shown else None

    @property
    def _plane(self) -> Plane | None:
        if self.pair is not None:
            return self.pair.plane
        return self._shown.data.plane if self._shown else None

    def show_pair(self, pair: Pair | None) -> None:
        """Show two of several features, or the dataset's own plane again."""
        before, self.pair = self.pair, pair
        if pair == before:
            return
        self._surface, self._ghosts, self._backdrop, self._known = None, [], None, None
        if pair is None or before is None or (pair.x, pair.y) != (before.x, before.y):
            self.fit()
        self._redraw()

    def show_data(self, dataset: Dataset, sets: NDArray[np.int8] | None = None) -> None:
        """Draw these points, dealt to these sets (else the dataset's own); fit the view where it does not suit."""
        before = self.dataset
        self._take(dataset, sets)
        if before is None or self._is_new(before, dataset):
            self.fit()

    def _take(self, dataset: Dataset, sets: NDArray[np.int8] | None) -> None:
        before = self.dataset
        self._shown = Shown(dataset, dataset.sets if sets is None else sets)
        self._backdrop = None
        if before is not None and _kind(before) != _kind(dataset):
            self._surface, self._ghosts, self.pair = None, [], None  # of another kind of data
        self._redraw()
        self._describe()

    def _is_new(self, before: Dataset, after: Dataset) -> bool:
        """Whether the view that suited one dataset does not suit the other."""
        if _kind(before) != _kind(after):
            return True
        if before.source != after.source and "drawn" not in (before.source, after.source):
            return True
        return extents.is_needed(self._extent, self._positions(after))

    def _describe(self) -> None:
        if self._shown is not None:
            data = self._shown.data
            kind = f"{len(data.class_names)} classes" if data.is_classification else "a regression"
            names = ", ".join(data.feature_names[:2])
            self.setAccessibleDescription(f"{data.samples:,} points, {kind}, over {names}")

    def show_surface(self, surface: Surface | None) -> None:
        """Draw the network's answer under the points, or none; one over another plane is out of date."""
        if surface is not self._surface and (surface is None or surface.pair == self.pair):
            self._surface = surface
            self._backdrop = None
            self._update_inside()

    def show_ghosts(self, ghosts: Iterable[tuple[Surface | None, int]]) -> None:
        """Draw other runs' borders under the points: of each its surface, and its place in the cycle of colours."""
        known = {id(border.surface): border for border, _ in self._ghosts}
        before, self._ghosts = self._ghosts, []
        for surface, colour in ghosts:
            if surface is not None and surface.pair == self.pair:
                self._ghosts.append((known.get(id(surface)) or Border(surface, self.dataset), colour))
        if self._ghosts != before:
            self._update_inside()

    def set_message(self, text: str) -> None:
        """One sentence over the plane; empty for none. Without points and message it says how to begin."""
        if text != self._message:
            self._message = text
            self.update()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self._marks = Marks(colors, self._marks.scale)
        self._axes = Axes(colors)
        self._backdrop = None
        self._redraw()

    def fit(self) -> None:
        """Show all points, or −1.5 to 1.5 where there are none."""
        self._look(extents.fit(self._positions(self._shown.data)) if self._shown else Extent())

    def look(self, extent: Extent) -> None:
        """Show another part of the plane."""
        if extent != self._extent:
            self._look(extent)

    def _look(self, extent: Extent) -> None:
        self._extent = extent
        self._redraw()
        self.view_changed.emit(extent)

    def _pull(self, pixel: QPointF) -> None:
        """Move the view along with the hand that took hold of it."""
        if self._grabbed is not None:
            now, then = self.place_at(pixel), self.place_at(self._grabbed)
            self._grabbed = pixel
            self._look(self._extent.shift(then[0] - now[0], then[1] - now[1]))

    def _zoom(self, pixel: QPointF, turns: float) -> None:
        """Look closer at a place by so many turns of the wheel, or from further off."""
        self._look(self._extent.zoom(*self.place_at(pixel), 1.15**turns))

    def show_cross(self, place: tuple[float, float] | None) -> None:
        """Two hairlines that meet at a place of the plane, or none."""
        if place != self._cross:
            self._cross = place
            self._update_inside()

    # places

    @property
    def frame(self) -> Frame:
        """Where the plane is on this widget."""
        return Frame(self._inside(), self._extent)

    def point_at(self, x: float, y: float) -> QPoint:
        """The pixel at which coordinates of the plane are drawn."""
        return self.frame.pixel(x, y).toPoint()

    def place_at(self, pixel: QPointF) -> tuple[float, float]:
        """The coordinates of the plane that are drawn at a pixel."""
        return self.frame.place(pixel)

    def _inside(self) -> QRectF:
        """The square that the plane fills."""
        if self._is_small:
            side = max(min(self.width(), self.height()) - 2, 32)
            return QRectF((self.width() - side) // 2, 1, side, side)
        return Axes.room(self.width(), self.height(), self._plane)

    def _positions(self, data: Dataset) -> NDArray[np.float64]:
        """(samples, 2) places in the plane; classes of one feature stand in lanes, one above the other."""
        if self.pair is not None:
            return data.inputs[:, (self.pair.x, self.pair.y)]
        if data.features > 1:
            return data.rows.places
        if not data.is_classification:
            return np.column_stack([data.inputs[:, 0], data.targets[:, 0]])
        lanes = len(data.class_names)
        return np.column_stack([data.inputs[:, 0], (data.targets + 0.5) / lanes * 2 - 1])

    def _spots(self, shown: Shown) -> NDArray[np.float64]:
        """(samples, 2) pixels at which the points are drawn; the last ones are known, for a hand moves on."""
        key = (shown.data, self.frame)
        if self._known is None or self._known[0][0] is not shown.data or self._known[0][1] != key[1]:
            self._known = key, self.frame.pixels(self._positions(shown.data))
        return self._known[1]

    # taken along

    def table(self) -> Numbers:
        """The points, a row each."""
        return numbers(*self._shown) if self._shown is not None else numbers(None)

    def sharpen(self, ratio: float | None) -> None:
        """Draw with so many pixels to a point; None is as many as the screen has."""
        self._ratio = ratio
        self._redraw()

    @property
    def _fineness(self) -> float:
        return self._ratio or self.devicePixelRatioF()

    # painting

    def _redraw(self) -> None:
        """What was drawn is out of date."""
        self._layer = None
        self._around = None
        self.update()

    def _update_inside(self) -> None:
        self.update(self._inside().toAlignedRect())

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, event)
        except Exception:
            self._surface, self._backdrop, self._ghosts = None, None, []  # the next painting does without
            raise
        finally:
            painter.end()

    def _paint(self, painter: QPainter, event: QPaintEvent) -> None:
        area = self._inside()
        if not area.toAlignedRect().contains(event.rect()):
            painter.drawPixmap(0, 0, self._axes_picture())
        painter.setClipRect(area)
        painter.fillRect(area, QColor(self._colors.plane))
        if self._surface is not None:
            if self._backdrop is None:
                self._backdrop = Backdrop(self._surface, self.dataset, self._colors)
            self._backdrop.paint(painter, self.frame)
        for border, colour in self._ghosts:
            border.paint(painter, self.frame, run_color(self._colors, colour), self._colors.plane)
        painter.drawPixmap(area.topLeft(), self._points_picture(area))
        self._paint_over(painter)
        self._paint_message(painter, area)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(self._colors.accent if self.hasFocus() else self._colors.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_over(self, painter: QPainter) -> None:
        """What moves with the hand is painted here, above the points."""
        if self._cross is not None:
            area, spot = self._inside(), self.frame.pixel(*self._cross)
            ink, ground = QColor(self._colors.text), QColor(self._colors.plane)
            for color, width, strength in ((ground, 3.0, 90), (ink, 1.0, 160)):
                color.setAlpha(strength)
                painter.setPen(QPen(color, width))
                painter.drawLine(QLineF(area.left(), spot.y(), area.right(), spot.y()))
                painter.drawLine(QLineF(spot.x(), area.top(), spot.x(), area.bottom()))

    def _decorate(self, painter: QPainter, places: NDArray[np.float64]) -> None:
        """What belongs to some of the points is painted here, with them. places: of all, in pixels."""

    def _points_picture(self, area: QRectF) -> QPixmap:
        if self._layer is None:
            self._layer = self._blank(area.size().toSize() + QSize(1, 1), Qt.GlobalColor.transparent)
            if self._shown is not None and self._shown.data.samples:
                painter = QPainter(self._layer)
                painter.translate(-area.topLeft())
                places = self._spots(self._shown)
                self._marks.paint(painter, places, *self._shown, self._fineness)
                self._decorate(painter, places)
                painter.end()
        return self._layer

    def _axes_picture(self) -> QPixmap:
        if self._around is None:
            self._around = self._blank(self.size(), self._colors.window)
            if not self._is_small:
                painter = QPainter(self._around)
                self._axes.paint(painter, self.frame, self._shown, self._plane, self._marks, self.pair)
                painter.end()
        return self._around

    def _blank(self, size: QSize, color: str | Qt.GlobalColor) -> QPixmap:
        picture = QPixmap(size * self._fineness)
        picture.setDevicePixelRatio(self._fineness)
        picture.fill(QColor(color))
        return picture

    def _paint_message(self, painter: QPainter, area: QRectF) -> None:
        """In the middle of an empty plane; over points as a small bar at the top."""
        empty = self._shown is None or not self._shown.data.samples
        text = self._message or (EMPTY if empty else "")
        if not text:
            return
        painter.setFont(font("body"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        box = QRectF(painter.boundingRect(area.adjusted(32, 32, -32, -32).toRect(), flags, text))
        if not empty:
            box.moveTop(area.top() + 24)
        ground = QColor(self._colors.panel)
        ground.setAlpha(235)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if empty else QPen(QColor(self._colors.line), 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(box.adjusted(-16, -8, 16, 8), 8, 8)
        painter.setPen(QColor(self._colors.muted if empty else self._colors.text))
        painter.drawText(box, flags, text)

    # Qt

    def event(self, event: QEvent) -> bool:
        if event.type() in OUTDATING:
            self._redraw()
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            is_below = event.pos().y() > self._inside().bottom()
            plane = self._plane
            text = explain(plane, self.pair) if is_below and plane is not None and plane.is_projection else ""
            QToolTip.showText(event.globalPos(), f"<p>{text}</p>" if text else "", self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._is_small:
            self._marks = Marks(self._colors, min(max(self._inside().width() / FULL, 0.6), 1.0))
        self._redraw()

    def sizeHint(self) -> QSize:
        return QSize(560, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, 64) if self._is_small else QSize(280, 300)


def _kind(data: Dataset) -> tuple[int, bool, tuple[str, ...]]:
    """Datasets of one kind are seen in one plane."""
    return data.features, data.is_classification, data.feature_names
