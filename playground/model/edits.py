"""What the paint tools do: pure functions from a Dataset to a Dataset.

They know no mouse, and the tools know no arrays. Places are coordinates of the plane that is shown
(Dataset.plane): one or two features as they are, more features as a projection. Where one feature is fitted,
its target is the second coordinate. A radius is one number, or one for each coordinate. Arrays that an edit
leaves alone are shared with the old dataset; an edit that changes nothing returns the very same dataset.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.model.dataset import MOST_CLASSES, TRAIN, UNASSIGNED, DataError, Dataset
from playground.model.shapes import SHAPES, class_names

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
PATTERNS = frozenset(rule.key for rule in SHAPES)


def empty(task: str = "classification") -> Dataset:
    """No points yet: two features and two classes, or for a "regression" one feature and its target."""
    if task == "classification":
        return Dataset(np.empty((0, 2)), np.empty(0), class_names=class_names(2))
    if task == "regression":
        return Dataset(np.empty((0, 1)), np.empty((0, 1)))
    raise DataError(f"task '{task}' is unknown; it is classification or regression")


def clear(dataset: Dataset) -> Dataset:
    """The same features and classes without any point; of more than two features, a plane that can be painted on."""
    if dataset.features > 2:
        return empty()
    return _keep(dataset, np.zeros(dataset.samples, bool))


def positions(dataset: Dataset) -> Floats:
    """Where the points are shown: (samples, 2) coordinates, or (samples, 1) for classes of one feature."""
    return np.hstack([dataset.rows.places, dataset.targets[:, :1]]) if _shows_target(dataset) else dataset.rows.places


def add(dataset: Dataset, coordinates: ArrayLike, target: ArrayLike | None = None) -> Dataset:
    """Append points.

    coordinates: (points, 1 or 2).
    target: their class number (a new one adds classes) or their value, one for all or one each; None where
    the second coordinate is the target.
    New points are left to the split knobs, but where all others have their sets, from a file, they train. Raises
    DataError.
    """
    places = _places(dataset, coordinates)
    if not len(places):
        return dataset
    if target is None and not _shows_target(dataset):
        raise DataError("the new points have no class or value")
    values = places[:, 1] if target is None else np.asarray(target, np.float64)
    names = _names(dataset, values)
    shape = (len(places), *dataset.targets.shape[1:])
    if len(shape) == 2 and values.ndim == 1:
        values = values[:, np.newaxis]
    inputs = dataset.plane.lift(places[:, : len(dataset.plane.axes)])
    joining = np.full(len(places), TRAIN if dataset.is_assigned else UNASSIGNED, np.int8)
    return dataset.replace(
        inputs=np.concatenate([dataset.inputs, inputs]),
        targets=np.concatenate([dataset.targets, np.broadcast_to(values, shape)]),
        sets=np.concatenate([dataset.sets, joining]),
        class_names=names,
        source=_source(dataset),
    )


def spray(
    dataset: Dataset,
    centre: ArrayLike,
    radius: ArrayLike,
    count: int,
    target: ArrayLike | None,
    rng: np.random.Generator,
) -> Dataset:
    """Append ``count`` points, spread evenly over the disc around ``centre``; all chance comes from rng."""
    angle = 2 * np.pi * rng.random(count)
    reach = np.sqrt(rng.random(count))
    disc = np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    middle = np.zeros(2)
    middle[: np.size(centre)] = centre
    return add(dataset, middle + disc * np.asarray(radius, np.float64), target)


def within(dataset: Dataset, centre: ArrayLike, radius: ArrayLike, places: Floats | None = None) -> Numbers:
    """The numbers of the points in the disc (or ellipse) around ``centre``, its edge included.

    places: where the points are shown, if not in their own plane.
    """
    places = positions(dataset) if places is None else places
    middle = _places(dataset, np.atleast_2d(np.asarray(centre, np.float64)))
    reach = np.broadcast_to(np.asarray(radius, np.float64), (2,))[: places.shape[1]]
    if not (reach > 0).all():
        raise DataError(f"a radius of {reach.min():g}; it must be above 0")
    offsets = (places - middle) / reach
    return np.flatnonzero(np.einsum("ij,ij->i", offsets, offsets) <= 1)


def remove(dataset: Dataset, indices: ArrayLike) -> Dataset:
    """Remove the points of these numbers."""
    kept = np.ones(dataset.samples, bool)
    kept[_numbers(dataset, indices)] = False
    return _keep(dataset, kept)


def move(dataset: Dataset, indices: ArrayLike, offset: ArrayLike) -> Dataset:
    """Move the points of these numbers by ``offset``, (1 or 2,) for all or (points, 1 or 2) for each."""
    numbers = _numbers(dataset, indices)
    step = _places(dataset, np.atleast_2d(np.asarray(offset, np.float64)))
    if not numbers.size or not step.any():
        return dataset
    plane = dataset.plane
    changes: dict[str, Any] = {"source": _source(dataset)}
    across = step[:, : len(plane.axes)]
    if across.any():
        changes["inputs"] = dataset.inputs.copy()
        changes["inputs"][numbers] += plane.scale * (across @ plane.axes)
    if _shows_target(dataset) and step[:, 1].any():
        changes["targets"] = dataset.targets.copy()
        changes["targets"][numbers, 0] += step[:, 1]
    return dataset.replace(**changes)


def jitter(dataset: Dataset, indices: ArrayLike, amount: float, rng: np.random.Generator) -> Dataset:
    """Shake the points of these numbers: each coordinate by normal noise of standard deviation ``amount``."""
    numbers = _numbers(dataset, indices)
    return move(dataset, numbers, amount * rng.standard_normal((numbers.size, positions(dataset).shape[1])))


def relabel(dataset: Dataset, indices: ArrayLike, target: float) -> Dataset:
    """Give the points of these numbers another class, or another value."""
    numbers = _numbers(dataset, indices)
    names = _names(dataset, np.asarray(target, np.float64))
    if (dataset.targets[numbers] == target).all():
        return dataset
    targets = dataset.targets.copy()
    targets[numbers] = target
    return dataset.replace(targets=targets, class_names=names, source=_source(dataset))


def _keep(dataset: Dataset, kept: NDArray[np.bool_]) -> Dataset:
    return dataset if kept.all() else dataset.keep(kept).replace(source=_source(dataset))


def _shows_target(dataset: Dataset) -> bool:
    return dataset.features == 1 and not dataset.is_classification


def _places(dataset: Dataset, coordinates: ArrayLike) -> Floats:
    """Coordinates as (points, 1 or 2): as many columns as the points are shown with."""
    places = np.asarray(coordinates, np.float64)
    shown = 2 if _shows_target(dataset) else len(dataset.plane.axes)
    if places.ndim != 2 or not shown <= places.shape[1] <= 2:
        raise DataError(f"coordinates of shape {places.shape}; expected (points, {shown})")
    return places[:, :shown]


def _numbers(dataset: Dataset, indices: ArrayLike) -> Numbers:
    numbers = np.atleast_1d(np.asarray(indices, np.intp))
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < dataset.samples):
        raise DataError(f"point {numbers.max()} of {dataset.samples}; points are counted from 0")
    return numbers


def _names(dataset: Dataset, values: Floats) -> tuple[str, ...]:
    """The class names, more of them where a class number is new."""
    if not dataset.is_classification or not values.size:
        return dataset.class_names
    highest = values.max()
    if not (values.min() >= 0 and highest < MOST_CLASSES and not (values % 1).any()):
        raise DataError(f"class {highest:g}; class numbers are whole numbers from 0 to {MOST_CLASSES - 1}")
    return dataset.class_names + class_names(int(highest) + 1)[len(dataset.class_names) :]


def _source(dataset: Dataset) -> str:
    return "drawn" if dataset.source in PATTERNS else dataset.source
