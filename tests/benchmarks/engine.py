"""Epochs a second of the engine alone, headless: medians of five, single precision, one thread.

An epoch is: shuffle, every mini-batch forward, backward and update, then both losses over all samples.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

from works import WORKS, prepare

from playground.training.run import Run


def rate(run: Run, seconds: float) -> float:
    """Epochs a second over about that many seconds, at least one epoch."""
    start, before = time.perf_counter(), run.epoch
    run.finish_epoch()
    while time.perf_counter() - start < seconds:
        run.burst(min(0.05, seconds))
    if run.is_in_epoch:
        run.finish_epoch()
    return (run.epoch - before) / (time.perf_counter() - start)


def measure(name: str, seconds: float, times: int) -> float:
    """The median rate of a named work, after a first one that warms up."""
    run = Run(prepare(name))
    rate(run, 0.3)
    return statistics.median(rate(run, seconds) for _ in range(times))


def main() -> None:
    """Measure the named works, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(WORKS), help="of " + ", ".join(WORKS))
    parser.add_argument("--seconds", type=float, default=1.0, help="per measurement")
    parser.add_argument("--times", type=int, default=5, help="measurements of each")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {name: measure(name, given.seconds, given.times) for name in given.names}
    if given.json:
        print(json.dumps({"epochs_per_second": found}))
    else:
        for name, value in found.items():
            print(f"{name}  {value:10,.1f} epochs/s")


if __name__ == "__main__":
    main()
