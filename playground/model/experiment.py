"""An experiment: knobs and data. Everything that a run depends on, as one immutable value."""

from __future__ import annotations

import math
import operator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.augment import AUGMENTATIONS
from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.rules import position
from playground.model import shapes
from playground.model.conventions import resolve
from playground.model.coverage import MissingGroup, missing_groups, tell_missing
from playground.model.dataset import TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.encoding import filled
from playground.model.features import is_plain
from playground.model.knobs import KnobError, Knobs, adjust, declarations
from playground.model.split import deal

__all__ = ["Experiment", "Knobs"]


class Experiment:
    """Knobs and the data they are applied to.

    data is None while the points come from a pattern (they follow from the knobs then); points that were drawn or
    brought are kept here, and the knob ``dataset`` is "drawn".

    >>> Experiment(layers=(32, 32), optimizer="adam", learning_rate=0.01)
    """

    def __init__(self, knobs: Knobs | None = None, data: Dataset | None = None, **changes: Any) -> None:
        chosen = adjust(knobs or Knobs(), **changes)
        if data is not None:
            chosen = chosen._replace(dataset="drawn")
        elif chosen.dataset == "drawn":
            raise KnobError("dataset: 'drawn' needs points; draw some, bring a file, or choose a pattern")
        self.knobs = chosen
        self.data = data

    def change(self, **changes: Any) -> Experiment:
        """The experiment with some knobs changed. Choosing a pattern gives up drawn points. Raises KnobError."""
        data = self.data if changes.get("dataset", "drawn") == "drawn" else None
        return Experiment(self.knobs, data, **changes)

    def with_data(self, data: Dataset) -> Experiment:
        """The experiment on other points."""
        return Experiment(self.knobs, data)

    @cached_property
    def resolved(self) -> Knobs:
        """The knobs with every left-out one at its default."""
        return resolve(self.knobs)

    @cached_property
    def points(self) -> Dataset:
        """The points as they were drawn or brought: sets hold UNASSIGNED where the split knobs decide."""
        return self.data if self.data is not None else _pattern(self.knobs)

    @cached_property
    def dataset(self) -> Dataset:
        """The points, each in its set: TRAIN, VALIDATION or TEST."""
        data = _dealt_own(self.data, self.knobs) if self.data is not None else _dealt_pattern(self.knobs)
        return _shifted(data, self.knobs) if self.knobs.shift and not data.image else data

    @cached_property
    def missing_groups(self) -> tuple[MissingGroup, ...]:
        """Classes, and levels of features that have few, of which a set has no point."""
        # a covariate shift moves points, so that levels would not be the same
        return missing_groups(self.points.replace(sets=self.dataset.sets))

    def arrays(self) -> dict[int, NDArray[Any]]:
        """The arrays that it keeps in memory, by identity: those it was made with, and those made since."""
        kept = (self.data, vars(self).get("points"), vars(self).get("dataset"))
        return {id(array): array for data in kept if data is not None for array in data.arrays()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and self.knobs == other.knobs and self.data == other.data

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: the rest follows from it."""
        return {"knobs": self.knobs, "data": self.data}

    def needs_new_run(self, other: Experiment) -> bool:
        """Whether a run of this experiment cannot go on as a run of the other: only live knobs may differ."""
        declared = declarations()
        if self.data != other.data:
            return True
        live = [name for name in Knobs._fields if declared[name].knob.live]
        return self.knobs._replace(**{name: getattr(other.knobs, name) for name in live}) != other.knobs


def _dealt(points: Dataset, knobs: Knobs) -> Dataset:
    """Points, each in its set. Nowhere else are points dealt."""
    sets = deal(points, knobs)
    dealt = points if sets is points.sets else points.replace(sets=sets)
    if points.missing is None:
        return dealt
    # what stands in for a missing cell is known once the training set is
    return dealt.replace(inputs=filled(points.inputs, points.missing, sets == TRAIN, points.encoding))


def _dealt_own(points: Dataset, knobs: Knobs) -> Dataset:
    """Points that were drawn or brought; the runs of a sweep share them."""
    if points.missing is None and not (points.sets == UNASSIGNED).any():
        return points
    return points.once(("dealt", *_POINTS(knobs)), lambda: _dealt(points, knobs))


# What a pattern draws its points by, and what they and their sets depend on.
DRAWN = ("dataset", "samples", "noise", "classes", "seed")
POINTS = (*DRAWN, "split", "train_fraction", "test_fraction")
FEW = 2000  # samples, of which those of many seeds are kept
KEPT_FEW, KEPT = 256, 8


def _dealt_pattern(knobs: Knobs) -> Dataset:
    """Many runs of a sweep share their points: dealing them takes as long as training a small one."""
    return (_deal_few if knobs.samples <= FEW else _deal_many)(*_POINTS(knobs))


def _pattern(knobs: Knobs) -> Dataset:
    return (_draw_few if knobs.samples <= FEW else _draw_many)(*_DRAWN(knobs))


def _deal_anew(*values: Any) -> Dataset:
    knobs = Knobs()._replace(**dict(zip(POINTS, values, strict=True)))
    return _dealt(_pattern(knobs), knobs)


_DRAWN, _POINTS = operator.attrgetter(*DRAWN), operator.attrgetter(*POINTS)
_draw_few, _draw_many = (lru_cache(maxsize=most)(shapes.generate) for most in (KEPT_FEW, KEPT))
_deal_few, _deal_many = (lru_cache(maxsize=most)(_deal_anew) for most in (KEPT_FEW, KEPT))


def _shifted(data: Dataset, knobs: Knobs) -> Dataset:
    """The data with its validation and test inputs moved: covariate shift."""
    training = data.sets == TRAIN
    if not training.any():
        return data
    offset = np.zeros(data.features)
    angle = math.radians(knobs.shift_angle)
    direction = (math.cos(angle), math.sin(angle))[: min(2, data.features)]
    deviation = data.inputs[training].std(axis=0)
    offset[: len(direction)] = knobs.shift * deviation[: len(direction)] * direction
    return data.replace(inputs=np.where(training[:, np.newaxis], data.inputs, data.inputs + offset))


class Sets(NamedTuple):
    """How many points train and validate, and whether those that train are all of one class."""

    trained: int
    validated: int
    is_of_one_class: bool


def look_at_sets(data: Dataset) -> Sets:
    """What the sets of dealt points are like."""

    def look() -> Sets:
        training = data.sets == TRAIN
        is_of_one = data.is_classification and bool(training.any()) and np.ptp(data.targets[training]) == 0
        return Sets(int(training.sum()), int((data.sets == VALIDATION).sum()), bool(is_of_one))

    return data.once("sets", look)


def check_trainable(experiment: Experiment) -> None:
    """Raise DataError or KnobError, saying what is missing, where an experiment cannot be trained."""
    data = experiment.dataset
    knobs = experiment.resolved
    if data.samples == 0:
        raise DataError("there are no points; paint some, or pick a pattern")
    trained, validated, is_of_one_class = look_at_sets(data)
    if not trained:
        raise DataError("no point is in the training set; raise train_fraction or add points")
    if data.samples == 1:
        raise DataError("there is only one point; a network needs several to learn from")
    if is_of_one_class:
        raise DataError("the training points are all of one class; paint a second one")
    moved = knobs.augment and any(getattr(knobs, row.name) for row in AUGMENTATIONS if row.moves)
    if moved and not is_plain(knobs.features, data.features):
        raise KnobError("features: augmentation moves columns, not what is made from them; choose plain columns")
    if knobs.early_stopping and knobs.monitor != "train_loss" and not validated:
        raise DataError(f"early stopping watches {knobs.monitor}, but no point validates; lower train_fraction")
    size = min(knobs.batch_size or trained, trained)
    refuses_one = knobs.convention == "pytorch" and knobs.normalization == "batch" and knobs.layers
    if refuses_one and (size == 1 or trained % size == 1):
        raise KnobError(
            f"batch_size: {knobs.batch_size} makes a batch of one of {trained} points, and PyTorch refuses to take a "
            "variance over one value; change the batch size or the convention"
        )
    if not data.is_classification and knobs.loss == "cross_entropy":
        raise KnobError("loss: 'cross_entropy' needs classes, but the targets are numbers; choose squared")


def doubts(experiment: Experiment) -> list[str]:
    """What is allowed but will hardly do what was meant, each with its reason, in one sentence; the worst first."""
    knobs, data = experiment.resolved, experiment.dataset
    trained = int((data.sets == TRAIN).sum())
    size = min(knobs.batch_size or trained, trained)
    found = tell_missing(experiment.missing_groups)
    row = OPTIMIZERS[position(OPTIMIZERS, knobs.optimizer)]
    if row.full_batch and size < trained:
        found.append(
            f"{row.title} looks at the gradient's sign alone, so the differing batches of mini-batch training do not "
            "average out; set the batch size to 0, the whole training set"
        )
    if knobs.normalization == "batch" and knobs.layers and size == 1:
        found.append("in a batch of one every unit equals its mean: batch normalization gives β, whatever came in")
    elif knobs.normalization == "batch" and knobs.layers and size and trained % size == 1:
        found.append(
            f"{trained} points in batches of {size} leave a batch of one at an epoch's end, in which every unit equals "
            "its mean: batch normalization gives β there, whatever came in"
        )
    if knobs.optimizer == "adadelta" and knobs.convention == "keras" and knobs.learning_rate == 0.001:
        found.append("Keras' Adadelta with its learning rate of .001 begins with steps of about 1e-6: it looks frozen")
    return found
