"""A run: how it begins, trains, ends, is changed on the way, saved, and taken up again."""

import json

import numpy as np
import pytest

from playground.kernels import cache
from playground.kernels.columns import COLUMNS
from playground.kernels.normalization import NORMALIZATIONS
from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.schedules import SCHEDULES
from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training import loop, snapshot
from playground.training.resuming import resume, to_saved
from playground.training.run import Run

FAST = {"samples": 60, "layers": (4,), "epochs": 6, "batch_size": 8}
STOPPING = {**FAST, "samples": 40, "noise": 0.4, "layers": (32,), "learning_rate": 0.05, "early_stopping": True}
DIVERGING = {"optimizer": "sgd", "learning_rate": 1e6, "dataset": "sine", "noise": 0.0}


def trained(until=None, initial=None, **knobs):
    """A run trained to its end, or for so many epochs."""
    run = Run(Experiment(**{**FAST, **knobs}), initial)
    while not run.has_ended and (until is None or run.epoch < until):
        run.finish_epoch()
    return run


def in_one_go(epochs):
    run = Run(Experiment(**FAST | {"epochs": epochs}))
    run.advance(epochs * run.batches)
    return run


def column(run, name):
    return run.history.rows[:, COLUMNS.index(name)]


def saved_and_taken_up(run):
    arrays, info = to_saved(run)
    return resume(run.experiment, arrays, info)


def same_numbers(one, other):
    """Whether two runs have the same history (but for the time that it took) and the same weights, bit for bit."""
    equal = [np.array_equal(one.weights[name], other.weights[name]) for name in one.weights]
    return all(equal) and np.array_equal(one.history.rows[:, :-1], other.history.rows[:, :-1], equal_nan=True)


# how a run goes


def test_a_new_run_is_ready():
    assert Run(Experiment(**FAST)).status == snapshot.READY


def test_a_run_that_has_begun_is_training():
    run = Run(Experiment(**FAST))
    run.advance(1)
    assert run.status == snapshot.TRAINING


def test_a_run_ends_after_its_epochs():
    run = trained()
    assert (run.status, run.epoch, len(run.history)) == (snapshot.FINISHED, 6, 6)


def test_an_ended_run_trains_no_further():
    run = trained()
    run.finish_epoch()
    assert run.updates == 6 * run.batches


def test_the_last_smaller_batch_of_an_epoch_counts():
    assert trained(epochs=1, samples=60, train_fraction=0.7, batch_size=8).updates == 6


def test_batch_size_0_takes_all_samples_at_once():
    assert trained(epochs=3, batch_size=0).updates == 3


def test_an_epoch_that_was_begun_is_finished_to_its_end_only():
    run = Run(Experiment(**FAST))
    run.advance(2)
    run.finish_epoch()
    assert (run.epoch, run.updates) == (1, run.batches)


def test_a_call_counts_the_epochs_that_it_completes():
    run = Run(Experiment(**FAST))
    assert [run.advance(run.batches + 1), run.advance(1), run.advance(2 * run.batches)] == [1, 0, 2]


def test_a_burst_stops_at_the_end_of_the_epochs_it_was_given():
    run = Run(Experiment(**FAST))
    for _ in range(100):
        run.burst(10.0, epochs=1)
        if run.epoch:
            break
    assert run.updates == run.batches


def test_an_interrupt_during_a_burst_keeps_its_epochs_in_the_history(monkeypatch):
    run = Run(Experiment(**FAST))
    real = run._advance

    def interrupted(budget):
        real(budget)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.advance(3 * run.batches + 2)
    assert len(run.history) == run.epoch == 3


def test_the_generator_yields_after_each_epoch():
    assert [run.epoch for run in loop.train(Experiment(**FAST))] == [1, 2, 3, 4, 5, 6]


def test_the_generator_can_be_left_at_any_epoch():
    for run in loop.train(Experiment(**FAST)):
        if run.epoch == 2:
            break
    assert len(run.history) == 2


