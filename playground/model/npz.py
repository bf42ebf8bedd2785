"""Datasets in NPZ files: X and y, optionally X_val, y_val, X_test, y_test.

X is (samples, features) or (samples, height, width); y is (samples,), or (samples, outputs) for a regression.
Keras' own names, x_train, y_train, x_val, …, do as well. ``class_names`` and ``feature_names``, if there, name class
numbers 0 … k−1 and the features.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.model import archive, saving, targets
from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset

Array = NDArray[Any]
PARTS = (("X", "y", TRAIN), ("X_val", "y_val", VALIDATION), ("X_test", "y_test", TEST))
NAMES = ("class_names", "feature_names")
OF_KERAS = {
    "x_train": "X",
    "y_train": "y",
    "X_train": "X",
    "x_val": "X_val",
    "x_test": "X_test",
    # the others are called as ours are
    "y_val": "y_val",
    "y_test": "y_test",
}


def read(path: str | Path, task: str | None = None) -> Dataset:
    """A dataset from an NPZ file; images become one feature a pixel. Raises DataError, one line."""
    with archive.opened(path) as file:
        wanted = [name for names in PARTS for name in names[:2]]
        arrays = archive.read_arrays(file, [*wanted, *NAMES])
        if "X" not in arrays and "y" not in arrays:
            of_keras = archive.read_arrays(file, list(OF_KERAS))
            arrays |= {OF_KERAS[name]: array for name, array in of_keras.items()}
        if not {"X", "y"} <= arrays.keys():
            found = ", ".join(archive.array_names(file)[:20]) or "none"
            raise DataError(f"needs the arrays X and y; found {found}")
        return _dataset(arrays, task).replace(source=Path(path).name)


def write(dataset: Dataset, path: str | Path) -> None:
    """Write a dataset as NPZ; sets that it gives itself go to X_val and X_test.

    Raises OSError, or DataError where some points have their set and others not.
    """
    given = dataset.sets != UNASSIGNED
    if given.any() and not given.all():
        raise DataError(f"{path}: {int((~given).sum())} points are in no set, for which an NPZ has no place; a CSV has")
    labels: Array = dataset.targets
    if dataset.is_classification:
        labels = labels.astype(np.int64)
    elif dataset.outputs == 1:
        labels = labels[:, 0]
    members: dict[str, Array | bytes] = {}
    for inputs_name, targets_name, part in PARTS:
        chosen = dataset.sets == part if dataset.is_assigned else np.full(dataset.samples, part == TRAIN)
        if chosen.any() or part == TRAIN:
            shape = (-1, *dataset.image) if dataset.image else (-1, dataset.features)
            members[f"{inputs_name}.npy"] = dataset.inputs[chosen].reshape(shape)
            members[f"{targets_name}.npy"] = labels[chosen]
    members["feature_names.npy"] = np.array(dataset.feature_names)
    if dataset.is_classification:
        members["class_names.npy"] = np.array(dataset.class_names)
    saving.replace_file(path, lambda file: archive.write(file, members), archive.check)


def _dataset(arrays: dict[str, Array], task: str | None) -> Dataset:
    present = [part for part in PARTS if part[0] in arrays or part[1] in arrays]
    parts = [_part(arrays, name, target) for name, target, _ in present]
    _refuse_unlike(parts, present)
    inputs = np.concatenate([values for values, _ in parts])
    if not len(inputs):
        raise DataError("X holds no samples")
    found = targets.from_array(np.concatenate([labels for _, labels in parts]), task, "y")
    found = _named(found, arrays.get("class_names"))
    sizes = [len(labels) for _, labels in parts]
    return Dataset(
        inputs.reshape(len(inputs), -1),
        found.values,
        np.repeat([number for _, _, number in present], sizes) if len(parts) > 1 else None,
        found.names,
        _feature_names(inputs.shape[1:], arrays.get("feature_names")),
        inputs.shape[1:] if inputs.ndim == 3 else (),
    )


def _refuse_unlike(parts: list[tuple[Array, Array]], present: list[tuple[str, str, int]]) -> None:
    """The samples of all sets must have one shape, and their targets one shape and one type."""
    shape, labels = parts[0][0].shape[1:], parts[0][1]
    for (inputs, others), (name, target, _) in zip(parts, present):
        if inputs.shape[1:] != shape:
            raise DataError(f"{name} has samples of shape {inputs.shape[1:]}, X of shape {shape}")
        if others.shape[1:] != labels.shape[1:]:
            raise DataError(f"{target} has targets of shape {others.shape[1:]}, y of shape {labels.shape[1:]}")
        if others.dtype.kind in "iub" and labels.dtype.kind in "iub":
            continue
        if others.dtype.kind != labels.dtype.kind:
            raise DataError(f"{target} is of type {others.dtype}, y of type {labels.dtype}; expected one type")


def _part(arrays: dict[str, Array], name: str, target: str) -> tuple[Array, Array]:
    """One of the sets, checked: its inputs as float64, its targets as they are."""
    for present, absent in ((name, target), (target, name)):
        if absent not in arrays:
            raise DataError(f"has {present} but no {absent}")
    inputs, labels = arrays[name], arrays[target]
    if inputs.dtype.kind not in "biuf":
        raise DataError(f"{name} is of type {inputs.dtype}; numbers are accepted")
    if inputs.ndim not in (2, 3) or 0 in inputs.shape[1:]:
        expected = "(samples, features) or (samples, height, width)"
        raise DataError(f"{name} has shape {inputs.shape}; expected {expected}")
    if labels.ndim == 0 or len(labels) != len(inputs):
        raise DataError(f"{name} has {len(inputs)} samples, but {target} has shape {labels.shape}")
    with np.errstate(over="ignore"):
        values = inputs.astype(np.float64)
    wrong = ~np.isfinite(values)
    if wrong.any():
        place = ", ".join(str(number) for number in np.argwhere(wrong)[0])
        raise DataError(f"{name}[{place}] is {values[wrong][0]}; expected a finite number")
    return values, labels


def _named(found: targets.Targets, names: Array | None) -> targets.Targets:
    """Targets with the file's own class names, where these go with class numbers 0 … k−1."""
    if names is None or not found.names:
        return found
    labels = tuple(str(name) for name in names.reshape(-1))
    if any(not name.isdecimal() or int(name) >= len(labels) for name in found.names):
        return found
    numbers = np.array([int(name) for name in found.names], np.float64)
    return targets.Targets(numbers[found.values.astype(np.intp)], labels)


def _feature_names(shape: tuple[int, ...], names: Array | None) -> tuple[str, ...]:
    """The file's own names; pixels are p0_0 (row, column), p0_1, …; else the dataset's x1, x2, …"""
    if names is not None and names.size == np.prod(shape):
        return tuple(str(name) for name in names.reshape(-1))
    if len(shape) == 2:
        return tuple(f"p{row}_{column}" for row in range(shape[0]) for column in range(shape[1]))
    return ()
