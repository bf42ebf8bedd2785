"""The plane: what the mouse makes of the points, and what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from playground.model import edits, shapes, table
from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.model.experiment import Experiment
from playground.training.surface import Surface
from playground.ui import axes as axes_module
from playground.ui import extent as extents
from playground.ui.canvas import Canvas
from playground.ui.marks import Marks
from playground.ui.surface import class_color, class_image, decision_lines, value_range
from playground.ui.theme import DARK, LIGHT, font

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton


@pytest.fixture
def canvas(qtbot):
    widget = Canvas(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(520, 560)
    widget.show_data(edits.empty())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def drag(canvas, *places, button=LEFT):
    """Press at the first place of the plane, pass the others, release at the last."""
    pixels = [canvas.point_at(*place) for place in places]
    QTest.mousePress(canvas, button, Qt.KeyboardModifier.NoModifier, pixels[0])
    for pixel in pixels[1:]:
        event_at(canvas, pixel, button)
    QTest.mouseRelease(canvas, button, Qt.KeyboardModifier.NoModifier, pixels[-1])


def event_at(canvas, pixel, button):
    """A move with the button held; QTest's own move forgets the button."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    spot = QPointF(pixel)
    event = QMouseEvent(
        QEvent.Type.MouseMove, spot, canvas.mapToGlobal(spot), button, button, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(canvas, event)


def turn_wheel(canvas, pixel, steps, modifiers=Qt.KeyboardModifier.NoModifier):
    spot = QPointF(pixel)
    event = QWheelEvent(
        spot,
        canvas.mapToGlobal(spot),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def strokes_of(canvas):
    """What the canvas announces, in a list that grows."""
    heard = []
    canvas.stroke_finished.connect(lambda data, label: heard.append((data, label)))
    return heard


def two_classes(extent, rows=96):
    """A surface whose boundary is the line x = 0."""
    x = np.linspace(extent[0], extent[1], rows)
    upper = np.broadcast_to(1 / (1 + np.exp(-4 * x)), (rows, rows))
    return Surface(np.stack([1 - upper, upper], axis=2).astype(np.float32), tuple(extent), 1)


def pixel(canvas, x, y) -> QColor:
    image: QImage = canvas.grab().toImage()
    place = canvas.point_at(x, y) * canvas.devicePixelRatioF()
    return image.pixelColor(place)


def test_a_drag_is_one_stroke_of_the_chosen_class_near_the_cursor(canvas):
    heard = strokes_of(canvas)
    canvas.set_class(1)
    drag(canvas, (-1, 0.5), (0, 0.5), (1, 0.5))
    ((data, label),) = heard
    assert (data.targets == 1).all()
    assert label == f"paint {data.samples} points"
    reach = canvas.frame.reach(24)[1]
    assert (np.abs(data.inputs[:, 1] - 0.5) <= reach * 1.01).all()
    assert data.inputs[:, 0].min() < -0.7 and data.inputs[:, 0].max() > 0.7


def test_a_click_with_the_smallest_brush_lays_one_point(canvas):
    heard = strokes_of(canvas)
    canvas.set_brush(1)
    drag(canvas, (0.3, -0.4))
    assert heard[0][1] == "paint 1 point"
    assert heard[0][0].inputs[0] == pytest.approx((0.3, -0.4), abs=0.05)


def test_nothing_is_announced_before_the_button_is_released(canvas):
    heard = strokes_of(canvas)
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, canvas.point_at(0, 0))
    event_at(canvas, canvas.point_at(1, 0), LEFT)
    assert not heard
    assert canvas.dataset.samples > 0
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, canvas.point_at(1, 0))
    assert len(heard) == 1


@pytest.mark.parametrize(("tool", "button"), [("eraser", LEFT), ("brush", RIGHT)])
def test_the_eraser_and_the_right_button_erase_under_the_cursor(canvas, tool, button):
    canvas.show_data(Dataset([[-1, 0], [1, 0], [1.02, 0]], [0, 1, 1], class_names=("a", "b")))
    heard = strokes_of(canvas)
    canvas.set_tool(tool)
    drag(canvas, (1, 0), button=button)
    ((data, label),) = heard
    assert label == "erase 2 points"
    assert data.inputs.tolist() == [[-1, 0]]


