"""The document: what undo keeps, and what it lets go. How edits are undone in a session: tests/test_session.py."""

import numpy as np
import pytest

from playground.model import document as document_module
from playground.model.dataset import Dataset
from playground.model.document import Document
from playground.model.experiment import Experiment

START = Experiment(samples=60)


def with_seeds(count):
    """A document whose seed was changed so many times, each a while after the other."""
    found = Document(START)
    for seed in range(1, count + 1):
        found = found.edit(found.experiment.change(seed=seed), "seed", 10.0 * seed)
    return found


def cloud(seed, samples=1000):
    return Dataset(
        np.random.default_rng(seed).normal(size=(samples, 2)), np.arange(samples) % 2, class_names=("a", "b")
    )


def clouds(count):
    """A document of so many drawn clouds, each of other points."""
    found = Document(START)
    for seed in range(count):
        found = found.put(cloud(seed), "paint")
    return found


def test_a_document_is_a_value():
    before = Document(START)
    before.edit(START.change(seed=3), "seed")
    assert before.experiment is START and not before.done


def test_a_thousand_changes_are_undone_to_the_first():
    found = with_seeds(1000)
    for _ in range(1000):
        found = found.undo()
    assert found.experiment == START and not found.done


def test_nothing_to_undo_or_redo_leaves_it_as_it_is():
    found = Document(START)
    assert found.undo() is found and found.redo() is found


def test_the_oldest_entries_leave_when_memory_is_short(monkeypatch):
    one = clouds(2).done[-1].size
    monkeypatch.setattr(document_module, "MOST_BYTES", 3.5 * one)
    assert [entry.other.data for entry in clouds(9).done] == [cloud(5), cloud(6), cloud(7)]


def test_the_last_change_can_be_undone_however_short_memory_is(monkeypatch):
    monkeypatch.setattr(document_module, "MOST_BYTES", 0)
    assert clouds(3).undo().experiment.data == cloud(1)


def test_arrays_that_are_shared_count_once():
    drawn = Document(START).put(cloud(0), "paint")
    changed = drawn.edit(drawn.experiment.change(noise=0.5), "noise").put(cloud(1), "paint")
    knob, points = (entry.size for entry in changed.done[1:])
    assert points > cloud(0).inputs.nbytes > 4 * knob


@pytest.mark.parametrize("verb", ["undo", "redo"])
def test_what_an_entry_keeps_is_weighed_again_when_it_changes_sides(verb):
    small, large = cloud(0, 10), cloud(1, 10_000)
    found = Document(START).put(small, "paint").put(large, "paint").undo()
    assert found.undone[-1].size > large.inputs.nbytes
    if verb == "redo":
        assert found.redo().done[-1].size < large.inputs.nbytes
