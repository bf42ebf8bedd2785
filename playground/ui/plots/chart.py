"""What all charts share: a quiet plot area, ranges that grow in steps, and a part of it seen nearer.

pyqtgraph's own mouse handling is off: a chart never moves under the cursor, which reads values instead. The wheel looks
nearer, a drag moves that part, a double click shows all again; none of it changes while a curve grows.
"""

from __future__ import annotations

import html
import math
from typing import Any, TypeAlias

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from playground.ui.painting import painted
from playground.ui.plots.export import Export
from playground.ui.theme import Colors, blend, font

ZOOM = 1.25  # by a notch of the wheel
NEAREST = 1e4  # times as near as all

Ranges: TypeAlias = tuple[float, float, float, float]  # from and to across, from and to up


class Axis(pg.AxisItem):
    """An axis with few, round numbers; on a log scale 1, 2, 5, 10, … or powers of ten alone."""

    picture: Any  # None when what was drawn last is out of date

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.logMode:
            slack = 1e-9 * (high - low)  # a number at the end is shown, however it was rounded
            levels = super().tickValues(low - slack, high + slack, size)
            return [(step, list(values)) for step, values in levels[:1]]
        decades = range(math.floor(low), math.ceil(high) + 1)
        steps = (1, 2, 5) if high - low < 2.5 else (1,)
        every = max(1, math.ceil((high - low) / 8))
        places = [decade + math.log10(step) for decade in decades if decade % every == 0 for step in steps]
        return [(1.0, [place for place in places if low - 1e-9 <= place <= high + 1e-9])]

    @painted
    def paint(self, painter: QPainter, *_: Any) -> None:
        # playing a recorded picture, as the base class does, takes several times as long as drawing
        painter.setFont(self.style["tickFont"])
        if self.picture is None:
            self._specs = self.generateDrawSpecs(painter)
            if self._specs is not None:
                line, ticks, texts = self._specs
                # transparent lines, as the base class has them, are slow
                self._specs = line, [(self.grid_pen, start, end) for _, start, end in ticks], texts
            self.picture = True  # until the range changes
        if self._specs is not None:
            self.drawPicture(painter, *self._specs)

    def boundingRect(self) -> QRectF:
        # room for half of the first and last numbers, which are left out otherwise
        return super().boundingRect().adjusted(-16, -8, 16, 8)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logMode:
            return [f"{10**value:.6g}".replace("-", "−") for value in values]
        digits = max(0, math.ceil(-math.log10(spacing) - 1e-9)) if spacing > 0 else 0
        if digits > 5 or max(map(abs, values), default=0) >= 1e6:
            return [f"{value:.6g}".replace("-", "−") for value in values]
        return [f"{value:,.{digits}f}".replace("-", "−") for value in values]


