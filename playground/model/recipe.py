"""An experiment as a few lines of TOML, to write by hand and to keep under version control.

``[knobs]`` has one ``name = value`` a line; ``[data]`` has ``name`` (a pattern) or ``path`` (a file of data,
from the TOML's own folder on), and with a path the reading flags by name, such as ``target`` and ``task``.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playground.model import table
from playground.model.archive import refuse_irregular
from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, Knobs, declaration
from playground.model.reading.flags import HELP, LISTS
from playground.model.shapes import GIVEN

MOST_BYTES, MOST_PARTS = 100_000, 20  # of a key: Python's parser takes time that grows with the square of them
DATA = ("name", "path", *HELP)


def load_toml(path: str | Path) -> Experiment:
    """Read a TOML. Raises DataError or KnobError: one line that names the file and the line or knob."""
    try:
        found = tomllib.loads(_text(path))
        _refuse_unknown(found)
        knobs = dict(found.get("knobs", {}))
        data = _data(Path(path).parent, found.get("data", {}), knobs)
        return build(knobs, data)
    except RecursionError:
        raise DataError(f"{path}: is not valid TOML: nested too deeply") from None
    except (DataError, KnobError) as error:
        raise type(error)(f"{path}: {error}") from None
    except ValueError as error:  # tomllib's own, and int's of too many digits
        raise DataError(f"{path}: is not valid TOML: {error}") from None


def data_table(path: Path) -> dict[str, Any] | None:
    """What stands below [data] of a TOML that can be read, for one in another folder; None where no path does."""
    found = dict(tomllib.loads(_text(path)).get("data", {}))
    return found | {"path": str((path.parent / found["path"]).absolute())} if "path" in found else None


def build(knobs: dict[str, Any], data: Dataset | None) -> Experiment:
    """The experiment of knobs by name, as a file has them. Raises KnobError for an unknown one, too."""
    for name in knobs:
        declaration(name)
    return Experiment(None, data, **knobs)


def dump_toml(experiment: Experiment) -> str:
    """The knobs that differ from their defaults, as TOML. Raises DataError for points that are your own."""
    if experiment.data is not None:
        raise DataError("your own points do not fit into a TOML; save a .playground")
    return write_toml(experiment.knobs)


def write_toml(knobs: Knobs, data: Mapping[str, Any] | None = None) -> str:
    """The knobs that differ from their defaults, and what stands below [data], if the points come from a file."""
    lines = [
        f"{name} = {_literal(value)}"
        for name, value in knobs._asdict().items()
        if value != Knobs._field_defaults[name] and (name, value) != ("dataset", "drawn")
    ]
    below = ["", "[data]", *(f"{name} = {_literal(value)}" for name, value in data.items())] if data else []
    return "\n".join(["[knobs]", *lines, *below, ""])


def _text(path: str | Path) -> str:
    try:
        refuse_irregular(path)
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataError("there is no such file") from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise DataError(f"is larger than {MOST_BYTES:,} bytes")
    for place, row in enumerate(content.splitlines(), 1):
        if row.partition(b"=")[0].count(b".") >= MOST_PARTS:
            raise DataError(f"line {place}: has a key of more than {MOST_PARTS} parts; none that is known has")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"line {line}: is not UTF-8 text") from None


def _refuse_unknown(found: dict[str, Any]) -> None:
    for name, content in found.items():
        if name not in ("knobs", "data"):
            raise DataError(f"unknown entry '{name}'; knobs stand below [knobs], the points below [data]")
        if not isinstance(content, dict):
            raise DataError(f"'{name}' is a value; expected a table, [{name}]")
        for key in content:
            if name == "data" and key not in DATA:
                raise DataError(f"[data] has unknown '{key}'; it takes {', '.join(DATA)}")


def _data(folder: Path, found: dict[str, Any], knobs: dict[str, Any]) -> Dataset | None:
    """The points of a file, or None for a pattern, whose name then is among the knobs."""
    for key, value in found.items():
        is_list = key in LISTS and isinstance(value, list) and all(isinstance(name, str) for name in value)
        if not (isinstance(value, str) or is_list):
            raise DataError(f"[data] {key}: found {value!r}; expected text")
    if ("name" in found) == ("path" in found):
        if found:
            raise DataError("[data] takes either name, a pattern, or path, a file of data")
        return None
    if "dataset" in knobs:
        raise KnobError("dataset: [data] decides where the points come from; leave the knob out")
    if "path" in found:
        flags: dict[str, Any] = {key: found.get(key) for key in HELP}
        return table.read(folder / found["path"], **flags)
    if found["name"] not in GIVEN or len(found) > 1:
        text = ", ".join(f"{key} = '{value}'" for key, value in found.items())
        raise DataError(f"[data] found {text}; expected name alone, one of {', '.join(GIVEN)}")
    knobs["dataset"] = found["name"]
    return None


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_literal, value))}]"
    # JSON's texts are TOML's
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
