"""Which epochs a run keeps copies of, and how much memory they take."""

import itertools

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training import timeline
from playground.training.resuming import resume, to_saved
from playground.training.run import Run
from playground.training.timeline import Timeline, row_bytes, widths

TINY = {"samples": 20, "layers": (), "batch_size": 0, "dataset": "plane"}


def run_of(budget, epochs=1000, **knobs):
    return Run(Experiment(**TINY | {"epochs": epochs} | knobs), budget=budget)


def trained(budget, epochs=1000, **knobs):
    run = run_of(budget, epochs, **knobs)
    while not run.has_ended:
        run.advance(10**9)
    return run


def sizes(run):
    """Bytes of a copy, and of what a checkpoint has besides."""
    kept = run.timeline.growing.kept
    return row_bytes(kept.flats) + kept.clocks.itemsize, row_bytes(kept.rests)


def checkpoints(run):
    return [epoch for epoch in run.timeline.epochs if run.timeline.find(epoch).rest is not None]


@pytest.mark.parametrize("lengths", [[1], [7], [1, 2, 3, 500], [1000]], ids=str)
@pytest.mark.parametrize("budget", [700, 2000, 9000, 10**6])
def test_which_epochs_are_kept_does_not_depend_on_how_training_is_cut(lengths, budget):
    run, whole = run_of(budget, batch_size=4), trained(budget, batch_size=4)
    for length in itertools.cycle(lengths):
        if run.has_ended:
            break
        run.advance(length)
        if run.epoch in (63, 64, 65):
            assert trained(budget, run.epoch, batch_size=4).timeline.epochs == run.timeline.epochs
    assert run.timeline.epochs == whole.timeline.epochs
    for epoch in whole.timeline.epochs:
        one, other = run.timeline.find(epoch), whole.timeline.find(epoch)
        assert one.flat.tobytes() == other.flat.tobytes() and one.clock.tobytes() == other.clock.tobytes()
    for epoch in checkpoints(whole):
        assert run.timeline.find(epoch).rest.tobytes() == whole.timeline.find(epoch).rest.tobytes()


@pytest.mark.parametrize("epochs", [1, 2, 3, 15, 16, 17, 100, 1000])
def test_copies_are_evenly_spaced_and_the_last_is_near_the_end(epochs):
    run = trained(4000, epochs)
    stride = run.timeline.growing.stride
    assert run.timeline.epochs == list(range(stride, epochs + 1, stride))
    assert checkpoints(run) == list(range(2 * stride, epochs + 1, 2 * stride))


def test_the_spacing_doubles_when_the_memory_is_full():
    run = run_of(4000)
    strides = []
    while not run.has_ended:
        run.finish_epoch()
        strides.append(run.timeline.growing.stride)
    assert list(dict.fromkeys(strides)) == [2**n for n in range(strides[-1].bit_length())]
    assert strides[-1] > 32


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "amsgrad"])
@pytest.mark.parametrize("budget", [0, 1, 500, 3000, 40_000, 10**7])
def test_copies_never_take_more_than_the_budget(optimizer, budget):
    run = run_of(budget, optimizer=optimizer)
    most = 0
    while not run.has_ended:
        run.advance(17)
        most = max(most, run.timeline.nbytes)
        kept = run.timeline.growing.kept
        assert kept.flats.nbytes + kept.rests.nbytes + kept.clocks.nbytes <= budget
    assert most <= budget and (most > budget / 4 or budget in (0, 1, 10**7))


def test_a_copy_is_what_stood_at_its_epoch():
    run, flats = run_of(3000), {}
    while not run.has_ended:
        run.finish_epoch()
        flats[run.epoch] = run.state.net.weights.copy()
    assert len(run.timeline.epochs) > 3
    for epoch in run.timeline.epochs:
        found = run.timeline.find(epoch)
        assert found.epoch == epoch and found.clock["epoch"] == epoch
        assert np.array_equal(found.flat[: run.parameters], flats[epoch])


def test_a_budget_too_small_for_one_checkpoint_says_so_and_keeps_less():
    flat, rest = sizes(trained(10**6))
    less, enough = trained(flat + rest - 1), trained(flat + rest)
    assert "too few for one checkpoint" in less.timeline.note and enough.timeline.note == ""
    assert len(less.timeline.epochs) == len(enough.timeline.epochs) == 1
    assert not checkpoints(less) and checkpoints(enough)
    assert np.array_equal(less.at(999).weights["W0"], enough.at(999).weights["W0"])


