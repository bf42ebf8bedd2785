"""The paint tools tell the canvas what the mouse does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QToolButton

from playground.model import edits, shapes
from playground.model.dataset import Dataset
from playground.ui.canvas import Canvas
from playground.ui.theme import LIGHT
from playground.ui.tools import Tools


@pytest.fixture
def canvas(qtbot):
    widget = Canvas(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(400, 440)
    widget.show_data(edits.empty())
    widget.show()
    return widget


@pytest.fixture
def tools(qtbot, canvas):
    widget = Tools(canvas, LIGHT)
    qtbot.addWidget(widget)
    widget.show()
    return widget


def button(tools, name) -> QToolButton:
    return next(found for found in tools.findChildren(QToolButton) if found.accessibleName().startswith(name))


def paint(canvas) -> Dataset:
    """One click in the middle; what it made of the points."""
    heard = []
    canvas.stroke_finished.connect(lambda data, label: heard.append(data))
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, canvas.point_at(0, 0))
    return heard[-1]


def swatches(tools):
    return [
        found
        for found in tools.findChildren(QToolButton)
        if found.accessibleName().startswith("class") and not found.isHidden()
    ]


def test_a_swatch_chooses_the_class_and_takes_up_the_brush(tools, canvas, qtbot):
    tools.choose("eraser")
    with qtbot.waitSignal(tools.class_chosen) as heard:
        button(tools, "class 2").click()
    assert heard.args == [1]
    assert button(tools, "Brush").isChecked()
    assert (paint(canvas).targets == 1).all()


def test_an_added_class_is_painted_at_once(tools, canvas):
    button(tools, "Add a class").click()
    data = paint(canvas)
    assert data.class_names == ("class 1", "class 2", "class 3")
    assert (data.targets == 2).all()


def test_ten_classes_are_the_most(tools):
    for number in range(2, 12):
        tools.choose_class(number)
    assert len(swatches(tools)) == 10
    assert button(tools, "Add a class").isHidden()


def test_an_added_class_stays_until_it_is_painted(tools):
    tools.choose_class(2)
    tools.set_classes(("class 1", "class 2"))
    assert len(swatches(tools)) == 3


def test_choosing_a_class_relabels_what_is_selected(tools, canvas):
    canvas.show_data(Dataset([[0, 0], [1, 1]], [0, 0], class_names=("class 1", "class 2")))
    heard = []
    canvas.stroke_finished.connect(lambda data, label: heard.append((data.targets.tolist(), label)))
    tools.choose("select")
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, canvas.point_at(0, 0))
    tools.choose_class(1)
    assert heard == [([1, 0], "relabel 1 point")]


def test_a_regression_over_two_features_offers_values(tools, canvas):
    canvas.show_data(shapes.generate("plane", 50, 0.0, 2, 0))
    tools.set_classes(())
    assert button(tools, "value −").toolTip().endswith("(1)</span>")
    assert button(tools, "Add a class").isHidden()


def test_a_regression_over_one_feature_needs_no_swatches(tools, canvas):
    canvas.show_data(shapes.generate("sine", 50, 0.0, 2, 0))
    tools.set_classes(())
    tools.choose_class(3)
    assert paint(canvas).samples > 50


def test_brackets_and_slider_size_the_brush(tools, canvas):
    slider = tools.findChild(QSlider)
    before = slider.value()
    tools.resize_brush(2)
    assert slider.value() == before + 8
    tools.resize_brush(-1000)
    canvas.brush_resized.emit(40)
    assert slider.value() == 40


def test_clear_is_asked_of_the_window(tools, qtbot):
    with qtbot.waitSignal(tools.clear_pressed):
        button(tools, "Clear").click()


def test_tooltips_name_the_keys_and_show_html_as_text(tools):
    tools.set_classes(("<b>bold</b>", "plain"))
    tips = [found.toolTip() for found in tools.findChildren(QToolButton) if not found.isHidden()]
    assert any("(B)" in tip for tip in tips) and any("(E)" in tip for tip in tips)
    (bold,) = [tip for tip in tips if "bold" in tip]
    assert "&lt;b&gt;bold" in bold


def test_every_tool_has_a_name_and_is_reached_by_tab(tools):
    for found in tools.findChildren(QToolButton):
        assert found.accessibleName() or found.isHidden()
        # of buttons that exclude each other, Qt lets Tab reach the checked one, and the arrows the others
        assert found.focusPolicy() & Qt.FocusPolicy.TabFocus or found.group().checkedButton() is not found
