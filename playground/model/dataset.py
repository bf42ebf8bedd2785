"""Points, their targets and the sets they belong to: one immutable value.

Arrays of a Dataset are read-only, so that undo, the trainer's thread and saved files can share them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from playground.model.encoding import Encoding

TRAIN, VALIDATION, TEST, UNASSIGNED = 0, 1, 2, 3
SETS = ("train", "val", "test")
MOST_CLASSES = 1000
FIELDS = ("inputs", "targets", "sets", "class_names", "feature_names", "image", "source", "encoding", "rows", "missing")


class DataError(ValueError):
    """Data that cannot be used; the message says what was found, where, and what is accepted."""


class Dataset:
    """Samples with targets.

    inputs: (samples, features) float64, finite.
    targets: (samples,) class numbers 0 … k−1 for classes, or (samples, outputs) values for a regression; float64.
    sets: (samples,) int8, TRAIN, VALIDATION, TEST, or UNASSIGNED where the split knobs decide (split.py).
    class_names: empty for a regression.
    feature_names: one for each feature.
    image: (height, width) where the features are an image's pixels, row by row; else empty.
    source: the key of the pattern, "drawn", or the name of the file that it came from.
    encoding: how a table's columns became the features (encoding.py), or None.
    rows: (samples,) each one's number in its file, from 1, where not all of the file's were used; else None.
    missing: (samples, features) which inputs the file does not have, so that the training set's usual ones stand in
    for them; None where none is missing.
    """

    def __init__(
        self,
        inputs: Any,
        targets: Any,
        sets: Any = None,
        class_names: tuple[str, ...] = (),
        feature_names: tuple[str, ...] = (),
        image: tuple[int, ...] = (),
        source: str = "drawn",
        encoding: Encoding | None = None,
        rows: Any = None,
        missing: Any = None,
    ) -> None:
        self.inputs = _frozen(np.asarray(inputs, np.float64))
        if self.inputs.ndim != 2 or self.inputs.shape[1] == 0:
            raise DataError(f"inputs of shape {self.inputs.shape}; expected (samples, features)")
        values = np.asarray(targets, np.float64)
        if values.ndim == 1 and not class_names:
            values = values[:, np.newaxis]
        self.targets = _frozen(values)
        unassigned = np.full(len(self.inputs), UNASSIGNED)
        self.sets = _frozen(np.asarray(unassigned if sets is None else sets, np.int8))
        self.class_names = tuple(class_names)
        width = self.inputs.shape[1]
        self.feature_names = tuple(feature_names) or tuple(f"x{number + 1}" for number in range(width))
        self.image = tuple(image)
        self.source = source
        self.encoding = encoding
        self.rows = None if rows is None else _frozen(np.asarray(rows, np.int64))
        self.missing = None if missing is None else _frozen(np.asarray(missing, np.bool_))
        self._check()

    def _check(self) -> None:
        if not len(self.inputs) == len(self.targets) == len(self.sets):
            raise DataError(
                f"{len(self.inputs)} inputs, {len(self.targets)} targets and {len(self.sets)} set entries; "
                "they must be as many"
            )
        if len(self.feature_names) != self.inputs.shape[1]:
            raise DataError(f"{len(self.feature_names)} feature names for {self.inputs.shape[1]} features")
        if self.image and (len(self.image) != 2 or self.image[0] * self.image[1] != self.features):
            raise DataError(f"images of {self.image} pixels do not have {self.features} features")
        if self.rows is not None and self.rows.shape != (self.samples,):
            raise DataError(f"{self.rows.shape} row numbers for {self.samples} samples")
        if self.missing is not None and self.missing.shape != self.inputs.shape:
            raise DataError(f"missing cells of shape {self.missing.shape} for inputs of shape {self.inputs.shape}")
        if self.encoding is not None and self.encoding.features != self.feature_names:
            raise DataError("the encoding makes other features than the inputs have")
        if not (np.isfinite(self.inputs).all() and np.isfinite(self.targets).all()):
            raise DataError("a value is NaN or infinite; every number must be finite")
        if self.class_names and len(self.targets):
            low, high = self.targets.min(), self.targets.max()
            if low < 0 or high >= len(self.class_names) or (self.targets % 1).any():
                raise DataError(f"class numbers must be whole numbers from 0 to {len(self.class_names) - 1}")

    @property
    def is_classification(self) -> bool:
        return bool(self.class_names)

    @property
    def samples(self) -> int:
        return len(self.inputs)

    @property
    def features(self) -> int:
        return int(self.inputs.shape[1])

    @property
    def outputs(self) -> int:
        """Units of the output layer: one logit for two classes, k for k ≥ 3, one for each value of a regression."""
        if not self.is_classification:
            return int(self.targets.shape[1])
        return len(self.class_names) if len(self.class_names) > 2 else 1

    @property
    def is_assigned(self) -> bool:
        """Whether every point has its set, so that nothing is left to the split knobs. Without points: no."""
        return self.samples > 0 and not (self.sets == UNASSIGNED).any()

    @cached_property
    def plane(self) -> Plane:
        """The plane that the window shows: the two features themselves, or the first two principal components."""
        return _principal_plane(self.inputs)

    def target_deviation(self, part: int) -> float:
        """Standard deviation of the one target of a set's points; NaN for classes, several targets, an empty set."""
        chosen = self.targets[self.sets == part]
        is_single = not self.is_classification and self.outputs == 1
        return float(chosen.std()) if is_single and len(chosen) else np.nan

    def replace(self, **changes: Any) -> Dataset:
        """A copy with some fields changed; unchanged arrays are shared.

        New inputs are all there, and where they are more or fewer, they are no longer the file's rows.
        """
        if "inputs" in changes:
            is_same = len(changes["inputs"]) == self.samples
            changes = {"missing": None, "rows": self.rows if is_same else None, **changes}
        return Dataset(**{**self._fields(), **changes})

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in FIELDS}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        mine, theirs = self._fields().values(), other._fields().values()
        return self is other or all(map(_are_equal, mine, theirs))

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: no more than what the rest follows from."""
        return self._fields()

    def __setstate__(self, fields: dict[str, Any]) -> None:
        # NumPy forgets of a pickled or copied array that it is read-only.
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            setattr(self, name, value)


class Plane(NamedTuple):
    """A flat view of the feature space: ``inputs = origin + scale * (coordinates @ axes)``.

    origin, scale: (features,). axes: (1 or 2, features), orthonormal. explained: share of the variance of each axis.
    """

    origin: NDArray[np.float64]
    scale: NDArray[np.float64]
    axes: NDArray[np.float64]
    explained: tuple[float, ...]

    @property
    def is_projection(self) -> bool:
        """Whether points are projected, so that the surface is only a slice through the feature space."""
        return len(self.origin) > 2

    def project(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """(samples, features) to (samples, 1 or 2) coordinates in the plane."""
        return ((inputs - self.origin) / self.scale) @ self.axes.T

    def lift(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """(points, 1 or 2) coordinates in the plane to (points, features)."""
        return self.origin + self.scale * (coordinates @ self.axes)


def _principal_plane(inputs: NDArray[np.float64]) -> Plane:
    """The first two principal components of the standardised features; one or two features are shown as they are."""
    width = inputs.shape[1]
    if width <= 2 or len(inputs) < 2:
        axes = np.eye(width)[:2]
        return Plane(np.zeros(width), np.ones(width), axes, (1.0,) * len(axes))
    # Dividing by the largest value first keeps squares finite.
    size = np.maximum(np.abs(inputs).max(axis=0), 1e-300)
    origin = (inputs / size).mean(axis=0) * size
    scale = (inputs / size).std(axis=0) * size
    scale[scale == 0] = 1.0
    _, singular, components = np.linalg.svd((inputs - origin) / scale, full_matrices=False)
    # The sign of a component is arbitrary: the largest entry is made positive, or pictures would flip.
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[np.arange(len(components)), largest])[:, np.newaxis]
    share = singular**2 / max(float((singular**2).sum()), 1e-300)
    return Plane(origin, scale, components[:2], tuple(float(part) for part in share[:2]))


def _are_equal(one: Any, other: Any) -> bool:
    """Whether two fields are; arrays that are shared, as after most changes, are not looked through."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one is other or np.array_equal(one, other)
    return one is other if isinstance(one, np.ndarray) or isinstance(other, np.ndarray) else bool(one == other)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array
