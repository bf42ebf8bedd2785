"""The window around a session: keys, files, messages, and what is remembered."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QPushButton

from playground.model.dataset import TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.examples import EXAMPLES
from playground.model.experiment import Experiment
from playground.training.runs import Listed
from playground.training.snapshot import CAUSES, DIVERGED, FINISHED, Verdict
from playground.training.surface import Region
from playground.ui.hints import AGAIN, BEGIN, MEND, PAINT, UNDERFIT, UNFAIR, hint
from playground.ui.plots.chart import Chart
from playground.ui.settings import Settings
from playground.ui.theme import DARK, LIGHT
from playground.ui.window import Window

KEY = Qt.Key
BUTTON = QMessageBox.StandardButton


@pytest.fixture
def window(open_window):
    return open_window()


def two_points():
    return Dataset(np.eye(2), [0.0, 1.0], class_names=("class 1", "class 2"))


# keys


RUN_KEYS = {KEY.Key_Space: "toggle", KEY.Key_Right: "step", KEY.Key_R: "reset", KEY.Key_N: "new_seed"}


@pytest.mark.parametrize("place", ["canvas", "loss"])
def test_single_keys_act_on_the_plane_and_on_charts(window, session, qtbot, place):
    widget = window.canvas if place == "canvas" else window.charts.panel(place)
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for key, call in RUN_KEYS.items():
        widget.setFocus()
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert call in session.calls


def test_no_single_key_acts_inside_a_field(window, session, qtbot):
    fields = [window.form.field(name) for name in ("learning_rate", "noise", "batch_size")]
    for field in (*fields, window.form.field("layers").text_field, window.transport.rate):
        field.setFocus()
        assert field.hasFocus()
        for key in (*RUN_KEYS, KEY.Key_B, KEY.Key_1, KEY.Key_BracketLeft):
            qtbot.keyClick(field, key)
        assert session.calls == []
        qtbot.keyClick(field, KEY.Key_Escape)


def test_space_on_a_focused_switch_toggles_it_and_nothing_else(window, session, qtbot):
    switch = window.form.field("early_stopping")
    switch.setFocus()
    qtbot.keyClick(switch, KEY.Key_Space)
    assert session.calls == [("edit", {"early_stopping": True})]


def test_escape_leaves_a_field_for_the_plane(window, qtbot):
    field = window.form.field("noise")
    field.setFocus()
    qtbot.keyClick(field, KEY.Key_Escape)
    assert window.canvas.hasFocus()


def test_pressing_play_gives_the_keys_back_to_the_run(window, session, qtbot):
    window.form.field("noise").setFocus()
    qtbot.mouseClick(window.transport.play, Qt.MouseButton.LeftButton)
    assert session.is_running
    qtbot.keyClick(QApplication.focusWidget(), KEY.Key_Space)
    assert not session.is_running


def test_keys_choose_tools_and_classes(window, qtbot, monkeypatch):
    heard = []
    for verb in ("choose", "choose_class", "resize_brush"):
        monkeypatch.setattr(window.tools, verb, lambda argument, verb=verb: heard.append((verb, argument)))
    for key in (KEY.Key_E, KEY.Key_B, KEY.Key_2, KEY.Key_BracketRight, KEY.Key_BracketLeft):
        qtbot.keyClick(window.canvas, key)
    told = [("choose", "eraser"), ("choose", "brush"), ("choose_class", 1), ("resize_brush", 1), ("resize_brush", -1)]
    assert heard == told


def test_undo_and_redo_by_keys_even_from_a_panel(window, session, qtbot):
    window.edit("noise", 0.4)
    qtbot.keyClick(window.canvas, KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.experiment.knobs.noise == 0.2
    qtbot.keyClick(window.canvas, KEY.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert session.experiment.knobs.noise == 0.4


def test_the_menu_says_what_undo_would_undo(window):
    window.edit("noise", 0.4)
    assert window.actions_table.by_name["undo"].text() == "&Undo noise"
    assert not window.actions_table.by_name["redo"].isEnabled()


# news


def test_a_snapshot_reaches_every_view(window, session):
    session.train_to(130)
    window.poll()
    assert "Overfitting since epoch 72" in window.transport.chip.text()
    assert window.canvas._surface.epoch == 130
    assert "105 parameters" in window._facts.text()


def test_nothing_is_done_when_there_is_no_news(window, monkeypatch):
    def fail(*_):
        raise AssertionError("a view was told nothing new")

    monkeypatch.setattr(window.transport, "show_run", fail)
    monkeypatch.setattr(window.charts.panel("loss"), "show_scene", fail)
    for _ in range(3):
        window.poll()


def test_a_hidden_chart_is_told_nothing(window, session, monkeypatch):
    monkeypatch.setattr(window.charts.panel("norms"), "show_scene", lambda _: pytest.fail("it is hidden"))
    session.train_to(5)
    window.poll()


def test_charts_come_after_the_window(session, qtbot):
    window = Window(session)
    qtbot.addWidget(window, before_close_func=lambda w: w.give_up())
    assert not window.charts.findChildren(Chart)
    session.train_to(130)
    window.poll()
    window.show()
    qtbot.waitUntil(lambda: bool(window.charts.findChildren(Chart)))
    qtbot.waitUntil(lambda: window.charts.panel("loss").marker_epochs()["best"] is not None)


def test_a_person_sees_how_far_the_engine_is(window, session):
    session.engine_ready, told = False, []
    for session.engine_share in (None, 0.25, 0.5, 1.0):
        window.poll()
        told.append(window.transport.chip.text())
    session.toggle()
    told.append(window.transport.chip.text())
    session.engine_ready = True
    window.poll()
    told.append(window.transport.chip.text())
    assert [text.strip() for text in told] == [
        "Loading the engine",
        "Preparing the engine, 25 %",
        "Preparing the engine, 50 %",
        "Preparing the engine, 100 %",
        "Training waits for the engine, 100 %",
        "Not trained yet",
    ]


def test_batchnorm_is_switched_on_where_its_chart_will_be(window, qtbot):
    window.charts.choose_tab("norms")
    assert not window.charts.panel("norms").isVisible()
    qtbot.mouseClick(window.charts.slot.notes.button, Qt.MouseButton.LeftButton)
    assert window.session.experiment.knobs.normalization == "batch" and window.charts.panel("norms").isVisible()


def test_the_window_asks_for_what_is_seen_and_nothing_else(window, session):
    assert session.looks == {"surface": Region(window.canvas.extent), "doubts": None}
    window.charts.choose_tab("norms")
    session.edit(normalization="batch")
    assert session.looks.keys() == {"surface", "doubts", "norms"}
    session.undo()
    assert session.looks.keys() == {"surface", "doubts"}


def test_what_is_seen_of_the_plane_is_asked_for_anew_when_it_moves(window, session):
    window.canvas._look(window.canvas.extent.shift(1.0, 0.0))
    assert session.looks["surface"].extent == window.canvas.extent


def test_a_change_shows_the_run_once(window, session, monkeypatch):
    shown = []
    monkeypatch.setattr(window.charts, "show_scene", lambda scene, every=0.0: shown.append(scene))
    window.canvas.stroke_finished.emit(two_points(), "paint")
    assert [scene.experiment for scene in shown] == [session.experiment]
    session.toggle()
    assert len(shown) == 2
    session.save("there.playground")
    assert len(shown) == 2 and "there" in window.windowTitle()


def test_points_and_surface_are_in_one_plane_after_a_stroke(window, session):
    session.edit(dataset="digits")
    before, samples = session.experiment.dataset.plane, session.experiment.dataset.samples
    window.tools.choose("eraser")
    QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=window.canvas.point_at(0, 0))
    assert session.experiment.dataset.samples < samples
    assert window.canvas.dataset.plane is session.experiment.dataset.plane is before


def test_a_stroke_goes_to_the_session(window, session):
    window.canvas.stroke_finished.emit(two_points(), "paint")
    assert ("set_data", "paint") in session.calls
    assert window.canvas.dataset.samples == 2


def test_points_that_the_knobs_deal_are_shown_in_their_sets_and_kept_in_none(window, session):
    assert (window.canvas.dataset.sets == UNASSIGNED).all()
    assert np.array_equal(window.canvas._shown.sets, session.experiment.dataset.sets)


def test_under_a_covariate_shift_the_points_are_shown_where_they_are_trained(window, session):
    session.edit(shift=1.0)
    window._hear("experiment")
    assert np.array_equal(window.canvas.dataset.inputs, session.experiment.dataset.inputs)


def test_the_charts_are_told_how_far_a_target_spreads_in_each_set(window, session):
    session.edit(dataset="sine")
    window._hear("experiment")
    data = session.experiment.dataset
    deviations = [data.targets[data.sets == part].std() for part in (TRAIN, VALIDATION)]
    assert window.charts.panel("loss")._metric.deviations == pytest.approx(deviations)


def test_the_window_is_usable_while_the_engine_is_prepared(open_window, session):
    session.engine_ready = False
    window = open_window()
    assert "Loading the engine" in window.transport.chip.text()
    session.engine_ready = True
    window.poll()
    assert "Preparing" not in window.transport.chip.text()


# empty and broken states


def test_an_empty_plane_says_how_to_begin(window, session):
    window.clear_points()
    assert session.experiment.dataset.samples == 0
    assert "paint some" in window.canvas._message
    assert window.notice.text == ""


def test_one_class_is_told_above_the_points_until_there_is_another(window):
    one = Dataset(np.random.default_rng(0).normal(size=(9, 2)), np.zeros(9), class_names=("a", "b"))
    window.canvas.stroke_finished.emit(one, "paint")
    assert "all of one class" in window.notice.text
    window.actions_table.by_name["undo"].trigger()
    assert window.notice.text == ""


def test_divergence_offers_a_smaller_learning_rate(window, session):
    window.edit("learning_rate", 5.0)
    session.train_to(12, DIVERGED)
    window.poll()
    assert "Loss became infinite at epoch 12, layer 2" in window.notice.text
    window.notice.findChild(QPushButton).click()
    assert session.experiment.knobs.learning_rate == 0.5
    assert window.notice.text == ""


def test_a_dismissed_divergence_is_not_told_again(window, session):
    session.train_to(12, DIVERGED)
    window.poll()
    window.notice.hide()
    session.announce("run")
    assert window.notice.text == ""


def test_a_dismissed_divergence_does_not_come_back_with_another_snapshot(window, session):
    session.train_to(12, DIVERGED)
    window.poll()
    window.notice.hide()
    session.snapshot = session.snapshot._replace(
        history=session.snapshot.history.copy()
    )  # as after a turn of the wheel
    session.announce("run")
    assert window.notice.text == ""
    session.snapshot = session.snapshot._replace(run=2)
    session.announce("run")
    assert window.notice.text != ""


def test_a_loss_that_blows_up_is_told_while_it_trains(window, session):
    blown = Verdict("diverged", "diverging", "The training loss is 1e7 times what it was.", None, (), "rate_too_high")
    session.train_to(5)
    session.snapshot = session.snapshot._replace(verdict=blown)
    session.announce("run")
    assert "1e7 times" in window.notice.text


@pytest.mark.parametrize("name", ["new", "play", "step", "reset"])
def test_why_a_file_was_refused_goes_when_something_else_is_done(window, session, tmp_path, name):
    window.files.open_path(tmp_path / "notes.pdf")
    assert "not accepted" in window.notice.text
    window.actions_table.by_name[name].trigger()
    assert window.notice.text == ""


def test_what_is_dragged_over_the_window_is_told(window, tmp_path):
    data = QMimeData()
    for name, words in (("wine.csv", "Drop to open wine.csv"), ("notes.pdf", "a .pdf file is not accepted")):
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name))])
        none = Qt.KeyboardModifier.NoModifier
        action = Qt.DropAction.CopyAction
        window.dragEnterEvent(QDragEnterEvent(QPoint(300, 300), action, data, Qt.MouseButton.LeftButton, none))
        assert words in window.notice.text
        window.dragLeaveEvent(QDragLeaveEvent())
        assert window.notice.text == ""


def test_the_button_and_the_menu_clear_alike(window, session, qtbot):
    found = []
    for act in (window.actions_table.by_name["clear"].trigger, window.tools.clear_pressed.emit):
        session.set_data(two_points().replace(source="wine.csv"), "open wine.csv")
        act()
        found.append((session.experiment.points.samples, session.experiment.points.source, session.calls[-1]))
    assert found[0] == found[1] == (0, "drawn", ("set_data", "clear"))


def test_a_refused_knob_is_told_at_its_field_and_above_the_plane(window):
    window.edit("learning_rate", -1)
    assert "Learning rate: '-1'" in window.notice.text.replace("-1 is", "'-1' is")
    assert window.form.row("learning_rate").problem.isVisible()
    window.edit("learning_rate", 0.5)
    assert window.notice.text == ""


# files


def test_the_title_names_the_experiment_and_what_is_unsaved(window, session, tmp_path):
    assert window.windowTitle() == "moons[*] — training playground"
    window.edit("noise", 0.4)
    assert window.isWindowModified()
    session.save(tmp_path / "lesson.playground")
    assert window.windowTitle().startswith("lesson[*]") and not window.isWindowModified()


def answer(window, monkeypatch, button):
    asked = []
    monkeypatch.setattr(window.files, "ask", lambda: asked.append(1) or button)
    return asked


def test_nothing_is_asked_when_nothing_is_unsaved(window, monkeypatch):
    asked = answer(window, monkeypatch, BUTTON.Cancel)
    window.close()
    assert not window.isVisible() and asked == []


def test_cancel_keeps_the_window_open(window, session, monkeypatch):
    window.edit("noise", 0.4)
    answer(window, monkeypatch, BUTTON.Cancel)
    window.close()
    assert window.isVisible() and "close" not in session.calls


def test_discard_closes_without_saving(window, session, monkeypatch):
    window.edit("noise", 0.4)
    answer(window, monkeypatch, BUTTON.Discard)
    window.close()
    assert not window.isVisible()
    assert not any(call[0] == "save" for call in session.calls)


def test_save_saves_before_closing(window, session, monkeypatch, tmp_path):
    session.path = tmp_path / "lesson.playground"
    window.edit("noise", 0.4)
    answer(window, monkeypatch, BUTTON.Save)
    window.close()
    assert ("save", session.path) in session.calls and not window.isVisible()


@pytest.mark.parametrize("name", ["new", "open"])
def test_new_and_open_ask_first(window, session, monkeypatch, tmp_path, name):
    window.edit("noise", 0.4)
    asked = answer(window, monkeypatch, BUTTON.Cancel)
    if name == "new":
        window.files.new()
    else:
        window.files.open_path(tmp_path / "other.playground")
    assert asked and session.experiment.knobs.noise == 0.4


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    window.dropEvent(
        QDropEvent(
            QPointF(300, 300),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


@pytest.mark.parametrize("suffix", [".playground", ".toml"])
def test_a_dropped_file_is_opened(window, session, qtbot, tmp_path, suffix):
    path = tmp_path / f"file{suffix}"
    drop(window, path)
    qtbot.waitUntil(lambda: ("open", path) in session.calls)


def test_a_dropped_file_of_another_kind_is_refused_in_words(window, session, qtbot, tmp_path):
    drop(window, tmp_path / "notes.pdf")
    qtbot.waitUntil(lambda: bool(window.notice.text))
    assert "a .pdf file is not accepted; it takes .playground, .toml, and data: .csv, .tsv" in window.notice.text
    assert session.calls == []


def test_a_damaged_file_is_told_and_changes_nothing(window, session, tmp_path):
    before = session.experiment
    window.files.open_path(tmp_path / "damaged.playground")
    assert "damaged" in window.notice.text
    assert session.experiment is before


def test_opened_files_are_recent(window, tmp_path):
    path = tmp_path / "lesson.playground"
    path.touch()
    window.files.open_path(path)
    menu = window.actions_table.menu("recent")
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["lesson.playground"]


def test_the_examples_are_listed_with_what_they_show_and_opened(window, session):
    actions = window.actions_table.menu("examples").actions()
    assert [action.toolTip() for action in actions] == [example.shows for example in EXAMPLES]
    actions[1].trigger()
    assert ("open_example", EXAMPLES[1]) in session.calls


# what is remembered, and looks


def test_theme_and_opened_groups_are_remembered(open_window, session):
    window = open_window()
    window.form.sections["optimizer"].more.click()
    window._choose_theme("dark")
    window.close()
    again = open_window(type(session)())
    assert again.form.opened == ["optimizer"]
    assert again.theme.colors is DARK
    assert again.actions_table.by_name["theme:dark"].isChecked()


def test_a_theme_takes_effect_at_once(window):
    window._choose_theme("dark")
    before = window.grab().toImage().pixelColor(4, 60).name()
    window._choose_theme("light")
    after = window.grab().toImage().pixelColor(4, 60).name()
    assert (before, after) == (DARK.window, LIGHT.window)


def test_help_explains_what_has_the_focus(window, monkeypatch):
    told = []
    monkeypatch.setattr("playground.ui.guide.QWhatsThis.showText", lambda place, text, widget: told.append(text))
    monkeypatch.setattr("playground.ui.guide.QApplication.widgetAt", lambda place: None)
    window.form.field("learning_rate").setFocus()
    window.actions_table.by_name["help_here"].trigger()
    assert "The length of a step." in told[0]


def test_a_stroke_that_is_refused_leaves_the_points_as_they_are(window, session, monkeypatch):
    def refuse(data, label):
        raise DataError("points cannot be changed under a covariate shift; set it to 0 first")

    monkeypatch.setattr(session, "set_data", refuse)
    before = window.canvas.dataset.samples
    QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=window.canvas.point_at(0, 0))
    assert "covariate shift" in window.notice.text
    assert window.canvas.dataset.samples == before


def test_messages_name_the_choices_as_the_panel_does(window, session):
    session.edit(train_fraction=0.0)
    assert window.notice.text == "No point is in the training set; raise Training share or add points"


def test_play_repeats_what_keeps_it_from_training(window, session):
    session.edit(train_fraction=0.0)
    window.notice.hide()
    QTest.keyClick(window.canvas, KEY.Key_Space)
    assert "training set" in window.notice.text


def test_the_hint_says_to_paint_only_where_points_are_missing(window, session):
    session.edit(train_fraction=0.0)
    assert window._hint.text() == MEND
    window.clear_points()
    assert window._hint.text() == BEGIN


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("too_small", "too simple"),
        ("too_much_regularization", "holds it back"),
        ("rate_too_high", "lower the learning"),
    ],
)
def test_the_hint_for_underfitting_follows_its_cause(made_up_snapshot, cause, words):
    verdict = Verdict("underfit", "underfitting", cause=cause)
    assert words in hint(Experiment(), made_up_snapshot(50, Experiment(), FINISHED, verdict), False)


def test_the_hint_knows_every_cause_of_underfitting(made_up_snapshot):
    told_elsewhere = {"too_complex", "too_few_points", "sets_differ", "covariate_shift", "broke"}
    assert UNDERFIT.keys() == set(CAUSES) - told_elsewhere


def test_what_the_run_doubts_is_the_first_hint(made_up_snapshot):
    snapshot = made_up_snapshot(50, Experiment(), FINISHED)
    doubted = snapshot._replace(seen={**snapshot.seen, "doubts": ["a batch of one has no spread", "another"]})
    assert hint(Experiment(), doubted, False) == "A batch of one has no spread."


def test_nobody_is_told_to_paint_where_the_plane_is_a_projection(made_up_snapshot):
    for name, expected in (("moons", PAINT), ("iris", AGAIN)):
        experiment = Experiment(dataset=name)
        snapshot = made_up_snapshot(50, experiment, FINISHED, Verdict("good", "good fit"))
        assert hint(experiment, snapshot, False) == expected


def test_the_hint_for_sets_that_differ_is_to_mend_them(made_up_snapshot):
    verdict = Verdict("unfair", "the sets differ", cause="sets_differ")
    assert hint(Experiment(), made_up_snapshot(50, Experiment(), FINISHED, verdict), True) == UNFAIR


def test_the_title_names_the_table_that_was_dropped(window, session):
    session.set_data(two_points().replace(source="wine.csv"), "open wine.csv")
    assert window.windowTitle().startswith("wine.csv[*]")


def test_single_keys_do_nothing_while_a_menu_is_open(window, session, qtbot):
    window.canvas.setFocus()
    before = list(session.calls)
    menu = QMenu(window)
    menu.addAction("Something")
    menu.popup(window.mapToGlobal(window.rect().center()))
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is menu)
    for key in (KEY.Key_Right, KEY.Key_R, KEY.Key_N):
        qtbot.keyClick(window.canvas, key)  # where keys go that a popup does not take
    assert session.calls == before
    menu.close()
    qtbot.keyClick(window.canvas, KEY.Key_R)
    assert session.calls == [*before, "reset"]


def test_after_a_number_is_entered_space_plays(window, session, qtbot):
    field = window.form.field("noise")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.3")
    qtbot.keyClick(field, KEY.Key_Return)
    assert window.canvas.hasFocus()
    qtbot.keyClick(QApplication.focusWidget(), KEY.Key_Space)
    assert session.calls[-1] == "toggle"


def test_after_a_click_on_a_switch_space_plays(window, session, qtbot):
    window.form.field("noise").setFocus()
    qtbot.mouseClick(window.form.field("augment"), Qt.MouseButton.LeftButton)
    assert window.canvas.hasFocus()
    qtbot.keyClick(QApplication.focusWidget(), KEY.Key_Space)
    assert session.calls[-1] == "toggle"


def test_seeds_of_a_race_are_drawn_and_seen_by_lanes(window, session, made_up_snapshot):
    session.snapshot = made_up_snapshot(20)._replace(run=2)
    rows = [
        Listed(number, f"η {lane}, seed {seed}", lane, race=1, lane=lane, lane_name=f"η {lane}", seed=seed)
        for number, (lane, seed) in enumerate([(0, 5), (0, 6), (1, 5), (1, 6)], 1)
    ]
    session.runs = tuple(
        row._replace(is_in_hand=row.number == 2, snapshot=made_up_snapshot(20)._replace(run=row.number)) for row in rows
    )
    session.hand, session.company = 2, (1, 2, 3, 4)
    session.announce("runs", "run")
    drawn = [(one.name, one.numbers) for one in window._scene.drawn]
    assert drawn == [("η 0", (1, 2)), ("η 1", (3, 4))]
    window.stage.set_planes(2)
    assert [row.number for row in window.comparison._rows()] == [2, 4]  # of the seed in hand


def test_news_is_told_until_something_else_is_done(window, session):
    session.told = "No branch: a change of layers needs a new run."
    window.poll()
    assert window.notice.text == "No branch: a change of layers needs a new run."
    window.poll()
    assert "No branch" in window.notice.text
    session.edit(dropout=0.5)
    assert window.notice.text == ""


def test_settings_that_cannot_be_written_are_told_once_in_the_status_bar(open_window, tmp_path):
    (tmp_path / "config").write_text("in the way")
    window = open_window()
    told = window.statusBar().currentMessage
    window.files.done.emit("Saved a.playground")
    window._choose_theme("dark")
    assert told() == "Saved a.playground"  # it waits for its turn
    window.statusBar().clearMessage()
    assert told().startswith("Settings are not remembered: ") and "window.ini: cannot be saved" in told()
    window.statusBar().clearMessage()
    window._choose_theme("light")
    assert told() == ""


def test_settings_are_written_when_they_are_chosen(open_window, tmp_path):
    window = open_window()
    window._choose_theme("dark")
    assert Settings(tmp_path / "config").text("theme") == "dark" and window.statusBar().currentMessage() == ""
