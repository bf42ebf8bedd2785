"""The plane with its tools and messages, and what stands where a chart is not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from playground.ui.canvas import Canvas
from playground.ui.notice import Notice
from playground.ui.theme import Colors, font


class Stage(QWidget):
    """The plane with its tools at the edge and the bar for messages over it."""

    def __init__(self, canvas: Canvas, tools: QWidget, colors: Colors) -> None:
        super().__init__()
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 8, 0, 8)
        column.addWidget(canvas, 1)
        column.addWidget(tools)
        self.canvas = canvas
        self.notice = Notice(colors, self)

    def show_message(self, message: str, empty: bool) -> None:
        """Why it cannot train now: in the empty plane itself, else in the bar above it."""
        self.canvas.set_message(message[:1].upper() + message[1:] if empty else "")
        if message and not empty:
            self.notice.say(message, "warning", "message")
        else:
            self.notice.take_back("message")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.notice.place()


class NormsOff(QFrame):
    """What stands in the place of the normalization's chart while there is none."""

    def __init__(self) -> None:
        super().__init__()
        text = QLabel("BatchNorm is off. On, its moving mean and variance, γ and β are drawn here.", wordWrap=True)
        text.setFont(font())
        text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.wanted = QPushButton("Switch on", font=font(), accessibleName="Switch BatchNorm on")
        self.wanted.setToolTip("A change makes new weights: the run starts anew.")
        self.wanted.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QHBoxLayout(self, spacing=12)
        line.setContentsMargins(0, 4, 0, 4)
        line.addWidget(text, 1)
        line.addWidget(self.wanted)


def rule() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setAutoFillBackground(True)
    line.setBackgroundRole(QPalette.ColorRole.Mid)
    return line
