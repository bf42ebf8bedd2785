"""A story by mouse and keys: what was tried stays beside what it was tried against, in the window and in its file."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from playground.model import table
from playground.model.examples import EXAMPLES
from playground.model.experiment import Experiment
from playground.session import Session
from playground.ui.files import LARGE
from playground.ui.settings import Settings
from playground.ui.window import Window

from .opening import LONG, open_window
from .test_main_job import LEFT, paint_two_classes

PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot):
    """The window on an experiment without points, at full speed."""
    knobs = {"layers": (16, 16), "activation": "tanh", "learning_rate": 0.02, "batch_size": 8, "epochs": 120}
    window = open_window(qtbot, Session(Experiment(train_fraction=0.6, **knobs)))
    window.clear_points()
    return window


def key(window, name, modifiers=PLAIN):
    """A key where the hand is: the plane."""
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, name, modifiers)


def wait_until_shown(qtbot, window, epoch):
    """Until what is seen is of that epoch, and the run stands still."""

    def shown():
        snapshot = window._scene.snapshot
        surface = snapshot.seen.get("surface") if snapshot is not None else None
        return surface is not None and snapshot.shown == surface.epoch == epoch and not window.session.is_running

    qtbot.waitUntil(shown, timeout=LONG)


def train(qtbot, window, epoch=120):
    QTest.mouseClick(window.transport.play, LEFT)
    wait_until_shown(qtbot, window, epoch)


def seen(window):
    """All that is seen of the moment: run, epoch, surface, curves, verdict, the timeline's place, the count."""
    snapshot = window._scene.snapshot
    return (
        window.session.hand,
        snapshot.shown,
        snapshot.seen["surface"].values.tobytes(),
        snapshot.history[:, :-1].tobytes(),
        snapshot.verdict,
        window.timeline.scrubber.course.at,
        window.transport._epoch.text(),
    )


def choose(window, name, title):
    """Choose from a knob's menu by typing the beginning of what stands there."""
    box = window.form.field(name)
    box.setFocus()
    QTest.keyClicks(box, title)
    assert box.currentText() == title


def pin(window, number):
    """By the chip's menu and its mnemonic."""
    menu = window.timeline.chips.menu_of(number)
    menu.popup(window.mapToGlobal(QPoint(100, 100)))
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)


