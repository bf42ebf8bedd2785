"""Lines over the epochs, one for each layer, feature or run, named at their ends; on a linear or a log axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.ui.plots.chart import Chart
from playground.ui.plots.export import Table
from playground.ui.plots.lines import Curve, Lines, Stroke
from playground.ui.plots.overlay import Mark, Name, Overlay
from playground.ui.scales import ceiling, figures
from playground.ui.theme import Colors

MOST_DECADES = 16  # of a log axis, from its top
MOST_NAMES = 12  # of more lines the ledger beside them tells which is which
FLATTEST = 1e-9  # of a linear axis

Floats = NDArray[np.float64]


class Track(NamedTuple):
    """A line: x (n,) epochs, y (n,), NaN where there is a gap.

    width: in those of a curve. label: what stands at its end, if not its name.
    """

    name: str
    color: str
    x: Floats
    y: Floats
    width: float = 0.75
    is_dashed: bool = False
    label: str | None = None

    @property
    def at_end(self) -> str:
        """What stands at its end."""
        return self.name if self.label is None else self.label


class Level(NamedTuple):
    """A height that lines are seen against, and its name."""

    y: float
    name: str
    color: str


class Tracks(Chart):
    """Draws them, and names the nearest one."""

    def __init__(self, colors: Colors) -> None:
        self._tracks: tuple[Track, ...] = ()
        self._is_log = False
        super().__init__(colors, "epoch", "")
        self._lines = Lines([], colors.window)
        self._strokes: list[Stroke] = []
        self.addItem(self._lines, ignoreBounds=True)
        self.overlay = Overlay(self, colors)

    def show_tracks(
        self,
        tracks: Sequence[Track],
        up: str,
        end: float,
        is_log: bool = False,
        span: tuple[float, float] | None = None,
        levels: Sequence[Level] = (),
        marker: int | None = None,
    ) -> None:
        """Draw them. up: what the vertical axis is called. end: of the epochs.

        span: of the vertical axis, else as far as the lines go. marker: the epoch that is looked at.
        """
        self._tracks, self._is_log = tuple(tracks), is_log
        axis = self.getAxis("left")
        if axis.logMode != is_log:
            axis.setLogMode(False, is_log)
            self.forget_ranges()
        if up != self.up:
            self.name_axes(self.across, up)
        curves = [self._curve(track) for track in tracks]
        flat = [(np.array([0.0, end]), self._scaled(np.full(2, level.y))) for level in levels]
        heights = np.concatenate([y for _, y in (*curves, *flat)]) if curves else np.empty(0)
        self.look((0.0, end), span or self._span(heights[np.isfinite(heights)]), only_grow=marker is not None)
        width = self.colors.curve
        strokes = [Stroke(level.color, 1.0, is_dashed=True) for level in levels]
        strokes += [Stroke(track.color, track.width * width, track.is_dashed) for track in tracks]
        if strokes != self._strokes:
            self.removeItem(self._lines)
            self._lines, self._strokes = Lines(strokes, self.colors.window), strokes
            self.addItem(self._lines, ignoreBounds=True)
        self._lines.set_curves([*flat, *curves], marker)
        names = [Name(track.at_end, track.color, curve) for track, curve in zip(tracks, curves) if track.at_end]
        names = names if len(names) <= MOST_NAMES else []
        names += [Name(level.name, level.color, curve) for level, curve in zip(levels, flat) if level.name]
        self.overlay.names, self.overlay.curves = tuple(names), tuple(curves)
        mark = Mark(float(marker), f"epoch {marker:,}", self.colors.accent) if marker is not None else None
        self.overlay.marks = (mark,) if mark is not None else ()
        self.overlay.redraw()

    def _curve(self, track: Track) -> Curve:
        return track.x, self._scaled(track.y)

    def _scaled(self, y: Floats) -> Floats:
        if not self._is_log:
            return np.where(np.isfinite(y), y, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(y)
        return np.where(np.isfinite(logs), logs, np.nan)

    def _span(self, heights: Floats) -> tuple[float, float]:
        """Round ends of the vertical axis."""
        if not heights.size or not (self._is_log or heights.any()):
            return (-1.0, 0.0) if self._is_log else (0.0, 1.0)
        low, high = float(heights.min()), float(heights.max())
        if self._is_log:
            high = math.ceil(high * 2 + 1e-9) / 2
            return max(min(math.floor(low * 2) / 2, high - 1), high - MOST_DECADES), high
        low = min(low, 0.0)
        high = max(high, 0.0)
        step = ceiling(max(high - low, FLATTEST)) / 5
        return step * math.floor(low / step + 1e-9), max(step * math.ceil(high / step - 1e-9), step)

    def read(self, place: tuple[float, float] | None) -> str:
        """The line nearest to a place, in words; nothing where there is none."""
        if place is None:
            return ""
        found: tuple[float, str] = (math.inf, "")
        for track in self._tracks:
            x, y = self._curve(track)
            known = np.flatnonzero(np.isfinite(y))
            if known.size:
                row = known[np.abs(x[known] - place[0]).argmin()]
                text = f"epoch {x[row]:,.0f}, {track.name}: {figures(float(track.y[row]))}"
                found = min(found, (abs(float(y[row]) - place[1]), text))
        return found[1]

    def table(self) -> Table:
        """A row for each epoch that a line has, a column for each line."""
        epochs = sorted({epoch for track in self._tracks for epoch in track.x.tolist()})
        columns = []
        for track in self._tracks:
            known = dict(zip(track.x.tolist(), track.y.tolist()))
            columns.append([known.get(epoch, math.nan) for epoch in epochs])
        return Table(("epoch", *(track.name for track in self._tracks)), ([int(epoch) for epoch in epochs], *columns))

    def set_colors(self, colors: Colors) -> None:
        super().set_colors(colors)
        if hasattr(self, "overlay"):
            self.overlay.colors = colors
            self._strokes = []  # made anew with what is shown next
