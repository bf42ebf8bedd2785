"""How far a unit's sums move while it learns: ridgelines before normalization and after it, with a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.training.looks.norms import Shift
from playground.ui.plots.chart import Title
from playground.ui.plots.export import Table
from playground.ui.plots.norm_box import race_button
from playground.ui.plots.ridges import Beside, Ridgelines
from playground.ui.scales import figures
from playground.ui.theme import Colors

FAR = "{} moved by {} σ"
HELP = (
    "The number is how far the layer's units lie from where they began, in standard deviations of their beginning: "
    "the mean distance between quantiles, as a mean over the units."
)


class OtherShift(NamedTuple):
    """That of a run beside, with its name and colour. marker: the epoch of its weights, if not the last."""

    name: str
    color: str
    shift: Shift
    marker: int | None = None


class ShiftView(QWidget):
    """Before and after, side by side; where nothing is normalized, or weights alone, the sums as they are."""

    def __init__(self, colors: Colors, race: Callable[[], None]) -> None:
        super().__init__(accessibleName="How far the sums of a unit move over the epochs")
        self._shift: Shift | None = None
        self._titles = [Title("", "small"), Title("", "small")]
        self.ridges = [Ridgelines(colors, ""), Ridgelines(colors, "")]
        sides = QHBoxLayout(spacing=8)
        self._sides = []
        for title, ridges in zip(self._titles, self.ridges):
            title.setToolTip(HELP)
            side = QWidget()
            column = QVBoxLayout(side, spacing=0)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(title)
            column.addWidget(ridges, 1)
            self._sides.append(side)
            sides.addWidget(side, 1)
        self.beside = Title("", "small", muted=True)
        self.race = race_button(race)
        foot = QHBoxLayout(spacing=8)
        foot.addWidget(self.beside, 1)
        foot.addWidget(self.race)
        whole = QVBoxLayout(self, spacing=4)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(sides, 1)
        whole.addLayout(foot)

    @property
    def text(self) -> str:
        """What the titles say."""
        return "\n".join([*(title.text() for title in self._titles), self.beside.text()])

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        for ridges in self.ridges:
            ridges.set_colors(colors)

    def forget_ranges(self) -> None:
        """Another unit or run is shown: axes may shrink."""
        for ridges in self.ridges:
            ridges.forget_ranges()

    def show_shift(self, shift: Shift | None, marker: int | None, others: Sequence[OtherShift]) -> None:
        """Draw it. marker: the epoch whose weights are seen, if not the last."""
        self._shift = shift
        self._sides[1].setVisible(shift is not None and shift.after is not None)
        if shift is None:
            for ridges in self.ridges:
                ridges.show_rows(np.empty(0), (), np.empty((0, 0)))
            return
        row = row_at(shift, marker)
        epochs = shift.epochs.tolist()
        both = shift.after is not None
        first = "Before:" if both else "Sums"
        self._titles[0].setText(FAR.format(first, figures(float(shift.moved_before[row]))))
        beside = [_beside(other) for other in others]
        self.ridges[0].show_rows(shift.bins, epochs, shift.before, marker, () if both else beside)
        if shift.after is not None and shift.moved_after is not None:
            self._titles[1].setText(FAR.format("After:", figures(float(shift.moved_after[row]))))
            self.ridges[1].show_rows(shift.after_bins, epochs, shift.after, marker, beside)
        told = [f"{other.name}: {figures(far_of(other.shift, other.marker))} σ" for other in others]
        self.beside.setText(", ".join(told))

    def table(self) -> Table:
        """An epoch a row, with how far the layer had moved."""
        shift = self._shift
        if shift is None:
            return Table(("epoch",), ([],))
        names, columns = ["epoch", "moved before"], [shift.epochs.tolist(), shift.moved_before.tolist()]
        if shift.moved_after is not None:
            names.append("moved after")
            columns.append(shift.moved_after.tolist())
        return Table(tuple(names), tuple(columns))


def row_at(shift: Shift, epoch: int | None) -> int:
    """The row of an epoch, or the last before it; without one the last of all."""
    if epoch is None:
        return len(shift.epochs) - 1
    return max(int(np.searchsorted(shift.epochs, epoch, side="right")) - 1, 0)


def far_of(shift: Shift, epoch: int | None) -> float:
    """How far what the activation gets had moved."""
    return float((shift.moved_before if shift.moved_after is None else shift.moved_after)[row_at(shift, epoch)])


def _beside(other: OtherShift) -> Beside:
    shift, row = other.shift, row_at(other.shift, other.marker)
    if shift.after is None:
        return Beside(other.color, shift.bins, shift.before[row])
    return Beside(other.color, shift.after_bins, shift.after[row])
