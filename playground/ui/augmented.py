"""Augmentation seen: some training points, or images, before and after what each batch does to them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHideEvent, QPainter, QPaintEvent, QPalette, QPen, QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from playground.kernels.augment import AUGMENTATIONS
from playground.model.dataset import TRAIN, Dataset
from playground.training.looks.augmented import Augmented, Draw, Flip
from playground.training.surface import Region
from playground.ui import extent as extents
from playground.ui.extent import Extent
from playground.ui.painting import painted
from playground.ui.panels import Missing
from playground.ui.pictures import drawn
from playground.ui.plane import PlaneView
from playground.ui.scene import Scene
from playground.ui.slot import Notes
from playground.ui.theme import Colors, blend, font

EVERY = 1000  # milliseconds between two draws
CHANGED = 0.15  # more of mirrored points that stray than of those as they are: the mirror changes what they mean
PAIRS = (4, 6)  # of images, across and down
OFF = Missing(
    "Augmentation is off. On, training points are changed anew in every batch, as they are then drawn here. The run "
    "goes on with it from the next epoch.",
    "Switch augmentation on",
    {"augment": True},
)
EMPTY = "What a batch does to the points is drawn here, once there is a run."


class AugmentedView(QWidget):
    """What is done, in a line; the points with where they went, or pairs of images; what a flip changes."""

    looks_changed = Signal()
    wanted = Signal(object)  # knobs to change

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="Augmentation: training points before and after")
        self._scene: Scene | None = None
        self._shown: Augmented | None = None
        self._number = 0
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self._draw_anew)
        self.told = QLabel(font=font(), wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.told.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.warning = QLabel(font=font("body", bold=True), wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.notes = Notes()
        self.notes.wanted.connect(self.wanted)
        self.plane, self.pairs = Moves(colors), Pairs(colors)
        self.plane.view_changed.connect(self.looks_changed)
        self._stack = QStackedWidget()
        for page in (self.notes, self.plane, self.pairs):
            self._stack.addWidget(page)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(8, 0, 8, 0)
        column.addWidget(self.told)
        column.addWidget(self.warning)
        column.addWidget(self._stack, 1)
        self.set_colors(colors)
        self._say(OFF)

    @property
    def looks(self) -> dict[str, Any]:
        """What is asked of a run: nothing while augmentation is off."""
        if not self._is_on:
            return {}
        surface = {} if self._stack.currentWidget() is self.pairs else {"surface": Region(self.plane.extent)}
        return {"augmented": Draw(self._number), **surface}

    @property
    def _is_on(self) -> bool:
        return self._scene is not None and self._scene.experiment.knobs.augment

    def _draw_anew(self) -> None:
        self._number += 1
        self.looks_changed.emit()

    def show_scene(self, scene: Scene) -> None:
        """Draw what a batch does, or say how to switch it on."""
        was_on, self._scene = self._is_on, scene
        if was_on != self._is_on:
            self.looks_changed.emit()
        found: Augmented | None = scene.seen("augmented") if self._is_on else None
        if found is None:
            self._say(Missing(scene.absent(EMPTY)) if self._is_on else OFF)
        else:
            if found is not self._shown:
                self._show(found, scene)
            if scene.snapshot is not None and self._stack.currentWidget() is self.plane:
                self.plane.show_surface(scene.surface_of(scene.snapshot))

    def _say(self, missing: Missing) -> None:
        self._shown = None
        self.notes.say(missing)
        self._stack.setCurrentWidget(self.notes)
        self.told.hide()
        self.warning.hide()

    def _show(self, found: Augmented, scene: Scene) -> None:
        snapshot = scene.snapshot
        if snapshot is None or snapshot.experiment is None:
            return
        self._shown = found
        data = snapshot.experiment.dataset
        self.told.setText(told(found))
        self.told.show()
        warnings = [said(flip, bool(data.image)) for flip in found.flips if flip.strayed - flip.before > CHANGED]
        self.warning.setText("\n".join(warnings))
        self.warning.setVisible(bool(warnings))
        page = self.pairs if data.image else self.plane
        page.show_points(found, data)
        self._stack.setCurrentWidget(page)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        palette = self.warning.palette()
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colors.warning))
        self.warning.setPalette(palette)
        self.plane.set_colors(colors)
        self.pairs.set_colors(colors)

    def table(self) -> tuple[tuple[str, ...], tuple[list[Any], ...]]:
        """A point a row: as it was, and as it is."""
        found = self._shown
        if found is None:
            return ("row",), ([],)
        width = found.before.shape[1]
        names = [f"{part} {number + 1}" for part in ("before", "after") for number in range(width)]
        names += [f"target {number + 1}" for number in range(found.targets.shape[1])]
        columns = np.hstack([found.before, found.after, found.targets]).T.tolist()
        return ("row", *names), ((found.rows + 1).tolist(), *columns)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()


def told(found: Augmented) -> str:
    """What is done to the points, in words."""
    units = {row.title: row.knob.unit for row in AUGMENTATIONS}
    chosen = [title if amount is True else f"{title} {amount:g}{units[title]}" for title, amount in found.chosen]
    return f"{', '.join(chosen)}: another draw each second." if chosen else "Nothing is chosen: all amounts are 0."


def said(flip: Flip, is_image: bool) -> str:
    """What a flip does to the meaning, in words."""
    what = "images" if is_image else "points"
    example = " A mirrored 2 is no 2." if is_image else ""
    return (
        f"{flip.title} changes what {what} mean: mirrored, {100 * flip.strayed:.0f} % of the {what} are nearest to "
        f"another class, as they are {100 * flip.before:.0f} %.{example}"
    )


class Moves(PlaneView):
    """The points where they are now, each with a line from where it was; a plane to look at."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(colors)
        self.setAccessibleName("Training points after augmentation, with lines from where they were")
        self._from: NDArray[np.float64] | None = None
        self._of: Dataset | None = None  # the points that are changed

    def show_points(self, found: Augmented, data: Dataset) -> None:
        """Draw what was found of a dataset's points."""
        targets = found.targets.argmax(axis=1) if data.is_classification else found.targets
        sets = np.full(len(targets), TRAIN, np.int8)

        def shown(inputs: NDArray[np.float64]) -> Dataset:
            made = Dataset(inputs, targets, sets, data.class_names, data.feature_names, source=data.source)
            return made.shown_in(data.plane)

        before, after = shown(found.before), shown(found.after)
        self._from = self._positions(before)
        is_new, self._of = self._of is not data, data
        self._take(after, None)
        wanted = extents.fit(np.vstack([self._from, self._positions(after)]))
        # it grows only, so that points move and the plane does not
        self.look(wanted if is_new else _around(self.extent, wanted))

    def _decorate(self, painter: QPainter, places: NDArray[np.float64]) -> None:
        if self._from is None or len(self._from) != len(places):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOver)  # under the points
        painter.setPen(QPen(QColor(blend(self._colors.muted, self._colors.plane, 0.6)), 1))
        before = self.frame.pixels(self._from)
        painter.drawLines([QLineF(*one, *two) for one, two in zip(before.tolist(), places.tolist())])
        for x, y in before.tolist():
            painter.drawEllipse(QPointF(x, y), 2, 2)


