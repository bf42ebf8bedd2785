"""The bar at the bottom: the runs there are, and the epochs of the one in hand, each of which can be looked back at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.model.experiment import Experiment
from playground.training.snapshot import Snapshot
from playground.ui.milestones import Branch
from playground.ui.theme import Colors

if TYPE_CHECKING:
    from playground.training.runs import Listed

HEIGHT, LOW_HEIGHT = 44, 36  # pixels
LOW_WINDOW = 760  # pixels: windows up to this height get the low one


class Timeline(QWidget):
    """Chips of the runs at the left, the scrubber of the one in hand. It shows and announces; it holds no truth."""

    taken = Signal(int)  # the number of the run to have in hand
    laid_over = Signal(int)  # to be laid over, or to be taken off again
    pinned = Signal(int, bool)
    ghost_wanted = Signal(bool)
    removed = Signal(int)
    looked_at = Signal(int)  # an epoch; the last one is the run as it stands
    step_wanted = Signal()  # one epoch more, for there is none after the last

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Timeline")
        QHBoxLayout(self)
        self.set_colors(colors)

    def fit_window(self, height: int) -> None:
        """Take the height that suits a window of that height."""
        self.setFixedHeight(HEIGHT if height > LOW_WINDOW else LOW_HEIGHT)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""

    def show_runs(self, rows: Sequence[Listed], ghost: int | None = None, laid: Collection[int] = ()) -> None:
        """Show the runs, oldest first. ghost: the number of the ghost; laid: of those that are laid over."""

    def show_run(
        self,
        snapshot: Snapshot | None,
        branches: Sequence[Branch] = (),
        begun: Experiment | None = None,
        others: Sequence[Snapshot] = (),
    ) -> None:
        """Show how the run in hand stands.

        branches: epoch, colour and name of each run that branched off from it. begun: what it began as, for what a
        changed knob was before. others: the runs that the loss chart shows beside it, so that the axes end alike.
        """

    def by_epoch(self, count: int) -> None:
        """So many epochs on; one on from the last trains one more."""

    def by_tenth(self, count: int) -> None:
        """So many tenths of the run on."""

    def to_mark(self, count: int) -> None:
        """To the neighbouring mark."""

    def to_start(self) -> None: ...

    def to_end(self) -> None: ...
