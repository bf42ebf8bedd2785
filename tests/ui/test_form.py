"""The choices: what is shown, how a value is set, what happens to a bad one."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QStyle, QStyleOptionComboBox, QToolButton

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import GROUPS, declarations, relevant
from playground.ui.choices import NARROW
from playground.ui.describe import describe
from playground.ui.fields import ChoiceField
from playground.ui.form import Form
from playground.ui.row import Row
from playground.ui.theme import scaled


@pytest.fixture
def form(qtbot):
    """A form that is wired as the window wires it: what it announces is what it shows next."""
    form = Form()
    qtbot.addWidget(form)
    form.experiment = Experiment()
    form.heard = []

    def take(name, value):
        form.heard.append((name, value))
        form.experiment = form.experiment.change(**{name: value})
        form.show_knobs(form.experiment)

    form.changed.connect(take)
    form.show_knobs(form.experiment)
    form.resize(280, 900)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    return form


def show(form, **changes):
    form.experiment = form.experiment.change(**changes)
    form.show_knobs(form.experiment)


def type_into(qtbot, field, text):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_showing_knobs_is_silent(form):
    show(form, learning_rate=0.5, optimizer="momentum", dropout=0.3, layers=(4,), augment=True)
    assert form.heard == []


def test_sections_follow_the_order_of_the_groups(form):
    assert list(form.sections) == [group.key for group in GROUPS]


def test_every_knob_has_a_row(form):
    assert all(form.row(name) is not None for name in declarations())


def test_choosing_adam_shows_its_knobs(form):
    form.open(["optimizer"])
    show(form, optimizer="sgd")
    assert not form.shows("beta1") and not form.shows("beta2")
    show(form, optimizer="adam")
    assert form.shows("beta1") and form.shows("beta2")
    assert not form.shows("momentum")


def test_only_relevant_knobs_are_ever_shown(form):
    form.open(group.key for group in GROUPS)
    for optimizer in form.experiment.knobs, Experiment(optimizer="momentum", penalty="l2").knobs:
        form.show_knobs(Experiment(optimizer))
        shown = {name for name in declarations() if form.shows(name)}
        assert shown <= relevant(optimizer)


def test_what_matters_less_is_behind_more(form):
    assert not form.shows("beta1")
    form.sections["optimizer"].more.click()
    assert form.shows("beta1")


def test_a_changed_knob_behind_more_is_counted_there(form):
    more = form.sections["optimizer"].more
    assert more.text() == "6 more" and more.accessibleName() == "Optimizer: 6 more"
    show(form, beta1=0.5)
    assert not form.shows("beta1") and more.text() == "6 more, 1 changed"
    more.click()
    assert form.shows("beta1") and more.text() == "Fewer"


@pytest.mark.parametrize("group", ["normalization", "penalty", "dropout", "augmentation", "early_stopping"])
def test_a_group_that_is_off_is_one_line(form, group):
    section = form.sections[group]
    assert not any(row.isVisibleTo(section) for row in section.rows.values())


def test_switching_dropout_on_sets_a_half_and_off_sets_nothing(form):
    switch = form.sections["dropout"].switch
    switch.click()
    assert form.heard[-1] == ("dropout", 0.5)
    assert form.shows("dropout")
    switch.click()
    assert form.heard[-1] == ("dropout", 0.0)
    assert not form.shows("dropout")


def test_switching_early_stopping_on_shows_patience(form):
    form.field("early_stopping").click()
    assert form.heard == [("early_stopping", True)]
    assert form.shows("patience")


def test_typing_sets_a_number(form, qtbot):
    type_into(qtbot, form.field("learning_rate"), "0.03")
    assert form.heard == [("learning_rate", 0.03)]


def test_leaving_the_field_sets_what_was_typed(form, qtbot):
    field = form.field("noise")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.4")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert form.heard == [("noise", 0.4)]


def test_a_choice_is_stored_by_its_key(form, qtbot):
    field = form.field("optimizer")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Home)
    assert form.heard == [("optimizer", "sgd")]


def test_dragging_the_label_turns_the_number(form, qtbot):
    label = form.row("learning_rate").label
    start = label.rect().center()
    QTest.mousePress(label, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(label, start + QPoint(40, 0))
    QTest.mouseMove(label, start + QPoint(80, 0))
    QTest.mouseRelease(label, Qt.MouseButton.LeftButton, pos=start + QPoint(80, 0))
    assert form.heard[-1] == ("learning_rate", 0.01)


def test_dragging_the_value_turns_the_number_and_a_click_edits_it(form, qtbot):
    field = form.field("train_fraction")
    start = field.rect().center()
    QTest.mousePress(field, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(field, start + QPoint(12, 0))
    QTest.mouseMove(field, start + QPoint(20, 0))
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, pos=start + QPoint(20, 0))
    assert form.heard[-1] == ("train_fraction", 0.75)
    assert not field.hasFocus()
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=start)
    assert field.hasFocus() and field.selectedText() == "0.75"


def test_escape_gives_a_drag_back(form, qtbot):
    field = form.field("train_fraction")
    start = field.rect().center()
    QTest.mousePress(field, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(field, start + QPoint(12, 0))
    QTest.mouseMove(field, start + QPoint(20, 0))
    assert form.experiment.knobs.train_fraction == 0.75
    QTest.keyClick(field, Qt.Key.Key_Escape)
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, pos=start + QPoint(20, 0))
    assert form.experiment.knobs.train_fraction == 0.7


def test_double_clicking_the_label_takes_the_default(form, qtbot):
    show(form, learning_rate=0.5, noise=0.4)
    qtbot.mouseDClick(form.row("learning_rate").label, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(form.row("noise").label, Qt.MouseButton.LeftButton)
    assert form.heard == [("learning_rate", None), ("noise", 0.2)]


def test_arrow_keys_step(form, qtbot):
    field = form.field("learning_rate")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert form.heard == [("learning_rate", 0.0012)]


def turn_wheel(field):
    position = QPointF(field.rect().center())
    event = QWheelEvent(
        position,
        QPointF(field.mapToGlobal(position)),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)


def test_the_wheel_works_only_with_the_focus(form):
    for name in ("learning_rate", "optimizer"):
        turn_wheel(form.field(name))
    assert form.heard == []
    form.field("learning_rate").setFocus()
    turn_wheel(form.field("learning_rate"))
    assert form.heard == [("learning_rate", 0.0012)]


def test_a_left_out_knob_shows_what_it_amounts_to(form):
    field = form.field("learning_rate")
    assert field.text() == "0.001" and field.property("state") == "default"
    show(form, convention="pytorch", optimizer="sgd")
    assert field.text() == "0.001"
    show(form, learning_rate=0.5)
    assert field.text() == "0.5" and field.property("state") == ""


def test_emptying_a_field_takes_the_default(form, qtbot):
    show(form, learning_rate=0.5)
    field = form.field("learning_rate")
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert form.heard == [("learning_rate", None)]


def test_a_bad_number_is_told_under_its_field_and_changes_nothing(form, qtbot):
    field = form.field("learning_rate")
    type_into(qtbot, field, "abc")
    assert form.heard == []
    assert field.property("state") == "wrong"
    problem = form.row("learning_rate").problem
    assert problem.isVisible()
    assert "'abc'" in problem.text() and "a number above 0" in problem.text()


def test_no_row_moves_when_an_error_comes(form, qtbot):
    rows = [form.row(name) for name in ("learning_rate", "batch_size", "epochs")]
    before = [row.mapTo(form, QPoint(0, 0)) for row in rows]
    type_into(qtbot, form.field("learning_rate"), "abc")
    QApplication.processEvents()
    assert [row.mapTo(form, QPoint(0, 0)) for row in rows] == before
    problem = form.row("learning_rate").problem
    assert problem.isVisible() and problem.mapTo(form, QPoint(0, 0)).y() > before[0].y()


def test_no_row_moves_when_a_scroll_bar_comes(form):
    form.resize(256, 2000)
    QApplication.processEvents()
    row = form.row("learning_rate")
    before = row.mapTo(form, QPoint(0, 0)), row.size(), row.field.mapTo(form, QPoint(0, 0))
    form.resize(256, 300)
    QApplication.processEvents()
    form.findChild(QScrollArea).verticalScrollBar().setValue(0)
    assert (row.mapTo(form, QPoint(0, 0)), row.size(), row.field.mapTo(form, QPoint(0, 0))) == before


def test_the_parts_are_the_lectures(form):
    captions = [label.text() for label in form.findChildren(QLabel) if label.font().bold()]
    assert captions == ["Data", "Capacity", "Regularization", "Optimizer", "Run"]
    inside = [key for key, section in form.sections.items() if section.group.part == "regularization"]
    assert inside == ["penalty", "dropout", "augmentation", "normalization", "early_stopping"]


def test_escape_restores_the_value_in_force(form, qtbot):
    field = form.field("learning_rate")
    type_into(qtbot, field, "-3")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "0.001"
    assert field.property("state") == "default"
    assert not form.row("learning_rate").problem.isVisible()


def test_what_is_being_typed_survives_news_of_another_knob(form, qtbot):
    field = form.field("noise")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.4")
    show(form, learning_rate=0.2)
    assert field.text() == "0.4"


def test_a_refusal_from_elsewhere_is_told_at_the_knob(form):
    form.refuse("train_fraction", "train_fraction 0.9 and test_fraction 0.3 add up to more than 1")
    assert form.row("train_fraction").problem.isVisible()


def test_layers_are_typed_and_stepped(form, qtbot):
    type_into(qtbot, form.field("layers").text_field, "4, 2")
    assert form.heard[-1] == ("layers", (4, 2))
    buttons = {button.accessibleName(): button for button in form.row("layers").findChildren(QToolButton)}
    buttons["One layer more"].click()
    assert form.heard[-1] == ("layers", (4, 2, 2))
    buttons["More units in each layer"].click()
    assert form.heard[-1] == ("layers", (6, 3, 3))
    for _ in range(3):
        buttons["One layer less"].click()
    assert form.heard[-1] == ("layers", ())


def test_a_layer_of_no_units_is_refused(form, qtbot):
    type_into(qtbot, form.field("layers").text_field, "8, 0")
    assert form.heard == []
    assert "from 1 to 4096" in form.row("layers").problem.text()


def test_a_changed_knob_says_its_default(form):
    show(form, learning_rate=0.5)
    assert "Default: 0.001, of the convention Lecture." in form.row("learning_rate").toolTip()


def test_a_switch_that_is_left_out_shows_what_it_follows(form):
    form.sections["data"].more.click()
    show(form, dataset="sine")  # classes are not scaled
    field = form.field("standardize_target")
    assert field.isChecked()
    show(form, dataset="sine", standardize=False)
    assert not field.isChecked() and form.experiment.knobs.standardize_target is None
    show(form, dataset="sine", standardize_target=True)
    assert field.isChecked()
    assert "Default: off, as Standardize." in form.row("standardize_target").toolTip()


def test_the_tooltip_has_the_formula_with_todays_numbers(form):
    show(form, dropout=0.25)
    tip = form.row("dropout").toolTip()
    assert "a ← a·mask / (1 − p)" in tip and "p = 0.25" in tip


def test_what_starts_the_run_anew_says_so_before(form):
    assert "the run starts anew" in form.row("layers").toolTip()
    assert "the run starts anew" in form.row("layers").statusTip()
    assert "while training runs" in form.row("learning_rate").statusTip()


def test_each_item_of_a_menu_explains_itself(form):
    menu = form.field("optimizer")
    for number in range(menu.count()):
        assert menu.itemData(number, Qt.ItemDataRole.ToolTipRole)


def test_points_of_ones_own_cannot_be_picked_as_a_pattern(form):
    menu = form.field("dataset")
    own = [rule.key for rule in declarations()["dataset"].knob.rules].index("drawn")
    assert menu.view().isRowHidden(own)


def test_every_control_is_reached_by_tab_and_named(form, qtbot):
    form.open(group.key for group in GROUPS)
    show(
        form,
        optimizer="adam",
        dropout=0.5,
        augment=True,
        early_stopping=True,
        penalty="elastic_net",
        normalization="batch",
    )
    form.setFocus()
    reached = set()
    for _ in range(120):
        qtbot.keyClick(QApplication.focusWidget() or form, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    assert all(widget.accessibleName() for widget in reached)
    names = {widget.accessibleName() for widget in reached}
    wanted = {declared.knob.label for declared in declarations().values() if form.shows(declared.name)}
    assert wanted <= names


def test_the_panel_is_narrow_and_scrolls_only_down(form):
    form.open(group.key for group in GROUPS)
    show(
        form,
        optimizer="adam",
        dropout=0.5,
        augment=True,
        early_stopping=True,
        penalty="elastic_net",
        normalization="batch",
    )
    area = form.findChild(QScrollArea)
    assert form.minimumWidth() <= 280
    assert area.widget().minimumSizeHint().width() <= area.viewport().width()


def test_a_text_is_typed_mended_and_given_up(form):
    form.open(["data"])
    field = form.field("features")
    assert field.accessibleName() == "Features"
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    QTest.keyClicks(field, "x1,  X2, x1^2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert form.heard == [("features", "x1, x2, x1^2")]
    field.selectAll()
    QTest.keyClicks(field, "tan x1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "'tan x1' is not accepted" in form.row("features").problem.text()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "x1, x2, x1^2" and not form.row("features").problem.isVisible()
    field.clear()
    assert field.placeholderText() == "as they are"


def test_every_choice_is_read_whole(form):
    form.open(group.key for group in GROUPS)
    for field in form.findChildren(ChoiceField):
        option = QStyleOptionComboBox()
        field.initStyleOption(option)
        style = field.style()
        room = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, field
        )
        titles = [title for title in map(field.itemText, range(field.count())) if not title.startswith("Default")]
        assert max(map(field.fontMetrics().horizontalAdvance, titles)) <= room.width(), titles


def test_formulas_are_readable_in_every_tooltip():
    for name, declared in declarations().items():
        for key in [key for key in declared.choices if key != "drawn"] or [getattr(Experiment().knobs, name)]:
            text = describe(declared, Experiment().change(**{name: key}), "#000000")
            assert "\u0302" not in text and "``" not in text and "Default: ." not in text
            assert "&amp;" not in text and "&#" not in text


def test_an_item_s_tooltip_is_as_wide_as_the_knob_s(form):
    field = form.field("optimizer")
    tip = field.itemData(field.findText("Adam"), Qt.ItemDataRole.ToolTipRole)
    assert "<table width='320'>" in tip and "mˆ = m" in tip


def test_a_linear_model_has_no_use_for_normalization_and_hidden_dropout(form):
    show(form, normalization="batch", dropout=0.5)
    assert form.shows("norm_position") or form.sections["normalization"].more.isVisibleTo(form)
    show(form, layers=())
    assert form.sections["normalization"].isHidden()
    assert form.sections["dropout"].switch.isHidden() and not form.shows("dropout")
    form.open(["dropout"])
    assert form.shows("input_dropout")


def test_what_data_have_no_use_for_is_not_shown(form):
    form.open(["augmentation", "capacity"])
    show(form, augment=True)
    assert form.shows("augment_rotate") and form.shows("augment_label_noise") and not form.shows("augment_cutout")
    show(form, dataset="sine")
    assert not any(form.shows(f"augment_{name}") for name in ("rotate", "flip_vertical", "label_noise", "cutout"))
    show(form, dataset="digits")
    assert form.shows("augment_cutout")


def test_a_loss_of_classes_is_not_offered_for_a_regression(form):
    form.open(["capacity"])
    menu = form.field("loss")
    cross_entropy = [rule.key for rule in declarations()["loss"].knob.rules].index("cross_entropy")
    show(form, dataset="sine")
    assert menu.view().isRowHidden(cross_entropy)
    show(form, dataset="moons")
    assert not menu.view().isRowHidden(cross_entropy)


@pytest.mark.parametrize("text", ["8 8", "8,8", "8, 8", "8x2", "8×2", " 8  8 "])
def test_layers_are_typed_as_people_write_them(form, qtbot, text):
    show(form, layers=(4,))
    type_into(qtbot, form.field("layers").text_field, text)
    assert form.heard[-1] == ("layers", (8, 8))


def test_the_decimal_comma_of_ones_language_is_one(form, qtbot):
    form.field("noise").setLocale(QLocale(QLocale.Language.German))
    type_into(qtbot, form.field("noise"), "0,35")
    assert form.heard[-1] == ("noise", 0.35)


def test_the_form_follows_points_of_another_kind_and_is_not_written_anew_for_a_stroke(form, monkeypatch):
    classes = Experiment(data=Dataset(np.eye(2), [0, 1], class_names=("a", "b")))
    form.show_knobs(classes)
    explained = []
    monkeypatch.setattr(Row, "explain", lambda row, experiment: explained.append(experiment))
    form.show_knobs(classes.with_data(Dataset(np.zeros((3, 2)), [0, 1, 1], class_names=("a", "b"))))
    assert explained == []
    form.show_knobs(classes.with_data(Dataset(np.eye(2), [0.5, 1.5])))
    assert explained and all(not experiment.points.is_classification for experiment in explained)


def test_a_valid_value_takes_the_frame_of_a_refused_one_away(form, qtbot):
    field = form.field("layers").text_field
    type_into(qtbot, field, "8, none")
    assert field.property("state") == "wrong" and form.row("layers").problem.isVisible()
    type_into(qtbot, field, "8, 8")  # as it stands: nothing changes
    assert field.property("state") != "wrong" and not form.row("layers").problem.isVisible()


def test_enter_and_clicks_tell_that_keys_may_act_on_the_run_again(form, qtbot):
    heard = []
    form.settled.connect(lambda: heard.append(True))
    type_into(qtbot, form.field("noise"), "0.3")
    assert len(heard) == 1
    type_into(qtbot, form.field("noise"), "much")
    assert len(heard) == 1  # it is to be mended
    qtbot.mouseClick(form.field("augment"), Qt.MouseButton.LeftButton)
    assert len(heard) == 2
    form.field("augment").setFocus()
    qtbot.keyClick(form.field("augment"), Qt.Key.Key_Space)
    assert len(heard) == 2 and form.heard[-1] == ("augment", False)  # who goes by Tab stays there


def test_no_choice_widens_the_column_at_its_narrowest(form):
    """Each row has room beside a scroll bar in a narrow window, the one with the longest title too."""
    bar = form.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
    widest = max(form.findChildren(Row), key=lambda row: row.minimumSizeHint().width())
    assert widest.minimumSizeHint().width() <= scaled(NARROW) - bar - 16, widest.name
