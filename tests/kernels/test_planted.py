"""The gradient tests can fail: errors planted in a copy of the kernels are caught.

The copy runs uncompiled, in a process of its own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = """
from tests.kernels.test_gradients import check, run_of
check(run_of("softmax", layers=(3, 3), activation="tanh", normalization="batch"))
"""
PLANTED = {
    "a missing term of batch normalization": ("normalization.py", "slope[k] - level - ", "slope[k] - "),
    "n − 1 in the batch variance": ("normalization.py", "[o] = total * share", "[o] = total / kind(n - 1)"),
    "a transposed weight": ("network.py", "inputs), gradient, below)", "inputs).T.copy(), gradient, below)"),
}


def run_check(folder, planted=None):
    """Check gradients in a copy of the package, with one text replaced; the finished process."""
    shutil.copytree(ROOT / "playground", folder / "playground", ignore=shutil.ignore_patterns("__pycache__", "ui"))
    shutil.copytree(ROOT / "tests" / "kernels", folder / "tests" / "kernels")
    if planted:
        name, right, wrong = planted
        path = folder / "playground" / "kernels" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(right) == 1
        path.write_text(text.replace(right, wrong), encoding="utf-8")
    settings = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(folder), "PLAYGROUND_CACHE_DIR": str(folder)}
    command = [sys.executable, "-W", "ignore", "-c", CHECK]
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)


def test_without_an_error_the_check_passes(tmp_path):
    assert run_check(tmp_path).returncode == 0


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_caught(name, tmp_path):
    found = run_check(tmp_path, PLANTED[name])
    assert found.returncode == 1
    assert "AssertionError" in found.stderr
