"""The split: at random, in each class's and each group's share, and hardly changed by a point more or less."""

import itertools

import numpy as np
import pytest

from playground.model import edits
from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, Knobs
from playground.model.split import deal, share_out

SEEDS = range(200)
SMOKE = {(0, 0): (43, 7), (0, 1): (32, 18), (1, 0): (21, 29), (1, 1): (5, 45)}  # smoker, sport: healthy, ill


def smoke():
    """Two yes/no features and two classes: 200 rows, of which only eight kinds exist."""
    rows = [(*group, ill) for group, sizes in SMOKE.items() for ill, size in enumerate(sizes) for _ in range(size)]
    table = np.random.default_rng(1).permutation(np.array(rows, float))
    return Dataset(table[:, :2], table[:, 2], None, ("no", "yes"), ("smoker", "sport"))


def doses(animals=20):
    """Three doses, and what each animal made of it: a regression."""
    dose = np.tile([0.0, 5.0, 10.0], animals)
    return Dataset(dose[:, np.newaxis], dose + np.random.default_rng(2).normal(size=len(dose)), feature_names=("dose",))


def some_data(rng, has_equals, most=40):
    """A random dataset of up to four classes; with equals, hardly a row is alone."""
    samples, classes = rng.integers(2, most), rng.integers(1, 5)
    inputs = rng.integers(0, 3, (samples, 2)).astype(float) if has_equals else rng.normal(size=(samples, 2))
    return Dataset(inputs, rng.integers(0, classes, samples), None, tuple("abcd"[:classes]))


def without(data, number):
    kept = np.arange(data.samples) != number
    return data.replace(inputs=data.inputs[kept], targets=data.targets[kept], sets=data.sets[kept]), kept


def moved_by_erasing(data, number, knobs):
    """How many others of each class are in another set than before."""
    after, kept = without(data, number)
    moved = deal(data, knobs)[kept] != deal(after, knobs)
    return np.bincount(data.targets[kept].astype(int), moved, len(data.class_names))


# the shares


@pytest.mark.parametrize("samples", [10, 41, 200])
@pytest.mark.parametrize("train, test", [(0.7, 0.0), (0.5, 0.25), (0.9, 0.1), (0.62, 0.2), (1.0, 0.0), (0.0, 0.5)])
def test_points_without_equals_are_dealt_in_exact_shares(samples, train, test):
    data = Dataset(np.random.default_rng(0).normal(size=(samples, 2)), np.zeros(samples))
    sizes = np.bincount(deal(data, Knobs(train_fraction=train, test_fraction=test)), minlength=3)
    trained = round(samples * train)
    tested = samples - trained if train + test == 1 else min(round(samples * test), samples - trained)
    assert (sizes[TRAIN], sizes[TEST]) == (trained, tested)


def test_few_points_train_and_validate_before_they_test():
    for samples, expected in ((1, [TRAIN]), (2, [TRAIN, VALIDATION]), (3, [TRAIN, VALIDATION, TEST])):
        data = Dataset(np.arange(float(samples))[:, np.newaxis], np.zeros(samples))
        assert sorted(deal(data, Knobs(train_fraction=0.62, test_fraction=0.2))) == expected


def test_classes_keep_their_shares_to_a_point_and_the_total_is_exact():
    rng = np.random.default_rng(3)
    for _ in range(200):
        sizes = rng.integers(4, 60, rng.integers(1, 9))
        targets = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
        names = tuple(map(str, range(len(sizes))))
        data = Dataset(rng.normal(size=(len(targets), 3)), targets, None, names)
        share = float(rng.choice([0.3, 0.5, 0.62, 0.7]))
        trains = deal(data, Knobs(train_fraction=share)) == TRAIN
        assert trains.sum() == round(len(targets) * share)
        assert np.abs(np.bincount(targets, trains) - sizes * share).max() < 2


@pytest.mark.parametrize("data", [smoke(), doses(), doses(5)], ids=["smoke", "doses", "few animals"])
def test_every_group_of_equal_rows_stands_in_both_sets(data):
    groups = np.unique(data.inputs, axis=0)
    for seed in SEEDS:
        sets = Experiment(None, data, seed=seed).dataset.sets
        for group in groups:
            assert {TRAIN, VALIDATION} == set(sets[(data.inputs == group).all(axis=1)])
        assert abs((sets == TRAIN).sum() - 0.7 * data.samples) <= len(groups) / 2


def test_a_rare_class_of_five_stands_in_both_sets():
    targets = np.random.default_rng(4).permutation([0] * 100 + [1] * 5)
    data = Dataset(np.random.default_rng(5).normal(size=(105, 2)), targets, None, ("well", "ill"))
    for seed in SEEDS:
        assert {TRAIN, VALIDATION} == set(Experiment(None, data, seed=seed).dataset.sets[targets == 1])


@pytest.mark.parametrize("has_equals", [False, True])
@pytest.mark.parametrize("train, test", [(0.7, 0.0), (0.95, 0.0), (0.05, 0.0), (0.5, 0.1), (0.8, 0.15)])
def test_a_class_of_two_or_more_stands_in_training_and_validation(has_equals, train, test):
    rng = np.random.default_rng(6)
    for _ in range(120):
        data = some_data(rng, has_equals)
        sets = deal(data, Knobs(train_fraction=train, test_fraction=test, seed=int(rng.integers(1000))))
        for number in range(len(data.class_names)):
            found = sets[data.targets == number]
            if len(found) >= 2:
                assert {TRAIN, VALIDATION} <= set(found)
            if len(found) >= 3 and test and not has_equals:
                assert TEST in found


