"""The table of runs: sorted, renamed, deleted, copied and saved by hand, with the real session behind it."""

from __future__ import annotations

import csv
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from playground.model.experiment import Experiment
from playground.session import Session
from playground.training.listing import COLUMNS, write
from playground.training.runs import Listed
from playground.ui.plots.runs import SHOWN, RunsPanel
from playground.ui.scene import Scene, Shown
from playground.ui.theme import DARK, LIGHT, font

from .opening import LONG, open_window

LEFT = Qt.MouseButton.LeftButton
SMALL = Experiment(layers=(4,), samples=60, epochs=20)
PLACES = {column.key: place for place, column in enumerate(SHOWN)}


@pytest.fixture
def window(qtbot):
    """The window on three trained runs, the last in hand."""
    session = Session(SMALL)
    made = open_window(qtbot, session, (1440, 900), "runs")
    for changes in ({}, {"layers": (16,)}, {"layers": (8,), "activation": "tanh"}):
        session.edit(**changes)
        session.play()
        qtbot.waitUntil(lambda: session.snapshot is not None and not session.is_running, timeout=LONG)
    qtbot.waitUntil(lambda: all(text(made, place, "epochs") == "20" for place in range(3)))
    return made


def panel_of(window):
    return window.charts.panel("runs")


def text(window, place, key):
    panel = panel_of(window)
    return panel.sorted.index(place, PLACES[key]).data() if panel.sorted.rowCount() > place else None


def column(window, key):
    return [text(window, place, key) for place in range(panel_of(window).sorted.rowCount())]


def press(window, place, key="name", act=QTest.mouseClick):
    table = panel_of(window).view
    table.scrollTo(panel_of(window).sorted.index(place, PLACES[key]))
    act(table.viewport(), LEFT, pos=table.visualRect(panel_of(window).sorted.index(place, PLACES[key])).center())


def press_header(window, key):
    header = panel_of(window).view.horizontalHeader()
    panel_of(window).view.scrollTo(panel_of(window).sorted.index(0, PLACES[key]))
    x = header.sectionViewportPosition(PLACES[key]) + header.sectionSize(PLACES[key]) // 2
    QTest.mouseClick(header.viewport(), LEFT, pos=QPoint(x, header.height() // 2))


def test_a_press_on_a_header_sorts_and_another_turns_the_order(window):
    press_header(window, "parameters")
    counts = [int(value) for value in column(window, "parameters")]
    assert counts == sorted(counts) and len(set(counts)) == 3
    press_header(window, "parameters")
    assert column(window, "parameters") == [str(value) for value in reversed(counts)]


def test_a_run_is_renamed_in_its_place(window, qtbot):
    press(window, 1)
    QTest.keyClick(panel_of(window).view, Qt.Key.Key_F2)
    editor = panel_of(window).view.viewport().findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "wide")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: text(window, 1, "name") == "wide")
    assert window.session.runs[1].name == "wide" and text(window, 1, "differs") == "layers 16"
    assert window.timeline.chips.chip(window.session.runs[1].number).row.name == "wide"


def test_a_run_is_deleted_by_key_and_undo_brings_it_back(window, qtbot):
    session = window.session
    gone = session.runs[0].number
    press(window, 0)
    QTest.keyClick(panel_of(window).view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(column(window, "name")) == 2)
    assert gone not in [row.number for row in session.runs]
    session.undo()
    qtbot.waitUntil(lambda: len(column(window, "name")) == 3)
    assert session.runs[0].number == gone and column(window, "epochs") == ["20"] * 3


def test_the_run_in_hand_is_not_deleted(window):
    press(window, 2)
    QTest.keyClick(panel_of(window).view, Qt.Key.Key_Delete)
    assert len(window.session.runs) == 3


