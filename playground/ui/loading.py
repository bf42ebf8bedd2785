"""What charts are drawn with, loaded piece by piece, so that the window is heard between two of them.

It takes half a second, and happens in the window's thread, for Qt's types are made while it does.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import sys
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
# It copies all names of these; PySide makes a type when it is first named, which takes as long as all else.
NAMED = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")


def _pieces() -> Iterator[Callable[[], object]]:
    for module in MODULES:
        yield partial(_load_early, module)
    for module in NAMED:
        found = importlib.import_module(module)
        for name in dir(found):
            yield partial(getattr, found, name, None)
    yield from _statements(LIBRARY)


def _load_early(module: str) -> None:
    # A packaged program lacks some: what imports them does without, or fails for itself.
    with contextlib.suppress(ImportError):
        importlib.import_module(module)


def _statements(name: str) -> Iterator[Callable[[], object]]:
    """A package's import statement by statement, each of which imports one of its modules; at once without source."""
    spec = importlib.util.find_spec(name)
    source = getattr(spec.loader, "get_source", lambda _: None)(name) if spec is not None else None
    if name in sys.modules or spec is None or source is None:
        yield partial(importlib.import_module, name)
        return
    package = sys.modules[name] = importlib.util.module_from_spec(spec)
    for statement in ast.parse(source).body:
        yield partial(exec, compile(ast.Module([statement], []), str(spec.origin), "exec"), vars(package))


_left = _pieces()  # one list for the process: a library that is half loaded is of no use to anybody


def load_some() -> bool:
    """Load for a turn; whether all is loaded."""
    began = time.perf_counter()
    for load_piece in _left:
        load_piece()
        if time.perf_counter() - began > TURN:
            return False
    return True


def finish() -> None:
    """Load all that is left, now."""
    for load_piece in _left:
        load_piece()
