"""Subnormal numbers count as zero while a kernel runs, and only then."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

import numpy as np
import pytest

from playground.kernels import jit
from playground.kernels.jit import kernel, part

pytestmark = pytest.mark.skipif(jit.IS_PLAIN, reason="nothing is compiled")

KINDS = [np.float32, np.float64]


@kernel
def multiply(values, factor):
    for k in range(values.size):
        values[k] *= factor[0]


@kernel
def multiply_or_fail(values, factor):
    values[0] *= factor[0]
    if values[0] == 0:
        raise ValueError("flushed")


@part
def multiply_part(values: np.ndarray, factor: np.ndarray) -> None:
    values[0] *= factor[0]


def product(by, value, factor, kind) -> float:
    """value · factor, as a kernel has it."""
    values = np.array([value], kind)
    by(values, np.array([factor], kind))
    return float(values[0])


def caller_keeps_subnormals() -> bool:
    """Whether Python's own arithmetic, in this thread, has subnormal results and takes subnormal operands."""
    # By arrays of which no compiler knows what is in them; NumPy multiplies a longer one by vector instructions.
    smallest, values = np.finfo(np.float64).tiny, np.full(9, np.finfo(np.float32).tiny)
    half = smallest * np.array([0.5])[0]
    return half > 0 and half * 2 == smallest and bool(((values * np.float32(0.5)) * np.float32(2) == values).all())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", [multiply, multiply_part])
def test_a_subnormal_result_is_zero(by, kind) -> None:
    tiny = np.finfo(kind).tiny
    assert product(by, tiny, 1, kind) == tiny
    assert product(by, tiny, 0.5, kind) == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", [multiply, multiply_part])
def test_a_subnormal_operand_is_zero(by, kind) -> None:
    subnormal = np.finfo(kind).smallest_subnormal
    assert subnormal > 0 and product(by, subnormal, 2.0**100, kind) == 0


def test_the_caller_s_setting_is_back() -> None:
    assert caller_keeps_subnormals()
    for by in (multiply, multiply_part):
        product(by, 1, 0.5, np.float64)
        assert caller_keeps_subnormals()


def test_the_caller_s_setting_is_back_after_a_failure() -> None:
    with pytest.raises(RuntimeError, match="multiply_or_fail"):
        product(multiply_or_fail, np.finfo(np.float64).tiny, 0.5, np.float64)
    assert caller_keeps_subnormals()


def test_another_thread_flushes_too_and_keeps_its_setting() -> None:
    told = []

    def work() -> None:
        told.append(product(multiply, np.finfo(np.float64).tiny, 0.5, np.float64))
        told.append(caller_keeps_subnormals())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert told == [0, True]
    assert caller_keeps_subnormals()


# What there is for each kind of machine: LLVM compiles for all of them on any. A text that it refuses ends the process.
COMPILED = """
import platform, sys
import llvmlite.binding as llvm
from playground.kernels import flushing

platform.machine = lambda: sys.argv[1]
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
target = llvm.Target.from_triple(sys.argv[2]).create_target_machine()
for text in (flushing.entry("f", ["ptr", "double", "i64"]), flushing.switches()):
    module = llvm.parse_assembly(f'target triple = "{sys.argv[2]}"\\n{text}')
    module.verify()
    print(target.emit_assembly(module))
    assert target.emit_object(module)
"""
MACHINES = {
    "x86_64": ("x86_64-unknown-linux-gnu", "ldmxcsr", r"callq"),
    "AMD64": ("x86_64-pc-windows-msvc", "ldmxcsr", r"callq"),
    "aarch64": ("aarch64-unknown-linux-gnu", "msr\tFPCR", r"\tblr?\t"),
    "arm64": ("arm64-apple-macosx11", "msr\tFPCR", r"\tblr?\t"),
    "riscv64": ("x86_64-unknown-linux-gnu", "", r"callq"),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_each_kind_of_machine_sets_and_puts_back_around_the_call(machine: str) -> None:
    triple, setting, call = MACHINES[machine]
    command = [sys.executable, "-c", COMPILED, machine, triple]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    entry, begin = done.stdout.split("begin:", 1)
    before, after = re.split(call, entry, maxsplit=1)
    counts = [part.count(setting) if setting else 0 for part in (before, after, begin)]
    assert counts == ([1, 1, 2] if setting else [0, 0, 0])
