"""The fast arithmetic of a layer against NumPy's, and how kernels are compiled."""

import functools
import itertools
import json
import os
import re
import subprocess
import sys
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest

from playground.kernels import activations, cache, dense, jit, tile
from playground.kernels.jit import Kernel
from playground.kernels.network import LANE

PRECISIONS = [np.float32, np.float64]
SIZES = [(1, 1, 16), (4, 2, 16), (7, 33, 32), (64, 64, 48), (10, 17, 112), (1, 1, 1), (9, 21, 1), (64, 48, 1)]
SIZES += [(8, 24, 80), (13, 56, 272)]  # lines that do not make whole tiles, of the batch and of inputs
CHILD = "PLAYGROUND_TEST_LEVEL"  # set where a test has started these tests for another level: of its tiles alone
SHAPES = [tile.level_shape()] if CHILD in os.environ else sorted(set(tile.SHAPES.values()))
LOWER = cache.platform_levels()[cache.platform_levels().index(cache.host_level()) + 1 :]


def drawn(kind, *shape):
    return np.random.default_rng(4).normal(size=shape).astype(kind)


def is_close(found, expected, kind, length):
    return np.abs(found - expected).max() < 4 * length * np.finfo(kind).eps * max(1, np.abs(expected).max())


@functools.cache
def dense_with(shape):
    """The kernels of dense.py over tiles of a shape, compiled for this level, whichever level the shape is meant for.

    They count as this file's, not the package's: no cache keeps them.
    """
    names = ("tile_shape", "add_tall", "add_short", "add_row")
    made = {"__name__": __name__} | dict(zip(names, tile.tiles(lambda: shape)))
    for name in ("product", "affine", "send_back", "outer"):
        code = vars(dense)[name].function.__code__
        function = FunctionType(code, vars(dense) | made, name)
        made[name] = Kernel(function)
    return SimpleNamespace(**made, REPLACE=dense.REPLACE, ADD=dense.ADD)


@pytest.mark.parametrize("shape", [None, *SHAPES], ids=str)
@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize(("units", "inputs", "width"), SIZES)
def test_the_three_products_of_a_layer_are_numpys(shape, kind, units, inputs, width):
    fast = dense_with(shape) if shape else dense
    weights, bias = drawn(kind, units, inputs), drawn(kind, units)
    below, gradient = drawn(kind, inputs, width), drawn(kind, units, width)
    sums, lower = np.full((units, width), np.nan, kind), np.full((inputs, width), np.nan, kind)
    fast.affine(weights, bias, below, sums)
    fast.send_back(weights, gradient, lower)
    slopes, bias_slopes = np.ones((units, inputs), kind), np.ones(units, kind)
    transposed = drawn(kind, width, inputs + LANE)
    fast.outer(gradient, below, transposed, slopes, bias_slopes, fast.ADD)
    assert is_close(sums, weights @ below + bias[:, np.newaxis], kind, inputs)
    assert is_close(lower, weights.T @ gradient, kind, units)
    assert is_close(slopes, 1 + gradient @ below.T, kind, width)
    assert is_close(bias_slopes, 1 + gradient.sum(axis=1), kind, width)
    fast.outer(gradient, below, transposed, slopes, bias_slopes, fast.REPLACE)
    assert is_close(slopes, gradient @ below.T, kind, width)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize("rows", range(1, 22))
@pytest.mark.parametrize("is_turned", [False, True])
def test_tiles_of_every_shape_add_to_what_was_there_or_begin_from_the_bias(rows, kind, is_turned, shape):
    inner, product = 9, dense_with(shape).product
    begins = (
        (drawn(kind, rows), dense.REPLACE, drawn(kind, rows)[:, np.newaxis]),
        (drawn(kind, 0), dense.REPLACE, 0),
        (drawn(kind, 0), dense.ADD, 3),
    )
    for lines, (bias, adds, begun) in itertools.product(range(1, 6), begins):
        whole = lines * tile.LINE // np.dtype(kind).itemsize
        p, a = drawn(kind, rows, inner), drawn(kind, inner + 1, whole + 5)
        given, steps = (p.T.copy(), (1, rows)) if is_turned else (p, (inner, 1))
        # What lies beyond the last row and the last whole line is left alone.
        s = np.full((rows + 1, whole + 3), 3, kind)
        product(given, *map(np.int64, (*steps, inner)), a, s[:rows], bias, adds)
        assert is_close(s[:rows, :whole], begun + p @ a[:inner, :whole], kind, inner)
        assert (s[rows] == 3).all() and (s[:, whole:] == 3).all()


