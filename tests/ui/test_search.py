"""The panel Search: a chart of a knob from its menu, while a run trains; its minimum is taken at a click."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDialogButtonBox

from playground.model.experiment import Experiment
from playground.session import Session
from playground.training.findings import (
    DONE,
    LOSSES,
    PATHS,
    PAUSED,
    RUNNING,
    VARIANCE,
    Asked,
    Found,
    Spot,
)
from playground.training.knob_axis import knob_axis
from playground.training.letters import Pace
from playground.training.paths import path
from playground.training.searching import Search
from playground.training.where import MISSING, Where
from playground.ui.plots.search import BEGUN, SearchPanel
from playground.ui.scene import Scene
from playground.ui.settings import Settings
from playground.ui.theme import DARK, LIGHT, style_sheet
from playground.ui.workplace import SCHEDULER, WhereDialog, remembered

from .opening import LONG, open_window

LEFT = Qt.MouseButton.LeftButton
SMALL = Experiment(samples=60, layers=(8,), epochs=30, penalty="l2", penalty_strength=1.0)


def found_losses(experiment=SMALL, knob="penalty_strength", status=DONE):
    """A search that has ended, made up: lowest at its third value."""
    axis = knob_axis(experiment, knob)
    spots = tuple(
        Spot((value,), {name: np.array([0.9, 1.1]) * (1 + abs(place - 2)) for name in ("train_data", "val_data")})
        for place, value in enumerate(axis.values)
    )
    return Found(Asked(LOSSES, knob), experiment, (axis,), spots, len(spots), len(spots), 3.0, status)


@pytest.fixture
def open_panel(qtbot):
    def open_one(found=None, experiment=SMALL, size=(440, 320)):
        panel = SearchPanel(LIGHT, "What would another value do?")
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitExposed(panel)
        panel.show_scene(Scene(experiment, data=experiment.dataset, search=found))
        return panel

    return open_one


def pixel_of(chart, place):
    """Where a spot of the chart stands."""
    found = chart._found
    x = found.axes[0].place(found.spots[place].values[0])
    area = chart.getViewBox().sceneBoundingRect()
    scene = QPointF(chart.getViewBox().mapViewToScene(QPointF(x, 0)).x(), area.center().y())
    return chart.mapFromScene(scene)


def entry(window, name, text):
    """An entry of a knob's menu."""
    menu = window.form.row(name).menu()
    return next(action for action in menu.actions() if text in action.text().replace("&", ""))


def test_the_menus_have_room_for_their_words_in_the_window_s_narrowest_column(open_panel):
    panel = open_panel(size=(400, 320))
    panel.setStyleSheet(style_sheet(LIGHT))
    menus = panel.kind, panel.knob, panel.second, panel.shown
    panel.knob.setCurrentIndex(panel.knob.findText("Hidden layers"))
    QTest.qWait(0)
    assert [menu.words for menu in menus] == [menu.currentText() for menu in menus]
    assert {menu.height() for menu in menus} == {QComboBox.sizeHint(panel.kind).height()}  # as high as others
    panel.second.setCurrentIndex(panel.second.findText("η, learning rate"))
    panel.resize(340, 320)
    QTest.qWait(0)
    assert panel.kind.words == "Losses"  # short words stay whole; long ones are shortened, and their tip has all
    assert panel.second.words.endswith("…") and "η, learning rate" in panel.second.toolTip()


def test_a_search_that_has_begun_does_not_ask_for_one(open_panel):
    panel = open_panel(found_losses(status=RUNNING)._replace(spots=(), done=0))
    assert panel._empty.isVisible() and panel._empty.text() == BEGUN


# the story


def test_a_chart_from_the_form_fills_while_a_run_trains_and_its_minimum_is_taken(qtbot):
    experiment = SMALL.change(epochs=1500)
    window = open_window(qtbot, Session(experiment))
    window.session.set_pace(Pace(20.0))
    QTest.mouseClick(window.transport.play, LEFT)
    qtbot.waitUntil(lambda: window.session.snapshot is not None and window.session.snapshot.epoch > 2, timeout=LONG)
    run, begun = window.session.hand, window.session.snapshot.epoch
    entry(window, "penalty_strength", "Chart of strength").trigger()
    assert window.charts.tab == "search"
    panel, sizes = window.charts.panel("search"), []

    def has_ended():
        found = window._scene.search
        if found is not None and (not sizes or sizes[-1] != len(found.spots)):
            sizes.append(len(found.spots))
        return found is not None and found.has_ended

    qtbot.waitUntil(has_ended, timeout=LONG)
    assert len(sizes) > 2  # it fills
    assert sizes == sorted(sizes)
    assert window.session.is_running  # and the run in hand goes on
    assert window.session.snapshot.epoch > begun
    found = window._scene.search
    best = found.best("val_data")
    QTest.mouseClick(panel.chart.viewport(), LEFT, pos=pixel_of(panel.chart, best))
    value = found.spots[best].values[0]
    assert window.session.experiment.knobs.penalty_strength == value
    assert window.form.field("penalty_strength").beside.text() == f"{value:g}"
    assert window.session.hand == run
    window.session.undo()
    assert window.session.experiment == experiment


