"""Bias and variance, against cases whose answer is known."""

import math

import numpy as np
import pytest

from playground.model import shapes
from playground.model.dataset import TRAIN, VALIDATION, DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.bias_variance import Fits, measure, plan
from playground.training.decompositions import cross_entropy, squared, zero_one
from playground.training.side_by_side import Turns
from playground.training.variance_table import VarianceTable

RNG = np.random.default_rng(0)


def adds_up(parts):
    whole = parts.bias2 + parts.variance + (0 if math.isnan(parts.noise) else parts.noise)
    return whole == pytest.approx(parts.error, rel=1e-9, abs=1e-12)


def all_tested(answers):
    return np.ones(answers.shape[:2], bool)


# the decompositions


def test_a_constant_predictor_has_no_variance_and_the_targets_own_spread_as_bias():
    truth = RNG.normal(size=(500, 1))
    answers = np.full((400, 500, 1), 0.7)
    parts = squared(answers, truth, 0.25, all_tested(answers), truth + 0.5 * RNG.normal(size=truth.shape))
    assert parts.variance == pytest.approx(0, abs=1e-12)
    assert parts.bias2 == pytest.approx(float(((0.7 - truth) ** 2).mean()))
    assert parts.error == pytest.approx(parts.bias2 + 0.25)
    assert parts.loss == pytest.approx(parts.error, abs=4 * parts.loss_error)


def test_fits_that_scatter_around_the_truth_have_variance_alone():
    truth = RNG.normal(size=(300, 2))
    answers = truth + 2.0 * RNG.normal(size=(400, 300, 2))
    parts = squared(answers, truth, 0.0, all_tested(answers), truth)
    assert parts.variance == pytest.approx(4.0, rel=0.02)
    assert abs(parts.bias2) < 0.002  # what s²/K takes away: without it .01 would be left
    assert adds_up(parts)


def test_points_that_some_fits_have_seen_are_judged_by_the_others():
    answers = RNG.normal(size=(6, 50, 1))
    tested = RNG.random((6, 50)) < 0.7
    tested[:2] = True
    spoiled = np.where(tested[:, :, np.newaxis], answers, 1e6)
    aims = RNG.normal(size=(50, 1))
    assert squared(spoiled, aims, math.nan, tested, aims) == pytest.approx(
        squared(answers, aims, math.nan, tested, aims), nan_ok=True
    )


def test_cross_entropy_splits_as_heskes_has_it():
    answers = RNG.dirichlet((1, 2, 3), size=(40, 60))
    truth = RNG.dirichlet((2, 1, 1), size=60)
    classes = truth.argmax(axis=1)
    parts = cross_entropy(answers, truth, all_tested(answers), classes)
    middle = np.exp(np.log(answers).mean(axis=0))
    middle /= middle.sum(axis=1, keepdims=True)
    assert parts.bias2 == pytest.approx((truth * np.log(truth / middle)).sum(axis=1).mean())
    assert parts.variance == pytest.approx((middle * np.log(middle / answers)).sum(axis=2).mean())
    assert parts.noise == pytest.approx(-(truth * np.log(truth)).sum(axis=1).mean())
    assert parts.error == pytest.approx(-(truth * np.log(answers)).sum(axis=2).mean())
    assert adds_up(parts)


def test_a_probability_of_nothing_does_not_make_the_error_infinite():
    answers = np.array([[[0.0, 1.0]], [[0.5, 0.5]]])
    parts = cross_entropy(answers, None, all_tested(answers), np.array([0]))
    assert math.isfinite(parts.error)
    assert adds_up(parts)


