"""The help at hand: what is under the pointer, the keys, what the program is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QMessageBox, QWhatsThis, QWidget

from playground.ui.actions import shortcut_table
from playground.ui.icons import application_icon
from playground.ui.questions import give_keys


def explain_here() -> None:
    """Explain the control under the pointer, else the one with the focus."""
    place = QCursor.pos()
    widget = QApplication.widgetAt(place) or QApplication.focusWidget()
    while widget is not None:
        text = widget.whatsThis() or widget.toolTip()
        if text:
            QWhatsThis.showText(place, text, widget)
            return
        widget = widget.parentWidget()


def show_shortcuts(window: QWidget) -> None:
    _tell(window, "Keyboard and mouse", shortcut_table())


def show_manual(window: QWidget) -> None:
    from playground.ui.manual import Manual

    Manual(window).open()


def show_about(window: QWidget) -> None:
    from playground.ui.about import About  # it reads packages' metadata, which takes long to import

    About(window).open()


def _tell(window: QWidget, title: str, text: str) -> None:
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setText(text)
    give_keys(box)
    box.setIconPixmap(application_icon().pixmap(48, 48))
    box.open()
