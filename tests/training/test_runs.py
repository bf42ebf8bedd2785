"""Runs side by side: what is filed, kept, named and brought back."""

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training import runs as module
from playground.training.run import Run
from playground.training.runs import COLOURS, MOST_FILED
from playground.training.story import size, story
from playground.training.timeline import FILED_BYTES
from tests.at_once import made, run_of, without_threads

__all__ = ["without_threads"]
FAST = Experiment(samples=30, layers=(3,), epochs=10, batch_size=8)


def hear(runs):
    """Take letters until there are none."""
    while runs.take():
        for entry in runs:
            entry.trainer.ask(None)


def train(runs, epochs=1):
    entry = runs.hand
    entry.ask(steps=entry.wish.steps + max(0, epochs - entry.epoch))
    hear(runs)
    return entry


def begun(runs, experiment=FAST, epochs=1, **more):
    runs.begin(experiment, **more)
    return train(runs, epochs)


def branched(runs, parent, epoch, experiment):
    entry = runs.branch(parent.number, epoch, experiment)
    entry.trainer.ask(entry.wish)
    hear(runs)
    return entry


def test_a_new_run_files_the_one_in_hand():
    runs = made()
    first, second = begun(runs), begun(runs, FAST.change(layers=(4,)))
    assert runs.hand is second and runs.filed == [first] and runs.ghost is first
    assert second.parent == first.number and first.parent is None


def test_a_run_without_an_epoch_is_not_filed_and_leaves_no_trace():
    runs = made()
    first = begun(runs)
    runs.begin(FAST.change(seed=1))
    third = runs.begin(FAST.change(layers=(5,)))
    assert runs.filed == [first] and (third.parent, third.name) == (first.number, "layers 5")


def test_a_width_dragged_through_ten_values_files_one_run():
    runs = made()
    first = begun(runs)
    for width in range(4, 14):
        begun(runs, FAST.change(layers=(width,)), replaces=width > 4)
    assert runs.filed == [first] and (runs.hand.name, runs.hand.parent) == ("layers 13", first.number)


def test_a_trainer_whose_run_was_given_up_trains_the_next_and_a_filed_run_keeps_its_own():
    runs = made()
    first = runs.begin(FAST)
    second = begun(runs, FAST.change(seed=1))
    assert second.trainer is first.trainer
    assert begun(runs, FAST.change(seed=2)).trainer is not second.trainer


def test_what_cannot_be_trained_files_what_was():
    runs = made()
    first = begun(runs)
    runs.begin(None)
    assert runs.filed == [first] and runs.hand.experiment is None
    assert begun(runs).parent == first.number


def test_what_is_put_aside_is_thinned_and_in_hand_again_has_its_room():
    runs = made()
    first = begun(runs, epochs=10)
    begun(runs, FAST.change(seed=1))
    assert run_of(first).timeline.budget == FILED_BYTES
    runs.bring_back(first.number)
    assert run_of(first).timeline.budget == module.RUN_BYTES


def test_an_undo_brings_the_run_back_with_all_its_epochs():
    runs = made()
    first, second = begun(runs, epochs=7), begun(runs, FAST.change(layers=(4,)))
    found = runs.find(FAST)
    assert found is first and runs.bring_back(found.number) is first
    assert runs.hand is first and runs.filed == [second] and first.epoch == 7
    train(runs, 10)
    fresh = Run(FAST)
    while not fresh.has_ended:
        fresh.finish_epoch()
    assert np.array_equal(run_of(first).weights["W0"], fresh.weights["W0"])


def test_what_is_brought_back_replaces_a_run_of_the_same_change():
    runs = made()
    first, second = begun(runs), begun(runs, FAST.change(layers=(4,)))
    runs.bring_back(first.number, replaces=True)
    assert runs.filed == [] and second.trainer.has_ended


def test_a_run_is_found_by_what_it_is_now_not_by_what_it_began_with():
    runs, changed = made(), FAST.change(learning_rate=0.5)
    first = begun(runs)
    first.ask(experiment=changed)
    begun(runs, FAST.change(layers=(4,)))
    assert runs.find(changed) is first and runs.find(FAST) is None


def test_of_two_with_one_story_the_longer_stays():
    runs = made()
    long = begun(runs, epochs=9)
    short = begun(runs, epochs=2)
    begun(runs, FAST.change(seed=2))
    assert runs.filed == [long] and short.trainer.has_ended
    longer = begun(runs, epochs=10)
    begun(runs, FAST.change(seed=3))
    assert [entry for entry in runs.filed if entry.experiment == FAST] == [longer]


def test_pinning_is_not_lost_with_the_shorter_of_two():
    runs = made()
    short = begun(runs, epochs=2)
    runs.pin(short.number)
    long = begun(runs, epochs=9)
    begun(runs, FAST.change(seed=2))
    assert runs.filed == [long] and long.pinned


def two_runs():
    found = [Run(FAST), Run(FAST)]
    for run in found:
        run.finish_epoch()
    return found


