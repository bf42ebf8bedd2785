"""Images that are data, as pictures in the theme's ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from playground.ui.theme import Colors


def drawn(values: NDArray[np.float64], shape: tuple[int, ...], largest: float, colors: Colors) -> QImage:
    """(pixels,) values as a picture: 0 is the ground, the largest full ink. shape: (height, width)."""
    height, width = shape
    ink = QColor(colors.text)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = ink.red(), ink.green(), ink.blue()
    pixels[..., 3] = np.clip(255 * values.reshape(height, width) / max(largest, 1e-300), 0, 255)
    # Qt reads the array's memory, which is gone after the call: copy
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
