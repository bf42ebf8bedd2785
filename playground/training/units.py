"""A look at a run's weights and units: are they all alike, do any still answer. In the run's own thread only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from playground.kernels.measure import padded, predict
from playground.training.standing import Standing
from playground.training.state import plainly

MOST_SAMPLES = 112  # that are looked at: they go through the network in one piece
FEW_UNITS = 2  # in a layer: one that died is no sign of anything but of their small number


def are_alike(run: Standing) -> bool:
    """Whether all units of each hidden layer had the same incoming weights at the start and have them now.

    What a penalty has shrunk to nothing is alike too, but did not begin so.
    """
    return all(_are_units_alike(run, weights) for weights in (run.initial[0], run.net.weights))


def _are_units_alike(run: Standing, weights: NDArray[np.floating]) -> bool:
    wide = [layer for layer in plainly(run.state.net.layers)[:-1] if layer["units"] > 1]
    return bool(wide) and all(_are_alike(weights, **layer) for layer in wide)


def _are_alike(weights: NDArray[np.floating], weight: int, inputs: int, units: int, **_: int) -> bool:
    rows = weights[weight : weight + inputs * units].reshape(units, inputs)
    # The first two units tell nearly always, at once.
    return _is_same(rows[:2]) and _is_same(rows)


def _is_same(rows: NDArray[np.floating]) -> bool:
    tolerance = 1e-4 * max(float(np.maximum.reduce(np.abs(rows), axis=None)), 1e-6)
    return bool((np.abs(rows - rows[0]) <= tolerance).all())


def dead_layer(run: Standing) -> tuple[int, int] | None:
    """The first hidden layer of ReLUs none of which answers to any training point, counted from 1, and its units."""
    if run.experiment.resolved.activation != "relu":
        return None
    found = enumerate(answering(run), 1)
    return next(((number, units) for number, (alive, units) in found if units > FEW_UNITS and not alive), None)


def answering(run: Standing) -> list[tuple[int, int]]:
    """Of each hidden layer, how many units are above 0 for some training point, and how many units there are."""
    state, net = run.state, run.net
    samples = state.samples.inputs
    chosen = np.ascontiguousarray(samples[:, :: -(-samples.shape[1] // MOST_SAMPLES)])
    n = chosen.shape[1]
    predict(net, state.rules, state.rates, chosen, np.empty((int(net.layers[-1]["units"]), n), chosen.dtype))
    capacity, width = int(state.rules.capacity), padded.function(n)
    found = []
    for layer in net.layers[:-1]:
        start, units = int(layer["active"]) * capacity, int(layer["units"])
        answers = net.scratch[start : start + units * width].reshape(units, width)[:, :n]
        found.append((int((answers > 0).any(axis=1).sum()), units))
    return found
