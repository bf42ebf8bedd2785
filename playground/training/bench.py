"""How fast the engine is on this machine: four works, and how their time grows.

An epoch is: shuffle, every mini-batch forward, backward and update, then both losses over all samples; in single
precision, by one thread.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from playground.model.experiment import Experiment
from playground.training.run import Run

WORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "W1": (
        "2-4-2-1 tanh, 250 + 250 samples, batches of 10, SGD",
        {"samples": 500, "layers": (4, 2), "activation": "tanh", "batch_size": 10, "optimizer": "sgd"},
    ),
    "W2": (
        "2-64-64-1 tanh, 500 + 500, 32, batch normalization, dropout .5, Adam",
        {
            "samples": 1000,
            "layers": (64, 64),
            "activation": "tanh",
            "batch_size": 32,
            "optimizer": "adam",
            "normalization": "batch",
            "dropout": 0.5,
        },
    ),
    "W3": (
        "64-128-64-10 relu, 1437 + 360, 64, softmax, Adam",
        {
            "dataset": "digits",
            "layers": (128, 64),
            "activation": "relu",
            "batch_size": 64,
            "optimizer": "adam",
            "train_fraction": 1437 / 1797,
        },
    ),
    "W4": (
        "2-128-128-1 relu, 100,000 + 10,000, 256, Adam",
        {
            "samples": 110_000,
            "layers": (128, 128),
            "activation": "relu",
            "batch_size": 256,
            "optimizer": "adam",
            "train_fraction": 10 / 11,
        },
    ),
}
OLD_EPOCHS, OLD_SECONDS = 10_000, 20.0  # a run is old after the one or the other
SAMPLES = (1_000, 10_000, 100_000, 1_000_000)
WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512)
DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8)
BATCHES = (1, 7, 32, 33, 100)


class Result(NamedTuple):
    """A work's speed: epochs a second, billions of operations in its matrix products a second, and what NumPy's
    product of two single-precision matrices of 256 × 256 reached beside it. Medians.

    The first figures are of fresh runs; old_…: of one that has trained ``old_epochs``.
    """

    name: str
    work: str
    epochs_per_second: float
    gflops: float
    sgemm_gflops: float
    share_of_sgemm: float
    old_epochs: int
    old_epochs_per_second: float
    old_share_of_sgemm: float

    def __str__(self) -> str:
        fresh = f"fresh {self.epochs_per_second:10,.1f} epochs/s ({self.share_of_sgemm:.0%} of sgemm)"
        age = f"old, after {self.old_epochs:,} epochs,"
        old = f"{age} {self.old_epochs_per_second:10,.1f} epochs/s ({self.old_share_of_sgemm:.0%})"
        return f"{self.name}  {fresh}  {old}  {self.gflops:.1f} of {self.sgemm_gflops:.0f} GFLOP/s  {self.work}"


class Growth(NamedTuple):
    """A network's time per epoch in seconds, and per sample and weight in nanoseconds.

    megabytes: most memory that the process has taken so far; data_megabytes: the dataset's own arrays.
    """

    along: str
    value: int
    seconds: float
    nanoseconds: float
    megabytes: float | None
    data_megabytes: float

    def __str__(self) -> str:
        memory = "" if self.megabytes is None else f", {self.megabytes:.0f} MB for {self.data_megabytes:.1f} MB of data"
        spent = f"{1e3 * self.seconds:10,.2f} ms/epoch"
        return f"{self.along:8}{self.value:9,} {spent} {self.nanoseconds:8.3f} ns a sample and weight{memory}"


def prepare(name: str, **changes: Any) -> Experiment:
    """The experiment of a work, with some knobs changed."""
    return _endless(**(WORKS[name][1] | changes))


def _endless(**knobs: Any) -> Experiment:
    """An experiment that ends after ten million epochs; half of its samples train, if nothing else is said."""
    return Experiment(epochs=10_000_000, **({"train_fraction": 0.5} | knobs))


def rate(run: Run, seconds: float) -> float:
    """Epochs a second over about that many seconds, at least one epoch."""
    start, before = time.perf_counter(), run.epoch
    run.finish_epoch()
    while time.perf_counter() - start < seconds:
        run.burst(min(0.05, seconds))
    if run.is_in_epoch:
        run.finish_epoch()
    return (run.epoch - before) / (time.perf_counter() - start)


def operations(run: Run) -> float:
    """Additions and multiplications in the matrix products of an epoch; the first layer's inputs need no gradient."""
    sizes = [int(layer["inputs"]) * int(layer["units"]) for layer in run.state.net.layers]
    train, validation = (int(x.shape[1]) for x in (run.state.samples.inputs, run.state.samples.val_inputs))
    return 2.0 * (train * (3 * sum(sizes) - sizes[0]) + (train + validation) * sum(sizes))


