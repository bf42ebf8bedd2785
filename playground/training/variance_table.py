"""Bias and variance of every combination of some knobs' values, as ``playground variance`` writes them."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playground.model.dataset import DataError
from playground.model.experiment import Experiment, check_trainable
from playground.model.knobs import KnobError, written
from playground.model.naming import values
from playground.training import grid
from playground.training.bias_variance import FEWEST, MOST_FITS, Fits, Measurement, is_known, under_seed
from playground.training.decompositions import Parts, average
from playground.training.drawing import draw_variance
from playground.training.results import varied_columns, write_csv
from playground.training.side_by_side import Turns
from playground.training.where import Where
from playground.training.workplace import Workplace

OTHER = "zero_one"  # of classes, told beside the parts of their own loss


class Row(NamedTuple):
    """A combination. parts: by loss, the means over seeds; None where too many fits diverged to be measured."""

    chosen: dict[str, Any]
    parts: dict[str, Parts] | None
    fits: int
    diverged: int


class VarianceTable:
    """Measures combination by combination in its loop; leave it to stop. Raises KnobError or DataError before it.

    fits: of each, under each of so many seeds; what is told are means over the seeds.
    """

    def __init__(
        self,
        experiment: Experiment,
        vary: Mapping[str, Sequence[Any]],
        fits: int = 20,
        seeds: int = 1,
        threads: int = 0,
    ) -> None:
        if not FEWEST <= fits <= MOST_FITS:
            raise KnobError(
                f"resamples: {fits} is not accepted; it takes a whole number from {FEWEST} to {MOST_FITS:,}"
            )
        if seeds > 1 and "seed" in vary:
            raise KnobError(f"seeds: {seeds} is not accepted where seed itself varies; leave one of them out")
        if seeds < 1:
            raise KnobError(f"seeds: {seeds} is not accepted; it takes a whole number from 1 on")
        self.experiment, self.varied = experiment, list(vary)
        self._fits, self._seeds, self._place = fits, seeds, Workplace(Where(cores=threads))
        self.jobs = grid.plan(experiment, vary)
        self.whole = len(self.jobs) * fits * seeds
        if self.whole > grid.MOST_RUNS:
            raise KnobError(f"seeds: {self.whole:,} fits are too many; at most {grid.MOST_RUNS:,} are accepted")
        self.rows: list[Row] = []
        for job in self.jobs:
            try:
                check_trainable(job.experiment)
            except (KnobError, DataError) as error:
                told = ", ".join(f"{name} {written(value)}" for name, value in job.chosen.items())
                raise type(error)(f"{told}: {error}" if told else str(error)) from None

    def __iter__(self) -> Generator[int, None, None]:
        """How many fits are done, after each."""
        done = 0
        turns = Turns()
        for job in self.jobs:
            found: list[Measurement] = []
            diverged = 0
            for number in range(self._seeds):
                seeded = under_seed(job.experiment, number * self._fits)
                fits = Fits(seeded, self._fits, place=self._place, turns=turns)
                for _ in fits:
                    done += 1
                    yield done
                diverged += fits.diverged
                if self._fits - fits.diverged >= FEWEST:
                    found.append(fits.measure())
            parts = {loss: average([each.parts[loss] for each in found]) for loss in found[0].parts} if found else None
            self.rows.append(Row(job.chosen, parts, self._fits * self._seeds, diverged))

    @property
    def has_diverged(self) -> bool:
        """Whether a combination could not be measured."""
        return any(row.parts is None for row in self.rows)

    @property
    def note(self) -> str:
        """What the numbers are of."""
        data = self.experiment.dataset
        loss = "in the target's own units, squared" if not data.is_classification else "of classes"
        if is_known(self.experiment):
            return f"each fit on points of its own, tested on fresh ones; {loss}"
        return f"each fit on a resample of the training rows, tested on those left out; noise is part of bias²; {loss}"

    def write(self, folder: Path) -> Path:
        """Write variance.csv, a row a combination. Raises OSError."""
        classes = self.experiment.dataset.is_classification
        names = ["bias2", "variance", "noise", "error", "drawn_loss", "drawn_loss_error"]
        others = [f"{OTHER}_{name}" for name in names[:4]] if classes else []
        header = [*varied_columns(self.varied, names), *names, *others, "fits", "diverged"]
        path = folder / "variance.csv"
        write_csv(path, [header, *(self._cells(row, bool(others)) for row in self.rows)])
        return path

    @staticmethod
    def _cells(row: Row, has_other: bool) -> list[Any]:
        chosen = [written(value) for value in row.chosen.values()]
        numbers: list[float] = [math.nan] * (10 if has_other else 6)
        if row.parts is not None:
            numbers = [*next(iter(row.parts.values()))]
            numbers += list(row.parts[OTHER])[:4] if has_other else []
        return [*chosen, *("" if math.isnan(number) else repr(number) for number in numbers), row.fits, row.diverged]

    def lines(self) -> list[str]:
        """A line a combination, for a person."""
        return [self._line(row) for row in self.rows]

    def _name(self, row: Row) -> str:
        return values(self.experiment.change(**row.chosen), row.chosen) if row.chosen else "as it is"

    def _line(self, row: Row) -> str:
        bad = f"; {row.diverged} of {row.fits} fits diverged" if row.diverged else ""
        if row.parts is None:
            return f"{self._name(row)}: not measured{bad}"
        parts = next(iter(row.parts.values()))
        noise = "" if math.isnan(parts.noise) else f" + noise {parts.noise:.4g}"
        told = f"bias² {parts.bias2:.4g} + variance {parts.variance:.4g}{noise} = error {parts.error:.4g}"
        return f"{self._name(row)}: {told}{bad}"

    def draw(self, folder: Path) -> str:
        """Draw variance.png. Returns why it could not be done, in one line, or nothing."""
        rows = [(self._name(row), next(iter(row.parts.values()))) for row in self.rows if row.parts is not None]
        if not rows:
            return "nothing was measured"
        return draw_variance(rows, f"{self._fits * self._seeds} fits each; {self.note}", folder / "variance.png")
