"""The engine computes what PyTorch, Keras and scikit-learn were recorded to compute, update by update."""

import numpy as np
import pytest

from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.model.experiment import Experiment
from playground.training.run import Run
from tests.oracles.recorded import arrays, case, cases, name_of


def each(group):
    """A test's parameters: a group's cases by name."""
    return pytest.mark.parametrize("case", cases(group), ids=name_of)


def dataset_of(case):
    """The recorded samples: training first, then validation if there is any."""
    found = arrays(case, case["data"])
    parts = [(found["X"], found["y"], TRAIN)]
    if "X_val" in found:
        parts.append((found["X_val"], found["y_val"], VALIDATION))
    inputs = np.concatenate([x for x, _, _ in parts])
    targets = np.concatenate([y for _, y, _ in parts])
    sets = np.concatenate([np.full(len(x), which) for x, _, which in parts])
    regression = case["knobs"]["loss"] != "cross_entropy"
    names = () if regression else tuple(str(number) for number in range(int(targets.max()) + 1))
    return Dataset(inputs, targets, sets, names)


def run_of(case):
    """A run from the recorded first weights, on the recorded samples."""
    return Run(Experiment(data=dataset_of(case), **case["knobs"]), arrays(case, case["init"]))


def disagreement(found, expected):
    """The largest relative error of any array, ‖a − b‖ / ‖b‖."""
    assert found.keys() == expected.keys()
    return max(np.linalg.norm(found[n] - expected[n]) / np.linalg.norm(expected[n]) for n in expected)


def check_updates(case):
    """Hold the weights and moving statistics against every recorded number of updates."""
    run = run_of(case)
    for updates in case["after"]:
        run.advance(int(updates) - run.updates)
        assert disagreement(run.weights, arrays(case, case["after"][updates])) < case["tolerance"], updates
    return run


@each("pytorch_networks")
def test_networks_agree_with_pytorch(case):
    run = check_updates(case)
    if "loss" in case:
        assert run.scores().train_loss == pytest.approx(list(case["loss"].values())[-1], rel=1e-9)


@each("keras_networks")
def test_fits_agree_with_keras(case):
    run = check_updates(case)
    for row, expected in zip(run.history.rows, case["epochs"], strict=True):
        assert row[1] == pytest.approx(expected["train_loss"], rel=case["tolerance"])
        assert row[2] == pytest.approx(expected["val_loss"], rel=case["tolerance"])
        assert row[4] == pytest.approx(expected["penalty"], rel=case["tolerance"], abs=1e-12)
