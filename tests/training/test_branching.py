"""A branch repeats its parent until the change, and then equals a fresh run that was given the same change there."""

import numpy as np
import pytest

from playground.kernels.optimizers import OPTIMIZERS
from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.branching import branch
from playground.training.carrying import restarts
from playground.training.past import copied
from playground.training.resuming import resume, to_saved
from playground.training.run import Run
from tests.again import DRAWING, FAST, LIVE, STOPPING, assert_same, bits, experiment, reopened, trained

CHANGES = [
    {"dropout": 0.5},
    {"learning_rate": 0.2, "penalty_strength": 1.0},
    {"optimizer": "sgd"},
    {"optimizer": "adamax"},
    {"batch_size": 0},
    {"penalty": "elastic_net", "max_norm": 1.0},
    {"activation": "tanh"},
    {"loss": "squared"},
    {"schedule": "plateau", "schedule_patience": 1},
    {"early_stopping": True, "patience": 3},
    {"convention": "keras"},
    {"shuffle": False, "augment": False},
    {"epochs": 60},
]


def whole_bits(run):
    """Every bit of what stands, and of what training goes on from."""
    return [*bits(run), copied(run.state).rest.tobytes()]


def finished(run):
    while not run.has_ended:
        run.advance(10**6)
    return run


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize("epoch", [0, 1, 13, 39])
def test_a_branch_repeats_its_parent_and_then_equals_a_fresh_run_changed_there(change, epoch, stops):
    whole = experiment(optimizer="nadam", normalization="batch", penalty="l1", early_stopping=stops, patience=1000)
    parent = trained(whole)
    child = branch(parent, epoch, whole.change(**change))
    assert bits(child)[1] == bits(parent.at(epoch))[1]
    fresh = trained(whole, epoch)
    fresh.adapt(whole.change(**change))
    assert whole_bits(child) == whole_bits(fresh) and child.changes == fresh.changes and child.begun == fresh.begun
    assert bits(finished(child)) == bits(finished(fresh))
    for earlier in range(epoch and epoch + 1):
        assert bits(child.at(earlier)) == bits(parent.at(earlier))
    assert_same(child, child.stages[0].experiment, range(epoch, child.epoch + 1, 9), {epoch: change} if epoch else {})


def test_a_branch_is_changed_at_once():
    parent = trained(experiment())
    child = branch(parent, 20, experiment(dropout=0.6))
    assert child.changes == [(20, {"dropout": 0.6})] and child.epoch == 20 and child.status == "training"


@pytest.mark.parametrize("epoch", [5, 7, 8, 20, 40])
def test_a_branch_has_the_changes_of_its_parent_that_came_before(epoch):
    parent = trained(experiment(), changes=LIVE)
    own = {"clip_norm": 0.5, "epochs": 50}
    child = branch(parent, epoch, parent.at(epoch).experiment.change(**own))
    fresh = trained(experiment(), epoch, {at: knobs for at, knobs in LIVE.items() if at < epoch})
    fresh.adapt(fresh.experiment.change(**own))
    assert bits(finished(child)) == bits(finished(fresh))


def test_a_branch_without_a_change_repeats_its_parent_to_the_end():
    parent = trained(experiment())
    assert bits(finished(branch(parent, 11))) == bits(parent)


def test_a_branch_of_a_branch_of_a_branch_has_all_their_pasts():
    run, changes = trained(experiment()), {}
    for epoch, change in ((30, {"optimizer": "sgd"}), (20, {"dropout": 0.5}), (25, {"optimizer": "amsgrad"})):
        changes = {at: knobs for at, knobs in changes.items() if at < epoch} | {epoch: change}
        run = finished(branch(run, epoch, run.at(epoch).experiment.change(**change), 5000))
        assert_same(run, experiment(), range(41), changes)
        assert_same(reopened(run), experiment(), range(0, 41, 4), changes)
        assert run.timeline.nbytes <= 5000


@pytest.mark.parametrize("optimizer", [rule.key for rule in OPTIMIZERS])
def test_a_branch_at_the_epoch_of_a_change_of_optimizer_has_the_old_ones_memory(optimizer):
    parent = trained(experiment(optimizer=optimizer), changes={16: {"optimizer": "amsgrad"}})
    assert parent.timeline.find(16, is_whole=True).epoch == 16
    assert branch(parent, 16).experiment == experiment(optimizer=optimizer)
    child = branch(parent, 16, experiment(optimizer=optimizer, dropout=0.5))
    fresh = trained(experiment(optimizer=optimizer), 16)
    fresh.adapt(experiment(optimizer=optimizer, dropout=0.5))
    assert whole_bits(finished(child)) == whole_bits(finished(fresh))


def test_a_branch_of_a_run_from_elsewhere_is_near_where_that_one_is():
    arrays, info = to_saved(trained(experiment(), 20))
    parent = resume(experiment(), arrays, info | {"kernels": "other"})
    child = branch(parent, 17, experiment(dropout=0.5))
    found = [child.at(epoch).is_exact for epoch in range(17)]
    assert found == [parent.at(epoch).is_exact for epoch in range(17)] and not all(found)
    assert finished(child).at(child.epoch - 1).is_exact


