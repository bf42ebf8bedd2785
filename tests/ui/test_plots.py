"""The charts: markers stand where the snapshot says, and nothing flattens, moves or costs what it should not."""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetrics, QImage, QMouseEvent, QPalette, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QMessageBox,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.kernels.columns import COLUMNS
from playground.model import spool
from playground.model.experiment import Experiment
from playground.training.history import NormSeries
from playground.training.snapshot import DIVERGED, FINISHED, STOPPED_EARLY, TRAINING, Snapshot, Verdict
from playground.ui.charts import ROWS
from playground.ui.plots import loss as plots_loss
from playground.ui.plots import others as plots_others
from playground.ui.plots.chart import Chart
from playground.ui.plots.export import PICTURES, TABLES, Export, Table
from playground.ui.plots.numbers import Metric
from playground.ui.plots.others import PAUSE, WIDTH, Others, tabled
from playground.ui.plots.readout import WIDEST
from playground.ui.plots.series import MOST_BUCKETS, Digest, cut, is_noisy
from playground.ui.plots.sheet import PRESETS, Sheet, SheetDialog
from playground.ui.plots.units import hue
from playground.ui.scales import ceiling, figures, spread
from playground.ui.scene import Lane, Scene, Shown
from playground.ui.theme import DARK, LIGHT, contrast, font


def a_history(epochs=60, penalty=0.0, noise=0.0) -> np.ndarray:
    """A run whose validation loss is lowest in epoch 24 of 60."""
    epoch = np.arange(1.0, epochs + 1)
    wobble = noise * np.random.default_rng(0).standard_normal((2, epochs))
    data = 0.7 * np.exp(-epoch / 10) + 0.02 + np.abs(wobble[0])
    validation = 0.3 + 0.0002 * np.minimum((epoch - 24) ** 2, 2500) + np.abs(wobble[1])
    cost = np.full(epochs, penalty)
    columns = (epoch, data + cost, validation + cost, data, cost, 1 - data, 1 - validation, np.full(epochs, 0.01))
    return np.column_stack([*columns, epoch / 50])


def a_scene(history, status=TRAINING, stopped=None, restored=None, norms=(), kind="none", others=(), **more) -> Scene:
    losses = history[:, COLUMNS.index("val_loss")]
    best = int(history[np.nanargmin(losses), 0]) if len(history) and np.isfinite(losses).any() else None
    verdict = Verdict("none", "")
    snapshot = Snapshot(
        1, len(history), status, history, best, stopped, restored, verdict, 1.0, 33, seen={"norms": norms}, **more
    )
    penalty = "l2" if history[:, COLUMNS.index("penalty")].any() else "none"
    return Scene(Experiment(normalization=kind, penalty=penalty), snapshot=snapshot, others=tuple(others))


def another(name, history, run=2, colour=0) -> Shown:
    return Shown(name, colour, a_scene(history, FINISHED).snapshot._replace(run=run))


def a_series(layer=1, epochs=50, units=8) -> NormSeries:
    values = np.cumsum(np.random.default_rng(layer).standard_normal((4, epochs, units)), axis=1) / 10
    return NormSeries(layer, np.arange(epochs), values[0], np.abs(values[1]), values[2], values[3])


@pytest.fixture
def loss(qtbot):
    return shown(qtbot, ROWS["loss"].make(LIGHT))


@pytest.fixture
def norms(qtbot):
    return shown(qtbot, ROWS["norms"].make(LIGHT))


