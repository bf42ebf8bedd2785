"""What stands inside a network while it answers: every unit's sum, normalized value and activation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.measure import padded, predict
from playground.kernels.network import Net
from playground.training.standing import Standing
from playground.training.state import State


class Layer(NamedTuple):
    """A layer's stages for some samples, all (units, samples).

    linear: the weighted sums. normed: what normalization makes of them, or of the activations after which it comes.
    active: the activations. out: what the next layer gets, in evaluation what the last of the two is. A stage that a
    layer does not have is None; the output layer has ``linear`` alone, its logits or values.
    """

    linear: NDArray[Any]
    normed: NDArray[Any] | None = None
    active: NDArray[Any] | None = None

    @property
    def out(self) -> NDArray[Any]:
        """The activations; the sums of an output layer."""
        return self.linear if self.active is None else self.active


def inside(run: Standing, given: NDArray[Any]) -> tuple[Layer, ...]:
    """Every layer in evaluation mode for (features × samples) inputs as the network takes them, ``Standing.prepare``.

    For the thread that trains the run: the arrays that its network works in are used.
    """
    return inside_of(run.net, run.state, given)


def inside_of(net: Net, state: State, given: NDArray[Any]) -> tuple[Layer, ...]:
    """As ``inside``, with a network's arrays as they are."""
    rules = state.rules
    pieces = []
    for start in range(0, given.shape[1], int(rules.chunk)):
        part = np.ascontiguousarray(given[:, start : start + int(rules.chunk)])
        answers = np.empty((int(net.layers[-1]["units"]), part.shape[1]), part.dtype)
        predict(net, rules, state.rates, part, answers)
        pieces.append(stages(net, state, part.shape[1]))
    return tuple(_joined(parts) for parts in zip(*pieces))


def stages(net: Net, state: State, samples: int) -> tuple[Layer, ...]:
    """Copies of the stages that the last pass has left for so many samples, one chunk at most."""
    return tuple(_stages(net, state, samples))


def _stages(net: Net, state: State, samples: int) -> Iterator[Layer]:
    for number, layer in enumerate(net.layers):
        is_output = number == len(net.layers) - 1
        normed = None if is_output or layer["gamma"] < 0 else seen(net, state, layer, "normed", samples)
        active = None if is_output else seen(net, state, layer, "active", samples)
        yield Layer(seen(net, state, layer, "linear", samples), normed, active)


def seen(net: Net, state: State, layer: Any, stage: str, samples: int) -> NDArray[Any]:
    """A copy of one stage, by its name in LAYOUT, (units, samples), as the last pass has left it."""
    width, units = int(padded.function(samples)), int(layer["units"])
    start = int(layer[stage]) * int(state.rules.capacity)
    return np.array(net.scratch[start : start + units * width].reshape(units, width)[:, :samples])


def _joined(parts: tuple[Layer, ...]) -> Layer:
    """Pieces of samples as one."""

    def join(name: str) -> NDArray[Any] | None:
        arrays = [getattr(part, name) for part in parts]
        return None if arrays[0] is None else np.concatenate(arrays, axis=1)

    linear = join("linear")
    assert linear is not None
    return Layer(linear, join("normed"), join("active"))
