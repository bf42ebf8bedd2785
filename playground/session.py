"""The one door to what is edited and what is trained: the document, the run in hand, and files. No Qt.

Front doors read its properties, call its verbs, and are told of every change through ``subscribe``. All of it belongs
to one thread, the window's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playground.model import file, table
from playground.model.dataset import DataError, Dataset
from playground.model.document import Document
from playground.model.experiment import Experiment, check_trainable
from playground.model.knobs import KnobError, Knobs
from playground.model.paths import assets_folder
from playground.training.companions import companions
from playground.training.engine import Engine
from playground.training.letters import NO_RUN, Wish
from playground.training.resuming import resume, to_saved
from playground.training.run import Run
from playground.training.snapshot import DIVERGED, FINISHED, NOTHING, STOPPED_EARLY, Snapshot
from playground.training.trainer import Trainer

Listener = Callable[[str], None]


def first_run() -> Experiment:
    """The experiment that a newcomer meets: a network that overfits before their eyes."""
    return file.load_toml(assets_folder() / "first_run.toml")


def _set_by_hand(experiment: Experiment | None) -> set[str]:
    """The knobs that a given experiment sets; the one that a newcomer meets was set by nobody."""
    if experiment is None:
        return set()
    return {name for name, value in experiment.knobs._asdict().items() if value != Knobs._field_defaults[name]}


class Session:
    """An experiment being edited and trained.

    run: one of this experiment to take up. prepares: whether the engine is prepared at once, not when asked to.
    """

    def __init__(self, experiment: Experiment | None = None, run: Run | None = None, prepares: bool = True) -> None:
        given = experiment or (run.experiment if run is not None else None)
        self.document = Document(given or first_run())
        self._own = _set_by_hand(given)
        self.snapshot: Snapshot | None = None
        self.is_running = False
        self.speed = 0.0  # epochs a second; 0 is as fast as it goes
        self.message = ""
        self.path: Path | None = None
        self._listeners: list[Listener] = []
        self._saved = self.experiment
        self._saved_epoch = 0
        self._looks = NOTHING
        self._number = 0  # of the run in hand, a new one for each
        self._resumed: Run | None = None
        self._steps = 0
        self._engine = Engine()
        self._trainer = Trainer(self._engine)
        if prepares:
            self.prepare()
        self._begin(run)

    def subscribe(self, listener: Listener) -> None:
        """Have ``listener("experiment" | "run" | "file")`` called after each change, of the experiment all three."""
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

        Repeated changes of one knob within a second are one entry. Live knobs go on in the present run. A rate, noise
        or λ that nobody set by hand changes with the optimizer, pattern or penalty (companions.py).
        """
        self._change(knobs, companions(self.experiment, knobs, self._own))
        self._own.update(knobs)

    def _change(self, knobs: dict[str, Any], also: dict[str, Any]) -> None:
        """Change knobs, and others with them, as one entry of the undo history."""
        changed = self.experiment.change(**knobs, **also)
        if changed == self.experiment:
            return
        name = next(iter(knobs)) if len(knobs) == 1 else ""
        self._adopt(self.document.edit(changed, name, time.monotonic()))

    def apply(self, changes: dict[str, Any]) -> None:
        """Change knobs as a remedy says."""
        self._change(changes, {})

    def set_data(self, data: Dataset, label: str = "draw") -> None:
        """Put edited points in place, as one entry of the undo history; the run starts anew.

        Raises DataError under a covariate shift, where the points that are seen are not the ones that are kept.
        """
        if self.experiment.knobs.shift:
            raise DataError("points cannot be changed under a covariate shift; set it to 0 first")
        self._adopt(self.document.put(data, label))

    def new_seed(self) -> None:
        """Draw everything anew under another seed."""
        self.edit(seed=(self.experiment.knobs.seed + 1) % 2**31)

    def undo(self) -> None:
        """Take back the last change."""
        if self.can_undo:
            self._adopt(self.document.undo())

    def redo(self) -> None:
        """Make again what was taken back."""
        if self.can_redo:
            self._adopt(self.document.redo())

    def _adopt(self, document: Document) -> None:
        """Take what was edited in hand: the run goes on if only live knobs changed, else it starts anew."""
        goes_on = not self.experiment.needs_new_run(document.experiment) and not self.message
        was_running = self.is_running
        self.document = document
        if goes_on:
            self._ask()
        else:
            self._begin(is_playing=was_running)
        self._tell("experiment", "run", "file")

    # --- training

    def prepare(self) -> None:
        """Begin to compile or load the kernels, in a thread; what is wished for before is remembered."""
        self._engine.prepare()
        self._trainer.start()

    @property
    def engine_ready(self) -> bool:
        """Whether the kernels are compiled and loaded; a run asked for before waits for it."""
        return self._engine.is_ready

    @property
    def engine_share(self) -> float | None:
        """How much of the compiling is done, from 0 to 1; None where nothing is compiled."""
        return self._engine.share

    def play(self) -> None:
        """Train until paused or ended; an ended run starts anew."""
        if self.message:
            return
        if self._has_ended():
            self._begin()
        self.is_running = True
        self._ask()
        self._tell("run")

    def pause(self) -> None:
        """Stop between two bursts."""
        self.is_running = False
        self._ask()
        self._tell("run")

    def toggle(self) -> None:
        """Play or pause."""
        self.pause() if self.is_running else self.play()

    def step(self) -> None:
        """Train to the end of one epoch, then stand still."""
        if self.message:
            return
        self.is_running = False
        self._steps += 1
        self._ask()
        self._tell("run")

    def reset(self) -> None:
        """Back to the same first weights, untrained."""
        self._begin()
        self._tell("run", "file")

    def set_speed(self, epochs_per_second: float) -> None:
        """Slow training down for the eye; 0 is as fast as it goes. Numbers do not depend on it."""
        self.speed = epochs_per_second
        self._ask()

    def set_looks(self, looks: Mapping[str, Any]) -> None:
        """Say what is seen now: snapshots bring it, and nothing else. A request for each key of a view (views.py)."""
        if looks != self._looks:
            self._looks = dict(looks)
            self._ask()

    def poll(self) -> Snapshot | None:
        """The newest snapshot since the last call, or None. Announces the end of a run."""
        letter = self._trainer.take()
        if letter is None or letter.run not in (NO_RUN, self._number):
            return None
        if letter.error is not None:
            self.message = str(letter.error) or type(letter.error).__name__
            self.is_running = False
            self._tell("run")
            return None
        was_modified = self.is_modified
        self.snapshot = letter.snapshot
        if self.is_running and self._has_ended():
            self.is_running = False
            self._tell("run")
        if self.is_modified != was_modified:
            self._tell("file")
        return self.snapshot

    def _has_ended(self) -> bool:
        """Whether the run is over; a snapshot from before ``epochs`` was raised does not say so."""
        if self.snapshot is None:
            return self._resumed is not None and self._resumed.has_ended
        status, epoch = self.snapshot.status, self.snapshot.epoch
        return status in (STOPPED_EARLY, DIVERGED) or status == FINISHED and epoch >= self.experiment.knobs.epochs

    def close(self) -> None:
        """End the threads; compiling is given up."""
        self._engine.close()
        self._trainer.close()

    def _begin(self, run: Run | None = None, is_playing: bool = False) -> None:
        """Start a run of the present experiment, or take one up; say in ``message`` why it cannot train."""
        self.snapshot = None
        self._number += 1
        self._resumed = run
        self._steps = 0
        try:
            check_trainable(self.experiment)
            self.message = ""
        except (DataError, KnobError) as error:
            self.message = str(error)
        self.is_running = is_playing and not self.message
        self._ask()

    def _ask(self) -> None:
        if self.message:
            # Nothing can be trained: a wish for nothing makes the trainer leave the run in hand.
            self._trainer.ask(Wish(self._number, None))
            return
        self._trainer.ask(
            Wish(
                self._number,
                self.experiment,
                self._resumed,
                self.is_running,
                self._steps,
                self.speed,
                self._looks,
            )
        )

    # --- files

    @property
    def is_modified(self) -> bool:
        """Whether closing now would lose something: edits, or training since the last save of a saved project."""
        if self.experiment != self._saved:
            return True
        # After a reset less is trained than was saved: nothing would be lost.
        trained = self.snapshot.epoch if self.snapshot is not None else 0
        return self.path is not None and trained > self._saved_epoch

    def new(self) -> None:
        """The first-run experiment again."""
        self._replace(first_run(), None)
        self._own = set()

    def open(self, path: str | Path) -> None:
        """Open a project (.playground), knobs (.toml) or data (.csv, .npz; an edit that can be undone).

        Raises DataError, KnobError or OSError with one line; everything stays as it was then.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind in (".csv", ".npz"):
            self._adopt(self.document.put(table.read(path), f"open {path.name}"))
            self.path = None  # other data than the project's: saving asks where to
            self._tell("file")
        elif kind == ".toml":
            self._replace(file.load_toml(path), None)
        elif kind == ".playground":
            saved = file.load(path)
            try:
                run = resume(saved.experiment, saved.run, saved.run_info) if saved.run else None
            except (DataError, KnobError) as error:
                raise DataError(f"{path}: {error}") from None
            self._replace(saved.experiment, path, run)
        else:
            raise DataError(f"{path.name}: a '{kind}' file; accepted are .playground, .toml, .csv and .npz")

    def save(self, path: str | Path | None = None) -> None:
        """Write the project: experiment, points, and the run as it stands. Raises OSError, an old file kept."""
        target = Path(path) if path is not None else self.path
        if target is None:
            raise OSError("the project has no file name yet")
        with self._trainer.holding() as run:
            is_ours = run is not None and run.experiment == self.experiment
            arrays, info = to_saved(run) if run is not None and is_ours and run.updates else ({}, {})
            epoch = run.epoch if run is not None and is_ours else 0
        file.save(target, self.experiment, arrays, info)
        self.path, self._saved, self._saved_epoch = target, self.experiment, epoch
        self._tell("file")

    def _replace(self, experiment: Experiment, path: Path | None, run: Run | None = None) -> None:
        self.document, self._saved = Document(experiment), experiment
        self._own = _set_by_hand(experiment)
        self._saved_epoch = run.epoch if run is not None else 0
        self.path = path
        self._begin(run)
        self._tell("experiment", "run", "file")