@pytest.mark.parametrize("kind", PRECISIONS)
def test_a_product_has_the_same_bits_whatever_its_tiles(kind):
    p, a, bias = drawn(kind, 23, 40), drawn(kind, 40, 112), drawn(kind, 23)
    found = {}
    for shape in SHAPES:
        found[shape] = np.full((23, 112), np.nan, kind)
        dense_with(shape).affine(p, bias, a, found[shape])
    assert len({sums.tobytes() for sums in found.values()}) == 1 < len(found)


def test_every_level_has_tiles_whose_rows_can_be_shared_out():
    assert set(tile.SHAPES) == {*cache.X86_LEVELS, "generic"}
    for tall, short, _ in tile.SHAPES.values():
        assert tall > short and tall % (tall - short) == 0


@pytest.mark.skipif(jit.IS_PLAIN or CHILD in os.environ, reason="nothing is compiled, or this is such a process")
@pytest.mark.parametrize("level", LOWER)
def test_products_hold_at_the_levels_below_this_machines(level, tmp_path):
    settings = {CHILD: level, "PLAYGROUND_CPU_LEVEL": level, "PLAYGROUND_CACHE_DIR": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        __file__,
        "-k",
        "three_products or tiles_of",
    ]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout


ASSEMBLY = """
import json
import numpy as np
from playground.kernels import dense, jit

compiling = jit._compiling()
found = []
for kind in (np.float32, np.float64):
    matrix, place = np.ones((2, 2), kind), np.int64(1)
    arguments = matrix, place, place, place, matrix, matrix, matrix[0], place
    entry = compiling._decorate(dense.product, compiling.linking.ENTRY)
    entry.compile(tuple(map(compiling.numba.typeof, arguments)))
    (made,) = entry.overloads.values()
    found.append(made.library.codegen._tm.emit_assembly(made.library._final_module))
print(json.dumps(found))
"""


def loops(assembly):
    """The innermost loops of a function in AT&T's notation, each its lines from a label to the jump back to it."""
    lines = [line.split("#")[0].strip() for line in assembly.splitlines()]
    labels = {line[:-1]: k for k, line in enumerate(lines) if re.match(r"\.L\w+:$", line)}
    for k, line in enumerate(lines):
        jump = re.match(r"j\w+\s+(\.L\w+)$", line)
        start = labels.get(jump[1], k) if jump else k
        if start < k and not any(label in lines[start + 1 : k] for label in (f"{name}:" for name in labels)):
            yield lines[start + 1 : k + 1]


# The instruction that adds to a sum, with the sum's register, and how many sums a tall tile has.
TILES = {
    "x86-64-v4": (r"vfmadd\d+p[sd]\s.*(%zmm\d+)$", 16),
    "x86-64-v3": (r"vfmadd\d+p[sd]\s.*(%ymm\d+)$", 12),
    "x86-64": (r"addp[sd]\s.*(%xmm\d+)$", 8),
}


@pytest.mark.skipif(jit.IS_PLAIN or cache.platform_levels() != tuple(TILES), reason="no such machine code is made")
@pytest.mark.parametrize("level", TILES)
def test_the_sums_of_a_tall_tile_stay_in_registers_and_loads_do_not_bind_it(level, tmp_path):
    """Its code is only looked at: this machine need not be able to run it."""
    pattern, sums = TILES[level]
    settings = {"PLAYGROUND_CPU_LEVEL": level, "PLAYGROUND_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", ASSEMBLY]
    output = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, timeout=120, check=True).stdout
    for assembly in json.loads(output):
        found = []
        for loop in loops(assembly):
            registers = [match[1] for line in loop if (match := re.match(pattern, line))]
            if len(registers) == len(set(registers)) == sums:
                found.append(loop)
        (tall,) = found
        assert not [line for line in tall if "%rsp" in line]
        loads = [line for line in tall if "(" in line and not line.startswith("lea")]
        assert len(loads) < sums  # as many loads a cycle are made as sums are added to


EXACT = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "silu": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize("name", EXACT)
def test_activations_are_exact_to_some_units_in_the_last_place(name, kind):
    small = np.logspace(-6, 0, 500)
    x = np.concatenate([np.linspace(-20, 20, 5001), small, -small]).astype(kind)
    y = np.empty_like(x)
    getattr(activations, name)(x, y, 0)
    expected = EXACT[name](x.astype(np.longdouble))
    assert np.abs(y - expected).max() < 4 * np.finfo(kind).eps * 20
    parts = expected != 0
    assert np.abs((y - expected)[parts] / expected[parts]).max() < 20 * np.finfo(kind).eps


@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize("name", EXACT)
def test_nan_passes_through_an_activation(name, kind):
    y = np.zeros(40, kind)
    getattr(activations, name)(np.full(40, np.nan, kind), y, 0)
    assert np.isnan(y).all()
