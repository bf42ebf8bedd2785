"""The loss taken apart: in training mode against NumPy's own draws, early stopping against a replay of its rule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.kernels.columns import COLUMNS
from playground.model.experiment import Experiment
from playground.training.looks.practice import practice
from playground.training.looks.stopping import stopping
from playground.training.run import Run
from playground.training.views import VIEWS, Observer

HARD = Experiment(samples=200, layers=(12, 6), activation="tanh", dropout=0.4, precision="float64", epochs=60)


def trained(experiment, epochs=30):
    run = Run(experiment)
    for _ in range(epochs):
        run.finish_epoch()
    return run


def whole(run):
    """All that is wanted of it, in as many looks as it takes."""
    found = practice(run)
    while not found.is_whole:
        found = practice(run)
    return found


def cross_entropy(logits, targets):
    return float(np.mean(np.logaddexp(0, logits) - targets * logits))


def drawn_by_numpy(run, rate, passes=600):
    """Mean and standard error of the loss with NumPy's own dropout masks, without a penalty."""
    rng, named, samples = np.random.default_rng(1), run.weights, run.state.samples
    losses = []
    for _ in range(passes):
        x = samples.inputs
        for layer in range(2):
            x = np.tanh(named[f"W{layer}"].T @ x + named[f"b{layer}"][:, None])
            x = x * (rng.random(x.shape) >= rate) / (1 - rate)
        losses.append(cross_entropy(named["W2"].T @ x + named["b2"][:, None], samples.targets))
    return np.mean(losses), np.std(losses, ddof=1) / math.sqrt(passes)


@pytest.mark.parametrize("batch_size", [7, 32, 0])
def test_the_loss_with_units_dropped_is_the_mean_over_masks_that_numpy_draws(batch_size):
    run = trained(HARD.change(batch_size=batch_size, penalty="l2", penalty_strength=0.1))
    loss, error = whole(run).at(30)
    mean, spread = drawn_by_numpy(run, 0.4)
    row = dict(zip(COLUMNS, run.history.rows[-1]))
    assert abs(loss - row["penalty"] - mean) < 3 * math.hypot(error, spread)
    assert error < 0.02 and loss > row["train_loss"] + 4 * error  # evaluation has it easier, and that is seen


def test_the_error_is_how_far_such_means_lie_apart():
    """Of one batch an epoch, where batches differ by their masks alone."""
    run = trained(HARD.change(batch_size=0))
    _, error = whole(run).at(30)
    _, spread = drawn_by_numpy(run, 0.4)
    assert error * math.sqrt(16) == pytest.approx(spread * math.sqrt(600), rel=0.5)


def test_a_batch_is_normalized_by_its_own_mean_and_variance():
    run = trained(HARD.change(dropout=0.0, normalization="batch", batch_size=0, norm_epsilon=1e-3))
    named, samples = run.weights, run.state.samples
    x = samples.inputs
    for layer in range(2):
        z = named[f"W{layer}"].T @ x
        z = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-3)
        x = np.tanh(named[f"gamma{layer}"][:, None] * z + named[f"beta{layer}"][:, None])
    logits = named["W2"].T @ x + named["b2"][:, None]
    loss, error = whole(run).at(30)
    assert loss == pytest.approx(cross_entropy(logits, samples.targets), abs=1e-10) and error < 1e-12


def test_jittered_points_are_harder_by_as_much_as_those_that_numpy_jitters():
    run = trained(HARD.change(dropout=0.0, augment=True, augment_jitter=0.5))
    rng, named, samples = np.random.default_rng(2), run.weights, run.state.samples
    losses = []
    for _ in range(400):
        x = samples.inputs + 0.5 * samples.inputs.std(axis=1, keepdims=True) * rng.standard_normal(samples.inputs.shape)
        for layer in range(2):
            x = np.tanh(named[f"W{layer}"].T @ x + named[f"b{layer}"][:, None])
        losses.append(cross_entropy(named["W2"].T @ x + named["b2"][:, None], samples.targets))
    loss, error = whole(run).at(30)
    assert abs(loss - np.mean(losses)) < 3 * math.hypot(error, np.std(losses) / 20)


