"""What tells one experiment from another, in a few words: "λ 1", "Adam → SGD", "+14 points"."""

from __future__ import annotations

from collections.abc import Iterable
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


def values(experiment: Experiment, names: Iterable[str]) -> str:
    """What an experiment has chosen for some knobs, among others that chose otherwise: "SGD", "L2, λ 0.1"."""
    declared = declarations()
    return ", ".join(_value(declared[name], getattr(experiment.resolved, name)) for name in names)


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
    if declared.choices:
        titles = _titles(declared)
        return f"{titles.get(before, before)} → {titles.get(after, after)}"
    return _value(declared, after)


def _titles(declared: Declaration) -> dict[str, str]:
    return {rule.key: rule.title for rule in declared.knob.rules}


def _value(declared: Declaration, value: Any) -> str:
    label = declared.knob.symbol or declared.knob.label.lower()
    if declared.choices:
        # "None" would not say what there is none of
        return f"{label} none" if value == "none" else _titles(declared).get(value, value)
    if declared.kind is bool:
        return f"{declared.knob.label.lower()} {'on' if value else 'off'}"
    if declared.kind is tuple:
        return f"layers {', '.join(map(str, value))}" if value else "no hidden layers"
    if value is None:
        return f"{label} {declared.knob.absent or 'none'}"
    if isinstance(value, str):
        return f"{label} {value or 'none'}"
    return f"{label} {value:g}" if declared.kind is float else f"{label} {value}"
