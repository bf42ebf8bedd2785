"""What a knob is, in words: the text of its tooltip."""

from __future__ import annotations

import html
import re

from playground.kernels.rules import Rule
from playground.model.experiment import Experiment
from playground.model.knobs import (
    CONVENTIONS,
    Declaration,
    accepted,
    declarations,
)
from playground.model.relevance import relevant
from playground.ui.scales import written


def describe(declared: Declaration, experiment: Experiment, muted: str) -> str:
    """A knob's tooltip: what it is, its formula with today's numbers, what it accepts, what a change does."""
    value = getattr(experiment.resolved, declared.name)
    symbol = (
        f" &nbsp;<span style='color:{muted}'>{html.escape(declared.knob.symbol)}</span>" if declared.knob.symbol else ""
    )
    parts = [f"<b>{html.escape(declared.knob.label)}</b>{symbol}", _rich(declared.knob.help)]
    chosen = next((rule for rule in declared.knob.rules if rule.key == value), None)
    if chosen is not None and chosen.help:
        parts.append(f"<b>{html.escape(chosen.title)}</b>: {_rich(chosen.help)}")
    formula = declared.knob.formula
    if formula:
        parts.append(f"<span style='font-family:monospace'>{_rich(formula)}</span>")
    numbers = _numbers_in(f"{formula} {chosen.help if chosen else ''}", declared, experiment)
    if numbers:
        parts.append(f"<span style='color:{muted}'>now {html.escape(numbers)}</span>")
    default = _default(declared, experiment)
    takes = f"Takes {_figured(accepted(declared.name))}." if not declared.choices else ""
    parts.append(f"<span style='color:{muted}'>{html.escape(f'{takes} Default: {default}.'.strip())}</span>")
    parts.append(f"<span style='color:{muted}'>{effect(declared)}</span>")
    return _column("<br><br>".join([*parts[:-2], "<br>".join(parts[-2:])]))


def describe_choice(rule: Rule) -> str:
    """The tooltip of one item of a menu."""
    return _column(_rich(rule.help)) if rule.help else ""


def plain(text: str) -> str:
    """A tooltip's text as it is: names in it, which may come from a file, are not taken for HTML."""
    return f"<span>{html.escape(text)}</span>".replace("\n", "<br>")


def _column(text: str) -> str:
    return f"<table width='320'><tr><td>{text}</td></tr></table>"  # a table, since only it has a width


def _rich(text: str) -> str:
    """A docstring as HTML. A hat follows its letter: drawn over it, DejaVu Sans has it on the line above."""
    hatted = re.sub(r"(\w)\u0302", "\\1ˆ", text.replace("``", ""))
    return html.escape(hatted, quote=False).replace("\n\n", "<br>")


def _figured(text: str) -> str:
    """Numbers as they are written elsewhere: thousands apart, and a true minus sign."""
    apart = re.sub(r"\d{5,}", lambda found: f"{int(found[0]):,}", text)
    return re.sub(r"(?<!\w)-(?=\d)", "−", apart)


def effect(declared: Declaration) -> str:
    """In words, what a change does to a run."""
    if declared.knob.new_weights:
        return "A change makes new weights: the run starts anew."
    if declared.knob.live:
        return "A change takes effect while training runs."
    return "A change starts the run anew."


def in_words(message: str) -> str:
    """A message of the model with the labels of the panel for the names of knobs and choices."""
    names = {name: declared.knob.label for name, declared in declarations().items()}
    head, colon, rest = message.partition(": ")
    text = f"{names[head]}: {rest}" if colon and head in names else message
    names |= {rule.key: rule.title for declared in declarations().values() for rule in declared.knob.rules}
    # a name without an underscore is a word of the sentence
    return re.sub(r"\b[a-z0-9]+(_[a-z0-9]+)+\b", lambda found: names.get(found[0], found[0]), text)


def _numbers_in(formula: str, declared: Declaration, experiment: Experiment) -> str:
    """The symbols of a formula that are knobs of the same group, with their values: "η = 0.01, β = 0.9"."""
    found = []
    shown = relevant(experiment)
    for other in declarations().values():
        symbol = other.knob.symbol
        value = getattr(experiment.resolved, other.name)
        if other.knob.group != declared.knob.group or other.name not in shown or not symbol or value is None:
            continue
        if re.search(rf"(?<!\w){re.escape(symbol)}(?!\w)", formula):
            found.append(f"{symbol} = {written(value)}")
    return ", ".join(found)


def _default(declared: Declaration, experiment: Experiment) -> str:
    base = experiment.knobs._replace(**{declared.name: declared.default})
    value = getattr(Experiment(base, experiment.data).resolved, declared.name)
    title = next((rule.title for rule in declared.knob.rules if rule.key == value), None)
    text = title or ("none" if value in (None, (), "") else written(value, declared.knob.unit))
    if not declared.optional or value is None:
        return text
    if declared.knob.follows:
        return f"{text}, as {declarations()[declared.knob.follows].knob.label}"
    convention = next(rule.title for rule in CONVENTIONS if rule.key == experiment.knobs.convention)
    return f"{text}, of the convention {convention}"
