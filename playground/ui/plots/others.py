"""What a run is seen against: thin curves in their colours, of seeds their mean and a band around it.

They are a picture until they or the view change.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from operator import is_
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QGraphicsObject

from playground.kernels.columns import COLUMNS, EPOCH, SECONDS
from playground.model.spool import Spool
from playground.training.bands import band
from playground.training.snapshot import Snapshot
from playground.ui.painting import painted
from playground.ui.plots.across import Across
from playground.ui.plots.lines import NO_CURVE, Curve, Stroke, between, clipped, is_vector, path_of
from playground.ui.plots.overlay import Frame, Name, Overlay
from playground.ui.plots.ranges import Range, loss_range
from playground.ui.plots.series import MOST_TAKEN, RECENT, Digest, is_noisy
from playground.ui.scene import Drawn
from playground.ui.theme import Colors, run_color

AT_ONCE = 2  # runs that are drawn anew in a frame, if several go on,
PAUSE = 0.03  # and seconds until the next frame that does
POINTS = 256  # buckets of a thin curve
FARTHEST = 100.0  # times what an axis needs, beyond which it does not matter where a curve is
WASH = 34  # opacity of a band, of 255

Floats = NDArray[np.float64]


class How(NamedTuple):
    """How a run is drawn: the columns for training and validation, and the axes."""

    columns: tuple[str, str]
    across: Across
    is_log: bool


class Other:
    """What is laid over, as it was drawn last. curves: for training and validation; wash: the band of the latter."""

    def __init__(self) -> None:
        self.shown: Drawn | None = None
        self.how: How | None = None
        self.range: Range | None = None
        self.series: list[Floats] = []
        self.curves: list[Curve] = []
        self.wash: Curve = NO_CURVE
        self.paths: list[QPainterPath] = []
        self.is_behind = False  # whether it has not taken in all epochs yet
        self._table = np.empty((0, 0))
        self._spool = Spool(WIDTH)
        self._digest = Digest()

    def is_drawn(self, shown: Drawn, how: How) -> bool:
        """Whether that is what it shows."""
        is_same = self.shown is not None and all(map(is_, self.shown.snapshots, shown.snapshots)) and self.how == how
        return is_same and not self.is_behind

    def draw(self, shown: Drawn, how: How, most: int = MOST_TAKEN) -> None:
        """Make its curves, of so many more epochs at most."""
        is_same = self.how is not None and self.how.columns == how.columns
        self.shown, self.how = shown, how
        if len(shown.snapshots) == 1:
            self._table, columns = shown.snapshots[0].history, tuple(map(COLUMNS.index, how.columns))
        else:
            if not is_same or len(self._spool) > shown.epochs:
                self._spool = Spool(WIDTH)
            start = len(self._spool)
            self._spool.append(tabled(shown.snapshots, how.columns, start, start + most))
            self._table, columns = self._spool.rows, BAND
        self.is_behind = self._digest.follow(self._table, most) or len(self._table) < shown.epochs
        self.series = [self._digest.thin(column, POINTS)[1] for column in columns[:2]]
        self.range = loss_range(self.series, how.is_log)
        first, second, *ends = (self._curve(column, shown, how) for column in columns)
        self.curves = [first, second]
        self.wash = NO_CURVE
        if ends and all(len(y) and np.isfinite(y).all() for _, y in ends):
            self.wash = between(*ends)
        self.paths = [path_of(curve) for curve in (self.wash, *self.curves)]

    def _curve(self, column: int, shown: Drawn, how: How) -> Curve:
        """Thinned, or smoothed if it is noisy."""
        recent = scaled(self._table[-RECENT:, column], self.range, how.is_log)
        ends = scaled(np.array(self.range or (0.0, 0.0)), self.range, how.is_log)
        across = how.across.column if len(shown.snapshots) == 1 else TIMES.index(how.across.column)
        # the axis may end at infinity where another column has
        if self._digest.is_finite(column) and np.isfinite(ends).all() and is_noisy(recent, float(np.ptp(ends))):
            x, y = self._digest.smooth(column, across, POINTS)
        else:
            x, y = self._digest.thin(column, POINTS, across)
        return x * how.across.rate(shown.snapshots[0]), scaled(y, self.range, how.is_log)


TIMES = (EPOCH, SECONDS)  # the first columns of a table,
BAND = (2, 3, 4, 5)  # and what is drawn of it: two means, and the ends of a band
WIDTH = len(TIMES) + len(BAND)


def tabled(snapshots: Sequence[Snapshot], columns: tuple[str, str], start: int = 0, end: int | None = None) -> Floats:
    """(rows, WIDTH) of runs: epoch, seconds, the means of two columns, and one deviation below and above the second.

    Where nothing is validated, around the first. It ends with the run that ended first. start, end: the rows wanted.
    """
    histories = [snapshot.history[start:end] for snapshot in snapshots]
    seconds, first, second = (band(histories, name) for name in ("seconds", *columns))
    around = second if np.isfinite(second.mean).any() else first
    ends = around.mean - around.deviation, around.mean + around.deviation
    return np.column_stack([first.epochs, seconds.mean, first.mean, second.mean, *ends])


class Others(QGraphicsObject):
    """Draws all of them under the curves of the run in hand."""

    def __init__(self, chart: pg.PlotWidget, overlay: Overlay) -> None:
        self._box = chart.getViewBox()
        super().__init__(self._box)
        self.runs: list[Other] = []
        self._overlay = overlay
        self._colors: Colors = overlay.colors
        self._picture = QPixmap()
        self._key: Any = None
        self._version = 0
        self._drawn_at = 0.0
        self.setZValue(-5)
        self._box.sigResized.connect(self._refit)
        self._box.sigTransformChanged.connect(self._refit)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self._change()

    def show_runs(self, shown: Sequence[Drawn], how: How) -> bool:
        """Draw these, at most some of those that have gone on; whether others wait for their turn."""
        known = {run.shown.numbers: run for run in self.runs if run.shown is not None}
        runs = [known.pop(run.numbers) if run.numbers in known else Other() for run in shown]
        stale = [place for place, run in enumerate(runs) if not run.is_drawn(shown[place], how)]
        fresh = [place for place in stale if runs[place].how != how]
        going_on = [place for place in stale if place not in fresh]
        going_on.sort(key=lambda place: self._lag(runs[place], shown[place]), reverse=True)
        if time.perf_counter() - self._drawn_at < PAUSE:
            going_on = []
        now = fresh + going_on[:AT_ONCE]
        for place in now:
            runs[place].draw(shown[place], how, MOST_TAKEN // len(now))
        renamed = [(run.name, run.colour) for run in shown] != [run.shown[:2] for run in runs if run.shown is not None]
        for run, as_told in zip(runs, shown):
            if run.shown is not None:
                run.shown = as_told._replace(snapshots=run.shown.snapshots)
        if now or renamed or len(runs) != len(self.runs) or known:
            self.runs = runs
            self._drawn_at = time.perf_counter()
            self._change()
        return len(now) < len(stale) or any(run.is_behind for run in self.runs)

    @staticmethod
    def _lag(run: Other, shown: Drawn) -> float:
        """By what share of itself a run has gone on since it was drawn."""
        return shown.epochs / max(run.shown.epochs if run.shown is not None else 0, 1)

    def _change(self) -> None:
        self._version += 1
        self._overlay.beside = tuple(self._names())
        self.update()

    def _names(self) -> Iterator[Name]:
        """What stands at the curves' ends."""
        for run in self.runs:
            drawn = [curve for curve in run.curves if np.isfinite(curve[1]).any()]
            if drawn and run.shown is not None and run.shown.name:
                yield Name(run.shown.name, run_color(self._colors, run.shown.colour), drawn[-1])

    def _refit(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.rect())

    @painted
    def paint(self, painter: QPainter, *_: Any) -> None:
        if not self.runs:
            return
        frame, ratio = Frame(self._box), painter.paintEngine().paintDevice().devicePixelRatioF()
        if is_vector(painter):
            self._draw(painter)
            return
        size = frame.area.size().toSize() * ratio
        key = (size.toTuple(), ratio, frame.edges, self._version)
        if key != self._key:
            self._key = key
            self._picture = QPixmap(size)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill("transparent")
            inner = QPainter(self._picture)
            self._draw(inner)
            inner.end()
        painter.drawPixmap(frame.area.topLeft(), self._picture)

    def _draw(self, painter: QPainter) -> None:
        painter.save()
        painter.setTransform(self._box.childTransform(), True)
        washed, lined = [], []
        for run in self.runs:
            assert run.shown is not None
            color = run_color(self._colors, run.shown.colour)
            width = self._colors.curve / 2
            strokes = wash_of(color), Stroke(color, width), Stroke(color, width, is_dashed=True)
            paths = run.paths
            if is_vector(painter):
                part = self._box.viewRect()
                paths = [clipped(curve, part, stroke) for curve, stroke in zip((run.wash, *run.curves), strokes)]
            wash, *lines = zip(strokes, paths)
            washed.append(wash)
            lined += lines
        for stroke, path in washed + lined:  # no curve lies under a band
            stroke.draw(painter, path)
        painter.restore()


def wash_of(color: str) -> Stroke:
    """A band around a curve of that colour: one that lets others be seen through it."""
    ink = QColor(color)
    ink.setAlpha(WASH)
    return Stroke(ink.name(QColor.NameFormat.HexArgb), 0)


def scaled(y: Floats, shown: Range | None, is_log: bool) -> Floats:
    """Values as an axis has them; what is far beyond what it shows is brought nearer, for painters have limits."""
    low, high = shown or (0.0, 1.0)
    if is_log:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(np.maximum(y, 1e-2 * low))
    reach = FARTHEST * (high - low)
    return np.clip(y, low - reach, high + reach)
