"""A number that is dragged, typed or stepped. It shows and announces; it checks nothing."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QWidget,
)

from playground.model.knobs import Declaration
from playground.ui.control import Control, field_height
from playground.ui.scales import dragged, stepped, written
from playground.ui.theme import font


class NumberField(Control, QLineEdit):
    """A number: drag it, type it, or step it with the arrow keys; the wheel works when it has the focus.

    ``entered`` carries the text that was typed, ``changed`` a number that dragging or stepping reached;
    ``restored`` tells that what was typed was given up.
    """

    entered = Signal(str)
    changed = Signal(object)
    restored = Signal()
    settled = Signal()  # Enter has ended the typing
    is_typed = True
    widest = "8,888,888"
    idle = Qt.CursorShape.SizeHorCursor  # the pointer over it while it lacks the focus

    def __init__(self, declared: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._declared = declared
        self._value: Any = None
        self._standing: Any = None  # the value, or what a left-out one amounts to
        self._origin: Any = None  # where a drag began
        self._press: QPointF | None = None
        self.is_refused = False
        self.setFont(font())
        self.fit_type()
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setCursor(self.idle)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a press may begin a drag; a click takes the focus itself
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAcceptDrops(False)  # a file is dropped on the window
        self.returnPressed.connect(self._enter)

    def fit_type(self) -> None:
        """Have room for a number, in the type that it is written in."""
        self.setFixedSize(self.fontMetrics().horizontalAdvance(self.widest) + 24, field_height(self))

    @property
    def is_busy(self) -> bool:  # type: ignore[override]
        """Whether a hand is on it: a drag is under way, or text is being typed."""
        return self._origin is not None or (self.hasFocus() and self.isModified())

    def show_value(self, value: Any, standing: Any) -> None:
        """Show a value; standing is what it amounts to when it is None (shown muted)."""
        if (self.is_refused or self.isModified()) and value == self._value and standing == self._standing:
            return  # what is being typed stays
        self._value, self._standing = value, standing
        self._restore()

    def refuse(self) -> None:
        self.is_refused = True
        self._mark()

    def forgive(self) -> None:
        if self.is_refused:
            self._restore()

    def begin_drag(self) -> None:
        self._origin = self._standing

    def drag(self, pixels: int) -> None:
        """Follow the hand, so many pixels from where the drag began."""
        if self._origin is None:
            return
        fine = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._offer(dragged(self._declared, self._origin, pixels, fine))

    def end_drag(self) -> None:
        self._origin = None

    def step(self, steps: int) -> None:
        if self._standing is not None:
            self._offer(stepped(self._declared, self._standing, steps))

    def _offer(self, value: Any) -> None:
        if value != self._standing:
            self.setModified(False)
            self.changed.emit(value)

    def _enter(self) -> None:
        self._commit()
        if not self.is_refused:
            self.settled.emit()

    def _commit(self) -> None:
        text = self.text().strip()
        if self.isModified() or self.is_refused:
            self.setModified(False)
            self.entered.emit(self._plain(text.removesuffix(self._declared.knob.unit).strip()))

    def _plain(self, text: str) -> str:
        """A number with the decimal point of the person's language as one with a dot."""
        point = self.locale().decimalPoint()
        return text.replace(point, ".") if self._declared.kind is float and text.count(point) == 1 else text

    def _restore(self) -> None:
        self.is_refused = False
        shown = self._standing if self._value is None else self._value
        text = written(shown, self._declared.knob.unit) if shown is not None else "none"
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
        self.setCursor(self.idle)
        if event.reason() != Qt.FocusReason.PopupFocusReason and self.isModified():
            self._commit()
        self.deselect()


class TextField(NumberField):
    """A text: typed only, neither dragged nor stepped."""

    is_typed = True
    widest = "x1, x2, x1*x2"
    idle = Qt.CursorShape.IBeamCursor

    def __init__(self, declared: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(declared, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setPlaceholderText("as they are")
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def step(self, steps: int) -> None:
        """A text has no next one."""

    def begin_drag(self) -> None:
        self._origin = None
