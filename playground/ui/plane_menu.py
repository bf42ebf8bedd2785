"""What can be done with the plane besides painting on it, as the menu of a right click."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QWidget

from playground.ui.canvas import Canvas


def plane_menu(canvas: Canvas, clear: Callable[[], None], offer: Callable[[QMenu], None]) -> QMenu:
    """The menu of the plane that is painted on. clear: takes all points away. offer: adds the surface's readings."""
    menu = picture_menu(canvas, "plane")
    first = menu.actions()[0]
    menu.insertAction(first, menu.addAction("Show &all points\tF", canvas.fit))
    readings = QMenu("S&urface shows", menu)
    offer(readings)
    menu.insertMenu(first, readings)
    menu.insertSeparator(first)
    menu.addSeparator()
    count = len(canvas.selection)
    menu.addAction("&Delete the selected points\tDel", canvas.remove_selected).setEnabled(count > 0)
    has_points = canvas.dataset is not None and canvas.dataset.samples > 0
    menu.addAction("Clea&r all points\tCtrl+Backspace", clear).setEnabled(has_points)
    return menu


def picture_menu(view: QWidget, name: str) -> QMenu:
    """A menu that takes a view along. name: of the file."""
    from playground.ui.plots.export import export_of  # the package loads what charts are drawn with

    menu = QMenu(view)
    menu.aboutToHide.connect(menu.deleteLater)
    export_of(view, name).fill(menu)
    return menu