def test_the_window_is_heard_and_the_run_goes_on_while_a_search_does(qtbot):
    window = open_window(qtbot, Session(SMALL.change(epochs=1_000_000, layers=(32, 32))), tab="search")
    qtbot.waitUntil(lambda: window.session.engine_ready, timeout=LONG)

    def watch():
        """Milliseconds between two looks for news, as a rule, and the epochs a second of the run in hand."""
        qtbot.wait(200)
        beats, before = [], window.session.snapshot.epoch
        for _ in range(20):
            beats.append(time.perf_counter())
            qtbot.wait(16)
        return np.median(np.diff(beats)), (window.session.snapshot.epoch - before) / (beats[-1] - beats[0])

    window.session.play()
    gap, speed = watch()
    window.chart("penalty_strength")
    gap_beside, speed_beside = watch()
    assert window.session.searched.status == RUNNING
    window.session.cancel_search()
    assert gap_beside < max(3 * gap, 0.1)  # neighbours on the machine count as well
    assert speed_beside > speed / 8


def test_a_search_is_given_up_at_once(qtbot):
    window = open_window(qtbot, Session(SMALL.change(epochs=1_000_000)), tab="search")
    qtbot.waitUntil(lambda: window.session.engine_ready, timeout=LONG)
    window.chart("penalty_strength")
    panel = window.charts.panel("search")
    qtbot.waitUntil(panel.stop.isVisible, timeout=LONG)
    began = time.perf_counter()
    QTest.mouseClick(panel.stop, LEFT)
    assert window.session._search.wait(1.0)
    assert time.perf_counter() - began < 0.5
    qtbot.waitUntil(lambda: not panel.stop.isVisible())


# the panel


def test_ctrl_click_trains_that_run(qtbot, open_panel):
    panel = open_panel(found_losses())
    with qtbot.waitSignal(panel.asked) as heard:
        QTest.mouseClick(panel.chart.viewport(), LEFT, Qt.KeyboardModifier.ControlModifier, pixel_of(panel.chart, 4))
    assert heard.args == ["try_remedy", ({"penalty_strength": panel.chart._found.spots[4].values[0]},)]


def test_keys_choose_a_value_and_enter_takes_it(qtbot, open_panel):
    panel = open_panel(found_losses())
    panel.chart.setFocus()
    for _ in range(3):
        QTest.keyClick(panel.chart, Qt.Key.Key_Right)
    assert "validation" in panel._reading.text()
    with qtbot.waitSignal(panel.wanted) as heard:
        QTest.keyClick(panel.chart, Qt.Key.Key_Return)
    assert heard.args == [{"penalty_strength": panel.chart._found.spots[2].values[0]}]


def test_the_best_and_the_simplest_are_told(open_panel):
    found = found_losses()
    as_good = found.spots[4]._replace(found=found.spots[2].found)
    panel = open_panel(found._replace(spots=(*found.spots[:4], as_good, *found.spots[5:])))
    assert panel.foot.text() == f"7 runs. Best at λ 0.1; 1-SE rule: {as_good.values[0]:g}"
    assert panel.foot.text() in panel.foot.toolTip()


def test_progress_and_the_time_left_are_told(open_panel):
    panel = open_panel(found_losses(status=RUNNING)._replace(done=4, whole=60))
    assert panel.foot.text() == "4 of 60 runs, 3 s left"
    assert panel.go.text() == "Pause"


def test_pause_becomes_go_on(qtbot, open_panel):
    panel = open_panel(found_losses(status=PAUSED))
    with qtbot.waitSignal(panel.asked) as heard:
        QTest.mouseClick(panel.go, LEFT)
    assert heard.args == ["pause_search", (False,)]


def test_find_asks_for_what_the_menus_say(qtbot, open_panel):
    panel = open_panel()
    panel.kind.setCurrentIndex(panel.kind.findData(VARIANCE))
    panel._choose()
    panel.knob.setCurrentIndex(panel.knob.findData("layers"))
    with qtbot.waitSignal(panel.asked) as heard:
        QTest.mouseClick(panel.go, LEFT)
    verb, (asked,) = heard.args
    assert (verb, asked.kind, asked.knob, asked.second) == ("search", VARIANCE, "layers", "")


