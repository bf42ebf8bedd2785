"""What the window asks about work that was kept aside, and about files that another has changed."""

from __future__ import annotations

import datetime
import signal
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QMessageBox, QWidget

from playground.model import recovery, versions
from playground.model.experiment import Experiment
from playground.model.file import Saved
from playground.model.recovery import About, Found, Place
from playground.ui import files
from playground.ui.recovered import Recovered, when
from playground.ui.shots import png
from playground.ui.signals import Signals


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def left(qapp):
    """Work of two windows that crashed; the second was of a file."""
    pixmap = QPixmap(40, 30)
    pixmap.fill(Qt.GlobalColor.red)
    picture = png(pixmap)
    for number, path in enumerate(("", "/home/a/lesson.playground")):
        place = Place()
        place.keep(Saved(Experiment(noise=0.1)), About(time.time() - 60 * number, path, None, "moons, 200"), picture)
        place.leave()
    return recovery.find()


@pytest.fixture
def parent(qtbot):
    found = QWidget()
    qtbot.addWidget(found)
    return found


@pytest.fixture
def dialog(parent, left):
    found = Recovered(left, parent)
    found.show()
    return found


def test_each_is_shown_with_its_time_what_it_holds_and_a_picture(dialog):
    assert [row.name.text() for row in dialog.rows] == ["Never saved", "lesson"]
    assert dialog.rows[0].holds.text() == "moons, 200"
    assert not dialog.rows[0].picture.pixmap().isNull()


def test_opening_one_says_so_and_closes(dialog, qtbot, left):
    with qtbot.waitSignal(dialog.wanted) as heard:
        dialog.rows[1].open.click()
    assert heard.args == [left[1]] and not dialog.isVisible()


def test_deleting_takes_two_presses(dialog, left):
    row = dialog.rows[0]
    row.delete.click()
    assert left[0].file.exists() and row.delete.text() == "Delete for good"
    row.delete.click()
    assert not left[0].file.exists() and len(dialog.rows) == 1
    dialog.rows[0].delete.click()
    dialog.rows[0].delete.click()
    assert recovery.find() == [] and not dialog.isVisible()


def test_what_is_damaged_can_only_be_deleted(parent, tmp_path):
    dialog = Recovered([Found(tmp_path / "a", About(0.0, holds=recovery.DAMAGED))], parent)
    row = dialog.rows[0]
    assert not row.open.isEnabled() and row.delete.isEnabled()


def test_the_window_offers_what_it_finds_and_opens_what_is_chosen(open_window, session, left):
    window = open_window()
    window.files.offer_recovered()
    (dialog,) = window.findChildren(Recovered)
    dialog.rows[0].open.click()
    assert ("recover", left[0]) in session.calls


def test_nothing_is_offered_where_nothing_was_left(open_window):
    window = open_window()
    window.files.offer_recovered()
    assert window.findChildren(Recovered) == []


@pytest.mark.parametrize(("days", "word"), [(0, "today, 9:05"), (1, "yesterday, 9:05"), (40, None)])
def test_times_are_told_in_words(days, word):
    day = datetime.date.today() - datetime.timedelta(days)
    moment = datetime.datetime.combine(day, datetime.time(9, 5))
    year = "" if day.year == datetime.date.today().year else f" {day.year}"
    assert when(moment.timestamp()) == (word or f"{day.day} {day:%B}{year}, 9:05")


def test_what_is_due_is_kept_with_a_picture_of_the_plane(open_window, session, qtbot):
    window = open_window()
    session.is_aside_due = True
    qtbot.waitUntil(lambda: any(call[0] == "keep_aside" for call in session.calls))
    session.is_aside_due = False
    ((_, picture), *_) = [call for call in session.calls if call[0] == "keep_aside"]
    assert picture.startswith(b"\x89PNG")
    window.hide()
    session.calls.clear()
    session.is_aside_due = True
    qtbot.waitUntil(lambda: any(call[0] == "keep_aside" for call in session.calls))  # hidden, it trains on


# files that another has changed


@pytest.fixture
def changed(open_window, session, tmp_path, monkeypatch):
    """A window whose project another has changed. Give an answer; whoever saves is asked."""
    window = open_window()
    session.path = tmp_path / "a.playground"
    session.path.write_text("theirs")
    session.has_changed = True

    def answer(word):
        def execute(box):
            texts.append(box.text() + box.informativeText())
            named = {button.text().replace("&", ""): button for button in box.buttons()}
            button = named.get(word) or box.button(QMessageBox.StandardButton.Cancel)
            button.click()

        monkeypatch.setattr(QMessageBox, "exec", execute)
        return window

    texts = []
    answer.texts = texts
    return answer


def test_the_person_is_asked_whose_work_is_to_stay(changed, session, qtbot):
    window = changed(files.REPLACE)
    window.files.save()
    qtbot.waitUntil(lambda: ("save", session.path, True) in session.calls)
    assert "a.playground was changed by another" in changed.texts[0] and "today" in changed.texts[0]


def test_theirs_may_be_opened(changed, session, qtbot):
    changed(files.THEIRS).files.save()
    qtbot.waitUntil(lambda: "open_theirs" in session.calls)


def test_both_may_be_seen(changed, session, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(files, "open_beside", opened.append)
    changed(files.BOTH).files.save()
    qtbot.waitUntil(lambda: opened == [session.path])


def test_it_may_be_saved_elsewhere(changed, session, qtbot, monkeypatch, tmp_path):
    other = tmp_path / "mine.playground"
    monkeypatch.setattr(files.QFileDialog, "getSaveFileName", lambda *_: (str(other), ""))
    changed(files.SAVE_AS).files.save()
    qtbot.waitUntil(lambda: ("save", other) in session.calls)


def test_whoever_cancels_has_lost_nothing_and_the_window_stays(changed, session, qtbot, monkeypatch):
    window = changed("Cancel")
    session.is_modified = True
    monkeypatch.setattr(window.files, "ask", lambda: QMessageBox.StandardButton.Save)
    assert not window.files.may_leave()
    qtbot.waitUntil(lambda: bool(changed.texts))
    assert session.is_modified and ("save", session.path, True) not in session.calls


def test_former_versions_are_listed_by_their_time_and_opened(open_window, session, tmp_path):
    window = open_window()
    menu = window.actions_table.menu("former")
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["No former versions of this file"]
    session.path = tmp_path / "a.playground"
    session.path.write_text("old")
    versions.keep(session.path)
    menu.aboutToShow.emit()
    (action,) = menu.actions()
    assert action.text().startswith("today, ")
    action.trigger()
    assert ("open_former", versions.former(session.path)[0]) in session.calls


# signals


def test_signals_are_heard_by_the_windows_thread_at_once(qtbot):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    found = Signals(None)
    with qtbot.waitSignal(found.heard, timeout=1000) as heard:
        signal.raise_signal(signal.SIGTERM)
    assert heard.args == [signal.SIGTERM] and found.status == 128 + signal.SIGTERM
    found.close()
    assert {number: signal.getsignal(number) for number in before} == before


def test_the_dialog_fits_its_rows(dialog):
    last = dialog.rows[-1]
    assert dialog.rect().contains(last.delete.mapTo(dialog, QPoint(last.delete.width(), 0)))
