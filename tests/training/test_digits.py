"""The 8 × 8 digits: the lecture's early-stopping experiment, and scikit-learn's network on the same images."""

import numpy as np
import pytest

from playground.model.dataset import TEST, TRAIN
from playground.model.experiment import Experiment
from playground.training.run import Run

SEEDS = range(5)
DIGITS = {
    "dataset": "digits",
    "layers": (128, 64),
    "activation": "relu",
    "optimizer": "adam",
    "learning_rate": 0.002,
    "batch_size": 32,
    "train_fraction": 0.6,
    "test_fraction": 0.2,
    "epochs": 50,
}


def trained(**knobs):
    run = Run(Experiment(**knobs))
    while not run.has_ended:
        run.burst(0.2)
    return run


@pytest.fixture(scope="module")
def whole():
    """Fifty epochs, whatever validation says."""
    return [trained(**DIGITS, seed=seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def stopped():
    """Patience 4, best weights restored."""
    return [trained(**DIGITS, seed=seed, early_stopping=True, patience=4) for seed in SEEDS]


def test_early_stopping_ends_before_epoch_25_on_average(stopped):
    assert np.mean([run.epoch for run in stopped]) < 25


def test_early_stopping_costs_at_most_a_point_of_test_accuracy(whole, stopped):
    means = [np.mean([run.scores().test_metric for run in runs]) for runs in (whole, stopped)]
    assert means[1] >= means[0] - 0.01


def test_the_network_is_as_good_as_scikit_learns():
    from sklearn.neural_network import MLPClassifier

    knobs = {"dataset": "digits", "layers": (64,), "learning_rate": 0.001, "batch_size": 32, "epochs": 30}
    knobs |= {"train_fraction": 0.8, "test_fraction": 0.2, "standardize": False, "initializer": "glorot_uniform"}
    ours, theirs = [], []
    for seed in SEEDS:
        run = trained(**knobs, seed=seed)
        ours.append(run.scores().test_metric)
        data = run.experiment.dataset
        training, test = data.sets == TRAIN, data.sets == TEST
        settings = {"alpha": 0, "batch_size": 32, "max_iter": 30, "tol": 0, "n_iter_no_change": 99}
        network = MLPClassifier((64,), random_state=seed, **settings)
        with pytest.warns(UserWarning, match="Maximum iterations"):
            network.fit(data.inputs[training], data.targets[training])
        theirs.append(network.score(data.inputs[test], data.targets[test]))
    assert np.mean(ours) >= np.mean(theirs) - 0.005
