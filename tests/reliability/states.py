"""A session under thousands of random acts: runs, branches, races, looking back, files; what must hold is asked of it.

    python tests/reliability/states.py [--cases N] [--steps N] [--seed S]

A case follows from its number: ``--seed S --cases 1`` plays one again. It has threads, whose timing it does not decide;
what must hold does not depend on that.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from playground.model import edits
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.session import Session
from playground.training.letters import Pace
from playground.training.run import Run

FIRST = Experiment(samples=30, layers=(4,), epochs=40, batch_size=10)
KNOBS: dict[str, tuple[Any, ...]] = {
    "learning_rate": (0.001, 0.01, 0.1),
    "layers": ((), (3,), (8, 8)),
    "optimizer": ("sgd", "adam", "nesterov"),
    "penalty": ("none", "l1", "l2"),
    "penalty_strength": (0.0, 1.0),
    "dropout": (0.0, 0.4),
    "batch_size": (0, 7, 10),
    "normalization": ("none", "batch", "layer"),
    "early_stopping": (False, True),
    "dataset": ("moons", "xor", "sine"),
    "epochs": (20, 40, 90),
    "samples": (12, 30),
    "train_fraction": (0.5, 0.7),
    "convention": ("lecture", "keras", "pytorch"),
}
PATIENCE = 60.0  # seconds


def main(cases: int = 2000, steps: int = 50, seed: int = 0) -> int:
    """Play so many cases of so many steps, and print what came of them. Returns how many failed."""
    failed = acts = looks = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + cases):
            case = Case(Path(folder), number)
            try:
                case.play(steps)
            except Exception:
                failed += 1
                print(f"case {number}: {traceback.format_exc()}after {', '.join(case.log[-12:])}", file=sys.stderr)
            finally:
                case.session.close()
            acts, looks = acts + len(case.log), looks + case.looks
    print(f"{cases:,} sessions, {acts:,} acts, {looks:,} epochs had again and compared bit for bit, {failed} failed")
    return failed


COUNTS = {"cases": 2000, "steps": 50}


def run(cases: int, steps: int) -> Iterator[str]:
    """Play for all.py."""
    assert not main(cases, steps), "a case failed"
    yield "0 failed"


class Case:
    """A session and the chance that decides what is done to it."""

    def __init__(self, folder: Path, number: int) -> None:
        self.chance = random.Random(number)
        self.session = Session(FIRST.change(seed=number % 1000))
        self.log: list[str] = []
        self.looks = 0
        self._path = folder / f"{number}.playground"
        self._known: dict[tuple[int, int], str] = {}  # by run and epoch: what it was
        self._acts: tuple[Callable[[], object], ...] = (
            self._edit, self._edit, self._edit, self._toggle, self._toggle, self._step, self._update, self._reset,
            self._undo, self._redo, self._look, self._look, self._take, self._pin, self._remove, self._lay,
            self._race, self._remedy, self._paint, self._erase, self._seed, self._pace, self._rename, self._again,
            self._save, self._reopen, self._wait, self._ghost,
        )  # fmt: skip

    def play(self, steps: int) -> None:
        """Do so many random things; after each, what must hold is asked."""
        until = time.monotonic() + PATIENCE
        while not self.session.engine_ready and time.monotonic() < until:
            time.sleep(0.005)
        for _ in range(steps):
            act = self.chance.choice(self._acts)
            self.log.append(act.__name__.strip("_"))
            with contextlib.suppress(KnobError, DataError):  # refused: nothing is lost by it, as is asked below
                act()
            for _ in range(self.chance.choice((0, 1, 4))):
                self.session.poll()
                time.sleep(0.001)
            self._check()
        self._check_past()

    # what must hold

    def _check(self) -> None:
        session = self.session
        hand = session._runs.hand
        numbers = [row.number for row in session.runs]
        assert hand is not None and hand.number in numbers and len(set(numbers)) == len(numbers)
        assert len(session._before) == len(session.document.done)
        assert len(session._after) == len(session.document.undone)
        assert session.message or hand.experiment == session.experiment
        assert session.looked is None or 0 <= session.looked <= max(hand.trainer.epoch, hand.epoch)  # news may be late
        assert session.laid <= set(numbers)
        snapshot = session.snapshot
        if snapshot is not None and len(snapshot.history):
            assert np.array_equal(snapshot.history[:, 0], np.arange(1, len(snapshot.history) + 1))
            assert snapshot.run == hand.number

    def _check_past(self) -> None:
        """A run's epochs are what they were whenever they are had again."""
        self.session.pause()
        for entry in list(self.session._runs):
            with entry.trainer.holding() as run:
                if run is not None and run.epoch:
                    for epoch in {0, run.epoch, self.chance.randint(0, run.epoch)}:
                        self._compare(entry.number, run, epoch)

    def _compare(self, number: int, run: Run, epoch: int) -> None:
        state = run.at(epoch).state
        digest = hashlib.sha256()
        for array in (state.net.weights, state.net.moving, state.clocks):
            digest.update(array.tobytes())
        found = self._known.setdefault((number, epoch), digest.hexdigest())
        assert found == digest.hexdigest(), f"epoch {epoch} of run {number} is another than it was"
        self.looks += 1

    # what is done

    def _edit(self) -> None:
        name = self.chance.choice(sorted(KNOBS))
        self.log[-1] = f"edit {name}"
        self.session.edit(**{name: self.chance.choice(KNOBS[name])})

    def _toggle(self) -> None:
        self.session.toggle()

    def _step(self) -> None:
        self.session.step()

    def _update(self) -> None:
        self.session.step_update()

    def _reset(self) -> None:
        self.session.reset()

    def _undo(self) -> None:
        if self.session.can_undo:
            before = self.session.experiment
            self.session.undo()
            self.session.redo()
            assert self.session.experiment == before
            self.session.undo()

    def _redo(self) -> None:
        if self.session.can_redo:
            self.session.redo()

    def _look(self) -> None:
        self.session.look_at(self.chance.choice((None, 0, 1, 5, self.chance.randint(0, 60))))

    def _number(self) -> int:
        return self.chance.choice([row.number for row in self.session.runs])

    def _take(self) -> None:
        self.session.take(self._number())

    def _pin(self) -> None:
        self.session.pin(self._number(), self.chance.random() < 0.5)

    def _remove(self) -> None:
        self.session.remove(self._number())

    def _lay(self) -> None:
        self.session.lay_over(self._number())

    def _race(self) -> None:
        self.session.race({"optimizer": ["sgd", "adam"]}, self.chance.choice((1, 2)))

    def _remedy(self) -> None:
        snapshot = self.session.snapshot
        if snapshot is not None and snapshot.verdict.remedies and snapshot.verdict.remedies[0][1]:
            self.session.try_remedy(snapshot.verdict.remedies[0][1])

    def _paint(self) -> None:
        points = self.session.experiment.points
        if points.features == 2:
            places = np.random.default_rng(self.chance.randrange(1000)).normal(size=(3, 2))
            self.session.set_data(edits.add(points, places, 0))

    def _erase(self) -> None:
        if self.session.experiment.points.samples:
            self.session.set_data(edits.clear(self.session.experiment.points).replace(source="drawn"), "clear")
            self.session.undo()

    def _seed(self) -> None:
        self.session.new_seed()

    def _pace(self) -> None:
        self.session.set_pace(self.chance.choice((Pace(), Pace(200), Pace(50, "update"))))

    def _rename(self) -> None:
        self.session.rename(self._number(), "x" * self.chance.randint(0, 80))

    def _again(self) -> None:
        self.session.again()

    def _ghost(self) -> None:
        self.session.show_ghost(self.chance.random() < 0.5)

    def _wait(self) -> None:
        """Let it train to its end, if it plays."""
        until = time.monotonic() + 0.05
        while self.session.is_running and time.monotonic() < until:
            self.session.poll()
            time.sleep(0.001)

    def _save(self) -> None:
        self.session.pause()
        self.session.save(self._path)

    def _reopen(self) -> None:
        """Save, open what was saved, and find each run as it was."""
        session = self.session
        session.pause()
        before = self._settled()
        session.save(self._path)
        session.open(self._path)
        self._known.clear()  # runs are counted anew
        for _ in range(3):
            session.poll()
        after = self._digests()
        assert after == {name: before[name] for name in after}, f"{before.keys()} {after.keys()}"

    def _settled(self) -> dict[str, str]:
        """What the runs are once the steps that were asked for are made."""
        found, until = self._digests(), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            before, _ = found, time.sleep(0.03)
            self.session.poll()
            if (found := self._digests()) == before:
                break
        return found

    def _digests(self) -> dict[str, str]:
        """What each run is, by name and what it was of; those of one name and epoch are told apart by their weights."""
        found = {}
        for entry in list(self.session._runs):
            with entry.trainer.holding() as run:
                if run is not None and run.updates:
                    digest = hashlib.sha256(run.state.net.weights.tobytes()).hexdigest()
                    found[f"{entry.name} {run.epoch} {run.updates} {digest}"] = digest
        return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.exit(min(1, main(options.cases, options.steps, options.seed)))
