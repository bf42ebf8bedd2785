"""What it takes to look back: the time until a run's weights at any epoch are there, and what keeping its past costs.

    python tests/benchmarks/scrub.py [W2 …] [--epochs 100000] [--looks 400] [--turns 48] [--json]

For each work of ``playground bench``: a run is trained for so many epochs and then had at random ones (median and 99th
percentile, drawing apart), and the speed of training with a past beside training without, in turns, as the ratio of
the threads' own time. Last, the memory of a tiny network's past over ten times as many epochs, which must stay within
its budget.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from typing import Any

from playground.model.experiment import Experiment
from playground.training import bench
from playground.training.run import Run
from playground.training.timeline import RUN_BYTES

BURST = 0.016  # seconds, as the window's trainer has them
TURN = 0.2  # seconds
TURNS_OF_A_RUN = 4
MEDIAN_GOAL, MOST_GOAL = 0.050, 0.150  # seconds
TINY = {"samples": 20, "layers": (2,), "batch_size": 0, "optimizer": "adam"}


def train(run: Run, epochs: int) -> Run:
    """Train for so many epochs in all."""
    while run.epoch < epochs and not run.has_ended:
        run.burst(BURST, epochs - run.epoch)
    return run


def look(run: Run, looks: int) -> list[float]:
    """Seconds until the weights are there, at so many random epochs, sorted."""
    rng, found = random.Random(0), []
    for _ in range(looks):
        epoch = rng.randint(0, run.epoch)
        begun = time.perf_counter()
        assert run.at(epoch).weights
        found.append(time.perf_counter() - begun)
    return sorted(found)


def compare(name: str, turns: int) -> float:
    """The speed of training that keeps its past, of that which keeps nothing; the median of turns.

    The runs are made anew now and then, in turns too: which stands where in memory makes a difference of some percent.
    """
    ratios, runs = [], {}
    for turn in range(turns):
        order = (RUN_BYTES, 0) if turn % 2 else (0, RUN_BYTES)
        if turn % TURNS_OF_A_RUN == 0:
            pair = order if turn // TURNS_OF_A_RUN % 2 else order[::-1]
            runs = {budget: train(Run(bench.prepare(name), budget=budget), 50) for budget in pair}
        speeds = {budget: _turn(runs[budget]) for budget in order}
        ratios.append(speeds[RUN_BYTES] / speeds[0])
    return statistics.median(ratios)


def _turn(run: Run) -> float:
    """Updates a second of the thread's own time."""
    begun, until, before = time.thread_time(), time.perf_counter() + TURN, run.updates
    while time.perf_counter() < until:
        run.burst(BURST)
    return (run.updates - before) / (time.thread_time() - begun)


def measure(name: str, epochs: int, looks: int, turns: int) -> dict[str, Any]:
    """What is told of a work."""
    begun = time.perf_counter()
    run = train(Run(bench.prepare(name)), epochs)
    spent = time.perf_counter() - begun
    look(run, 5)
    found = look(run, looks)
    part = run.timeline.growing
    return {
        "name": name,
        "work": bench.WORKS[name][0],
        "epochs": run.epoch,
        "epochs_per_second": run.epoch / spent,
        "median_seconds": statistics.median(found),
        "p99_seconds": found[min(len(found) - 1, len(found) * 99 // 100)],
        "most_seconds": found[-1],
        "stride": part.stride,
        "copies": part.count,
        "megabytes": run.timeline.nbytes / 1e6,
        "speed_ratio": compare(name, turns),
    }


def fill(epochs: int) -> dict[str, Any]:
    """The most memory that a tiny network's past takes over a long run, and that of the process."""
    run, most = Run(Experiment(epochs=epochs, **TINY)), 0
    run.finish_epoch()
    before = bench.peak_memory() or 0.0
    while not run.has_ended:
        run.burst(BURST)
        most = max(most, run.timeline.nbytes)
    history = run.history.rows.nbytes / 1e6
    grown = (bench.peak_memory() or 0.0) - before
    return {"epochs": run.epoch, "megabytes": most / 1e6, "history_megabytes": history, "process_megabytes": grown}


def tell(one: dict[str, Any]) -> str:
    """A work's figures in words."""
    is_met = one["median_seconds"] <= MEDIAN_GOAL and one["p99_seconds"] <= MOST_GOAL
    median, p99, most = (1e3 * one[f"{which}_seconds"] for which in ("median", "p99", "most"))
    return (
        f"{one['name']}  {one['epochs']:,} epochs, any of them: median {median:.1f} ms, 99 % {p99:.1f} ms, "
        f"most {most:.1f} ms: {'within' if is_met else 'OVER'} the goal; {one['copies']:,} copies, {one['stride']} "
        f"apart, {one['megabytes']:.0f} MB; training with a past at {one['speed_ratio']:.1%} of that without"
    )


def main() -> None:
    """Measure the named works, or W2, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="WORK", help=f"of {', '.join(bench.WORKS)}")
    parser.add_argument("--epochs", type=int, default=100_000)
    parser.add_argument("--looks", type=int, default=400, help="random epochs")
    parser.add_argument("--turns", type=int, default=48, help="of training with a past and without")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    names = given.names or ["W2"]
    if unknown := set(names) - set(bench.WORKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(bench.WORKS)}")
    memory = fill(10 * given.epochs)
    works = [measure(name, given.epochs, given.looks, given.turns) for name in names]
    if given.json:
        print(json.dumps({"works": works, "memory": memory}, indent=1))
        return
    for one in works:
        print(tell(one))
    told = f"{memory['megabytes']:.1f} MB of past, {memory['history_megabytes']:.0f} MB of history"
    print(f"tiny  {memory['epochs']:,} epochs: {told}; the process grew by {memory['process_megabytes']:.0f} MB")


if __name__ == "__main__":
    main()
