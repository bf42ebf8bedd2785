"""The editor of a network's hidden layers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import (
    QPalette,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.model.knobs import Declaration
from playground.ui.control import Control
from playground.ui.number import NumberField
from playground.ui.theme import font

UNITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096)


class LayersField(Control, QWidget):
    """The units of each hidden layer as text, with buttons that add a layer or units."""

    entered = Signal(str)
    changed = Signal(object)
    restored = Signal()
    settled = Signal()
    is_typed = True

    def __init__(self, declared: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._declared = declared
        self._layers: tuple[int, ...] = ()
        self.text_field = _LayersText(declared, self)
        self.text_field.entered.connect(self.entered)
        self.text_field.changed.connect(self.changed)
        self.text_field.restored.connect(self.restored)
        self.text_field.settled.connect(self.settled)
        self.setFocusProxy(self.text_field)
        self._depth = QLabel(font=font("small"))
        self._depth.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        row = QHBoxLayout(spacing=0)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._depth, 1)
        self._of_units: list[QWidget] = []  # which a linear model has no use for
        steps = (
            ("−", "One layer less", self._shorten),
            ("+", "One layer more", self._lengthen),
            ("−", "Fewer units in each layer", lambda: self._scale(-1)),
            ("+", "More units in each layer", lambda: self._scale(1)),
        )
        for number, (sign, name, act) in enumerate(steps):
            if number % 2 == 0:
                if number:
                    row.addSpacing(8)
                caption = QLabel("layers" if number == 0 else "units", font=font("small"))
                caption.setForegroundRole(QPalette.ColorRole.PlaceholderText)
                row.addWidget(caption)
                row.addSpacing(2)
                self._of_units += [caption] * (number > 1)
            button = QToolButton(text=sign, toolTip=name, accessibleName=name, statusTip=name)
            button.setProperty("role", "step")
            button.setFixedSize(20, 20)
            button.setAutoRepeat(number > 1)
            button.clicked.connect(act)
            row.addWidget(button)
            self._of_units += [button] * (number > 1)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)

    @property
    def is_busy(self) -> bool:  # type: ignore[override]
        return self.text_field.is_busy

    @property
    def beside(self) -> QWidget:
        return self.text_field

    @property
    def below(self) -> QWidget:
        return self

    def show_value(self, value: Any, standing: Any) -> None:
        self._layers = value
        self.text_field.show_value(value, value)
        self._depth.setText("linear model" if not value else "")
        for widget in self._of_units:
            widget.setVisible(bool(value))

    def refuse(self) -> None:
        self.text_field.refuse()

    def forgive(self) -> None:
        self.text_field.forgive()

    @property
    def is_refused(self) -> bool:  # type: ignore[override]
        return self.text_field.is_refused

    def _shorten(self) -> None:
        if self._layers:
            self.changed.emit(self._layers[:-1])

    def _lengthen(self) -> None:
        self.changed.emit((*self._layers, self._layers[-1] if self._layers else 8))

    def _scale(self, direction: int) -> None:
        widths = tuple(rung(width, direction) for width in self._layers)
        if widths != self._layers:
            self.changed.emit(widths)


class _LayersText(NumberField):
    """ "8, 8": the arrow keys change the layer that the text cursor stands in."""

    def step(self, steps: int) -> None:
        layers = list(self._standing or ())
        number = self.text()[: self.cursorPosition()].count(",")
        if number < len(layers):
            layers[number] = rung(layers[number], 1 if steps > 0 else -1)
            position = self.cursorPosition()
            self._offer(tuple(layers))
            self.setCursorPosition(min(position, len(self.text())))

    def begin_drag(self) -> None:  # a list is not dragged
        self._origin = None

    def _restore(self) -> None:
        super()._restore()
        if not self._standing and not self.hasFocus():
            self.setText("")


def rung(units: int, direction: int) -> int:
    """The next larger number of UNITS, or with −1 the next smaller; the same where there is none."""
    if direction > 0:
        return next((rung for rung in UNITS if rung > units), units)
    return next((rung for rung in reversed(UNITS) if rung < units), units)