def shown(qtbot, widget):
    qtbot.addWidget(widget)
    widget.resize(500, 320)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def press(plot, text):
    button = next(found for found in plot.findChildren(QToolButton) if found.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def mark(plot, words):
    """The vertical line whose words begin so."""
    return next((found for found in plot._overlay.marks if found.text.startswith(words)), None)


def ranges(plot):
    (x_low, x_high), (y_low, y_high) = plot.findChild(Chart).getViewBox().viewRange()
    return x_low, x_high, y_low, y_high


def hover(chart, share=0.5):
    """Put the cursor into the plot area, at that share of its width."""
    area = chart.getViewBox().sceneBoundingRect()
    spot = QPointF(chart.mapFromScene(area.left() + share * area.width(), area.center().y()))
    none = Qt.MouseButton.NoButton
    place = chart.viewport().mapToGlobal(spot)
    # sent, not moved: a real pointer belongs to the window system
    move = QMouseEvent(QEvent.Type.MouseMove, spot, place, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(chart.viewport(), move)


def test_the_markers_stand_at_the_best_epoch_and_at_the_stop(loss):
    loss.show_scene(a_scene(a_history()[:29], STOPPED_EARLY, 29, 24))
    assert loss.marker_epochs() == {"best": 24, "stopped": 29, "restored": 24}


def test_a_run_that_was_not_stopped_has_no_such_marker(loss):
    loss.show_scene(a_scene(a_history(), FINISHED))
    assert loss.marker_epochs() == {"best": 24, "stopped": None, "restored": None}


def test_the_best_marker_lies_on_the_validation_curve(loss):
    history = a_history()
    loss.show_scene(a_scene(history))
    assert (best := mark(loss, "best: epoch 24")).x == 24 and best.y == pytest.approx(history[23, 2])
    press(loss, "accuracy")
    assert mark(loss, "best loss: epoch 24").y == pytest.approx(history[23, 6])


def test_one_enormous_loss_does_not_flatten_the_others(loss):
    history = a_history()
    history[50, 1], history[51, 1], history[52, 2] = 1e308, np.inf, np.nan
    loss.show_scene(a_scene(history))
    assert ranges(loss)[3] < 2
    press(loss, "log")
    assert ranges(loss)[3] < 1
    loss.grab()


def test_a_run_that_is_all_nan_is_drawn(loss):
    history = a_history(50)
    history[:, 1:7] = np.nan
    loss.show_scene(a_scene(history))
    loss.grab()
    assert loss.marker_epochs()["best"] is None


def test_the_axis_grows_in_steps(loss):
    seen = set()
    for epochs in range(21, 400):
        loss.show_scene(a_scene(a_history(epochs)))
        seen.add(ranges(loss)[1])
    assert max(seen) >= 399
    assert len(seen) < 15


def test_an_ended_run_fills_the_chart(loss):
    loss.show_scene(a_scene(a_history(43), FINISHED))
    assert ranges(loss)[1] == 43


def test_under_the_cursor_the_chart_only_grows(loss, monkeypatch):
    loss.show_scene(a_scene(a_history(90)))
    before = ranges(loss)
    chart = loss.findChild(Chart)
    monkeypatch.setattr(chart, "underMouse", lambda: True)
    loss.show_scene(a_scene(a_history(95), FINISHED))
    assert ranges(loss) == before


def test_a_new_run_starts_a_new_axis(loss):
    loss.show_scene(a_scene(a_history(900)))
    loss.show_scene(a_scene(a_history(3)))
    assert ranges(loss)[1] == 20


def test_the_cursor_reads_the_numbers_of_its_epoch(loss):
    history = a_history()
    loss.show_scene(a_scene(history, FINISHED))
    before = ranges(loss)
    hover(loss.findChild(Chart), 0.5)
    epoch = int(mark(loss, "epoch").text.removeprefix("epoch "))
    assert abs(epoch - 30) <= 1
    assert figures(history[epoch - 1, 1]) in loss._readout.text
    assert ranges(loss) == before


def test_the_readout_tells_the_restored_epoch_where_one_was_restored(loss):
    history = a_history()
    loss.show_scene(a_scene(history, STOPPED_EARLY, stopped=60, restored=24))
    assert figures(history[23, 2]) in loss._readout.text and figures(history[59, 2]) not in loss._readout.text


def test_the_readout_tells_the_terms_of_the_loss_where_a_penalty_is_on(loss):
    loss.show_scene(a_scene(a_history()))
    assert "penalty" not in loss._readout.text
    loss.show_scene(a_scene(a_history(penalty=0.25)))
    assert "penalty 0.2500" in loss._readout.text


def test_accuracy_is_told_in_percent_and_r2_as_a_number(loss):
    history = a_history()
    history[-1, 5] = 0.975
    loss.show_scene(a_scene(history))
    assert "97.5 %" in loss._readout.text
    loss.set_metric(Metric("R²"))
    assert "R²: 0.9750" in loss._readout.text
    assert "RMSE" not in loss._readout.text


def test_the_error_of_a_regression_is_told_in_its_own_units(loss):
    history = a_history()
    history[-1, 5:7] = 0.75, math.nan
    loss.show_scene(a_scene(history))
    loss.set_metric(Metric("R²", (1000.0, 2000.0)))
    assert "RMSE: 500.0, –" in loss._readout.text


def test_without_a_run_it_says_what_to_do(loss):
    loss.show_scene(Scene(Experiment()))
    assert "play" in loss._overlay.message
    for status, words in ((TRAINING, "after the first epoch"), (DIVERGED, "diverged")):
        loss.show_scene(a_scene(a_history()[:0], status))
        assert words in loss._overlay.message
    loss.show_scene(a_scene(a_history()))
    assert loss._overlay.message == ""


def test_an_axis_name_that_changes_stays_at_the_axis_middle(loss):
    loss.show_scene(a_scene(a_history()))
    axis = loss.chart.getAxis("left")
    for name in ("accuracy", "loss"):
        press(loss, name)
        middle = axis.label.pos().y() - axis.label.boundingRect().width() / 2
        assert middle == pytest.approx(axis.size().height() / 2, abs=1)


def test_a_hidden_chart_draws_nothing_and_catches_up(loss, monkeypatch):
    drawn = []
    original = loss._draw
    monkeypatch.setattr(loss, "_draw", lambda: (drawn.append(1), original()))
    loss.hide()
    loss.show_scene(a_scene(a_history()))
    assert not drawn
    loss.show()
    assert loss.marker_epochs()["best"] == 24


def test_noise_is_smoothed_with_the_raw_data_faint_behind(loss):
    loss.show_scene(a_scene(a_history(400, noise=0.3)))
    *_, (_, raw), _, (_, trend) = loss.curves.curves
    assert np.abs(np.diff(trend)).mean() < np.abs(np.diff(raw)).mean() / 4


def test_axis_labels_show_html_as_text(qtbot):
    chart = Chart(LIGHT, "<b>epoch</b>", "loss")
    qtbot.addWidget(chart)
    assert "&lt;b&gt;" in chart.getAxis("bottom").labelString()


def test_a_history_of_a_hundred_thousand_epochs_is_drawn_quickly(loss):
    scene = a_scene(a_history(100_000, noise=0.1))
    loss.show_scene(scene)
    start = time.perf_counter()
    loss.show_scene(scene)
    assert time.perf_counter() - start < 0.25  # 5 ms here; a busy machine may take its time
    assert all(len(x) <= 2 * MOST_BUCKETS + 2 for x, _ in loss.curves.curves)


def test_a_frame_makes_no_new_items(loss, norms):
    count = lambda: sum(len(chart.scene().items()) for plot in (loss, norms) for chart in plot.findChildren(Chart))  # noqa: E731
    for epochs in range(2000, 2010):
        for plot in (loss, norms):
            plot.show_scene(a_scene(a_history(epochs), norms=(a_series(epochs=epochs, units=64),)))
        if epochs == 2001:
            before = count()
    assert count() == before


def test_colours_may_change_while_a_run_is_shown(loss, norms):
    scene = a_scene(a_history(), STOPPED_EARLY, 60, 24, (a_series(),))
    for plot in (loss, norms):
        plot.show_scene(scene)
        plot.set_colors(DARK)
        plot.grab()
    assert loss.marker_epochs()["best"] == 24


# a look back


def ink(plot, color, share_from, share_to):
    """How many pixels of about a colour lie in a part of the chart's width."""
    wanted = QColor(color).getRgb()
    image = plot.chart.grab().toImage()
    area = plot.chart.mapFromScene(plot.chart.getViewBox().sceneBoundingRect()).boundingRect()
    left, width = area.left(), area.width()
    columns = range(int(left + share_from * width) + 2, int(left + share_to * width) - 2)
    rows = range(area.top(), area.bottom())
    away = lambda x, y: sum(abs(a - b) for a, b in zip(image.pixelColor(x, y).getRgb(), wanted))  # noqa: E731
    return sum(away(x, y) < 120 for x in columns for y in rows)


def test_a_look_back_tells_the_numbers_of_its_epoch(loss):
    history = a_history()
    loss.show_scene(a_scene(history, STOPPED_EARLY, 60, 24, looked=12))
    assert mark(loss, "epoch 12").x == 12
    assert figures(history[11, 2]) in loss._readout.text and "epoch 12" in loss._readout.text
    loss.show_scene(a_scene(history, STOPPED_EARLY, 60, 24))
    assert figures(history[23, 2]) in loss._readout.text and mark(loss, "epoch 12") is None


def test_a_look_back_at_the_start_tells_no_numbers_of_another_moment(loss):
    loss.show_scene(a_scene(a_history(), FINISHED, looked=0))
    assert "training –, validation –" in loss._readout.text and "epoch 0" in loss._readout.text


def test_a_look_back_leaves_curves_and_marks_whole_and_what_came_after_fainter(loss):
    loss.show_scene(a_scene(a_history(), FINISHED))
    before = ink(loss, LIGHT.training, 0.5, 1)
    whole = [x[-1] for x, _ in loss.curves.curves if len(x)]
    loss.show_scene(a_scene(a_history(), FINISHED, looked=20))
    assert [x[-1] for x, _ in loss.curves.curves if len(x)] == whole
    assert loss.marker_epochs()["best"] == 24 == mark(loss, "best").x
    assert ink(loss, LIGHT.training, 0.5, 0.9) < before / 4
    assert ink(loss, LIGHT.training, 0, 0.3) > 50


def test_the_cursor_reads_its_own_epoch_in_a_look_back(loss):
    history = a_history()
    loss.show_scene(a_scene(history, FINISHED, looked=10))
    hover(loss.chart, 0.5)
    epoch = int(mark(loss, "epoch 3").text.removeprefix("epoch "))
    assert figures(history[epoch - 1, 1]) in loss._readout.text


def test_the_axes_of_normalization_stay_those_of_the_whole_run_in_a_look_back(norms):
    series = a_series(epochs=401)
    past = NormSeries(1, *(vector[:51] for vector in series[1:6]))
    norms.show_scene(a_scene(a_history(400), FINISHED, norms=(series,)))
    whole = [panel.chart.getViewBox().viewRange() for panel in seen(norms)]
    norms.show_scene(a_scene(a_history(400), FINISHED, norms=(past,), looked=50))
    assert [panel.chart.getViewBox().viewRange() for panel in seen(norms)] == whole
    assert seen(norms)[0].lines.boundingRect().right() == 50


# other runs


def test_other_runs_are_drawn_in_their_colours_and_named(loss):
    loss.show_scene(a_scene(a_history(), FINISHED, others=[another("λ 1", a_history(30, penalty=0.2), colour=0)]))
    assert ink(loss, LIGHT.runs[0], 0, 0.5) > 50
    assert ink(loss, LIGHT.runs[0], 0.75, 1) == 0  # it ended at epoch 30
    loss.show_scene(a_scene(a_history(), FINISHED))
    assert ink(loss, LIGHT.runs[0], 0, 1) == 0


def test_other_runs_that_stand_still_are_drawn_once(loss, monkeypatch):
    drawn = []
    original = Others._draw
    monkeypatch.setattr(Others, "_draw", lambda self, *more: (drawn.append(1), original(self, *more)))
    others = [another(str(run), a_history(300), run) for run in (2, 3)]
    for epochs in range(100, 110):
        loss.show_scene(a_scene(a_history(epochs), others=others))
        loss.grab()
    assert len(drawn) == 1


def test_other_runs_that_go_on_take_turns_and_catch_up(loss, qtbot):
    def scene(epochs):
        return a_scene(a_history(500), others=[another("", a_history(epochs), run) for run in range(2, 8)])

    loss.show_scene(scene(100))
    qtbot.wait(int(1000 * PAUSE) + 5)
    loss.show_scene(scene(200))
    ends = lambda: [run.curves[0][0][-1] for run in loss._beside.runs]  # noqa: E731
    assert sorted(ends()) == [100.0] * 4 + [200.0] * 2
    qtbot.waitUntil(lambda: ends() == [200.0] * 6)


def test_the_axis_reaches_to_the_longest_run_that_leaves_the_one_in_hand_room(loss):
    loss.show_scene(a_scene(a_history(100), FINISHED, others=[another("longer", a_history(700))]))
    assert ranges(loss)[1] == 700
    loss.show_scene(a_scene(a_history(200), FINISHED, others=[another("much longer", a_history(90_000))]))
    assert ranges(loss)[1] == 2000


def test_a_run_that_flew_away_does_not_flatten_the_one_in_hand(loss):
    wild = a_history()
    wild[:, 1:3] *= 1000
    loss.show_scene(a_scene(a_history(), FINISHED, others=[another("η 10", wild)]))
    assert ranges(loss)[3] < 2  # it is not in the frame, and takes no room there


def test_the_cursor_reads_all_runs(loss):
    others = [another("λ 1", a_history(penalty=0.25), 2), another("short", a_history(10), 3)]
    loss.show_scene(a_scene(a_history(), FINISHED, others=others))
    hover(loss.chart, 0.5)
    own, penalized, short = loss._overlay.readings
    assert float(penalized.values[0]) == pytest.approx(float(own.values[0]) + 0.25, abs=1e-3)
    assert short.values == ("–", "–")


def test_curves_are_as_wide_as_the_theme_says(loss):
    loss.show_scene(a_scene(a_history()))
    widths, ground = [], QColor(LIGHT.window).value()
    for colors in (LIGHT, LIGHT._replace(curve=3.0)):
        loss.set_colors(colors)
        image, area = loss.chart.grab().toImage(), loss.chart.getViewBox().sceneBoundingRect()
        rows = range(int(area.center().y()), int(area.bottom()))  # the training curve lies there alone
        darkness = [ground - image.pixelColor(int(area.right()) - 90, row).value() for row in rows]
        widths.append(sum(found for found in darkness if found > 40) / max(darkness))
    assert widths == pytest.approx([2, 3], abs=0.5)


def seeds_of(lane, *epochs, first=2):
    """Runs of one lane, whose losses differ."""
    runs = []
    for number, count in enumerate(epochs, first):
        history = a_history(count)
        history[:, 1:3] += 0.1 * np.sin(number + np.arange(count) / 30)[:, np.newaxis] * (1.0, 2.0)
        runs.append(another(f"{lane.name}, seed {number}", history, number, 1)._replace(lane=lane))
    return runs


def test_seeds_of_a_race_are_drawn_as_their_mean_in_a_band_of_one_deviation(loss):
    seeds = seeds_of(Lane(1, 0, "Adam"), 60, 50, 55)
    loss.show_scene(a_scene(a_history(40), others=[*seeds[:1], another("alone", a_history(), 9), *seeds[1:]]))
    assert [run.shown.name for run in loss._beside.runs] == ["Adam", "alone"]
    drawn = loss._beside.runs[0]
    values = np.stack([run.snapshot.history[:50, 1:3] for run in seeds])
    for column, (x, y) in enumerate(drawn.curves):
        assert np.array_equal(x, np.arange(1, 51)) and np.array_equal(y, np.mean(values, axis=0)[:, column])
    deviation = np.std(values, axis=0)[:, 1]
    x, y = drawn.wash
    assert np.array_equal(x[:50], np.arange(1, 51)) and np.array_equal(x[50:], x[49::-1])
    assert np.array_equal(y[:50], drawn.curves[1][1] + deviation)
    assert np.array_equal(y[:49:-1], drawn.curves[1][1] - deviation)


def test_a_band_that_grew_equals_one_drawn_at_once(loss):
    whole = [run.snapshot for run in seeds_of(Lane(1, 0, "Adam"), 60, 60)]
    known = np.empty((0, WIDTH))
    for epochs in (0, 1, 17, 18, 60):
        grown = [snapshot._replace(history=snapshot.history[: epochs + late]) for late, snapshot in enumerate(whole)]
        known = np.concatenate([known, tabled(grown, ("train_loss", "val_loss"), len(known))])
    assert len(known) == 60 and np.array_equal(known, tabled(whole, ("train_loss", "val_loss")))


def test_the_lane_in_hand_is_drawn_around_the_run_in_hand(loss):
    lane = Lane(1, 0, "Adam")
    scene = a_scene(a_history(), others=seeds_of(lane, 60, 60))._replace(name="Adam, seed 0", lane=lane)
    loss.show_scene(scene)
    (drawn,) = loss._beside.runs
    own = scene.snapshot.history[:, 1]
    values = np.stack([own, *(run.snapshot.history[:, 1] for run in scene.others)])
    assert drawn.curves[0][1] == pytest.approx(values.mean(axis=0))
    assert loss.curves.curves[3][1] == pytest.approx(own)
    hover(loss.chart, 0.5)
    one, mean = loss._overlay.readings
    row = int(mark(loss, "epoch").x) - 1
    assert one.name == "Adam, seed 0" and one.values[0] == figures(own[row])
    assert mean.name == "Adam" and mean.values[0] == spread(values[:, row].mean(), values[:, row].std())


def test_a_seed_that_diverged_is_in_no_mean(loss):
    first, second, broken = seeds_of(Lane(1, 0, "Adam"), 60, 60, 3)
    broken = broken._replace(snapshot=broken.snapshot._replace(status=DIVERGED))
    loss.show_scene(a_scene(a_history(), others=[first, second, broken]))
    (drawn,) = loss._beside.runs
    assert drawn.shown.name == "Adam, 1 of 3 diverged" and len(drawn.curves[0][0]) == 60


def test_names_lie_on_no_curve_without_a_ground_of_their_own(loss):
    crowd = [another(f"run {run}", a_history(60), run, run) for run in range(2, 7)]
    loss.show_scene(a_scene(a_history(), FINISHED, others=crowd))
    loss.grab()
    assert loss._overlay.zValue() > loss.curves.zValue() > loss._beside.zValue()
    assert [name.text for name in loss._overlay.beside] == [run.name for run in crowd]


def test_the_table_at_the_cursor_leaves_the_cursor_free_and_stays_in_the_frame(loss):
    others = [another("a name that is much too long for a table", a_history(penalty=0.25), 2)]
    loss.show_scene(a_scene(a_history(), FINISHED, others=others))
    for share in (0.1, 0.45, 0.55, 0.9):
        hover(loss.chart, share)
        image, area = loss.chart.grab().toImage(), loss.chart.getViewBox().sceneBoundingRect()
        line, middle = int(area.left() + area.width() * mark(loss, "epoch").x / 60), int(area.top() + 30)
        left, right = (
            any(image.pixelColor(x, middle).name() == LIGHT.panel for x in columns)
            for columns in (range(int(area.left()), line - 4), range(line + 5, int(area.right())))
        )
        assert (left, right) == (share > 0.5, share < 0.5)
        assert image.pixelColor(int(area.right()) + 8, middle).name() == LIGHT.window


# changes


def test_changes_are_marked_and_those_of_one_epoch_joined(loss):
    changes = ((10, {"learning_rate": 0.1}), (10, {"penalty_strength": 2.0}), (30, {"dropout": 0.5}))
    loss.show_scene(a_scene(a_history(), FINISHED, changes=changes))
    assert mark(loss, "η .1, λ 2").x == 10
    assert [found.x for found in loss._overlay.marks] == [24, 10, 30]


# by update, by second


def count_by(plot, key):
    """Choose from the menu at the horizontal axis, by its keys."""
    plot.chart.across_button.menu().popup(plot.mapToGlobal(QPoint(0, 0)))
    QTest.keyClick(plot.chart.across_button.menu(), key)


@pytest.mark.parametrize(("key", "end", "best"), [("update", 300, 120), ("second", 1.2, 24 / 50)])
def test_the_axis_counts_updates_or_seconds(loss, key, end, best):
    count_by(loss, Qt.Key.Key_U if key == "update" else Qt.Key.Key_S)
    loss.show_scene(a_scene(a_history(), FINISHED, batches=5))
    assert ranges(loss)[1] == pytest.approx(end)
    assert mark(loss, "best: epoch 24").x == pytest.approx(best)
    assert loss.chart.getAxis("bottom").labelText == ("update" if key == "update" else "seconds")
    hover(loss.chart, 0.5)
    assert "epoch 30" in mark(loss, key if key == "update" else "0.60 s").text


# nearer


def turn_wheel(chart, notches, share=0.5, place=None):
    area = chart.getViewBox().sceneBoundingRect()
    spot = place or QPointF(area.left() + share * area.width(), area.center().y())
    none, begin = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    angle = QPoint(0, 120 * notches)
    around = QPointF(chart.viewport().mapToGlobal(spot))
    wheel = QWheelEvent(spot, around, QPoint(), angle, none, Qt.KeyboardModifier.NoModifier, begin, False)
    QApplication.sendEvent(chart.viewport(), wheel)


def test_the_wheel_looks_nearer_and_what_is_seen_stays_while_the_curve_grows(loss):
    loss.show_scene(a_scene(a_history(100)))
    assert not loss.chart.fit_button.isVisible()
    turn_wheel(loss.chart, 3)
    nearer = ranges(loss)
    assert nearer[1] - nearer[0] == pytest.approx(100 / 1.25**3) and nearer[0] + nearer[1] == pytest.approx(100, abs=1)
    loss.show_scene(a_scene(a_history(900)))
    assert ranges(loss) == nearer
    QTest.mouseDClick(loss.chart.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert ranges(loss)[:2] == (0, 1000)


def test_the_fit_button_shows_all_again(loss):
    loss.show_scene(a_scene(a_history(100)))
    whole = ranges(loss)
    turn_wheel(loss.chart, 5)
    QTest.mouseClick(loss.chart.fit_button, Qt.MouseButton.LeftButton)
    assert ranges(loss) == whole and not loss.chart.fit_button.isVisible()


def test_a_drag_moves_what_is_seen_and_no_farther_than_there_is_something(loss):
    loss.show_scene(a_scene(a_history(100)))
    view, left = loss.chart.viewport(), Qt.MouseButton.LeftButton

    def drag(way):
        QTest.mousePress(view, left, pos=QPoint(250, 100))
        QTest.mouseMove(view, QPoint(250 + way, 100))
        QTest.mouseRelease(view, left, pos=QPoint(250 + way, 100))

    drag(-80)
    assert ranges(loss)[:2] == (0, 100)  # all is seen already
    turn_wheel(loss.chart, 4)
    before = ranges(loss)
    drag(-20)
    after = ranges(loss)
    assert after[0] > before[0] and after[1] - after[0] == pytest.approx(before[1] - before[0])
    drag(-2000)
    assert ranges(loss)[1] == pytest.approx(100)


def test_the_wheel_over_an_axis_looks_nearer_along_it_alone(loss):
    loss.show_scene(a_scene(a_history(100)))
    whole = ranges(loss)
    area = loss.chart.getViewBox().sceneBoundingRect()
    turn_wheel(loss.chart, 2, place=QPointF(area.center().x(), area.bottom() + 8))
    assert ranges(loss)[2:] == whole[2:] and ranges(loss)[1] < whole[1]


def test_nearer_there_is_more_to_be_seen(loss):
    loss.show_scene(a_scene(a_history(100_000, noise=0.1)))
    turn_wheel(loss.chart, 25)
    left, right, *_ = ranges(loss)
    x, _ = loss.curves.curves[1]
    assert ((x >= left) & (x <= right)).sum() > 0.9 * min(right - left, 2 * loss.chart.columns)


# nothing is cut


def test_what_lies_above_the_frame_leaves_it_and_is_signed(loss):
    history = a_history()
    history[30:40, 1] = 9.9e4
    loss.show_scene(a_scene(history))
    assert ranges(loss)[3] < 2
    (sign,) = loss._overlay.signs
    assert (sign.text, sign.is_above, 31 <= sign.x <= 40) == ("99,000", True, True)
    x, y = loss.curves.curves[3]
    assert y[(x > 31) & (x < 40)].min() > 10 * ranges(loss)[3]


def test_a_log_scale_shows_the_whole_fall(loss):
    history = a_history(1000)
    history[:, 1] = 10.0 ** np.linspace(2, -9, 1000)
    press(loss, "log")
    loss.show_scene(a_scene(history, FINISHED))
    _, _, low, high = ranges(loss)
    assert low <= -9 and high >= 2 and not loss._overlay.signs


def test_a_loss_of_zero_leaves_a_log_scale_at_its_foot(loss):
    history = a_history()
    history[50:, 1] = 0.0
    press(loss, "log")
    loss.show_scene(a_scene(history, FINISHED))
    assert not loss._overlay.signs[0].is_above
    assert loss.curves.curves[3][1][-1] < ranges(loss)[2]


@pytest.mark.parametrize("y", [[0, 2, 0, -3, 0.5], [5, 6, 7], [0, 0.5, 1], [np.nan, 0, 4, np.nan, 0.2]])
def test_a_curve_is_cut_where_it_crosses_the_edge(y):
    x, y = np.arange(float(len(y))), np.array(y, float)
    new_x, new_y = cut(x, y, -1.0, 1.0)
    known = np.isfinite(new_y)
    assert (np.abs(new_y[known]) <= 1 + 1e-6).all()
    assert new_y[known] == pytest.approx(np.interp(new_x[known], x, np.nan_to_num(y, nan=0.0)))
    crossings = ((y[:-1] < 1) & (y[1:] > 1)).sum() + ((y[:-1] > 1) & (y[1:] < 1)).sum()
    assert np.isclose(new_y, 1, atol=1e-6).sum() - (y == 1).sum() == crossings


# the accuracy's view


def test_the_accuracy_s_view_does_not_speak_of_loss_first_and_moves_no_button(loss):
    loss.show_scene(a_scene(a_history()))
    places = {button.text(): button.geometry() for button in loss.findChildren(QToolButton)}
    press(loss, "accuracy")
    QApplication.processEvents()
    assert "loss" not in loss._title.text().lower()
    assert loss._readout.text.startswith("accuracy: training")
    assert {button.text(): button.geometry() for button in loss.findChildren(QToolButton)} == places


# taking it along


def test_ctrl_c_copies_picture_and_numbers(loss):
    history = a_history()
    loss.show_scene(a_scene(history))
    loss.chart.setFocus()
    QTest.keyClick(loss.chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    taken = QApplication.clipboard().mimeData()
    assert taken.imageData().width() == 2 * loss.chart.viewport().width()
    names, first, *rest = taken.text().splitlines()
    assert names.split("\t") == list(COLUMNS) and len(rest) == 59
    assert [float(value) for value in first.split("\t")] == history[0].tolist()


def test_a_chart_is_saved_as_picture_drawing_and_table(loss, monkeypatch, tmp_path):
    history = a_history()
    loss.show_scene(a_scene(history, others=[another('a "wide", one', a_history(30), 2)]))
    turn_wheel(loss.chart, 3)
    answers = [("a.png", PICTURES[".png"]), ("b.svg", PICTURES[".svg"]), ("c", TABLES[".csv"])]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / answers[0][0]), answers.pop(0)[1]))
    for _ in range(2):
        loss.chart.export.save_picture()
        loss.chart.findChildren(SheetDialog)[-1].accept()
    loss.chart.export.save_numbers()
    assert QImage(str(tmp_path / "a.png")).width() == 2 * loss.chart.viewport().width()
    drawing = (tmp_path / "b.svg").read_text()
    assert "<image" not in drawing and "nan" not in drawing and QSvgRenderer(str(tmp_path / "b.svg")).isValid()
    rows = list(csv.reader((tmp_path / "c.csv").read_text().splitlines()))
    assert rows[0] == ["run", *COLUMNS] and len(rows) == 1 + 60 + 30
    assert rows[61][0] == 'a "wide", one' and float(rows[60][2]) == history[59, 1]


def test_a_file_that_cannot_be_written_is_told(loss, monkeypatch, tmp_path):
    loss.show_scene(a_scene(a_history()))
    answer = str(tmp_path / "nowhere" / "a.csv"), TABLES[".csv"]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answer)
    loss.chart.export.save_numbers()
    box = loss.chart.findChild(QMessageBox)
    assert "a.csv" in box.text()
    box.close()


