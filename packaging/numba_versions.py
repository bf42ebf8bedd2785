"""Run the kernels' tests on the lowest and the newest Numba that pyproject.toml admits, each in an environment anew.

    python packaging/numba_versions.py [--tests PATH ...] [--versions 0.62.0 0.68.1]

llvmlite and NumPy are those that pip chooses for each. It ends with a table, and with status 1 if a test failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# What tests/kernels import beside the program; no Qt, which takes no part.
TOOLS = ["pytest>=9", "scikit-learn>=1.5"]
FOUND = "import json; from importlib.metadata import version as v; print(json.dumps([v(n) for n in {names}]))"
LIBRARIES = ("numba", "llvmlite", "numpy")


class Row(NamedTuple):
    """What one version of Numba came to."""

    numba: str
    llvmlite: str
    numpy: str
    verdict: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.numba:8} {self.llvmlite:9} {self.numpy:7} {self.seconds:7.0f} s  {self.verdict}"


def bounds() -> tuple[str, str]:
    """What pip is asked for the lowest admitted version of Numba, and for the newest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (asked,) = (wanted for wanted in project["dependencies"] if wanted.startswith("numba"))
    lowest = re.search(r">=([\d.]+)", asked)
    assert lowest, asked
    return f"numba=={lowest[1]}.0", str(asked)


def install(folder: Path, numba: str) -> str:
    """Make an environment with a Numba; returns its Python. Raises CalledProcessError."""
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    others = [one for one in project["dependencies"] if not one.startswith(("numba", "pyside6", "pyqtgraph"))]
    subprocess.run([*pip, numba, *others, *TOOLS], check=True)
    return python


def try_out(numba: str, tests: list[str]) -> Row:
    """Run tests with a Numba."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        python = install(Path(folder, "env"), numba)
        asked = subprocess.run(
            [python, "-c", FOUND.format(names=LIBRARIES)], capture_output=True, text=True, check=True
        )
        environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(Path(folder, "cache")), "PYTHONPATH": str(ROOT)}
        # Without pytest-qt, its options are not known.
        settings = ["-c", os.devnull, "--rootdir", str(ROOT), "--import-mode=importlib", "-p", "no:cacheprovider"]
        command = [python, "-m", "pytest", "-q", *settings, *tests]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, file=sys.stderr)
        last = (done.stdout.strip().splitlines() or ["nothing was said"])[-1]
        verdict = f"{'ok' if done.returncode == 0 else 'FAILED'}: {last.strip('= ')}"
        numba, llvmlite, numpy = json.loads(asked.stdout)
        return Row(numba, llvmlite, numpy, verdict, time.monotonic() - began)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tests", nargs="+", default=["tests/kernels"], metavar="PATH")
    parser.add_argument("--versions", nargs="+", metavar="X.Y.Z", help="instead of the lowest and the newest")
    options = parser.parse_args()
    wanted = [f"numba=={version}" for version in options.versions or ()] or bounds()
    rows = [try_out(numba, options.tests) for numba in wanted]
    print(f"{'numba':8} {'llvmlite':9} {'numpy':7}")
    print("\n".join(map(str, rows)))
    return int(any(not row.verdict.startswith("ok") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
