"""What a set lacks is told before all else; so is a batch of one that normalization makes nothing of."""

import numpy as np
import pytest

from playground.model.coverage import MissingGroup, missing_groups, tell_missing
from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.model.experiment import Experiment, doubts
from tests.model.test_split import doses, smoke


def sorted_kinds():
    inputs = np.random.default_rng(12).normal(size=(90, 2))
    return Dataset(inputs, np.repeat([0, 1, 2], 30), None, ("ash", "elm", "oak"))


def test_a_class_that_is_missing_from_a_set_is_told_before_all_else():
    experiment = Experiment(None, sorted_kinds(), split="sequential", train_fraction=0.6, optimizer="rprop")
    assert experiment.missing_groups == (
        MissingGroup(TRAIN, "", "oak", 30),
        MissingGroup(VALIDATION, "", "ash", 30),
    )
    told = doubts(experiment)
    assert told[0].startswith("no point of class oak is in the training set (all 30 are elsewhere)")
    assert "cannot learn it" in told[0]
    assert told[1].startswith("no point of class ash is in the validation set")
    assert "Rprop" in told[2]


def test_a_level_of_a_feature_that_is_missing_from_a_set_is_told():
    data = doses().replace(sets=np.where(np.tile([0, 1, 2], 20) == 1, VALIDATION, TRAIN))
    told = tell_missing(missing_groups(data))
    assert [group.level for group in missing_groups(data)] == ["5", "0", "10"]
    assert told[0].startswith("no point of dose 5 is in the training set (all 20 are elsewhere)")
    assert told[1].startswith("no point of dose 0 or dose 10 is in the validation set (all 40 are elsewhere)")


def test_a_category_is_called_by_its_own_name():
    inputs = np.column_stack([np.arange(20) < 8, np.random.default_rng(0).normal(size=20)])
    sets = np.where(np.arange(20) < 8, VALIDATION, TRAIN)
    sets[15] = VALIDATION
    data = Dataset(inputs, np.arange(20.0), sets, (), ("island=Dream", "mass"))
    assert tell_missing(missing_groups(data))[0].startswith("no point of island=Dream is in the training set")


@pytest.mark.parametrize("data", [smoke(), doses(), sorted_kinds()], ids=["smoke", "doses", "kinds"])
def test_where_all_groups_are_in_all_sets_nothing_is_told(data):
    for seed in range(30):
        assert not Experiment(None, data, seed=seed).missing_groups


def test_a_set_that_is_empty_misses_no_group():
    assert not Experiment(None, sorted_kinds(), train_fraction=1.0).missing_groups


def test_numbers_that_are_no_levels_and_levels_that_are_rare_are_not_told():
    numbers = np.arange(40.0)
    numbers[::2] = 7.0
    rare = np.zeros(40)
    rare[39] = 1.0  # one point cannot stand in two sets
    data = Dataset(np.column_stack([numbers, rare]), np.arange(40.0), np.arange(40) % 2)
    assert not missing_groups(data)


def test_a_covariate_shift_makes_no_levels():
    assert not Experiment(None, doses(), shift=1.0).missing_groups


@pytest.mark.parametrize("size, told", [(1, "in a batch of one every unit"), (10, "leave a batch of one"), (9, "")])
def test_a_batch_of_one_under_batch_normalization_is_noted(size, told):
    data = Dataset(np.arange(41.0)[:, np.newaxis], np.arange(41.0))
    found = doubts(Experiment(None, data, train_fraction=1.0, normalization="batch", batch_size=size))
    assert [told in note for note in found] == ([True] if told else [])
    assert not doubts(Experiment(None, data, train_fraction=1.0, batch_size=size))
