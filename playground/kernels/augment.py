"""Augmentation: training points changed anew in every batch. Arrays are (features × width).

All changes take ``(x, y, n, amount, draws, scales, rules)``: inputs and targets, of which the first n columns are
changed, the knob's value, where to draw from, and what the data are measured in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.images import cut_out, warp
from playground.kernels.jit import Array, inlined, kernel, part, written_out
from playground.kernels.random import key, normal, uniform, word
from playground.kernels.rules import Knob, Rule
from playground.kernels.settings import Rates, Rules

ACROSS, OVER = 0, 1  # the features that points are mirrored in


class Draws(NamedTuple):
    """Where a change draws from: the words of its key, and the place in the batch of column 0."""

    first: Any
    second: Any
    start: int


class Scales(NamedTuple):
    """What data are measured in.

    centre, spread: (features,), where mirrors stand and what jitter is measured in. moments: (2, features), what inputs
    were standardised by.
    """

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    moments: NDArray[np.float64]


@dataclass(frozen=True)
class Augmentation(Rule):
    """A row of AUGMENTATIONS, with its knob ``augment_<key>``.

    default: of the knob. draw: the number in its draws' key; never change one, or runs are no longer what they were.
    warps: on images, it is one of those that ``warp`` makes at once. moves: it moves columns: features made from those
    would no longer fit them.
    """

    knob: Knob = Knob("", "augmentation", "")
    default: float | bool = 0.0
    draw: int = 0
    warps: bool = False
    moves: bool = True

    @property
    def name(self) -> str:
        """The knob's name."""
        return f"augment_{self.key}"


@inlined
def even(widest: float, draws: Draws, place: int) -> float:
    """A draw from U(−widest, widest)."""
    return widest * (2.0 * uniform(draws.first, draws.second, place) - 1.0)


@kernel
def mirror(x: Array, n: int, feature: int, draws: Draws, scales: Scales) -> None:
    """With probability ½, mirror a point's feature at the feature's centre."""
    for k in range(n):
        if word(draws.first, draws.second, draws.start + k) & 1:
            x[feature, k] = x.dtype.type(2 * scales.centre[feature]) - x[feature, k]


