"""What the program is made of: versions, where its compiled kernels are, and whose licences hold."""

from __future__ import annotations

import contextlib
import platform
import sys
import sysconfig
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from playground import __version__
from playground.kernels import cache, jit
from playground.model.paths import assets_folder
from playground.training import warm

# What the program needs, directly or not, by the names of the packages.
LIBRARIES = {
    "pyside6-essentials": "Qt and PySide6",
    "shiboken6": "Shiboken",
    "pyqtgraph": "pyqtgraph",
    "colorama": "colorama",
    "numpy": "NumPy",
    "numba": "Numba",
    "llvmlite": "llvmlite",
    "platformdirs": "platformdirs",
    "tqdm": "tqdm",
    "pandas": "pandas",
    "python-dateutil": "dateutil",
    "tzdata": "tzdata",
    "clevercsv": "CleverCSV",
    "chardet": "chardet",
    "regex": "regex",
    "packaging": "packaging",
    "python-calamine": "python-calamine",
    "xlsxwriter": "XlsxWriter",
}
LICENCE_FILES = ("LICEN", "COPYING", "NOTICE", "CC-BY")
QT_NOTE = """\
The program uses Qt and PySide6 under the GNU Lesser General Public License, version 3. You may replace their libraries
by versions of your own. Their sources: https://download.qt.io/official_releases/. Qt itself contains works of others:
https://doc.qt.io/qt-6/licenses-used-in-qt.html. The licence consists of the two texts that follow."""


def facts() -> list[tuple[str, str]]:
    """What to name in a report of a problem: versions, the CPU level, and how the kernel cache fares."""
    import llvmlite.binding as llvm

    found = {name: library.version for name, library in _installed().items()}
    hits, misses = jit.tally["hits"], jit.tally["misses"]
    ready = " and ".join(filter(warm.is_warm, warm.PRECISIONS)) or "none"
    return [
        ("Python", f"{platform.python_version()}, {platform.platform(terse=True)}"),
        ("Qt", ".".join(found.get("pyside6-essentials", "unknown").split(".")[:3])),
        ("PySide6", found.get("pyside6-essentials", "unknown")),
        ("pyqtgraph", found.get("pyqtgraph", "unknown")),
        ("NumPy", found.get("numpy", "unknown")),
        ("Numba", found.get("numba", "unknown")),
        ("LLVM", f"{'.'.join(map(str, llvm.llvm_version_info))}, llvmlite {found.get('llvmlite', 'unknown')}"),
        ("CPU level", cache.cpu_level()),
        ("Kernels", f"{hits} cache hits, {misses} misses; kept in advance: {ready}"),
        ("Kernel cache", jit.unfit() or str(cache.folders()[0])),
    ]


def versions() -> str:
    """Versions and facts, a line each."""
    return "\n".join([f"playground {__version__}", *(f"{name:<13} {value}" for name, value in facts())])


def text() -> str:
    """Versions, facts and licences, a line each."""
    return "\n".join([versions(), "Licences", *(f"  {name}: {licence}" for name, licence in licences())])


def licences() -> list[tuple[str, str]]:
    """Each part's title and the name of its licence."""
    libraries = [(LIBRARIES[name], _licence(library)) for name, library in _installed().items()]
    return [("Training playground", "MIT"), ("Python", "PSF-2.0"), *libraries]


def _installed() -> dict[str, Distribution]:
    """The libraries whose metadata are there; other packagers name some otherwise."""
    found = {}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = distribution(name)
    return found


def _licence(library: Distribution) -> str:
    """The name of a library's licence, from wherever its metadata tells it."""
    metadata = library.metadata
    classified = [text.split(" :: ")[-1] for text in metadata.get_all("Classifier") or [] if text.startswith("License")]
    return next((metadata[key] for key in ("License-Expression", "License") if key in metadata), ", ".join(classified))


def notices() -> str:
    """All licences in full: of a packaged program the file that its build has written with ``collect_notices``."""
    if getattr(sys, "frozen", False):
        return (Path(getattr(sys, "_MEIPASS", "")) / "NOTICES.txt").read_text(encoding="utf-8")
    return collect_notices()


def collect_notices() -> str:
    """All licences in full, from the installed packages."""
    datasets = _read(assets_folder() / "datasets" / "LICENCES.md")
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    parts = [
        "\n".join(f"{name}: {licence}" for name, licence in licences()),
        _section(f"Python {platform.python_version()}, PSF-2.0", [_read(python) if python.exists() else sys.copyright]),
    ]
    for name, library in _installed().items():
        files = [file for file in library.files or () if file.name.upper().startswith(LICENCE_FILES)]
        texts = list(dict.fromkeys(_read(Path(str(file.locate()))) for file in files))
        if name == "pyside6-essentials":
            texts += [QT_NOTE, *map(_read, sorted((assets_folder() / "licences").iterdir(), reverse=True))]
        parts.append(_section(f"{LIBRARIES[name]} {library.version}, {_licence(library)}", texts))
    return "\n\n\n".join([*parts, _section("Datasets", [datasets])]) + "\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()


def _section(title: str, texts: list[str]) -> str:
    return "\n\n".join([f"{title}\n{'=' * len(title)}", *texts])
