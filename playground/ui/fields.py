"""The controls that a knob is set with: number, menu, switch, layers. They show and announce; they check nothing."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.model.knobs import Declaration
from playground.ui.scales import dragged, stepped, written
from playground.ui.theme import font

UNITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096)
FIELD_HEIGHT = 24


class NumberField(QLineEdit):
    """A number: drag it, type it, or step it with the arrow keys; the wheel works when it has the focus.

    ``entered`` carries the text that was typed, ``changed`` a number that dragging or stepping reached;
    ``restored`` tells that what was typed was given up.
    """

    entered = Signal(str)
    changed = Signal(object)
    restored = Signal()

    def __init__(self, told: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told = told
        self._value: Any = None
        self._standing: Any = None  # the value, or what a left-out one amounts to
        self._origin: Any = None  # where a drag began
        self._press: QPointF | None = None
        self.is_refused = False
        self.setFixedHeight(FIELD_HEIGHT)
        self.setFixedWidth(88)
        self.setFont(font())
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAcceptDrops(False)  # a file is dropped on the window
        self.returnPressed.connect(self._commit)

    @property
    def is_busy(self) -> bool:
        """Whether a hand is on it: a drag is under way, or text is being typed."""
        return self._origin is not None or (self.hasFocus() and self.isModified())

    def show_value(self, value: Any, standing: Any) -> None:
        """Show a value; standing is what it amounts to when it is None (shown muted)."""
        if (self.is_refused or self.isModified()) and value == self._value and standing == self._standing:
            return  # what is being typed stays
        self._value, self._standing = value, standing
        self._restore()

    def refuse(self) -> None:
        """Mark what was typed as not accepted; it stays to be mended."""
        self.is_refused = True
        self._mark()

    def begin_drag(self) -> None:
        self._origin = self._standing

    def drag(self, pixels: int) -> None:
        """Follow the hand, so many pixels from where the drag began."""
        if self._origin is None:
            return
        fine = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._offer(dragged(self._told, self._origin, pixels, fine))

    def end_drag(self) -> None:
        self._origin = None

    def step(self, steps: int) -> None:
        if self._standing is not None:
            self._offer(stepped(self._told, self._standing, steps))

    def _offer(self, value: Any) -> None:
        if value != self._standing:
            self.setModified(False)
            self.changed.emit(value)

    def _commit(self) -> None:
        text = self.text().strip()
        if self.isModified() or self.is_refused:
            self.setModified(False)
            self.entered.emit(text.removesuffix(self._told.knob.unit).strip())

    def _restore(self) -> None:
        self.is_refused = False
        shown = self._standing if self._value is None else self._value
        text = written(shown, self._told.knob.unit) if shown is not None else "none"
        if self.text() != text:
            self.setText(text)
        self.setModified(False)
        self._mark()

    def _mark(self) -> None:
        state = "wrong" if self.is_refused else "default" if self._value is None else ""
        if self.property("state") != state:
            self.setProperty("state", state)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.hasFocus() or event.button() != Qt.MouseButton.LeftButton or self._standing is None:
            super().mousePressEvent(event)
            return
        self._press = event.globalPosition()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            super().mouseMoveEvent(event)
            return
        way = round(event.globalPosition().x() - self._press.x())
        if self._origin is None and abs(way) >= QApplication.startDragDistance() // 2:
            self.begin_drag()
        self.drag(way)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            super().mouseReleaseEvent(event)
            return
        clicked = self._origin is None
        self._press = None
        self.end_drag()
        if clicked:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }
        if event.key() in steps:
            self._commit()
            self.step(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape and (self._origin is not None or self.isModified() or self.is_refused):
            self._abandon()
        else:
            super().keyPressEvent(event)

    def _abandon(self) -> None:
        if self._origin is not None:
            origin, self._origin, self._press = self._origin, None, None
            self._offer(origin)
        self._restore()
        self.selectAll()
        self.restored.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()  # the panel scrolls
            return
        self.step(1 if event.angleDelta().y() > 0 else -1)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        if event.reason() != Qt.FocusReason.PopupFocusReason and self.isModified():
            self._commit()
        self.deselect()


class ChoiceField(QComboBox):
    """A menu, stored by key. A left-out choice shows what it amounts to."""

    changed = Signal(object)

    def __init__(self, told: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: list[str | None] = [None] if told.optional else []
        if told.optional:
            self.addItem("Default")
        for rule in told.knob.rules:
            self._keys.append(rule.key)
            self.addItem(rule.title)
            self.setItemData(self.count() - 1, rule.help, Qt.ItemDataRole.ToolTipRole)
        self._standing = ""
        self._titles = {rule.key: rule.title for rule in told.knob.rules}
        self.setFixedHeight(FIELD_HEIGHT)
        self.setFixedWidth(128)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click the keys still act on the run
        self.setMaxVisibleItems(16)
        self.setFont(font())
        self.activated.connect(lambda number: self.changed.emit(self._keys[number]))

    @property
    def value(self) -> str | None:
        return self._keys[self.currentIndex()]

    def show_value(self, value: Any, standing: Any) -> None:
        """Show a key; standing is what a left-out one amounts to."""
        if None in self._keys:
            self._standing = self._titles.get(standing, "none")
            self.setItemText(0, f"Default ({self._standing})")
        self.setCurrentIndex(self._keys.index(value))

    def hide_choice(self, key: str, hidden: bool) -> None:
        """Take a choice out of the menu's list while it cannot be chosen."""
        self.view().setRowHidden(self._keys.index(key), hidden)  # type: ignore[attr-defined]

    def showPopup(self) -> None:
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24)
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        if self.value is None:
            option.currentText = self._standing
            option.palette.setColor(QPalette.ColorRole.Text, muted)
            option.palette.setColor(QPalette.ColorRole.ButtonText, muted)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_stroke(muted))
        middle = QPointF(self.width() - 12, self.height() / 2)
        painter.drawPolyline([middle + QPointF(-3.5, -1.75), middle + QPointF(0, 1.75), middle + QPointF(3.5, -1.75)])
        painter.end()


