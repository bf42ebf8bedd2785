"""What tells one experiment from another, in a few words: "λ 1", "Adam → SGD", "+14 points"."""

from __future__ import annotations

from typing import Any

from playground.model.experiment import Experiment
from playground.model.knobs import Declaration, declarations

MOST = 2  # differences that are named; the others are counted
SAME = "again"


def difference(old: Experiment, new: Experiment) -> str:
    """In what the new experiment differs from the old one; "again" where it does not."""
    found = [declared] if (declared := _points(old, new)) else []
    for name, declaration in declarations().items():
        before, after = getattr(old.knobs, name), getattr(new.knobs, name)
        if before == after or name == "dataset" and (old.data is not None or new.data is not None):
            continue
        found.append(_change(declaration, getattr(old.resolved, name), getattr(new.resolved, name)))
    more = len(found) - MOST
    return (", ".join(found[:MOST]) + (f" and {more} more" if more > 0 else "")) or SAME


def _points(old: Experiment, new: Experiment) -> str:
    """How the points differ, where they are somebody's own."""
    if old.data is None and new.data is None or old.data == new.data:
        return ""
    before, after = old.points, new.points
    if before.features != after.features or before.is_classification != after.is_classification:
        return "other data"
    more = after.samples - before.samples
    if not more:
        return "other points"
    return f"{'+' if more > 0 else '−'}{abs(more)} point{'' if abs(more) == 1 else 's'}"


def _change(declared: Declaration, before: Any, after: Any) -> str:
    label = declared.knob.symbol or declared.knob.label.lower()
    if declared.choices:
        titles = {rule.key: rule.title for rule in declared.knob.rules}
        return f"{titles.get(before, before)} → {titles.get(after, after)}"
    if declared.kind is bool:
        return f"{declared.knob.label.lower()} {'on' if after else 'off'}"
    if declared.kind is tuple:
        return f"layers {', '.join(map(str, after))}" if after else "no hidden layers"
    if after is None:
        return f"{label} {declared.knob.absent or 'none'}"
    if isinstance(after, str):
        return f"{label} {after or 'none'}"
    return f"{label} {after:g}" if declared.kind is float else f"{label} {after}"
