"""How do they compare? The losses of several runs in one chart, each in its colour and named at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from playground.kernels.columns import DATA_LOSS, PENALTY, TRAIN_LOSS, VAL_LOSS
from playground.model.dataset import Dataset
from playground.training.bands import band
from playground.ui.plots.chart import Chart, Curve, Lines, pen
from playground.ui.plots.series import Digest, ceiling, figures, is_noisy
from playground.ui.surface import class_color
from playground.ui.theme import Colors, blend, font

Floats = NDArray[np.float64]
LABELS = 260  # at most, for the names at the chart's right
LEADER = 22  # from the chart's right edge to the names
LOG_FROM = 30.0  # a loss that falls to less than such a part is drawn on a log scale
NEAR = 0.5  # of the highest loss: above it the axis need not begin at 0
TOO_FAR, LOG_TOO_FAR = 10.0, 1e4  # times where they began: what lies above leaves the chart
CUT = 30.0  # times the highest: beyond it a curve is not drawn
LEAST = 1e-9  # of the highest loss, on a log scale
COLOURS = 8
NO_CURVE: Curve = (np.empty(0), np.empty(0))
FAINT, WASH = 0.25, 34  # strength of raw data behind its trend, opacity of a band
STYLES = (("training", Qt.PenStyle.SolidLine, 1.5), ("validation", Qt.PenStyle.DashLine, 2.0))


class Lane(NamedTuple):
    """One contestant.

    histories: one for each seed. data: the points of the first, each in its set. epoch: the one whose weights its plane
    shows. ending: how it ended, in words, if badly.
    """

    name: str
    histories: list[Floats]
    data: Dataset
    epoch: int
    ending: str = ""


def run_color(colors: Colors, number: int) -> str:
    """The colour of a lane's curves: the classes' cycle, the first two of which, seen on every plane, come last."""
    return class_color(colors, (number + 2) % COLOURS)


class RaceChart(Chart):
    """Training solid, validation dashed, of several seeds their mean and, as a wash, one deviation on both sides."""

    def __init__(self, lanes: Sequence[Lane], colors: Colors, name: str) -> None:
        super().__init__(colors, "epoch", name)
        self._lanes = lanes
        metrics = QFontMetrics(font("body"))
        wide = max(metrics.horizontalAdvance(f"{lane.name}  {lane.ending or '0.0000'}") for lane in lanes)
        self._room = min(wide + LEADER + 8, LABELS)
        self.getPlotItem().setContentsMargins(0, 4, self._room, 0)
        series = [_series(lane) for lane in lanes]
        self._low, self._high, self._is_log = _range(series)
        self.getAxis("left").setLogMode(False, self._is_log)
        low, high = self._scaled(np.array([self._low, self._high])).tolist()
        self.look((0.0, max(1.0, *map(len, series))), (low, high))
        self._ends = [self._draw_lane(table, run_color(colors, number)) for number, table in enumerate(series)]

    def _draw_lane(self, table: Floats, color: str) -> tuple[float, float] | None:
        """Draw a lane's curves. Returns where they end, the validation loss's if there is one."""
        digest = Digest()
        digest.follow(table)
        curves = [self._curve(*digest.thin(column)) for column in range(1, table.shape[1])]
        ends = [(float(table[-1, 0]), float(y)) for y in self._scaled(table[-1:, [2, 1]]).ravel() if np.isfinite(y)]
        if len(curves) > 2 and all(np.isfinite(y).all() for _, y in curves[2:]):
            wash = QColor(color)
            wash.setAlpha(WASH)
            nothing = QPen(Qt.PenStyle.NoPen)
            self._add(Lines([nothing, nothing], (0, 1), wash.name(QColor.NameFormat.HexArgb)), curves[2:], -1)
        raw = [NO_CURVE, NO_CURVE]
        for place, (_, y) in enumerate(curves[:2]):
            if is_noisy(y, self.height_in_units()) and digest.is_finite(place + 1):
                raw[place], curves[place] = curves[place], self._curve(*digest.smooth(place + 1))
        faint = pen(blend(color, self.colors.window, FAINT))
        self._add(Lines([faint, faint]), raw, 0)
        self._add(Lines([thick(color, style, width) for _, style, width in STYLES]), curves[:2], 1)
        return ends[0] if ends else None

    def _add(self, lines: Lines, curves: list[Curve], height: int) -> None:
        lines.set_curves(curves)
        lines.setZValue(height)
        self.addItem(lines, ignoreBounds=True)

    def _curve(self, x: Floats, y: Floats) -> Curve:
        return x, self._scaled(np.where(y > CUT * self._high, np.nan, y))

    def _scaled(self, y: Floats) -> Floats:
        return np.log10(np.maximum(y, self._low / 10)) if self._is_log else y

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        box = self.getViewBox()
        area = box.sceneBoundingRect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font("body"))
        line = QFontMetrics(painter.font()).height() + 2
        places = [(number, box.mapViewToScene(QPointF(*end))) for number, end in enumerate(self._ends) if end]
        for _, place in places:
            place.setY(min(max(place.y(), area.top()), area.bottom()))
        heights = spread([place.y() for _, place in places], line, area.top() + line / 2, area.bottom())
        for (number, place), height in zip(places, heights):
            self._name(painter, number, place, height, area)

    def _name(self, painter: QPainter, number: int, place: QPointF, height: float, area: QRectF) -> None:
        """A lane's name beside the end of its curve, with its last loss."""
        lane, color = self._lanes[number], run_color(self.colors, number)
        left = area.right() + LEADER
        painter.setPen(QPen(QColor(blend(color, self.colors.window, 0.6)), 1))
        painter.drawLine(QPointF(area.right(), place.y()), QPointF(area.right() + 4, place.y()))
        painter.drawLine(QPointF(area.right() + 4, place.y()), QPointF(left - 4, height))
        painter.setPen(pen(color, Qt.PenStyle.DotLine))
        painter.drawLine(place, QPointF(area.right(), place.y()))  # of a run that stopped before the others
        painter.setPen(QPen(QColor(self.colors.window), 1))
        painter.setBrush(QColor(color))
        painter.drawEllipse(place, 4, 4)
        metrics = QFontMetrics(painter.font())
        loss = lane.ending or figures(last_loss(lane.histories))
        room = self._room - LEADER - 8 - metrics.horizontalAdvance(loss)
        name = metrics.elidedText(lane.name, Qt.TextElideMode.ElideRight, max(room, 60))
        wide = metrics.horizontalAdvance(name)
        beside = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(color))
        painter.drawText(QRectF(left, height - 10, wide + 4, 20), beside, name)
        painter.setPen(QColor(self.colors.muted))
        painter.drawText(QRectF(left + wide + 8, height - 10, LABELS, 20), beside, loss)