class Switch(QCheckBox):
    """On or off."""

    changed = Signal(object)

    def __init__(self, told: Declaration | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(32, FIELD_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda on: self.changed.emit(bool(on)))

    def show_value(self, value: Any, standing: Any = None) -> None:
        self.setChecked(bool(value))

    def hitButton(self, position: Any) -> bool:
        return self.rect().contains(position)

    def sizeHint(self) -> QSize:
        return QSize(32, FIELD_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = self.palette()
        role = QPalette.ColorRole
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        groove = QRectF(3.75, self.height() / 2 - 7.25, 27.5, 14.5)
        on = self.isChecked()
        edge = role.WindowText if self.hasFocus() else role.Accent if on else role.PlaceholderText
        painter.setPen(QPen(colors.color(edge), 1.5))
        painter.setBrush(colors.color(role.Accent if on else role.Window))
        painter.drawRoundedRect(groove, 7.25, 7.25)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(role.HighlightedText if on else role.PlaceholderText))
        x = groove.right() - 11.5 if on else groove.left() + 3
        painter.drawEllipse(QRectF(x, groove.top() + 3, 8.5, 8.5))
        painter.end()


class MoreButton(QToolButton):
    """Three dots: opens and closes the rest of a group."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, checkable=True, accessibleName=f"{title}: more choices")
        self.setFixedSize(24, 20)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._tell)
        self._tell(False)

    def _tell(self, is_open: bool) -> None:
        text = "Show fewer choices" if is_open else "Show all choices of this group"
        self.setToolTip(text)
        self.setStatusTip(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        role = QPalette.ColorRole.Accent if self.isChecked() else QPalette.ColorRole.PlaceholderText
        painter.setBrush(self.palette().color(role))
        for x in (-5, 0, 5):
            painter.drawEllipse(QPointF(self.width() / 2 + x, self.height() / 2), 1.5, 1.5)
        painter.end()


class LayersField(QWidget):
    """The units of each hidden layer as text, with buttons that add a layer or units."""

    entered = Signal(str)
    changed = Signal(object)
    restored = Signal()

    def __init__(self, told: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told = told
        self._layers: tuple[int, ...] = ()
        self.text_field = _LayersText(told, self)
        self.text_field.entered.connect(self.entered)
        self.text_field.changed.connect(self.changed)
        self.text_field.restored.connect(self.restored)
        self.setFocusProxy(self.text_field)
        self._depth = QLabel(font=font("small"))
        self._depth.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        row = QHBoxLayout(spacing=0)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._depth, 1)
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
            button = QToolButton(text=sign, toolTip=name, accessibleName=name, statusTip=name)
            button.setProperty("role", "step")
            button.setFixedSize(20, 20)
            button.setAutoRepeat(number > 1)
            button.clicked.connect(act)
            row.addWidget(button)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)

    @property
    def is_busy(self) -> bool:
        return self.text_field.is_busy

    def show_value(self, value: Any, standing: Any) -> None:
        self._layers = value
        self.text_field.show_value(value, value)
        self._depth.setText("linear model" if not value else "")

    def refuse(self) -> None:
        self.text_field.refuse()

    @property
    def is_refused(self) -> bool:
        return self.text_field.is_refused

    def _shorten(self) -> None:
        if self._layers:
            self.changed.emit(self._layers[:-1])

    def _lengthen(self) -> None:
        self.changed.emit((*self._layers, self._layers[-1] if self._layers else 8))

    def _scale(self, direction: int) -> None:
        widths = tuple(_rung(width, direction) for width in self._layers)
        if widths != self._layers:
            self.changed.emit(widths)


class _LayersText(NumberField):
    """ "8, 8": the arrow keys change the layer that the text cursor stands in."""

    def step(self, steps: int) -> None:
        layers = list(self._standing or ())
        number = self.text()[: self.cursorPosition()].count(",")
        if number < len(layers):
            layers[number] = _rung(layers[number], 1 if steps > 0 else -1)
            position = self.cursorPosition()
            self._offer(tuple(layers))
            self.setCursorPosition(min(position, len(self.text())))

    def begin_drag(self) -> None:  # a list is not dragged
        self._origin = None

    def _restore(self) -> None:
        super()._restore()
        if not self._standing and not self.hasFocus():
            self.setText("")


def _rung(units: int, direction: int) -> int:
    if direction > 0:
        return next((rung for rung in UNITS if rung > units), units)
    return next((rung for rung in reversed(UNITS) if rung < units), units)


def _stroke(color: Any) -> QPen:
    return QPen(color, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


class KnobLabel(QWidget):
    """A knob's name and symbol. Dragged, it turns the number beside it; a double click asks for the default."""

    drag_began = Signal()
    moved = Signal(int)
    drag_ended = Signal()
    reset_asked = Signal()

    def __init__(self, told: Declaration, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text or told.knob.label
        self._symbol = told.knob.symbol
        self._is_changed = False
        self._can_drag = told.kind in (int, float) and not told.choices
        self._press: float | None = None
        self._dragging = False
        self.setFont(font())
        self.setFixedHeight(FIELD_HEIGHT)
        self.setMinimumWidth(40)
        if self._can_drag:
            self.setCursor(Qt.CursorShape.SizeHorCursor)

    def show_changed(self, changed: bool) -> None:
        if changed != self._is_changed:
            self._is_changed = changed
            self.update()

    def set_bold(self) -> None:
        self.setFont(font(bold=True))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, role = self.palette(), QPalette.ColorRole
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._is_changed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Accent))
            painter.drawEllipse(QRectF(4, self.height() / 2 - 2, 5, 5))
        metrics = self.fontMetrics()
        room = self.width() - 16
        beside = metrics.horizontalAdvance(self._symbol) + 8 if self._symbol else 0
        text = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, room - beside)
        painter.setPen(colors.color(role.WindowText))
        line = QRectF(16, 0, room, self.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if self._symbol:
            painter.setPen(colors.color(role.PlaceholderText))
            line.setLeft(16 + metrics.horizontalAdvance(text) + 8)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._symbol)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._can_drag:
            self._press = event.globalPosition().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            return
        way = round(event.globalPosition().x() - self._press)
        if not self._dragging and abs(way) >= QApplication.startDragDistance() // 2:
            self._dragging = True
            self.drag_began.emit()
        if self._dragging:
            self.moved.emit(way)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._press = None
        if self._dragging:
            self._dragging = False
            self.drag_ended.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._press = None
        self.reset_asked.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
