"""Which two of several features the plane shows: a menu at the titles of its axes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from playground.model.dataset import Dataset
from playground.model.encoding import usual
from playground.model.plane import Pair
from playground.ui.canvas import Canvas
from playground.ui.planes import Planes

MOST = 30  # features in a menu; of more there are several
TITLES = ("&Across", "&Up")


class Directions(QObject):
    """Has the canvas, and the planes side by side, show two features, or the projection on principal components."""

    changed = Signal()

    def __init__(self, canvas: Canvas, planes: Planes) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._planes = planes
        canvas.axis_pressed.connect(lambda axis, place: self.menu(axis).popup(place))
        canvas.selection_changed.connect(self._follow)

    def open_menu(self) -> None:
        """The menu of both axes, for the keyboard."""
        self.menu().popup(self._canvas.mapToGlobal(QPoint(60, 60)))

    def menu(self, axis: int | None = None) -> QMenu:
        """What one axis, or each of both, can show."""
        menu = QMenu(self._canvas)
        menu.aboutToHide.connect(menu.deleteLater)
        data, pair = self._canvas.dataset, self._canvas.pair
        if data is None or data.features <= 2:
            menu.addAction("The plane shows all features there are").setEnabled(False)
            return menu
        self._add(menu, "&Principal components", pair is None).triggered.connect(lambda: self.show(None))
        menu.addSeparator()
        if axis is None:
            for number, title in enumerate(TITLES):
                self._add_features(menu.addMenu(title), data, number)
        else:
            self._add_features(menu, data, axis)
        menu.addSeparator()
        usually = self._add(menu, "The others at their &medians", pair is not None and not pair.at_point)
        usually.triggered.connect(lambda: self._stand(False))
        at_point = self._add(menu, "The others at the &selected point's values", pair is not None and pair.at_point)
        at_point.triggered.connect(lambda: self._stand(True))
        usually.setEnabled(pair is not None)
        at_point.setEnabled(pair is not None and len(self._canvas.selection) == 1)
        return menu

    @staticmethod
    def _add(menu: QMenu, title: str, is_chosen: bool) -> QAction:
        action = menu.addAction(title)
        action.setCheckable(True)
        action.setChecked(is_chosen)
        return action

    def _add_features(self, menu: QMenu, data: Dataset, axis: int) -> None:
        pair, names = self._canvas.pair, data.feature_names
        shown = (pair.x, pair.y) if pair is not None else (-1, -1)
        for begin in range(0, len(names), MOST):
            part = names[begin : begin + MOST]
            place = menu if len(names) <= MOST else menu.addMenu(f"{part[0]} … {part[-1]}".replace("&", "&&"))
            for number, name in enumerate(part, begin):
                action = self._add(place, name.replace("&", "&&"), number == shown[axis])
                action.setEnabled(number != shown[1 - axis])
                action.triggered.connect(lambda _=False, number=number: self.choose(axis, number))

    def choose(self, axis: int, feature: int) -> None:
        """Show a feature along an axis; along the other one stays what is there, or what spreads the points most."""
        data, pair = self._canvas.dataset, self._canvas.pair
        if data is None or data.features <= 2:
            return
        if pair is not None:
            other = (pair.x, pair.y)[1 - axis]
        else:
            loadings = np.abs(data.plane.axes[1 - axis])
            loadings[feature] = -1
            other = int(loadings.argmax())
        x, y = (feature, other) if axis == 0 else (other, feature)
        through = pair.through if pair is not None else tuple(usual(data.inputs, data.encoding).tolist())
        self.show(Pair(x, y, through, pair is not None and pair.at_point))

    def show(self, pair: Pair | None) -> None:
        """Show two features, or the projection."""
        self._canvas.show_pair(pair)
        self._planes.show_pair(pair)
        self.changed.emit()

    def _stand(self, at_point: bool) -> None:
        """Have the features that are not shown stand at the selected point's values, or at the usual ones."""
        data, pair, chosen = self._canvas.dataset, self._canvas.pair, self._canvas.selection
        if data is None or pair is None:
            return
        values = data.inputs[chosen[0]] if at_point and chosen else usual(data.inputs, data.encoding)
        self.show(pair._replace(through=tuple(values.tolist()), at_point=at_point))

    def _follow(self) -> None:
        """Another point was selected."""
        pair = self._canvas.pair
        if pair is not None and pair.at_point and len(self._canvas.selection) == 1:
            self._stand(True)
