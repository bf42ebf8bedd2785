"""A chart along a knob: what its values come to, the mean and a band over seeds, with the best one marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent

from playground.model.experiment import Experiment
from playground.training.findings import Found, Spot
from playground.training.knob_axis import KnobAxis
from playground.ui.painting import painted
from playground.ui.plots.chart import Chart, pen
from playground.ui.plots.export import Export, Table
from playground.ui.plots.lines import NO_CURVE, Curve, Lines, Stroke, closed
from playground.ui.plots.others import scaled, wash_of
from playground.ui.plots.race import spread, value_axis
from playground.ui.plots.ranges import loss_axis, loss_range, metric_axis
from playground.ui.scales import written
from playground.ui.theme import Colors, blend, font

Floats = NDArray[np.float64]
UPRIGHT = 84  # pixels at most, of the names of values
DOT, MARK = 3.0, 6.0  # pixels: of a value, and of the best one
EDGE = 0.04  # of the axis, left and right of the outermost values
LEADER = 10  # from the chart's right edge to the names
STILL = 4  # pixels that a press may move, and be a click


class Drawn(NamedTuple):
    """A line of the chart: the quantity, its name, and how it is drawn.

    color: a field of Colors; of several its first. width: times the theme's.
    """

    quantity: str
    name: str
    color: str
    is_dashed: bool = False
    has_band: bool = False
    width: float = 1.0

    def ink(self, colors: Colors) -> str:
        """Its colour in a theme."""
        found = getattr(colors, self.color)
        return found if isinstance(found, str) else found[0]


class View(NamedTuple):
    """What is drawn of what was found. up: the vertical axis' title. decides: by which quantity the best is best."""

    lines: tuple[Drawn, ...]
    up: str
    decides: str
    is_metric: bool = False
    is_linear: bool = False  # from 0, whatever is lost


