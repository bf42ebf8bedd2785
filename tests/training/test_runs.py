"""Runs side by side: what is filed, kept, named and brought back."""

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training import runs as module
from playground.training.runs import COLOURS, MOST_FILED, Runs, key, size, tells_the_same
from playground.training.timeline import FILED_BYTES

FAST = Experiment(samples=30, layers=(3,), epochs=10, batch_size=8)


def train(entry, epochs=1):
    while entry.run.epoch < epochs:
        entry.run.finish_epoch()
    return entry


def begun(runs, experiment=FAST, epochs=1, **more):
    return train(runs.begin(experiment, **more), epochs)


def numbers(entries):
    return [entry.number for entry in entries]


def test_a_new_run_files_the_one_in_hand():
    runs = Runs()
    first, second = begun(runs), begun(runs, FAST.change(layers=(4,)))
    assert runs.hand is second and runs.filed == [first] and runs.ghost is first
    assert second.parent == first.number and first.parent is None


def test_a_run_without_an_epoch_is_not_filed_and_leaves_no_trace():
    runs = Runs()
    first = begun(runs)
    runs.begin(FAST.change(seed=1))
    third = runs.begin(FAST.change(layers=(5,)))
    assert runs.filed == [first] and (third.parent, third.name) == (first.number, "layers 5")


def test_a_width_dragged_through_ten_values_files_one_run():
    runs = Runs()
    first = begun(runs)
    for width in range(4, 14):
        begun(runs, FAST.change(layers=(width,)), replaces=width > 4)
    assert runs.filed == [first] and (runs.hand.name, runs.hand.parent) == ("layers 13", first.number)


def test_an_experiment_that_cannot_be_trained_leaves_all_as_it_was():
    runs = Runs()
    first = begun(runs)
    with pytest.raises((KnobError, ValueError)):
        runs.begin(FAST.change(train_fraction=0.0))
    assert runs.hand is first and runs.filed == []


def test_what_is_put_aside_is_thinned_and_in_hand_again_has_its_room():
    runs = Runs()
    first = begun(runs, epochs=10)
    begun(runs, FAST.change(seed=1))
    assert first.run.timeline.budget == FILED_BYTES
    runs.bring_back(first.number)
    assert first.run.timeline.budget == module.RUN_BYTES


def test_an_undo_brings_the_run_back_with_all_its_epochs():
    runs = Runs()
    first, second = begun(runs, epochs=7), begun(runs, FAST.change(layers=(4,)))
    found = runs.find(FAST)
    assert found is first and runs.bring_back(found.number) is first
    assert runs.hand is first and runs.filed == [second] and first.run.epoch == 7
    train(first, 10)
    fresh = train(Runs().begin(FAST), 10)
    assert np.array_equal(first.run.weights["W0"], fresh.run.weights["W0"])


def test_a_run_is_found_by_what_it_is_now_not_by_what_it_began_with():
    runs, changed = Runs(), FAST.change(learning_rate=0.5)
    first = begun(runs)
    first.run.adapt(changed)
    begun(runs, FAST.change(layers=(4,)))
    assert runs.find(changed) is first and runs.find(FAST) is None


def test_of_two_with_one_story_the_longer_stays():
    runs = Runs()
    long = begun(runs, epochs=9)
    short = begun(runs, epochs=2)
    runs.begin(FAST.change(seed=2))
    assert runs.filed == [long] and short not in runs.filed
    longer = begun(runs, epochs=10)
    runs.begin(FAST.change(seed=3))
    assert runs.filed == [longer]


def test_pinning_is_not_lost_with_the_shorter_of_two():
    runs = Runs()
    short = begun(runs, epochs=2)
    runs.pin(short.number)
    long = begun(runs, epochs=9)
    runs.begin(FAST.change(seed=2))
    assert runs.filed == [long] and long.pinned


def test_a_live_change_makes_another_story_and_one_taken_back_at_once_does_not():
    one, other = begun(Runs()).run, begun(Runs()).run
    assert tells_the_same(one, other)
    one.adapt(FAST.change(learning_rate=0.5))
    assert not tells_the_same(one, other)
    one.adapt(FAST)
    assert len(one.changes) == 2 and key(one) == key(other) and tells_the_same(one, other)
    one.finish_epoch()
    one.adapt(FAST.change(learning_rate=0.5))
    one.finish_epoch()
    one.adapt(FAST)
    assert not tells_the_same(one, other)


