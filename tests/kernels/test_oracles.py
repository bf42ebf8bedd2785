"""The engine computes what PyTorch, Keras and scikit-learn were recorded to compute, update by update."""

import numpy as np
import pytest

from playground.kernels.early_stopping import IMPROVED, STOP, judge
from playground.kernels.optimizers import clip, decay, update
from playground.kernels.schedules import scheduled, watch
from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.model.experiment import Experiment
from playground.training.run import Run
from playground.training.state import first_slots
from tests import naive
from tests.oracles.recorded import arrays, cases, name_of


def each(group):
    """A test's parameters: a group's cases by name."""
    return pytest.mark.parametrize("case", cases(group), ids=name_of)


def dataset_of(case):
    """The recorded samples: training first, then validation if there is any."""
    found = arrays(case, case["data"])
    parts = [(found["X"], found["y"], TRAIN)]
    if "X_val" in found:
        parts.append((found["X_val"], found["y_val"], VALIDATION))
    inputs = np.concatenate([x for x, _, _ in parts])
    targets = np.concatenate([y for _, y, _ in parts])
    sets = np.concatenate([np.full(len(x), which) for x, _, which in parts])
    regression = case["knobs"]["loss"] != "cross_entropy"
    names = () if regression else tuple(str(number) for number in range(int(targets.max()) + 1))
    return Dataset(inputs, targets, sets, names)


def run_of(case):
    """A run from the recorded first weights, on the recorded samples."""
    return Run(Experiment(data=dataset_of(case), **case["knobs"]), arrays(case, case["init"]))


def disagreement(found, expected):
    """The largest relative error of any array, ‖a − b‖ / ‖b‖."""
    assert found.keys() == expected.keys()
    return max(np.linalg.norm(found[n] - expected[n]) / np.linalg.norm(expected[n]) for n in expected)


def check_updates(case):
    """Hold the weights and moving statistics against every recorded number of updates."""
    run = run_of(case)
    for updates in case["after"]:
        run.advance(int(updates) - run.updates)
        assert disagreement(run.weights, arrays(case, case["after"][updates])) < case["tolerance"], updates
    return run


@each("pytorch_networks")
def test_networks_agree_with_pytorch(case):
    run = check_updates(case)
    if "loss" in case:
        assert run.scores().train_loss == pytest.approx(list(case["loss"].values())[-1], rel=1e-9)


@each("keras_networks")
def test_fits_agree_with_keras(case):
    run = check_updates(case)
    for row, expected in zip(run.history.rows, case["epochs"], strict=True):
        assert row[1] == pytest.approx(expected["train_loss"], rel=case["tolerance"])
        assert row[2] == pytest.approx(expected["val_loss"], rel=case["tolerance"])
        assert row[4] == pytest.approx(expected["penalty"], rel=case["tolerance"], abs=1e-12)


def settings_of(case):
    """Rules and rates of a case that has no samples of its own."""
    state = Run(Experiment(samples=10, **case["knobs"])).state
    return state, state.rules, state.rates


@pytest.mark.parametrize("case", cases(kind="optimizer"), ids=name_of)
def test_optimizers_agree_on_given_gradients(case):
    start, given = arrays(case, case["init"]), arrays(case, case["gradients"])
    state, rules, rates = settings_of(case)
    weights = np.concatenate([array.ravel() for array in start.values()])
    slots, clock = first_slots(Experiment(**case["knobs"]).resolved, weights.size, float), state.clock
    clock["learning_rate"] = rates.learning_rate
    for t in range(1, max(map(int, case["after"])) + 1):
        gradients = np.concatenate([given[name][t - 1].ravel() for name in start])
        rate = float(case.get("learning_rate_from", {}).get(str(t), clock["learning_rate"]))
        clock["learning_rate"], clock["update"] = rate, t
        if rates.clip_norm:
            clip(gradients, rates.clip_norm, rules.convention)
        if rates.weight_decay:
            decay(weights, rate * rates.weight_decay)
        update(rules.optimizer, weights, gradients, slots, clock, rules, rates)
        if str(t) in case["after"]:
            expected = arrays(case, case["after"][str(t)])
            joined = np.concatenate([expected[name].ravel() for name in start])
            assert np.linalg.norm(weights - joined) / np.linalg.norm(joined) < case["tolerance"]


@pytest.mark.parametrize("convention", ["lecture", "keras", "pytorch"])
def test_yogi_agrees_with_its_slow_twin(convention):
    experiment = Experiment(samples=10, optimizer="yogi", convention=convention, precision="float64")
    state, knobs = Run(experiment).state, experiment.resolved._asdict()
    draws = np.random.default_rng(1)
    found = expected = draws.normal(size=50)
    found, slots, memory = found.copy(), np.zeros((2, 50)), {}
    state.clock["learning_rate"] = knobs["learning_rate"]
    for t in range(1, 201):
        # Gradients that fade, and come back: where Yogi and Adam part.
        gradients = draws.normal(size=50) * (1e-3 if 50 < t < 150 else 1.0) * (draws.random(50) < 0.9)
        state.clock["update"] = t
        update(state.rules.optimizer, found, gradients, slots, state.clock, state.rules, state.rates)
        expected = naive.yogi(knobs, t, expected, gradients, memory, knobs["learning_rate"])
        assert np.linalg.norm(found - expected) < 1e-12 * np.linalg.norm(expected)


@pytest.mark.parametrize("case", cases(kind="schedule"), ids=name_of)
def test_schedules_agree(case):
    state, rules, rates = settings_of(case)
    clock, found = state.clock, []
    for epoch in range(len(case["learning_rates"])):
        found.append(scheduled(rules.schedule, rates.learning_rate, epoch, clock, rules, rates))
        if "sequence" in case:
            watch(rules.schedule, case["sequence"][epoch], rates.learning_rate, clock, rules, rates)
    assert found == pytest.approx(case["learning_rates"], rel=1e-12)


@each("keras_early_stopping")
def test_early_stopping_agrees_with_keras(case):
    state, rules, rates = settings_of(case)
    clock, stopped, kept = state.clock, None, None
    for epoch, value in enumerate(case["sequence"]):
        verdict = judge(float(value), epoch, clock, rules, rates)
        kept = epoch if verdict == IMPROVED else kept
        if verdict == STOP:
            stopped = epoch
            break
    assert stopped == case["stopped_at"]
    assert bool(clock["has_best"]) == (case["best"] is not None)
    assert not clock["has_best"] or clock["best_epoch"] - 1 == case["best_epoch"]
    last = stopped if stopped is not None else len(case["sequence"]) - 1
    restored = kept if case["knobs"]["restore_best_weights"] and kept is not None else last
    assert restored == case["weights_of"]


@each("sklearn_linear")
def test_linear_models_reach_scikit_learns_coefficients(case):
    found, expected = arrays(case, case["data"]), arrays(case, case["solution"])
    data = Dataset(found["X"], found["y"], np.zeros(len(found["X"])))
    # Full-batch gradient descent on a convex cost: as many steps as it takes.
    run = Run(Experiment(data=data, **case["knobs"], optimizer="sgd", learning_rate=0.2, batch_size=0, epochs=20_000))
    while not run.has_ended:
        run.burst(0.5)
    found = run.weights
    assert found["W0"] == pytest.approx(expected["W0"], abs=case["tolerance"])
    assert found["b0"] == pytest.approx(expected["b0"], abs=case["tolerance"])
    assert (found["W0"] == 0).tolist() == (expected["W0"] == 0).tolist()
