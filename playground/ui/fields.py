"""The controls of the form that are no numbers: menu, switch, more, and a knob's label."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
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
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from playground.model.knobs import Declaration
from playground.ui.control import Control, field_height
from playground.ui.describe import describe_choice
from playground.ui.painting import painted
from playground.ui.theme import font

AROUND = 28  # pixels of a menu's frame and arrow
NARROWEST = 88  # pixels of a menu, as of a number


class ChoiceField(Control, QComboBox):
    """A menu, stored by key. A left-out choice shows what it amounts to."""

    changed = Signal(object)
    settled = Signal()

    def __init__(self, declared: Declaration, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: list[str | None] = [None] if declared.optional else []
        if declared.optional:
            self.addItem("Default")
        for rule in declared.knob.rules:
            self._keys.append(rule.key)
            self.addItem(rule.title)
            self.setItemData(self.count() - 1, describe_choice(rule), Qt.ItemDataRole.ToolTipRole)
        self._standing = ""
        self._titles = {rule.key: rule.title for rule in declared.knob.rules}
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click the keys still act on the run
        self.setMaxVisibleItems(16)
        self.setFont(font())
        self.fit_type()
        self.activated.connect(self._choose)

    def fit_type(self) -> None:
        """Be as wide as the longest title, and as high as the type asks for."""
        longest = max(map(self.fontMetrics().horizontalAdvance, self._titles.values()))
        self.setFixedSize(max(longest + AROUND, NARROWEST), field_height(self))

    def _choose(self, number: int) -> None:
        self.changed.emit(self._keys[number])
        if not self.hasFocus():
            self.settled.emit()

    @property
    def value(self) -> str | None:
        return self._keys[self.currentIndex()]

    def show_value(self, value: Any, standing: Any) -> None:
        """Show a key; standing is what a left-out one amounts to."""
        if None in self._keys:
            self._standing = self._titles.get(standing, "none")
            self.setItemText(0, f"Default ({self._standing})")
        self.setCurrentIndex(self._keys.index(value))

    def offer(self, keys: tuple[str, ...]) -> None:
        for number, key in enumerate(self._keys):
            if self.view().isRowHidden(number) != (key is not None and key not in keys):  # type: ignore[attr-defined]
                self.view().setRowHidden(number, key not in keys)  # type: ignore[attr-defined]

    def showPopup(self) -> None:
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24)
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    @painted
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
        painter.end()


class Switch(Control, QCheckBox):
    """On or off. A left-out switch shows what it amounts to."""

    changed = Signal(object)
    settled = Signal()

    def __init__(self, declared: Declaration | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fit_type()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._flip)

    def fit_type(self) -> None:
        self.setFixedSize(32, field_height(self))

    def _flip(self, on: bool) -> None:
        self.changed.emit(bool(on))
        if not self.hasFocus():
            self.settled.emit()

    def show_value(self, value: Any, standing: Any = None) -> None:
        self.setChecked(bool(standing if value is None else value))

    def hitButton(self, position: Any) -> bool:
        return self.rect().contains(position)

    def sizeHint(self) -> QSize:
        return QSize(32, field_height(self))

    @painted
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
    """Opens and closes the rest of a group, and counts what is closed: "3 more, 1 changed"."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, checkable=True, font=font("small"))
        self._title = title
        self._counts = 0, 0  # closed, and how many of them are changed
        self.setProperty("role", "quiet")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._tell)
        self._tell()

    def count(self, hidden: int, changed: int) -> None:
        """Say how many are closed, and how many of them are not at their default."""
        if (hidden, changed) != self._counts:
            self._counts = hidden, changed
            self._tell()

    def _tell(self) -> None:
        hidden, changed = self._counts
        closed = f"{hidden} more" + (f", {changed} changed" if changed else "")
        text = "Fewer" if self.isChecked() else closed
        self.setText(text)
        self.setAccessibleName(f"{self._title}: {text.lower()}")
        self.setToolTip("Show fewer choices" if self.isChecked() else "Show all choices of this group")
        state = "changed" if changed and not self.isChecked() else ""
        if self.property("state") != state:
            self.setProperty("state", state)
            self.style().polish(self)


class KnobLabel(QWidget):
    """A knob's name and symbol. A drag turns the number beside it; a double click asks for the default."""

    drag_began = Signal()
    moved = Signal(int)
    drag_ended = Signal()
    reset_asked = Signal()

    def __init__(self, declared: Declaration, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text or declared.knob.label
        self._symbol = declared.knob.symbol
        self._is_changed = False
        self._can_drag = declared.kind in (int, float) and not declared.choices
        self._press: float | None = None
        self._dragging = False
        self.setFont(font())
        self.fit_type()
        self.setMinimumWidth(40)
        if self._can_drag:
            self.setCursor(Qt.CursorShape.SizeHorCursor)

    def fit_type(self) -> None:
        self.setFixedHeight(field_height(self))

    def show_changed(self, changed: bool) -> None:
        if changed != self._is_changed:
            self._is_changed = changed
            self.update()

    @painted
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
