"""A zip of arrays and JSON, as ``.npz`` and ``.playground`` are: equal bytes for equal content, safe to read.

Nothing is unpickled, and nothing is allocated before its size is compared with what the file really holds. Arrays are
written and read in pieces, so that progress can be told and the work given up between two of them.
"""

from __future__ import annotations

import contextlib
import io
import math
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from playground.model import spool
from playground.model.dataset import DataError
from playground.model.progress import CancelledError, Progress, portion, silent

Array = NDArray[Any]
VERSIONS = ((1, 0), (2, 0), (3, 0))
MOST_BYTES = 2 << 30
MOST_VALUES = 100_000_000  # a column of so many epochs
MOST_SHRUNK = 1100  # times that deflate makes anything smaller, at most
MOST_INFLATION = 200  # of all together: numbers that were measured pack to a tenth, a bomb to a thousandth
FREE = 32 << 20  # so many bytes may come of anything, however small
MOST_MEMBERS, MOST_DIRECTORY = 20_000, 4 << 20  # a thousand runs have ten thousand arrays
PIECE = 1 << 20  # bytes between two reports
LARGE = 1 << 20  # bytes of a series that need not be in memory
SAMPLE = 8192  # bytes that are tried, at three places of an array
WORTH = 0.85  # what shrinks less is not compressed: random digits take long and stay as they are


def write(file: BinaryIO, members: Mapping[str, Array | bytes], progress: Progress = silent) -> None:
    """Write arrays (as NPY) and bytes into a zip, in the order given; equal members make equal bytes.

    Raises OSError where it would be more than can be read back.
    """
    total = sum(map(_size, members.values()))
    if total > MOST_BYTES:
        raise OSError(f"{total / 1e6:.1f} MB are to be saved; at most {MOST_BYTES / 1e6:.1f} MB can be read back")
    told = _Told(progress, total)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED if _shrinks_to(content) < WORTH else zipfile.ZIP_STORED
            # no argument reaches the level of an entry that has its own date: 6 took five times as long
            entry._compresslevel = 1  # type: ignore[attr-defined]
            entry.create_system = 3  # or the platform would show in the bytes
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as member:
                told.member = member
                if isinstance(content, bytes):
                    told.write(content)
                else:
                    _write_array(told, np.asanyarray(content))


def _write_array(target: _Told, array: Array) -> None:
    """Write an array as NPY; a long series piece by piece, for it may be in a file."""
    if array.ndim != 1 or len(array) <= spool.PIECE or array.dtype.hasobject:
        npy.write_array(target, array, allow_pickle=False)
        return
    npy.write_array_header_1_0(target, npy.header_data_from_array_1_0(array))
    step = PIECE // array.itemsize
    for start in range(0, len(array), step):
        target.write(array[start : start + step].tobytes())
        spool.release(array)


class _Told:
    """A file that tells how much has been written to the members it was given."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.member: IO[bytes] = io.BytesIO()
        self._progress, self._total, self._done = progress, max(total, 1), 0

    def write(self, content: bytes) -> None:
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            self.member.write(piece)
            self._done += len(piece)
            self._progress(min(1.0, self._done / self._total))


def estimate(members: Mapping[str, Array | bytes]) -> int:
    """How many bytes ``write`` makes of them, about: only samples are compressed."""
    shares = ((_size(content), _shrinks_to(content)) for content in members.values())
    return sum(int(size * (share if share < WORTH else 1)) for size, share in shares)


def _size(content: Array | bytes) -> int:
    return len(content) if isinstance(content, bytes) else np.asanyarray(content).nbytes


def _shrinks_to(content: Array | bytes) -> float:
    """The share of their size to which compression brings samples of it."""
    values = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else np.asanyarray(content)
    flat = values.reshape(-1)
    if flat.dtype.hasobject or not flat.nbytes:
        return 0.0
    count = max(1, SAMPLE // flat.itemsize)
    places = (0, max(0, len(flat) // 2 - count), max(0, len(flat) - count))
    samples = b"".join(flat[place : place + count].tobytes() for place in places)
    return len(zlib.compress(samples, 1)) / len(samples)


def check(path: Path, progress: Progress = silent) -> None:
    """Read a zip back; raises OSError where a member is not as it was written."""
    name, done = "its directory", 0
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
            for entry in archive.infolist():
                name = entry.filename
                with archive.open(entry) as member:
                    while piece := member.read(PIECE):
                        done += len(piece)
                        progress(done / total)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise OSError(f"what was written cannot be read back: {name} is damaged: {error}") from error


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip for reading; whatever is wrong with it becomes one DataError that names the file."""
    try:
        refuse_irregular(path)
        with open(path, "rb") as file:
            _refuse_long_directory(file)
            with zipfile.ZipFile(file) as archive:
                _refuse_huge(archive, Path(path).stat().st_size)
                yield archive
    except CancelledError:
        raise
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


