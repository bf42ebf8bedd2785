"""The register tile that all products of a dense layer are made of, written in LLVM's vector types.

Some rows of sums, one or more lines (64 bytes) wide, stay in registers while the inner dimension of a product runs by:
each step loads the lines and a coefficient for every row, and each coefficient multiplies each line. How many rows and
lines fit belongs to the CPU level. LLVM does not find that from loops alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from playground.kernels import cache
from playground.kernels.jit import Array, Kernel, written

LINE = 64  # bytes


class Shape(NamedTuple):
    """The tiles of a CPU level: the rows of tall and of short ones (there are others of one row), and the most lines.

    tall − short divides both, and fewer rows than that are left over for tiles of one row.
    """

    tall: int
    short: int
    breadth: int


SHAPES: dict[str, Shape] = {
    # 16 of 32 registers of a whole line. Of one line, six rows would be bound by loads: seven for six multiplications.
    "x86-64-v4": Shape(8, 4, 2),
    # 12 of 16 registers of half a line, which keeps both multipliers busy: four rows wait for each other, seven spill.
    "x86-64-v3": Shape(6, 4, 1),
    # 8 of 16 registers of a quarter line. Products are not fused with sums, and take registers themselves: three spill.
    "x86-64": Shape(2, 1, 1),
    # 24 of 32 registers of a quarter line, as arm64 has them.
    "generic": Shape(6, 4, 1),
}


def level_shape() -> Shape:
    """The shape for the CPU level that this process compiles for, which need not be its own machine's."""
    return SHAPES[cache.cpu_level()]


