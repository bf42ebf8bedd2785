"""Many runs side by side: the one in hand, and those that were put aside, each with what it was tried against.

Each has a thread of its own, so that an exception in one ends that one alone. A run that makes room for another is
filed, thinned, if it has trained an epoch; what was trained is never overwritten. All here belongs to one thread, the
window's: it knows of a run what the run's last snapshot says.
"""

from __future__ import annotations

import functools
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from playground.model.experiment import Experiment
from playground.model.file import SavedRun
from playground.model.naming import difference
from playground.training.branching import branch
from playground.training.engine import Engine
from playground.training.letters import NO_RUN, Wish
from playground.training.race import Contestant
from playground.training.run import Run
from playground.training.snapshot import DIVERGED, FINISHED, STOPPED_EARLY, Snapshot
from playground.training.timeline import FILED_BYTES, RUN_BYTES
from playground.training.trainer import Trainer

COLOURS = 8  # of the cycle that runs are drawn in
MOST_FILED = 30  # that are not pinned
MOST_BYTES = 256_000_000  # for those
LEAD = 0.2  # seconds of training by which a run of a race may be ahead
HEARD = 2  # filed runs at a time
CLOSING = 0.2  # seconds that all threads together have to end

Make = Callable[[Experiment], Run]


@dataclass(eq=False)
class Entry:
    """A run among others.

    name: what differs from the run before. colour: its place in the cycle. parent: the number of the run that it was
    tried against, which may have left since. branched: the parent's epoch at which it branched off, None where it began
    anew. basis: the experiment that ``name`` compares with. wish: what its trainer was last asked for.
    race: the number of the race that it is in. contestant: what it is there. error: what ended the work on it.
    remedy: the knob changes by which it was tried to mend its parent, if it was. differs: its first name, where that
    says what it was tried for.
    """

    number: int
    name: str
    colour: int
    trainer: Trainer
    wish: Wish
    parent: int | None = None
    branched: int | None = None
    pinned: bool = False
    basis: Experiment | None = None
    race: int | None = None
    contestant: Contestant | None = None
    snapshot: Snapshot | None = None
    error: Exception | None = None
    was_asked: bool = False
    had_ended: bool = False  # when it was taken up, and has told nothing since
    remedy: Mapping[str, Any] | None = None
    differs: str = ""

    @property
    def experiment(self) -> Experiment | None:
        """What it is of now; None where it cannot be trained."""
        return self.wish.experiment

    @property
    def lane(self) -> int | None:
        """Which of the values that its race compares it has; seeds share a lane."""
        return self.contestant.number if self.contestant is not None else None

    @property
    def epoch(self) -> int:
        """Epochs completed, now."""
        return self.trainer.epoch

    @property
    def is_trained(self) -> bool:
        """Whether it has an epoch of its own: one that a branch shares with its parent is none."""
        return self.epoch > (self.branched or 0)

    @property
    def has_ended(self) -> bool:
        """Whether it is over; a snapshot from before ``epochs`` was raised does not say so."""
        if self.snapshot is None:
            return self.had_ended
        status, epoch = self.snapshot.status, self.snapshot.epoch
        if status in (STOPPED_EARLY, DIVERGED) or self.experiment is None:
            return True
        return status == FINISHED and epoch >= self.experiment.knobs.epochs

    def ask(self, **changes: Any) -> None:
        """Ask its trainer for something else."""
        wish = self.wish._replace(**changes)
        if wish != self.wish or not self.was_asked:
            self.wish, self.was_asked = wish, True
            self.trainer.ask(wish)


class Listed(NamedTuple):
    """A run among others, as a list of them tells it; see Entry.

    race, lane: the race that it is in, and which of the compared values it has; seeds share a lane.
    snapshot: as it was last told; None before anything is known of it. lane_name, seed: of the value, and its own.
    """

    number: int
    name: str
    colour: int
    parent: int | None = None
    branched: int | None = None
    is_pinned: bool = False
    is_in_hand: bool = False
    race: int | None = None
    lane: int | None = None
    remedy: Mapping[str, Any] | None = None
    differs: str = ""
    snapshot: Snapshot | None = None
    lane_name: str = ""
    seed: int | None = None


