"""How Numba compiles a kernel, and an object file is made of it, which native.py loads."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numba
import numba.extending
import numpy as np
from numba.core import cgutils

from playground.kernels import linking, native
from playground.kernels.flushing import ENTERED
from playground.kernels.plain import ARITHMETIC
from playground.kernels.recorded import Recorded

# Neither what unpacks Python's arguments nor what C calls is wanted. And kernels allocate nothing: without Numba's
# counting of references (_nrt) there is less to compile.
OPTIONS = ARITHMETIC | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}

RETURNED = {"none": "", "bool": "?", "int64": "q", "uint32": "I", "uint64": "Q", "float32": "f", "float64": "d"}

ANNOTATED = {
    "None": numba.types.none,
    "float": numba.types.float64,
    "tuple[float, float]": numba.types.UniTuple(numba.types.float64, 2),
}

# Parts that what was compiled here is to be linked with, by name: the kernel, and the types of its arguments.
requests: dict[str, tuple[Recorded, tuple[Any, ...]]] = {}


def inner(kernel: Recorded) -> Any:
    """A kernel as other kernels call it."""
    if kernel.inner is None:
        if kernel.typing is not None:
            kernel.inner = numba.extending.intrinsic(kernel.typing)
        elif kernel.is_part:
            kernel.inner = _linked(kernel)
        else:
            kernel.inner = _decorate(kernel, linking.INNER, **kernel.joining)
    return kernel.inner


def _linked(kernel: Recorded) -> Any:
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


def compile_for(kernel: Recorded, arguments: tuple[Any, ...]) -> bytes:
    """Compile a kernel as Python calls it with such arguments, into what ``Native`` loads."""
    types = tuple(map(numba.typeof, arguments))
    if not kernel.is_part:
        return _compile(kernel, types)
    name = kernel.name_of(str(types))
    requests[name] = kernel, types
    return native.pack(name + ENTERED, *_letters(_announced(kernel)), [name], b"")


def compile_part(name: str) -> bytes:
    """Compile a part that was asked for."""
    return _compile(*requests[name], name)


def _announced(kernel: Recorded) -> Any:
    """The type that a part says it returns."""
    return ANNOTATED[kernel.function.__annotations__["return"]]


def _compile(kernel: Recorded, types: tuple[Any, ...], name: str = "") -> bytes:
    """The object file of a kernel for arguments of such types; name: of its function, if not Numba's.

    Raises TypeError if a part returns something else than it says.
    """
    dispatcher = _decorate(kernel, linking.ENTRY)
    dispatcher.compile(types)
    (made,) = dispatcher.overloads.values()
    returned = made.signature.return_type
    if kernel.is_part and returned != _announced(kernel):
        raise TypeError(f"{kernel.function.__name__} returns {returned}, but says {_announced(kernel)}")
    symbol = name or made.fndesc.llvm_func_name
    code, parts = linking.object_code(made.library, made.fndesc.llvm_func_name, symbol)
    return native.pack(symbol + ENTERED, *_letters(returned), [part for part in parts if part in requests], code)


def _letters(returned: Any) -> tuple[str, bool]:
    """What a kernel returns, in the letters of ``struct``, and whether it is a tuple."""
    is_tuple = isinstance(returned, numba.types.BaseTuple)
    return "".join(RETURNED[str(part)] for part in (returned if is_tuple else (returned,))), is_tuple


def _decorate(kernel: Recorded, use: str, **joining: Any) -> Any:
    """Numba's form of a kernel."""
    # It is named after its use, which linking.py heeds.
    return numba.njit(**OPTIONS, **joining)(kernel.seeing(inner, use))


@functools.partial(Recorded, inline="always")
def _doubled(value: Any) -> Any:
    return 2 * value


@functools.partial(Recorded, forceinline=True)
def _raised(value: Any) -> Any:
    return _doubled(value) + 1


@functools.partial(Recorded, is_part=True)
def _first(values: Any) -> float:
    return float(_raised(values[0]))


@Recorded
def _tried(values: Any) -> Any:
    values[1] = _first(values)
    return values[1] > 0, values[0]


def try_out(is_run: bool) -> None:
    """Compile small kernels of every kind, and run them. Raises whatever goes wrong: it is Numba that has changed.

    is_run: whether what is compiled may be run here.
    """
    linking.install()
    try:
        values = np.array([3.0, 0.0])
        made = [compile_for(_tried, (values,))]
        made += map(compile_part, native.parts_of(made[0]))
        code = native.Native(made, (values,))
        if is_run and (code(native.lay_out((values,))[1]), values[1]) != ((True, 3.0), 7.0):
            raise RuntimeError(f"a trial ends in {values}")
    except Exception:
        linking.uninstall()
        raise
