"""The weights of a run over the epochs: where they lie, how many are 0, what moves them; a linear model's by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox

from playground.training.looks.along import PATIENT
from playground.training.looks.coefficients import Coefficients
from playground.training.looks.weights import Wanted, Weights
from playground.ui.plots.by_layer import ByLayer, Run, Sort
from playground.ui.plots.export import Export
from playground.ui.plots.ledger import Column, Entry
from playground.ui.plots.ridges import Beside, Ridgelines
from playground.ui.plots.tracks import Level, Track
from playground.ui.scales import ceiling, figures
from playground.ui.scene import Pick
from playground.ui.theme import Colors, blend, font

USUAL = 1e-3  # of a weight, that an update moves it by: a rule of thumb
COEFFICIENTS = Sort("coefficients", "Coefficients", "Which features count?", "in the data's units")
STANDARDIZED = Sort("standardized", "Standardized", "Which features count?", "standardized")
LINEAR = (COEFFICIENTS, STANDARDIZED)
SORTS = (
    Sort("spread", "Distribution", "Where do the weights lie?"),
    Sort("zeros", "Exact zeros", "How many are exactly 0?", "weights = 0, %"),
    Sort("norms", "Norms", "Do the weights grow?", "√Σw²"),
    Sort("ratios", "Update : weight", "How far do updates move them?", "‖Δw‖ / ‖w‖", is_log=True),
    Sort("units", "Dead units", "Which units are asleep?", "units, %"),
)
COLUMNS = {
    "zeros": Column("= 0", "Weights that are exactly 0"),
    "norms": Column("norm", "√Σw² of the layer's weights"),
    "ratios": Column("Δw : w", "How far the next update moves the weights: ‖Δw‖ / ‖w‖. About a thousandth is usual."),
    "dead": Column("dead", "Units that answer alike to every training point: they learn no more"),
    "flat": Column("flat", "Saturated units: at nine of ten points less than a tenth of the greatest slope"),
    "of": Column("of", "All there are in the layer"),
}
BESIDE = {
    "spread": ("zeros", "norms"),
    "zeros": ("zeros", "of"),
    "norms": ("norms", "ratios"),
    "ratios": ("norms", "ratios"),
    "units": ("dead", "flat", "of"),
}  # the numbers that stand beside each chart
LEAST = 10.0  # percent, of an axis of shares
MOST_RUNS = 2  # whose coefficients stand beside each other


class WeightsPanel(ByLayer):
    """Ridgelines, or lines over the epochs, and the layers' numbers."""

    view = "weights"
    sorts = (*LINEAR, *SORTS)
    empty = "Each layer's weights are drawn here once training runs."

    def __init__(self, colors: Colors, question: str) -> None:
        super().__init__(colors, question, "Weights: where they lie and what moves them, over the epochs")
        self.outputs = QComboBox(
            accessibleName="Output", toolTip="The output whose coefficients are drawn", font=font("small")
        )
        self.outputs.activated.connect(self._choose_output)
        self.head.insertWidget(2, self.outputs)
        self.ridges = Ridgelines(colors, "weight")
        self.ridges.pointed.connect(self._point_at_row)
        self.ridges.export = Export(
            self.ridges, "weights", lambda: SORTS[0].question, lambda: self.ridges.table(), colors
        )
        self.tracks.export = Export(
            self.tracks, "weights", lambda: self.sort.question, lambda: self.tracks.table(), colors
        )
        self.charts.addWidget(self.ridges)
        self.offer(SORTS)

    # what is chosen

    @property
    def _is_linear(self) -> bool:
        return self.scene is not None and not self.scene.experiment.knobs.layers

    @property
    def looks(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"weights": Wanted(self.layer)}
        return asked | {"coefficients": PATIENT} if self._is_linear else asked

    @property
    def needed(self) -> str:
        return "coefficients" if self.sort in LINEAR else "weights"

    def fit_choices(self) -> None:
        # A linear model has no units of its own, and its weights have names.
        found: Coefficients | None = self.scene.seen("coefficients") if self.scene is not None else None
        linear = LINEAR if found is None or found.is_scaled else LINEAR[:1]
        offered = (*linear, *SORTS[:-1]) if self._is_linear else SORTS
        was_offered = self.chooser.findData(COEFFICIENTS.key) >= 0
        self.offer(offered)
        if self._is_linear and not was_offered:
            self.chooser.setCurrentIndex(0)
        seen = found if self.sort in LINEAR else None
        names = seen.outputs if seen is not None else ()
        self.outputs.setVisible(len(names) > 1)
        if names and names != tuple(self.outputs.itemText(row) for row in range(self.outputs.count())):
            self.outputs.clear()
            self.outputs.addItems(names)

    def _choose_output(self, output: int) -> None:
        self.picked.emit(Pick(0, output))
        self.redraw()

    def choose_row(self, row: int) -> None:
        if self.sort in LINEAR:
            self.picked.emit(Pick(0, max(self.outputs.currentIndex(), 0), row))
        else:
            super().choose_row(row)

    # drawing

    def is_alike(self, hand: Any, other: Any) -> bool:
        if self.sort in LINEAR:
            return bool(hand.names == other.names)
        return super().is_alike(hand, other)

    def layers(self, seen: Weights) -> int:
        return len(seen.sizes)

    def draw(self) -> str:
        if self.sort in LINEAR:
            return self._draw_coefficients()
        runs = self.drawn
        seen: Weights = runs[0].seen
        {
            "spread": self._draw_spread,
            "zeros": self._draw_zeros,
            "norms": lambda: self.show_tracks(self.tracks_of(lambda seen: (seen.epochs, seen.norms))),
            "ratios": self._draw_ratios,
            "units": self._draw_units,
        }[self.sort.key]()
        self._fill_ledger(seen)
        if self.sort.key not in ("spread", "zeros"):
            return ""
        zeros = seen.zeros[self.row_of(seen.epochs, runs[0].snapshot)]
        return f"{zeros.sum():,} exact zeros"

    def _draw_spread(self) -> None:
        hand, *others = self.drawn
        seen: Weights = hand.seen
        self.charts.setCurrentWidget(self.ridges)
        self.ridges.color = self.hue_of(seen.layer, len(seen.sizes))
        across = f"weight ≠ 0, {self.layer_name(seen.layer, len(seen.sizes))}"
        if across != self.ridges.across:
            self.ridges.name_axes(across, self.ridges.up)
        beside = [
            Beside(run.color, run.seen.bins, run.seen.densities[self.row_of(run.seen.epochs, run.snapshot)])
            for run in others
        ]
        self.ridges.show_rows(seen.bins, seen.epochs.tolist(), seen.densities, hand.snapshot.marker, beside)

    def _draw_zeros(self) -> None:
        self._show_shares(self.tracks_of(lambda seen: (seen.epochs, 100 * seen.zeros / np.array(seen.sizes))))

    def _draw_ratios(self) -> None:
        usual = Level(USUAL, "a thousandth", self.colors.muted)
        self.show_tracks(self.tracks_of(lambda seen: (seen.step_epochs, seen.ratios)), levels=[usual])

    def _draw_units(self) -> None:
        seen: Weights = self.drawn[0].seen
        tracks = self.tracks_of(lambda seen: (seen.unit_epochs, 100 * seen.dead / np.array(seen.units)))
        if seen.can_saturate:
            flat = self.tracks_of(lambda seen: (seen.unit_epochs, 100 * seen.saturated / np.array(seen.units)))
            tracks += [track._replace(name=f"{track.name}, flat", is_dashed=True) for track in flat]
        self._show_shares(tracks)

    def _show_shares(self, shares: list[Track]) -> None:
        """In percent, from 0 to all that is reached, and some more."""
        most = max((float(np.nanmax(track.y, initial=0.0)) for track in shares), default=0.0)
        self.show_tracks(shares, span=(0.0, min(max(ceiling(1.05 * most), LEAST), 100.0)))

    def _fill_ledger(self, seen: Weights) -> None:
        snapshot, count = self.drawn[0].snapshot, len(seen.sizes)
        row, step, unit = (
            self.row_of(epochs, snapshot) for epochs in (seen.epochs, seen.step_epochs, seen.unit_epochs)
        )
        hidden = len(seen.units)
        is_of_units = self.sort.key == "units"
        told = {
            "zeros": [f"{zeros:,}" for zeros in seen.zeros[row]],
            "norms": [short(float(norm)) for norm in seen.norms[row]],
            "ratios": [percent(float(ratio)) for ratio in seen.ratios[step]],
            "dead": [f"{dead:,}" for dead in seen.dead[unit]],
            "flat": [f"{flat:,}" for flat in seen.saturated[unit]],
            "of": [f"{size:,}" for size in (seen.units if is_of_units else seen.sizes)],
        }
        keys = [key for key in BESIDE[self.sort.key] if key != "flat" or seen.can_saturate]
        entries = [
            Entry(self.layer_name(number, count), self.hue_of(number, count), tuple(told[key][number] for key in keys))
            for number in range(hidden if is_of_units else count)
        ]
        self.ledger.show_rows([COLUMNS[key] for key in keys], entries, min(self.layer, len(entries) - 1))

    # a linear model

    def _draw_coefficients(self) -> str:
        runs = self.drawn
        seen: Coefficients = runs[0].seen
        output = min(max(self.outputs.currentIndex(), 0), len(seen.outputs) - 1)
        is_standard = self.sort is STANDARDIZED
        tracks: list[Track] = []
        for run in runs:
            tracks += self._paths(run, output, is_standard, is_alone=len(runs) == 1)
        true = None
        if seen.true is not None:
            true = seen.true[:, 0] / (seen.factors[:, output] if is_standard else 1.0)
        faint = blend(self.colors.text, self.colors.window, 0.35)
        heights = sorted(set(true.tolist())) if true is not None else []
        self.show_tracks(tracks, levels=[Level(height, "", faint) for height in heights])
        told = [self._now(run, output, is_standard) for run in runs]
        self._list(runs, told, true)
        zeros = int((told[0] == 0).sum())
        return f"{zeros:,} of {len(seen.names):,} are 0"

    @staticmethod
    def _values(seen: Coefficients, output: int, is_standard: bool) -> Any:
        """(epochs, features) of an output, or of the last one where there are not so many."""
        output = min(output, len(seen.outputs) - 1)
        values = seen.values[:, :, output]
        return values if is_standard else values * seen.factors[:, output]

    def _now(self, run: Run, output: int, is_standard: bool) -> Any:
        return self._values(run.seen, output, is_standard)[self.row_of(run.seen.epochs, run.snapshot)]

    def _paths(self, run: Run, output: int, is_standard: bool, is_alone: bool) -> list[Track]:
        """A line for each feature; where runs are compared, all in the run's colour, one of them with its name."""
        seen, values = run.seen, self._values(run.seen, output, is_standard)
        x, count = seen.epochs.astype(np.float64), len(seen.names)
        longest = int(np.abs(values[-1]).argmax())
        if is_alone:
            return [
                Track(name, self.hue_of(place, count), x, values[:, place]) for place, name in enumerate(seen.names)
            ]
        return [
            Track(f"{run.name}, {name}", run.color, x, values[:, place], label=run.name if place == longest else "")
            for place, name in enumerate(seen.names)
        ]

    def _list(self, runs: list[Run], told: list[Any], true: Any) -> None:
        help = "The coefficient at the epoch that is seen; 0 is exactly 0"
        seen = runs[0].seen
        beside = list(zip(runs, told))[:MOST_RUNS]
        columns = [Column("now" if len(runs) == 1 else run.name[:8], help) for run, _ in beside]
        if true is not None:
            columns.append(Column("true", "What the pattern makes its targets by: the dashed lines"))
        entries = []
        for place, name in enumerate(seen.names):
            cells = [exact(float(now[place])) for _, now in beside]
            cells += [exact(float(true[place]))] if true is not None else []
            color = self.hue_of(place, len(seen.names)) if len(runs) == 1 else self.colors.window
            entries.append(Entry(name, color, tuple(cells)))
        self.ledger.show_rows(columns, entries)

    def _point_at_row(self, place: tuple[float, float] | None) -> None:
        epoch = self.ridges.epoch_at(place[1]) if place is not None else None
        self.point("" if epoch is None or place is None else f"epoch {epoch:,}, weight {figures(place[0])}")

    def set_colors(self, colors: Colors) -> None:
        self.ridges.set_colors(colors)
        super().set_colors(colors)


def short(value: float) -> str:
    """A number in three figures."""
    if not math.isfinite(value):
        return figures(value)
    text = f"{value:.3g}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.1e}"
    return text.replace("-", "−")


def percent(value: float) -> str:
    """A share in percent, in two figures."""
    return "–" if math.isnan(value) else f"{100 * value:.2g} %".replace("-", "−")


def exact(value: float) -> str:
    """A number, and 0 only where it is exactly 0."""
    return "0" if value == 0 else short(value)
