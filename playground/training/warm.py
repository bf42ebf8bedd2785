"""Compile all kernels before they are needed: at set-up, or in a process of its own beside the window.

Compiling in the window's process would cost it hitches of a quarter of a second.
"""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playground.kernels import cache
from playground.model.experiment import Experiment
from playground.training.run import Run
from playground.training.surface import surface

PRECISIONS = ("float32", "float64")


def is_warm() -> bool:
    """Whether the cache holds every kernel of the default precision."""
    return _mark(PRECISIONS[0]).exists()


def ensure(is_wanted: Callable[[], bool] = lambda: True) -> None:
    """Fill the cache in a process of its own, if it is empty; then load the kernels here.

    is_wanted: asked now and then; compiling is given up when it says no.
    """
    if not is_warm():
        process = subprocess.Popen([sys.executable, "-m", "playground.training.warm", PRECISIONS[0]])
        while process.poll() is None:
            if not is_wanted():
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    if is_wanted():
        touch(PRECISIONS[0])


def touch(precision: str) -> None:
    """Compile, or load, every kernel of a precision by using it."""
    run = Run(Experiment(samples=12, layers=(2,), epochs=1, precision=precision))
    run.finish_epoch()
    run.scores()
    surface(run, (-1.0, 1.0, -1.0, 1.0), 4)
    _mark(precision).touch()


def _mark(precision: str) -> Path:
    return cache.folder() / f"{precision}.complete"


def main() -> None:
    """Fill the cache for the named precisions, all of them by default: each in a process of its own."""
    wanted = sys.argv[1:] or list(PRECISIONS)
    if len(wanted) == 1:
        print(f"compiling kernels, {wanted[0]} …", flush=True)
    else:
        command = [sys.executable, "-m", "playground.training.warm"]
        processes = [subprocess.Popen([*command, precision]) for precision in wanted]
        status = max(abs(process.wait()) for process in processes)
        if status:
            sys.exit(status)
    # What Numba makes while compiling is mostly kept; looking through it for garbage takes a tenth of the time.
    gc.disable()
    # Two processes may have overwritten each other's index: what was lost is made again, else this takes a second.
    for precision in wanted:
        touch(precision)


if __name__ == "__main__":
    main()
