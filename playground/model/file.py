"""The project file ``.playground``: an experiment, its points, and whatever a run adds.

A zip of ``experiment.json`` (format, knobs by name, the data's names, the run's own JSON) and of NPY arrays:
``data/inputs``, ``data/targets``, ``data/sets`` where the points are the user's own, ``run/…`` for the run's.
Its plain text twin, TOML, is in recipe.py.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model import archive, saving
from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.model.recipe import build, dump_toml, load_toml

__all__ = ["Saved", "dump_toml", "load", "load_toml", "save"]

FORMAT = 1
MOST_JSON_BYTES = 100_000_000
DATA = ("inputs", "targets", "sets")


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
    members |= {f"run/{name}.npy": array for name, array in (run or {}).items()}
    saving.replace_file(path, lambda file: archive.write(file, members), archive.check)


def load(path: str | Path) -> Saved:
    """Read a project file. Raises DataError or KnobError: one line that names the file and what is wrong."""
    with archive.opened(path) as file:
        description = _description(file)
        arrays = archive.read_arrays(file, [f"data/{name}" for name in DATA])
        names = [name for name in archive.array_names(file) if name.startswith("run/")]
        run = {name.removeprefix("run/"): array for name, array in archive.read_arrays(file, names).items()}
        data = None if description["data"] is None else _data(description["data"], arrays)
    try:
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
    }


def _description(file: zipfile.ZipFile) -> dict[str, Any]:
    """experiment.json, of the shape that ``save`` gives it."""
    if file.getinfo("experiment.json").file_size > MOST_JSON_BYTES:
        raise DataError(f"experiment.json is larger than {MOST_JSON_BYTES:,} bytes")
    found: dict[str, Any] = json.loads(file.read("experiment.json"))
    version = found.get("format") if isinstance(found, dict) else None
    if type(version) is not int or version < 1:
        raise DataError(f"experiment.json has format {version!r}; expected {FORMAT}")
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
    told = {}
    for name in ("class_names", "feature_names"):
        if not isinstance(names.get(name), list) or not all(isinstance(word, str) for word in names[name]):
            raise DataError(f"experiment.json: '{name}' must be a list of names")
        told[name] = tuple(names[name])
    image = names.get("image", [])
    if not isinstance(image, list) or not all(type(side) is int and side > 0 for side in image):
        raise DataError("experiment.json: 'image' must be two whole numbers, or none")
    told["image"] = tuple(image)
    sets = arrays["data/sets"]
    if sets.size and not np.isin(sets, (0, 1, 2, 3)).all():
        raise DataError("array 'data/sets' holds numbers that are no set")
    inputs, targets = arrays["data/inputs"], arrays["data/targets"]
    return Dataset(inputs, targets, sets, **told, source=str(names.get("source", "drawn")))
