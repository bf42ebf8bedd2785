"""Inverted dropout. Srivastava et al., 2014."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.kernels.jit import Array, kernel
from playground.kernels.random import word
from playground.kernels.views import piece


@kernel
def drop(x: Array, rate: float, first: Any, second: Any, total: int, start: int, mask: Array, y: Array) -> None:
    """y = x·mask; mask is 0 with probability ``rate``, else 1 / (1 − rate). All (units × width).

    The draw of a unit and sample depends on the key, the unit and the sample's place in a batch of ``total``; column 0
    is place ``start``. Rate 1 gives zeros.
    """
    kind = x.dtype.type
    limit = np.uint32(min(rate * 4294967296.0, 4294967295.0))
    kept = kind(1.0 / (1.0 - rate) if rate < 1.0 else 0.0)
    zero = kind(0)
    # One sample is a row of units; else a row is a unit's samples.
    units, width = x.shape
    rows, columns, pace = (1, units, total) if width == 1 else (units, width, 1)
    for o in range(rows):
        source, target = piece(x, o * columns, columns), piece(y, o * columns, columns)
        factors = piece(mask, o * columns, columns)
        place = o * total + start
        for k in range(columns):
            factors[k] = zero if word(first, second, place + k * pace) < limit else kept
            target[k] = source[k] * factors[k]


@kernel
def multiply(gradient: Array, mask: Array) -> None:
    """gradient ← gradient·mask, both flat: the way back."""
    for i in range(gradient.size):
        gradient[i] *= mask[i]
