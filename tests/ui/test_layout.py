"""The window's arrangement: layouts, columns, the folded choices, the stage's tabs, screen and type."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QFontInfo
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QSlider,
    QTabBar,
    QTableWidget,
    QWidget,
)

from playground.model.experiment import Experiment
from playground.training.snapshot import Verdict
from playground.ui import charts as charts_module
from playground.ui.choices import NARROW, RAIL, WIDTH
from playground.ui.display import placed
from playground.ui.panels import PANELS, Panel

KEY, CONTROL, SHIFT = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
SIZES = [(1440, 900), (1280, 720), (1024, 640), (800, 600), (1920, 1080)]


class Plain(QWidget):
    """A panel, or a view of the stage."""

    def __init__(self, colors, question=""):
        super().__init__()

    def show_scene(self, scene): ...

    def set_colors(self, colors): ...


@pytest.fixture
def window(open_window):
    return open_window()


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
    assert window.canvas._inside().width() >= (0.6 if size[0] > 1000 else 0.5) * window.columns.height()


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


def test_a_layout_is_chosen_by_its_keys(window, qtbot):
    for number, key in enumerate(("essentials", "batchnorm", "optimizers", "compare"), 1):
        qtbot.keyClick(window, getattr(KEY, f"Key_{number}"), CONTROL)
        assert window.arrangement.layout == key
        assert window.actions_table.by_name[f"layout:{key}"].isChecked()


def test_what_a_hand_changes_stays_with_its_layout(open_window, session, qtbot):
    window = open_window(size=(1300, 760))
    _click_tab(qtbot, window, "runs")
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
        _click_tab(qtbot, window, "gone")
        _drag(qtbot, window.charts.panes, 1, 50)
        heights = window.charts.panes.sizes()
        window.close()
    again = open_window(type(session)())
    assert again.charts.tab == "why"
    assert again.charts.panes.sizes() == pytest.approx(heights, abs=1)


def test_reset_layout_brings_it_back(window, qtbot):
    before = window.columns.sizes(), window.charts.panes.sizes(), window.charts.tab
    _drag(qtbot, window.columns, 2, -60)
    _drag(qtbot, window.charts.panes, 1, 50)
    assert (window.columns.sizes(), window.charts.panes.sizes(), window.charts.tab) != before
    window.actions_table.by_name["reset_layout"].trigger()
    assert (window.columns.sizes(), window.charts.panes.sizes(), window.charts.tab) == before


def test_a_layout_brings_its_planes_side_by_side(window):
    window.arrangement.choose("compare")
    assert window.stage.planes == 4 and not window.canvas.isVisible() and not window.tools.isVisible()
    window.arrangement.choose("essentials")
    assert window.canvas.isVisible() and window.tools.isVisible()


def test_how_many_planes_are_seen_is_announced(window, qtbot):
    actions = window.stage.compare.menu().actions()
    assert [action.text() for action in actions] == ["&1 plane", "&2 planes", "&4 planes", "&6 planes", "&8 planes"]
    with qtbot.waitSignal(window.stage.planes_chosen) as heard:
        actions[3].trigger()
    assert heard.args == [6]


def _click_tab(qtbot, window, key):
    tabs = window.charts.slot.tabs
    qtbot.mouseClick(tabs, LEFT, pos=tabs.tabRect(tabs.keys.index(key)).center())
    assert window.charts.tab == key


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


# the screen, and the type


def test_full_screen_is_a_key_there_and_back(window, qtbot):
    qtbot.keyClick(window, KEY.Key_F11)
    assert window.isFullScreen()
    qtbot.keyClick(window, KEY.Key_F11)
    assert not window.isFullScreen()


@pytest.mark.parametrize("leave", [(KEY.Key_F11, SHIFT), (KEY.Key_Escape, Qt.KeyboardModifier.NoModifier)])
def test_a_presentation_is_large_and_without_choices_and_menu(window, qtbot, leave):
    before = window.form.font().pointSizeF(), window.choices.width()
    qtbot.keyClick(window, KEY.Key_F11, SHIFT)
    assert window.isFullScreen() and window.menuBar().isHidden() and window.choices.isHidden()
    assert QFontInfo(window._hint.font()).pixelSize() == 18
    assert window.charts.panel("loss").chart.colors.curve == 3.0
    qtbot.keyClick(window, KEY.Key_4, CONTROL)  # keys of the hidden menu act
    assert window.arrangement.layout == "compare"
    window.arrangement.choose("essentials")
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, leave[0], leave[1])
    assert not window.isFullScreen() and window.menuBar().isVisible()
    assert (window.form.font().pointSizeF(), window.choices.width()) == before
    assert window.theme.colors.curve == 2.0


def test_a_presentation_is_not_remembered(open_window, session, qtbot):
    window = open_window()
    qtbot.keyClick(window, KEY.Key_F11, SHIFT)
    window.close()
    again = open_window(type(session)())
    assert not again.isFullScreen() and again.menuBar().isVisible()


def test_the_type_is_sized_by_keys_and_remembered(open_window, session, qtbot):
    window = open_window(size=(1600, 900))
    field, label = window.form.field("noise"), window.transport._epoch
    sizes = [label.font().pointSizeF()]
    width, height = field.width(), field.height()
    for key in (KEY.Key_Plus, KEY.Key_Equal, KEY.Key_Equal):
        qtbot.keyClick(window, key, CONTROL)
        sizes.append(label.font().pointSizeF())
    assert sizes == sorted(set(sizes))
    assert field.width() > width and field.height() >= height
    assert field.height() > field.fontMetrics().height()
    window.close()
    again = open_window(type(session)(), size=(1600, 900))
    assert again.transport._epoch.font().pointSizeF() == sizes[-1]
    qtbot.keyClick(again, KEY.Key_Minus, CONTROL)
    assert again.transport._epoch.font().pointSizeF() == sizes[-2]
    qtbot.keyClick(again, KEY.Key_0, CONTROL)
    assert again.transport._epoch.font().pointSizeF() == sizes[0]
    assert again.form.field("noise").width() == width


@pytest.mark.parametrize("size", [(800, 600), (1024, 640), (1280, 720)])
@pytest.mark.parametrize("steps", [-2, 1, 2, 3, 4])
def test_nothing_of_the_top_bar_is_cut_in_larger_type(open_window, size, steps):
    window = open_window(size=size)
    window.display.enlarge(steps)
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    bar = window.transport
    assert bar.chip.geometry().right() <= bar.width() and bar.layout().minimumSize().width() <= bar.width()
    for part in (bar.play, bar.rate, bar.chip, bar._count):
        assert part.isVisible() and part.height() <= bar.height()
    window.display.set_size(1.0)


# keys and help


def test_f_shows_all_points(window, qtbot):
    window.canvas._look(window.canvas.extent.shift(5.0, 0.0))
    before = window.canvas.extent
    qtbot.keyClick(window.canvas, KEY.Key_F)
    assert window.canvas.extent != before


@pytest.mark.parametrize("key", [KEY.Key_Left, KEY.Key_Right, KEY.Key_Home, KEY.Key_End])
def test_single_keys_are_not_taken_from_the_tabs(window, session, qtbot, key):
    tabs = window.charts.slot.tabs
    tabs.setCurrentIndex(1)
    tabs.setFocus()
    calls, looked = list(session.calls), session.looked
    qtbot.keyClick(tabs, key)
    assert (session.calls, session.looked) == (calls, looked)
    ends = {KEY.Key_Left: 0, KEY.Key_Home: 0, KEY.Key_Right: 2, KEY.Key_End: tabs.count() - 1}
    assert tabs.currentIndex() == ends[key]


def test_single_keys_are_not_taken_from_a_menu_of_a_chart(window, session, qtbot):
    session.edit(normalization="batch")
    session.train_to(20)
    window.poll()
    window.charts.choose_tab("norms")
    chooser = window.charts.panel("norms")._chooser
    qtbot.waitUntil(chooser.isVisible)
    chooser.setFocus()
    calls = list(session.calls)
    for key in (KEY.Key_Home, KEY.Key_End, KEY.Key_Up, KEY.Key_Down, KEY.Key_R, KEY.Key_N):
        qtbot.keyClick(chooser, key)
    assert session.calls == calls


def test_single_keys_are_not_taken_from_the_brush_slider(window, session, qtbot):
    slider = window.tools.findChild(QSlider)
    slider.setFocus()
    before = slider.value()
    qtbot.keyClick(slider, KEY.Key_Up)
    assert slider.value() > before
    qtbot.keyClick(slider, KEY.Key_Home)
    assert slider.value() == slider.minimum() and session.calls == []


def test_single_keys_are_not_taken_from_a_table(window, session, qtbot):
    table = QTableWidget(3, 1, window.charts)
    table.show()
    table.setFocus()
    table.setCurrentCell(0, 0)
    qtbot.keyClick(table, KEY.Key_Down)
    assert table.currentRow() == 1 and session.calls == []


def test_space_presses_the_tool_that_has_the_focus(window, session, qtbot):
    button = window.tools._clear
    button.setFocus()
    qtbot.keyClick(button, KEY.Key_Space)
    assert session.calls == [("set_data", "clear")]


def test_single_keys_act_again_once_the_plane_has_the_focus(window, session, qtbot):
    window.charts.slot.tabs.setFocus()
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, KEY.Key_R)
    assert session.calls == ["reset"]


def test_menus_open_and_act_by_their_letters(window, session, qtbot):
    for title in window.menuBar().actions():
        assert "&" in title.text()
        letters = [
            found[found.index("&") + 1].lower() for entry in title.menu().actions() if "&" in (found := entry.text())
        ]
        assert len(letters) == len(set(letters)), (title.text(), letters)
        assert all("&" in entry.text() for entry in title.menu().actions() if not entry.isSeparator())
    qtbot.keyClick(window, KEY.Key_R, Qt.KeyboardModifier.AltModifier)
    menu = QApplication.activePopupWidget()
    assert menu is not None and menu.title() == "&Run"
    qtbot.keyClick(menu, KEY.Key_R)
    assert session.calls == ["reset"]


def test_every_control_has_a_name_and_says_its_value(open_window, session):
    session.experiment = Experiment(normalization="batch", penalty="l2")
    session.train_to(60)
    window = open_window(size=(1440, 900))
    window.form.open(window.form.sections)
    window.charts.complete()
    QApplication.processEvents()
    controls = [w for w in window.findChildren(QWidget) if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    controls = [control for control in controls if control.focusProxy() is None]
    assert len(controls) > 40
    for control in controls:
        told = QAccessible.queryAccessibleInterface(control)
        assert told.text(QAccessible.Text.Name).strip(), control
        if isinstance(control, (QLineEdit, QComboBox)):
            value = told.text(QAccessible.Text.Value) or getattr(control, "placeholderText", str)()
            assert value, control.accessibleName()
        elif isinstance(control, QTabBar):
            assert told.child(control.currentIndex()).state().selected
        elif isinstance(control, QSlider):
            assert told.text(QAccessible.Text.Description), control.accessibleName()
        elif isinstance(control, QAbstractButton) and control.isCheckable():
            assert told.state().checkable and told.state().checked == control.isChecked()


@pytest.mark.parametrize(
    ("key", "answer"), [(KEY.Key_S, "Save"), (KEY.Key_D, "Discard"), (KEY.Key_C, "Cancel"), (KEY.Key_Escape, "Cancel")]
)
def test_a_question_is_answered_by_keys(window, qtbot, key, answer):
    def press():
        box = QApplication.activeModalWidget()
        if box is None or not box.isActiveWindow():  # a key would be lost
            QTimer.singleShot(10, press)
            return
        assert isinstance(box, QMessageBox)
        alt = Qt.KeyboardModifier.AltModifier if key != KEY.Key_Escape else Qt.KeyboardModifier.NoModifier
        qtbot.keyClick(box, key, alt)

    QTimer.singleShot(100, press)
    assert window.files.ask() == QMessageBox.StandardButton[answer]
