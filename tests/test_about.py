"""What the program says of itself."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement

from playground import __version__, about
from playground.kernels import cache


def test_the_version_comes_first_and_needs_neither_qt_nor_numba() -> None:
    code = "from playground import cli; import sys; cli.main(['--version']); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[0] == f"playground {__version__}"
    assert not {"PySide6", "pyqtgraph", "numba"} & set(ran.stderr.split())


def test_the_facts_name_what_a_report_of_a_problem_needs() -> None:
    facts = dict(about.facts())
    assert facts["NumPy"] == version("numpy") and version("llvmlite") in facts["LLVM"]
    assert facts["CPU level"] == cache.cpu_level()
    assert cache.stamp() in facts["Kernel cache"]
    assert "cache hits" in facts["Kernels"]


def list_needed(wanted: list[str]) -> set[str]:
    """The packages that are needed here, directly or not."""
    parsed = map(Requirement, wanted)
    direct = {one.name.lower() for one in parsed if one.marker is None or one.marker.evaluate({"extra": ""})}
    return direct.union(*(list_needed(requires(name) or []) for name in direct))


def test_the_licence_of_every_library_is_told() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(about.LIBRARIES) >= list_needed(project["dependencies"])
    assert all(name for _, name in about.licences())
    notices = about.collect_notices()
    needed = list_needed(project["dependencies"])
    for name, title in about.LIBRARIES.items():
        # some are needed on one platform alone
        assert name not in needed or f"\n{title} " in notices
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in notices and "CC BY 4.0" in notices