def _around(one: Extent, other: Extent) -> Extent:
    """The smallest square part of the plane with both in it."""
    inside = (
        one.x_low <= other.x_low
        and one.y_low <= other.y_low
        and one.x_high >= other.x_high
        and one.y_high >= other.y_high
    )
    return one if inside else other


class Pairs(QWidget):
    """Images, each beside what became of it."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="Training images, each beside what became of it")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._colors = colors
        self._found: Augmented | None = None
        self._data: Dataset | None = None

    def show_points(self, found: Augmented, data: Dataset) -> None:
        """Draw what was found of a dataset's images."""
        self._found, self._data = found, data
        self.update()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            if self._found is not None and self._data is not None:
                self._paint(painter, self._found, self._data)
        except Exception:  # one that leaves here would end the process
            self._found = None
            sys.excepthook(*sys.exc_info())
        finally:
            painter.end()

    def _paint(self, painter: QPainter, found: Augmented, data: Dataset) -> None:
        painter.setFont(font("small"))
        line = QFontMetrics(painter.font()).height()
        across, down = PAIRS
        wide, high = self.width() / across, self.height() / down
        side = max(min((wide - 28) / 2, high - line - 10), 8)
        largest = float(np.abs(found.before).max(initial=0))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for number in range(min(len(found.rows), across * down)):
            row, column = divmod(number, across)
            left, top = column * wide + (wide - 2 * side - 16) / 2, row * high + 4
            for place, values in ((left, found.before[number]), (left + side + 16, found.after[number])):
                box = QRectF(place, top, side, side)
                painter.fillRect(box, QColor(self._colors.plane))
                painter.drawImage(box, drawn(values, data.image, largest, self._colors))
            painter.setPen(QColor(self._colors.muted))
            painter.drawText(QRectF(left + side, top, 16, side), Qt.AlignmentFlag.AlignCenter, "→")
            text, is_other = self._named(found, data, number)
            painter.setPen(QColor(self._colors.warning if is_other else self._colors.muted))
            painter.drawText(QRectF(left, top + side + 1, 2 * side + 16, line), Qt.AlignmentFlag.AlignCenter, text)

    @staticmethod
    def _named(found: Augmented, data: Dataset, number: int) -> tuple[str, bool]:
        """The classes that it is of then, and whether they are not what it was."""
        if not data.is_classification:
            return "", False
        true, shares = int(data.targets[found.rows[number]]), found.targets[number]
        names = data.class_names
        if shares[true] > 0.999:
            return names[true], False
        parts = [f"{100 * shares[place]:.0f} % {names[place]}" for place in np.flatnonzero(shares > 0.005).tolist()]
        return f"{names[true]} → {' + '.join(parts) if len(parts) > 1 else names[int(shares.argmax())]}", True