def test_a_fast_eraser_leaves_nothing_on_its_way(canvas):
    places = np.column_stack([np.linspace(-1, 1, 60), np.zeros(60)])
    canvas.show_data(Dataset(places, np.zeros(60), class_names=("a", "b")))
    heard = strokes_of(canvas)
    canvas.set_tool("eraser")
    drag(canvas, (-1, 0), (1, 0))
    assert heard[0][0].samples == 0


def test_erasing_nothing_is_no_stroke(canvas):
    heard = strokes_of(canvas)
    canvas.set_tool("eraser")
    drag(canvas, (0, 0), (1, 1))
    assert not heard


def test_a_selection_is_moved_relabelled_and_deleted(canvas):
    canvas.show_data(Dataset([[-1, 0], [-1, 0.2], [1, 0]], [0, 0, 1], class_names=("a", "b")))
    heard = strokes_of(canvas)
    canvas.set_tool("select")
    drag(canvas, (-1.3, -0.3), (-0.7, 0.5))
    assert canvas.selection == (0, 1)
    drag(canvas, (-1, 0), (-0.5, 0.5))
    assert heard[-1][1] == "move 2 points"
    assert heard[-1][0].inputs[:2] == pytest.approx(np.array([[-0.5, 0.5], [-0.5, 0.7]]), abs=0.02)
    QTest.keyClick(canvas, Qt.Key.Key_2)
    assert heard[-1][1] == "relabel 2 points"
    assert heard[-1][0].targets.tolist() == [1, 1, 1]
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert heard[-1][1] == "delete 2 points"
    assert heard[-1][0].inputs.tolist() == [[1, 0]]
    assert canvas.selection == ()


def test_deleting_points_of_a_file_keeps_the_sets_it_gave(canvas):
    sets = [TRAIN, VALIDATION, VALIDATION]
    canvas.show_data(Dataset([[-1, 0], [0, 0], [1, 0]], [0, 0, 1], sets, ("a", "b"), source="my.csv"))
    heard = strokes_of(canvas)
    canvas.set_tool("select")
    drag(canvas, (-1.2, -0.2), (-0.8, 0.2))
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert heard[0][0].sets.tolist() == [VALIDATION, VALIDATION]
    assert heard[0][0].source == "my.csv"


def test_the_view_stays_while_painting_and_fits_new_data(canvas):
    before = canvas.extent
    canvas.stroke_finished.connect(lambda data, label: canvas.show_data(data))
    drag(canvas, (-1, -1), (1.4, 1.4))
    assert canvas.extent == before
    heard = []
    canvas.view_changed.connect(heard.append)
    canvas.show_data(shapes.generate("moons", 100, 0.1, 2, 0))
    canvas.show_data(shapes.generate("spiral", 100, 0.1, 2, 0))
    assert canvas.extent != before
    assert heard[-1] == canvas.extent


def test_undoing_a_stroke_does_not_move_the_view(canvas):
    moons = shapes.generate("moons", 100, 0.1, 2, 0)
    canvas.show_data(moons)
    before = canvas.extent
    drag(canvas, (0, 0), (0.5, 0.5))
    canvas.show_data(canvas.dataset)
    canvas.show_data(moons)
    assert canvas.extent == before


def test_all_points_are_inside_after_fitting(canvas):
    data = Dataset([[0, 1000], [1, 9000], [0.5, 2000]], [0, 1, 0], class_names=("a", "b"), source="my.csv")
    canvas.show_data(data)
    x_low, x_high, y_low, y_high = canvas.extent
    assert x_low < 0 and x_high > 1 and y_low < 1000 and y_high > 9000


def test_the_wheel_looks_closer_around_the_cursor(canvas):
    spot = canvas.point_at(0.5, 0.5)
    before, extent = canvas.place_at(QPointF(spot)), canvas.extent
    turn_wheel(canvas, spot, 2)
    assert canvas.extent.width < extent.width
    assert canvas.place_at(QPointF(spot)) == pytest.approx(before)


