"""The project file ``.playground``: an experiment, its points, and runs, those of other experiments too.

A zip of ``experiment.json`` (format, knobs by name, the datasets' names, the runs with their own JSON) and of NPY
arrays: ``data/0/inputs``, ``…/targets``, ``…/sets`` for each dataset that is the user's own, stored once however many
runs are of it, with ``…/plane_origin`` and so on where it is shown in the plane of more points than are left, and
``…/row_numbers``, ``…/missing`` (and in the JSON ``encoding``) of a table that has them;
``runs/3/…`` for run number 3. Its plain text twin, TOML, is in recipe.py; formats 1 and 2 in older.py.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model import archive, older, saving
from playground.model.dataset import DataError, Dataset
from playground.model.encoding import from_json, to_json
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.model.plane import Plane
from playground.model.progress import Progress, portion, silent
from playground.model.recipe import build, data_table, dump_toml, load_toml

__all__ = ["Saved", "SavedRun", "alone", "data_table", "dump_toml", "load", "load_toml", "members", "save", "size_of"]

FORMAT = 3
MOST_JSON_BYTES = 8_000_000
MOST_NAME = 1000  # characters
DATA = ("inputs", "targets", "sets")
NOTHING_MORE: Mapping[str, bytes] = {}
OF_TABLES = ("row_numbers", "missing")  # arrays that only the points of some tables have


class SavedRun(NamedTuple):
    """A run in a project file, for each field that a list of runs tells see training/runs.py.

    experiment: as it is now. arrays: by name (weights, …), whatever training makes of them. info: its JSON (clock, …).
    """

    number: int
    name: str
    colour: int
    parent: int | None
    branched: int | None
    is_pinned: bool
    is_in_hand: bool
    race: int | None
    lane: int | None
    experiment: Experiment
    arrays: Mapping[str, NDArray[Any]]
    info: Mapping[str, Any]


class Saved(NamedTuple):
    """What a project file holds: the document, and its runs in their order, one of them in hand at most."""

    experiment: Experiment
    runs: tuple[SavedRun, ...] = ()

    @property
    def in_hand(self) -> SavedRun | None:
        return next((run for run in self.runs if run.is_in_hand), None)

    @property
    def company(self) -> tuple[SavedRun, ...]:
        """The race of the one in hand, else that one alone."""
        hand = self.in_hand
        return tuple(run for run in self.runs if run is hand or (hand and run.race == hand.race is not None))


def alone(experiment: Experiment, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> SavedRun:
    """The run in hand of a project that has no other."""
    return SavedRun(1, "run 1", 0, None, None, False, True, None, None, experiment, arrays, info)


def save(
    path: str | Path,
    experiment: Experiment,
    runs: Iterable[SavedRun] = (),
    progress: Progress = silent,
    more: Mapping[str, bytes] = NOTHING_MORE,
    before: Callable[[Path], None] | None = None,
    spared: Collection[str] = (),
) -> saving.Stamp:
    """Write a project file; equal content makes equal bytes.

    more: members that say something of the file, and are none of its experiment. before: see ``saving.replace_file``.
    spared: members that are left out, for they are in another file.
    Raises OSError, or CancelledError where ``progress`` does; the old file is kept then.
    """
    content = {name: found for name, found in members(experiment, runs).items() if name not in spared} | dict(more)
    written, checked = portion(progress, 0, 0.8), portion(progress, 0.8, 1)
    return saving.replace_file(
        path,
        lambda file: archive.write(file, content, written),
        lambda temporary: archive.check(temporary, checked),
        before,
    )


def size_of(experiment: Experiment, runs: Iterable[SavedRun] = ()) -> int:
    """How many bytes ``save`` makes of them, about; quick, for little is compressed and nothing is copied."""
    return archive.estimate(members(experiment, runs))


def load(path: str | Path, progress: Progress = silent) -> Saved:
    """Read a project file. Raises DataError or KnobError, one line that names the file and what is wrong.

    And CancelledError where ``progress`` does.
    """
    with archive.opened(path) as file:
        found, present = _description(file), {name: name for name in archive.array_names(file)}
        if found["format"] < 3:
            found, present = older.modernized(found, list(present))
        _check(found, present.values())
        of_runs = [name for name in present if name.startswith("runs/")]
        arrays = archive.read_arrays(file, present, progress, of_runs)
        by_owner = _by_owner({present[name]: array for name, array in arrays.items()})
        owners = [f"data/{place}" for place in range(len(found["datasets"]))]
        datasets = [_dataset(owner, names, by_owner.get(owner, {})) for owner, names in zip(owners, found["datasets"])]
    try:
        return _saved(found, datasets, by_owner)
    except (DataError, KnobError) as error:
        raise type(error)(f"{path}: {error}") from None


def members(experiment: Experiment, runs: Iterable[SavedRun]) -> dict[str, NDArray[Any] | bytes]:
    """What the file is made of, in its order; nothing is copied."""
    datasets: list[Dataset] = []
    description: dict[str, Any] = {"format": FORMAT} | _told(experiment, datasets)
    made: dict[str, NDArray[Any] | bytes] = {"experiment.json": b""}
    listed = []
    for run in runs:
        told = {name: getattr(run, name) for name in LISTED}
        listed.append(told | _told(run.experiment, datasets) | {"info": run.info})
        made |= {f"runs/{run.number}/{name}.npy": array for name, array in run.arrays.items()}
    names = [{name: getattr(data, name) for name in NAMES} | _encoding_of(data) for data in datasets]
    for number, data in enumerate(datasets):
        arrays = {name: getattr(data, name) for name in DATA} | _plane_of(data)
        arrays |= {name: array for name in OF_TABLES if (array := getattr(data, name)) is not None}
        made |= {f"data/{number}/{name}.npy": array for name, array in arrays.items()}
    description |= {"datasets": names, "runs": listed}
    return made | {"experiment.json": json.dumps(description, indent=1, ensure_ascii=False).encode()}


def _told(experiment: Experiment, datasets: list[Dataset]) -> dict[str, Any]:
    """An experiment as JSON has it; its points are added to the datasets, if they are not there yet."""
    data, number = experiment.data, None
    if data is not None:
        number = next((place for place, other in enumerate(datasets) if other == data), len(datasets))
        datasets[number:] = datasets[number:] or [data]
    return {"knobs": experiment.knobs._asdict(), "data": number}


def _is_whole(value: object, low: int, high: int = 2**31) -> bool:
    return type(value) is int and low <= value < high


# What experiment.json says of a dataset and of a run, and what each must be.
NAMES = ("class_names", "feature_names", "image", "source")
LISTED: dict[str, Callable[[Any], bool]] = {
    "number": lambda value: _is_whole(value, 1),
    "name": lambda value: isinstance(value, str) and len(value) <= MOST_NAME,
    "colour": lambda value: _is_whole(value, 0, 1000),
    "parent": lambda value: value is None or _is_whole(value, 1),
    "branched": lambda value: value is None or _is_whole(value, 0, 2**62),
    "is_pinned": lambda value: isinstance(value, bool),
    "is_in_hand": lambda value: isinstance(value, bool),
    "race": lambda value: value is None or _is_whole(value, 1),
    "lane": lambda value: value is None or _is_whole(value, 0),
}
OPTIONAL = ("race", "lane")  # None where a file does not tell them


def _description(file: zipfile.ZipFile) -> dict[str, Any]:
    """experiment.json, of a format that is known."""
    if file.getinfo("experiment.json").file_size > MOST_JSON_BYTES:
        raise DataError(f"experiment.json is larger than {MOST_JSON_BYTES:,} bytes")
    found: dict[str, Any] = json.loads(file.read("experiment.json"))
    version = found.get("format") if isinstance(found, dict) else None
    if type(version) is not int or version < 1:
        raise DataError(f"experiment.json has format {version!r}; expected 1 to {FORMAT}")
    if version > FORMAT:
        raise DataError(f"was saved by a newer version (format {version}); this one reads up to {FORMAT}")
    return found


def _check(found: dict[str, Any], arrays: Iterable[str]) -> None:
    """Raise DataError where experiment.json is not of the shape that ``save`` gives it, or arrays are nobody's."""
    for name in ("datasets", "runs"):
        if not isinstance(found.get(name), list) or not all(isinstance(entry, dict) for entry in found[name]):
            raise DataError(f"experiment.json: '{name}' is missing or not what it should be")
    _check_experiment(found, len(found["datasets"]), "experiment.json")
    for run in found["runs"]:
        for name, is_possible in LISTED.items():
            if (name not in run and name not in OPTIONAL) or not is_possible(run.get(name)):
                raise DataError(f"experiment.json: a run's '{name}' is missing or not what it should be")
        _check_experiment(run, len(found["datasets"]), f"experiment.json: run {run['number']}")
        if not isinstance(run.get("info"), dict):
            raise DataError(f"experiment.json: run {run['number']}: 'info' is missing or not what it should be")
        if run["parent"] is not None and run["parent"] >= run["number"]:
            raise DataError(f"experiment.json: run {run['number']} has run {run['parent']} for its parent, a later one")
    numbers = [run["number"] for run in found["runs"]]
    if len(set(numbers)) < len(numbers):
        raise DataError("experiment.json: two runs have one number")
    if sum(run["is_in_hand"] for run in found["runs"]) > 1:
        raise DataError("experiment.json: more than one run is in hand")
    owners = {f"runs/{number}" for number in numbers} | {f"data/{place}" for place in range(len(found["datasets"]))}
    for name in arrays:
        if name.rpartition("/")[0] not in owners:
            raise DataError(f"array '{name}' belongs to no run and no points that experiment.json knows")


