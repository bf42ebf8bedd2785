"""What happened in a run at which of its epochs, in words, and the ways along them. Plain values, no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from playground.model.experiment import Experiment
from playground.model.knobs import declarations
from playground.training.snapshot import Snapshot
from playground.ui.scales import figures, written

MOST_NAMED = 2  # changed knobs in a label; the others are counted
BEST, STOPPED, RESTORED, CHANGED, BRANCHED = "best", "stopped", "restored", "changed", "branched"

Branch = tuple[int, int, str]  # the epoch at which a run branched off, its place in the cycle of colours, its name


class Milestone(NamedTuple):
    """One thing that happened at the end of an epoch.

    kind: BEST, STOPPED, RESTORED, CHANGED or BRANCHED. label: a word or two. told: a sentence.
    colour: of a branch, its place in the cycle of the theme's ``runs``.
    """

    epoch: int
    kind: str
    label: str
    told: str
    colour: int | None = None


class Course(NamedTuple):
    """A place in a run, and where the ways from it lead: to epochs of it, at most to its ends."""

    at: int
    last: int
    milestones: tuple[int, ...] = ()

    def by_epochs(self, count: int) -> int:
        return min(max(self.at + count, 0), self.last)

    def by_tenths(self, count: int) -> int:
        """So many tenths of the run on, at least an epoch each."""
        return self.by_epochs(count * max(1, round(self.last / 10)))

    def to_milestone(self, count: int) -> int:
        """The milestone so many on, or before if negative; where there are not as many, the place itself."""
        ahead = {epoch for epoch in self.milestones if (epoch - self.at) * count > 0 and 0 <= epoch <= self.last}
        ordered = sorted(ahead, reverse=count < 0)
        return ordered[abs(count) - 1] if 0 < abs(count) <= len(ordered) else self.at


def outcomes(snapshot: Snapshot) -> list[Milestone]:
    """How the run fared: where it was stopped, its best epoch, what was restored."""
    found = []
    best, stopped, restored = snapshot.best_epoch, snapshot.stopped_epoch, snapshot.restored_epoch
    if stopped is not None:
        found.append(Milestone(stopped, STOPPED, "stop", f"epoch {stopped:,}: early stopping ended the run"))
    if best is not None:
        loss = _loss_at(snapshot, best)
        found.append(Milestone(best, BEST, "best", f"epoch {best:,}: the lowest validation loss{loss}"))
    if restored is not None:
        text = f"epoch {restored:,}: its weights were restored at the end"
        found.append(Milestone(restored, RESTORED, "restored", text))
    return found


def _loss_at(snapshot: Snapshot, epoch: int) -> str:
    row = epoch - 1
    return f", {figures(float(snapshot.column('val_loss')[row]))}" if 0 <= row < len(snapshot.history) else ""


def events(
    changes: Sequence[tuple[int, Mapping[str, Any]]], branches: Sequence[Branch], begun: Experiment | None = None
) -> list[Milestone]:
    """What somebody did to the run: changes while it trained, those at one epoch joined, and branches off it.

    begun: what the run began as; without it, what a knob was before its first change is not told.
    """
    joined: dict[int, dict[str, Any]] = {}
    for epoch, knobs in changes:
        joined[epoch] = {**joined.get(epoch, {}), **knobs}
    found, known = [], {} if begun is None else {**begun.resolved._asdict()}
    for epoch, knobs in sorted(joined.items()):
        new = {name: value for name, value in knobs.items() if name not in known or known[name] != value}
        if new or not knobs:
            told = [_told(name, value, known) for name, value in new.items()] or ["other points"]
            text = f"after epoch {epoch:,}: {'; '.join(told)}"
            found.append(Milestone(epoch, CHANGED, _label(new), text))
        known |= knobs
    for epoch, colour, name in branches:
        found.append(Milestone(epoch, BRANCHED, name, f"epoch {epoch:,}: “{name}” branches off", colour))
    return sorted(found, key=lambda milestone: milestone.epoch)


def _label(knobs: Mapping[str, Any]) -> str:
    """ "η .1, λ 1", or "points" where no knob was changed."""
    words = []
    for name, value in knobs.items():
        knob = declarations()[name].knob
        word = knob.symbol or knob.label.lower()
        words.append(_value(name, value) if knob.rules else f"{word} {_short(_value(name, value))}")
    more = len(words) - MOST_NAMED
    return (", ".join(words[:MOST_NAMED]) + (f" +{more}" if more > 0 else "")) or "points"


def _told(name: str, value: Any, known: Mapping[str, Any]) -> str:
    knob = declarations()[name].knob
    word = f"{knob.label} {knob.symbol}".strip() if knob.symbol != knob.label else knob.label
    was = f"{_value(name, known[name])} → " if name in known else ""
    return f"{word[:1].lower()}{word[1:]} {was}{_value(name, value)}"


def _value(name: str, value: Any) -> str:
    knob = declarations()[name].knob
    title = next((rule.title for rule in knob.rules if rule.key == value), None)
    return title or written(value, knob.unit) or knob.absent or ("none" if value == () else "default")


def _short(text: str) -> str:
    return text[1:] if text.startswith("0.") else text