def test_each_epochs_loss_is_of_its_own_weights_and_nothing_is_trained():
    run = trained(HARD)
    stood, moving = run.state.net.weights.copy(), run.state.net.moving.copy()
    strip = whole(run)
    assert strip.epochs[0] == 0 and strip.epochs[-1] == 30 and len(strip.epochs) > 20
    assert np.array_equal(run.state.net.weights, stood) and np.array_equal(run.state.net.moving, moving)
    mean, spread = drawn_by_numpy(run.at(10), 0.4)
    loss, error = strip.at(10)
    assert abs(loss - mean) < 3 * math.hypot(error, spread)
    untouched = trained(HARD)
    run.finish_epoch(), untouched.finish_epoch()
    assert np.array_equal(run.state.net.weights, untouched.state.net.weights)


def test_a_past_that_is_looked_at_is_measured_too():
    run = trained(HARD.change(epochs=300), 200)
    assert 37 not in practice(run).epochs
    past = run.at(37)
    assert 37 in practice(past).epochs
    mean, spread = drawn_by_numpy(past, 0.4)
    loss, error = whole(past).at(37)
    assert abs(loss - mean) < 3 * math.hypot(error, spread)


def test_an_epoch_before_dropout_was_switched_on_has_no_loss_in_training_mode():
    run = trained(HARD.change(dropout=0.0), 10)
    assert not len(practice(run).epochs)
    run.adapt(HARD)
    run.finish_epoch()
    assert list(whole(run).epochs) == [11]


def test_at_full_speed_a_look_is_short_and_goes_on_next_time():
    run = trained(HARD)
    observer = Observer()
    first = observer.look(run, {"practice": None}, is_hurried=True)["practice"]
    assert not observer.is_whole and {30} <= set(first.epochs)
    run.finish_epoch()
    again = observer.look(run, {"practice": None}, is_hurried=True)["practice"]
    assert again is first  # its time is a small share of all time
    assert len(first.epochs) < len(whole(run).epochs)


# early stopping


def replay(values, patience, delta=0.0, rising=False, baseline=None, start=0):
    """Keras' rule, told anew: (best, best epoch, epochs waited) after each epoch, and the epoch of the stop."""
    sign, best, best_epoch, wait, told = -1 if rising else 1, None, None, 0, []
    for epoch, value in enumerate(values, 1):
        if epoch > start:
            wait += 1
            if best is None or sign * value < sign * best - delta:
                best, best_epoch = value, epoch
                if baseline is None or sign * value < sign * baseline - delta:
                    wait = 0
            elif wait >= patience and epoch > 1:
                return [*told, (best, best_epoch, wait)], epoch
        told.append((best, best_epoch, wait))
    return told, None


@pytest.mark.parametrize(
    "knobs",
    [
        {"patience": 5},
        {"patience": 9, "min_delta": 0.02},
        {"patience": 12, "monitor": "val_metric", "min_delta": 0.01},
        {"patience": 30, "baseline": 0.25},
        {"patience": 4, "start_from_epoch": 8},
        {"patience": 6, "monitor": "train_loss", "min_delta": 0.001},
    ],
)
def test_the_marks_of_early_stopping_are_those_of_its_rule(knobs):
    base = {"dropout": 0.0, "noise": 0.4, "learning_rate": 0.03, "early_stopping": True, "epochs": 120}
    run = Run(HARD.change(**base, **knobs))
    while not run.has_ended:
        run.finish_epoch()
    monitor, delta = knobs.get("monitor", "val_loss"), knobs.get("min_delta", 0.0)
    rising, start = monitor == "val_metric", knobs.get("start_from_epoch", 0)
    values = run.history.rows[:, COLUMNS.index(monitor)]
    told, stop = replay(values, knobs["patience"], delta, rising, knobs.get("baseline"), start)
    assert run.stopped_epoch == stop and len(told) == run.epoch
    for epoch in range(1, run.epoch + 1):
        found = stopping(run if epoch == run.epoch else run.at(epoch))
        best, best_epoch, wait = told[epoch - 1]
        assert (found.monitor, found.is_rising, found.starts) == (monitor, rising, start + 1)
        assert (found.best, found.best_epoch) == (best, best_epoch)
        assert (found.began, found.ends, found.used) == (epoch - wait, epoch - wait + knobs["patience"], wait)
        assert found.beaten == (None if best is None else best + delta if rising else best - delta)
    if stop is not None:
        assert stop >= found.ends


def test_without_early_stopping_there_is_nothing_to_mark():
    assert stopping(trained(HARD, 2)) is None
    assert {"practice", "stopping"} <= {view.key for view in VIEWS}