class Chart(pg.PlotWidget):
    """A plot area without frame or menu, in the colours of the theme."""

    pointed = Signal(object)  # (x, y) under the cursor; None when it has left the plot area
    view_changed = Signal()  # a part is seen nearer, or all again

    def __init__(self, colors: Colors, across: str, up: str, parent: QWidget | None = None) -> None:
        axes = {"left": Axis("left"), "bottom": Axis("bottom")}
        super().__init__(parent, enableMenu=False, axisItems=axes)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 80)
        item = self.getPlotItem()
        item.hideButtons()
        # Never shown; without a parent it would outlive the chart, and without its flags be a part of it.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.setMouseEnabled(False, False)
        item.setContentsMargins(0, 4, 16, 2)  # half of the last number
        self.getViewBox().setDefaultPadding(0.0)
        self.getViewBox().disableAutoRange()
        self.across, self.up = across, up
        self._whole: Ranges | None = None
        self._part: Ranges | None = None  # that is seen nearer
        self._grip: QPointF | None = None  # where a drag was last
        self.fit_button = QToolButton(self, text="fit", toolTip="Show all again (double click)", font=font("small"))
        self.fit_button.setProperty("role", "fit")
        self.fit_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fit_button.clicked.connect(self.fit)
        self.fit_button.hide()
        self.across_button: QToolButton | None = None
        self.export: Export | None = None
        self.set_colors(colors)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.colors = colors
        if self.export is not None:
            self.export.colors = colors
        self.setBackground(colors.window)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pen(colors.line))
            axis.grid_pen = pen(blend(colors.line, colors.window, 0.5))
            axis.setTextPen(QColor(colors.muted))
            axis.setTickFont(font("small"))
            axis.setStyle(tickLength=0, tickTextOffset=6, maxTickLevel=0, autoExpandTextSpace=False)
            axis.setGrid(255)
            axis.enableAutoSIPrefix(False)
            axis.setZValue(-1000)  # the grid lies under the curves
        # as wide as the widest number it will show, so that the area never moves
        metrics = QFontMetrics(font("small"))
        label = metrics.height() + 2 if self.up else 0
        self.getAxis("left").setWidth(metrics.horizontalAdvance("−0.0000") + label + 4)
        self.getAxis("bottom").setHeight((2 if self.across else 1) * (metrics.height() + 4) + 4)
        self.name_axes(self.across, self.up)

    def name_axes(self, across: str, up: str) -> None:
        """Label both axes; the names may come from a file, and labels are HTML."""
        self.across, self.up = across, up
        small = font("small")
        style = {"color": self.colors.muted, "font-size": f"{small.pointSizeF():g}pt"}
        for side, name in (("bottom", across), ("left", up)):
            if name:
                self.setLabel(side, html.escape(name), **style)
                self.getAxis(side).resizeEvent()  # has its middle at the axis' middle again
        if self.across_button is not None:
            self._place_buttons()

    def offer_across(self, menu: QMenu) -> None:
        """Make the horizontal axis' title a button that opens a menu."""
        button = QToolButton(self, popupMode=QToolButton.ToolButtonPopupMode.InstantPopup, font=font("small"))
        button.setToolTip("Count epochs, updates or seconds")
        button.setProperty("role", "axis")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMenu(menu)
        self.across_button = button
        self._place_buttons()

    # what part is seen

    def look(self, across: tuple[float, float], up: tuple[float, float], only_grow: bool = False) -> None:
        """Show these ranges, or go on showing a part that was chosen; under the cursor they only grow."""
        if self._whole is not None and (only_grow or self.underMouse()):
            x_low, x_high, y_low, y_high = self._whole
            across = min(across[0], x_low), max(across[1], x_high)
            up = min(up[0], y_low), max(up[1], y_high)
        if self._whole != (*across, *up):
            self._whole = (*across, *up)
            if self._part is None:
                self._show(self._whole)

    @property
    def is_zoomed(self) -> bool:
        """Whether a part is seen nearer."""
        return self._part is not None

    @property
    def seen(self) -> Ranges:
        """The ranges that are seen: from and to across, from and to up."""
        return self._part or self._whole or (0.0, 1.0, 0.0, 1.0)

    def fit(self) -> None:
        """Show all again."""
        self._look_at(None)

    def zoom(self, across: float, up: float, x: float, y: float) -> None:
        """See so many times as much in each direction, and keep a place where it is; all at most."""
        if self._whole is None:
            return
        x_low, x_high = _scaled(self.seen[:2], across, x, self._whole[:2])
        y_low, y_high = _scaled(self.seen[2:], up, y, self._whole[2:])
        self._look_at((x_low, x_high, y_low, y_high))

    def pan(self, across: float, up: float) -> None:
        """Move the part that is seen, as far as there is something."""
        if self._part is not None and self._whole is not None:
            x_low, x_high = _moved(self._part[:2], across, self._whole[:2])
            y_low, y_high = _moved(self._part[2:], up, self._whole[2:])
            self._look_at((x_low, x_high, y_low, y_high))

    def _look_at(self, part: Ranges | None) -> None:
        if self._whole is None:
            return
        part = None if part == self._whole else part
        if part != self._part:
            self._part = part
            self.fit_button.setVisible(part is not None)
            self._show(self.seen)
            self.view_changed.emit()

    def _show(self, ranges: Ranges) -> None:
        self.setRange(xRange=ranges[:2], yRange=ranges[2:], padding=0, disableAutoRange=True)

    @property
    def columns(self) -> int:
        """Into how many buckets a curve is divided: of two pixels, its lowest and highest value."""
        return max(self.width() // 2, 1)

    def height_in_units(self) -> float:
        """How much the vertical axis spans."""
        return math.nan if self._whole is None else self._whole[3] - self._whole[2]

    def forget_ranges(self) -> None:
        """The next look may shrink, and shows all: another run began."""
        self._whole = None
        self._part = None
        self.fit_button.hide()

    # the hand

    def place(self, pixel: QPointF) -> tuple[float, float] | None:
        """Where a pixel lies on the axes; None beside the plot area."""
        box, scene = self.getViewBox(), self.mapToScene(pixel.toPoint())
        if not box.sceneBoundingRect().contains(scene):
            return None
        found = box.mapSceneToView(scene)
        return found.x(), found.y()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.is_zoomed:
            self._grip = event.position()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            way, area = event.position() - self._grip, self.getViewBox().rect()
            self._grip = event.position()
            x_low, x_high, y_low, y_high = self.seen
            self.pan(way.x() / area.width() * (x_low - x_high), way.y() / area.height() * (y_high - y_low))
        self.pointed.emit(self.place(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Look nearer or farther; over an axis, along it alone."""
        notches = event.angleDelta().y() / 120
        scene = self.mapToScene(event.position().toPoint())
        area, place = self.getViewBox().sceneBoundingRect(), self.getViewBox().mapSceneToView(scene)
        factor = ZOOM**-notches
        across = 1.0 if scene.x() < area.left() else factor
        up = 1.0 if scene.y() > area.bottom() else factor
        self.zoom(across, up, place.x(), place.y())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.export is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.export.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show a&ll", self.fit).setEnabled(self.is_zoomed)
        if self.across_button is not None:
            menu.addMenu(self.across_button.menu())
        if self.export is not None:
            menu.addSeparator()
            self.export.fill(menu)
        menu.popup(event.globalPos())

    # how it stands

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "across_button"):
            self._place_buttons()

    def _place_buttons(self) -> None:
        area = self.getViewBox().sceneBoundingRect()
        self.fit_button.adjustSize()
        self.fit_button.move(self.width() - 18 - self.fit_button.width(), int(area.bottom()) - self.fit_button.height())
        if self.across_button is not None:
            self.across_button.setText(f"{self.across} ▾")
            self.across_button.adjustSize()
            left = int(area.center().x()) - self.across_button.width() // 2
            self.across_button.move(left, self.height() - self.across_button.height() - 1)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(QColor(self.colors.accent), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "colors"):
            self.set_colors(self.colors)


def _scaled(seen: tuple[float, float], factor: float, fixed: float, whole: tuple[float, float]) -> tuple[float, float]:
    """A range so many times as wide around a place that stays, inside the whole."""
    fixed = min(max(fixed, seen[0]), seen[1])
    least = (whole[1] - whole[0]) / NEAREST
    factor = max(factor, least / (seen[1] - seen[0]))
    low, high = (fixed + (end - fixed) * factor for end in seen)
    return max(low, whole[0]), min(high, whole[1])


def _moved(seen: tuple[float, float], way: float, whole: tuple[float, float]) -> tuple[float, float]:
    """A range moved, inside the whole."""
    way = min(max(way, whole[0] - seen[0]), whole[1] - seen[1])
    return seen[0] + way, seen[1] + way


class Title(QLabel):
    """One line of plain text that is cut short, with an ellipsis, where there is no room for it."""

    def __init__(self, text: str = "", size: str = "body", bold: bool = False, muted: bool = False) -> None:
        super().__init__(text, textFormat=Qt.TextFormat.PlainText, font=font(size, bold))
        self._role = QPalette.ColorRole.PlaceholderText if muted else QPalette.ColorRole.WindowText
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self._role))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)


def pen(color: str, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A line of one pixel at any zoom."""
    result = QPen(QColor(color), 1, style)
    result.setCosmetic(True)
    return result
