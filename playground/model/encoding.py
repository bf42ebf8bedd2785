"""How a table's columns became numbers, kept with the data so that another file becomes the same ones.

Missing cells are filled once it is known which points train: with these points' medians, or their most frequent level.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import DataError

NUMBER, CATEGORY, DATE = "number", "category", "date"
PARTS = ("year", "month", "weekday", "hour")
Mask = NDArray[np.bool_]


class Code(NamedTuple):
    """A column of the table, and what the network gets of it.

    kind: a number is one feature; a category one for each of its levels, 1 in the level's own; a date one for each of
    its parts. levels: of a category, or of a number that is written as two words those for 0 and 1.
    """

    name: str
    kind: str
    levels: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        if self.kind == CATEGORY:
            return tuple(f"{self.name}={level}" for level in self.levels)
        return tuple(f"{self.name}_{part}" for part in self.parts) if self.kind == DATE else (self.name,)


class Encoding(NamedTuple):
    """The columns that are features, in order, and the target's name."""

    target: str
    codes: tuple[Code, ...]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(name for code in self.codes for name in code.features)


def to_json(encoding: Encoding) -> dict[str, Any]:
    """An encoding as it is saved."""
    return {"target": encoding.target, "columns": [code._asdict() for code in encoding.codes]}


def from_json(found: Any) -> Encoding:
    """An encoding as it was saved. Raises DataError where it is none."""
    try:
        codes = tuple(
            Code(str(code["name"]), str(code["kind"]), tuple(map(str, code["levels"])), tuple(map(str, code["parts"])))
            for code in found["columns"]
        )
        target = str(found["target"])
    except (KeyError, TypeError):
        raise DataError("experiment.json: 'encoding' is not what it should be") from None
    if any(code.kind not in (NUMBER, CATEGORY, DATE) or not set(code.parts) <= set(PARTS) for code in codes):
        raise DataError("experiment.json: 'encoding' names a kind of column that is unknown")
    return Encoding(target, codes)


def filled(
    inputs: NDArray[np.float64], missing: Mask, training: Mask, encoding: Encoding | None
) -> NDArray[np.float64]:
    """Inputs (samples, features) with missing cells filled by what the training points have there most usually.

    A number's is its median; a category's its most frequent level, in all its features at once. Where no training
    point has a value, all points count.
    """
    found = inputs.copy()
    begin = 0
    for code in encoding.codes if encoding is not None else [Code("", NUMBER)] * inputs.shape[1]:
        size = len(code.features)
        columns, begin = slice(begin, begin + size), begin + size
        lacks = missing[:, columns]
        if not lacks.any():
            continue
        known = ~lacks.any(axis=1)
        present = inputs[known & training if (known & training).any() else known][:, columns]
        found[:, columns] = np.where(lacks, _usual(present, code), inputs[:, columns])
    return found


def usual(inputs: NDArray[np.float64], encoding: Encoding | None) -> NDArray[np.float64]:
    """(features,) what inputs (samples, features) have most usually: medians, and a category's most frequent level."""
    codes = encoding.codes if encoding is not None else ()
    parts = np.split(inputs, np.cumsum([len(code.features) for code in codes])[:-1], axis=1) if codes else []
    if not parts:
        return _usual(inputs, Code("", NUMBER))
    return np.hstack([_usual(part, code) for part, code in zip(parts, codes)])


def _usual(present: NDArray[np.float64], code: Code) -> NDArray[np.float64]:
    """(features of the code,)."""
    if not len(present):
        return np.zeros(present.shape[1])
    if code.kind == CATEGORY:
        return np.asarray(np.eye(present.shape[1])[int(present.sum(axis=0).argmax())])
    return np.asarray(np.median(present, axis=0))
