"""Runs without threads: what a trainer is asked for is done before asking returns."""

from collections import deque
from contextlib import contextmanager

import pytest

from playground.training import runs as module
from playground.training.desk import Desk
from playground.training.runs import Runs


class AtOnce:
    """A trainer without a thread: what it is asked for is done before ``ask`` returns."""

    def __init__(self, engine):
        self.letters = deque(maxlen=1)
        self.desk = Desk(self.letters)
        self.has_ended = False

    def ask(self, wish):
        while self.desk.guard(self.desk.work, wish):
            wish = None

    def take(self):
        return self.letters.popleft() if self.letters else None

    @property
    def epoch(self):
        return self.desk.run.epoch if self.desk.run is not None else 0

    @contextmanager
    def holding(self, seconds=-1):
        yield self.desk.run

    def end(self):
        self.has_ended = True

    def close(self, seconds):
        self.end()


@pytest.fixture(autouse=True)
def without_threads(monkeypatch):
    monkeypatch.setattr(module, "Trainer", AtOnce)


def made(**options):
    return Runs(None, **options)


def run_of(entry):
    """The run of an entry, made if it is not yet."""
    entry.ask()
    return entry.trainer.desk.run
