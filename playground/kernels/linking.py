"""How compiled kernels become part of one another.

Numba optimises each function as if it stood alone, makes machine code of it, and starts over with all of its callees
in each caller. Of our kernels, inner ones are only kept to be linked, and entries, with all that they call, are
optimised once and become object files: a third of LLVM's work.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm

from playground.kernels import flushing

# What the names of kernels end with, as others call them and as Python does; no name in Python has a hyphen.
INNER, ENTRY = "-inner", "-entry"

# What is overridden, or relied upon, of Numba's private classes: an override of what is not there is never called.
MEMBERS = {
    "JITCodeLibrary": (
        "_optimize_functions",
        "_optimize_final_module",
        "_finalize_final_module",
        "_ensure_finalized",
        "_finalized",
        "get_pointer_to_function",
        "codegen",
    ),
    "JITCPUCodegen": ("_library_class", "_module_pass_manager", "set_env"),
}
_before: dict[str, Any] = {}  # what stood where, before it was overridden


def install() -> None:
    """Let Numba keep kernels for linking only. Raises AttributeError where Numba lacks what this touches."""
    from numba.core import codegen

    private: Any = codegen
    for owner, names in MEMBERS.items():
        for name in names:
            getattr(getattr(private, owner), name)

    class Library(private.JITCodeLibrary):  # type: ignore[misc]
        """The code of a kernel and of what it calls."""

        @property
        def is_inner(self) -> bool:
            return INNER in self.name

        @property
        def is_ours(self) -> bool:
            return self.is_inner or ENTRY in self.name

        def _optimize_functions(self, module: Any) -> None:
            if not self.is_ours:
                super()._optimize_functions(module)

        def _optimize_final_module(self) -> None:
            if not self.is_ours:
                super()._optimize_final_module()
            elif not self.is_inner:
                manager, builder = self.codegen._module_pass_manager()
                manager.run(self._final_module, builder)

        def _finalize_final_module(self) -> None:
            if self.is_ours:
                self._finalized = True
            else:
                super()._finalize_final_module()

        def get_pointer_to_function(self, name: str) -> int:
            if not self.is_ours:
                return int(super().get_pointer_to_function(name))
            if not self.is_inner:
                self._ensure_finalized()
            return 0  # nowhere: it is not loaded

    set_env = private.JITCPUCodegen.set_env

    def set_env_of_others(codegen: Any, name: str, env: Any) -> None:
        # The Python objects that a function refers to: kernels refer to none.
        if not any(use.replace("-", "_2d") in name for use in (INNER, ENTRY)):
            set_env(codegen, name, env)

    _before.update(_library_class=private.JITCPUCodegen._library_class, set_env=set_env)
    private.JITCPUCodegen._library_class = Library
    private.JITCPUCodegen.set_env = set_env_of_others


def uninstall() -> None:
    """Let Numba be as it was."""
    if _before:
        from numba.core import codegen

        for name, value in _before.items():
            setattr(codegen.JITCPUCodegen, name, value)
        _before.clear()


def object_code(library: Any, function: str, name: str) -> tuple[bytes, list[str]]:
    """The object file of an entry's library, where a function of it is called ``name``; and what it declares only.

    Beside it is what Python calls, which flushes subnormals: made when all is optimised, so that nothing is inlined.
    """
    module = library._final_module
    inside = module.get_function(function)
    inside.name = name
    declared = [other.name for other in module.functions if other.is_declaration]
    module.link_in(llvm.parse_assembly(flushing.entry(name, [str(kind.type) for kind in inside.arguments])))
    return bytes(library.codegen._tm.emit_object(module)), declared
