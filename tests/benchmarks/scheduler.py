"""What a sweep takes of Dask's scheduler: 10⁶ runs on 64 workers that sleep (``sweep.py million`` calls it).

The scheduler is a process of its own, whose time and memory the system tells; the workers are threads of another one.
They sleep 2 ms for each run, and send back rows like those of real runs, which travel through the scheduler.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from playground.model.experiment import Experiment
from playground.training import cluster
from playground.training.cluster import RATE, SECONDS, Cluster
from playground.training.grid import Job
from playground.training.sweep import run_all, train_one

PER_RUN = 0.002  # seconds that a run sleeps
MANY = 1000  # workers that the numbers are told for
# Workers look at the process that all of them share: on machines of their own that would cost nothing.
QUIET = {
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.worker.memory.terminate": False,
    "distributed.worker.memory.monitor-interval": "60s",
}


class Sleepers(Sequence):
    """Jobs that nobody trains."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Job:
        return Job(number, None, {}, 0, None)


def measure(runs: int, workers: int = 64) -> None:
    """Print the scheduler's own time a batch, and what a thousand workers would ask of it."""
    import psutil

    with _begun(_schedule) as (told, scheduler), Cluster(told.get()) as place:
        address = place.address
        with _begun(_work_asleep, address, workers) as (ready, crew):
            ready.get()
            seen = psutil.Process(scheduler.pid), psutil.Process(crew.pid)
            batches, take = [], cluster._Waiting.take
            cluster._Waiting.take = lambda self, threads: batches.append(1) or take(self, threads)
            before, memory = list(map(_spent, seen)), _memory(seen[0])
            start, own = time.perf_counter(), time.process_time()
            done, most = 0, memory
            for done, _ in enumerate(run_all(Sleepers(runs), place), 1):
                if done % 10_000 == 0:
                    most = max(most, _memory(seen[0]))
            seconds, own = time.perf_counter() - start, time.process_time() - own
            scheduled, worked = (_spent(each) - first for each, first in zip(seen, before, strict=True))
    each = scheduled / len(batches)
    asleep = place.busy / workers
    print(f"{done:,} runs, {len(batches):,} batches, {workers} workers: {seconds:.1f} s, asleep {asleep:.1f} s of them")
    print(f"  the scheduler: {1000 * each:.2f} ms of the processor a batch, {memory} MB before, {most} MB at most")
    told = f"the client {1000 * own / len(batches):.2f} ms, the workers {1000 * worked / len(batches):.2f} ms"
    print(f"  {told} a batch: they pack and unpack its rows")
    wanted = MANY / (SECONDS * max(1.0, MANY / RATE))
    told = f"{MANY:,} workers ask for {wanted:.0f} batches a second, of {MANY / wanted:.0f} s each"
    print(f"  {told}: {wanted * each:.0%} of a core.")
    print(f"  Of a second's work each it would be {MANY * each:.0%}; more than {1 / each:,.0f} a second cannot be.")


def _spent(process: Any) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _memory(process: Any) -> int:
    return process.memory_info().rss // 1_000_000


@contextmanager
def _begun(work: Callable[..., Any], *arguments: Any) -> Generator[tuple[Any, Any]]:
    """A process that is fresh, and what it tells."""
    fresh = multiprocessing.get_context("spawn")
    told = fresh.SimpleQueue()
    process = fresh.Process(target=work, args=(told, *arguments), daemon=True)
    process.start()
    try:
        yield told, process
    finally:
        process.terminate()
        process.join()


def _schedule(told: Any) -> None:
    """Be a scheduler; tells its address."""
    from distributed import Scheduler

    logging.getLogger("distributed").setLevel(logging.ERROR)

    async def run() -> None:
        async with Scheduler(host="127.0.0.1", port=0, dashboard_address=":0") as scheduler:
            told.put(scheduler.address)
            await scheduler.finished()

    asyncio.run(run())


def _work_asleep(told: Any, address: str, workers: int) -> None:
    """Be so many workers; tells when all of them are there."""
    import dask
    from distributed import Worker

    logging.getLogger("distributed").setLevel(logging.ERROR)
    row = train_one(Experiment(epochs=10))

    def sleep(_given: Any, batch: list[int], _wanted: dict[str, str]) -> tuple[list[dict[str, Any]], float]:
        time.sleep(PER_RUN * len(batch))
        return [{**row, "evidence": f"{row['evidence']} {number}"} for number in batch], PER_RUN * len(batch)

    cluster._work = sleep

    async def run() -> None:
        crew = [await Worker(address, nthreads=1, dashboard_address=":0") for _ in range(workers)]
        told.put(len(crew))
        await asyncio.gather(*(worker.finished() for worker in crew))

    with dask.config.set(QUIET):
        asyncio.run(run())
