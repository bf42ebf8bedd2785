"""Planes side by side, and the borders of other runs: what is drawn, and what they share."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from playground.model import edits, shapes
from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.training.surface import Surface
from playground.ui import border
from playground.ui.backdrop import Backdrop
from playground.ui.border import Border, joined
from playground.ui.describe import plain
from playground.ui.extent import Extent
from playground.ui.plane import PlaneView
from playground.ui.planes import CAPTION, Item, Planes
from playground.ui.surface import decision_lines
from playground.ui.theme import DARK, LIGHT, run_color

WIDE = (-1.5, 1.5, -1.5, 1.5)


def parted(place=0.0, extent=WIDE, rows=96):
    """A surface of two classes whose border is the line x = place."""
    x = np.linspace(extent[0], extent[1], rows)
    right = np.broadcast_to(1 / (1 + np.exp(-4 * (x - place))), (rows, rows))
    return Surface(np.stack([1 - right, right], axis=2).astype(np.float32), extent, 1)


def three_corners():
    x, y = np.meshgrid(np.linspace(-1, 1, 64), np.linspace(-1, 1, 64))
    scores = np.exp(np.stack([3 * (x * np.cos(turn) + y * np.sin(turn)) for turn in (0.3, 2.4, 4.5)], axis=2))
    return (scores / scores.sum(axis=2, keepdims=True)).astype(np.float32)


@pytest.fixture
def plane(qtbot, monkeypatch):
    # so wide that whole pixels have its colour
    monkeypatch.setattr(border, "WIDTH", 4.0)
    view = PlaneView(LIGHT)
    qtbot.addWidget(view)
    view.resize(520, 560)
    view.show_data(edits.empty())
    view.show()
    return view


def pixels_of(view, color):
    """(n, 2) places of the plane whose pixel has about that colour."""
    image = view.grab().toImage()
    wanted, found = QColor(color).getRgb()[:3], []
    for row in range(image.height()):
        for column in range(image.width()):
            if max(abs(a - b) for a, b in zip(image.pixelColor(column, row).getRgb()[:3], wanted)) < 24:
                found.append(view.place_at(QPointF(column + 0.5, row + 0.5)))
    return np.array(found).reshape(-1, 2)


# borders


def test_the_border_of_another_run_is_a_dashed_line_where_its_choice_changes(plane):
    plane.show_surface(parted(-1))
    plane.show_ghosts([(parted(0.5), 2), (None, 3)])
    found = pixels_of(plane, run_color(LIGHT, 2))
    assert found[:, 0] == pytest.approx(0.5, abs=0.02)
    rows = len(np.unique(np.round(found[:, 1], 3))) / plane._inside().height()
    assert np.ptp(found[:, 1]) > 2.9 and 0.4 < rows < 0.8  # all along, with gaps
    assert not len(pixels_of(plane, run_color(LIGHT, 3)))


def test_a_border_goes_with_the_view_and_leaves_with_its_run(plane):
    plane.show_ghosts([(parted(0.5), 2)])
    plane.look(Extent(0.0, 1.0, 0.0, 1.0))
    assert pixels_of(plane, run_color(LIGHT, 2))[:, 0] == pytest.approx(0.5, abs=0.01)
    plane.show_ghosts([])
    assert not len(pixels_of(plane, run_color(LIGHT, 2)))


def test_a_border_is_made_once_for_each_surface(plane, monkeypatch):
    first, second = parted(0.5), parted(-0.5)
    plane.show_ghosts([(first, 2)])
    path = plane._ghosts[0][0].path
    plane.show_ghosts([(second, 1), (first, 2)])
    assert plane._ghosts[1][0].path is path and plane._ghosts[0][0].path is not path


def test_the_curve_of_another_run_is_drawn_as_its_border(plane):
    plane.show_data(shapes.generate("sine", 40, 0.1, 2, 0))
    extent = tuple(plane.extent)
    x = np.linspace(*extent[:2], 96)
    plane.show_ghosts([(Surface(np.sin(3 * x)[:, np.newaxis].astype(np.float32), extent, 1), 3)])
    found = pixels_of(plane, run_color(LIGHT, 3))
    assert len(found) > 100
    assert np.abs(found[:, 1] - np.sin(3 * found[:, 0])).max() < 0.15


def test_over_one_feature_classes_part_at_an_upright_line(plane):
    data = Dataset(np.linspace(-1, 1, 20)[:, np.newaxis], np.arange(20) % 2, class_names=("a", "b"))
    plane.show_data(data)
    low, high = plane.extent[:2]
    right = (np.linspace(low, high, 96) > 0.25).astype(np.float32)
    plane.show_ghosts([(Surface(np.column_stack([1 - right, right]), tuple(plane.extent), 1), 4)])
    found = pixels_of(plane, run_color(LIGHT, 4))
    assert found[:, 0] == pytest.approx(0.25, abs=0.05) and np.ptp(found[:, 1]) > 0.9 * plane.extent.height


@pytest.mark.parametrize("value", [0.3, np.nan])
def test_a_predicted_value_and_what_is_not_finite_have_no_border(value):
    assert Border(Surface(np.full((8, 8, 1), value, np.float32), WIDE, 1), None).path.isEmpty()
    assert Border(Surface(np.full((8, 8, 2), value, np.float32), WIDE, 1), None).path.isEmpty()


def test_ghosts_of_other_data_are_not_drawn_over_points_of_another_kind(plane):
    plane.show_ghosts([(parted(), 2)])
    plane.show_data(shapes.generate("sine", 40, 0.1, 2, 0))
    assert not len(pixels_of(plane, run_color(LIGHT, 2)))


def test_pieces_that_share_ends_are_joined_to_few_lines_of_the_same_length():
    pieces = decision_lines(three_corners())
    lines = joined(np.concatenate([pieces, pieces[::2, [2, 3, 0, 1]]]))  # some twice, from either side
    assert len(lines) < 12
    whole = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines)
    apart = {tuple(np.round(np.sort(piece.reshape(2, 2), axis=0).ravel(), 3)): piece for piece in pieces}.values()
    assert whole == pytest.approx(sum(np.hypot(x1 - x0, y1 - y0) for x0, y0, x1, y1 in apart), rel=1e-3)


def test_a_closed_border_is_one_line():
    x, y = np.meshgrid(np.linspace(-1, 1, 64), np.linspace(-1, 1, 64))
    inside = 1 / (1 + np.exp(20 * (x**2 + y**2 - 0.5)))
    (line,) = joined(decision_lines(np.stack([inside, 1 - inside], axis=2).astype(np.float32)))
    assert line[0] == pytest.approx(line[-1])


# side by side


@pytest.fixture
def planes(qtbot):
    widget = Planes(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(680, 720)
    widget.show_data(shapes.generate("moons", 60, 0.2, 2, 0))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def items(count):
    return [Item(f"λ {number}", number, parted(number / 10 - 0.5), f"epoch {number}") for number in range(count)]


def seen(planes):
    return [view for view in planes.views if view.isVisible()]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 8])
@pytest.mark.parametrize("size", [(680, 720), (1200, 400), (300, 700)])
def test_planes_are_square_alike_and_apart(planes, count, size):
    planes.resize(*size)
    planes.show_items(items(count))
    places = [view.geometry() for view in seen(planes)]
    assert len(places) == count and len({(place.width(), place.height()) for place in places}) == 1
    assert places[0].width() == places[0].height()
    for number, place in enumerate(places):
        assert planes.rect().contains(place.adjusted(0, -CAPTION, 0, 0))
        assert not any(place.adjusted(0, -CAPTION, 0, 0).intersects(other) for other in places[:number])


def test_eight_are_shown_at_most_and_none_says_so(planes):
    planes.show_items(items(11))
    assert len(seen(planes)) == 8
    planes.show_items([])
    assert not seen(planes) and not planes.grab().isNull()


def test_each_shows_its_own_surface_under_its_own_name(planes):
    planes.show_items(items(4))
    for number, view in enumerate(seen(planes)):
        assert view._surface.values is not None and view.accessibleName() == f"Plane of λ {number}, epoch {number}"
    image = planes.grab().toImage()
    for number, view in enumerate(seen(planes)):
        chip = QPoint(view.x() + 5, view.y() - CAPTION // 2)
        assert image.pixelColor(chip) == QColor(run_color(LIGHT, number))


def test_a_name_that_is_cut_is_told_whole_by_its_tooltip(planes, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: told.append(text))
    planes.show_items([Item("batch normalization, λ 1 and 7 more", 0, None, "epoch 3"), Item("λ 1", 1)])
    for place in (
        seen(planes)[0].pos() - QPoint(-20, CAPTION // 2),
        seen(planes)[1].pos() - QPoint(-20, 8),
        QPoint(2, 2),
    ):
        QApplication.sendEvent(planes, QHelpEvent(QEvent.Type.ToolTip, place, planes.mapToGlobal(place)))
    assert told == [plain("batch normalization, λ 1 and 7 more, epoch 3"), plain("λ 1"), ""]


def send_wheel(view, place, steps):
    spot = QPointF(view.point_at(*place))
    none = Qt.MouseButton.NoButton
    keys, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(
        view, QWheelEvent(spot, view.mapToGlobal(spot), QPoint(), QPoint(0, 120 * steps), none, keys, phase, False)
    )


def test_the_wheel_over_one_zooms_all_and_is_told_once(planes):
    planes.show_items(items(4))
    heard = []
    planes.view_changed.connect(heard.append)
    before = planes.extent
    send_wheel(seen(planes)[2], (0.5, 0.5), 2)
    assert planes.extent.width < before.width and heard == [planes.extent]
    assert {view.extent for view in seen(planes)} == {planes.extent}


def send_move(view, pixel, buttons):
    spot, none = QPointF(pixel), Qt.MouseButton.NoButton
    place = view.mapToGlobal(spot)
    QApplication.sendEvent(
        view, QMouseEvent(QEvent.Type.MouseMove, spot, place, none, buttons, Qt.KeyboardModifier.NoModifier)
    )


def test_the_middle_button_moves_all(planes):
    planes.show_items(items(2))
    view = seen(planes)[1]
    start, before = view.point_at(0, 0), planes.extent
    QTest.mousePress(view, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, start)
    send_move(view, start + QPoint(30, 0), Qt.MouseButton.MiddleButton)
    QTest.mouseRelease(view, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, start)
    send_move(view, start, Qt.MouseButton.NoButton)
    assert {view.extent for view in seen(planes)} == {planes.extent}
    assert planes.extent.x_low < before.x_low and planes.extent.width == pytest.approx(before.width)


def test_the_cursor_over_one_points_at_the_same_place_in_all(planes):
    planes.show_items(items(4))
    heard = []
    planes.hovered.connect(heard.append)
    views = seen(planes)
    plain = [view.grab().toImage() for view in views]
    send_move(views[0], views[0].point_at(0.5, -0.25), Qt.MouseButton.NoButton)
    assert heard[-1] == pytest.approx((0.5, -0.25), abs=0.02)
    assert {view._cross for view in views} == {heard[-1]}
    assert all(view.grab().toImage() != before for view, before in zip(views, plain))
    QApplication.sendEvent(views[0], QEvent(QEvent.Type.Leave))
    assert heard[-1] is None
    assert [view.grab().toImage() for view in views] == plain


def test_points_are_drawn_once_for_all(planes, monkeypatch):
    planes.show_items(items(6))
    drawn = []
    paint = type(planes.views[0]._marks).paint
    monkeypatch.setattr(type(planes.views[0]._marks), "paint", lambda *given: (drawn.append(1), paint(*given)))
    planes.show_data(shapes.generate("moons", 90, 0.2, 2, 1))
    planes.grab()
    assert drawn == [1]


def test_a_plane_that_comes_later_shows_what_the_others_show(planes):
    planes.show_items(items(2))
    planes.look(Extent(0.0, 1.0, 0.0, 1.0))
    planes.show_items(items(4))
    assert {view.extent for view in seen(planes)} == {Extent(0.0, 1.0, 0.0, 1.0)}


def test_nothing_can_be_painted_here(planes):
    planes.show_items(items(2))
    before = planes.views[0].dataset
    QTest.mouseClick(planes.views[0], Qt.MouseButton.LeftButton)
    QTest.keyClick(planes.views[0], Qt.Key.Key_Delete)
    assert planes.views[0].dataset is before


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_a_theme_reaches_planes_and_captions(planes, colors):
    planes.show_items(items(2))
    planes.set_colors(colors)
    image = planes.grab().toImage()
    view = seen(planes)[1]
    assert image.pixelColor(view.x() + 5, view.y() - CAPTION // 2) == QColor(run_color(colors, 1))


def test_a_surface_is_laid_over_points_of_its_own_kind_alone():
    moons, sine, xor = (Experiment(dataset=name).points for name in ("moons", "sine", "xor"))
    digits = Experiment(dataset="digits").points
    assert moons.is_seen_like(xor) and not moons.is_seen_like(sine) and not moons.is_seen_like(digits)
    fewer = digits.keep(np.arange(digits.samples) > 20)
    assert digits.is_seen_like(fewer) and not digits.is_seen_like(Dataset(digits.inputs[30:], digits.targets[30:]))


def test_what_goes_wrong_while_painting_is_told_and_the_window_lives(qtbot, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: told.append(error))
    monkeypatch.setattr(Backdrop, "paint", lambda *_: [][1])
    view = PlaneView(LIGHT)
    qtbot.addWidget(view)
    view.show_data(Experiment().points)
    view.show_surface(Surface(np.zeros((8, 8, 2), np.float32), (-1.0, 1.0, -1.0, 1.0), 1))
    view.resize(200, 200)
    view.grab()
    assert [type(error) for error in told] == [IndexError]
    view.grab()
    assert len(told) == 1