def test_the_parent_is_untouched_and_the_child_its_own():
    parent = trained(experiment())
    before, kept = bits(parent), parent.timeline.epochs
    child = finished(branch(parent, 15, experiment(epochs=100, dropout=0.5)))
    assert bits(parent) == before and parent.timeline.epochs == kept
    seen = [bits(child.at(epoch)) for epoch in range(0, 100, 7)]
    parent.adapt(experiment(epochs=300))
    finished(parent)
    parent.keep_within(0)
    assert [bits(child.at(epoch)) for epoch in range(0, 100, 7)] == seen


def test_a_stopped_run_goes_on_in_a_branch_with_more_patience():
    whole = experiment(**STOPPING)
    parent = trained(whole)
    child = branch(parent, parent.epoch, whole.change(patience=30))
    assert parent.status == "stopped_early" and child.status == "training"
    finished(child)
    assert child.epoch > parent.epoch
    assert bits(child)[1] == bits(trained(whole.change(patience=30)))[1]


def test_a_branch_of_a_stopped_run_restores_its_own_best_weights():
    whole = experiment(**STOPPING)
    child = finished(branch(trained(whole), 5, whole.change(learning_rate=0.01)))
    assert child.status == "stopped_early" and child.restored_epoch == child.best_epoch
    assert np.array_equal(child.weights["W0"], child.at(child.best_epoch).weights["W0"])


def test_a_branch_after_the_best_epoch_remembers_the_best_weights():
    whole = experiment(**STOPPING | {"patience": 1000, "epochs": 120, "learning_rate": 0.1})
    parent, epoch = trained(whole, budget=20_000), 119
    assert parent.best_epoch <= parent.timeline.find(epoch, is_whole=True).epoch < epoch
    child = branch(parent, epoch, whole.change(dropout=0.1))
    assert child.state.store.best_weights.any()
    assert np.array_equal(child.state.store.best_weights, parent.state.store.best_weights)


def test_adam_begun_on_the_way_takes_first_steps_as_it_does_at_a_start():
    run = trained(experiment(optimizer="sgd", shuffle=False, augment=False, dropout=0.0), 10)
    before = run.weights["W0"].copy()
    run.adapt(run.experiment.change(optimizer="adam", batch_size=0, learning_rate=0.01))
    run.finish_epoch()
    assert np.abs(run.weights["W0"] - before).max() == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"layers": (5,)}, "layers"),
        ({"normalization": "batch"}, "normalization"),
        ({"seed": 3}, "seed"),
        ({"noise": 0.1, "samples": 70}, "samples, noise"),
        ({"precision": "float64"}, "precision"),
        ({"dataset": "spiral"}, "dataset"),
    ],
)
def test_what_needs_a_new_run_is_told_and_changes_nothing(change, told):
    parent = trained(experiment(), 10)
    before = bits(parent)
    with pytest.raises(KnobError, match=f"a change of {told} needs a new run"):
        branch(parent, 5, parent.experiment.change(**change))
    with pytest.raises(KnobError, match=f"a change of {told} needs a new run"):
        parent.adapt(parent.experiment.change(**change))
    assert bits(parent) == before and parent.changes == []


def test_other_points_need_a_new_run():
    rng = np.random.default_rng(0)
    points = [Dataset(rng.normal(size=(n, 2)), np.arange(n) % 2, class_names=("a", "b")) for n in (40, 44)]
    parent = trained(Experiment(None, points[0], **{**FAST, **DRAWING}), 10)
    with pytest.raises(KnobError, match="a change of points needs"):
        branch(parent, 5, parent.experiment.with_data(points[1]))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"dropout": 0.5}, ""),
        ({"convention": "lecture", "batch_size": 4}, ""),
        ({"optimizer": "sgd"}, "the optimizer's memory will begin anew"),
        ({"loss": "squared"}, "early stopping's watch will begin anew"),
        (
            {"optimizer": "lion", "monitor": "train_loss"},
            "the optimizer's memory and early stopping's watch",
        ),
        ({"layers": ()}, "a change of layers needs a new run"),
    ],
)
def test_what_must_begin_anew_is_told_beforehand(change, text):
    whole = experiment(early_stopping=True)
    assert restarts(whole, whole.change(**change)).text.startswith(text)
    assert bool(text) == bool(restarts(whole, whole.change(**change)).text)


@pytest.mark.parametrize("epoch", [-1, 11])
def test_a_branch_at_an_epoch_that_was_not_completed_is_refused(epoch):
    with pytest.raises(ValueError, match="completed 10"):
        branch(trained(experiment(), 10), epoch)


def test_a_branch_at_the_start_keeps_weights_that_were_given():
    given = trained(experiment()).weights
    parent = Run(experiment(), given)
    parent.advance(10**6)
    child = finished(branch(parent, 0, experiment(dropout=0.5)))
    fresh = Run(experiment(dropout=0.5), given)
    assert bits(child) == bits(finished(fresh))
