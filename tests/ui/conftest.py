"""A session that trains nothing: its snapshots are made up, so that views are tested without the engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from playground.kernels.columns import COLUMNS
from playground.model.dataset import DataError, Dataset
from playground.model.examples import Example
from playground.model.experiment import Experiment, check_trainable
from playground.model.knobs import KnobError
from playground.model.recovery import Found as LeftOver
from playground.model.saving import ChangedError
from playground.training.findings import Asked, Found
from playground.training.history import NormSeries
from playground.training.letters import Pace
from playground.training.runs import Listed
from playground.training.snapshot import DIVERGED, FINISHED, NOTHING, READY, STOPPED_EARLY, TRAINING, Snapshot, Verdict
from playground.training.surface import Surface
from playground.training.where import Where
from playground.ui.door import Door, Task, Then
from playground.ui.window import Window


def made_up_snapshot(
    epoch: int, experiment: Experiment | None = None, status: str = "", verdict: Verdict | None = None
) -> Snapshot:
    """A run that overfits from epoch 40 on."""
    experiment = experiment or Experiment()
    epochs = np.arange(1, epoch + 1, dtype=np.float64)
    train = 0.08 + 0.6 * np.exp(-epochs / 25)
    validation = 0.2 + 0.5 * np.exp(-epochs / 18) + 0.0012 * np.maximum(epochs - 40, 0)
    history = np.zeros((epoch, len(COLUMNS)))
    history[:, 0], history[:, 1], history[:, 2], history[:, 3] = epochs, train, validation, train
    history[:, 5], history[:, 6], history[:, 7] = 1 - train / 2, 1 - validation / 2, 0.01
    x, y = np.meshgrid(np.linspace(-3, 3, 96), np.linspace(-3, 3, 96))
    slope = 1 + min(epoch, 100) / 25
    upper = 1 / (1 + np.exp(slope * (np.sin(2 * x) - y)))
    values = np.stack([upper, 1 - upper], axis=2).astype(np.float32)
    numbers = np.arange(epoch + 1)
    wave = np.sin(np.outer(numbers / 30, np.arange(1, 9)))
    norms = tuple(NormSeries(layer, numbers, wave, 1 + 0.5 * wave**2, 1 + 0.3 * wave, 0.2 * wave) for layer in (0, 1))
    overfits = Verdict(
        "overfit",
        "overfitting",
        "The validation loss is 0.31, 0.07 above its best at epoch 72, while the training loss still falls.",
        72,
        (
            ("Stop early: keep the weights of the best epoch", {"early_stopping": True}),
            ("Drop half of the hidden units at each update", {"dropout": 0.5}),
            ("Get more data", {}),
        ),
    )
    return Snapshot(
        run=1,
        epoch=epoch,
        status=status or (TRAINING if epoch else READY),
        history=history,
        best_epoch=int(validation.argmin()) + 1 if epoch else None,
        stopped_epoch=None,
        restored_epoch=None,
        verdict=verdict
        or (
            overfits if epoch > 90 else Verdict("training", "training") if epoch else Verdict("none", "not trained yet")
        ),
        seconds=epoch / 1000,
        parameters=105,
        failure="loss became infinite at epoch 12, layer 2" if status == DIVERGED else "",
        seen={
            "surface": Surface(values, (-3.0, 3.0, -3.0, 3.0), epoch),
            "norms": norms if experiment.knobs.normalization != "none" else (),
        },
    )


class FakeSession:
    """A session for the window, with a run that is a formula."""

    def __init__(self, experiment: Experiment | None = None) -> None:
        self.experiment = experiment or Experiment()
        self.snapshot: Snapshot | None = None
        self.news: Snapshot | None = made_up_snapshot(0, self.experiment)
        self.is_running = False
        self.path: Path | None = None
        self.is_modified = False
        self.engine_ready = True
        self.engine_share: float | None = None
        self.pace = Pace()
        self.looked: int | None = None
        self.runs: tuple[Listed, ...] = ()
        self.hand = 1
        self.ghost: int | None = None
        self.shows_ghost = True
        self.laid: frozenset[int] = frozenset()
        self.company: tuple[int, ...] = (1,)
        self.beside: frozenset[int] = frozenset()
        self.is_hushed = False
        self.searched: Found | None = None
        self.where = Where()
        self.told = ""
        self.size = 1000
        self.task: Task | None = None
        self.looks: dict[str, Any] = {}
        self.undo_list: list[tuple[Experiment, str]] = []
        self.redo_list: list[tuple[Experiment, str]] = []
        self.listeners: list[Callable[[str], None]] = []
        self.calls: list[Any] = []

    @property
    def message(self) -> str:
        try:
            check_trainable(self.experiment)
        except (DataError, KnobError) as error:
            return str(error)
        return ""

    @property
    def can_undo(self) -> bool:
        return bool(self.undo_list)

    @property
    def can_redo(self) -> bool:
        return bool(self.redo_list)

    @property
    def undo_label(self) -> str:
        return self.undo_list[-1][1] if self.undo_list else ""

    @property
    def redo_label(self) -> str:
        return self.redo_list[-1][1] if self.redo_list else ""

    def subscribe(self, listener: Callable[[str], None]) -> None:
        self.listeners.append(listener)

    def announce(self, *topics: str) -> None:
        for what in topics:
            for listener in self.listeners:
                listener(what)

    def _change(self, experiment: Experiment, label: str) -> None:
        restarts = self.experiment.needs_new_run(experiment)
        self.undo_list.append((self.experiment, label))
        self.redo_list.clear()
        self.experiment = experiment
        self.is_modified = True
        if restarts:
            self.snapshot = None
            self.news = made_up_snapshot(0, experiment)
        self.announce("experiment", "run", "file")

    def edit(self, **knobs: Any) -> None:
        self.calls.append(("edit", knobs))
        self._change(self.experiment.change(**knobs), ", ".join(knobs))

    def try_remedy(self, changes: Mapping[str, Any], epoch: int | None = None) -> None:
        self.calls.append(("try_remedy", dict(changes)))
        self.edit(**changes)

    def set_data(self, data: Dataset, label: str = "draw") -> None:
        self.calls.append(("set_data", label))
        self._change(self.experiment.with_data(data), label)

    def _shift(self, source: list[tuple[Experiment, str]], target: list[tuple[Experiment, str]]) -> None:
        experiment, label = source.pop()
        target.append((self.experiment, label))
        self.experiment = experiment
        self.announce("experiment", "run", "file")

    def undo(self) -> None:
        if self.undo_list:
            self._shift(self.undo_list, self.redo_list)

    def redo(self) -> None:
        if self.redo_list:
            self._shift(self.redo_list, self.undo_list)

    def _run(self, name: str, running: bool) -> None:
        self.calls.append(name)
        self.is_running = running
        self.announce("run")

    def toggle(self) -> None:
        self._run("toggle", not self.is_running)

    def pause(self) -> None:
        self._run("pause", False)

    def step(self) -> None:
        self.train_to((self.snapshot.epoch if self.snapshot else 0) + 1)
        self._run("step", False)

    def reset(self) -> None:
        self.snapshot, self.news = None, made_up_snapshot(0, self.experiment)
        self._run("reset", False)

    def set_pace(self, pace: Pace) -> None:
        self.pace = pace

    @property
    def has_ended(self) -> bool:
        return self.snapshot is not None and self.snapshot.status in (FINISHED, STOPPED_EARLY, DIVERGED)

    def step_update(self) -> None:
        self._run("step_update", False)

    def again(self) -> None:
        self._run("again", True)

    def train_more(self, epochs: int) -> None:
        self._run(f"train {epochs} more", True)

    def look_at(self, epoch: int | None) -> None:
        self.looked = epoch
        if self.snapshot is not None:
            self.news = self.snapshot._replace(looked=epoch)
        self._run(f"look at {epoch}", False)

    def take(self, number: int) -> None:
        self.calls.append(("take", number))
        self.hand = number
        self.announce("experiment", "runs", "run", "file")

    def keep_runs(self, budget: int, most: int) -> None:
        self.calls.append(("keep_runs", budget, most))

    def pin(self, number: int, is_pinned: bool = True) -> None:
        self.calls.append(("pin", number, is_pinned))

    def remove(self, number: int) -> None:
        self.calls.append(("remove", number))

    def rename(self, number: int, name: str) -> None:
        self.calls.append(("rename", number, name))

    def show_ghost(self, is_shown: bool) -> None:
        self.shows_ghost = is_shown
        self.calls.append(("show_ghost", is_shown))

    def lay_over(self, number: int) -> None:
        self.laid ^= {number}
        self.announce("runs")

    def set_beside(self, numbers: Collection[int], looks: Mapping[str, Any]) -> None:
        self.beside = frozenset(numbers)

    def entrant(self, name: str, value: Any) -> str:
        return f"{name} {getattr(self.experiment.change(**{name: value}).resolved, name)}"

    def race(self, vary: Mapping[str, Sequence[Any]], seeds: int = 1) -> None:
        self.calls.append(("race", dict(vary), seeds))

    def search(self, asked: Asked) -> None:
        self.calls.append(("search", asked))

    def pause_search(self, is_paused: bool = True) -> None:
        self.calls.append(("pause_search", is_paused))

    def cancel_search(self) -> None:
        self.calls.append("cancel_search")

    def search_at(self, where: Where) -> None:
        self.where = where

    def take_news(self) -> str:
        told, self.told = self.told, ""
        return told

    def new_seed(self) -> None:
        self.calls.append("new_seed")
        self.edit(seed=self.experiment.knobs.seed + 1)

    def train_to(self, epoch: int, status: str = FINISHED, verdict: Verdict | None = None) -> None:
        self.news = made_up_snapshot(epoch, self.experiment, status, verdict)

    def hush(self, is_drawing: bool) -> None:
        self.is_hushed = is_drawing

    def poll(self) -> Snapshot | None:
        news, self.news = self.news, None
        self.snapshot = news or self.snapshot
        return news

    def set_looks(self, looks: Mapping[str, Any]) -> None:
        self.looks = dict(looks)

    def new(self) -> None:
        self.__init__()  # type: ignore[misc]
        self.announce("experiment", "run", "file")

    def open_example(self, example: Example, then: Then | None = None) -> None:
        self.calls.append(("open_example", example))
        if then is not None:
            then(None)

    def open(self, path: str | Path, then: Then | None = None) -> None:
        path = Path(path)
        self.calls.append(("open", path))
        error = DataError(f"{path.name}: damaged") if "damaged" in path.name else None
        if error is None:
            self.path, self.is_modified = path, False
            self.announce("experiment", "run", "file")
        if then is not None:
            then(error)

    def open_data(self, data: Dataset, knobs: Mapping[str, Any] = NOTHING, begins: bool = False) -> None:
        self.calls.append(("open_data", data.source, dict(knobs), begins))
        self.path = None if begins else self.path
        self._change(Experiment(self.experiment.knobs, data, **knobs), f"open {data.source}")

    def predict(self, data: str | Path, out: str | Path, then: Then | None = None) -> None:
        self.calls.append(("predict", Path(data), Path(out)))
        if then is not None:
            then(None)

    def export(self, path: str | Path, then: Then | None = None) -> None:
        self.calls.append(("export", Path(path)))
        if then is not None:
            then(None)

    is_aside_due = False
    has_changed = False  # the project's file, by another

    def keep_aside(self, picture: Callable[[], bytes] = bytes) -> None:
        self.calls.append(("keep_aside", picture()))

    def keep_aside_now(self, picture: Callable[[], bytes] = bytes) -> None:
        self.calls.append("keep_aside_now")

    def recover(self, found: LeftOver, then: Then | None = None) -> None:
        self.calls.append(("recover", found))
        if then is not None:
            then(None)

    def open_former(self, version: Path, then: Then | None = None) -> None:
        self.calls.append(("open_former", version))
        if then is not None:
            then(None)

    def open_theirs(self, then: Then | None = None) -> None:
        self.calls.append("open_theirs")
        if then is not None:
            then(None)

    def save(self, path: str | Path | None = None, then: Then | None = None, replaces: bool = False) -> None:
        self.calls.append(("save", path, replaces) if replaces else ("save", path))
        if self.has_changed and not replaces and path == self.path:
            assert then is not None
            then(ChangedError(f"{path} was changed by another since it was opened"))
            return
        self.path, self.is_modified = Path(path) if path is not None else self.path, False
        self.announce("file")
        if then is not None:
            then(None)

    def size_to_save(self) -> int:
        return self.size

    def cancel(self) -> None:
        self.calls.append("cancel")
        self.task = None

    def finish(self) -> None:
        self.calls.append("finish")

    def close(self, keeps_aside: bool = False) -> None:
        self.calls.append("close")


@pytest.fixture
def session() -> FakeSession:
    fake = FakeSession()
    _: Door = fake  # mypy sees here that the window can ask of it what it asks of a session
    return fake


@pytest.fixture
def open_window(qtbot: Any, session: FakeSession) -> Iterator[Any]:
    """Opens windows, and closes them without a question."""
    windows = []

    def open_one(using: Any = session, size: tuple[int, int] = (1280, 720)) -> Window:
        window = Window(using)
        window.resize(*size)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        window.poll()
        windows.append(window)
        return window

    yield open_one
    for window in windows:
        window.give_up()
        window.deleteLater()


@pytest.fixture(autouse=True)
def settings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_CONFIG_DIR", str(tmp_path / "config"))


@pytest.fixture(name="made_up_snapshot")
def give_made_up_snapshot() -> Any:
    return made_up_snapshot
