"""The guide: the pages of assets/help, a list of their titles at the left, the chosen one at the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QListWidget, QTextBrowser, QVBoxLayout, QWidget

from playground.model.paths import assets_folder
from playground.ui.theme import font, scaled

SIZE = (860, 620)
LIST = 220  # pixels


def pages() -> dict[str, Path]:
    """The pages by their titles, which are their first headings, in the order of their files' names."""
    found = {}
    for path in sorted(Path(assets_folder(), "help").glob("*.md")):
        with open(path, encoding="utf-8") as file:
            found[file.readline().lstrip("# ").strip()] = path
    return found


class Manual(QDialog):
    """Shows itself beside the window, and is deleted when closed. Links lead from page to page, and nowhere else."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, windowTitle="Guide")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._pages = pages()
        self.titles = QListWidget(accessibleName="Pages", font=font(), wordWrap=True, spacing=2)
        self.titles.addItems(list(self._pages))
        self.titles.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.titles.setFixedWidth(scaled(LIST))
        self.titles.currentTextChanged.connect(self._show)
        self.text = QTextBrowser(accessibleName="Page", font=font(), openLinks=False)
        self.text.document().setDocumentMargin(16)
        self.text.anchorClicked.connect(self._follow)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        row = QHBoxLayout(spacing=12)
        row.addWidget(self.titles)
        row.addWidget(self.text, 1)
        column = QVBoxLayout(self, spacing=12)
        column.setContentsMargins(16, 16, 16, 12)
        column.addLayout(row, 1)
        column.addWidget(buttons)
        self.resize(*SIZE)
        self.titles.setCurrentRow(0)

    def _show(self, title: str) -> None:
        """Show the page of that title. HTML in it is text: pages are ours, and need none."""
        page = self._pages[title].read_text(encoding="utf-8")
        features = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
        self.text.document().setMarkdown(page, features)
        self.text.moveCursor(QTextCursor.MoveOperation.Start)

    def _follow(self, link: QUrl) -> None:
        for title, path in self._pages.items():
            if path.name == link.path():
                self.titles.setCurrentRow(list(self._pages).index(title))
