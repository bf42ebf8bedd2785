"""What can be done with the plane besides painting on it, as the menu of a right click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from playground.ui.canvas import Canvas
from playground.ui.pictures import write_picture
from playground.ui.questions import give_keys


def plane_menu(canvas: Canvas, clear: Callable[[], None]) -> QMenu:
    """The menu of the plane that is painted on. clear: takes all points away."""
    menu = picture_menu(canvas, "plane")
    menu.insertAction(menu.actions()[0], menu.addAction("Show &all points\tF", canvas.fit))
    menu.addSeparator()
    count = len(canvas.selection)
    menu.addAction("&Delete the selected points\tDel", canvas.remove_selected).setEnabled(count > 0)
    has_points = canvas.dataset is not None and canvas.dataset.samples > 0
    menu.addAction("Clea&r all points\tCtrl+Backspace", clear).setEnabled(has_points)
    return menu


def picture_menu(view: QWidget, name: str) -> QMenu:
    """A menu that takes a picture of a view along. name: of the file."""
    menu = QMenu(view)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.addAction("&Copy picture", lambda: QGuiApplication.clipboard().setPixmap(view.grab()))
    menu.addAction("&Save picture…", lambda: save_picture(view, name))
    return menu


def save_picture(view: QWidget, name: str) -> None:
    """Ask for a file, and write the view as it looks now."""
    chosen, _ = QFileDialog.getSaveFileName(view, "Save a picture", f"{name}.png", "Picture (*.png)")
    if not chosen:
        return
    path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(".png")
    try:
        write_picture(view.grab(), path)
    except OSError as error:
        box = QMessageBox(QMessageBox.Icon.Warning, "Save a picture", str(error), parent=view)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.addButton(QMessageBox.StandardButton.Ok)
        give_keys(box)
        box.open()
