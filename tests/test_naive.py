"""The naive twin computes what PyTorch, Keras and scikit-learn were recorded to compute.

It proves the recordings and our reading of the formulas at once; the engine is then held against both.
"""

import numpy as np
import pytest

from tests import naive
from tests.oracles.recorded import arrays, cases, name_of


def disagreement(found, expected):
    """The largest relative error of any array, ‖a − b‖ / ‖b‖."""
    assert found.keys() == expected.keys()
    return max(np.linalg.norm(found[n] - expected[n]) / np.linalg.norm(expected[n]) for n in expected)


def widened(found):
    """Floats as float64: Keras' are stored as it used them, in float32."""
    return {n: a.astype(np.float64) if a.dtype == np.float32 else a for n, a in found.items()}


def snapshots(case):
    """(updates, the twin's arrays, the recorded ones) for each recorded number of updates."""
    data = widened(arrays(case, case["data"]))
    start = widened(arrays(case, case["init"]))
    for t, now in naive.train(case["knobs"], start, data["X"], data["y"]):
        if str(t) in case["after"]:
            yield t, now, arrays(case, case["after"][str(t)])


def each(group):
    """A test's parameters: a group's cases by name."""
    return pytest.mark.parametrize("case", cases(group), ids=name_of)


def linear(knobs):
    """The same knobs, with what a network without hidden layers does not read."""
    return knobs | {"activation": "linear", "normalization": "none", "norm_position": "before_activation"}


@each("pytorch_networks")
def test_pytorch_networks_agree(case):
    data = arrays(case, case["data"])
    seen = []
    for t, now, expected in snapshots(case):
        assert disagreement(now, expected) < case["tolerance"]
        found, _ = naive.evaluate(case["knobs"], now, data["X"], data["y"], len(data["X"]))
        assert found == pytest.approx(case["loss"][str(t)], rel=1e-9)
        seen.append(t)
    assert seen == [int(t) for t in case["after"]]


@pytest.mark.parametrize("case", [c for c in cases("pytorch_networks") if "gradient" in c], ids=name_of)
def test_pytorch_gradients_agree(case):
    data, knobs = arrays(case, case["data"]), case["knobs"]
    size = knobs["batch_size"]
    found = naive.gradients(knobs, arrays(case, case["init"]), data["X"][:size], data["y"][:size])
    assert disagreement(found, arrays(case, case["gradient"])) < 1e-12


