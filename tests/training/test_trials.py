"""A remedy that is tried: where it sets in, and what came of it."""

import math

import numpy as np
import pytest

from playground.kernels.columns import COLUMNS
from playground.model.experiment import Experiment
from playground.training.past import Stage
from playground.training.snapshot import DIVERGED, FINISHED, TRAINING, Snapshot, Verdict
from playground.training.trials import outcome, sets_in

SMALL = Experiment(epochs=100)


def told(losses, experiment=SMALL, cause=None, status=FINISHED, penalty=0.0, **more):
    """A run of these validation losses, the penalty included."""
    history = np.zeros((len(losses), len(COLUMNS)))
    history[:, COLUMNS.index("epoch")] = np.arange(1, len(losses) + 1)
    history[:, COLUMNS.index("val_loss")] = losses
    history[:, COLUMNS.index("data_loss")] = 0.5
    history[:, COLUMNS.index("penalty")] = penalty
    verdict = Verdict("overfit", "overfitting", cause=cause)
    best = int(np.argmin(losses)) + 1 if len(losses) else None
    fields = {"stopped_epoch": None, "restored_epoch": None, **more}
    return Snapshot(
        run=1, epoch=len(losses), status=status, history=history, best_epoch=best, verdict=verdict, seconds=0.0,
        parameters=1, experiment=experiment, stages=(Stage(0, experiment),), **fields,
    )  # fmt: skip


LOSSES = (0.5, 0.3, 0.4, 0.8)


# where it sets in


@pytest.mark.parametrize(
    ("cause", "changes", "expected"),
    [
        ("too_complex", {"dropout": 0.5}, 2),
        ("too_complex", {"layers": (5,)}, None),
        ("still_learning", {"epochs": 400}, 4),
        ("broke", {"learning_rate": 0.001}, None),
        ("dead_units", {"learning_rate": 0.001}, None),
        ("too_few_points", {"samples": 400}, None),
    ],
)
def test_a_remedy_sets_in_where_its_cause_and_the_weights_let_it(cause, changes, expected):
    assert sets_in(told(LOSSES, cause=cause), SMALL.change(**changes)) == expected


def test_a_remedy_sets_in_at_the_epoch_that_is_looked_at():
    assert sets_in(told(LOSSES, cause="too_complex", looked=3), SMALL.change(dropout=0.5)) == 3


def test_where_no_epochs_are_left_it_begins_anew():
    snapshot = told(LOSSES, SMALL.change(epochs=4), "rate_too_low")
    assert sets_in(snapshot, SMALL.change(epochs=4, learning_rate=0.1)) is None


# what came of it


def test_an_outcome_compares_what_stands_and_the_lowest_since_it_branched_off():
    mended = told((0.5, 0.3, 0.6, 0.35), SMALL.change(dropout=0.5))
    found = outcome(told(LOSSES), mended, branched=2)
    assert found.which == "validation" and not found.is_open and not found.is_bare
    assert found.standing == (0.8, 0.35) and found.standing.gain == pytest.approx(-0.45)
    assert found.best == (0.3, 0.35)


def test_restored_weights_are_those_that_stand():
    found = outcome(told(LOSSES), told(LOSSES, SMALL.change(early_stopping=True), restored_epoch=2), branched=2)
    assert found.standing == (0.8, 0.3)


def test_losses_are_compared_without_the_penalty():
    found = outcome(told(LOSSES), told((0.5, 0.4), SMALL.change(penalty="l2"), penalty=0.1))
    assert found.is_bare and found.standing.after == pytest.approx(0.3)


def test_where_no_point_validates_training_is_compared():
    nan = [math.nan] * 3
    found = outcome(told(nan), told(nan, status=TRAINING))
    assert (found.which, found.standing, found.is_open) == ("training", (0.5, 0.5), True)


def test_a_run_that_broke_has_an_infinite_loss():
    found = outcome(told((0.5, math.nan), status=DIVERGED), told(LOSSES))
    assert found.standing == (math.inf, 0.8) and found.best == (0.5, 0.3)


@pytest.mark.parametrize("changes", [{"seed": 3}, {"samples": 400}, {"loss": "squared"}, {"train_fraction": 0.5}])
def test_other_points_or_another_loss_are_not_compared(changes):
    assert outcome(told(LOSSES), told(LOSSES, SMALL.change(**changes))) is None


def test_a_branch_without_an_epoch_of_its_own_has_no_outcome():
    assert outcome(told(LOSSES), told(LOSSES[:2]), branched=2) is None
