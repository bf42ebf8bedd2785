"""The coefficients of a linear model along λ, and below them what each λ comes to."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.training.paths import Path
from playground.ui.painting import painted
from playground.ui.plots.chart import Chart, pen
from playground.ui.plots.export import Export, Table
from playground.ui.plots.lines import Curve, Lines, Stroke
from playground.ui.plots.race import spread, value_axis
from playground.ui.plots.units import hue
from playground.ui.scales import ceiling, figures, written
from playground.ui.theme import Colors, font

NAMES = 120  # pixels at the right, for names
MOST_NAMES = 8  # of the largest coefficients
MOST_LINES = 40  # that have hues of their own
LEADER = 10
MARK = 6.0
SPARSE = 0.5  # as many numbers as usual at a low chart's axis


class PathsView(QWidget):
    """Two charts over the same λ; ``picked`` carries the place of one that was clicked, ``opened`` of one with Ctrl."""

    picked = Signal(int)
    opened = Signal(int)
    read = Signal(str)  # what is under the cursor, in words

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="Coefficients along λ")
        self.path: Path | None = None
        self.coefficients, self.errors = CoefficientChart(colors), ErrorChart(colors)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.coefficients, 3)
        column.addWidget(self.errors, 2)
        for chart in (self.coefficients, self.errors):
            chart.chosen_at.connect(self._choose)
            chart.taken.connect(self._take)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        for chart in (self.coefficients, self.errors):
            chart.set_colors(colors)

    def show_path(self, path: Path) -> None:
        """Draw it."""
        if path is not self.path:
            self.path = path
            for chart in (self.coefficients, self.errors):
                chart.show_path(path)

    def table(self) -> Table:
        """A λ a row, a coefficient a column."""
        return self.coefficients.table()

    def _choose(self, place: int) -> None:
        for chart in (self.coefficients, self.errors):
            chart.mark(place)
        self.read.emit(self.told(self.path, place) if self.path is not None and place >= 0 else "")

    def _take(self, place: int, opens: bool) -> None:
        if self.path is not None and 0 <= place < len(self.path.strengths):
            (self.opened if opens else self.picked).emit(place)

    @staticmethod
    def told(path: Path, place: int, opening: str = "") -> str:
        """A place in words, with scikit-learn's name for it."""
        zeros, count = int(path.zeros[place]), len(path.names)
        error = path.val[place] if math.isfinite(path.val[place]) else path.train[place]
        strength = written(float(f"{path.strengths[place]:.3g}"))
        text = f"{opening}λ {strength}: {figures(error)}, {zeros} of {count} are 0; {path.elsewhere(place)}"
        return text

    @staticmethod
    def question(path: Path) -> str:
        """What the picture answers."""
        if path.twins is None:
            return "Which coefficients does λ leave?"
        if path.others is None:
            return "Equal features share their weight: there is one solution."
        return "Equal features: only their sum is settled (dashed: as good)."


