"""Runs that went wrong for a reason that is known, because it was planted: what a verdict is held against.

A situation is a sound experiment with one thing spoilt. Which thing is spoilt, and how, was written down before the
diagnosis was tuned; ``TUNED`` seeds were looked at while it was, ``HELD_OUT`` ones were not.

    python -m tests.training.situations [held-out]    prints what comes of them
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from playground.kernels.columns import COLUMNS
from playground.model import shapes
from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import Knobs
from playground.training.diagnosis import diagnose
from playground.training.run import Run
from playground.training.snapshot import Verdict

TUNED, HELD_OUT = (0, 1), (201, 202, 203)

# Sound experiments: each learns its pattern, and its validation loss is about as low as its training loss.
SOUND: dict[str, dict[str, Any]] = {
    "moons": {"dataset": "moons", "samples": 300, "noise": 0.15, "layers": (16,), "learning_rate": 0.01},
    "circles": {"dataset": "circles", "samples": 300, "noise": 0.1, "layers": (16,), "learning_rate": 0.01},
    "xor": {"dataset": "xor", "samples": 400, "noise": 0.05, "layers": (16,), "learning_rate": 0.01},
    "blobs": {"dataset": "blobs", "samples": 300, "noise": 0.1, "classes": 4, "layers": (16,), "learning_rate": 0.01},
    "spiral": {
        "dataset": "spiral",
        "samples": 500,
        "noise": 0.0,
        "layers": (32, 32),
        "activation": "tanh",
        "learning_rate": 0.01,
        "batch_size": 16,
        "epochs": 600,
    },
    "sine": {"dataset": "sine", "samples": 250, "noise": 0.15, "layers": (32, 32), "learning_rate": 0.01},
    "plane": {"dataset": "plane", "samples": 250, "noise": 0.1, "layers": (8,), "learning_rate": 0.01},
    "digits": {"dataset": "digits", "layers": (32,), "learning_rate": 0.003, "batch_size": 64, "epochs": 15},
    "sgd": {"dataset": "moons", "samples": 300, "noise": 0.15, "layers": (16,), "optimizer": "sgd"}
    | {"learning_rate": 0.3},
}
# Few noisy points and more weights than they can determine.
NOISY: dict[str, dict[str, Any]] = {
    "moons": {"dataset": "moons", "samples": 80, "noise": 0.35, "train_fraction": 0.5, "layers": (64, 64)},
    "circles": {"dataset": "circles", "samples": 100, "noise": 0.3, "train_fraction": 0.5, "layers": (128,)},
    "xor": {"dataset": "xor", "samples": 100, "noise": 0.35, "train_fraction": 0.5, "layers": (64, 64)},
    "blobs": {"dataset": "blobs", "samples": 90, "noise": 0.6, "classes": 3, "train_fraction": 0.5, "layers": (64, 64)},
    "sine": {"dataset": "sine", "samples": 50, "noise": 0.6, "train_fraction": 0.5, "layers": (128, 128)},
    "plane": {"dataset": "plane", "samples": 60, "noise": 0.4, "train_fraction": 0.5, "layers": (64, 64)},
}
LONG = {"epochs": 800, "learning_rate": 0.01, "batch_size": 20}
# A regression's targets as they are, where the network could be given scaled ones.
UNSCALED: dict[str, Any] = {"standardize_target": False} if "standardize_target" in Knobs._fields else {}


class Situation(NamedTuple):
    """cause: what was planted, or None. data: points of its own, by seed. starts: changes the first weights."""

    cause: str | None
    name: str
    knobs: dict[str, Any]
    data: Callable[[int], Dataset] | None = None
    starts: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def experiment(self, seed: int) -> Experiment:
        return Experiment(None, self.data(seed) if self.data else None, **{**self.knobs, "seed": seed})

    def train(self, experiment: Experiment) -> Run:
        """A run of the experiment to its end, from this situation's first weights where they still fit."""
        initial = self.starts(Run(experiment).initial_weights) if self.starts else None
        run = Run(experiment, initial, budget=0)  # nobody looks back at it
        while not run.has_ended:
            run.burst(0.5)
        return run