def test_no_budget_keeps_nothing_and_every_epoch_is_had_all_the_same():
    run, whole = trained(0), trained(10**7)
    assert run.timeline.epochs == [] and run.timeline.nbytes == 0
    assert np.array_equal(run.at(777).weights["W0"], whole.at(777).weights["W0"])


def test_there_are_no_more_copies_than_are_noticed(monkeypatch):
    monkeypatch.setattr(timeline, "MOST", 40)
    assert 20 <= len(trained(10**9).timeline.epochs) <= 40


@pytest.mark.parametrize(("samples", "most"), [(20, 64), (800, 140)])
def test_copying_costs_less_and_less_as_a_run_grows_long(samples, most):
    run = run_of(10**9, 3000, samples=samples)
    while not run.has_ended:
        run.advance(13)
        part = run.timeline.growing
        assert part.count <= most * part.stride and (part.stride == 1 or part.count >= most * part.stride // 4)
    assert part.stride == 8


def test_a_file_with_more_copies_than_are_made_today_is_thinned_and_goes_on(monkeypatch):
    monkeypatch.setattr(timeline, "FEWEST", 1000)
    run = trained(10**6, 500)
    assert run.timeline.growing.stride == 1
    monkeypatch.undo()
    again = resume(run.experiment, *to_saved(run))
    again.adapt(again.experiment.change(epochs=1000))
    while not again.has_ended:
        again.advance(100)
    assert again.timeline.growing.stride == 4 and again.timeline.epochs == list(range(4, 1001, 4))


@pytest.mark.parametrize("budget", [20_000, 5000, 300, 0])
def test_what_is_put_aside_is_thinned_and_gives_memory_back(budget):
    run = trained(10**6)
    before = run.timeline.epochs
    run.keep_within(budget)
    assert run.timeline.nbytes <= budget and set(run.timeline.epochs) < set(before)
    assert sum(array.nbytes for array in run.timeline.growing.kept[:3]) <= budget
    assert np.array_equal(run.at(500).weights["W0"], trained(10**6).at(500).weights["W0"])


@pytest.mark.parametrize("budget", [5000, 0])
def test_a_run_taken_in_hand_again_goes_on_keeping(budget):
    run = trained(10**6, 500)
    run.keep_within(budget)
    run.keep_within(10**6)
    run.adapt(run.experiment.change(epochs=1000))
    while not run.has_ended:
        run.advance(10**9)
    assert run.timeline.epochs[-1] > 990
    whole = trained(10**6)
    for epoch in (*range(0, 500, 37), 499, 500, *range(501, 1001, 11)):
        assert np.array_equal(run.at(epoch).weights["W0"], whole.at(epoch).weights["W0"]), epoch


def test_parts_share_the_budget():
    run = trained(20_000, 500)
    for optimizer in ("sgd", "adam", "amsgrad", "rmsprop"):
        run.adapt(run.experiment.change(optimizer=optimizer, epochs=run.epoch + 500))
        while not run.has_ended:
            run.advance(100)
            assert run.timeline.nbytes <= 20_000
    assert [part.start for part in run.timeline.parts] == [0, 500, 1000, 1500, 2000]
    assert all(part.count for part in run.timeline.parts)


def test_copies_up_to_an_epoch_are_its_own():
    run = trained(10**6)
    part = run.timeline.until(400, run.state, 10**6)
    assert part.epochs == [epoch for epoch in run.timeline.epochs if epoch <= 400]
    assert not any(np.shares_memory(part.growing.kept.flats, one.kept.flats) for one in run.timeline.parts)


def test_a_checkpoint_of_early_stopping_holds_the_best_weights_too():
    flat, rest = widths(run_of(0).state)
    stopping = run_of(0, early_stopping=True)
    net = stopping.state.net
    assert widths(stopping.state) == (flat, rest + net.weights.size + net.moving.size)


def test_a_timeline_without_room_has_nothing_to_find():
    assert Timeline(run_of(0).state, 0).find(10) is None
