"""Bias and variance, measured: how far the mean of many fits is from the truth, and how far each is from their mean.

Where a pattern tells its truth, each fit draws its points anew, and all are tested on the same fresh ones. Else a fit
trains on a resample of the training set (bootstrap), and each row is answered by the fits that have not seen it. What
the parts are stands in decompositions.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.losses import LOSSES
from playground.kernels.rules import position
from playground.model import shapes
from playground.model.dataset import TRAIN, DataError, Dataset
from playground.model.experiment import Experiment, check_trainable
from playground.model.knobs import KnobError
from playground.training.decompositions import Parts, average, cross_entropy, squared, zero_one
from playground.training.run import Run
from playground.training.side_by_side import Turn, Turns
from playground.training.snapshot import DIVERGED
from playground.training.surface import Extent, Region, raw_places, surface
from playground.training.where import Where
from playground.training.workplace import Workplace

Floats = NDArray[np.float64]
TESTED = 1000  # fresh points
APART = 2**33  # from a fit's seed to the one that its test points are drawn under: no knob is so large
FEWEST, MOST_FITS = 2, 10_000
MOST_ANSWERS = 200_000_000  # numbers kept of all fits together
TURN = 0.02  # seconds that a fit trains before it lets others
TRIALS = 50  # of a resample that has one class alone


class Task(NamedTuple):
    """What one fit trains, and which of the tested points it may answer: (points,), those that it has not seen."""

    experiment: Experiment
    tested: NDArray[np.bool_]


class Tested(NamedTuple):
    """Points that fits answer.

    inputs: (points, features). targets: (points, outputs), or (points,) class numbers, as they were drawn. truth: f*,
    or class probabilities, where they are known, else None. noise: the variance of a value's target; NaN as well.
    """

    inputs: Floats
    targets: Floats
    truth: Floats | None
    noise: float


class Picture(NamedTuple):
    """What fits make of the plane, as surfaces' values: (rows, columns, k), or over one feature (columns, outputs).

    mean: of all. spread: (rows, columns) or (columns,), their standard deviation; of classes, the root of half the sum
    of all probabilities' variances, which is a class's own where there are two. truth: f*, or the class probabilities,
    where they are known. extent: of the plane.
    """

    fits: tuple[NDArray[np.float32], ...]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    truth: NDArray[np.float32] | None
    extent: Extent


class Measurement(NamedTuple):
    """Bias and variance of one experiment.

    parts: by loss: "squared" or for classes "cross_entropy", and "zero_one". first: the one that belongs to the
    experiment's own loss. fits: how many were measured; diverged: how many were left out. picture: if it was asked for.
    """

    parts: dict[str, Parts]
    first: str
    fits: int
    diverged: int
    is_bootstrap: bool
    picture: Picture | None = None

    @property
    def chosen(self) -> Parts:
        """Those of the experiment's own loss."""
        return self.parts[self.first]


def is_known(experiment: Experiment) -> bool:
    """Whether the points come from a pattern that tells what is true of them."""
    return experiment.data is None and shapes.pattern(experiment.knobs.dataset).truth is not None


def plan(experiment: Experiment, fits: int) -> tuple[Tested, list[Task]]:
    """The points that are tested, and what each fit trains. Raises DataError or KnobError where that cannot be."""
    if not FEWEST <= fits <= MOST_FITS:
        raise KnobError(f"resamples: {fits} is not accepted; it takes a whole number from {FEWEST} to {MOST_FITS:,}")
    check_trainable(experiment)
    test, tasks = _fresh(experiment, fits) if is_known(experiment) else _bootstrap(experiment, fits)
    wide = max(experiment.dataset.outputs, len(experiment.dataset.class_names))
    if fits * len(test.inputs) * wide > MOST_ANSWERS:
        raise KnobError(f"resamples: {fits} fits on {len(test.inputs):,} points are too many to be kept; take fewer")
    for task in tasks:
        check_trainable(task.experiment)
    return test, tasks