@each("keras_networks")
def test_keras_fits_agree(case):
    data = widened(arrays(case, case["data"]))
    epochs = dict(enumerate(case["epochs"], start=1))
    start, knobs, m = widened(arrays(case, case["init"])), case["knobs"], len(data["X"])
    for t, now in naive.train(knobs, start, data["X"], data["y"]):
        if str(t) in case["after"]:
            assert disagreement(now, arrays(case, case["after"][str(t)])) < case["tolerance"]
        if t % case["updates_per_epoch"]:
            continue
        expected = epochs.pop(t // case["updates_per_epoch"])
        loss, cost = naive.evaluate(knobs, now, data["X"], data["y"], m)
        val_loss, _ = naive.evaluate(knobs, now, data["X_val"], data["y_val"], m)
        assert cost == pytest.approx(expected["penalty"], rel=case["tolerance"])
        assert loss + cost == pytest.approx(expected["train_loss"], rel=case["tolerance"])
        assert val_loss + cost == pytest.approx(expected["val_loss"], rel=case["tolerance"])
    assert not epochs


@pytest.mark.parametrize("case", cases(kind="optimizer"), ids=name_of)
def test_optimizers_agree_on_given_gradients(case):
    now, given = arrays(case, case["init"]), arrays(case, case["gradients"])
    states, eta = {}, case["knobs"]["learning_rate"]
    changes = case.get("learning_rate_from", {})
    for t in range(1, len(given["W0"]) + 1):
        eta = changes.get(str(t), eta)
        naive.step(case["knobs"], t, now, {n: g[t - 1] for n, g in given.items()}, states, eta)
        if str(t) in case["after"]:
            assert disagreement(now, arrays(case, case["after"][str(t)])) < case["tolerance"]


@each("keras_early_stopping")
def test_early_stopping_agrees(case):
    found = naive.early_stopping(case["knobs"], case["sequence"])
    # as text, for NaN is not NaN
    assert str(found) == str({key: case[key] for key in found})


@pytest.mark.parametrize("case", cases(kind="schedule"), ids=name_of)
def test_schedules_agree(case):
    knobs = case["knobs"]
    if knobs["schedule"] == "plateau":
        found = naive.plateau(knobs, case["sequence"])
    else:
        found = [naive.scheduled(knobs, epoch) for epoch in range(knobs["epochs"])]
    assert found == pytest.approx(case["learning_rates"], rel=1e-12)


@each("sklearn_linear")
def test_the_linear_solutions_are_minima(case):
    """The recorded coefficients minimise loss plus penalty: the subgradient at them holds 0."""
    data, solution, knobs = arrays(case, "diabetes"), arrays(case, case["solution"]), linear(case["knobs"])
    grads = naive.gradients(knobs, solution, data["X"], data["y"])
    naive.add_penalty_gradient(knobs, solution, grads, len(data["X"]))
    l1, _ = naive.strengths(knobs, len(data["X"]))
    w, g = solution["W0"], grads["W0"]
    assert np.abs(g + l1 * np.sign(w))[w != 0].max() < 1e-9
    assert np.all(np.abs(g)[w == 0] <= l1)
    assert abs(grads["b0"][0]) < 1e-9


@each("sklearn_linear")
def test_proximal_descent_reaches_the_linear_solutions(case):
    data, expected = arrays(case, "diabetes"), arrays(case, case["solution"])
    knobs = linear(case["knobs"]) | {"optimizer": "sgd", "learning_rate": 0.2, "l1_method": "proximal"}
    knobs |= {"batch_size": 0, "epochs": 6000}
    start = {"W0": np.zeros((10, 1)), "b0": np.zeros(1)}
    *_, (_, found) = naive.train(knobs, start, data["X"], data["y"])
    assert np.abs(found["W0"] - expected["W0"]).max() < case["tolerance"]
    assert np.array_equal(found["W0"] == 0, expected["W0"] == 0)


def run(knobs, updates=160):
    """The twin on the recorded gradients: the weights after each update, and the last states."""
    case = cases("keras_optimizers")[0]
    now, given, states, path = arrays(case, case["init"]), arrays(case, case["gradients"]), {}, []
    for t in range(1, updates + 1):
        naive.step(knobs, t, now, {n: g[t - 1] for n, g in given.items()}, states, knobs["learning_rate"])
        path.append(dict(now))
    return path, states


def test_the_lectures_momentum_is_a_smaller_learning_rate():
    lecture = {"convention": "lecture", "optimizer": "momentum", "momentum": 0.9, "learning_rate": 0.1}
    keras = lecture | {"convention": "keras", "learning_rate": 0.01}
    assert disagreement(run(lecture)[0][-1], run(keras)[0][-1]) < 1e-12


def test_the_lectures_nesterov_is_keras_seen_from_the_interim_point():
    lecture = {"convention": "lecture", "optimizer": "nesterov", "momentum": 0.9, "learning_rate": 0.01}
    path, states = run(lecture)
    ahead = naive.interim(lecture, path[-1], states)
    assert disagreement(ahead, run(lecture | {"convention": "keras"})[0][-1]) < 1e-12


@pytest.mark.parametrize("optimizer", ["adam", "amsgrad"])
def test_the_lectures_adam_is_pytorchs(optimizer):
    knobs = {"optimizer": optimizer, "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    found = [run(knobs | {"convention": c})[0][-1] for c in ("lecture", "pytorch")]
    assert disagreement(*found) < 1e-12
