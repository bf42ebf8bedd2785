"""Which columns are features, which is the target, what the task is, and which rows are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import MOST_CLASSES, SETS, UNASSIGNED, DataError
from playground.model.reading import columns as kinds
from playground.model.reading import words
from playground.model.reading.columns import Column
from playground.model.reading.flags import Flags
from playground.model.reading.table import Table

TARGET_NAMES = frozenset({"target", "class", "label", "species", "diagnosis", "outcome", "survived"})
SPLIT = "split"
MOST_WHOLE = 10  # different whole numbers, which are classes then
BORDER = (6, 20)
FEW = 3  # rows of a class
FEATURE, TARGET, LEFT_OUT = "feature", "target", "left_out"
LOSES = 0.1  # of the rows, which may be left out rather than filled


class Roles(NamedTuple):
    """uses: FEATURE, TARGET or LEFT_OUT, a column each, and in reasons why it is left out. is_kept: whatever it holds.

    target: the number of its column. task: "classification" or "regression". rows: numbers of those that are used.
    left_out: reasons with the rows that they cost. fills: whether missing cells are filled. sets: (used rows,) where
    the file deals them, or None. classes: names; targets: (used rows,) their numbers, or values.
    """

    uses: tuple[str, ...]
    is_kept: tuple[bool, ...]
    reasons: tuple[str, ...]
    target: int
    task: str
    rows: NDArray[np.intp]
    left_out: tuple[tuple[str, int], ...]
    fills: bool
    sets: NDArray[np.int8] | None
    classes: tuple[str, ...]
    targets: NDArray[np.float64]
    notes: tuple[str, ...]


def named(names: Sequence[str], wanted: Sequence[str], flag: str) -> tuple[str, ...]:
    """The columns of these names, whatever their case. Raises DataError for one that there is not."""
    found = []
    for name in wanted:
        same = [other for other in names if other == name] or [
            other for other in names if other.lower() == name.lower()
        ]
        if not same:
            of = "target column" if flag == "target" else f"column for --{flag}"
            raise DataError(f"has no {of} '{name}'; its columns are {', '.join(names[:50])}")
        found.append(same[0])
    return tuple(found)


def choose(table: Table, columns: Sequence[Column], flags: Flags) -> Roles:
    """Roles for a table's columns. Raises DataError where they leave nothing to learn or to learn from."""
    names = table.names
    split = names.index(SPLIT) if SPLIT in names else -1
    drop, keep = named(names, flags.drop, "drop"), named(names, flags.keep, "keep")
    target, notes = _target(columns, split, flags, drop)
    if columns[target].name in drop:
        raise DataError(f"--drop {columns[target].name} would leave the target out; --target names another")
    uses, reasons = _uses(columns, target, split, drop, keep)
    if FEATURE not in uses:
        raise _no_features(table, columns, uses, reasons)
    column, task, classes, values, task_notes = _task(table, columns[target], target, flags)
    rows, left_out, fills = _rows(columns, uses, column.is_missing, flags.missing)
    if not len(rows):
        what = "; ".join(f"{reason}: {count} rows" for reason, count in left_out)
        raise DataError(f"has no row that can be used ({what}); --missing median fills cells of features")
    if classes:
        classes, numbers = _present(classes, values[rows])
    else:
        numbers = values[rows]
    notes += task_notes + _class_notes(column.name, classes, numbers)
    sets = _sets(table, split, rows) if split >= 0 else None
    is_kept = tuple(name in keep for name in names)
    return Roles(uses, is_kept, reasons, target, task, rows, left_out, fills, sets, classes, numbers, tuple(notes))


def _target(columns: Sequence[Column], split: int, flags: Flags, drop: Sequence[str]) -> tuple[int, list[str]]:
    """The number of the target's column."""
    names = [column.name for column in columns]
    choices = [number for number in range(len(names)) if number != split]
    if flags.target is not None:
        (name,) = named([names[number] for number in choices], [flags.target], "target")
        return names.index(name), []
    choices = [number for number in choices if names[number] not in drop]
    if not choices:
        raise DataError("has no column left for a target")
    last = choices[-1]
    called = [number for number in choices[:-1] if names[number].lower() in TARGET_NAMES]
    if len(called) == 1 and names[last].lower() not in TARGET_NAMES:
        return called[0], []
    # what a person calls a category is a feature, unless they call it the target
    asked = named(names, flags.categorical, "categorical")
    categories = [n for n in choices if columns[n].kind == kinds.CATEGORY and names[n] not in asked]
    if categories == choices[:1] and len(choices) > 1:
        return choices[0], [f"{names[choices[0]]} is the target, as the only category and in first place (--target)"]
    return last, []