def _check_experiment(told: dict[str, Any], datasets: int, where: str) -> None:
    if not isinstance(told.get("knobs"), dict):
        raise DataError(f"{where}: 'knobs' is missing or not what it should be")
    if "data" not in told or not (told["data"] is None or _is_whole(told["data"], 0, datasets)):
        raise DataError(f"{where}: 'data' is missing or not the number of a dataset")


def _by_owner(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, NDArray[Any]]]:
    """Arrays by the run or dataset that they belong to, and by name."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for path, array in arrays.items():
        owner, _, name = path.rpartition("/")
        found.setdefault(owner, {})[name] = array
    return found


def _dataset(owner: str, names: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Dataset:
    for name in DATA:
        array = arrays.get(name)
        if array is None or array.dtype.kind not in "biuf":
            raise DataError(f"array '{owner}/{name}' is missing, or holds no numbers")
    fields = {}
    for name in ("class_names", "feature_names"):
        if not isinstance(names.get(name), list) or not all(isinstance(word, str) for word in names[name]):
            raise DataError(f"experiment.json: '{name}' must be a list of names")
        fields[name] = tuple(names[name])
    image = names.get("image", [])
    if not isinstance(image, list) or not all(type(side) is int and side > 0 for side in image):
        raise DataError("experiment.json: 'image' must be two whole numbers, or none")
    fields["image"] = tuple(image)
    sets = arrays["sets"]
    if sets.size and not np.isin(sets, (0, 1, 2, 3)).all():
        raise DataError(f"array '{owner}/sets' holds numbers that are no set")
    if any(name in arrays and arrays[name].dtype.kind not in "bi" for name in OF_TABLES):
        raise DataError(f"arrays {' and '.join(OF_TABLES)} of '{owner}' must be whole numbers")
    data = Dataset(
        arrays["inputs"],
        arrays["targets"],
        sets,
        **fields,
        source=str(names.get("source", "drawn")),
        encoding=from_json(names["encoding"]) if "encoding" in names else None,
        row_numbers=arrays.get("row_numbers"),
        missing=arrays.get("missing"),
    )
    plane = _plane(owner, arrays, data.features)
    return data if plane is None else data.shown_in(plane)


def _encoding_of(data: Dataset) -> dict[str, Any]:
    """How a table became the data, where it came from one."""
    return {} if data.encoding is None else {"encoding": to_json(data.encoding)}


def _plane_of(data: Dataset) -> dict[str, NDArray[Any]]:
    """The arrays of the plane that points are shown in, where it does not follow from them."""
    if not (data.rows.keeps_plane and data.plane.is_projection):
        return {}
    return {f"plane_{name}": np.asarray(part) for name, part in data.plane._asdict().items()}


def _plane(owner: str, arrays: Mapping[str, NDArray[Any]], features: int) -> Plane | None:
    shapes = {"origin": (features,), "scale": (features,), "axes": (2, features), "explained": (2,)}
    found = {name: arrays[f"plane_{name}"] for name in shapes if f"plane_{name}" in arrays}
    if not found or features <= 2:
        return None
    for name, shape in shapes.items():
        array = found.get(name)
        if array is None or array.shape != shape or array.dtype.kind != "f" or not np.isfinite(array).all():
            raise DataError(f"array '{owner}/plane_{name}' is missing, or does not hold {shape} finite numbers")
    if (found["scale"] <= 0).any():
        raise DataError(f"array '{owner}/plane_scale' must be above 0")
    return Plane(found["origin"], found["scale"], found["axes"], tuple(found["explained"].tolist()))


def _saved(found: dict[str, Any], datasets: list[Dataset], arrays: dict[str, dict[str, NDArray[Any]]]) -> Saved:
    def built(told: dict[str, Any], where: str = "") -> Experiment:
        data = None if told["data"] is None else datasets[told["data"]]
        try:
            if found["format"] == 1:
                return older.from_format_1(told["knobs"], data, bool(found["runs"]))
            return build(told["knobs"], data)
        except (DataError, KnobError) as error:
            raise type(error)(f"{where}{error}") from None

    runs = []
    for run in found["runs"]:
        number, listed = run["number"], {name: run.get(name) for name in LISTED}
        own = {"arrays": arrays.get(f"runs/{number}", {}), "info": run["info"]}
        runs.append(SavedRun(**listed, **own, experiment=built(run, f"run {number}: ")))
    return Saved(built(found), tuple(runs))
