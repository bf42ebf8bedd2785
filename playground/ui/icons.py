"""Our own icons: one stroke weight, drawn in the colour of the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from playground.model.paths import assets_folder
from playground.ui.theme import Colors, blend

SIDES = (16, 20, 32, 40)  # as used, on plain and on fine screens


@cache
def icon(name: str, colors: Colors, color: str = "") -> QIcon:
    """The icon assets/icons/<name>.svg in the theme's text colour (or another), accent when checked."""
    drawn = color or colors.text
    faint = blend(drawn, colors.window, 0.38)
    result = QIcon()
    for side in SIDES:
        result.addPixmap(pixmap(name, drawn, side))
        result.addPixmap(pixmap(name, faint, side), QIcon.Mode.Disabled)
        result.addPixmap(pixmap(name, color or colors.accent, side), QIcon.Mode.Normal, QIcon.State.On)
    return result


def pixmap(name: str, color: str, side: int, ratio: float = 1.0) -> QPixmap:
    """The icon in one colour, side × side points; ratio is the screen's pixels per point."""
    result = QPixmap(round(side * ratio), round(side * ratio))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _drawing(name, color).render(painter, QRectF(0, 0, result.width(), result.height()))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def untinted(picture: QPixmap) -> QIcon:
    """A picture as an icon of a list's row: where the row is chosen, Qt would mix the selection's colour into it."""
    result = QIcon(picture)
    result.addPixmap(picture, QIcon.Mode.Selected)
    return result


@cache
def _drawing(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))


@cache
def application_icon() -> QIcon:
    """The program's own icon, sharp at every size that a desktop asks for."""
    result = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(_program(side))
    return result


def _program(side: int) -> QPixmap:
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(str(assets_folder() / "icon.svg")).render(painter)
    painter.end()
    return result


@cache
def _source(name: str) -> str:
    return (assets_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
