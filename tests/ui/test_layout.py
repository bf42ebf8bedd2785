"""The window's arrangement: layouts, columns, the folded choices, the stage's tabs, screen and type."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QApplication, QWidget

from playground.model.experiment import Experiment
from playground.training.snapshot import Verdict
from playground.ui import charts as charts_module
from playground.ui.choices import NARROW, RAIL, WIDTH
from playground.ui.display import placed
from playground.ui.panels import PANELS, Panel
from playground.ui.window import Window

KEY, CONTROL, SHIFT = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
SIZES = [(1440, 900), (1280, 720), (1024, 640), (1920, 1080)]


class Plain(QWidget):
    """A panel, or a view of the stage."""

    def __init__(self, colors, question=""):
        super().__init__()

    def show_scene(self, scene): ...

    def set_colors(self, colors): ...


@pytest.fixture
def open_window(qtbot, session):
    """Opens windows, and closes them without a question."""
    windows = []

    def open_one(using=session, size=(1280, 720)):
        window = Window(using)
        window.resize(*size)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        window.poll()
        windows.append(window)
        return window

    yield open_one
    for window in windows:
        window.give_up()
        window.deleteLater()


@pytest.fixture
def window(open_window):
    return open_window()


@pytest.fixture
def runs_panel(monkeypatch):
    """A further panel, of a key that layouts name."""
    row = Panel("runs", "Which run is best?", f"{__name__}:Plain")
    monkeypatch.setattr(charts_module, "PANELS", (*PANELS, row))
    monkeypatch.setattr(charts_module, "ROWS", charts_module.ROWS | {row.key: row})


# room


@pytest.mark.parametrize("size", SIZES)
def test_everything_fits(open_window, session, size):
    session.experiment = Experiment(normalization="batch")
    session.train_to(150)
    window = open_window(size=size)
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    parts = [window.choices, window.stage, window.charts]
    assert sum(part.width() for part in parts) + 2 * window.columns.handleWidth() == window.columns.width()
    whole = window.rect()
    for part in (*parts, window.transport, window.timeline, window.statusBar()):
        assert whole.contains(QRect(part.mapTo(window, part.rect().topLeft()), part.size())), part
    assert window.canvas._inside().width() >= 0.6 * window.columns.height()


@pytest.mark.parametrize(("width", "choices"), [(1440, WIDTH), (1280, NARROW), (1024, RAIL)])
def test_the_choices_are_as_wide_as_there_is_room(open_window, width, choices):
    assert open_window(size=(width, 760)).choices.width() == choices


@pytest.mark.parametrize(("size", "is_beside"), [((1440, 620), False), ((1920, 1080), False), ((1920, 760), True)])
def test_the_right_column_splits_where_it_is_wide(open_window, size, is_beside):
    window = open_window(size=size)
    QApplication.processEvents()
    loss, slot = window.charts.panes.panes.values()
    assert (loss.y() == slot.y()) == is_beside


def test_news_never_change_the_window_nor_its_least_size(open_window, session):
    window = open_window(size=(1024, 640))
    before = window.size(), window.minimumSize()
    widths = [part.width() for part in (window.transport.chip, window.transport._count, window.stage, window.charts)]
    session.train_to(3, verdict=Verdict("overfit", "overfitting " * 40, "evidence " * 200, 3))
    window.poll()
    window.notice.say("a long sentence " * 60, "error")
    window.statusBar().showMessage("a long sentence " * 60)
    window._hint.setText("a long sentence " * 60)
    QApplication.processEvents()
    assert (window.size(), window.minimumSize()) == before
    after = [part.width() for part in (window.transport.chip, window.transport._count, window.stage, window.charts)]
    assert after == widths


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (QRect(100, 50, 1448, 932), QRect(0, 0, 1440, 868)),  # larger than the room in both ways
        (QRect(200, 100, 1000, 700), QRect(200, 100, 992, 668)),  # it fits as it is
        (QRect(900, 400, 1000, 700), QRect(448, 200, 992, 668)),  # it hangs out at the right and below
    ],
)
def test_a_window_is_placed_within_the_room_with_its_title_bar(frame, expected):
    client = frame.size() - QSize(8, 32)  # what the window manager adds
    assert placed(frame, client, QRect(0, 0, 1448, 900)) == expected


def test_the_window_fits_into_the_screens_available_area(open_window, session, monkeypatch, qtbot):
    room = QRect(0, 24, 1280, 696)  # a panel stands at the top
    monkeypatch.setattr("playground.ui.display.Display._room", lambda self: room)
    window = open_window(size=(1440, 900))
    qtbot.waitUntil(lambda: room.contains(window.frameGeometry()))
    assert window.frameGeometry().width() == room.width()


# layouts


def test_a_layout_is_chosen_by_its_keys(window, qtbot, runs_panel):
    for number, key in enumerate(("essentials", "batchnorm", "optimizers", "compare"), 1):
        qtbot.keyClick(window, getattr(KEY, f"Key_{number}"), CONTROL)
        assert window.arrangement.layout == key
        assert window.actions_table.by_name[f"layout:{key}"].isChecked()


def test_what_a_hand_changes_stays_with_its_layout(open_window, session, qtbot, runs_panel):
    window = open_window(size=(1300, 760))
    qtbot.mouseClick(window.charts.slot.tabs, LEFT, pos=window.charts.slot.tabs.tabRect(1).center())
    assert window.charts.tab == "runs"
    _drag(qtbot, window.columns, 2, -60)
    _drag(qtbot, window.charts.panes, 1, 40)
    widths, heights = window.columns.sizes(), window.charts.panes.sizes()
    qtbot.keyClick(window, KEY.Key_2, CONTROL)
    assert window.charts.tab == "norms" and window.columns.sizes() != widths
    qtbot.keyClick(window, KEY.Key_1, CONTROL)
    assert window.charts.tab == "runs"
    assert window.columns.sizes() == pytest.approx(widths, abs=1)
    assert window.charts.panes.sizes() == pytest.approx(heights, abs=1)
    window.close()
    again = open_window(type(session)(), size=(1300, 760))
    assert again.arrangement.layout == "essentials" and again.charts.tab == "runs"
    assert again.columns.sizes() == pytest.approx(widths, abs=1)
    assert again.charts.panes.sizes() == pytest.approx(heights, abs=1)


def test_a_layout_outlives_a_panel_that_is_no_more(open_window, session, monkeypatch, qtbot):
    with monkeypatch.context() as patch:
        row = Panel("gone", "What was it?", f"{__name__}:Plain")
        patch.setattr(charts_module, "PANELS", (*PANELS, row))
        patch.setattr(charts_module, "ROWS", charts_module.ROWS | {row.key: row})
        window = open_window()
        qtbot.mouseClick(window.charts.slot.tabs, LEFT, pos=window.charts.slot.tabs.tabRect(1).center())
        _drag(qtbot, window.charts.panes, 1, 50)
        heights = window.charts.panes.sizes()
        assert window.charts.tab == "gone"
        window.close()
    again = open_window(type(session)())
    assert again.charts.tab == "norms"
    assert again.charts.panes.sizes() == pytest.approx(heights, abs=1)


def test_reset_layout_brings_it_back(window, qtbot, runs_panel):
    before = window.columns.sizes(), window.charts.panes.sizes(), window.charts.tab
    _drag(qtbot, window.columns, 2, -60)
    _drag(qtbot, window.charts.panes, 1, 50)
    assert (window.columns.sizes(), window.charts.panes.sizes(), window.charts.tab) != before
    window.actions_table.by_name["reset_layout"].trigger()
    assert (window.columns.sizes(), window.charts.panes.sizes(), window.charts.tab) == before


def test_a_layout_asks_for_the_planes_side_by_side_only_where_they_have_a_place(window):
    window.arrangement.choose("compare")
    assert window.stage.planes == 1 and window.stage.compare.isHidden()
    twins = QWidget()
    window.stage.put_planes(twins)
    window.arrangement.choose("compare")
    assert window.stage.planes == 4 and twins.isVisible() and not window.tools.isVisible()
    window.arrangement.choose("essentials")
    assert window.canvas.isVisible() and window.tools.isVisible()


def test_how_many_planes_are_seen_is_announced(window, qtbot):
    window.stage.put_planes(QWidget())
    actions = window.stage.compare.menu().actions()
    assert [action.text() for action in actions] == ["&1 plane", "&2 planes", "&4 planes", "&6 planes", "&8 planes"]
    with qtbot.waitSignal(window.stage.planes_chosen) as heard:
        actions[3].trigger()
    assert heard.args == [6]


def _drag(qtbot, panes, number, way):
    """Drag the handle before that pane by so many pixels."""
    handle = panes.handle(number)
    begin = handle.rect().center()
    is_across = panes.orientation() == Qt.Orientation.Horizontal
    end = begin + (QPoint(way, 0) if is_across else QPoint(0, way))
    qtbot.mousePress(handle, LEFT, pos=begin)
    qtbot.mouseMove(handle, end)
    qtbot.mouseRelease(handle, LEFT, pos=end)


# the choices, folded


def test_an_icon_of_the_rail_opens_its_part_over_the_stage(open_window, qtbot):
    window = open_window(size=(1024, 640))
    choices, form = window.choices, window.form
    assert choices.is_folded and not form.isVisible()
    qtbot.mouseClick(choices._buttons["optimizer"], LEFT)
    assert choices.is_open and form.isVisible() and form.field("learning_rate").isVisible()
    assert window.rect().contains(QRect(form.mapTo(window, form.rect().topLeft()), form.size()))
    assert not form.visibleRegion().isEmpty() and form.field("optimizer").visibleRegion().boundingRect().height() > 0
    qtbot.mouseClick(choices._buttons["data"], LEFT)
    assert choices.is_open and form.part == "data"
    qtbot.mouseClick(choices._buttons["data"], LEFT)
    assert not choices.is_open and not form.isVisible()


def test_a_press_on_the_plane_closes_the_choices_and_paints_nothing(open_window, session, qtbot):
    window = open_window(size=(1024, 640))
    qtbot.mouseClick(window.choices._buttons["data"], LEFT)
    place = window.canvas.point_at(1, 0)
    qtbot.mouseClick(window.canvas, LEFT, pos=place)
    assert not window.choices.is_open and session.calls == []
    qtbot.mouseClick(window.canvas, LEFT, pos=place)
    assert [call[0] for call in session.calls] == ["set_data"]


def test_escape_closes_the_choices_and_gives_the_keys_back(open_window, qtbot):
    window = open_window(size=(1024, 640))
    button = window.choices._buttons["optimizer"]
    button.setFocus()
    qtbot.keyClick(button, KEY.Key_Space)
    assert window.choices.is_open and window.form.isAncestorOf(QApplication.focusWidget())
    qtbot.keyClick(QApplication.focusWidget(), KEY.Key_Escape)
    assert not window.choices.is_open and window.canvas.hasFocus()


def test_the_choices_fold_by_hand_and_stay_so(open_window, session, qtbot):
    window = open_window()
    qtbot.mouseClick(window.form.fold, LEFT)
    assert window.choices.width() == RAIL
    window.close()
    again = open_window(type(session)())
    assert again.choices.width() == RAIL
    qtbot.mouseClick(again.choices.unfold, LEFT)
    assert again.choices.width() == NARROW and again.form.isVisible()


def test_changing_a_knob_in_the_open_choices_reaches_the_session(open_window, session, qtbot):
    window = open_window(size=(1024, 640))
    qtbot.mouseClick(window.choices._buttons["regularization"], LEFT)
    qtbot.mouseClick(window.form.sections["dropout"].switch, LEFT)
    assert session.calls == [("edit", {"dropout": 0.5})]
