"""The fits of a measurement as pictures: laid over each other with their mean, and how far they are spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.training.bias_variance import Measurement, Picture
from playground.ui.border import joined
from playground.ui.painting import painted
from playground.ui.plots.export import Table
from playground.ui.plots.lines import DASHES
from playground.ui.surface import class_image, decision_lines, value_image
from playground.ui.theme import Colors, blend, font

GAP = 12  # pixels between the two pictures
MOST_FITS = 60  # that are laid over each other
HEADING = 18  # pixels over a picture
NOTHING = "The fits are drawn here once they are measured."
NO_PLANE = "Fits are drawn of points of one or two features."
SCALE = 2.5  # standard deviations of the mean's own values, that the colours of values span


class FitsView(QWidget):
    """Over one feature curves, over two the borders between classes or the mean's values; beside them the spread."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="The fits, their mean and their spread")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._colors = colors
        self._measured: Measurement | None = None
        self._lines: list[NDArray[np.float64]] = []  # the borders of each fit, in columns and rows
        self._mean_lines = self._truth_lines = np.empty((0, 4))

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.update()

    def show_measurement(self, measured: Measurement | None) -> None:
        """Draw this one; None draws nothing."""
        if measured is self._measured:
            return
        self._measured = measured
        picture = measured.picture if measured is not None else None
        self._lines, self._mean_lines, self._truth_lines = [], np.empty((0, 4)), np.empty((0, 4))
        if picture is not None and picture.mean.ndim == 3 and picture.mean.shape[2] > 1:
            self._lines = [decision_lines(fit) for fit in picture.fits[:MOST_FITS]]
            self._mean_lines = decision_lines(picture.mean)
            self._truth_lines = decision_lines(picture.truth) if picture.truth is not None else np.empty((0, 4))
        self.setAccessibleDescription(f"{len(picture.fits)} fits" if picture is not None else "no fits")
        self.update()

    def table(self) -> Table:
        """A place of the plane a row, or of the one feature: what each fit answers there, their mean and their spread;
        of classes the probability of the last."""
        picture = self._measured.picture if self._measured is not None else None
        if picture is None:
            return Table(("x",), ([],))
        x_low, x_high, y_low, y_high = picture.extent
        rows = picture.spread.shape
        axes = [np.linspace(x_low, x_high, rows[-1])]
        if len(rows) == 2:
            axes = [grid.ravel() for grid in np.meshgrid(axes[0], np.linspace(y_low, y_high, rows[0]))]
        answers = {f"fit {number + 1}": fit for number, fit in enumerate(picture.fits)} | {"mean": picture.mean}
        if picture.truth is not None:
            answers["truth"] = picture.truth.reshape(picture.mean.shape)
        found = dict(zip("xy", axes)) | {name: values[..., -1].ravel() for name, values in answers.items()}
        found["spread"] = picture.spread.ravel()
        return Table(tuple(found), tuple(values.tolist() for values in found.values()))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        measured = self._measured
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font("small"))
        if measured is None or measured.picture is None:
            painter.setPen(QColor(self._colors.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, NOTHING if measured is None else NO_PLANE)
            return
        if measured.picture.mean.ndim == 2:
            self._paint_curves(painter, measured.picture)
        else:
            self._paint_planes(painter, measured.picture)

    def _heading(self, painter: QPainter, box: QRectF, text: str) -> None:
        painter.setPen(QColor(self._colors.muted))
        metrics = QFontMetrics(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(
            QRectF(box.left(), box.top() - HEADING, box.width(), HEADING), Qt.AlignmentFlag.AlignLeft, shown
        )

    # over one feature

    def _paint_curves(self, painter: QPainter, picture: Picture) -> None:
        """Each fit thin, their mean thick, the truth dashed; below them how far they are spread."""
        whole = QRectF(self.rect()).adjusted(0, HEADING, -1, -1)
        high = round((whole.height() - HEADING) * 0.72)
        upper = QRectF(whole.left(), whole.top(), whole.width(), high)
        lower = QRectF(whole.left(), upper.bottom() + HEADING + 2, whole.width(), whole.height() - high - HEADING - 2)
        is_values = picture.mean.shape[1] == 1
        column = 0 if is_values else 1
        bounds = picture.extent[2:] if is_values else (-0.05, 1.05)
        truth = " dashed the truth" if picture.truth is not None else ""
        self._heading(painter, upper, f"{len(picture.fits)} fits, bold their mean{',' if truth else ''}{truth}")
        for box in (upper, lower):
            painter.fillRect(box, QColor(self._colors.plane))
        ink = self._colors.classes[0]
        painter.setClipRect(upper)
        for fit in picture.fits[:MOST_FITS]:
            self._curve(painter, upper, fit[:, column], bounds, QPen(QColor(blend(ink, self._colors.plane, 0.45)), 1))
        self._curve(
            painter, upper, picture.mean[:, column], bounds, QPen(QColor(self._colors.text), self._colors.curve + 0.5)
        )
        if picture.truth is not None:
            dashed = QPen(QColor(self._colors.classes[1]), self._colors.curve)
            dashed.setDashPattern([length / dashed.widthF() for length in DASHES])
            self._curve(painter, upper, picture.truth.reshape(len(picture.mean), -1)[:, column], bounds, dashed)
        painter.setClipRect(lower)
        most = max(float(np.nanmax(picture.spread)), 1e-12)
        across = np.linspace(lower.left(), lower.right(), len(picture.spread))
        down = lower.bottom() - picture.spread / most * (lower.height() - 4)
        area = QPolygonF([QPointF(x, y) for x, y in zip(across.tolist(), down.tolist())])
        area.append(lower.bottomRight())
        area.append(lower.bottomLeft())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(blend(ink, self._colors.plane, 0.6)))
        painter.drawPolygon(area)
        painter.setClipping(False)
        self._heading(painter, lower, f"their spread, one standard deviation, up to {most:.2g}")
        self._frame(painter, upper, lower)

    @staticmethod
    def _curve(painter: QPainter, box: QRectF, y: NDArray[np.float32], bounds: tuple[float, float], ink: QPen) -> None:
        low, high = bounds
        across = np.linspace(box.left(), box.right(), len(y))
        # far outside painters have limits
        down = box.bottom() - np.clip((y - low) / (high - low), -3, 4) * box.height()
        painter.setPen(ink)
        painter.drawPolyline(QPolygonF([QPointF(x, value) for x, value in zip(across.tolist(), down.tolist())]))

    def _frame(self, painter: QPainter, *boxes: QRectF) -> None:
        painter.setPen(QPen(QColor(self._colors.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for box in boxes:
            painter.drawRect(box)

    # over two

    def _paint_planes(self, painter: QPainter, picture: Picture) -> None:
        side = min((self.width() - GAP) / 2, self.height() - HEADING - 1)
        left = (self.width() - 2 * side - GAP) / 2
        one = QRectF(left, HEADING, side, side)
        two = QRectF(left + side + GAP, HEADING, side, side)
        is_classes = picture.mean.shape[2] > 1
        if is_classes:
            painter.drawImage(one, class_image(picture.mean, self._colors))
            truth = ", dashed the best" if picture.truth is not None else ""
            self._heading(painter, one, f"{len(picture.fits)} borders{truth}")
            faint = QColor(self._colors.text)
            faint.setAlphaF(0.28)
            for lines in self._lines:
                self._draw_lines(painter, one, lines, picture, QPen(faint, 1))
            self._draw_lines(
                painter, one, self._mean_lines, picture, QPen(QColor(self._colors.text), self._colors.curve)
            )
            dashed = QPen(QColor(self._colors.accent), self._colors.curve, Qt.PenStyle.DashLine)
            self._draw_lines(painter, one, self._truth_lines, picture, dashed)
        else:
            values = picture.mean[:, :, 0]
            reach = max(SCALE * float(values.std()), 1e-12)
            middle = float(values.mean())
            painter.drawImage(one, value_image(values, middle - reach, middle + reach, self._colors))
            self._heading(painter, one, f"mean of {len(picture.fits)} fits")
        most = max(float(np.nanmax(picture.spread)), 1e-12)
        painter.drawImage(two, value_image(picture.spread, -most, most, self._colors))
        self._heading(painter, two, f"their spread, up to {most:.2g}")
        self._frame(painter, one, two)

    @staticmethod
    def _draw_lines(painter: QPainter, box: QRectF, lines: NDArray[np.float64], picture: Picture, ink: QPen) -> None:
        if not len(lines):
            return
        rows, columns = picture.mean.shape[:2]
        scale = np.array([box.width() / (columns - 1), -box.height() / (rows - 1)])
        painter.setPen(ink)
        for line in joined(lines):  # in one, for a dash goes on across its pieces
            placed = line * scale + (box.left(), box.bottom())
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in placed.tolist()]))