def _small() -> Iterator[Situation]:
    """No hidden layer, or a unit or two, for what takes more."""
    for pattern, layers in (
        *((pattern, ()) for pattern in ("circles", "xor", "spiral", "sine")),
        *((pattern, (1,)) for pattern in ("circles", "xor", "sine", "digits")),
        *(("spiral", layers) for layers in ((2,), (1, 1))),
    ):
        yield Situation("too_small", f"{pattern}, layers {layers}", {**SOUND[pattern], "layers": layers})


def _fast() -> Iterator[Situation]:
    """Rates at which nothing stands still."""
    for pattern, changes in (
        ("moons", {"learning_rate": 1.0, "layers": (16, 16)}),
        ("circles", {"learning_rate": 1.0, "layers": (32, 32)}),
        ("xor", {"learning_rate": 3.0}),
        ("spiral", {"learning_rate": 0.5}),
        ("spiral", {"learning_rate": 1.0, "activation": "relu"}),
        ("sine", {"learning_rate": 1.0}),
        ("plane", {"learning_rate": 10.0}),
        ("digits", {"learning_rate": 1.0}),
        ("circles", {"optimizer": "rmsprop", "learning_rate": 1.0}),
        ("moons", {"optimizer": "sgd", "learning_rate": 100.0, "activation": "tanh"}),
        ("xor", {"optimizer": "momentum", "learning_rate": 30.0, "layers": (16, 16)}),
        ("spiral", {"optimizer": "lion", "learning_rate": 0.3}),
    ):
        yield Situation("rate_too_high", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})


def _slow() -> Iterator[Situation]:
    for pattern, changes in (
        ("moons", {"learning_rate": 1e-5}),
        ("circles", {"learning_rate": 1e-5}),
        ("xor", {"learning_rate": 1e-5}),
        ("spiral", {"learning_rate": 1e-6}),
        ("sine", {"learning_rate": 1e-6}),
        ("blobs", {"learning_rate": 1e-5}),
        ("digits", {"learning_rate": 1e-6}),
        ("moons", {"optimizer": "sgd", "learning_rate": 1e-4}),
        ("xor", {"optimizer": "sgd", "learning_rate": 1e-4}),
        ("sine", {"optimizer": "momentum", "learning_rate": 1e-5}),
        ("circles", {"optimizer": "adadelta", "convention": "keras", "learning_rate": 0.001}),
    ):
        yield Situation("rate_too_low", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})


def _alike() -> Iterator[Situation]:
    for pattern, changes in (
        *((pattern, {"initializer": "zeros"}) for pattern in ("moons", "circles", "spiral", "digits")),
        ("sine", {"init_scale": 0.0}),
        ("xor", {"init_scale": 0.0, "activation": "tanh"}),
        ("circles", {"initializer": "constant"}),
        ("xor", {"initializer": "constant", "init_scale": 0.1, "activation": "tanh"}),
        ("spiral", {"initializer": "constant", "init_scale": 0.1}),
        ("sgd", {"initializer": "zeros", "activation": "tanh"}),
    ):
        yield Situation("equal_start", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})


def _dead() -> Iterator[Situation]:
    """Biases so far below 0 that no ReLU answers to any point."""

    def sunk(weights: dict[str, Any]) -> dict[str, Any]:
        return {name: array - 20.0 if name == "b0" else array for name, array in weights.items()}

    for pattern in ("moons", "circles", "xor", "blobs", "sine", "sgd"):
        yield Situation("dead_units", f"{pattern}, biases of -20", SOUND[pattern], starts=sunk)
    deep = {**SOUND["spiral"], "activation": "relu", "learning_rate": 0.003}
    yield Situation("dead_units", "spiral, biases of -20", deep, starts=sunk)


