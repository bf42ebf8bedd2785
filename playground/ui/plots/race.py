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
from playground.ui.painting import painted
from playground.ui.plots.chart import Chart, pen
from playground.ui.plots.lines import NO_CURVE, Curve, Lines, Stroke, between
from playground.ui.plots.others import scaled, wash_of
from playground.ui.plots.ranges import loss_axis, loss_range
from playground.ui.plots.series import RECENT, Digest, is_noisy
from playground.ui.scales import ceiling, figures
from playground.ui.theme import Colors, blend, font, run_color

Floats = NDArray[np.float64]
LABELS = 260  # at most, for the names at the chart's right
LEADER = 22  # from the chart's right edge to the names
LOG_FROM = 30.0  # a loss that falls to less than such a part is drawn on a log scale
NEAR = 0.5  # of the highest loss: above it the axis need not begin at 0
FAINT = 0.25  # strength of raw data behind its trend
WIDTHS = {"training": 1.5, "validation": 2.0}  # of curves, in pixels; validation's are dashed


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


class RaceChart(Chart):
    """Training solid, validation dashed, of several seeds their mean and, as a wash, one deviation on both sides."""

    def __init__(self, lanes: Sequence[Lane], colors: Colors, name: str) -> None:
        super().__init__(colors, "epoch", name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # nobody's hand is on a picture
        self._lanes = lanes
        metrics = QFontMetrics(font("body"))
        wide = max(metrics.horizontalAdvance(f"{lane.name}  {lane.ending or '0.0000'}") for lane in lanes)
        self._room = min(wide + LEADER + 8, LABELS)
        self.getPlotItem().setContentsMargins(0, 4, self._room, 0)
        series = [_series(lane) for lane in lanes]
        self._range, self._is_log = value_axis([column for table in series for column in (table[:, 1], table[:, 2])])
        self.getAxis("left").setLogMode(False, self._is_log)
        low, high = self._scaled(np.array(self._range)).tolist()
        self.look((0.0, max(1.0, *map(len, series))), (low, high))
        self._ends = [self._draw_lane(table, run_color(colors, number)) for number, table in enumerate(series)]

    def _draw_lane(self, table: Floats, color: str) -> tuple[float, float] | None:
        """Draw a lane's curves. Returns where they end, the validation loss's if there is one."""
        digest = Digest()
        digest.follow(table)
        thinned = [digest.thin(column) for column in range(1, table.shape[1])]
        curves = [(x, self._scaled(y)) for x, y in thinned]
        ends = [(float(table[-1, 0]), float(y)) for y in self._scaled(table[-1:, [2, 1]]).ravel() if np.isfinite(y)]
        wash = NO_CURVE
        if len(curves) > 2 and all(len(y) and np.isfinite(y).all() for _, y in curves[2:]):
            wash = between(*curves[2:])
        raw = [NO_CURVE, NO_CURVE]
        for place in range(2):
            recent = self._scaled(table[-RECENT:, place + 1])
            if is_noisy(recent, self.height_in_units()) and digest.is_finite(place + 1):
                x, y = digest.smooth(place + 1)
                raw[place], curves[place] = curves[place], (x, self._scaled(y))
        self._add([wash_of(color)], [wash], -1)
        self._add([Stroke(blend(color, self.colors.window, FAINT))] * 2, raw, 0)
        self._add([stroke(color, which) for which in WIDTHS], curves[:2], 1)
        return ends[0] if ends else None

    def _add(self, strokes: list[Stroke], curves: list[Curve], height: int) -> None:
        lines = Lines(strokes, self.colors.window)
        lines.set_curves(curves)
        lines.setZValue(height)
        self.addItem(lines, ignoreBounds=True)

    def _scaled(self, y: Floats) -> Floats:
        return scaled(y, self._range, self._is_log)

    @painted
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


def value_axis(series: list[Floats]) -> tuple[tuple[float, float], bool]:
    """The lowest and highest loss that is shown, and whether on a log scale: where the whole fall is a long one."""
    known = np.concatenate(series)
    low = float(known[np.isfinite(known)].min(initial=math.inf))
    found = loss_range(series, is_log=False)
    if found is not None and 0 < LOG_FROM * low < found[1]:
        return loss_axis(loss_range(series, is_log=True), [], is_log=True), True
    if found is None or low < NEAR * found[1]:
        return loss_axis(found, [], is_log=False), False
    # where nothing falls far, what tells the curves apart is seen from near
    step = ceiling(max(found[1] - low, 0.01 * found[1])) / 5
    return (step * math.floor(low / step - 0.1), step * math.ceil(found[1] / step + 0.1)), False


def last_loss(histories: Sequence[Floats]) -> float:
    """The last validation loss, or where none validates, training loss; the mean of several seeds."""
    rows = [history[-1] for history in histories if len(history)]
    if not rows:
        return math.nan
    means = np.mean(rows, axis=0)
    return float(means[TRAIN_LOSS] if math.isnan(means[VAL_LOSS]) else means[VAL_LOSS])


def stroke(color: str, which: str) -> Stroke:
    """How the curves of a set are drawn."""
    return Stroke(color, WIDTHS[which], which == "validation")
