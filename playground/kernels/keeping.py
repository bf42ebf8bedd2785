"""What a run keeps of its past while it trains: copies of its arrays at evenly spaced epochs.

They are written by the kernel that trains, for it alone passes through every epoch: a call of it makes many.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.jit import Array, kernel
from playground.kernels.views import piece

NEVER = 1 << 62  # a stride that no epoch reaches


class Kept(NamedTuple):
    """Copies at every ``stride``-th epoch after ``start``; training can go on from every ``every``-th of them.

    flats: (most, width), weights, moving statistics, and the last batch's. clocks: (most,) of steps.CLOCK.
    rests: (most // every, width), what training goes on from besides: slots, and with early stopping the best weights
    and moving statistics. grid: (3,), start, stride, every.
    """

    flats: NDArray[Any]
    rests: NDArray[Any]
    clocks: NDArray[Any]
    grid: NDArray[np.int64]


@kernel
def copy(source: Array, target: Array) -> None:
    """target ← source, both flat."""
    for i in range(source.size):
        target[i] = source[i]


@kernel
def keep_epoch(net: Any, store: Any, clock: Any, kept: Kept) -> None:
    """Copy what stands at the end of the epoch, if its number is on the grid."""
    passed, stride, every = clock.epoch - kept.grid[0], kept.grid[1], kept.grid[2]
    if passed % stride != 0:
        return
    number = passed // stride
    if number > kept.flats.shape[0]:
        return
    weights, statistics = net.weights.size, net.moving.size
    flat = kept.flats[number - 1]
    copy(net.weights, flat)
    copy(net.moving, piece(flat, weights, statistics))
    copy(net.batch, piece(flat, weights + statistics, statistics))
    kept.clocks[number - 1] = clock
    if number % every != 0:
        return
    rest = kept.rests[number // every - 1]
    copy(piece(store.slots, 0, store.slots.size), rest)
    place = store.slots.size
    if rest.size > place:
        copy(store.best_weights, piece(rest, place, weights))
        copy(store.best_moving, piece(rest, place + weights, statistics))
