"""Render assets/icon.svg into what the systems take: PNG by size, .ico for Windows, .icns for macOS.

python packaging/icons.py FOLDER        needs PySide6; no screen
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "assets" / "icon.svg"
SIDES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIDES = (16, 24, 32, 48, 64, 256)
# macOS names each side, and its double for fine screens, by four letters
ICNS_SIDES = {
    b"icp4": 16,
    b"icp5": 32,
    b"ic07": 128,
    b"ic08": 256,
    b"ic09": 512,
    b"ic10": 1024,
    b"ic11": 32,
    b"ic12": 64,
    b"ic13": 256,
    b"ic14": 512,
}


def render(side: int) -> bytes:
    """The icon, side × side pixels, as a PNG."""
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs ask for bytes, PySide6 for text
    return bytes(buffer.data().data())


def make_ico(pictures: dict[int, bytes]) -> bytes:
    """Windows' icon of PNGs by side: a header, an entry of 16 bytes for each, then the pictures."""
    header = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(header) + 16 * len(pictures)
    entries = b""
    for side, png in pictures.items():
        # a side of 256 is written as 0
        entries += struct.pack("<BBBBHHII", side % 256, side % 256, 0, 0, 1, 32, len(png), offset)
        offset += len(png)
    return header + entries + b"".join(pictures.values())


def make_icns(pictures: dict[bytes, bytes]) -> bytes:
    """macOS' icon of PNGs by their four letters: each after its letters and its length, header included."""
    body = b"".join(name + struct.pack(">I", len(png) + 8) + png for name, png in pictures.items())
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main(folder: Path) -> None:
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication(["icons", "-platform", "offscreen"])
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {side: render(side) for side in {*SIDES, *ICO_SIDES, *ICNS_SIDES.values()}}
    for side in SIDES:
        (folder / f"{side}.png").write_bytes(pictures[side])
    (folder / "icon.ico").write_bytes(make_ico({side: pictures[side] for side in ICO_SIDES}))
    (folder / "icon.icns").write_bytes(make_icns({name: pictures[side] for name, side in ICNS_SIDES.items()}))
    application.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
