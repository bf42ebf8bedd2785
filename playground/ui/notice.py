"""A bar at the top of the plane that says what went wrong or what is missing, with the button that helps."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from playground.ui.describe import plain
from playground.ui.icons import icon, pixmap
from playground.ui.theme import Colors, blend, font

LONGEST = 280  # letters


class Notice(QFrame):
    """One message at a time, never modal. A message has a kind: "error", "warning" or "hint"."""

    def __init__(self, colors: Colors, parent: QWidget | None = None, left: int = 0, top: int = 8) -> None:
        super().__init__(parent)
        self._colors = colors
        self._kind = "error"
        self._left, self._top = left, top  # pixels of the parent that it leaves free
        self._act: Callable[[], None] | None = None
        self.topic = ""  # what the message is about, so that it can be taken back
        self._sign = QLabel()
        self._sign.setFixedSize(20, 20)
        self._text = QLabel(font=font(), wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton(visible=False)
        self._button.clicked.connect(self._help)
        self._close = QToolButton(accessibleName="Dismiss", toolTip="Dismiss", iconSize=QSize(16, 16))
        self._close.setFixedSize(24, 24)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(self.hide)
        line = QHBoxLayout(self, spacing=8)
        line.setContentsMargins(12, 8, 8, 8)
        line.addWidget(self._sign)
        line.addWidget(self._text, 1)
        line.addWidget(self._button)
        line.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        return "" if self.isHidden() else self._text.text()

    def say(
        self,
        text: str,
        kind: str = "error",
        topic: str = "",
        action: tuple[str, Callable[[], None]] | None = None,
        detail: str = "",
    ) -> None:
        """Show a message; action is a button's text and what it does, detail is told where the pointer rests."""
        self._kind, self.topic = kind, topic
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setText(shortened(text, is_sentence=not detail))
        self._act = action[1] if action else None
        self._button.setText(action[0] if action else "")
        self._button.setVisible(action is not None)
        self.setAccessibleName(text)
        self.setAccessibleDescription(detail)
        self.setToolTip(plain(detail) if detail else "")
        self.set_colors(self._colors)
        self.show()
        self.raise_()
        self.place()

    def take_back(self, topic: str) -> None:
        """Hide the message, if it is about that topic."""
        if self.topic == topic:
            self.hide()

    def set_colors(self, colors: Colors) -> None:
        self._colors = colors
        ink = {"error": colors.error, "warning": colors.warning}.get(self._kind, colors.accent)
        self._sign.setPixmap(pixmap(self._kind, ink, 20, self.devicePixelRatioF()))
        self._close.setIcon(icon("close", colors))
        wash = blend(ink, colors.panel, 0.08)
        self.setStyleSheet(f"Notice {{ background: {wash}; border: 1px solid {ink}; border-radius: 8px; }}")

    def place(self) -> None:
        """Lie along the parent's upper edge."""
        parent, layout = self.parentWidget(), self.layout()
        if parent is None or layout is None:
            return
        width = min(parent.width() - self._left - 16, 640)
        self.setFixedWidth(max(width, 200))
        self.setFixedHeight(max(layout.totalHeightForWidth(width - 2) + 2, 40))
        self.move(self._left + (parent.width() - self._left - width) // 2, self._top)

    def _help(self) -> None:
        self.hide()
        if self._act is not None:
            self._act()


def shortened(text: str, is_sentence: bool = True) -> str:
    """The first line of a message, of a length that leaves the plane to be seen; one that begins with a file's name is
    no sentence.
    """
    line = text.strip().partition("\n")[0]
    line = line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
    return line[:1].upper() + line[1:] if is_sentence else line
