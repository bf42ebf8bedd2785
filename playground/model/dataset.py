"""Points, their targets and the sets they belong to: one immutable value.

Arrays of a Dataset are read-only, so that undo, the trainer's thread and saved files can share them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from playground.model.plane import Found, Plane
from playground.model.refusal import RefusalError
from playground.model.rows import Rows, freeze

if TYPE_CHECKING:
    from playground.model.encoding import Encoding

TRAIN, VALIDATION, TEST, UNASSIGNED = 0, 1, 2, 3
SETS = ("train", "val", "test")
MOST_CLASSES = 1000
# Inputs of which what was found is kept, and how much is: a sweep trains many runs on the same few points.
FEW_INPUTS, MOST_FOUND = 20_000, 32
T = TypeVar("T")
FROM_TABLES = ("encoding", "row_numbers", "missing")  # None of points that come from no table
FIELDS = ("inputs", "targets", "sets", "class_names", "feature_names", "image", "source", *FROM_TABLES)


class DataError(RefusalError):
    """Data that cannot be used; the message says what was found, where, and what is accepted."""


class Dataset:
    """Samples with targets.

    inputs: (samples, features) float64, finite; or the rows of another dataset, to share them.
    targets: (samples,) class numbers 0 … k−1 for classes, or (samples, outputs) values for a regression; float64.
    sets: (samples,) int8, TRAIN, VALIDATION, TEST, or UNASSIGNED where the split knobs decide (split.py).
    class_names: empty for a regression.
    feature_names: one for each feature.
    image: (height, width) where the features are an image's pixels, row by row; else empty.
    source: the key of the pattern, "drawn", or the name of the file that it came from.
    encoding: how a table's columns became the features (encoding.py), or None.
    row_numbers: (samples,) each one's number in its file, from 1, where not all of the file's were used; else None.
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
        row_numbers: Any = None,
        missing: Any = None,
    ) -> None:
        self.rows = inputs if isinstance(inputs, Rows) else _rows(inputs)
        values = np.asarray(targets, np.float64)
        if values.ndim == 1 and not class_names:
            values = values[:, np.newaxis]
        self.targets = _frozen(values)
        unassigned = np.full(len(self.rows), UNASSIGNED)
        self.sets = _frozen(np.asarray(unassigned if sets is None else sets, np.int8))
        self.class_names = tuple(class_names)
        self.feature_names = tuple(feature_names) or tuple(f"x{number + 1}" for number in range(self.features))
        self.image = tuple(image)
        self.source = source
        self.encoding = encoding
        self.row_numbers = None if row_numbers is None else _frozen(np.asarray(row_numbers, np.int64))
        self.missing = None if missing is None else _frozen(np.asarray(missing, np.bool_))
        self._found: dict[Hashable, Any] = {}
        self._check()

    def _check(self) -> None:
        if not len(self.rows) == len(self.targets) == len(self.sets):
            raise DataError(
                f"{len(self.rows)} inputs, {len(self.targets)} targets and {len(self.sets)} set entries; "
                "they must be as many"
            )
        shapes = (self.sets.ndim, 1), (self.targets.ndim, 1 if self.class_names else 2)
        if any(found != expected for found, expected in shapes):
            raise DataError(f"sets of shape {self.sets.shape} and targets of shape {self.targets.shape} are none")
        if len(self.feature_names) != self.features:
            raise DataError(f"{len(self.feature_names)} feature names for {self.features} features")
        if self.image and (len(self.image) != 2 or self.image[0] * self.image[1] != self.features):
            raise DataError(f"images of {self.image} pixels do not have {self.features} features")
        if self.row_numbers is not None and self.row_numbers.shape != (self.samples,):
            raise DataError(f"{self.row_numbers.shape} row numbers for {self.samples} samples")
        if self.missing is not None and self.missing.shape != (self.samples, self.features):
            raise DataError(f"missing cells of shape {self.missing.shape} for {self.samples} × {self.features} inputs")
        if self.encoding is not None and self.encoding.features != self.feature_names:
            raise DataError("the encoding makes other features than the inputs have")
        _check_finite(self.targets)
        if self.class_names and len(self.targets):
            low, high = self.targets.min(), self.targets.max()
            if low < 0 or high >= len(self.class_names) or (self.targets % 1).any():
                raise DataError(f"class numbers must be whole numbers from 0 to {len(self.class_names) - 1}")

    @property
    def is_classification(self) -> bool:
        return bool(self.class_names)

    @property
    def samples(self) -> int:
        return len(self.targets)

    @property
    def features(self) -> int:
        return self.rows.width

    @property
    def inputs(self) -> NDArray[np.float64]:
        """(samples, features)."""
        return self.rows.inputs

    @property
    def outputs(self) -> int:
        """Units of the output layer: one logit for two classes, k for k ≥ 3, one for each value of a regression."""
        if not self.is_classification:
            return int(self.targets.shape[1])
        return len(self.class_names) if len(self.class_names) > 2 else 1

    def once(self, key: Hashable, find: Callable[[], T]) -> T:
        """What ``find`` makes of these points, under a key that tells what else it depends on; of few points kept.

        Whoever asks shares it with others, in other threads too, and changes nothing of it.
        """
        known = self._found  # another thread may put a new one in its place
        if key in known:
            kept: T = known[key]
            return kept
        found = find()
        if self.samples * self.features <= FEW_INPUTS:
            if len(self._found) >= MOST_FOUND:
                self._found = {}
            self._found[key] = found
        return found

    @property
    def is_assigned(self) -> bool:
        """Whether every point has its set, so that nothing is left to the split knobs. Without points: no."""
        return self.samples > 0 and not (self.sets == UNASSIGNED).any()

    @property
    def plane(self) -> Plane:
        """The plane that the window shows: the two features themselves, or the first two principal components.

        Those of the points that came in: what was made from them is shown in the same plane.
        """
        return self.rows.plane

    def target_deviation(self, part: int) -> float:
        """Standard deviation of the one target of a set's points; NaN for classes, several targets, an empty set."""
        chosen = self.targets[self.sets == part]
        is_single = not self.is_classification and self.outputs == 1
        return float(chosen.std()) if is_single and len(chosen) else np.nan

    def replace(self, **changes: Any) -> Dataset:
        """A copy with some fields changed, in the same plane; unchanged arrays are shared.

        New inputs are all there, and where they are more or fewer, they are no longer the file's rows.
        """
        if "inputs" in changes:
            is_as_long = len(changes["inputs"]) == self.samples
            changes = {"missing": None, "row_numbers": self.row_numbers if is_as_long else None, **changes}
        made = Dataset(**{**self._fields(), **changes})
        if made.rows is not self.rows and made.features == self.features:
            made.rows = Rows(made.inputs, self.rows.found)
        return made

    def keep(self, kept: NDArray[np.bool_]) -> Dataset:
        """The points that are marked, in the same plane. A class that lost all its points keeps its name."""
        rows = {"inputs": self.rows.keep(kept), "targets": freeze(self.targets[kept]), "sets": freeze(self.sets[kept])}
        of_table = ("row_numbers", "missing")
        rows |= {name: freeze(array[kept]) for name in of_table if (array := getattr(self, name)) is not None}
        return Dataset(**{**self._fields(), **rows})

    def sampled(self, most: int) -> Dataset:
        """So many of the points, in the same plane, where there are more: the same ones each time."""
        if self.samples <= most:
            return self
        # in equal steps they might all be of one class
        kept = np.zeros(self.samples, bool)
        kept[np.random.default_rng(0).choice(self.samples, most, replace=False)] = True
        return self.keep(kept)

    def is_seen_like(self, other: Dataset) -> bool:
        """Whether what a network makes of the plane of the one can be laid over the points of the other."""
        if self is other:
            return True
        kinds = [(data.features, data.is_classification, data.outputs) for data in (self, other)]
        if kinds[0] != kinds[1]:
            return False
        one, two = self.plane, other.plane
        return self.features <= 2 or one is two or all(np.array_equal(a, b) for a, b in zip(one[:3], two[:3]))

    def shown_in(self, plane: Plane) -> Dataset:
        """The same points in the plane of others, which once came in."""
        return Dataset(**{**self._fields(), "inputs": Rows(self.inputs, Found(plane))})

    def arrays(self) -> list[NDArray[Any]]:
        """All that it keeps in memory."""
        of_table = [array for array in (self.row_numbers, self.missing) if array is not None]
        return [*self.rows.arrays(), self.targets, self.sets, *of_table]

    def _fields(self) -> dict[str, Any]:
        return {name: self.rows if name == "inputs" else getattr(self, name) for name in FIELDS}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        # the inputs, which are the largest, come last
        mine, theirs = reversed(self._fields().values()), reversed(other._fields().values())
        return self is other or all(map(_are_equal, mine, theirs))

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: no more than what the rest follows from."""
        return self._fields()

    def __setstate__(self, fields: dict[str, Any]) -> None:
        # NumPy forgets of a pickled or copied array that it is read-only.
        for name, value in fields.items():
            setattr(
                self,
                "rows" if name == "inputs" else name,
                freeze(value) if isinstance(value, np.ndarray) else value,
            )
        self._found = {}


def _are_equal(one: Any, other: Any) -> bool:
    """Whether two fields are; arrays that are shared, as after most changes, are not looked through."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one is other or np.array_equal(one, other)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return False  # one of them is None, with which NumPy would compare each element
    return bool(one == other)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    return freeze(array.copy()) if array.flags.writeable else array


def _rows(given: Any) -> Rows:
    inputs = _frozen(np.asarray(given, np.float64))
    if inputs.ndim != 2 or inputs.shape[1] == 0:
        raise DataError(f"inputs of shape {inputs.shape}; expected (samples, features)")
    _check_finite(inputs)
    return Rows(inputs)


def _check_finite(values: NDArray[np.float64]) -> None:
    if not np.isfinite(values).all():
        raise DataError("a value is NaN or infinite; every number must be finite")