def test_the_context_menu_opens_by_key_and_saves(loss, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: asked.append(1) or ("", ""))
    loss.show_scene(a_scene(a_history()))
    reason, spot = QContextMenuEvent.Reason.Keyboard, QPoint(100, 100)
    QApplication.sendEvent(loss.chart.viewport(), QContextMenuEvent(reason, spot, loss.mapToGlobal(spot)))
    menu = QApplication.activePopupWidget()
    assert [action.text() for action in menu.actions() if action.text()] == [
        "Show a&ll",
        "&Across",
        "&Copy picture",
        "Copy &numbers",
        "&Save picture…",
        "Save nu&mbers…",
    ]
    QTest.keyClick(menu, Qt.Key.Key_M)
    assert asked == [1]


def test_a_plot_is_as_large_on_paper_as_was_asked_for(loss, norms, tmp_path):
    loss.show_scene(a_scene(a_history()))
    norms.show_scene(a_scene(a_history(), norms=(a_series(units=3),)))
    for export in (loss.chart.export, Export(norms, "norms")):
        before = export._widget.size()
        for ending in (".png", ".pdf"):
            export.write(tmp_path / f"a{ending}", Sheet(16, 10, 300))
        picture = QImage(str(tmp_path / "a.png"))
        assert (picture.width(), picture.height()) == (1890, 1181)  # 16 and 10 cm of 2.54 cm an inch
        assert picture.dotsPerMeterX() == 11811
        page = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (tmp_path / "a.pdf").read_bytes())
        assert [float(side) for side in page.groups()] == pytest.approx([453.5, 283.5], abs=1)  # points of 1/72 inch
        assert export._widget.size() == before


