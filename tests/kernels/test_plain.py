"""A Numba whose private parts have other names: kernels are compiled plainly, give the same, and that is said once.

Such a Numba is this one, with a name replaced in all its sources when they are imported.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from playground.kernels import jit, linking
from playground.kernels.elementary import exp
from playground.kernels.jit import inlined, kernel, merged, part

pytestmark = pytest.mark.skipif(jit.IS_PLAIN, reason="nothing is compiled")

RENAMING = """
import importlib.machinery, re, sys

NAME = {name!r}.encode()

class Renaming(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        source = re.sub(rb"\\b" + NAME + rb"\\b", NAME + b"_anew", self.get_data(self.path))
        return self.source_to_code(source, self.path)

class Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = super().find_spec(name, path, target) if name.startswith("numba") else None
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            if NAME in spec.loader.get_data(spec.origin):
                spec.loader = Renaming(spec.loader.name, spec.loader.path)
                return spec

sys.meta_path.insert(0, Finder)
"""
TOLD = """
import importlib.util, json, sys

spec = importlib.util.spec_from_file_location("program", sys.argv[1])
program = importlib.util.module_from_spec(spec)
sys.modules["program"] = program
spec.loader.exec_module(program)
print(json.dumps(program.answers()))
"""
SCORED = """
import json
from playground import Experiment
from playground.training.run import Run

run = Run(Experiment(dataset="spiral", layers=(8, 8), samples=60, normalization="batch"))
print(json.dumps([run.predict([[0.5, -0.25]]).tolist(), list(run.scores())[:2]]))
"""
# Two that cannot be replaced, for they are the names of modules and of much else: "codegen", "library".
NAMES = [name for names in linking.MEMBERS.values() for name in names if name != "codegen"]
NAMES += [*linking.MEMBERS, "_final_module", "_tm", "get_function_type", "get_or_insert_function", "llvm_func_name"]
NAMES += ["no_cpython_wrapper", "no_cfunc_wrapper", "_nrt", "forceinline"]


class Pair(NamedTuple):
    number: float
    rows: np.ndarray


@inlined
def doubled(value):
    return 2 * value


@merged
def summed(pair):
    total = pair.number
    for value in pair.rows.flat:
        total += value
    return total


@part
def scaled(pair: Any, factor: float) -> float:
    pair.rows[0, 0] *= factor
    return summed(pair) * factor


@kernel
def mixed(pair, clock, values):
    for k in range(values.size):
        values[k] = exp(values[k])
    clock.turns += 1
    return values[0] > 1, clock.turns, scaled(pair, doubled(values[1]))


@kernel
def halved(values, factor):
    values[0] *= factor[0]


@kernel
def nothing(values):
    values[0] = 1


def answers() -> list[Any]:
    """What kernels of every kind return and write."""
    found: list[Any] = []
    for kind in (np.float32, np.float64):
        rows, values = np.arange(6, dtype=kind).reshape(2, 3), np.array([0.5, -1, 3], kind)
        clocks = np.array([(1, 0.5)], [("turns", np.int64), ("share", np.float64)])
        found += mixed(Pair(2.0, rows), clocks[0], values)
        found += [rows.tolist(), values.tolist(), int(clocks["turns"][0]), nothing(values) is None]
        tiny = np.array([np.finfo(kind).tiny])
        halved(tiny, np.array([0.5], kind))
        found += [float(tiny[0]), bool(np.finfo(np.float64).tiny * np.array([0.5])[0] > 0)]
    return found


def flat(found: Any) -> list[Any]:
    return [one for part in found for one in flat(part)] if isinstance(found, list) else [found]


def run(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(folder)}
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("name", NAMES)
def test_without_a_private_name_kernels_give_the_same(name: str, tmp_path: Path) -> None:
    done = run(RENAMING.format(name=name) + TOLD, tmp_path, __file__)
    assert re.fullmatch(r"Numba \S+ lacks what kernels are compiled with \(.*\): plain njit .*\n", done.stderr)
    found, expected = flat(json.loads(done.stdout)), flat(answers())
    assert [type(one) for one in found] == [type(one) for one in expected]
    assert found == pytest.approx(expected, rel=1e-6)


def test_with_every_name_in_place_nothing_is_said(tmp_path: Path) -> None:
    done = run(TOLD, tmp_path, __file__)
    assert not done.stderr and flat(json.loads(done.stdout)) == flat(answers())


def test_a_network_answers_the_same_and_the_version_tells(tmp_path: Path) -> None:
    plain = run(RENAMING.format(name=NAMES[0]) + SCORED, tmp_path)
    assert plain.stderr.count("\n") == 1
    own = subprocess.run([sys.executable, "-c", SCORED], capture_output=True, text=True, check=True)
    assert flat(json.loads(plain.stdout)) == pytest.approx(flat(json.loads(own.stdout)), rel=1e-5)
    assert plain.stderr.strip() in version(tmp_path)
    # One that has what it needs forgets it.
    run(TOLD, tmp_path, __file__)
    assert plain.stderr.strip() not in version(tmp_path)


def version(folder: Path) -> str:
    return run("from playground import cli; cli.main(['--version'])", folder).stdout


def test_what_fills_the_cache_compiles_nothing_in_vain(tmp_path: Path) -> None:
    code = RENAMING.format(name=NAMES[0]) + "from playground.training import warm; sys.exit(warm.main(sys.argv[1:]))"
    environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code, "--precisions", "float32"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.startswith("Numba ") and done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.glob("kernels/*/*")] == [jit.UNFIT]
