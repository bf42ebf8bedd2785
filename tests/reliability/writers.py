"""Every kind of file that the program writes, for those who end it, or have the system fail, in the midst of that."""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from playground.model import archive, file, parts, recovery, table
from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.recovery import About, Place
from playground.training import grid, results
from playground.training.resuming import to_saved
from playground.training.run import Run
from playground.training.sweep import train_one
from playground.training.sweep_results import SweepFolder

NUMBERS = (1, 2)  # what is written in turns: two versions, told apart by what is in them


class Writer(NamedTuple):
    """write(folder, number): one version. read(folder): its number, None where there is nothing yet; raises where what
    is there is torn, or of two versions.
    """

    write: Callable[[Path, int], object]
    read: Callable[[Path], int | None]


@functools.cache
def data(number: int) -> Dataset:
    """Points of that many hundreds."""
    return Experiment(samples=100 * number).points


@functools.cache
def run(number: int) -> Run:
    """A run of that many epochs."""
    found = Run(Experiment(samples=40, layers=(8,), epochs=number))
    while not found.has_ended:
        found.burst(0.05)
    return found


@functools.cache
def saved(number: int) -> file.Saved:
    """That run as a project has it."""
    return file.Saved(run(number).experiment, (file.alone(run(number).experiment, *to_saved(run(number))),))


def _read_data(path: Path) -> int | None:
    return table.read(path).samples // 100 if path.exists() else None


def _table(suffix: str) -> Writer:
    name = f"points{suffix}"
    return Writer(
        lambda folder, number: table.write(data(number), folder / name), lambda folder: _read_data(folder / name)
    )


def _epochs(path: Path) -> int:
    found = file.load(path)
    assert found.in_hand is not None
    epochs = found.experiment.knobs.epochs
    assert len(found.in_hand.arrays["history_train_loss"]) == epochs
    return epochs


def _write_project(folder: Path, number: int) -> None:
    file.save(folder / "a.playground", saved(number).experiment, saved(number).runs)


def _read_project(folder: Path) -> int | None:
    path = folder / "a.playground"
    return _epochs(path) if path.exists() else None


def _read_results(folder: Path) -> int | None:
    out = folder / "out"
    found = sorted(os.listdir(out)) if out.exists() else []
    if not found:
        return None
    names = ["experiment.playground", "history.csv", "initial.npz", "predictions.csv", "weights.npz"]
    assert found == names, f"of the folder of results there is {found}"
    epochs = _epochs(out / "experiment.playground")
    history = (out / "history.csv").read_text(encoding="utf-8")
    assert history.count("\n") == epochs + 1, f"{history.count(chr(10)) - 1} rows of history for {epochs} epochs"
    with archive.opened(out / "weights.npz") as opened:
        weights = archive.read_arrays(opened, ["W0"])["W0"]
    assert np.array_equal(weights, run(epochs).weights["W0"]), "weights of another run"
    return epochs


RATES = [0.01, 0.02, 0.03]


@functools.cache
def sweep(number: int) -> tuple[grid.Plan, list[grid.Outcome]]:
    """A sweep of runs of that many epochs, and what comes of them."""
    jobs = grid.plan(Experiment(samples=20, layers=(2,), epochs=number), {"learning_rate": RATES})
    return jobs, [grid.Outcome(job.number, train_one(job.experiment) or {}) for job in jobs]


def _write_sweep(folder: Path, number: int) -> None:
    jobs, outcomes = sweep(number)
    out = SweepFolder(folder / "sweep", jobs)
    try:
        for outcome in outcomes:
            out.add(outcome)
    except OSError:
        out.finish()  # as the command does: what there is can be read
        raise
    out.finish()
    _write_picture(folder / "sweep", number, "sweep.png")


def _read_sweep(folder: Path) -> int | None:
    """The epochs of its runs, by every file of it; a sweep that goes on finds each row that is whole."""
    out = folder / "sweep"
    if not (out / "results.csv").exists():
        return None
    told = json.loads((out / "sweep.json").read_text("utf-8"))
    number = int(told["knobs"]["epochs"])
    whole = (out / "results.csv").read_text("utf-8").split("\n")[1:-1]
    assert all(dict(zip(_columns(out), row.split(",")))["epochs"] == str(number) for row in whole), "rows of another"
    best = out / "best.toml"
    if best.exists():
        assert file.load_toml(best).knobs.epochs == number, "the best of another"
        assert best.read_text("utf-8").count("\n") > 3
    assert _read_picture(out, "sweep.png") in (None, number), "the picture of another"
    _take_up(out, number, whole)
    return number


def _columns(out: Path) -> list[str]:
    return (out / "results.csv").read_text("utf-8").partition("\n")[0].split(",")


