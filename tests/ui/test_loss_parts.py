"""The loss, taken apart: which parts are drawn unasked, what they ask of a run, and where early stopping is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.looks.practice import Practice
from playground.training.looks.stopping import Stopping
from playground.training.snapshot import STOPPED_EARLY
from playground.ui.plots.across import ACROSS
from playground.ui.plots.loss import LossPlot
from playground.ui.plots.parts import GAP, PRACTICE, STOPPING, TERMS
from playground.ui.scene import Scene
from playground.ui.theme import DARK, LIGHT

STOP = {"early_stopping": True, "patience": 5, "min_delta": 0.05}


@pytest.fixture
def plot(qtbot):
    made = LossPlot(LIGHT, "Is it still learning?")
    qtbot.addWidget(made)
    made.resize(480, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def scene_of(made_up_snapshot, experiment, epoch=60, **more):
    seen = more.pop("seen", {})
    return Scene(experiment, snapshot=made_up_snapshot(epoch, experiment)._replace(seen=seen, **more))


@pytest.mark.parametrize(
    ("knobs", "shown"),
    [
        ({}, set()),
        ({"penalty": "l2"}, {TERMS}),
        ({"dropout": 0.5}, {PRACTICE}),
        ({"dropout": 0.5, "layers": ()}, set()),
        ({"input_dropout": 0.5}, {PRACTICE}),
        ({"augment": True}, {PRACTICE}),
        ({"normalization": "batch"}, set()),
        ({"early_stopping": True, "penalty": "l1", "dropout": 0.2}, {TERMS, PRACTICE, STOPPING}),
    ],
)
def test_what_matters_for_what_is_chosen_is_drawn_unasked(plot, made_up_snapshot, knobs, shown):
    plot.show_scene(scene_of(made_up_snapshot, Experiment(**knobs)))
    assert plot.parts.shown == shown
    assert set(plot.looks) == shown & {PRACTICE, STOPPING}


def test_a_part_that_a_hand_has_switched_stays_so(plot, made_up_snapshot, qtbot):
    plot.show_scene(scene_of(made_up_snapshot, Experiment(dropout=0.5)))
    with qtbot.waitSignal(plot.looks_changed):
        plot.parts.actions_of[PRACTICE].trigger()
    assert plot.looks == {}
    plot.show_scene(scene_of(made_up_snapshot, Experiment(dropout=0.4)))
    assert plot.looks == {} and plot.parts.actions_of[PRACTICE].isEnabled()
    plot.show_scene(scene_of(made_up_snapshot, Experiment()))
    assert not plot.parts.actions_of[PRACTICE].isEnabled() and plot.parts.actions_of[GAP].isEnabled()


def test_the_loss_in_training_mode_is_drawn_where_it_was_measured(plot, made_up_snapshot):
    experiment = Experiment(dropout=0.5)
    practice = Practice(np.array([0, 20, 60]), np.array([0.9, 0.6, 0.5]), np.array([0.01, 0.01, 0.011]))
    plot.show_scene(scene_of(made_up_snapshot, experiment, seen={"practice": practice}))
    x, y = plot.apart.curves[2]
    assert x.tolist() == [0, 20, 60] and y.tolist() == [0.9, 0.6, 0.5]
    assert "in training 0.500" in plot._readout.text
    names, columns = plot.chart.export._numbers()
    told = dict(zip(columns[names.index("epoch")], columns[names.index("train_loss_in_training_mode")]))
    assert {epoch: loss for epoch, loss in told.items() if loss is not None} == {20: 0.6, 60: 0.5}
    assert all(len(column) == 60 for column in columns)
    plot._metric_button.click()
    assert plot.looks == {} and not len(plot.apart.curves[2][0])  # of the accuracy there is none


def test_between_two_epochs_the_loss_in_training_mode_lies_on_the_way():
    practice = Practice(np.array([0, 10]), np.array([1.0, 0.5]), np.array([0.1, 0.2]))
    assert practice.at(4) == pytest.approx((0.8, 0.14))
    assert np.isnan(practice.at(11)).all()


def test_data_term_and_penalty_lie_one_upon_the_other(plot, made_up_snapshot):
    experiment = Experiment(penalty="l2")
    scene = scene_of(made_up_snapshot, experiment)
    history = scene.snapshot.history.copy()
    history[:, 4] = 0.1
    history[:, 1] += 0.1
    plot.show_scene(scene._replace(snapshot=scene.snapshot._replace(history=history)))
    (_, data), (_, penalty), (_, gap) = plot.curves.curves[0], *plot.apart.curves[:2]
    assert data.max() == pytest.approx(history[:, 3].max()) and data.min() == 0
    assert penalty.max() == pytest.approx(history[:, 1].max()) and penalty.min() == pytest.approx(history[:, 3].min())
    assert not len(gap)
    plot.parts.actions_of[GAP].trigger()
    assert len(plot.apart.curves[1][0]) and "gap 0." in plot._readout.text


def stopping_at(epoch, wait, best=0.3, best_epoch=40):
    return Stopping("val_loss", epoch, best, best_epoch, best - 0.05, False, epoch - wait, epoch - wait + 5, 1)


def test_patience_is_drawn_from_the_best_epoch_to_where_it_ends(plot, made_up_snapshot):
    experiment = Experiment(**STOP)
    plot.show_scene(scene_of(made_up_snapshot, experiment, 43, seen={"stopping": stopping_at(43, 3)}))
    drawn = plot._patience.patience
    assert (drawn.began, drawn.now, drawn.ends, drawn.since) == (40, 43, 45, 40)
    assert (drawn.best, drawn.beaten) == pytest.approx((0.3, 0.25)) and drawn.restored is None
    assert "patience 2 of 5 left" in plot._readout.text
    plot._metric_button.click()
    assert plot._patience.patience is None  # it does not watch the accuracy


def test_what_was_put_back_is_ringed_and_not_in_a_look_back(plot, made_up_snapshot):
    experiment = Experiment(**STOP)
    more = {
        "status": STOPPED_EARLY,
        "stopped_epoch": 45,
        "restored_epoch": 40,
        "seen": {"stopping": stopping_at(45, 5)},
    }
    plot.show_scene(scene_of(made_up_snapshot, experiment, 45, **more))
    assert plot._patience.patience.restored == pytest.approx((40, 0.3))
    before = plot.chart.grab().toImage()
    plot.show_scene(scene_of(made_up_snapshot, experiment, 45, **{**more, "looked": 42}))
    assert plot._patience.patience.restored is None
    assert plot.chart.grab().toImage() != before


def test_updates_across_have_patience_at_its_updates(plot, made_up_snapshot):
    plot._count_by(ACROSS[1])
    plot.show_scene(
        scene_of(made_up_snapshot, Experiment(**STOP), 43, batches=5, seen={"stopping": stopping_at(43, 3)})
    )
    drawn = plot._patience.patience
    assert (drawn.began, drawn.now, drawn.ends) == (200, 215, 225)


def test_hidden_it_draws_nothing(plot, made_up_snapshot):
    plot.hide()
    plot.show_scene(scene_of(made_up_snapshot, Experiment(**STOP), 43, seen={"stopping": stopping_at(43, 3)}))
    assert plot._patience.patience is None
    plot.set_colors(DARK)
    plot.show()
    assert plot._patience.patience is not None
