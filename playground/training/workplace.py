"""Where pieces of work are done: threads of this program, or a cluster, which stays connected from one to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from playground.model.progress import CancelledError
from playground.training import side_by_side
from playground.training.seats import cores
from playground.training.side_by_side import Turn, Turns, turn_while
from playground.training.where import LOCAL, Where

if TYPE_CHECKING:
    from playground.training.cluster import Cluster

Task = TypeVar("Task")
Value = TypeVar("Value")


class Ending(Protocol):
    """What is waited for before a cluster is left, as a search is."""

    def wait(self, seconds: float) -> bool: ...


class Workplace:
    """One that a person chose; a cluster is connected with when it is opened, or first needed."""

    def __init__(self, where: Where | None = None) -> None:
        self.where = where or Where()
        self._cluster: Cluster | None = None

    @property
    def awaited(self) -> str:
        """What it waits for, in words, if it does."""
        if not self.where.address:
            return ""
        name = "processes of this computer" if self.where.address == LOCAL else self.where.address
        if self._cluster is None or not self._cluster.is_connected:
            return f"{name}: connecting"
        return "" if self._cluster.threads else f"{name}: no worker is there yet"

    def open(self) -> None:
        """Connect, if it is a cluster. Raises DataError where the address cannot be, ClusterError where Dask or the
        scheduler is missing, or versions differ.
        """
        if self.where.address:
            # here, for it takes the window long to import
            from playground.training.cluster import Cluster

            if self._cluster is None:
                self._cluster = Cluster(self.where.address, *self.where.files, self.where.cores)
            self._cluster.connect()

    def each(
        self, tasks: Sequence[Task], work: Callable[[Task, Turn], Value], turns: Turns
    ) -> Generator[tuple[int, Value], None, None]:
        """What came of each task, by its number, as it ends; work: a function that another process can import.

        Where the loop is left, what is being worked on is given up. Raises what the work raises, CancelledError where
        it is not wanted any more, and ClusterError where the scheduler goes away or a task is lost.
        """
        if not self.where.address:
            numbers = iter(range(len(tasks)))
            count = self.where.cores or cores()
            yield from side_by_side.each(numbers, lambda number: work(tasks[number], turns), count, turns)
            return
        from playground.training.cluster import ClusterError, Lost

        self.open()
        assert self._cluster is not None
        ended = self._cluster.each(
            tasks, partial(_at_turns, work), lambda: not turns.is_cancelled, lambda: turns.is_paused
        )
        with closing(ended):
            for number, value in ended:
                if isinstance(value, Lost):
                    raise ClusterError(f"{self.where.address}: a run was lost: {value.reason}")
                yield number, value
        if turns.is_cancelled:
            raise CancelledError("it was given up")

    def leave(self, last: Ending | None = None, patience: float = 0.0) -> None:
        """Close what is connected once the last work there has ended; waits so many seconds for it."""
        if not self.where.address:
            return

        def close() -> None:
            while last is not None and not last.wait(1.0):
                pass
            if self._cluster is not None:
                self._cluster.close()

        closing_thread = threading.Thread(target=close, name="leave", daemon=True)
        closing_thread.start()
        closing_thread.join(patience)


def _at_turns(work: Callable[[Task, Turn], Value], task: Task, wanted: Callable[[], bool]) -> Value | None:
    """Work as a cluster does it: None where it was not wanted any more."""
    try:
        return work(task, turn_while(wanted))
    except CancelledError:
        return None