def test_ctrl_and_the_wheel_size_the_brush(canvas, qtbot):
    with qtbot.waitSignal(canvas.brush_resized) as heard:
        turn_wheel(canvas, canvas.point_at(0, 0), 1, Qt.KeyboardModifier.ControlModifier)
    assert heard.args[0] > 24


def test_the_middle_button_moves_the_view(canvas):
    drag(canvas, (0, 0), (0.5, 0.25), button=MIDDLE)
    assert canvas.extent.x_low == pytest.approx(-2.0, abs=0.02)
    assert canvas.extent.y_low == pytest.approx(-1.75, abs=0.02)


def test_painting_over_one_feature_sets_its_value_and_target(canvas):
    canvas.show_data(edits.empty("regression"))
    heard = strokes_of(canvas)
    canvas.set_brush(4)
    drag(canvas, (0.5, -0.5))
    data = heard[0][0]
    assert (data.inputs[0, 0], data.targets[0, 0]) == pytest.approx((0.5, -0.5), abs=0.05)


def test_painting_a_regression_over_two_features_takes_the_chosen_level(canvas):
    data = shapes.generate("plane", 50, 0.0, 2, 0)
    canvas.show_data(data)
    heard = strokes_of(canvas)
    canvas.set_class(4)
    drag(canvas, (0, 0))
    assert heard[0][0].targets[-1, 0] == value_range(data.targets)[1]


def test_the_surface_is_coloured_by_the_winner_row_0_below(canvas):
    x_low, x_high, y_low, y_high = canvas.extent
    values = np.zeros((96, 96, 2), np.float32)
    values[:48, :, 0], values[48:, :, 1] = 1, 1
    canvas.show_surface(Surface(values, tuple(canvas.extent), 1))
    below, above = pixel(canvas, 0.2, y_low / 2), pixel(canvas, 0.2, y_high / 2)
    assert below.blue() > below.red()
    assert above.red() > above.blue()


def test_the_boundary_stands_where_the_probability_is_one_half(canvas):
    lines = decision_lines(two_classes((-1.5, 1.5, -1.5, 1.5), 97).values)
    assert lines[:, [0, 2]] == pytest.approx(48)
    assert np.ptp(lines[:, [1, 3]]) == 96


def test_three_classes_meet_in_three_boundaries():
    x, y = np.meshgrid(np.linspace(-1, 1, 64), np.linspace(-1, 1, 64))
    corners = [(np.cos(angle), np.sin(angle)) for angle in (0.3, 2.4, 4.5)]
    scores = np.exp(np.stack([3 * (x * a + y * b) for a, b in corners], axis=2))
    lines = decision_lines((scores / scores.sum(axis=2, keepdims=True)).astype(np.float32))
    ends = lines.reshape(-1, 2) / 63 * 2 - 1
    assert len(lines) > 90
    assert np.abs(ends).min(axis=0) == pytest.approx((0, 0), abs=0.05)  # they meet in the middle


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_surface_that_is_not_finite_is_drawn_as_undecided(value):
    values = np.full((8, 8, 2), value, np.float32)
    image = class_image(values, LIGHT)
    assert image.pixelColor(3, 3) == QColor(LIGHT.plane)
    assert not len(decision_lines(values))


def test_a_surface_of_the_old_data_is_not_drawn_over_data_of_another_kind(canvas):
    canvas.show_data(shapes.generate("sine", 40, 0.1, 2, 0))
    canvas.show_surface(Surface(np.zeros((96, 1), np.float32), tuple(canvas.extent), 1))
    canvas.grab()
    canvas.show_data(shapes.generate("moons", 40, 0.1, 2, 0))
    x_low, _, y_low, _ = canvas.extent
    assert pixel(canvas, x_low * 0.98, y_low * 0.98) == QColor(LIGHT.plane)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["moons", "blobs", "sine", "plane", "one feature", "file"])
