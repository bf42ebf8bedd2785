"""Whether a race uses every core: the speed of eight runs in all, against the cores times one run's.

    python tests/benchmarks/race.py [W2] [--runs 8] [--turns 9] [--seconds 2] [--json]

Runs of a work of ``playground bench`` are trained side by side as ``playground race`` does, and one of them alone, in
turns; told is the median over the turns of (updates a second of all) / (cores × updates a second of one).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import time
from collections.abc import Sequence

from playground.training import bench
from playground.training.race import plan
from playground.training.racing import Race, train_together
from playground.training.run import Run

GOAL = 0.9
BURST = 0.05  # seconds, as `playground train` has them


def measure(runs: Sequence[Run], threads: int, seconds: float) -> tuple[float, float]:
    """Updates a second of all together, and how many cores' time they got: less, where others worked beside."""
    before, begun, spent = sum(run.updates for run in runs), time.perf_counter(), time.process_time()
    if len(runs) == 1:
        while time.perf_counter() - begun < seconds:
            runs[0].burst(BURST)
    else:
        with contextlib.closing(train_together(runs, threads)) as steps:
            for _ in steps:
                if time.perf_counter() - begun >= seconds:
                    break
    passed = time.perf_counter() - begun
    return (sum(run.updates for run in runs) - before) / passed, (time.process_time() - spent) / passed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="?", default="W2", choices=bench.WORKS)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    cores = os.cpu_count() or 1
    experiment = bench.prepare(given.work)
    runs = Race(plan(experiment, {"seed": list(range(given.runs))})).runs
    for run in runs:
        run.burst(0.1)
    ones = runs[:1]
    turns = [(measure(ones, 1, given.seconds), measure(runs, cores, given.seconds)) for _ in range(given.turns)]
    ratio = statistics.median(together / (cores * alone) for (alone, _), (together, _) in turns)
    got = statistics.median(together for _, (_, together) in turns)
    paid = statistics.median(together / got / (alone / own) for (alone, own), (together, got) in turns)
    if given.json:
        print(
            json.dumps(
                {"work": given.work, "cores": cores, "turns": turns, "ratio": ratio, "got": got, "paid": paid}, indent=1
            )
        )
        return
    alone, together = (statistics.median(speed for speed, _ in column) for column in zip(*turns))
    print(f"{given.work}  {given.runs} runs on {cores} cores: {together:,.0f} updates/s in all, one alone {alone:,.0f}")
    verdict = "reaches" if ratio >= GOAL else "MISSES"
    print(f"{ratio:.3f} of cores × one's speed {verdict} the goal of {GOAL}; it got the time of {got:.2f} cores,")
    print(f"and made {paid:.3f} of one's updates in a second of processor time")


if __name__ == "__main__":
    main()
