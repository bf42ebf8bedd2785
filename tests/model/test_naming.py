"""What tells one experiment from another, in a few words."""

import numpy as np
import pytest

from playground.model import edits
from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import Knobs, declarations
from playground.model.naming import difference, values

PLAIN = Experiment()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, "again"),
        ({"penalty_strength": 1.0}, "λ 1"),
        ({"optimizer": "sgd"}, "Adam → SGD"),
        ({"learning_rate": 0.05}, "η 0.05"),
        ({"layers": (32, 32)}, "layers 32, 32"),
        ({"layers": ()}, "no hidden layers"),
        ({"early_stopping": True}, "early stopping on"),
        ({"standardize": False}, "standardize off"),
        ({"seed": 4}, "seed 4"),
        ({"epochs": 1_000_000}, "epochs 1000000"),
        ({"dataset": "spiral"}, "Moons → Spiral"),
        ({"features": "x1, x2^2"}, "features x1, x2^2"),
        ({"baseline": 0.5}, "baseline 0.5"),
        ({"penalty": "l2", "penalty_strength": 1.0}, "None → L2, λ 1"),
        ({"penalty": "l2", "penalty_strength": 1.0, "dropout": 0.5, "seed": 2}, "None → L2, λ 1 and 2 more"),
    ],
)
def test_a_change_has_a_name(change, name):
    assert difference(PLAIN, PLAIN.change(**change)) == name


def test_a_knob_left_to_its_default_is_told_by_that():
    assert difference(PLAIN.change(learning_rate=0.5), PLAIN) == "η 0.001"


def test_what_is_taken_back_to_none_is_told():
    assert difference(PLAIN.change(baseline=0.5), PLAIN) == "baseline none"


def own(points):
    rng = np.random.default_rng(0)
    return Dataset(rng.normal(size=(points, 2)), np.arange(points) % 2, class_names=("a", "b"))


@pytest.mark.parametrize(("points", "name"), [(54, "+14 points"), (39, "−1 point"), (41, "+1 point")])
def test_painted_points_are_counted(points, name):
    assert difference(Experiment(data=own(40)), Experiment(data=own(points))) == name


def test_the_first_painted_points_are_counted_from_the_patterns():
    painted = PLAIN.with_data(edits.add(PLAIN.points, [[0.0, 0.0]] * 3, 1))
    assert difference(PLAIN, painted) == "+3 points"


def test_moved_points_are_other_points():
    data = own(40)
    assert difference(Experiment(data=data), Experiment(data=edits.move(data, [0], [1.0, 0.0]))) == "other points"


def test_a_file_of_other_columns_is_other_data():
    wide = Dataset(np.zeros((40, 5)), np.arange(40) % 2, class_names=("a", "b"))
    assert difference(Experiment(data=own(40)), Experiment(data=wide)) == "other data"


@pytest.mark.parametrize("name", [name for name in Knobs._fields if name != "dataset"])
def test_every_knob_that_differs_is_named(name):
    declared = declarations()[name]
    value = getattr(PLAIN.resolved, name)
    others = [choice for choice in declared.choices if choice != value] or [not value, 0.25, 3, "x1", (5,)]
    for other in others:
        try:
            changed = PLAIN.change(**{name: other})
        except ValueError:
            continue
        assert difference(PLAIN, changed) not in ("", "again")
        return
    pytest.fail(f"no other value of {name} was tried")


def test_among_others_an_experiment_is_named_by_its_values():
    chosen = PLAIN.change(optimizer="rmsprop", penalty="none", layers=(), early_stopping=True)
    names = ("optimizer", "learning_rate", "penalty", "layers", "early_stopping")
    assert values(chosen, names) == "RMSprop, η 0.001, penalty none, no hidden layers, early stopping on"