def test_every_kind_of_data_and_surface_can_be_drawn(canvas, colors, name):
    canvas.set_colors(colors)
    if name == "one feature":
        data = Dataset(np.linspace(-1, 1, 20)[:, np.newaxis], np.arange(20) % 2, class_names=("a", "b"))
        values = np.full((96, 2), 0.5)
    elif name == "file":
        rng = np.random.default_rng(0)
        names = tuple(f"<b>class {number}</b>" * 3 for number in range(12))
        data = Dataset(rng.normal(size=(60, 7)), np.arange(60) % 12, class_names=names, source="<i>.csv")
        values = np.full((96, 96, 12), 1 / 12)
    else:
        data = shapes.generate(name, 60, 0.1, 5, 0)
        values = np.full((96, data.outputs) if data.features == 1 else (96, 96, max(data.outputs, 1)), 0.2)
        values = np.full((96, 96, 2), 0.5) if name == "moons" else values
    canvas.show_data(data)
    canvas.show_surface(Surface(values.astype(np.float32), tuple(canvas.extent), 1))
    assert not canvas.grab().isNull()


def test_a_hundred_thousand_points_are_drawn(canvas):
    canvas.show_data(shapes.generate("moons", 100_000, 0.1, 2, 0))
    assert not canvas.grab().isNull()


def test_it_says_how_many_points_there_are(canvas):
    canvas.show_data(shapes.generate("moons", 20, 0.1, 2, 0))
    assert canvas.accessibleDescription() == "20 points, 2 classes, over x1, x2"


def test_ctrl_a_selects_all_and_escape_none(canvas):
    canvas.show_data(shapes.generate("moons", 20, 0.1, 2, 0))
    canvas.set_tool("select")
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(canvas.selection) == 20
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.selection == ()


def test_what_a_stroke_adds_is_drawn_as_if_all_were_drawn_anew(canvas):
    canvas.show_data(shapes.generate("moons", 40, 0.1, 2, 0))
    canvas.grab()
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, canvas.point_at(0, 0))
    event_at(canvas, canvas.point_at(1, 1), LEFT)
    added = canvas.grab().toImage()
    canvas.set_colors(LIGHT)  # forgets what was drawn
    # around the plane, the key tells of the sets only after the stroke
    inside = canvas._inside().toAlignedRect().adjusted(2, 2, -2, -2)
    assert canvas.grab().toImage().copy(inside) == added.copy(inside)
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, canvas.point_at(1, 1))


@pytest.mark.parametrize("samples", [40, 30_000])
def test_what_a_stroke_erases_leaves_the_rest_as_if_all_were_drawn_anew(canvas, samples):
    data = shapes.generate("moons", samples, 0.1, 2, 0)
    canvas.show_data(data)
    canvas.set_tool("eraser")
    canvas.grab()
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, canvas.point_at(0, 0))
    event_at(canvas, canvas.point_at(0.6, 0.4), LEFT)
    erased = canvas.grab().toImage()
    canvas.set_colors(LIGHT)  # forgets what was drawn
    assert canvas.grab().toImage() == erased
    assert canvas.dataset is data  # which is changed once, at the end
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, canvas.point_at(0.6, 0.4))
    assert 0 < canvas.dataset.samples < samples


def test_in_a_projection_the_eraser_takes_what_it_touches(canvas):
    digits = shapes.generate("digits", 400, 0.0, 10, 0)
    canvas.show_data(digits)
    places = edits.positions(digits)
    heard = strokes_of(canvas)
    canvas.set_tool("eraser")
    drag(canvas, (-1, 0), (0, 0), (2, 1))
    drag(canvas, (2, 1))
    left = edits.positions(heard[0][0])
    spots = (canvas.place_at(QPointF(canvas.point_at(*place))) for place in ((-1, 0), (0, 0), (2, 1)))
    far = [np.hypot(*((left - spot) / canvas.frame.reach(24)).T).min() for spot in spots]
    assert min(far) > 1 and len(heard) == 1
    assert {tuple(place) for place in left.tolist()} <= {tuple(place) for place in places.tolist()}