def _take_up(out: Path, number: int, whole: list[str]) -> None:
    with tempfile.TemporaryDirectory() as made:
        again = Path(made, "sweep")
        shutil.copytree(out, again)
        taken = SweepFolder(again, sweep(number)[0], resumes=True)
        taken.close()
        assert len(taken.done) == len(whole), f"{len(taken.done)} of {len(whole)} rows are taken up"


def _write_picture(folder: Path, number: int, name: str = "picture.png") -> None:
    from PySide6.QtGui import QColor, QImage

    from playground.ui.shots import write_picture

    picture = QImage(100 * number, 300, QImage.Format.Format_RGB32)
    picture.fill(QColor(number, number, number))
    write_picture(picture, folder / name)


def _read_picture(folder: Path, name: str = "picture.png") -> int | None:
    from PySide6.QtGui import QImage

    path = folder / name
    if not path.exists():
        return None
    picture = QImage(str(path))
    assert not picture.isNull() and path.read_bytes().endswith(b"IEND\xaeB\x60\x82"), "the picture is torn"
    return picture.width() // 100


def _write_settings(folder: Path, number: int) -> None:
    from playground.ui.settings import Settings

    settings = Settings(folder)
    for name in ("first", "second"):
        settings.keep(name, str(number) * 2000)
    settings.save()
    if failure := settings.take_failure():  # which the window says
        raise OSError(failure)


def _read_settings(folder: Path) -> int | None:
    from playground.ui.settings import Settings

    if not (folder / "window.ini").exists():
        return None
    first, second = (Settings(folder).text(name) for name in ("first", "second"))
    assert first == second and len(first) == 2000, "the settings are torn"
    return int(first[0])


_place: dict[Path, Place] = {}


def _write_recovery(folder: Path, number: int) -> None:
    place = _place.setdefault(folder, Place(folder))
    place.keep(saved(number), About(time.time(), "", None, f"{number}"), b"picture" * 100)


@functools.cache
def large() -> Dataset:
    """Points that are written once, and not with each later version."""
    rows = np.random.default_rng(0).normal(size=(300, 600))
    return Dataset(rows, np.arange(300) % 2, class_names=("a", "b"), source="large")


def _write_apart(folder: Path, number: int) -> None:
    place = _place.setdefault(folder, Place(folder))
    work = file.Saved(Experiment(Experiment().knobs, large(), epochs=number))
    place.keep(work, About(time.time(), "", None, f"{number}"), b"picture" * 100)


def _read_apart(folder: Path) -> int | None:
    """As the next start finds it, also of the process that still runs."""
    if folder in _place:
        _place.pop(folder).leave()
    return _read_recovery(folder, _epochs_of_large)


def _epochs_of_large(path: Path) -> int:
    experiment = file.load(path).experiment
    assert experiment.data == large(), "other points"
    return experiment.knobs.epochs


def _read_recovery(folder: Path, epochs_of: Callable[[Path], int] = _epochs) -> int | None:
    """What the next start finds, which the process that still runs is none of."""
    if folder in _place:
        path = _place[folder].file
        return _epochs(path) if path.exists() else None
    found = recovery.find(folder)
    if not found:
        return None
    for older in found[1:]:
        recovery.discard(older)
    epochs = epochs_of(recovery.complete(found[0]))
    assert found[0].about.holds == str(epochs) and len(found[0].picture) == 700
    return epochs


WRITERS: dict[str, Writer] = {
    "project": Writer(_write_project, _read_project),
    "csv": _table(".csv"),
    "npz": _table(".npz"),
    "xlsx": _table(".xlsx"),
    "--out": Writer(lambda folder, number: results.write(run(number), folder / "out"), _read_results),
    "sweep": Writer(_write_sweep, _read_sweep),
    "picture": Writer(_write_picture, _read_picture),
    "settings": Writer(_write_settings, _read_settings),
    "recovery": Writer(_write_recovery, _read_recovery),
    "recovery of large points": Writer(_write_apart, _read_apart),
}


def prepare() -> None:
    """Make what is written, and load what writes it, so that only writing is ended."""
    with tempfile.TemporaryDirectory() as folder:
        for writer in WRITERS.values():
            for number in NUMBERS:
                writer.write(Path(folder), number)
    forget()


def start_again(folder: Path) -> None:
    """What a start sweeps, or the next writing does."""
    for each in (folder, folder / "out", folder / "sweep"):
        if each.exists():
            parts.sweep(each)


def stale(folder: Path) -> list[str]:
    """What lies about that nobody wants."""
    return [path.name for path in folder.rglob(".*")]


def forget() -> None:
    """What was known of folders is of another process."""
    for place in _place.values():
        place.leave()
    _place.clear()
    parts._swept.clear()