def test_a_map_takes_both_values(qtbot, open_panel):
    axes = knob_axis(SMALL, "penalty_strength"), knob_axis(SMALL, "learning_rate")
    spots = tuple(
        Spot((one, two), {"val_data": np.array([1.0 + place])})
        for place, (one, two) in enumerate((one, two) for one in axes[0].values for two in axes[1].values)
    )
    panel = open_panel(
        Found(Asked(LOSSES, "penalty_strength", "learning_rate", 1), SMALL, axes, spots, 49, 49, 0, DONE)
    )
    assert panel.map.isVisible()
    with qtbot.waitSignal(panel.wanted) as heard:
        QTest.mouseClick(panel.map, LEFT, pos=panel.map._field(0, 0).center().toPoint())
    assert heard.args == [{"penalty_strength": axes[0].values[0], "learning_rate": axes[1].values[0]}]


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("knob", ["penalty_strength", "layers", "optimizer"])
def test_marks_are_drawn_in_the_themes_colours(open_panel, colors, knob):
    panel = open_panel(found_losses(knob=knob))
    panel.set_colors(colors)
    picture = panel.chart.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    seen = np.unique(np.frombuffer(picture.constBits(), np.uint32))
    for color in (colors.best, colors.validation):  # the diamond's, and the curve's
        assert QColor(color).rgb() in seen


def test_a_path_is_drawn_and_its_lambda_is_taken(qtbot, open_panel):
    experiment = Experiment(dataset="diabetes", layers=(8,))
    found = Found(Asked(PATHS, "l1"), experiment, path=path(experiment, "l1"), status=DONE)
    panel = open_panel(found, experiment)
    assert panel.paths.isVisible()
    assert "Lasso(alpha=" in panel.foot.text()
    chart = panel.paths.coefficients
    chart.setFocus()
    for _ in range(2):
        QTest.keyClick(chart, Qt.Key.Key_Right)
        QTest.keyClick(chart, Qt.Key.Key_Left)
    with qtbot.waitSignal(panel.wanted) as heard:
        QTest.keyClick(chart, Qt.Key.Key_Return)
    assert heard.args == [found.changes(chart.chosen)]


