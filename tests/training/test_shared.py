"""What runs on the same points share: found once, changed by nobody, and never another's."""

import copy
import pickle

import numpy as np
import pytest

from playground.model import initializers
from playground.model.dataset import FEW_INPUTS, MOST_FOUND, Dataset
from playground.model.experiment import Experiment
from playground.training.diagnosis import diagnose
from playground.training.residuals import structure
from playground.training.results import row
from playground.training.run import Run
from playground.training.state import make_settings

draws = np.random.default_rng(4)
INPUTS = draws.normal(size=(60, 2)) * (1, 30)
CLASSES = Dataset(INPUTS, np.arange(60) % 3, class_names=("a", "b", "c"))
VALUES = Dataset(INPUTS, INPUTS.sum(axis=1) / 9 + draws.normal(size=60))
WAYS = (
    {},
    {"seed": 7},
    {"train_fraction": 0.4},
    {"precision": "float64"},
    {"features": "x1, x1*x2"},
    {"standardize": False},
    {"standardize_target": False},
    {"loss": "squared"},
    {"loss": "absolute"},
    {"convention": "pytorch", "penalty": "l2"},
    {"learning_rate": 1e-4, "layers": (3,)},
    {"early_stopping": True, "patience": 2, "restore_best_weights": True},
)


def told(experiment):
    """All that comes of a run but the time that it took."""
    run = Run(experiment, budget=0)
    while not run.has_ended:
        run.burst(0.1)
    rows = run.history.rows[:, :-1]
    verdict = repr(diagnose(run)), structure(run)
    return rows.tolist(), row(run) | {"seconds": 0}, *verdict, run.initial[0].tolist(), repr(run.state.rules)


@pytest.mark.parametrize("data", [CLASSES, VALUES], ids=["classes", "values"])
def test_a_run_is_the_same_whatever_was_found_of_its_points_before(data):
    base = Experiment(data=data, epochs=30, layers=(4, 4), learning_rate=0.02)
    experiments = [base.change(**way) for way in WAYS]
    first, again = ([told(experiment) for experiment in experiments] for _ in range(2))
    alone = [told(Experiment(one.knobs, copy.copy(data))) for one in experiments]
    for way, *found in zip(WAYS, first, again, alone, strict=True):
        assert found[0] == found[1] == found[2], way


@pytest.mark.parametrize("data", [None, CLASSES], ids=["pattern", "brought"])
def test_runs_on_the_same_points_share_them_and_change_nothing(data):
    base = Experiment(data=data, augment=True, augment_jitter=0.3, dropout=0.2, normalization="batch", epochs=5)
    first, second = Run(base), Run(base.change(learning_rate=0.5))
    assert first.state.samples is second.state.samples and first.state.net.layers is second.state.net.layers
    shared = [*first.state.samples[:4], *first.state.test, first.state.net.layers]
    before = [array.tobytes() for array in shared]
    for run in (first, second):
        while not run.has_ended:
            run.finish_epoch()
        diagnose(run)
    assert [array.tobytes() for array in shared] == before
    assert not np.shares_memory(first.state.net.weights, second.state.net.weights)


def test_what_was_found_of_points_is_kept_of_few_and_not_for_ever():
    few, many = Dataset(INPUTS, np.zeros(60)), Dataset(np.zeros((FEW_INPUTS + 1, 1)), np.zeros(FEW_INPUTS + 1))
    asked = []
    for data in (few, few, many, many):
        assert data.once("what", lambda data=data: asked.append(data) or 5) == 5
    assert asked == [few, many, many]
    for number in range(3 * MOST_FOUND):
        few.once(number, lambda: None)
    assert len(few._found) <= MOST_FOUND
    assert pickle.loads(pickle.dumps(few))._found == {}


def test_first_weights_are_those_of_a_generator_of_their_own():
    for seed, layer in ((0, 0), (5, 1), (2**31 - 1, 7), (5, 1)):
        own = np.random.Generator(np.random.Philox(key=[seed, layer]))
        weights, bias = initializers.draw("fan_in_uniform", 4, 3, seed, layer)
        assert (weights == own.uniform(-0.5, 0.5, (4, 3))).all() and (bias == own.uniform(-0.5, 0.5, 3)).all()


def test_rules_that_differ_by_the_seed_are_made_of_one_another():
    base = Experiment(layers=(4,), early_stopping=True)
    (first, rates), (second, _) = (make_settings(base.change(seed=seed), 28) for seed in (3, 4))
    assert (first.seed, second.seed) == (3, 4) and first._replace(seed=4) == second
    assert first.patience == base.knobs.patience and rates.learning_rate == base.resolved.learning_rate


def test_settings_keep_their_kinds_and_know_their_names():
    rules, rates = make_settings(Experiment(), 28)
    assert rates._replace(learning_rate=1).learning_rate == 1.0 and rules._replace(epochs=9).epochs == 9
    assert rates._replace(learning_rate=1).dtype == rates.dtype
    with pytest.raises(TypeError, match="there is no rate"):
        rates._replace(rate=1)
    assert not hasattr(rates, "rate")
    with pytest.raises(ValueError, match="read-only"):
        rates["learning_rate"] = 1
