"""Targets of a regression: scaled for training, in their own units wherever they are seen."""

import statistics

import numpy as np
import pytest

from playground import recover
from playground.model.dataset import TRAIN, VALIDATION, DataError, Dataset
from playground.model.experiment import Experiment
from playground.training import results
from playground.training.run import Run
from playground.training.snapshot import rmse
from playground.training.surface import Region, surface

EXACT = {"layers": (), "precision": "float64", "learning_rate": 0.05, "epochs": 600}


def pay(rng=0):
    """Years of work and pay: 30 people, pay in tens of thousands; a straight line explains .98 of it."""
    years = np.sort(np.random.default_rng(rng).uniform(1, 11, 30))
    noise = np.random.default_rng(rng + 1).normal(0, 4000, 30)
    return Dataset(years[:, np.newaxis], 26_000 + 9_400 * years + noise, feature_names=("years",), source="pay.csv")


def two_outputs():
    """Two targets of very different size, linear in two features of very different size."""
    inputs = np.random.default_rng(2).normal(size=(60, 2)) * [100, 0.01] + [5000, 1]
    targets = inputs @ [[3.0, 2e-6], [-500.0, 7.0]] + [-1e4, 40.0]
    return Dataset(inputs, targets)


def trained(data, **knobs):
    run = Run(Experiment(None, data, **knobs))
    while not run.has_ended:
        run.burst(0.1)
    return run


def r2(data, **knobs):
    return [trained(data, seed=seed, **knobs).scores().train_metric for seed in range(20)]


def test_a_target_of_tens_of_thousands_is_learned():
    assert min(r2(pay(), learning_rate=0.01)) >= 0.95
    assert statistics.median(r2(pay())) >= 0.9
    assert max(r2(pay(), standardize_target=False)) < 0


def test_each_target_is_scaled_by_its_own_training_points():
    run = Run(Experiment(None, two_outputs()))
    data = run.experiment.dataset
    chosen = data.targets[data.sets == TRAIN]
    assert run.state.target_moments == pytest.approx(np.stack([chosen.mean(axis=0), chosen.std(axis=0)]))
    assert run.state.samples.targets.mean(axis=1) == pytest.approx([0, 0], abs=1e-5)
    assert run.state.samples.targets.std(axis=1) == pytest.approx([1, 1], rel=1e-5)


def test_the_validation_set_has_no_part_in_the_scale():
    data = pay()
    sets = np.where(np.arange(30) % 3 == 0, VALIDATION, TRAIN)
    wild = data.targets + np.where(sets == VALIDATION, 1e9, 0)[:, np.newaxis]
    one, other = (Run(Experiment(None, data.replace(sets=sets, targets=targets))) for targets in (data.targets, wild))
    assert np.array_equal(one.state.target_moments, other.state.target_moments)


@pytest.mark.parametrize(
    "knobs, is_scaled",
    [
        ({}, True),
        ({"standardize": False}, False),
        ({"standardize": False, "standardize_target": True}, True),
        ({"standardize_target": False}, False),
    ],
)
def test_left_out_it_is_as_standardize(knobs, is_scaled):
    run = Run(Experiment(None, pay(), **knobs))
    assert (run.state.target_moments[1, 0] != 1) == is_scaled
    assert run.experiment.resolved.standardize_target == is_scaled


def test_the_loss_of_guessing_the_mean_is_one():
    run = Run(Experiment(None, pay(), layers=(), initializer="zeros"))
    assert run.scores().train_loss == pytest.approx(1, rel=1e-5)


def test_classes_are_not_scaled():
    for loss in ("auto", "squared"):
        run = Run(Experiment(loss=loss))
        assert run.state.target_moments.tolist() == [[0], [1]]
        assert set(np.unique(run.state.samples.targets)) == {0, 1}


def test_a_constant_target_is_moved_and_not_blown_up():
    run = trained(pay().replace(targets=np.full((30, 1), 7000.1)), epochs=30)
    assert run.state.target_moments[:, 0] == pytest.approx([7000.1, 1])
    assert run.predict([[5.0]]) == pytest.approx(7000.1, rel=1e-3)


def test_answers_errors_and_curve_are_in_the_targets_own_units():
    run = trained(pay(), learning_rate=0.01)
    data = run.experiment.dataset
    off = run.predict(data.inputs) - data.targets
    assert run.errors().train_rmse == pytest.approx(np.sqrt(np.mean(off[data.sets == TRAIN] ** 2)))
    assert 2000 < run.errors().train_rmse < 7000
    assert np.isnan(run.errors().test_rmse)
    curve = surface(run, Region((1, 11, 0, 1), 16)).values
    assert curve.min() > 20_000 and curve.max() > 100_000
    assert curve[0] == pytest.approx(run.predict([[1.0]])[0], rel=1e-5)


