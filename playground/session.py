"""The one door to what is edited and what is trained: the document, the run in hand, and files. No Qt.

Front doors read its properties, call its verbs, and are told of every change through ``subscribe``. All of it belongs
to one thread, the window's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from playground.model import file, parts, recovery, table, versions
from playground.model.dataset import DataError, Dataset
from playground.model.document import Document
from playground.model.examples import Example
from playground.model.experiment import Experiment, check_trainable
from playground.model.knobs import KnobError, Knobs
from playground.model.locking import turn
from playground.model.naming import difference, values
from playground.model.paths import assets_folder
from playground.model.progress import Progress, portion
from playground.model.reading import source
from playground.model.recovery import About
from playground.model.recovery import Found as LeftOver
from playground.model.relevance import relevant
from playground.model.saving import ChangedError, Stamp, stamp
from playground.training import projects, views
from playground.training.answers import answering
from playground.training.aside import PAST_BYTES, PATIENCE, Aside, Picture
from playground.training.carrying import differing, restarts
from playground.training.companions import companions
from playground.training.engine import Engine
from playground.training.findings import Asked, Found
from playground.training.jobs import SAVING, Finish, Task, Tasks, Then
from playground.training.letters import Pace
from playground.training.projects import Project
from playground.training.race import Contestant, choose, notes, plan
from playground.training.run import Run
from playground.training.runs import Entry, Listed, Runs, as_it_was
from playground.training.searching import Search
from playground.training.snapshot import NOTHING, Snapshot
from playground.training.trials import sets_in
from playground.training.where import Where
from playground.training.workplace import Workplace

Listener = Callable[[str], None]
MOST_NAME = 60  # characters of a run's
LOOK = 1.0  # seconds between two looks at whether the project's file is still there
CLOSING = 0.2  # seconds that closing waits for all threads together
WALK = 3.0  # seconds in which playing at full speed goes along all of the run's own epochs


def first_run() -> Experiment:
    """The experiment that a newcomer meets: a network that overfits before their eyes."""
    return file.load_toml(assets_folder() / "first_run.toml")


def _set_by_hand(experiment: Experiment | None) -> set[str]:
    """The knobs that a given experiment sets; the one that a newcomer meets was set by nobody."""
    if experiment is None:
        return set()
    return {name for name, value in experiment.knobs._asdict().items() if value != Knobs._field_defaults[name]}


def _report(error: Exception) -> None:
    """Have an error that a run's thread met reported like any other, unless it says what somebody may mend."""
    if not isinstance(error, DataError | KnobError | OSError | MemoryError):
        sys.excepthook(type(error), error, error.__traceback__)


class Place(NamedTuple):
    """Where one was: the run that was in hand, and the epoch of it that was looked at.

    removed: the run that the entry of the undo history beside it gave up, if that is what it did.
    """

    run: int
    looked: int | None
    removed: Entry | None = None


class Kept(NamedTuple):
    """What the project's file has: the experiment, how far the run in hand had come, and the pinned runs."""

    experiment: Experiment
    epoch: int = 0
    pinned: frozenset[int] = frozenset()