@kernel
def flip_horizontal(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """Mirror half of the points at the centre of the first feature."""
    mirror(x, n, ACROSS, draws, scales)


@kernel
def flip_vertical(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """Mirror half of the points at the centre of the second feature."""
    mirror(x, n, OVER, draws, scales)


@kernel
def rotate(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """Rotate a point's first two features about the centre by an angle from U(−amount, amount), in degrees.

    Angles are taken in the plane of both features in their own spreads, so that a circle stays a circle.
    """
    centre, spread = scales.centre, scales.spread
    if spread[0] == 0.0 or spread[1] == 0.0:
        return
    kind, widest = x.dtype.type, math.radians(amount)
    for k in range(n):
        angle = even(widest, draws, draws.start + k)
        a = (x[0, k] - centre[0]) / spread[0]
        b = (x[1, k] - centre[1]) / spread[1]
        x[0, k] = kind(centre[0] + spread[0] * (math.cos(angle) * a - math.sin(angle) * b))
        x[1, k] = kind(centre[1] + spread[1] * (math.sin(angle) * a + math.cos(angle) * b))


@kernel
def scale(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """Scale a point about the centre by a factor from U(1 − amount, 1 + amount)."""
    for k in range(n):
        factor = 1.0 + even(amount, draws, draws.start + k)
        for f in range(x.shape[0]):
            x[f, k] = x.dtype.type(scales.centre[f] + factor * (x[f, k] - scales.centre[f]))


@kernel
def shift(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """Move a point along each feature by U(−amount, amount) of the feature's spread."""
    features = x.shape[0]
    for f in range(features):
        for k in range(n):
            x[f, k] += x.dtype.type(scales.spread[f] * even(amount, draws, (draws.start + k) * features + f))


@kernel
def jitter(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """x ← x + amount·s·N(0, 1), s (features,) the spread of each feature."""
    features = x.shape[0]
    for f in range(features):
        for k in range(n):
            draw = normal(draws.first, draws.second, (draws.start + k) * features + f)
            x[f, k] += x.dtype.type(amount * scales.spread[f] * draw)


@kernel
def cutout(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """Set a square anywhere in the image to the background. DeVries and Taylor, 2017."""
    cut_out(x, n, scales.moments, amount, draws.first, draws.second, draws.start, rules)


@kernel
def label_noise(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """With probability ``amount``, a sample's class becomes one of all classes at random (its own included)."""
    kind = y.dtype.type
    outputs = y.shape[0]
    classes = max(outputs, 2)
    for k in range(n):
        place = 2 * (draws.start + k)
        if uniform(draws.first, draws.second, place) < amount:
            chosen = int(uniform(draws.first, draws.second, place + 1) * classes)
            if outputs == 1:
                y[0, k] = kind(chosen)
            else:
                for o in range(outputs):
                    y[o, k] = kind(1 if o == chosen else 0)


@kernel
def mixup(x: Array, y: Array, n: int, amount: float, draws: Draws, scales: Scales, rules: Rules) -> None:
    """Blend each sample and its target with a partner's: λ·(x, y) + (1 − λ)·(x′, y′), λ from Beta(α, α), at least ½.

    Partners stand mirrored in the shuffled batch; an odd one in the middle stays as it is. Zhang et al., 2018.
    """
    for k in range(n // 2):
        partner = n - 1 - k
        mine = beta_draw(amount, draws.first, draws.second, draws.start + k)
        theirs = beta_draw(amount, draws.first, draws.second, draws.start + partner)
        blend(x, k, partner, max(mine, 1.0 - mine), max(theirs, 1.0 - theirs))
        blend(y, k, partner, max(mine, 1.0 - mine), max(theirs, 1.0 - theirs))


@kernel
def blend(x: Array, k: int, partner: int, mine: float, theirs: float) -> None:
    """Mix two columns of (rows × width), each keeping its own share."""
    kind = x.dtype.type
    for row in range(x.shape[0]):
        a, b = x[row, k], x[row, partner]
        x[row, k] = kind(mine) * a + kind(1.0 - mine) * b
        x[row, partner] = kind(theirs) * b + kind(1.0 - theirs) * a


@kernel
def beta_draw(alpha: float, first: Any, second: Any, index: int) -> float:
    """A draw from Beta(α, α), α ≤ 1: two uniform draws to the power 1/α, kept once their sum is at most 1 (Jöhnk)."""
    for attempt in range(64):
        place = (index * 64 + attempt) * 2
        a = math.log(max(uniform(first, second, place), np.float32(1e-9))) / alpha
        b = math.log(max(uniform(first, second, place + 1), np.float32(1e-9))) / alpha
        top = max(a, b)
        total = top + math.log(math.exp(a - top) + math.exp(b - top))
        if total <= 0.0:
            return math.exp(a - total)
    return 0.5


# In the order in which they act.
AUGMENTATIONS = (
    Augmentation(
        "flip_horizontal",
        "Flip left–right",
        flip_horizontal,
        knob=Knob("Flip left–right", "augmentation", "Mirror half of the points at the vertical axis."),
        default=False,
        draw=2_000_000,
        warps=True,
    ),
    Augmentation(
        "flip_vertical",
        "Flip up–down",
        flip_vertical,
        knob=Knob("Flip up–down", "augmentation", "Mirror half of the points at the horizontal axis."),
        needs=("two_features",),
        default=False,
        draw=2_000_001,
        warps=True,
    ),
    Augmentation(
        "rotate",
        "Rotate",
        rotate,
        knob=Knob(
            "Rotate",
            "augmentation",
            "Turn each point about the data's centre (the first two features), or an image, by up to this angle.",
            low=0,
            high=180,
            unit="°",
            main=False,
        ),
        needs=("two_features",),
        draw=1_000_003,
        warps=True,
    ),
    Augmentation(
        "scale",
        "Scale",
        scale,
        knob=Knob(
            "Scale",
            "augmentation",
            "Move each point towards or away from the centre, or zoom an image, by a factor from 1 − s to 1 + s.",
            "s",
            0,
            1,
            main=False,
        ),
        draw=1_000_004,
        warps=True,
    ),
    Augmentation(
        "shift",
        "Shift",
        shift,
        knob=Knob(
            "Shift",
            "augmentation",
            "Move each point along each feature by up to this many deviations; an image by this share of a side.",
            low=0,
            high=10,
            main=False,
        ),
        draw=1_000_005,
        warps=True,
    ),
    Augmentation(
        "jitter",
        "Jitter",
        jitter,
        knob=Knob(
            "Jitter",
            "augmentation",
            "Standard deviation of the noise added to each feature, in the feature's own standard deviations.",
            "σ",
            0,
            10,
        ),
        default=0.1,
        draw=1_000_002,
    ),
    Augmentation(
        "cutout",
        "Cutout",
        cutout,
        knob=Knob(
            "Cutout",
            "augmentation",
            "Images only: blank a square anywhere, its side this share of the image's shorter one. 0 is off.",
            low=0,
            high=1,
            main=False,
        ),
        needs=("images",),
        draw=1_000_009,
        moves=False,
    ),
    Augmentation(
        "label_noise",
        "Label noise",
        label_noise,
        knob=Knob(
            "Label noise",
            "augmentation",
            "Share of the training samples whose class is drawn at random in each batch.",
            low=0,
            high=1,
            main=False,
        ),
        needs=("classes",),
        draw=1_000_007,
        moves=False,
    ),
    Augmentation(
        "mixup",
        "Mixup",
        mixup,
        knob=Knob(
            "Mixup",
            "augmentation",
            "Blend pairs of samples and their targets, the larger share drawn from Beta(α, α). 0 is off.",
            "α",
            0,
            1,
            main=False,
        ),
        draw=1_000_006,
        moves=False,
    ),
)


def _each() -> Any:
    """The kernel that makes every change whose knob is above 0, one after another, written from the rows."""
    lines = []
    for row in AUGMENTATIONS:
        amount = f"{'rules' if isinstance(row.default, bool) else 'rates'}.{row.name}"
        asked = f"{amount} > 0 and not rules.image_height" if row.warps else f"{amount} > 0"
        lines += [
            f"if {asked}:",
            f"    first, second = key(rules.seed, epoch, batch, {row.key}_draw)",
            f"    {row.key}(x, y, n, float({amount}), Draws(first, second, start), scales, rules)",
        ]
    names: dict[str, Any] = {row.key: row.function for row in AUGMENTATIONS} | {"key": key, "Draws": Draws}
    names |= {f"{row.key}_draw": row.draw for row in AUGMENTATIONS}
    head = "def change_each(x, y, n, scales, rules, rates, epoch, batch, start) -> None:"
    return written_out(head, lines, names, __name__)


change_each = _each()


@part
def augment(
    x: Array,
    y: Array,
    n: int,
    scales: Scales,
    rules: Rules,
    rates: Rates,
    epoch: int,
    batch: int,
    start: int,
    spare: Array,
) -> None:
    """Make all chosen changes to the first n columns, which stand at places start … of the batch.

    spare: an array of x's shape to work in.
    """
    if rules.image_height and rules.warps:
        warp(x, n, scales.moments, rules, rates, epoch, batch, start, spare)
    change_each(x, y, n, scales, rules, rates, epoch, batch, start)