@pytest.mark.parametrize(
    "knobs", [{"train_fraction": 0.0}, {"samples": 1}, {"dataset": "sine", "loss": "cross_entropy"}]
)
def test_what_cannot_be_trained_is_refused_before_the_first_epoch(knobs):
    with pytest.raises((DataError, KnobError)):
        Run(Experiment(**{**FAST, **knobs}))


# what it measures


def test_the_last_row_is_the_score_of_the_weights():
    run = trained(penalty="l2", penalty_strength=1.0)
    scores, row = run.scores(), dict(zip(COLUMNS, run.history.rows[-1]))
    for name in ("train_loss", "val_loss", "train_metric", "val_metric"):
        assert getattr(scores, name) == pytest.approx(row[name], rel=1e-12)


def test_the_training_loss_is_the_data_loss_and_the_penalty():
    run = trained(penalty="l2", penalty_strength=5.0)
    assert column(run, "train_loss") == pytest.approx(column(run, "data_loss") + column(run, "penalty"))


def test_the_validation_loss_includes_the_penalty():
    run = trained(penalty="l2", penalty_strength=5.0)
    without = Run(Experiment(**FAST), run.weights).scores().val_loss
    assert column(run, "val_loss")[-1] == pytest.approx(without + column(run, "penalty")[-1])


def test_the_decay_of_pytorch_is_in_no_loss():
    run = trained(convention="pytorch", penalty="l2", penalty_strength=0.1)
    assert not column(run, "penalty").any() and np.array_equal(column(run, "train_loss"), column(run, "data_loss"))


def test_an_empty_validation_set_has_no_loss():
    run = trained(train_fraction=1.0)
    assert np.isnan(column(run, "val_loss")).all() and np.isnan(run.scores().val_loss)


def test_the_best_epoch_is_none_without_validation():
    assert trained(train_fraction=1.0).best_epoch is None


def test_the_start_loss_is_that_of_the_first_weights():
    run = trained()
    assert run.start_loss == pytest.approx(Run(Experiment(**FAST)).scores().train_loss)


def test_probabilities_of_the_classes_add_up_to_one():
    run = trained(dataset="blobs", classes=3)
    answers = run.predict(run.experiment.dataset.inputs)
    assert answers.shape == (60, 3) and answers.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("classes, loss", [(2, "squared"), (3, "huber"), (3, "absolute")])
def test_classes_fitted_as_numbers_have_probabilities_too(classes, loss):
    answers = trained(dataset="blobs", classes=classes, loss=loss).predict(np.zeros((4, 2)))
    assert answers.shape == (4, classes) and answers.sum(axis=1) == pytest.approx(1.0)


def test_the_likeliest_class_is_the_one_that_the_accuracy_counts():
    run = trained(dataset="blobs", classes=4, loss="squared", train_fraction=1.0, epochs=40, learning_rate=0.05)
    data = run.experiment.dataset
    assert (run.predict(data.inputs).argmax(axis=1) == data.targets).mean() == run.scores().train_metric


def test_a_regression_predicts_values():
    run = trained(dataset="plane", layers=(), epochs=150, learning_rate=0.05, noise=0.0, precision="float64")
    data = run.experiment.dataset
    assert run.predict(data.inputs) == pytest.approx(data.targets, abs=0.05)


@pytest.mark.parametrize("shape", [(3,), (3, 3), (3, 1), (3, 2, 1)])
def test_inputs_of_another_shape_are_refused_with_the_one_that_is_taken(shape):
    with pytest.raises(ValueError, match=r"they are \(samples, 2\)"):
        trained(epochs=1).predict(np.zeros(shape))


def test_an_epoch_is_a_whole_number_that_the_run_has_completed():
    run = trained(epochs=3)
    assert run.at(np.int64(2)).epoch == 2
    for wrong, error in ((2.5, TypeError), ("2", TypeError), (4, ValueError), (-1, ValueError)):
        with pytest.raises(error):
            run.at(wrong)


