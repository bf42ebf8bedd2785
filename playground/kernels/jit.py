"""The ``@kernel`` decorator, and ``choice``, which makes a kernel of a table of rows.

A kernel is a plain function that Numba compiles. The decorator only records it: menus and help texts can read the
rules' rows without Numba, whose import takes a second, and a kernel that was compiled before is loaded without it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from playground.kernels import cache

# What kernels work on: flat arrays and matrices of one precision.
Array: TypeAlias = NDArray[Any]

IS_PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")  # nothing is compiled, as in Numba itself

kernels: list[Kernel] = []
kept: set[str] = set()  # the names in the cache of all that was loaded or compiled so far
tally: Counter[str] = Counter()  # hits: how many were found there; misses: how many were not
# The folder of this machine's own CPU level, while a process compiles for another: that one's code is not run.
run_from: list[Path] = []
_preparing = threading.RLock()


class Kernel:
    """A function that is compiled when it is first needed; callable from Python and from other kernels."""

    def __init__(self, function: Callable[..., Any], **joining: Any) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.joining = joining
        self._codes: dict[Hashable, Callable[[list[Any]], Any]] = {}
        kernels.append(self)

    @functools.cached_property
    def inner(self) -> Any:
        """The compiled function as other kernels call it. It is not kept: what Python calls contains it, and is."""
        return _compiling().inner(self)

    def __call__(self, *arguments: Any) -> Any:
        return self.bind()(*arguments)

    def bind(self, *first: Any) -> Callable[..., Any]:
        """The kernel with its first arguments given: those are laid out for it once, and not at every call."""
        if IS_PLAIN:
            return functools.partial(self.function, *first)
        from playground.kernels import native

        forms, words = native.forms(first), native.lay_out(first)

        def call(*others: Any) -> Any:
            form = forms + native.forms(others)
            code = self._codes.get(form)
            if code is None:
                arguments = (*first, *others)
                with _preparing:
                    code = self._codes[form] = native.Native(self._gather(form, arguments), arguments)
            return code(words + native.lay_out(others))

        return call

    def _gather(self, form: Hashable, arguments: tuple[Any, ...]) -> list[bytes]:
        """The machine code for such arguments, and of the parts that it is linked with."""

        def make() -> bytes:
            return bytes(_compiling().compile_for(self, arguments))

        return list(_find(self.name_of(repr(form)), make).values())

    def name_of(self, types: str) -> str:
        """What machine code is kept as, whose arguments are of such types."""
        digest = hashlib.sha256(types.encode()).hexdigest()
        return f"{self.function.__module__}.{self.function.__name__}-{digest[:16]}"


class Part(Kernel):
    """A kernel that is compiled by itself, and linked with what calls it when that is loaded."""

    @functools.cached_property
    def inner(self) -> Any:
        return _compiling().linked(self)


class Written(Kernel):
    """A kernel whose compiled form is not made from its Python but written in LLVM's terms."""

    def __init__(self, function: Callable[..., Any], typing: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.typing = typing

    @functools.cached_property
    def inner(self) -> Any:
        return _compiling().numba.extending.intrinsic(self.typing)

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


def kernel(function: Callable[..., Any]) -> Kernel:
    """Record a function as compiled arithmetic: no allocation, no GIL, one signature for each precision."""
    return Kernel(function)


def inlined(function: Callable[..., Any]) -> Kernel:
    """Record a kernel that becomes part of its callers: for the glue between kernels, which compiles faster so."""
    return Kernel(function, inline="always")


def part(function: Callable[..., Any]) -> Kernel:
    """Record a kernel that is compiled by itself, once for all that call it, while another process compiles others.

    Its annotation tells Numba what it returns. For those that have much to do at each call: it is handed over in full.
    """
    return Part(function)


def merged(function: Callable[..., Any]) -> Kernel:
    """Record a kernel that LLVM makes part of its callers: for those that hand on whole networks, whose hundred and
    more words would go through memory at every call.
    """
    return Kernel(function, forceinline=True)


def written(typing: Callable[..., Any]) -> Callable[[Callable[..., Any]], Kernel]:
    """Record a kernel for which ``typing`` tells Numba the signature and what builds it (an ``intrinsic``)."""
    return lambda function: Written(function, typing)


def choice(
    name: str,
    rules: Sequence[Any],
    part: str = "function",
    made: Callable[..., Kernel] = kernel,
    optional: bool = False,
) -> Kernel:
    """The kernel ``name(number, …)`` that hands its arguments to what the row of that number holds as ``part``.

    It is written from the rows, so that there is no branch to forget. Raises TypeError here, naming the row, where one
    takes other arguments than the rest, or holds nothing and is no alias. optional: those that hold nothing do nothing.
    made: the decorator.
    """
    chosen = {number: getattr(rule, part) for number, rule in enumerate(rules) if getattr(rule, part) is not None}
    for number, rule in enumerate(rules):
        if number not in chosen and not (optional or rule.alias):
            raise TypeError(f"{name}: {rule.key} has no {part}")
    last, model = next(reversed(chosen.items()))
    arguments, returned = _arguments(model), model.function.__annotations__["return"]
    for number, function in chosen.items():
        if _arguments(function) != arguments:
            told = f"{rules[number].key} takes {', '.join(_arguments(function))}"
            raise TypeError(f"{name}: {told}; {rules[last].key} takes {', '.join(arguments)}")
    given, lines = ", ".join(arguments), []
    for number in chosen:
        # A kernel that returns a number always does: its last row is not asked for.
        asked = "" if number == last and returned != "None" else f"if number == {number}: "
        lines.append(f"{asked}return chosen_{number}({given})")
    names = {f"chosen_{number}": function for number, function in chosen.items()}
    return written_out(f"def {name}(number, {given}) -> {returned}:", lines, names, model.function.__module__, made)


def written_out(
    head: str, lines: Sequence[str], names: dict[str, Any], module: str, made: Callable[..., Kernel] = kernel
) -> Kernel:
    """A kernel from its text: ``def`` line and body. names: the kernels that it calls; module: whose it is."""
    name = head.split("(")[0].removeprefix("def ")
    names = dict(names)
    # The texts are the program's own; annotations stay texts, as they do in modules.
    text, place = "\n    ".join([head, *lines]), f"<{name}, written from its table>"
    exec(compile(text, place, "exec", annotations.compiler_flag), names)
    function = names[name]
    function.__module__ = module
    return made(function)


def _arguments(function: Kernel) -> tuple[str, ...]:
    code = function.function.__code__
    return code.co_varnames[: code.co_argcount]


def _find(name: str, make: Callable[[], bytes]) -> dict[str, bytes]:
    """What is kept under a name, with the parts that it is linked with; what there is not is made, and kept."""
    from playground.kernels import native

    def make_part(name: str) -> bytes:
        if name not in _compiling().requests:
            make()  # tells what the part is
        return bytes(_compiling().compile_part(name))

    found = {name: _read_or_make(name, make)}
    for other in native.parts_of(found[name]):
        if other not in found:
            found |= _find(other, functools.partial(make_part, other))
    return found


def _read_or_make(name: str, make: Callable[[], bytes]) -> bytes:
    # The cache's stamp knows of no sources but those of this package.
    if not name.startswith(f"{__package__}."):
        return make()
    data = cache.read(name)
    tally["misses" if data is None else "hits"] += 1
    if data is None:
        data = make()
        cache.write(name, data)
    kept.add(name)
    return (cache.read(name, run_from) or b"") if run_from else data


@functools.cache
def _compiling() -> Any:
    """The part that imports Numba, which must have been told what to compile for."""
    cache.configure()
    from playground.kernels import compiling

    return compiling
