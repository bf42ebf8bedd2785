"""Effective learning rates over the epochs: against NumPy, and the lecture's point about rare and common films."""

from __future__ import annotations

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.looks.effective import SPREAD, effective_rates
from playground.training.run import Run

RATINGS = Experiment(
    dataset="ratings", samples=2000, standardize=False, layers=(16,), optimizer="adagrad", learning_rate=0.05, epochs=40
)


def trained(experiment, epochs=None):
    run = Run(experiment)
    for _ in range(epochs or experiment.knobs.epochs):
        run.finish_epoch()
    return run


def looked_at(run):
    """All of it, in as many looks as it takes."""
    while not (found := effective_rates(run, False)).is_whole:
        pass
    return found


def films(found):
    """The places of the rarest and of the commonest film."""
    places = [place for place, name in enumerate(found.names) if name.startswith("film=")]
    ranked = sorted(places, key=lambda place: found.shares[place])
    return ranked[0], ranked[-1]


def test_with_adagrad_the_rare_film_keeps_its_rate_and_the_common_ones_dies():
    found = looked_at(trained(RATINGS))
    rare, common = films(found)
    assert found.shares[rare] * 20 < found.shares[common]
    assert (found.features[:, rare] >= 5 * found.features[:, common]).all()  # at every epoch that was looked at
    kept = found.features[-1] / found.features[0]
    assert kept[rare] > 0.8 and kept[common] < 0.6
    assert found.epochs[-1] == 40 and len(found.epochs) >= 15 and found.is_whole and not found.is_standardized


def test_the_rates_of_a_feature_are_the_medians_of_its_weights_by_numpy():
    run = trained(RATINGS, 5)
    found = looked_at(run)
    state = run.state
    inputs, units = int(state.net.layers[0]["inputs"]), 16
    sums = state.store.slots[0][: inputs * units].reshape(units, inputs).astype(float)
    rates = 0.05 / (1e-7 + np.sqrt(sums))
    assert found.features[-1] == pytest.approx(np.median(rates, axis=0), rel=1e-6)
    data = run.experiment.dataset
    assert found.shares == pytest.approx(data.inputs[data.sets == 0].mean(axis=0))
    assert found.names == data.feature_names


def test_standardized_features_are_all_as_loud_so_that_rare_ones_gain_little():
    found = looked_at(trained(RATINGS.change(standardize=True)))
    rare, common = films(found)
    assert found.is_standardized and found.features[-1, rare] < 5 * found.features[-1, common]


@pytest.mark.parametrize("convention", ["lecture", "keras", "pytorch"])
def test_the_rates_of_adam_in_a_layer_are_those_of_numpy(convention):
    run = trained(Experiment(layers=(20, 20), optimizer="adam", convention=convention, epochs=9))
    found = looked_at(run)
    knobs, t, layer = run.experiment.resolved, run.updates, run.state.net.layers[1]
    second = run.state.store.slots[1][int(layer["weight"]) : int(run.state.net.layers[2]["weight"])].astype(float)
    if convention == "keras":
        rates = knobs.learning_rate * np.sqrt(1 - 0.999**t) / (np.sqrt(second) + knobs.epsilon)
    else:
        rates = knobs.learning_rate / (np.sqrt(second / (1 - 0.999**t)) + knobs.epsilon)
    expected = np.percentile(rates, SPREAD, method="nearest")
    assert found.layers[-1, 1] == pytest.approx(expected, rel=0.01)
    assert found.names == () and found.features.shape == (len(found.epochs), 0)


def test_plain_rules_have_one_rate_for_all_weights():
    found = looked_at(trained(Experiment(optimizer="sgd", learning_rate=0.02, epochs=4)))
    assert np.unique(found.layers) == pytest.approx(0.02)
    found = looked_at(trained(Experiment(optimizer="momentum", convention="keras", epochs=4)))
    assert np.unique(found.layers) == pytest.approx(0.1)  # η / (1 − β)
    found = looked_at(trained(Experiment(optimizer="rprop", batch_size=0, epochs=9)))
    assert found.by_sign and found.layers[-1, 0, 0] < found.layers[-1, 0, -1]


def test_the_past_is_looked_at_as_it_was_and_the_start_is_left_out():
    run = trained(RATINGS, 12)
    whole, past = looked_at(run), looked_at(run.at(6))
    assert np.array_equal(past.epochs, whole.epochs) and 0 not in whole.epochs
    assert np.array_equal(past.features, whole.features)
    assert looked_at(Run(RATINGS)).epochs.size == 0
