"""What all charts share: a quiet plot area, ranges that grow in steps.

pyqtgraph's own mouse handling is off: a chart never moves under the cursor, which reads values instead.
"""

from __future__ import annotations

import html
import math
from typing import Any, TypeAlias

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from playground.ui.theme import Colors, blend, font

SMOOTH_POINTS = 600  # curves up to so many are drawn without stairs

Floats = NDArray[np.float64]
Curve: TypeAlias = tuple[Floats, Floats]  # x, and y with NaN where there is a gap


class Axis(pg.AxisItem):
    """An axis with few, round numbers; on a log scale 1, 2, 5, 10, … or powers of ten alone."""

    picture: Any  # None when what was drawn last is out of date

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.logMode:
            levels = super().tickValues(low, high, size)
            return [(step, list(values)) for step, values in levels[:1]]
        decades = range(math.floor(low), math.ceil(high) + 1)
        steps = (1, 2, 5) if high - low < 2.5 else (1,)
        every = max(1, math.ceil((high - low) / 8))
        places = [decade + math.log10(step) for decade in decades if decade % every == 0 for step in steps]
        return [(1.0, [place for place in places if low - 1e-9 <= place <= high + 1e-9])]

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
            return [f"{10**value:.6g}" for value in values]
        digits = max(0, math.ceil(-math.log10(spacing) - 1e-9)) if spacing > 0 else 0
        if digits > 5 or max(map(abs, values), default=0) >= 1e6:
            return [f"{value:.6g}".replace("-", "−") for value in values]
        return [f"{value:,.{digits}f}".replace("-", "−") for value in values]


class Chart(pg.PlotWidget):
    """A plot area without frame or menu, in the colours of the theme."""

    def __init__(self, colors: Colors, across: str, up: str, parent: QWidget | None = None) -> None:
        axes = {"left": Axis("left"), "bottom": Axis("bottom")}
        super().__init__(parent, enableMenu=False, axisItems=axes)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 80)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.setContentsMargins(0, 4, 16, 0)  # half of the last number
        self.getViewBox().setDefaultPadding(0.0)
        self.getViewBox().disableAutoRange()
        self._across, self._up = across, up
        self.set_colors(colors)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.colors = colors
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
        label = metrics.height() + 2 if self._up else 0
        self.getAxis("left").setWidth(metrics.horizontalAdvance("−0.0000") + label + 4)
        self.getAxis("bottom").setHeight((2 if self._across else 1) * (metrics.height() + 4) + 4)
        self.name_axes(self._across, self._up)

    def name_axes(self, across: str, up: str) -> None:
        """Label both axes; the names may come from a file, and labels are HTML."""
        self._across, self._up = across, up
        small = font("small")
        style = {"color": self.colors.muted, "font-size": f"{small.pointSizeF():g}pt"}
        for side, name in (("bottom", across), ("left", up)):
            if name:
                self.setLabel(side, html.escape(name), **style)

    def note(self, anchor: tuple[float, float] = (0.0, 0.0)) -> pg.TextItem:
        """An empty label, readable on top of curves."""
        ground = QColor(self.colors.window)
        ground.setAlpha(215)
        item = pg.TextItem("", anchor=anchor, fill=ground)
        item.setFont(font("small"))
        item.setZValue(20)
        self.addItem(item, ignoreBounds=True)
        return item

    def line(self, color: str, style: Qt.PenStyle, alpha: int = 255) -> pg.InfiniteLine:
        """A hidden vertical line."""
        item = pg.InfiniteLine(angle=90, movable=False, pen=pen(color, style, alpha))
        item.setVisible(False)
        self.addItem(item, ignoreBounds=True)
        return item

    def look(self, across: tuple[float, float], up: tuple[float, float]) -> None:
        """Show these ranges; under the cursor they only grow."""
        if self.underMouse() and not math.isnan(self._seen()[0]):
            x_low, x_high, y_low, y_high = self._seen()
            across = min(across[0], x_low), max(across[1], x_high)
            up = min(up[0], y_low), max(up[1], y_high)
        if self._seen() != (*across, *up):
            self._ranges = (*across, *up)
            self.setRange(xRange=across, yRange=up, padding=0, disableAutoRange=True)

    @property
    def columns(self) -> int:
        """How many pixels wide it is; more buckets of a curve than these could not be told apart."""
        return max(self.width(), 1)

    def height_in_units(self) -> float:
        """How much the vertical axis spans."""
        *_, low, high = self._seen()
        return high - low

    def _seen(self) -> tuple[float, float, float, float]:
        return getattr(self, "_ranges", (math.nan,) * 4)

    def forget_ranges(self) -> None:
        """The next look may shrink: another run began."""
        self._ranges = (math.nan,) * 4

    def wheelEvent(self, event: Any) -> None:
        # the page around may scroll; the chart does not zoom
        event.ignore()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "colors"):
            self.set_colors(self.colors)


class Lines(pg.GraphicsObject):
    """All curves of a chart in one item: an item for each costs more than its drawing.

    pens: of one pixel: wider or translucent ones paint many times slower. band: the numbers of two curves between
    which a wash is laid.
    """

    def __init__(self, pens: list[QPen], band: tuple[int, int] | None = None, wash: str = "") -> None:
        super().__init__()
        self.curves: list[Curve] = []
        self._pens = pens
        self._band = band
        self._wash = QColor(wash)
        self._paths: list[QPainterPath] = []
        self._area = QPainterPath()
        self._box = QRectF()

    def set_curves(self, curves: list[Curve]) -> None:
        """As many as there are pens; what lies between two curves of a band is finite."""
        self.prepareGeometryChange()
        self.curves = curves
        self._paths = [pg.arrayToQPath(x, y, connect="finite") for x, y in curves]
        self._box = QRectF()
        for path in self._paths:
            self._box |= path.controlPointRect()
        if self._band is not None:
            (x, low), (back, high) = (curves[number] for number in self._band)
            self._area = pg.arrayToQPath(np.concatenate([x, back[::-1]]), np.concatenate([low, high[::-1]]))
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._band is not None:
            painter.fillPath(self._area, self._wash)
        for line, path in zip(self._pens, self._paths):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, path.elementCount() <= SMOOTH_POINTS)
            painter.setPen(line)
            painter.drawPath(path)


class Title(QLabel):
    """One line of plain text that is cut short, with an ellipsis, where there is no room for it."""

    def __init__(self, text: str = "", size: str = "body", bold: bool = False, muted: bool = False) -> None:
        super().__init__(text, textFormat=Qt.TextFormat.PlainText, font=font(size, bold))
        self._role = QPalette.ColorRole.PlaceholderText if muted else QPalette.ColorRole.WindowText
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self._role))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)


def pen(color: str, style: Qt.PenStyle = Qt.PenStyle.SolidLine, alpha: int = 255) -> QPen:
    """A line of one pixel at any zoom."""
    ink = QColor(color)
    ink.setAlpha(alpha)
    result = QPen(ink, 1, style)
    result.setCosmetic(True)
    if style == Qt.PenStyle.DashLine:
        result.setDashPattern([5, 3])
    return result


def say(note: pg.TextItem, text: str = "") -> None:
    """Give a label its text; an empty one would still show its ground."""
    if text != note.toPlainText():
        note.setText(text)
    note.setVisible(bool(text))