def test_a_dark_plot_is_light_on_paper_and_dark_again_on_the_screen(norms, qtbot, tmp_path):
    norms.set_colors(DARK)
    norms.show_scene(a_scene(a_history(), norms=(a_series(units=3),)))
    export = Export(norms, "norms", colors=DARK)
    export.write(tmp_path / "a.png", Sheet(16, 10, 100, is_light=True))
    picture = QImage(str(tmp_path / "a.png"))
    colors = {picture.pixelColor(x, y).name() for x in range(0, 600, 7) for y in range(0, 390, 3)}
    assert picture.pixelColor(2, 388).name() == LIGHT.window and DARK.window not in colors
    assert norms.grab().toImage().pixelColor(200, 100).name() == DARK.window
    assert norms.styleSheet() == "" and norms.palette() == QPalette()


def test_the_dialog_of_sizes_offers_presets_and_any_other(qtbot):
    dialog = SheetDialog(Sheet(10, 8, 192))
    qtbot.addWidget(dialog)
    assert dialog.sheet == Sheet(10, 8, 192)
    dialog.preset.setCurrentIndex(1)
    dialog.preset.activated.emit(1)
    assert dialog.sheet == PRESETS[0][1] == Sheet(16, 10, 300)
    dialog.dots_box.setValue(600)
    assert dialog.sheet == Sheet(16, 10, 600) and dialog.preset.currentText() == "Other"