class SearchChart(Chart):
    """Draws one view; ``picked`` carries the place of a spot that was clicked, ``opened`` of one with Ctrl."""

    picked = Signal(int)
    opened = Signal(int)
    read = Signal(int)  # the spot nearest to the cursor; −1 when it has left

    def __init__(self, colors: Colors) -> None:
        super().__init__(colors, "value", "loss")
        self.setAccessibleName("Chart of a knob")
        self._found: Found | None = None
        self._view: View | None = None
        self._present: float = math.nan
        self._range, self._is_log = (0.0, 1.0), False
        self._pressed: QPointF | None = None
        self._room = 0
        self._upright = 0  # pixels that names of steps are high, if they stand upright for want of room
        self.chosen = -1  # the spot under the cursor, or chosen by keys
        self.pointed.connect(self._point)
        self.export = Export(self, "search", lambda: self.accessibleName(), self._table, colors)

    # what is drawn

    def show_found(self, found: Found, view: View, experiment: Experiment | None) -> None:
        """Draw it. experiment: whose value is marked as the present one, if one is."""
        before = self._found
        is_other = before is None or before.asked != found.asked or view != self._view
        self._found, self._view = found, view
        axis = found.axes[0]
        if is_other:
            self.forget_ranges()
            self.chosen = -1
        self._name_axis(axis, view)
        self._present = math.nan if experiment is None else axis.place(getattr(experiment.resolved, axis.name))
        self._draw()

    def _name_axis(self, axis: KnobAxis, view: View) -> None:
        knob = axis.declared.knob
        bottom = self.getAxis("bottom")
        bottom.setLogMode(axis.scale == "log", False)
        ticks = [[(float(place), "") for place in range(len(axis.values))]] if axis.scale == "steps" else None
        bottom.setTicks(ticks)  # their names are painted, where there is room
        title = f"{knob.label.lower()} {knob.symbol}".strip() + (f" ({knob.unit})" if knob.unit else "")
        metrics = QFontMetrics(font("small"))
        self._upright = 0
        if axis.scale == "steps":
            wide = max(metrics.horizontalAdvance(value_name(axis, value)) for value in axis.values)
            apart = (self.width() - self._room - self.getAxis("left").width()) / len(axis.values)
            self._upright = min(wide + 4, UPRIGHT) if wide > apart - 4 else 0
        self.name_axes(title, view.up)
        self.getAxis("bottom").setHeight((self._upright or metrics.height() + 4) + metrics.height() + 8)
        self._room = max(metrics.horizontalAdvance(line.name) for line in view.lines) + LEADER + 2
        self.getPlotItem().setContentsMargins(0, metrics.height(), self._room, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        found = getattr(self, "_found", None)
        if found is not None and self._view is not None:
            self._name_axis(found.axes[0], self._view)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        super().set_colors(colors)
        if getattr(self, "_found", None) is not None:
            self._draw()

    def _places(self) -> Floats:
        assert self._found is not None
        axis = self._found.axes[0]
        return np.array([axis.place(spot.values[0]) for spot in self._found.spots])

    def _ends(self) -> tuple[float, float]:
        """Of the axis, over all values that will be tried first."""
        assert self._found is not None
        axis = self._found.axes[0]
        places = [axis.place(axis.values[0]), axis.place(axis.values[-1]), *self._places()]
        if math.isfinite(self._present):
            places.append(self._present)
        low, high = min(places), max(places)
        edge = 0.5 if axis.scale == "steps" else EDGE * (high - low)
        return low - edge, high + edge

    def _draw(self) -> None:
        found, view = self._found, self._view
        assert found is not None and view is not None
        axis = found.axes[0]
        self.clear()
        x = self._places()
        columns = {line.quantity: np.array([spot.mean(line.quantity) for spot in found.spots]) for line in view.lines}
        known = [column[np.isfinite(column)] for column in columns.values()]
        if axis.declared.choices:
            known += [self._spread_of(line.quantity) for line in view.lines if line.has_band]
        if view.is_metric:
            self._range, self._is_log = metric_axis(known), False
        elif view.is_linear:
            self._range, self._is_log = loss_axis(loss_range(known, is_log=False), [], is_log=False), False
        elif any(len(column) for column in known):
            self._range, self._is_log = value_axis(known)
        else:
            self._range, self._is_log = (0.0, 1.0), False
        self.getAxis("left").setLogMode(False, self._is_log)
        low, high = self._scaled(np.array(self._range)).tolist()
        self.look(self._ends(), (low, high))
        if math.isfinite(self._present):
            self._add([Stroke(self.colors.muted, 1.0, True)], [(np.full(2, self._present), np.array([low, high]))], -2)
        for line in view.lines:
            color = line.ink(self.colors)
            if axis.declared.choices:
                continue  # nothing lies between two choices: dots alone, and how far they are spread
            if line.has_band:
                self._add([wash_of(color)], [self._band(x, line.quantity)], -1)
            self._add(
                [Stroke(color, line.width * self.colors.curve, line.is_dashed)],
                [self._curve(x, columns[line.quantity])],
                1,
            )
        self.viewport().update()

    def _spread_of(self, quantity: str) -> Floats:
        """The ends of the bars of one deviation."""
        assert self._found is not None
        pairs = np.array([(spot.mean(quantity), spot.deviation(quantity)) for spot in self._found.spots])
        ends = np.concatenate([pairs[:, 0] - pairs[:, 1], pairs[:, 0] + pairs[:, 1]])
        return np.asarray(ends[np.isfinite(ends)])

    def _curve(self, x: Floats, y: Floats) -> Curve:
        known = np.isfinite(y)
        return (x[known], self._scaled(y[known])) if known.any() else NO_CURVE

    def _band(self, x: Floats, quantity: str) -> Curve:
        """One deviation over the seeds on both sides of the mean."""
        assert self._found is not None
        found = [(place, spot.mean(quantity), spot.deviation(quantity)) for place, spot in zip(x, self._found.spots)]
        table = np.array([row for row in found if all(map(math.isfinite, row))])
        if len(table) < 2:
            return NO_CURVE
        across, mean, deviation = table.T
        return closed(across, self._scaled(mean - deviation), self._scaled(mean + deviation))

    def _add(self, strokes: list[Stroke], curves: list[Curve], height: int) -> None:
        lines = Lines(strokes, self.colors.window)
        lines.set_curves(curves)
        lines.setZValue(height)
        self.addItem(lines, ignoreBounds=True)

    def _scaled(self, y: Floats) -> Floats:
        return scaled(y, self._range, self._is_log)

    # over it

    @painted
    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        if self._found is None or self._view is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font("small"))
        self._paint_names_of_steps(painter)
        self._paint_present(painter)
        self._paint_dots(painter)
        self._paint_marks(painter)
        self._paint_names(painter)

    def _point_of(self, place: int, quantity: str) -> QPointF | None:
        """Where a spot's mean stands, in the scene; None where it is not known, or out of the frame."""
        assert self._found is not None
        spot = self._found.spots[place]
        mean = spot.mean(quantity)
        if not math.isfinite(mean):
            return None
        x = self._found.axes[0].place(spot.values[0])
        found = self.getViewBox().mapViewToScene(QPointF(x, float(self._scaled(np.array([mean]))[0])))
        return found if self.getViewBox().sceneBoundingRect().adjusted(-1, -1, 1, 1).contains(found) else None

    def _paint_present(self, painter: QPainter) -> None:
        """What the dashed line is."""
        if not math.isfinite(self._present):
            return
        area, metrics = self.getViewBox().sceneBoundingRect(), QFontMetrics(painter.font())
        x = self.getViewBox().mapViewToScene(QPointF(self._present, 0)).x()
        wide = metrics.horizontalAdvance("now") + 4
        painter.setPen(QColor(self.colors.muted))
        place = QRectF(x - wide / 2, area.top() - metrics.height(), wide, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, "now")

    def _paint_dots(self, painter: QPainter) -> None:
        assert self._found is not None and self._view is not None
        painter.setPen(Qt.PenStyle.NoPen)
        is_choice = bool(self._found.axes[0].declared.choices)
        for line in self._view.lines:
            if is_choice and line.has_band:
                self._paint_spreads(painter, line)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(line.ink(self.colors)))
            for place in range(len(self._found.spots)):
                point = self._point_of(place, line.quantity)
                if point is not None:
                    painter.drawEllipse(point, DOT, DOT)

    def _paint_spreads(self, painter: QPainter, line: Drawn) -> None:
        """A bar of one deviation on both sides of each mean."""
        assert self._found is not None
        painter.setPen(QPen(QColor(blend(line.ink(self.colors), self.colors.window, 0.4)), 3))
        for place, spot in enumerate(self._found.spots):
            mean, deviation = spot.mean(line.quantity), spot.deviation(line.quantity)
            point = self._point_of(place, line.quantity)
            if point is not None and math.isfinite(deviation):
                ends = self._scaled(np.array([mean - deviation, mean + deviation]))
                low, high = (self.getViewBox().mapViewToScene(QPointF(0, float(end))).y() for end in ends)
                area = self.getViewBox().sceneBoundingRect()
                painter.drawLine(QPointF(point.x(), min(low, area.bottom())), QPointF(point.x(), max(high, area.top())))

    def _paint_marks(self, painter: QPainter) -> None:
        """A full diamond at the best, with its standard error; a ring at the simplest that is as good."""
        found, view, box = self._found, self._view, self.getViewBox()
        assert found is not None and view is not None
        best = found.best(view.decides, view.is_metric)
        simplest = found.simplest(view.decides, view.is_metric)
        ink = QColor(self.colors.best)
        if 0 <= self.chosen < len(found.spots):
            x = box.mapViewToScene(QPointF(found.axes[0].place(found.spots[self.chosen].values[0]), 0)).x()
            area = box.sceneBoundingRect()
            painter.setPen(pen(self.colors.edge))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if best is None or (point := self._point_of(best, view.decides)) is None:
            return
        if simplest is not None and simplest != best and (other := self._point_of(simplest, view.decides)) is not None:
            mean, error = found.spots[best].mean(view.decides), found.spots[best].error(view.decides)
            level = float(self._scaled(np.array([mean + (-error if view.is_metric else error)]))[0])
            y = box.mapViewToScene(QPointF(0, level)).y()
            painter.setPen(QPen(ink, 1.5))
            painter.drawLine(point, QPointF(point.x(), y))
            painter.setPen(QPen(ink, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(point.x(), y), QPointF(other.x(), y))
            painter.setPen(QPen(ink, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(other, MARK, MARK)
        painter.setPen(QPen(QColor(self.colors.window), 1))
        painter.setBrush(ink)
        painter.drawPolygon(
            [point + QPointF(*step) for step in ((0, -MARK - 1), (MARK + 1, 0), (0, MARK + 1), (-MARK - 1, 0))]
        )

    def _paint_names(self, painter: QPainter) -> None:
        """Each line's name beside its last value."""
        assert self._found is not None and self._view is not None
        area, count = self.getViewBox().sceneBoundingRect(), len(self._found.spots)
        ends = []
        for line in self._view.lines:
            known = [point for place in range(count) if (point := self._point_of(place, line.quantity)) is not None]
            if known:
                ends.append((line, known[-1]))
        metrics = QFontMetrics(painter.font())
        heights = spread([point.y() for _, point in ends], metrics.height(), area.top() + 6, area.bottom() - 4)
        for (line, _), height in zip(ends, heights):
            painter.setPen(QColor(line.ink(self.colors)))
            place = QRectF(area.right() + LEADER, height - metrics.height() / 2, self._room, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, line.name)

    def _paint_names_of_steps(self, painter: QPainter) -> None:
        """The names of values that stand evenly apart, as many as there is room for."""
        assert self._found is not None
        axis, box = self._found.axes[0], self.getViewBox()
        if axis.scale != "steps":
            return
        metrics, area = QFontMetrics(painter.font()), box.sceneBoundingRect()
        apart = area.width() / max(len(axis.values), 1)
        painter.setPen(QColor(self.colors.muted))
        for place, value in enumerate(axis.values):
            x = box.mapViewToScene(QPointF(place, 0)).x()
            if not area.left() <= x <= area.right():
                continue
            room = self._upright or int(apart) - 4
            text = metrics.elidedText(value_name(axis, value), Qt.TextElideMode.ElideRight, room)
            painter.save()
            painter.translate(x, area.bottom() + 4)
            if self._upright:
                painter.rotate(-90)
                where = QRectF(-self._upright, -metrics.height() / 2, self._upright, metrics.height())
                painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            else:
                where = QRectF(-apart / 2, 0, apart, metrics.height())
                painter.drawText(where, Qt.AlignmentFlag.AlignHCenter, text)
            painter.restore()

    # the hand

    def _nearest(self, x: float) -> int:
        """The spot nearest to a place of the axis; −1 where there is none."""
        places = self._places() if self._found is not None else np.empty(0)
        return int(np.abs(places - x).argmin()) if len(places) else -1

    def _point(self, place: tuple[float, float] | None) -> None:
        self._choose(-1 if place is None else self._nearest(place[0]))

    def _choose(self, place: int) -> None:
        if place != self.chosen:
            self.chosen = place
            self.viewport().update()
        self.read.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        super().mouseReleaseEvent(event)
        place = self.place(event.position())
        if pressed is None or place is None or (event.position() - pressed).manhattanLength() > STILL:
            return
        self._take(self._nearest(place[0]), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _take(self, place: int, opens: bool) -> None:
        if place >= 0:
            (self.opened if opens else self.picked).emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        count = len(self._found.spots) if self._found is not None else 0
        if event.key() in steps and count:
            start = self.chosen if self.chosen >= 0 else (count if event.key() == Qt.Key.Key_Left else -1)
            self._choose(min(max(start + steps[Qt.Key(event.key())], 0), count - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.chosen, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)

    def _table(self) -> Table:
        """A value a row; each line's mean, and its deviation over the seeds."""
        if self._found is None or self._view is None:
            return Table(("value",), ([],))
        axis, spots = self._found.axes[0], self._found.spots
        names = [axis.name]
        columns: list[list[Any]] = [[written(spot.values[0]) for spot in spots]]
        for line in self._view.lines:
            names += [line.quantity, f"{line.quantity}_deviation"]
            columns += [_column(spots, line.quantity, "mean"), _column(spots, line.quantity, "deviation")]
        return Table(tuple(names), tuple(columns))


def _column(spots: Sequence[Spot], quantity: str, what: str) -> list[float]:
    return [getattr(spot, what)(quantity) for spot in spots]


def value_name(axis: KnobAxis, value: object) -> str:
    """A value as a person reads it: choices by their titles."""
    titles = {rule.key: rule.title for rule in axis.declared.knob.rules}
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return titles.get(value, "") if isinstance(value, str) else written(value)
