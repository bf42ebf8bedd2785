"""A sweep on a Dask cluster. Workers are machines' processes in which the same version of the program is installed.

The plan travels to each worker once; runs travel as their numbers, in batches of about a second's work, and rows come
back batch by batch. Never more batches wait than keep the workers busy, however many runs there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import pkgutil
import socket
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from playground.model.dataset import DataError
from playground.training import warm
from playground.training.grid import Job, Outcome
from playground.training.seats import cores
from playground.training.sweep import LOST, failed, train_one
from playground.training.versions import versions
from playground.training.where import LOCAL, MISSING, check

SECONDS = 1.0  # of work in a batch, and more where more threads than RATE work, lest the scheduler be asked too often
RATE = 100  # batches a second
AHEAD = 2  # batches for each of the workers' threads that are under way: one runs, one waits
GROWTH = 8  # by how much more a batch may hold than the one before: first runs are slow
CONNECTING = 10  # seconds
REFRESH = 2.0  # seconds between two counts of the workers: some may have come
NEWS = 0.02  # seconds between two looks at what has ended
Batch = list[int]
Task = TypeVar("Task")
Value = TypeVar("Value")
Work = Callable[[Task, Callable[[], bool]], Value | None]  # what is done with a task; None once it is not wanted


class ClusterError(OSError):
    """The cluster cannot be used, or not any more; the message names it, and what to do."""


class Lost(NamedTuple):
    """In a task's place where its workers died again and again, or it raised."""

    reason: str