def test_zero_one_loss_splits_as_domingos_has_it():
    count = 300
    right = RNG.random((41, count)) < np.linspace(0.1, 0.9, count)  # fits that name the better class
    chance = RNG.uniform(0.5, 1, count)  # of the better class, which is 1
    answers = np.stack([~right, right], axis=2).astype(float)
    truth = np.column_stack([1 - chance, chance])
    parts = zero_one(answers, truth, all_tested(answers), np.ones(count, int))
    votes = right.mean(axis=0)
    is_biased = votes < 0.5
    spread = np.minimum(votes, 1 - votes)  # P(f ≠ main)
    assert parts.bias2 == pytest.approx(is_biased.mean())
    assert parts.variance == pytest.approx((np.where(is_biased, -1, 1) * spread).mean())
    assert parts.noise == pytest.approx(((2 * votes - 1) * (1 - chance)).mean())
    assert adds_up(parts)


# networks


def test_a_linear_model_has_the_variance_of_least_squares():
    """y = (x₁ + x₂)/2 + noise: variance σ² x'(X'X)⁻¹x, no bias. 400 fits of 30 points, solved to the end."""
    experiment = Experiment(
        dataset="plane",
        samples=30,
        noise=0.5,
        layers=(),
        optimizer="sgd",
        learning_rate=0.25,
        batch_size=0,
        epochs=200,
        train_fraction=1.0,
        precision="float64",
    )
    fits = Fits(experiment, 400)
    for _ in fits:
        pass
    parts = fits.measure().chosen
    tested = np.column_stack([np.ones(len(fits.test.inputs)), fits.test.inputs])
    spreads = []
    for task in fits.tasks:
        X = np.column_stack([np.ones(30), task.experiment.dataset.inputs])
        spreads.append(0.25 * (tested @ np.linalg.inv(X.T @ X) * tested).sum(axis=1).mean())
    assert parts.variance == pytest.approx(np.mean(spreads), rel=0.12)  # four standard errors of 400 fits
    assert abs(parts.bias2) < 0.002
    assert parts.noise == 0.25
    assert adds_up(parts)
    assert parts.loss == pytest.approx(parts.error, abs=4 * parts.loss_error)


@pytest.mark.parametrize(
    "knobs",
    [
        {"dataset": "sine", "samples": 30, "layers": (8,)},
        {"dataset": "moons", "samples": 30, "layers": (8,)},
        {"dataset": "spiral", "samples": 40, "classes": 3, "layers": (8,), "loss": "squared"},
        {"dataset": "diabetes", "layers": (4,)},
        {"dataset": "iris", "layers": (4,)},
    ],
    ids=lambda knobs: knobs["dataset"],
)
def test_the_parts_add_up(knobs):
    fits = Fits(Experiment(epochs=8, **knobs), 6)
    for _ in fits:
        pass
    measured = fits.measure()
    assert all(map(adds_up, measured.parts.values()))
    assert all(math.isnan(parts.noise) == measured.is_bootstrap for parts in measured.parts.values())


def test_bias_falls_and_variance_grows_with_the_network():
    """On noisy sine, from 4 units to 64, 64: the lecture's picture."""
    base = Experiment(
        dataset="sine", samples=30, noise=0.4, activation="tanh", epochs=600, learning_rate=0.01, batch_size=0
    )
    small, large = (measure(base.change(layers=layers), 20) for layers in ((4,), (64, 64)))
    assert small.bias2 > 1.5 * large.bias2
    assert large.variance > 1.5 * small.variance


def test_a_regressions_error_is_in_the_targets_own_units():
    inputs = np.linspace(-1, 1, 40)[:, np.newaxis]
    targets = inputs[:, 0] + 0.3 * RNG.normal(size=40)
    small, large = (
        measure(Experiment(data=Dataset(inputs, scale * targets), layers=(), epochs=20), 6) for scale in (1.0, 1000.0)
    )
    assert large.error == pytest.approx(1e6 * small.error, rel=1e-3)


