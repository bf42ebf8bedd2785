"""The panel of normalization: what its pages ask of a run, what they say, and that they follow pick and timeline."""

from __future__ import annotations

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.desk import take_snapshot
from playground.training.run import Run
from playground.training.snapshot import Verdict
from playground.training.views import VIEWS, Observer
from playground.ui.charts import ROWS, Charts
from playground.ui.plots.norm_box import lines_of, pairs_of
from playground.ui.scene import Pick, Scene, Shown
from playground.ui.theme import DARK, LIGHT

EXPERIMENT = Experiment(samples=60, layers=(6, 4), epochs=40, batch_size=8, normalization="batch")
PICK = Pick(1, 2)


@pytest.fixture
def panel(qtbot):
    made = ROWS["norms"].make(LIGHT)
    qtbot.addWidget(made)
    made.resize(490, 260)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture(scope="module")
def runs():
    found = {}
    for kind in ("batch", "layer", "weight", "none"):
        run = found[kind] = Run(EXPERIMENT.change(normalization=kind))
        for _ in range(20):
            run.finish_epoch()
    return found


def scene_of(run, panel, pick=PICK, **more):
    """What the window would hand over: what the panel asks is looked at first."""
    seen = Observer().look(run, {"norms": None, **panel.looks})
    while not all(getattr(value, "is_whole", True) for value in seen.values()):
        seen = Observer().look(run, {"norms": None, **panel.looks})
    snapshot = take_snapshot(1, run.whole, Verdict("none", ""), seen)
    if run is not run.whole:
        snapshot = snapshot._replace(looked=run.epoch)
    return Scene(run.experiment, snapshot=snapshot, pick=pick, **more)


def shown(panel, run, page, pick=PICK, **more):
    panel.show_scene(scene_of(run, panel, pick))
    panel.turn(page)
    panel.show_scene(scene_of(run, panel, pick, **more))


def test_hidden_it_asks_for_nothing(qtbot, runs):
    charts = Charts(LIGHT)
    qtbot.addWidget(charts)
    charts.choose_tab("norms")
    charts.show_scene(Scene(EXPERIMENT))
    charts.show()
    charts.complete()
    assert "norm_track" in charts.looks
    charts.choose_tab("why")
    assert not any(key.startswith("norm") for key in charts.looks)


@pytest.mark.parametrize(("page", "key"), [("over", "norm_track"), ("box", "norm_box"), ("shift", "norm_shift")])
def test_only_what_the_page_shows_is_asked_for(panel, runs, qtbot, page, key):
    shown(panel, runs["batch"], page)
    assert list(panel.looks) == [key]
    asked = panel.looks[key]
    assert (asked.layer, asked.unit) == (1, 2)
    assert {view.key for view in VIEWS} > set(panel.looks)
    panel.show_scene(Scene(EXPERIMENT.change(normalization="none")))
    assert panel.looks == {}


def test_a_unit_that_is_chosen_is_picked_for_all_panels(panel, runs, qtbot):
    shown(panel, runs["batch"], "box")
    told = []
    panel.picked.connect(told.append)
    with qtbot.waitSignal(panel.looks_changed):
        panel._units_menu.setCurrentIndex(3)
        panel._units_menu.activated.emit(3)
    assert told == [Pick(1, 3, None)]
    panel.show_scene(scene_of(runs["batch"], panel, Pick(0, 5)))
    assert (panel.layer, panel.unit) == (0, 5)
    panel.show_scene(scene_of(runs["batch"], panel, Pick(2, 9)))  # the output layer has no normalization
    assert panel.layer == 1 and panel.unit == 3


def test_the_box_says_what_was_computed(panel, runs):
    run = runs["batch"]
    shown(panel, run, "box")
    box = panel._scene.seen("norm_box")
    text = panel.box.text
    for value in (box.mean, box.variance, *box.moving, box.gamma, box.normed[0], box.out[0]):
        assert f"{value:.3g}".replace("-", "−") in text
    assert "epoch 21, batch 1" in panel.box._key.text() and "−" in panel.box.gap.text()
    means, variances = pairs_of(box)
    assert np.array_equal(means.now, box.means) and np.array_equal(variances.against, box.moving_variances)
    assert means.chosen == 2 and panel.box.charts[0].dots.getData()[1].tolist() == means.now.tolist()
    panel.grab()


