"""A sweep's folder read back, as what a search has found: for its picture."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from playground.model.knobs import declaration, parse, written
from playground.model.recipe import build
from playground.training.findings import DONE, LOSSES, Asked, Found, Spot
from playground.training.knob_axis import KnobAxis
from playground.training.selection import data_loss, size_of

SCORES = ("val_data", "train_data", "val_metric", "train_metric")
TENFOLD = 10  # the largest value to the smallest, from where equal ratios count


class Seen(NamedTuple):
    """What is drawn. others: the knobs that vary besides, at their values in the best combination. runs: in all.

    is_metric: whether losses of several kinds were compared, and so the metric decides.
    """

    found: Found
    others: dict[str, Any]
    runs: int
    is_metric: bool


def read(folder: Path) -> Seen:
    """What there is to draw: along one knob, or over the two that have most values. Raises OSError or ValueError."""
    told = json.loads((folder / "sweep.json").read_text("utf-8"))
    vary = {name: [parse(name, value) for value in values] for name, values in told["vary"].items()}
    base = build({name: value for name, value in told["knobs"].items() if (name, value) != ("dataset", "drawn")}, None)
    is_metric = "loss" in vary
    rows, runs = _rows(folder / "results.csv", vary)
    sign, quantity = (-1, "val_metric") if is_metric else (1, "val_data")
    means = {chosen: sign * spot.mean(quantity) for chosen, spot in rows.items()}
    best = min((chosen for chosen in means if not math.isnan(means[chosen])), key=means.__getitem__, default=None)
    if best is None:
        raise ValueError("no combination has a validation loss")
    names = sorted(vary, key=lambda name: -len(vary[name]))[:2]
    if len(vary[names[-1]]) == 1:
        names = names[:1]
    axes = tuple(_axis(name, vary[name]) for name in sorted(names, key=list(vary).index))
    others = {name: value for name, value in zip(vary, best) if name not in names}
    spots = []
    for chosen, spot in rows.items():
        given = dict(zip(vary, chosen))
        if all(given[name] == value for name, value in others.items()):
            spots.append(spot._replace(values=tuple(given[axis.name] for axis in axes)))
    spots.sort(key=lambda spot: [axis.place(value) for axis, value in zip(axes, spot.values)])
    asked = Asked(LOSSES, axes[0].name, axes[1].name if len(axes) > 1 else "")
    return Seen(Found(asked, base, axes, tuple(spots), status=DONE), others, runs, is_metric)


def _rows(path: Path, vary: dict[str, list[Any]]) -> tuple[dict[tuple[Any, ...], Spot], int]:
    """By combination, what its runs came to; one of which a run failed has no numbers."""
    values = {name: {written(value): value for value in found} for name, found in vary.items()}
    scores: dict[tuple[Any, ...], list[list[float]]] = {}
    failed: dict[tuple[Any, ...], int] = {}
    runs = 0
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            # what varies stands first; its column may have a name of its own
            chosen = tuple(values[name][cell] for name, cell in zip(vary, row.values()))
            found = [
                data_loss(row),
                data_loss(row, "train"),
                *(_number(row[f"{part}_metric"]) for part in ("val", "train")),
            ]
            scores.setdefault(chosen, []).append(found)
            failed[chosen] = failed.get(chosen, 0) + math.isnan(found[1])
            runs += 1
    spots = {}
    for chosen, found_all in scores.items():
        table = np.array(found_all) if not failed[chosen] else np.empty((0, len(SCORES)))
        spots[chosen] = Spot(chosen, dict(zip(SCORES, table.T)), diverged=failed[chosen])
    return spots, runs


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


def _axis(name: str, values: list[Any]) -> KnobAxis:
    """A knob's axis, over the values that it had."""
    declared = declaration(name)
    if declared.kind is tuple:
        return KnobAxis(name, "steps", tuple(sorted(values, key=size_of)))
    if declared.choices or declared.kind in (bool, str) or None in values:
        return KnobAxis(name, "steps", tuple(values))
    ordered = sorted(values)
    is_wide = ordered[0] > 0 and ordered[-1] / ordered[0] >= TENFOLD
    return KnobAxis(name, "log" if is_wide else "linear", tuple(ordered))