class Runs:
    """The run in hand, and the filed ones, the last filed at the end.

    budget: bytes for filed runs that are not pinned; most: how many there may be. left: the names of those that had to
    leave, oldest first, until somebody takes note and clears it.
    """

    def __init__(self, engine: Engine, budget: int = MOST_BYTES) -> None:
        self.hand: Entry | None = None
        self.filed: list[Entry] = []
        self.left: list[str] = []
        self.most = MOST_FILED
        self._engine = engine
        self.budget = budget
        self._number = self._races = 0
        self._turn = 0
        self._stepped: deque[tuple[float, int]] = deque(maxlen=8)  # when, and to where the slowest of a race had come
        self._has_begun = False

    def __iter__(self) -> Iterator[Entry]:
        yield from self.filed
        if self.hand is not None:
            yield self.hand

    def __contains__(self, number: int) -> bool:
        return any(entry.number == number for entry in self)

    @property
    def ghost(self) -> Entry | None:
        """The last filed run, which stays to be seen beside the one in hand; none of a race that goes on."""
        company = self.company
        return next((entry for entry in reversed(self.filed) if entry not in company), None)

    @property
    def company(self) -> list[Entry]:
        """The runs that train, pause and look back together: the race of the one in hand, else that one alone."""
        hand = self.hand
        if hand is None or hand.race is None:
            return [hand] if hand is not None else []
        return sorted((entry for entry in self if entry.race == hand.race), key=lambda entry: entry.number)

    @property
    def listed(self) -> tuple[Listed, ...]:
        """All of them, in the order in which they were begun."""
        entries = sorted(self, key=lambda entry: entry.number)
        return tuple(
            Listed(
                entry.number,
                entry.name,
                entry.colour,
                entry.parent,
                entry.branched,
                entry.pinned,
                entry is self.hand,
                entry.race,
                entry.lane,
                entry.remedy,
                entry.differs,
                entry.snapshot,
                entry.contestant.name if entry.contestant is not None else "",
                entry.contestant.seed if entry.contestant is not None else None,
            )
            for entry in entries
        )

    def entry(self, number: int) -> Entry:
        """The run of a number. Raises KeyError where it has left, or never was."""
        for entry in self:
            if entry.number == number:
                return entry
        raise KeyError(number)

    def start(self) -> None:
        """Let the threads work, those of runs to come too."""
        self._has_begun = True
        for entry in self:
            entry.trainer.start()

    def begin(self, experiment: Experiment | None, make: Make = Run, replaces: bool = False) -> Entry:
        """A new run in hand, and the former filed if it has trained an epoch.

        experiment: None where it cannot be trained. replaces: the former is given up, for both belong to one change, as
        when a width is dragged through ten values.
        """
        old = self.hand
        parent, basis = (None, None) if old is None else (old.number, old.experiment or old.basis)
        if old is not None and (replaces or not old.is_trained):
            # It leaves no trace: the new one is tried against what that was tried against.
            parent, basis = old.parent, old.basis
        return self._put(self._room(replaces), experiment, make, parent, basis)

    def branch(self, number: int, epoch: int, experiment: Experiment, replaces: bool = False) -> Entry:
        """A new run in hand that repeats one up to an epoch and then goes on as another experiment.

        What must begin anew on the way is told by carrying.restarts; it must not be the whole run.
        """
        parent = self.entry(number)
        basis = as_it_was(parent, epoch)

        def make(experiment: Experiment) -> Run:
            with parent.trainer.holding() as run:
                if run is None:
                    raise KeyError(f"the run that it branches off is gone: {parent.name}")
                return branch(run, epoch, experiment)

        # The parent's trainer stays the parent's, were it in hand and untrained.
        entry = self._put(self._room(replaces, spared=parent), experiment, make, number, basis)
        entry.branched = epoch
        return entry

    def race(self, contestants: Sequence[Contestant], in_hand: int = 0) -> None:
        """A run for each of them, one of them in hand, and the former filed."""
        old = self.hand
        parent = None if old is None else old.number
        if (trainer := self._room(replaces=False)) is not None:
            trainer.end()
        self._races += 1
        budget = max(RUN_BYTES // len(contestants), FILED_BYTES)
        ghost = self.ghost
        free = [colour for colour in range(COLOURS) if ghost is None or colour != ghost.colour]
        has_seeds = any(one.seed != contestants[0].seed for one in contestants)
        for one in contestants:
            self._put(None, one.experiment, functools.partial(Run, initial=one.initial), parent, None)
            entry = self.hand
            assert entry is not None
            entry.name = entry.differs = f"{one.name}, seed {one.seed}" if has_seeds else one.name
            entry.colour, entry.race, entry.contestant = free[one.number % len(free)], self._races, one
            entry.wish = entry.wish._replace(budget=budget)
            self.filed.append(entry)
        self.hand = self.filed.pop(len(self.filed) - len(contestants) + in_hand)

    def keep_step(self) -> None:
        """Have the runs of a race that trains wait for the slowest, so that they are seen side by side."""
        company = self.company
        if len(company) < 2:
            for entry in company:
                entry.ask(until=None)
            return
        going_on = [entry for entry in company if not entry.has_ended]
        if not going_on:
            return
        slowest, now = min(entry.epoch for entry in going_on), time.monotonic()
        self._stepped.append((now, slowest))
        since, then = self._stepped[0]
        # So far ahead that no thread has to wait for the next look, and nobody sees it.
        lead = max(8, int((slowest - then) / max(now - since, LEAD) * LEAD))
        for entry in going_on:
            if entry.wish.until is None or entry.wish.until < slowest + lead / 2:
                entry.ask(until=slowest + lead)

    def bring_back(self, number: int, replaces: bool = False) -> Entry:
        """Take a filed run in hand again, with all its epochs; the one in hand is filed. It keeps number and name."""
        entry = self.entry(number)
        if entry is self.hand:
            return entry
        self.filed.remove(entry)
        if entry.race is not None and self.hand is not None and entry.race == self.hand.race:
            self.filed.append(self.hand)
            self.hand = entry
            return entry
        if (trainer := self._room(replaces)) is not None:
            trainer.end()
        self.hand = entry
        entry.ask(budget=RUN_BYTES)
        return entry

    def restore(self, told: SavedRun, run: Run) -> Entry:
        """Have a run of a file among the others, as it was when it was saved."""
        trainer = Trainer(self._engine)
        if self._has_begun:
            trainer.start()
        wish = Wish(told.number, run.experiment, lambda _: run, budget=run.timeline.budget)
        entry = Entry(told.number, told.name, told.colour, trainer, wish, told.parent, told.branched, told.is_pinned)
        if told.race is not None and told.lane is not None:
            entry.race, entry.contestant = told.race, _contestant(told, run)
            self._races = max(self._races, told.race)
        entry.had_ended = run.has_ended
        if told.is_in_hand:
            self.hand = entry
        else:
            self.filed.append(entry)
            entry.ask()
        self._number = max(self._number, told.number)
        return entry

    def clear(self) -> None:
        """Give up all of them."""
        for entry in self:
            entry.trainer.end()
        self.hand, self._number = None, 0
        self.filed.clear()
        self.left.clear()

    def find(self, experiment: Experiment) -> Entry | None:
        """The filed run that is of this experiment now, the last of several: what a knob turned back means."""
        return next((entry for entry in reversed(self.filed) if entry.experiment == experiment), None)

    def keep(self, budget: int, most: int) -> None:
        """Keep so many bytes, and so many, of the filed runs that are not pinned; those beyond leave at once."""
        self.budget, self.most = budget, most
        self._let_leave()

    def pin(self, number: int, pinned: bool = True) -> None:
        """Keep a run for ever, or no longer."""
        self.entry(number).pinned = pinned
        self._let_leave()

    def remove(self, number: int) -> None:
        """Give up a filed run."""
        for entry in [entry for entry in self.filed if entry.number == number]:
            self._drop(entry)

    def set_aside(self, number: int) -> None:
        """Have a filed run no longer among the others, as it may be put back."""
        entry = self.entry(number)
        entry.ask(looks={})
        self.filed.remove(entry)

    def put_back(self, entry: Entry) -> None:
        """Have a run that was set aside among the others again, in the order in which they were begun."""
        place = sum(other.number < entry.number for other in self.filed)
        self.filed.insert(place, entry)

    def take(self) -> list[Entry]:
        """Those of which there is news, which is in their snapshot or error now.

        Of many that train beside the one in hand a few are heard at a time: each letter costs its thread a turn.
        """
        found = []
        self._turn += 1
        every = max(1, len(self.filed) // HEARD)
        heard = [entry for place, entry in enumerate(self.filed) if (place + self._turn) % every == 0]
        for entry in [*heard, *([self.hand] if self.hand is not None else [])]:
            letter = entry.trainer.take()
            if letter is None or letter.run not in (NO_RUN, entry.number):
                continue
            found.append(entry)
            if letter.error is not None:
                entry.error = letter.error
                continue
            entry.snapshot = letter.snapshot
            if entry.wish.make is not Run:
                entry.ask(make=Run)  # what it was made of may leave
            if entry in self.filed:
                self._settle(entry)
        return found

    def end(self) -> None:
        """Have all threads end."""
        for entry in self:
            entry.trainer.end()

    def close(self, seconds: float = CLOSING) -> None:
        """End all threads; one that is in the midst of something long is not waited for."""
        until = time.monotonic() + seconds
        self.end()
        for entry in self:
            entry.trainer.close(max(0.0, until - time.monotonic()))

    def _room(self, replaces: bool, spared: Entry | None = None) -> Trainer | None:
        """Put the run in hand aside; its trainer where it is to be given up, for another run."""
        company = self.company
        old, self.hand = self.hand, None
        if old is None:
            return None
        for entry in company:
            if entry is not old and entry.is_trained and not replaces:
                entry.ask(is_playing=False, budget=FILED_BYTES, looks={})
            elif entry is not old:
                self._drop(entry)
        if old is spared or (old.is_trained and not replaces):
            self.filed.append(old)
            # Looks are for those that are seen; the letter that follows tells its size.
            old.ask(is_playing=False, budget=FILED_BYTES, looks={})
            self._let_leave()
            return None
        return old.trainer

    def _put(
        self,
        trainer: Trainer | None,
        experiment: Experiment | None,
        make: Make,
        parent: int | None,
        basis: Experiment | None,
    ) -> Entry:
        self._number += 1
        if trainer is None:
            trainer = Trainer(self._engine)
            if self._has_begun:
                trainer.start()
        differs = difference(basis, experiment) if basis is not None and experiment is not None else ""
        known = {entry.name for entry in self.filed}
        name = differs or next(name for number in itertools.count(1) if (name := f"run {number}") not in known)
        taken = {entry.colour for entry in self.filed}
        colour = next((colour for colour in range(COLOURS) if colour not in taken), (self._number - 1) % COLOURS)
        wish = Wish(self._number, experiment, make)
        self.hand = Entry(self._number, name, colour, trainer, wish, parent, basis=basis, differs=differs)
        return self.hand

    def _settle(self, entry: Entry) -> None:
        """Know a filed run by its size and story: of two with one story the longer holds the other."""
        snapshot = entry.snapshot
        company = self.company
        if snapshot is None or snapshot.story is None or entry in company:
            return
        others = [other for other in self.filed if other is not entry and other not in company]
        for other in [other for other in others if other.snapshot is not None]:
            assert other.snapshot is not None
            if other.snapshot.story == snapshot.story:
                kept, shorter = (other, entry) if other.snapshot.epoch > snapshot.epoch else (entry, other)
                kept.pinned |= shorter.pinned
                self._drop(shorter)
                break
        self._let_leave()

    def _let_leave(self) -> None:
        """Have the oldest leave that are not pinned, until there are few enough and they fit."""
        company = self.company
        loose = [entry for entry in self.filed if not entry.pinned and entry not in company]
        sizes = [_size(entry.snapshot) for entry in loose]
        total = sum(sizes)
        while loose and (len(loose) > self.most or total > self.budget):
            oldest = loose.pop(0)
            total -= sizes.pop(0)
            self._drop(oldest)
            self.left.append(oldest.name)

    def _drop(self, entry: Entry) -> None:
        self.filed.remove(entry)
        entry.trainer.end()


def as_it_was(entry: Entry, epoch: int) -> Experiment | None:
    """The experiment that a run was of when it came to the end of an epoch."""
    return (entry.snapshot.experiment_at(epoch) if entry.snapshot is not None else None) or entry.experiment


def _contestant(told: SavedRun, run: Run) -> Contestant:
    """What a run of a file was in its race, so that this may be run again."""
    begun = run.stages[0].experiment
    seed = begun.knobs.seed
    name = told.name.removesuffix(f", seed {seed}")
    return Contestant(begun, name, told.lane or 0, {}, seed, run.initial_weights)


def _size(snapshot: Snapshot | None) -> int:
    """Bytes that a filed run takes, or will take once it is thinned."""
    return min(snapshot.nbytes, FILED_BYTES + snapshot.history.nbytes) if snapshot is not None else 0
