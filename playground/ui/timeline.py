"""The bar at the bottom: the runs there are, and the epochs of the one in hand, each of which can be looked back at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.model.experiment import Experiment
from playground.training.snapshot import Snapshot
from playground.ui.chips import Chips
from playground.ui.milestones import Branch
from playground.ui.scrubber import Scrubber
from playground.ui.theme import Colors, scaled

if TYPE_CHECKING:
    from playground.training.runs import Listed

HEIGHT, LOW_HEIGHT = 44, 36  # pixels
SHARE, MOST_CHIPS = 0.3, 520  # of the width for the chips, and pixels
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
        self.chips = Chips(colors)
        self.scrubber = Scrubber(colors)
        line = QHBoxLayout(self, spacing=8)
        line.setContentsMargins(12, 0, 4, 0)
        line.addWidget(self.chips)
        line.addWidget(self.scrubber, 1)
        for name in ("taken", "laid_over", "pinned", "ghost_wanted", "removed"):
            getattr(self.chips, name).connect(getattr(self, name))
        self.scrubber.looked_at.connect(self.looked_at)
        self.scrubber.step_wanted.connect(self.step_wanted)
        self.fit_window(LOW_WINDOW + 1)

    def fit_window(self, height: int) -> None:
        """Take the height that suits a window of that height."""
        self.setFixedHeight(scaled(HEIGHT if height > LOW_WINDOW else LOW_HEIGHT))

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.chips.set_colors(colors)
        self.scrubber.set_colors(colors)

    def show_runs(self, rows: Sequence[Listed], ghost: int | None = None, laid: Collection[int] = ()) -> None:
        """Show the runs. ghost: the number of the run that stays as ghost; laid: of those that are laid over."""
        self.chips.show_runs(rows, ghost, laid)
        self.scrubber.show_color(next((row.colour for row in rows if row.is_in_hand), None))

    def show_run(
        self,
        snapshot: Snapshot | None,
        branches: Sequence[Branch] = (),
        begun: Experiment | None = None,
        others: Sequence[Snapshot] = (),
    ) -> None:
        """Show how the run in hand stands.

        branches: epoch, colour and name of each run that branched off from it. begun: what it began as, for what a
        changed knob was before. others: the runs that the loss chart shows beside it, so that both axes end alike.
        """
        self.scrubber.show_run(snapshot, branches, begun, others)

    # what the window's keys do

    def by_epoch(self, count: int) -> None:
        """So many epochs on; one on from the last is a wish for one more."""
        self.scrubber.by_epoch(count)

    def by_tenth(self, count: int) -> None:
        """So many tenths of the run on."""
        self.scrubber.look_at(self.scrubber.course.by_tenths(count))

    def to_mark(self, count: int) -> None:
        """To the mark so many on, or before if negative."""
        self.scrubber.look_at(self.scrubber.course.to_milestone(count))

    def to_start(self) -> None:
        self.scrubber.look_at(0)

    def to_end(self) -> None:
        self.scrubber.look_at(self.scrubber.last)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # a share of the width whatever runs there are: the track stands still when one comes
        self.chips.setFixedWidth(min(max(int(self.width() * SHARE), 1), MOST_CHIPS))