def test_a_constant_feature_and_a_huge_one_train_to_finite_weights():
    inputs = np.column_stack([np.full(40, 7.0), np.linspace(0, 1e6, 40), np.linspace(-1, 1, 40)])
    data = Dataset(inputs, np.arange(40) % 2, class_names=("a", "b"))
    run = Run(Experiment(None, data, epochs=5))
    while not run.has_ended:
        run.finish_epoch()
    assert all(np.isfinite(array).all() for array in run.weights.values())


# early stopping


def test_early_stopping_ends_the_run_before_its_epochs():
    run = trained(**STOPPING | {"epochs": 2000})
    assert run.status == snapshot.STOPPED_EARLY and run.stopped_epoch == run.epoch < 2000


def test_the_epoch_restored_is_the_best_of_the_history():
    run = trained(**STOPPING | {"epochs": 2000})
    assert run.restored_epoch == run.best_epoch == int(np.nanargmin(column(run, "val_loss"))) + 1


def test_the_restored_weights_have_the_best_validation_loss():
    run = trained(**STOPPING | {"epochs": 2000})
    assert run.scores().val_loss == pytest.approx(np.nanmin(column(run, "val_loss")), rel=1e-12)


def test_patience_is_how_long_the_run_goes_on_after_its_best():
    run = trained(**STOPPING | {"epochs": 2000, "patience": 7})
    assert run.stopped_epoch - run.best_epoch == 7


def test_without_restoring_the_last_weights_stay():
    run = trained(**STOPPING | {"epochs": 2000, "restore_best_weights": False})
    assert run.restored_epoch is None
    assert run.scores().val_loss == pytest.approx(column(run, "val_loss")[-1], rel=1e-12)


def test_the_best_weights_are_restored_even_if_the_run_was_not_stopped():
    run = trained(**STOPPING | {"epochs": 40, "patience": 1000})
    assert run.status == snapshot.FINISHED and run.restored_epoch == run.best_epoch < 40


def test_watching_the_accuracy_takes_the_largest_for_the_best():
    run = trained(**STOPPING | {"epochs": 200, "monitor": "val_metric"})
    assert run.best_epoch == int(np.argmax(column(run, "val_metric"))) + 1


# divergence


def test_a_huge_learning_rate_diverges():
    assert trained(**DIVERGING, epochs=200).status == snapshot.DIVERGED


def test_a_diverged_run_tells_the_quantity_the_epoch_and_the_layer():
    run = trained(**DIVERGING, epochs=200)
    words = run.failure.split()
    assert words[1] in ("loss", "gradient", "weight") and f"epoch {run.epoch + 1}," in run.failure
    assert "layer" in run.failure


def test_a_diverged_run_keeps_the_last_finite_weights():
    run = trained(**DIVERGING, epochs=200)
    assert all(np.isfinite(array).all() for array in run.weights.values())


def test_a_diverged_run_trains_no_further():
    run = trained(**DIVERGING, epochs=200)
    updates = run.updates
    run.advance(100)
    assert run.updates == updates


def test_a_run_that_did_not_diverge_has_no_failure():
    assert trained().failure == ""


# changes on the way


def test_a_live_learning_rate_holds_from_the_next_epoch_on():
    run = trained(until=3)
    run.adapt(run.experiment.change(learning_rate=0.5))
    run.finish_epoch()
    assert column(run, "learning_rate") == pytest.approx([0.001, 0.001, 0.001, 0.5])


def test_an_epoch_in_hand_is_finished_before_a_change():
    run = Run(Experiment(**FAST))
    run.advance(2)
    run.adapt(run.experiment.change(learning_rate=0.5))
    assert run.epoch == 1 and column(run, "learning_rate") == pytest.approx([0.001])


def test_a_change_is_noted_with_its_epoch():
    run = trained(until=3)
    run.adapt(run.experiment.change(learning_rate=0.5))
    assert run.changes == [(3, {"learning_rate": 0.5})]


