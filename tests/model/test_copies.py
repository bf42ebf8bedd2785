"""An experiment that was pickled or copied is equal to the first, and as read-only."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from playground import Experiment
from playground.model.dataset import UNASSIGNED, Dataset

COPIES: dict[str, Callable[[Any], Any]] = {
    "pickled": lambda value: pickle.loads(pickle.dumps(value)),
    "deep": copy.deepcopy,
    "shallow": copy.copy,
}
ARRAYS = ("inputs", "targets", "sets")


def drawn() -> Experiment:
    X = np.arange(12.0).reshape(6, 2)
    data = Dataset(X, [0, 1, 0, 1, 0, 1], class_names=("no", "yes"), source="points.csv")
    experiment = Experiment(data=data, layers=(3,), seed=7)
    # What follows from the fields is there when it is copied, too.
    assert experiment.dataset.plane and experiment.points.plane and experiment.resolved
    return experiment


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_equal_and_read_only(how: str) -> None:
    first = drawn()
    other = COPIES[how](first)
    assert other == first and other.data == first.data
    assert other.dataset == first.dataset and not other.needs_new_run(first)
    for name in ARRAYS:
        for data in (other.data, other.dataset):
            assert not getattr(data, name).flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            getattr(other.data, name)[0] = 1


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_a_pattern_has_the_same_points(how: str) -> None:
    first = Experiment(dataset="moons", samples=20)
    other = COPIES[how](first)
    assert other == first and other.data is None and other.dataset == first.dataset
    assert not other.points.inputs.flags.writeable


CHANGES: dict[str, dict[str, Any]] = {
    "inputs": {"inputs": np.arange(12.0).reshape(6, 2) + 1},
    "targets": {"targets": [1, 1, 0, 1, 0, 1]},
    "sets": {"sets": [0, 1, UNASSIGNED, 0, 0, 0]},
    "class names": {"class_names": ("yes", "no")},
    "feature names": {"feature_names": ("a", "b")},
    "image": {"image": (1, 2)},
    "source": {"source": "drawn"},
}


@pytest.mark.parametrize("what", CHANGES)
def test_experiments_on_other_points_differ(what: str) -> None:
    first = drawn()
    other = first.with_data(first.points.replace(**CHANGES[what]))
    assert other != first and other.needs_new_run(first)


def test_other_knobs_differ_and_no_points_equal_none() -> None:
    first = drawn()
    assert first.change(seed=8) != first and first.change(seed=7) == first
    assert Experiment() == Experiment() and Experiment().change(dataset="moons") != first
