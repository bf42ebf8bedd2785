"""The network on the stage: its units' responses and weights, the next update, and the answer in a corner."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from playground.training.looks.network import Glance, NetworkSeen
from playground.training.surface import Surface
from playground.ui.extent import Extent
from playground.ui.painting import painted
from playground.ui.plane import PlaneView
from playground.ui.plots.network.graph import Graph
from playground.ui.plots.network.heads import Head, deepened, narrowed, widened
from playground.ui.plots.network.matrices import Matrices
from playground.ui.plots.network.spots import INPUTS, Drawing, Spot
from playground.ui.plots.network.words import HINT, parameters, told
from playground.ui.scene import Pick, Scene
from playground.ui.theme import Colors, font, scaled

HELP = (
    "<p>Each small picture is a unit's response over the plane: orange above 0, blue below. Lines are weights, as wide "
    "as they are large; those that are exactly 0 are missing, and counted. The bar below a unit is its bias, or β.</p>"
    "<p><b>What to look for.</b> First layers draw straight edges, later ones bend them. Units that look alike do one "
    "unit's work; with L1 lines vanish, with L2 they only grow thin. A plain picture is a unit that answers alike "
    "everywhere; faint ones were left out by dropout for the first sample of the last batch.</p>"
    "<p>Click a unit: the plane shows its response until it is clicked again. Alt with the arrows goes from unit to "
    "unit, Enter clicks. − and + change the layers; undo takes that back.</p>"
)
INSET = 168  # pixels of the plane in the corner, where the room is wide
NARROW = 0.26  # of the width, at most
MARGIN, FOOT = 12, 40  # pixels: around all, and of the words below
QUICK = 0.006  # seconds that a picture may take at each look
REST = 3.0  # times what a picture took, until the next
MOST_LAYERS, MOST_UNITS = 8, 32  # that a graph shows; of more there are matrices
STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
EMPTY = "The network is drawn here as soon as there are points to train on"
WAITING = "The network is drawn here as soon as the arithmetic is compiled"


class NetworkView(QWidget):
    """Draws the network of the run in hand. Hidden, it is looked at by nobody."""

    looks_changed = Signal()
    picked = Signal(object)  # a Pick
    pinned = Signal(object)  # (layer, unit) whose response the plane is to show, or None
    wanted = Signal(object)  # knobs to change

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="Network")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(280, 240)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the keys act on the run
        self.setWhatsThis(HELP)
        self._colors = colors
        self._scene: Scene | None = None
        self._seen: NetworkSeen | None = None
        self._glance = Glance()
        self._drawing: Drawing | None = None
        self._drawn_for: Any = None
        self._picture: QPixmap | None = None  # as it was drawn last; None where that is out of date
        self._canvas = QPixmap()  # what pictures are drawn on
        self._ratio: float | None = None  # pixels to a point where it is drawn for a file
        self._cost = 0.0  # seconds that the last picture took
        self._late = QTimer(self, singleShot=True)
        self._late.timeout.connect(self._redraw)
        self._spot: Spot | None = None  # under the cursor
        self.inset = PlaneView(colors, self, is_small=True)
        self.inset.setAccessibleName("Plane with the answer of the network")
        self._first = QLabel(self, font=font("small"))
        self._second = QLabel(self, font=font("small"), wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self._second.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        for label in (self._first, self._second):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._heads: list[Head] = []
        self._depth = Head(self, "Remove the last layer", "Add a layer")
        self._depth.less.connect(lambda: self._want(self._layers[:-1]))
        self._depth.more.connect(lambda: self._want(deepened(self._layers)))

    @property
    def looks(self) -> dict[str, Any]:
        """What it asks of a run."""
        return {"network": self._glance}

    @property
    def _layers(self) -> tuple[int, ...]:
        return self._scene.experiment.knobs.layers if self._scene is not None else ()

    def _want(self, layers: tuple[int, ...]) -> None:
        if layers != self._layers:
            self.wanted.emit({"layers": layers})

    # what is seen

    def show_scene(self, scene: Scene) -> None:
        """Draw the network as the run's thread saw it last."""
        before, self._scene = self._scene, scene
        seen = scene.seen("network")
        changed = seen is not self._seen
        if seen is not None or scene.data is None or not scene.data.samples:
            self._seen = seen
        else:
            changed = False  # the last one stays until there is another: no flicker
        self._fit()
        self._show_plane(scene, before)
        if changed:
            self._tell()
            # A large picture is not drawn at each look, for the window's sake.
            if not self._cost:
                self._picture = None
            elif not self._late.isActive():
                self._late.start(int(1000 * self._cost * REST))
        self.update()

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def _show_plane(self, scene: Scene, before: Scene | None) -> None:
        """The answer in the corner; responses are looked at over the same part of the plane."""
        if scene.data is not None and (before is None or before.data is not scene.data):
            self.inset.show_data(scene.data)
        surface = scene.surface_of(scene.snapshot) if scene.snapshot is not None else None
        if surface is None:
            return
        self.inset.show_pair(surface.pair)
        self.inset.look(Extent(*surface.extent))
        self.inset.show_surface(self._response() or surface)
        self._ask(extent=surface.extent, pair=surface.pair)

    def _response(self) -> Surface | None:
        """Of the unit under the cursor: it is seen in the corner, larger."""
        seen, spot = self._seen, self._spot
        if seen is None or spot is None or spot.is_weight or spot.layer == INPUTS or spot.layer >= len(seen.layers):
            return None
        responses = seen.layers[spot.layer].responses
        if spot.unit >= len(responses):
            return None
        values = responses[spot.unit][..., np.newaxis]
        return Surface(values, seen.extent, seen.epoch, seen.pair, unit=(spot.layer, spot.unit))

    def _ask(self, **changes: Any) -> None:
        glance = self._glance._replace(**changes)
        if glance != self._glance:
            self._glance = glance
            self.looks_changed.emit()

    # laying out

    def _fit(self) -> None:
        """Have a drawing that suits the network, and all else in its place."""
        seen = self._seen
        shape = (len(seen.names), *(layer.units for layer in seen.layers)) if seen is not None else ()
        key = shape, seen.names if seen is not None else (), self.size(), self._colors, font().pointSizeF()
        if key != self._drawn_for:
            self._drawn_for = key
            self._picture = None
            self._spot = None
            self._lay_out(shape, seen)
        for number, head in enumerate(self._heads):
            units = self._layers[number] if number < len(self._layers) else 0
            head.number.setText(f"{units:,}")
        count = len(self._layers)
        self._depth.number.setText("1 layer" if count == 1 else f"{count or 'no'} layers")

    def _lay_out(self, shape: tuple[int, ...], seen: NetworkSeen | None) -> None:
        side = int(min(INSET, NARROW * self.width()))
        right, bottom = self.width() - MARGIN, self.height() - MARGIN
        self.inset.setGeometry(right - side, bottom - side, side, side)
        line = self._first.fontMetrics().height()
        wide = right - side - 2 * MARGIN
        wrapped = self._second.fontMetrics().boundingRect(0, 0, wide, 0, Qt.TextFlag.TextWordWrap, HINT)
        foot = max(scaled(FOOT) + 12, line + wrapped.height() + 8)
        self._first.setGeometry(MARGIN, bottom - foot + 4, wide, line)
        self._second.setGeometry(MARGIN, bottom - foot + 6 + line, wide, foot - line - 4)
        head = scaled(40)
        self._depth.setGeometry(right - 72, 4, 72, head)
        self._drawing = None
        if seen is not None and shape:
            room = QRectF(MARGIN, 4, right - side - 2 * MARGIN, bottom - foot - 8)
            strip = QRectF(right - side, head + 8, side, bottom - side - head - 24)
            is_graph = len(shape) - 2 <= MOST_LAYERS and max(shape) <= MOST_UNITS
            make = Graph if is_graph else Matrices
            self._drawing = make(shape, seen.names, room, strip, head, self._colors)
            self._ask(resolution=max(self._drawing.resolution, 12))
        self._place_heads(self._drawing.heads if self._drawing is not None else [])

    def _place_heads(self, places: list[QRectF]) -> None:
        while len(self._heads) > len(places):
            head = self._heads.pop()
            head.hide()
            head.deleteLater()
        while len(self._heads) < len(places):
            number = len(self._heads)
            head = Head(
                self,
                f"Fewer units in layer {number + 1}; of a single one, no layer",
                f"More units in layer {number + 1}",
            )
            head.less.connect(lambda number=number: self._change(number, narrowed))
            head.more.connect(lambda number=number: self._change(number, widened))
            head.show()
            self._heads.append(head)
        for head, place in zip(self._heads, places):
            head.setGeometry(place.toRect())

    def _change(self, number: int, change: Any) -> None:
        if number < len(self._layers):
            self._want(change(self._layers, number))

    # painting

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        except Exception:  # one that leaves here would end the process
            self._seen = self._drawing = None
            sys.excepthook(*sys.exc_info())
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        if self._drawing is None or self._seen is None:
            painter.fillRect(self.rect(), QColor(self._colors.window))
            painter.setPen(QColor(self._colors.muted))
            painter.setFont(font())
            box = self.rect().adjusted(32, 32, -32, -32)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._lack)
            return
        if self._ratio is not None:
            painter.fillRect(self.rect(), QColor(self._colors.window))
            self._drawing.paint(painter, self._seen, None)  # lines stay lines
            return
        if self._picture is None:
            began = time.thread_time()
            self._picture = self._drawn(self._drawing, self._seen)
            self._cost = max(time.thread_time() - began - QUICK, 0.0)
        painter.drawPixmap(0, 0, self._picture)
        scene, spot = self._scene, self._spot
        if scene is not None:
            if scene.pinned is not None:
                painter.setPen(QPen(QColor(self._colors.accent), 3))
                self._drawing.outline(painter, Spot(*scene.pinned))
            painter.setPen(QPen(QColor(self._colors.accent), 1.5))
            pick = scene.pick
            self._drawing.outline(painter, Spot(pick.layer, pick.unit))
        if spot is not None:
            painter.setPen(QPen(QColor(self._colors.text), 1.5))
            self._drawing.outline(painter, spot)

    @property
    def _lack(self) -> str:
        """Why there is nothing to draw."""
        has_points = self._scene is not None and self._scene.data is not None and self._scene.data.samples
        return WAITING if has_points else EMPTY

    def _drawn(self, drawing: Drawing, seen: NetworkSeen) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = self._canvas
        if picture.size() != self.size() * ratio:
            picture = self._canvas = QPixmap(self.size() * ratio)
            picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self._colors.window))
        painter = QPainter(picture)
        emphasized = self._spot if self._spot is not None and not self._spot.is_weight else None
        drawing.paint(painter, seen, emphasized)
        painter.end()
        return picture

    # taken along

    def table(self) -> tuple[tuple[str, ...], tuple[list[Any], ...]]:
        """Names and columns: a row for each weight and bias; of a large matrix what is drawn of it."""
        rows = list(parameters(self._seen)) if self._seen is not None else []
        return ("layer", "from", "to", "value"), tuple([row[place] for row in rows] for place in range(4))

    def sharpen(self, ratio: float | None) -> None:
        """Draw for a file of so many pixels to a point, without what the hand has marked; None is for the screen."""
        self._ratio = ratio
        self.inset.sharpen(ratio)
        for head in (*self._heads, self._depth):
            head.show_buttons(ratio is None)
        self._second.setVisible(ratio is None)
        self._redraw()

    # the hand

    def _tell(self) -> None:
        if self._seen is None:
            first = second = ""
        else:
            first, second = told(self._seen, self._spot)
        self._first.setText(first)
        self._second.setText(second)
        self.setAccessibleDescription(first)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def _point(self, pixel: QPointF | None) -> None:
        self._rest(self._at(pixel) if pixel is not None else None)

    def _rest(self, spot: Spot | None) -> None:
        """Have the cursor on something else, or on nothing."""
        if spot == self._spot:
            return
        before, self._spot = self._spot, spot
        if any(one is not None and not one.is_weight for one in (before, spot)):
            self._picture = None  # others stand back
        hand = Qt.CursorShape.PointingHandCursor
        is_unit = spot is not None and spot.layer != INPUTS
        self.setCursor(hand if is_unit else Qt.CursorShape.ArrowCursor)
        self._tell()
        if self._scene is not None:
            self._show_plane(self._scene, self._scene)
        self._ask(has_update=spot is not None and spot.is_weight)
        self.update()

    def _at(self, pixel: QPointF) -> Spot | None:
        seen = self._seen
        return self._drawing.at(pixel, seen) if self._drawing is not None and seen is not None else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and spot is not None:
            self._press(spot)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        seen, step = self._seen, STEPS.get(Qt.Key(event.key()))
        if step is not None and seen is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            before = self._spot or Spot(-step[0], -step[1])
            layer = min(max(before.layer + step[0], 0), len(seen.layers) - 1)
            self._rest(Spot(layer, min(max(before.unit + step[1], 0), seen.layers[layer].units - 1)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._spot is not None:
            self._press(self._spot)
        else:
            super().keyPressEvent(event)

    def _press(self, spot: Spot) -> None:
        """Pick what is there; a unit is also pinned on the plane, or taken off it."""
        scene = self._scene
        if spot.layer == INPUTS or scene is None:
            return
        if spot.is_weight:
            self.picked.emit(Pick(spot.layer, spot.unit, spot.source))
        else:
            self.picked.emit(scene.pick._replace(layer=spot.layer, unit=spot.unit))
            place = (spot.layer, spot.unit)
            self.pinned.emit(None if scene.pinned == place else place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def fit_type(self) -> None:
        """Have room for the words."""
        self._fit()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.inset.set_colors(colors)
        self._fit()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._picture = None
        super().changeEvent(event)
