"""What is answered, and what of it is wrong: against scikit-learn's recorded judgements and NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from playground.model.dataset import TEST, TRAIN, VALIDATION
from playground.model.experiment import Experiment
from playground.training.looks.answers import BINS, MOST, Answers, Question, answers, classes, reliability, values
from playground.training.past import seek
from playground.training.run import Run
from playground.training.views import VIEWS, Observer

RECORDED = Path(__file__).parents[1] / "oracles" / "sklearn_answers.npz"


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORDED) as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def run():
    found = Run(Experiment(layers=(8,), epochs=30, samples=120, test_fraction=0.2))
    found.advance(30 * found.batches)
    return found


@pytest.mark.parametrize("name", ["two", "four"])
def test_confusion_precision_and_recall_are_scikit_learns(recorded, name):
    found = classes(recorded[f"{name}.targets"], recorded[f"{name}.probabilities"])
    assert found.confusion.tolist() == recorded[f"{name}.confusion"].tolist()
    np.testing.assert_allclose(found.precision, recorded[f"{name}.precision"], rtol=1e-14)
    np.testing.assert_allclose(found.recall, recorded[f"{name}.recall"], rtol=1e-14)
    assert found.accuracy == pytest.approx(recorded[f"{name}.accuracy"], rel=1e-14)
    assert found.losses.mean() == pytest.approx(recorded[f"{name}.log_loss"], rel=1e-12)
    assert np.isnan(found.precision).any() == (name == "four")  # its last class is never answered


@pytest.mark.parametrize("name", ["two", "four"])
def test_the_calibration_is_scikit_learns(recorded, name):
    found = classes(recorded[f"{name}.targets"], recorded[f"{name}.probabilities"]).reliability
    is_filled = found.counts > 0
    np.testing.assert_allclose(found.confidence[is_filled], recorded[f"{name}.confidence"], rtol=1e-12)
    np.testing.assert_allclose(found.right[is_filled], recorded[f"{name}.right"], rtol=1e-12)
    weights = found.counts[is_filled] / found.counts.sum()
    expected = (weights * np.abs(recorded[f"{name}.right"] - recorded[f"{name}.confidence"])).sum()
    assert found.error == pytest.approx(expected, rel=1e-12) and found.error > 0.01


def test_an_answer_that_is_as_sure_as_it_is_right_has_no_calibration_error():
    found = reliability(np.full(10, 0.7), np.arange(10) < 7)
    assert found.error == pytest.approx(0, abs=1e-12) and found.counts.tolist() == [0] * 6 + [10] + [0] * 3
    sure = reliability(np.ones(4), np.array([True, False, False, False]))
    assert sure.error == 0.75 and len(sure.counts) == BINS


def test_wrong_answers_are_listed_by_their_loss(recorded):
    targets, probabilities = recorded["four.targets"], recorded["four.probabilities"]
    found = classes(targets, probabilities)
    assert set(found.wrong) == set(np.flatnonzero(probabilities.argmax(axis=1) != targets))
    losses = -np.log(probabilities[np.arange(len(targets)), targets])[found.wrong]
    assert (np.diff(losses) <= 0).all() and len(losses) > 50
    true, answer = 1, 2
    assert len(found.taken(true, answer)) == found.confusion[true, answer] > 0


def test_residuals_are_numpys_and_the_scores_scikit_learns(recorded):
    targets, predicted = recorded["values.targets"], recorded["values.predicted"]
    found = values(targets, predicted)
    assert np.array_equal(found.residuals, targets - predicted)
    assert found.rmse == pytest.approx(recorded["values.rmse"], rel=1e-14)
    assert found.r2 == pytest.approx(recorded["values.r2"], rel=1e-14)
    assert found.bias == np.mean(targets - predicted)
    assert (np.diff(np.abs(found.residuals[found.wrong, 0])) <= 0).all()


@pytest.mark.parametrize("part", [TRAIN, VALIDATION, TEST])
def test_a_run_is_asked_for_the_points_of_one_set(run, part):
    data = run.experiment.dataset
    found = answers(run, Question(part))
    assert np.array_equal(found.rows, np.flatnonzero(data.sets == part))
    expected = run.predict(data.inputs[data.sets == part])
    assert np.array_equal(found.of.predicted, expected.argmax(axis=1))
    assert np.array_equal(found.of.confidence, expected.max(axis=1))
    assert found.sizes == tuple((data.sets == which).sum() for which in range(3)) and found.samples == found.sizes[part]
    assert (data.targets[found.worst] != run.predict(data.inputs[found.worst]).argmax(axis=1)).all()


def test_where_time_is_short_an_even_part_of_the_points_is_asked_for():
    run = Run(Experiment(layers=(), samples=4000, epochs=1))
    found = answers(run, Question().coarser(500))
    rows = np.flatnonzero(run.experiment.dataset.sets == VALIDATION)
    assert 250 < len(found.rows) <= 500 < len(rows) == found.samples
    assert len(set(np.diff(rows.searchsorted(found.rows)))) == 1
    row = next(row for row in VIEWS if row.key == "answers")
    assert row.points(Question()) == MOST and row.coarser(Question(), 1).most == 200


def test_the_answers_follow_to_a_past_epoch(run):
    past = next(found for found in seek(run, 5) if found is not None)
    then, now = answers(past, Question(TRAIN)), answers(run, Question(TRAIN))
    data = run.experiment.dataset
    expected = past.predict(data.inputs[data.sets == TRAIN]).max(axis=1)
    assert np.array_equal(then.of.confidence, expected) and not np.array_equal(now.of.confidence, expected)


def test_a_regression_is_answered_in_its_own_units():
    run = Run(Experiment(dataset="sine", layers=(8,), epochs=20))
    run.advance(20 * run.batches)
    data = run.experiment.dataset
    found = Observer().look(run, {"answers": Question(VALIDATION)})["answers"]
    chosen = data.sets == VALIDATION
    assert np.array_equal(found.of.residuals, data.targets[chosen] - run.predict(data.inputs[chosen]))
    assert found.of.rmse == pytest.approx(run.errors().val_rmse, rel=1e-12)


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_what_is_off_by_more_than_two_rmse_stands_out_whatever_its_size(size):
    predicted = size * np.array([[0.1], [-0.1], [5.0], [0.1], [-0.1], [0.1]])
    with np.errstate(over="ignore", under="ignore"):
        found = Answers(Question(), np.arange(6) + 10, 6, (0, 6, 0), values(np.zeros((6, 1)), predicted))
    assert found.outlying.tolist() == ([12] if size == 1 else [])  # squares that overflow, or vanish, tell nothing
    assert Answers(Question(), np.arange(2), 2, (0, 2, 0), values(np.ones((2, 1)), np.ones((2, 1)))).outlying.size == 0


def test_answers_that_are_not_finite_are_left_out(run):
    broken = Run(run.experiment)
    broken.state.net.weights[...] = np.nan
    found = answers(broken, Question())
    assert not len(found.rows) and found.samples > 0 and found.of.accuracy == 0