def sgemm(seconds: float = 0.3) -> float:
    """Operations a second of NumPy's single-precision matrix product over about that many seconds."""
    a = np.random.default_rng(0).random((256, 256), np.float32)
    out = np.empty_like(a)
    np.matmul(a, a, out=out)
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        np.matmul(a, a, out=out)
        done += 1
    return done * 2 * 256**3 / (time.perf_counter() - start)


def age(run: Run, seconds: float) -> None:
    """Train until a run is old: for OLD_EPOCHS, or for about that many seconds, whichever ends first."""
    start = time.perf_counter()
    run.finish_epoch()
    while run.epoch < OLD_EPOCHS and time.perf_counter() - start < seconds:
        run.burst(min(0.05, seconds), OLD_EPOCHS - run.epoch)
    if run.is_in_epoch:
        run.finish_epoch()


def measure(names: list[str], seconds: float = 1.0, old: float = OLD_SECONDS, times: int = 5) -> Iterator[Result]:
    """Measure works by name, fresh and when they are old, each in turn with the matrix product.

    A run may slow down as it trains: subnormal numbers once did that. old: seconds after which it counts as old.
    """
    for name in names:
        rate(Run(prepare(name)), 0.3 * seconds)
        fresh = _median(((Run(prepare(name)), sgemm(0.3 * seconds)) for _ in range(times)), seconds)
        run = Run(prepare(name))
        age(run, old)
        epochs = run.epoch
        late = _median(((run, sgemm(0.3 * seconds)) for _ in range(times)), seconds)
        gflops = fresh.speed * operations(run) / 1e9
        figures = (fresh.speed, gflops, fresh.product / 1e9, fresh.share, epochs, late.speed, late.share)
        yield Result(name, WORKS[name][0], *figures)


class _Median(NamedTuple):
    speed: float
    product: float
    share: float


def _median(turns: Iterable[tuple[Run, float]], seconds: float) -> _Median:
    """Median epochs a second of runs, of what NumPy's product reached before each, and of their share of that."""
    found = [(rate(run, seconds), product, operations(run)) for run, product in turns]
    speeds, products, shares = zip(*((speed, product, speed * work / product) for speed, product, work in found))
    return _Median(statistics.median(speeds), statistics.median(products), statistics.median(shares))


def grow(seconds: float = 1.0) -> Iterator[Growth]:
    """Time per epoch against samples, width and depth: ReLU, Adam, batches of 32, half of the samples for training.

    And against the size of batches: W2 without batch normalization.
    """
    for count in SAMPLES:
        yield _grow("samples", count, seconds, _endless(samples=count, layers=(32, 32)))
    for width in WIDTHS:
        yield _grow("width", width, seconds, _endless(samples=2000, layers=(width, width)))
    for depth in DEPTHS:
        yield _grow("depth", depth, seconds, _endless(samples=2000, layers=(32,) * depth))
    for size in BATCHES:
        yield _grow("batch", size, seconds, prepare("W2", normalization="none", batch_size=size))


def _grow(along: str, value: int, seconds: float, experiment: Experiment) -> Growth:
    run = Run(experiment)
    rate(run, 0.1 * seconds)
    spent = 1 / statistics.median(rate(run, seconds / 3) for _ in range(3))
    weights = sum(int(layer["inputs"]) * int(layer["units"]) for layer in run.state.net.layers)
    data = experiment.dataset
    size = (data.inputs.nbytes + data.targets.nbytes + data.sets.nbytes) / 1e6
    return Growth(along, value, spent, 1e9 * spent / (len(data.sets) * weights), peak_memory(), size)


def peak_memory() -> float | None:
    """The most memory this process has taken so far, in MB; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