def test_more_epochs_go_on_exactly():
    run = trained(epochs=6)
    run.adapt(run.experiment.change(epochs=15))
    while not run.has_ended:
        run.finish_epoch()
    assert same_numbers(run, in_one_go(15))


def test_fewer_epochs_end_the_run_where_it_stands():
    run = trained(until=4)
    run.adapt(run.experiment.change(epochs=2))
    assert run.status == snapshot.FINISHED and run.epoch == 4


# weights by name


def test_a_run_can_start_from_the_weights_of_another():
    run = trained(normalization="batch")
    again = Run(run.experiment, run.weights)
    assert all(np.array_equal(again.weights[name], array) for name, array in run.weights.items())


@pytest.mark.parametrize("normalization", [rule.key for rule in NORMALIZATIONS])
def test_the_first_weights_given_back_make_the_same_run(normalization):
    run = trained(normalization=normalization)
    assert same_numbers(run, trained(initial=run.initial_weights, normalization=normalization))


def test_weights_are_shaped_inputs_by_units():
    assert {name: array.shape for name, array in Run(Experiment(**FAST)).weights.items()} == {
        "W0": (2, 4),
        "b0": (4,),
        "W1": (4, 1),
        "b1": (1,),
    }


def test_a_batch_normalization_has_its_four_vectors_and_no_bias_before_it():
    names = set(Run(Experiment(**FAST, normalization="batch")).weights)
    assert names == {"W0", "gamma0", "beta0", "moving_mean0", "moving_var0", "W1", "b1"}


def test_a_bias_before_a_batch_normalization_is_taken_into_its_mean():
    with_bias = trained(normalization="batch").weights
    with_bias["b0"] = np.array([1.0, -2.0, 3.0, 0.5])
    with_bias["moving_mean0"] = with_bias["moving_mean0"] + with_bias["b0"]
    run = Run(Experiment(**FAST, normalization="batch"), with_bias)
    assert run.scores() == pytest.approx(trained(normalization="batch").scores(), nan_ok=True, rel=1e-5)


def spoilt(name, array):
    weights = Run(Experiment(**FAST)).weights
    if array is None:
        del weights[name]
    else:
        weights[name] = np.asarray(array)
    return weights


@pytest.mark.parametrize(
    "name, array, told",
    [
        ("W1", None, "W1 of shape (4, 1) is missing"),
        ("W0", np.zeros((4, 2)), "W0 has shape (4, 2); this network needs (2, 4)"),
        ("W2", np.zeros((1, 1)), "W2 has no place"),
        ("b0", [1, 2, np.nan, 4], "b0 holds NaN"),
        ("b0", [1, 2, 1e300, 4], "too large for float32"),
        ("b0", ["a", "b", "c", "d"], "numbers are accepted"),
        ("gamma0", [1.0, 1, 1, 1], "gamma0 has no place"),
    ],
)
def test_weights_that_do_not_fit_are_told_in_one_line(name, array, told):
    with pytest.raises(DataError) as caught:
        Run(Experiment(**FAST), spoilt(name, array))
    assert told in str(caught.value) and "\n" not in str(caught.value)


# saved and taken up


@pytest.mark.parametrize("optimizer", [rule.key for rule in OPTIMIZERS])
def test_a_run_of_each_optimizer_taken_up_in_the_middle_of_an_epoch_goes_on_exactly(optimizer):
    knobs = {"optimizer": optimizer, "batch_size": 0 if optimizer == "rprop" else 8}
    run = Run(Experiment(**FAST | knobs))
    run.advance(17 if optimizer != "rprop" else 3)
    again = saved_and_taken_up(run)
    for one in (run, again):
        while not one.has_ended:
            one.advance(5)
    assert same_numbers(run, again)


@pytest.mark.parametrize("schedule", [rule.key for rule in SCHEDULES])
def test_a_run_of_each_schedule_taken_up_goes_on_exactly(schedule):
    knobs = {"schedule": schedule, "schedule_every": 2, "schedule_patience": 1, "schedule_warmup": 2, "epochs": 12}
    run = trained(7, **knobs)
    again = saved_and_taken_up(run)
    for one in (run, again):
        while not one.has_ended:
            one.finish_epoch()
    assert same_numbers(run, again)