def _held_down() -> Iterator[Situation]:
    for pattern, changes in (
        ("moons", {"penalty": "l2", "penalty_strength": 1000.0}),
        ("circles", {"penalty": "l2", "penalty_strength": 100.0}),
        ("xor", {"penalty": "l2", "penalty_strength": 0.3, "convention": "keras"}),
        ("sine", {"penalty": "l2", "penalty_strength": 0.5, "convention": "pytorch"}),
        ("circles", {"penalty": "l1", "penalty_strength": 1000.0}),
        ("spiral", {"penalty": "l1", "penalty_strength": 0.1, "convention": "keras"}),
        ("blobs", {"penalty": "elastic_net", "penalty_strength": 1.0}),
        ("circles", {"dropout": 0.9}),
        ("spiral", {"dropout": 0.9}),
        ("sine", {"dropout": 0.9}),
        ("xor", {"weight_decay": 10.0}),
        ("circles", {"max_norm": 0.1}),
    ):
        yield Situation("too_much_regularization", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})


def _out_of_scale() -> Iterator[Situation]:
    """Targets of thousands under the rates that suit targets of order 1."""

    def scaled(pattern: str, factor: float, offset: float, seed: int) -> Dataset:
        drawn = shapes.generate(pattern, 250, 0.1, 2, seed)
        return drawn.replace(targets=drawn.targets * factor + offset)

    for pattern, factor, offset, changes in (
        ("sine", 1e4, 0.0, {}),
        ("sine", 1e3, 5e3, {}),
        ("sine", 1e5, 2e5, {"layers": (64, 64)}),
        ("sine", 300.0, 300.0, {"activation": "tanh"}),
        ("plane", 1e4, 5e4, {}),
        ("plane", 1e3, 0.0, {"layers": ()}),
        ("plane", 1e4, 6e4, {"optimizer": "rmsprop"}),
    ):
        knobs = {"layers": (16, 16), "learning_rate": 0.003, **UNSCALED, **changes}
        data = functools.partial(scaled, pattern, factor, offset)
        yield Situation("target_scale", f"{pattern} x {factor:g} + {offset:g}, {_told(changes)}", knobs, data)


def _stopped() -> Iterator[Situation]:
    """An early stop that a wish for large gains, or no patience, brought about while there was much to learn."""
    for pattern, changes in (
        ("circles", {"patience": 2, "min_delta": 0.1}),
        ("xor", {"patience": 2, "min_delta": 0.05}),
        ("spiral", {"patience": 2, "min_delta": 0.05}),
        ("moons", {"patience": 1, "min_delta": 0.1}),
        ("sine", {"patience": 1, "min_delta": 0.2}),
        ("digits", {"patience": 0, "min_delta": 0.5}),
        ("spiral", {"patience": 3, "learning_rate": 0.003}),
        ("blobs", {"patience": 1, "min_delta": 0.2, "restore_best_weights": False}),
    ):
        knobs = {**SOUND[pattern], "early_stopping": True, **changes}
        yield Situation("stopped_too_early", f"{pattern}, {_told(changes)}", knobs)


def _unfinished() -> Iterator[Situation]:
    for pattern, changes in (
        ("moons", {"epochs": 3}),
        ("circles", {"epochs": 8}),
        ("xor", {"epochs": 10}),
        ("spiral", {"epochs": 12}),
        ("spiral", {"epochs": 30, "learning_rate": 0.003}),
        ("sine", {"epochs": 4}),
        ("blobs", {"epochs": 4}),
        ("digits", {"epochs": 1}),
        ("sgd", {"epochs": 4}),
    ):
        yield Situation("still_learning", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})


def _complex() -> Iterator[Situation]:
    for pattern, knobs in NOISY.items():
        yield Situation("too_complex", f"noisy {pattern}", {**knobs, **LONG})
    for pattern, changes in (
        ("moons", {"activation": "tanh", "epochs": 1500}),
        ("xor", {"optimizer": "momentum", "learning_rate": 0.2, "epochs": 3000}),
        ("circles", {"layers": (64, 64, 64)}),
        ("blobs", {"convention": "keras"}),
        ("sine", {"convention": "pytorch", "layers": (256,)}),
        ("moons", {"convention": "keras", "layers": (256,), "learning_rate": 0.003}),
    ):
        knobs = {**NOISY[pattern], **LONG, **changes}
        yield Situation("too_complex", f"noisy {pattern}, {_told(changes)}", knobs)


