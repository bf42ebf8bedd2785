"""A scene: all that a panel draws from."""

from __future__ import annotations

from typing import Any, NamedTuple

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.training.snapshot import Snapshot


class Scene(NamedTuple):
    """What is chosen, and the run in hand as it stands.

    data: the points, each in its set; None where they could not be dealt yet.
    snapshot: None where nothing is known of the run.
    """

    experiment: Experiment
    data: Dataset | None = None
    snapshot: Snapshot | None = None

    def seen(self, key: str) -> Any:
        """What the run's thread saw by the view of that key; None before it has looked."""
        return self.snapshot.seen.get(key) if self.snapshot is not None else None