def test_over_the_seeds_every_row_trains_in_the_same_share():
    data = Dataset(np.arange(40.0)[:, np.newaxis], np.arange(40) % 2, None, ("a", "b"))
    share = np.mean([Experiment(None, data, seed=seed).dataset.sets == TRAIN for seed in range(1000)], axis=0)
    assert share.min() > 0.7 - 0.06 and share.max() < 0.7 + 0.06


def test_animals_of_one_dose_are_dealt_at_random():
    share = np.mean([Experiment(None, doses(), seed=seed).dataset.sets == TRAIN for seed in range(1000)], axis=0)
    assert share.min() > 0.7 - 0.06 and share.max() < 0.7 + 0.06


# what a point more or less does


@pytest.mark.parametrize("has_equals", [False, True])
def test_a_point_more_or_less_moves_at_most_one_other_of_each_class(has_equals):
    rng = np.random.default_rng(7)
    for _ in range(600):
        data = some_data(rng, has_equals)
        knobs = Knobs(train_fraction=float(rng.choice([0.1, 0.3, 0.5, 0.7, 0.9])), seed=int(rng.integers(1000)))
        assert moved_by_erasing(data, rng.integers(data.samples), knobs).max() <= 1


def test_with_a_test_set_at_most_one_crosses_each_of_its_two_borders():
    rng = np.random.default_rng(8)
    for _ in range(500):
        data = some_data(rng, has_equals=False)
        knobs = Knobs(train_fraction=0.6, test_fraction=0.2, seed=int(rng.integers(1000)))
        assert moved_by_erasing(data, rng.integers(data.samples), knobs).max() <= 2


def test_the_order_of_the_rows_does_not_matter():
    data = some_data(np.random.default_rng(9), has_equals=False)
    order = np.random.default_rng(10).permutation(data.samples)
    turned = data.replace(inputs=data.inputs[order], targets=data.targets[order])
    assert deal(turned, Knobs()).tolist() == deal(data, Knobs())[order].tolist()


@pytest.mark.parametrize("pattern", ["moons", "blobs", "sine"])
def test_points_painted_on_a_pattern_do_not_deal_it_anew(pattern):
    for seed in range(30):
        before = Experiment(dataset=pattern, samples=60, classes=3, seed=seed)
        is_curve = pattern == "sine"
        data = edits.add(before.points, [[0.3, 0.2]], None if is_curve else 1)
        after = before.with_data(data)
        assert after.data.source == "drawn"
        assert (after.dataset.sets[:60] != before.dataset.sets).sum() <= (1 if is_curve else 3)


def test_a_whole_stroke_leaves_nearly_all_points_of_a_pattern_where_they_were():
    moved = []
    for seed in range(30):
        before = Experiment(dataset="moons", samples=60, seed=seed)
        data = edits.spray(before.points, (0, 0), 0.5, 20, 0, np.random.default_rng(seed))
        moved.append((before.with_data(data).dataset.sets[:60] != before.dataset.sets).sum())
    assert np.mean(moved) < 2  # dealing anew would move 25


def test_drawing_upon_a_pattern_with_nothing_moves_nothing():
    before = Experiment(dataset="moons")
    assert before.with_data(before.points).dataset.sets.tolist() == before.dataset.sets.tolist()


def test_shares_of_classes_change_gently():
    """All small sizes: the own class gets the new point or not, every other class stays but for one."""
    for share, count in itertools.product((0.1, 0.3, 0.5, 0.7, 0.9), (1, 2, 3)):
        for sizes in itertools.product(range((24, 10, 7)[count - 1]), repeat=count):
            found = shared(sizes, share)
            for number in range(count):
                change = shared(np.add(sizes, np.arange(count) == number), share) - found
                assert change[number] in (0, 1) and np.abs(change).max() <= 1


def shared(sizes, share):
    sizes = np.asarray(sizes)
    several = sizes >= 2
    return share_out(sizes, np.cumsum(sizes) * share, round(sizes.sum() * share), several, sizes - several)


# whose decision it is


def test_only_points_in_no_set_are_dealt():
    sets = np.full(40, UNASSIGNED)
    sets[[3, 9, 20, 33]] = TRAIN, VALIDATION, TEST, TEST
    data = Dataset(np.random.default_rng(11).normal(size=(40, 2)), np.arange(40) % 2, sets, ("a", "b"))
    for split in ("shuffled", "sequential"):
        found = Experiment(None, data, split=split).dataset.sets
        assert found[[3, 9, 20, 33]].tolist() == [TRAIN, VALIDATION, TEST, TEST]
        others = np.delete(found, [3, 9, 20, 33])
        assert (others == TRAIN).sum() == round(36 * 0.7) and (others == VALIDATION).sum() == 36 - round(36 * 0.7)


def test_points_that_a_file_has_dealt_are_left_alone():
    data = Dataset(np.zeros((3, 1)), [1, 2, 3], [TEST, TRAIN, TEST])
    assert Experiment(None, data, train_fraction=0.9, test_fraction=0.9).dataset is data


def test_fractions_beyond_the_whole_are_refused():
    with pytest.raises(KnobError, match="add up to more than 1"):
        deal(Dataset([[1.0], [2.0]], [1, 2]), Knobs(train_fraction=0.7, test_fraction=0.5))


def test_equal_inputs_with_another_sign_of_zero_are_one_group():
    data = doses(6)
    signed = data.replace(inputs=np.where(np.arange(18)[:, np.newaxis] % 2, -data.inputs, data.inputs))
    zeros = data.inputs[:, 0] == 0
    assert deal(signed, Knobs())[zeros].tolist() == deal(data, Knobs())[zeros].tolist()
