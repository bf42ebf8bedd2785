"""Whether training and validation set can be compared at all: what the points alone say, before any training."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.model.experiment import look_at_sets

FEW_TRAINING, FEW_VALIDATING = 10, 8  # points: with less, one of them decides the loss
FEW_LEVELS = 12  # different values of a feature, or combinations of several such features
SIZEABLE = 0.05  # of the rows: a rarer level may be missing from a set without harm
EXPECTED = 3  # rows of a level that a set should hold by its size, for their absence to be said
SHIFT = 0.2  # training deviations by which a covariate shift that is asked for counts
MEAN_SHIFT, MEAN_ERRORS = 0.5, 5.0  # deviations, and standard errors, by which means of given sets differ
CLASS_SHARE, CLASS_ERRORS = 0.3, 4.0  # the same of a class's share

SIDES = ((TRAIN, "training"), (VALIDATION, "validation"))


class Comparison(NamedTuple):
    """What forbids to compare the sets, each in a sentence, or empty: see the functions of these names."""

    missing: str
    moved: str
    too_few: str


def compare(data: Dataset) -> Comparison:
    """Look at the sets of a dataset whose points were dealt."""
    return Comparison(missing(data), moved(data), too_few(data))


def missing(data: Dataset) -> str:
    """What stands in one of the two sets and not in the other, in a sentence; empty where nothing does."""
    trained, validated, _ = look_at_sets(data)
    if not trained or not validated:
        return ""
    return (missing_class(data) or _missing_level(data)) if data.is_classification else _missing_level(data)


def missing_class(data: Dataset) -> str:
    """A class that only one of the sets holds, or far more of; empty where there is none."""
    counts = {
        which: np.bincount(data.targets[data.sets == which].astype(int), minlength=len(data.class_names))
        for which, _ in SIDES
    }
    both = counts[TRAIN] + counts[VALIDATION]
    for which, title in SIDES:
        # Of a single row only one set can have any: it is missed where it is asked for, in validation.
        gone = np.flatnonzero((counts[which] == 0) & (both >= (1 if which == TRAIN else 2)))
        if len(gone):
            names = ", ".join(f"'{data.class_names[number]}'" for number in gone[:3])
            more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
            return f"The {title} set holds no point of class {names}{more}."
    trained, validated = counts[TRAIN].sum(), counts[VALIDATION].sum()
    shares = counts[TRAIN] / trained, counts[VALIDATION] / validated
    pooled = both / (trained + validated)
    errors = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / trained + 1 / validated))
    apart = np.abs(shares[0] - shares[1])
    worst = int(np.where(apart > CLASS_ERRORS * errors, apart, 0).argmax())
    if apart[worst] > max(CLASS_SHARE, CLASS_ERRORS * errors[worst]):
        text = " and ".join(f"{100 * share[worst]:.0f} % of the {title}" for share, (_, title) in zip(shares, SIDES))
        return f"Class '{data.class_names[worst]}' is {text} set."
    return ""


def _missing_level(data: Dataset) -> str:
    """A level of a feature that has few, or a combination of such levels."""
    used = (data.sets == TRAIN) | (data.sets == VALIDATION)
    inputs, sets = data.inputs[used], data.sets[used]
    few = [column for column in range(data.features) if 2 <= len(_some_levels(inputs[:, column])) <= FEW_LEVELS]
    choices: list[tuple[int, ...]] = [(column,) for column in few]
    if 2 <= len(few) <= 4:
        choices.append(tuple(few))
    for columns in choices:
        numbers = np.zeros(len(inputs), np.int64)
        for column in columns:
            levels, places = np.unique(inputs[:, column], return_inverse=True)
            numbers = numbers * len(levels) + places.reshape(-1)
        found, first, numbers = np.unique(numbers, return_index=True, return_inverse=True)
        gone = _absent(numbers.reshape(-1), sets, len(found)) if len(found) <= FEW_LEVELS else None
        if gone is not None:
            title, level = gone
            text = ", ".join(f"{data.feature_names[column]} {inputs[first[level], column]:g}" for column in columns)
            return f"The {title} set holds no point with {text}."
    return ""


def _some_levels(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """The different values of a column; of a long one, of its start, if these are too many already."""
    for length in (4 * FEW_LEVELS, 1000):
        start = np.unique(column[:length])
        if len(start) > FEW_LEVELS:
            return start
    return np.unique(column)


def _absent(numbers: NDArray[np.int64], sets: NDArray[np.int8], levels: int) -> tuple[str, int] | None:
    everywhere = np.bincount(numbers, minlength=levels)
    for which, title in SIDES:
        here = sets == which
        found = np.bincount(numbers[here], minlength=levels)
        due = everywhere * here.mean()
        gone = np.flatnonzero((found == 0) & (everywhere >= SIZEABLE * len(numbers)) & (due >= EXPECTED))
        if len(gone):
            return title, int(gone[0])
    return None


def moved(data: Dataset) -> str:
    """Where the validation inputs lie elsewhere than the training inputs, in a sentence; else empty."""
    training, validation = (data.inputs[data.sets == which] for which, _ in SIDES)
    if len(training) < 2 or len(validation) < 2:
        return ""
    with np.errstate(all="ignore"):  # values around 1e300 have no variance that is a number: they are not judged
        deviation = training.std(axis=0)
        apart = np.abs(validation.mean(axis=0) - training.mean(axis=0))
        errors = np.sqrt(deviation**2 / len(training) + validation.std(axis=0) ** 2 / len(validation))
        shift = np.where(deviation > 0, apart / deviation, 0.0)
    shift = np.where(apart > MEAN_ERRORS * errors, shift, 0.0)
    worst = int(shift.argmax())
    if not math.isfinite(shift[worst]) or shift[worst] <= MEAN_SHIFT:
        return ""
    name = data.feature_names[worst]
    return f"The validation inputs lie {shift[worst]:.1f} standard deviations of {name} off the training inputs."


def too_few(data: Dataset) -> str:
    """Which set has too few points for its loss to mean much, in a sentence; else empty."""
    trained, validated, _ = look_at_sets(data)
    wanted = max(FEW_TRAINING, 2 * len(data.class_names))
    if trained < wanted:
        return f"{trained} points train; with fewer than {wanted}, chance decides what is learned."
    if 0 < validated < FEW_VALIDATING:
        return f"{validated} points validate; with fewer than {FEW_VALIDATING}, each of them decides the loss."
    return ""
