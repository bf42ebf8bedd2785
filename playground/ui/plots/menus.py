"""A menu in a crowded row."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter

from playground.ui.describe import plain
from playground.ui.painting import painted
from playground.ui.theme import font, scaled

LEAST = 72  # pixels of a menu of long words; short ones keep what they take


class Menu(QComboBox):
    """Asks for the room that its chosen words take, not its longest; with less it shortens them. Its tip has all."""

    def __init__(self, name: str, rows: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(accessibleName=name, toolTip=name, font=font("small"))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._name = name
        for key, title in rows:
            self.addItem(title, key)
        self.currentTextChanged.connect(self._fit)

    def sizeHint(self) -> QSize:
        option, metrics = QStyleOptionComboBox(), self.fontMetrics()
        self.initStyleOption(option)
        size = QSize(metrics.horizontalAdvance(self.currentText()) + 2, metrics.height())
        wide = self.style().sizeFromContents(QStyle.ContentsType.CT_ComboBox, option, size, self).width()
        return QSize(wide, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), scaled(LEAST)), hint.height())

    @property
    def words(self) -> str:
        """What is written: the chosen words, or as much of them as there is room for."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width()
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.words
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24)
        super().showPopup()

    def _fit(self, text: str) -> None:
        self.setToolTip(plain(f"{self._name}: {text}" if text else self._name))
        self.updateGeometry()
