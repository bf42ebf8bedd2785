"""What takes long is looked at now and then while a run trains at full speed; between, the older answer will do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from playground.training.standing import Standing

SHARE = 0.03  # of the time that such looks may take at full speed
LONGEST = 0.05  # seconds: what takes longer would be felt


class Answer(NamedTuple):
    """The last one. due: when the next may be had; seconds: that it took; key: of what was asked."""

    due: float
    seconds: float
    key: Any
    value: Any


def sparingly(run: Standing, name: str, key: Any, is_hurried: bool, look: Callable[[], Any]) -> Any:
    """What a look finds, or in a hurry an older answer to the same question; None where it would take too long."""
    last: Answer | None = run.remembered.get(("answer", name))
    if is_hurried and last is not None:
        if last.key == key and time.perf_counter() < last.due:
            return last.value
        if last.seconds > LONGEST:
            return None
    began = time.perf_counter()
    value = look()
    seconds = time.perf_counter() - began
    run.remembered["answer", name] = Answer(began + seconds / SHARE, seconds, key, value)
    return value
