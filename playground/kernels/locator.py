"""Numba's view of the kernel cache: one folder, whatever the working directory, the home or the way of starting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core.caching import _CacheLocator

from playground.kernels import cache


class Locator(_CacheLocator):
    """Finds a kernel's cache by module and line in the folder that bears the stamp of all kernel sources."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def get_cache_path(self) -> str:
        return str(cache.folder())

    def get_source_stamp(self) -> str:
        return cache.stamp()

    def get_disambiguator(self) -> str:
        return f"{self.function.__module__}-{self.function.__code__.co_firstlineno}"

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Locator | None:
        return cls(py_func) if py_func.__module__.startswith("playground.kernels") else None
