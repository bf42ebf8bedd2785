"""The bytes of a file, unpacked: nothing is allocated before it is known to be within bounds."""

from __future__ import annotations

import contextlib
import itertools
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from playground.model.archive import FREE, MOST_BYTES, MOST_INFLATION, refuse_irregular
from playground.model.dataset import DataError
from playground.model.progress import CancelledError, Progress, silent

TEXTS = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat", ".arff", ".json")
SHEETS = (".xlsx", ".ods")
ARRAYS = (".npz", ".npy")
PACKED = (".gz", ".zip")
KINDS = (*TEXTS, *SHEETS, *ARRAYS)
BLOCK = 1 << 20
MOST_LINE = 16 << 20
PART = 2 << 20  # of a longer text, from which it is shown before all of it is read


class Source(NamedTuple):
    """A file's content. name: the file's own name. kind: how it is read, by the ending of what is in it."""

    name: str
    kind: str
    content: bytes


def kind_of(path: str | Path) -> str:
    """How a file is read, by its ending, packed or not ("" where the ending says nothing)."""
    endings = [ending.lower() for ending in Path(path).suffixes]
    if endings and endings[-1] in PACKED:
        endings.pop()
    return endings[-1] if endings and endings[-1] in KINDS else ""


def is_accepted(path: str | Path) -> bool:
    """Whether a file's ending is one of those that are read; what a .zip or .gz holds is seen when it is opened."""
    return bool(kind_of(path)) or Path(path).suffix.lower() in PACKED


def read(path: str | Path, progress: Progress = silent) -> Source:
    """The bytes of a regular file, of the one file in a .zip, or of what a .gz holds. Raises DataError, OSError."""
    path = Path(path)
    with _opened(path) as (kind, blocks, file, packed):
        size = max(path.stat().st_size, 1)
        watched = _watched(blocks, lambda: progress(min(file.tell() / size, 1.0)))
        if packed is not None:
            return Source(path.name, kind, _joined(watched, kind, packed))
        # looked through before it is kept: a line without end would fill the memory
        _joined(watched, kind, None, keeps=False)
        file.seek(0)
        return Source(path.name, kind, file.read())


