"""What stands inside a network, and what its next update will do: against NumPy, and against the run itself."""

from __future__ import annotations

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.inside import inside
from playground.training.rehearsal import Rehearsal
from playground.training.run import Run
from playground.training.strip import moments, over_epochs

DEEP = Experiment(samples=300, layers=(9, 5), activation="tanh", precision="float64", epochs=40)


def begin(experiment=DEEP, epochs=3, updates=0):
    run = Run(experiment)
    for _ in range(epochs):
        run.finish_epoch()
    run.advance(updates)
    return run


def test_the_stages_of_a_network_are_those_that_numpy_finds():
    run = begin()
    given = run.prepare(run.experiment.dataset.inputs)  # more samples than go through at once
    first, second, last = inside(run, given)
    weights = run.weights
    linear = weights["W0"].T @ given + weights["b0"][:, None]
    assert np.allclose(first.linear, linear, atol=1e-12)
    assert np.allclose(first.out, np.tanh(linear), atol=1e-12)
    assert np.allclose(second.linear, weights["W1"].T @ first.out + weights["b1"][:, None], atol=1e-12)
    answer = 1 / (1 + np.exp(-last.out[0]))
    assert np.allclose(run.predict(run.experiment.dataset.inputs)[:, 1], answer, atol=1e-12)


@pytest.mark.parametrize("position", ["before_activation", "after_activation"])
def test_batch_normalization_stands_by_the_moving_statistics(position):
    run = begin(DEEP.change(normalization="batch", norm_position=position))
    layer = inside(run, run.state.samples.inputs)[0]
    named = run.weights
    came = layer.linear if position == "before_activation" else np.tanh(layer.linear)
    centred = came - named["moving_mean0"][:, None]
    normed = (
        named["gamma0"][:, None] * centred / np.sqrt(named["moving_var0"] + 1e-3)[:, None] + named["beta0"][:, None]
    )
    assert np.allclose(layer.normed, normed, atol=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam", "rprop"])
@pytest.mark.parametrize("updates", [0, 2])
def test_a_rehearsed_update_is_the_one_that_the_run_makes_next(optimizer, updates):
    experiment = DEEP.change(optimizer=optimizer, dropout=0.3, penalty="l2", penalty_strength=0.1, clip_norm=0.5)
    run = begin(experiment, updates=updates)
    stood = run.state.net.weights.copy()
    update = Rehearsal(run).update()
    assert np.array_equal(run.state.net.weights, stood) and run.updates == update.number - 1
    run.advance(1)
    assert np.array_equal(run.state.net.weights, update.new_weights)
    assert np.array_equal(run.state.store.slots, update.new_slots)
    assert np.array_equal(run.state.net.gradients, update.gradients)
    assert np.array_equal(update.weights, stood) and np.any(update.step)


def test_a_run_that_has_ended_is_rehearsed_as_if_it_went_on():
    run = begin(DEEP.change(epochs=3))
    assert run.has_ended
    update = Rehearsal(run).update()
    on = Run(DEEP.change(epochs=4))
    for _ in range(3):
        on.finish_epoch()
    on.advance(1)
    assert np.array_equal(on.state.net.weights, update.new_weights)


def test_masks_are_those_that_the_batch_was_trained_with():
    run = begin(DEEP.change(dropout=0.5), updates=2)
    rehearsal = Rehearsal(run)
    rehearsal.seek(run.epoch, 1)
    rehearsal.update()
    first, second = rehearsal.masks()
    layer = run.state.net.layers[0]
    scratch = run.state.net.scratch
    start = int(layer["mask"]) * int(run.state.rules.capacity)
    assert np.array_equal(first, scratch[start : start + 9 * 32].reshape(9, 32))
    assert set(np.unique(second)) == {0, 2} and 0.2 < (first == 0).mean() < 0.8


def test_a_strip_holds_what_the_run_was_at_each_epoch():
    run = begin(epochs=40)
    strip = over_epochs(run, "norm", lambda moment: float(np.linalg.norm(moment.weights)), most=10)
    assert strip.epochs[0] == 0 and strip.epochs[-1] == 40 and 5 <= len(strip.epochs) <= 11 and strip.is_whole
    for epoch, norm in zip(strip.epochs, strip.values):
        flat = run.at(epoch).state.net.weights
        assert norm == float(np.linalg.norm(flat))


def test_a_strip_measures_each_epoch_once_and_leaves_what_takes_long_to_the_next_look():
    run, asked = begin(epochs=20), []

    def measure(moment):
        asked.append(moment.epoch)
        return moment.epoch

    first = over_epochs(run, "epoch", measure, seconds=0.0)
    assert not first.is_whole and first.epochs == (0, 20)
    whole = over_epochs(run, "epoch", measure)
    assert whole.is_whole and whole.epochs == whole.values == tuple(range(21))
    run.finish_epoch()
    del asked[:]
    assert over_epochs(run, "epoch", measure).epochs[-1] == 21
    assert asked == [21, 20]  # the one that is, and the one that was the last


def test_the_optimizers_memory_of_an_epoch_is_the_one_it_had():
    run = begin(epochs=12)
    for moment in moments(run, is_whole=True):
        past = run.at(moment.epoch)
        assert np.array_equal(moment.slots, past.state.store.slots)
        assert np.array_equal(moment.weights, past.state.net.weights)


def test_a_strip_is_completed_however_long_a_measurement_takes_and_measures_nothing_twice():
    run, measured = begin(epochs=30), []
    for _ in range(40):
        strip = over_epochs(run, "slow", lambda moment: measured.append(moment.epoch), seconds=0.0)
        if strip.is_whole:
            break
    assert strip.epochs == tuple(range(31)) and sorted(measured) == list(range(31))
    run.advance(1)
    over_epochs(run, "slow", lambda moment: measured.append(moment.epoch))
    assert measured[-1] == 30 and len(measured) == 32  # only what came after is new
