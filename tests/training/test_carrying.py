"""What a run takes along into other knobs, and what begins anew there."""

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.run import Run
from tests.again import STOPPING, experiment, trained

WATCHED = ("wait", "best_epoch", "has_best", "best")
PLATEAU = ("plateau_wait", "plateau_best", "plateau_factor")


def clock(run, names):
    return [run.state.clock[name].item() for name in names]


def changed(run, **knobs):
    run.adapt(run.experiment.change(**knobs))
    return run


def test_another_optimizer_begins_with_a_memory_of_its_own():
    run = trained(experiment(optimizer="nadam", convention="keras"), 10)
    assert run.state.store.slots.any() and clock(run, ["since", "product"])[1] < 1
    changed(run, optimizer="sgd")
    run.finish_epoch()
    changed(run, optimizer="nadam")
    assert not run.state.store.slots.any()
    assert clock(run, ["since", "product"]) == [run.updates, 1]


def test_the_same_optimizer_in_another_convention_begins_anew():
    run = changed(trained(experiment(optimizer="momentum"), 10), convention="pytorch")
    assert not run.state.store.slots.any() and clock(run, ["since"]) == [run.updates]


def test_the_same_optimizer_keeps_its_memory():
    run = trained(experiment(optimizer="adam"), 10)
    slots = run.state.store.slots.copy()
    changed(run, batch_size=5, activation="tanh")
    assert np.array_equal(run.state.store.slots, slots) and clock(run, ["since"]) == [0]


@pytest.mark.parametrize("change", [{"monitor": "train_loss"}, {"loss": "squared"}, {"start_from_epoch": 50}], ids=str)
def test_early_stopping_that_watches_something_else_begins_anew(change):
    run = trained(experiment(**STOPPING), 8)
    assert clock(run, ["has_best"]) == [1]
    assert clock(changed(run, **change), WATCHED) == [0, 0, 0, 0]


@pytest.mark.parametrize("change", [{"patience": 30}, {"min_delta": 0.1}, {"optimizer": "sgd"}], ids=str)
def test_early_stopping_goes_on_watching_the_same(change):
    run = trained(experiment(**STOPPING), 8)
    before, best = clock(run, WATCHED), run.state.store.best_weights.copy()
    assert clock(changed(run, **change), WATCHED) == before and best.any()
    assert np.array_equal(run.state.store.best_weights, best)


@pytest.mark.parametrize(("monitor", "has_best"), [("val_loss", 0), ("train_loss", 0), ("val_metric", 1)])
def test_losses_with_another_penalty_are_no_best_to_beat(monitor, has_best):
    run = trained(experiment(**STOPPING, penalty="l2", monitor=monitor), 8)
    assert clock(run, ["has_best"]) == [1]
    assert clock(changed(run, penalty_strength=3.0), ["has_best"]) == [has_best]


def lowered():
    """A run whose rate a plateau has lowered."""
    run = trained(experiment(schedule="plateau", schedule_patience=1, learning_rate=0.5), 40)
    assert clock(run, ["plateau_factor"])[0] < 1
    return changed(run, epochs=80)


def test_the_plateau_of_another_loss_begins_anew():
    assert clock(changed(lowered(), loss="squared"), PLATEAU) == [0, np.inf, 1]


def test_the_plateau_of_the_same_loss_goes_on():
    run = lowered()
    before = clock(run, PLATEAU)
    assert clock(changed(run, schedule_patience=5), PLATEAU) == before


def test_what_is_the_same_is_no_change():
    run = trained(experiment(), 3)
    run.advance(2)
    run.adapt(experiment())
    assert run.is_in_epoch and run.changes == [] and len(run.stages) == 1


@pytest.mark.parametrize("size", [300, 700, 0])
def test_a_larger_batch_has_the_room_that_batch_statistics_need(size):
    knobs = {"samples": 1000, "layers": (16,), "normalization": "batch", "optimizer": "sgd", "shuffle": False}
    small, large = (Experiment(batch_size=batch, epochs=6, **knobs) for batch in (8, size))
    run = Run(small)
    for _ in range(2):
        run.finish_epoch()
    begun = Run(large, {name: np.array(array) for name, array in run.weights.items()})
    run.adapt(large)
    for one in (run, begun):
        one.finish_epoch()
    for name, array in begun.weights.items():
        assert np.array_equal(run.weights[name], array), name
