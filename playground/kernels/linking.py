"""How compiled kernels become part of one another.

Numba optimises each function as if it stood alone, makes machine code of it, and starts over with all of its callees
in each caller. Of inner kernels, nobody asks for machine code: here they are only kept to be linked, and optimised
alone only where they call no others (which is where the loops are). That halves LLVM's work.
"""

from __future__ import annotations

from typing import Any

INNER = "-inner"  # what the names of inner kernels end with; no name in Python has a hyphen


def install() -> None:
    """Let Numba keep inner kernels for linking only. It touches private parts of Numba, so it has a test."""
    from numba.core import codegen

    private: Any = codegen

    class Library(private.JITCodeLibrary):  # type: ignore[misc]
        """The code of a kernel and of what it calls."""

        @property
        def is_inner(self) -> bool:
            return INNER in self.name

        def _optimize_final_module(self) -> None:
            if not self.is_inner or not self._linking_libraries:
                super()._optimize_final_module()

        def _finalize_final_module(self) -> None:
            if self.is_inner:
                self._finalized = True
            else:
                super()._finalize_final_module()

        def get_pointer_to_function(self, name: str) -> int:
            return 0 if self.is_inner else int(super().get_pointer_to_function(name))

    set_env = private.JITCPUCodegen.set_env

    def set_env_of_entries(codegen: Any, name: str, env: Any) -> None:
        # The Python objects that a kernel refers to: ours refer to none, and only an entry has a place for them.
        if INNER.replace("-", "_2d") not in name:
            set_env(codegen, name, env)

    private.JITCPUCodegen._library_class = Library
    private.JITCPUCodegen.set_env = set_env_of_entries
