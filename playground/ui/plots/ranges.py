"""How far axes reach: over all that is to be seen, and no farther for what flew away. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playground.training.snapshot import Snapshot
from playground.ui.scales import axis_end, ceiling

TOO_FAR = 10.0  # times the usual loss: what lies above leaves the frame
DECADES_ABOVE, DECADES_BELOW = 4, 20  # of a log scale: above the first losses, and below its top
OTHERS_ABOVE = 4.0  # times what the run in hand needs, that other runs may add to the axis
REACH = 10.0  # times the length of the run in hand, likewise

Floats = NDArray[np.float64]
Range = tuple[float, float]


def loss_range(series: Sequence[Floats], is_log: bool) -> Range | None:
    """The lowest and highest loss that an axis shows: all, but for what is far above the usual or the first ones.

    None where nothing is finite. On a log scale the whole fall is seen.
    """
    values = np.concatenate(series) if series else np.empty(0)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    typical = float(np.median(values))
    start = max((float(y[0]) for y in series if len(y) and np.isfinite(y[0])), default=typical)
    if is_log:
        above = values[values <= max(start, typical, 1e-300) * 10.0**DECADES_ABOVE]
        positive = above[above > 0]
        high = float(positive.max()) if positive.size else 1.0
        low = float(positive.min()) if positive.size else 0.1
        return max(low, high * 10.0**-DECADES_BELOW, 1e-300), min(max(high, 1e-300), 1e300)
    usual = max(typical, min(start, 10 * typical), 1e-12)
    seen = values[values <= usual * TOO_FAR]
    return float(seen.min(initial=usual * TOO_FAR)), max(float(seen.max(initial=0.0)), 1e-12)


def loss_axis(own: Range | None, others: Sequence[Range | None], is_log: bool) -> Range:
    """Round ends for the run in hand, and for the others as far as they leave it its height.

    One that lies above that altogether would not be seen, and adds nothing.
    """
    known = [found for found in others if found is not None]
    if own is not None:
        most = own[1] * (10.0**DECADES_ABOVE if is_log else OTHERS_ABOVE)
        known = [own, *((low, min(high, most)) for low, high in known if low <= most)]
    if not known:
        return (0.1, 1.0) if is_log else (0.0, 1.0)
    low, high = min(low for low, _ in known), max(high for _, high in known)
    if not is_log:
        return 0.0, ceiling(high)
    return 10 ** (math.floor(math.log10(low) * 2) / 2), 10 ** (math.ceil(math.log10(high) * 2 + 1e-9) / 2)


def metric_axis(series: Sequence[Floats]) -> Range:
    """Up to 1, from the lowest in steps of a tenth; R² may fall below 0, and is seen down to −1."""
    values = np.concatenate(series) if series else np.empty(0)
    values = values[np.isfinite(values)]
    low = float(values.min()) if values.size else 0.0
    return max(math.floor(min(low, 0.5) * 10 + 1e-9) / 10, -1.0), 1.0


def epochs_axis(own: Snapshot | None, others: Sequence[Snapshot], planned: int) -> float:
    """Where the axis ends: others are seen whole, unless the run in hand would shrink to nothing beside them."""
    end = axis_end(own)
    return max(end, min(axis_end(own, *others), REACH * max(end, planned)))
