"""The gallery of patterns: pictures with names, by mouse and keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import declaration
from playground.model.shapes import GIVEN
from playground.ui.form import Form
from playground.ui.gallery import SIDE, picture
from playground.ui.keys import Keeper
from playground.ui.theme import DARK, LIGHT


@pytest.fixture
def form(qtbot):
    made = Form()
    Keeper(made)  # as in the window
    qtbot.addWidget(made)
    made.show_knobs(Experiment())
    made.show()
    return made


@pytest.fixture
def gallery(form, qtbot):
    yield form.field("dataset")
    form.field("dataset").hidePopup()


def test_every_pattern_has_a_picture_of_its_own_and_a_name(gallery):
    gallery.showPopup()
    titles = {rule.key: rule.title for rule in declaration("dataset").knob.rules}
    images = {}
    for key in GIVEN:
        row = gallery._keys.index(key)
        assert gallery.itemText(row) == titles[key]
        images[key] = gallery.itemIcon(row).pixmap(SIDE, SIDE).toImage()
    assert all(one != other for a, one in images.items() for b, other in images.items() if a < b)


def test_no_picture_is_made_before_it_is_opened(gallery):
    assert all(gallery.itemIcon(row).isNull() for row in range(gallery.count()))


def test_all_pictures_are_seen_at_once(gallery):
    gallery.showPopup()
    view = gallery.view()
    for row in range(gallery.count()):
        if not view.isRowHidden(row):
            place = view.visualRect(view.model().index(row, 0))
            assert view.viewport().rect().contains(place) and place.height() > SIDE


def test_arrows_and_enter_choose_a_picture(form, gallery, qtbot):
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    gallery.setFocus()
    QTest.keyClick(gallery, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(gallery.view(), Qt.Key.Key_Right)
    QTest.keyClick(gallery.view(), Qt.Key.Key_Right)
    with qtbot.waitSignal(form.changed) as told:
        QTest.keyClick(gallery.view(), Qt.Key.Key_Return)
    assert told.args == ["dataset", GIVEN[2]]


def test_escape_closes_the_gallery_and_changes_nothing(form, gallery, qtbot):
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    gallery.setFocus()
    QTest.keyClick(gallery, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    heard = []
    form.changed.connect(lambda *told: heard.append(told))
    QTest.keyClick(gallery.view(), Qt.Key.Key_Right)
    QTest.keyClick(gallery.view(), Qt.Key.Key_Escape)
    assert not gallery.view().isVisible() and not heard


def test_a_click_chooses_a_picture(form, gallery, qtbot):
    gallery.showPopup()
    view = gallery.view()
    place = view.visualRect(view.model().index(gallery._keys.index("spiral"), 0)).center()
    with qtbot.waitSignal(form.changed) as told:
        QTest.mouseMove(view.viewport(), place)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == ["dataset", "spiral"]


def test_points_of_ones_own_are_called_what_they_came_from(form, gallery):
    data = Dataset(np.eye(4), [0, 1, 0, 1], class_names=("a", "b"), source="birds.csv")
    form.show_knobs(Experiment().with_data(data))
    assert gallery.title == "birds.csv"
    form.show_knobs(Experiment(dataset="xor"))
    assert gallery.title == "Exclusive or"


def test_pictures_follow_the_theme():
    data = Experiment().dataset
    assert picture(data, LIGHT, SIDE).toImage() != picture(data, DARK, SIDE).toImage()