@pytest.mark.parametrize("normalization", [rule.key for rule in NORMALIZATIONS])
def test_a_run_of_each_normalization_taken_up_goes_on_exactly(normalization):
    run = trained(3, normalization=normalization, dropout=0.3, augment=True)
    again = saved_and_taken_up(run)
    for one in (run, again):
        while not one.has_ended:
            one.finish_epoch()
    assert same_numbers(run, again)


def test_a_stopped_run_taken_up_has_its_restored_weights():
    run = trained(**STOPPING | {"epochs": 2000})
    again = saved_and_taken_up(run)
    assert again.restored_epoch == run.restored_epoch and same_numbers(run, again)


def test_a_diverged_run_taken_up_tells_the_same_failure():
    run = trained(**DIVERGING, epochs=200)
    assert saved_and_taken_up(run).failure == run.failure


def test_a_run_taken_up_keeps_its_first_weights():
    run = trained()
    again = saved_and_taken_up(run).initial_weights
    assert all(np.array_equal(again[name], array) for name, array in run.initial_weights.items())


def test_a_run_taken_up_keeps_its_changes_and_its_time():
    run = trained(3)
    run.adapt(run.experiment.change(learning_rate=0.5))
    again = saved_and_taken_up(run)
    assert (again.changes, again.seconds) == (run.changes, run.seconds)


def test_what_is_saved_does_not_change_as_training_goes_on():
    run = trained(3)
    arrays, _ = to_saved(run)
    before = arrays["weights"].copy()
    run.finish_epoch()
    assert np.array_equal(arrays["weights"], before)


@pytest.mark.parametrize(
    "name, value",
    [
        ("epoch", "-1"),
        ("epoch", "4"),
        ("batch", "-1"),
        ("batch", "6"),
        ("batch", "1000000000"),
        ("update", "5"),
        ("status", "4"),
        ("status", "-1"),
        ("best_epoch", "9"),
        ("has_best", "2"),
        ("failed_layer", "7"),
        ("failed_quantity", "3"),
        ("epoch", "x"),
        ("epoch", None),
        ("epoch", str(2**80)),
        ("epoch", "nan"),
    ],
)
def test_a_damaged_clock_is_refused(name, value):
    run = trained(3)
    arrays, info = to_saved(run)
    info["clock"][name] = value
    with pytest.raises(DataError, match="saved run"):
        resume(run.experiment, arrays, info)


def test_each_array_of_a_saved_run_is_needed():
    run = trained(3, normalization="batch")
    arrays, info = to_saved(run)
    for name in set(arrays) - {"norm_rows", "batch"}:  # older files lack them
        left = {other: array for other, array in arrays.items() if other != name}
        with pytest.raises(DataError, match="saved run"):
            resume(run.experiment, left, info)


def test_each_array_of_a_saved_run_must_have_its_shape():
    run = trained(3, normalization="batch")
    arrays, info = to_saved(run)
    for name, array in arrays.items():
        with pytest.raises(DataError, match="saved run"):
            resume(run.experiment, {**arrays, name: np.zeros((*array.shape, 2), array.dtype)}, info)


@pytest.mark.parametrize("info", [{}, {"clock": []}, {"clock": None}, {"seconds": "soon"}, {"changes": 3}])
def test_a_saved_run_with_odd_values_is_refused(info):
    run = trained(3)
    arrays, whole_info = to_saved(run)
    with pytest.raises(DataError, match="saved run"):
        resume(run.experiment, arrays, {**whole_info, **info} if info else {})


def test_a_saved_run_does_not_fit_another_network():
    run = trained(3)
    with pytest.raises(DataError, match="does not fit its experiment"):
        resume(run.experiment.change(layers=(5,)), *to_saved(run))


