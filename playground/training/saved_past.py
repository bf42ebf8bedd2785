"""What a file keeps of a run's past: how it began and was changed, and copies of it, as many as have room.

The copies make looking back quick; without them all is trained again from the start. Files are not trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels import cache, steps
from playground.kernels.keeping import NEVER, Kept
from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.rules import position
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.recipe import build
from playground.training.past import Stage, copied
from playground.training.run import Run
from playground.training.snapshot import DIVERGED
from playground.training.standing import STATUS
from playground.training.timeline import EVERY, Part, Timeline, clocks_of, fitted, widths
from playground.training.weights import Arrays

FILE_BYTES = 16_000_000  # for copies of the past
TABLES = ("flats", "rests", "clocks")


def to_saved(run: Run, budget: int = FILE_BYTES) -> tuple[Arrays, dict[str, Any]]:
    """Copies of the past within so many bytes, and plain values."""
    arrays: Arrays = {}
    grids: list[list[int]] = []
    for part in fitted(run.timeline.parts, budget):
        if not part.count:
            continue
        counts = part.count, part.count // part.every, part.count
        for name, table, count in zip(TABLES, part.kept[:3], counts):
            arrays[f"past{len(grids)}_{name}"] = np.asarray(table[:count].view(np.ndarray))
        grids.append([part.start, part.end, part.stride, part.every])
    told = {"cpu_level": cache.cpu_level(), "kernels": cache.code_stamp(), "foreign": run.foreign}
    return arrays, told | {"begun": run.begun._asdict(), "changes": list(run.changes), "past": grids}


def restore(run: Run, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> None:
    """Let a run that stands where it was saved have its past. Raises what odd values raise, and DataError."""
    run.changes = [(int(epoch), dict(changed)) for epoch, changed in info["changes"]]
    experiment = run.experiment
    begun = build(info["begun"], experiment.data) if "begun" in info else experiment
    run.stages = [Stage(0, begun)]
    for epoch, changed in run.changes:
        if not run.stages[-1].epoch <= epoch <= run.epoch:
            raise DataError(f"the saved run was changed at epoch {epoch} of {run.epoch}, or earlier than before")
        begun = Experiment(begun.knobs, experiment.data, **changed)
        run.stages.append(Stage(epoch, begun))
    is_known = begun == experiment and ("begun" in info or not run.changes)
    run.stages[-1] = Stage(run.stages[-1].epoch, experiment)
    is_ours = (info.get("cpu_level"), info.get("kernels")) == (cache.cpu_level(), cache.code_stamp())
    trained = run.epoch + bool(run.state.clock["batch"])
    run.foreign = min(int(info.get("foreign", 0)), trained) if is_ours and is_known else trained
    _restore_timeline(run, arrays, info.get("past", []))


def _restore_timeline(run: Run, arrays: Mapping[str, NDArray[Any]], grids: list[list[int]]) -> None:
    parts = [_part(run, arrays, number, grid) for number, grid in enumerate(grids)]
    for one, other in zip(parts, [*parts[1:], None]):
        if one.end > (other.start if other is not None else run.epoch):
            raise DataError("the copies of the saved run's past overlap")
    if not run.epoch:
        return
    ends_here = bool(parts) and parts[-1].end == run.epoch
    # A run that was just changed keeps other arrays from now on.
    goes_on = ends_here and parts[-1].width == widths(run.state)
    if not ends_here and not run.state.clock["batch"] and run.status != DIVERGED:
        parts.append(_last(run))
    run.timeline = Timeline.of(parts, run.state, run.timeline.budget)
    if not goes_on:
        run.timeline.begin(run.state, run.epoch)


def _last(run: Run) -> Part:
    """A part of one copy: what stands."""
    found = copied(run.state)
    assert found.rest is not None
    kept = Kept(found.flat[np.newaxis], found.rest[np.newaxis], clocks_of(1), np.array([run.epoch - 1, 1, 1]))
    kept.clocks[0] = found.clock
    return Part(kept, run.epoch - 1, run.epoch, 1, 1)


def _part(run: Run, arrays: Mapping[str, NDArray[Any]], number: int, grid: list[int]) -> Part:
    """A part of the past as it was saved, its every array of the right shape, and its clocks sound."""
    start, end, stride, every = map(int, grid)
    flats, rests, saved = (arrays[f"past{number}_{name}"] for name in TABLES)
    net = run.state.net
    if not (0 <= start <= end <= run.epoch and stride >= 1 and every in (1, EVERY, NEVER)):
        raise DataError(f"the saved run's past has epochs from {start} to {end}, {stride} apart, of {run.epoch}")
    count = (end - start) // stride
    stage = next(stage for stage in reversed(run.stages) if stage.epoch <= start)
    shapes = (count, net.weights.size + 2 * net.moving.size), (count // every, _rest_width(run, stage.experiment))
    if (flats.shape, rests.shape) != shapes or not flats.dtype == rests.dtype == net.weights.dtype:
        raise DataError(f"the saved run does not fit its experiment: its past has shapes {flats.shape}, {rests.shape}")
    clocks = _clocks(saved, count)
    epochs = start + stride * np.arange(1, count + 1)
    sound = (clocks["epoch"] == epochs) & (clocks["batch"] == 0) & (clocks["update"] >= 0)
    sound &= (clocks["status"] >= 0) & (clocks["status"] < len(STATUS))
    for name in ("wait", "best_epoch"):
        sound &= (clocks[name] >= 0) & (clocks[name] <= epochs)
    if not sound.all():
        raise DataError("the saved run's past is damaged: a clock stands at no place of it")
    kept = Kept(np.ascontiguousarray(flats), np.ascontiguousarray(rests), clocks, np.array([start, stride, every]))
    return Part(kept, start, end, stride, every)


def _clocks(saved: NDArray[Any], count: int) -> Any:
    """Saved clocks in today's fields; one that was not kept then is as at the start."""
    if saved.shape != (count,):
        raise DataError(f"the saved run's past has clocks of shape {saved.shape} for {count} copies")
    clocks = clocks_of(count)
    for name in set(steps.CLOCK.names or ()) & set(saved.dtype.names or ()):
        clocks[name] = saved[name]
    return clocks


def _rest_width(run: Run, experiment: Experiment) -> int:
    """How many numbers a checkpoint has besides a copy's, of a run of that experiment."""
    knobs, net = experiment.resolved, run.state.net
    slots = len(OPTIMIZERS[position(OPTIMIZERS, knobs.optimizer)].slots)
    best = net.weights.size + net.moving.size if knobs.early_stopping else 0
    return int(slots * net.weights.size + best)
