"""The picture of a race, a sweep, or bias and variance, drawn by a process of its own; what is wanted comes as JSON."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from playground.model import file
from playground.model.dataset import TRAIN, DataError
from playground.model.knobs import declarations
from playground.model.naming import values
from playground.training.decompositions import Parts
from playground.training.resuming import resume
from playground.training.run import Run
from playground.training.snapshot import DIVERGED
from playground.training.surface import Region, surface

RESOLUTION = 160
SHOWN = ("dataset", "layers", "activation", "optimizer", "learning_rate", "seed")  # told where all have them in common


def main() -> int:
    """Draw; where that fails, say why in one line. Returns the exit status."""
    wanted = json.load(sys.stdin)
    try:
        if "variances" in wanted:
            _draw_variances(wanted["variances"], wanted["subtitle"], wanted["out"])
        elif "sweep" in wanted:
            _draw_sweep(Path(wanted["sweep"]), wanted["out"])
        else:
            _draw(wanted["runs"], wanted["varied"], wanted["out"])
    except Exception as error:
        print(" ".join(f"{type(error).__name__}: {error}".split()), file=sys.stderr)
        return 1
    return 0


def _draw(runs: list[dict[str, Any]], varied: list[str], out: str) -> None:
    """Take the runs from their files, one for each lane as it is drawn, and write the picture. Raises OSError."""
    from playground import app
    from playground.ui.plots.race import Lane
    from playground.ui.race import RacePicture
    from playground.ui.theme import Theme

    application = app.make_application(on_screen=False)
    theme = Theme(application, "light")
    seeds: dict[int, list[Run]] = {}
    for one in runs:
        seeds.setdefault(one["number"], []).append(_read(Path(one["project"])))
    names = {one["number"]: one["name"] for one in runs}
    averaged = [[run for run in found if run.status != DIVERGED] or found for found in seeds.values()]
    firsts = [found[0] for found in averaged]
    lanes = [
        Lane(
            name, [run.history.rows for run in found], found[0].experiment.dataset, _seen(found[0]), _ending(seeds[key])
        )
        for (key, name), found in zip(names.items(), averaged)
    ]
    picture = RacePicture(*_titles(varied, firsts[0], max(map(len, seeds.values()))), lanes, theme.colors)
    for plane, run in zip(picture.planes, firsts):
        plane.show_surface(surface(run, Region(plane.extent, RESOLUTION)))
    _write(picture, application, out)


def _draw_variances(rows: list[list[Any]], subtitle: str, out: str) -> None:
    """Write the picture of measurements, each a name and its parts. Raises OSError."""
    from playground import app
    from playground.ui.plots.variances import Variances
    from playground.ui.theme import Theme

    application = app.make_application(on_screen=False)
    theme = Theme(application, "light")
    bars = [(name, Parts(*(math.nan if part is None else part for part in parts))) for name, parts in rows]
    _write(Variances(bars, subtitle, theme.colors), application, out)


def _draw_sweep(folder: Path, out: str) -> None:
    """Write the picture of a sweep's folder. Raises OSError or ValueError."""
    from playground import app
    from playground.training import sweep_spots
    from playground.ui.sweep import SweepPicture
    from playground.ui.theme import Theme

    seen = sweep_spots.read(folder)
    application = app.make_application(on_screen=False)
    _write(SweepPicture(seen, Theme(application, "light").colors), application, out)


def _write(picture: Any, application: Any, out: str) -> None:
    from playground.ui.shots import write_picture

    picture.show()
    application.processEvents()
    write_picture(picture.grab(), out)


def _read(path: Path) -> Run:
    """The run of a project file. Raises DataError, or OSError."""
    saved = file.load(path).in_hand
    if saved is None:
        raise DataError(f"{path}: no run is in it")
    return resume(saved.experiment, saved.arrays, saved.info)


def _seen(run: Run) -> int:
    """The epoch whose weights stand."""
    return run.restored_epoch or run.epoch


def _ending(seeds: list[Run]) -> str:
    """What to say of a lane of which some diverged; they are in no mean, unless all have."""
    failed = [run for run in seeds if run.status == DIVERGED]
    if not failed:
        return ""
    if len(seeds) == 1:
        return f"diverged, epoch {int(seeds[0].state.clock['failed_epoch'])}"
    return f"{len(failed)} of {len(seeds)} diverged"


def _titles(varied: list[str], first: Run, seeds: int) -> tuple[str, str]:
    """What is compared, and what all have in common."""
    declared, knobs, data = declarations(), first.experiment.resolved, first.experiment.dataset
    labels = " and ".join(declared[name].knob.label.lower() for name in varied)
    shown = [name for name in SHOWN if name not in varied and (name != "learning_rate" or "optimizer" not in varied)]
    told = [values(first.experiment, shown), f"{(data.sets == TRAIN).sum():,} training points"]
    if seeds > 1:
        told.append(f"mean of {seeds} seeds, with one standard deviation; planes of seed {knobs.seed}")
    return f"What changes with the {labels}?", "; ".join(told)