def test_a_resample_leaves_rows_out_and_keeps_those_that_validate():
    experiment = Experiment(dataset="iris")
    test, tasks = plan(experiment, 5)
    data = experiment.dataset
    for task in tasks:
        dealt = task.experiment.dataset
        assert (dealt.sets == TRAIN).sum() == (data.sets == TRAIN).sum()
        np.testing.assert_array_equal(dealt.inputs[dealt.sets == VALIDATION], data.inputs[data.sets == VALIDATION])
        seen = {tuple(row) for row in dealt.inputs[dealt.sets == TRAIN]}
        left_out = test.inputs[task.tested]
        own = [tuple(row) for row in data.inputs[data.sets == TRAIN]]
        assert all(tuple(row) not in seen for row in left_out if own.count(tuple(row)) == 1)


def test_fits_differ_from_each_other_and_are_the_same_again():
    experiment = Experiment(dataset="sine", samples=20, layers=(4,), epochs=5)
    first, again = (measure(experiment, 4, threads=threads) for threads in (1, 2))
    assert first == again
    assert first.variance > 0
    assert measure(experiment.change(seed=9), 4) != first


@pytest.mark.parametrize("row", [row for row in shapes.SHAPES if row.truth and not row.values], ids=lambda row: row.key)
def test_class_probabilities_are_as_often_right_as_they_say(row):
    count = 3 if "classes" in row.reads else 2
    noise = max(row.noise, 0.2)
    data = shapes.generate(row.key, 6000, noise, count, 5)
    chances = row.truth(data.inputs, noise, count)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    sure = chances[np.arange(6000), data.targets.astype(int)]
    # the mean of ln p over points is minus the entropy, if the probabilities are true
    entropy = -(chances * np.log(np.maximum(chances, 1e-300))).sum(axis=1)
    error = np.std(np.log(sure) + entropy) / 6000**0.5
    assert abs(np.mean(np.log(sure) + entropy)) < 4 * error + 1e-3


@pytest.mark.parametrize("row", [row for row in shapes.SHAPES if row.truth and row.values], ids=lambda row: row.key)
def test_values_are_the_truth_and_noise_of_that_variance(row):
    data = shapes.generate(row.key, 6000, 0.5, 2, 5)
    off = data.targets[:, 0] - row.truth(data.inputs)
    assert off.mean() == pytest.approx(0, abs=0.03)
    assert off.var() == pytest.approx(0.25, rel=0.08)


# what cannot be measured


def test_one_fit_is_refused():
    with pytest.raises(KnobError, match="resamples: 1 is not accepted"):
        plan(Experiment(), 1)


def test_fits_that_all_diverge_are_told():
    fits = Fits(Experiment(dataset="sine", samples=20, optimizer="sgd", learning_rate=1e6, epochs=20), 3)
    for _ in fits:
        pass
    with pytest.raises(DataError, match="3 of 3 fits diverged"):
        fits.measure()


def test_leaving_the_loop_gives_up_what_is_trained():
    turns = Turns()
    for done in Fits(Experiment(dataset="sine", samples=20, epochs=5), 50, turns=turns):
        assert done == 1
        break
    assert turns.is_cancelled


def test_a_table_has_a_row_for_each_combination(tmp_path):
    base = Experiment(dataset="sine", samples=20, epochs=4)
    table = VarianceTable(base, {"layers": [(), (4,)], "noise": [0.1, 0.2]}, 3, seeds=2)
    assert list(table)[-1] == table.whole == 24
    header, *rows = table.write(tmp_path).read_text().splitlines()
    assert header.startswith("layers,knob_noise,bias2,variance,noise,error,")  # no two columns of one name
    assert len(rows) == 4
    for row in rows:
        bias2, variance, noise, error = map(float, row.split(",")[2:6])
        assert bias2 + variance + noise == pytest.approx(error, rel=1e-9)


def test_noise_is_empty_where_it_cannot_be_known(tmp_path):
    table = VarianceTable(Experiment(dataset="diabetes", layers=(), epochs=3), {}, 4)
    list(table)
    header, row = table.write(tmp_path).read_text().splitlines()
    told = dict(zip(header.split(","), row.split(",")))
    assert told["noise"] == ""
    assert float(told["bias2"]) + float(told["variance"]) == pytest.approx(float(told["error"]), rel=1e-9)
