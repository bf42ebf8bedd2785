"""The decorators that make a kernel of a function, and ``choice``, which makes one of a table of rows.

A kernel is a plain function that Numba compiles. The decorator only records it: menus and help texts can read the
rules' rows without Numba, whose import takes a second, and a kernel that was compiled before is loaded without it.

Which decorator? Take ``@kernel``; the others make compiling or calling cheaper where that was measured:

=============  ============================================  ======================================================
``@kernel``    a formula and a loop                          LLVM decides whether it becomes part of its callers
``@inlined``   a few lines of glue between kernels           Numba makes it part of its callers, before it has types
``@merged``    glue that hands on a whole network            LLVM makes it part of its callers, always
``@part``      much work at each call, called from several   compiled once for all, linked when loaded; its annotation
                                                             says what it returns: None, float, tuple[float, float]
``@written``   what no loop can say, as a tile in registers  ``typing`` builds it in LLVM's terms; the function tells
                                                             what it does, and does it where nothing is compiled
=============  ============================================  ======================================================

Each sees others by their names in its module: ``from playground.kernels.elementary import exp``, then ``exp(x)``. One
that Python calls is to be used by ``training/warm.py`` too, or a packaged program has to compile it.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from numpy.typing import NDArray

from playground.kernels import cache
from playground.kernels.recorded import Recorded

if TYPE_CHECKING:
    from playground.kernels.native import Native

# What kernels work on: flat arrays and matrices of one precision.
Array: TypeAlias = NDArray[Any]

IS_PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")  # nothing is compiled, as in Numba itself

kernels: list[Kernel] = []
kept: set[str] = set()  # the names in the cache of all that was loaded or compiled so far
tally: Counter[str] = Counter()  # hits: how many were found there; misses: how many were not
# The folder of this machine's own CPU level, while a process compiles for another: that one's code is not run.
run_from: list[Path] = []
falls_back = True  # whether plain njit will do where kernels cannot be kept
UNFIT = "unfit-numba"  # the name in the cache of why nothing else is kept there
_preparing = threading.RLock()


class Kernel(Recorded):
    """A function that is compiled when it is first needed; callable from Python and from other kernels."""

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        super().__init__(function, **options)
        self._codes: dict[Hashable, Native | None] = {}
        self._plain: dict[Hashable, Callable[..., Any]] = {}  # what there is where a code is None
        if self.typing is None:
            kernels.append(self)

    def __call__(self, *arguments: Any) -> Any:
        return self.bind()(*arguments)

    def bind(self, *first: Any) -> Callable[..., Any]:
        """The kernel with its first arguments given: those are laid out for it once, and not at every call."""
        if IS_PLAIN or self.typing is not None:
            return functools.partial(self.function, *first)
        from playground.kernels import native

        forms, words = native.lay_out(first)

        def call(*others: Any) -> Any:
            more_forms, more_words = native.lay_out(others)
            form = forms + more_forms
            try:
                code = self._codes[form]
            except KeyError:
                with _preparing:
                    # Another thread may have done it meanwhile.
                    if form not in self._codes:
                        self._codes[form] = self._load(form, (*first, *others))
                code = self._codes[form]
            if code is None:
                return self._plain[form](*first, *others)
            return code(words + more_words)

        return call

    def _load(self, form: Hashable, arguments: tuple[Any, ...]) -> Native | None:
        """The machine code for such arguments; None where Numba cannot make it in our way, but plainly."""
        from playground.kernels import native

        def make() -> bytes:
            return bytes(_compiling().compile_for(self, arguments))

        try:
            code = list(_find(self.name_of(repr(form)), make).values())
        except UnfitError as reason:
            if not falls_back:
                raise
            _warn(str(reason))
            from playground.kernels import plain

            self._plain[form] = plain.load(self, arguments)
            return None
        return native.Native(code, arguments)


class UnfitError(Exception):
    """This version of Numba lacks what compiling.py needs of its private parts; the message tells what went wrong."""


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
    return Kernel(function, is_part=True)


def merged(function: Callable[..., Any]) -> Kernel:
    """Record a kernel that LLVM makes part of its callers: for those that hand on whole networks, whose hundred and
    more words would go through memory at every call.
    """
    return Kernel(function, forceinline=True)


def written(typing: Callable[..., Any]) -> Callable[[Callable[..., Any]], Kernel]:
    """Record a kernel for which ``typing`` tells Numba the signature and what builds it (an ``intrinsic``)."""
    return lambda function: Kernel(function, typing=typing)


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
            text = f"{rules[number].key} takes {', '.join(_arguments(function))}"
            raise TypeError(f"{name}: {text}; {rules[last].key} takes {', '.join(arguments)}")
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


def unfit() -> str:
    """Why kernels are compiled plainly and not kept; empty where they are, or where none had to be compiled yet."""
    return (cache.read(UNFIT) or b"").decode()


def _compiling() -> Any:
    """The part that imports Numba, which must have been told what to compile for. Raises UnfitError."""
    module, reason = _tried()
    if module is None:
        raise UnfitError(reason)
    return module


@functools.cache
def _tried() -> tuple[Any, str]:
    """The module that compiles, after a trial; or None, and why not."""
    cache.configure()
    try:
        from playground.kernels import compiling

        compiling.try_out(is_run=not run_from)
    # Whatever it is that Numba's private parts answer: they promise nothing.
    except Exception as error:
        from importlib.metadata import version

        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        text = (
            f"Numba {version('numba')} lacks what kernels are compiled with ({reason}): plain njit does, at each start"
        )
        cache.write(UNFIT, text.encode())
        return None, text
    cache.remove(UNFIT)
    return compiling, ""


@functools.cache
def _warn(text: str) -> None:
    """Say something once."""
    print(text, file=sys.stderr, flush=True)
