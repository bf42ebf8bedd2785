"""What a run is, however far it has come: what it began with, and what was changed on the way."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from playground.training.past import Stage
from playground.training.run import Run


class Story(NamedTuple):
    """Equal for runs that repeat each other. weights: a digest of the first ones. stages: see ``stages``."""

    weights: bytes
    stages: tuple[Stage, ...]


def story(run: Run) -> Story:
    """The story of a run so far."""
    digest = hashlib.sha256()
    for array in run.initial:
        digest.update(array.tobytes())
    return Story(digest.digest(), tuple(stages(run)))


def stages(run: Run) -> list[Stage]:
    """The experiment that a run began with, and its changes, without those that were taken back at once."""
    found: list[Stage] = []
    for stage in run.stages:
        last = found[-1] if found else None
        if last is not None and last.epoch == stage.epoch and not last.experiment.needs_new_run(stage.experiment):
            found.pop()
        if not found or found[-1].experiment != stage.experiment:
            found.append(stage)
    return found


def size(run: Run) -> int:
    """Bytes that a run takes; those of a long history are on the disk (model/spool.py)."""
    return run.timeline.nbytes + run.history.rows.nbytes + run.norms.rows.nbytes + _bytes_of(run.state)


def _bytes_of(thing: Any) -> int:
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    return sum(map(_bytes_of, thing)) if isinstance(thing, tuple) else 0
