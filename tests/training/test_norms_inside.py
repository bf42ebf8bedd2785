"""Normalization, looked into: a batch's statistics, the four lines of the box, shift and gap, against NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.looks.norms import QUANTILES, Wanted, box, moved, shift, track
from playground.training.run import Run

DEEP = Experiment(samples=200, layers=(9, 5), activation="tanh", precision="float64", epochs=40)
BATCH = DEEP.change(normalization="batch", norm_epsilon=1e-3)


def trained(experiment, epochs=3, updates=0):
    run = Run(experiment)
    for _ in range(epochs):
        run.finish_epoch()
    run.advance(updates)
    return run


def whole(look, run, asked):
    found = look(run, asked)
    while not found.is_whole:
        found = look(run, asked)
    return found


def next_batch(run):
    """The training points of the batch that comes next, in the run's own order: it is trained on a twin."""
    number, size = int(run.state.clock["batch"]), int(run.state.rules.batch_size)
    twin = Run(run.experiment)
    twin.advance(run.updates + 1)
    order = twin.state.store.order
    return run.state.samples.inputs[:, order[number * size : (number + 1) * size]]


def sums(run, given, position="before_activation", upto=1):
    """What layer ``upto`` normalizes, by NumPy, its batch alone deciding on the layers below."""
    named, x = run.weights, given
    for layer in range(upto + 1):
        z = named[f"W{layer}"].T @ x
        if f"b{layer}" in named:
            z = z + named[f"b{layer}"][:, None]
        came = z if position == "before_activation" else np.tanh(z)
        if layer == upto:
            return came
        normed = (came - came.mean(axis=1, keepdims=True)) / np.sqrt(came.var(axis=1, keepdims=True) + 1e-3)
        y = named[f"gamma{layer}"][:, None] * normed + named[f"beta{layer}"][:, None]
        x = np.tanh(y) if position == "before_activation" else y
    return None


@pytest.mark.parametrize("position", ["before_activation", "after_activation"])
@pytest.mark.parametrize("updates", [0, 2])
def test_the_four_lines_of_the_box_are_those_that_numpy_finds_for_the_batch(position, updates):
    run = trained(BATCH.change(norm_position=position), updates=updates)
    stood, moving = run.state.net.weights.copy(), run.state.net.moving.copy()
    found = box(run, Wanted(1, 3))
    x = sums(run, next_batch(run), position)[3]
    assert (found.kind, found.layer, found.unit, found.epoch, found.batch) == ("batch", 1, 3, 3, updates)
    assert np.allclose(found.given, x, atol=1e-12)
    assert found.mean == pytest.approx(x.mean(), abs=1e-12) and found.variance == pytest.approx(x.var(), abs=1e-12)
    normed = (x - x.mean()) / np.sqrt(x.var() + 1e-3)
    assert np.allclose(found.normed, normed, atol=1e-10)
    gamma, beta = run.weights["gamma1"][3], run.weights["beta1"][3]
    assert (found.gamma, found.beta) == (gamma, beta)
    assert np.allclose(found.out, gamma * normed + beta, atol=1e-10)
    assert found.moving == (run.weights["moving_mean1"][3], run.weights["moving_var1"][3])
    assert np.array_equal(run.state.net.weights, stood) and np.array_equal(run.state.net.moving, moving)


def test_the_batch_of_the_box_is_the_one_that_is_trained_next():
    run = trained(BATCH, updates=1)
    found = box(run, Wanted(0, 0))
    run.advance(1)
    assert np.array_equal(found.means, run.batch_statistics["batch_mean0"])
    assert np.array_equal(found.variances, run.batch_statistics["batch_var0"])


def test_layer_normalization_has_a_mean_and_variance_of_each_sample():
    run = trained(DEEP.change(normalization="layer", norm_epsilon=1e-3))
    found = box(run, Wanted(0, 4))
    came = run.weights["W0"].T @ next_batch(run) + run.weights["b0"][:, None]
    assert np.allclose(found.mean, came.mean(axis=0), atol=1e-12)
    assert np.allclose(found.variance, came.var(axis=0), atol=1e-12)
    normed = (came[4] - came.mean(axis=0)) / np.sqrt(came.var(axis=0) + 1e-3)
    assert np.allclose(found.normed, normed, atol=1e-10)
    assert np.allclose(found.out, run.weights["gamma0"][4] * normed + run.weights["beta0"][4], atol=1e-10)
    assert math.isnan(found.gap)


def test_weight_normalization_has_a_length_of_its_own():
    run = trained(DEEP.change(normalization="weight"), 10)
    found = box(run, Wanted(0, 2))
    v, s = run.weights["W0"].T, run.weights["scale0"]
    assert found.length == pytest.approx(np.linalg.norm(v[2])) and found.scale == s[2]
    assert np.allclose(found.weights, s[2] * v[2] / np.linalg.norm(v[2]))
    acting = s[:, None] * v / np.linalg.norm(v, axis=1, keepdims=True)
    assert np.allclose(found.given, (acting @ next_batch(run) + run.weights["b0"][:, None])[2])
    along = whole(track, run, Wanted(0, 2))
    assert along.length.shape == (11, 9) and along.batch_mean.shape == (11, 0)
    assert np.allclose(along.length[4], np.linalg.norm(run.at(4).weights["W0"], axis=0))


