"""A map over two knobs: the mean validation loss of each pair of values, and what the network made of the plane."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.model.experiment import Experiment
from playground.training.findings import Found
from playground.training.surface import Surface
from playground.ui.painting import painted
from playground.ui.plots.export import Table
from playground.ui.plots.search_chart import View, value_name
from playground.ui.scales import written
from playground.ui.surface import class_image, value_image
from playground.ui.theme import Colors, blend, contrast, font

INSET = 112  # pixels along a small surface
NEAR = 6


class SearchMap(QWidget):
    """A field for each pair; ``picked`` carries the place of one that was clicked, ``opened`` of one with Ctrl."""

    picked = Signal(int)
    opened = Signal(int)
    read = Signal(int)

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="Map over two knobs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._colors = colors
        self._found: Found | None = None
        self._view: View | None = None
        self._present: tuple[object, object] = (None, None)
        self._columns: list[object] = []
        self._rows: list[object] = []
        self.chosen = -1

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.update()

    def show_found(self, found: Found, view: View, experiment: Experiment | None) -> None:
        """Draw it. experiment: whose values are marked as the present ones, if some are."""
        self._found, self._view = found, view
        one, two = found.axes
        if experiment is not None:
            self._present = getattr(experiment.resolved, one.name), getattr(experiment.resolved, two.name)
        self._columns = sorted({spot.values[0] for spot in found.spots}, key=one.place)
        self._rows = sorted({spot.values[1] for spot in found.spots}, key=two.place)
        self.chosen = min(self.chosen, len(found.spots) - 1)
        self.update()

    def table(self) -> Table:
        """A pair of values a row, with its mean and how many of its runs are not sound."""
        if self._found is None or self._view is None:
            return Table(("value",), ([],))
        spots = self._found.spots
        columns = [[written(spot.values[number]) for spot in spots] for number in range(2)]
        means = [spot.mean(self._view.decides) for spot in spots]
        names = (*(axis.name for axis in self._found.axes), self._view.decides, "diverged")
        return Table(names, (*columns, means, [spot.diverged for spot in spots]))

    # where things are

    def _area(self) -> QRectF:
        metrics = QFontMetrics(font("small"))
        assert self._found is not None
        names = [value_name(self._found.axes[1], value) for value in self._rows]
        left = max((metrics.horizontalAdvance(name) for name in names), default=0) + NEAR + metrics.height() + 4
        return QRectF(self.rect()).adjusted(left, 2, -2, -2 * metrics.height() - 6)

    def _field(self, column: int, row: int) -> QRectF:
        area = self._area()
        wide, high = area.width() / len(self._columns), area.height() / len(self._rows)
        return QRectF(area.left() + column * wide, area.bottom() - (row + 1) * high, wide, high)

    def _place_of(self, spot: int) -> tuple[int, int]:
        assert self._found is not None
        across, up = self._found.spots[spot].values
        return self._columns.index(across), self._rows.index(up)

    def _at(self, pixel: QPointF) -> int:
        """The spot under the cursor; −1 where there is none."""
        if self._found is None or not self._columns:
            return -1
        for place in range(len(self._found.spots)):
            if self._field(*self._place_of(place)).contains(pixel):
                return place
        return -1

    # painting

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._found is None or self._view is None or not self._columns:
            return
        painter = QPainter(self)
        painter.setFont(font("small"))
        self._paint_fields(painter)
        self._paint_axes(painter)
        if 0 <= self.chosen < len(self._found.spots):
            seen = self._found.spots[self.chosen].surface
            if seen is not None and seen.values.ndim == 3:
                self._paint_inset(painter, seen)

    def _paint_fields(self, painter: QPainter) -> None:
        """The better, the stronger; a diamond at the best, a frame around the present pair."""
        found, view = self._found, self._view
        assert found is not None and view is not None
        means = [spot.mean(view.decides) for spot in found.spots]
        known = np.array([mean for mean in means if math.isfinite(mean)])
        # by ranks: one loss that exploded would leave nothing of the others
        order = np.sort(known if view.is_metric else -known)
        best = found.best(view.decides, view.is_metric)
        metrics = QFontMetrics(painter.font())
        for place, mean in enumerate(means):
            field = self._field(*self._place_of(place)).adjusted(0.5, 0.5, -0.5, -0.5)
            color = self._colors.plane
            if math.isfinite(mean):
                rank = np.searchsorted(order, mean if view.is_metric else -mean) / max(len(order) - 1, 1)
                color = blend(self._colors.accent, self._colors.plane, 0.06 + 0.84 * float(rank) ** 1.5)
            painter.fillRect(field, QColor(color))
            inks = (self._colors.text, self._colors.on_accent)
            painter.setPen(QColor(max(inks, key=lambda ink: contrast(ink, color))))
            text = written(float(f"{mean:.3g}")) if math.isfinite(mean) else "–" if found.spots[place].diverged else ""
            text = text if metrics.horizontalAdvance(text) < field.width() else ""
            painter.drawText(field, Qt.AlignmentFlag.AlignCenter, ("◆ " if place == best else "") + text)
            if found.spots[place].values == self._present:
                painter.setPen(QPen(QColor(self._colors.text), 2, Qt.PenStyle.DashLine))
                painter.drawRect(field.adjusted(1, 1, -1, -1))
            if place == self.chosen:
                painter.setPen(QPen(QColor(self._colors.text), 2))
                painter.drawRect(field.adjusted(1, 1, -1, -1))

    def _paint_axes(self, painter: QPainter) -> None:
        assert self._found is not None
        one, two = self._found.axes
        metrics, area = QFontMetrics(painter.font()), self._area()
        painter.setPen(QColor(self._colors.muted))
        for column, value in enumerate(self._columns):
            box = self._field(column, 0)
            name = metrics.elidedText(value_name(one, value), Qt.TextElideMode.ElideRight, int(box.width()) - 2)
            where = QRectF(box.left(), area.bottom() + 2, box.width(), metrics.height())
            painter.drawText(where, Qt.AlignmentFlag.AlignHCenter, name)
        for row, value in enumerate(self._rows):
            box = self._field(0, row)
            where = QRectF(0, box.top(), area.left() - NEAR, box.height())
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value_name(two, value))
        below = QRectF(area.left(), area.bottom() + metrics.height() + 2, area.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, _title(one))
        painter.save()
        painter.translate(metrics.height() / 2 + 1, area.center().y())
        painter.rotate(-90)
        beside = QRectF(-area.height() / 2, -metrics.height() / 2, area.height(), metrics.height())
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, _title(two))
        painter.restore()

    def _paint_inset(self, painter: QPainter, seen: Surface) -> None:
        """What the network made of the plane there, in the corner away from the cursor."""
        area, side = self._area(), min(INSET, int(self._area().height() * 0.6))
        column, _ = self._place_of(self.chosen)
        left = area.left() + 4 if column >= len(self._columns) / 2 else area.right() - side - 4
        box = QRectF(left, area.top() + 4, side, side)
        if seen.values.shape[2] > 1:
            image = class_image(seen.values, self._colors)
        else:
            values = seen.values[:, :, 0]
            reach = max(2.5 * float(values.std()), 1e-12)
            image = value_image(values, float(values.mean()) - reach, float(values.mean()) + reach, self._colors)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(box, image)
        painter.setPen(QPen(QColor(self._colors.edge), 1))
        painter.drawRect(box)

    # the hand

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(self._at(event.position()))

    def leaveEvent(self, event: object) -> None:
        self._choose(-1)

    def _choose(self, place: int) -> None:
        if place != self.chosen:
            self.chosen = place
            self.update()
        self.read.emit(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            opens = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.opened if opens else self.picked).emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        if self._found is None or not self._found.spots:
            super().keyPressEvent(event)
        elif event.key() in ways:
            column, row = self._place_of(max(self.chosen, 0))
            across, up = ways[Qt.Key(event.key())]
            wanted = column + across, row + up
            places = {self._place_of(place): place for place in range(len(self._found.spots))}
            self._choose(places.get(wanted, max(self.chosen, 0)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen >= 0:
            opens = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.opened if opens else self.picked).emit(self.chosen)
        else:
            super().keyPressEvent(event)


def _title(axis: object) -> str:
    knob = axis.declared.knob  # type: ignore[attr-defined]
    return f"{knob.label.lower()} {knob.symbol}".strip()
