"""A run that branches off from another at any of its epochs."""

from __future__ import annotations

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.carrying import restarts
from playground.training.past import again
from playground.training.run import Run
from playground.training.timeline import RUN_BYTES


def branch(run: Run, epoch: int, experiment: Experiment | None = None, budget: int = RUN_BYTES) -> Run:
    """A run of its own with the same weights, optimizer state, batches and draws up to an epoch, then changed.

    experiment: what it goes on as; None: as what the run itself did. What must begin anew on the way is told by
    carrying.restarts. Raises KnobError or DataError where that is the whole run, ValueError where the epoch has not
    been completed. The run itself is untouched.
    """
    if not 0 <= epoch <= run.epoch:
        raise ValueError(f"epoch {epoch} of a run that has completed {run.epoch}; the start is 0")
    stages = [stage for stage in run.stages if stage.epoch < epoch] or run.stages[:1]
    if experiment is not None and (needed := restarts(stages[-1].experiment, experiment)).run:
        raise KnobError(needed.text)
    replay = again(run, epoch, run.timeline.find(epoch, is_whole=True))
    while not replay.train(epoch, 1.0):
        pass
    child = Run(replay.state.experiment, budget=0, state=replay.state)
    child.initial = run.initial
    child.history, child.norms = run.history.first(epoch), run.norms.first(epoch)
    child.seconds = child.history.seconds
    child.stages, child.foreign = stages, min(run.foreign, epoch)
    child.changes = [change for change in run.changes if change[0] < epoch]
    if run.penalty_epoch:
        child.history.compare_from(child.penalty_epoch)
    child.timeline = run.timeline.until(epoch, child.state, budget)
    child.updates_per_second = run.updates_per_second
    if experiment is not None and experiment != child.experiment:
        child.adapt(experiment)
    return child