def _fresh(experiment: Experiment, fits: int) -> tuple[Tested, list[Task]]:
    """Each fit under a seed of its own, from the experiment's on: other points, other first weights, other batches."""
    knobs = experiment.knobs
    row = shapes.pattern(knobs.dataset)
    assert row.truth is not None
    drawn = shapes.generate(knobs.dataset, TESTED, knobs.noise, knobs.classes, knobs.seed + APART)
    if row.values:
        test = Tested(drawn.inputs, drawn.targets, row.truth(drawn.inputs)[:, np.newaxis], knobs.noise**2)
    else:
        truth = row.truth(drawn.inputs, knobs.noise, len(drawn.class_names))
        test = Tested(drawn.inputs, drawn.targets, truth, math.nan)
    tested = np.ones(TESTED, bool)
    return test, [Task(under_seed(experiment, number), tested) for number in range(fits)]


def under_seed(experiment: Experiment, number: int) -> Experiment:
    """The experiment under the seed so many after its own."""
    return experiment.change(seed=(experiment.knobs.seed + number) % 2**31)


def _bootstrap(experiment: Experiment, fits: int) -> tuple[Tested, list[Task]]:
    """Each fit on as many training rows, drawn with replacement; those that validate stay as they are."""
    data = experiment.points.replace(sets=experiment.dataset.sets)
    rows, others = np.flatnonzero(data.sets == TRAIN), np.flatnonzero(data.sets != TRAIN)
    inputs = experiment.change(shift=0.0).dataset.inputs  # where cells are missing, with what stands in for them
    tasks = []
    for number in range(fits):
        chosen = _resample(data, rows, experiment.knobs.seed, number)
        taken = np.concatenate([rows[chosen], others])
        dealt = data.replace(
            inputs=inputs[taken],
            targets=data.targets[taken],
            sets=data.sets[taken],
            row_numbers=None,
        )
        seen = np.bincount(chosen, minlength=len(rows)) > 0
        tasks.append(Task(under_seed(experiment.with_data(dealt), number), ~seen))
    often = sum(task.tested.astype(int) for task in tasks) >= 2
    if not np.any(often):
        raise DataError(f"{len(rows)} training rows and {fits} resamples leave no row out twice; take more of either")
    tasks = [task._replace(tested=task.tested[often]) for task in tasks]
    return Tested(inputs[rows][often], data.targets[rows][often], None, math.nan), tasks


def _resample(data: Dataset, rows: NDArray[np.intp], seed: int, number: int) -> NDArray[np.intp]:
    """Places in ``rows``, drawn with replacement; of classes more than one."""
    for trial in range(TRIALS):
        chosen = np.random.default_rng([seed, number, trial]).integers(0, len(rows), len(rows))
        if not data.is_classification or np.ptp(data.targets[rows[chosen]]) > 0:
            return np.sort(chosen)
    raise DataError("resamples of the training rows are all of one class; add points of the others")


class Answer(NamedTuple):
    """What one fit says: (points, outputs or classes), and of the plane, if asked. is_sound: it has not diverged."""

    answers: Floats
    is_sound: bool
    seen: NDArray[np.float32] | None


def fit(test: Tested, region: Region | None, task: Task, turns: Turn) -> Answer:
    """Train one to its end, and have it answer. Raises CancelledError."""
    with turns():
        run = Run(task.experiment, budget=0)
    while not run.has_ended:
        with turns():
            run.burst(TURN)
    with turns():
        answers = run.predict(test.inputs)
        seen = surface(run, region).values if region is not None else None
    return Answer(answers, run.status != DIVERGED and bool(np.isfinite(answers).all()), seen)


