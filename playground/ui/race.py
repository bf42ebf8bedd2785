"""A race as one picture: everybody's losses in a chart, named at their ends, and below what each made of the plane."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from playground.model.dataset import Dataset
from playground.ui.key import Key
from playground.ui.marks import Marks
from playground.ui.painting import painted
from playground.ui.plane import PlaneView
from playground.ui.plots.chart import Title
from playground.ui.plots.race import WIDTHS, Lane, RaceChart, compared, last_loss, stroke
from playground.ui.scales import figures
from playground.ui.strokes import Shown
from playground.ui.theme import Colors, font, run_color

WIDTH, CHART_HEIGHT = 1280, 460
MARGIN, GAP = 24, 20
ROW = 4  # planes beside each other, of up to eight
LARGEST = 340  # plane, in pixels
SAMPLE = 26  # length of a line's sample


class RacePicture(QWidget):
    """All of it; ``planes`` are those of the lanes in order, and none where points have more than two features."""

    def __init__(self, title: str, subtitle: str, lanes: Sequence[Lane], colors: Colors) -> None:
        super().__init__()
        name, lanes = compared(lanes)
        self.chart = RaceChart(lanes, colors, name)
        self.chart.setFixedHeight(CHART_HEIGHT)
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(Title(title, "title", bold=True))
        below = QHBoxLayout()
        below.addWidget(Title(subtitle, "small", muted=True), 1)
        below.addWidget(StyleLine(colors))
        column.addLayout(below)
        column.addWidget(self.chart)
        is_flat = all(lane.data.features <= 2 for lane in lanes)
        self.planes = [SmallPlane(colors) for _ in lanes] if is_flat else []
        if is_flat:
            column.addSpacing(8)
            column.addLayout(self._grid(lanes, colors))
            column.addWidget(KeyLine(lanes[0].data, colors))

    def _grid(self, lanes: Sequence[Lane], colors: Colors) -> QGridLayout:
        across = len(lanes) if len(lanes) <= ROW else min(math.ceil(len(lanes) / 2), ROW) if len(lanes) <= 8 else 6
        side = min(LARGEST, (WIDTH - 2 * MARGIN - (across - 1) * GAP) // across)
        grid = QGridLayout(horizontalSpacing=GAP, verticalSpacing=4)
        grid.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        for number, (lane, plane) in enumerate(zip(lanes, self.planes)):
            row, place = divmod(number, across)
            plane.setFixedSize(side, side)
            plane.show_data(lane.data)
            grid.addWidget(Heading(lane, run_color(colors, number), colors), 2 * row, place)
            grid.addWidget(plane, 2 * row + 1, place)
        return grid


class SmallPlane(PlaneView):
    """The plane alone, without axes."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(colors)
        self._marks = SmallMarks(colors)

    def _inside(self) -> QRectF:
        return QRectF(self.rect()).adjusted(1, 1, -1, -1)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 80)


class SmallMarks(Marks):
    """Points on a small plane."""

    def size(self, points: int) -> float:
        return 0.7 * super().size(points)


class Heading(QWidget):
    """A plane's title: the colour of its curve, its name, epoch and validation loss of the weights that are seen."""

    def __init__(self, lane: Lane, color: str, colors: Colors) -> None:
        super().__init__()
        self._lane, self._color, self._colors = lane, color, colors
        self.setFixedHeight(QFontMetrics(font("body", bold=True)).height() + 6)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font("body", bold=True))
        metrics = QFontMetrics(painter.font())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._color))
        painter.drawEllipse(QPointF(6, self.height() / 2), 5, 5)
        painter.setPen(QColor(self._colors.text))
        beside = Qt.AlignmentFlag.AlignVCenter
        name = metrics.elidedText(self._lane.name, Qt.TextElideMode.ElideRight, self.width() - 120)
        painter.drawText(self.rect().adjusted(18, 0, 0, 0), beside, name)
        painter.setFont(font("small"))
        painter.setPen(QColor(self._colors.muted))
        first, epoch = self._lane.histories[0], self._lane.epoch
        told = self._lane.ending or f"epoch {epoch:,}: {figures(last_loss([first[:epoch]]))}"
        painter.drawText(self.rect(), beside | Qt.AlignmentFlag.AlignRight, told)


class StyleLine(QWidget):
    """What solid and dashed mean."""

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self._colors = colors
        metrics = QFontMetrics(font("small"))
        self._widths = [SAMPLE + 6 + metrics.horizontalAdvance(text) + 16 for text in WIDTHS]
        self.setFixedSize(sum(self._widths), metrics.height() + 4)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font("small"))
        x = 0.0
        for text, width in zip(WIDTHS, self._widths):
            line = QPainterPath(QPointF(x, self.height() / 2))
            line.lineTo(x + SAMPLE, self.height() / 2)
            stroke(self._colors.muted, text).draw(painter, line)
            painter.setPen(QColor(self._colors.muted))
            box = QRectF(x + SAMPLE + 6, 0, width, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            x += width


class KeyLine(QWidget):
    """What the marks mean."""

    def __init__(self, data: Dataset, colors: Colors) -> None:
        super().__init__()
        self._shown, self._key, self._marks = Shown(data, data.sets), Key(colors), Marks(colors)
        self.setFixedHeight(24)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font("small"))
        self._key.paint(painter, QRectF(self.rect()), self._shown, self._marks)
