"""The About box: what the program is, what it is made of, and whose licences hold; all of it can be copied."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from playground import NAME, __version__, about
from playground.ui.icons import application_icon
from playground.ui.theme import font

PURPOSE = "Find out with your own hands why neural networks overfit. Under the MIT licence."
SIZE = (640, 600)
ICON = 48


class About(QDialog):
    """Shows itself beside the window, and is deleted when closed."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, windowTitle=f"About the {NAME}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.licences = QPlainTextEdit(about.notices(), readOnly=True, accessibleName="Licences", font=font("small"))
        self.licences.document().setDocumentMargin(8)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.copy = buttons.addButton("&Copy versions", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(about.text()))
        column = QVBoxLayout(self, spacing=16)
        column.setContentsMargins(20, 20, 20, 16)
        column.addLayout(self._head())
        column.addLayout(self._table())
        below = QVBoxLayout(spacing=8)
        below.addWidget(QLabel("Licences of what it contains", font=font(bold=True)))
        below.addWidget(self.licences, 1)
        column.addLayout(below, 1)
        column.addWidget(buttons)
        self.resize(*SIZE)

    def _head(self) -> QHBoxLayout:
        picture = QLabel(pixmap=application_icon().pixmap(ICON, ICON))
        words = QVBoxLayout(spacing=4)
        words.addWidget(QLabel(f"{NAME.capitalize()} {__version__}", font=font("title", bold=True)))
        words.addWidget(QLabel(PURPOSE, wordWrap=True))
        row = QHBoxLayout(spacing=16)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    def _table(self) -> QGridLayout:
        table = QGridLayout(horizontalSpacing=16, verticalSpacing=4)
        table.setColumnStretch(1, 1)
        for number, (name, value) in enumerate(about.facts()):
            title = QLabel(name, font=font())
            title.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            label = QLabel(value, font=font(), wordWrap=True, accessibleName=name)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            table.addWidget(title, number, 0, Qt.AlignmentFlag.AlignTop)
            table.addWidget(label, number, 1)
        return table
