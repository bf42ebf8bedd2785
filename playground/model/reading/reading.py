"""A file opened as a dataset, with all that was found on the way, in values and in words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model import npz
from playground.model.archive import MOST_VALUES
from playground.model.dataset import DataError, Dataset
from playground.model.encoding import CATEGORY, DATE, Code, Encoding, filled
from playground.model.progress import Progress, portion, silent
from playground.model.reading import (
    arff,
    arrays,
    columns,
    delimited,
    dialect,
    encode,
    records,
    roles,
    source,
    spreadsheet,
    text,
)
from playground.model.reading.columns import Column
from playground.model.reading.flags import Flags, check
from playground.model.reading.roles import FEATURE, LEFT_OUT, TARGET, Roles
from playground.model.reading.source import Source
from playground.model.reading.table import Table
from playground.model.rows import freeze


class Reading(NamedTuple):
    """What was read. For an NPZ, which names its own arrays, columns follow from the dataset, and there is no table."""

    dataset: Dataset
    rows: int
    columns: tuple[dict[str, Any], ...]
    left_out: tuple[tuple[str, int], ...]
    target: str
    notes: tuple[str, ...]
    line: str

    def describe(self) -> dict[str, Any]:
        """What ``playground inspect --json`` prints."""
        data = self.dataset
        counts = np.bincount(data.targets.astype(np.intp), minlength=len(data.class_names)) if data.class_names else ()
        return {
            "rows": self.rows,
            "used": data.samples,
            "left_out": [{"reason": reason, "rows": count} for reason, count in self.left_out],
            "columns": list(self.columns),
            "features": list(data.feature_names),
            "target": self.target,
            "task": "classification" if data.is_classification else "regression",
            "classes": dict(zip(data.class_names, map(int, counts))) if data.class_names else None,
            "notes": list(self.notes),
        }


def open_file(path: str | Path, flags: Flags = Flags(), progress: Progress = silent) -> Reading:  # noqa: B008
    """Read a file as a dataset. Raises DataError: one line that names the file, the place, what was found there."""
    flags = check(flags)
    with telling_the_file(path):
        if Path(path).suffix.lower() == ".npz":
            return _from_npz(path, flags)
        return read(source.read(path, portion(progress, 0, 0.2)), flags, portion(progress, 0.2, 1))


@contextlib.contextmanager
def telling_the_file(path: str | Path) -> Iterator[None]:
    """Whatever is wrong with a file becomes one DataError that names it."""
    try:
        yield
    except DataError as error:
        # a cell or a name may have several lines
        raise DataError(f"{path}: {' '.join(str(error).removeprefix(f'{path}: ').split())}") from None
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise DataError(f"{path}: there is not enough memory to read it") from None


def read(found: Source, flags: Flags = Flags(), progress: Progress = silent) -> Reading:  # noqa: B008
    """A dataset from a file's bytes. Raises DataError."""
    table = tabulate(found, flags, portion(progress, 0, 0.7))
    return interpret(found.name, table, describe(table, flags, portion(progress, 0.7, 1)), flags)


def describe(table: Table, flags: Flags, progress: Progress = silent) -> tuple[Column, ...]:
    """A table's columns with their kinds. Raises DataError."""
    return columns.describe(table, roles.named(table.names, flags.categorical, "categorical"), progress)


def interpret(name: str, table: Table, described: Sequence[Column], flags: Flags) -> Reading:
    """The dataset that a table's columns make. name: of the file. Raises DataError."""
    chosen = roles.choose(table, described, flags)
    features = _features(described, chosen)
    target = described[chosen.target].name
    data, notes = _dataset(features, chosen, target, table.rows)
    together = list(zip(described, features.uses, features.reasons))
    # what is to be told of a column concerns only one that is used
    of_columns = [column.note for column, use, _ in together if use != LEFT_OUT and column.note]
    of_columns += [
        f"{column.name} numbers the rows, and is used as the only feature"
        for column, use, _ in together
        if use == FEATURE and column.kind == columns.ROW_NUMBER and column.name not in flags.keep
    ]
    return Reading(
        data.replace(source=name),
        table.rows,
        tuple(_of_column(column, use, reason) for column, use, reason in together),
        chosen.left_out,
        target,
        (*table.notes, *chosen.notes, *of_columns, *notes),
        _line(table.rows, chosen, data, described, features.uses, features.reasons),
    )


def tabulate(found: Source, flags: Flags = Flags(), progress: Progress = silent) -> Table:  # noqa: B008
    """The table in a file's bytes, by its kind. Raises DataError."""
    if found.kind == ".npz":
        raise DataError("an NPZ packed once more is not read; unpack it")
    if found.kind in source.SHEETS:
        return spreadsheet.read(found, flags.sheet, flags.header)
    if flags.sheet is not None:
        raise DataError("--sheet names a sheet of a spreadsheet; this file has none")
    if found.kind == ".npy":
        return arrays.read(found)
    decoded = text.decode(found.content, flags.encoding)
    if found.kind == ".json":
        return records.read(decoded)
    if found.kind == ".arff":
        return arff.read(decoded)
    return delimited.read(decoded, dialect.detect(decoded, flags), progress)


class Features(NamedTuple):
    """What the network gets: codes, the numbers (rows, features) with NaN where nothing is, and the roles as they came
    out."""

    codes: tuple[Code, ...]
    values: NDArray[np.float64]
    uses: tuple[str, ...]
    reasons: tuple[str, ...]


