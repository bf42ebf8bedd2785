"""The guide: its pages are those of assets/help, and its links lead to them."""

import re

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QWidget

from playground.ui.manual import Manual, pages


@pytest.fixture
def manual(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    yield Manual(window)


def test_each_page_is_shown_under_its_title(manual):
    for row, (title, path) in enumerate(pages().items()):
        manual.titles.setCurrentRow(row)
        assert manual.titles.currentItem().text() == title
        assert manual.text.toPlainText().startswith(title)
        assert len(manual.text.toPlainText()) > len(path.read_text(encoding="utf-8")) / 2


def test_a_link_leads_to_its_page_and_none_leads_out(manual):
    names = [path.name for path in pages().values()]
    manual.text.anchorClicked.emit(QUrl(names[-1]))
    assert manual.titles.currentRow() == len(names) - 1
    manual.text.anchorClicked.emit(QUrl("https://example.org/1-start.md"))
    assert manual.titles.currentRow() == len(names) - 1
    for path in pages().values():
        for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            assert link.partition("#")[0] in names


def test_long_titles_are_read_whole(manual):
    manual.show()
    bar = manual.titles.horizontalScrollBar()
    assert bar.maximum() == 0 and manual.titles.wordWrap()
