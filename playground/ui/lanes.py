"""The runs of a race by their lanes: seeds of one value together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.training.runs import Listed

Group = tuple[Listed, ...]


def grouped(rows: Sequence[Listed]) -> list[Group]:
    """Runs of one lane together, others each for itself, in the order in which they were begun."""
    found: dict[Any, list[Listed]] = {}
    for row in sorted(rows, key=lambda row: row.number):
        key = row.number if row.race is None or row.lane is None else (row.race, row.lane)
        found.setdefault(key, []).append(row)
    return [tuple(group) for group in found.values()]


def stand_in(group: Group, rows: Sequence[Listed]) -> Listed:
    """The run of a lane that stands for all of it: the one in hand, else that of the same seed, else the first."""
    hand = next((row for row in rows if row.is_in_hand), None)
    if hand in group:
        return hand
    seed = hand.seed if hand is not None and hand.race == group[0].race else None
    return next((row for row in group if row.seed == seed), group[0])
