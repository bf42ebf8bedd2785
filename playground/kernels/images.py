"""Augmentation of images: each training image is turned, zoomed, moved and mirrored anew in every batch.

Images are columns of (pixels × width) arrays, row by row. They are standardised; a change is made in grey values, where
0 is the background, and standardised again.
"""

from __future__ import annotations

import math
from typing import Any

from playground.kernels.jit import Array, kernel
from playground.kernels.random import FLIP, IMAGE, key, uniform, word
from playground.kernels.settings import Rates, Rules


@kernel
def grey(x: Array, moments: Array, k: int, row: Any, column: Any, height: int, breadth: int) -> float:
    """The grey value at a pixel of image k; the background outside of it."""
    if row < 0 or row >= height or column < 0 or column >= breadth:
        return 0.0
    pixel = row * breadth + column
    return x[pixel, k] * moments[1, pixel] + moments[0, pixel]


@kernel
def between(x: Array, moments: Array, k: int, row: Any, column: Any, height: int, breadth: int) -> float:
    """The grey value between pixels, by bilinear interpolation."""
    top, left = math.floor(row), math.floor(column)
    down, right = row - top, column - left
    i, j = int(top), int(left)
    upper = (1.0 - right) * grey(x, moments, k, i, j, height, breadth)
    upper += right * grey(x, moments, k, i, j + 1, height, breadth)
    lower = (1.0 - right) * grey(x, moments, k, i + 1, j, height, breadth)
    lower += right * grey(x, moments, k, i + 1, j + 1, height, breadth)
    return (1.0 - down) * upper + down * lower


@kernel
def warp(
    x: Array, n: int, moments: Array, rules: Rules, rates: Rates, epoch: int, batch: int, start: int, spare: Array
) -> None:
    """Turn by U(±rotate), zoom by U(1 ± scale), move by U(±shift) of each side, and mirror with probability ½.

    All about the middle of the image. spare: an array of x's shape to work in.
    """
    height, breadth = rules.image_height, rules.image_width
    middle, centre = 0.5 * (height - 1), 0.5 * (breadth - 1)
    first, second = key(rules.seed, epoch, batch, IMAGE)
    mirror_first, mirror_second = key(rules.seed, epoch, batch, FLIP)
    for k in range(n):
        place = (start + k) * 4
        angle = math.radians(rates.augment_rotate) * (2.0 * uniform(first, second, place) - 1.0)
        zoom = 1.0 + rates.augment_scale * (2.0 * uniform(first, second, place + 1) - 1.0)
        down = rates.augment_shift * height * (2.0 * uniform(first, second, place + 2) - 1.0)
        right = rates.augment_shift * breadth * (2.0 * uniform(first, second, place + 3) - 1.0)
        coins = word(mirror_first, mirror_second, start + k)
        across = -1.0 if rules.augment_flip_horizontal and coins & 1 else 1.0
        over = -1.0 if rules.augment_flip_vertical and coins & 2 else 1.0
        cosine, sine = math.cos(angle) / max(zoom, 1e-3), math.sin(angle) / max(zoom, 1e-3)
        for i in range(height):
            for j in range(breadth):
                # Where this pixel comes from: the change is undone.
                y, z = i - middle - down, j - centre - right
                row = middle + over * (cosine * y - sine * z)
                column = centre + across * (sine * y + cosine * z)
                pixel = i * breadth + j
                value = between(x, moments, k, row, column, height, breadth)
                spare[pixel, k] = x.dtype.type((value - moments[0, pixel]) / moments[1, pixel])
    for pixel in range(height * breadth):
        for k in range(n):
            x[pixel, k] = spare[pixel, k]


@kernel
def cut_out(x: Array, n: int, moments: Array, share: float, first: Any, second: Any, start: int, rules: Rules) -> None:
    """Set a square of ``share`` of the shorter side, centred anywhere in the image, to the background.

    DeVries and Taylor, 2017.
    """
    height, breadth = rules.image_height, rules.image_width
    half = 0.5 * share * min(height, breadth)
    for k in range(n):
        middle = height * uniform(first, second, 2 * (start + k)) - 0.5
        centre = breadth * uniform(first, second, 2 * (start + k) + 1) - 0.5
        for i in range(height):
            for j in range(breadth):
                if abs(i - middle) < half and abs(j - centre) < half:
                    pixel = i * breadth + j
                    x[pixel, k] = x.dtype.type(-moments[0, pixel] / moments[1, pixel])
