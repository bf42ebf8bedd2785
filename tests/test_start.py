"""packaging/start.py: what it finds out and decides, without installing anything."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).parent.parent / "packaging" / "start.py"
DEBIAN = {"ID": "debian", "VERSION_ID": "12"}
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux brings Qt's libraries itself")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module whose project is an empty folder, and which installs nothing."""
    spec = importlib.util.spec_from_file_location("start", PATH)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "start.json")
    # this very Python stands for the environment's: it has the playground
    monkeypatch.setattr(module, "PYTHON", sys.executable)
    (tmp_path / ".venv").mkdir()
    (tmp_path / "playground" / "kernels").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return module


@pytest.fixture
def done(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps of a set-up, in the order taken; each is only noted."""
    steps: list[str] = []
    monkeypatch.setattr(start, "complete_system", lambda missing: steps.append("system"))
    monkeypatch.setattr(start, "find_missing", lambda platforms, testing: {})
    monkeypatch.setattr(start, "probe_qt", lambda platforms: None)
    monkeypatch.setattr(start, "warm_kernels", lambda precisions: steps.append("kernels"))

    def install(stamp: dict[str, object], extras: list[str]) -> None:
        steps.append(" ".join(["install" if stamp else "new", *extras]))

    monkeypatch.setattr(start, "install", install)
    start.prepare(["train"])
    assert steps == ["system", "new", "kernels"]
    steps.clear()
    return steps


def test_a_second_call_has_nothing_to_do(start: ModuleType, done: list[str]) -> None:
    start.prepare(["train"])
    assert done == []


def test_a_changed_pyproject_is_installed_again(start: ModuleType, done: list[str]) -> None:
    (start.ROOT / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    start.prepare(["train"])
    assert done == ["install"]


def test_changed_kernels_are_only_compiled(start: ModuleType, done: list[str]) -> None:
    (start.ROOT / "playground" / "kernels" / "dense.py").write_text("new = 1\n")
    start.prepare(["train"])
    assert done == ["kernels"]


def test_the_test_extra_is_added_and_kept(start: ModuleType, done: list[str]) -> None:
    start.prepare(["test"])
    start.prepare(["train"])
    assert done == ["system", "install test", "kernels"]


@linux_only
def test_the_window_after_the_command_line_asks_for_qt_once(start: ModuleType, done: list[str]) -> None:
    start.prepare(["shot"])
    start.prepare(["shot"])
    assert done == ["system"]


def test_another_python_makes_the_environment_anew(
    start: ModuleType, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start.platform, "python_version", lambda: "3.13.99")
    start.prepare(["train"])
    assert done == ["system", "new", "kernels"]


@pytest.mark.parametrize("damage", ["", '{"base', "[]", '{"base": {}}'])
def test_a_half_made_environment_is_made_anew(start: ModuleType, done: list[str], damage: str) -> None:
    start.STAMP.write_text(damage)
    start.prepare(["train"])
    assert done == ["system", "new", "kernels"]


def test_a_broken_environment_is_made_anew(start: ModuleType, done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "PYTHON", str(start.VENV / "gone"))
    start.prepare(["train"])
    assert done == ["system", "new", "kernels"]


@linux_only
def test_after_a_qt_that_cannot_start_the_environment_is_kept(
    start: ModuleType, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(platforms: list[str]) -> None:
        raise start.SetupError

    (start.ROOT / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    with monkeypatch.context() as broken:
        broken.setattr(start, "probe_qt", stop)
        assert start.main(["shot"]) == 2
    start.prepare(["shot"])
    assert done == ["system", "install", "system", "kernels"]


def test_an_interrupted_installation_leaves_no_stamp(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    start.STAMP.write_text(json.dumps({"base": {}}))
    monkeypatch.setattr(start, "run", lambda command, **options: 1)
    with pytest.raises(start.SetupError, match="pip"):
        start.install({"base": {}}, [])
    assert not start.STAMP.exists()


@linux_only
@pytest.mark.parametrize(
    ("args", "environ", "platforms"),
    [
        ([], {}, ["offscreen"]),
        (["saved.playground"], {"DISPLAY": ":0"}, ["xcb"]),
        ([], {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ["wayland", "xcb"]),
        ([], {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, ["offscreen"]),
        ([], {"QT_QPA_PLATFORM": "wayland:decoration;xcb"}, ["wayland", "xcb"]),
        (["shot"], {"DISPLAY": ":0"}, ["offscreen"]),
        (["test"], {}, ["offscreen", "xcb"]),
        (["train", "a.toml"], {"DISPLAY": ":0"}, []),
        (["knobs"], {"DISPLAY": ":0"}, []),
    ],
)
def test_only_what_the_call_shows_asks_for_qt(
    start: ModuleType, args: list[str], environ: dict[str, str], platforms: list[str]
) -> None:
    assert start.choose_platforms(args, environ) == platforms


@linux_only
def test_a_missing_library_is_told_by_its_debian_package(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "can_load", lambda library: library != "libxcb-cursor.so.0")
    assert start.find_missing(["offscreen"], testing=False) == {}
    assert start.find_missing(["xcb"], testing=False) == {"libxcb-cursor0": "libxcb-cursor.so.0"}


@linux_only
def test_a_python_without_venv_asks_for_its_own_package(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    assert list(start.find_missing([], testing=False)) == [f"python3.{sys.version_info[1]}-venv"]


@pytest.mark.parametrize(
    ("release", "package"),
    [
        ({"ID": "debian", "VERSION_ID": "12"}, "libglib2.0-0"),
        ({"ID": "debian", "VERSION_ID": "13"}, "libglib2.0-0t64"),
        ({"ID": "debian"}, "libglib2.0-0"),
        ({"ID": "ubuntu", "VERSION_ID": "22.04"}, "libglib2.0-0"),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "libglib2.0-0t64"),
    ],
)
def test_the_install_line_names_the_packages_of_the_release(
    start: ModuleType, release: dict[str, str], package: str
) -> None:
    line = start.write_install_line(["libgl1", "libglib2.0-0"], release)
    assert line == f"apt-get install -y --no-install-recommends libgl1 {package}"


@linux_only
def test_without_root_it_stops_with_the_exact_line(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(start.platform, "freedesktop_os_release", lambda: DEBIAN)
    monkeypatch.setattr(start.os, "geteuid", lambda: 1000)
    with pytest.raises(start.SetupError) as stop:
        start.complete_system({"libgl1": "libGL.so.1"})
    assert "libGL.so.1" in str(stop.value)
    assert "sudo apt-get update && sudo apt-get install -y" in str(stop.value)
    assert str(stop.value).endswith("libgl1")


@linux_only
def test_as_root_it_installs_and_says_so(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run(command: list[str], **options: object) -> int:
        ran.append(" ".join(command[:2]))
        return 0

    monkeypatch.setattr(start.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(start.platform, "freedesktop_os_release", lambda: DEBIAN)
    monkeypatch.setattr(start.os, "geteuid", lambda: 0)
    monkeypatch.setattr(start, "run", run)
    start.complete_system({"libgl1": "libGL.so.1"})
    assert ran == ["apt-get update", "apt-get install"]
    assert "Installed: libgl1" in capsys.readouterr().err


def test_a_qt_that_cannot_start_is_told_in_the_loaders_words(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "PROBE", "raise OSError('libxyz.so.1: cannot open shared object file')")
    with pytest.raises(start.SetupError, match=r"libxyz\.so\.1"):
        start.probe_qt(["xcb"])


def test_qt_that_can_start_passes(start: ModuleType) -> None:
    start.probe_qt(["offscreen"])


@pytest.mark.parametrize("version", [(3, 10, 12), (3, 14, 0)])
def test_a_python_that_does_not_fit_ends_with_status_2(
    start: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    version: tuple[int, int, int],
) -> None:
    monkeypatch.setattr(start.sys, "version_info", version)
    assert start.main([]) == 2
    assert "needs Python 3.11 to 3.13" in capsys.readouterr().err


def test_all_checks_run_even_if_one_fails(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = iter([1, 0, 0, 0, 0, 5])
    monkeypatch.setattr(start, "run", lambda command, **options: next(statuses))
    assert start.run_checks([]) == 1
    summary = capsys.readouterr().err.splitlines()[-6:]
    assert [line[:20].split()[-1] for line in summary] == ["FAILED", "ok", "ok", "ok", "ok", "none"]


def test_what_is_checked_before_a_commit_is_what_is_checked_here(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(start, "PYTHON", "python")
    monkeypatch.setattr(start, "SCRIPTS", Path())
    monkeypatch.setattr(start, "run", lambda command, **options: ran.append(" ".join(command)) or 0)
    start.run_checks([])
    hooks = (PATH.parents[1] / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = [line.partition("entry: ")[2] for line in hooks.splitlines() if "entry: " in line]
    assert entries == [command for command in ran if "pytest" not in command]
    assert "python -m ruff format --check ." in entries


def test_the_script_is_read_by_the_oldest_pythons_that_it_must_refuse() -> None:
    parsed = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 7))"
    assert subprocess.run([sys.executable, "-c", parsed, str(PATH)]).returncode == 0