def test_no_memory_is_taken_for_a_network_that_was_not_saved(monkeypatch):
    run = trained(3)
    monkeypatch.setattr("playground.training.run.prepare", lambda experiment: pytest.fail("memory was taken"))
    with pytest.raises(DataError, match="does not fit its experiment"):
        resume(run.experiment.change(layers=(4096,) * 32), *to_saved(run))


@pytest.mark.parametrize(
    ("normalization", "named"),
    [("batch", ("mean", "variance", "gamma", "beta")), ("layer", ("gamma", "beta")), ("weight", ("scale",))],
)
def test_the_last_row_of_a_normalizations_history_is_what_stands(normalization, named):
    run = Run(Experiment(normalization=normalization, layers=(5, 3), epochs=7, learning_rate=0.05))
    while not run.has_ended:
        run.finish_epoch()
    places = {"mean": "moving_mean", "variance": "moving_var"}
    for number, series in enumerate(run.norms.series()):
        assert list(series.epochs) == list(range(1, 8))
        for name in ("mean", "variance", "gamma", "beta", "scale"):
            found = getattr(series, name)
            assert found.shape == (7, (5, 3)[number] if name in named else 0)
            if name in named:
                assert (found[-1] == run.weights[f"{places.get(name, name)}{number}"]).all()


def test_the_last_batchs_statistics_are_those_of_its_first_layers_sums():
    run = Run(Experiment(normalization="batch", layers=(4,), batch_size=0, learning_rate=1e-9, precision="float64"))
    run.finish_epoch()
    sums = run.state.samples.inputs.T @ run.initial_weights["W0"]
    found = run.batch_statistics
    assert found["batch_mean0"] == pytest.approx(sums.mean(axis=0), abs=1e-12)
    assert found["batch_var0"] == pytest.approx(sums.var(axis=0))


def changed_between(change):
    """A trained run, and what is taken up of it once ``change(arrays, info)`` has been at the saved parts."""
    run = Run(Experiment(samples=40, layers=(4,), epochs=6, seed=3))
    run.advance(10)
    arrays, info = to_saved(run)
    change(arrays, info)
    return run, resume(run.experiment, arrays, info)


def test_a_column_that_was_not_kept_is_nan():
    def change(arrays, info):
        place = info["columns"].index("penalty")
        info["columns"] = [*info["columns"][:place], *info["columns"][place + 1 :], "some_other"]
        arrays["history_some_other"] = arrays.pop("history_penalty")

    run, found = changed_between(change)
    assert np.isnan(column(found, "penalty")).all()
    assert (column(found, "val_loss") == column(run, "val_loss")).all()


def test_a_field_of_the_clock_that_was_not_kept_is_as_at_the_start():
    run, found = changed_between(lambda arrays, info: info["clock"].pop("plateau_best"))
    assert found.state.clock["plateau_best"] == np.inf
    run.finish_epoch()
    found.finish_epoch()
    assert (found.history.rows[-1, :-1] == run.history.rows[-1, :-1]).all()


def test_a_saved_run_says_what_it_began_with_and_what_its_numbers_depend_on():
    run = Run(Experiment(samples=40, epochs=6, penalty="l2", penalty_strength=0.5))
    run.finish_epoch()
    run.adapt(run.experiment.change(penalty_strength=2.0))
    arrays, info = to_saved(run)
    assert (info["cpu_level"], info["kernels"]) == (cache.cpu_level(), cache.code_stamp())
    found = resume(run.experiment, arrays, json.loads(json.dumps(info)))
    assert found.begun.penalty_strength == 0.5 and found.experiment.knobs.penalty_strength == 2.0
    assert found.changes == [(1, {"penalty_strength": 2.0})]


def test_weights_that_were_read_stay_as_they_were_while_training_goes_on():
    run = Run(Experiment(samples=60, layers=(4,)))
    before = run.weights
    kept = {name: array.copy() for name, array in before.items()}
    run.finish_epoch()
    assert all(np.array_equal(before[name], kept[name]) for name in kept)
    assert not any(np.array_equal(before[name], array) for name, array in run.weights.items())
