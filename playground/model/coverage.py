"""What a set lacks: classes, and levels of features that have few, of which it holds no point though others do.

Measured on such a set, a network is asked what it was never told, or not asked what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import SETS, TEST, TRAIN, VALIDATION, Dataset

FEW_LEVELS = 6  # a feature of so many different values is a choice among levels
LEVEL_SHARE = 0.05  # a level of fewer points may be missing by chance alone
NAMES = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}


class MissingGroup(NamedTuple):
    """A class, or a level of a feature that has few, of which a set holds no point though it holds others.

    part: TRAIN, VALIDATION or TEST. feature: its name, or "" for a class. samples: the group's points in all sets.
    """

    part: int
    feature: str
    level: str
    samples: int


def missing_groups(data: Dataset) -> tuple[MissingGroup, ...]:
    """Which classes and levels are missing from which set; the sets must be dealt. Classes come first."""
    parts = [part for part in range(len(SETS)) if (data.sets == part).any()]
    found: list[MissingGroup] = []
    if data.is_classification:
        found += _missing(data, parts, "", data.targets, dict(enumerate(data.class_names)), 1)
    least = max(2, int(np.ceil(LEVEL_SHARE * data.samples)))
    for name, column in zip(data.feature_names, data.inputs.T) if not data.image else ():
        # pixels are no levels; a first look spares sorting long columns of numbers
        if len(np.unique(column[:1000])) > FEW_LEVELS:
            continue
        levels = np.unique(column)
        if 2 <= len(levels) <= min(FEW_LEVELS, data.samples // 3):
            found += _missing(data, parts, name, column, {level: f"{level:g}" for level in levels.tolist()}, least)
    return tuple(found)


def _missing(
    data: Dataset, parts: list[int], feature: str, values: NDArray[np.float64], levels: dict[float, str], least: int
) -> list[MissingGroup]:
    samples = {value: int((values == value).sum()) for value in levels}
    return [
        MissingGroup(part, feature, level, samples[value])
        for part in parts
        for value, level in levels.items()
        if samples[value] >= least and value not in values[data.sets == part]
    ]


def tell_missing(groups: Sequence[MissingGroup]) -> list[str]:
    """What is missing in words: a sentence for each set and feature."""
    found = []
    for part, feature in dict.fromkeys((group.part, group.feature) for group in groups):
        levels = [group for group in groups if (group.part, group.feature) == (part, feature)]
        names = _listed([_named(group) for group in levels])
        samples = sum(group.samples for group in levels)
        points = "the only one is" if samples == 1 else f"all {samples} are"
        consequence = "learn" if part == TRAIN else "be judged on"
        found.append(
            f"no point of {names} is in the {NAMES[part]} set ({points} elsewhere), so that the network cannot "
            f"{consequence} {'it' if len(levels) == 1 else 'them'}; split the points another way, or bring more"
        )
    return found


def _named(group: MissingGroup) -> str:
    if not group.feature:
        return group.level if group.level.startswith("class ") else f"class {group.level}"
    if "=" in group.feature and group.level == "1":
        return group.feature  # a category's column is called NAME=LEVEL
    return f"{group.feature} {group.level}"


def _listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
