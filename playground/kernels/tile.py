"""The register tile that all products of a dense layer are made of, written in LLVM's vector types.

Six rows of sums, a line (64 bytes) wide, stay in registers while the inner dimension of a product runs by: each step
loads one line and six coefficients for six fused multiplications of a line. With AVX2 the sums take 12 of 16
registers, which keeps both multipliers busy: four rows wait for each other, seven spill. LLVM does not find that from
loops alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.kernels.jit import Array, Kernel, written

LINE = 64  # bytes


def _line(context: Any, array: Any) -> Any:
    from numba.core import types

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_constant(types.intp, LINE * 8 // array.dtype.bitwidth)

    return types.intp(array), build


@written(_line)
def line_of(array: Array) -> int:
    """How many of an array's numbers make a line: 16 in single, 8 in double precision."""
    return LINE // array.itemsize


def _tile(height: int) -> Any:
    """The typing of a tile of that many rows, as Numba's ``intrinsic`` wants it."""

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
        bias: Any,
        adds: Any,
    ) -> Any:
        from llvmlite import ir
        from numba.core import types
        from numba.np.arrayobj import make_array

        size = a.dtype.bitwidth // 8
        lanes = LINE // size
        # Products and sums may be fused, and nothing else.
        flags = ("contract",)

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            p, start, dp, ep, n, a, s, row, column, bias, adds = arguments
            p, a, s, bias = (
                make_array(signature.args[place])(context, builder, array)
                for place, array in ((0, p), (5, a), (6, s), (9, bias))
            )
            index, number = n.type, context.get_value_type(signature.args[5].dtype)
            line = ir.VectorType(number, lanes)
            nowhere = ir.Constant(line, ir.Undefined)
            first = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            adds = builder.icmp_signed("!=", adds, index(0))
            biased = builder.icmp_signed("!=", builder.extract_value(bias.shape, 0), index(0))

            def spread(value: Any) -> Any:
                return builder.shuffle_vector(builder.insert_element(nowhere, value, index(0)), nowhere, first)

            def place(array: Any, row: Any) -> Any:
                breadth = builder.extract_value(array.shape, 1)
                offset = builder.add(builder.mul(row, breadth), column)
                return builder.bitcast(builder.gep(array.data, [offset]), line.as_pointer())

            homes = [place(s, builder.add(row, index(r))) for r in range(height)]
            begun = []
            for r, home in enumerate(homes):
                # Where there is no bias, s is read in its place and left out again.
                there = builder.gep(bias.data, [builder.add(row, index(r))])
                nearby = builder.bitcast(home, number.as_pointer())
                level = builder.load(builder.select(biased, there, nearby), align=size)
                level = spread(builder.select(biased, level, number(0.0)))
                begun.append(builder.select(adds, builder.load(home, align=size), level))
            starts = [builder.add(start, builder.mul(index(r), dp)) for r in range(height)]
            before = builder.block
            loop, after = builder.append_basic_block("tile"), builder.append_basic_block("tile_end")
            builder.branch(loop)
            builder.position_at_end(loop)
            t = builder.phi(index)
            sums = [builder.phi(line) for _ in homes]
            right = builder.load(place(a, t), align=size)
            grown = []
            for r, total in enumerate(sums):
                offset = builder.add(starts[r], builder.mul(t, ep))
                left = spread(builder.load(builder.gep(p.data, [offset]), align=size))
                grown.append(builder.fadd(total, builder.fmul(left, right, flags=flags), flags=flags))
            following = builder.add(t, index(1))
            for phi, old, new in zip([t, *sums], [index(0), *begun], [following, *grown]):
                phi.add_incoming(old, before)
                phi.add_incoming(new, loop)
            builder.cbranch(builder.icmp_signed("<", following, n), loop, after)
            builder.position_at_end(after)
            for total, home in zip(grown, homes):
                builder.store(total, home, align=size)
            return context.get_dummy_value()

        whole = types.intp
        return types.void(p, whole, whole, whole, whole, a, s, whole, whole, bias, whole), build

    return typing


def _adding(height: int) -> Kernel:
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
        bias: Array,
        adds: int,
    ) -> None:
        """For r = 0 … height − 1 and a line of columns:
        s[row + r, column …] = begun + Σ p[start + r·dp + t·ep] · a[t, column …].

        begun is what s held if ``adds``, else bias[row + r], or 0 if bias is empty. t runs from 0 to n − 1, n ≥ 1.
        Places in p count through all of its numbers: it may be read transposed.
        """
        columns = slice(column, column + line_of(a))
        steps = start + np.arange(n) * ep
        for r in range(row, row + height):
            begun = s[r, columns] if adds else (bias[r] if bias.size else 0)
            s[r, columns] = begun + p.reshape(-1)[steps + (r - row) * dp] @ a[:n, columns]

    return written(_tile(height))(add)


add_six, add_four, add_one = (_adding(height) for height in (6, 4, 1))


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


def _turn_four(context: Any, a: Any, turned: Any, row: Any, column: Any) -> Any:
    from llvmlite import ir
    from numba.core import types
    from numba.np.arrayobj import make_array

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, turned, row, column = arguments
        a, turned = (make_array(signature.args[i])(context, builder, array) for i, array in enumerate((a, turned)))
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
            builder.store(result, place(turned, builder.add(column, step), row), align=size)
        return context.get_dummy_value()

    return types.void(a, turned, types.intp, types.intp), build


@written(_turn_four)
def turn_four(a: Array, turned: Array, row: int, column: int) -> None:
    """Four rows and columns transposed: turned[column + j, row + i] = a[row + i, column + j], 0 ≤ i, j < 4."""
    turned[column : column + 4, row : row + 4] = a[row : row + 4, column : column + 4].T
