"""The buttons over a layer, by which it is made wider or narrower, and those that add and remove layers."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from playground.ui.layers import rung
from playground.ui.theme import font

BY_ONE = 16  # units up to which a layer grows and shrinks by one
BUTTON = 20  # pixels


class Head(QWidget):
    """A number with − and +."""

    less = Signal()
    more = Signal()

    def __init__(self, parent: QWidget, less: str, more: str) -> None:
        super().__init__(parent)
        self.number = QLabel(font=font("small"), alignment=Qt.AlignmentFlag.AlignCenter)
        self.number.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._buttons: list[QToolButton] = []
        row = QHBoxLayout(spacing=2)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        for sign, name, signal in (("−", less, self.less), ("+", more, self.more)):
            button = QToolButton(text=sign, toolTip=name, accessibleName=name, statusTip=name)
            button.setProperty("role", "step")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setFixedSize(BUTTON, BUTTON)
            button.setMinimumWidth(12)
            button.clicked.connect(signal)
            row.addWidget(button)
            self._buttons.append(button)
        row.addStretch(1)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.number)
        column.addLayout(row)
        column.addStretch(1)

    def show_buttons(self, are_shown: bool) -> None:
        """Have the buttons, or on paper the number alone."""
        for button in self._buttons:
            button.setVisible(are_shown)


def widened(layers: tuple[int, ...], number: int) -> tuple[int, ...]:
    """With more units in one layer: one more, or where there are many the next usual number."""
    units = layers[number]
    return (*layers[:number], units + 1 if units < BY_ONE else rung(units, 1), *layers[number + 1 :])


def narrowed(layers: tuple[int, ...], number: int) -> tuple[int, ...]:
    """With fewer units in one layer; one that has a single unit is removed."""
    units = layers[number]
    fewer = units - 1 if units <= BY_ONE else rung(units, -1)
    return (*layers[:number], *((fewer,) if fewer else ()), *layers[number + 1 :])


def deepened(layers: tuple[int, ...]) -> tuple[int, ...]:
    """With one layer more, as wide as the last."""
    return (*layers, layers[-1] if layers else 8)
