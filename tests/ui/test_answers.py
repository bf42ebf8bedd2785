"""The panel of answers, rings on the plane, readings of the surface, and augmentation on the stage."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from playground.model.dataset import TEST, TRAIN, VALIDATION
from playground.model.experiment import Experiment
from playground.session import Session
from playground.training import views
from playground.training.looks.answers import Question, answers
from playground.training.looks.augmented import Draw, augmented
from playground.training.past import seek
from playground.training.run import Run
from playground.training.surface import CONFIDENCE, DIFFERENCE, Region, Surface, confidence, difference, surface
from playground.ui.augmented import AugmentedView
from playground.ui.panels import PANELS
from playground.ui.plots.matrix import Matrix
from playground.ui.reading import Reading
from playground.ui.scene import Scene, Shown
from playground.ui.theme import DARK, LIGHT

from .conftest import made_up_snapshot
from .opening import LONG, open_window

ROW = next(row for row in PANELS if row.key == "answers")


@pytest.fixture(scope="module")
def trained():
    run = Run(Experiment(layers=(8,), epochs=40, learning_rate=0.02))
    run.advance(40 * run.batches)
    return run


@pytest.fixture(scope="module")
def digits():
    return Run(Experiment(dataset="digits", layers=()))


def scene_of(run, part=VALIDATION, others=()):
    """What is seen of a run whose answers were looked at."""
    experiment = run.experiment
    snapshot = made_up_snapshot(100, experiment)._replace(
        experiment=experiment, seen={"answers": answers(run, Question(part))}, status="finished"
    )
    return Scene(experiment, experiment.dataset, snapshot, others=others)


@pytest.fixture
def open_panel(qtbot):
    def open_one(scene, page=0, colors=LIGHT):
        panel = ROW.make(colors)
        qtbot.addWidget(panel)
        panel.resize(480, 250)
        panel.show()
        panel.show_scene(scene)
        panel.buttons[page].click()
        return panel

    return open_one


def test_the_matrix_shows_what_was_answered(open_panel, trained):
    panel = open_panel(scene_of(trained))
    data = trained.experiment.dataset
    chosen = data.sets == VALIDATION
    predicted = trained.predict(data.inputs[chosen]).argmax(axis=1)
    for true in (0, 1):
        for answer in (0, 1):
            count = int(((data.targets[chosen] == true) & (predicted == answer)).sum())
            assert panel.matrix.told((true, answer)).startswith(f"{count} of ")
    right = int((predicted == data.targets[chosen]).sum())
    assert panel.reading.text().startswith(f"{right} of {chosen.sum()} right")


def test_a_press_on_a_cell_picks_its_points(open_panel, trained, qtbot):
    panel = open_panel(scene_of(trained))
    data = trained.experiment.dataset
    panel.grab()
    with qtbot.waitSignal(panel.points_picked) as heard:
        box = panel.matrix._box(1, 0)
        QTest.mouseClick(panel.matrix, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    rows = np.flatnonzero((data.sets == VALIDATION) & (data.targets == 1))
    taken = rows[trained.predict(data.inputs[rows]).argmax(axis=1) == 0]
    assert list(heard.args[0]) == taken.tolist()
    panel.matrix.setFocus()
    QTest.keyClick(panel.matrix, Qt.Key.Key_Right)
    with qtbot.waitSignal(panel.points_picked):
        QTest.keyClick(panel.matrix, Qt.Key.Key_Return)


def test_wrong_ones_are_listed_by_loss_and_a_press_picks_the_point(open_panel, trained, qtbot):
    panel = open_panel(scene_of(trained), page=2)
    worst = answers(trained, Question()).worst
    assert panel.list.count() == len(worst) > 0
    assert f"row {worst[0] + 1}:" in panel.list.item(0).text() and "loss" in panel.list.item(0).text()
    with qtbot.waitSignal(panel.points_picked) as heard:
        panel.list.setCurrentRow(1)
    assert heard.args == [(worst[1],)]


def test_wrong_images_are_listed_as_pictures(open_panel, digits):
    panel = open_panel(scene_of(digits), page=2)
    item, data = panel.list.item(0), digits.experiment.dataset
    worst = answers(digits, Question()).worst[0]
    assert item.text().startswith(f"{data.class_names[int(data.targets[worst])]} → ")
    drawn = item.icon().pixmap(40, 40).toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = data.inputs[worst].reshape(data.image)
    row, column = np.unravel_index(pixels.argmax(), pixels.shape)
    high, wide = drawn.height() / data.image[0], drawn.width() / data.image[1]
    ink = drawn.pixelColor(int((column + 0.5) * wide), int((row + 0.5) * high))
    assert ink.lightness() < QColor(LIGHT.plane).lightness() - 100


def test_another_set_is_asked_for_and_an_empty_one_says_so(open_panel, trained, qtbot):
    panel = open_panel(scene_of(trained))
    assert panel.looks == {"answers": Question(VALIDATION)}
    with qtbot.waitSignal(panel.looks_changed):
        panel.part.setCurrentIndex(TEST)
        panel.part.activated.emit(TEST)
    assert panel.looks == {"answers": Question(TEST)}
    panel.show_scene(scene_of(trained, TEST))
    assert "No point is in the test set" in panel._empty.text() and panel._empty.isVisible()


def test_a_regression_has_residuals_and_no_matrix(open_panel):
    run = Run(Experiment(dataset="sine", layers=(4,)))
    panel = open_panel(scene_of(run))
    panel.buttons[1].click()
    assert [button.text() for button in panel.buttons] == ["Predicted", "Residuals", "Worst ones"]
    x, y = panel.residuals._dots.getData()
    data = run.experiment.dataset
    chosen = data.sets == VALIDATION
    predicted = run.predict(data.inputs[chosen])
    assert np.array_equal(x, predicted[:, 0]) and np.array_equal(y, (data.targets[chosen] - predicted)[:, 0])


def test_the_calibration_of_runs_of_the_same_points_lies_beside(open_panel, trained, digits):
    def beside(run, colour):
        snapshot = scene_of(run).snapshot._replace(run=colour)
        return Shown("other", colour, snapshot)

    panel = open_panel(scene_of(trained, others=(beside(trained, 3), beside(digits, 4))), page=1)
    assert panel.calibration._others == (3,)
    found = answers(trained, Question()).of.reliability
    x, y = panel.calibration._dots.getData()
    assert np.array_equal(y, found.right[found.counts > 0]) and np.array_equal(x, found.confidence[found.counts > 0])
    assert f"{100 * found.error:.1f} %" in panel.reading.text()


@pytest.mark.parametrize("page", [0, 1, 2])
def test_each_page_gives_its_numbers_and_is_drawn_in_both_themes(open_panel, trained, page):
    panel = open_panel(scene_of(trained), page)
    names, columns = panel.table()
    assert len(names) == len(columns) and len({len(column) for column in columns}) == 1 and columns[0]
    panel.set_colors(DARK)
    panel.grab()


def test_hidden_the_panel_draws_nothing(open_panel, trained, monkeypatch):
    panel = open_panel(scene_of(trained))
    panel.hide()
    monkeypatch.setattr(panel, "_draw", lambda: pytest.fail("it is hidden"))
    panel.show_scene(scene_of(trained))


def test_a_matrix_of_many_classes_is_a_heat_map(qtbot):
    matrix = Matrix(LIGHT)
    qtbot.addWidget(matrix)
    matrix.resize(300, 200)
    names = [f"class {number}" for number in range(40)]
    matrix.show_counts(names, np.eye(40, dtype=int) * 1000, np.ones(40), np.full(40, np.nan))
    picture = matrix.grab().toImage()
    inside = matrix._box(5, 5).center().toPoint()
    assert picture.pixelColor(inside) != picture.pixelColor(matrix._box(5, 9).center().toPoint())


# in the window


def test_wrong_points_are_ringed_while_the_panel_is_seen_and_selected_by_a_press(qtbot):
    window = open_window(qtbot, Session(Experiment(layers=(4,), epochs=12, noise=0.5)))
    window.charts.choose_tab("answers")
    window.charts.complete()
    window.session.play()
    qtbot.waitUntil(lambda: not window.session.is_running and bool(window._scene.wrong), timeout=LONG)
    worst = list(window._scene.seen("answers").worst)
    assert list(window.canvas._ringed) == worst
    panel = window.charts.panel("answers")
    panel.buttons[2].click()
    panel.list.setCurrentRow(0)
    assert window.canvas.selection == (worst[0],)
    assert "answers" in window.looks
    window.charts.choose_tab("runs")
    assert "answers" not in window.looks
    qtbot.waitUntil(lambda: not window.canvas._ringed, timeout=LONG)


def test_no_other_points_are_ringed_than_those_that_were_asked_for(trained):
    scene = scene_of(trained)
    assert list(scene.wrong) == answers(trained, Question()).worst.tolist()
    assert scene._replace(data=Experiment(noise=0.6).dataset).wrong == ()


def test_what_is_hidden_is_computed_by_nobody(qtbot, monkeypatch):
    counts = dict.fromkeys(("answers", "augmented"), 0)

    def counted(row):
        def look(run, request):
            counts[row.key] += 1
            return row.look(run, request)

        return row._replace(look=look) if row.key in counts else row

    monkeypatch.setattr(views, "VIEWS", tuple(map(counted, views.VIEWS)))
    window = open_window(qtbot, Session(Experiment(layers=(4,), epochs=40, augment=True)), tab="runs")
    window.session.play()
    qtbot.waitUntil(lambda: not window.session.is_running and window._scene.snapshot.epoch == 40, timeout=LONG)
    assert counts == {"answers": 0, "augmented": 0}
    window.charts.choose_tab("answers")
    window.charts.complete()
    window.stage.choose_view("augmented")
    qtbot.waitUntil(lambda: all(counts.values()), timeout=LONG)


def test_the_panel_follows_to_a_past_epoch(qtbot):
    window = open_window(qtbot, Session(Experiment(layers=(4,), epochs=12)))
    window.charts.choose_tab("answers")
    window.charts.complete()
    window.session.play()
    qtbot.waitUntil(lambda: not window.session.is_running and window._scene.seen("answers") is not None, timeout=LONG)
    now = window._scene.seen("answers")
    window.session.look_at(3)

    def is_there():
        seen = window._scene.seen("answers")
        return window._scene.snapshot.looked == 3 and not np.array_equal(seen.of.confidence, now.of.confidence)

    qtbot.waitUntil(is_there, timeout=LONG)
    run = Run(window.session.experiment)
    run.advance(12 * run.batches)
    past = next(found for found in seek(run, 3) if found is not None)
    expected = answers(past, Question())
    assert np.array_equal(window._scene.seen("answers").of.confidence, expected.of.confidence)


# readings of the surface


def test_confidence_is_the_largest_probability(trained):
    seen = surface(trained, Region(resolution=16))
    read = confidence(seen)
    assert read.reading == CONFIDENCE and np.array_equal(read.values[..., 0], seen.values.max(axis=2))


def test_the_difference_of_two_runs_is_their_answers_subtracted(trained):
    other = Run(trained.experiment)
    region = Region(resolution=16)
    one, two = surface(trained, region), surface(other, region)
    read = difference(one, two)
    assert read.reading == DIFFERENCE
    assert np.array_equal(read.values[..., 0], one.values[..., 1] - two.values[..., 1]) and read.values.any()
    coarse = surface(other, region._replace(resolution=6))
    assert np.array_equal(difference(one, coarse).values[0, 0], one.values[0, 0, 1:] - coarse.values[0, 0, 1:])
    assert difference(one, surface(other, Region((0.0, 1.0, 0.0, 1.0), 16))) is None
    three = Surface(np.array([[[0.2, 0.3, 0.5]]], np.float32), one.extent, 1)
    four = Surface(np.array([[[0.5, 0.3, 0.2]]], np.float32), one.extent, 1)
    assert difference(three, four).values.item() == pytest.approx(0.3)


def test_the_planes_menu_offers_readings_and_what_there_is_to_compare_with(qtbot, trained):
    reading = Reading(None)
    scene = scene_of(trained)
    seen = surface(trained, Region(resolution=16))
    menu = QMenu()
    qtbot.addWidget(menu)
    reading.fill(menu, scene)
    assert [action.isEnabled() for action in menu.actions()] == [True, True, False]
    assert reading.of(seen, scene) is seen
    menu.actions()[1].trigger()
    assert reading.kind == CONFIDENCE and reading.of(seen, scene).reading == CONFIDENCE
    other = surface(Run(trained.experiment), Region(resolution=16))
    beside = made_up_snapshot(3, trained.experiment)._replace(
        run=2, experiment=trained.experiment, seen={"surface": other}
    )
    scene = scene._replace(others=(Shown("the other", 1, beside),))
    menu.clear()
    reading.fill(menu, scene)
    assert menu.actions()[2].isEnabled() and "the other" in menu.actions()[2].text()
    menu.actions()[2].trigger()
    assert np.array_equal(reading.of(seen, scene).values, difference(seen, other).values)


def test_a_reading_is_painted_in_its_own_colours_with_a_key(qtbot, open_window, trained):
    window = open_window()
    before = window.canvas.grab().toImage()
    window.reading.choose(CONFIDENCE)
    after = window.canvas.grab().toImage()
    area = window.canvas._inside()
    spot = (area.bottomRight() - QPointF(20, 20)).toPoint()  # class 1 is certain there
    accent, here = QColor(LIGHT.accent), after.pixelColor(spot)
    assert before.pixelColor(spot) != here and abs(here.hue() - accent.hue()) < 12
    key = (area.topLeft() + QPointF(14, 12)).toPoint()
    assert after.pixelColor(key).lightness() > 245 > before.pixelColor(key).lightness()


# augmentation


@pytest.fixture
def stage_view(qtbot):
    view = AugmentedView(LIGHT)
    qtbot.addWidget(view)
    view.resize(480, 480)
    view.show()
    return view


def augmented_scene(run, draw=0):
    snapshot = made_up_snapshot(3, run.experiment)._replace(
        experiment=run.experiment, seen={"augmented": augmented(run, Draw(draw))}
    )
    return Scene(run.experiment, run.experiment.dataset, snapshot)


def test_without_augmentation_the_view_asks_for_nothing_and_offers_to_switch_it_on(stage_view, qtbot):
    stage_view.show_scene(Scene(Experiment()))
    assert stage_view.looks == {} and stage_view.notes.isVisible()
    with qtbot.waitSignal(stage_view.wanted) as heard:
        stage_view.notes.button.click()
    assert heard.args == [{"augment": True}]


def test_points_are_drawn_where_a_batch_sees_them_anew_each_second(stage_view, qtbot):
    run = Run(Experiment(augment=True, layers=()))
    stage_view.show_scene(augmented_scene(run))
    first = stage_view.looks["augmented"]
    found = augmented(run, Draw(0))
    assert np.array_equal(stage_view.plane.dataset.inputs, found.after)
    assert np.array_equal(stage_view.plane._from, found.before)
    assert stage_view.told.text().startswith("Jitter 0.1")
    with qtbot.waitSignal(stage_view.looks_changed, timeout=3000):
        pass
    assert stage_view.looks["augmented"] != first
    names, columns = stage_view.table()
    assert len(names) == len(columns) == 7 and columns[1] == found.before[:, 0].tolist()
    stage_view.hide()
    assert not stage_view._timer.isActive()
    stage_view.show()
    stage_view.set_colors(DARK)
    stage_view.grab()


def test_a_flip_that_changes_the_meaning_of_digits_is_said(stage_view):
    run = Run(Experiment(dataset="digits", augment=True, augment_flip_horizontal=True, layers=()))
    stage_view.show_scene(augmented_scene(run))
    assert stage_view.pairs.isVisible() and stage_view.warning.isVisible()
    assert "Flip left–right changes what images mean" in stage_view.warning.text()
    assert "A mirrored 2 is no 2." in stage_view.warning.text()
    assert "surface" not in stage_view.looks
    stage_view.grab()
    plain = Run(Experiment(dataset="digits", augment=True, layers=()))
    stage_view.show_scene(augmented_scene(plain))
    assert stage_view.warning.isHidden()


def test_the_stages_buttons_explain_and_take_along_the_view_that_is_seen(open_window):
    window = open_window()
    takeaway = window.stage.takeaway
    assert "The colour is what the network answers" in takeaway.text
    takeaway._menu.aboutToShow.emit()
    assert [action.isEnabled() for action in takeaway._menu.actions()] == [True] * 4
    window.stage.choose_view("augmented")
    assert "a mirrored 2 is no 2" in takeaway.text


def test_the_plane_is_taken_along_sharp_and_its_points_as_numbers(open_window, tmp_path):
    from playground.ui.plots.export import Export
    from playground.ui.plots.sheet import Sheet

    window = open_window()
    before = window.canvas.size()
    export = Export(window.canvas, "plane", table=window.canvas.table)
    for ending in (".png", ".svg", ".pdf"):
        export.write(tmp_path / f"a{ending}", Sheet(12, 12, 300))
    picture = QImage(str(tmp_path / "a.png"))
    assert picture.width() == picture.height() == 1417 and window.canvas.size() == before
    assert window.canvas._ratio is None
    export.write(tmp_path / "a.csv")
    head, *rows = (tmp_path / "a.csv").read_text().splitlines()
    data = window.canvas.dataset
    assert head == "x1,x2,class,set" and len(rows) == data.samples
    x1, x2, label, part = rows[0].split(",")
    assert [float(x1), float(x2)] == data.inputs[0].tolist() and label == data.class_names[int(data.targets[0])]
    assert part == ("train" if window.canvas._shown.sets[0] == TRAIN else "val")
