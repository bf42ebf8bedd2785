"""Numba's view of the kernel cache: a file for each kernel and signature, whatever the working directory.

Numba's own keeps one index file for each kernel, which two processes overwrite for each other, and loads what it finds
unseen: a truncated file breaks every later start, a flipped bit may kill the process. This one takes private parts of
Numba, so it has a test.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import pickle
from collections.abc import Callable
from typing import Any

from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from playground.kernels import cache


class Compiled(_Cache):
    """One kernel's machine code for each signature."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.names: set[str] = set()  # of the files read or written so far

    @property
    def cache_path(self) -> str:
        return str(cache.folders()[0])

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        target_context.refresh()
        data = cache.read(self._name(sig, target_context.codegen()))
        if data is None:
            return None
        stream = io.BytesIO(data)
        pickle.load(stream)
        return CompileResult._rebuild(target_context, *pickle.load(stream))

    def save_overload(self, sig: Any, data: Any) -> None:
        if not data.library.has_dynamic_globals:
            key = self.function.__module__, self.function.__name__, sig
            cache.write(self._name(sig, data.codegen), dumps(key) + dumps(data._reduce()))

    def _name(self, sig: Any, codegen: Any) -> str:
        """A file's name, and a note of it."""
        digest = hashlib.sha256(f"{sig} {codegen.magic_tuple()}".encode()).hexdigest()
        name = f"{self.function.__module__}.{self.function.__name__}-{digest[:16]}"
        self.names.add(name)
        return name

    def enable(self) -> None: ...

    def disable(self) -> None: ...

    def flush(self) -> None: ...


def compile_again(data: bytes) -> None:
    """Compile, without running it, what a file of another CPU level is of."""
    module, name, sig = pickle.loads(data)
    getattr(importlib.import_module(module), name).entry.compile(sig)