@pytest.mark.parametrize("knobs", [{}, {"loss": "absolute"}, {"standardize_target": False}])
def test_the_error_follows_from_r2_whatever_the_loss(knobs):
    run = trained(pay(), epochs=50, **knobs)
    data, scores, errors = run.experiment.dataset, run.scores(), run.errors()
    assert rmse(scores.train_metric, data.target_deviation(TRAIN)) == pytest.approx(errors.train_rmse, rel=1e-4)
    assert rmse(scores.val_metric, data.target_deviation(VALIDATION)) == pytest.approx(errors.val_rmse, rel=1e-4)


def test_predictions_are_written_in_the_targets_own_units(tmp_path):
    run = trained(pay(), learning_rate=0.01)
    _, *rows = results.predictions(run)
    assert [float(row[2]) for row in rows] == run.experiment.dataset.targets[:, 0].tolist()
    assert np.mean([abs(float(row[2]) - float(row[3])) for row in rows]) < 7000


# files


@pytest.mark.parametrize("data", [pay(), two_outputs()], ids=["one", "two"])
def test_the_weights_tell_what_inputs_and_targets_were_scaled_by(data, tmp_path):
    run = trained(data, **EXACT | {"epochs": 30})
    results.write(run, tmp_path)
    found = np.load(tmp_path / "weights.npz")
    outputs = (data.inputs - found["input_mean"]) / found["input_std"] @ found["W0"] + found["b0"]
    assert found["target_mean"] + found["target_std"] * outputs == pytest.approx(run.predict(data.inputs), rel=1e-9)


def test_where_nothing_is_scaled_the_means_are_0_and_the_deviations_1(tmp_path):
    run = Run(Experiment(standardize=False))
    results.write(run, tmp_path)
    found = np.load(tmp_path / "weights.npz")
    assert [found[name].tolist() for name in ("input_mean", "input_std", "target_mean", "target_std")] == [
        [0, 0],
        [1, 1],
        [0],
        [1],
    ]


def test_weights_with_and_without_their_scale_start_a_run(tmp_path):
    run = trained(pay(), epochs=3)
    results.write(run, tmp_path)
    named = results.read_weights(tmp_path / "weights.npz")
    older = {name: array for name, array in named.items() if name[0] in "Wb"}
    assert len(named) == len(older) + 4
    for arrays in (named, older):
        again = Run(run.experiment, arrays)
        assert np.array_equal(again.predict([[4.0]]), run.predict([[4.0]]))


# a line in the data's own units


@pytest.mark.parametrize("knobs", [{}, {"standardize_target": False}, {"train_fraction": 1.0}])
def test_a_linear_model_is_recovered_as_least_squares_have_it(knobs):
    run = trained(pay(), **EXACT | {"optimizer": "sgd", "batch_size": 0} | knobs)
    data = run.experiment.dataset
    chosen = data.sets == TRAIN
    slope, intercept = np.polyfit(data.inputs[chosen, 0], data.targets[chosen, 0], 1)
    found = recover(run)
    assert found.slopes == pytest.approx([slope], rel=1e-3)
    assert found.intercept == pytest.approx(intercept, rel=1e-3)


def test_several_outputs_have_slopes_and_an_intercept_each():
    run = trained(two_outputs(), **EXACT)
    slopes, intercept = recover(run)
    assert slopes == pytest.approx(np.array([[3.0, 2e-6], [-500.0, 7.0]]), rel=1e-2, abs=1e-6)
    inputs = run.experiment.dataset.inputs
    assert inputs @ slopes + intercept == pytest.approx(run.predict(inputs), rel=1e-9)


def test_of_classes_the_logits_are_recovered():
    run = Run(Experiment(dataset="blobs", **EXACT | {"epochs": 5}))
    while not run.has_ended:
        run.finish_epoch()
    inputs = run.experiment.dataset.inputs
    slopes, intercept = recover(run)
    assert 1 / (1 + np.exp(-(inputs @ slopes + intercept))) == pytest.approx(run.predict(inputs)[:, 1], abs=1e-9)


def test_a_network_is_no_line():
    with pytest.raises(DataError, match="only a model without hidden layers is linear"):
        recover(Run(Experiment(None, pay())))
