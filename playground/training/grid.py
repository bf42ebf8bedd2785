"""A sweep, planned: every combination of some knobs' values, under several seeds, on several folds of the points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload

from playground.model.experiment import POINTS, Experiment
from playground.model.knobs import KnobError, declaration, parse, written
from playground.model.relevance import check_varied
from playground.training.folds import Folds, deal_fold

MOST_RUNS = 1_000_000
KEPT = 64  # deals of points that are kept, since many runs share them


class Job(NamedTuple):
    """One run of a sweep, before it is trained.

    number: its place in the plan, from 0. chosen: the varied knobs' values. fold: from 1, or None without folds.
    """

    number: int
    experiment: Experiment
    chosen: dict[str, Any]
    seed: int
    fold: int | None


class Outcome(NamedTuple):
    """What came of a job: the keys of ``train --json`` but lists and objects, with status, penalty and CPU level."""

    number: int
    row: dict[str, Any]


class Plan(Sequence[Job]):
    """Jobs that are made when they are asked for: combination by combination, then seed by seed, then fold by fold."""

    def __init__(self, base: Experiment, vary: Mapping[str, Sequence[Any]], seeds: int, folds: Folds | None) -> None:
        self.base, self.seeds, self.folds = base, seeds, folds
        self.vary = {name: list(values) for name, values in vary.items()}
        self._dealt: dict[Any, Experiment] = {}

    def __len__(self) -> int:
        return self.runs

    @property
    def runs(self) -> int:
        """How many there are; of a plan that is refused, more than a length can tell."""
        return self.combinations * self.seeds * self.per_seed

    @property
    def combinations(self) -> int:
        """How many combinations of values there are."""
        return math.prod(map(len, self.vary.values()))

    @property
    def per_seed(self) -> int:
        """How many runs each combination has under a seed."""
        return self.folds.times if self.folds else 1

    @overload
    def __getitem__(self, index: int) -> Job: ...
    @overload
    def __getitem__(self, index: slice) -> list[Job]: ...
    def __getitem__(self, index: int | slice) -> Job | list[Job]:
        if isinstance(index, slice):
            return [self._job(number) for number in range(len(self))[index]]
        return self._job(range(len(self))[index])

    def _job(self, number: int) -> Job:
        before, fold = divmod(number, self.per_seed)
        combination, more = divmod(before, self.seeds)
        chosen = self.chosen(combination)
        changed = {"seed": self.base.knobs.seed + more} | chosen
        # values were checked when it was planned
        experiment = Experiment(self.base.knobs._replace(**changed), self._data_of(chosen))
        if self.folds:
            experiment = self._on_fold(experiment, chosen, fold)
        return Job(number, experiment, chosen, experiment.knobs.seed, fold + 1 if self.folds else None)

    def chosen(self, combination: int) -> dict[str, Any]:
        """The varied knobs' values in a combination; the last knob's change first."""
        found = {}
        for name in reversed(self.vary):
            combination, place = divmod(combination, len(self.vary[name]))
            found[name] = self.vary[name][place]
        return {name: found[name] for name in self.vary}

    def _data_of(self, chosen: dict[str, Any]) -> Any:
        return self.base.data if chosen.get("dataset", "drawn") == "drawn" else None

    def _on_fold(self, experiment: Experiment, chosen: dict[str, Any], fold: int) -> Experiment:
        """The experiment on the points of a fold; those are dealt once for all the runs that share them."""
        assert self.folds is not None
        share = chosen.get("train_fraction", 1.0)
        key = (*(getattr(experiment.knobs, name) for name in POINTS), fold, share)
        if key not in self._dealt:
            while len(self._dealt) >= KEPT:
                self._dealt.pop(next(iter(self._dealt)), None)
            self._dealt[key] = experiment.with_data(deal_fold(experiment, self.folds, fold, share))
        return experiment.with_data(self._dealt[key].points)

    @property
    def names(self) -> list[str]:
        """The names of what tells a run from the others: the varied knobs, seed and fold."""
        return list(dict.fromkeys([*self.vary, "seed"])) + (["fold"] if self.folds else [])

    def cells(self, job: Job) -> list[str]:
        """What tells a run from the others, as text, in the order of names."""
        found = job.chosen | {"seed": job.seed} | ({"fold": job.fold} if self.folds else {})
        return [written(value) for value in found.values()]

    def number_of(self, cells: Sequence[str]) -> int:
        """The number of the job that ``cells`` tells. Raises LookupError or ValueError where there is none."""
        given = dict(zip(self.names, cells, strict=True))
        number = 0
        for name, texts in self._texts.items():
            number = number * len(texts) + texts[given[name]]
        more = 0 if "seed" in self.vary else int(given["seed"]) - self.base.knobs.seed
        fold = int(given["fold"]) - 1 if self.folds else 0
        if not (0 <= more < self.seeds and 0 <= fold < self.per_seed):
            raise LookupError
        return (number * self.seeds + more) * self.per_seed + fold

    @cached_property
    def _texts(self) -> dict[str, dict[str, int]]:
        """The places of each knob's values, by how they are written."""
        return {
            name: {written(value): place for place, value in enumerate(values)} for name, values in self.vary.items()
        }

    def __getstate__(self) -> dict[str, Any]:
        """What travels to a machine of a cluster: points are dealt there."""
        return {**vars(self), "_dealt": {}}


