"""What matters for an experiment: knobs and choices that would do nothing on its data or in its network are not shown.

Rows name what they need (``needs``); here is what each of those names means.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from playground.model import knobs
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declarations

NEEDS: dict[str, Callable[[Experiment], bool]] = {
    "classes": lambda experiment: experiment.points.is_classification,
    "values": lambda experiment: not experiment.points.is_classification,
    "images": lambda experiment: bool(experiment.points.image),
    "columns": lambda experiment: not experiment.points.image,
    "two_features": lambda experiment: experiment.points.features > 1,
    "hidden_layers": lambda experiment: bool(experiment.knobs.layers),
    "own_points": lambda experiment: experiment.data is not None,
}


def is_met(experiment: Experiment, needs: Iterable[str]) -> bool:
    """Whether data and network have all that a row needs."""
    return all(NEEDS[need](experiment) for need in needs)


def met(experiment: Experiment) -> frozenset[str]:
    """All needs that data and network meet."""
    return frozenset(name for name, is_so in NEEDS.items() if is_so(experiment))


def relevant(experiment: Experiment) -> frozenset[str]:
    """The names of the knobs that make a difference for what is chosen, on these data."""
    declared = declarations()
    idle = {name for name in declared if not is_met(experiment, declared[name].knob.needs)}
    # What does nothing brings no further knobs along: it counts as off, which of a choice is the first.
    off = {name: (*declared[name].choices, declared[name].kind())[0] for name in idle}
    return knobs.relevant(experiment.knobs._replace(**off)) - idle


def check_varied(experiment: Experiment, vary: Mapping[str, Sequence[Any]]) -> None:
    """Raise KnobError where a knob's values would make no difference, whatever those of the others."""
    idle = set(vary)
    for combination in itertools.product(*(_deciding(name, values) for name, values in vary.items())):
        idle -= relevant(experiment.change(**dict(zip(vary, combination))))
        if not idle:
            return
    name, readers = min(idle), " or ".join(_readers(min(idle)))
    told = f"--vary: nothing reads {name} as the other knobs are, so that all its runs would be the same"
    raise KnobError(told + (f"; it matters with {readers}" if readers else ""))


def _readers(name: str) -> Iterator[str]:
    """What another knob must be for this one to matter: "optimizer adam, adamw"."""
    for other, declared in declarations().items():
        if name in declared.knob.reads:
            yield f"{other} on" if declared.kind is bool else other
        if rules := [rule.key for rule in declared.knob.rules if name in rule.reads]:
            yield f"{other} {', '.join(rules)}"


def _deciding(name: str, values: Sequence[Any]) -> list[Any]:
    """Those of a knob's values that differ in which knobs matter under them."""
    reads = {rule.key: rule.reads for rule in declarations()[name].knob.rules}
    return list({value if name == "dataset" else (bool(value), reads.get(value)): value for value in values}.values())


def offered(experiment: Experiment, name: str) -> tuple[str, ...]:
    """The choices of a knob that suit the data, and the present one."""
    present = getattr(experiment.knobs, name)
    rules = declarations()[name].knob.rules
    return tuple(rule.key for rule in rules if rule.key == present or is_met(experiment, rule.needs))
