"""Starts with a kernel cache that is empty, damaged, read-only or full: each trains as with a sound one.

``starts``: four windows at once on an empty cache, so often; all of them train, and the cache is then whole.
``caches``: ``playground train`` with caches to which something was done; its results are those of a sound one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.reliability import ends

COUNTS = {"starts": 100, "caches": 200}
AT_ONCE = 4
TRAIN = ["train", "--samples", "12", "--layers", "2", "--epochs", "3", "--json"]
PATIENCE = 600  # seconds, compiling included
ROOM = 4096  # bytes that are left on a full disk
DIGEST = hashlib.sha256().digest_size


def run(starts: int, caches: int) -> Iterator[str]:
    """Start so often with each."""
    if os.name != "posix":
        raise unittest.SkipTest("a system without signals")
    if starts:
        yield f"four windows at once on an empty cache: {_start_cold(starts)}"
    if caches:
        yield from _start_with(caches)


def _start_cold(times: int) -> str:
    kept = 0
    for turn in range(times):
        with tempfile.TemporaryDirectory(prefix="playground-starts-") as folder, contextlib.ExitStack() as stack:
            opened = [stack.enter_context(ends._window("train", CACHE_DIR=folder))[0] for _ in range(AT_ONCE)]
            for process in opened:
                ends._await_ready(process)
            for process in opened:
                process.send_signal(signal.SIGUSR1)
            for process in opened:
                error = process.communicate(timeout=60)[1]
                assert process.returncode == 0 and not error, f"{turn}: status {process.returncode}: {error}"
            kept += _whole(Path(folder))
    return f"{times} times; all trained, {kept // times} files in each cache, all whole"


def _whole(root: Path) -> int:
    """How many kernels a cache has; all that its manifest names must be there, and nothing else of them lie about."""
    (folder,) = (root / "kernels").iterdir()
    (manifest,) = folder.glob("*.manifest")
    names = _content(manifest).decode().split()
    for name in names:
        _content(folder / name)
    stray = {path.name for path in folder.iterdir()} - {*names, manifest.name}
    drafts = [name for name in stray if len(name.rpartition(".")[2]) == 32]
    assert not drafts, f"{drafts} lie about"
    return len(names)


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    assert hashlib.sha256(data[DIGEST:]).digest() == data[:DIGEST], f"{path.name} is damaged"
    return data[DIGEST:]


def _cut(path: Path, draw: random.Random) -> None:
    os.truncate(path, draw.randrange(path.stat().st_size))


def _flip(path: Path, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def _replace(path: Path, draw: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _fill(path: Path, draw: random.Random) -> None:
    path.write_bytes(draw.randbytes(draw.randrange(5000)))


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "cut short": _cut,
    "a bit flipped": _flip,
    "removed": lambda path, draw: path.unlink(),
    "a folder in its place": _replace,
    "something else": _fill,
}


def _start_with(times: int, seed: int = 0) -> Iterator[str]:
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="playground-starts-") as folder:
        sound = Path(folder, "sound")
        expected = _train(sound)  # which fills it
        assert _train(sound) == expected
        for name, damage in DAMAGES.items():
            for _ in range(max(1, times // (len(DAMAGES) + 2))):
                made = Path(shutil.copytree(sound, Path(folder, "made")))
                files = [path for path in made.rglob("*") if path.is_file()]
                for path in draw.sample(files, draw.choice((1, 1, 1, len(files) // 2, len(files)))):
                    damage(path, draw)
                found = _train(made)
                assert found == expected, f"{name}: {found}"
                shutil.rmtree(made)
            yield f"{max(1, times // (len(DAMAGES) + 2))} caches with files {name}: the same results"
        for name, place in (("read-only", _read_only), ("full", _full)):
            for turn in range(max(1, times // (len(DAMAGES) + 2))):
                with place(sound, Path(folder, "made"), draw.random() if turn else 0.5) as made:
                    found = _train(made)
                assert found == expected, f"{name}: {found}"
            yield f"{max(1, times // (len(DAMAGES) + 2))} caches that are {name}: the same results"


def _train(cache: Path) -> dict[str, object]:
    """What a run comes to with that cache; it must say nothing else, and leave nothing in the folder of temporaries."""
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(cache), "TMPDIR": temporary}
        command = [sys.executable, "-m", "playground", *TRAIN]
        found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert found.returncode == 0 and not found.stderr, f"status {found.returncode}: {found.stderr}"
        assert not (left := os.listdir(temporary)), f"{left} is left"
    told = json.loads(found.stdout)
    return {name: value for name, value in told.items() if name != "seconds"}


def _some(source: Path, target: Path, share: float) -> None:
    """Copy a share of a cache's files."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for path in files[: int(share * len(files))]:
        made = target / path.relative_to(source)
        made.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, made)


@contextlib.contextmanager
def _read_only(source: Path, place: Path, share: float) -> Iterator[Path]:
    """A cache with a share of the files that cannot be written."""
    if os.geteuid():
        _some(source, place, share)
        folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        try:
            yield place
        finally:
            for folder in folders:
                folder.chmod(0o755)
            shutil.rmtree(place)
        return
    with _mounted(place, 64_000_000):  # nothing is read-only to who may do all, but a disk
        _some(source, place, share)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        yield place


@contextlib.contextmanager
def _full(source: Path, place: Path, share: float) -> Iterator[Path]:
    """A cache with a share of the files on a disk without room."""
    with _mounted(place, 64_000_000):
        _some(source, place, share)
        free = os.statvfs(place)
        with open(place / "filler", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - ROOM))
        yield place


@contextlib.contextmanager
def _mounted(place: Path, size: int) -> Iterator[None]:
    """A disk of that many bytes there. Raises SkipTest where none can be mounted."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
            raise unittest.SkipTest("a tmpfs cannot be mounted here")
        try:
            yield
        finally:
            subprocess.run(["umount", str(place)], check=False)
    finally:
        place.rmdir()
