"""The verdict in a few words: a coloured chip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QToolButton, QWidget

from playground.training.snapshot import Verdict
from playground.ui.describe import plain
from playground.ui.icons import icon
from playground.ui.theme import Colors, blend, font

NOTHING = Verdict("none", "not trained yet")
AROUND = 54  # pixels: icon, padding and border
ICONS = {
    "none": "more",
    "training": "wait",
    "underfit": "underfit",
    "overfit": "overfit",
    "good": "check",
    "diverged": "error",
    "unfair": "warning",
}


def color_of(kind: str, colors: Colors) -> str:
    """The colour in which a verdict of this kind is written."""
    shades = {
        "underfit": colors.warning,
        "overfit": colors.validation,
        "good": colors.accent,
        "diverged": colors.error,
        "unfair": colors.warning,
    }
    return shades.get(kind, colors.muted)


def wash_of(kind: str, colors: Colors) -> str:
    """The ground on which it is written."""
    return blend(color_of(kind, colors), colors.window, 0.1)


def headline(verdict: Verdict) -> str:
    """The verdict in one line: "Overfitting since epoch 310"."""
    text = verdict.title[:1].upper() + verdict.title[1:]
    return f"{text} since epoch {verdict.since:,}" if verdict.since and "epoch" not in text else text


class VerdictChip(QToolButton):
    """The verdict in a few words; a click asks why: evidence and remedies are told by a panel (plots/why.py)."""

    why_wanted = Signal()

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, font=font(bold=True))
        self._colors = colors
        self._verdict: Verdict | None = None
        self._share = 0.0
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(16, 16))
        self.fit_type()
        self.clicked.connect(self.why_wanted)
        self.show_verdict(NOTHING)

    def fit_type(self) -> None:
        self.setFixedHeight(max(32, self.fontMetrics().height() + 14))

    @property
    def verdict(self) -> Verdict:
        return self._verdict or NOTHING

    def show_verdict(self, verdict: Verdict, share: float = 0.0) -> None:
        """Say it; share: how far something has come, as a bar behind the words."""
        if verdict == self._verdict:
            return
        repaint = self._verdict is None or verdict.kind != self._verdict.kind or share != self._share
        self._verdict, self._share = verdict, share
        text = headline(verdict)
        self._elide()
        self.setAccessibleName(f"Verdict: {text}")
        self.setAccessibleDescription(verdict.evidence)
        self.setStatusTip("Why, and what to change")
        if repaint:
            self._repaint()

    def _elide(self) -> None:
        """As much of it as there is room for: words never make the bar wider."""
        room = self.width() - AROUND
        whole = headline(self.verdict)
        text = self.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideRight, room)
        self.setText(f" {text}")
        tip = "\n".join(filter(None, [whole if text != whole else "", self.verdict.evidence]))
        self.setToolTip(plain(tip) if tip else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def set_colors(self, colors: Colors) -> None:
        self._colors = colors
        self._repaint()

    def _repaint(self) -> None:
        kind, colors = self.verdict.kind, self._colors
        ink, wash = color_of(kind, colors), wash_of(kind, colors)
        if self._share:
            done = blend(colors.accent, colors.window, 0.3)
            edge = min(self._share, 0.999)
            stops = f"stop:0 {done}, stop:{edge:.3f} {done}, stop:{edge + 0.001:.3f} {wash}, stop:1 {wash}"
            wash = f"qlineargradient(x1:0, y1:0, x2:1, y2:0, {stops})"
        self.setIcon(icon(ICONS.get(kind, "hint"), colors, ink))
        self.setStyleSheet(
            f"QToolButton {{ color: {ink}; background: {wash}; border: 1px solid transparent;"
            f" border-radius: 15px; padding: 0 12px 0 8px; }}"
            f" QToolButton:hover, QToolButton:focus {{ border-color: {ink}; }}"
        )