def _features(described: Sequence[Column], chosen: Roles) -> Features:
    """The features of a table's columns. One that is constant in the used rows is left out, unless it is kept."""
    uses, reasons = list(chosen.uses), list(chosen.reasons)
    codes: list[Code] = []
    parts, made = [], 0
    for number, column in enumerate(described):
        if uses[number] != FEATURE:
            continue
        code = encode.code(column, chosen.rows)
        if not code.features or (not chosen.is_kept[number] and encode.is_constant(column, chosen.rows)):
            uses[number], reasons[number] = LEFT_OUT, "constant"
            continue
        made += len(code.features)
        if made * len(chosen.rows) > MOST_VALUES:
            raise DataError(f"makes more than {MOST_VALUES:,} numbers, the most that are read")
        codes.append(code)
        parts.append(encode.inputs(column, code, chosen.rows)[0])
    if not codes:
        raise DataError("has no column to learn from: each is left out; --keep NAME keeps one")
    return Features(tuple(codes), encode.stacked(parts, len(chosen.rows)), tuple(uses), tuple(reasons))


def _dataset(features: Features, chosen: Roles, target: str, rows: int) -> tuple[Dataset, list[str]]:
    """The dataset of features and target, and notes on what is missing. rows: in the file."""
    encoding = Encoding(target, features.codes)
    if len(set(encoding.features)) < len(encoding.features):
        raise DataError("two columns make features of one name; rename one of them")
    values, missing, notes = features.values, np.isnan(features.values), []
    if missing.any():
        told = _told_missing(features.codes, missing)
        notes.append(f"missing cells are filled with the training set's medians or most frequent levels: {told}")
        notes += _told_mostly_missing(features.codes, missing)
        values = filled(np.nan_to_num(values), missing, np.ones(len(values), bool), encoding)
    data = Dataset(
        freeze(values),  # which spares a copy
        chosen.targets,
        chosen.sets,
        chosen.classes,
        encoding.features,
        encoding=encoding,
        row_numbers=chosen.rows + 1 if len(chosen.rows) < rows else None,
        missing=missing if missing.any() else None,
    )
    return data, notes


def _told_missing(codes: Sequence[Code], missing: Any) -> str:
    counts, begin = [], 0
    for code in codes:
        count = int(missing[:, begin].sum())
        begin += len(code.features)
        if count:
            counts.append(f"{code.name} {count:,}")
    return ", ".join(counts[:8]) + (f" and {len(counts) - 8} more columns" if len(counts) > 8 else "")


def _told_mostly_missing(codes: Sequence[Code], missing: Any) -> list[str]:
    """A note for each column of which most is made up."""
    notes, begin = [], 0
    for code in codes:
        share = float(missing[:, begin].mean())
        begin += len(code.features)
        if share > 0.5:
            notes.append(f"{code.name} is missing in {100 * share:.0f} % of the rows; --drop {code.name} leaves it out")
    return notes


def _of_column(column: Column, use: str, reason: str) -> dict[str, Any]:
    """A column as inspect tells it."""
    words = column.levels if column.kind == columns.CATEGORY or (use != LEFT_OUT and column.levels) else None
    return {
        "name": column.name,
        "kind": column.kind,
        "use": use,
        "reason": column.reason if not reason or use != LEFT_OUT else f"{column.reason}: left out ({reason})",
        "missing": column.missing,
        "levels": None if words is None else list(words),
    }


def _line(
    rows: int, chosen: Roles, data: Dataset, described: Sequence[Column], uses: Sequence[str], reasons: Sequence[str]
) -> str:
    """What was read, in one line."""
    parts = [f"{rows:,} {'row' if rows == 1 else 'rows'}"]
    if chosen.left_out:
        count = sum(number for _, number in chosen.left_out)
        why = "; ".join(f"{reason}: {number}" for reason, number in chosen.left_out)
        only = chosen.left_out[0][0] if len(chosen.left_out) == 1 else why
        parts[0] += f", {count:,} left out ({only})"
    if data.missing is not None:
        parts[0] += f", {int(data.missing.any(axis=1).sum()):,} with cells filled"
    codes = data.encoding.codes if data.encoding is not None else ()
    numbers = sum(code.kind not in (CATEGORY, DATE) for code in codes)
    made = [f"{numbers} {'number' if numbers == 1 else 'numbers'}"] if numbers else []
    made += [f"{code.name} as {len(code.features)} columns" for code in codes if code.kind in (CATEGORY, DATE)]
    gone = [(column.name, reason) for column, use, reason in zip(described, uses, reasons) if use == LEFT_OUT]
    made += [f"{name} left out ({reason})" for name, reason in gone if name != roles.SPLIT]
    if any(name == roles.SPLIT for name, _ in gone):
        made.append("split deals the rows")
    if len(made) > 12:
        made = [*made[:12], f"{len(made) - 12} more"]
    parts.append(", ".join(made))
    task = f"{len(data.class_names)} classes" if data.class_names else "regression"
    parts.append(f"target {described[chosen.target].name}: {task}")
    return " · ".join(parts)


def _from_npz(path: str | Path, flags: Flags) -> Reading:
    others = [name for name in flags.given if name != "task"]
    if others:
        raise DataError(f"--{others[0]} tells how to read a table; in an NPZ the arrays X and y say it all")
    data = npz.read(path, flags.task)
    told: list[dict[str, Any]] = [
        {"name": name, "kind": "number", "use": FEATURE, "reason": "of the array X", "missing": 0, "levels": None}
        for name in data.feature_names
    ]
    kind = "category" if data.class_names else "number"
    levels = list(data.class_names) or None
    told.append({"name": "y", "kind": kind, "use": TARGET, "reason": "the array y", "missing": 0, "levels": levels})
    task = f"{len(data.class_names)} classes" if data.class_names else "regression"
    what = f"images of {data.image[0]} × {data.image[1]}" if data.image else f"{data.features} numbers"
    line = f"{data.samples:,} rows · {what} · target y: {task}"
    return Reading(data, data.samples, tuple(told), (), "y", (), line)
