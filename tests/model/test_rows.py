"""The plane that points are shown in, and what is known of them: found once, and kept through strokes and files."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from playground import Experiment
from playground.model import archive, edits, file, plane
from playground.model.dataset import UNASSIGNED, DataError, Dataset


def cloud(samples: int = 200, width: int = 5) -> Dataset:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(samples, width)) @ rng.normal(size=(width, width)) + 7
    return Dataset(inputs, np.arange(samples) % 2, class_names=("no", "yes"), source="a.csv")


def first_half_erased(data: Dataset) -> Dataset:
    return edits.remove(data, np.arange(data.samples // 2))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples each plane was found from."""
    counts: list[int] = []
    find: Callable[..., plane.Plane] = plane.principal_plane
    monkeypatch.setattr(plane, "principal_plane", lambda inputs: (counts.append(len(inputs)), find(inputs))[1])
    return counts


def test_the_plane_is_found_once_whatever_is_made_of_the_points(found: list[int]) -> None:
    experiment = Experiment(data=cloud())
    assert found == []
    first = experiment.dataset.plane
    erased = first_half_erased(experiment.points)
    relabelled = edits.relabel(erased, [0, 1], 1)
    moved = edits.move(relabelled, [3], (0.5, 0.5))
    painted = edits.add(moved, [(1, 1)], 0)
    dealt = experiment.with_data(painted).change(seed=4, shift=1.0).dataset
    for data in (experiment.points, erased, relabelled, moved, painted, dealt):
        assert data.plane is first
    assert found == [200]


def test_threads_that_ask_at_once_are_given_one_plane(found: list[int]) -> None:
    data, given = cloud(), []
    threads = [threading.Thread(target=lambda: given.append(data.plane)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] and all(one is given[0] for one in given)


def test_erasing_points_leaves_the_others_where_they_are() -> None:
    data = cloud()
    before = edits.positions(data)
    after = first_half_erased(data)
    assert (edits.positions(after) == before[100:]).all()
    assert edits.positions(after) == pytest.approx(after.plane.project(after.inputs))


def test_other_columns_are_other_points_in_a_plane_of_their_own() -> None:
    data = cloud()
    narrow = data.replace(inputs=data.inputs[:, :4], feature_names=data.feature_names[:4])
    assert narrow.plane.axes.shape == (2, 4)


@pytest.mark.parametrize("samples", [12, 13, 400])
def test_the_axes_are_the_first_singular_vectors(samples: int) -> None:
    inputs = cloud(samples, 13).inputs
    standard = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    _, singular, components = np.linalg.svd(standard)
    found = plane.principal_plane(inputs)
    assert np.abs((found.axes * components[:2]).sum(axis=1)) == pytest.approx(1.0)
    assert found.explained == pytest.approx(singular[:2] ** 2 / (singular**2).sum())
    assert (found.axes[[0, 1], np.abs(found.axes).argmax(axis=1)] > 0).all()


def test_erased_points_cost_no_copy_of_the_others_until_a_run_asks() -> None:
    data = cloud()
    twice = edits.remove(first_half_erased(data), [0])
    assert any(array is data.inputs for array in twice.arrays())
    assert (twice.inputs == data.inputs[101:]).all() and not twice.inputs.flags.writeable
    assert twice.inputs is twice.inputs and not any(array is data.inputs for array in twice.arrays())


@pytest.mark.parametrize("split", ["shuffled", "sequential"])
def test_the_sets_after_a_stroke_are_those_of_the_same_points_anew(split: str) -> None:
    experiment = Experiment(data=cloud(), split=split, test_fraction=0.2)
    assert not (experiment.dataset.sets == UNASSIGNED).any()
    for changed in (experiment, experiment.change(seed=9)):
        after = changed.with_data(first_half_erased(experiment.points))
        anew = Dataset(after.points.inputs.copy(), after.points.targets.copy(), class_names=("no", "yes"))
        assert (after.dataset.sets == changed.with_data(anew).dataset.sets).all()


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_is_shown_in_the_same_plane(how: Callable[[Dataset], Dataset]) -> None:
    data = first_half_erased(cloud())
    other = how(data)
    assert other == data and other.rows.keeps_plane and not other.inputs.flags.writeable
    for one, another in zip(other.plane, data.plane):
        assert np.array_equal(one, another)


def test_a_project_keeps_the_plane_of_points_that_are_gone(tmp_path: Path) -> None:
    data = first_half_erased(cloud())
    file.save(tmp_path / "erased.playground", Experiment(data=data))
    again = file.load(tmp_path / "erased.playground").experiment.points
    assert all(np.array_equal(one, another) for one, another in zip(again.plane, data.plane))
    assert again.rows.keeps_plane and again == data


@pytest.mark.parametrize("data", [cloud(), edits.remove(cloud(width=2), [0])], ids=["all points", "two features"])
def test_a_project_holds_no_plane_that_follows_from_its_points(data: Dataset, tmp_path: Path) -> None:
    file.save(tmp_path / "own.playground", Experiment(data=data))
    with archive.opened(tmp_path / "own.playground") as opened:
        assert not any("plane" in name for name in archive.array_names(opened))


BAD = {
    "missing": {"axes": None},
    "shape": {"origin": np.zeros(4)},
    "not finite": {"axes": np.full((2, 5), np.nan)},
    "text": {"explained": np.array(["a", "b"])},
    "scale": {"scale": np.zeros(5)},
}


@pytest.mark.parametrize("what", BAD)
def test_a_plane_that_is_none_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.playground"
    file.save(path, Experiment(data=first_half_erased(cloud())))
    with archive.opened(path) as opened:
        arrays = archive.read_arrays(opened, archive.array_names(opened))
        members = {f"{name}.npy": array for name, array in arrays.items()}
        members["experiment.json"] = opened.read("experiment.json")
    ((name, array),) = BAD[what].items()
    members[f"data/0/plane_{name}.npy"] = array
    with path.open("wb") as target:
        archive.write(target, {key: value for key, value in members.items() if value is not None})
    with pytest.raises(DataError, match=f"plane_{name}"):
        file.load(path)
