"""A look at the coefficients of a linear model over the epochs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.model.experiment import Experiment
from playground.model.features import Feature, choose
from playground.model.shapes import SHAPES
from playground.training.looks.along import PATIENT, along
from playground.training.strip import Moment

Floats = NDArray[np.float64]
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Coefficients(NamedTuple):
    """What is seen of a model without hidden layers that has d features and k outputs.

    names: (d,) of the features; outputs: (k,) what each output is of. epochs: (n,), rising. values: (n, d, k), what
    is trained: per deviation of a feature, in deviations of the target, where these are standardized. factors: (d, k);
    values times factors are in the data's units. true: (d, k) in the data's units; None where nobody knows them.
    is_scaled: whether the two differ.
    """

    names: tuple[str, ...]
    outputs: tuple[str, ...]
    epochs: NDArray[np.int64]
    values: Floats
    factors: Floats
    true: Floats | None
    is_scaled: bool
    is_whole: bool


def coefficients(run: Any, seconds: float = PATIENT) -> Coefficients | None:
    """Look at them; None where there are hidden layers. Raises RuntimeError in a thread not the run's own."""
    run.check_thread()
    state = run.whole.state
    if len(state.net.layers) > 1:
        return None
    layer, experiment = state.net.layers[0], run.experiment
    units, inputs = int(layer["units"]), int(layer["inputs"])

    def measure(moment: Moment) -> Floats:
        return moment.weights[: units * inputs].reshape(units, inputs).T.astype(np.float64)

    strip = along(run, "coefficients", measure, seconds=seconds)
    factors = state.target_moments[1] / state.moments[1][:, np.newaxis]
    if experiment.dataset.is_classification:
        factors = np.repeat(1 / state.moments[1][:, np.newaxis], units, axis=1)
    return Coefficients(
        feature_names(experiment),
        output_names(experiment, units),
        np.array(strip.epochs),
        np.array(strip.values),
        factors,
        true_coefficients(experiment),
        bool((factors != 1).any()),
        strip.is_whole,
    )


def feature_names(experiment: Experiment) -> tuple[str, ...]:
    """What the network is given, by its columns' names: age, age², age·weight, sin age."""
    data = experiment.dataset
    return tuple(_name(feature, data.feature_names) for feature in choose(experiment.knobs.features, data.features))


def _name(feature: Feature, columns: tuple[str, ...]) -> str:
    if feature.is_sine:
        return f"sin {columns[feature.columns[0]]}"
    powers = {column: feature.columns.count(column) for column in feature.columns}
    return "·".join(
        columns[column] + (str(power).translate(RAISED) if power > 1 else "") for column, power in powers.items()
    )


def output_names(experiment: Experiment, units: int) -> tuple[str, ...]:
    """What each output speaks for: a class, of two the second, or a target."""
    data = experiment.dataset
    if data.is_classification:
        return data.class_names if units > 1 else data.class_names[-1:]
    if units == 1:
        return (data.encoding.target if data.encoding is not None else "target",)
    return tuple(f"target {number + 1}" for number in range(units))


def true_coefficients(experiment: Experiment) -> Floats | None:
    """(features, 1) by which a pattern made its targets; None where it made them otherwise."""
    row = next(row for row in SHAPES if row.key == experiment.knobs.dataset)
    if experiment.data is not None or not row.coefficients:
        return None
    chosen = choose(experiment.knobs.features, len(row.coefficients))
    is_plain = [len(feature.columns) == 1 and not feature.is_sine for feature in chosen]
    known = [row.coefficients[feature.columns[0]] if plain else 0.0 for feature, plain in zip(chosen, is_plain)]
    return np.array(known)[:, np.newaxis]
