"""The About box tells what a report of a problem needs, and gives it away."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from playground import about
from playground.ui.about import About
from playground.ui.window import Window


@pytest.fixture
def box(qtbot, session):
    """The box as the menu opens it."""
    window = Window(session)
    window.show()
    window.actions_table.by_name["about"].trigger()
    (found,) = window.findChildren(About)
    yield found
    window.give_up()
    window.deleteLater()


def test_it_shows_every_fact_and_the_licences(box):
    shown = {label.text() for label in box.findChildren(QLabel)}
    assert box.isVisible()
    assert {text for fact in about.facts() for text in fact} <= shown
    assert box.licences.toPlainText() == about.notices()


def test_the_versions_can_be_copied(qtbot, box):
    qtbot.mouseClick(box.copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == about.text()
