"""The paint tools' functions: what they change, and what they leave alone."""

import numpy as np
import pytest

from playground.model import edits
from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.shapes import generate


def erase(data, centre, radius):
    """What the eraser does: the points that it touches leave."""
    return edits.remove(data, edits.within(data, centre, radius))


def moons() -> Dataset:
    return generate("moons", 40, 0.1, 2, 0)


def many_features(width: int = 5) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(rng.normal(size=(30, width)), np.arange(30) % 2, class_names=("no", "yes"), source="a.csv")


def test_an_added_point_lies_where_it_was_painted() -> None:
    after = edits.add(moons(), [(0.25, -0.5), (1, 1)], 1)
    assert after.inputs[-2:].tolist() == [[0.25, -0.5], [1, 1]]
    assert after.targets[-2:].tolist() == [1, 1]
    assert after.samples == 42


def test_every_point_may_have_its_own_class() -> None:
    assert edits.add(edits.empty(), [(0, 0), (1, 1)], [1, 0]).targets.tolist() == [1, 0]


def test_painting_on_a_pattern_makes_the_points_your_own() -> None:
    after = edits.add(moons(), [(0, 0)], 0)
    assert after.source == "drawn"


def test_an_edit_deals_no_points_and_takes_none_out_of_its_set() -> None:
    data = moons()
    split = data.replace(sets=np.resize([TRAIN, VALIDATION, UNASSIGNED], data.samples))
    assert edits.add(split, [(0, 0)], 0).sets.tolist() == [*split.sets, UNASSIGNED]
    assert erase(split, data.inputs[0], 1e-9).sets.tolist() == split.sets[1:].tolist()
    assert edits.move(split, [0], (0.1, 0)).sets is split.sets
    assert edits.relabel(split, [0], 1 - data.targets[0]).sets is split.sets


def test_removing_points_keeps_the_others() -> None:
    data = moons()
    assert edits.remove(data, [1, 3]).inputs.tolist() == np.delete(data.inputs, [1, 3], axis=0).tolist()
    assert edits.remove(data, []) is data


def test_a_split_given_by_a_file_stays_and_new_points_train() -> None:
    data = many_features(2)
    given = data.replace(sets=np.resize([TRAIN, VALIDATION], data.samples))
    after = edits.add(given, [(0, 0)], 1)
    assert after.sets.tolist() == [*given.sets, TRAIN]
    assert after.source == "a.csv"


def test_a_new_class_number_adds_classes() -> None:
    after = edits.add(many_features(2), [(0, 0)], 3)
    assert after.class_names == ("no", "yes", "class 3", "class 4")


@pytest.mark.parametrize("target", [-1, 0.5, 1000, float("nan")])
def test_a_class_that_cannot_be_is_refused(target: float) -> None:
    with pytest.raises(DataError, match="class numbers are whole numbers from 0 to 999"):
        edits.add(moons(), [(0, 0)], target)


def test_where_one_feature_is_fitted_the_second_coordinate_is_the_target() -> None:
    after = edits.add(edits.empty("regression"), [(0.5, -2)])
    assert after.inputs.tolist() == [[0.5]]
    assert after.targets.tolist() == [[-2]]
    assert edits.positions(after).tolist() == [[0.5, -2]]


def test_classes_of_one_feature_ignore_the_second_coordinate() -> None:
    data = Dataset([[0.0], [1.0]], [0, 1], class_names=("a", "b"))
    assert edits.add(data, [(0.5, 9)], 1).inputs[-1].tolist() == [0.5]
    assert erase(data, (0, 9), 0.1).inputs.tolist() == [[1]]


def test_a_regression_of_two_features_takes_the_value_painted() -> None:
    after = edits.add(generate("plane", 10, 0, 2, 0), [(0, 0), (1, 1)], 0.7)
    assert after.targets[-2:].tolist() == [[0.7], [0.7]]
    with pytest.raises(DataError, match="no class or value"):
        edits.add(after, [(0, 0)])


def test_a_point_painted_on_a_projection_is_projected_back_to_where_it_was_painted() -> None:
    data = many_features()
    after = edits.add(data, [(0.5, -0.25)], 1)
    assert after.features == 5
    assert data.plane.project(after.inputs[-1:]) == pytest.approx(np.array([[0.5, -0.25]]))


def test_the_spray_stays_in_its_disc_and_fills_it() -> None:
    after = edits.spray(edits.empty(), (1, -1), 0.5, 400, 0, np.random.default_rng(0))
    distance = np.hypot(*(after.inputs - (1, -1)).T)
    assert distance.max() <= 0.5
    # as many in the inner half of the area as in the outer
    assert (distance < 0.5 * np.sqrt(0.5)).mean() == pytest.approx(0.5, abs=0.06)


def test_the_same_draws_spray_the_same_points() -> None:
    one, two = (edits.spray(moons(), (0, 0), 0.5, 9, 0, np.random.default_rng(3)) for _ in "ab")
    assert (one.inputs == two.inputs).all()


def test_a_spray_over_a_curve_lays_targets_too() -> None:
    after = edits.spray(edits.empty("regression"), (0, 3), (1, 0.1), 50, None, np.random.default_rng(0))
    assert abs(after.targets - 3).max() <= 0.1
    assert abs(after.inputs).max() > 0.5


