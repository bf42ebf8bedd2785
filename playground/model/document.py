"""The document: the experiment in hand, and its undo and redo. A value; it knows no thread and no run."""

from __future__ import annotations

from typing import NamedTuple

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import declaration

MERGE_SECONDS = 1.0
MOST_BYTES = 512 * 2**20  # that undo may keep; the oldest entries leave first
ENTRY_BYTES = 2048  # of an entry without arrays, about


class Entry(NamedTuple):
    """One step of the undo history: the experiment on its other side, and what was done.

    size: bytes that this entry keeps in memory, and the experiment beside it does not.
    """

    other: Experiment
    label: str
    size: int
    knob: str = ""
    at: float = 0.0


class Document(NamedTuple):
    """An experiment being edited; every verb gives the document that follows."""

    experiment: Experiment
    done: tuple[Entry, ...] = ()
    undone: tuple[Entry, ...] = ()

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty where there is nothing."""
        return self.done[-1].label if self.done else ""

    @property
    def redo_label(self) -> str:
        """What redo would make again; empty where there is nothing."""
        return self.undone[-1].label if self.undone else ""

    def edit(self, changed: Experiment, knob: str = "", now: float = 0.0) -> Document:
        """Put a changed experiment in place. knob: the one that was changed, if it was one; now: in seconds.

        Repeated changes of one knob within MERGE_SECONDS are one entry.
        """
        last = self.done[-1] if self.done else None
        if last is not None and knob and last.knob == knob and now - last.at < MERGE_SECONDS:
            return Document(changed, (*self.done[:-1], last._replace(at=now)))
        label = f"change {declaration(knob).knob.label.lower()}" if knob else "change choices"
        return self._remember(changed, label, knob, now)

    def exchange(self, experiment: Experiment, label: str) -> Document:
        """Put another experiment in place, as one entry."""
        return self._remember(experiment, label)

    def put(self, data: Dataset, label: str) -> Document:
        """Put other points in place, as one entry."""
        return self.exchange(self.experiment.with_data(data), label)

    def undo(self) -> Document:
        """Take back the last change, if there is one."""
        if not self.done:
            return self
        *rest, entry = self.done
        back = self._entry(entry.other, entry.label, entry.knob, entry.at)
        return Document(entry.other, tuple(rest), (*self.undone, back))

    def redo(self) -> Document:
        """Make again what was taken back; a later change of the same knob is an entry of its own."""
        if not self.undone:
            return self
        *rest, entry = self.undone
        return Document(entry.other, (*self.done, self._entry(entry.other, entry.label)), tuple(rest))

    def _remember(self, changed: Experiment, label: str, knob: str = "", now: float = 0.0) -> Document:
        return Document(changed, _within_memory((*self.done, self._entry(changed, label, knob, now))))

    def _entry(self, following: Experiment, label: str, knob: str = "", at: float = 0.0) -> Entry:
        """The entry that keeps the present experiment, when another one follows it."""
        shared = following.arrays()
        size = sum(held.nbytes for number, held in self.experiment.arrays().items() if number not in shared)
        return Entry(self.experiment, label, ENTRY_BYTES + size, knob, at)


def _within_memory(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The newest entries, as many as MOST_BYTES allow, and the last one in any case."""
    excess, first = sum(entry.size for entry in entries) - MOST_BYTES, 0
    while excess > 0 and first < len(entries) - 1:
        excess -= entries[first].size
        first += 1
    return entries[first:]