def spread(heights: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Heights moved as little as need be to stand so far apart between two bounds, in the same order."""
    order = np.argsort(heights, kind="stable")
    blocks: list[tuple[float, int]] = []  # the middle of each block of names, and how many it holds
    for number in order:
        middle, count = heights[number], 1
        while blocks and middle - count * apart / 2 < blocks[-1][0] + blocks[-1][1] * apart / 2:
            before, more = blocks.pop()
            middle = (middle * count + before * more) / (count + more)
            count += more
        blocks.append((middle, count))
    placed = [middle + (number - (count - 1) / 2) * apart for middle, count in blocks for number in range(count)]
    last = len(placed) - 1
    found = np.empty(len(placed))
    found[order] = [
        max(min(place, high - (last - number) * apart), low + number * apart) for number, place in enumerate(placed)
    ]
    return found.tolist()


def compared(lanes: Sequence[Lane]) -> tuple[str, Sequence[Lane]]:
    """What is drawn, and the lanes with it: the loss, but where one has a penalty, all losses without it."""
    if not any((history[:, PENALTY] > 0).any() for lane in lanes for history in lane.histories):
        return "loss", lanes
    bare = [lane._replace(histories=list(map(_data_terms, lane.histories))) for lane in lanes]
    return "loss, without the penalty", bare


def _data_terms(history: Floats) -> Floats:
    """A history whose losses are without the penalty."""
    found = history.copy()
    found[:, TRAIN_LOSS] = found[:, DATA_LOSS]
    found[:, VAL_LOSS] -= found[:, PENALTY]
    return found


def _series(lane: Lane) -> Floats:
    """(epochs, 3): epoch, training and validation loss; of several seeds (epochs, 5), with one deviation around it."""
    train, validation = (band(lane.histories, name) for name in ("train_loss", "val_loss"))
    columns = [train.epochs, train.mean, validation.mean]
    if len(lane.histories) > 1:
        columns += [validation.mean - validation.deviation, validation.mean + validation.deviation]
    return np.column_stack(columns)


def _range(series: Sequence[Floats]) -> tuple[float, float, bool]:
    """The lowest and highest loss that is shown, and whether on a log scale; what flew away is left out."""
    values = np.concatenate([table[:, 1:3].ravel() for table in series])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0, False
    starts = np.concatenate([table[:1, 1:3].ravel() for table in series])
    usual = float(np.nanmedian(starts))
    low, high = float(values.min()), float(values[values <= max(TOO_FAR * usual, values.min())].max())
    if 0 < LOG_FROM * low < high:
        high = float(values[values <= LOG_TOO_FAR * usual].max())
        low = max(low, high * LEAST)
        return 10 ** (math.floor(math.log10(low) * 2) / 2), 10 ** (math.ceil(math.log10(high) * 2) / 2), True
    if low < NEAR * high:
        return 0.0, ceiling(high), False
    # where nothing falls far, what tells the curves apart is seen from near
    step = ceiling(max(high - low, 0.01 * high)) / 5
    return step * math.floor(low / step - 0.1), step * math.ceil(high / step + 0.1), False


def last_loss(histories: Sequence[Floats]) -> float:
    """The last validation loss, or where none validates, training loss; the mean of several seeds."""
    rows = [history[-1] for history in histories if len(history)]
    if not rows:
        return math.nan
    means = np.mean(rows, axis=0)
    return float(means[TRAIN_LOSS] if math.isnan(means[VAL_LOSS]) else means[VAL_LOSS])


def thick(color: str, style: Qt.PenStyle, width: float) -> QPen:
    """A line of so many pixels: it paints slower than one of one, and is for pictures that are drawn once."""
    result = pen(color, style)
    result.setWidthF(width)
    return result
