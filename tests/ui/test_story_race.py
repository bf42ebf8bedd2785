"""A story by mouse and keys: a race from a knob's menu, one cursor for all, the best in hand, a remedy, a table."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from playground.session import Session, first_run
from playground.ui.race_dialog import RaceDialog, beginning, comparable

from .opening import LONG, open_window

LEFT = Qt.MouseButton.LeftButton
KEY = Qt.Key


@pytest.fixture
def window(qtbot):
    """The window that a newcomer meets, at full speed."""
    session = Session(first_run())
    made = open_window(qtbot, session, (1440, 900), "why")
    qtbot.waitUntil(lambda: session.snapshot is not None, timeout=LONG)
    return made


def dialog_of(window):
    return next(found for found in window.findChildren(RaceDialog) if found.isVisible())


def open_dialog(qtbot, window, name):
    """By the menu of a knob, and its first entry."""
    row = window.form.row(name)
    QApplication.postEvent(row, context_menu(row))
    qtbot.waitUntil(lambda: any(menu.isVisible() for menu in row.findChildren(QMenu)))
    menu = next(menu for menu in row.findChildren(QMenu) if menu.isVisible())
    QTest.keyClick(menu, KEY.Key_Down)
    QTest.keyClick(menu, KEY.Key_Return)
    qtbot.waitUntil(lambda: any(found.isVisible() for found in window.findChildren(RaceDialog)))
    return dialog_of(window)


def context_menu(widget):
    from PySide6.QtGui import QContextMenuEvent

    place = widget.rect().center()
    return QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, widget.mapToGlobal(place))


def wait_for_race(qtbot, window):
    session = window.session
    qtbot.waitUntil(lambda: not session.is_running, timeout=LONG)
    ended = {"finished", "stopped_early", "diverged"}
    qtbot.waitUntil(lambda: all(row.snapshot and row.snapshot.status in ended for row in session.runs), timeout=LONG)


def test_a_story_of_a_race(qtbot, window, monkeypatch, tmp_path):
    session = window.session
    dialog = open_dialog(qtbot, window, "optimizer")
    assert dialog.name == "optimizer" and dialog.chosen == ["sgd", "momentum", "rmsprop", "adam"]
    assert "SGD, η" in dialog.told.text() and dialog.start.text() == "&Race 4 runs"
    QTest.mouseClick(dialog.start, LEFT)
    assert len(session.company) == 4 and session.is_running
    wait_for_race(qtbot, window)

    # Each value has its plane, and one cursor in the chart reads all.
    planes = window.comparison.planes
    assert planes.isVisible() and [view.isVisible() for view in planes.views] == [True] * 4
    rows = session.runs
    qtbot.waitUntil(lambda: all(row.snapshot.seen.get("surface") is not None for row in session.runs), timeout=LONG)
    loss = window.charts.panel("loss")
    box = loss.chart.getViewBox()
    spot = loss.chart.mapFromScene(box.mapViewToScene(box.viewRect().center()))
    QTest.mouseMove(loss.chart.viewport(), spot)
    qtbot.waitUntil(lambda: loss._pointed is not None)
    assert {other.name for other in window._scene.others} == {row.name for row in rows if not row.is_in_hand}

    # The best of them is taken in hand, and looked at where it was best; so are the others, at the same epoch.
    best = min(rows, key=lambda row: row.snapshot.column("val_loss").min())
    QTest.mouseClick(window.timeline.chips._chips[best.number], LEFT)
    assert session.hand == best.number and len(session.company) == 4
    qtbot.waitUntil(lambda: session.snapshot is not None and session.snapshot.run == best.number, timeout=LONG)
    window.canvas.setFocus()
    window.stage.setFocus()
    window.timeline.scrubber.setFocus()
    for name in (KEY.Key_Home, KEY.Key_Up):
        QTest.keyClick(window.timeline.scrubber, name)
        qtbot.waitUntil(lambda: session.snapshot.looked == session.looked, timeout=LONG)
    assert session.looked == session.snapshot.best_epoch
    qtbot.waitUntil(lambda: {row.snapshot.looked for row in session.runs} == {session.looked}, timeout=LONG)
    epochs = {view_surface(view).epoch for view in planes.views}
    qtbot.waitUntil(lambda: {view_surface(view).epoch for view in planes.views} == {session.looked}, timeout=LONG)
    assert epochs

    # A remedy makes a branch of it, which is seen beside it.
    QTest.keyClick(window.timeline.scrubber, KEY.Key_End)
    qtbot.waitUntil(lambda: session.snapshot.looked is None, timeout=LONG)
    window.charts.choose_tab("why")
    window.charts.complete()
    remedies = window.charts.panel("why").remedies
    qtbot.waitUntil(lambda: any(button.isVisible() for button in remedies), timeout=LONG)
    QTest.mouseClick(next(button for button in remedies if button.isVisible()), LEFT)
    assert session.hand not in {row.number for row in rows} and session.ghost == best.number
    qtbot.waitUntil(lambda: session.snapshot is not None and not session.is_running, timeout=LONG)

    # The table of all of them is a file with the same numbers.
    window.charts.choose_tab("runs")
    window.charts.complete()
    qtbot.waitUntil(lambda: window.charts.panel("runs").sorted.rowCount() == 5)
    path = tmp_path / "runs.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    QTest.mouseClick(window.charts.panel("runs").save, LEFT)
    with path.open(newline="", encoding="utf-8") as opened:
        told = {line["name"]: line for line in csv.DictReader(opened)}
    assert len(told) == 5
    for row in session.runs:
        losses = row.snapshot.column("val_loss")
        assert float(told[row.name]["val_loss"]) == losses[row.snapshot.best_epoch - 1]
        assert np.isfinite(losses).all()


def view_surface(view):
    """What a plane shows."""
    return view._backdrop.surface if view._backdrop is not None else view._surface


def test_a_value_that_is_refused_is_told_next_to_it_and_cannot_be_raced(qtbot, window):
    dialog = open_dialog(qtbot, window, "learning_rate")
    dialog.values.setText("0.1, -1, fast")
    assert not dialog.start.isEnabled()
    lines = dialog.told.text().split("\n")
    assert lines[0].startswith("✓") and lines[1].startswith("✗") and "fast" in lines[2]
    dialog.values.setText("0.1")
    assert "Choose 2 to 8 values" in dialog.told.text() and not dialog.start.isEnabled()
    dialog.values.setText("0.1, 0.2")
    dialog.seed_count.setValue(3)
    assert dialog.start.text() == "&Race 6 runs" and dialog.start.isEnabled()
    QTest.keyClick(dialog, KEY.Key_Escape)
    assert len(window.session.runs) == 1


@pytest.mark.parametrize("name", comparable(first_run()))
def test_what_the_dialog_begins_with_can_be_raced(name):
    from playground.model.knobs import declaration
    from playground.training.race import choose

    declared = declaration(name)
    if declared.choices or declared.kind is bool:
        return
    found = beginning(declared, first_run())
    assert 2 <= len(found) == len(set(found)) <= 8
    for value in found:
        choose(first_run(), {name: value}, set())


def test_a_layout_compares_and_one_plane_is_the_canvas_again(qtbot, window):
    QTest.keyClick(window, KEY.Key_4, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.comparison.planes.isVisible())
    assert window.stage.planes == 4 and not window.tools.isVisible()
    QTest.keyClick(window, KEY.Key_1, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.canvas.isVisible() and window.tools.isVisible())
    assert window.looks["surface"].extent == window.canvas.extent