@pytest.mark.parametrize("way", ["double click", "enter"])
def test_a_run_is_taken_in_hand(window, way):
    wanted = window.session.runs[0].number
    if way == "enter":
        press(window, 1)
        QTest.keyClick(panel_of(window).view, Qt.Key.Key_Up)
        QTest.keyClick(panel_of(window).view, Qt.Key.Key_Return)
    else:
        press(window, 0)
        press(window, 0, act=QTest.mouseDClick)
    assert window.session.hand == wanted


def act(window, title):
    menu = panel_of(window).menu()
    next(action for action in menu.actions() if action.text().replace("&", "").startswith(title)).trigger()


def test_a_run_is_shown_and_hidden_by_the_menu(window, qtbot):
    session, seen = window.session, lambda: panel_of(window).model.seen
    first, second = (row.number for row in session.runs[:2])
    press(window, 0)
    act(window, "Show")
    qtbot.waitUntil(lambda: seen() == {first, second})
    assert session.laid == {first} and session.ghost == second
    act(window, "Hide")
    qtbot.waitUntil(lambda: seen() == {second})
    press(window, 1)
    act(window, "Hide")
    assert session.ghost is None and not session.laid


def test_runs_are_pinned_by_the_menu_and_told_so(window, qtbot):
    press(window, 0)
    act(window, "Pin")
    assert window.session.runs[0].is_pinned
    name = panel_of(window).sorted.index(0, PLACES["name"])
    qtbot.waitUntil(lambda: "pinned" in name.data(Qt.ItemDataRole.AccessibleTextRole))
    act(window, "Unpin")
    assert not window.session.runs[0].is_pinned


