"""What a saved run is made of, and how it is taken up again, from a file of any version.

All is read by its name: a column of the history that was not kept then is NaN, a field of the clock what it is at the
start. The names are those of kernels/columns.py and steps.CLOCK, which are declared nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.kernels import steps
from playground.kernels.columns import COLUMNS
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.spool import PIECE, release
from playground.training import saved_past
from playground.training.history import History
from playground.training.run import Run
from playground.training.snapshot import DIVERGED
from playground.training.standing import QUANTITIES, STATUS
from playground.training.state import plan
from playground.training.timeline import RUN_BYTES
from playground.training.weights import Arrays

KEPT = ("slots", "best_weights", "best_moving")
HISTORY = "history_"  # and a column's name: each is an array of its own, for some take hardly any room
# The columns of format 1, which did not name them.
UNNAMED = COLUMNS[:9]


def to_saved(run: Run, budget: int = saved_past.FILE_BYTES) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and plain values from which ``resume`` goes on exactly, and what the numbers depend on besides.

    budget: bytes for copies of the past, which is trained again from the start where there are none.
    What training changes is copied; a history's columns are views, for its rows are only ever appended.
    """
    state = run.state
    arrays = {"weights": state.net.weights, "moving": state.net.moving}
    arrays |= {name: getattr(state.store, name) for name in KEPT}
    arrays |= {"initial_weights": run.initial[0], "initial_moving": run.initial[1]}
    if state.net.batch.size:
        arrays |= {"batch": state.net.batch}
    copies = {name: np.array(array) for name, array in arrays.items()}
    history = {HISTORY + name: column for name, column in zip(COLUMNS, run.history.rows.T)}
    if len(run.norms.rows):
        history |= {"norm_epochs": run.norms.epochs, "norm_rows": run.norms.rows}
    past, told = saved_past.to_saved(run, budget)
    # repr keeps every bit of a float, and NaN and infinities.
    clock = {name: repr(state.clock[name].item()) for name in steps.CLOCK.names or ()}
    info = {"clock": clock, "columns": COLUMNS, "seconds": run.seconds}
    return copies | history | past, info | told


def resume(
    experiment: Experiment, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any], budget: int = RUN_BYTES
) -> Run:
    """A run taken up where ``to_saved`` left it, with so many bytes for its past.

    Raises DataError where the parts do not fit together.
    """
    planned, weights = plan(experiment).parameters, arrays.get("weights", np.empty(0))
    if weights.shape != (planned,):
        # Before memory is taken for what a file may promise.
        raise DataError(f"the saved run does not fit its experiment: weights has shape {weights.shape}")
    run = Run(experiment, budget=budget)
    try:
        _fill(run, arrays)
        _set_clock(run, info["clock"])
        _fill_history(run.history, _columns(arrays, info), run.epoch)
        if "norm_rows" in arrays:
            if arrays["norm_rows"].shape[1:] != run.norm_width:
                raise DataError(f"the saved run does not fit: norm_rows has shape {arrays['norm_rows'].shape}")
            run.norms.restore(arrays["norm_epochs"], arrays["norm_rows"])
        run.seconds = float(info["seconds"])
        saved_past.restore(run, arrays, info)
        run.history.compare_from(min(run.penalty_epoch, run.epoch))
        _check_updates(run)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"the saved run is incomplete: {error}") from None
    return run


def _fill(run: Run, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put saved arrays in their places."""
    state = run.state
    homes = {"weights": state.net.weights, "moving": state.net.moving}
    homes |= {name: getattr(state.store, name) for name in KEPT}
    homes |= {"initial_weights": run.initial[0], "initial_moving": run.initial[1]}
    if "batch" in arrays:  # which format 1 did not keep
        homes |= {"batch": state.net.batch}
    # Format 1 kept three slots for every optimizer.
    arrays = {**arrays, "slots": arrays["slots"][: len(state.store.slots)]}
    for name, home in homes.items():
        if arrays[name].shape != home.shape or arrays[name].dtype != home.dtype:
            raise DataError(f"the saved run does not fit its experiment: {name} has shape {arrays[name].shape}")
        home[...] = arrays[name]


def _set_clock(run: Run, saved: dict[str, str]) -> None:
    for name in set(steps.CLOCK.names or ()) & saved.keys():
        kind = float if steps.CLOCK[name].kind == "f" else int
        run.state.clocks[name] = kind(saved[name])
    _check_clock(run)


def _columns(arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The saved columns of the history by name; formats 1 and 2 kept them as one table."""
    if "history" in arrays:
        rows, names = arrays["history"], info.get("columns", UNNAMED)
        if rows.ndim != 2 or rows.shape[1] != len(names):
            raise DataError(f"the saved run has a history of shape {rows.shape} for {len(names)} columns")
        return dict(zip(names, rows.T))
    return {name: arrays[HISTORY + name] for name in info["columns"]}


def _fill_history(history: History, columns: Mapping[str, NDArray[Any]], epochs: int) -> None:
    """Take up a history's columns, piece by piece; one that was not kept then is NaN."""
    for name, column in columns.items():
        if column.shape != (epochs,) or column.dtype.kind != "f":
            raise DataError(f"the saved run has a history of shape {column.shape} ({name}) after {epochs} epochs")
    if not columns:
        raise DataError("the saved run is incomplete: it has no history")
    known = [(number, columns[name]) for number, name in enumerate(COLUMNS) if name in columns]
    for start in range(0, epochs, PIECE):
        rows = np.full((min(PIECE, epochs - start), len(COLUMNS)), np.nan)
        for number, column in known:
            rows[:, number] = column[start : start + PIECE]
            release(column)
        history.append(rows)


def _check_clock(run: Run) -> None:
    """Raise DataError where a saved clock stands at no place of its run: kernels trust it."""
    clock = {name: run.state.clock[name].item() for name in steps.CLOCK.names or ()}
    epoch, batch, status = clock["epoch"], clock["batch"], clock["status"]
    fits = {
        "epoch": epoch >= 0,
        "batch": 0 <= batch <= run.batches,  # they may be through, and the epoch not yet
        "update": clock["update"] >= 0,
        "since": 0 <= clock["since"] <= clock["update"],
        "status": 0 <= status < len(STATUS),
        "wait": 0 <= clock["wait"] <= epoch,
        "best_epoch": 0 <= clock["best_epoch"] <= epoch,
        "has_best": clock["has_best"] in (0, 1),
        "failed_epoch": 0 <= clock["failed_epoch"] <= epoch + 1,
        "failed_layer": 0 <= clock["failed_layer"] <= len(run.state.net.layers),
        "failed_quantity": 0 <= clock["failed_quantity"] < len(QUANTITIES),
    }
    for name, is_possible in fits.items():
        if not is_possible:
            raise DataError(f"the saved run's clock is damaged: {name} is {clock[name]}")


def _check_updates(run: Run) -> None:
    """Raise DataError where a run has not made the updates of its epochs, whose batches may have been changed."""
    samples, expected = int(run.state.samples.inputs.shape[1]), int(run.state.clock["batch"])
    ends = [*(stage.epoch for stage in run.stages[1:]), run.epoch]
    for stage, end in zip(run.stages, ends):
        size = min(stage.experiment.knobs.batch_size or samples, samples)
        expected += (end - stage.epoch) * -(-samples // size)
    # Where it broke, the last update may count or not.
    if run.updates - expected not in ((0, 1) if run.status == DIVERGED else (0,)):
        raise DataError(f"the saved run's clock is damaged: update is {run.updates}")
