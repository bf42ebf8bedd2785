"""Features made from a dataset's columns: what the network is given instead of the columns themselves.

Written as a list: ``x1, x2, x1^2, x1*x2, sin x1``; ``degree 3`` stands for all products of columns up to that degree.
An empty list is all columns in order.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import DataError

MOST_FEATURES = 4096
MOST_DEGREE = 9
TERM = re.compile(r"x(\d+)(?:\^(\d))?$")
DEGREE = re.compile(r"degree ?(\d)$")


class Feature(NamedTuple):
    """A product of columns (their numbers from 0, repeated for powers), or the sine of one."""

    columns: tuple[int, ...]
    is_sine: bool = False


def tidy(text: str) -> str:
    """A list of features in its plain form. Raises ValueError where it is none."""
    parts = [" ".join(part.split()).lower() for part in text.split(",")] if text.strip() else []
    for part in parts:
        if not DEGREE.match(part):
            _read(part)
        elif not 1 <= int(part[-1]) <= MOST_DEGREE:
            raise ValueError(part)
    return ", ".join(parts)


def _read(part: str) -> Feature:
    is_sine = part.startswith("sin ")
    terms = [part[4:]] if is_sine else [term.strip() for term in part.split("*")]
    columns: list[int] = []
    for term in terms:
        found = TERM.match(term)
        if found is None or int(found[1]) == 0 or (is_sine and found[2]):
            raise ValueError(part)
        columns += [int(found[1]) - 1] * int(found[2] or 1)
    if not 1 <= len(columns) <= MOST_DEGREE:
        raise ValueError(part)
    return Feature(tuple(sorted(columns)), is_sine)


@lru_cache(maxsize=32)
def choose(text: str, width: int) -> tuple[Feature, ...]:
    """The features that a tidy list names, of a dataset with ``width`` columns. Raises DataError."""
    if not text:
        return tuple(Feature((column,)) for column in range(width))
    chosen = list(itertools.islice(_choose(text, width), MOST_FEATURES + 1))
    if len(chosen) > MOST_FEATURES:
        raise DataError(f"features: '{text}' makes more than {MOST_FEATURES} features of {width} columns")
    # A feature that is named twice counts once.
    return tuple(dict.fromkeys(chosen))


def _choose(text: str, width: int) -> Iterator[Feature]:
    for part in text.split(", "):
        if part.startswith("degree"):
            for degree in range(1, int(part[-1]) + 1):
                yield from map(Feature, itertools.combinations_with_replacement(range(width), degree))
            continue
        feature = _read(part)
        if max(feature.columns) >= width:
            raise DataError(f"features: '{part}' needs column x{max(feature.columns) + 1}; the data has {width}")
        yield feature


def is_plain(text: str, width: int) -> bool:
    """Whether the features are columns as they are."""
    return all(len(feature.columns) == 1 and not feature.is_sine for feature in choose(text, width))


def expand(inputs: NDArray[np.float64], text: str) -> NDArray[np.float64]:
    """(samples, columns) to (samples, features). Raises DataError where a value becomes infinite."""
    if not text and inputs.dtype == np.float64:
        return inputs
    chosen = choose(text, inputs.shape[1])
    with np.errstate(over="ignore"):
        parts = [
            np.sin(inputs[:, feature.columns[0]]) if feature.is_sine else inputs[:, feature.columns].prod(axis=1)
            for feature in chosen
        ]
    made = np.column_stack(parts) if parts else inputs
    if not np.isfinite(made).all():
        raise DataError(f"features: '{text}' makes values too large for a number")
    return made
