"""Which points train, validate and test: dealt by the split knobs, where the data does not say it itself.

The shuffled split is random over rows, but not left to chance: each class, and each group of rows whose inputs are
equal, is spread over the sets in their shares. It knows no generator and no row numbers: a point's draw is a hash of
its own values and the seed, so that all others keep theirs when one is added or erased.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, Dataset
from playground.model.knobs import KnobError, Knobs

Counts = NDArray[np.int64]
Draws = NDArray[np.uint64]
GOLDEN = (5**0.5 - 1) / 2  # its multiples lie evenly on a circle, however many there are
SMALL = 6  # so many equal points are a small group
ENOUGH = 0.75  # of equal points, expected in a set, for which one is sure to be there


def deal(data: Dataset, knobs: Knobs) -> NDArray[np.int8]:
    """The set of every point: its own, or for one that is UNASSIGNED what the split knobs say. Raises KnobError."""
    free = data.sets == UNASSIGNED
    if not free.any():
        return data.sets
    if knobs.train_fraction + knobs.test_fraction > 1 + 1e-12:
        raise KnobError(
            f"train_fraction {knobs.train_fraction:g} and test_fraction {knobs.test_fraction:g} add up to more than 1"
        )
    sets = data.sets.copy()
    sets[free] = _in_order(int(free.sum()), knobs) if knobs.split == "sequential" else _shuffled(data, free, knobs)
    return sets


def _in_order(samples: int, knobs: Knobs) -> NDArray[np.int8]:
    """The first points train, the last ones test."""
    trained = round(samples * knobs.train_fraction)
    tested = min(round(samples * knobs.test_fraction), samples - trained)
    sets = np.full(samples, VALIDATION, np.int8)
    sets[:trained] = TRAIN
    sets[samples - tested :] = TEST
    return sets


class Cells(NamedTuple):
    """Points by class and equal inputs, most often one point each.

    order: the points' numbers, cell by cell. number: of each of these in its cell, from 0. members: of each cell.
    classes, chances: each cell's class, and its draw from 0 to 1.
    """

    order: NDArray[np.intp]
    number: NDArray[np.intp]
    members: NDArray[np.intp]
    classes: NDArray[np.intp]
    chances: NDArray[np.float64]

    def per_class(self, count: int) -> Counts:
        """How many cells each class has."""
        return np.bincount(self.classes, minlength=count)


def _cells(points: NDArray[np.intp], classes: NDArray[np.intp], groups: Draws, rows: Draws) -> Cells:
    """The cells of some of the points."""
    keys = groups[points] ^ (classes[points].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    order = np.argsort(keys)
    begins = np.ones(len(order), bool)
    begins[1:] = np.diff(keys[order]) != 0
    if not begins.all():
        # points that are equal in all are told apart by their order in the file
        order = np.lexsort((rows[points], keys))
    order = points[order]
    starts = np.flatnonzero(begins)
    members = np.diff(np.append(starts, len(order)))
    first = order[starts]
    # Equal points of two classes draw evenly spread numbers, so that chance does not put them into one set.
    chances = (groups[first] / 2.0**64 + classes[first] * GOLDEN) % 1
    return Cells(order, np.arange(len(order)) - np.repeat(starts, members), members, classes[first], chances)


def _shuffled(data: Dataset, free: NDArray[np.bool_], knobs: Knobs) -> NDArray[np.int8]:
    """Each cell's last points test, its first ones train; how many, its class and its own draw decide.

    Of a class's cells as exact a share as whole numbers allow must train a point, and the others must not train one;
    how many of several equal points train goes by the cell's draw and size alone, so that one more concerns no other.
    """
    targets = data.targets[free]
    classes = targets.astype(np.intp) if data.is_classification else np.zeros(len(targets), np.intp)
    # 0.0 and −0.0 are equal, but their bits are not
    groups = data.rows.of("draws", lambda inputs: draws(inputs + 0.0, knobs.seed), by=knobs.seed)[free]
    rows = draws(targets.reshape(len(targets), -1) + 0.0, 0, groups)
    count = max(1, len(data.class_names))
    train, test = knobs.train_fraction, knobs.test_fraction
    validates = _validates(knobs)
    sets = np.full(len(targets), VALIDATION, np.int8)
    cells = _cells(np.arange(len(targets)), classes, groups, rows)
    sizes = cells.per_class(count)
    tested = _first_tests(sizes, knobs)
    if test > 0:
        others = (train > 0) + validates
        found = _counts(cells._replace(chances=1 - cells.chances), test, tested, others)
        sets[cells.order[cells.number >= np.repeat(cells.members - found, cells.members)]] = TEST
    left = np.flatnonzero(sets != TEST)
    if not validates:
        sets[left] = TRAIN
    elif train > 0:
        cells = _cells(left, classes, groups, rows) if len(left) < len(sets) else cells
        firsts = _first_trainings(sizes, cells.per_class(count), tested, knobs)
        found = _counts(cells, train / (1 - test), firsts, 1)
        sets[cells.order[cells.number < np.repeat(found, cells.members)]] = TRAIN
    return sets


def _validates(knobs: Knobs) -> bool:
    """Whether training and test set leave something to validate."""
    return knobs.train_fraction + knobs.test_fraction < 1 - 1e-12


def _first_tests(sizes: Counts, knobs: Knobs) -> Counts:
    """How many cells of each class send a point to the test set, where each class has so many."""
    if knobs.test_fraction == 0:
        return np.zeros_like(sizes)
    others = (knobs.train_fraction > 0) + _validates(knobs)
    cells = int(sizes.sum())
    total = cells - round(cells * knobs.train_fraction)
    if _validates(knobs):
        total = min(round(cells * knobs.test_fraction), total)
    wanted = np.asarray(np.cumsum(sizes) * knobs.test_fraction)
    return share_out(sizes, wanted, total, sizes > others, np.maximum(sizes - others, 0))


def _first_trainings(sizes: Counts, left: Counts, tested: Counts, knobs: Knobs) -> Counts:
    """How many cells of each class send a point to the training set.

    sizes: all cells. left: those that the test set left a point. tested: those that sent it one.
    """
    share = knobs.train_fraction / (1 - knobs.test_fraction)
    more = np.cumsum(left - (sizes - tested))  # cells of which but some points test
    wanted = np.asarray(np.cumsum(sizes) * knobs.train_fraction + more * share)
    several = left >= 2
    return share_out(left, wanted, round(float(wanted[-1])), several, left - several)


def _counts(cells: Cells, share: float, firsts: Counts, others: int) -> NDArray[np.intp]:
    """How many points of each cell go to a set, where so many cells of each class send their first one.

    others: in how many further sets a class must stand.
    """
    order = np.argsort(cells.chances)
    order = order[np.argsort(cells.classes[order].astype(np.int16), kind="stable")]  # numbers so short are sorted fast
    sizes = cells.per_class(len(firsts))
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    sends = np.empty(len(order), np.intp)
    sends[order] = place < np.repeat(firsts, sizes)
    members, smaller = cells.members, min(share, 1 - share)
    # The rounding of a small group is by chance, lest many of them all err one way; of a large one, to the nearest.
    chance = 0.5 + (0.5 - cells.chances) / (1 + smaller * np.maximum(members - SMALL, 0))
    found = np.floor(members * share + chance).astype(np.intp)
    # A group that is large enough stands in every set, and so does a class that is one group.
    is_alone = (sizes == 1)[cells.classes]
    least = (members >= 2) & ((members * share >= ENOUGH) | (is_alone & (members > others)))
    spare = np.where(is_alone, others, members * (1 - share) >= ENOUGH)
    most = np.where(members >= 2, np.maximum(members - spare, 0), members)
    return np.clip(np.clip(found, sends, members - 1 + sends), least, most)


def share_out(
    sizes: Counts, wanted: NDArray[np.float64], total: int, least: NDArray[Any], most: NDArray[Any]
) -> Counts:
    """Whole numbers for classes of these sizes that add up to total, as far as least and most allow.

    wanted: the sum that the classes up to each should have. Class after class, the rounded sums are followed: so a
    point more or less changes the number of its own class by one at most, as it does each other's, up or down.
    """
    # In Python's own numbers: NumPy's take ten times as long where there are but a few.
    sums = wanted.tolist()
    # what one class must have more, or less, than its share is spread over others, one for each
    lows, highs = [], []
    for start, end, low, high in zip([0.0, *sums[:-1]], sums, least.tolist(), most.tolist(), strict=True):
        exact = end - start
        lows.append(max(low, min(math.floor(exact + 1e-9) - 1, high)))
        highs.append(max(min(high, math.ceil(exact - 1e-9) + 1), lows[-1]))
    least_after, most_after = sum(lows), sum(highs)
    total = min(max(total, least_after), most_after)
    found, before = np.zeros_like(sizes), 0
    for number, (low, high) in enumerate(zip(lows, highs)):
        least_after, most_after = least_after - low, most_after - high
        first, last = max(before + low, total - most_after), min(before + high, total - least_after)
        after = min(max(round(sums[number]), first), last)
        found[number], before = after - before, after
    return found


def draws(values: NDArray[np.float64], seed: int, start: Draws | None = None) -> Draws:
    """A 64-bit hash of each row and the seed (the finaliser of MurmurHash3 after each column)."""
    found = np.full(len(values), seed + 1, np.uint64) if start is None else start.copy()
    with np.errstate(over="ignore"):
        for column in np.ascontiguousarray(values.T).view(np.uint64):
            found ^= column
            for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53), (33, 0x9E3779B97F4A7C15)):
                found ^= found >> np.uint64(shift)
                found *= np.uint64(factor)
    return found ^ (found >> np.uint64(33))
