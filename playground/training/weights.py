"""Weights by name, as the NPZ files and other libraries have them: W (inputs, units), b, gamma, beta, …"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.model.dataset import DataError
from playground.training.state import State, plainly, start_scales

Arrays = dict[str, NDArray[Any]]

# Name of an array in the files, field of LAYER that says where it starts, and which flat array it lies in.
VECTORS = (
    ("b", "bias", "weights"),
    ("gamma", "gamma", "weights"),
    ("beta", "beta", "weights"),
    ("scale", "scale", "weights"),
    ("moving_mean", "moving_mean", "moving"),
    ("moving_var", "moving_var", "moving"),
)

# What inputs and targets are scaled by: told in the files, and taken from a run's own training set.
MOMENTS = ("input_mean", "input_std", "target_mean", "target_std")


def moments(state: State) -> Arrays:
    """Means and standard deviations by name, 0 and 1 where nothing is scaled."""
    return dict(zip(MOMENTS, (*state.moments, *state.target_moments), strict=True))


def views(layers: NDArray[Any], weights: NDArray[Any], moving: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each named array as a view of the flat ones, W as (inputs, units)."""
    flat = {"weights": weights, "moving": moving}
    for number, layer in enumerate(plainly(layers)):
        inputs, units, start = layer["inputs"], layer["units"], layer["weight"]
        yield f"W{number}", weights[start : start + inputs * units].reshape(units, inputs).T
        for name, field, home in VECTORS:
            begin = layer[field]
            if begin >= 0:
                yield f"{name}{number}", flat[home][begin : begin + units]


def take(layers: NDArray[Any], weights: NDArray[Any], moving: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Copies of all named arrays."""
    return {name: np.array(view, order="C") for name, view in views(layers, weights, moving)}


def put(state: State, named: dict[str, NDArray[Any]]) -> None:
    """Overwrite a state's weights by named arrays. Raises DataError, in one line, where they do not fit.

    γ, β, scales and moving statistics may be left out; MOMENTS are passed over, for a run takes its own. A bias before
    a batch normalization, which other libraries keep, changes nothing in training: it is taken into the moving mean.
    """
    left = {name: array for name, array in named.items() if name not in MOMENTS}
    net = state.net
    has_scales = any(name.startswith("scale") for name in named)
    for name, view in views(net.layers, net.weights, net.moving):
        found = left.pop(name, None)
        if found is None:
            if name[0] in "Wb" and not name.startswith("beta"):
                raise DataError(f"{name} of shape {view.shape} is missing; found {', '.join(named) or 'nothing'}")
            continue
        view[...] = _checked(name, found, view)
    for number, layer in enumerate(net.layers):
        if layer["moving_mean"] >= 0 and f"b{number}" in left:
            start, units = int(layer["moving_mean"]), int(layer["units"])
            place = net.moving[start : start + units]
            place -= _checked(f"b{number}", left.pop(f"b{number}"), place)
    if not has_scales:
        start_scales(state)
    if left:
        raise DataError(f"{', '.join(sorted(left))} has no place in this network; it has {_names(state)}")


def _checked(name: str, found: NDArray[Any], place: NDArray[Any]) -> NDArray[Any]:
    """An array in the precision of the place that it is meant for."""
    if found.shape != place.shape:
        raise DataError(f"{name} has shape {found.shape}; this network needs {place.shape}")
    if found.dtype.kind not in "fiu":
        raise DataError(f"{name} is of type {found.dtype}; numbers are accepted")
    with np.errstate(over="ignore"):
        values = found.astype(place.dtype)
    if not np.isfinite(values).all():
        raise DataError(f"{name} holds NaN, infinity or a number too large for {place.dtype}")
    return values


def _names(state: State) -> str:
    return ", ".join(name for name, _ in views(state.net.layers, state.net.weights, state.net.moving))
