"""What a kernel is told besides arrays: the chosen rules as whole numbers, and the rates.

Each is one record, so that a kernel receives an address instead of sixty numbers. The knobs stand in them under their
own names: a choice as its place in its table, a switch as 0 or 1 (training/state.py).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Self, TypeAlias

import numpy as np

# The conventions, by the number that ``rules.convention`` is.
CONVENTIONS = ("lecture", "keras", "pytorch")
LECTURE, KERAS, PYTORCH = range(len(CONVENTIONS))


class Settings(np.record):  # type: ignore[misc]  # only NumPy calls it final
    """Numbers by name that never change, in one piece of memory: whole ones as int64, others as float64."""

    def __new__(cls, **named: float) -> Self:
        array = np.zeros(1, _layout(tuple(named), tuple(map(type, named.values()))))
        array[0] = tuple(named.values())
        array.flags.writeable = False
        record: Self = array[0]
        return record

    # NumPy's own looks for a field last, and at what it is: that takes ten times as long.
    __getattribute__ = np.void.__getattribute__
    __getitem__ = np.void.__getitem__  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except ValueError:
            raise AttributeError(name) from None

    def _replace(self, **named: float) -> Self:
        """A copy with some values changed, as whole numbers or real ones, whichever they were."""
        array = np.zeros(1, self.dtype)
        array[0] = self
        if unknown := named.keys() - set(self.dtype.names or ()):
            raise TypeError(f"there is no {', '.join(unknown)}; there are {', '.join(self.dtype.names or ())}")
        for name, value in named.items():
            array[name] = value
        array.flags.writeable = False
        record: Self = array[0]
        return record


@lru_cache
def _layout(names: tuple[str, ...], kinds: tuple[type, ...]) -> Any:
    """The type of such a record; making it takes longer than filling it."""
    pairs = zip(names, kinds, strict=True)
    return np.dtype((Settings, [(name, np.float64 if kind is float else np.int64) for name, kind in pairs]))


Rules: TypeAlias = Settings  # choices, switches and whole numbers
Rates: TypeAlias = Settings  # real numbers
