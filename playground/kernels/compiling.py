"""How Numba compiles a kernel, and an object file is made of it, which native.py loads."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable
from typing import Any

import numba
import numba.extending

from playground.kernels import linking
from playground.kernels.jit import Kernel
from playground.kernels.native import pack

# No "nnan" and no "ninf": a diverging run must still be seen as NaN or Inf.
FAST = {"contract", "reassoc", "nsz", "arcp"}

# Neither what unpacks Python's arguments nor what C calls is wanted. And kernels allocate nothing: without Numba's
# counting of references (_nrt) there is less to compile.
OPTIONS: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
OPTIONS |= {"fastmath": FAST, "error_model": "numpy"}

RETURNED = {"none": "", "bool": "?", "int64": "q", "uint32": "I", "uint64": "Q", "float32": "f", "float64": "d"}

linking.install()


def inner(kernel: Kernel) -> Any:
    """A kernel as other kernels call it."""
    return _decorate(kernel, linking.INNER, **kernel.joining)


def compile_for(kernel: Kernel, arguments: tuple[Any, ...]) -> bytes:
    """Compile a kernel as Python calls it with such arguments, into what ``Native`` loads."""
    dispatcher = _decorate(kernel, linking.ENTRY)
    dispatcher.compile(tuple(map(numba.typeof, arguments)))
    (made,) = dispatcher.overloads.values()
    returned = made.signature.return_type
    is_tuple = isinstance(returned, numba.types.BaseTuple)
    returns = "".join(RETURNED[str(part)] for part in (returned if is_tuple else (returned,)))
    return pack(made.fndesc.llvm_func_name, returns, is_tuple, linking.object_code(made.library))


def _decorate(kernel: Kernel, use: str, **joining: Any) -> Any:
    """Numba's form of a kernel."""
    return numba.njit(**OPTIONS, **joining)(_with_compiled_callees(kernel.function, use))


def _with_compiled_callees(plain: Callable[..., Any], use: str) -> Callable[..., Any]:
    """A copy of the function that sees compiled kernels where its module holds recorded ones.

    It is named after its use, which linking.py heeds.
    """
    # Not co_names: an attribute may bear a kernel's name.
    used = {step.argval for step in dis.get_instructions(plain) if step.opname == "LOAD_GLOBAL"}
    found = {name: plain.__globals__.get(name) for name in used}
    compiled = {name: value.inner for name, value in found.items() if isinstance(value, Kernel)}
    seen = types.FunctionType(plain.__code__, {**plain.__globals__, **compiled}, plain.__name__)
    functools.update_wrapper(seen, plain)
    seen.__qualname__ = f"{plain.__qualname__}{use}"
    return seen
