"""The kernel cache: hits from start to start, and no harm from what befalls folders and files.

A small program stands for ours: kernels in two files, one of them a part, with the real cache, and the real module that
warms it. It runs in a process of its own each time, as a program that is started does.
"""

from __future__ import annotations

import compileall
import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.kernels import activations, cache, jit

PACKAGE = Path(cache.__file__).parents[1]
KERNELS = ("cache", "compiling", "flushing", "jit", "linking", "native", "plain", "recorded")
REAL = (*(f"kernels/{name}.py" for name in KERNELS), "model/paths.py", "training/warm.py")
SMALL = {
    "__init__.py": "",
    "kernels/__init__.py": "",
    "model/__init__.py": "",
    "training/__init__.py": "",
    "kernels/callee.py": """
        from playground.kernels.jit import kernel, part

        @kernel
        def grow(value):
            return 2 * value

        @part
        def add_up(values) -> "float":
            found = 0.0
            for k in range(values.size):
                found += grow(values[k])
            return found
        """,
    "kernels/caller.py": """
        from playground.kernels.callee import add_up, grow
        from playground.kernels.jit import kernel

        @kernel
        def total(values):
            return add_up(values) + grow(0.0)
        """,
    "model/experiment.py": """
        class Experiment:
            def __init__(self, precision, **knobs):
                self.precision = precision
        """,
    "training/run.py": """
        import numpy as np
        from playground.kernels.caller import total

        class Run:
            def __init__(self, experiment):
                self.precision = experiment.precision
                self.start_loss = 0.0

            def finish_epoch(self):
                self.answer = total(np.ones(5, self.precision))

            def scores(self):
                pass

            def augment_nothing(self):
                pass
        """,
    "training/looks/__init__.py": "",
    "training/looks/costs.py": """
        def alone(*_):
            pass
        """,
    "training/surface.py": """
        class Region:
            def __init__(self, *_):
                pass

        def surface(*_):
            pass
        """,
    "training/looks/practice.py": """
        def practice(run):
            pass
        """,
    "__main__.py": """
        import sys
        from playground.training import warm

        sys.exit(warm.main(sys.argv[2:]))
        """,
}
START = """
import json
from playground.kernels import cache, jit
from playground.training import run, warm

was_warm = warm.is_warm()
warm.ensure()
again = run.Run(warm.Experiment("float32"))
again.finish_epoch()
hits, misses = jit.tally["hits"], jit.tally["misses"]
told = {"warm": was_warm, "answer": again.answer, "hits": hits, "misses": misses, "level": cache.cpu_level()}
print(json.dumps(told | {"folders": list(map(str, cache.folders()))}))
"""
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


def write_program(folder: Path) -> Path:
    """The small program's source tree."""
    for name, text in SMALL.items():
        path = folder / "playground" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    for name in REAL:
        shutil.copy(PACKAGE / name, folder / "playground" / name)
    return folder


class Program:
    """The small program on a machine of its own."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.source, self.folder = source, folder
        self.cache = folder / "cache"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.settings = {"PLAYGROUND_CACHE_DIR": str(self.cache), "TMPDIR": str(self.temporary)}

    def run(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("PLAYGROUND_", "NUMBA_"))}
        environment = inherited | self.settings | {"PYTHONPATH": str(self.source), "PYTHONDONTWRITEBYTECODE": "1"}
        options = {"cwd": self.folder, "env": environment} | options
        return subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
        )

    def start(self, code: str = START, **options: Any) -> dict[str, Any]:
        """What the program tells of its start."""
        return finish(self.run("-c", code, **options))

    def files(self) -> list[Path]:
        return sorted(path for path in self.cache.rglob("*") if path.is_file())


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert not error
    return dict(json.loads(output.splitlines()[-1]))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_program(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def warm_cache(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start leaves behind."""
    first = Program(source, tmp_path_factory.mktemp("first"))
    told = first.start()
    assert told["answer"] == 10 and not told["warm"]
    return first.cache


@pytest.fixture
def program(source: Path, tmp_path: Path) -> Program:
    """The program before its first start."""
    return Program(source, tmp_path)


@pytest.fixture
def started(program: Program, warm_cache: Path) -> Program:
    """The program after a first start."""
    shutil.copytree(warm_cache, program.cache)
    return program