def read_part(path: str | Path) -> Source | None:
    """The first lines of a long text; None of a file that is short, or of a kind that has no such part.

    Raises DataError, OSError.
    """
    path = Path(path)
    with _opened(path) as (kind, blocks, _, _packed):
        if kind not in TEXTS or kind == ".json":
            return None
        content = b"".join(itertools.islice(blocks, PART // BLOCK + 1))
    # in UTF-16 a byte that looks like the end of a line may be none
    end = 0 if b"\0" in content or len(content) <= PART else _end_of_lines(content[:PART])
    return Source(path.name, kind, content[:end]) if end else None


def _end_of_lines(content: bytes) -> int:
    """Where the last whole line ends, outside of quotes if that is nearby; 0 where none does."""
    last = end = content.rfind(b"\n") + 1
    for _ in range(20):
        if not end or not content.count(b'"', 0, end) % 2:
            break
        end = content.rfind(b"\n", 0, end - 1) + 1
    else:
        return last
    return end or last


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[str, Iterator[bytes], BinaryIO, int | None]]:
    """How a file is read, its content block by block, the file, and in how many bytes it was packed, if it was."""
    refuse_irregular(path)
    ending = path.suffix.lower()
    with open(path, "rb") as file:
        if ending == ".zip":
            with _in_zip(file) as (kind, blocks, packed):
                yield kind, blocks, file, packed
        elif ending == ".gz":
            kind = _known(kind_of(path) or ".csv", path.name)
            _refuse_told_bomb(file, path.stat().st_size)
            yield kind, _inflated(file), file, path.stat().st_size
        else:
            yield _known(ending, path.name), _blocks(file), file, None


def _watched(blocks: Iterator[bytes], report: Callable[[], None]) -> Iterator[bytes]:
    for block in blocks:
        report()
        yield block


def _known(kind: str, name: str) -> str:
    if kind not in KINDS:
        accepted = ", ".join(KINDS)
        raise DataError(f"{name} ends in '{kind}'; accepted are {accepted}, each also .gz or .zip of one")
    return kind


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    """What a gzip holds, block by block; several members follow each other."""
    unpacker = zlib.decompressobj(31)
    waiting = file.read(BLOCK)
    if not waiting:
        raise DataError("is empty")
    try:
        while waiting:
            yield unpacker.decompress(waiting, BLOCK)
            waiting = unpacker.unconsumed_tail
            if unpacker.eof:
                waiting = unpacker.unused_data.lstrip(b"\0")
                unpacker = zlib.decompressobj(31)
            waiting = waiting or file.read(BLOCK)
            if not waiting and not unpacker.eof and unpacker.unconsumed_tail:
                raise DataError("is cut short")
    except zlib.error as error:
        raise DataError(f"is damaged, or no gzip: {error}") from None


def _refuse_told_bomb(file: BinaryIO, packed: int) -> None:
    """Refuse a gzip that says of itself, in its last four bytes, that it is a bomb; others are found out."""
    file.seek(max(0, packed - 4))
    told = int.from_bytes(file.read(4), "little")
    file.seek(0)
    if packed > 18 and told > max(FREE, MOST_INFLATION * packed):
        raise DataError(_bomb(told))


@contextlib.contextmanager
def _in_zip(file: BinaryIO) -> Iterator[tuple[str, Iterator[bytes], int]]:
    with _unzipping(), zipfile.ZipFile(file) as archive:
        members = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_hidden(entry.filename)]
        named = [entry for entry in members if Path(entry.filename).suffix.lower() in KINDS]
        if len(named) != 1 and len(members) != 1:
            found = ", ".join(Path(entry.filename).name for entry in members[:5]) or "nothing"
            raise DataError(f"holds {len(named)} tables ({found}); expected one")
        entry = (named or members)[0]
        kind = _known(Path(entry.filename).suffix.lower(), entry.filename)
        if entry.file_size > max(FREE, MOST_INFLATION * entry.compress_size):
            raise DataError(_bomb(entry.file_size))
        with archive.open(entry) as member:
            yield kind, _blocks(member), entry.compress_size  # type: ignore[arg-type]


def _is_hidden(name: str) -> bool:
    """Whether a member is what a file manager left."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


@contextlib.contextmanager
def _unzipping() -> Iterator[None]:
    try:
        yield
    except (DataError, OSError, CancelledError):
        raise
    # a hostile zip raises a dozen kinds
    except Exception as error:
        raise DataError(f"is damaged, or no zip: {' '.join(str(error).split()) or type(error).__name__}") from None


def _joined(blocks: Iterator[bytes], kind: str, packed: int | None, keeps: bool = True) -> bytes:
    """All blocks in one, as far as the bounds allow. packed: how many bytes they were packed in."""
    kept: list[bytes] = []
    size = line = 0
    for block in blocks:
        size += len(block)
        if size > MOST_BYTES:
            raise DataError(f"is larger than {MOST_BYTES / 1e9:.1f} GB")
        if packed is not None and size > max(FREE, MOST_INFLATION * packed):
            raise DataError(_bomb(size))
        if kind in TEXTS and kind != ".json":
            end = max(block.rfind(b"\n"), block.rfind(b"\r"))
            line = line + len(block) if end < 0 else len(block) - end
            if line > MOST_LINE:
                raise DataError(f"has a line of more than {MOST_LINE >> 20} MB; no table has")
        if keeps:
            kept.append(block)
    return b"".join(kept)


def _bomb(size: int) -> str:
    return f"unpacks to more than {MOST_INFLATION} times its size ({size / 1e6:,.0f} MB); it is not read"
