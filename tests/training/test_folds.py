"""Folds: how points are dealt to them, and what a sweep over them finds, as scikit-learn does."""

import numpy as np
import pytest

from playground.model.dataset import TEST, TRAIN, VALIDATION, DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.folds import Folds, deal_fold
from playground.training.selection import choose, data_loss, mean_of, one_standard_error
from playground.training.sweep import plan, run_all
from tests.oracles.recorded import arrays, case

LOPSIDED = Dataset(np.random.default_rng(1).normal(size=(53, 2)), np.arange(53) % 7 == 0, class_names=("many", "few"))


def folds_of(experiment, folds):
    return [deal_fold(experiment, folds, fold) for fold in range(folds.times)]


def test_each_point_validates_in_one_fold_and_trains_in_the_others():
    dealt = np.array([data.sets for data in folds_of(Experiment(data=LOPSIDED), Folds(5))])
    assert ((dealt == VALIDATION).sum(axis=0) == 1).all() and ((dealt == TRAIN).sum(axis=0) == 4).all()


def test_folds_are_as_equal_as_can_be_and_so_are_their_classes():
    dealt = [data.targets[data.sets == VALIDATION] for data in folds_of(Experiment(data=LOPSIDED), Folds(5))]
    assert sorted(map(len, dealt)) == [10, 10, 11, 11, 11]
    assert {int(targets.sum()) for targets in dealt} == {1, 2}


def test_splits_validate_the_share_that_is_asked_for_with_each_class_in_it():
    dealt = folds_of(Experiment(data=LOPSIDED), Folds(4, 0.25))
    assert [int((data.sets == VALIDATION).sum()) for data in dealt] == [13, 13, 13, 13]
    assert {int(data.targets[data.sets == VALIDATION].sum()) for data in dealt} <= {1, 2, 3}
    assert len({data.sets.tobytes() for data in dealt}) == 4


def test_the_test_set_is_in_no_fold():
    experiment = Experiment(data=LOPSIDED, test_fraction=0.2)
    dealt = folds_of(experiment, Folds(4))
    tested = experiment.dataset.sets == TEST
    assert tested.sum() == 11
    assert all(((data.sets == TEST) == tested).all() for data in dealt)


def test_seeds_deal_other_folds():
    first = deal_fold(Experiment(data=LOPSIDED), Folds(5), 0)
    other = deal_fold(Experiment(data=LOPSIDED, seed=1), Folds(5), 0)
    assert (first.sets != other.sets).any()


def test_a_smaller_share_trains_on_part_of_a_larger_one_and_validates_on_the_same():
    experiment = Experiment(data=LOPSIDED)
    found = [deal_fold(experiment, Folds(5), 2, share) for share in (0.3, 0.6, 1.0)]
    trained, validates = ([set(map(tuple, d.inputs[d.sets == part])) for d in found] for part in (TRAIN, VALIDATION))
    assert trained[0] < trained[1] < trained[2] and validates[0] == validates[1] == validates[2]
    assert [len(one) for one in trained] == [12, 25, 42]
    assert all(len(np.unique(d.targets[d.sets == TRAIN])) == 2 for d in found)


def test_sets_that_the_data_gives_are_never_dealt_again():
    given = LOPSIDED.replace(sets=np.arange(53) % 2)
    with pytest.raises(DataError, match="which set it is in"):
        plan(Experiment(data=given), {"learning_rate": [0.1]}, folds=5)


@pytest.mark.parametrize("folds", [1, 0, -2, 1001, Folds(3, 1.0), Folds(0, 0.5)])
def test_folds_that_cannot_be_are_refused(folds):
    with pytest.raises((KnobError, DataError), match="not accepted"):
        plan(Experiment(), {"learning_rate": [0.1]}, folds=folds)


def test_more_folds_than_points_are_refused():
    with pytest.raises(DataError, match="53 points cannot be dealt to 60 folds"):
        plan(Experiment(data=LOPSIDED), {"learning_rate": [0.1]}, folds=60)


# beside scikit-learn


RIDGE = case("sklearn_sweep", "ridge")


def ridge(vary, **changes):
    """Ours minimise 1/n‖y − Xw‖² + λ/(2n)‖w‖², which for λ = 2α is 1/n of scikit-learn's ridge."""
    found = arrays(RIDGE, RIDGE["data"])
    knobs = {"penalty": "l2", "penalty_strength": 2 * RIDGE["curve_alpha"], "layers": (), "split": "sequential"}
    knobs |= {"precision": "float64", "standardize_target": False, "optimizer": "sgd", "learning_rate": 0.1}
    data = Dataset(found["X"], found["y"])
    base = Experiment(data=data, **knobs, batch_size=0, epochs=6000, **changes)
    jobs = plan(base, vary, folds=RIDGE["folds"])
    rows = dict(run_all(jobs))
    shape = (-1, RIDGE["folds"])
    return jobs, *(
        np.array([data_loss(rows[number], which) for number in range(len(jobs))]).reshape(shape).T
        for which in ("train", "val")
    )


def test_folds_over_a_ridge_are_those_of_scikit_learn_and_so_are_the_choices():
    jobs, train, val = ridge({"penalty_strength": [2 * alpha for alpha in RIDGE["alphas"]]})
    expected = arrays(RIDGE, "ridge")
    np.testing.assert_allclose(train, expected["train"], rtol=RIDGE["tolerance"])
    np.testing.assert_allclose(val, expected["val"], rtol=RIDGE["tolerance"])
    choice = choose(jobs, val.T.ravel().tolist())
    assert (choice.best, choice.simplest) == (RIDGE["best"], RIDGE["simplest"])
    assert choice.means[choice.best].mean == pytest.approx(expected["val"].mean(axis=0).min())


def test_a_learning_curve_is_that_of_scikit_learn():
    _, train, val = ridge({"train_fraction": RIDGE["shares"]})
    expected = arrays(RIDGE, "curve")
    np.testing.assert_allclose(train, expected["train"], rtol=RIDGE["tolerance"])
    np.testing.assert_allclose(val, expected["val"], rtol=RIDGE["tolerance"])


# the rule


def test_the_simplest_within_one_standard_error_is_chosen():
    assert one_standard_error([3.0, 2.1, 2.0, 2.5], [0.1, 0.1, 0.2, 0.1], [0, 1, 2, 3]) == 1
    assert one_standard_error([3.0, 2.1, 2.0, 2.5], [0.1, 0.1, 0.01, 0.1], [0, 1, 2, 3]) == 2
    assert one_standard_error([np.nan, 2.1, 2.0], [0.1, 0.1, np.nan], [0, 1, 2]) == 2


def test_a_combination_of_which_a_run_failed_has_no_mean():
    assert np.isnan(mean_of([1.0, np.inf]).mean)
    assert mean_of([1.0, np.nan, 3.0]) == (2.0, 1.0, 2)  # one was not made yet
