"""Runs that draw, remember and are changed on the way, and what it takes to say that two of them are the same."""

from __future__ import annotations

import json

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training import resuming
from playground.training.past import copied
from playground.training.run import Run

EPOCHS = 40
FAST = {"samples": 60, "layers": (4,), "epochs": EPOCHS, "batch_size": 8, "noise": 0.3, "learning_rate": 0.02}
DRAWING = {"dropout": 0.2, "augment": True, "augment_jitter": 0.1}
STOPPING = {"early_stopping": True, "patience": 8, "layers": (16,), "samples": 40, "noise": 0.5, "epochs": 200}
FEW = 4000  # bytes for the past: a handful of copies, so that most epochs are trained again
LIVE = {
    0: {"learning_rate": 0.03},
    7: {"learning_rate": 0.1, "dropout": 0.4},
    8: {"penalty": "l2"},
    19: {"penalty_strength": 0.5},
    23: {"batch_size": 20},
}


def experiment(**knobs):
    return Experiment(**FAST | DRAWING | knobs)


def trained(whole, until=None, changes=None, budget=FEW, by=None):
    """A run with changes on the way, to its end or to an epoch; ``by``: updates in a call."""
    changes, run = dict(changes or {}), Run(whole, budget=budget)
    end = whole.knobs.epochs if until is None else until
    while run.epoch < end:
        if run.epoch in changes:
            run.adapt(run.experiment.change(**changes.pop(run.epoch)))
        if run.has_ended:
            break
        goal = min([epoch for epoch in changes if epoch > run.epoch] + [end])
        run.advance(min(by or 10**6, (goal - run.epoch) * run.batches - int(run.state.clock["batch"])))
    return run


def bits(standing):
    """Every bit of what stands, weights that were put back apart, and the history but for the time that it took."""
    state = standing.state
    found = copied(state)
    flags = (standing.epoch, standing.updates, standing.status, standing.best_epoch)
    parts = [repr(flags), found.flat.tobytes(), found.clock.tobytes(), standing.history.rows[:, :-1].tobytes()]
    return parts + [array.tobytes() for array in standing.initial]


def assert_same(run, whole, epochs, changes=None):
    for epoch in epochs:
        fresh = trained(whole, epoch, changes)
        found = run.at(epoch)
        assert bits(found) == bits(fresh), f"epoch {epoch} of {run.epoch}"
        if fresh.restored_epoch is None:
            assert found.scores() == pytest.approx(fresh.scores(), rel=0, abs=0, nan_ok=True)
            assert np.array_equal(found.predict(np.eye(2)), fresh.predict(np.eye(2)))


def reopened(run, budget=None):
    arrays, info = resuming.to_saved(run)
    if budget is not None:
        arrays = {name: array for name, array in arrays.items() if not name.startswith("past")}
        info.pop("past")
    return resuming.resume(run.experiment, arrays, json.loads(json.dumps(info)))
