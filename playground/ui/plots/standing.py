"""The marks that stand in a run's chart: the epoch that is looked back at, the best one, the stop, and changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from playground.kernels.columns import COLUMNS
from playground.training.snapshot import Snapshot
from playground.ui.milestones import CHANGED, events
from playground.ui.plots.across import Across, row_of
from playground.ui.plots.overlay import Mark
from playground.ui.theme import Colors, blend

FAINT = 0.4  # strength of a change's line

Floats = NDArray[np.float64]


def standing_marks(
    snapshot: Snapshot,
    across: Across,
    column: int,
    scaled: Callable[[Floats], Floats],
    told: Callable[[float], str],
    colors: Colors,
) -> Iterator[Mark]:
    """Those whose words matter most first; all but the first are of the whole run, whatever epoch is looked at.

    column: of the curve that the best epoch is marked on. scaled: its values on the axis. told: them in words.
    """
    if snapshot.looked is not None and (x := across.place(snapshot, snapshot.looked)) is not None:
        yield Mark(x, across.told(x, snapshot.looked), colors.accent, width=2.0)
    if (row := best_row(snapshot, column)) is not None and snapshot.best_epoch is not None:
        value, x = float(snapshot.history[row, column]), across.place(snapshot, snapshot.best_epoch)
        what = "best" if COLUMNS[column].endswith("loss") else "best loss"  # of accuracy it need not be the best
        text = f"{what}: epoch {snapshot.best_epoch:,}, {told(value)}"
        if x is not None:
            yield Mark(x, text, colors.best, Qt.PenStyle.DotLine, y=float(scaled(np.array([value]))[0]))
    if snapshot.stopped_epoch is not None and (x := across.place(snapshot, snapshot.stopped_epoch)) is not None:
        restored = snapshot.restored_epoch
        text = f"stopped: epoch {snapshot.stopped_epoch:,}"
        text += "" if restored is None else f"; epoch {restored:,} restored"
        yield Mark(x, text, colors.text, Qt.PenStyle.DotLine)
    for event in events(snapshot.changes, ()):
        if event.kind == CHANGED and (x := across.place(snapshot, event.epoch)) is not None:
            yield Mark(x, event.label, colors.muted, line=blend(colors.muted, colors.window, FAINT))


def best_row(snapshot: Snapshot, column: int) -> int | None:
    """The row of the best epoch, where the curve has a value there."""
    row = row_of(snapshot.history, snapshot.best_epoch)
    return row if row is not None and np.isfinite(snapshot.history[row, column]) else None