def _line(context: Any, array: Any) -> Any:
    from numba.core import types

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_constant(types.intp, LINE * 8 // array.dtype.bitwidth)

    return types.intp(array), build


@written(_line)
def line_of(array: Array) -> int:
    """How many of an array's numbers make a line: 16 in single, 8 in double precision."""
    return LINE // array.itemsize


class _Operands:
    """What a tile reads and writes, in LLVM's terms: the arguments of its kernel, with arrays laid open."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        from llvmlite import ir
        from numba.core import types
        from numba.np.arrayobj import make_array

        self.builder = builder
        opened = [
            make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args, arguments)
        ]
        self.p, self.start, self.dp, self.ep, self.n, self.a = opened[:6]
        self.s, self.row, self.column, self.lines, self.bias, self.adds = opened[6:]
        dtype = signature.args[5].dtype
        self.index, self.number, self.size = self.n.type, context.get_value_type(dtype), dtype.bitwidth // 8
        self.line = ir.VectorType(self.number, LINE // self.size)
        self.nowhere = ir.Constant(self.line, ir.Undefined)
        self.first = ir.Constant(ir.VectorType(ir.IntType(32), self.line.count), [0] * self.line.count)

    def spread(self, value: Any) -> Any:
        """A line of one number."""
        inserted = self.builder.insert_element(self.nowhere, value, self.index(0))
        return self.builder.shuffle_vector(inserted, self.nowhere, self.first)

    def place(self, array: Any, row: Any, line: int) -> Any:
        """The address of the tile's line of that number in a row of an array."""
        builder = self.builder
        offset = builder.add(builder.mul(row, builder.extract_value(array.shape, 1)), self.column)
        offset = builder.add(offset, self.index(line * self.line.count))
        return builder.bitcast(builder.gep(array.data, [offset]), self.line.as_pointer())

    def load(self, address: Any) -> Any:
        """What stands at an address that need not be a multiple of a line."""
        return self.builder.load(address, align=self.size)

    def begin(self, r: int, homes: list[Any]) -> list[Any]:
        """The lines that the sums of a row begin from; homes: their places in s."""
        builder = self.builder
        adds = builder.icmp_signed("!=", self.adds, self.index(0))
        biased = builder.icmp_signed("!=", builder.extract_value(self.bias.shape, 0), self.index(0))
        # Where there is no bias, s is read in its place and left out again.
        there = builder.gep(self.bias.data, [builder.add(self.row, self.index(r))])
        nearby = builder.bitcast(homes[0], self.number.as_pointer())
        level = self.load(builder.select(biased, there, nearby))
        level = self.spread(builder.select(biased, level, self.number(0.0)))
        return [builder.select(adds, self.load(home), level) for home in homes]

    def coefficient(self, r: int, t: Any) -> Any:
        """A line of the coefficient of a row at a step."""
        builder = self.builder
        begin = builder.add(self.start, builder.mul(self.index(r), self.dp))
        offset = builder.add(begin, builder.mul(t, self.ep))
        return self.spread(self.load(builder.gep(self.p.data, [offset])))

    def add_up(self, height: int, lines: int) -> None:
        """Write the tile of that many rows and lines."""
        builder = self.builder
        homes = [
            [self.place(self.s, builder.add(self.row, self.index(r)), line) for line in range(lines)]
            for r in range(height)
        ]
        begun = [line for r, places in enumerate(homes) for line in self.begin(r, places)]
        before = builder.block
        loop, after = builder.append_basic_block("tile"), builder.append_basic_block("tile_end")
        builder.branch(loop)
        builder.position_at_end(loop)
        t = builder.phi(self.index)
        sums = [builder.phi(self.line) for _ in begun]
        grown = self._step(t, sums, height, lines)
        following = builder.add(t, self.index(1))
        for phi, old, new in zip([t, *sums], [self.index(0), *begun], [following, *grown]):
            phi.add_incoming(old, before)
            phi.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", following, self.n), loop, after)
        builder.position_at_end(after)
        for total, home in zip(grown, [home for places in homes for home in places]):
            builder.store(total, home, align=self.size)

    def _step(self, t: Any, sums: list[Any], height: int, lines: int) -> list[Any]:
        """The sums with step t's products added. Products and sums may be fused, and nothing else."""
        builder, flags = self.builder, ("contract",)
        right = [self.load(self.place(self.a, t, line)) for line in range(lines)]
        grown = []
        for r in range(height):
            left = self.coefficient(r, t)
            for line, total in zip(right, sums[r * lines :]):
                grown.append(builder.fadd(total, builder.fmul(left, line, flags=flags), flags=flags))
        return grown


def _tile(height: Callable[[], int], breadth: Callable[[], int]) -> Callable[..., Any]:
    """The typing of a tile of that many rows and of up to that many lines, as Numba's ``intrinsic`` wants it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        operands = _Operands(context, builder, signature, arguments)
        done = builder.append_basic_block("tiles_end")
        cases = {lines: builder.append_basic_block("lines") for lines in range(1, breadth() + 1)}
        # Of the whole breadth where it is none of the others.
        choice = builder.switch(operands.lines, cases[breadth()])
        for lines, block in cases.items():
            if lines != breadth():
                choice.add_case(operands.index(lines), block)
            builder.position_at_end(block)
            operands.add_up(height(), lines)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    def typing(
        context: Any,
        p: Any,
        start: Any,
        dp: Any,
        ep: Any,
        n: Any,
        a: Any,
        s: Any,
        row: Any,
        column: Any,
        lines: Any,
        bias: Any,
        adds: Any,
    ) -> Any:
        from numba.core import types

        whole = types.intp
        return types.void(p, whole, whole, whole, whole, a, s, whole, whole, whole, bias, whole), build

    return typing


def _adding(height: Callable[[], int], breadth: Callable[[], int]) -> Kernel:
    """The kernel that adds up a tile of that many rows."""

    def add(
        p: Array,
        start: int,
        dp: int,
        ep: int,
        n: int,
        a: Array,
        s: Array,
        row: int,
        column: int,
        lines: int,
        bias: Array,
        adds: int,
    ) -> None:
        """For r = 0 … height − 1 and some lines of columns, from one to the breadth:
        s[row + r, column …] = begun + Σ p[start + r·dp + t·ep] · a[t, column …].

        begun is what s held if ``adds``, else bias[row + r], or 0 if bias is empty. t runs from 0 to n − 1, n ≥ 1.
        Places in p count through all of its numbers: it may be read transposed.
        """
        columns = slice(column, column + lines * line_of(a))
        steps = start + np.arange(n) * ep
        for r in range(row, row + height()):
            begun = s[r, columns] if adds else (bias[r] if bias.size else 0)
            s[r, columns] = begun + p.reshape(-1)[steps + (r - row) * dp] @ a[:n, columns]

    return written(_tile(height, breadth))(add)


def _told(shape: Callable[[], Shape]) -> Kernel:
    """The kernel that tells a shape, as constants."""

    def typing(context: Any) -> Any:
        from numba.core import types

        kind = types.UniTuple(types.intp, len(Shape._fields))

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return context.get_constant_generic(builder, kind, tuple(shape()))

        return kind(), build

    def tell() -> Shape:
        """The rows of tall and of short tiles, and the most lines of all."""
        return shape()

    return written(typing)(tell)


def tiles(shape: Callable[[], Shape]) -> tuple[Kernel, Kernel, Kernel, Kernel]:
    """What tells a shape, and what adds up its tall tiles, its short ones, and those of one row.

    It is asked for when they are compiled: only then the CPU level is certain.
    """
    heights: tuple[Callable[[], int], ...] = (lambda: shape().tall, lambda: shape().short, lambda: 1)
    tall, short, row = (_adding(height, lambda: shape().breadth) for height in heights)
    return _told(shape), tall, short, row


tile_shape, add_tall, add_short, add_row = tiles(level_shape)


def _row_product(context: Any, a: Any, row: Any, b: Any, other: Any, n: Any) -> Any:
    from llvmlite import ir
    from numba.core import types
    from numba.np.arrayobj import make_array

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, row, b, other, n = arguments
        a, b = (make_array(signature.args[i])(context, builder, array) for i, array in ((0, a), (2, b)))
        kind, size = context.get_value_type(signature.args[0].dtype), signature.args[0].dtype.bitwidth // 8
        index, line = row.type, ir.VectorType(kind, LINE // size)
        begin, begin_other = (
            builder.mul(place, builder.extract_value(array.shape, 1)) for array, place in ((a, row), (b, other))
        )
        before = builder.block
        loop, after = builder.append_basic_block("row"), builder.append_basic_block("row_end")
        builder.branch(loop)
        builder.position_at_end(loop)
        k, total = builder.phi(index), builder.phi(line)

        def load(array: Any, begin: Any) -> Any:
            place = builder.gep(array.data, [builder.add(begin, k)])
            return builder.load(builder.bitcast(place, line.as_pointer()), align=size)

        product = builder.fmul(load(a, begin), load(b, begin_other), flags=("contract",))
        grown = builder.fadd(total, product, flags=("contract",))
        following = builder.add(k, index(LINE // size))
        for phi, old, new in ((k, index(0), following), (total, ir.Constant(line, [0.0] * line.count), grown)):
            phi.add_incoming(old, before)
            phi.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", following, n), loop, after)
        builder.position_at_end(after)
        name = f"llvm.vector.reduce.fadd.v{line.count}f{8 * size}"
        add_up = builder.module.declare_intrinsic(name, fnty=ir.FunctionType(kind, [kind, line]))
        return builder.call(add_up, [kind(0.0), grown], fastmath=("reassoc",))

    return a.dtype(a, types.intp, b, types.intp, types.intp), build


@written(_row_product)
def row_product(a: Array, row: int, b: Array, other: int, n: int) -> Any:
    """Σ a[row, k] · b[other, k], k < n, which are whole lines: LLVM's own loops leave a remainder that takes longer."""
    return (a[row, :n] * b[other, :n]).sum()


def _transpose_four(context: Any, a: Any, transposed: Any, row: Any, column: Any) -> Any:
    from llvmlite import ir
    from numba.core import types
    from numba.np.arrayobj import make_array

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, transposed, row, column = arguments
        a, transposed = (
            make_array(signature.args[i])(context, builder, array) for i, array in enumerate((a, transposed))
        )
        kind, size = context.get_value_type(signature.args[0].dtype), signature.args[0].dtype.bitwidth // 8
        four = ir.VectorType(kind, 4)

        def place(array: Any, row: Any, column: Any) -> Any:
            offset = builder.add(builder.mul(row, builder.extract_value(array.shape, 1)), column)
            return builder.bitcast(builder.gep(array.data, [offset]), four.as_pointer())

        def mixed(one: Any, other: Any, *lanes: int) -> Any:
            return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(ir.IntType(32), 4), list(lanes)))

        steps = [row.type(i) for i in range(4)]
        b, c, d, e = (builder.load(place(a, builder.add(row, step), column), align=size) for step in steps)
        left, right = mixed(b, c, 0, 4, 1, 5), mixed(d, e, 0, 4, 1, 5)
        results = [mixed(left, right, 0, 1, 4, 5), mixed(left, right, 2, 3, 6, 7)]
        left, right = mixed(b, c, 2, 6, 3, 7), mixed(d, e, 2, 6, 3, 7)
        results += [mixed(left, right, 0, 1, 4, 5), mixed(left, right, 2, 3, 6, 7)]
        for step, result in zip(steps, results):
            builder.store(result, place(transposed, builder.add(column, step), row), align=size)
        return context.get_dummy_value()

    return types.void(a, transposed, types.intp, types.intp), build


@written(_transpose_four)
def transpose_four(a: Array, transposed: Array, row: int, column: int) -> None:
    """Four rows and columns transposed: turned[column + j, row + i] = a[row + i, column + j], 0 ≤ i, j < 4."""
    transposed[column : column + 4, row : row + 4] = a[row : row + 4, column : column + 4].T