def test_the_word_on_projections_is_whole_and_explained(canvas, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: told.append(text))
    canvas.resize(550, 600)
    canvas.show_data(Dataset(np.random.default_rng(0).normal(size=(40, 5)), np.zeros(40), class_names=("a", "b")))
    below = QPoint(canvas.width() // 2, canvas.height() - 8)
    for place in (below, QPoint(canvas.width() // 2, 100)):
        QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, place, canvas.mapToGlobal(place)))
    assert "principal components" in told[0] and told[1] == ""
    metrics = QFontMetrics(font("small"))
    assert metrics.horizontalAdvance("100 % of the variance; the surface is a slice through the mean") < 480


def four_points():
    """The corners of a square, two of each class."""
    places = np.array([[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]])
    return Dataset(places, np.array([0, 0, 1, 1]), class_names=("a", "b"))


def test_a_drag_between_the_selected_points_moves_them(canvas):
    canvas.show_data(four_points())
    canvas.set_tool("select")
    drag(canvas, (-0.8, -0.8), (0.8, 0.8))
    heard = strokes_of(canvas)
    drag(canvas, (0, 0), (0.1, 0.05), (0.2, 0.1))
    assert len(canvas.selection) == 4 and len(heard) == 1
    assert heard[0][0].inputs == pytest.approx(four_points().inputs + (0.2, 0.1), abs=0.02)


def test_a_click_between_the_selected_points_lets_them_go(canvas):
    canvas.show_data(four_points())
    canvas.set_tool("select")
    drag(canvas, (-0.8, -0.8), (0.8, 0.8))
    drag(canvas, (0, 0))
    assert canvas.selection == ()


def test_the_right_button_erases_nothing_while_one_selects(canvas):
    canvas.show_data(four_points())
    canvas.set_tool("select")
    drag(canvas, (-0.8, -0.8), (0.8, 0.8))
    heard = strokes_of(canvas)
    drag(canvas, (-0.5, -0.5), (0.5, 0.5), button=RIGHT)
    assert heard == [] and len(canvas.selection) == 4
    canvas.set_tool("brush")
    drag(canvas, (-0.5, -0.5), (-0.45, -0.5), button=RIGHT)
    assert heard[0][1] == "erase 1 point"


def test_in_a_projection_points_are_relabelled_and_not_painted_or_moved(canvas, qtbot):
    digits = shapes.generate("digits", 100, 0.0, 10, 0)
    canvas.show_data(digits)
    heard, said = strokes_of(canvas), []
    canvas.refused.connect(said.append)
    drag(canvas, (0, 0), (1, 0))
    assert heard == [] and "more features than the two directions" in said[0]
    canvas.set_tool("select")
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(canvas.selection) == digits.samples
    drag(canvas, (0, 0), (1, 0), (2, 0))
    assert heard == []
    qtbot.keyClick(canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert set(heard[0][0].targets) == {9} and heard[0][0].inputs is digits.inputs


def test_no_two_of_ten_classes_look_alike():
    marks = Marks(LIGHT)
    looks = [marks.stamp(number, TRAIN, class_color(LIGHT, number), 6.0, 1.0).toImage() for number in range(10)]
    assert not any(looks[a] == looks[b] for a in range(10) for b in range(a))


@pytest.mark.parametrize(
    "value, low, high, expected",
    [(0.5, -1, 1, "0.5"), (-2000, -9000, 9000, "−2000"), (120_000, 2e4, 1.3e5, "120k"), (82_500, 8e4, 9e4, "82.5k")],
)
def test_numbers_of_an_axis_are_short(value, low, high, expected):
    assert extents.label(value, low, high) == expected


def test_millions_and_more_are_short_too():
    assert [extents.label(value, 0, 4 * value) for value in (1.5e7, 2e10)] == ["15M", "20G"]


def test_an_axis_is_named_after_the_target_of_the_table(tmp_path):
    (tmp_path / "pay.csv").write_text("years,pay\n" + "".join(f"{n}.5,{n * 9000.5}\n" for n in range(20)))
    assert axes_module._names(table.read(tmp_path / "pay.csv"), None) == ("years", "pay")
    assert axes_module._names(Experiment(dataset="sine").points, None)[1] == "target"
