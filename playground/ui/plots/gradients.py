"""The gradients of a run over the epochs: how long each layer's are, how noisy, and how often they are clipped."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.training.looks.gradients import Gradients, Wanted
from playground.ui.plots.by_layer import ByLayer, Sort
from playground.ui.plots.export import Export
from playground.ui.plots.ledger import Column, Entry
from playground.ui.plots.tracks import Level, Track
from playground.ui.plots.weights import short
from playground.ui.theme import Colors

SORTS = (
    Sort("norms", "Norms", "Do gradients vanish or explode?", "√Σg²", is_log=True),
    Sort("noise", "Noise", "Do batches agree on the way?", "norm / noise", is_log=True),
)
COLUMNS = (
    Column("norm", "√Σg² of the mean gradient over an epoch's batches, with the penalty's share, before clipping"),
    Column("noise", "How far the batches' gradients lie from their mean: root of the mean squared distance"),
    Column("ratio", "Norm / noise: under 1 a batch tells more noise than direction"),
)


class GradientsPanel(ByLayer):
    """Lines over the epochs on a log axis, one for each layer."""

    view = "gradients"
    sorts = SORTS
    empty = "Each layer's gradients are drawn here once training runs."

    def __init__(self, colors: Colors, question: str) -> None:
        super().__init__(colors, question, "Gradients: how long and how noisy they are, over the epochs")
        self.tracks.export = Export(
            self.tracks, "gradients", lambda: self.sort.question, lambda: self.tracks.table(), colors
        )

    @property
    def looks(self) -> dict[str, Any]:
        return {"gradients": Wanted()}

    def layers(self, seen: Gradients) -> int:
        return int(seen.norms.shape[1])

    def draw(self) -> str:
        runs = self.drawn
        seen: Gradients = runs[0].seen
        row = self.row_of(seen.epochs, runs[0].snapshot)
        self._fill_ledger(seen, row)
        if self.sort.key == "norms":
            return self._draw_norms(seen, row)
        return self._draw_noise(seen, row)

    def _draw_norms(self, seen: Gradients, row: int) -> str:
        tracks, levels = self.tracks_of(lambda seen: (seen.epochs, seen.norms)), []
        if seen.limit and len(self.drawn) == 1:
            whole = Track("all layers", self.colors.text, seen.epochs.astype(np.float64), seen.whole, 0.6, True)
            tracks.append(whole)
        if seen.limit:
            levels.append(Level(seen.limit, f"clipped at {seen.limit:g}", self.colors.warning))
        self.show_tracks(tracks, levels=levels)
        if not seen.limit:
            return ""
        return f"{seen.clipped[row]:,} of {seen.batches[row]:,} clipped"

    def _draw_noise(self, seen: Gradients, row: int) -> str:
        level = Level(1.0, "norm = noise", self.colors.muted)
        self.show_tracks(self.tracks_of(lambda seen: (seen.epochs, _over_noise(seen))), levels=[level])
        if seen.all_batches == 1:
            return "one batch holds all points: no noise"
        if seen.batches[row] < seen.all_batches:
            return f"{seen.batches[row]:,} of {seen.all_batches:,} batches"
        return f"over {seen.all_batches:,} batches"

    def _fill_ledger(self, seen: Gradients, row: int) -> None:
        count, is_of_norms = seen.norms.shape[1], self.sort.key == "norms"
        columns = COLUMNS[:2] if is_of_norms else COLUMNS[1:]
        entries = []
        for number in range(count):
            norm, noise = float(seen.norms[row, number]), float(seen.noise[row, number])
            ratio = norm / noise if noise else float("nan")
            cells = (short(norm), short(noise), short(ratio))
            entries.append(
                Entry(
                    self.layer_name(number, count), self.hue_of(number, count), cells[:2] if is_of_norms else cells[1:]
                )
            )
        self.ledger.show_rows(columns, entries, min(self.layer, count - 1))


def _over_noise(seen: Gradients) -> Any:
    """(n, L): a gradient's norm over its noise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return seen.norms / seen.noise
