"""The network on the stage: what is drawn, told and changed there; its unit on the plane; hidden it costs nothing."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.session import Session
from playground.training.desk import take_snapshot
from playground.training.diagnosis import diagnose
from playground.training.looks.last_step import weights_before
from playground.training.looks.network import Glance, network
from playground.training.run import Run
from playground.training.surface import Region, surface
from playground.ui.backdrop import _fitted
from playground.ui.plots.export import export_of
from playground.ui.plots.network.graph import Graph
from playground.ui.plots.network.heads import deepened, narrowed, widened
from playground.ui.plots.network.matrices import Matrices
from playground.ui.plots.network.spots import Spot
from playground.ui.plots.network.view import EMPTY, WAITING, NetworkView
from playground.ui.plots.sheet import Sheet
from playground.ui.scales import figures
from playground.ui.scene import Pick, Scene
from playground.ui.theme import DARK, LIGHT

from .opening import LONG, open_window

LEFT = Qt.MouseButton.LeftButton
SMALL = Experiment(samples=80, layers=(3, 2), activation="tanh", epochs=60)


def scene_of(run, **asked):
    """What the window hands to the view: asked as the view asks."""
    seen = {"network": network(run, Glance(**asked)), "surface": surface(run, Region(resolution=32))}
    return Scene(run.experiment, run.experiment.dataset, take_snapshot(1, run, diagnose(run), seen))


@pytest.fixture
def show(qtbot):
    def make(experiment=SMALL, initial=None, epochs=0, size=(640, 640), colors=LIGHT, **asked):
        run = Run(experiment, initial)
        for _ in range(epochs):
            run.finish_epoch()
        view = NetworkView(colors)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        view.show_scene(scene_of(run, **asked))
        return view, run

    return make


def test_the_words_below_are_not_cut_where_the_stage_is_narrow(show):
    view, _ = show(size=(320, 400))
    for label in (view._first, view._second):
        assert label.heightForWidth(label.width()) <= label.height()
        assert view.rect().contains(label.geometry())


def middle(view, layer, source, unit):
    """Of an edge, a third of the way: there few others cross."""
    left, top, right, bottom = view._drawing._lines[layer][source, unit].tolist()
    return QPointF(left + (right - left) / 3, top + (bottom - top) / 3)


def given(**changes):
    """Weights of the small network, all .1 but those that are named, W0_2_1 for the one from input 2 to unit 1."""
    arrays = {"W0": (2, 3), "b0": 3, "W1": (3, 2), "b1": 2, "W2": (2, 1), "b2": 1}
    made = {name: np.full(shape, 0.1, np.float32) for name, shape in arrays.items()}
    for name, value in changes.items():
        array, *place = name.split("_")
        made[array][tuple(map(int, place))] = value
    return made


def test_a_weight_s_line_has_the_colour_of_its_sign_and_one_of_exactly_0_is_missing_and_counted(show):
    view, _ = show(initial=given(W2_0_0=-2.0, W2_1_0=2.0, W1_0_0=0.0, W1_2_1=0.0))
    picture = view.grab().toImage()
    for source, hue, other in ((0, 0, 1), (1, 1, 0)):
        color = picture.pixelColor(middle(view, 2, source, 0).toPoint())

        def away(hue, color=color):
            wanted = QColor(LIGHT.classes[hue])
            return abs(color.red() - wanted.red()) + abs(color.blue() - wanted.blue())

        assert away(hue) < 80 < away(other)
    assert picture.pixelColor(middle(view, 1, 0, 0).toPoint()) == QColor(LIGHT.window)
    assert view._at(middle(view, 1, 0, 0)) is None
    assert view._at(middle(view, 2, 1, 0)) == Spot(2, 0, 1, True)
    assert "14 weights, 2 of them exactly 0 · 6 biases" in view.accessibleDescription()


def test_resting_on_a_weight_tells_its_value_gradient_steps_and_the_optimizer_s_memory(show, qtbot):
    view, run = show(epochs=4)
    with qtbot.waitSignal(view.looks_changed):
        view._point(middle(view, 1, 2, 0))
    assert view.looks["network"].has_update
    assert view._first.text() == f"Weight unit 3 of layer 1 → unit 1 of layer 2: {figures(run.weights['W1'][2, 0])}"
    view.show_scene(scene_of(run, has_update=True))
    before, place = run.weights["W1"][2, 0], int(run.net.layers[1]["weight"]) + 2
    last = float(before) - float(weights_before(run)[place])
    memory = run.state.store.slots[:, place].tolist()
    run.advance(1)
    parts = [f"gradient {figures(run.net.gradients[place])}"]
    parts += [f"last step {figures(last)}"]
    parts += [f"next step {figures(float(run.weights['W1'][2, 0]) - float(before))}"]
    parts += [f"average of g {figures(memory[0])}", f"average of g² {figures(memory[1])}"]
    assert view._second.text() == " · ".join(parts) + f" (update {run.updates:,})"
    view._point(None)
    assert not view.looks["network"].has_update


def test_a_unit_tells_its_bias_and_the_corner_shows_its_response(show):
    view, run = show(epochs=2)
    view._point(view._drawing._columns[1][2].center())
    assert f"Unit 3 of layer 1 · bias {figures(run.weights['b0'][2])}" in view._first.text()
    shown = view.inset._surface
    assert shown.unit == (0, 2)
    assert np.array_equal(shown.values[:, :, 0], view._seen.layers[0].responses[2])
    view._point(None)
    assert view.inset._surface.unit is None


def test_a_bias_is_a_bar_on_its_side(show):
    view, _ = show(initial=given(b0_0=-0.1, b0_1=0.1))
    picture = view.grab().toImage()
    for unit, hue in ((0, 0), (1, 1)):
        bar = view._drawing._bars[1][unit]
        side = bar.center() + QPointF((-1 if unit == 0 else 1) * bar.width() / 4, 0)
        assert picture.pixelColor(side.toPoint()) == QColor(LIGHT.classes[hue])
        assert view._at(bar.center()) == Spot(0, unit, None, True)


def test_units_that_the_last_batch_dropped_are_faint(show):
    view, _ = show(SMALL.change(layers=(12,), dropout=0.5), epochs=1)
    dropped = view._seen.layers[0].dropped
    picture = view.grab().toImage()
    strongest = []
    for box in view._drawing._columns[1]:
        colors = [
            picture.pixelColor(x, y) for x in _whole(box.left(), box.right()) for y in _whole(box.top(), box.bottom())
        ]
        strongest.append(max(color.hsvSaturation() for color in colors))
    strongest = np.array(strongest)
    assert 0 < dropped.sum() < 12
    assert strongest[dropped].max() < strongest[~dropped].min()
    view._point(view._drawing._columns[1][int(dropped.argmax())].center())
    assert "of the last batch, its first sample among them" in view._second.text()


def _whole(low, high):
    return range(int(low) + 3, int(high) - 2)


def test_a_click_picks_a_unit_and_pins_it_another_takes_it_off_and_one_on_a_weight_picks_that(show):
    view, run = show()
    picked, pinned = [], []
    view.picked.connect(picked.append)
    view.pinned.connect(pinned.append)
    spot = view._drawing._columns[2][1].center().toPoint()
    QTest.mouseClick(view, LEFT, pos=spot)
    view.show_scene(scene_of(run)._replace(pick=picked[-1], pinned=pinned[-1]))
    QTest.mouseClick(view, LEFT, pos=spot)
    QTest.mouseClick(view, LEFT, pos=middle(view, 1, 2, 0).toPoint())
    assert picked == [Pick(1, 1, 0), Pick(1, 1, 0), Pick(1, 0, 2)]
    assert pinned == [(1, 1), None]


def test_units_are_reached_by_the_keyboard(show):
    view, _ = show()
    pinned = []
    view.pinned.connect(pinned.append)
    for name in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right):
        QTest.keyClick(view, name, Qt.KeyboardModifier.AltModifier)
    assert view._first.text().startswith("Unit 2 of layer 2")  # of the three of layer 1 the last, of two again
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert pinned == [(1, 1)]


def test_minus_and_plus_change_units_and_layers(show):
    view, _ = show()
    wanted = []
    view.wanted.connect(lambda changes: wanted.append(changes["layers"]))
    for head in (*view._heads, view._depth):
        for button in head.findChildren(QToolButton):
            button.click()
    assert wanted == [(2, 2), (4, 2), (3, 1), (3, 3), (3,), (3, 2, 2)]
    assert narrowed((3, 1), 1) == (3,) and narrowed((64,), 0) == (48,) and widened((64, 2), 0) == (96, 2)
    assert deepened(()) == (8,)


@pytest.mark.parametrize("size", [(520, 530), (684, 720)])
def test_eight_layers_of_32_units_are_a_graph_without_overlaps_and_more_are_matrices(show, size):
    view, _ = show(SMALL.change(layers=(32,) * 8), size=size)
    assert isinstance(view._drawing, Graph)
    boxes = [box for column in view._drawing._columns for box in column]
    assert min(box.width() for box in boxes) >= 6
    assert not any(one.intersects(other) for i, one in enumerate(boxes) for other in boxes[:i])
    assert not any(box.intersects(view.inset.geometry().toRectF()) for box in boxes)
    wide, _ = show(SMALL.change(layers=(33, 4)), size=size)
    deep, _ = show(SMALL.change(layers=(4,) * 9), size=size)
    assert isinstance(wide._drawing, Matrices) and isinstance(deep._drawing, Matrices)


def test_in_a_matrix_rows_are_units_and_columns_their_inputs(show):
    experiment = SMALL.change(layers=(40, 5))
    weights = {name: np.zeros_like(array) for name, array in Run(experiment).weights.items()}
    weights["W1"][12, 3] = 1.0
    view, _ = show(experiment, weights)
    cell = view._drawing._cell(Spot(1, 3, 12, True)).center()
    assert view._at(cell) == Spot(1, 3, 12, True)
    picture = view.grab().toImage()
    color, rest = picture.pixelColor(cell.toPoint()), picture.pixelColor((cell + QPointF(40, 0)).toPoint())
    assert color.hsvSaturation() > 150 and rest.hsvSaturation() < 30
    view._point(cell)
    assert view._first.text() == "Weight unit 13 of layer 1 → unit 4 of layer 2: 1.0000"
    unit = view._drawing._mosaics[0][17].center()
    assert view._at(unit) == Spot(0, 17)


def test_many_features_are_named_rows_and_several_classes_have_an_output_each(show):
    rng = np.random.default_rng(0)
    names = tuple(f"feature {letter}" for letter in "abcdef")
    data = Dataset(
        rng.normal(size=(60, 6)), np.arange(60) % 3, class_names=("red", "green", "blue"), feature_names=names
    )
    view, _ = show(Experiment(data=data, layers=(4,)))
    assert [len(column) for column in view._drawing._columns] == [6, 4, 3]
    view._point(view._drawing._columns[0][4].center())
    assert view._first.text() == "Input feature e"
    view._point(view._drawing._columns[2][2].center())
    assert view._first.text().startswith("Output blue")


def test_a_linear_model_and_a_curve_are_drawn_in_both_themes(show):
    for colors in (LIGHT, DARK):
        linear, _ = show(SMALL.change(layers=()), colors=colors)
        assert [len(column) for column in linear._drawing._columns] == [2, 1] and not linear._heads
        curve, _ = show(SMALL.change(dataset="sine"), epochs=2, colors=colors)
        picture = curve.grab().toImage()
        box = curve._drawing._columns[1][0]
        pixels = {
            picture.pixelColor(x, y).name()
            for x in _whole(box.left(), box.right())
            for y in _whole(box.top(), box.bottom())
        }
        assert colors.plane in pixels and len(pixels) > 2


def test_without_a_run_it_says_what_is_missing(qtbot):
    view = NetworkView(LIGHT)
    qtbot.addWidget(view)
    view.resize(500, 500)
    view.show_scene(Scene(SMALL))
    assert view._drawing is None and not view.grab().isNull()
    assert view._lack == EMPTY
    view.show_scene(Scene(SMALL, SMALL.dataset))  # nothing is seen of it yet
    assert view._lack == WAITING


@pytest.fixture
def window(qtbot):
    return open_window(qtbot, Session(SMALL))


def shown(window, key):
    snapshot = window._scene.snapshot
    return snapshot.seen.get(key) if snapshot is not None else None


def test_hidden_it_is_looked_at_by_nobody_and_seen_it_follows_the_timeline(window, qtbot):
    window.transport.play.click()
    qtbot.waitUntil(lambda: window._scene.snapshot is not None and window._scene.snapshot.epoch == 60, timeout=LONG)
    assert "network" not in window.looks and shown(window, "network") is None
    window.stage.choose_view("network")
    qtbot.waitUntil(lambda: shown(window, "network") is not None, timeout=LONG)
    now = shown(window, "network").layers[0].weights
    window.session.look_at(10)
    qtbot.waitUntil(lambda: window.stage.widget._seen.epoch == 10, timeout=LONG)
    assert not np.array_equal(shown(window, "network").layers[0].weights, now)
    assert window.stage.widget.inset._surface.epoch == 10
    window.stage.choose_view("plane")
    assert "network" not in window.looks


def test_a_pinned_unit_stands_on_the_plane_until_it_is_taken_off(window, qtbot):
    window.stage.choose_view("network")
    qtbot.waitUntil(lambda: window.stage.widget._drawing is not None, timeout=LONG)
    view = window.stage.widget
    QTest.mouseClick(view, LEFT, pos=view._drawing._columns[1][2].center().toPoint())
    assert window._scene.pinned == (0, 2) and window._scene.pick == Pick(0, 2, 0)
    assert "unit" not in window.looks  # the plane is not seen
    window.stage.choose_view("plane")
    qtbot.waitUntil(lambda: window.canvas._surface is not None and window.canvas._surface.unit == (0, 2), timeout=LONG)
    label = window.pinned.label
    assert label.isVisible() and "Unit 3 of layer 1" in label.text()
    window.edit("layers", (2, 2))  # it is there no more
    qtbot.waitUntil(lambda: window.canvas._surface.unit is None, timeout=LONG)
    assert not label.isVisible()
    window.session.undo()
    qtbot.waitUntil(lambda: window.canvas._surface.unit == (0, 2), timeout=LONG)
    label.click()
    qtbot.waitUntil(lambda: window.canvas._surface.unit is None, timeout=LONG)
    assert not label.isVisible() and "unit" not in window.looks


def test_a_layer_is_made_wider_on_the_stage_and_undo_takes_that_back(window, qtbot):
    window.stage.choose_view("network")
    qtbot.waitUntil(lambda: window.stage.widget._drawing is not None, timeout=LONG)
    view = window.stage.widget
    view._heads[1].findChildren(QToolButton)[1].click()
    assert window.session.experiment.knobs.layers == (3, 3)
    qtbot.waitUntil(lambda: len(view._drawing._columns[2]) == 3, timeout=LONG)
    window.session.undo()
    qtbot.waitUntil(lambda: len(view._drawing._columns[2]) == 2, timeout=LONG)


def test_a_unit_s_curve_fills_the_plane_s_height():
    values = np.linspace(-2, 1, 9, dtype=np.float32)[:, np.newaxis]
    fitted = _fitted(values, 10.0, 30.0)
    assert fitted.min() == pytest.approx(11) and fitted.max() == pytest.approx(24.5)


def test_its_numbers_are_taken_along_as_a_row_for_each_weight_and_bias(show):
    view, run = show(epochs=1)
    names, columns = view.table()
    rows = list(zip(*columns))
    assert names == ("layer", "from", "to", "value") and len(rows) == run.parameters
    assert (2, "unit 3 of layer 1", "unit 1 of layer 2", float(run.weights["W1"][2, 0])) in rows
    assert rows[-1][:2] == (3, "bias") and rows[-1][3] == float(run.weights["b2"][0])


def test_a_short_name_is_not_cut_and_a_long_one_is(show):
    view, _ = show()
    assert view._drawing._names == ["x1", "x2"]
    data = Dataset(np.zeros((20, 2)), np.arange(20) % 2, class_names=("a", "b"), feature_names=("w" * 80, "h"))
    view, _ = show(Experiment(data=data, layers=(2,)))
    assert view._drawing._names[1] == "h" and view._drawing._names[0].endswith("…")


def test_on_paper_it_is_drawn_with_lines_and_without_buttons(show, tmp_path):
    view, _ = show(epochs=1)
    export = export_of(view, "network")
    export.write(tmp_path / "network.svg", Sheet(12, 12))
    drawn = (tmp_path / "network.svg").read_text(encoding="utf-8")
    assert drawn.count("<polyline") + drawn.count("<path") > 14 and "Rest on" not in drawn
    assert all(button.isVisible() for button in view.findChildren(QToolButton))
