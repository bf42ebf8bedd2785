"""How soon a program that is started shows its window, and its first trained epochs: as seen on the screen.

    xvfb-run -a -s "-screen 0 1440x900x24" python tests/benchmarks/first_start.py PROGRAM [ARGS]

Linux, X11 and nothing else open on the screen. The start is timed from outside, whatever the program is packed in: its
window is mapped, its first frame is seen, and after a press of Space it counts epochs.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from collections.abc import Callable

LOOK = 0.01  # seconds between two looks
PATIENCE = 60.0
FRAME = (0, 0, 300, 40)  # left, top, width, height of the menus
EPOCH = (312, 40, 40, 24)  # of the epochs trained
ALL_PLANES, Z_PIXMAP, REVERT_TO_PARENT, SPACE = ctypes.c_ulong(0xFFFFFFFF), 2, 2, ctypes.c_ulong(0x20)


class Image(ctypes.Structure):
    """The head of Xlib's XImage."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("width", "height", "offset", "format")),
        ("data", ctypes.POINTER(ctypes.c_char)),
        *((name, ctypes.c_int) for name in ("order", "unit", "bit_order", "pad", "depth", "bytes_per_line")),
    ]


class Screen:
    """The screen of DISPLAY: what is seen on it, and a key."""

    def __init__(self) -> None:
        self.x11, self.test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        self.x11.XOpenDisplay.restype = self.x11.XGetImage.restype = ctypes.c_void_p
        self.x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x11.XOpenDisplay(None))
        if not self.display:
            sys.exit("there is no display")
        self.root = ctypes.c_ulong(self.x11.XDefaultRootWindow(self.display))

    def grab(self, left: int, top: int, width: int, height: int) -> bytes:
        place = (left, top, width, height)
        image = self.x11.XGetImage(self.display, self.root, *place, ALL_PLANES, Z_PIXMAP)
        head = ctypes.cast(image, ctypes.POINTER(Image)).contents
        data = ctypes.string_at(head.data, head.bytes_per_line * height)
        self.x11.XDestroyImage(ctypes.c_void_p(image))
        return data

    def press_space(self) -> None:
        """Press Space in the window under the pointer; without a window manager none has the focus."""
        window, number, mask = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_uint()
        found = [ctypes.byref(part) for part in (ctypes.c_ulong(), window, number, number, number, number, mask)]
        self.x11.XQueryPointer(self.display, self.root, *found)
        self.x11.XSetInputFocus(self.display, window, REVERT_TO_PARENT, ctypes.c_ulong(0))
        code = self.x11.XKeysymToKeycode(self.display, SPACE)
        for is_down in (1, 0):
            self.test.XTestFakeKeyEvent(self.display, code, is_down, ctypes.c_ulong(0))
        self.x11.XFlush(self.display)


def main(command: list[str]) -> int:
    screen = Screen()
    empty, began = screen.grab(*FRAME), time.monotonic()

    def wait(seen: Callable[[], bool]) -> float:
        while not seen():
            if time.monotonic() - began > PATIENCE or program.poll() is not None:
                raise TimeoutError("not seen")
            time.sleep(LOOK)
        return time.monotonic() - began

    with subprocess.Popen(command) as program:
        try:
            window = wait(lambda: screen.grab(*FRAME) != empty)
            before = screen.grab(*EPOCH)
            screen.press_space()
            trained = wait(lambda: screen.grab(*EPOCH) != before)
        finally:
            program.terminate()
    print(f"window after {window:.2f} s, trained after {trained:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
