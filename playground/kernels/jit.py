"""The ``@kernel`` decorator and the ``Rule`` row.

A kernel is a plain function that Numba compiles. The decorator only records it: Numba (half a second of import)
is loaded when a kernel is first called, so that menus and help texts can read the rules' rows long before that.
"""

from __future__ import annotations

import dis
import functools
import threading
import types
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from playground.kernels import cache, linking

# What kernels work on: flat arrays and matrices of one precision.
Array: TypeAlias = NDArray[Any]

# No "nnan" and no "ninf": a diverging run must still be seen as NaN or Inf.
FAST = {"contract", "reassoc", "nsz", "arcp"}

kernels: list[Kernel] = []
_preparing = threading.RLock()


class Rule(NamedTuple):
    """A choice in a menu: stored by ``key``, shown as ``title``, told by the function's docstring."""

    key: str
    title: str
    function: Callable[..., Any]
    reads: tuple[str, ...] = ()

    @property
    def help(self) -> str:
        """What the rule does, its formula first: the function's docstring, unindented."""
        lines = (self.function.__doc__ or "").strip().splitlines()
        return "\n".join(line.strip() for line in lines)


class Kernel:
    """A function that is compiled when it is first needed; callable from Python and from other kernels."""

    def __init__(self, function: Callable[..., Any], **joining: Any) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.joining = joining
        kernels.append(self)

    @functools.cached_property
    def inner(self) -> Any:
        """The compiled function as other kernels call it: without the code that unpacks Python's arguments.

        It is not cached: entries, which contain it, are.
        """
        return self._compile("inner", no_cpython_wrapper=True, **self.joining)

    @functools.cached_property
    def entry(self) -> Any:
        """The compiled function as Python calls it, kept between starts."""
        entry = self._compile("entry")
        # The cache's stamp knows of no sources but those of this package.
        if not _load_numba().config.DISABLE_JIT and self.function.__module__.startswith(__package__):
            from playground.kernels.compiled import Compiled

            entry._cache = Compiled(self.function)
        return entry

    def _compile(self, use: str, **options: Any) -> Any:
        with _preparing:
            # Kernels allocate nothing: without Numba's counting of references (_nrt) there is less to compile.
            jit = _load_numba().njit(
                nogil=True, fastmath=FAST, error_model="numpy", no_cfunc_wrapper=True, _nrt=False, **options
            )
            return jit(self._with_compiled_callees(use))

    def _with_compiled_callees(self, use: str) -> Callable[..., Any]:
        """A copy of the function that sees compiled kernels where its module holds recorded ones.

        It is named after its use: linking.py keeps inner kernels in another way.
        """
        plain = self.function
        # Not co_names: an attribute may bear a kernel's name.
        used = {step.argval for step in dis.get_instructions(plain) if step.opname == "LOAD_GLOBAL"}
        found = {name: plain.__globals__.get(name) for name in used}
        compiled = {name: value.inner for name, value in found.items() if isinstance(value, Kernel)}
        seen = types.FunctionType(plain.__code__, {**plain.__globals__, **compiled}, plain.__name__)
        functools.update_wrapper(seen, plain)
        seen.__qualname__ = f"{plain.__qualname__}-{use}"
        return seen

    def __call__(self, *arguments: Any) -> Any:
        return self.entry(*arguments)


class Written(Kernel):
    """A kernel whose compiled form is not made from its Python but written in LLVM's terms."""

    def __init__(self, function: Callable[..., Any], typing: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = self.entry = function
        self.typing = typing

    @functools.cached_property
    def inner(self) -> Any:
        numba = _load_numba()
        return self.function if numba.config.DISABLE_JIT else numba.extending.intrinsic(self.typing)


def kernel(function: Callable[..., Any]) -> Kernel:
    """Record a function as compiled arithmetic: no allocation, no GIL, one signature for each precision."""
    return Kernel(function)


def inlined(function: Callable[..., Any]) -> Kernel:
    """Record a kernel that becomes part of its callers: for the glue between kernels, which compiles faster so."""
    return Kernel(function, inline="always")


def merged(function: Callable[..., Any]) -> Kernel:
    """Record a kernel that LLVM makes part of its callers: for those that hand on whole networks, whose hundred and
    more words would go through memory at every call.
    """
    return Kernel(function, forceinline=True)


def written(typing: Callable[..., Any]) -> Callable[[Callable[..., Any]], Kernel]:
    """Record a kernel for which ``typing`` tells Numba the signature and what builds it (an ``intrinsic``)."""
    return lambda function: Written(function, typing)


def compile_again(data: bytes) -> None:
    """Compile for this process's CPU level, without running it, what a kept file of another level is of."""
    _load_numba()
    from playground.kernels import compiled

    compiled.compile_again(data)


def _entries() -> list[Any]:
    """The compiled functions that Python has called so far."""
    found = [kernel.__dict__.get("entry") for kernel in kernels]
    return [entry for entry in found if hasattr(entry, "stats")]


def kept() -> set[str]:
    """The names in the cache of all that was loaded or compiled so far."""
    return set().union(*(entry._cache.names for entry in _entries()))


def hits_and_misses() -> tuple[int, int]:
    """How many compiled kernels were found in the cache so far, and how many were not."""
    stats = [entry.stats for entry in _entries()]
    return sum(one.cache_hits.total() for one in stats), sum(one.cache_misses.total() for one in stats)


@functools.cache
def _load_numba() -> Any:
    """Import Numba with the program's own cache folder."""
    cache.configure()
    import numba
    import numba.extending

    linking.install()
    return numba