def test_batch_statistics_over_the_epochs_are_those_of_each_epochs_last_batch():
    run = trained(BATCH, 12)
    along = whole(track, run, Wanted(1, 0))
    assert along.layer == 2 and along.epochs.tolist() == list(range(1, 13))
    for epoch, mean, variance in zip(along.epochs, along.batch_mean, along.batch_variance):
        statistics = run.at(int(epoch)).batch_statistics
        assert np.array_equal(mean, statistics["batch_mean1"]) and np.array_equal(variance, statistics["batch_var1"])


@pytest.mark.parametrize("kind", ["batch", "layer", "weight"])
def test_before_the_first_update_there_is_something_to_look_at(kind):
    run = Run(DEEP.change(normalization=kind))
    along = track(run, Wanted(0, 0))
    assert len(along.epochs) == (0 if kind == "batch" else 1)
    assert along.batch_mean.shape == ((0, 9) if kind == "batch" else (1, 0))
    found = box(run, Wanted(0, 0))
    assert found.epoch == 0 and np.isfinite(found.given).all()
    assert shift(run, Wanted(0, 0)).moved_before.tolist() == [0]


def test_samples_means_over_the_epochs_are_of_the_same_points():
    run = trained(DEEP.change(normalization="layer"), 6)
    along = whole(track, run, Wanted(0, 0))
    past = run.at(2)
    order = trained(DEEP, 0, 1).state.store.order
    points = run.state.samples.inputs[:, order[:32]]
    came = past.weights["W0"].T @ points + past.weights["b0"][:, None]
    assert np.allclose(along.sample_mean[2], came.mean(axis=0)) and np.allclose(
        along.sample_variance[2], came.var(axis=0)
    )


def test_the_gap_is_what_the_batches_own_statistics_cost():
    """Against NumPy: a batch at a time by its own statistics, and all by the moving ones."""
    run = trained(BATCH.change(batch_size=6, layers=(9,), epochs=60), 30)
    found = whole(box, run, Wanted(0, 0))
    named, samples = run.weights, run.state.samples

    def loss(x, y, mean, variance):
        z = named["W0"].T @ x
        hat = (z - mean[:, None]) / np.sqrt(variance + 1e-3)[:, None]
        out = np.tanh(named["gamma0"][:, None] * hat + named["beta0"][:, None])
        logits = named["W1"].T @ out + named["b1"][:, None]
        return float(np.mean(np.logaddexp(0, logits) - y * logits))

    rng, losses = np.random.default_rng(0), []
    for _ in range(300):
        order = rng.permutation(samples.inputs.shape[1])
        parts = [order[start : start + 6] for start in range(0, len(order), 6)]
        means = []
        for part in parts:
            x, y = samples.inputs[:, part], samples.targets[:, part]
            z = named["W0"].T @ x
            means.append(loss(x, y, z.mean(axis=1), z.var(axis=1)) * len(part))
        losses.append(sum(means) / len(order))
    evaluated = loss(samples.inputs, samples.targets, named["moving_mean0"], named["moving_var0"])
    gap = np.mean(losses) - evaluated
    assert evaluated == pytest.approx(run.history.rows[-1, 3])
    assert abs(found.gap - gap) < 3 * found.error
    assert gap > 3 * found.error  # batches of six: it is seen


def test_how_far_distributions_move_is_wassersteins_distance():
    rng = np.random.default_rng(3)
    first = np.sort(rng.standard_normal((2, QUANTILES)), axis=1)
    assert moved(first, first) == 0
    by = [2 * first[0].std(), 4 * first[1].std()]
    assert moved(first, first + np.array(by)[:, None]) == pytest.approx(3)
    assert moved(np.array([[1.0, 1.0], [0.0, 2.0]]), np.array([[5.0, 5.0], [1.0, 3.0]])) == pytest.approx(1)


def test_sums_move_and_normalized_they_stay():
    run = trained(BATCH.change(batch_size=0, learning_rate=0.03), 20)
    found = whole(shift, run, Wanted(1, 2))
    for epoch in (0, 7, 20):
        past = run.at(epoch)
        came = sums(past, run.state.samples.inputs)
        start = sums(run.at(0), run.state.samples.inputs)
        now, begun = (np.quantile(z, (np.arange(64) + 0.5) / 64, axis=1).T for z in (came, start))
        far = np.mean(np.abs(now - begun).mean(axis=1) / begun.std(axis=1))
        assert found.moved_before[found.epochs.tolist().index(epoch)] == pytest.approx(far, abs=1e-9)
    assert found.moved_before[-1] > 2 * found.moved_after[-1] > 0
    for bins, densities in ((found.bins, found.before), (found.after_bins, found.after)):
        assert np.allclose(densities.sum(axis=1) * (bins[1] - bins[0]), 1, atol=0.02)
        assert densities.shape == (21, len(bins))


def test_without_normalization_sums_are_looked_at_all_the_same_and_there_is_no_box():
    run = trained(DEEP, 5)
    assert box(run, Wanted()) is None and track(run, Wanted()) is None
    found = whole(shift, run, Wanted(0, 1))
    assert found.after is None and found.moved_before[0] == 0 < found.moved_before[-1]
    assert shift(trained(DEEP.change(layers=())), Wanted()) is None


def test_a_past_that_is_looked_at_has_its_own_box():
    run = trained(BATCH, 9)
    past = run.at(4)
    found = box(past, Wanted(0, 1))
    assert found.epoch == 4 and found.moving[0] == past.weights["moving_mean0"][1]
    assert found.moving[0] != run.weights["moving_mean0"][1]
