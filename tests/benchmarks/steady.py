"""Whether a run stays as fast as it began: single long runs, split into tenths by epochs.

    python tests/benchmarks/steady.py [W1 digits ...] [--times 3] [--share 1] [--json]

Each tenth's time is the median of so many runs, each anew; told is the slowest tenth over the fastest. Subnormal
numbers, where they are not flushed, make old runs several times slower on many processors: how many there are at the
end is told too, and should be none. A neighbour on the machine slows down as well: the works take turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any, NamedTuple

import numpy as np

from playground.model.experiment import Experiment
from playground.training import bench
from playground.training.run import Run

PARTS = 10
BURST = 0.05  # seconds
MOST = 1.15  # what the slowest tenth may take of the fastest's time


class Work(NamedTuple):
    """A run: what it is told as, its epochs, and its knobs."""

    title: str
    epochs: int
    knobs: dict[str, Any]


def _of(name: str, epochs: int) -> Work:
    title, knobs = bench.WORKS[name]
    return Work(title, epochs, {"train_fraction": 0.5} | knobs)


WORKS: dict[str, Work] = {
    "W1": _of("W1", 100_000),
    "W2": _of("W2", 100_000),
    "W3": _of("W3", 10_000),
    "W4": _of("W4", 100),
    "xor": Work("W4's network on x1·x2 > 0", 100, bench.WORKS["W4"][1] | {"dataset": "xor", "noise": 0.0}),
    # Three that saturate: gradients, and moments of units that died, become smaller than all normal numbers.
    "depth": Work(
        "depth 4 of bench --growth, kept training",
        3_000,
        {"samples": 2000, "layers": (32,) * 4, "train_fraction": 0.5},
    ),
    "digits": Work(
        "digits, 128, 64 units, relu, Adam",
        3_000,
        {"dataset": "digits", "layers": (128, 64), "activation": "relu", "optimizer": "adam", "batch_size": 32},
    ),
    "blobs": Work(
        "two blobs far apart, 32, 32 units, relu, Adam",
        20_000,
        {"dataset": "blobs", "noise": 0.05, "samples": 500, "layers": (32, 32), "activation": "relu"}
        | {"optimizer": "adam", "learning_rate": 0.01},
    ),
}


class Found(NamedTuple):
    """Seconds of each tenth of a run, and how many numbers that it keeps between epochs are subnormal at its end."""

    seconds: list[float]
    subnormal: int


def tenths(runs: list[Found]) -> list[float]:
    """Each tenth's seconds, the median of all runs: a neighbour who disturbs one does not disturb the same of all."""
    return [statistics.median(parts) for parts in zip(*(run.seconds for run in runs), strict=True)]


def train(work: Work, share: float) -> Found:
    """Train a run anew, for that share of its epochs."""
    epochs = max(PARTS, round(work.epochs * share))
    run = Run(Experiment(epochs=epochs, **work.knobs))
    found = []
    for part in range(1, PARTS + 1):
        start = time.perf_counter()
        while run.epoch < epochs * part // PARTS:
            run.burst(BURST, epochs * part // PARTS - run.epoch)
            if run.failure:
                raise RuntimeError(run.failure)
        found.append(time.perf_counter() - start)
    return Found(found, subnormal(run))


def subnormal(run: Run) -> int:
    """How many of a run's weights, moments and gradients are subnormal: where a processor is fast all the same, this
    tells.
    """
    count = 0
    for array in (run.state.net.weights, run.state.net.scratch, run.state.store.slots):
        count += int(((array != 0) & (np.abs(array) < np.finfo(array.dtype).tiny)).sum())
    return count


def measure(names: list[str], times: int, share: float) -> dict[str, list[Found]]:
    """Train each work so many times, in turns."""
    for name in names:
        train(WORKS[name], 0.0)  # loads what it needs
    runs: dict[str, list[Found]] = {name: [] for name in names}
    for _ in range(times):
        for name in names:
            runs[name].append(train(WORKS[name], share))
    return runs


def sum_up(name: str, runs: list[Found], share: float) -> dict[str, Any]:
    """What is told of a work."""
    seconds = tenths(runs)
    return {
        "work": WORKS[name].title,
        "epochs": max(PARTS, round(WORKS[name].epochs * share)),
        "ratio": max(seconds) / min(seconds),
        "tenths": seconds,
        "subnormal": max(run.subnormal for run in runs),
        "seconds": [run.seconds for run in runs],
    }


def main() -> None:
    """Measure the named works, or all, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="WORK", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--times", type=int, default=3, help="runs of each work")
    parser.add_argument("--share", type=float, default=1.0, help="of each work's epochs")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    names = given.names or list(WORKS)
    if unknown := set(names) - set(WORKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(WORKS)}")
    found = {n: sum_up(n, runs, given.share) for n, runs in measure(names, given.times, given.share).items()}
    if given.json:
        print(json.dumps(found, indent=1))
        return
    for name, one in found.items():
        verdict = "steady" if one["ratio"] <= MOST else "SLOWER"
        parts = " ".join(f"{seconds:.2f}" for seconds in one["tenths"])
        print(f"{name:7} {one['ratio']:5.2f} × {verdict}, {one['subnormal']} subnormal, {one['epochs']:,} epochs of")
        print(f"        {one['work']}; tenths, s: {parts}")


if __name__ == "__main__":
    main()
