"""Kernels called from Python without Numba: what goes in, and what comes back."""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from playground.kernels import jit
from playground.kernels.jit import kernel, part
from playground.kernels.native import form

pytestmark = pytest.mark.skipif(jit.IS_PLAIN, reason="nothing is compiled")

CLOCK = np.dtype([("turns", np.int64), ("share", np.float64)])


class Pair(NamedTuple):
    number: float
    rows: np.ndarray


class Both(NamedTuple):
    pair: Pair
    more: np.ndarray


@kernel
def mixed(flag, first, both, second, clock):
    both.pair.rows[1, 2] += first
    clock.turns += 1
    total = both.pair.number + both.more[2] + second + clock.share
    return flag, first, total


@kernel
def nothing(values):
    values[0] = 1


@kernel
def twice(value):
    return 2 * value


@kernel
def diagonal(rows):
    total = 0.0
    for k in range(rows.shape[0]):
        total += rows[k, k]
    return total


@kernel
def turn_all(clocks):
    for k in range(clocks.size):
        clocks[k].turns += 1


@kernel
def fails(value):
    if value > 1:
        raise ValueError("too large")
    return value


@part
def halved(pair: Pair, more: np.ndarray, value: float) -> float:
    pair.rows[0, 0] += 1
    return (pair.number + more[0] + value) / 2


@part
def both_ends(values: np.ndarray) -> tuple[float, float]:
    return values[0], halved(Pair(1.0, values.reshape(1, -1)), values, values[-1])


@kernel
def uses_parts(both: Both, values: np.ndarray) -> float:
    first, last = both_ends(values)
    return first + 10 * last + 100 * halved(both.pair, both.more, 1)


@part
def says_otherwise(value: float) -> float:
    return int(value)


def test_every_kind_of_argument_arrives_and_is_written_to() -> None:
    rows, more = np.zeros((2, 3), np.float32), np.arange(4.0)
    clocks = np.array([(1, 0.5)], CLOCK)
    told = mixed(True, 3, Both(Pair(10.0, rows), more), np.float32(0.25), clocks[0])
    assert told == (True, 3, 10.0 + 2.0 + 0.25 + 0.5)
    assert [type(value) for value in told] == [bool, int, float]
    assert rows.tolist() == [[0, 0, 0], [0, 0, 3]] and clocks["turns"] == [2]


@pytest.mark.parametrize("value", [3, -3, True, 1.5, np.float32(1.5), np.float64(1.5), np.int64(-7), np.uint64(7)])
def test_numbers_come_back_as_python_s(value) -> None:
    assert twice(value) == 2 * value
    assert type(twice(value)) in (int, float)


def test_a_kernel_without_a_result_returns_none() -> None:
    values = np.zeros(2)
    assert nothing(values) is None and values[0] == 1


def test_arrays_are_taken_as_they_lie_in_memory() -> None:
    rows = np.arange(16.0).reshape(4, 4)
    for lying in (rows, rows.T, rows[::2, ::2], rows[::-1]):
        assert diagonal(lying) == np.trace(lying)
    rows.flags.writeable = False
    assert diagonal(rows) == np.trace(rows)
    assert diagonal(rows[:0]) == diagonal(np.zeros((0, 4))) == 0


def test_records_are_taken_as_arrays_of_them_are_seen() -> None:
    clocks = np.zeros(3, CLOCK)
    for seen in (clocks, clocks.view(np.recarray), clocks[1:]):
        turn_all(seen)
    assert clocks["turns"].tolist() == [2, 3, 3]


def test_a_kernel_that_fails_says_so() -> None:
    assert fails(1) == 1
    with pytest.raises(RuntimeError, match="fails"):
        fails(2)


def test_parts_are_linked_when_what_calls_them_is_loaded() -> None:
    rows, values = np.zeros((2, 3)), np.array([2.0, 4.0])
    # halved(…, 1) and halved(…, 4.0) are compiled apart
    assert uses_parts(Both(Pair(5.0, rows), values), values.copy()) == 2 + 10 * 4 + 100 * 4
    assert rows[0, 0] == 1


def test_a_part_can_be_called_from_python() -> None:
    assert both_ends(np.array([2.0, 4.0])) == (2, 4)


def test_a_part_that_returns_something_else_than_it_says_is_refused() -> None:
    with pytest.raises(TypeError, match="says_otherwise"):
        says_otherwise(1.5)


def test_forms_tell_apart_what_is_compiled_apart() -> None:
    rows = np.zeros((4, 4))
    frozen = rows.copy()
    frozen.flags.writeable = False
    record = np.zeros(1, CLOCK)[0]
    arrays = [rows, rows[0], rows.T, rows[::2, ::2], frozen, rows.astype(np.float32)]
    apart = [1, 1.0, True, np.float32(1), *arrays, record]
    assert len({form(value) for value in apart}) == len(apart)
    assert form(np.float64(1)) == form(1.0) and form(np.int64(1)) == form(2)
    assert form(Pair(1.0, rows)) != form((1.0, rows))
    # Where a dimension is 1, NumPy calls the same place in memory contiguous in both ways.
    assert form(rows[:1]) == form(rows) == form(rows[:0])


def test_what_was_compiled_before_runs_without_numba() -> None:
    code = """
import sys
import numpy as np
from playground.kernels.penalties import sum_square
assert sum_square(np.ones(3), np.ones(3)) == 3
print("numba" in sys.modules)
"""
    told = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert told[1].stdout.split() == ["False"], told[1].stderr
