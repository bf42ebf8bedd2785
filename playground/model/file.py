"""The project file ``.playground``: an experiment, its points, and whatever a run adds.

A zip of ``experiment.json`` (format, knobs by name, the data's names, the run's own JSON) and of NPY arrays:
``data/inputs``, ``data/targets``, ``data/sets`` where the points are the user's own (of a table also ``data/rows``,
``data/missing`` and in the JSON its encoding), ``run/…`` for the run's.
Its plain text twin, TOML, is in recipe.py. Format 1 dealt points to the sets by another rule, and scaled no target.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model import archive, edits, saving
from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.encoding import from_json, to_json
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, Knobs
from playground.model.recipe import build, dump_toml, load_toml
from playground.model.split import draws

__all__ = ["Saved", "dump_toml", "load", "load_toml", "save"]

FORMAT = 2
MOST_JSON_BYTES = 100_000_000
DATA = ("inputs", "targets", "sets")
FROM_TABLES = ("rows", "missing")  # arrays that only the points of some tables have


class Saved(NamedTuple):
    """What a project file holds. run: arrays by name (weights, …). run_info: JSON (epoch, …)."""

    experiment: Experiment
    run: dict[str, NDArray[Any]]
    run_info: dict[str, Any]


def save(
    path: str | Path,
    experiment: Experiment,
    run: Mapping[str, NDArray[Any]] | None = None,
    run_info: Mapping[str, Any] | None = None,
) -> None:
    """Write a project file; equal content makes equal bytes. Raises OSError, the old file kept."""
    members: dict[str, NDArray[Any] | bytes] = {}
    data = experiment.data
    description = {
        "format": FORMAT,
        "knobs": experiment.knobs._asdict(),
        "data": None if data is None else _names(data),
        "run": dict(run_info or {}),
    }
    members["experiment.json"] = json.dumps(description, indent=1, ensure_ascii=False).encode()
    if data is not None:
        members |= {f"data/{name}.npy": getattr(data, name) for name in DATA}
        members |= {f"data/{name}.npy": array for name in FROM_TABLES if (array := getattr(data, name)) is not None}
    members |= {f"run/{name}.npy": array for name, array in (run or {}).items()}
    saving.replace_file(path, lambda file: archive.write(file, members), archive.check)


def load(path: str | Path) -> Saved:
    """Read a project file. Raises DataError or KnobError: one line that names the file and what is wrong."""
    with archive.opened(path) as file:
        description = _description(file)
        arrays = archive.read_arrays(file, [f"data/{name}" for name in (*DATA, *FROM_TABLES)])
        names = [name for name in archive.array_names(file) if name.startswith("run/")]
        run = {name.removeprefix("run/"): array for name, array in archive.read_arrays(file, names).items()}
        data = None if description["data"] is None else _data(description["data"], arrays)
    try:
        if description["format"] == 1:
            experiment = _from_format_1(description["knobs"], data, bool(run))
        else:
            experiment = build(description["knobs"], data)
    except KnobError as error:
        raise KnobError(f"{path}: {error}") from None
    return Saved(experiment, run, description["run"])


def _names(data: Dataset) -> dict[str, Any]:
    return {
        "class_names": data.class_names,
        "feature_names": data.feature_names,
        "image": data.image,
        "source": data.source,
        **({} if data.encoding is None else {"encoding": to_json(data.encoding)}),
    }


def _description(file: zipfile.ZipFile) -> dict[str, Any]:
    """experiment.json, of the shape that ``save`` gives it."""
    if file.getinfo("experiment.json").file_size > MOST_JSON_BYTES:
        raise DataError(f"experiment.json is larger than {MOST_JSON_BYTES:,} bytes")
    found: dict[str, Any] = json.loads(file.read("experiment.json"))
    version = found.get("format") if isinstance(found, dict) else None
    if type(version) is not int or version < 1:
        raise DataError(f"experiment.json has format {version!r}; expected 1 to {FORMAT}")
    if version > FORMAT:
        raise DataError(f"was saved by a newer version (format {version}); this one reads up to {FORMAT}")
    for name, kinds in (("knobs", dict), ("run", dict), ("data", (dict, type(None)))):
        if not isinstance(found.get(name), kinds):
            raise DataError(f"experiment.json: '{name}' is missing or not what it should be")
    return found


def _data(names: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Dataset:
    for name in DATA:
        array = arrays.get(f"data/{name}")
        if array is None or array.dtype.kind not in "biuf":
            raise DataError(f"array 'data/{name}' is missing, or holds no numbers")
    fields = {}
    for name in ("class_names", "feature_names"):
        if not isinstance(names.get(name), list) or not all(isinstance(word, str) for word in names[name]):
            raise DataError(f"experiment.json: '{name}' must be a list of names")
        fields[name] = tuple(names[name])
    image = names.get("image", [])
    if not isinstance(image, list) or not all(type(side) is int and side > 0 for side in image):
        raise DataError("experiment.json: 'image' must be two whole numbers, or none")
    fields["image"] = tuple(image)
    sets = arrays["data/sets"]
    if sets.size and not np.isin(sets, (0, 1, 2, 3)).all():
        raise DataError("array 'data/sets' holds numbers that are no set")
    inputs, targets = arrays["data/inputs"], arrays["data/targets"]
    further = {name: arrays.get(f"data/{name}") for name in FROM_TABLES}
    if any(array is not None and array.dtype.kind not in "bi" for array in further.values()):
        raise DataError(f"arrays data/{' and data/'.join(FROM_TABLES)} hold what they should not")
    encoding = from_json(names["encoding"]) if "encoding" in names else None
    source = str(names.get("source", "drawn"))
    rows, missing = further["rows"], further["missing"]
    return Dataset(inputs, targets, sets, **fields, source=source, encoding=encoding, rows=rows, missing=missing)


def _from_format_1(knobs: dict[str, Any], data: Dataset | None, has_run: bool) -> Experiment:
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