@pytest.fixture(scope="module")
def seed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seed of all CPU levels."""
    builder = Program(source, tmp_path_factory.mktemp("builder"))
    process = builder.run("-m", "playground.training.warm", "--seed", str(builder.folder / "seed"))
    _, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return builder.folder / "seed"


def assert_warm(told: dict[str, Any]) -> None:
    assert told["warm"] and told["answer"] == 10 and (told["hits"], told["misses"]) == (2, 0)


def test_a_second_start_compiles_nothing(started: Program) -> None:
    assert_warm(started.start())


def test_another_working_directory_finds_the_same_kernels(started: Program) -> None:
    assert_warm(started.start(cwd=started.temporary))


def test_a_change_in_another_file_that_a_kernel_calls_is_seen(started: Program) -> None:
    edited = shutil.copytree(started.source, started.folder / "edited")
    callee = edited / "playground" / "kernels" / "callee.py"
    callee.write_text(callee.read_text(encoding="utf-8").replace("2 *", "3 *"), encoding="utf-8")
    started.source = edited
    told = started.start()
    assert not told["warm"] and told["answer"] == 15


def flip(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 4
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "truncated in the digest": lambda data: data[:20],
    "truncated": lambda data: data[: len(data) // 2],
    "a bit flipped in the digest": lambda data: flip(data, 7),
    "a bit flipped": lambda data: flip(data, len(data) // 2),
    "a bit flipped at the end": lambda data: flip(data, -1),
    "something appended": lambda data: data + b"x",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    whole = b"whole" * 100
    monkeypatch.setattr(cache, "folders", lambda: (tmp_path,))
    cache.write("name", whole)
    assert cache.read("name") == whole
    (tmp_path / "name").write_bytes(DAMAGES[damage]((tmp_path / "name").read_bytes()))
    assert cache.read("name") is None


@pytest.mark.parametrize("damage", ["truncated", "a bit flipped"])
def test_damaged_kernels_are_made_again(started: Program, damage: str) -> None:
    for path in started.files():
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    told = started.start()
    # By the process that compiles beside the window: here they were found.
    assert not told["warm"] and told["answer"] == 10 and told["misses"] == 0
    assert_warm(started.start())


@pytest.mark.parametrize("kernel", ["total", "add_up"])
def test_a_missing_file_is_made_again(started: Program, kernel: str) -> None:
    next(path for path in started.files() if kernel in path.name).unlink()
    assert not started.start()["warm"]
    assert_warm(started.start())


def test_two_first_starts_at_once_do_not_hurt_each_other(program: Program) -> None:
    both = [program.run("-c", START), program.run("-c", START)]
    assert [finish(process)["answer"] for process in both] == [10, 10]
    assert_warm(program.start())
    assert len(program.files()) == 3


def obey_modes() -> None:
    """Let file modes bind this process even if root runs it."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@contextlib.contextmanager
def write_protected(folder: Path) -> Iterator[None]:
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    yield
    for path in folders:
        path.chmod(0o755)


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="capabilities and limits are Linux'")


@on_linux
def test_a_write_protected_cache_is_used(started: Program) -> None:
    with write_protected(started.cache):
        told = started.start(preexec_fn=obey_modes)
    assert_warm(told)
    assert told["folders"][0].startswith(str(started.temporary))
    assert not list(started.temporary.iterdir())


@on_linux
def test_without_a_writable_cache_kernels_are_kept_until_the_program_ends(program: Program) -> None:
    program.cache.mkdir()
    with write_protected(program.cache):
        told = program.start(preexec_fn=obey_modes)
    assert told["answer"] == 10 and (told["hits"], told["misses"]) == (2, 0)
    assert not program.files() and not list(program.temporary.iterdir())


def test_a_file_in_place_of_the_cache_is_survived(program: Program) -> None:
    program.cache.write_text("in the way")
    assert program.start()["answer"] == 10
    assert program.cache.read_text() == "in the way"


@on_linux
def test_a_full_disk_is_survived(program: Program) -> None:
    import resource

    told = program.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)))
    assert told["answer"] == 10 and told["misses"] == 2
    assert not program.files()


