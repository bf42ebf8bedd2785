"""Where compiled kernels are kept between starts.

Numba names a cached kernel after its own file alone, so a change in a function that it calls goes unseen. Here the
folder's name is a stamp over all kernel sources and the versions that compile them: a change anywhere starts a new
folder, and the old ones are deleted. Kernels are compiled for a CPU level rather than for this very machine.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

SOURCES = Path(__file__).parent
KEPT_DAYS = 3
# Ours takes our kernels alone; Numba's own go on serving whatever else a notebook compiles.
LOCATORS = (
    "playground.kernels.locator.Locator",
    "UserProvidedCacheLocator",
    "InTreeCacheLocator",
    "UserWideCacheLocator",
    "IPythonCacheLocator",
)


@cache
def stamp() -> str:
    """A short hash of all kernel sources, Python's and Numba's versions and the CPU level."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(f"{sys.version_info[:2]} {version('numba')} {version('llvmlite')} {version('numpy')}".encode())
    return f"{digest.hexdigest()[:16]}-{cpu_level()}"


@cache
def cpu_level() -> str:
    """The x86-64 level of this machine's processor that kernels are compiled for; "generic" elsewhere.

    Asked of LLVM itself, so it holds on every platform; llvmlite loads without Numba.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return "generic"
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    if all(features.get(name) for name in ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")):
        return "x86-64-v4"
    if all(features.get(name) for name in ("avx2", "fma", "bmi2")):
        return "x86-64-v3"
    return "x86-64"


@cache
def folder() -> Path:
    """The folder of the compiled kernels: PLAYGROUND_CACHE_DIR or the user's cache; a temporary one if unwritable."""
    import platformdirs

    chosen = os.environ.get("PLAYGROUND_CACHE_DIR")
    root = Path(chosen) if chosen else platformdirs.user_cache_path("training-playground", appauthor=False)
    path = root / "kernels" / stamp()
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="training-playground-"))
    _remove_old(path)
    return path


def _remove_old(path: Path) -> None:
    """Delete the folders of other stamps, but for a few days: another version of the program may be at work in one."""
    for other in path.parent.iterdir():
        try:
            is_old = time.time() - other.stat().st_mtime > KEPT_DAYS * 86400
        except OSError:
            continue
        if is_old and other != path:
            shutil.rmtree(other, ignore_errors=True)


def configure() -> None:
    """Tell Numba where to keep kernels and what to compile for; must run before Numba is imported."""
    os.environ["NUMBA_CACHE_LOCATOR_CLASSES"] = ",".join(LOCATORS)
    os.environ["NUMBA_CPU_NAME"] = cpu_level()
    os.environ["NUMBA_CPU_FEATURES"] = ""
    if "numba" in sys.modules:
        # A notebook may have imported Numba before us: its settings are read again from the environment.
        sys.modules["numba"].config.reload_config()
