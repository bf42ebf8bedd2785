"""The rows of the program's tables: what a menu offers, what a help text tells, and what kernels choose between."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Rule:
    """A choice in a menu: stored by ``key``, shown as ``title``, told by the function's docstring.

    A table whose rows hold more than this has a row class of its own, made from this one.
    """

    key: str
    title: str
    function: Callable[..., Any] | None = None
    reads: tuple[str, ...] = ()  # the knobs that matter once this is chosen
    needs: tuple[str, ...] = ()  # what data and network must have (model/relevance.py); else it is not offered
    text: str = ""  # its help, where there is no function
    alias: bool = False  # it stands for another row, and trains as that one does

    @property
    def help(self) -> str:
        """What the rule does, its formula first: the function's docstring, unindented."""
        lines = (self.text or getattr(self.function, "__doc__", "") or "").strip().splitlines()
        return "\n".join(line.strip() for line in lines)


class Knob(NamedTuple):
    """What the program knows of one knob besides its type and default."""

    label: str
    group: str
    help: str
    symbol: str = ""
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False  # low itself is not accepted
    open_high: bool = False
    log: bool = False  # dragged on a logarithmic scale
    unit: str = ""
    formula: str = ""
    rules: tuple[Rule, ...] = ()  # the choices, with what each of them reads
    reads: tuple[str, ...] = ()  # further knobs that matter once this one is on
    needs: tuple[str, ...] = ()  # what data and network must have (model/relevance.py); else it does nothing
    new_weights: bool = False  # a change needs new weights: the run starts again
    live: bool = False  # may change while training runs
    main: bool = True  # shown at once; otherwise behind "more"
    absent: str = ""  # what None means, where it is not the convention's default
    tidy: Callable[[str], str] | None = None  # of a text: checks it, raising ValueError, and returns its plain form


def position(rules: tuple[Any, ...], key: str) -> int:
    """The number by which kernels know a rule: its place in its table."""
    return next(number for number, rule in enumerate(rules) if rule.key == key)
