"""Augmentation as training makes it: some training points before and after, drawn anew for each number asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.augment import AUGMENTATIONS, augment
from playground.model.dataset import TRAIN, Dataset
from playground.model.features import choose
from playground.training.standing import Standing
from playground.training.state import State

MOST = 400  # points
IMAGES = 24
COMPARED = 1000  # training points among which the nearest is looked for
BATCH = 1 << 30  # batches from here on are no epoch's: their draws are nobody else's
FLIPS = ("flip_horizontal", "flip_vertical")

Floats = NDArray[np.float64]


class Draw(NamedTuple):
    """Which draw is asked for: another number is another one."""

    number: int = 0


class Flip(NamedTuple):
    """What a mirror makes of the training points: of how many the nearest other point is of another class.

    title: of the augmentation. strayed, before: that share of the mirrored ones, and of those as they are.
    """

    title: str
    strayed: float
    before: float


class Augmented(NamedTuple):
    """Training points as a batch sees them.

    rows: (n,) their numbers in the dataset. before, after: (n, features) in the data's own units. targets: (n, k)
    shares of the classes after it, or (n, outputs) values. chosen: what is done, a title and an amount (or True) each.
    flips: those that are chosen, of classes.
    """

    draw: Draw
    rows: NDArray[np.intp]
    before: Floats
    after: Floats
    targets: Floats
    chosen: tuple[tuple[str, float | bool], ...]
    flips: tuple[Flip, ...] = ()


def augmented(run: Standing, draw: Draw) -> Augmented | None:
    """Make all chosen changes to some training points; None where augmentation is off."""
    if not run.state.rules.augment:
        return None
    known = run.remembered.get("augmented")
    if known is None or known[0] is not run.experiment or known[1].draw != draw:
        # it does not depend on the weights: between two draws there is nothing to do
        known = run.remembered["augmented"] = (run.experiment, _augmented(run.state, draw))
    found: Augmented = known[1]
    return found


def _augmented(state: State, draw: Draw) -> Augmented:
    data, samples = state.experiment.dataset, state.samples
    everyone = np.flatnonzero(data.sets == TRAIN)
    places = _spread(len(everyone), IMAGES if data.image else MOST)
    x, y = (np.ascontiguousarray(array[:, places]) for array in (samples.inputs, samples.targets))
    changed(state, x, y, draw)
    before = data.inputs[everyone[places]]
    return Augmented(
        draw,
        everyone[places],
        before,
        _raw(state, x, before),
        _targets(state, y),
        tuple((row.title, getattr(state.experiment.resolved, row.name)) for row in _chosen(state)),
        _flips(state, data, everyone) if data.is_classification else (),
    )


def changed(state: State, x: NDArray[Any], y: NDArray[Any], draw: Draw) -> None:
    """Change (features × n) prepared inputs and (outputs × n) targets where they stand, by the kernel of training."""
    augment(
        x, y, x.shape[1], state.samples.scales, state.rules, state.rates, 0, BATCH + draw.number, 0, np.empty_like(x)
    )


def _spread(count: int, most: int) -> NDArray[np.intp]:
    """Evenly chosen places among so many."""
    return np.arange(0, count, max(-(-count // most), 1))


def _chosen(state: State) -> list[Any]:
    rules, rates = state.rules, state.rates
    return [row for row in AUGMENTATIONS if getattr(rules if isinstance(row.default, bool) else rates, row.name) > 0]


def _raw(state: State, x: NDArray[Any], before: Floats) -> Floats:
    """(n, features) of the data's own columns: those that the network is not given as they are stay as they were."""
    found = before.copy()
    moments = state.moments
    for number, feature in enumerate(choose(state.experiment.knobs.features, before.shape[1])):
        if len(feature.columns) == 1 and not feature.is_sine:
            found[:, feature.columns[0]] = x[number] * moments[1, number] + moments[0, number]
    return found


def _targets(state: State, y: NDArray[Any]) -> Floats:
    values = y.T.astype(np.float64)
    if not state.rules.classes:
        mean, deviation = state.target_moments
        return np.asarray(mean + deviation * values)
    return values if values.shape[1] > 1 else np.hstack([1 - values, values])


def _flips(state: State, data: Dataset, everyone: NDArray[np.intp]) -> tuple[Flip, ...]:
    """What the chosen mirrors make of the points, each alone."""
    rows = everyone[_spread(len(everyone), COMPARED)]
    scale = state.moments[1] if not state.experiment.knobs.features else 1.0
    inputs, classes = data.inputs[rows], data.targets[rows]
    some = _spread(len(rows), MOST)
    before = strayed(inputs[some] / scale, classes[some], inputs / scale, classes, some)
    found = []
    for row in _chosen(state):
        if row.key in FLIPS:
            after = mirrored(inputs, row.key == FLIPS[0], data.image, data.inputs[everyone].mean(axis=0))
            share = strayed(after[some] / scale, classes[some], inputs / scale, classes, some)
            found.append(Flip(row.title, share, before))
    return tuple(found)


def mirrored(inputs: Floats, is_across: bool, image: tuple[int, ...], centre: Floats) -> Floats:
    """(n, features) points mirrored at the centre of their first or second feature; images left–right or up–down."""
    if image:
        pictures = inputs.reshape(-1, *image)
        return np.ascontiguousarray(pictures[:, :, ::-1] if is_across else pictures[:, ::-1]).reshape(inputs.shape)
    found, column = inputs.copy(), 0 if is_across else 1
    found[:, column] = 2 * centre[column] - found[:, column]
    return found


def strayed(points: Floats, classes: Floats, among: Floats, theirs: Floats, own: NDArray[np.intp]) -> float:
    """The share of points whose nearest one among others is of another class. own: each one's place among them."""
    squares = (among**2).sum(axis=1) - 2 * points @ among.T
    squares[np.arange(len(points)), own] = np.inf
    return float((theirs[squares.argmin(axis=1)] != classes).mean()) if len(among) > 1 else 0.0
