"""A zip of arrays and JSON, as ``.npz`` and ``.playground`` are: equal bytes for equal content, safe to read.

Nothing is unpickled, and nothing is allocated before its size is compared with what the file really holds.
"""

from __future__ import annotations

import contextlib
import math
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from playground.model.dataset import DataError

Array = NDArray[Any]
VERSIONS = ((1, 0), (2, 0), (3, 0))
MOST_BYTES = 2 << 30
MOST_VALUES = 100_000_000  # the history of ten million epochs


def write(file: BinaryIO, members: Mapping[str, Array | bytes]) -> None:
    """Write arrays (as NPY) and bytes into a zip, in the order given; equal members make equal bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # or the platform would show in the bytes
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as member:
                if isinstance(content, bytes):
                    member.write(content)
                else:
                    npy.write_array(member, np.asanyarray(content), allow_pickle=False)


def check(path: Path) -> None:
    """Read a zip back; raises OSError where a member is not as it was written."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise OSError(f"what was written cannot be read back: {error}") from error
    if damaged is not None:
        raise OSError(f"what was written cannot be read back: {damaged} is damaged")


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip for reading; whatever is wrong with it becomes one DataError that names the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_huge(archive)
            yield archive
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    # a hostile file raises a dozen kinds: BadZipFile, zlib.error, EOFError, NotImplementedError, …
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: is damaged, or no file of this kind: {reason}") from error


def read_arrays(archive: zipfile.ZipFile, names: Collection[str]) -> dict[str, Array]:
    """The arrays of those names (without ".npy") that the zip holds. Call it inside ``opened``."""
    present = set(archive.namelist())
    return {name: _read_array(archive, name) for name in names if f"{name}.npy" in present}


def array_names(archive: zipfile.ZipFile) -> list[str]:
    """The names of all arrays in the zip, in its order."""
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _refuse_huge(archive: zipfile.ZipFile) -> None:
    # the reader stops at the size that the zip's directory tells, so that it may be trusted as a bound
    total = sum(entry.file_size for entry in archive.infolist())
    if total > MOST_BYTES:
        raise DataError(f"holds {total / 1e9:.1f} GB; at most {MOST_BYTES / 1e9:.1f} GB are read")


def _read_array(archive: zipfile.ZipFile, name: str) -> Array:
    size = archive.getinfo(f"{name}.npy").file_size
    with archive.open(f"{name}.npy") as member:
        version = npy.read_magic(member)
        if version not in VERSIONS:
            raise DataError(f"array '{name}' is of NPY version {version}, which is unknown")
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = header(member)
        count = math.prod(shape)
        if dtype.hasobject:
            raise DataError(f"array '{name}' holds pickled objects, which are never loaded; numbers or text are")
        if count > MOST_VALUES:
            raise DataError(f"array '{name}' has {count:,} values; at most {MOST_VALUES:,} are read")
        if member.tell() + count * dtype.itemsize != size:
            raise DataError(f"array '{name}' is cut short: its header promises shape {shape} of {dtype}")
        content = member.read()
    if count == 0 or dtype.itemsize == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
