"""Two quiet buttons at a plot: what to look for in it, and taking it along."""

from __future__ import annotations

import html
from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWhatsThis, QWidget

from playground.ui.icons import icon
from playground.ui.theme import Colors


class Takeaway(QWidget):
    """A question mark that explains, and a menu that copies and saves.

    seen: gives the widget that is seen and a name for its files, None where there is none. A widget that has numbers
    gives them by ``table()``: names and columns. One with a chart to be taken alone has its Export as ``export``.
    """

    def __init__(self, colors: Colors, seen: Callable[[], tuple[QWidget, str] | None]) -> None:
        super().__init__()
        self._seen = seen
        self._question = self._help = ""
        self.help = self._button("What to look for", "What to look for in this plot")
        self.help.clicked.connect(self.explain)
        self.more = self._button("Copy or save this plot", "Copy or save: PNG, SVG, PDF, CSV")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.more)
        self._menu.aboutToShow.connect(self._fill)
        self.more.setMenu(self._menu)
        row = QHBoxLayout(self, spacing=0)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.help)
        row.addWidget(self.more)
        self.set_colors(colors)

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton(accessibleName=name, toolTip=tip, iconSize=QSize(16, 16))
        button.setProperty("role", "quiet")
        button.setFixedWidth(22)
        button.setFocusPolicy(button.focusPolicy().TabFocus)
        return button

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.help.setIcon(icon("help", colors, colors.muted))
        self.more.setIcon(icon("more", colors, colors.text))

    def offer(self, question: str, help: str) -> None:
        """Speak of another plot: what it asks, and what to look for in it."""
        self._question, self._help = question, help
        self.help.setEnabled(bool(help))

    @property
    def text(self) -> str:
        """What is told, as HTML."""
        return f"<p><b>{html.escape(self._question)}</b></p><p>{html.escape(self._help)}</p>"

    def explain(self) -> None:
        """Tell what to look for."""
        QWhatsThis.showText(self.help.mapToGlobal(QPoint(0, self.help.height())), self.text, self.help)

    def _fill(self) -> None:
        """Offer what may be taken of the plot that is seen now."""
        self._menu.clear()
        if (seen := self._seen()) is None:
            self._menu.addAction("Nothing to be seen yet").setEnabled(False)
        else:
            from playground.ui.plots.export import export_of  # the package loads what charts are drawn with

            export_of(*seen).fill(self._menu)
