"""Views of flat arrays: a layer's weights and activations are pieces of a few long arrays.

Compiled, a view is an address and its lengths. Numba's own slices and reshapes check and count far more, at every call
and while compiling.
"""

from __future__ import annotations

from typing import Any

from playground.kernels.jit import Array, written


def _view(flat: Any, dimensions: int) -> tuple[Any, Any]:
    """The type of a view with that many dimensions on a flat array, and what writes its making in LLVM's terms."""
    from numba.core import types
    from numba.np.arrayobj import make_array, populate_array

    result = types.Array(flat.dtype, dimensions, "C")

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = make_array(signature.args[0])(context, builder, arguments[0])
        offset, *lengths = arguments[1:]
        none = offset.type(0)
        # An offset below 0 stands for nothing.
        lengths[0] = builder.select(builder.icmp_signed("<", offset, none), none, lengths[0])
        strides = [source.itemsize]
        for length in reversed(lengths[1:]):
            strides.insert(0, builder.mul(strides[0], length, flags=["nsw"]))
        view = make_array(result)(context, builder)
        data = builder.gep(source.data, [offset])
        # Nobody counts references to it: no kernel outlives the arrays that it is given.
        populate_array(view, data, lengths, strides, source.itemsize, None)
        return view._getvalue()

    return result(flat, *[types.intp] * (1 + dimensions)), build


@written(lambda context, flat, offset, length: _view(flat, 1))
def piece(flat: Array, offset: int, length: int) -> Array:
    """A view of ``length`` numbers of an array, counted through, from an offset on; of none where the offset is -1."""
    flat = flat.reshape(-1)
    return flat[offset : offset + length] if offset >= 0 else flat[:0]


@written(lambda context, flat, offset, rows, columns: _view(flat, 2))
def matrix(flat: Array, offset: int, rows: int, columns: int) -> Array:
    """A (rows × columns) view of a piece of an array."""
    return flat.reshape(-1)[offset : offset + rows * columns].reshape(rows, columns)