def test_folders_of_other_stamps_are_deleted_after_some_days(started: Program) -> None:
    now = time.time()
    for name, days in (("old", 4), ("newer", 2)):
        other = started.cache / "kernels" / name
        other.mkdir()
        os.utime(other, (now - days * 86400,) * 2)
    (used,) = started.cache.glob("kernels/*-*")
    os.utime(used, (now - 30 * 86400,) * 2)
    assert_warm(started.start())
    assert {path.name for path in used.parent.iterdir()} == {used.name, "newer"}
    assert time.time() - used.stat().st_mtime < 3600


def test_an_unknown_cpu_level_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_CPU_LEVEL", "x86-64-v9")
    with pytest.raises(OSError, match=r"'x86-64-v9' is not accepted; it takes .*"):
        cache.cpu_level.__wrapped__()


@pytest.mark.parametrize("level", [None, cache.platform_levels()[-1]])
def test_a_first_start_with_a_seed_compiles_nothing(program: Program, seed: Path, level: str | None) -> None:
    program.settings["PLAYGROUND_SEED_DIR"] = str(seed)
    if level:
        program.settings["PLAYGROUND_CPU_LEVEL"] = level
    told = program.start()
    assert_warm(told)
    assert told["level"] == (level or cache.host_level())
    assert not program.files()


def test_a_damaged_seed_is_made_good(program: Program, seed: Path) -> None:
    program.settings["PLAYGROUND_SEED_DIR"] = str(shutil.copytree(seed, program.folder / "seed"))
    for path in (program.folder / "seed").rglob("*total*"):
        path.write_bytes(path.read_bytes()[:-1])
    assert not program.start()["warm"]
    assert_warm(program.start())


def test_a_damaged_cache_is_made_good_by_the_seed(started: Program, seed: Path) -> None:
    started.settings["PLAYGROUND_SEED_DIR"] = str(seed)
    for path in started.files():
        path.write_bytes(flip(path.read_bytes(), 50))
    assert_warm(started.start())


def test_a_seed_of_lower_levels_alone_is_preferred_to_compiling(program: Program, seed: Path) -> None:
    *higher, lowest = cache.platform_levels()
    lacking = shutil.copytree(seed, program.folder / "seed")
    for level in higher:
        for path in lacking.glob(f"*-{level}"):
            shutil.rmtree(path)
    program.settings["PLAYGROUND_SEED_DIR"] = str(lacking)
    told = program.start()
    assert_warm(told)
    assert told["level"] == lowest


def test_all_levels_hold_the_same_kernels(seed: Path) -> None:
    folders = [path for path in seed.iterdir() if path.is_dir()]
    assert {path.name.partition("-")[2] for path in folders} == set(cache.platform_levels())
    (held,) = {tuple(sorted(file.name for file in path.iterdir())) for path in folders}
    assert len(held) == 6


@pytest.mark.skipif(jit.IS_PLAIN, reason="nothing is compiled")
def test_what_is_compiled_for_another_machine_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.full(3, -2.0), np.zeros(3)
    monkeypatch.setattr(jit, "kept", set())
    jit.Kernel(activations.relu.function)(x, y, 0)
    (name,) = jit.kept
    # In the place of this machine's own code: another kernel's, so that its being run is seen.
    jit.kept.clear()
    jit.Kernel(activations.linear.function)(x, y, 0)
    (other,) = jit.kept
    found = next(place for place in cache.folders() if (place / other).exists())
    shutil.copy(found / other, tmp_path / name)
    monkeypatch.setattr(jit, "run_from", [tmp_path])
    y[:] = 0
    jit.Kernel(activations.relu.function)(x, y, 0)
    assert y.tolist() == x.tolist()


def test_a_packaged_program_has_no_sources_and_finds_its_seed(program: Program, seed: Path) -> None:
    bare = shutil.copytree(program.source, program.folder / "packaged")
    compileall.compile_dir(bare, quiet=1, legacy=True)
    for path in bare.rglob("*.py"):
        path.unlink()
    shutil.copytree(seed, bare / "kernels")
    program.source = bare
    assert_warm(program.start(f"import sys; sys.frozen = True; sys._MEIPASS = {str(bare)!r}\n{START}"))
