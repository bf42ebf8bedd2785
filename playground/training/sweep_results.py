"""What a sweep writes to a folder: a row of results.csv as each run ends, sweep.json before the first, best.toml last.

Whatever ends it, the rows that are whole stay, and a later sweep of the same plan goes on after them. What follows from
all rows, best.toml and the picture, goes before the first is added: it is never of other rows than those beside it.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from playground.kernels import cache
from playground.model import parts, saving
from playground.model.dataset import DataError, Dataset
from playground.model.knobs import written
from playground.model.recipe import write_toml
from playground.training.grid import Outcome, Plan
from playground.training.selection import ENDED, Choice, choose, data_loss
from playground.training.snapshot import DIVERGED
from playground.training.sweep import LOST, REFUSED, columns
from playground.training.versions import versions

SYNC_SECONDS = 1.0  # between two flushes to the disk: what a power cut may cost
FOLLOWING = ("best.toml", "sweep.png")
UNTRAINED = (REFUSED, LOST)
SAME = ("knobs", "data", "vary", "seeds", "folds")  # what must be the same for a sweep to be resumed


class SweepFolder:
    """The folder of a sweep. ``done``: the numbers of the jobs whose rows are there.

    resumes: whether rows of an earlier sweep of the same plan are kept; else they are put aside. place: where it runs,
    in words. data: how best.toml names the points, if they come from a file. Raises DataError where the folder holds
    another sweep, or OSError.
    """

    def __init__(
        self, folder: Path, jobs: Plan, resumes: bool = False, place: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        self.folder, self.jobs, self.data = folder, jobs, data
        self.path = folder / "results.csv"
        self.notes: list[str] = []
        self._columns = columns(jobs)
        self._losses = np.full(len(jobs), np.nan)
        self._places: dict[int, tuple[int, int]] = {}  # of each row in the file: start and length
        self._sessions: list[dict[str, Any]] = []
        self._statuses: Counter[str] = Counter()
        self._first: tuple[int, str] | None = None  # that could not be trained: its number, and why
        folder.mkdir(parents=True, exist_ok=True)
        parts.sweep(folder)  # another's beginning may wait to be completed
        kept = self._take_up() if resumes else {}
        header = _line(self._columns)
        with parts.together(folder) as draft:
            if not resumes:
                self._put_aside(draft)
            self._describe(draft, place)
            saving.replace_file(draft / self.path.name, lambda target: target.writelines([header, *kept.values()]))
            for name in FOLLOWING:
                (folder / name).unlink(missing_ok=True)
        start = len(header)
        for number, line in kept.items():
            self._places[number] = start, len(line)
            start += len(line)
        self._end, self._synced = start, time.monotonic()
        self._file = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))

    @property
    def done(self) -> set[int]:
        """The numbers of the jobs whose rows are there."""
        return set(self._places)

    def all_are(self, *statuses: str) -> bool:
        """Whether every row has one of these statuses."""
        return sum(self._statuses[status] for status in statuses) == len(self.done)

    @property
    def trouble(self) -> str:
        """How many runs could not be trained, and why the first of them; or that all diverged; else nothing."""
        done = f"{len(self.done):,}"
        if self._first is not None:
            count = sum(self._statuses[status] for status in UNTRAINED)
            many = f"none of {done} runs could" if self.all_are(*UNTRAINED) else f"{count:,} of {done} runs could not"
            return f"{many} be trained; the first: {self._first[1]}"
        return f"all of {done} runs diverged" if self.all_are(DIVERGED) else ""

    def _put_aside(self, draft: Path) -> None:
        """Keep the rows of a sweep that was not finished under another name. Raises OSError."""
        try:
            found = json.loads((self.folder / "sweep.json").read_text("utf-8"))
            is_whole = found["finished"] >= found["runs"]
            rows = b"" if is_whole else self.path.read_bytes()
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return  # there is none
        if rows.count(b"\n") > 1:
            aside = "results-before.csv"
            saving.write_bytes(draft / aside, rows)
            self.notes.append(f"{self.path} was not finished: its rows are in {aside} now; --resume goes on")

    def _take_up(self) -> dict[int, bytes]:
        """The whole rows of the sweep that is resumed, by number."""
        described = self.folder / "sweep.json"
        if not self.path.exists():
            return {}
        try:
            found = json.loads(described.read_text("utf-8"))
            self._sessions = list(found["sessions"])
            before = {name: found[name] for name in SAME}
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise DataError(f"{described}: does not tell which sweep this is ({error}); --resume needs it") from None
        now = json.loads(json.dumps(self._identity()))
        if other := [name for name in SAME if before[name] != now[name]]:
            raise DataError(f"{described}: tells of a sweep with other {' and '.join(other)}; choose another --out")
        if self._sessions and self._sessions[-1]["kernels"] != cache.code_stamp():
            self.notes.append("the rows so far come from another version: runs may differ in their last digits")
        return self._whole_rows()

    def _whole_rows(self) -> dict[int, bytes]:
        lines = self.path.read_bytes().split(b"\n")
        if lines[0] + b"\n" != _line(self._columns):
            return {}
        kept: dict[int, bytes] = {}
        # what follows the last line's end was cut off
        for line in lines[1:-1]:
            with contextlib.suppress(ValueError, LookupError, csv.Error):
                (cells,) = csv.reader([line.decode()], strict=True)
                row = dict(zip(self._columns, cells, strict=True))
                number = self.jobs.number_of(cells[: len(self.jobs.names)])
                if row["status"] != LOST and number not in kept:
                    kept[number] = line + b"\n"
                    self._note(number, row)
        return kept

    def add(self, outcome: Outcome) -> None:
        """Write a row. Raises OSError in one line; what is there is kept."""
        job = self.jobs[outcome.number]
        told = outcome.row | dict(zip(self._columns, self.jobs.cells(job)))
        line = _line([_cell(told.get(name)) for name in self._columns])
        try:
            os.lseek(self._file, self._end, os.SEEK_SET)
            left = memoryview(line)
            while left:
                left = left[os.write(self._file, left) :]
            if os.fstat(self._file).st_size != self._end + len(line):
                raise OSError("a row did not reach the disk")
            if time.monotonic() - self._synced > SYNC_SECONDS:
                os.fsync(self._file)
                self._synced = time.monotonic()
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._end)
            kept = f"{len(self._places):,} of {len(self.jobs):,} rows are kept, --resume goes on"
            raise OSError(f"{self.path}: cannot be written: {error.strerror or error}; {kept}") from error
        self._places[outcome.number] = self._end, len(line)
        self._end += len(line)
        self._note(outcome.number, outcome.row)

    def _note(self, number: int, row: Mapping[str, Any]) -> None:
        """Remember of a row what is told at the end."""
        self._losses[number] = self._loss(row)
        self._statuses[row["status"]] += 1
        if row["status"] in UNTRAINED and (self._first is None or number < self._first[0]):
            self._first = number, str(row["diagnosis"])

    def _loss(self, row: Mapping[str, Any]) -> float:
        """What a run is chosen by: the data term, or its metric where losses differ in kind; as mean_of takes it."""
        loss = data_loss(row)
        if np.isfinite(loss):
            return -float(row["val_metric"]) if "loss" in self.jobs.vary else loss
        return np.nan if row["status"] in ENDED else np.inf

    def close(self) -> None:
        """Bring all to the disk."""
        with contextlib.suppress(OSError):
            os.fsync(self._file)
        os.close(self._file)

    def finish(self) -> Choice | None:
        """Put the rows in order, write best.toml, and say in sweep.json how far it came. Raises OSError."""
        self.close()
        order = [self._places[number] for number in sorted(self._places)]

        def fill(target: BinaryIO) -> None:
            with open(self.path, "rb") as source:
                target.write(source.readline())
                for start, length in order:
                    source.seek(start)
                    target.write(source.read(length))

        saving.replace_file(self.path, fill)
        choice = choose(self.jobs, self._losses.tolist())
        if choice is not None:
            self._write_best(choice)
        self._describe(self.folder)
        return choice

    def tell(self, choice: Choice, which: int) -> str:
        """A combination and its mean, in words."""
        chosen = ", ".join(f"{name} {written(value) or 'none'}" for name, value in self.jobs.chosen(which).items())
        one, sign = choice.means[which], -1 if "loss" in self.jobs.vary else 1
        spread = "" if np.isnan(one.error) else f" ± {one.error:.3g}"
        return f"{chosen}: {self.measure} {sign * one.mean:.6g}{spread}"

    @property
    def measure(self) -> str:
        """What combinations are chosen by, in words."""
        return "validation metric" if "loss" in self.jobs.vary else "validation loss without the penalty"

    def _write_best(self, choice: Choice) -> None:
        count = choice.means[choice.best].runs
        told = f"# {self.tell(choice, choice.best)}"
        told += f" (mean and standard error of {count} runs)" if count > 1 else ""
        lines = [f"# The best of {len(choice.means)} combinations.", told]
        if choice.simplest is not None and choice.simplest != choice.best:
            lines.append(f"# The simplest within one standard error: {self.tell(choice, choice.simplest)}")
        base, chosen = self.jobs.base, self.jobs.chosen(choice.best)
        knobs = base.knobs._replace(**chosen)
        given = self.data if base.data is not None and "dataset" not in chosen else None
        if knobs.dataset == "drawn" and given is None:
            lines.append("# The points are those of the project that was swept.")
        text = "\n".join([*lines, "", write_toml(knobs, given)])
        saving.replace_file(self.folder / "best.toml", lambda target: target.write(text.encode()))

    def _identity(self) -> dict[str, Any]:
        """What tells one sweep from another."""
        jobs = self.jobs
        first = jobs.base.knobs.seed
        return {
            "knobs": {
                name: value for name, value in jobs.base.knobs._asdict().items() if value != _default(jobs, name)
            },
            "data": None if jobs.base.data is None else digest(jobs.base.data),
            "vary": jobs.vary,
            "seeds": jobs.vary.get("seed") or list(range(first, first + jobs.seeds)),
            "folds": jobs.folds._asdict() if jobs.folds else None,
        }

    def _describe(self, folder: Path, place: str | None = None) -> None:
        """Write sweep.json to a folder; place: of a session that begins."""
        if place is not None:
            self._sessions.append({"begun": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "place": place, **versions()})
        told = {
            "runs": len(self.jobs),
            "finished": len(self._places),
            "level": cache.cpu_level(),
            **self._identity(),
            "sessions": self._sessions,
        }
        text = json.dumps(told, indent=1, ensure_ascii=False)
        saving.write_bytes(folder / "sweep.json", text.encode())


def _default(jobs: Plan, name: str) -> Any:
    return jobs.base.knobs._field_defaults[name]


def digest(data: Dataset) -> str:
    """A hash of points, by which they are known again."""
    found = hashlib.sha256(repr((data.class_names, data.feature_names, data.image)).encode())
    for array in (data.inputs, data.targets, data.sets):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def _cell(value: Any) -> str:
    return "" if value is None else written(value)


def _line(cells: Sequence[str]) -> bytes:
    """A line of CSV, with its end; cells hold no line ends."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([" ".join(str(cell).split("\n")) for cell in cells])
    return text.getvalue().encode()
