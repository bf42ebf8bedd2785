"""A run as it stood at any epoch equals, bit for bit, a fresh run that was stopped there."""

import random

import numpy as np
import pytest

from playground.kernels import cache
from playground.kernels.normalization import NORMALIZATIONS
from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.schedules import SCHEDULES
from playground.training import past, resuming
from playground.training.diagnosis import diagnose
from playground.training.run import Run
from playground.training.surface import Region, surface
from tests.again import FEW, LIVE, STOPPING, assert_same, bits, experiment, reopened, trained


@pytest.mark.parametrize("normalization", [rule.key for rule in NORMALIZATIONS])
@pytest.mark.parametrize("optimizer", [rule.key for rule in OPTIMIZERS])
def test_each_optimizer_with_each_normalization_is_had_again(optimizer, normalization):
    whole = experiment(optimizer=optimizer, normalization=normalization, penalty="l1", weight_decay=0.01)
    run = trained(whole)
    rng = random.Random(f"{optimizer} {normalization}")
    assert_same(run, whole, [0, 1, run.epoch, *rng.sample(range(2, run.epoch), 6)])


@pytest.mark.parametrize("convention", ["lecture", "keras", "pytorch"])
@pytest.mark.parametrize("schedule", [rule.key for rule in SCHEDULES])
def test_each_schedule_is_had_again(schedule, convention):
    whole = experiment(
        schedule=schedule, convention=convention, optimizer="nadam", schedule_every=4, schedule_patience=1
    )
    run = trained(whole)
    assert_same(run, whole, [3, 11, 26, 37, 39])


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("restores", [True, False])
def test_a_run_that_stopped_early_is_had_again_at_every_epoch(precision, restores):
    whole = experiment(**STOPPING, precision=precision, restore_best_weights=restores, normalization="batch")
    run = trained(whole)
    assert run.status == "stopped_early" and 10 < run.epoch < 200
    assert_same(run, whole, range(run.epoch + 1))


def test_weights_that_were_put_back_are_not_those_of_the_last_epoch():
    run = trained(experiment(**STOPPING))
    assert run.restored_epoch == run.best_epoch < run.epoch
    found = run.at(run.epoch)
    assert found.restored_epoch is None
    assert not np.array_equal(found.weights["W0"], run.weights["W0"])
    assert np.array_equal(run.at(run.best_epoch).weights["W0"], run.weights["W0"])


@pytest.mark.parametrize("optimizer", ["adam", "rprop", "nadam", "adagrad"])
@pytest.mark.parametrize("by", [None, 1, 7])
def test_changes_on_the_way_are_made_again(optimizer, by):
    whole = experiment(optimizer=optimizer, normalization="batch")
    run = trained(whole, changes=LIVE, by=by)
    assert_same(run, whole, range(run.epoch + 1), LIVE)


@pytest.mark.parametrize("monitor", ["val_loss", "val_metric"])
def test_a_changed_penalty_lets_the_best_be_found_anew_again(monitor):
    changes = {9: {"penalty_strength": 5.0}, 10: {"learning_rate": 0.1}, 25: {"penalty_strength": 0.01}}
    whole = experiment(penalty="l2", early_stopping=True, patience=1000, monitor=monitor)
    run = trained(whole, changes=changes)
    assert_same(run, whole, range(run.epoch + 1), changes)
    assert run.at(9).penalty_epoch == 0 and run.at(10).penalty_epoch == 9 and run.penalty_epoch == 25


def test_another_optimizer_on_the_way_is_changed_to_again():
    changes = {6: {"optimizer": "sgd"}, 15: {"optimizer": "amsgrad"}, 28: {"early_stopping": True, "patience": 100}}
    whole = experiment()
    run = trained(whole, changes=changes)
    assert_same(run, whole, range(run.epoch + 1), changes)


def test_the_epoch_of_a_change_is_as_it_was_before_the_change():
    run = trained(experiment(), 20)
    before = bits(run.at(20))
    run.adapt(run.experiment.change(learning_rate=0.5, epochs=20))
    assert run.status == "finished" and run.at(20).status == "training"
    for one in (run, reopened(run), reopened(run, 0)):
        assert bits(one.at(20)) == before and one.at(20).experiment.knobs.learning_rate == 0.02