def _uses(
    columns: Sequence[Column], target: int, split: int, drop: Sequence[str], keep: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    uses, reasons = [], []
    for number, column in enumerate(columns):
        reason = ""
        if number == split:
            reason = "deals the rows to the sets"
        elif number != target and column.name in drop:
            reason = "as asked for"
        elif number != target and column.kind in (kinds.TEXT, kinds.CONSTANT, kinds.ROW_NUMBER):
            reason = {"text": "text", "constant": "constant", "row_number": "row numbers"}[column.kind]
            is_usable = column.kind != kinds.TEXT or len(column.levels) <= kinds.MOST_GIVEN_LEVELS
            if column.name in keep and is_usable:
                reason = ""
        uses.append(TARGET if number == target else LEFT_OUT if reason else FEATURE)
        reasons.append(reason)
    others = [number for number, use in enumerate(uses) if use == LEFT_OUT]
    counters = [
        number for number in others if columns[number].kind == kinds.ROW_NUMBER and reasons[number] != "as asked for"
    ]
    if FEATURE not in uses and counters:
        uses[counters[-1]], reasons[counters[-1]] = FEATURE, ""  # better than none
    return tuple(uses), tuple(reasons)


def _no_features(table: Table, columns: Sequence[Column], uses: Sequence[str], reasons: Sequence[str]) -> DataError:
    left = [f"{column.name} is left out ({reason})" for column, reason in zip(columns, reasons) if reason]
    if not left:
        return DataError(f"has the column '{columns[0].name}' alone; expected one feature at least, and the target")
    for column, use in zip(columns, uses):
        if use == LEFT_OUT and column.wrong >= 0:
            word = column.levels[int(column.values[column.wrong])]
            place = table.place(column.wrong)
            return DataError(f"{place}, column '{column.name}': found '{word[:40]}' among numbers; expected a number")
    return DataError(f"has no column to learn from: {'; '.join(left[:5])}; --keep NAME keeps one")


def _task(
    table: Table, column: Column, number: int, flags: Flags
) -> tuple[Column, str, tuple[str, ...], NDArray[np.float64], list[str]]:
    """The target's column as it is used, the task, class names, and a value or class a row."""
    name, is_number = column.name, column.values.dtype.kind == "f"
    if column.missing == len(column.values):
        raise DataError(f"the target '{name}' is missing in every row; --target names another column")
    if column.kind == kinds.DATE:
        raise DataError(f"the target '{name}' is a date; --target names another column")
    if flags.task == "regression" and not is_number:
        where = int(np.flatnonzero(~column.is_missing)[0]) if column.wrong < 0 else column.wrong
        found = column.levels[int(column.values[where])]
        raise DataError(f"{table.place(where)}, column '{name}': found '{found[:40]}'; a regression needs numbers")
    in_words = bool(column.levels)
    present = np.unique(column.values[~column.is_missing]) if is_number else np.empty(0)
    is_whole = bool((present % 1 == 0).all())
    notes: list[str] = []
    task = flags.task
    if task is None and column.wrong >= 0 and any((words.number(level) or 0) % 1 for level in column.levels):
        word = column.levels[int(column.values[column.wrong])]
        place = f"{table.place(column.wrong)}, column '{name}'"
        raise DataError(f"{place}: found '{word[:40]}' among numbers; expected a number, or --task classification")
    if task is None:
        few_whole = is_number and is_whole and len(present) <= MOST_WHOLE
        task = "classification" if not is_number or in_words or few_whole else "regression"
        if is_number and not in_words and is_whole and BORDER[0] <= len(present) <= BORDER[1]:
            other = "regression" if task == "classification" else "classification"
            notes.append(f"{name} holds {len(present)} different whole numbers: {task}; --task {other} changes it")
    if task == "regression":
        return column, task, (), column.values, notes
    if is_number and not in_words:
        column = kinds.as_words(table, number)
    classes = column.levels
    values = column.values.astype(np.float64)
    if in_words and is_number:
        column = column._replace(values=np.where(np.isnan(values), -1, np.nan_to_num(values)).astype(np.intp))
    return column, task, classes, values, notes


def _present(classes: tuple[str, ...], values: NDArray[np.float64]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Classes of which rows are left, and the rows' new numbers. Raises DataError for too many."""
    left, numbers = np.unique(values, return_inverse=True)
    if len(left) > MOST_CLASSES:
        raise DataError(
            f"the target has {len(left):,} different values; at most {MOST_CLASSES} classes are accepted; "
            "for numbers, use --task regression"
        )
    return tuple(classes[int(number)] for number in left), numbers.astype(np.float64)


def _rows(
    columns: Sequence[Column], uses: Sequence[str], lacks_target: NDArray[np.bool_], rule: str
) -> tuple[NDArray[np.intp], tuple[tuple[str, int], ...], bool]:
    """The rows that are used, why others are not, and whether missing cells of those are filled."""
    target = next(column.name for column, use in zip(columns, uses) if use == TARGET)
    masks = {column.name: column.is_missing for column, use in zip(columns, uses) if use == FEATURE}
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    incomplete = np.zeros(len(lacks_target), bool)
    for mask in masks.values():
        incomplete |= mask
    left_out = [(f"{target} missing", int(lacks_target.sum()))] if lacks_target.any() else []
    known = ~lacks_target
    costs = int((incomplete & known).sum())
    fills = rule == "median" or (rule == "auto" and costs >= LOSES * int(known.sum()))
    if fills or not costs:
        return np.flatnonzero(known), tuple(left_out), bool(costs)
    which = np.flatnonzero(incomplete & known)
    reasons = Counter(tuple(name for name, mask in masks.items() if mask[row]) for row in which.tolist())
    left_out += [(f"{', '.join(names)} missing", count) for names, count in reasons.most_common()]
    return np.flatnonzero(known & ~incomplete), tuple(left_out), False


def _class_notes(name: str, classes: tuple[str, ...], numbers: NDArray[np.float64]) -> list[str]:
    """What may be wrong with classes: nearly as many as rows, too few rows in one, strong imbalance."""
    if len(np.unique(numbers)) == 1 and len(numbers) > 1:
        return [f"{name} has one value alone in the rows that are used: there is nothing to learn"]
    if not classes:
        return []
    counts = np.bincount(numbers.astype(np.intp), minlength=len(classes))
    remedy = "--target names another column, --task regression takes numbers as such"
    if len(classes) > 2 and 2 * len(classes) > len(numbers):
        return [f"{name} has {len(classes)} classes in {len(numbers)} rows, nearly as many; {remedy}"]
    few = [f"{level} ({count})" for level, count in zip(classes, counts) if count < FEW]
    if few:
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        return [f"classes of {name} with fewer than {FEW} rows: {', '.join(few[:5])}{more}; {remedy}"]
    if counts.max() >= 10 * counts.min():
        most, least = classes[int(counts.argmax())], classes[int(counts.argmin())]
        return [f"{name} is out of balance: {most} has {counts.max():,} rows, {least} {counts.min():,}"]
    return []


def _sets(table: Table, split: int, rows: NDArray[np.intp]) -> NDArray[np.int8]:
    column = kinds.as_words(table, split)
    for number, level in enumerate(column.levels):
        if level.lower() not in SETS:
            row = int(np.flatnonzero(column.values == number)[0])
            expected = f"{', '.join(SETS)}, or nothing, which leaves it to the split knobs"
            raise DataError(f"{table.place(row)}, column '{SPLIT}': found '{level[:40]}'; expected {expected}")
    by_level = np.array([*(SETS.index(level.lower()) for level in column.levels), UNASSIGNED], np.int8)
    return np.asarray(by_level[column.values[rows]])