class Session:
    """An experiment being edited, and the runs of it.

    run: one of this experiment to take up. prepares: whether the engine is prepared at once, not when asked to.
    """

    def __init__(self, experiment: Experiment | None = None, run: Run | None = None, prepares: bool = True) -> None:
        given = experiment or (run.experiment if run is not None else None)
        self.document = Document(given or first_run())
        self._own = _set_by_hand(given)
        self.is_running = False
        self.pace = Pace()
        self.message = ""
        self.path: Path | None = None
        self._listeners: list[Listener] = []
        # What is saved; None where nothing of it is, as after a crash.
        self._saved: Kept | None = Kept(self.experiment)
        self._stamp: Stamp | None = None  # the project's file as it was opened or saved
        self._tasks = Tasks()
        self._search: Search | None = None
        self._workplace = Workplace()
        self._next_look, self._was_gone = 0.0, False  # at whether it is still there
        self._aside = Aside()
        self._looks = NOTHING
        self._shows_ghost = True
        self._laid: set[int] = set()  # the runs that are laid over the one in hand
        # The runs that are seen side by side with it, and what is looked at there.
        self._beside: tuple[frozenset[int], Mapping[str, Any]] = frozenset(), NOTHING
        self._news: list[str] = []
        self._walked: tuple[int, float] | None = None  # the epoch from which it plays along the past, and since when
        # Where each entry of the undo history began, and where each that was taken back ended.
        self._before: list[Place] = []
        self._after: list[Place] = []
        self._is_closed = False
        self._engine = Engine()
        self._runs = Runs(self._engine)
        if prepares:
            self.prepare()
        self._begin(run)

    def subscribe(self, listener: Listener) -> None:
        """Have ``listener("experiment" | "run" | "runs" | "file")`` called after each change."""
        self._listeners.append(listener)

    def _tell(self, *facts: str) -> None:
        for fact in facts:
            for listener in self._listeners:
                listener(fact)

    # --- editing

    @property
    def experiment(self) -> Experiment:
        return self.document.experiment

    @property
    def can_undo(self) -> bool:
        return bool(self.document.done)

    @property
    def can_redo(self) -> bool:
        return bool(self.document.undone)

    @property
    def undo_label(self) -> str:
        return self.document.undo_label

    @property
    def redo_label(self) -> str:
        return self.document.redo_label

    def edit(self, **knobs: Any) -> None:
        """Change knobs, as one entry of the undo history. Raises KnobError, and changes nothing then.

        Repeated changes of one knob within a second are one entry. Live knobs go on in the present run; at a past epoch
        that is looked at, a branch begins. A rate, noise or λ that nobody set by hand changes with the optimizer,
        pattern or penalty (companions.py).
        """
        changed = self.experiment.change(**knobs, **companions(self.experiment, knobs, self._own))
        if changed != self.experiment:
            name = next(iter(knobs)) if len(knobs) == 1 else ""
            self._adopt(self.document.edit(changed, name, time.monotonic()))
        self._own.update(knobs)

    def try_remedy(self, changes: Mapping[str, Any], epoch: int | None = None) -> None:
        """Train a run with a remedy's changes at once, as one entry of the undo history; the present one stays seen.

        It branches off at that epoch, or where that makes sense (trials.sets_in); where it cannot, it begins anew.
        Raises KnobError.
        """
        changed, hand, snapshot = self.experiment.change(**changes), self.hand, self.snapshot
        if changed == self.experiment:
            return
        if epoch is None and snapshot is not None:
            epoch = sets_in(snapshot._replace(looked=self.looked), changed)
        self._enter(self.document.exchange(changed, f"try {difference(self.experiment, changed)}"))
        if epoch is None or not self._branch(hand, epoch):
            self._begin()
        self._hand.remedy = dict(changes)
        self._shows_ghost, self._walked = True, None
        self.is_running = not self.message
        self._ask()
        self._tell("experiment", "runs", "run", "file")

    def set_data(self, data: Dataset, label: str = "draw") -> None:
        """Put edited points in place, as one entry of the undo history; the run starts anew.

        Raises DataError under a covariate shift, where the points that are seen are not the ones that are kept.
        """
        if self.experiment.knobs.shift:
            raise DataError("points cannot be changed under a covariate shift; set it to 0 first")
        document = self.document.put(data, label)
        self._aside.touch(is_stroke=True)
        self._adopt(document)

    def new_seed(self) -> None:
        """Draw everything anew under another seed."""
        self.edit(seed=(self.experiment.knobs.seed + 1) % 2**31)

    def undo(self) -> None:
        """Take back the last change; a run that it had put aside is in hand again as it stood."""
        if self.can_undo:
            place = self._before.pop()
            self._after.append(self._place._replace(removed=place.removed))
            if place.removed is not None:
                self._runs.put_back(place.removed)
            self._return_to(self.document.undo(), place)

    def redo(self) -> None:
        """Make again what was taken back."""
        if self.can_redo:
            place = self._after.pop()
            self._before.append(self._place._replace(removed=place.removed))
            if place.removed is not None:
                self._runs.set_aside(place.removed.number)
            self._return_to(self.document.redo(), place)

    @property
    def _place(self) -> Place:
        return Place(self.hand, self.looked)

    def _adopt(self, document: Document) -> None:
        """Take what was edited in hand, as a change of this run, a branch of it, or a run of its own."""
        is_merged = len(document.done) == len(self.document.done) and bool(self._before)
        self._enter(document, is_merged)
        # What one entry of the undo history put in hand, it may replace.
        self._follow(replaces=is_merged and self._before[-1].run != self.hand)
        self._tell("experiment", "runs", "run", "file")

    def _enter(self, document: Document, is_merged: bool = False, removed: Entry | None = None) -> None:
        """Have a document with a new entry in its undo history, and note where that began; the oldest may have left.

        is_merged: it belongs to the entry before. removed: the run that it gives up.
        """
        if not is_merged:
            self._before.append(self._place._replace(removed=removed))
        while len(self._before) > len(document.done):
            self._forget([self._before.pop(0)])
        self._forget(self._after)
        self.document = document
        self._aside.touch()

    @staticmethod
    def _forget(places: list[Place]) -> None:
        """Nobody goes back there any more: runs that were given up there end."""
        for place in places:
            if place.removed is not None:
                place.removed.trainer.end()
        places.clear()

    def _follow(self, replaces: bool = False) -> None:
        """Have a run of the edited experiment in hand."""
        hand, experiment, was_running = self._hand, self.experiment, self.is_running
        if self._branches(replaces):
            return
        if not self.message and hand.experiment is not None and not hand.experiment.needs_new_run(experiment):
            self._adapt()
            return
        found = self._runs.find(experiment)
        if found is not None:
            self._bring_back(found.number, replaces=replaces)
        else:
            self._begin(is_playing=was_running, replaces=replaces)

    def _branches(self, replaces: bool) -> bool:
        """Whether the edit was made at a past epoch, and so made a branch; what must begin anew is told."""
        hand, looked = self._hand, self.looked
        number, epoch = hand.number, looked
        is_new = hand.branched is not None and (replaces or not hand.is_trained)
        if looked is None and is_new and hand.parent is not None and hand.parent in self._runs:
            # A branch that has not gone on yet, or is of the same entry, is made anew where it is not changed live.
            if hand.experiment is not None and not hand.experiment.needs_new_run(self.experiment):
                return False
            number, epoch, replaces = hand.parent, hand.branched, True
        return epoch is not None and self._branch(number, epoch, replaces)

    def _branch(self, number: int, epoch: int, replaces: bool = False) -> bool:
        """Have a branch of a run in hand, of the edited experiment; False where it must begin anew, which is told."""
        before = as_it_was(self._runs.entry(number), epoch)
        needed = restarts(before, self.experiment) if before is not None else None
        if needed is None or needed.run or not self._is_trainable():
            if needed is not None and needed.text:
                self._news.append(f"No branch: {needed.text}.")
            return False
        self._runs.branch(number, epoch, self.experiment, replaces)
        if needed.text:
            self._news.append(f"From epoch {epoch:,} on, {needed.text}.")
        self._ask()
        return True

    def _return_to(self, document: Document, place: Place) -> None:
        """Go back to where one was."""
        self.document = document
        if place.run not in self._runs:
            self._follow()
        elif place.run != self.hand:
            self._bring_back(place.run, place.looked)
        elif not self._runs.entry(place.run).experiment:
            self._begin()
        else:
            self._adapt(place.looked)
        self._tell("experiment", "runs", "run", "file")

    def _adapt(self, looked: int | None = None) -> None:
        """Have the run in hand go on as the experiment; the others of its race too, but for what is compared."""
        before = self._hand.experiment
        self._ask(experiment=self.experiment, at=looked)
        changed = differing(before.knobs, self.experiment.knobs) if before is not None else []
        for entry in self._runs.company:
            chosen = entry.contestant.chosen if entry.contestant is not None else {}
            if entry is self._hand or entry.experiment is None or not chosen.keys().isdisjoint(changed):
                continue
            values = {name: getattr(self.experiment.knobs, name) for name in changed}
            with suppress(KnobError, DataError):
                entry.ask(experiment=entry.experiment.change(**values))

    def _bring_back(self, number: int, looked: int | None = None, replaces: bool = False) -> None:
        self._runs.bring_back(number, replaces)
        self.is_running = False
        self._is_trainable()
        self._ask(experiment=self.experiment, at=looked)

    # --- runs

    @property
    def _hand(self) -> Entry:
        assert self._runs.hand is not None
        return self._runs.hand

    @property
    def snapshot(self) -> Snapshot | None:
        """The run in hand as it was last told."""
        return self._hand.snapshot

    @property
    def runs(self) -> tuple[Listed, ...]:
        """All runs, in the order in which they were begun."""
        return self._runs.listed

    @property
    def hand(self) -> int:
        """The number of the run in hand."""
        return self._hand.number

    @property
    def ghost(self) -> int | None:
        """The number of the run that is seen beside the one in hand; None where there is none, or it is hidden."""
        ghost = self._runs.ghost
        return ghost.number if ghost is not None and self._shows_ghost else None

    @property
    def shows_ghost(self) -> bool:
        """Whether the last filed run is seen beside the one in hand, if there is one."""
        return self._shows_ghost

    def show_ghost(self, is_shown: bool) -> None:
        """Whether the last filed run is seen beside the one in hand."""
        self._shows_ghost = is_shown
        self._look_at_others()
        self._tell("runs")

    @property
    def laid(self) -> frozenset[int]:
        """The runs that are laid over the one in hand, besides the ghost."""
        return frozenset(number for number in self._laid if number in self._runs and number != self.hand)

    def lay_over(self, number: int) -> None:
        """Lay a run over the one in hand, or take it away again."""
        self._laid ^= {number}
        self._look_at_others()
        self._tell("runs")

    def set_beside(self, numbers: Collection[int], looks: Mapping[str, Any]) -> None:
        """Say which runs are seen side by side with the one in hand, and what is looked at there."""
        if (frozenset(numbers), looks) != self._beside:
            self._beside = frozenset(numbers), dict(looks)
            self._look_at_others()

    # --- races

    @property
    def company(self) -> tuple[int, ...]:
        """The numbers of the runs that train, pause, step and look back together, the one in hand among them."""
        return tuple(entry.number for entry in self._runs.company)

    def race(self, vary: Mapping[str, Sequence[Any]], seeds: int = 1) -> None:
        """Train a run for each value of a knob side by side, as one entry of the undo history.

        They start from the same weights wherever shapes agree, and see the same batches; see training/race.py. Raises
        KnobError, naming knob and value, where one is refused; nothing has changed then.
        """
        contestants = plan(self.experiment, vary, seeds, self._own)
        self._news += [f"{note}." for note in notes(contestants)]
        self._enter(self.document.exchange(contestants[0].experiment, "race"))
        self._race(contestants)

    def entrant(self, name: str, value: Any) -> str:
        """How a value of a knob would run in a race, in words. Raises KnobError or DataError where it is refused."""
        found = choose(self.experiment, {name: value}, self._own)
        has_rate = name == "optimizer" and "learning_rate" in relevant(found)
        return values(found, [name, "learning_rate"] if has_rate else [name])

    def _race(self, contestants: Sequence[Contestant], in_hand: int = 0) -> None:
        self._runs.race(contestants, in_hand)
        self.message, self._walked = "", None
        self.is_running = True
        self._ask()
        self._tell("experiment", "runs", "run", "file")

    def take(self, number: int) -> None:
        """Take another run in hand, as one entry of the undo history; the present one is filed. Raises KeyError."""
        entry = self._runs.entry(number)
        if entry is self._hand or entry.experiment is None:
            return
        self._enter(self.document.exchange(entry.experiment, f"take {entry.name}"))
        self._bring_back(number)
        self._tell("experiment", "runs", "run", "file")

    def keep_runs(self, budget: int, most: int) -> None:
        """Keep so many bytes, and so many, of the runs that are not pinned; the oldest leave."""
        self._runs.keep(budget, most)
        self._tell("runs")

    def pin(self, number: int, is_pinned: bool = True) -> None:
        """Keep a run for ever, and in the project's file, or no longer."""
        self._runs.pin(number, is_pinned)
        self._tell("runs", "file")

    def remove(self, number: int) -> None:
        """Give up a run that is not in hand, as one entry of the undo history. Raises KeyError."""
        entry = self._runs.entry(number)
        if entry is self._hand:
            return
        self._enter(self.document.exchange(self.experiment, f"delete {entry.name}"), removed=entry)
        self._runs.set_aside(number)
        self._look_at_others()
        self._tell("runs", "file")

    def rename(self, number: int, name: str) -> None:
        """Give a run another name; an empty one is not taken. Raises KeyError."""
        entry = self._runs.entry(number)
        entry.name = name.strip()[:MOST_NAME] or entry.name
        self._tell("runs")

    # --- searches (searching.py)

    @property
    def searched(self) -> Found | None:
        """What was found of a knob's values so far; None before that was asked."""
        return self._search.found if self._search is not None else None

    def search(self, asked: Asked) -> None:
        """Find what values of a knob come to, in the background, as the experiment is now; the last search ends.

        Raises KnobError where the knob cannot vary.
        """
        found = Search(asked, self.experiment, self._engine, self._workplace, self.searched, self._own)
        self.cancel_search()
        self._search = found

    @property
    def where(self) -> Where:
        """Where searches train."""
        return self._workplace.where

    def search_at(self, where: Where) -> None:
        """Have searches train there from the next on."""
        if where != self.where:
            self._workplace.leave(self._search)
            self._workplace = Workplace(where)

    def pause_search(self, is_paused: bool = True) -> None:
        """Have it rest, or go on."""
        if self._search is not None:
            self._search.pause(is_paused)

    def cancel_search(self) -> None:
        """Give it up; what it found stays."""
        if self._search is not None:
            self._search.cancel()

    def take_news(self) -> str:
        """What has happened of itself since it was last asked for: which runs had to leave, what began anew."""
        left = self._runs.left
        if left:
            names = ", ".join(left)
            kept = f"the last {self._runs.most} are kept, within {self._runs.budget / 1e6:,.0f} MB"
            self._news.append(f"Left: {names}. Of runs that are not pinned {kept}.")
            left.clear()
        if self._aside.failure:
            self._news.append(f"Unsaved work cannot be kept aside: {self._aside.failure}.")
            self._aside.failure = ""
        text = " ".join(self._news)
        self._news.clear()
        return text

    # --- training

    def prepare(self) -> None:
        """Begin to compile or load the kernels, in a thread; what is wished for before is remembered."""
        self._engine.prepare()
        self._runs.start()

    @property
    def engine_ready(self) -> bool:
        """Whether the kernels are compiled and loaded; a run asked for before waits for it."""
        return self._engine.is_ready

    @property
    def engine_share(self) -> float | None:
        """How much of the compiling is done, from 0 to 1; None where nothing is compiled."""
        return self._engine.share

    def play(self) -> None:
        """Train until paused or ended, from a past epoch on along the run's own; an ended run starts again."""
        if self.message:
            return
        if self.looked is not None:
            self._walked = self.looked, time.monotonic()
            self.is_running = True
        elif self.has_ended:
            self._restart(is_playing=True)
        else:
            self.is_running = True
            self._ask()
        self._tell("runs", "run")

    def again(self) -> None:
        """Train once more from the same first weights; the present run is filed."""
        self.look_at(None)
        self._restart(is_playing=True)
        self._tell("runs", "run", "file")

    def train_more(self, epochs: int) -> None:
        """Raise the knob ``epochs``, and train on to there."""
        self.look_at(None)
        self.edit(epochs=self.experiment.knobs.epochs + epochs)
        if not self.has_ended:
            self.play()

    def pause(self) -> None:
        """Stop between two bursts."""
        self.is_running = False
        self._walked = None
        self._ask()
        self._tell("run")

    def toggle(self) -> None:
        """Play or pause."""
        self.pause() if self.is_running else self.play()

    def _restart(self, is_playing: bool = False) -> None:
        company = self._runs.company
        contestants = [
            entry.contestant._replace(experiment=entry.experiment or entry.contestant.experiment)
            for entry in company
            if entry.contestant is not None
        ]
        if len(contestants) < 2:
            self._begin(is_playing=is_playing)
            return
        self._race(contestants, company.index(self._hand))
        if not is_playing:
            self.pause()

    def step(self) -> None:
        """Go on by one epoch, then stand still: along the run's own, at its end by training."""
        if self.looked is not None:
            self.look_at(self.looked + 1)
        elif not self.message:
            self.is_running = False
            for entry in self._runs.company:
                entry.ask(steps=entry.wish.steps + 1, is_playing=False)
            self._ask()
            self._tell("run")

    def step_update(self) -> None:
        """Train one batch, then stand still."""
        if not self.message:
            self.is_running = False
            for entry in self._runs.company:
                entry.ask(updates=entry.wish.updates + 1, is_playing=False, at=None)
            self._ask(at=None)
            self._tell("run")

    def reset(self) -> None:
        """Back to the same first weights, untrained."""
        self._restart()
        self._tell("runs", "run", "file")

    def set_pace(self, pace: Pace) -> None:
        """Slow training down for the eye. Numbers do not depend on it."""
        self.pace = pace
        if self._walked is not None and self.looked is not None:
            self._walked = self.looked, time.monotonic()
        self._ask()

    def set_looks(self, looks: Mapping[str, Any]) -> None:
        """Say what is seen now: snapshots bring it, and nothing else. A request for each key of a view (views.py)."""
        if looks != self._looks:
            self._looks = dict(looks)
            self._ask()

    @property
    def looked(self) -> int | None:
        """The past epoch that is looked at; None where the run is seen as it stands."""
        return self._hand.wish.at

    def look_at(self, epoch: int | None) -> None:
        """See the run in hand as it stood at the end of an epoch, 0 being the start; training pauses.

        None, or the last epoch, is as it stands.
        """
        self.is_running = False
        self._walked = None
        self._look_at(epoch)
        self._tell("run")

    def _look_at(self, epoch: int | None) -> None:
        snapshot, last = self.snapshot, self._hand.epoch
        is_last = epoch is None or epoch > last or epoch == last and not (snapshot is not None and snapshot.batch)
        self._ask(at=None if is_last or epoch is None else max(epoch, 0))

    def _walk(self) -> None:
        """Play along the run's own epochs, and train on at their end."""
        if self._walked is None or self.looked is None:
            return
        begun, since = self._walked
        last, pace = self._hand.epoch, self.pace
        batches = self.snapshot.batches if self.snapshot is not None else 1
        speed = pace.number / (batches if pace.unit == "update" else 1) or max(last / WALK, 60.0)
        reached = begun + int((time.monotonic() - since) * speed)
        if reached != self.looked:
            self._look_at(reached)
        if self.looked is None:
            self._walked = None
            self.is_running = not self.has_ended
            self._ask()
            self._tell("run")

    def hush(self, is_drawing: bool) -> None:
        """Say that the window begins to draw, or has drawn: threads that train leave the interpreter to it."""
        self._engine.seats.is_drawing = is_drawing and len(self._runs.company) > 1

    def poll(self) -> Snapshot | None:
        """The newest snapshot since the last call, or None. Announces the end of a run."""
        self._walk()
        if self.is_running and self._walked is None:
            self._runs.keep_step()
        if self._tasks.hear():
            self._tell("file")
        was_modified = self.is_modified
        heard = self._runs.take()
        if any(entry is not self._hand for entry in heard):
            self._hear_others(heard)
        if self.is_running and self.looked is None and heard and self.has_ended:
            self.is_running = False
            self._ask()
            self._tell("run")
        if not any(entry is self._hand for entry in heard):
            return None
        if (error := self._hand.error) is not None:
            self._hand.error = None
            _report(error)
            self.message = str(error) or type(error).__name__
            self.is_running = False
            self._ask()
            self._tell("run")
            return None
        if self.is_modified != was_modified:
            self._tell("file")
        return self.snapshot

    def _hear_others(self, heard: list[Entry]) -> None:
        """News of filed runs; one that an exception ended is given up."""
        for entry in heard:
            if entry is not self._hand and entry.error is not None:
                _report(entry.error)
                self._news.append(f"{entry.name} ended: {entry.error}")
                self._runs.remove(entry.number)
        self._look_at_others()
        self._tell("runs")

    @property
    def has_ended(self) -> bool:
        """Whether the run is over, or the race."""
        return all(entry.has_ended for entry in self._runs.company)

    def close(self, keeps_aside: bool = False) -> None:
        """End the threads; compiling is given up, and a file that is being read or written.

        keeps_aside: whether what was kept aside stays for the next start; else it is given up.
        """
        if self._is_closed:
            return
        self._is_closed = True
        until = time.monotonic() + CLOSING
        self._forget(self._before)
        self._forget(self._after)
        working = [each for each in (self._tasks, self._search, self._engine, self._runs) if each is not None]
        for each in working:
            each.end()  # all at once: then none is waited for that ends meanwhile
        self._aside.close(keeps_aside)
        for each in working:
            each.close(max(0.0, until - time.monotonic()))
        self._workplace.leave(self._search, max(0.0, until - time.monotonic()))

    def _is_trainable(self) -> bool:
        """Whether the experiment can be trained; why not is said in ``message``."""
        try:
            check_trainable(self.experiment)
            self.message = ""
        except (DataError, KnobError) as error:
            self.message = str(error)
        return not self.message

    def _begin(self, run: Run | None = None, is_playing: bool = False, replaces: bool = False) -> None:
        """Start a run of the present experiment, or take one up; say in ``message`` why it cannot train."""
        trainable = self._is_trainable()
        make = (lambda _: run) if run is not None else Run
        begun = self._runs.begin(self.experiment if trainable else None, make, replaces)
        begun.had_ended = run is not None and run.has_ended
        self.is_running = is_playing and trainable
        self._walked = None
        self._ask()

    def _ask(self, **changes: Any) -> None:
        """Ask for the run in hand as it is wanted now."""
        is_playing = self.is_running and self._walked is None
        experiment = changes.pop("experiment", self._hand.experiment)
        self._hand.ask(
            experiment=None if self.message else experiment,
            is_playing=is_playing,
            pace=self.pace,
            looks=self._looks,
            **changes,
        )
        for entry in self._runs.company:
            if entry is not self._hand:
                entry.ask(is_playing=is_playing and entry.experiment is not None, pace=self.pace)
        self._look_at_others()

    def _look_at_others(self) -> None:
        """Have the runs that are seen beside the one in hand show what is seen of them, at its epoch, and no other."""
        beside, looks = self._beside
        laid, company = {self.ghost, *self.laid}, set(self.company)
        at = self.looked
        for entry in self._runs:
            if entry is self._hand:
                continue
            seen: Mapping[str, Any] = NOTHING
            if entry.number in beside:
                seen = {**views.beside(self._looks), **looks}
            elif entry.number in laid:
                seen = views.beside(self._looks)
            elif entry.number in company:
                # Panels draw a race as one; a plane of its own a run has where planes stand side by side.
                seen = {key: look for key, look in views.beside(self._looks).items() if key != "surface"}
            follows = at is not None and at < entry.epoch and (bool(seen) or entry.race == self._hand.race is not None)
            entry.ask(looks=seen, at=at if follows else None)

    # --- files

    @property
    def is_modified(self) -> bool:
        """Whether closing now would lose something: edits, or what a saved project's runs have come to since."""
        if self._saved is None or self.experiment != self._saved.experiment:
            return True
        # After a reset less is trained than was saved: nothing would be lost.
        trained = self.snapshot.epoch if self.snapshot is not None else 0
        changed = trained > self._saved.epoch or self._pinned != self._saved.pinned
        return self.path is not None and (changed or self._is_gone)

    @property
    def _is_gone(self) -> bool:
        """Whether the project's file was deleted since it was opened or saved; looked at now and then."""
        now = time.monotonic()
        if self._stamp is not None and self.path is not None and now >= self._next_look:
            self._next_look = now + LOOK
            self._was_gone = not self.path.exists()
        return self._stamp is not None and self._was_gone

    @property
    def _pinned(self) -> frozenset[int]:
        return frozenset(entry.number for entry in self._runs if entry.pinned)

    @property
    def task(self) -> Task | None:
        """The file that is being read or written; None where there is none."""
        return self._tasks.task

    # --- kept aside

    @property
    def is_aside_due(self) -> bool:
        """Whether work that is not saved is to be kept aside now."""
        return self._aside.is_due(self._mark)

    def keep_aside(self, picture: Picture = bytes) -> None:
        """Keep the work aside, in a thread. picture: makes a PNG of it, there."""
        copy = projects.copying(self._runs, PAST_BYTES) if self.engine_ready else tuple
        self._aside.begin(self.experiment, copy, self._about, picture)

    def keep_aside_now(self, picture: Picture = bytes) -> None:
        """Keep the work aside before this returns: the program is to end."""
        copy = projects.copying(self._runs, PAST_BYTES, PATIENCE) if self.engine_ready else tuple
        self._aside.keep_now(self._mark(), self.experiment, copy, self._about, picture)

    def recover(self, found: LeftOver, then: Then | None = None) -> None:
        """Have work in hand that was kept aside, as a project that is not saved; then: as in ``open``."""

        def finish(project: Project) -> None:
            self._aside.adopt(found)
            self._replace_unsaved(project, Path(found.about.path) if found.about.path else None, found.about.stamp)

        self._do(
            "opening",
            found.file,
            lambda progress: projects.open_project(
                recovery.complete(found, portion(progress, 0, 0.3)), progress=portion(progress, 0.3, 1)
            ),
            finish,
            then,
        )

    def _mark(self) -> Any:
        """What changes with everything that would be lost; None where nothing would."""
        epochs = tuple((entry.number, entry.epoch) for entry in self._runs.company)
        if not self.is_modified and (self.path is not None or not any(epoch for _, epoch in epochs)):
            return None
        return self.experiment, self.hand, epochs, self._pinned

    @property
    def _about(self) -> About:
        return About(time.time(), str(self.path) if self.path else "", self._stamp)

    def new(self) -> None:
        """The first-run experiment again."""
        self._replace(Project(first_run(), []), None)
        self._own = set()

    def open(self, path: str | Path, then: Then | None = None) -> None:
        """Open a project (.playground), knobs (.toml) or data (whatever reading takes; an edit that can be undone).

        then: called once it is there, with None or with what went wrong, DataError, KnobError or OSError with one line,
        or CancelledError; everything stays as it was then. Without it this waits, and raises. Raises OSError where
        another file is in work.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if source.is_accepted(path):
            self._do("opening", path, lambda progress: table.read(path, progress=progress), self._put_data, then)
        elif kind == ".toml":
            self._do("opening", path, lambda progress: Project(file.load_toml(path), []), self._replace_unnamed, then)
        elif kind == ".playground":
            self._do("opening", path, lambda progress: self._read(path, progress), self._take_up(path), then)
        else:
            accepted = ", ".join((".playground", ".toml", *source.KINDS))
            raise DataError(f"{path.name}: a '{kind}' file; accepted are {accepted}, data also .gz or .zip of one")

    def open_theirs(self, then: Then | None = None) -> None:
        """Open the project's file as another has left it; one's own work becomes a former version of it.

        then: as in ``open``.
        """
        if self.path is None:
            raise OSError("the project has no file name yet")
        path, copy, experiment = self.path, projects.copying(self._runs), self.experiment

        def work(progress: Progress) -> tuple[Stamp | None, Project]:
            file.save(versions.place_of(path), experiment, copy(), portion(progress, 0, 0.5))
            versions.tidy(path)
            return self._read(path, portion(progress, 0.5, 1))

        self._do("opening", path, work, self._take_up(path), then)

    def open_former(self, version: Path, then: Then | None = None) -> None:
        """Have a former version of the project in hand, which is not saved; then: as in ``open``."""
        path, known = self.path, self._stamp
        self._do(
            "opening",
            version,
            lambda progress: projects.open_project(version, progress=progress),
            lambda found: self._replace_unsaved(found, path, known),
            then,
        )

    def _replace_unsaved(self, found: Project, path: Path | None, known: Stamp | None) -> None:
        """Have a project in hand that is in no file as it is. known: the file of that path, as it was opened."""
        self._replace(found, path)
        self._saved, self._stamp = None, known
        self._tell("file")

    @staticmethod
    def _read(path: Path, progress: Progress) -> tuple[Stamp | None, Project]:
        """A project, and its file's stamp: one that changes meanwhile is taken for changed when it is saved."""
        parts.sweep(path.absolute().parent)
        return stamp(path), projects.open_project(path, progress=progress)

    def _take_up(self, path: Path) -> Finish:
        def finish(found: tuple[Stamp | None, Project]) -> None:
            self._replace(found[1], path)
            self._stamp, self._was_gone = found[0], False

        return finish

    def open_example(self, example: Example, then: Then | None = None) -> None:
        """Open a demonstration, as a project that has no file yet; then: as in ``open``."""
        self._do(
            "opening",
            example.path,
            lambda progress: projects.open_project(example.path, progress=progress),
            self._replace_unnamed,
            then,
        )

    def _put_data(self, data: Dataset) -> None:
        self.open_data(data)
        self.path = None  # other data than the project's: saving asks where to
        self._tell("file")

    def open_data(self, data: Dataset, knobs: Mapping[str, Any] = NOTHING, begins: bool = False) -> None:
        """Put data that were read in place, with knobs that deal or scale them, as one entry of the undo history.

        begins: as a new experiment, without a file, its former runs and its undo history. Raises KnobError, DataError.
        """
        changed = Experiment(self.experiment.knobs, data, **knobs)
        own = self._own | set(knobs)
        if begins:
            self._replace(Project(changed, []), None)
            self._saved = Kept(first_run())  # nothing of it is saved yet
            self._tell("file")
        else:
            self._adopt(self.document.exchange(changed, f"open {data.source}"))
        self._own = own

    def predict(self, data: str | Path, out: str | Path, then: Then | None = None) -> None:
        """Write the answers of the run in hand, as it is seen now, to the rows of a file with the same columns, as CSV.

        then: as in ``open``; what is to be told of the file is news. Raises DataError where nothing is trained.
        """
        data, out = Path(data), Path(out)
        work = answering(self._hand.trainer, self.looked, data, out)
        self._do("answering", data, work, self._news.append, then)

    def export(self, path: str | Path, then: Then | None = None) -> None:
        """Write the points as CSV, NPZ or Excel; then: as in ``open``. What it takes to read them again is news."""
        target, points = Path(path), self.experiment.points

        def tell(told: str) -> None:
            if told:
                self._news.append(f"{target.name}: {told}.")

        self._do("exporting", target, lambda progress: table.write(points, target), tell, then)

    def save(self, path: str | Path | None = None, then: Then | None = None, replaces: bool = False) -> None:
        """Write the project: experiment, points, the run in hand with its race as they stand now, and the pinned ones.

        then: as in ``open``; an old file is kept where something goes wrong. Where another has changed the project's
        file since it was opened, that is a ChangedError, unless it is replaced by intent. What is replaced becomes a
        former version.
        """
        target = Path(path) if path is not None else self.path
        if target is None:
            raise OSError("the project has no file name yet")
        runs, experiment = self._copies(), self.experiment
        epoch = self._hand.epoch if self._hand.experiment is not None else 0
        saved = Kept(experiment, epoch, self._pinned)
        is_guarded = not replaces and target == self.path
        known = self._stamp

        def compare(place: Path) -> None:
            if is_guarded and (found := stamp(place)) is not None and not found.is_like(known):
                raise ChangedError(f"{target.name} was changed by another since it was opened")

        def before(place: Path) -> None:
            compare(place)
            versions.keep(place)

        def work(progress: Progress) -> Stamp:
            with turn(Path(f"{versions.folder_of(target)}.lock"), lambda: progress(0.0)):
                compare(target)
                return file.save(target, experiment, runs, progress, before=before)

        def finish(made: Stamp) -> None:
            self.path, self._saved, self._stamp, self._was_gone = target, saved, made, False
            self._tell("file")

        self._do(SAVING, target, work, finish, then)

    def size_to_save(self) -> int:
        """Bytes that the project's file will take, about."""
        return file.size_of(self.experiment, self._copies())

    def _copies(self) -> tuple[file.SavedRun, ...]:
        return projects.to_saved_runs(self._runs)

    def cancel(self) -> None:
        """Give up what is being read or written."""
        self._tasks.cancel()

    def finish(self) -> None:
        """Wait for the file that is being read or written."""
        self._tasks.finish()
        self._tell("file")

    def _do(self, verb: str, path: Path, work: Callable[[Progress], Any], finish: Finish, then: Then | None) -> None:
        self._tasks.begin(verb, path.name, work, finish, then)
        if then is not None:
            self._tell("file")

    def _replace_unnamed(self, found: Project) -> None:
        self._replace(found, None)

    def _replace(self, found: Project, path: Path | None) -> None:
        """Have a project in hand, and nothing of the former."""
        self.document = Document(found.experiment)
        self._own = _set_by_hand(found.experiment)
        self.path = path
        self._forget(self._before)
        self._forget(self._after)
        self._news.clear()
        self.cancel_search()
        self._search = None
        self._runs.clear()
        self._laid.clear()
        for told, run in found.runs:
            self._runs.restore(told, run)
        epoch = 0
        if self._runs.hand is None:
            self._begin()
        else:
            epoch = next(run.epoch for told, run in found.runs if told.is_in_hand)
            self.is_running, self._walked = False, None
            self._is_trainable()
            self._ask()
        self._saved, self._stamp = Kept(found.experiment, epoch, self._pinned), None
        self._tell("experiment", "runs", "run", "file")
