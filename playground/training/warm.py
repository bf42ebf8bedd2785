"""Compile all kernels before they are needed: at set-up, or in a process of its own beside the window.

Compiling in the window's process would cost it hitches of a quarter of a second.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from playground.kernels import cache, jit
from playground.model.experiment import Experiment
from playground.model.paths import program
from playground.training.looks.costs import alone
from playground.training.looks.practice import practice
from playground.training.run import Run
from playground.training.surface import Region, surface

PRECISIONS = ("float32", "float64")
WAIT = 0.05  # seconds between two looks at whether compiling is still wanted
GROUP = None if sys.platform == "win32" else 0  # of a process that compiles: one of its own, to be ended as one
NEWS_SECONDS = 0.2  # between two looks at what is compiled


def is_warm(precision: str = PRECISIONS[0]) -> bool:
    """Whether the cache holds every kernel of a precision, and whole."""
    manifest = cache.read(f"{precision}.manifest")
    return manifest is not None and all(cache.read(name) is not None for name in manifest.decode().split())


def ensure(is_wanted: Callable[[], bool] = lambda: True, tell: Callable[[float], None] = lambda share: None) -> None:
    """Fill the cache in a process of its own, if it is empty; then load the kernels here.

    is_wanted: asked now and then; compiling is given up when it says no. tell: given how much is done, from 0 to 1.
    """
    if not is_warm() and not jit.unfit():
        tell(0.0)
        # Where the user's folder cannot be written, this process has a temporary one, to be filled for it.
        environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(cache.folders()[0].parents[1])}
        command = _command("--precisions", PRECISIONS[0], "--news")
        # It ends when its input does: with this process, however that ends.
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True, process_group=GROUP)
        assert process.stdin is not None and process.stdout is not None
        reader = threading.Thread(target=_read_news, name="news", args=(process.stdout, tell), daemon=True)
        reader.start()
        while process.poll() is None:
            if not is_wanted():
                _kill(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(WAIT)
        process.stdin.close()
        if is_wanted():
            reader.join()
    if is_wanted():
        touch(PRECISIONS[0])


def _kill(process: subprocess.Popen[str]) -> None:
    """End it and the process that it has started: what compiles hears nothing gentler for seconds."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _read_news(lines: IO[str], tell: Callable[[float], None]) -> None:
    """Tell the share of kernels that were named; some are named by two processes, until both have ended."""
    named, every = set(), len(_compilable())
    with lines:
        for line in lines:
            named.add(line)
            tell(min(1.0, len(named) / every))


def _print_news() -> None:
    """Name each kernel once it is compiled."""
    named: set[str] = set()
    while True:
        for name in _compiled() - named:
            try:
                print(name, flush=True)
            except OSError:
                os._exit(1)  # nobody listens any more
            named.add(name)
        time.sleep(NEWS_SECONDS)


def _end_with_input() -> None:
    """End when whoever waits has ended, whose pipe the input is."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    os._exit(1)


def _compilable() -> dict[str, jit.Kernel]:
    """The kernels that are compiled one by one, by name."""
    return {
        f"{kernel.function.__module__}.{kernel.function.__name__}": kernel
        for kernel in jit.kernels
        if kernel.joining.get("inline") != "always"
    }


def _compiled() -> set[str]:
    """The names of those that were compiled so far, to be part of others or for themselves."""
    inner = {name for name, kernel in _compilable().items() if getattr(kernel.inner, "signatures", ())}
    return inner | {name.rpartition("-")[0] for name in set(jit.kept)}


def touch(precision: str) -> None:
    """Compile, or load, every kernel of a precision by using it."""
    run = _run(precision)
    run.finish_epoch()
    _look(run, precision)
    _seal(precision)


def _run(precision: str, **knobs: Any) -> Run:
    return Run(Experiment(samples=12, layers=(2,), epochs=1, precision=precision, **knobs))


def _look(run: Run, precision: str) -> None:
    """Use the kernels that look at a network without training it, and the optimizers' by themselves."""
    _ = run.start_loss
    practice(_run(precision, dropout=0.5))
    surface(run, Region((-1.0, 1.0, -1.0, 1.0), 4))
    alone(run, 8)


def _seal(precision: str) -> None:
    """Note what there must be for a precision to be warm."""
    if not is_warm(precision) and not jit.unfit():
        cache.write(f"{precision}.manifest", "\n".join(sorted(jit.kept)).encode())


def fill(root: Path, level: str, precisions: Sequence[str], *more: str) -> None:
    """Fill the cache in ``root`` for a CPU level: each precision in a process of its own, two at once."""
    environment = os.environ | {"PLAYGROUND_CACHE_DIR": str(root), "PLAYGROUND_CPU_LEVEL": level}
    with ThreadPoolExecutor(2) as executor:
        jobs = [_command("--silent", "--precisions", precision, *more) for precision in precisions]
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
    """The program as it compiles."""
    return [*program(), "--warm", *arguments]


def _names(text: str) -> list[str]:
    return text.split(",")


def main(arguments: Sequence[str]) -> int:
    """Fill the cache, or a seed; returns the exit status."""
    parser = argparse.ArgumentParser("playground --warm", description="Compile all kernels before they are needed.")
    parser.add_argument("--precisions", type=_names, default=PRECISIONS, metavar="NAME,…")
    parser.add_argument("--seed", type=Path, metavar="DIR", help="fill this folder, to be shipped with the program")
    parser.add_argument("--levels", type=_names, default=cache.platform_levels(), metavar="NAME,…", help="of the seed")
    parser.add_argument("--news", action="store_true", help="use two processes, and name each kernel that is done")
    parser.add_argument("--beside", action="store_true", help="compile what there is beside the kernel that trains")
    parser.add_argument("--run-from", type=Path, metavar="DIR", help="of kernels that run while these are compiled")
    parser.add_argument("--silent", action="store_true", help="say nothing: the process that waits does")
    options = parser.parse_args(arguments)
    # What Numba makes while compiling is mostly kept; looking through it for garbage takes a tenth of the time.
    gc.disable()
    # A kernel that is not kept would be compiled here in vain.
    jit.falls_back = False
    if options.run_from:
        jit.run_from.append(options.run_from)
    try:
        _work(options)
    except (jit.UnfitError, subprocess.CalledProcessError) as reason:
        if not options.silent and not options.news:
            print(jit.unfit() or reason, file=sys.stderr)
        return 1
    return 0


def _work(options: argparse.Namespace) -> None:
    """Do as the command line says. Raises UnfitError, or CalledProcessError where another process does the work."""
    if options.seed:
        fill_seed(options.seed, options.levels, options.precisions)
    elif len(options.precisions) > 1:
        fill(cache.folders()[0].parents[1], cache.cpu_level(), options.precisions)
    else:
        (precision,) = options.precisions
        if options.news:
            threading.Thread(target=_print_news, daemon=True).start()
            threading.Thread(target=_end_with_input, daemon=True).start()
        if options.beside:
            run = _run(precision)
            _look(run, precision)
            run.augment_nothing()
        elif options.news:
            # Somebody waits: two processes share the work.
            command = _command("--precisions", precision, "--news", "--beside")
            with subprocess.Popen(command, stdin=subprocess.PIPE) as beside:
                _run(precision).finish_epoch()
                beside.wait()
            touch(precision)
        else:
            print(f"compiling kernels, {precision}, {cache.cpu_level()} …", flush=True)
            touch(precision)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
