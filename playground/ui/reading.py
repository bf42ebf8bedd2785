"""How the surface is read: as the answer itself, as how sure it is, or as what two runs answer differently."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QActionGroup, QColor, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QMenu, QWidget

from playground.model.dataset import Dataset
from playground.training.surface import CONFIDENCE, DIFFERENCE, Surface, confidence, difference
from playground.ui.scales import figures
from playground.ui.scene import Scene, Shown
from playground.ui.surface import strength_image, value_image
from playground.ui.theme import Colors, font

ANSWER = ""
BAR = 96  # pixels of the colour scale


class Scale(NamedTuple):
    """What the colours of a reading mean: words, the values at both ends, and whether they stand for more and less."""

    title: str
    low: float
    high: float
    ends: tuple[str, str]
    is_signed: bool = False

    @classmethod
    def of(cls, surface: Surface, data: Dataset | None) -> Scale:
        """Of a surface that is read so."""
        if surface.reading == CONFIDENCE:
            least = 1 / max(len(data.class_names) if data is not None else 2, 2)
            return cls("How sure", least, 1.0, (f"{100 * least:.0f} %", "100 %"))
        if data is not None and len(data.class_names) > 2:
            return cls("Disagreement", 0.0, 1.0, ("0", "1"))
        if data is not None and data.is_classification:
            return cls(f"Difference, p({data.class_names[-1]})", -1.0, 1.0, ("−1", "1"), True)
        most = float(np.abs(surface.values).max(initial=1e-12, where=np.isfinite(surface.values)))
        return cls("Difference", -most, most, (figures(-most), figures(most)), True)

    def image(self, values: np.ndarray, colors: Colors) -> QImage:
        """(rows, columns) values as a picture, row 0 lowest."""
        make = value_image if self.is_signed else strength_image
        return make(values, self.low, self.high, colors)

    def paint(self, painter: QPainter, area: QRectF, colors: Colors) -> None:
        """A small key in the area's upper left corner."""
        painter.setFont(font("small"))
        metrics = QFontMetrics(painter.font())
        words = [metrics.horizontalAdvance(text) for text in (self.title, *self.ends)]
        box = QRectF(area.left() + 8, area.top() + 8, sum(words) + BAR + 40, metrics.height() + 8)
        ground = QColor(colors.panel)
        ground.setAlpha(235)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.line), 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor(colors.text))
        left, flags = box.left() + 8, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(left, box.top(), words[0] + 2, box.height()), flags, self.title)
        left += words[0] + 12
        painter.setPen(QColor(colors.muted))
        painter.drawText(QRectF(left, box.top(), words[1] + 2, box.height()), flags, self.ends[0])
        left += words[1] + 6
        bar = QRectF(left, box.center().y() - 5, BAR, 10)
        painter.drawImage(bar, self.image(np.linspace(self.low, self.high, BAR)[np.newaxis], colors))
        painter.drawText(QRectF(bar.right() + 6, box.top(), words[2] + 2, box.height()), flags, self.ends[1])


class Reading(QObject):
    """Which reading is chosen, in the plane's menu."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.kind = ANSWER

    def choose(self, kind: str) -> None:
        """Take ANSWER, CONFIDENCE or DIFFERENCE."""
        if kind != self.kind:
            self.kind = kind
            self.changed.emit()

    def fill(self, menu: QMenu, scene: Scene) -> None:
        """Offer the readings that there are."""
        group = QActionGroup(menu)
        other = compared(scene)
        against = f"&Difference from {other.name}" if other is not None else "&Difference from a run laid over"
        of_classes = scene.data is not None and scene.data.is_classification
        for kind, title, there_is in (
            (ANSWER, "&Answer" if not of_classes else "&Probability", True),
            (CONFIDENCE, "&Confidence", of_classes),
            (DIFFERENCE, against.replace("&", "&&").replace("&&", "&", 1), other is not None),
        ):
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(kind == self.kind)
            action.setEnabled(there_is)
            action.triggered.connect(lambda _=False, kind=kind: self.choose(kind))
            group.addAction(action)

    def of(self, surface: Surface | None, scene: Scene) -> Surface | None:
        """The surface as it is read; None where the other run has not been looked at in the same part yet."""
        data = scene.data
        if surface is None or data is None or (surface.values.ndim == 2 and not data.is_classification):
            return surface  # a curve shows all of it
        if self.kind == CONFIDENCE and data.is_classification:
            return confidence(surface)
        if self.kind == DIFFERENCE and (other := compared(scene)) is not None:
            beside = scene.surface_of(other.snapshot)
            return difference(surface, beside) if beside is not None else surface
        return surface


def compared(scene: Scene) -> Shown | None:
    """The run that is seen beside the one in hand: the one that was laid over last, else the ghost."""
    seen = [run for run in scene.others if scene.surface_of(run.snapshot) is not None]
    laid = [run for run in seen if run.snapshot.run in scene.laid]
    return next(iter([*laid[::-1], *seen]), None)
