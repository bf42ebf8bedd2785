"""Single keys that a control needs itself: arrows in a menu, a slider, tabs or a table are not the run's."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QTabBar,
    QWidget,
)

KEY = Qt.Key
ARROWS = {KEY.Key_Left, KEY.Key_Right, KEY.Key_Up, KEY.Key_Down}
MOVES = ARROWS | {KEY.Key_Home, KEY.Key_End, KEY.Key_PageUp, KEY.Key_PageDown}
# Kinds of controls, each with the keys it needs; None: all that carry no Ctrl, Alt or Meta
NEEDS: tuple[tuple[type[QWidget], set[Qt.Key] | None], ...] = (
    (QComboBox, None),
    (QAbstractItemView, None),
    (QAbstractSlider, MOVES),
    (QTabBar, MOVES),
    (QAbstractButton, ARROWS | {KEY.Key_Space}),
)
# By these a list that is open is closed: it hears them itself, and no shortcut has them
ENDS = {KEY.Key_Return, KEY.Key_Enter, KEY.Key_Escape, KEY.Key_F4}
COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def needs(widget: QObject, event: QKeyEvent) -> bool:
    """Whether a control needs a key that was pressed while it has the focus."""
    if event.modifiers() & COMMANDS:
        return False
    keys = next((keys for kind, keys in NEEDS if isinstance(widget, kind)), set())
    return event.key() not in ENDS if keys is None else event.key() in keys


class Keeper(QObject):
    """Watches the control that has the focus, if it is one that needs keys, and keeps them from the shortcuts."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._watch)

    def _watch(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if new is not None and isinstance(new, tuple(kind for kind, _ in NEEDS)):
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and needs(watched, event):
            event.accept()  # it comes to the control as a key then
            return True
        return False
