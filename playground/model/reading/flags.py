"""What a person may say about a file that reading would otherwise guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from playground.model.dataset import DataError

TASKS = ("classification", "regression")
CHOICES = {"task": TASKS, "missing": ("auto", "drop", "median"), "header": ("auto", "on", "off")}
HELP = {
    "target": ("NAME", "the target column; the last one if left out"),
    "task": ("TASK", "classification or regression, whatever the target looks like"),
    "drop": ("A,B", "columns to leave out"),
    "keep": ("A,B", "columns to keep that would be left out, such as row numbers"),
    "categorical": ("A,B", "columns whose numbers name categories"),
    "missing": ("RULE", "auto, drop (leave such rows out) or median (fill the cells)"),
    "header": ("HOW", "auto, on or off: whether the first row names the columns"),
    "delimiter": ("C", "what stands between cells; 'tab' and 'space' have names"),
    "decimal": ("C", "the decimal sign, . or ,"),
    "encoding": ("NAME", "of the text, such as utf-8 or cp1252"),
    "sheet": ("NAME", "of a spreadsheet; the first that holds a table if left out"),
}
LISTS = ("drop", "keep", "categorical")
NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}


class Flags(NamedTuple):
    """The reading flags; None, () and "auto" leave the matter to reading."""

    target: str | None = None
    task: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    missing: str = "auto"
    header: str = "auto"
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the flags that say something."""
        return tuple(name for name, value in self._asdict().items() if value != self._field_defaults[name])


def from_texts(texts: Mapping[str, str | Sequence[str] | None]) -> Flags:
    """Flags from texts by name; lists have commas between names, or are lists. Raises DataError."""
    found: dict[str, object] = {}
    for name, text in texts.items():
        if text is None:
            continue
        if name in LISTS:
            parts = text.split(",") if isinstance(text, str) else text
            found[name] = tuple(part.strip() for part in parts if part.strip())
        else:
            found[name] = text
    return check(Flags(**found))  # type: ignore[arg-type]


def with_use(flags: Flags, name: str, use: str) -> Flags:
    """Flags under which a column is "feature", "target" or "left_out", whatever it holds."""
    drop = tuple(other for other in flags.drop if other != name)
    keep = tuple(other for other in flags.keep if other != name)
    if use == "target":
        return flags._replace(target=name, drop=drop, keep=keep)
    target = None if flags.target == name else flags.target
    if use == "left_out":
        return flags._replace(target=target, drop=(*drop, name), keep=keep)
    return flags._replace(target=target, drop=drop, keep=(*keep, name))


def with_kind(flags: Flags, name: str, is_category: bool) -> Flags:
    """Flags under which a column is a category, or what it looks like."""
    others = tuple(other for other in flags.categorical if other != name)
    return flags._replace(categorical=(*others, name) if is_category else others)


def check(flags: Flags) -> Flags:
    """The same flags, a delimiter by its sign. Raises DataError for one that cannot be."""
    for name, choices in CHOICES.items():
        value = getattr(flags, name)
        if value is not None and value not in choices:
            raise DataError(f"{name} '{value}' is unknown; it is {', '.join(choices[:-1])} or {choices[-1]}")
    if flags.decimal not in (None, ".", ","):
        raise DataError(f"decimal '{flags.decimal}' is unknown; it is . or ,")
    if flags.delimiter is None:
        return flags
    sign = NAMED_DELIMITERS.get(flags.delimiter, flags.delimiter)
    if len(sign) != 1 or sign in "\r\n\"'" or sign == flags.decimal:
        raise DataError(f"delimiter '{flags.delimiter}' is not accepted; it takes one sign, or tab or space")
    return flags._replace(delimiter=sign)