def test_other_first_weights_make_another_story():
    weights = begun(Runs()).run.weights
    assert not tells_the_same(begun(Runs()).run, begun(Runs(), initial=weights).run)


def test_the_oldest_leave_first_and_it_is_told():
    runs = Runs()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(MOST_FILED + 4)]
    assert runs.filed == entries[3:-1] and runs.left == entries[:3]


def test_pinned_runs_never_leave():
    runs = Runs()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(3)]
    runs.pin(entries[0].number)
    entries += [begun(runs, FAST.change(seed=seed)) for seed in range(3, MOST_FILED + 5)]
    assert entries[0] in runs.filed and len(runs.filed) == MOST_FILED + 1
    runs.pin(entries[0].number, False)
    assert entries[0] not in runs.filed and runs.left[-1] is entries[0]


def test_filed_runs_fit_into_their_memory():
    one = size(begun(Runs()).run)
    runs = Runs(budget=int(3.5 * one))
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(6)]
    assert runs.filed == entries[2:5] and runs.left == entries[:2]


def test_the_size_of_a_run_counts_its_past_and_its_history():
    run = begun(Runs(), FAST.change(epochs=500)).run
    before = size(run)
    while not run.has_ended:
        run.finish_epoch()
    grown = run.timeline.nbytes + run.history.rows.nbytes
    assert size(run) - before == pytest.approx(grown, abs=2000) and grown > 60_000


def test_colours_of_runs_side_by_side_differ_as_long_as_there_are_enough():
    runs = Runs()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(COLOURS)]
    assert sorted(entry.colour for entry in entries) == list(range(COLOURS))
    assert 0 <= begun(runs, FAST.change(seed=99)).colour < COLOURS


def test_a_colour_that_is_free_again_is_taken():
    runs = Runs()
    entries = [begun(runs, FAST.change(seed=seed)) for seed in range(3)]
    runs.remove(entries[1].number)
    assert runs.begin(FAST.change(seed=9)).colour == 1


def test_a_branch_is_a_child_that_repeats_its_parent():
    runs = Runs()
    parent = begun(runs, epochs=8)
    child = runs.branch(parent.number, 5, FAST.change(dropout=0.5))
    assert (child.parent, child.branched, child.name, child.run.epoch) == (parent.number, 5, "p 0.5", 5)
    assert runs.hand is child and runs.filed == [parent] and child.number > parent.number
    assert np.array_equal(child.run.history.rows, parent.run.history.rows[:5])


def test_a_branch_of_a_filed_run_files_the_one_in_hand_too():
    runs = Runs()
    first, second = begun(runs, epochs=8), begun(runs, FAST.change(seed=1), 3)
    child = runs.branch(first.number, 2, FAST.change(optimizer="sgd"))
    assert runs.filed == [first, second] and child.name == "Adam → SGD"


def test_a_branch_is_named_after_what_stood_at_its_epoch():
    runs = Runs()
    parent = begun(runs, epochs=4)
    parent.run.adapt(FAST.change(learning_rate=0.5))
    train(parent, 8)
    assert runs.branch(parent.number, 3, FAST.change(dropout=0.5)).name == "p 0.5"


def test_a_branch_that_needs_a_new_run_leaves_all_as_it_was():
    runs = Runs()
    parent = begun(runs, epochs=4)
    with pytest.raises(KnobError, match="a change of layers needs a new run"):
        runs.branch(parent.number, 2, FAST.change(layers=(9,)))
    assert runs.hand is parent and runs.filed == []


def test_a_run_that_left_is_no_more():
    runs = Runs()
    first = begun(runs)
    begun(runs, FAST.change(seed=1))
    runs.remove(first.number)
    with pytest.raises(KeyError):
        runs.entry(first.number)


def test_numbers_are_never_given_twice():
    runs = Runs()
    seen = [begun(runs, FAST.change(seed=seed % 2)).number for seed in range(6)]
    assert len(set(seen)) == 6
