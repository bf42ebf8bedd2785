"""What charts are drawn with, loaded piece by piece, so that the window is heard between two of them.

It takes half a second. It happens in the window's thread, for Qt's types are made while it does; the library itself,
whose modules need one another, is the longest piece.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from functools import partial

TURN = 0.012  # seconds after which the window has its turn
LIBRARY = "pyqtgraph"
# What the library imports that is not its own, the slow ones.
MODULES = (
    "importlib.resources",
    "decimal",
    "cProfile",
    "xml.etree.ElementTree",
    "pydoc",
    "multiprocessing.connection",
    "multiprocessing.util",
    "PySide6.QtOpenGL",
    "PySide6.QtOpenGLWidgets",
    "PySide6.QtSvg",
    "PySide6.QtTest",
)
# It copies all names of these; PySide makes a type when it is first named, which takes longer than all else.
NAMED = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")


def load() -> Iterator[None]:
    """Load, yielding whenever a turn is over."""
    began = time.perf_counter()
    for load_piece in _pieces():
        load_piece()
        if time.perf_counter() - began > TURN:
            yield
            began = time.perf_counter()


def _pieces() -> Iterator[Callable[[], object]]:
    for module in MODULES:
        yield partial(importlib.import_module, module)
    for module in NAMED:
        found = importlib.import_module(module)
        for name in dir(found):
            yield partial(getattr, found, name, None)
    yield partial(importlib.import_module, LIBRARY)
