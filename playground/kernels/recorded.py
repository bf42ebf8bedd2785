"""What is known of a kernel before it is compiled: what jit.py records and those that compile it read."""

from __future__ import annotations

import dis
import functools
import hashlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np


class Recorded:
    """A function to be compiled.

    is_part: whether by itself, to be linked with what calls it. typing: how Numba is told of one that is written in
    LLVM's terms. joining: Numba's options for how it becomes part of its callers.
    """

    # The compiled function as other kernels call it, once one of them was compiled. It is not kept on disk: what
    # Python calls contains it, and is.
    inner: Any = None

    def __init__(
        self,
        function: Callable[..., Any],
        is_part: bool = False,
        typing: Callable[..., Any] | None = None,
        **joining: Any,
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.is_part = is_part
        self.typing = typing
        self.joining = joining

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def name_of(self, types: str) -> str:
        """What machine code is kept as, whose arguments are of such types."""
        digest = hashlib.sha256(types.encode()).hexdigest()
        return f"{self.function.__module__}.{self.function.__name__}-{digest[:16]}"

    def seeing(self, inner: Callable[[Recorded], Any], ending: str = "") -> Callable[..., Any]:
        """A copy of the function that sees compiled kernels where its module holds recorded ones.

        ending: of the copy's name.
        """
        plain = self.function
        # Not co_names: an attribute may bear a kernel's name.
        used = {step.argval for step in dis.get_instructions(plain) if step.opname == "LOAD_GLOBAL"}
        found = {name: plain.__globals__.get(name) for name in used}
        compiled = {name: inner(value) for name, value in found.items() if isinstance(value, Recorded)}
        # For each of Python's whole numbers that is known beforehand, Numba would compile a callee once more.
        compiled |= {name: np.int64(value) for name, value in found.items() if type(value) is int}
        copy = types.FunctionType(plain.__code__, {**plain.__globals__, **compiled}, plain.__name__)
        functools.update_wrapper(copy, plain)
        copy.__qualname__ = f"{plain.__qualname__}{ending}"
        return copy
