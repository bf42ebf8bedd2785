"""What stands around the plane: ticks, names of the axes, the key to the marks, and a word on projections."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from playground.model.dataset import Dataset
from playground.model.plane import Pair, Plane
from playground.ui import extent as extents
from playground.ui.frame import Frame
from playground.ui.key import Key
from playground.ui.marks import Marks
from playground.ui.strokes import Shown
from playground.ui.theme import Colors, font

LEFT, TOP, RIGHT = 52, 8, 8  # room around the plane, in pixels; below it depends on the lines
TICK = 4
CENTRE = Qt.AlignmentFlag.AlignHCenter
SPACING = 88  # between two ticks, about


class Axes:
    """Paints the surroundings in one theme's colours."""

    def __init__(self, colors: Colors) -> None:
        self._colors = colors
        self._key = Key(colors)

    @classmethod
    def width_for(cls, height: int, plane: Plane | None) -> int:
        """The width at which the square is as high as that height allows."""
        return LEFT + RIGHT + max(height - TOP - cls._below(plane), 32)

    @staticmethod
    def _below(plane: Plane | None) -> int:
        """Pixels of the lines under the plane."""
        line = QFontMetrics(font("small")).height() + 4
        return (4 if plane is not None and plane.is_projection else 3) * line + 8

    @classmethod
    def room(cls, width: int, height: int, plane: Plane | None) -> QRectF:
        """The largest square that leaves room for what stands around it."""
        side = max(min(width - LEFT - RIGHT, height - TOP - cls._below(plane)), 32)
        return QRectF(LEFT + max(width - LEFT - RIGHT - side, 0) // 2, TOP, side, side)

    @staticmethod
    def titles(area: QRectF) -> tuple[QRectF, QRectF]:
        """Where the names of the two axes stand around that square."""
        line = QFontMetrics(font("small")).height()
        return (
            QRectF(area.left(), area.bottom() + TICK + line + 2, area.width(), line),
            QRectF(area.left() - LEFT + 2, area.top(), line, area.height()),
        )

    def paint(
        self,
        painter: QPainter,
        frame: Frame,
        shown: Shown | None,
        plane: Plane | None,
        marks: Marks,
        pair: Pair | None = None,
    ) -> None:
        """All of it. pair: the two features that are shown, where it is not the dataset's own plane."""
        painter.setFont(font("small"))
        data = shown.data if shown is not None else None
        self._paint_ticks(painter, frame, data)
        if shown is None or plane is None:
            return
        line = QFontMetrics(painter.font()).height()
        area = frame.area
        across, up = _names(shown.data, pair)
        box, _ = self.titles(area)
        self._write(painter, box, across, self._colors.text)
        painter.save()
        painter.translate(area.left() - LEFT, area.bottom())
        painter.rotate(-90)
        self._write(painter, QRectF(0, 2, area.height(), line), up, self._colors.text)
        painter.restore()
        box = QRectF(area.left(), box.bottom() + 8, area.width(), line + 4)
        self._key.paint(painter, box, shown, marks)
        if plane.is_projection:
            text = f"{_share(plane)} of the variance; the surface is a slice through the mean"
            if pair is not None:
                where = "the selected point's values" if pair.at_point else "their medians"
                text = f"the surface is a slice; the other {len(plane.origin) - 2} features stand at {where}"
            self._write(painter, box.translated(0, line + 4), text, self._colors.muted)

    def _paint_ticks(self, painter: QPainter, frame: Frame, data: Dataset | None) -> None:
        area, view = frame.area, frame.extent
        line = QFontMetrics(painter.font()).height()
        count = max(2, int(area.width() // SPACING))
        painter.setPen(QPen(QColor(self._colors.muted), 1))
        for value in extents.ticks(view.x_low, view.x_high, count):
            x = frame.pixel(value, view.y_low).x()
            painter.drawLine(QLineF(x, area.bottom() + 1, x, area.bottom() + TICK))
            box = QRectF(x - SPACING / 2, area.bottom() + TICK + 2, SPACING, line)
            painter.drawText(box, CENTRE, extents.label(value, view.x_low, view.x_high))
        if data is not None and data.features == 1 and data.is_classification:
            return  # the classes stand in lanes, whose height means nothing
        beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in extents.ticks(view.y_low, view.y_high, count):
            y = frame.pixel(view.x_low, value).y()
            painter.drawLine(QLineF(area.left() - TICK, y, area.left() - 1, y))
            box = QRectF(area.left() - TICK - LEFT, y - line / 2, LEFT - 2, line)
            painter.drawText(box, beside, extents.label(value, view.y_low, view.y_high))

    def _write(self, painter: QPainter, box: QRectF, text: str, color: str) -> None:
        metrics = QFontMetrics(painter.font())
        painter.setPen(QColor(color))
        painter.drawText(box, CENTRE, metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width())))


def explain(plane: Plane, pair: Pair | None = None) -> str:
    """What a projection shows and what it does not."""
    if pair is not None:
        where = "those of the point that was selected" if pair.at_point else "their medians or most frequent levels"
        return (
            f"Two of {len(plane.origin)} features. The surface is a slice on which all others have the same values, "
            f"{where}: a point that has others there may be judged otherwise than the colour under it says."
        )
    return (
        f"Points are projected on their first two principal components, which hold {_share(plane)} of the variance. "
        "The surface is a slice through their mean: a point that lies off the slice may be judged otherwise than the "
        "colour under it says."
    )


def _share(plane: Plane) -> str:
    return f"{100 * sum(plane.explained):.0f} %"


def _names(data: Dataset, pair: Pair | None) -> tuple[str, str]:
    """What the two axes are; an arrow where there is a choice."""
    if pair is not None:
        return f"{data.feature_names[pair.x]} ▾", f"{data.feature_names[pair.y]} ▾"
    if data.plane.is_projection:
        return "first principal component ▾", "second principal component ▾"
    if data.features > 1:
        return data.feature_names[0], data.feature_names[1]
    target = data.encoding.target if data.encoding is not None else "target"
    return data.feature_names[0], "" if data.is_classification else target
