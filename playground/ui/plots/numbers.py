"""The numbers of an epoch as the loss chart's readout has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from playground.kernels.columns import COLUMNS
from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.training.snapshot import rmse
from playground.ui.plots.lines import Stroke
from playground.ui.plots.readout import Entry, Row
from playground.ui.scales import figures

NAMES = ("training", "validation")


class Metric(NamedTuple):
    """What a run is measured by besides its loss.

    name: "accuracy" or "R²". deviations: those of the one target in training and validation set, for errors in the
    target's own units.
    """

    name: str = "accuracy"
    deviations: tuple[float, ...] = ()

    def told(self, value: float) -> str:
        """A value in words."""
        if math.isnan(value):
            return "–"
        return f"{100 * value:.1f} %" if self.name == "accuracy" else figures(value)


def metric_of(data: Dataset) -> Metric:
    """What a run on these points is measured by."""
    if data.is_classification:
        return Metric()
    return Metric("R²", tuple(data.target_deviation(part) for part in (TRAIN, VALIDATION)) if data.outputs == 1 else ())


def gap_of(values: Mapping[str, float], is_metric: bool) -> float:
    """How much worse validation is than training: the generalization gap. values: of an epoch, by column."""
    name = "metric" if is_metric else "loss"
    train, val = (values.get(f"{part}_{name}", math.nan) for part in ("train", "val"))
    return train - val if is_metric else val - train


def readout_rows(
    values: Mapping[str, float],
    metric: Metric,
    is_metric_first: bool,
    strokes: tuple[Stroke, Stroke],
    fills: tuple[Stroke, Stroke] | None,
    more: tuple[Row, ...] = (),
) -> tuple[Row, ...]:
    """What is drawn first, with samples of its curves. values: of an epoch, by column; without one, none are told.

    fills: the samples of data term and penalty, where one is on. more: rows about the loss.
    """
    value = {name: values.get(name, math.nan) for name in COLUMNS}
    metrics = value["train_metric"], value["val_metric"]
    loss = ("loss", [figures(value["train_loss"]), figures(value["val_loss"])])
    measured = (metric.name, [metric.told(number) for number in metrics])
    (first, numbers), (second, others) = (measured, loss) if is_metric_first else (loss, measured)
    samples: tuple[Stroke | None, ...] = strokes
    rows = [
        Row(first, tuple(map(Entry, NAMES, numbers, samples))),
        Row(second, tuple(Entry("", text) for text in others)),
    ]
    if fills is not None:
        told = figures(value["data_loss"]), figures(value["penalty"])
        more = Row("of which", tuple(map(Entry, ("data", "penalty"), told, fills))), *more
    place = 1 + is_metric_first
    rows[place:place] = more
    if metric.deviations:
        errors = [rmse(number, deviation) for number, deviation in zip(metrics, metric.deviations)]
        rows.append(Row("RMSE", tuple(Entry("", figures(error)) for error in errors)))
    return tuple(rows)
