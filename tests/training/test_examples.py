"""The lecture's demonstrations show what they say: as they are shipped, and trained anew under five seeds."""

from functools import cache

import numpy as np
import pytest

from playground.kernels.columns import COLUMNS
from playground.model import file
from playground.model.examples import EXAMPLES
from playground.training.projects import open_project
from playground.training.race import plan
from playground.training.run import Run
from playground.training.snapshot import FINISHED, STOPPED_EARLY

BY_KEY = {example.key: example for example in EXAMPLES}
SHIPPED = "shipped"
WAYS = (SHIPPED, *range(5))  # a seed each, to be trained anew
MOST_BYTES = 1_000_000


@cache
def race(key, way, **changes):
    """Its runs, one for each of the values that it compares."""
    example = BY_KEY[key]
    if way == SHIPPED:
        return [run for _, run in open_project(example.path).runs]
    return trained(example.experiment.change(seed=way, **changes), example.vary)


def trained(experiment, vary):
    runs = [Run(one.experiment, one.initial) for one in plan(experiment, vary)]
    for run in runs:
        while not run.has_ended:
            run.burst(0.2)
    return runs


def last(run, name):
    """A column of the history at the end; at the epoch whose weights were restored, if some were."""
    return run.history.rows[(run.restored_epoch or run.epoch) - 1, COLUMNS.index(name)]


@pytest.mark.parametrize("key", BY_KEY)
def test_the_shipped_runs_are_those_that_are_declared(key):
    example = BY_KEY[key]
    contestants = plan(example.experiment, example.vary)
    saved = file.load(example.path)
    assert [run.experiment for run in saved.company] == [one.experiment for one in contestants]
    assert [(run.name, run.lane) for run in saved.company] == [(one.name, one.number) for one in contestants]
    assert saved.runs == saved.company and saved.experiment == saved.in_hand.experiment
    assert all(run.has_ended for run in race(key, SHIPPED))
    assert example.path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("key", BY_KEY)
def test_the_shipped_runs_began_with_the_same_weights(key):
    first, *others = (run.initial_weights for run in race(key, SHIPPED))
    for other in others:
        for name in first.keys() & other.keys():
            assert np.array_equal(first[name], other[name])
        assert "W0" in other and first["W0"].any()


def test_each_file_is_one_that_is_declared():
    assert {path.stem for path in EXAMPLES[0].path.parent.iterdir()} == set(BY_KEY)


@pytest.mark.parametrize("way", WAYS)
def test_at_a_high_rate_only_the_network_with_batch_normalization_learns(way):
    without, batch = race("batch_normalization", way)
    assert last(batch, "val_metric") > 0.9 and last(batch, "val_loss") < 0.25
    assert not last(without, "val_metric") > 0.75  # it may have diverged
    assert not last(without, "val_loss") < 3 * last(batch, "val_loss")


def test_at_a_low_rate_both_learn():
    example = BY_KEY["batch_normalization"]
    for run in trained(example.experiment.change(learning_rate=0.2), example.vary):
        assert last(run, "val_metric") > 0.9


@pytest.mark.parametrize("way", WAYS)
def test_patience_4_ends_before_half_of_50_epochs_at_a_lower_validation_loss(way):
    whole, stopped = race("early_stopping", way)
    assert (whole.status, whole.epoch) == (FINISHED, 50)
    assert stopped.status == STOPPED_EARLY and stopped.epoch < 25
    assert stopped.epoch == stopped.restored_epoch + 4
    assert last(stopped, "val_loss") < last(whole, "val_loss")
    # the same network, up to there
    assert np.array_equal(whole.history.rows[: stopped.epoch, 1:3], stopped.history.rows[:, 1:3])


def test_patience_4_costs_less_than_a_point_of_test_accuracy():
    scores = [[run.scores().test_metric for run in race("early_stopping", way)] for way in WAYS]
    whole, stopped = np.mean(scores, axis=0)
    print(f"test accuracy: {whole:.4f} after 50 epochs, {stopped:.4f} stopped early")
    assert stopped > whole - 0.01


@pytest.mark.parametrize("way", WAYS)
def test_momentum_overtakes_sgd_and_rmsprop_and_adam_overtake_both(way):
    sgd, momentum, rmsprop, adam = race("optimizers", way)
    for column in ("train_loss", "val_loss"):
        assert last(sgd, column) > 2 * last(momentum, column)
        assert last(momentum, column) > max(last(rmsprop, column), last(adam, column))
    assert last(sgd, "val_metric") < 0.8 < min(last(run, "val_metric") for run in (momentum, rmsprop, adam))
