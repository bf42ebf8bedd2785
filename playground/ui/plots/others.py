"""The runs that another is seen against: thin, in their colours, and a picture until they or the view change."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QGraphicsObject

from playground.kernels.columns import COLUMNS
from playground.training.snapshot import Snapshot
from playground.ui.plots.across import Across
from playground.ui.plots.lines import Curve, Stroke, clipped, is_vector, path_of
from playground.ui.plots.overlay import Frame, Name, Overlay, placed
from playground.ui.plots.ranges import Range, loss_range
from playground.ui.plots.series import RECENT, Digest, is_noisy
from playground.ui.scene import Shown
from playground.ui.theme import Colors, font, run_color

AT_ONCE = 2  # runs that are drawn anew in a frame, if several go on,
PAUSE = 0.03  # and seconds until the next frame that does
POINTS = 256  # buckets of a thin curve
FARTHEST = 100.0  # times what an axis needs, beyond which it does not matter where a curve is

Floats = NDArray[np.float64]


class How(NamedTuple):
    """How a run is drawn: the columns for training and validation, and the axes."""

    columns: tuple[str, str]
    across: Across
    is_log: bool


class Other:
    """A run that is laid over, as it was drawn last."""

    def __init__(self) -> None:
        self.shown: Shown | None = None
        self.how: How | None = None
        self.range: Range | None = None
        self.series: list[Floats] = []
        self.curves: list[Curve] = []
        self.paths: list[QPainterPath] = []
        self._digest = Digest()

    def is_drawn(self, shown: Shown, how: How) -> bool:
        """Whether that is what it shows."""
        return self.shown is not None and self.shown.snapshot is shown.snapshot and self.how == how

    def draw(self, shown: Shown, how: How) -> None:
        """Make its curves."""
        self.shown, self.how = shown, how
        self._digest.follow(shown.snapshot.history)
        columns = [COLUMNS.index(name) for name in how.columns]
        self.series = [self._digest.thin(column, POINTS)[1] for column in columns]
        self.range = loss_range(self.series, how.is_log)
        self.curves = [self._curve(shown.snapshot, column, how) for column in columns]
        self.paths = [path_of(curve) for curve in self.curves]

    def _curve(self, snapshot: Snapshot, column: int, how: How) -> Curve:
        """Thinned, or smoothed if it is noisy."""
        recent = scaled(snapshot.history[-RECENT:, column], self.range, how.is_log)
        ends = scaled(np.array(self.range or (0.0, 0.0)), self.range, how.is_log)
        if self._digest.is_finite(column) and is_noisy(recent, float(np.ptp(ends))):
            x, y = self._digest.smooth(column, how.across.column, POINTS)
        else:
            x, y = self._digest.thin(column, POINTS, how.across.column)
        return x * how.across.rate(snapshot), scaled(y, self.range, how.is_log)


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

    def show_runs(self, shown: Sequence[Shown], how: How) -> bool:
        """Draw these, at most some of those that have gone on; whether others wait for their turn."""
        known = {run.shown.snapshot.run: run for run in self.runs if run.shown is not None}
        runs = [known.pop(run.snapshot.run) if run.snapshot.run in known else Other() for run in shown]
        stale = [place for place, run in enumerate(runs) if not run.is_drawn(shown[place], how)]
        fresh = [place for place in stale if runs[place].how != how]
        going_on = [place for place in stale if place not in fresh]
        going_on.sort(key=lambda place: self._lag(runs[place], shown[place]), reverse=True)
        if time.perf_counter() - self._drawn_at < PAUSE:
            going_on = []
        for place in (now := fresh + going_on[:AT_ONCE]):
            runs[place].draw(shown[place], how)
        renamed = [(run.name, run.colour) for run in shown] != [run.shown[:2] for run in runs if run.shown is not None]
        for run, as_told in zip(runs, shown):
            if run.shown is not None:
                run.shown = as_told._replace(snapshot=run.shown.snapshot)
        if now or renamed or len(runs) != len(self.runs) or known:
            self.runs = runs
            self._drawn_at = time.perf_counter()
            self._change()
        return len(now) < len(stale)

    @staticmethod
    def _lag(run: Other, shown: Shown) -> float:
        """By what share of itself a run has gone on since it was drawn."""
        drawn = len(run.shown.snapshot.history) if run.shown is not None else 0
        return len(shown.snapshot.history) / max(drawn, 1)

    def _change(self) -> None:
        self._version += 1
        self.update()

    def _refit(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.rect())

    def paint(self, painter: QPainter, *_: Any) -> None:
        if not self.runs:
            self._overlay.taken = ()
            return
        frame, ratio = Frame(self._box), painter.device().devicePixelRatio()
        if is_vector(painter):
            self._draw(painter, frame)
            return
        size = frame.area.size().toSize() * ratio
        key = (size.toTuple(), ratio, frame.edges, self._version)
        if key != self._key:
            self._key = key
            self._picture = QPixmap(size)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill("transparent")
            inner = QPainter(self._picture)
            self._draw(inner, frame)
            inner.end()
        painter.drawPixmap(frame.area.topLeft(), self._picture)

    def _draw(self, painter: QPainter, frame: Frame) -> None:
        names = []
        painter.save()
        painter.setTransform(self._box.childTransform(), True)
        for run in self.runs:
            assert run.shown is not None
            color = run_color(self._colors, run.shown.colour)
            strokes = Stroke(color), Stroke(color, is_dashed=True)
            paths = run.paths
            if is_vector(painter):
                part = self._box.viewRect()
                paths = [clipped(curve, part, stroke) for curve, stroke in zip(run.curves, strokes)]
            for stroke, path in zip(strokes, paths):
                stroke.draw(painter, path)
            drawn = [curve for curve in run.curves if np.isfinite(curve[1]).any()]
            if drawn and run.shown.name:
                names.append(Name(run.shown.name, color, drawn[-1]))
        painter.restore()
        painter.setFont(font("small"))
        boxes: list[QRectF] = []
        for name, box in placed(names, frame, painter, boxes, ()):
            self._overlay.write(painter, box, name.text, name.color)
        self._overlay.taken = tuple(boxes)


def scaled(y: Floats, shown: Range | None, is_log: bool) -> Floats:
    """Values as an axis has them; what is far beyond what it shows is brought nearer, for painters have limits."""
    low, high = shown or (0.0, 1.0)
    if is_log:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(np.maximum(y, 1e-2 * low))
    reach = FARTHEST * (high - low)
    return np.clip(y, low - reach, high + reach)