def test_the_eraser_takes_what_it_touches_and_nothing_else() -> None:
    data = Dataset([(0, 0), (0.5, 0), (0.51, 0), (0, 2)], [0, 1, 0, 1], class_names=("a", "b"))
    assert erase(data, (0, 0), 0.5).inputs.tolist() == [[0.51, 0], [0, 2]]


def test_an_eraser_may_be_an_ellipse() -> None:
    data = Dataset([(0.9, 0), (0, 0.9)], [0, 1], class_names=("a", "b"))
    assert erase(data, (0, 0), (1, 0.1)).inputs.tolist() == [[0, 0.9]]


def test_the_eraser_sees_the_target_of_a_curve() -> None:
    data = edits.add(edits.empty("regression"), [(0, 0), (0, 5)])
    assert erase(data, (0, 5), 1).targets.tolist() == [[0]]


def test_erasing_a_whole_class_keeps_its_name() -> None:
    data = moons()
    after = erase(data, (0, 0), 10)
    assert (after.samples, after.class_names) == (0, data.class_names)


def test_erasing_keeps_each_point_in_its_given_set() -> None:
    data = Dataset([(0, 0), (1, 0), (2, 0)], [0, 1, 0], [TRAIN, VALIDATION, TEST], ("a", "b"), source="f.csv")
    assert erase(data, (1, 0), 0.1).sets.tolist() == [TRAIN, TEST]


def test_moving_shifts_the_points_named_and_shares_the_rest() -> None:
    data = moons()
    after = edits.move(data, [3, 5], (0.5, -1))
    moved = after.inputs - data.inputs
    assert moved[[3, 5]] == pytest.approx(np.array([(0.5, -1)] * 2))
    assert np.count_nonzero(moved) == 4
    assert after.targets is data.targets


def test_moving_a_point_of_a_curve_up_moves_its_target() -> None:
    data = edits.add(edits.empty("regression"), [(0, 0), (1, 1)])
    after = edits.move(data, [1], (0, 2))
    assert edits.positions(after).tolist() == [[0, 0], [1, 3]]
    assert after.inputs is data.inputs


def test_moving_on_a_projection_moves_within_the_plane() -> None:
    data = many_features()
    after = edits.move(data, [2], (0.3, 0.1))
    offset = data.plane.project(after.inputs) - data.plane.project(data.inputs)
    assert offset[2] == pytest.approx([0.3, 0.1])


def test_relabelling_changes_targets_alone() -> None:
    data = many_features(2)
    after = edits.relabel(data, [0, 1, 2], 1)
    assert after.targets[:3].tolist() == [1, 1, 1]
    assert after.inputs is data.inputs
    assert (after.targets[3:] == data.targets[3:]).all()


def test_jitter_shakes_by_the_amount_asked_for() -> None:
    data = generate("xor", 2000, 0, 2, 0)
    after = edits.jitter(data, range(1000), 0.1, np.random.default_rng(0))
    assert (after.inputs - data.inputs)[:1000].std() == pytest.approx(0.1, rel=0.1)
    assert (after.inputs[1000:] == data.inputs[1000:]).all()


def test_an_edit_that_changes_nothing_returns_the_same_dataset() -> None:
    data = moons()
    assert edits.add(data, np.empty((0, 2)), 0) is data
    assert erase(data, (99, 99), 1) is data
    assert edits.move(data, [], (1, 1)) is data
    assert edits.move(data, [0], (0, 0)) is data
    assert edits.relabel(data, [0], data.targets[0]) is data


def test_clearing_keeps_features_and_classes() -> None:
    data = Dataset([(0, 0), (1, 1)], [0, 1], class_names=("no", "yes"), feature_names=("a", "b"))
    after = edits.clear(data)
    assert (after.samples, after.feature_names, after.class_names) == (0, ("a", "b"), ("no", "yes"))


def test_after_more_features_than_two_are_cleared_there_is_a_plane_to_paint_on() -> None:
    after = edits.clear(many_features())
    assert (after.samples, after.features, len(after.class_names)) == (0, 2, 2)
    assert edits.add(after, [(0, 0)], 1).samples == 1


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_an_empty_dataset_is_of_its_task(task: str) -> None:
    data = edits.empty(task)
    assert data.samples == 0
    assert data.is_classification == (task == "classification")


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(DataError, match="classification or regression"):
        edits.empty("clustering")


@pytest.mark.parametrize("numbers", [[40], [-1]])
def test_a_point_that_does_not_exist_is_refused(numbers: list[int]) -> None:
    with pytest.raises(DataError, match="of 40"):
        edits.move(moons(), numbers, (1, 1))


def test_coordinates_of_a_wrong_shape_are_refused() -> None:
    with pytest.raises(DataError, match="expected"):
        edits.add(moons(), [1, 2, 3], 0)
    with pytest.raises(DataError, match="above 0"):
        erase(moons(), (0, 0), 0)


def test_the_old_dataset_is_never_changed() -> None:
    data = moons()
    before = data.inputs.copy(), data.targets.copy()
    edits.move(edits.relabel(edits.add(data, [(0, 0)], 1), [0], 1), [0, 1], (1, 1))
    assert (data.inputs == before[0]).all()
    assert (data.targets == before[1]).all()
    assert not data.inputs.flags.writeable
