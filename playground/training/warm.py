"""Compile all kernels before they are needed: at set-up, or in a process of its own beside the window.

Compiling in the window's process would cost it hitches of a quarter of a second.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playground.kernels import cache, jit
from playground.model.experiment import Experiment
from playground.training.run import Run
from playground.training.surface import surface

PRECISIONS = ("float32", "float64")
LAST_SHARE = 0.3  # of the time, about, goes into the kernel that trains, when all that it is made of is there
SHARE_SECONDS = 0.2  # between two looks at how much is done


def is_warm(precision: str = PRECISIONS[0]) -> bool:
    """Whether the cache holds every kernel of a precision, and whole."""
    manifest = cache.read(f"{precision}.manifest")
    return manifest is not None and all(cache.read(name) is not None for name in manifest.decode().split())


def ensure(is_wanted: Callable[[], bool] = lambda: True, tell: Callable[[float], None] = lambda share: None) -> None:
    """Fill the cache in a process of its own, if it is empty; then load the kernels here.

    is_wanted: asked now and then; compiling is given up when it says no. tell: given how much is done, from 0 to 1.
    """
    if not is_warm():
        tell(0.0)
        # Where the user's folder cannot be written, this process has a temporary one, to be filled for it.
        environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(cache.folders()[0].parents[1])}
        command = _command("--precisions", PRECISIONS[0], "--shares")
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        reader = threading.Thread(target=_read_shares, args=(process.stdout, tell), daemon=True)
        reader.start()
        while process.poll() is None:
            if not is_wanted():
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        reader.join()
    if is_wanted():
        touch(PRECISIONS[0])


def _read_shares(lines: Iterable[str], tell: Callable[[float], None]) -> None:
    for line in lines:
        tell(float(line))


def _print_shares() -> None:
    """Print how much of the compiling is done, whenever it is more: by the number of kernels, of all."""
    before = -1.0
    parts = [kernel for kernel in jit.kernels if kernel.joining.get("inline") != "always"]
    while True:
        made = sum(bool(getattr(kernel.__dict__.get("inner"), "signatures", ())) for kernel in parts)
        share = (1 - LAST_SHARE) * made / len(parts) + LAST_SHARE * bool(jit.kept)
        if share > before:
            try:
                print(f"{share:.3f}", flush=True)
            except OSError:
                os._exit(1)  # nobody listens any more
            before = share
        time.sleep(SHARE_SECONDS)


def touch(precision: str) -> None:
    """Compile, or load, every kernel of a precision by using it."""
    run = _run(precision)
    run.finish_epoch()
    _look(run)
    _seal(precision)


def _run(precision: str) -> Run:
    return Run(Experiment(samples=12, layers=(2,), epochs=1, precision=precision))


def _look(run: Run) -> None:
    """Use the kernels that look at a network without training it."""
    run.scores()
    surface(run, (-1.0, 1.0, -1.0, 1.0), 4)


def _seal(precision: str) -> None:
    """Note what there must be for a precision to be warm."""
    if not is_warm(precision):
        cache.write(f"{precision}.manifest", "\n".join(sorted(jit.kept)).encode())


def fill(root: Path, level: str, precisions: Sequence[str], *more: str) -> None:
    """Fill the cache in ``root`` for a CPU level: each precision in a process of its own, two at once."""
    environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(root), "PLAYGROUND_CPU_LEVEL": level}
    with ThreadPoolExecutor(2) as executor:
        jobs = [_command("--precisions", precision, *more) for precision in precisions]
        list(executor.map(lambda job: subprocess.run(job, env=environment, check=True), jobs))


def fill_seed(seed: Path, levels: Sequence[str], precisions: Sequence[str]) -> None:
    """Compile the kernels for each CPU level into ``seed``, which a packaged program brings along as ``kernels``.

    It then holds a folder for each level, and ``stamp.txt``. What runs is this machine's own level alone: another
    level's code may have instructions that this processor lacks.
    """
    own = cache.host_level()
    with tempfile.TemporaryDirectory() as root:
        os.environ["PLAYGROUND_SEED_DIR"] = root  # none: a kernel found in one would not be compiled
        made = {level: Path(root, "kernels", f"{cache.code_stamp()}-{level}") for level in (own, *levels)}
        fill(Path(root), own, precisions)
        for level in levels:
            if level != own:
                fill(Path(root), level, precisions, "--run-from", str(made[own]))
        shutil.rmtree(seed, ignore_errors=True)
        for level in levels:
            shutil.copytree(made[level], seed / made[level].name)
    (seed / "stamp.txt").write_text(cache.code_stamp(), encoding="ascii")


def _command(*arguments: str) -> list[str]:
    """The program as it compiles; a packaged one has no Python to run modules with."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "playground"]
    return [*program, "--warm", *arguments]


def _names(text: str) -> list[str]:
    return text.split(",")


def main(arguments: Sequence[str]) -> int:
    """Fill the cache, or a seed; returns the exit status."""
    parser = argparse.ArgumentParser("playground --warm", description="Compile all kernels before they are needed.")
    parser.add_argument("--precisions", type=_names, default=PRECISIONS, metavar="NAME,…")
    parser.add_argument("--seed", type=Path, metavar="DIR", help="fill this folder, to be shipped with the program")
    parser.add_argument("--levels", type=_names, default=cache.platform_levels(), metavar="NAME,…", help="of the seed")
    parser.add_argument("--shares", action="store_true", help="print how much is done, from 0 to 1, a number a line")
    parser.add_argument("--looking", action="store_true", help="compile only what looks at a network")
    parser.add_argument("--run-from", type=Path, metavar="DIR", help="of kernels that run while these are compiled")
    options = parser.parse_args(arguments)
    # What Numba makes while compiling is mostly kept; looking through it for garbage takes a tenth of the time.
    gc.disable()
    if options.run_from:
        jit.run_from.append(options.run_from)
    if options.seed:
        fill_seed(options.seed, options.levels, options.precisions)
    elif len(options.precisions) > 1:
        fill(cache.folders()[0].parents[1], cache.cpu_level(), options.precisions)
    else:
        (precision,) = options.precisions
        if options.looking:
            _look(_run(precision))
        elif options.shares:
            threading.Thread(target=_print_shares, daemon=True).start()
            # Somebody waits: what looks at a network is compiled beside what trains it.
            with subprocess.Popen(_command("--precisions", precision, "--looking"), stdout=subprocess.DEVNULL):
                _run(precision).finish_epoch()
            touch(precision)
        else:
            print(f"compiling kernels, {precision}, {cache.cpu_level()} …", flush=True)
            touch(precision)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