def test_a_story_of_runs(qtbot, window, monkeypatch, tmp_path):
    session = window.session
    paint_two_classes(window)
    train(qtbot, window)
    first, stood = session.hand, seen(window)
    assert stood[1] == 120

    # A penalty makes another run; the first stays as a ghost, with its border and its curve.
    choose(window, "penalty", "L2")
    assert session.hand != first and session.ghost == first
    train(qtbot, window)
    second = session.hand
    qtbot.waitUntil(lambda: bool(window.canvas._ghosts), timeout=LONG)
    (ghost,) = window._scene.others
    assert len(ghost.snapshot.history) == 120 and ghost.colour != window._scene.colour

    # Undo has the first one back as it stood.
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait_until_shown(qtbot, window, 120)
    assert seen(window) == stood and session.ghost == second

    # Along the timeline to the best epoch: by keys, and by the mouse.
    best = session.snapshot.best_epoch
    assert 0 < best < 110
    for name in (Qt.Key.Key_Home, Qt.Key.Key_Up):
        key(window, name)
        qtbot.waitUntil(lambda: session.snapshot.looked == session.looked, timeout=LONG)
    assert session.looked == best
    wait_until_shown(qtbot, window, best)
    by_keys = seen(window)
    scrubber = window.timeline.scrubber
    QTest.mouseClick(scrubber, LEFT, PLAIN, QPoint(round(scrubber.x_of(0)), scrubber.height() // 2))
    wait_until_shown(qtbot, window, 0)
    QTest.mouseClick(scrubber, LEFT, PLAIN, QPoint(round(scrubber.x_of(best)), scrubber.height() // 2))
    wait_until_shown(qtbot, window, best)
    assert seen(window) == by_keys and by_keys[6] == str(best)

    # An edit there is a branch, which repeats its parent and goes on by itself.
    QTest.mouseClick(window.form.sections["dropout"].switch, LEFT)
    qtbot.waitUntil(lambda: session.snapshot is not None and session.hand not in (first, second), timeout=LONG)
    child = session.hand
    train(qtbot, window)
    row = next(row for row in session.runs if row.number == child)
    assert (row.parent, row.branched, row.name) == (first, best, "p 0.5")
    before = np.frombuffer(stood[3]).reshape(120, -1)
    after = session.snapshot.history[:, :-1]
    assert (after[:best] == before[:best]).all() and not (after[best:] == before[best:]).all()

    # Pin the first, save, and open it in another window: all is as it was.
    pin(window, first)
    assert session.runs[0].is_pinned
    path = tmp_path / "story.playground"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    key(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.path == path and session.task is None, timeout=LONG)
    kept = seen(window)
    other = open_window(qtbot, Session())
    with qtbot.waitActive(other):
        other.activateWindow()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    key(other, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: other.session.path == path, timeout=LONG)
    wait_until_shown(qtbot, other, 120)
    other.canvas.look(window.canvas.extent)
    qtbot.waitUntil(lambda: seen(other) == kept, timeout=LONG)
    assert [(row.number, row.name, row.is_pinned) for row in other.session.runs] == [
        (first, "run 1", True),
        (child, "p 0.5", False),
    ]
    QTest.mouseClick(other.timeline.chips._chips[first], LEFT)
    wait_until_shown(qtbot, other, 120)
    qtbot.waitUntil(lambda: seen(other) == stood, timeout=LONG)


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_an_example_is_seen_side_by_side_and_plays_again(qtbot, place):
    window = open_window(qtbot, Session(Experiment()))
    session, example = window.session, EXAMPLES[place]
    window.actions_table.menu("examples").actions()[place].trigger()
    qtbot.waitUntil(lambda: len(session.company) > 1, timeout=LONG)
    (values,) = example.vary.values()
    qtbot.waitUntil(lambda: all(row.snapshot and row.snapshot.seen for row in session.runs), timeout=LONG)
    qtbot.waitUntil(lambda: len([view for view in window.comparison.planes.views if view.isVisible()]) == len(values))
    assert window.stage.planes == len(values) and window.transport.play.text().strip() == "Again"
    before = session.company
    QTest.mouseClick(window.transport.play, LEFT)
    assert set(before).isdisjoint(session.company) and session.is_running


def test_closing_right_after_a_save_waits_for_it_and_asks_nothing(qtbot, window, monkeypatch, tmp_path):
    paint_two_classes(window)
    train(qtbot, window)
    path = tmp_path / "soon.playground"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(window.files, "ask", lambda: pytest.fail("nothing is unsaved"))
    key(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    window.close()
    assert path.exists() and not window.isVisible() and window.session.path == path


@pytest.mark.parametrize("answer, calls", [(True, ["save"]), (False, [])], ids=["agreed", "refused"])
def test_a_large_project_is_asked_about_before_it_is_written(qtbot, session, monkeypatch, tmp_path, answer, calls):
    window = Window(session, settings=Settings.none())
    qtbot.addWidget(window)
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()) or answer_of(answer))
    session.path, session.size = tmp_path / "a.playground", LARGE
    assert window.files.save() and not asked  # up to there it is not asked
    session.calls.clear()
    session.size = LARGE + 1
    assert window.files.save() is answer
    assert asked == ["a.playground will take about 50 MB."]
    assert [call[0] for call in session.calls if call[0] == "save"] == calls


def answer_of(is_yes):
    return QMessageBox.StandardButton.Save if is_yes else QMessageBox.StandardButton.Cancel


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".npz"])
def test_painted_points_are_exported_and_come_back(qtbot, window, monkeypatch, tmp_path, ending):
    paint_two_classes(window)
    path = tmp_path / f"painted{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    key(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.session.task is None and path.exists(), timeout=LONG)
    points, again = window.session.experiment.points, table.read(path)
    assert (again.inputs == points.inputs).all() and (again.targets == points.targets).all()
    assert len(again.class_names) == 2  # by numbers, where they have no names of their own


def test_points_that_cannot_be_exported_are_told(qtbot, window, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "points.pdf"), ""))
    key(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: ".csv, .npz and .xlsx can be written" in window.notice.text, timeout=LONG)