def test_the_menu_comes_by_mouse_and_key(window, qtbot):
    press(window, 0)
    table = panel_of(window).view
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(20, 10), table.mapToGlobal(QPoint(20, 10)))
    QApplication.sendEvent(table.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert menu is not None and any("Delete" in action.text() for action in menu.actions())
    menu.close()


def test_rows_are_copied_as_they_are_seen(window):
    press_header(window, "parameters")
    panel_of(window).view.selectAll()
    QTest.keyClick(panel_of(window).view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, *lines = [line.split("\t") for line in QApplication.clipboard().text().split("\n")]
    assert head == [column.title for column in SHOWN]
    assert [line[PLACES["parameters"]] for line in lines] == column(window, "parameters")


def test_the_file_has_the_histories_numbers(window, qtbot, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.session.rename(window.session.runs[0].number, "=1+1")
    qtbot.waitUntil(lambda: text(window, 0, "name") == "=1+1")
    QTest.mouseClick(panel_of(window).save, LEFT)
    with path.open(newline="", encoding="utf-8") as opened:
        found = list(csv.DictReader(opened))
    assert list(found[0]) == [column.key for column in COLUMNS]
    for row, told in zip(window.session.runs, found, strict=True):
        best = row.snapshot.best_epoch - 1
        history = row.snapshot
        assert [float(told[name]) for name in ("train_loss", "val_loss", "val_metric")] == [
            float(history.column(name)[best]) for name in ("train_loss", "val_loss", "val_metric")
        ]
        assert float(told["gap"]) == float(history.column("val_loss")[best]) - float(history.column("train_loss")[best])
        assert (int(told["epochs"]), int(told["parameters"])) == (20, history.parameters)
        assert float(told["seconds"]) == history.seconds
    assert found[0]["name"] == "'=1+1"


def test_pandas_reads_the_same_numbers(window, tmp_path):
    pandas = pytest.importorskip("pandas")
    write(window.session.runs, tmp_path / "runs.csv")
    frame = pandas.read_csv(tmp_path / "runs.csv")
    for name in ("train_loss", "val_loss"):
        expected = [float(row.snapshot.column(name)[row.snapshot.best_epoch - 1]) for row in window.session.runs]
        assert frame[name].tolist() == expected


def test_a_file_that_cannot_be_written_is_told(window, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "runs.csv"), ""))
    QTest.mouseClick(panel_of(window).save, LEFT)
    assert "cannot be saved" in panel_of(window).reading.text()


# with made-up runs


@pytest.fixture
def panel(qtbot):
    widget = RunsPanel(LIGHT, "How do the runs compare?")
    qtbot.addWidget(widget)
    widget.resize(470, 300)
    widget.show()
    return widget


def listed(count, snapshot, hand=1):
    return tuple(Listed(n, f"run {n}", n % 8, is_in_hand=n == hand, snapshot=snapshot(n)) for n in range(1, count + 1))


@pytest.fixture
def thirty(made_up_snapshot):
    return listed(30, lambda n: made_up_snapshot(10 * n, status="finished")._replace(run=n), hand=30)


def scene(rows, snapshot=None, **fields):
    return Scene(Experiment(), snapshot=snapshot, runs=rows, **fields)


def test_only_rows_that_changed_are_told(panel, thirty, made_up_snapshot):
    panel.show_scene(scene(thirty, thirty[-1].snapshot))
    heard = []
    panel.model.dataChanged.connect(lambda top, bottom, *_: heard.append((top.row(), bottom.row())))
    panel.show_scene(scene(thirty, made_up_snapshot(301)._replace(run=30)))
    panel._draw()
    assert heard == [(29, 29)]


def test_sixty_updates_a_second_cost_little(panel, thirty, made_up_snapshot):
    scenes = [scene(thirty, made_up_snapshot(300 + n)._replace(run=30)) for n in range(60)]
    panel.show_scene(scenes[0])
    spent = []
    for each in scenes:
        began = time.perf_counter()
        panel.show_scene(each)
        panel._draw()  # as if each were drawn: it is one in fifteen
        spent.append(time.perf_counter() - began)
    assert sorted(spent)[len(spent) // 2] < 0.0005


def test_what_there_is_not_stands_last_either_way(panel, made_up_snapshot):
    rows = listed(3, lambda n: made_up_snapshot(50 * n)._replace(run=n) if n != 2 else None)
    panel.show_scene(scene(rows))
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        panel.view.sortByColumn(PLACES["val_loss"], order)
        assert panel.listed[-1].number == 2


def test_chosen_rows_stay_chosen_when_others_come(panel, made_up_snapshot):
    rows = listed(4, lambda n: made_up_snapshot(50 * n)._replace(run=n))
    panel.show_scene(scene(rows[:3]))
    panel.view.selectRow(1)
    panel.show_scene(scene(rows))
    assert [row.number for row in panel.chosen] == [2]


def test_before_the_first_epoch_it_says_what_will_be_here(panel, made_up_snapshot):
    panel.show_scene(scene(listed(1, lambda n: made_up_snapshot(0))))
    assert not panel.view.isVisible() and not panel.save.isEnabled()
    panel.show_scene(scene(listed(2, lambda n: made_up_snapshot(50))))
    assert panel.view.isVisible() and panel.save.isEnabled()


def test_a_run_that_is_laid_over_is_told_so(panel, made_up_snapshot):
    rows = listed(2, lambda n: made_up_snapshot(50)._replace(run=n))
    other = Shown("run 2", 2, rows[1].snapshot)
    panel.show_scene(scene(rows, others=(other,), laid=frozenset({2})))
    spoken = panel.sorted.index(1, PLACES["name"]).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "laid over" in spoken
    panel.set_colors(DARK)
    panel.grab()


def test_larger_type_has_the_room_that_its_numbers_need(window):
    table, gap = panel_of(window).view, PLACES["gap"]
    before = table.columnWidth(gap), table.rowHeight(0)
    window.display.set_size(1.5)
    try:
        needed = QFontMetrics(font(bold=True)).horizontalAdvance("0.1234")
        assert table.columnWidth(gap) > needed > before[0] - 20 and table.rowHeight(0) > before[1]
    finally:
        window.display.set_size(1.0)
    assert (table.columnWidth(gap), table.rowHeight(0)) == before