def _few() -> Iterator[Situation]:
    for pattern, changes in (
        ("moons", {"samples": 12}),
        ("circles", {"samples": 16}),
        ("spiral", {"samples": 10}),
        ("sine", {"samples": 12}),
        ("plane", {"samples": 8}),
        ("blobs", {"samples": 16}),
        ("moons", {"samples": 200, "train_fraction": 0.98}),
    ):
        yield Situation("too_few_points", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})


def _differing() -> Iterator[Situation]:
    """Sets that hold different classes, or different levels of a feature that has few."""

    def ordered(pattern: str, classes: int, seed: int) -> Dataset:
        drawn = shapes.generate(pattern, 150, 0.1, classes, seed)
        order = np.argsort(drawn.targets, kind="stable")
        return drawn.replace(inputs=drawn.inputs[order], targets=drawn.targets[order])

    def without(which: int, seed: int) -> Dataset:
        """The third class is missing from one of the sets."""
        drawn = shapes.generate("blobs", 150, 0.1, 3, seed)
        sets = np.where(np.arange(150) % 3 == 0, VALIDATION, TRAIN)
        return drawn.replace(sets=np.where(drawn.targets == 2, 1 - which, sets))

    def doses(seed: int) -> Dataset:
        """Sixty animals on three doses; the highest validates."""
        draws = np.random.default_rng(seed)
        dose = np.repeat([0.0, 1.0, 2.0], 20)
        return Dataset(dose[:, np.newaxis], dose + 0.3 * draws.standard_normal(60))

    def habits(seed: int) -> Dataset:
        """Two yes/no features; one of the four groups validates."""
        draws = np.random.default_rng(seed)
        inputs = np.repeat([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], 50, axis=0)
        ill = (draws.random(200) < 0.2 + 0.5 * inputs[:, 0]).astype(float)
        return Dataset(inputs, ill, np.repeat([TRAIN, TRAIN, TRAIN, VALIDATION], 50), ("no", "yes"))

    sequential = {"layers": (16,), "learning_rate": 0.01, "split": "sequential"}
    given = {"layers": (16,), "learning_rate": 0.01}
    for pattern, classes in (("blobs", 3), ("blobs", 5), ("spiral", 3)):
        data = functools.partial(ordered, pattern, classes)
        yield Situation("sets_differ", f"{pattern} of {classes} classes in order", sequential, data)
    for name, which in (("training", TRAIN), ("validation", VALIDATION)):
        yield Situation("sets_differ", f"a class missing from {name}", given, functools.partial(without, which))
    yield Situation("sets_differ", "three doses in order", sequential, doses)
    yield Situation("sets_differ", "four groups, one of which validates", given, habits)


def _shifted() -> Iterator[Situation]:
    def beyond(seed: int) -> Dataset:
        """A curve whose right third validates."""
        drawn = shapes.generate("sine", 120, 0.1, 2, seed)
        return drawn.replace(sets=np.where(drawn.inputs[:, 0] > 0.5, VALIDATION, TRAIN))

    for pattern, changes in (
        ("moons", {"shift": 1.0}),
        ("circles", {"shift": 2.0, "shift_angle": 90.0}),
        ("xor", {"shift": -1.5}),
        ("blobs", {"shift": 1.0, "shift_angle": 45.0}),
        ("sine", {"shift": 1.0}),
        ("spiral", {"shift": 0.5}),
        ("plane", {"shift": 3.0}),
    ):
        yield Situation("covariate_shift", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})
    yield Situation("covariate_shift", "a curve continued", {"layers": (32,), "learning_rate": 0.01}, beyond)


