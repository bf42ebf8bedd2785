"""Where compiled kernels are kept between starts.

A kernel's machine code depends on all that it calls, in other files too. Here the folder's name is a stamp over all
kernel sources and the versions that compile them: a change anywhere starts a new folder, and the old ones are deleted.
Kernels are compiled for a CPU level rather than for this very machine, so that a packaged program can bring them along:
its seed, a folder for each level. Every file begins with a digest of the rest, and what is damaged counts as missing.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parent
KEPT_DAYS = 3
X86_LEVELS = ("x86-64-v4", "x86-64-v3", "x86-64")
DIGEST = hashlib.sha256().digest_size


@cache
def code_stamp() -> str:
    """A short hash of all kernel sources and of Python's and Numba's versions.

    A packaged program has no sources: its seed tells.
    """
    if getattr(sys, "frozen", False):
        return (_seed() / "stamp.txt").read_text(encoding="ascii")
    from importlib.metadata import version  # it takes as long to import as a window to paint

    digest = hashlib.sha256()
    for path in sorted(SOURCES.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(f"{sys.version_info[:2]} {version('numba')} {version('llvmlite')} {version('numpy')}".encode())
    return digest.hexdigest()[:16]


def stamp() -> str:
    """The name of the folder that compiled kernels are in: the code's stamp and the CPU level."""
    return f"{code_stamp()}-{cpu_level()}"


@cache
def cpu_level() -> str:
    """The CPU level that kernels are compiled for: this machine's, or PLAYGROUND_CPU_LEVEL.

    Where the seed lacks this machine's level, it is the best that the seed has: starting at once is worth more than
    the last tenths of speed. Raises OSError for a level that there is not, for LLVM would abort the process.
    """
    own, levels = host_level(), platform_levels()
    forced = os.environ.get("PLAYGROUND_CPU_LEVEL")
    if forced:
        if forced not in levels:
            raise OSError(f"PLAYGROUND_CPU_LEVEL: '{forced}' is not accepted; it takes {', '.join(levels)}")
        return forced
    usable = levels[levels.index(own) :]
    return next((level for level in usable if (_seed() / f"{code_stamp()}-{level}").is_dir()), own)


def platform_levels() -> tuple[str, ...]:
    """The CPU levels of this kind of machine, from its newest processors to all."""
    return X86_LEVELS if platform.machine().lower() in ("x86_64", "amd64") else ("generic",)


@cache
def host_level() -> str:
    """The highest CPU level of this machine's processor.

    Asked of LLVM itself, so it holds on every platform; llvmlite loads without Numba.
    """
    if len(platform_levels()) == 1:
        return platform_levels()[0]
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    if all(features.get(name) for name in ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")):
        return "x86-64-v4"
    if all(features.get(name) for name in ("avx2", "fma", "bmi2")):
        return "x86-64-v3"
    return "x86-64"


def _seed() -> Path:
    """The folder of kernels that came with the program (it need not exist): PLAYGROUND_SEED_DIR, or in the package."""
    return Path(os.environ.get("PLAYGROUND_SEED_DIR") or Path(getattr(sys, "_MEIPASS", SOURCES), "kernels"))


@cache
def folders() -> tuple[Path, ...]:
    """The folders in which compiled kernels are looked for; new ones are kept in the first.

    They are the user's cache, or PLAYGROUND_CACHE_DIR, and the seed. Where the user's cannot be written, there is a
    temporary one before it, for as long as this process runs.
    """
    import platformdirs

    chosen = os.environ.get("PLAYGROUND_CACHE_DIR")
    root = Path(chosen) if chosen else platformdirs.user_cache_path("training-playground", appauthor=False)
    own = root / "kernels" / stamp()
    found = [own, _seed() / stamp()]
    try:
        own.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=own).close()
        os.utime(own)  # it is in use
        _remove_old(own)
    except OSError:
        # With no place at all, nothing is kept.
        with contextlib.suppress(OSError):
            temporary = Path(tempfile.mkdtemp(prefix="training-playground-"))
            atexit.register(shutil.rmtree, temporary, ignore_errors=True)
            found.insert(0, temporary / "kernels" / stamp())
            found[0].mkdir(parents=True)
    return tuple(found)


def _remove_old(own: Path) -> None:
    """Delete the folders of stamps that were not in use for some days: another version may be at work in a newer."""
    for other in own.parent.iterdir():
        # Another start may be deleting it at this moment.
        with contextlib.suppress(OSError):
            if time.time() - other.stat().st_mtime > KEPT_DAYS * 86400:
                shutil.rmtree(other, ignore_errors=True)


def read(name: str, places: Iterable[Path] | None = None) -> bytes | None:
    """What was kept under a name, in the first folder where it is whole; None if it is missing or damaged in all."""
    for place in folders() if places is None else places:
        with contextlib.suppress(OSError):
            data = (place / name).read_bytes()
            if hashlib.sha256(data[DIGEST:]).digest() == data[:DIGEST]:
                return data[DIGEST:]
    return None


def write(name: str, data: bytes) -> None:
    """Keep data under a name, if there is room: on a full disk the program runs on without."""
    path = folders()[0] / name
    # Two starts at once may keep the same: each writes a file of its own, and puts it in place whole.
    draft = path.with_name(f"{name}.{uuid.uuid4().hex}")
    try:
        draft.write_bytes(hashlib.sha256(data).digest() + data)
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()


def remove(name: str) -> None:
    """Keep nothing under a name."""
    with contextlib.suppress(OSError):
        (folders()[0] / name).unlink()


def configure() -> None:
    """Tell Numba what to compile for; must run before Numba is imported."""
    os.environ["NUMBA_CPU_NAME"] = cpu_level()
    os.environ["NUMBA_CPU_FEATURES"] = ""
    if "numba" in sys.modules:
        # A notebook may have imported Numba before us: its settings are read again from the environment.
        sys.modules["numba"].config.reload_config()
