"""What is seen of weights over the epochs, against NumPy on the weights of each epoch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training import views
from playground.training.looks.coefficients import coefficients
from playground.training.looks.gradients import Wanted as GradientsWanted
from playground.training.looks.gradients import gradients
from playground.training.looks.weights import BINS, Wanted, density, spreads_of, weights, widened
from playground.training.run import Run
from playground.training.strip import moments
from tests import naive

DEEP = Experiment(samples=80, layers=(9, 5), activation="tanh", epochs=12, precision="float64")
SPARSE = Experiment(
    dataset="few_count",
    samples=200,
    noise=0.3,
    layers=(),
    optimizer="momentum",
    learning_rate=0.1,
    batch_size=0,
    epochs=150,
    penalty_strength=60,
)

STOPPED = Experiment(
    dataset="few_count",
    samples=60,
    noise=1.0,
    layers=(),
    learning_rate=0.02,
    epochs=2000,
    early_stopping=True,
    patience=9,
    precision="float64",
)


def trained(experiment):
    run = Run(experiment)
    while not run.has_ended:
        run.burst()
    return run


def seen_whole(run, layer=0):
    """All of it, in as many looks as it takes."""
    for _ in range(500):
        seen = weights(run, Wanted(layer))
        if seen.is_whole:
            return seen
    raise AssertionError("it goes on for ever")


@pytest.mark.parametrize("normalization", ["none", "batch", "weight"])
def test_zeros_and_norms_are_those_of_the_weights_of_each_epoch(normalization):
    run = trained(DEEP.change(normalization=normalization, penalty="l1", penalty_strength=60, learning_rate=0.04))
    seen = seen_whole(run)
    assert seen.epochs.tolist() == list(range(13)) and seen.sizes == (18, 45, 5)
    for row, epoch in enumerate(seen.epochs):
        named = run.at(int(epoch)).weights
        acting = [naive.weight(named, layer) for layer in range(3)]
        assert seen.zeros[row].tolist() == [int((W == 0).sum()) for W in acting]
        assert seen.norms[row] == pytest.approx([np.sqrt((W**2).sum()) for W in acting], rel=1e-9)
    assert seen.zeros[-1].sum() > 0


def test_l1_makes_the_weights_of_irrelevant_features_exactly_0_and_l2_none():
    lasso, ridge = (trained(SPARSE.change(penalty=penalty)) for penalty in ("l1", "l2"))
    assert (lasso.weights["W0"][3:] == 0).all() and (lasso.weights["W0"][:3] != 0).all()
    assert seen_whole(lasso).zeros[-1].tolist() == [5]
    assert seen_whole(ridge).zeros[-1].tolist() == [0]
    found = coefficients(lasso)
    assert (found.values[-1][:, 0] == 0).tolist() == (found.true[:, 0] == 0).tolist() == [False] * 3 + [True] * 5


def test_counts_are_those_of_a_histogram_without_the_zeros():
    run = trained(DEEP.change(penalty="l1", penalty_strength=60, learning_rate=0.04))
    *_, last = moments(run)
    for number, spread in enumerate(spreads_of(last)):
        flat = run.weights[f"W{number}"].reshape(-1)
        for factor in (1, 4):
            limit = factor * spread.limit
            expected, _ = np.histogram(flat[flat != 0], np.linspace(-limit, limit, BINS + 1))
            assert widened(spread, limit).tolist() == expected.tolist()
        width = 2 * spread.limit / BINS
        assert density(spread, spread.limit).sum() * width == pytest.approx((flat != 0).mean(), abs=0.02)


def test_a_density_is_a_gaussian_at_each_weight():
    run = trained(DEEP)
    *_, last = moments(run)
    spread = spreads_of(last)[1]
    flat = run.weights["W1"].reshape(-1)
    bandwidth = 0.9 * flat.std() * flat.size**-0.2
    width = 2 * spread.limit / BINS
    middles = -spread.limit + width * (np.arange(BINS) + 0.5)
    exact = np.exp(-0.5 * ((middles[:, None] - flat) / bandwidth) ** 2).mean(axis=1) / bandwidth / np.sqrt(2 * np.pi)
    assert np.abs(density(spread, spread.limit) - exact).max() < 0.05 * exact.max()


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nesterov"])
def test_a_ratio_is_that_of_the_next_update(optimizer):
    run = trained(DEEP.change(optimizer=optimizer, batch_size=0, weight_decay=0.01, clip_norm=0.2))
    seen = seen_whole(run)
    for epoch, ratios in zip(seen.step_epochs[:-1], seen.ratios):
        before, after = run.at(int(epoch)).weights, run.at(int(epoch) + 1).weights
        steps = [np.linalg.norm(after[f"W{n}"] - before[f"W{n}"]) / np.linalg.norm(before[f"W{n}"]) for n in range(3)]
        assert ratios == pytest.approx(steps, rel=1e-9)
    assert len(seen.step_epochs) > 4


def test_the_memory_of_another_epoch_is_never_taken_for_a_ratio():
    run = trained(DEEP.change(optimizer="adam", epochs=400, batch_size=0))
    light = next(e for e in range(4, 400) if (c := run.timeline.find(e)).epoch == e and c.rest is None)
    seen = weights(run.at(light), Wanted())
    assert light in seen.epochs and light not in seen.step_epochs


def test_units_that_answer_alike_to_all_points_are_dead_and_flat_ones_saturated():
    first = Run(DEEP).initial_weights
    first["b0"][:4] = -99  # no point lifts these above 0
    run = Run(DEEP.change(activation="relu", layers=(9, 5)), initial=first)
    run.finish_epoch()
    seen = seen_whole(run)
    assert seen.dead[-1, 0] == 4 and seen.units == (9, 5) and not seen.can_saturate
    first = Run(DEEP).initial_weights
    first["W0"][:, :3] *= 1e4
    run = Run(DEEP, initial=first)
    run.finish_epoch()
    given = run.state.samples.inputs
    y = np.tanh(run.weights["W0"].T @ given + run.weights["b0"][:, None])
    expected = ((1 - y**2 < 0.1).mean(axis=1) >= 0.9).sum()
    seen = seen_whole(run)
    assert seen.can_saturate and seen.saturated[-1, 0] == expected >= 3
    assert seen.dead[-1, 0] == 0


def test_an_epoch_that_is_looked_back_at_is_in_the_strip_with_its_own_numbers():
    run = trained(DEEP.change(epochs=300))
    before = seen_whole(run)
    epoch = next(number for number in range(100, 200) if number not in before.epochs)
    seen = weights(run.at(epoch), Wanted())
    row = seen.epochs.tolist().index(epoch)
    assert seen.norms[row, 0] == pytest.approx(np.linalg.norm(run.at(epoch).weights["W0"]))
    assert seen.epochs[-1] == 300 and (np.diff(seen.epochs) > 0).all()
    assert len(seen.densities) == len(seen.epochs)


def test_weights_that_were_put_back_are_in_the_strip_with_their_own_numbers():
    run = trained(STOPPED)
    epoch = run.restored_epoch
    assert epoch is not None and epoch < run.epoch
    seen, then = seen_whole(run), run.at(epoch)
    W = then.weights["W0"].astype(np.float64)
    row = seen.epochs.tolist().index(epoch)
    assert epoch not in [moment.epoch for moment in moments(run)]  # it has no copy that is one of the strip's
    assert seen.norms[row] == pytest.approx([np.sqrt((W**2).sum())])
    found = coefficients(run)
    np.testing.assert_array_equal(found.values[found.epochs.tolist().index(epoch)], W)
    now, past = gradients(run, GradientsWanted()), gradients(then, GradientsWanted())
    rows = [list(look.epochs).index(epoch) for look in (now, past)]
    assert now.norms[rows[0]] == pytest.approx(past.norms[rows[1]], rel=1e-6)


def test_at_full_speed_it_looks_anew_only_now_and_then(monkeypatch):
    run = Run(DEEP.change(epochs=10_000))
    run.finish_epoch()
    observer = views.Observer()

    def seen(is_hurried=True):
        return observer.look(run, {"weights": Wanted()}, is_hurried)["weights"]

    now = itertools.count(100, 0.0001)
    monkeypatch.setattr(views.time, "perf_counter", lambda: next(now))
    first = seen()
    run.finish_epoch()
    assert seen() is first
    assert seen(is_hurried=False).epochs[-1] == 2  # where there is time it is always of this moment
    run.finish_epoch()
    assert seen().epochs[-1] == 2
    now = itertools.count(200, 0.0001)
    assert seen().epochs[-1] == 3


# a linear model


def test_coefficients_are_the_weights_and_in_the_datas_units_what_the_answer_rises_by():
    run = trained(SPARSE.change(penalty="l2", epochs=20, features="x1, x2, x3^2, sin x4"))
    seen = coefficients(run)
    assert seen.names == ("x1", "x2", "x3²", "sin x4") and seen.outputs == ("target",) and seen.is_scaled
    for row, epoch in enumerate(seen.epochs):
        assert np.array_equal(seen.values[row], run.at(int(epoch)).weights["W0"].astype(float))
    assert seen.true[:, 0].tolist() == [1.0, -0.75, 0.0, 0.0]
    start = np.zeros((1, 8))
    for column in (0, 1):
        further = start.copy()
        further[0, column] = 1
        rise = (run.predict(further) - run.predict(start)).item()
        assert (seen.values[-1] * seen.factors)[column].item() == pytest.approx(rise, rel=1e-4)


def test_the_pattern_tells_the_coefficients_that_least_squares_finds():
    experiment = SPARSE.change(noise=0.0)
    X, y = experiment.dataset.inputs, experiment.dataset.targets
    run = Run(experiment.change(epochs=1))
    assert np.linalg.lstsq(X, y, rcond=None)[0] == pytest.approx(coefficients(run).true, abs=1e-9)


def test_classes_have_a_column_each_and_nobody_knows_the_true_ones():
    seen = coefficients(Run(Experiment(dataset="iris", layers=())))
    assert seen.outputs == ("setosa", "versicolor", "virginica") and seen.values.shape[1:] == (4, 3)
    assert seen.true is None
    assert coefficients(Run(Experiment(layers=()))).outputs == ("class 2",)
    assert coefficients(Run(DEEP)) is None
