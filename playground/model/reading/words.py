"""What a cell says: nothing, a number, a date, or a word. One rule for features and targets."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = frozenset({"", "na", "n/a", "?", "null", "-", ".", "nan"})
# as they are written; pandas compares letter by letter
MISSING_FORMS = sorted({form for word in MISSING for form in (word, word.upper(), word.capitalize(), "NaN")})
YES_NO = (("no", "yes"), ("false", "true"))
# other signs for minus and blanks, and DOS' end of a file
SIGNS = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\x1a": ""})
AROUND = re.compile(r"^([+-]?)\s*[$€£¥]?\s*([+-]?)(.*?)\s*[$€£¥%]?$", re.DOTALL)
EXPONENT = r"(?:[eE][+-]?\d+)?"
FORMS = {
    ".": re.compile(rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,3}}(?:[ '’]\d{{3}})+|\d+)?(?:\.\d*)?{EXPONENT}"),
    ",": re.compile(rf"(?:\d{{1,3}}(?:\.\d{{3}})+|\d{{1,3}}(?:[ '’]\d{{3}})+|\d+)?(?:,\d*)?{EXPONENT}"),
}
FORMULA = ("", "=", "+", "-", "@", "\t", "\r")
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
# the first that fits all cells is taken; both orders of day and month are tried
DATES = (
    ("%Y-%m-%d",),
    ("%Y/%m/%d",),
    ("%Y-%m-%d %H:%M:%S",),
    ("%Y-%m-%d %H:%M",),
    ("%Y/%m/%d %H:%M",),
    ("%Y-%m-%dT%H:%M:%S",),
    ("ISO8601",),
    ("%d.%m.%Y",),
    ("%d.%m.%y",),
    ("%d.%m.%Y %H:%M",),
    ("%d.%m.%Y %H:%M:%S",),
    ("%m/%d/%Y", "%d/%m/%Y"),
    ("%m/%d/%y", "%d/%m/%y"),
    ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"),
    ("%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S"),
    ("%m-%d-%Y", "%d-%m-%Y"),
    ("%d-%b-%Y",),
    ("%d-%b-%y",),
    ("%d %b %Y",),
    ("%d %B %Y",),
    ("%b-%d-%Y",),
    ("%b %d %Y",),
    ("%b %d, %Y",),
    ("%B %d, %Y",),
    ("%b %Y",),
    ("%B %Y",),
    ("%Y-%m",),
    ("%H:%M",),
    ("%H:%M:%S",),
)
DATE_LIKE = re.compile(r"\d.*[-/.: ]|[A-Za-z]{3,9}\.?[- ]\d|[+-]?\d+-[A-Za-z]{3}")
DATE_WORD = re.compile(
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|\d{4}-\d{2}"
)
TRIED = 200  # cells on which a form of dates is tried before all are read


def is_blank(cell: Any) -> bool:
    """Whether nothing is written in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def is_missing(cell: Any) -> bool:
    """Whether a cell holds nothing."""
    if cell is None or (isinstance(cell, float) and cell != cell):
        return True
    return isinstance(cell, str) and cell.strip().lower() in MISSING


def number(word: str, decimal: str = ".") -> float | None:
    """The number that a word says under a decimal sign, infinite ones too; None where it says none."""
    text = word.strip().translate(SIGNS)
    if INFINITE.fullmatch(text):
        return float(text)
    around = AROUND.match(text)
    if around is None:
        return None
    sign, other, digits = around.groups()
    if sign and other or not re.match(r"[.,]?\d", digits) or not FORMS[decimal].fullmatch(digits):
        return None
    thousands = "," if decimal == "." else "."
    for mark in (thousands, " ", "'", "’"):
        digits = digits.replace(mark, "")
    return float(f"{sign}{other}{digits.replace(',', '.')}")


def numbers(words: Sequence[str], decimal: str = ".") -> tuple[list[float | None], str]:
    """The numbers of a column's distinct words, and the decimal sign that fits most of them.

    The given sign is tried first; the other one where it fits more.
    """
    found = {sign: [number(word, sign) for word in words] for sign in (decimal, "," if decimal == "." else ".")}
    fits = {sign: sum(value is not None for value in values) for sign, values in found.items()}
    best = max(fits, key=lambda sign: fits[sign])
    return found[best], best


def yes_no(words: Iterable[str]) -> tuple[str, str] | None:
    """The pair of words for no and yes, where a column has none but these."""
    found = {word.strip().lower() for word in words}
    return next((pair for pair in YES_NO if found and found <= set(pair)), None)


def dates(words: Sequence[str], forms: Sequence[tuple[str, ...]] = DATES) -> tuple[NDArray[np.datetime64], str] | None:
    """The dates of a column's distinct words and their form, "A or B" where both fit; None where they are none."""
    texts = [word.strip() for word in words]
    if not texts or (forms is DATES and not all(DATE_LIKE.match(text) and len(text) <= 40 for text in texts)):
        return None
    import pandas as pd

    def parsed(part: list[str], form: str) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = pd.to_datetime(part, format=form, errors="raise", utc=True)
            return found.tz_localize(None).to_numpy().astype("datetime64[s]")
        # a form that does not fit raises several kinds: ValueError, OutOfBoundsDatetime, TypeError, …
        except Exception:
            return None

    for same in forms:
        fitting = [form for form in same if parsed(texts[:TRIED], form) is not None]
        complete = [(form, values) for form in fitting if (values := parsed(texts, form)) is not None]
        if complete:
            return complete[0][1], " or ".join(form for form, _ in complete)
    return None


def is_date(cell: Any) -> bool:
    """Whether a spreadsheet's cell is a date or a time."""
    return isinstance(cell, (datetime.date, datetime.time, datetime.timedelta))


def sort_of(cell: Any) -> str:
    """What a cell is, for telling headers from data: "blank", "missing", "number", "date" or "word"."""
    if is_blank(cell):
        return "blank"
    if is_missing(cell):
        return "missing"
    if isinstance(cell, (bool, int, float)):
        return "number"
    if is_date(cell):
        return "date"
    return _sort_of_text(str(cell))


@lru_cache(maxsize=1 << 14)
def _sort_of_text(text: str) -> str:
    if number(text) is not None or number(text, ",") is not None:
        return "number"
    return "date" if DATE_WORD.fullmatch(text.strip()) else "word"


def shielded(text: str) -> str:
    """A text that a spreadsheet would take for a formula, or reading for no word, behind a quote; others bare."""
    return f"'{text}" if _needs_shield(text) else text


def guarded(text: str) -> str:
    """A text that a spreadsheet would take for a formula behind a quote, which reading takes away; all others bare."""
    bare = text.lstrip("'")
    return f"'{text}" if bare and bare[0] in FORMULA and sort_of(bare) != "number" else text


def unshielded(text: str) -> str:
    """What was shielded, as it was."""
    return text[1:] if text.startswith("'") and _needs_shield(text) else text


def _needs_shield(text: str) -> bool:
    bare = text.lstrip("'")
    return bare[:1] in FORMULA or is_missing(bare) or sort_of(bare) != "word"
