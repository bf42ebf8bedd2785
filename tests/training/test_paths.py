"""Coefficients along λ, against scikit-learn's and against what training comes to."""

import numpy as np
import pytest

from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.training.findings import DONE, PATHS, TWICE, Asked
from playground.training.paths import changes, path
from playground.training.run import Run
from playground.training.searching import Search
from tests.oracles.recorded import arrays, case, cases

DIABETES = Experiment(dataset="diabetes", layers=())


def recorded(name):
    """The experiment, and what scikit-learn found of it."""
    found = case("sklearn_paths", name)
    data = arrays(found, found["data"])
    experiment = Experiment(
        data=Dataset(data["X"], data["y"]), train_fraction=1.0, layers=(), standardize_target=False, **found["knobs"]
    )
    return experiment, arrays(found, found["solution"]), found["tolerance"]


@pytest.mark.parametrize("name", [found["name"] for found in cases("sklearn_paths")])
def test_a_path_is_scikit_learns(name):
    experiment, found, tolerance = recorded(name)
    assert len(found["strengths"]) == 30
    ours = path(experiment, name, values=found["strengths"])
    size = np.abs(found["coefficients"]).max()
    np.testing.assert_allclose(ours.coefficients, found["coefficients"], rtol=0, atol=tolerance * size)
    np.testing.assert_allclose(ours.alphas, found["alphas"], rtol=1e-12)
    np.testing.assert_array_equal(ours.zeros, (found["coefficients"] == 0).sum(axis=1))


@pytest.mark.parametrize("convention", ["lecture", "keras", "pytorch"])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elastic_net"])
def test_a_path_is_what_training_comes_to(convention, penalty):
    """Gradient descent to the end, with the λ of the path's middle, standardised or not."""
    experiment = DIABETES.change(convention=convention, standardize_target=convention != "pytorch")
    found = path(experiment, penalty)
    place = len(found.strengths) // 2
    knobs = changes(found, experiment, place) | {"precision": "float64", "batch_size": 0, "epochs": 12_000}
    knobs |= {"optimizer": "sgd", "learning_rate": 0.1, "l1_method": "proximal"}
    run = Run(experiment.change(**knobs))
    while not run.has_ended:
        run.burst(0.1)
    weights = run.weights["W0"][:, 0]
    size = np.abs(found.coefficients[place]).max()
    # λ is taken with four digits
    np.testing.assert_allclose(weights, found.coefficients[place], atol=2e-3 * size)


def test_the_lassos_zeros_grow_with_lambda_up_to_all():
    found = path(DIABETES, "l1")
    assert found.zeros[0] == len(found.names)
    assert found.zeros[-1] < 3
    assert not path(DIABETES, "l2").zeros.any()


def test_the_best_is_where_validation_is_lowest():
    found = path(DIABETES, "l1")
    assert found.val[found.best] == found.val.min()
    assert found.elsewhere(found.best).startswith("Lasso(alpha=")


def test_a_duplicated_feature_has_several_solutions_with_the_lasso_alone():
    lasso = path(DIABETES, "l1", twice=True)
    one, two = (lasso.names.index(name) for name in lasso.twins)
    assert (lasso.coefficients[:, two] == 0).all()
    assert (lasso.others[:, one] == 0).all()
    # as good: the sum is the same, and so is all else
    np.testing.assert_allclose(lasso.coefficients[:, one], lasso.others[:, two], atol=1e-10)
    for penalty in ("l2", "elastic_net"):
        shared = path(DIABETES, penalty, twice=True)
        assert shared.others is None
        np.testing.assert_allclose(shared.coefficients[:, one], shared.coefficients[:, two], atol=1e-10)


def test_features_that_are_made_are_named_and_solved():
    found = path(DIABETES.change(features="degree 2"), "l1")
    assert "body mass index·body mass index" in found.names
    assert len(found.names) == 65
    assert np.isfinite(found.coefficients).all()


def test_classes_have_no_path():
    with pytest.raises(DataError, match="choose a regression"):
        path(Experiment(), "l1")


def test_a_search_brings_a_path_in_the_background():
    search = Search(Asked(PATHS, "l1", TWICE), DIABETES.change(layers=(8,)))
    assert search.wait(60)
    found = search.found
    assert found.status == DONE
    assert found.path.twins is not None
    assert found.changes(3) == {
        "layers": (),
        "penalty": "l1",
        "penalty_strength": float(f"{found.path.strengths[3]:.4g}"),
    }
