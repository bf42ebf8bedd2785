"""How far a long piece of work has come, and how it is given up: whoever works reports between two pieces."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]  # is told the share that is done, 0 to 1; raises CancelledError to have it given up


class CancelledError(Exception):
    """Work was given up because nobody wants it any more; what it began is taken back."""


def silent(share: float) -> None:
    """Where nobody watches."""


def portion(progress: Progress, start: float, end: float) -> Progress:
    """The progress of a part that goes from one share of the whole to another."""
    return lambda share: progress(start + (end - start) * share)
