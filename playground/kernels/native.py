"""Machine code without Numba: how a compiled kernel is loaded, and called from Python.

Numba makes an object file of a kernel (compiling.py). LLVM alone loads it, in milliseconds, where importing Numba takes
a second. Python hands arguments over as Numba's calling convention has them: an array as its lengths, address and
strides, a tuple as its parts, a record as its address.
"""

from __future__ import annotations

import ctypes
import functools
import json
import struct
from collections.abc import Callable, Hashable
from typing import Any

import llvmlite.binding as llvm
import numpy as np

# NumPy's flags: all that counts of an array whose rows follow one another, and of others.
CONTIGUOUS, FORTRAN, ALIGNED, WRITEABLE = 1, 2, 0x100, 0x400
OF_CONTIGUOUS = CONTIGUOUS | ALIGNED | WRITEABLE
OF_OTHERS = FORTRAN | ALIGNED | WRITEABLE
MOST_RETURNED = 64  # bytes
NOTHING = ctypes.create_string_buffer(64)  # what arrays without elements point to
NOWHERE = ctypes.addressof(NOTHING)
RETURNED, RETURNED_NONE = 0, -2  # what Numba's functions say when they have ended well
OF_PLAIN = CONTIGUOUS | WRITEABLE
ADDRESS, WHOLE, BYTE = ctypes.c_void_p, ctypes.c_int64, ctypes.c_char
NUMBERS = {
    "?": ctypes.c_uint8,
    "i": ctypes.c_int32,
    "I": ctypes.c_uint32,
    "l": ctypes.c_long,
    "L": ctypes.c_ulong,
    "q": ctypes.c_int64,
    "Q": ctypes.c_uint64,
    "f": ctypes.c_float,
    "d": ctypes.c_double,
}
EQUALS = {np.bool: bool, np.int64: int, np.float64: float}


def form(argument: Any) -> Hashable:
    """What of an argument machine code depends on; its representation is the same in every process."""
    return _lay_out(argument, [])


def _types(argument: Any) -> list[Any]:
    """The C types of the words that an argument is handed over in."""
    if isinstance(argument, np.ndarray):
        return [ADDRESS, ADDRESS, WHOLE, WHOLE, ADDRESS, *[WHOLE] * (2 * argument.ndim)]
    if isinstance(argument, tuple):
        return [kind for part in argument for kind in _types(part)]
    if isinstance(argument, np.void):
        return [ADDRESS]
    return [NUMBERS[np.asarray(argument).dtype.char]]


def lay_out(arguments: tuple[Any, ...]) -> tuple[tuple[Hashable, ...], list[Any]]:
    """The form of each argument, and the words in which all are handed over; they hold while their memory does."""
    words: list[Any] = []
    return tuple([_lay_out(argument, words) for argument in arguments]), words


def _lay_out(argument: Any, words: list[Any]) -> Hashable:
    """Add an argument's words; returns its form. A short run of a sweep hands over some fifty arrays."""
    if isinstance(argument, np.ndarray):
        array = np.asarray(argument)  # whatever an array of records is asked, it looks for a field of that name
        flags = array.flags.num
        words += (None, None, array.size, array.itemsize, _address(array, flags))
        words += array.shape
        words += array.strides
        return array.dtype, array.ndim, flags & (OF_CONTIGUOUS if flags & CONTIGUOUS else OF_OTHERS)
    if isinstance(argument, tuple):
        return type(argument), *[_lay_out(part, words) for part in argument]
    kind = type(argument)
    if issubclass(kind, np.void):
        # Its own memory; an array made of the record may be a copy.
        words.append(np.frombuffer(argument, np.uint8).ctypes.data)
        return argument.dtype
    words.append(argument.item() if isinstance(argument, np.generic) else argument)
    return EQUALS.get(kind, kind)


def _address(array: Any, flags: int) -> int:
    """Where an array's memory begins."""
    if not array.size:
        return NOWHERE
    if flags & OF_PLAIN == OF_PLAIN and array.dtype.names is None:
        return ctypes.addressof(BYTE.from_buffer(array))  # in a third of the time
    # Not by __array_interface__: that describes the fields of records anew each time.
    return int(array.ctypes.data)


class Native:
    """A kernel's machine code for one form of arguments, and of its parts, from what ``pack`` made of them."""

    def __init__(self, data: list[bytes], arguments: tuple[Any, ...]) -> None:
        # An engine of its own: names of other kernels' parts cannot meet its own.
        self._engine = engine()
        for one in data:
            if code := one.partition(b"\n")[2]:
                self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        header = _header(data[0])
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ADDRESS, ADDRESS, *_types(arguments))
        self._symbol: str = header["symbol"]
        self._call: Callable[..., int] = prototype(self._engine.get_function_address(self._symbol))
        self._returns = struct.Struct("@" + header["returns"])
        self._is_tuple = header["is_tuple"]

    def __call__(self, words: list[Any]) -> Any:
        result, failure = ctypes.create_string_buffer(MOST_RETURNED), ADDRESS()
        if self._call(result, ctypes.byref(failure), *words) not in (RETURNED, RETURNED_NONE):
            raise RuntimeError(f"a kernel failed: {self._symbol}")
        found = self._returns.unpack_from(result)
        return found if self._is_tuple else found[0] if found else None


def pack(symbol: str, returns: str, is_tuple: bool, parts: list[str], code: bytes) -> bytes:
    """What ``Native`` loads: an object file, and what there is to know of it.

    symbol: its function's name. returns: what that returns, in ``struct``'s letters. parts: what it is linked with.
    """
    header = {"symbol": symbol, "returns": returns, "is_tuple": is_tuple, "parts": parts}
    return json.dumps(header).encode() + b"\n" + code


def parts_of(data: bytes) -> list[str]:
    """The names of the parts that something packed is linked with."""
    return list(_header(data)["parts"])


def _header(data: bytes) -> dict[str, Any]:
    return dict(json.loads(data.partition(b"\n")[0]))


def engine(assembly: str = "") -> Any:
    """LLVM's loader of machine code; it begins with what it compiles of some text in LLVM's language."""
    _initialize()
    triple = llvm.get_process_triple()
    machine = llvm.Target.from_triple(triple).create_target_machine(jit=True)
    return llvm.create_mcjit_compiler(llvm.parse_assembly(f'target triple = "{triple}"\n{assembly}'), machine)


@functools.cache
def _initialize() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
