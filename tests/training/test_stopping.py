"""A batch that takes long can be left in the middle, and no number depends on it."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from playground.kernels.network import GO_ON
from playground.model.experiment import Experiment
from playground.training.run import Run

# A batch is some hundred pieces.
WIDE = Experiment(samples=30_000, layers=(32,), batch_size=0, epochs=6, train_fraction=0.7)


def train(run, disturbs):
    """Train to the end; ``disturbs``: while another thread wants it to stop, again and again."""
    done = threading.Event()

    def disturb():
        while not done.is_set():
            run.stop()
            time.sleep(0.001 * np.random.default_rng().random())

    thread = threading.Thread(target=disturb)
    if disturbs:
        thread.start()
    stops = 0
    patience = time.monotonic() + 60
    while not run.has_ended and time.monotonic() < patience:
        before = run.updates, run.epoch
        run.burst(0.05)
        stops += before == (run.updates, run.epoch)
        if stops > 40:
            done.set()
    done.set()
    if disturbs:
        thread.join()
        run.go_on()
    return stops


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "nesterov", "dropout": 0.3},
        {"normalization": "batch", "batch_size": 5000},
        {"batch_size": 9000, "early_stopping": True, "penalty": "l1", "penalty_strength": 1.0},
    ],
)
def test_a_run_that_is_stopped_in_its_batches_comes_to_the_same_numbers(changes):
    plain, disturbed = Run(WIDE.change(**changes)), Run(WIDE.change(**changes))
    train(plain, disturbs=False)
    stops = train(disturbed, disturbs=True)
    assert disturbed.has_ended and (stops or "normalization" in changes)
    assert np.array_equal(plain.state.net.weights, disturbed.state.net.weights)
    assert np.array_equal(plain.state.net.moving, disturbed.state.net.moving)
    kept = slice(0, 8)  # all but the seconds
    assert np.array_equal(plain.history.rows[:, kept], disturbed.history.rows[:, kept], equal_nan=True)
    assert repr(plain.scores()) == repr(disturbed.scores())  # a set that is empty has NaN


def test_one_that_is_wanted_to_stop_makes_no_update_and_the_next_call_does():
    run = Run(WIDE)
    run.stop()
    assert run.advance(1) == 0 and run.updates == 0
    assert run.state.net.wish[0] == GO_ON
    run.finish_epoch()
    assert run.epoch == 1


def test_its_past_and_its_scores_are_whole_though_somebody_wants_it_to_stop():
    run = Run(WIDE)
    for _ in range(2):
        run.finish_epoch()
    scores, past = repr(run.scores()), repr(run.at(1).scores())
    run.stop()
    assert repr(run.scores()) == scores and repr(run.at(1).scores()) == past


@pytest.mark.skipif(os.name != "posix", reason="signals are sent to a process on POSIX systems only")
def test_an_interrupt_from_the_keyboard_is_heard_in_the_middle_of_a_batch():
    run = Run(WIDE.change(samples=400_000, layers=(256, 256)))  # some seconds a batch
    run.updates_per_second = 0.1
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run.finish_epoch()
    assert run.updates == 0
    assert signal.set_wakeup_fd(-1) == -1