class Part(Sequence[Job]):
    """Some of a plan's jobs, by their numbers."""

    def __init__(self, jobs: Sequence[Job], numbers: Sequence[int]) -> None:
        self.jobs, self.numbers = jobs, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Job: ...
    @overload
    def __getitem__(self, index: slice) -> list[Job]: ...
    def __getitem__(self, index: int | slice) -> Job | list[Job]:
        if isinstance(index, slice):
            return [self.jobs[number] for number in self.numbers[index]]
        return self.jobs[self.numbers[index]]


def plan(base: Experiment, vary: Mapping[str, Sequence[Any]], seeds: int = 1, folds: int | Folds | None = None) -> Plan:
    """A job for each combination of the knobs' values, each seed and each fold.

    Seeds count up from the experiment's; they have points (of a pattern), sets, weights and batches of their own.
    folds: of a k-fold cross-validation, or ``Folds(times, share)`` for repeated splits. Raises KnobError, naming knob
    and value, where one is refused, and DataError where points cannot be dealt to folds.
    """
    checked = {name: _values(name, values) for name, values in vary.items()}
    if isinstance(folds, int):
        folds = Folds(folds)
    made = Plan(base, checked, seeds, folds)
    _check(made)
    return made


def _values(name: str, values: Sequence[Any]) -> list[Any]:
    declaration(name)
    checked = [parse(name, value) for value in values]
    if not checked:
        raise KnobError(f"{name}: a sweep needs values; give one or more")
    for place, value in enumerate(checked):
        if value in checked[:place]:
            raise KnobError(f"{name}: {written(value)} is there twice; each value is accepted once")
    return checked


def _check(made: Plan) -> None:
    if made.seeds < 1:
        raise KnobError(f"seeds: {made.seeds} is not accepted; it takes a whole number from 1 on")
    if made.seeds > 1 and "seed" in made.vary:
        raise KnobError(f"seeds: {made.seeds} is not accepted where seed itself varies; leave one of them out")
    if made.runs > MOST_RUNS:
        raise KnobError(f"--vary: {made.runs:,} runs are too many; at most {MOST_RUNS:,} are accepted")
    made.base.change(seed=made.base.knobs.seed + made.seeds - 1)  # raises where seeds leave their range
    check_varied(made.base, made.vary)
    if made.folds:
        made.folds.check()
        _ = made[0]


def read_values(text: str) -> tuple[str, list[Any]]:
    """The knob and values of ``KNOB=v1,v2,…``. Values that hold commas themselves (layers) are separated by ``;``.

    Raises KnobError.
    """
    name, equals, values = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        raise KnobError(f"--vary: '{text}' is not accepted; it takes KNOB=v1,v2,…")
    declared = declaration(name)
    separator = ";" if declared.kind is tuple or declared.knob.tidy is not None else ","
    return name, [parse(name, value.strip()) for value in values.split(separator)]


def read_all(texts: Sequence[str]) -> dict[str, list[Any]]:
    """The knobs and values of several. Raises KnobError, also where a knob is there twice."""
    found: dict[str, list[Any]] = {}
    for name, values in map(read_values, texts):
        if name in found:
            raise KnobError(f"--vary: {name} is there twice; give all its values in one")
        found[name] = values
    return found
