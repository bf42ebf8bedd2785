"""Counter-based draws: a number is a hash of where it is used, so there is no generator state to save.

A key is made of (seed, epoch, batch, layer); a draw of the key and an index. The hash is Chris Wellons' triple32,
a 32-bit mixer with almost no bias, applied twice with two words of the key.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playground.kernels.jit import Array, kernel

# What a draw is for takes the layer's place in the key where no layer is meant; augment.py's rows have others.
SHUFFLE, INPUT, IMAGE, FLIP = 1_000_000, 1_000_001, 1_000_008, 2_000_000
NONE = 0  # the batch of what is drawn once an epoch


@kernel
def mix(x: Any) -> Any:
    """Scatter a 32-bit word."""
    x = np.uint32(x ^ (x >> np.uint32(17)))
    x = np.uint32(x * np.uint32(0xED5AD4BB))
    x = np.uint32(x ^ (x >> np.uint32(11)))
    x = np.uint32(x * np.uint32(0xAC4C1B51))
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * np.uint32(0x31848BAB))
    return np.uint32(x ^ (x >> np.uint32(14)))


@kernel
def key(seed: int, epoch: int, batch: int, layer: int) -> tuple[Any, Any]:
    """Two 32-bit words that name a place of use."""
    first = mix(np.uint32(seed))
    first = mix(np.uint32(first + np.uint32(epoch)))
    first = mix(np.uint32(first ^ np.uint32(epoch >> 32)))
    first = mix(np.uint32(first + np.uint32(batch)))
    first = mix(np.uint32(first + np.uint32(layer)))
    second = mix(np.uint32(first ^ np.uint32(0x9E3779B9)))
    return first, second


@kernel
def word(first: Any, second: Any, index: int) -> Any:
    """The 32-bit draw of a key at an index."""
    return mix(np.uint32(mix(np.uint32(np.uint32(index) + first)) ^ second))


@kernel
def uniform(first: Any, second: Any, index: int) -> Any:
    """A float32 draw from [0, 1), a multiple of 2⁻²⁴."""
    return np.float32(word(first, second, index) >> np.uint32(8)) * np.float32(2.0**-24)


@kernel
def normal(first: Any, second: Any, index: int) -> float:
    """A float64 draw from the standard normal distribution (Box and Muller, 1958)."""
    radius = math.sqrt(-2.0 * math.log((word(first, second, 2 * index) + 0.5) * 2.0**-32))
    return radius * math.cos(2.0 * math.pi * word(first, second, 2 * index + 1) * 2.0**-32)


@kernel
def permute(first: Any, second: Any, order: Array) -> None:
    """order ← a random permutation of 0 … n−1 (Fisher and Yates)."""
    for i in range(order.size):
        order[i] = i
    for i in range(order.size - 1, 0, -1):
        # The high word of a 64-bit product is uniform on 0 … i up to a bias of i / 2³².
        j = np.int64((np.uint64(word(first, second, i)) * np.uint64(i + 1)) >> np.uint64(32))
        order[i], order[j] = order[j], order[i]
