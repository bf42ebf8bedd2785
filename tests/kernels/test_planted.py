"""The tests of gradients and tables can fail: errors planted in a copy of the kernels are caught.

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


# Rows of which a step was forgotten: what the table does not hold must not train something else in silence.
ROWS = {
    "an optimizer without a rule of its own": (
        "optimizers.py",
        "OPTIMIZERS = (",
        'OPTIMIZERS = (Optimizer("new", "New", lion, defaults=_defaults({"learning_rate": 0.001, "beta1": 0.9, '
        '"beta2": 0.99}), slots=("average of g",)),',
        "check_rows('optimizer')",
        "AssertionError: optimizer: lion trains as new does",
    ),
    "an optimizer without a function": (
        "optimizers.py",
        "OPTIMIZERS = (",
        'OPTIMIZERS = (Optimizer("new", "New"),',
        "pass",
        "TypeError: update: new has no function",
    ),
    "an activation without a slope": (
        "activations.py",
        "ACTIVATIONS = (",
        'ACTIVATIONS = (Activation("new", "New", softplus),',
        "pass",
        "TypeError: activate_back: new has no slope",
    ),
    "an activation that takes something else": (
        "activations.py",
        "softplus, slope=softplus_slope),",
        "softplus, slope=softplus),",
        "pass",
        "TypeError: activate_back: ",
    ),
    "a penalty without a slope": (
        "penalties.py",
        "PENALTIES = (",
        'PENALTIES = (Penalty("new", "New", l2),',
        "pass",
        "TypeError: add_penalty_slope: new has no slope",
    ),
    "a penalty that does nothing": (
        "penalties.py",
        "PENALTIES = (",
        'PENALTIES = (Penalty("new", "New", none, slope=none_slope),',
        "check_rows('penalty')",
        "AssertionError: penalty: none trains as new does",
    ),
}


def run_check(folder, planted=None, check=CHECK):
    """Run a check in a copy of the package, with one text replaced; the finished process."""
    shutil.copytree(ROOT / "playground", folder / "playground", ignore=shutil.ignore_patterns("__pycache__", "ui"))
    for name in ("kernels", "training"):
        shutil.copytree(ROOT / "tests" / name, folder / "tests" / name)
    if planted:
        name, right, wrong = planted
        path = folder / "playground" / "kernels" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(right) == 1
        path.write_text(text.replace(right, wrong), encoding="utf-8")
    settings = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(folder), "PLAYGROUND_CACHE_DIR": str(folder)}
    command = [sys.executable, "-W", "ignore", "-c", check]
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)


def test_without_an_error_the_check_passes(tmp_path):
    assert run_check(tmp_path).returncode == 0


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_caught(name, tmp_path):
    found = run_check(tmp_path, PLANTED[name])
    assert found.returncode == 1
    assert "AssertionError" in found.stderr


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_which_a_step_was_forgotten_is_caught(name, tmp_path):
    *planted, check, told = ROWS[name]
    found = run_check(tmp_path, planted, f"from tests.training.test_tables import check_rows\n{check}")
    assert found.returncode == 1
    assert told in found.stderr