def test_a_program_ends_well_with_a_picture_on_the_clipboard():
    code = """
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication([])
from playground.ui.plots.export import Export
Export(QWidget(), "a", table=lambda: (("x",), ([1],))).copy()
print(application.clipboard().text().split(), application.clipboard().image().width() > 0)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "['x', '1'] True\n"), ran.stderr


def test_what_a_scroll_bar_took_is_there_in_a_picture_that_needs_none(qtbot):
    plot, area, inner = QWidget(), QScrollArea(widgetResizable=True), QWidget()
    QVBoxLayout(plot).addWidget(area)
    inner.setMinimumHeight(300)
    area.setWidget(inner)
    plot.resize(200, 100)
    qtbot.addWidget(plot)
    plot.show()
    qtbot.waitUntil(area.verticalScrollBar().isVisible)
    with Export(plot, "a")._laid_out(QSize(400, 400), 1.0):
        assert area.viewport().width() == inner.width()


def test_names_in_a_table_are_no_formulas_and_what_there_is_not_is_empty():
    table = Table(("name", "value"), (["=cmd|' /C calc'!A0", 'a, "b"'], [1.5, None]))
    assert list(csv.reader(table.text(",").splitlines())) == [
        ["name", "value"],
        ["'=cmd|' /C calc'!A0", "1.5"],
        ['a, "b"', ""],
    ]


def test_the_numbers_of_a_normalization_chart_are_a_column_a_unit(norms):
    series = a_series(units=3)
    norms.show_scene(a_scene(a_history(), norms=(series,)))
    chart = norms._panels[0].chart
    chart.export.copy_numbers()
    names, *rows = QApplication.clipboard().text().splitlines()
    assert names.split("\t") == ["epoch", "unit 1", "unit 2", "unit 3"] and len(rows) == 50
    assert [float(value) for value in rows[7].split("\t")] == [7, *series.mean[7].tolist()]


def test_a_chart_with_the_focus_shows_it_and_says_what_to_look_for(loss, qtbot):
    loss.activateWindow()
    before = loss.chart.grab().toImage().pixelColor(0, 40).name()
    loss.chart.setFocus()
    qtbot.waitUntil(loss.chart.hasFocus)
    assert before != LIGHT.accent == loss.chart.grab().toImage().pixelColor(0, 40).name()
    assert "look for" in loss.chart.whatsThis()


# series


def growing(history, *lengths):
    """The digest of a history that was seen at these lengths, then whole."""
    found = Digest()
    for length in (*lengths, len(history)):
        found.follow(history[:length])
    return found


def two_columns(y):
    return np.column_stack([np.arange(1.0, len(y) + 1), y])


def test_thinning_keeps_spikes_order_and_gaps():
    y = np.zeros(50_000)
    y[12_345], y[33_333] = 7, -3
    y[20_000:21_000] = np.nan
    x, thinned = growing(two_columns(y)).thin(1)
    assert len(x) <= 2 * MOST_BUCKETS + 2
    assert (np.diff(x) >= 0).all()
    assert (x[np.nanargmax(thinned)], x[np.nanargmin(thinned)]) == (12_346, 33_334)
    assert np.nanmax(thinned) == 7 and np.nanmin(thinned) == -3
    assert np.isnan(thinned).any()


def test_few_epochs_are_all_drawn():
    y = np.random.default_rng(0).standard_normal(MOST_BUCKETS)
    assert list(growing(two_columns(y), 3, 100).thin(1)[1]) == list(y)


def test_a_million_epochs_are_a_bounded_number_of_points_with_the_extremes_and_the_last_one():
    y = np.random.default_rng(1).standard_normal(1_000_000)
    y[-1] = 9.0
    found = growing(two_columns(y), 500_000)
    x, thinned = found.thin(1)
    assert MOST_BUCKETS <= len(x) <= 2 * MOST_BUCKETS + 2
    assert len(found.thin(1, 100)[0]) <= 202
    assert (thinned.min(), thinned.max(), x[-1]) == (y.min(), 9.0, 1_000_000)


@pytest.mark.parametrize("lengths", [(), (1, 2, 3), tuple(range(0, 5000, 37)), (4096, 4097)])
def test_what_is_drawn_does_not_depend_on_when_the_history_was_seen(lengths):
    y = np.cumsum(np.random.default_rng(2).standard_normal(5000))
    spiked = np.where(np.isin(np.arange(5000), [7, 3000]), np.nan, y)
    for draw, values in ((Digest.thin, spiked), (Digest.smooth, y)):
        for one, other in zip(draw(growing(two_columns(values), *lengths), 1), draw(growing(two_columns(values)), 1)):
            assert np.allclose(one, other, equal_nan=True)


def test_another_run_is_drawn_from_its_start():
    found = growing(two_columns(np.zeros(3000)))
    found.follow(two_columns(np.ones(4000)))
    assert set(found.thin(1)[1]) == {1.0}


def test_a_series_with_an_infinite_value_is_not_finite():
    y = np.zeros(3000)
    assert growing(two_columns(y)).is_finite(1)
    y[1000] = np.inf
    assert not growing(two_columns(y)).is_finite(1)


def test_smoothing_keeps_a_straight_line():
    x, y = growing(two_columns(3 * np.arange(5000.0))).smooth(1)
    assert y == pytest.approx(3 * (x - 1))


def test_only_a_noisy_series_is_called_noisy():
    x = np.linspace(0, 5, 300)
    assert not is_noisy(np.exp(-x), 1.0)
    assert is_noisy(np.exp(-x) + 0.1 * np.random.default_rng(0).standard_normal(300), 1.0)


@pytest.mark.parametrize(("value", "expected"), [(0.93, 1.0), (1.0, 1.0), (1.3, 1.5), (88, 100), (0.0021, 0.0025)])
def test_ceilings_are_round(value, expected):
    assert ceiling(value) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.41234, "0.4123"),
        (1e308, "1e+308"),
        (math.nan, "–"),
        (-math.inf, "−∞"),
        (3.16e-6, "3.2e−06"),
        (0, "0.0000"),
        (-12345.6, "−12,346"),
        (1234.56, "1,234.6"),
    ],
)
def test_numbers_are_short(value, expected):
    assert figures(value) == expected


def test_no_number_is_wider_than_its_column(qtbot):
    metrics = QFontMetrics(font("small"))
    widest = max(map(metrics.horizontalAdvance, WIDEST))
    for power in range(-30, 30):
        assert metrics.horizontalAdvance(figures(8.888888 * 10.0**power)) <= widest


# normalization


def seen(norms):
    return [panel for panel in norms._panels if panel.isVisible()]


def test_a_line_is_drawn_for_each_of_few_units(norms):
    norms.show_scene(a_scene(a_history(), norms=(a_series(units=8),)))
    assert [len(panel.lines.curves) for panel in seen(norms)] == [8, 8, 8, 8]


def test_many_units_are_drawn_as_a_band(norms):
    norms.show_scene(a_scene(a_history(), norms=(a_series(units=64),)))
    assert len(norms._panels[0].lines.curves) == 6  # the band's wash and five lines
    norms.grab()


def test_another_layer_can_be_chosen(norms):
    norms.show_scene(a_scene(a_history(), norms=(a_series(1, units=3), a_series(2, units=5))))
    chooser = norms.findChild(QComboBox)
    assert [chooser.itemText(row) for row in range(2)] == ["layer 1", "layer 2"]
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    assert norms.layer == 1
    assert len(norms._panels[0].lines.curves) == 5


def test_without_normalization_it_says_how_to_switch_it_on(norms):
    norms.show_scene(a_scene(a_history()))
    assert norms._empty.isVisible()
    assert "Batch" in norms._empty.text()


@pytest.mark.parametrize(("kind", "words"), [("batch", "moving mean"), ("layer", "γ and β"), ("weight", "lengths")])
def test_before_training_it_says_what_will_be_drawn_and_cuts_nothing(norms, kind, words):
    norms.resize(320, 200)
    norms.show_scene(a_scene(a_history(0), kind=kind))
    label = norms._empty
    assert words in label.text() and "off" not in label.text()
    assert label.heightForWidth(label.width()) <= label.height()
    assert label.minimumSizeHint().width() <= label.width()


def test_looking_back_at_epoch_0_it_says_that_nothing_was_kept_yet(norms):
    scene = a_scene(a_history(), FINISHED, kind="batch")
    norms.show_scene(scene._replace(snapshot=scene.snapshot._replace(looked=0)))
    assert norms._empty.isVisible() and "epoch 0" in norms._empty.text()


def test_layer_normalization_shows_what_it_learns(norms):
    series = a_series()._replace(mean=np.empty((50, 0)), variance=np.empty((50, 0)))
    norms.show_scene(a_scene(a_history(), norms=(series,), kind="layer"))
    assert [panel._part.field for panel in seen(norms)] == ["gamma", "beta"]
    assert norms._reading.text() == "8 units"
    hover(seen(norms)[1].chart)
    assert "unit" in norms._reading.text()


def test_weight_normalization_shows_how_long_the_weights_are(norms, qtbot):
    none = np.empty((50, 0))
    series = NormSeries(1, np.arange(50), none, none, none, none, 1 + a_series(units=3).variance)
    norms.show_scene(a_scene(a_history(), norms=(series,), kind="weight"))
    (panel,) = seen(norms)
    assert panel._title.text() == "How long are the weights?"
    assert len(panel.lines.curves) == 3
    assert panel.chart.getViewBox().viewRange()[1][0] == 0
    norms.show_scene(a_scene(a_history(), norms=(a_series(),)))
    assert len(seen(norms)) == 4


@pytest.mark.parametrize("kind", ["batch", "layer", "weight"])
def test_the_title_is_whole_beside_the_layers_units(norms, kind):
    norms.resize(412, 300)
    norms.show_scene(a_scene(a_history(), norms=(a_series(units=64),), kind=kind))
    QApplication.processEvents()
    assert norms._title.sizeHint().width() <= norms._title.width()
    assert norms._reading.fontMetrics().horizontalAdvance(norms._reading.text()) <= norms._reading.width()


def test_the_charts_catch_up_when_it_is_quiet(norms, qtbot):
    for epochs in (10, 20, 30):
        norms.show_scene(a_scene(a_history(epochs), norms=(a_series(epochs=epochs),)))
    ends = lambda: [panel.lines.boundingRect().right() for panel in seen(norms)]  # noqa: E731
    qtbot.waitUntil(lambda: ends() == [29] * 4)
    qtbot.waitUntil(lambda: not norms._timer.isActive())


def test_one_unit_that_flew_away_does_not_flatten_the_others(norms):
    series = a_series()
    series.variance[30:, 2], series.variance[40:, 3], series.mean[20:, 0] = 1e308, np.inf, np.nan
    norms.show_scene(a_scene(a_history(), norms=(series,)))
    norms.grab()
    assert norms._panels[1].chart.getViewBox().viewRange()[1][1] < 1000


def test_the_cursor_names_the_nearest_unit(norms):
    norms.show_scene(a_scene(a_history(), norms=(a_series(),)))
    hover(norms._panels[0].chart)
    assert "unit" in norms._reading.text() and "epoch" in norms._reading.text()


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_every_unit_s_hue_is_seen_on_its_ground(colors):
    assert min(contrast(hue(number, 16, colors), colors.window) for number in range(16)) >= 3


def test_what_is_saved_of_a_chart_has_the_colours_of_its_theme(qtbot):
    chart = Chart(LIGHT, "epoch", "loss")
    qtbot.addWidget(chart)
    chart.export = Export(chart, "loss", lambda: "Loss", lambda: None, LIGHT)
    chart.set_colors(DARK)
    assert chart.export.colors is DARK


def test_a_long_history_is_taken_in_over_several_frames_and_ends_as_at_once(loss, monkeypatch, qtbot):
    history = a_history(5000, noise=0.3)
    loss.show_scene(a_scene(history, FINISHED))
    at_once = [loss.curves.curves, loss._digest.smooth(1)]
    monkeypatch.setattr(plots_loss, "MOST_TAKEN", 700)
    loss.show_scene(a_scene(a_history(3)))
    loss.show_scene(a_scene(history, FINISHED))
    assert 700 <= loss._digest.length < 5000 and loss.is_behind
    qtbot.waitUntil(lambda: not loss.is_behind)
    assert loss._digest.length == 5000
    for one, other in zip([*at_once[0], at_once[1]], [*loss.curves.curves, loss._digest.smooth(1)], strict=True):
        assert np.allclose(one, other, equal_nan=True)


@pytest.mark.parametrize("seeds", [1, 3])
def test_long_runs_beside_are_taken_in_over_several_frames_too(loss, monkeypatch, qtbot, seeds):
    others = seeds_of(Lane(1, 0, "Adam"), *[2000] * seeds)
    loss.show_scene(a_scene(a_history(), FINISHED, others=others))
    at_once = [run.curves for run in loss._beside.runs]
    loss.show_scene(a_scene(a_history(), FINISHED))
    monkeypatch.setattr(plots_others, "MOST_TAKEN", 700)
    loss.show_scene(a_scene(a_history(), FINISHED, others=others))
    assert any(run.is_behind for run in loss._beside.runs)
    qtbot.waitUntil(lambda: not any(run.is_behind for run in loss._beside.runs))
    for before, run in zip(at_once, loss._beside.runs, strict=True):
        for one, other in zip(before, run.curves, strict=True):
            assert np.allclose(one, other, equal_nan=True)


def test_the_numbers_of_a_long_run_fit_a_spreadsheet(loss, monkeypatch):
    monkeypatch.setattr(plots_loss, "MOST_SEEN", 100)
    loss.show_scene(a_scene(a_history(250), FINISHED))
    assert list(loss._table().columns[0]) == list(range(1, 251, 3))


def test_a_history_in_a_file_is_drawn_as_one_in_memory(loss, monkeypatch):
    monkeypatch.setattr(spool, "FIRST_ROWS", 100)
    table = spool.Spool(len(COLUMNS))
    history = a_history(5000, noise=0.3)
    table.append(history)
    drawn = []
    for rows in (table.rows, history):
        loss.show_scene(a_scene(rows[:10]))
        loss.show_scene(a_scene(rows, FINISHED))
        drawn.append([values.tobytes() for curve in loss.curves.curves for values in curve])
    assert table.is_in_file and drawn[0] == drawn[1]