def test_a_live_change_makes_another_story_and_one_taken_back_at_once_does_not():
    one, other = two_runs()
    assert story(one) == story(other)
    one.adapt(FAST.change(learning_rate=0.5))
    assert story(one) != story(other)
    one.adapt(FAST)
    assert len(one.changes) == 2 and story(one) == story(other)
    one.finish_epoch()
    one.adapt(FAST.change(learning_rate=0.5))
    one.finish_epoch()
    one.adapt(FAST)
    assert story(one) != story(other)


def test_other_first_weights_make_another_story():
    trained = two_runs()[0].weights
    assert story(Run(FAST)) != story(Run(FAST, trained)) == story(Run(FAST, trained))


def test_the_oldest_leave_first_and_it_is_told():
    runs = made()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(MOST_FILED + 4)]
    assert runs.filed == entries[3:-1] and runs.left == [entry.name for entry in entries[:3]]


def test_pinned_runs_never_leave():
    runs = made()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(3)]
    runs.pin(entries[0].number)
    entries += [begun(runs, FAST.change(seed=seed)) for seed in range(3, MOST_FILED + 5)]
    assert entries[0] in runs.filed and len(runs.filed) == MOST_FILED + 1
    runs.pin(entries[0].number, False)
    assert entries[0] not in runs.filed and runs.left[-1] == entries[0].name


def test_filed_runs_fit_into_their_memory():
    one = size(two_runs()[0])
    runs = made(budget=int(3.5 * one))
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(6)]
    assert runs.filed == entries[2:5] and len(runs.left) == 2


def test_the_size_of_a_run_counts_its_past_and_its_history():
    run = Run(FAST.change(epochs=500))
    before = size(run)
    while not run.has_ended:
        run.finish_epoch()
    grown = run.timeline.nbytes + run.history.rows.nbytes
    assert size(run) - before == pytest.approx(grown, abs=2000) and grown > 60_000


def test_colours_of_runs_side_by_side_differ_as_long_as_there_are_enough():
    runs = made()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(COLOURS)]
    assert sorted(entry.colour for entry in entries) == list(range(COLOURS))
    assert 0 <= begun(runs, FAST.change(seed=99)).colour < COLOURS


def test_a_colour_that_is_free_again_is_taken():
    runs = made()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(3)]
    runs.remove(entries[1].number)
    assert runs.begin(FAST.change(seed=9)).colour == 1


def test_a_branch_is_a_child_that_repeats_its_parent():
    runs = made()
    parent = begun(runs, epochs=8)
    child = branched(runs, parent, 5, FAST.change(dropout=0.5))
    assert (child.parent, child.branched, child.name, child.epoch) == (parent.number, 5, "p 0.5", 5)
    assert runs.hand is child and runs.filed == [parent] and child.number > parent.number
    assert np.array_equal(child.snapshot.history, parent.snapshot.history[:5])
    assert not child.is_trained and child.wish.make is Run  # its parent may leave


def test_a_branch_of_a_filed_run_files_the_one_in_hand_too():
    runs = made()
    first, second = begun(runs, epochs=8), begun(runs, FAST.change(seed=1), 3)
    child = runs.branch(first.number, 2, FAST.change(optimizer="sgd"))
    assert runs.filed == [first, second] and child.name == "Adam → SGD"


def test_a_branch_that_was_not_trained_further_is_given_up_for_another():
    runs = made()
    parent = begun(runs, epochs=8)
    child = branched(runs, parent, 5, FAST.change(dropout=0.5))
    other = branched(runs, parent, 5, FAST.change(optimizer="sgd"))
    assert train(runs, 6) is other and runs.filed == [parent] and other.trainer is child.trainer


def test_a_branch_is_named_after_what_stood_at_its_epoch():
    runs = made()
    parent = begun(runs, epochs=4)
    parent.ask(experiment=FAST.change(learning_rate=0.5))
    train(runs, 8)
    assert runs.branch(parent.number, 3, FAST.change(dropout=0.5)).name == "p 0.5"


def test_an_exception_ends_one_run_alone(monkeypatch):
    runs = made()
    first, second = begun(runs), begun(runs, FAST.change(seed=1))
    monkeypatch.setattr(run_of(first), "keep_within", lambda _: 1 / 0)
    first.ask(budget=1)
    assert runs.take() == [first] and isinstance(first.error, ZeroDivisionError)
    assert train(runs, 3) is second and second.error is None and second.snapshot.epoch == 3


def test_a_run_that_left_is_no_more():
    runs = made()
    first = begun(runs)
    begun(runs, FAST.change(seed=1))
    runs.remove(first.number)
    assert first.number not in runs
    with pytest.raises(KeyError):
        runs.entry(first.number)


def test_numbers_are_never_given_twice():
    runs = made()
    seen = [begun(runs, FAST.change(seed=seed % 2)).number for seed in range(6)]
    assert len(set(seen)) == 6


def test_a_list_of_runs_is_in_the_order_in_which_they_were_begun():
    runs = made()
    first, second = begun(runs), begun(runs, FAST.change(seed=1))
    runs.bring_back(first.number)
    assert [(row.number, row.is_in_hand) for row in runs.listed] == [(first.number, True), (second.number, False)]
