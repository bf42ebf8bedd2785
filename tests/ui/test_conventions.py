"""What people expect of any program: menus by key and mouse, names for those who listen, settings that stay."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QSpinBox,
    QWidget,
)

from playground.model.dataset import DataError
from playground.model.knobs import GROUPS
from playground.training.runs import Listed
from playground.ui import guide
from playground.ui.actions import MENUS, shortcut_table
from playground.ui.form import about_group
from playground.ui.plane_menu import plane_menu
from playground.ui.plots.sheet import SheetDialog
from playground.ui.preferences import Preferences, PreferencesDialog
from playground.ui.questions import give_keys
from playground.ui.race_dialog import RaceDialog
from playground.ui.theme import SCHEMES
from playground.ui.window import Window

RIGHT = Qt.MouseButton.RightButton


@pytest.fixture
def window(qtbot, session):
    session.edit(samples=80)
    made = Window(session)
    qtbot.addWidget(made, before_close_func=Window.give_up)
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    made.poll()
    return made


def letters(texts):
    return [found[1].lower() for text in texts if (found := re.search(r"&(\w)", text.partition("\t")[0]))]


def texts_of(menu):
    return [action.text() for action in menu.actions() if action.text()]


# the letters of menus and buttons


def test_each_menu_has_a_letter_of_its_own():
    for titles in ([title for title, _ in MENUS], [title for _, title in SCHEMES]):
        assert len(set(letters(titles))) == len(titles)


def test_each_entry_of_a_context_menu_has_a_letter_of_its_own(window, qtbot, monkeypatch):
    shown = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, *_: shown.append(menu))
    window.charts.complete()
    chart = window.charts.panel("loss").chart
    QApplication.sendEvent(chart, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint()))
    window.timeline.show_runs([Listed(1, "run 1", 0), Listed(2, "run 2", 1, is_in_hand=True)])
    menus = [
        *shown,
        chart.across_button.menu(),
        window.timeline.chips.menu_of(1),
        window.charts.panel("runs").menu(),
        plane_menu(window.canvas, window.clear_points, lambda menu: window.reading.fill(menu, window._scene)),
        window.form.row("optimizer").menu(),
        window.stage.compare.menu(),
    ]
    assert shown
    for menu in menus:
        texts = texts_of(menu)
        assert len(set(letters(texts))) == len(texts), texts


def test_each_button_of_a_question_has_a_letter_of_its_own(qtbot):
    button = QMessageBox.StandardButton
    box = QMessageBox()
    qtbot.addWidget(box)
    box.setStandardButtons(button.Save | button.Discard | button.Cancel | button.Close)
    give_keys(box)
    found = letters([one.text() for one in box.buttons()])
    assert len(set(found)) == len(found) == 4


# menus on the plane


def test_a_right_click_where_there_is_nothing_to_erase_opens_a_menu(window, qtbot, session):
    asked = []
    window.canvas.menu_wanted.disconnect()
    window.canvas.menu_wanted.connect(asked.append)
    samples = session.experiment.points.samples
    x, y = window.canvas._spots(window.canvas._shown)[0]
    qtbot.mouseClick(window.canvas, RIGHT, pos=QPoint(round(x), round(y)))
    assert not asked and session.experiment.points.samples < samples
    corner = window.canvas._inside().topLeft().toPoint() + QPoint(2, 2)
    window.canvas.set_brush(4)
    qtbot.mouseClick(window.canvas, RIGHT, pos=corner)
    assert len(asked) == 1
    qtbot.mousePress(window.canvas, RIGHT, pos=corner)
    qtbot.mouseMove(window.canvas, corner + QPoint(0, 20))
    qtbot.mouseRelease(window.canvas, RIGHT, pos=corner + QPoint(0, 20))
    assert len(asked) == 1  # a stroke that met nothing


def test_the_planes_menu_by_key_copies_clears_and_shows_all(window, qtbot, session, tmp_path, monkeypatch):
    asked = []
    window.canvas.menu_wanted.connect(asked.append)
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
    QApplication.sendEvent(window.canvas, event)
    assert len(asked) == 1
    entries = {
        text.partition("\t")[0].replace("&", ""): action
        for action in plane_menu(
            window.canvas, window.clear_points, lambda menu: window.reading.fill(menu, window._scene)
        ).actions()
        if (text := action.text())
    }
    entries["Copy picture"].trigger()
    assert QGuiApplication.clipboard().image().width() == 2 * window.canvas.width()
    path = tmp_path / "plane.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path.with_suffix("")), ""))
    entries["Save picture…"].trigger()
    window.canvas.findChild(SheetDialog).accept()
    assert path.read_bytes().startswith(b"\x89PNG")
    assert not entries["Delete the selected points"].isEnabled()
    entries["Clear all points"].trigger()
    assert session.experiment.points.samples == 0


# settings


def test_the_settings_dialog_takes_effect_at_once_and_is_remembered(window, qtbot, session):
    window.actions_table.by_name["settings"].trigger()
    dialog = window.findChild(PreferencesDialog)
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.type.setCurrentIndex(dialog.type.findData(1.25))
    dialog.ghost.click()
    dialog.megabytes.setValue(64)
    QTest.keyClick(dialog.megabytes, Qt.Key.Key_Return)
    dialog.most.setValue(7)
    QTest.keyClick(dialog.most, Qt.Key.Key_Return)
    assert window.theme.scheme == "dark" and window.display.size == 1.25
    assert window.actions_table.by_name["theme:dark"].isChecked()
    assert ("show_ghost", False) in session.calls and ("keep_runs", 64_000_000, 7) in session.calls
    assert window.preferences == Preferences("dark", 1.25, False, 64, 7)
    dialog.reject()
    window.display.set_size(1.0)
    window.settings.save()
    session.calls.clear()
    again = Window(session)
    qtbot.addWidget(again, before_close_func=Window.give_up)
    assert session.calls[:2] == [("show_ghost", False), ("keep_runs", 64_000_000, 7)]
    assert again.preferences.megabytes == 64 and again.preferences.theme == "dark"


def test_settings_that_cannot_be_are_brought_to_their_limits(window, session):
    for name, value in (("megabytes", "-5"), ("most_runs", "1e9")):
        window.settings.keep(name, value)
    assert (window.preferences.megabytes, window.preferences.most) == (16, 200)
    window.settings.keep("most_runs", "nan")
    assert window.preferences.most == Preferences().most


# for those who listen


def focusable(root):
    inner = (QLineEdit,)  # of a spin box or a menu, which speaks for it
    return [
        one
        for one in root.findChildren(QWidget)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and one.isVisibleTo(root)
        and not (isinstance(one, inner) and isinstance(one.parentWidget(), QSpinBox | QComboBox))
    ]


def says(widget):
    """Whether a control has a name, and tells its value where it has one."""
    found = QAccessible.queryAccessibleInterface(widget)
    name = found.text(QAccessible.Text.Name)
    value = found.text(QAccessible.Text.Value) or widget.accessibleDescription()
    has_value = isinstance(widget, QAbstractSlider | QComboBox | QSpinBox)
    return bool(name) and (bool(value) or not has_value)


@pytest.mark.parametrize(
    "make",
    [
        lambda session: RaceDialog(session, "optimizer"),
        lambda session: RaceDialog(session, "learning_rate"),
        lambda session: PreferencesDialog(Preferences()),
    ],
)
def test_every_control_of_a_dialog_says_its_name_and_value(session, qtbot, make):
    dialog = make(session)
    qtbot.addWidget(dialog)
    dialog.show()
    assert len(focusable(dialog)) > 3
    assert not [one for one in focusable(dialog) if not says(one)]
    buttons = dialog.findChild(QDialogButtonBox).buttons()
    assert len(set(letters([one.text() for one in buttons]))) == len(buttons)


# help


def test_help_over_the_title_of_a_group_tells_what_is_there(window, monkeypatch):
    told = []
    monkeypatch.setattr(guide.QWhatsThis, "showText", lambda place, text, widget: told.append(text))
    title = window.form.sections["data"].header.itemAt(0).widget()
    monkeypatch.setattr(guide.QApplication, "widgetAt", lambda place: title)
    guide.explain_here()
    assert "Data" in told[0] and "Pattern" in told[0]
    for group in GROUPS:
        assert group.title in about_group(group)


def test_the_list_of_keys_tells_what_the_mouse_does():
    table = shortcut_table()
    for words in ("drag on the plane", "middle button", "Ctrl+wheel", "right click", "Alt+click"):
        assert words in table


# files


def test_a_notice_tells_a_files_name_and_its_whole_path_where_the_pointer_rests(window, session, tmp_path, monkeypatch):
    path = tmp_path / "far" / "gone.toml"

    def refuse(path, then=None):
        raise DataError(f"{path}: there is no such file")

    monkeypatch.setattr(session, "open", refuse)
    session.is_modified = False
    window.files.open_path(path)
    assert window.notice.text == "gone.toml: there is no such file"
    assert str(path) in window.notice.toolTip() and window.notice.accessibleDescription() == str(path)
    window.notice.say("another")
    assert not window.notice.toolTip() and not window.notice.accessibleDescription()