@pytest.mark.parametrize("dataset", ["sine", "moons", "plane"])
def test_fits_are_drawn_over_each_other(open_panel, dataset):
    experiment = Experiment(dataset=dataset, samples=20, layers=(4,), epochs=3)
    search = Search(Asked(VARIANCE, "standardize", seeds=3, extent=(-1.5, 1.5, -1.5, 1.5)), experiment)
    assert search.wait(60)
    panel = open_panel(search.found, experiment)
    panel.fits.setChecked(True)
    assert panel.pictures.isVisible()
    assert panel.pictures.accessibleDescription() == "3 fits"
    picture = panel.pictures.grab().toImage()
    assert len({picture.pixelColor(x, 100).name() for x in range(picture.width())}) > 5
    names, columns = panel.export._numbers()
    known = dict(zip(names, map(np.array, columns)))
    fits = np.array([known[f"fit {number}"] for number in (1, 2, 3)])
    np.testing.assert_allclose(known["mean"], fits.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(known["spread"], fits.std(axis=0, ddof=1), atol=1e-5)
    if dataset == "sine":
        np.testing.assert_allclose(known["truth"], np.sin(np.pi * known["x"]), atol=1e-5)
    if dataset == "plane":
        np.testing.assert_allclose(known["truth"], (known["x"] + known["y"]) / 2, atol=1e-5)


def test_a_chart_from_the_form_leaves_the_coefficients(qtbot, open_panel):
    panel = open_panel(experiment=SMALL)
    panel.kind.setCurrentIndex(panel.kind.findData(PATHS))
    panel._choose()
    with qtbot.waitSignal(panel.asked) as heard:
        panel.begin("layers")
    assert (heard.args[1][0].kind, heard.args[1][0].knob) == (LOSSES, "layers")


def test_a_run_of_a_chart_is_opened_and_trained(qtbot):
    window = open_window(qtbot, Session(SMALL), tab="search")
    panel = window.charts.panel("search")
    window.session._search = Search(Asked(LOSSES, "penalty_strength", seeds=1), SMALL)
    assert window.session._search.wait(60)
    qtbot.waitUntil(lambda: panel.chart.isVisible(), timeout=LONG)
    before = window.session.hand
    panel.chart.opened.emit(0)
    assert window.session.hand != before
    qtbot.waitUntil(lambda: window.session.snapshot is not None and window.session.snapshot.has_ended, timeout=LONG)
    found = window.session.searched.spots[0]
    validation = window.session.snapshot.column("val_loss")[-1]
    assert validation == pytest.approx(found.found["val_loss"][0], rel=1e-6)  # the very run


def test_a_search_ends_with_its_project(qtbot):
    window = open_window(qtbot, Session(SMALL.change(epochs=1_000_000)), tab="search")
    window.chart("penalty_strength")
    search = window.session._search
    window.session.new()
    assert search.wait(2)
    assert window.session.searched is None


def test_the_fits_of_another_value_are_seen_and_the_share_of_wrong_answers(open_panel):
    experiment = Experiment(samples=30, layers=(4,), epochs=3)
    search = Search(Asked(VARIANCE, "standardize", seeds=3, extent=(-1.5, 1.5, -1.5, 1.5)), experiment)
    assert search.wait(60)
    panel = open_panel(search.found, experiment)
    panel.shown.setCurrentIndex(panel.shown.findText("Wrong answers"))
    panel._choose()
    assert panel._view(search.found).decides == "zero_one_error"
    panel.fits.setChecked(True)
    assert panel.value.currentText() == "on"  # the present one
    first = panel.pictures._measured
    panel.value.setCurrentIndex(panel.value.findText("off"))
    panel.value.textActivated.emit("off")
    panel._choose()
    assert panel.pictures._measured is not first


@pytest.mark.parametrize("ending", [".png", ".svg", ".csv"])
def test_what_is_seen_is_taken_along(open_panel, tmp_path, ending):
    experiment = Experiment(dataset="diabetes", layers=())
    for number, found in enumerate(
        (found_losses(), Found(Asked(PATHS, "l1"), experiment, path=path(experiment, "l1"), status=DONE))
    ):
        panel = open_panel(found, found.experiment)
        target = tmp_path / f"{number}{ending}"
        panel.export.write(target)
        assert target.stat().st_size > 300
    if ending == ".csv":
        assert target.read_text().startswith("lambda,alpha_in_scikit_learn,")


# where it trains


def test_where_to_run_is_chosen_in_the_panel_and_remembered(qtbot, tmp_path):
    window = open_window(qtbot, Session(SMALL), tab="search")
    window.settings = Settings(tmp_path)
    panel = window.charts.panel("search")
    QTest.mouseClick(panel.where, LEFT)
    dialog = panel.findChild(WhereDialog)
    dialog.place.setCurrentIndex(dialog.place.findData(SCHEDULER))
    dialog.address.setText("tcp://127.0.0.1:9")
    dialog.accept()
    assert window.session.where == Where("tcp://127.0.0.1:9")
    qtbot.waitUntil(lambda: panel.where.text().startswith("tcp://127.0.0.1:9"))
    window.settings.save()
    assert remembered(Settings(tmp_path)) == Where("tcp://127.0.0.1:9")
    qtbot.waitUntil(lambda: window.session.engine_ready, timeout=LONG)
    window.chart("penalty_strength")
    qtbot.waitUntil(lambda: "no scheduler answers there" in panel._empty.text(), timeout=LONG)
    window.session.search_at(Where())
    panel.begin("standardize")
    qtbot.waitUntil(lambda: panel.chart.isVisible(), timeout=LONG)


@pytest.fixture
def dialog(qtbot):
    made = WhereDialog(Where())
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize(
    "address, told",
    [
        ("tcp://lab1", "a scheduler's port is missing"),
        ("lab1:8786", "it takes tcp://HOST:PORT"),
        ("tls://lab1:8786", "takes three files"),
    ],
)
def test_an_address_that_cannot_be_is_told_and_not_taken(dialog, address, told):
    dialog.place.setCurrentIndex(dialog.place.findData(SCHEDULER))
    dialog.address.setText(address)
    assert told in dialog.told.text()
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    assert dialog.files["key"].isVisible() == address.startswith("tls")


def test_fewer_cores_may_be_chosen(dialog):
    dialog.cores.setValue(1)
    assert dialog.where == Where(cores=1 if dialog.cores.maximum() > 1 else 0)


def test_without_dask_the_dialog_says_what_to_install(dialog, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    dialog.place.setCurrentIndex(dialog.place.findData("local"))
    assert dialog.told.text() == MISSING
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_what_a_search_waits_for_is_told(open_panel):
    waiting = found_losses(status=RUNNING)._replace(spots=(), done=0, whole=0, reason="tcp://lab1:8786: connecting")
    panel = open_panel(waiting)
    assert panel.foot.text() == "tcp://lab1:8786: connecting"
