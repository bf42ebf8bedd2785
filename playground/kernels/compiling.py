"""How Numba compiles a kernel, and an object file is made of it, which native.py loads."""

from __future__ import annotations

import dis
import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from numba.core import cgutils

from playground.kernels import linking
from playground.kernels.flushing import ENTERED
from playground.kernels.jit import Kernel, Part
from playground.kernels.native import pack

# No "nnan" and no "ninf": a diverging run must still be seen as NaN or Inf.
FAST = {"contract", "reassoc", "nsz", "arcp"}

# Neither what unpacks Python's arguments nor what C calls is wanted. And kernels allocate nothing: without Numba's
# counting of references (_nrt) there is less to compile.
OPTIONS: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
OPTIONS |= {"fastmath": FAST, "error_model": "numpy"}

RETURNED = {"none": "", "bool": "?", "int64": "q", "uint32": "I", "uint64": "Q", "float32": "f", "float64": "d"}

ANNOTATED = {
    "None": numba.types.none,
    "float": numba.types.float64,
    "tuple[float, float]": numba.types.UniTuple(numba.types.float64, 2),
}

# Parts that what was compiled here is to be linked with, by name: the kernel, and the types of its arguments.
requests: dict[str, tuple[Part, tuple[Any, ...]]] = {}

linking.install()


def inner(kernel: Kernel) -> Any:
    """A kernel as other kernels call it."""
    return _decorate(kernel, linking.INNER, **kernel.joining)


def linked(kernel: Part) -> Any:
    """A part as other kernels call it: by a name that is looked up when both are loaded."""
    returned = _announced(kernel)

    def typing(context: Any, *arguments: Any) -> Any:
        name = kernel.name_of(str(arguments))
        requests[name] = kernel, arguments

        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            kind = context.call_conv.get_function_type(signature.return_type, signature.args)
            function = cgutils.get_or_insert_function(builder.module, kind, name)
            call = context.call_conv.call_function
            return call(builder, function, signature.return_type, signature.args, values)[1]

        return returned(*arguments), build

    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(kernel.function).parameters.values()
    typing.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    return numba.extending.intrinsic(typing)


def compile_for(kernel: Kernel, arguments: tuple[Any, ...]) -> bytes:
    """Compile a kernel as Python calls it with such arguments, into what ``Native`` loads."""
    types = tuple(map(numba.typeof, arguments))
    if not isinstance(kernel, Part):
        return _compile(kernel, types)
    name = kernel.name_of(str(types))
    requests[name] = kernel, types
    return pack(name + ENTERED, *_letters(_announced(kernel)), [name], b"")


def compile_part(name: str) -> bytes:
    """Compile a part that was asked for."""
    return _compile(*requests[name], name)


def _announced(kernel: Kernel) -> Any:
    """The type that a part says it returns."""
    return ANNOTATED[kernel.function.__annotations__["return"]]


def _compile(kernel: Kernel, types: tuple[Any, ...], name: str = "") -> bytes:
    """The object file of a kernel for arguments of such types; name: of its function, if not Numba's.

    Raises TypeError if a part returns something else than it says.
    """
    dispatcher = _decorate(kernel, linking.ENTRY)
    dispatcher.compile(types)
    (made,) = dispatcher.overloads.values()
    returned = made.signature.return_type
    if isinstance(kernel, Part) and returned != _announced(kernel):
        raise TypeError(f"{kernel.function.__name__} returns {returned}, but says {_announced(kernel)}")
    symbol = name or made.fndesc.llvm_func_name
    code, parts = linking.object_code(made.library, made.fndesc.llvm_func_name, symbol)
    return pack(symbol + ENTERED, *_letters(returned), [part for part in parts if part in requests], code)


def _letters(returned: Any) -> tuple[str, bool]:
    """What a kernel returns, in the letters of ``struct``, and whether it is a tuple."""
    is_tuple = isinstance(returned, numba.types.BaseTuple)
    return "".join(RETURNED[str(part)] for part in (returned if is_tuple else (returned,))), is_tuple


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
