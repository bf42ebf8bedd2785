"""The lecture's claims, ten seeds each: a spiral is learned, and what is done against overfitting helps."""

from functools import cache

import numpy as np
import pytest

from playground.kernels.columns import COLUMNS
from playground.model.experiment import Experiment
from playground.training.run import Run

SPIRAL = {
    "dataset": "spiral",
    "samples": 400,
    "noise": 0.0,
    "train_fraction": 0.7,
    "layers": (32, 32),
    "activation": "tanh",
    "initializer": "fan_in_uniform",
    "optimizer": "adam",
    "learning_rate": 0.01,
    "batch_size": 16,
    "epochs": 300,
}
# the experiment that the window opens with, for 500 epochs
NOISY = {
    "dataset": "moons",
    "samples": 80,
    "noise": 0.35,
    "train_fraction": 0.5,
    "layers": (64, 64),
    "learning_rate": 0.003,
    "batch_size": 20,
    "epochs": 500,
}
AGAINST = {
    "L2": {"penalty": "l2", "penalty_strength": 2.0},
    "dropout": {"dropout": 0.5},
    "early stopping": {"early_stopping": True, "patience": 20},
}
SEEDS = range(10)


def trained(**knobs):
    run = Run(Experiment(**knobs))
    while not run.has_ended:
        run.burst(0.05)
    return run


@cache
def ends(name):
    """(seeds, 2): the validation loss of the weights at the end, with the penalty as in the history, and without."""
    found = []
    for seed in SEEDS:
        run = trained(**NOISY, **AGAINST.get(name, {}), seed=seed)
        row = dict(zip(COLUMNS, run.history.rows[(run.restored_epoch or run.epoch) - 1]))
        found.append((row["val_loss"], row["val_loss"] - row["penalty"]))
    print(f"{name}: {np.mean(found, axis=0).round(3)}")
    return np.array(found)


def test_the_spiral_is_learned():
    accuracies = [trained(**SPIRAL, seed=seed).scores().val_metric for seed in SEEDS]
    print("spiral:", np.round(accuracies, 4))
    assert sum(accuracy >= 0.95 for accuracy in accuracies) >= 8


def test_without_regularization_the_validation_loss_turns_up():
    for seed in SEEDS:
        losses = trained(**NOISY, seed=seed).history.rows[:, COLUMNS.index("val_loss")]
        assert losses[-1] > 1.3 * losses.min()


@pytest.mark.parametrize("name", AGAINST)
def test_regularization_ends_at_a_lower_validation_loss(name):
    assert ends(name).mean(axis=0)[0] < ends("nothing").mean(axis=0)[0]


@pytest.mark.parametrize("name", AGAINST)
def test_regularization_ends_lower_without_its_penalty_too(name):
    assert ends(name).mean(axis=0)[1] < ends("nothing").mean(axis=0)[1]


@pytest.mark.parametrize("name", ["L2", "early stopping"])
def test_regularization_well_chosen_ends_at_less_than_half_the_loss(name):
    assert ends(name).mean(axis=0)[0] < 0.5 * ends("nothing").mean(axis=0)[0]


def test_a_penalty_of_a_hundredth_is_next_to_nothing_in_the_lecture_s_form():
    weak = [trained(**NOISY, penalty="l2", penalty_strength=0.01, seed=seed).history.rows[-1, 2] for seed in SEEDS]
    assert np.mean(weak) > 2 * ends("L2").mean(axis=0)[0]
