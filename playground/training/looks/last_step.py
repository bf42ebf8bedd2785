"""The weights as they stood before the last update: training keeps them, for it may have to go back."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from playground.training.past import BURST, Past, Replay, as_it_stood
from playground.training.run import Run
from playground.training.snapshot import DIVERGED
from playground.training.state import State

LONGEST = 0.2  # seconds of training again; a last step that takes longer is not told


def weights_before(run: Run | Past) -> NDArray[Any] | None:
    """(parameters,) before the last update; None before the first one, or where it is not known.

    Of a past its last epochs are trained again. Raises RuntimeError in a thread that is not the run's own.
    """
    run.check_thread()
    if run.status == DIVERGED:
        return None  # the last update was taken back
    if isinstance(run, Run):
        return _kept(run.state) if run.updates > run.taken_up else None
    known = run.remembered.get("weights before")
    if known is None or known[0] != run.epoch:
        known = run.remembered["weights before"] = run.epoch, _had_again(run)
    found: NDArray[Any] | None = known[1]
    return found


def _kept(state: State) -> NDArray[Any]:
    kept: NDArray[Any] = state.store.last_weights[(int(state.clock["update"]) - 1) % 2].copy()
    return kept


def _had_again(past: Past) -> NDArray[Any] | None:
    """From the last checkpoint before the epoch."""
    if not past.epoch:
        return None
    run = past.whole
    found = run.timeline.find(past.epoch - 1, is_whole=True)
    begun = found.epoch if found is not None else 0
    if (past.epoch - begun) * past.batches > LONGEST * run.updates_per_second:
        return None
    replay = Replay(as_it_stood(run, found), run.stages, run.updates_per_second)
    while not replay.train(past.epoch, BURST):
        pass
    return _kept(replay.state) if replay.epoch == past.epoch else None