class Cluster:
    """Where a sweep runs: a scheduler's address, ``tcp://…`` or ``tls://…`` with its files, or ``local``.

    It connects when it is entered, or when its first outcomes are asked for. processes: of "local"; as many as there
    are cores, if left out. Raises ClusterError where Dask is not installed, or DataError where the address or its
    files cannot be.
    """

    def __init__(
        self,
        address: str,
        ca: Path | None = None,
        cert: Path | None = None,
        key: Path | None = None,
        processes: int = 0,
    ) -> None:
        self.address, self._processes = address, processes or cores()
        self._files = {"tls_ca_file": ca, "tls_client_cert": cert, "tls_client_key": key}
        self._client: Any = None
        self._own: Any = None  # processes on this machine
        self._connecting = threading.RLock()
        self.threads = 0  # of its workers
        self.busy = 0.0  # seconds that they have trained so far, added up
        check(address, self._files.values())
        _load()

    def __str__(self) -> str:
        return f"Dask, {self.address}"

    def __enter__(self) -> Cluster:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_connected(self) -> bool:
        return self._client is not None and self._client.status == "running"

    def connect(self) -> None:
        """Connect, see that every worker is of this version, and have each machine compile its kernels once.

        Anew where the scheduler went away. Raises ClusterError.
        """
        with self._connecting:
            if not self.is_connected:
                self.close()
                self._connect()

    def _connect(self) -> None:
        distributed = _load()
        # what goes wrong is told in one line, by whoever runs the sweep
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        where: Any = self.address
        security = distributed.Security()
        if self.address.startswith("tls://"):
            files = {name: str(path) for name, path in self._files.items()}
            security = distributed.Security(require_encryption=True, **files)
        try:
            if self.address == LOCAL:
                where = self._own = distributed.LocalCluster(
                    n_workers=self._processes,
                    threads_per_worker=1,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            else:
                _knock(self.address)
                asyncio.run(_greet(self.address, security.get_connection_args("client")))
            self._client = distributed.Client(where, security=security, timeout=CONNECTING, set_as_default=False)
        except Exception as error:  # whatever listens there may answer anything
            self.close()
            raise ClusterError(
                f"{self.address}: no scheduler answers there ({_one_line(error)}); "
                "'dask scheduler' starts one and names its address"
            ) from None
        try:
            self._prepare()
        except ClusterError:
            self.close()
            raise
        except Exception as error:
            self.close()
            raise ClusterError(f"{self.address}: its workers could not be prepared: {_one_line(error)}") from None

    def close(self) -> None:
        """Leave the cluster; what this program started ends."""
        with self._connecting:
            for each in (self._client, self._own):
                if each is not None:
                    with contextlib.suppress(Exception):
                        each.close()
            self._client = self._own = None

    def _prepare(self) -> None:
        """Refuse workers of other versions, and compile kernels once a machine."""
        own = versions()
        # a function of Python's own, for what another version lacks cannot be named there
        for name, answer in self._ask(pkgutil.resolve_name, "playground:__version__").items():
            if isinstance(answer, BaseException):
                raise ClusterError(f"worker {name}: the training playground is not installed there ({answer})")
            _refuse(name, {"playground": answer}, own)
        for name, answer in self._ask(versions).items():
            _refuse(name, {"playground": str(answer)} if isinstance(answer, BaseException) else answer, own)
        machines = {host: name for name, host in self._ask(socket.gethostname).items()}
        if machines:
            self._client.run(warm.ensure, workers=list(machines.values()))
        self.threads = sum(self._client.nthreads().values())

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """What a function returns in each worker, or the error that it raised."""
        return dict(self._client.run(function, *arguments, on_error="return"))

    def outcomes(self, jobs: Sequence[Job], wanted: Callable[[], bool]) -> Generator[Outcome, None, None]:
        """As run_all of sweep.py. A run whose workers died again and again has the status "lost", and says so.

        Raises ClusterError where the scheduler goes away.
        """
        self.connect()
        try:
            with contextlib.closing(self.each(jobs, _row, wanted)) as ended:
                for number, row in ended:
                    yield Outcome(jobs[number].number, failed(LOST, row.reason) if isinstance(row, Lost) else row)
        except ClusterError as error:
            raise ClusterError(f"{error}; --resume goes on") from None

    def each(
        self,
        tasks: Sequence[Task],
        work: Work[Task, Value],
        wanted: Callable[[], bool],
        rests: Callable[[], bool] = lambda: False,
    ) -> Generator[tuple[int, Value | Lost], None, None]:
        """What came of each task, by its number, as it ends.

        work: a function that workers can import. wanted: as of run_all. rests: whether nothing new is to be begun.
        Raises ClusterError where the scheduler goes away.
        """
        self.connect()
        client, own = self._client, versions()
        with warnings.catch_warnings():
            # large data are no mistake here: they travel once
            warnings.simplefilter("ignore")
            given = client.submit(_given, (tasks, work), pure=False)
        waiting = _Waiting(len(tasks))
        flying: dict[Any, Batch] = {}
        try:
            asked = -math.inf
            while (waiting or flying) and wanted():
                if time.monotonic() - asked > REFRESH:
                    asked, self.threads = time.monotonic(), sum(client.nthreads().values())
                threads = max(1, self.threads)
                while waiting and len(flying) < AHEAD * threads and not rests():
                    batch = waiting.take(threads)
                    future = client.submit(_work, given, batch, own, pure=False)
                    flying[future] = batch
                ended = [future for future in flying if future.done()]
                if not ended:
                    if client.status != "running":
                        raise self._gone()
                    time.sleep(NEWS)
                known = self._gather(ended)
                for future in ended:
                    yield from self._told(future, flying.pop(future), waiting, known.get(future))
        except ClusterError:
            raise
        except Exception:
            if self.is_connected:
                raise
            raise self._gone() from None
        finally:
            with contextlib.suppress(Exception):
                client.cancel([*flying, given], force=True)

    def _gather(self, ended: list[Any]) -> dict[Any, Any]:
        """What batches have returned, asked for in one go: with many workers each question would have to wait."""
        finished = [future for future in ended if future.status == "finished"]
        if len(finished) > 1:
            with contextlib.suppress(Exception):
                return dict(zip(finished, self._client.gather(finished)))
        return {}

    def _told(
        self, future: Any, batch: Batch, waiting: _Waiting, known: tuple[list[Any], float] | None
    ) -> list[tuple[int, Any]]:
        """What came of a batch; nothing where its tasks are to be tried one by one. known: what it returned."""
        if future.status == "cancelled":
            raise self._gone()
        try:
            values, seconds = known or future.result(timeout=CONNECTING)
        except DataError as error:
            raise ClusterError(str(error)) from None
        except Exception as error:
            if self._client.status != "running":
                raise self._gone() from None
            if len(batch) > 1:
                waiting.put_back(batch)
                return []
            return [(batch[0], Lost(f"{type(error).__name__}: {error}"))]
        waiting.note(len(batch), seconds)
        self.busy += seconds
        return list(zip(batch, values))

    def _gone(self) -> ClusterError:
        return ClusterError(f"{self.address}: the scheduler went away; what is there is kept")


class _Waiting:
    """The runs that wait, and how many of them make a batch."""

    def __init__(self, count: int) -> None:
        self._next, self._count = 0, count
        self._single: deque[int] = deque()  # of batches that failed
        self._per_run = 0.0  # seconds; not known yet
        self._most = 1

    def __len__(self) -> int:
        return self._count - self._next + len(self._single)

    def take(self, threads: int) -> Batch:
        """The next batch; towards the end they are smaller, so that all workers end at about the same time."""
        if self._single:
            return [self._single.popleft()]
        left = self._count - self._next
        worth = int(SECONDS * max(1.0, threads / RATE) / self._per_run) if self._per_run else 1
        size = max(1, min(worth, self._most, -(-left // (AHEAD * threads))))
        self._next += size
        return list(range(self._next - size, self._next))

    def put_back(self, batch: Batch) -> None:
        """Have each run of a batch tried alone: one of them may have killed its worker."""
        self._single.extend(batch)

    def note(self, runs: int, seconds: float) -> None:
        """How long a batch took."""
        per_run = max(seconds / runs, 1e-6)
        self._per_run = per_run if not self._per_run else 0.7 * self._per_run + 0.3 * per_run
        self._most = max(self._most, GROWTH * runs)


def _load() -> Any:
    """Dask's distributed, imported when it is needed."""
    try:
        import distributed
    except ImportError:
        raise ClusterError(MISSING) from None
    return distributed


def _knock(address: str) -> None:
    """Raise OSError at once where nothing listens: Dask would try again and again."""
    if address != LOCAL:
        found = urlsplit(address)
        socket.create_connection((found.hostname or "", found.port or 0), CONNECTING).close()


async def _greet(address: str, arguments: dict[str, Any]) -> None:
    """Raise where what listens is no scheduler: a client that could not connect waits long when it is thrown away."""
    (await _load().comm.connect(address, timeout=CONNECTING, **arguments)).abort()


def _one_line(error: Exception) -> str:
    if isinstance(error, MemoryError):  # its first bytes, read as a length
        return "what listens there does not speak Dask"
    return " ".join(str(error).split()) or "timed out"


def _refuse(name: str, there: dict[str, str], here: dict[str, str]) -> None:
    """Raise ClusterError where a worker's versions are others: its numbers would be."""
    for what in there:
        if what != "level" and there[what] != here[what]:
            raise ClusterError(
                f"worker {name}: {what} {there[what]} there, {here[what]} here; install the same on all machines"
            )


# what workers do


def _given(given: tuple[Sequence[Task], Work[Task, Value]]) -> tuple[Sequence[Task], Work[Task, Value]]:
    """Tasks and work, kept by whichever workers need them; a task itself, to be had again when a worker dies."""
    return given


def _work(
    given: tuple[Sequence[Task], Work[Task, Value]], batch: Batch, wanted: dict[str, str]
) -> tuple[list[Value], float]:
    """Do some tasks on a worker, one after the other: what came of them, and how long it took.

    Raises DataError where this worker, which may have come later, is of another version.
    """
    from distributed import get_worker

    worker = get_worker()
    try:
        _refuse(worker.address, versions(), wanted)
    except ClusterError as error:
        raise DataError(str(error)) from None
    start, values = time.perf_counter(), []
    key = worker.get_current_task()
    tasks, work = given
    for number in batch:
        value = work(tasks[number], lambda: _is_wanted(worker, key))
        if value is None:
            raise RuntimeError("nobody waits for this batch any more")
        values.append(value)
    return values, time.perf_counter() - start


def _row(job: Job, wanted: Callable[[], bool]) -> dict[str, Any] | None:
    return train_one(job.experiment, wanted)


def _is_wanted(worker: Any, key: Any) -> bool:
    """Whether a task was not given up meanwhile."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled"