class PathChart(Chart):
    """A chart over λ, on a log scale."""

    chosen_at = Signal(int)
    taken = Signal(int, bool)

    def __init__(self, colors: Colors, across: str, up: str) -> None:
        super().__init__(colors, across, up)
        self._path: Path | None = None
        self.chosen = -1
        self._pressed: QPointF | None = None
        self.getAxis("bottom").setLogMode(True, False)
        self.getPlotItem().setContentsMargins(0, 4, NAMES, 2)
        self.pointed.connect(lambda place: self.chosen_at.emit(-1 if place is None else self._nearest(place[0])))

    def show_path(self, path: Path) -> None:
        """Draw it."""
        self._path = path
        self.forget_ranges()
        self._draw()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        super().set_colors(colors)
        if getattr(self, "_path", None) is not None:
            self._draw()

    def mark(self, place: int) -> None:
        """Mark the place that is under the cursor in either chart."""
        if place != self.chosen:
            self.chosen = place
            self.viewport().update()

    def _draw(self) -> None:
        raise NotImplementedError

    @property
    def _x(self) -> np.ndarray:
        assert self._path is not None
        return np.log10(self._path.strengths)

    def _add(self, strokes: list[Stroke], curves: list[Curve], height: int = 1) -> None:
        lines = Lines(strokes, self.colors.window)
        lines.set_curves(curves)
        lines.setZValue(height)
        self.addItem(lines, ignoreBounds=True)

    def _add_present(self, low: float, high: float) -> None:
        assert self._path is not None
        if self._path.present > 0:
            x = np.full(2, math.log10(self._path.present))
            self._add([Stroke(self.colors.muted, 1.0, True)], [(x, np.array([low, high]))], -2)

    def _nearest(self, x: float) -> int:
        return int(np.abs(self._x - x).argmin()) if self._path is not None else -1

    def _ends(self) -> tuple[float, float]:
        x = self._x
        return float(x.min()), float(x.max())

    @painted
    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        if self._path is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font("small"))
        area = self.getViewBox().sceneBoundingRect()
        if 0 <= self.chosen < len(self._path.strengths):
            x = self.getViewBox().mapViewToScene(QPointF(float(self._x[self.chosen]), 0)).x()
            painter.setPen(pen(self.colors.edge))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        self._paint(painter, area)

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        """Names and marks."""

    def _name(self, painter: QPainter, ends: list[tuple[float, str, str]], area: QRectF) -> None:
        """Names beside heights, each in its colour."""
        metrics = QFontMetrics(painter.font())
        heights = spread([y for y, _, _ in ends], metrics.height() - 1, area.top() + 6, area.bottom() - 4)
        for (_, name, color), height in zip(ends, heights):
            painter.setPen(QColor(color))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, NAMES - LEADER - 2)
            place = QRectF(area.right() + LEADER, height - metrics.height() / 2, NAMES, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)

    # the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        super().mouseReleaseEvent(event)
        place = self.place(event.position())
        if pressed is not None and place is not None and (event.position() - pressed).manhattanLength() <= 4:
            opens = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.taken.emit(self._nearest(place[0]), opens)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: 1, Qt.Key.Key_Right: -1}  # strengths fall
        count = len(self._path.strengths) if self._path is not None else 0
        if event.key() in steps and count:
            self.chosen_at.emit(min(max(self.chosen + steps[Qt.Key(event.key())], 0), count - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen >= 0:
            self.taken.emit(self.chosen, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)


class CoefficientChart(PathChart):
    """A line for each coefficient; on top how many are 0."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(colors, "", "coefficient")
        self.setAccessibleName("Coefficients along λ")
        self.export = Export(self, "paths", lambda: "Coefficients along λ", self.table, colors)

    def _draw(self) -> None:
        path = self._path
        assert path is not None
        self.clear()
        metrics = QFontMetrics(font("small"))
        self.getPlotItem().setContentsMargins(0, metrics.height() + 2, NAMES, 2)
        self.getAxis("bottom").setStyle(showValues=False)
        self.getAxis("bottom").setHeight(4)
        both = [path.coefficients] + ([path.others] if path.others is not None else [])
        size = max(ceiling(max(float(np.abs(found).max()) for found in both)), 1e-12)
        low = -size if min(float(found.min()) for found in both) < 0 else 0.0
        self.look(self._ends(), (low, size))
        self._add_present(low, size)
        x = self._x[::-1]
        self._add([Stroke(self.colors.muted, 1.0)], [(self._x[[-1, 0]], np.zeros(2))], 0)
        strokes = [Stroke(self._ink(number), 0.75 * self.colors.curve) for number in range(len(path.names))]
        self._add(strokes, [(x, column) for column in np.ascontiguousarray(path.coefficients[::-1].T)])
        if path.others is not None and path.twins is not None:
            for name in path.twins:
                number = path.names.index(name)
                stroke = Stroke(self._ink(number), self.colors.curve, True)
                self._add([stroke], [(x, np.ascontiguousarray(path.others[::-1, number]))], 2)
        self.viewport().update()

    def _ink(self, number: int) -> str:
        assert self._path is not None
        count = len(self._path.names)
        return hue(number, count, self.colors) if count <= MOST_LINES else self.colors.training

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        path, box = self._path, self.getViewBox()
        assert path is not None
        metrics = QFontMetrics(painter.font())
        # the smallest λ stands at the left: names go to the right, to the heights of their lines there
        sizes = np.abs(path.coefficients[-1])
        largest = np.argsort(-sizes)[:MOST_NAMES]
        ends = []
        for number in largest[sizes[largest] > 0]:
            y = box.mapViewToScene(QPointF(0, float(path.coefficients[-1, number]))).y()
            ends.append((y, path.names[number], self._ink(int(number))))
        self._name(painter, ends, area)
        painter.setPen(QColor(self.colors.muted))
        step = max(1, round(len(path.strengths) / max(area.width() / 44, 1)))
        for place in range(step // 2, len(path.strengths), step):
            x = box.mapViewToScene(QPointF(float(self._x[place]), 0)).x()
            where = QRectF(x - 20, area.top() - metrics.height() - 1, 40, metrics.height())
            painter.drawText(where, Qt.AlignmentFlag.AlignHCenter, str(int(path.zeros[place])))
        where = QRectF(area.right() + LEADER, area.top() - metrics.height() - 1, NAMES, metrics.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignLeft, "are exactly 0")

    def table(self) -> Table:
        """A λ a row, a coefficient a column."""
        path = self._path
        if path is None:
            return Table(("lambda",), ([],))
        columns = [path.strengths.tolist(), path.alphas.tolist(), path.train.tolist(), path.val.tolist()]
        names = ("lambda", "alpha_in_scikit_learn", "train_squared_error", "val_squared_error", *path.names)
        return Table(names, (*columns, *path.coefficients.T.tolist()))


class ErrorChart(PathChart):
    """Training and validation error along λ, with the best marked."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(colors, "", "error")
        self.setAccessibleName("Errors along λ")
        self._is_log = False

    def _draw(self) -> None:
        path = self._path
        assert path is not None
        self.clear()
        self.getAxis("left").setTickDensity(SPARSE)
        (low, high), self._is_log = value_axis([path.train, path.val])
        self.getAxis("left").setLogMode(False, self._is_log)
        low, high = self._scaled(np.array([low, high])).tolist()
        self.look(self._ends(), (low, high))
        self._add_present(low, high)
        x = self._x[::-1]
        self._add([Stroke(self.colors.training, 0.75 * self.colors.curve)], [(x, self._scaled(path.train[::-1]))])
        if np.isfinite(path.val).any():
            self._add([Stroke(self.colors.validation, self.colors.curve, True)], [(x, self._scaled(path.val[::-1]))])
        self.viewport().update()

    def _scaled(self, y: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(y, 1e-300)) if self._is_log else y

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        path, box = self._path, self.getViewBox()
        assert path is not None
        ends = []
        for column, name, color in (
            (path.train, "training", self.colors.training),
            (path.val, "validation", self.colors.validation),
        ):
            if np.isfinite(column[0]):
                y = box.mapViewToScene(QPointF(0, float(self._scaled(column[:1])[0]))).y()
                ends.append((y, name, color))
        self._name(painter, ends, area)
        known = path.val if np.isfinite(path.val).any() else path.train
        y = float(self._scaled(known[path.best : path.best + 1])[0])
        point = box.mapViewToScene(QPointF(float(self._x[path.best]), y))
        painter.setPen(QPen(QColor(self.colors.window), 1))
        painter.setBrush(QColor(self.colors.best))
        painter.drawPolygon([point + QPointF(*step) for step in ((0, -MARK), (MARK, 0), (0, MARK), (-MARK, 0))])