def test_other_normalizations_have_boxes_of_their_own(panel, runs):
    shown(panel, runs["layer"], "box")
    assert "over the layer's units" in panel.box.text and "No gap" in panel.box.gap.text()
    shown(panel, runs["weight"], "box")
    box = panel._scene.seen("norm_box")
    assert "s·v/‖v‖" in panel.box.text and len(lines_of(box)) == 4
    assert not panel.box.charts[1].isVisible() and len(pairs_of(box)) == 1
    panel.grab()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("batch", ["mean", "variance", "gamma", "beta"]),
        ("layer", ["gamma", "beta", "sample_mean", "sample_variance"]),
        ("weight", ["scale", "length"]),
    ],
)
def test_each_has_the_charts_of_what_it_goes_by(panel, runs, kind, fields):
    shown(panel, runs[kind], "over")
    assert [chart.field for chart in panel._panels if chart.isVisible()] == fields
    panel.grab()


def test_what_batches_had_is_drawn_with_the_picked_units_moving_mean(panel, runs):
    shown(panel, runs["batch"], "over")
    batch, moving = panel._panels[0].followed.curves
    track = panel._scene.seen("norm_track")
    assert np.array_equal(batch[1], track.batch_mean[:, 2]) and len(batch[0]) == 20
    assert moving[1][-1] == pytest.approx(runs["batch"].weights["moving_mean1"][2])
    assert not any(len(x) for x, _ in panel._panels[2].followed.curves)  # γ has nothing of the kind


def test_it_follows_a_look_back(panel, runs):
    past = runs["batch"].at(7)
    shown(panel, past, "over")
    assert panel._panels[0].followed.curves[0][0].max() == 7
    panel.turn("box")
    panel.show_scene(scene_of(past, panel))
    assert "epoch 8, batch 1" in panel.box._key.text()
    panel.turn("shift")
    panel.show_scene(scene_of(past, panel))
    found = panel._scene.seen("norm_shift")
    told = found.moved_after[found.epochs.tolist().index(7)]
    assert f"After: moved by {told:.4f} σ" in panel.shift.text


def test_weights_that_were_put_back_have_moved_as_far_as_they_had_then(panel):
    run = Run(EXPERIMENT.change(early_stopping=True, mode="max", patience=4, epochs=20))  # the first epoch is best
    while not run.has_ended:
        run.finish_epoch()
    assert (run.restored_epoch, run.epoch) == (1, 5)
    shown(panel, run, "shift")
    found = panel._scene.seen("norm_shift")
    assert f"After: moved by {found.moved_after[1]:.4f} σ" in panel.shift.text


def test_the_run_without_it_is_laid_over_what_the_activation_gets(panel, runs):
    shown(panel, runs["batch"], "shift")
    other = Observer().look(runs["none"], panel.looks)
    beside = take_snapshot(2, runs["none"], Verdict("none", ""), other)
    shown(panel, runs["batch"], "shift", others=(Shown("none", 1, beside),))
    far = other["norm_shift"].moved_before[-1]
    assert f"none: {far:.3f}"[:9] in panel.shift.text
    before, after = panel.shift.ridges
    assert len(after.rows) == len(before.rows) + 1
    panel.set_colors(DARK)
    panel.grab()


def test_a_press_races_the_same_without_it(panel, runs, qtbot):
    shown(panel, runs["batch"], "shift")
    with qtbot.waitSignal(panel.asked) as signal:
        panel.shift.race.click()
    assert signal.args == ["race", ({"normalization": ("batch", "none")},)]


def test_a_box_of_another_unit_is_not_shown(panel, runs):
    shown(panel, runs["batch"], "box")
    scene = scene_of(runs["batch"], panel)
    panel.show_scene(scene._replace(pick=Pick(0, 1)))
    assert panel.box.text.strip() == ""
