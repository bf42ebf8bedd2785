"""The dialog that offers work which was kept aside, and not saved: what it holds, since when, and a picture of it."""

from __future__ import annotations

import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from playground.model import recovery
from playground.model.recovery import Found
from playground.ui.describe import plain
from playground.ui.questions import give_keys
from playground.ui.theme import font

PICTURE = (150, 112)  # pixels
WIDE, HIGH = 620, 440
TOLD = "The program ended before this was saved. Opening it gives up nothing: it stays kept until you save it."


class Recovered(QDialog):
    """A row for each; is deleted when closed. What is neither opened nor deleted is offered again at the next start."""

    wanted = Signal(object)  # Found

    def __init__(self, found: list[Found], parent: QWidget | None = None) -> None:
        super().__init__(parent, windowTitle="Unsaved work was found")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows = [_Row(one) for one in found]
        listed = QWidget()
        column = QVBoxLayout(listed, spacing=12)
        column.setContentsMargins(0, 0, 8, 0)
        for row in self.rows:
            column.addWidget(row)
            row.opened.connect(self._open)
            row.deleted.connect(self._delete)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(listed)
        buttons = QDialogButtonBox()
        buttons.addButton("Decide later", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        give_keys(buttons)
        around = QVBoxLayout(self, spacing=16)
        around.setContentsMargins(20, 20, 20, 16)
        around.addWidget(QLabel(TOLD, wordWrap=True))
        around.addWidget(area, 1)
        around.addWidget(buttons)
        self.resize(WIDE, min(HIGH, listed.sizeHint().height() + 150))

    def _open(self, found: Found) -> None:
        self.accept()
        self.wanted.emit(found)

    def _delete(self, row: _Row) -> None:
        try:
            recovery.discard(row.found)
        except OSError as error:
            row.holds.setText(str(error))
            return
        self.rows.remove(row)
        row.hide()
        row.deleteLater()
        if not self.rows:
            self.reject()


class _Row(QWidget):
    """A picture, three lines, and two buttons."""

    opened, deleted = Signal(object), Signal(object)

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found
        self.picture = picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, accessibleName="What it looked like")
        picture.setFixedSize(*PICTURE)
        pixmap = QPixmap()
        if pixmap.loadFromData(found.picture):
            smooth = Qt.TransformationMode.SmoothTransformation
            ratio = self.devicePixelRatioF()
            pixmap = pixmap.scaled(picture.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio, smooth)
            pixmap.setDevicePixelRatio(ratio)
            picture.setPixmap(pixmap)
        name = Path(found.about.path).stem if found.about.path else "Never saved"
        words = QVBoxLayout(spacing=4)
        self.name = self._line(name, bold=True)
        self.name.setToolTip(plain(found.about.path) if found.about.path else "")
        self.holds = self._line(found.about.holds)
        for line in (self.name, self._line(when(found.about.time)), self.holds):
            words.addWidget(line)
        words.addStretch(1)
        self.open = QPushButton("Open", accessibleName=f"Open {name}", enabled=found.about.holds != recovery.DAMAGED)
        self.delete = QPushButton("Delete", accessibleName=f"Delete {name}")
        self.open.clicked.connect(lambda: self.opened.emit(found))
        self.delete.clicked.connect(self._ask)
        line = QHBoxLayout(self, spacing=16)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(picture)
        line.addLayout(words, 1)
        line.addWidget(self.open, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.delete, 0, Qt.AlignmentFlag.AlignTop)

    @staticmethod
    def _line(text: str, bold: bool = False) -> QLabel:
        label = QLabel(text, wordWrap=True, font=font(bold=bold))
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _ask(self) -> None:
        """The first press asks, the second deletes."""
        if self.delete.text() == "Delete":
            self.delete.setText("Delete for good")
        else:
            self.deleted.emit(self)


def when(seconds: float) -> str:
    """A time in words: "today, 14:03", "24 November, 9:15"."""
    moment, today = datetime.datetime.fromtimestamp(seconds), datetime.date.today()
    days = {0: "today", 1: "yesterday"}
    year = f" {moment:%Y}" if moment.year != today.year else ""
    day = days.get((today - moment.date()).days, f"{moment.day} {moment:%B}{year}")
    return f"{day}, {moment.hour}:{moment:%M}"
