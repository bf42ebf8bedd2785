"""Kernels by plain ``numba.njit``, where a version of Numba lacks the private parts that compiling.py leans on.

They give the same results, and are compiled anew in every process: Numba's own cache fails in half a dozen ways.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import numba
import numba.extending

from playground.kernels import flushing, native
from playground.kernels.recorded import Recorded

# No "nnan" and no "ninf": a diverging run must still be seen as NaN or Inf.
ARITHMETIC: dict[str, Any] = {"fastmath": {"contract", "reassoc", "nsz", "arcp"}, "error_model": "numpy"}


def inner(kernel: Recorded) -> Any:
    """A kernel as other kernels and Python call it."""
    if kernel.inner is None:
        if kernel.typing is not None:
            kernel.inner = numba.extending.intrinsic(kernel.typing)
        else:
            inline = kernel.joining.get("inline", "never")
            kernel.inner = numba.njit(nogil=True, inline=inline, **ARITHMETIC)(kernel.seeing(inner))
    return kernel.inner


def load(kernel: Recorded, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """Compile a kernel for such arguments; returns what takes them."""
    dispatcher = inner(kernel)
    # Not at the call: Python compiles with subnormal numbers.
    dispatcher.compile(tuple(map(numba.typeof, arguments)))
    begin, end, _ = _switches()

    def call(*arguments: Any) -> Any:
        kept = begin()
        try:
            return dispatcher(*arguments)
        finally:
            end(kept)

    return call


@functools.cache
def _switches() -> tuple[Callable[[], int], Callable[[int], None], Any]:
    """What makes this thread flush subnormals and returns what was set; what sets that; where their code lies."""
    engine = native.engine(flushing.switches())
    begin = ctypes.PYFUNCTYPE(ctypes.c_int64)(engine.get_function_address("begin"))
    end = ctypes.PYFUNCTYPE(None, ctypes.c_int64)(engine.get_function_address("end"))
    return begin, end, engine