def _broken() -> Iterator[Situation]:
    for pattern, changes in (
        ("sine", {"optimizer": "sgd", "learning_rate": 1e6}),
        ("plane", {"optimizer": "sgd", "learning_rate": 100.0}),
        ("plane", {"optimizer": "momentum", "convention": "keras", "learning_rate": 10.0}),
        ("sine", {"optimizer": "sgd", "learning_rate": 5.0, "layers": (64, 64, 64)}),
        ("plane", {"optimizer": "sgd", "learning_rate": 3.0, "layers": ()}),
        ("sine", {"optimizer": "sgd", "learning_rate": 2.0, "activation": "tanh"}),
        ("sine", {"learning_rate": 1e9, "layers": (32, 32, 32, 32)}),
    ):
        yield Situation("broke", f"{pattern}, {_told(changes)}", {**SOUND[pattern], **changes})


def _sound() -> Iterator[Situation]:
    for name, knobs in SOUND.items():
        yield Situation(None, f"{name}, nothing spoilt", knobs)


def _told(changes: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in changes.items())


PLANTED = (_sound, _broken, _fast, _slow, _alike, _dead, _held_down, _out_of_scale, _stopped, _unfinished, _small)
SITUATIONS = [situation for plant in (*PLANTED, _complex, _few, _differing, _shifted) for situation in plant()]


class Outcome(NamedTuple):
    """What came of a situation: what was told, and what following the first remedy did to the loss it is about."""

    situation: Situation
    seed: int
    verdict: Verdict
    before: float
    after: float

    @property
    def is_right(self) -> bool:
        return self.verdict.cause == self.situation.cause

    @property
    def has_loss(self) -> bool:
        """Whether the verdict is about a loss that its first remedy should lower."""
        return self.verdict.kind in ("underfit", "overfit", "diverged")

    @property
    def helps(self) -> bool:
        return self.after <= 0.95 * self.before


def data_term(run: Run, kind: str) -> float:
    """The loss a verdict is about, without the penalty, of the weights that --out writes: infinite if it broke."""
    rows = run.history.rows
    if run.failure or not len(rows):
        return float("inf")
    row = dict(zip(COLUMNS, rows[(run.restored_epoch or run.epoch) - 1]))
    return row["val_loss"] - row["penalty"] if kind == "overfit" else row["data_loss"]


def try_out(situation: Situation, seed: int) -> Outcome:
    """Train, ask for the verdict, train again as its first remedy says."""
    run = situation.train(situation.experiment(seed))
    verdict = diagnose(run)
    before = after = data_term(run, verdict.kind)
    if verdict.kind in ("underfit", "overfit", "diverged") and verdict.remedies and verdict.remedies[0][1]:
        changed = run.experiment.change(**verdict.remedies[0][1])
        after = data_term(situation.train(changed), verdict.kind)
    return Outcome(situation, seed, verdict, before, after)


def table(outcomes: list[Outcome]) -> str:
    """A row a cause: how often it was told, and how often the first remedy lowered the loss by a twentieth."""
    lines = [f"{'planted':<24} {'cause right':>12} {'remedy helps':>13}"]
    for cause in dict.fromkeys(outcome.situation.cause for outcome in outcomes):
        of_it = [outcome for outcome in outcomes if outcome.situation.cause == cause]
        lines.append(_line(str(cause or "nothing"), of_it))
    return "\n".join([*lines, _line("all", outcomes)])


def _line(name: str, outcomes: list[Outcome]) -> str:
    right = sum(outcome.is_right for outcome in outcomes)
    tried = [outcome for outcome in outcomes if outcome.has_loss]
    helped = f"{sum(outcome.helps for outcome in tried)}/{len(tried)}" if tried else "–"
    return f"{name:<24} {f'{right}/{len(outcomes)}':>12} {helped:>13}"


if __name__ == "__main__":
    seeds = HELD_OUT if "held-out" in sys.argv else TUNED
    found = [try_out(situation, seed) for situation in SITUATIONS for seed in seeds]
    for outcome in found:
        if not outcome.is_right or (outcome.has_loss and not outcome.helps):
            verdict, planted = outcome.verdict, outcome.situation
            print(f"{planted.cause}: {planted.name}, seed {outcome.seed}: told {verdict.cause}, {verdict.evidence}")
            print(f"    {verdict.remedies[:1]}: {outcome.before:.4g} -> {outcome.after:.4g}")
    print(table(found))
