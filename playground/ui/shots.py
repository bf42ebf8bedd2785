"""Pictures as files: what a widget looks like, written like every other file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage, QPixmap

from playground.model.saving import write_bytes


def buffered(fill: Callable[[QBuffer], object]) -> bytes:
    """What is written into a buffer of Qt's."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    fill(buffer)
    return bytes(buffer.data().data())


def png(picture: QImage | QPixmap) -> bytes:
    """A picture as PNG."""
    return buffered(lambda buffer: picture.save(buffer, "PNG"))


def write_picture(picture: QImage | QPixmap, path: str | Path) -> None:
    """Write a PNG. Raises OSError with one line; an old picture is kept then."""
    write_bytes(path, png(picture))
