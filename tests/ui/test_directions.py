"""Which two of several features the plane shows."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from playground.model.dataset import TRAIN, Dataset
from playground.model.encoding import CATEGORY, NUMBER, Code, Encoding, usual
from playground.model.experiment import Experiment
from playground.model.plane import Pair
from playground.training.loop import train
from playground.training.surface import Region, Surface, surface
from playground.ui.canvas import ERASER, SELECT, Canvas
from playground.ui.directions import Directions
from playground.ui.planes import Item, Planes
from playground.ui.theme import LIGHT

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def four_features() -> Dataset:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(40, 4)) * (1.0, 2.0, 3.0, 4.0)
    names = ("a", "b", "c", "d")
    return Dataset(inputs, (inputs[:, 0] > 0).astype(float), np.full(40, TRAIN), ("no", "yes"), names)


@pytest.fixture
def directions(qtbot):
    canvas, planes = Canvas(LIGHT), Planes(LIGHT)
    for widget in (canvas, planes):
        qtbot.addWidget(widget)
        widget.show_data(four_features())
    canvas.resize(500, 540)
    canvas.show()
    return Directions(canvas, planes)


def test_a_feature_is_chosen_at_the_title_of_its_axis(directions, qtbot):
    canvas = directions._canvas
    box, _ = canvas._axes.titles(canvas._inside())
    QTest.mouseClick(canvas, LEFT, PLAIN, box.center().toPoint())
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    action = next(action for action in menu.actions() if action.text() == "c")
    with qtbot.waitSignal(directions.changed):
        QTest.mouseClick(menu, LEFT, PLAIN, menu.actionGeometry(action).center())
    assert canvas.pair.x == 2 and canvas.pair.y != 2
    assert np.array_equal(canvas._positions(canvas.dataset)[:, 0], canvas.dataset.inputs[:, 2])


def test_the_other_features_stand_at_their_medians_or_at_the_points_values(directions):
    canvas = directions._canvas
    directions.choose(0, 1)
    directions.choose(1, 3)
    assert (canvas.pair.x, canvas.pair.y) == (1, 3)
    assert canvas.pair.through == pytest.approx(np.median(canvas.dataset.inputs, axis=0))
    canvas.set_tool(SELECT)
    canvas._select(np.array([5]))
    directions._stand(True)
    assert canvas.pair.at_point and canvas.pair.through == tuple(canvas.dataset.inputs[5])
    canvas._select(np.array([7]))
    assert canvas.pair.through == tuple(canvas.dataset.inputs[7])


def test_the_projection_comes_back_as_it_was(directions):
    canvas = directions._canvas
    before, places = canvas.extent, canvas._positions(canvas.dataset).copy()
    directions.choose(0, 0)
    directions.show(None)
    assert canvas.extent == before and np.array_equal(canvas._positions(canvas.dataset), places)


def test_planes_side_by_side_show_the_same_features(directions):
    directions.choose(0, 3)
    directions._planes.show_items([Item("one", 0), Item("two", 1)])
    assert [view.pair for view in directions._planes.views] == [directions._canvas.pair] * 2
    directions.show(None)
    assert [view.pair for view in directions._planes.views] == [None, None]


def test_a_surface_over_another_plane_is_not_drawn(directions):
    canvas = directions._canvas
    directions.choose(0, 3)
    values = np.zeros((8, 8, 2), np.float32)
    canvas.show_surface(Surface(values, tuple(canvas.extent), 1))
    assert canvas._surface is None
    right = Surface(values, tuple(canvas.extent), 1, canvas.pair)
    canvas.show_surface(right)
    assert canvas._surface is right


def test_the_eraser_takes_what_is_under_it_in_the_plane_that_is_seen(directions, qtbot):
    canvas = directions._canvas
    directions.choose(0, 2)
    directions.choose(1, 3)
    canvas.set_tool(ERASER)
    canvas.set_brush(4)
    before, target = canvas.dataset, 11
    spot = canvas.point_at(*before.inputs[target, [2, 3]])
    with qtbot.waitSignal(canvas.stroke_finished) as told:
        QTest.mouseClick(canvas, LEFT, PLAIN, QPoint(spot))
    left = told.args[0]
    assert left.samples < before.samples
    assert not (left.inputs == before.inputs[target]).all(axis=1).any()
    assert left.rows.found is before.rows.found


def test_other_data_are_shown_in_their_own_plane(directions):
    canvas = directions._canvas
    directions.choose(0, 2)
    canvas.show_data(Experiment().dataset)
    assert canvas.pair is None


def test_two_features_leave_no_choice(directions):
    directions._canvas.show_data(Experiment().dataset)
    assert [action.isEnabled() for action in directions.menu(0).actions()] == [False]
    directions.choose(0, 1)
    assert directions._canvas.pair is None


def test_many_features_are_in_several_menus(directions):
    data = Dataset(np.eye(70), np.arange(70) % 2, class_names=("no", "yes"))
    directions._canvas.show_data(data)
    menus = [action.menu() for action in directions.menu(0).actions() if action.menu() is not None]
    assert [len(menu.actions()) for menu in menus] == [30, 30, 10]


def test_the_slice_answers_with_all_other_features_at_their_values():
    *_, run = train(Experiment(layers=(4,), epochs=3).with_data(four_features()))
    pair = Pair(1, 3, (0.5, 9.0, -1.0, 9.0))
    found = surface(run, Region((-2.0, 2.0, -4.0, 4.0), 8, pair))
    inputs = np.tile([0.5, 0.0, -1.0, 0.0], (64, 1))
    up, across = np.meshgrid(np.linspace(-4, 4, 8), np.linspace(-2, 2, 8), indexing="ij")
    inputs[:, 1], inputs[:, 3] = across.ravel(), up.ravel()
    assert found.pair == pair
    assert np.array_equal(found.values, run.predict(inputs).reshape(8, 8, 2).astype(np.float32))


def test_usual_values_are_medians_and_the_most_frequent_level():
    encoding = Encoding("y", (Code("size", NUMBER), Code("kind", CATEGORY, ("p", "q", "r"))))
    inputs = np.array([[1.0, 1, 0, 0], [2, 0, 0, 1], [9, 0, 0, 1]])
    assert usual(inputs, encoding).tolist() == [2, 0, 0, 1]
    assert usual(inputs[:, :2], None).tolist() == [2, 0]
