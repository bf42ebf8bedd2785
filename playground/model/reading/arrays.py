"""An NPY file as a table: a matrix whose last column is the target, or an array of named fields."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from playground.model.archive import VERSIONS
from playground.model.dataset import DataError
from playground.model.reading import header
from playground.model.reading.source import Source
from playground.model.reading.table import Table, check_size


def read(source: Source) -> Table:
    """An array as a table. Raises DataError; nothing is unpickled."""
    array = _array(source.content)
    if array.dtype.names:
        names, columns = list(array.dtype.names), [array[name].reshape(-1) for name in array.dtype.names]
    elif array.ndim == 2 and array.shape[1]:
        names, columns = header.unnamed([""] * array.shape[1], False)[0], list(array.T)
    else:
        raise DataError(f"has shape {array.shape}; expected (samples, columns), the last one the target")
    if not len(array):
        raise DataError("holds no samples")
    check_size(len(array), len(names))
    return Table(
        tuple(names),
        tuple(map(_column, columns)),
        bool(array.dtype.names),
        ".",
        ("",) * len(names),
        (),
        lambda row: f"row {row + 1}",
    )


def _array(content: bytes) -> NDArray[Any]:
    try:
        stream = io.BytesIO(content)
        version = npy.read_magic(stream)
        if version not in VERSIONS:
            raise DataError(f"is of NPY version {version}, which is unknown")
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read_header(stream)
    except DataError:
        raise
    # what is no NPY raises several kinds
    except Exception as error:
        raise DataError(f"is damaged, or no NPY: {' '.join(str(error).split())}") from None
    if dtype.hasobject:
        raise DataError("holds pickled objects, which are never loaded; numbers or text are")
    if stream.tell() + math.prod(shape) * dtype.itemsize != len(content):
        raise DataError(f"is cut short: its header promises shape {shape} of {dtype}")
    if not dtype.itemsize or not math.prod(shape):
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape, order="F" if is_fortran else "C")


def _column(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind in "iuf":
        with np.errstate(over="ignore"):
            return array.astype(np.float64)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind not in "bU":
        raise DataError(f"holds values of type {array.dtype}; numbers or text are accepted")
    return array.astype(object)