def test_a_diverged_run_stands_as_it_did_before():
    whole = experiment(optimizer="sgd", learning_rate=1e4, dataset="sine", layers=(4, 4), normalization="none")
    run = trained(whole)
    assert run.status == "diverged"
    for epoch in range(run.epoch + 1):
        assert run.at(epoch).status in ("ready", "training") and run.at(epoch).failure == ""


def test_a_run_in_the_middle_of_an_epoch_is_had_at_its_last_whole_one():
    run = trained(experiment(), 9)
    before = bits(run)
    run.advance(3)
    assert run.is_in_epoch and bits(run.at(9)) == before


def test_looking_back_leaves_the_run_untouched():
    run, twin = trained(experiment(), 20), trained(experiment(), 20)
    run.advance(2)
    twin.advance(2)
    seen = bits(run), run.state.net.scratch.tobytes(), run.state.store.order.tobytes()
    for epoch in (0, 5, 13, 20):
        run.at(epoch).scores()
        run.at(epoch).predict(np.eye(2))
    assert seen == (bits(run), run.state.net.scratch.tobytes(), run.state.store.order.tobytes())
    for one in (run, twin):
        one.advance(10**6)
    assert bits(run) == bits(twin)


def test_what_was_had_does_not_change_as_training_goes_on():
    run = trained(experiment(), 20)
    found = [run.at(epoch) for epoch in (0, 12, 20)]
    before = [bits(one) for one in found]
    run.advance(10**6)
    assert [bits(one) for one in found] == before


def test_what_was_had_can_be_judged_and_looked_at_as_a_run_can():
    whole = experiment(normalization="batch", epochs=120)
    run, fresh = trained(whole), trained(whole, 100)
    found = run.at(100)
    assert diagnose(found) == diagnose(fresh) and found.start_loss == fresh.start_loss
    seen, expected = (surface(one, Region((-1, 1, -1, 1), 8)) for one in (found, fresh))
    assert seen.epoch == 100 and np.array_equal(seen.values, expected.values)
    assert found.norms.series()[0].epochs[-1] == 100 and found.failure == fresh.failure


@pytest.mark.parametrize("epoch", [-1, 21, 1000])
def test_an_epoch_that_was_not_completed_is_refused(epoch):
    with pytest.raises(ValueError, match=f"epoch {epoch} of a run that has completed 20"):
        trained(experiment(), 20).at(epoch)


def test_a_run_that_has_not_begun_is_had_at_its_start():
    whole = experiment()
    assert bits(Run(whole).at(0)) == bits(Run(whole))


def test_weights_that_were_given_are_those_of_the_start():
    given = trained(experiment()).weights
    run = Run(experiment(), given, FEW)
    run.advance(10**6)
    assert all(np.array_equal(run.at(0).weights[name], array) for name, array in given.items())


def test_a_change_before_the_first_update_makes_a_run_of_the_changed_experiment():
    run = Run(experiment(optimizer="rprop"), budget=FEW)
    run.adapt(run.experiment.change(learning_rate=0.001))
    assert run.begun.learning_rate == 0.001 and run.changes == []
    run.advance(10**6)
    assert_same(run, experiment(optimizer="rprop", learning_rate=0.001), [1, 5, run.epoch])


def test_training_again_may_be_given_up_at_every_turn():
    run = trained(experiment(epochs=3000), budget=0)
    turns = past.seek(run, 2999, 0.0005)
    assert [next(turns) for _ in range(3)] == [None, None, None]
    turns.close()
    assert run.epoch == 3000


# after a file


@pytest.mark.parametrize("budget", [None, 0])
@pytest.mark.parametrize("middle", [0, 3])
def test_a_run_taken_up_has_its_past_and_goes_on(budget, middle):
    whole = experiment(optimizer="nadam", normalization="batch", early_stopping=True, patience=100)
    changes = {epoch: knobs for epoch, knobs in LIVE.items() if epoch}
    run = trained(whole, 30, changes)
    run.advance(middle)
    again = reopened(run, budget)
    assert_same(again, whole, range(31), changes)
    again.advance(10**6)
    assert_same(again, whole, range(25, 41), changes)
    assert_same(reopened(again, budget), whole, range(0, 41, 3), changes)


@pytest.mark.parametrize("optimizer", ["sgd", "amsgrad", "rmsprop"])
def test_a_run_saved_just_as_its_optimizer_was_changed_goes_on_keeping(optimizer):
    changes = {20: {"optimizer": optimizer}}
    run = trained(experiment(), 20)
    run.adapt(run.experiment.change(**changes[20]))
    again = reopened(run)
    again.advance(10**6)
    assert again.timeline.epochs[-1] > 35
    assert_same(again, experiment(), range(41), changes)


