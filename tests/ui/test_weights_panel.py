"""The panels of weights and of gradients: what they draw and tell of runs that were trained."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from playground.model.experiment import Experiment
from playground.session import Session
from playground.training import views
from playground.training.letters import Pace
from playground.training.recover import recover
from playground.training.run import Run
from playground.training.views import Observer
from playground.ui.charts import Charts
from playground.ui.plots.gradients import GradientsPanel
from playground.ui.plots.tracks import Tracks
from playground.ui.plots.weights import WeightsPanel, exact, percent, short
from playground.ui.scene import ON_ITS_WAY, Pick, Scene, Shown
from playground.ui.theme import DARK, LIGHT, run_color

from .opening import LONG, open_window

NET = Experiment(samples=60, layers=(6, 4), activation="tanh", epochs=40, clip_norm=0.4, batch_size=8)
SPARSE = Experiment(
    dataset="few_count",
    samples=200,
    noise=0.3,
    layers=(),
    optimizer="momentum",
    learning_rate=0.1,
    batch_size=0,
    epochs=100,
    penalty="l1",
    penalty_strength=60,
)

STOPPED = Experiment(
    dataset="few_count",
    samples=60,
    noise=1.0,
    layers=(),
    learning_rate=0.05,
    epochs=400,
    early_stopping=True,
    precision="float64",
)


@cache
def trained(experiment_text):
    run = Run(
        {"net": NET, "l1": SPARSE, "l2": SPARSE.change(penalty="l2"), "sgd": NET.change(seed=1), "stopped": STOPPED}[
            experiment_text
        ]
    )
    while not run.has_ended:
        run.burst()
    return run


@pytest.fixture
def scene_of(made_up_snapshot):
    def make(name, looks, epoch=None, **fields):
        """A scene of a run, with what is seen of it by these looks, at an epoch that is looked back at or now."""
        run = trained(name)
        observer, standing = Observer(), run if epoch is None else run.at(epoch)
        for _ in range(300):
            seen = observer.look(standing, looks)
            if observer.is_whole:
                break
        snapshot = made_up_snapshot(run.epoch, run.experiment, "finished")._replace(seen=seen, looked=epoch)
        return Scene(run.experiment, run.experiment.dataset, snapshot, name=name, **fields)

    return make


@pytest.fixture
def open_panel(qtbot):
    def open_one(kind, scene):
        panel = kind(LIGHT, "What?")
        qtbot.addWidget(panel)
        panel.resize(440, 240)
        panel.show()
        panel.show_scene(scene)
        return panel

    return open_one


def asked(qtbot, kind, experiment):
    panel = kind(LIGHT, "What?")
    qtbot.addWidget(panel)
    panel.show_scene(Scene(experiment))
    return panel.looks


def test_the_panel_counts_the_five_weights_that_l1_sets_to_0_and_none_of_l2(qtbot, open_panel, scene_of):
    for name, count, zeros in (("l1", 5, ["0"] * 5), ("l2", 0, [])):
        looks = asked(qtbot, WeightsPanel, trained(name).experiment)
        panel = open_panel(WeightsPanel, scene_of(name, looks))
        assert panel.sort.key == "coefficients" and panel._reading.text() == f"{count} of 8 are 0"
        assert [row.cells[0] for row in panel.ledger.rows if row.cells[0] == "0"] == zeros
        assert [row.cells[1] for row in panel.ledger.rows] == ["1", "−0.75", "0.5", *["0"] * 5]
        panel.choose("spread")
        assert panel._reading.text() == f"{count} exact zeros"


def test_a_linear_models_paths_have_their_features_names_and_say_their_units(qtbot, open_panel, scene_of):
    panel = open_panel(WeightsPanel, scene_of("l1", asked(qtbot, WeightsPanel, SPARSE)))
    run = trained("l1")
    names, columns = panel.table()
    assert names == ("epoch", *(f"x{number}" for number in range(1, 9))) and panel.tracks.up == "in the data's units"
    factor = run.state.target_moments[1] / run.state.moments[1]
    assert [column[-1] for column in columns[1:]] == pytest.approx((run.weights["W0"][:, 0] * factor).tolist())
    panel.choose("standardized")
    assert panel.tracks.up.startswith("standardized")
    assert [column[-1] for column in panel.table().columns[1:]] == pytest.approx(run.weights["W0"][:, 0].tolist())


@pytest.mark.parametrize("key", ["spread", "zeros", "norms", "ratios", "units"])
def test_each_chart_is_drawn_in_both_themes_and_gives_its_numbers(qtbot, open_panel, scene_of, key):
    panel = open_panel(WeightsPanel, scene_of("net", asked(qtbot, WeightsPanel, NET)))
    panel.choose(key)
    panel.grab()
    panel.set_colors(DARK)
    panel.grab()
    names, columns = panel.table()
    assert names[0] == "epoch" and columns[0][-1] == 40 and len(columns) > 2
    assert len(panel.ledger.rows) == (2 if key == "units" else 3)


def test_a_chosen_row_keeps_the_colour_of_its_line(qtbot, open_panel, scene_of):
    panel = open_panel(WeightsPanel, scene_of("net", asked(qtbot, WeightsPanel, NET)))
    item, row = panel.ledger.item(0, 0), panel.ledger.rows[0]
    assert item.isSelected()
    picture = item.icon().pixmap(QSize(12, 3), 1.0, QIcon.Mode.Selected)
    assert picture.toImage().pixelColor(6, 1).name() == row.color


def test_the_ledger_has_the_numbers_of_the_epoch_that_is_looked_at(qtbot, open_panel, scene_of):
    looks = asked(qtbot, WeightsPanel, NET)
    panel = open_panel(WeightsPanel, scene_of("net", looks))
    panel.choose("norms")
    for epoch in (None, 13):
        panel.show_scene(scene_of("net", looks, epoch))
        named = trained("net").at(40 if epoch is None else epoch).weights
        told = [row.cells[0] for row in panel.ledger.rows]
        assert told == [short(float(np.linalg.norm(named[f"W{number}"]))) for number in range(3)]
    assert [mark.x for mark in panel.tracks.overlay.marks] == [13]
    panel.choose("spread")
    row = [line.line.color for line in panel.ridges.rows].index(LIGHT.accent)
    assert panel.ridges.rows[row].path.controlPointRect().top() == pytest.approx(-13, abs=0.5)


def test_a_row_of_the_ledger_picks_its_layer_for_all_panels(qtbot, open_panel, scene_of):
    looks = asked(qtbot, WeightsPanel, NET)
    panel = open_panel(WeightsPanel, scene_of("net", looks))
    assert "layer 1" in panel.ridges.across
    with qtbot.waitSignal(panel.picked) as heard, qtbot.waitSignal(panel.looks_changed):
        panel.ledger.selectRow(1)
    assert heard.args == [Pick(1)] and panel.looks["weights"].layer == 1
    panel.show_scene(scene_of("net", panel.looks, pick=Pick(1)))
    assert "layer 2" in panel.ridges.across
    panel.show_scene(scene_of("net", {"weights": looks["weights"]._replace(layer=2)}, pick=Pick(2)))
    assert "output" in panel.ridges.across and panel.looks["weights"].layer == 2


def test_runs_beside_are_lines_of_the_same_layer_in_their_colours(qtbot, open_panel, scene_of):
    looks = asked(qtbot, WeightsPanel, NET)
    hand, other = scene_of("net", looks), scene_of("sgd", looks)
    beside = Shown("seed 1", 3, other.snapshot._replace(run=2))
    panel = open_panel(WeightsPanel, hand._replace(others=(beside,)))
    assert panel.ridges.rows[-1].line.color == run_color(LIGHT, 3)
    panel.choose("norms")
    names, columns = panel.table()
    assert names == ("epoch", "net", "seed 1")
    assert [column[-1] for column in columns[1:]] == pytest.approx(
        [np.linalg.norm(trained(name).weights["W0"]) for name in ("net", "sgd")]
    )


def test_a_run_without_such_a_layer_or_such_features_is_not_compared(qtbot, open_panel, scene_of):
    looks = asked(qtbot, WeightsPanel, NET)
    hand, linear = scene_of("net", looks), scene_of("l1", looks)
    panel = open_panel(WeightsPanel, hand._replace(others=(Shown("L1", 3, linear.snapshot._replace(run=2)),)))
    panel.choose("norms")
    assert panel.table().names == ("epoch", "layer 1", "layer 2", "output")
    looks = asked(qtbot, WeightsPanel, SPARSE)
    hand, other = scene_of("l1", looks), scene_of("l2", looks)
    beside = Shown("L2", 3, other.snapshot._replace(run=2))
    panel = open_panel(WeightsPanel, hand._replace(others=(beside,)))
    assert len(panel.table().names) == 17 and panel.ledger.columnCount() == 4  # name, both runs, and what is true
    assert [row.cells[:2] for row in panel.ledger.rows][3][0] == "0" != panel.ledger.rows[3].cells[1]
    panel.choose("norms")
    assert panel.table().names == ("epoch", "l1", "L2")


def test_gradients_stand_on_a_log_axis_with_the_level_and_count_of_clipping(qtbot, open_panel, scene_of):
    looks = asked(qtbot, GradientsPanel, NET)
    scene = scene_of("net", looks)
    panel = open_panel(GradientsPanel, scene)
    seen = scene.snapshot.seen["gradients"]
    assert panel.tracks.getAxis("left").logMode
    names, columns = panel.table()
    assert names == ("epoch", "layer 1", "layer 2", "output", "all layers")
    assert [column[-1] for column in columns[1:4]] == seen.norms[-1].tolist()
    assert panel.tracks.overlay.names[-1].text == "clipped at 0.4"
    assert panel._reading.text() == f"{seen.clipped[-1]} of {seen.batches[-1]} clipped"
    panel.choose("noise")
    assert [column[-1] for column in panel.table().columns[1:]] == pytest.approx((seen.norms / seen.noise)[-1].tolist())
    panel.set_colors(DARK)
    panel.grab()


def test_one_batch_has_no_noise_and_says_so(qtbot, open_panel, scene_of):
    panel = open_panel(GradientsPanel, scene_of("l1", asked(qtbot, GradientsPanel, SPARSE)))
    panel.choose("noise")
    assert "no noise" in panel._reading.text()
    panel.grab()


def test_the_cursor_reads_the_nearest_line(qtbot, open_panel, scene_of):
    panel = open_panel(WeightsPanel, scene_of("net", asked(qtbot, WeightsPanel, NET)))
    panel.choose("norms")
    norm = float(np.linalg.norm(trained("net").weights["W1"]))
    panel.tracks.pointed.emit((40.0, norm))
    assert panel._reading.text().startswith("epoch 40, layer 2: ") and not panel._title.isVisible()
    panel.tracks.pointed.emit(None)
    assert panel._title.isVisible()


@pytest.mark.parametrize("key", ["weights", "gradients"])
def test_only_a_panel_that_is_seen_asks_and_draws(qtbot, scene_of, key, monkeypatch):
    drawn = []
    monkeypatch.setattr(Tracks, "show_tracks", lambda self, *_: drawn.append(self))
    charts = Charts(LIGHT)
    qtbot.addWidget(charts)
    charts.resize(480, 900)
    charts.choose_tab(key)
    charts.show_scene(Scene(NET))
    with qtbot.waitSignal(charts.looks_changed):  # once it is made
        charts.show()
        charts.complete()
    panel = charts.panel(key)
    qtbot.waitUntil(panel.isVisible)
    panel.choose("norms")
    assert key in charts.looks
    scene = scene_of("net", charts.looks)
    charts.show_scene(scene)
    assert len(drawn) == 1
    charts.show_scene(scene._replace(runs=()))  # nothing that it draws is otherwise
    assert len(drawn) == 1
    charts.choose_tab("why")
    assert key not in charts.looks
    charts.show_scene(scene_of("net", {key: panel.looks[key]}, 13))
    QApplication.processEvents()
    assert len(drawn) == 1
    charts.choose_tab(key)
    qtbot.waitUntil(lambda: len(drawn) > 1)


def test_a_run_is_looked_at_only_while_a_panel_wants_it_through_steps_branches_and_looks_back(qtbot, monkeypatch):
    asked_of = []

    def counted(view):
        def look(run, request):
            asked_of.append(view.key)
            return view.look(run, request)

        return view._replace(look=look)

    monkeypatch.setattr(views, "VIEWS", tuple(map(counted, views.VIEWS)))
    session = Session(NET.change(clip_norm=0.0))
    session.set_pace(Pace())
    window = open_window(qtbot, session)

    def wait(is_so):
        qtbot.waitUntil(lambda: session.snapshot is not None and is_so(session.snapshot), timeout=LONG)

    window.charts.choose_tab("why")
    session.play()
    wait(lambda now: now.epoch == 40)
    assert "surface" in asked_of and not {"weights", "gradients", "coefficients"} & set(asked_of)
    window.charts.choose_tab("weights")
    window.charts.complete()
    wait(lambda now: "weights" in now.seen and now.seen["weights"].is_whole)
    panel = window.charts.panel("weights")
    panel.choose("norms")
    session.look_at(13)
    wait(lambda now: now.looked == 13 and "weights" in now.seen)
    qtbot.waitUntil(lambda: [mark.x for mark in panel.tracks.overlay.marks] == [13], timeout=LONG)
    session.edit(dropout=0.3)  # a branch
    session.step()
    wait(lambda now: now.epoch == 14 and now.looked is None and "weights" in now.seen)
    assert session.snapshot.seen["weights"].epochs[-1] == 14
    session.step_update()
    wait(lambda now: now.epoch == 14 and now.run == session.snapshot.run)
    window.charts.choose_tab("why")
    session.play()
    wait(lambda now: now.epoch >= 20)  # what was asked for before has been answered
    del asked_of[:]
    wait(lambda now: now.epoch == 40)
    assert not {"weights", "gradients", "coefficients"} & set(asked_of)


def test_before_training_it_says_what_will_be_seen(qtbot, open_panel):
    panel = open_panel(WeightsPanel, Scene(NET))
    assert panel._stack.currentIndex() == 0 and "once training runs" in panel._empty.text()
    assert panel.accessibleName() and panel.chooser.accessibleName() and panel.ledger.accessibleName()


def test_after_early_stopping_the_coefficients_are_those_that_were_put_back(qtbot, open_panel, scene_of):
    run = trained("stopped")
    scene = scene_of("stopped", asked(qtbot, WeightsPanel, run.experiment))
    scene = scene._replace(snapshot=scene.snapshot._replace(restored_epoch=run.restored_epoch))
    panel = open_panel(WeightsPanel, scene)
    slopes, _ = recover(run)
    told = [row.cells[0] for row in panel.ledger.rows]
    assert told == [exact(float(slope)) for slope in slopes]


@pytest.mark.parametrize("kind", [WeightsPanel, GradientsPanel])
def test_of_a_run_that_has_trained_it_does_not_say_that_it_will(open_panel, scene_of, kind):
    panel = open_panel(kind, scene_of("net", {}))
    assert panel._empty.isVisible() and panel._empty.text() == ON_ITS_WAY


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (short(0.0), "0"),
        (short(10.97), "11"),
        (short(0.00971), "0.00971"),
        (short(-1.5e-9), "−1.5e−09"),
        (short(float("nan")), "–"),
        (percent(0.00123), "0.12 %"),
        (percent(3e-9), "3e−07 %"),
        (percent(float("nan")), "–"),
        (exact(0.0), "0"),
        (exact(1e-12), "1.0e−12"),
    ],
)
def test_numbers_are_short_and_0_is_exactly_0(told, expected):
    assert told == expected


def test_the_charts_menu_is_walked_by_keys(qtbot, open_panel, scene_of):
    panel = open_panel(WeightsPanel, scene_of("net", asked(qtbot, WeightsPanel, NET)))
    panel.chooser.setFocus()
    qtbot.keyClick(panel.chooser, Qt.Key.Key_Down)
    assert panel.sort.key == "zeros"