def read_arrays(
    archive: zipfile.ZipFile, names: Collection[str], progress: Progress = silent, spooled: Collection[str] = ()
) -> dict[str, Array]:
    """The arrays of those names (without ".npy") that the zip holds, read-only. Call it inside ``opened``.

    spooled: those that are read into temporary files where they are large and the disk has room.
    """
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    present = [name for name in names if f"{name}.npy" in sizes]
    total, done, arrays = max(1, sum(sizes[f"{name}.npy"] for name in present)), 0, {}
    for name in present:
        size = sizes[f"{name}.npy"]
        told = portion(progress, done / total, (done + size) / total)
        try:
            arrays[name] = _read_array(archive, name, told, size > LARGE and name in spooled)
        except OSError:
            arrays[name] = _read_array(archive, name, told)
        done += size
    return arrays


def array_names(archive: zipfile.ZipFile) -> list[str]:
    """The names of all arrays in the zip, in its order."""
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def refuse_irregular(path: str | Path) -> None:
    """Raise DataError for a directory, a device or a pipe, or a link to one: its size is no bound. Raises OSError."""
    mode = Path(path).stat().st_mode
    if not stat.S_ISREG(mode):
        found = "a directory" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise DataError(f"is {found}; expected a file")


def _refuse_long_directory(file: BinaryIO) -> None:
    """Look at the end of a zip, where it tells how long its directory is, before that is read."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - (1 << 16) - 22))
    end = file.read()
    place = end.rfind(b"PK\5\6")
    if place >= 0 and int.from_bytes(end[place + 12 : place + 16], "little") > MOST_DIRECTORY:
        raise DataError(f"is damaged: its directory has more than {MOST_DIRECTORY >> 20} MB")
    file.seek(0)


def _refuse_huge(archive: zipfile.ZipFile, packed: int) -> None:
    # the reader stops at the size that the zip's directory tells, so that it may be trusted as a bound
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        raise DataError(f"holds {len(entries):,} members; at most {MOST_MEMBERS:,} are read")
    if len({entry.filename for entry in entries}) < len(entries):
        raise DataError("is damaged: it holds two members of one name")
    for entry in entries:
        if entry.file_size > MOST_SHRUNK * (entry.compress_size + 1):
            raise DataError(f"is damaged: '{entry.filename}' promises {entry.file_size:,} bytes")
    total = sum(entry.file_size for entry in entries)
    if total > min(MOST_BYTES, max(FREE, MOST_INFLATION * packed)):
        allowed = f"at most {MOST_INFLATION} times its size, or {FREE >> 20} MB, and {MOST_BYTES / 1e9:.1f} GB are read"
        raise DataError(f"unpacks from {packed / 1e6:,.1f} MB to {total / 1e6:,.0f} MB; {allowed}")


def _read_array(archive: zipfile.ZipFile, name: str, progress: Progress, is_spooled: bool = False) -> Array:
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
        parts = _parts(member, count * dtype.itemsize, progress)
        content = spool.collected(parts) if is_spooled else _joined(parts, count * dtype.itemsize)
    if count == 0 or dtype.itemsize == 0:
        return np.zeros(shape, dtype)
    array = np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
    array.flags.writeable = False
    return array


def _parts(member: IO[bytes], size: int, progress: Progress) -> Iterator[bytes]:
    """A member piece by piece to its end; there its checksum is compared."""
    done = 0
    while piece := member.read(PIECE):
        done += len(piece)
        yield piece
        progress(done / size)
    if done < size:
        raise EOFError("it ends too early")


def _joined(parts: Iterator[bytes], size: int) -> bytearray:
    content, done = bytearray(size), 0
    room = memoryview(content)
    for part in parts:
        room[done : done + len(part)] = part
        done += len(part)
    return content
