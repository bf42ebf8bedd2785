"""Project files of formats 1 and 2 as today's: a project with one run, or none.

Format 2 kept one run's arrays as ``run/…``, its points as ``data/…``, its history as one table. Format 1 dealt points
to the sets by another rule besides, and scaled no target.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.model import edits
from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import Knobs
from playground.model.recipe import build
from playground.model.split import draws

FOLDERS = {"data/": "data/0/", "run/": "runs/1/"}


def modernized(found: Mapping[str, Any], names: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What experiment.json would say today, and the present name of each array that is needed. Raises DataError."""
    for name, kinds in (("run", dict), ("data", (dict, type(None)))):
        if not isinstance(found.get(name), kinds):
            raise DataError(f"experiment.json: '{name}' is missing or not what it should be")
    knobs, points = found.get("knobs"), None if found["data"] is None else 0
    run = {"number": 1, "name": "run 1", "colour": 0, "parent": None, "branched": None, "is_pinned": False}
    run |= {"is_in_hand": True, "knobs": knobs, "data": points, "info": found["run"]}
    told = {"format": found["format"], "knobs": knobs, "data": points}
    told["datasets"] = [] if found["data"] is None else [found["data"]]
    told["runs"] = [run] if any(name.startswith("run/") for name in names) else []
    present = {
        name: home + name.removeprefix(folder)
        for name in names
        for folder, home in FOLDERS.items()
        if name.startswith(folder) and (folder == "run/" or found["data"] is not None)
    }
    return told, present


def from_format_1(knobs: dict[str, Any], data: Dataset | None, has_run: bool) -> Experiment:
    """An experiment as format 1 had it, its points kept in the sets that they were in: a run goes on as it began.

    A pattern that was not trained stays a pattern.
    """
    experiment = build({**knobs, "standardize_target": False}, data)
    points, shares = experiment.points, experiment.knobs.train_fraction + experiment.knobs.test_fraction
    free = points.sets == UNASSIGNED
    if data is None and not has_run or not free.any() or shares > 1 + 1e-12:
        return experiment
    if free.all():
        return experiment.with_data(points.replace(sets=_dealt_by_format_1(points.inputs, experiment.knobs)))
    if has_run:
        # where some points had their set, the others were in none
        experiment = experiment.with_data(edits.remove(points, np.flatnonzero(free)))
    return experiment


def _dealt_by_format_1(inputs: NDArray[np.float64], knobs: Knobs) -> NDArray[np.int8]:
    """The sets of format 1: the lowest hashes of the inputs train, so that equal inputs went to one set."""
    samples = len(inputs)
    rank = np.arange(samples)
    if knobs.split == "shuffled":
        rank = np.argsort(np.argsort(draws(inputs, knobs.seed), kind="stable"), kind="stable")
    trained = round(samples * knobs.train_fraction)
    tested = min(round(samples * knobs.test_fraction), samples - trained)
    sets = np.full(samples, VALIDATION, np.int8)
    sets[rank < trained] = TRAIN
    sets[rank >= samples - tested] = TEST
    return sets
