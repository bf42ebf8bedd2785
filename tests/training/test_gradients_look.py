"""What is seen of gradients over the epochs, against a backward pass in NumPy over all batches."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training import strip
from playground.training.looks.along import MOST_BATCHES
from playground.training.looks.gradients import Wanted, gradients
from playground.training.rehearsal import Rehearsal
from playground.training.run import Run
from playground.training.standing import Standing
from tests import naive

DEEP = Experiment(
    samples=80,
    train_fraction=0.5,
    layers=(9, 5),
    activation="tanh",
    epochs=6,
    batch_size=16,
    precision="float64",
    shuffle=False,
    optimizer="adam",
)


def trained(experiment):
    run = Run(experiment)
    while not run.has_ended:
        run.burst()
    return run


def seen_whole(run):
    for _ in range(500):
        seen = gradients(run, Wanted())
        if seen.is_whole:
            return seen
    raise AssertionError("it goes on for ever")


def batches_in_numpy(run, epoch, **knobs):
    """Each batch's gradient of each layer, flat, at the weights that an epoch ended with."""
    samples = run.state.samples
    X, y = samples.inputs.T, samples.targets[0]
    knobs = {
        "layers": (9, 5),
        "activation": "tanh",
        "normalization": "none",
        "norm_position": "before_activation",
        "loss": "cross_entropy",
        "convention": "lecture",
        "penalty": "none",
        **knobs,
    }
    found = []
    for start in range(0, len(X), 16):
        named = run.at(epoch).weights
        grads = naive.gradients(knobs, named, X[start : start + 16], y[start : start + 16])
        naive.add_penalty_gradient(knobs, named, grads, len(X))
        found.append([np.concatenate([grads[f"W{n}"].ravel(), grads[f"b{n}"]]) for n in range(3)])
    return found


def test_norms_and_noise_are_those_of_all_batches():
    run = trained(DEEP.change(penalty="l2", penalty_strength=2.0))
    seen = seen_whole(run)
    assert seen.epochs.tolist() == list(range(7)) and (seen.batches == 3).all()
    for row, epoch in enumerate(seen.epochs):
        found = batches_in_numpy(run, int(epoch), penalty="l2", penalty_strength=2.0)
        for layer in range(3):
            one = np.array([batch[layer] for batch in found])
            mean = one.mean(axis=0)
            assert seen.norms[row, layer] == pytest.approx(np.linalg.norm(mean), rel=1e-9)
            noise = np.sqrt(((one - mean) ** 2).sum(axis=1).mean())
            assert seen.noise[row, layer] == pytest.approx(noise, rel=1e-6)


def test_a_norm_is_what_finite_differences_find():
    run = trained(DEEP.change(batch_size=0))
    seen = seen_whole(run)
    net, h = run.state.net, 1e-6
    start, end = (int(net.layers[number]["weight"]) for number in (0, 1))
    slopes = []
    for place in range(start, end):
        stood = net.weights[place]
        losses = []
        for way in (h, -h):
            net.weights[place] = stood + way
            losses.append(Standing.scores(run).train_loss)  # measured, not remembered
        net.weights[place] = stood
        slopes.append((losses[0] - losses[1]) / (2 * h))
    assert seen.norms[-1, 0] == pytest.approx(np.linalg.norm(slopes), rel=1e-5)
    assert np.isnan(seen.noise).all() and seen.all_batches == 1


@pytest.mark.parametrize(("convention", "limit"), [("lecture", 0.57), ("pytorch", 0.25)])
def test_clipping_is_counted_and_the_gradients_are_those_before_it(convention, limit):
    knobs = {"penalty": "l2", "penalty_strength": 0.3} if convention == "pytorch" else {}
    run = trained(DEEP.change(convention=convention, clip_norm=limit, **knobs))
    seen = seen_whole(run)
    assert seen.limit == limit
    for row, epoch in enumerate(seen.epochs):
        # PyTorch's weight decay is added after clipping: without it.
        found = batches_in_numpy(run, int(epoch))
        lengths = [np.linalg.norm(np.concatenate(batch)) for batch in found]
        assert seen.whole[row] == pytest.approx(np.mean(lengths), rel=1e-9)
        assert seen.clipped[row] == sum(length > limit for length in lengths)
    assert 0 < seen.clipped.sum() < seen.batches.sum()


def test_each_epoch_has_the_settings_that_it_was_trained_by():
    run = Run(DEEP.change(penalty="l2", penalty_strength=5.0, epochs=8))
    for _ in range(4):
        run.finish_epoch()
    run.adapt(run.experiment.change(penalty_strength=0.0))
    for _ in range(4):
        run.finish_epoch()
    seen = seen_whole(run)
    for epoch, strength in ((3, 5.0), (8, 0.0)):
        found = batches_in_numpy(run, epoch, penalty="l2", penalty_strength=strength)
        mean = np.mean([batch[1] for batch in found], axis=0)
        assert seen.norms[seen.epochs.tolist().index(epoch), 1] == pytest.approx(np.linalg.norm(mean), rel=1e-9)


def test_of_many_batches_some_are_looked_at():
    run = Run(DEEP.change(samples=400, batch_size=1))
    run.finish_epoch()
    seen = gradients(run, Wanted())
    assert seen.batches[-1] == MOST_BATCHES < seen.all_batches == 200


def test_looking_changes_nothing():
    experiment = DEEP.change(dropout=0.3, normalization="batch", shuffle=True)
    looked, plain = Run(experiment), trained(experiment)
    while not looked.has_ended:
        looked.advance(2)
        gradients(looked, Wanted())
    assert np.array_equal(looked.state.net.weights, plain.state.net.weights)
    assert np.array_equal(looked.state.net.moving, plain.state.net.moving)


def test_at_full_speed_batches_are_pieces_of_many_looks_and_the_numbers_are_those_of_one(monkeypatch):
    experiment, made = DEEP.change(epochs=1000, shuffle=True), Counter()
    run = Run(experiment)
    gradients(run, Wanted().hurried())  # the first look has something to show
    count = Rehearsal.update
    monkeypatch.setattr(Rehearsal, "update", lambda self: (made.update(["batch"]), count(self))[1])
    clock = itertools.count(0, 1.0)  # every look is late after its first piece
    monkeypatch.setattr(strip.time, "perf_counter", lambda: next(clock))
    seen = []
    for _ in range(60):
        run.finish_epoch()
        made.clear()
        seen.append(gradients(run, Wanted().hurried()))
        assert made["batch"] <= 1
    last = seen[-1]
    assert len(last.epochs) > 3 and last.epochs[-1] > 30
    assert all(np.all(np.diff(one.epochs) > 0) for one in seen)
    for epoch, norms, noise in zip(last.epochs.tolist(), last.norms, last.noise):
        then = Run(experiment)
        for _ in range(epoch):
            then.finish_epoch()
        whole = gradients(then, Wanted())
        assert np.array_equal(whole.norms[-1], norms) and np.array_equal(whole.noise[-1], noise)


def test_pieces_of_another_experiment_are_given_up(monkeypatch):
    run = Run(DEEP.change(epochs=1000))
    run.finish_epoch()
    gradients(run, Wanted().hurried())
    clock = itertools.count(0, 1.0)
    monkeypatch.setattr(strip.time, "perf_counter", lambda: next(clock))
    run.finish_epoch()
    gradients(run, Wanted().hurried())  # in its midst
    run.adapt(DEEP.change(epochs=1000, batch_size=8))
    for _ in range(20):
        seen = gradients(run, Wanted().hurried())
    assert seen.batches[-1] == run.batches == 5 and seen.epochs[-1] == 2
