"""The versions that a run's numbers depend on."""

from __future__ import annotations

import sys
from functools import cache as kept
from importlib.metadata import version

from playground import __version__
from playground.kernels import cache


@kept
def versions() -> dict[str, str]:
    """Versions by name, the stamp of the kernels, and the CPU level."""
    return {
        "playground": __version__,
        "python": ".".join(map(str, sys.version_info[:2])),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "kernels": cache.code_stamp(),
        "level": cache.cpu_level(),
    }
