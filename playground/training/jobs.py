"""Long work in a thread of its own, as a file that is written or read: with its progress, and given up on request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from playground.model.dataset import DataError
from playground.model.knobs import KnobError
from playground.model.progress import CancelledError, Progress

Value = TypeVar("Value")
Finish = Callable[[Any], None]
Then = Callable[[Exception | None], None]
SAVING = "saving"
WRITING = ("exporting", "answering")  # a file that somebody waits for, and that loses nothing where it is given up
PATIENCE = 0.1  # seconds that closing waits for work that was given up


class Job(Generic[Value]):
    """Calls ``work(progress)`` in a thread, from now on. Whoever began it polls ``is_done`` and takes the result.

    work: reports its share between two pieces; CancelledError is raised there once nobody wants it any more.
    """

    def __init__(self, work: Callable[[Progress], Value], name: str = "job") -> None:
        self.share: float | None = None  # of the work that is done, None while that is not known
        self._work = work
        self._value: Value | None = None
        self._error: BaseException | None = None
        self._is_cancelled = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether the work is over: done, failed or given up."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Have it given up between two pieces; what is as good as done may still be finished."""
        self._is_cancelled = True

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for it to be over, so long at most. Whether it is."""
        return self._ended.wait(seconds)

    def result(self) -> Value:
        """What the work returned, waiting for it if need be; raises the error that ended it, or CancelledError."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # None only where the work returned it

    def close(self, seconds: float = PATIENCE) -> bool:
        """Give it up, and wait a moment for the thread to end. Whether it has."""
        self.cancel()
        self._thread.join(seconds)
        return self.is_done

    def _run(self) -> None:
        try:
            self._value = self._work(self._report)
        except BaseException as error:  # it travels: `result` raises it where it can be told
            self._error = error
        finally:
            self._ended.set()

    def _report(self, share: float) -> None:
        if self._is_cancelled:
            raise CancelledError("the work was given up")
        self.share = share


class Task(NamedTuple):
    """A file that is read or written by a job. finish: takes what it found. then: told how it ended."""

    title: str
    job: Job[Any]
    finish: Finish
    then: Then

    @property
    def is_saving(self) -> bool:
        return self.title.startswith(SAVING)

    @property
    def is_writing(self) -> bool:
        return self.title.startswith(WRITING)

    @property
    def share(self) -> float | None:
        """How much is done, from 0 to 1; None while that is not known."""
        return self.job.share


class Tasks:
    """One file at a time: begun, waited for, given up; whoever began it hears of its end in a thread of his own."""

    def __init__(self) -> None:
        self.task: Task | None = None

    def begin(
        self, verb: str, name: str, work: Callable[[Progress], Any], finish: Finish, then: Then | None = None
    ) -> None:
        """Have ``finish`` called with what the work returns, and ``then`` with how it ended, once ``hear`` is.

        Without ``then`` this waits, and raises what the work raises. Raises OSError where another file is in work.
        """
        if self.task is not None:
            raise OSError(f"{name}: {self.task.title} is not done yet")
        job = Job(work, verb)
        if then is None:
            finish(job.result())
        else:
            self.task = Task(f"{verb} {name}", job, finish, then)

    def hear(self) -> bool:
        """Take in what is done; whether something was."""
        task = self.task
        if task is None or not task.job.is_done:
            return False
        self.task = None
        try:
            task.finish(task.job.result())
        except (DataError, KnobError, OSError, CancelledError) as error:
            task.then(error)
        else:
            task.then(None)
        return True

    def finish(self) -> None:
        """Wait for it."""
        if self.task is not None:
            self.task.job.wait()
            self.hear()

    def cancel(self) -> None:
        """Give it up."""
        if self.task is not None:
            self.task.job.cancel()

    def end(self) -> None:
        """Give it up; nobody is told any more."""
        self.cancel()

    def close(self, seconds: float = PATIENCE) -> None:
        """Give it up, and wait a moment for its thread to end."""
        if self.task is not None:
            self.task.job.close(seconds)