class Fits:
    """The fits of one experiment, trained by the loop over them; leave it to stop. place: all cores, if left out."""

    def __init__(
        self,
        experiment: Experiment,
        fits: int,
        region: Region | None = None,
        place: Workplace | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.experiment = experiment
        self.test, self.tasks = plan(experiment, fits)
        self._region, self._turns, self._place = region, turns or Turns(), place or Workplace()
        self._answers: dict[int, Answer] = {}

    def __iter__(self) -> Iterator[int]:
        """How many are done, after each."""
        work = partial(fit, self.test, self._region)
        with closing(self._place.each(self.tasks, work, self._turns)) as ended:
            for number, answer in ended:
                self._answers[number] = answer
                yield self.done

    @property
    def done(self) -> int:
        return len(self._answers)

    @property
    def diverged(self) -> int:
        """How many of those have."""
        return sum(not answer.is_sound for answer in self._answers.values())

    def measure(self) -> Measurement:
        """Of those that are done. Raises DataError where fewer than two are sound, or answer any point."""
        order = [number for number in sorted(self._answers) if self._answers[number].is_sound]
        diverged = self.diverged
        if len(order) < FEWEST:
            raise DataError(f"{diverged} of {self.done} fits diverged; two or more must be left to be measured")
        tested = np.stack([self.tasks[number].tested for number in order])
        often = tested.sum(axis=0) >= 2
        if not often.any():
            raise DataError("no row was left out by two fits; take more resamples")
        answers = np.stack([self._answers[number].answers[often] for number in order])
        parts = self._parts(answers, tested[:, often], often)
        seen = [found for number in order if (found := self._answers[number].seen) is not None]
        picture = self._picture(seen) if seen and self._region is not None else None
        return Measurement(parts, next(iter(parts)), len(order), diverged, self.test.truth is None, picture)

    def _picture(self, seen: list[NDArray[np.float32]]) -> Picture:
        assert self._region is not None
        fits, plane = np.stack(seen), self.experiment.dataset.plane
        truth = None
        if is_known(self.experiment):
            knobs = self.experiment.knobs
            row = shapes.pattern(knobs.dataset)
            inputs = raw_places(self._region, plane, len(plane.axes) > 1)
            assert row.truth is not None
            found = row.truth(inputs) if row.values else row.truth(inputs, knobs.noise, fits.shape[-1])
            truth = found.reshape(fits.shape[1:]).astype(np.float32)
        spread = np.sqrt(fits.var(axis=0, ddof=1).sum(axis=-1) / min(fits.shape[-1], 2))
        return Picture(tuple(fits), fits.mean(axis=0), spread, truth, self._region.extent)

    def _parts(self, answers: Floats, tested: NDArray[np.bool_], often: NDArray[np.bool_]) -> dict[str, Parts]:
        """By loss, the experiment's own first."""
        test, targets = self.test, self.test.targets[often]
        truth = test.truth[often] if test.truth is not None else None
        if not self.experiment.dataset.is_classification:
            aims = targets if truth is None else truth
            return {"squared": squared(answers, aims, test.noise, tested, targets)}
        classes = targets.astype(np.intp)
        wrong = {"zero_one": zero_one(answers, truth, tested, classes)}
        loss = LOSSES[position(LOSSES, self.experiment.resolved.loss)]
        if loss.of_classes or loss.alias:
            return {"cross_entropy": cross_entropy(answers, truth, tested, classes)} | wrong
        # fitted as numbers: one for two classes, else one for each
        first = 1 if answers.shape[2] == 2 else 0
        drawn = np.eye(answers.shape[2])[classes][:, first:]
        aims = drawn if truth is None else truth[:, first:]
        noise = math.nan if truth is None else float((aims * (1 - aims)).mean())
        return {"squared": squared(answers[:, :, first:], aims, noise, tested, drawn)} | wrong


def measure(experiment: Experiment, fits: int = 20, seeds: int = 1, threads: int = 0) -> Parts:
    """Bias and variance by the experiment's own loss; the mean over so many seeds, each with fits of its own."""
    found = []
    for number in range(seeds):
        trained = Fits(under_seed(experiment, number * fits), fits, place=Workplace(Where(cores=threads)))
        for _ in trained:
            pass
        found.append(trained.measure().chosen)
    return average(found)