def test_a_file_without_a_past_has_what_it_was_saved_with():
    assert reopened(trained(experiment(), 20), 0).timeline.epochs == [20]


def test_a_stopped_run_taken_up_has_its_past():
    whole = experiment(**STOPPING)
    run = reopened(trained(whole))
    assert_same(run, whole, range(run.epoch + 1))


def test_a_file_holds_no_more_of_the_past_than_it_may():
    run = trained(experiment(), budget=10**6)
    arrays, _ = resuming.to_saved(run)
    size = sum(array.nbytes for name, array in arrays.items() if name.startswith("past"))
    arrays, info = resuming.to_saved(run, size // 3)
    assert 0 < sum(array.nbytes for name, array in arrays.items() if name.startswith("past")) <= size // 3
    assert_same(resuming.resume(run.experiment, arrays, info), run.experiment, [1, 17, 33, 40])


@pytest.mark.parametrize(("name", "there"), [("cpu_level", cache.cpu_level), ("kernels", cache.code_stamp)])
def test_what_was_trained_elsewhere_is_near_where_it_is_trained_again(name, there):
    run = trained(experiment(), 20)
    arrays, info = resuming.to_saved(run)
    assert info[name] == there()
    again = resuming.resume(run.experiment, arrays, info | {name: "other"})
    kept = again.timeline.epochs
    assert [epoch for epoch in range(21) if again.at(epoch).is_exact] == sorted({0, *kept, 20})
    again.advance(10**6)
    # From the last checkpoint that was brought along on, all was trained here.
    assert again.at(40).is_exact and again.at(39).is_exact and not again.at(19).is_exact
    assert not resuming.resume(again.experiment, *resuming.to_saved(again)).at(19).is_exact
    assert all(run.at(epoch).is_exact for epoch in range(21))


def test_a_run_whose_beginning_is_not_known_is_near():
    run = trained(experiment(), 30, {7: {"learning_rate": 0.1}})
    arrays, info = resuming.to_saved(run)
    del info["begun"]
    assert not all(resuming.resume(run.experiment, arrays, info).at(epoch).is_exact for epoch in range(30))


@pytest.mark.parametrize(
    "grid",
    [[[0, 99, 1, 2]], [[-1, 20, 1, 2]], [[0, 20, 0, 2]], [[0, 20, 1, 3]], [[0, 20, 1]], [[0, 10, 1, 2]], "x", [None]],
)
def test_a_damaged_grid_is_refused(grid):
    arrays, info = resuming.to_saved(trained(experiment(), 20, budget=10**6))
    with pytest.raises(resuming.DataError, match="saved run"):
        resuming.resume(experiment(), arrays, info | {"past": grid})


@pytest.mark.parametrize("name", ["flats", "rests", "clocks"])
def test_a_damaged_copy_is_refused(name):
    arrays, info = resuming.to_saved(trained(experiment(), 20, budget=10**6))
    for spoilt in (arrays[f"past0_{name}"][:-1], arrays[f"past0_{name}"][..., np.newaxis], None):
        with pytest.raises(resuming.DataError, match="saved run"):
            resuming.resume(experiment(), {**arrays, f"past0_{name}": spoilt}, info)


@pytest.mark.parametrize(("field", "value"), [("epoch", 5), ("batch", 10**9), ("status", 9), ("best_epoch", -1)])
def test_a_damaged_clock_of_a_copy_is_refused(field, value):
    arrays, info = resuming.to_saved(trained(experiment(), 20, budget=10**6))
    arrays["past0_clocks"][field][1] = value
    with pytest.raises(resuming.DataError, match="past is damaged"):
        resuming.resume(experiment(), arrays, info)


def test_two_hundred_epochs_of_a_run_with_everything_are_had_again_before_and_after_reopening():
    whole = experiment(
        optimizer="nadam",
        normalization="batch",
        dropout=0.2,
        schedule="cosine",
        early_stopping=True,
        patience=10_000,
        epochs=420,
    )
    run = trained(whole, changes=LIVE)
    epochs = random.Random(0).sample(range(run.epoch + 1), 200)
    assert_same(run, whole, epochs, LIVE)
    assert_same(reopened(run), whole, epochs, LIVE)
