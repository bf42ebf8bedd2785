"""What goes between the window and the threads that train: wishes in, letters out. Each bears its run's number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from playground.model.experiment import Experiment
from playground.training.run import Run
from playground.training.snapshot import NOTHING, Snapshot
from playground.training.timeline import RUN_BYTES

NO_RUN = 0  # the number on a letter about the engine; runs count from 1


class Pace(NamedTuple):
    """How fast to train, for the eye: so many epochs or updates a second; 0 is as fast as it goes."""

    number: float = 0.0
    unit: str = "epoch"  # or "update"


class Wish(NamedTuple):
    """All that a trainer is asked for; each wish is complete, so only the newest counts.

    run: the number of the run to work on, a new one for each; its experiment may change by live knobs.
    experiment: None leaves the run in hand. make: how the run is had, in its own thread, where there is none yet.
    steps, updates: how many single epochs and updates have been asked for since the run began.
    looks: what snapshots must show, a request for each key of a view (views.py).
    at: a past epoch to look back at, while nothing is trained; None shows the run as it stands.
    until: the epoch at which a run that plays waits for others. budget: bytes for what the run keeps of its past.
    """

    run: int
    experiment: Experiment | None
    make: Callable[[Experiment], Run] = Run
    is_playing: bool = False
    steps: int = 0
    updates: int = 0
    pace: Pace = Pace()
    looks: Mapping[str, Any] = NOTHING
    at: int | None = None
    until: int | None = None
    budget: int = RUN_BYTES


class Letter(NamedTuple):
    """News of the run of that number: a snapshot, or the error that ended the work on it."""

    run: int
    snapshot: Snapshot | None
    error: Exception | None = None
