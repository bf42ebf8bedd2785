"""The panel of the optimizer: one weight's update, effective rates, sequences of gradients, costs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.session import Session
from playground.training import desk, views
from playground.training.looks import costs as costs_module
from playground.training.looks.costs import SAID, measure_costs
from playground.training.looks.effective import effective_rates
from playground.training.looks.worked import Weight, work_out
from playground.training.run import Run
from playground.training.snapshot import FINISHED, TRAINING, Verdict
from playground.ui.charts import ROWS
from playground.ui.plots import costs as costs_page
from playground.ui.scene import Pick, Scene, Shown
from playground.ui.theme import DARK, LIGHT

from .opening import LONG, open_window

EXPERIMENT = Experiment(samples=60, layers=(5, 4), optimizer="adam", epochs=20)
RATINGS = Experiment(dataset="ratings", samples=400, standardize=False, layers=(8,), optimizer="adagrad", epochs=12)


def trained(experiment=EXPERIMENT, epochs=3):
    run = Run(experiment)
    for _ in range(epochs):
        run.finish_epoch()
    return run


def scene_of(run, looks, looked=None, status=TRAINING, number=1, **more):
    """What the window would show of a run."""
    seen = views.Observer().look(run, looks)
    while not all(getattr(value, "is_whole", True) for value in seen.values()):
        seen = views.Observer().look(run, looks)
    snapshot = desk.take_snapshot(number, run.whole, Verdict("none", ""), seen)
    return Scene(run.experiment, snapshot=snapshot._replace(looked=looked, status=status), **more)


@pytest.fixture
def panel(qtbot):
    made = ROWS["optimizer"].make(LIGHT)
    qtbot.addWidget(made)
    made.resize(480, 260)
    made.show()
    return made


def show(panel, run, **more):
    """Show a run, paused, as the panel asks for it; then what the panel asks for that."""
    status = more.pop("status", FINISHED)
    panel.show_scene(Scene(run.experiment, **more))
    panel.show_scene(scene_of(run, panel.looks, status=status, **more))


def test_a_feature_s_name_is_no_markup(panel):
    points = np.random.default_rng(0).normal(size=(40, 2))
    data = Dataset(points, (points[:, 0] > 0).astype(int), feature_names=("<b>a</b>", "b"), class_names=("x", "y"))
    show(panel, trained(EXPERIMENT.with_data(data)), pick=Pick(0, 0, 0))
    assert "&lt;b&gt;a&lt;/b&gt;" in panel.page.reading.toolTip()


def test_the_rows_are_those_of_the_next_update(panel):
    run = trained()
    show(panel, run, pick=Pick(1, 2, 3))
    page = panel.page
    worked = work_out(run, Weight(1, 2, 3))
    assert page.rows.rows == worked.rows
    assert "m ← β₁·m + (1 − β₁)·g" in page.rows.text and "Δw ← −η·m̂ / (√v̂ + ε)" in page.rows.text
    assert [chooser.currentText() for chooser in (page.layer, page.unit, page.source)] == [
        "layer 2",
        "unit 3",
        "from unit 4",
    ]
    assert page.reading.text().endswith(f"t = {run.updates + 1:,}") and page.box.box.title.startswith("Algorithm 8.6")
    assert panel.title.text() == "How does Adam step?"
    panel.grab()


def test_a_weight_picked_elsewhere_is_asked_for_and_one_picked_here_is_told(panel, qtbot):
    run = trained()
    show(panel, run)
    with qtbot.waitSignal(panel.looks_changed):
        panel.show_scene(Scene(run.experiment, pick=Pick(0, 3, None)))
    assert panel.looks == {"worked": Weight(0, 3, None)}
    show(panel, run, pick=Pick(0, 3, None))
    page = panel.page
    assert page.source.currentText() == "bias"
    with qtbot.waitSignal(panel.picked) as told:
        page.unit.setCurrentIndex(1)
        page.unit.activated.emit(1)
    assert told.args == [Pick(0, 1, None)]


def test_the_stepper_walks_line_by_line_with_the_box_and_then_makes_the_update(panel, qtbot):
    run = trained()
    show(panel, run)
    page, asked = panel.page, []
    panel.asked.connect(lambda *call: asked.append(call))
    lines = []
    for _ in page.rows.rows:
        page.next.click()
        lines.append(page.box.line)
        assert page.rows.at == len(lines) - 1
    assert lines == [row.place for row in page.rows.rows] == sorted(lines) and not asked
    page.next.click()
    assert asked == [("step_update", ())]
    run.advance(1)
    panel.show_scene(scene_of(run, panel.looks, status=FINISHED))
    assert page.rows.at == 0 and page.box.line == page.rows.rows[0].place  # the next update, from its first line
    panel.grab()


def test_a_row_that_is_pointed_at_marks_its_line(panel):
    show(panel, trained())
    page = panel.page
    panel.grab()
    row = 2
    y = next(top for place, top in page.rows.tops if place == row) + 4
    kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    move = QMouseEvent(kind, QPointF(20, y), QPointF(20, y), none, none, Qt.KeyboardModifier.NoModifier)
    page.rows.mouseMoveEvent(move)
    assert page.rows.marked == row and page.box.line == page.rows.rows[row].place
    page.rows.leaveEvent(QEvent(QEvent.Type.Leave))
    assert page.box.line == -1


def test_the_numbers_of_every_page_can_be_taken_along(panel):
    run = trained()
    for key, first in (("formula", "quantity"), ("rates", "epoch"), ("sequence", "gradient"), ("costs", "rule")):
        panel.choose(key)
        show(panel, run)
        table = panel.table()
        assert table.names[0] == first and len(table.names) == len(table.columns)
    panel.choose("formula")
    assert panel.table().columns[4][0] == panel.page.rows.rows[0].result


def test_in_a_look_back_the_update_is_that_of_the_past(panel):
    run = trained(epochs=6)
    panel.show_scene(Scene(EXPERIMENT))
    panel.show_scene(scene_of(run.at(2), panel.looks, looked=2, status=FINISHED))
    assert panel.page._worked.epoch == 3 and panel.page._worked.number == 2 * run.batches + 1


def test_only_the_page_that_is_seen_asks_anything(panel, qtbot):
    assert set(panel.looks) == {"worked"}
    for key, looks in (("rates", {"effective"}), ("sequence", set()), ("costs", set())):
        with qtbot.waitSignal(panel.looks_changed):
            panel.choose(key)
        assert set(panel.looks) == looks


def test_hidden_it_looks_at_nothing(qtbot, session, monkeypatch):
    session.experiment = EXPERIMENT
    window = open_window(qtbot, session)
    window.charts.choose_tab("optimizer")
    window.charts.complete()
    assert "worked" in session.looks
    window.charts.choose_tab("runs")
    assert not {"worked", "effective"} & set(session.looks)
    seen = []
    panel = window.charts.panel("optimizer")
    monkeypatch.setattr(panel.pages["formula"].rows, "show_rows", lambda *call: seen.append(call))
    show(panel, trained())
    assert not seen


def test_stepping_looking_back_and_going_on_with_the_panel_open(qtbot):
    window = open_window(qtbot, Session(EXPERIMENT.change(epochs=200)))
    session = window.session
    window.charts.choose_tab("optimizer")
    window.charts.complete()
    page = window.charts.panel("optimizer").page

    def number():
        return page._worked.number if page._worked is not None else 0

    qtbot.waitUntil(lambda: number() == 1, timeout=LONG)
    session.step_update()
    qtbot.waitUntil(lambda: number() == 2, timeout=LONG)
    session.toggle()
    qtbot.waitUntil(lambda: not session.is_running, timeout=LONG)
    qtbot.waitUntil(lambda: page._worked.epoch == 201, timeout=LONG)
    session.look_at(10)
    qtbot.waitUntil(lambda: page._worked.epoch == 11, timeout=LONG)
    session.look_at(None)
    qtbot.waitUntil(lambda: page._worked.epoch == 201, timeout=LONG)
    assert number() == 200 * page._worked.batches + 1
    window._pick(Pick(1, 0, None))
    qtbot.waitUntil(lambda: page._worked.weight == Weight(1, 0, None), timeout=LONG)


# --- rates ---


def test_features_are_drawn_and_the_rarest_and_commonest_named(panel):
    run = trained(RATINGS, 12)
    panel.choose("rates")
    show(panel, run)
    page, found = panel.page, effective_rates(run, False)
    assert page.is_by_feature and len(page.lines.curves) == len(found.names)
    rare = int(found.shares.argmin())
    drawn = {tuple(np.round(curve[1], 9)) for curve in page.lines.curves}
    assert tuple(np.round(np.log10(found.features[:, rare]), 9)) in drawn
    named = [item.toPlainText() for item in page._names if item.isVisible()]
    assert len(named) == 2 and named[0].startswith(f"{found.names[rare]}, rarest")
    table = page.table()
    assert table.names == ("epoch", *found.names) and table.columns[1] == found.features[:, 0].tolist()
    panel.grab()


def test_standardized_features_are_told_to_be_all_as_loud(panel, qtbot):
    panel.choose("rates")
    show(panel, trained(RATINGS.change(standardize=True), 3))
    assert panel.page.reading.text().startswith("Standardized") and panel.page.off.isVisible()
    with qtbot.waitSignal(panel.asked) as told:
        panel.page.off.click()
    assert told.args == ["try_remedy", ({"standardize": False},)]
    show(panel, trained(RATINGS, 3))
    assert not panel.page.off.isVisible()


def test_layers_are_drawn_as_a_band_and_a_median_each_and_runs_are_laid_over(panel):
    run, other = trained(epochs=8), trained(EXPERIMENT.change(optimizer="rmsprop"), 8)
    panel.choose("rates")
    show(panel, run)
    page, found = panel.page, effective_rates(run, False)
    assert len(page.lines.curves) == 6 and not page.chooser.isVisible()
    for layer in range(3):
        assert page.lines.curves[3 + layer][1] == pytest.approx(np.log10(found.layers[:, layer, 2]))
    beside = Shown("other", 1, scene_of(other, panel.looks, number=2).snapshot)
    show(panel, run, others=(beside,), name="mine", pick=Pick(1, 0, 0))
    expected = effective_rates(other, False).layers[:, 1, 2]
    assert {item.toPlainText() for item in page._names if item.isVisible()} == {"mine", "other"}
    assert len(page.lines.curves) == 3 and page.lines.curves[1][1] == pytest.approx(np.log10(expected))
    panel.set_colors(DARK)
    panel.grab()


def test_a_look_back_leaves_the_axes_and_makes_what_came_later_fainter(panel):
    run = trained(epochs=10)
    panel.choose("rates")
    show(panel, run)
    ranges = panel.page.chart.seen
    panel.show_scene(scene_of(run.at(4), panel.looks, looked=4, status=FINISHED))
    assert panel.page.chart.seen == ranges and panel.page.lines._moment == 4


# --- sequences ---


def test_a_typed_sequence_goes_through_every_rule(panel):
    panel.choose("sequence")
    show(panel, trained())
    page = panel.page
    assert page.chosen.title == "Adam" and len(page.responses) == page.list.rowCount() > 14
    page.field.setText("1 x3")
    page.field.editingFinished.emit()
    sgd = page.responses[0]
    assert sgd.title == "SGD" and sgd.steps == (-1, -1, -1) and page.list.item(0, 1).text() == "−3"
    page.list.selectRow(0)
    assert page.bars.opts["height"].tolist() == [-1, -1, -1]
    page.field.setText("many")
    page.field.editingFinished.emit()
    assert page.field.property("state") == "wrong" and "no gradient" in page.reading.text()
    assert page.responses[0] is sgd
    panel.grab()


def test_what_past_gradients_weigh_stands_beside(panel):
    panel.choose("sequence")
    show(panel, trained(EXPERIMENT.change(optimizer="adadelta")))
    assert ".05, .0475, .0451, .0429, .0407, …" in panel.page.words.text()


# --- costs ---


def test_costs_are_measured_when_asked_in_a_thread_of_their_own(panel, qtbot, monkeypatch):
    monkeypatch.setattr(costs_module, "SECONDS", 0.001)
    panel.choose("costs")
    show(panel, trained())
    page = panel.page
    assert not page.costs and not page.list.isVisible()
    QTest.mouseClick(page.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(page.costs), timeout=30_000)
    assert page.list.rowCount() == len(page.costs) == 16 and page.list.item(0, 0).text() == "GD, all points"
    panel.grab()


def test_a_measurement_can_be_given_up(panel, qtbot, monkeypatch):
    def endless(experiment, report):
        while True:
            report(0.5)

    monkeypatch.setattr(costs_page, "measure_costs", endless)
    panel.choose("costs")
    show(panel, trained())
    page = panel.page
    page.measure()
    qtbot.waitUntil(lambda: "50 %" in page.reading.text())
    page.button.click()
    qtbot.waitUntil(lambda: page.reading.text() == "given up")
    assert page.button.text() == "Measure here" and not page.costs


def test_the_memory_of_a_rule_is_what_its_run_keeps(monkeypatch):
    monkeypatch.setattr(costs_module, "SECONDS", 0.001)
    found = {cost.key: cost for cost in measure_costs(EXPERIMENT)}
    parameters = trained(epochs=0).parameters
    for key, slots in (("sgd", 0), ("momentum", 1), ("adam", 2), ("amsgrad", 3)):
        assert found[key].slots == slots and found[key].memory == 4 * slots * parameters
    assert found["gd"].batch == found["one"].batch * len(EXPERIMENT.dataset.inputs[EXPERIMENT.dataset.sets == 0])
    assert all(cost.update > 0 and cost.epoch >= cost.update and cost.alone > 0 for cost in found.values())
    assert set(SAID) <= set(found)
    normalized = {cost.key for cost in measure_costs(EXPERIMENT.change(normalization="batch"))}
    assert "one" not in normalized  # batch normalization needs two points
