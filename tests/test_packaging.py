"""packaging/: what the packages are made of is well formed and says the same everywhere; nothing is built here."""

from __future__ import annotations

import importlib.util
import plistlib
import re
import shutil
import struct
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PACKAGING = ROOT / "packaging"
MIME = "application/x-training-playground"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def load(name: str) -> ModuleType:
    """A script of packaging/ as a module; it may import its neighbours."""
    spec = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "start", load("start"))
    return load("build")


def read_png(data: bytes) -> int:
    """The side of a square PNG."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width == height
    return int(width)


@pytest.fixture(scope="module")
def icons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("icons")
    ran = subprocess.run([sys.executable, PACKAGING / "icons.py", folder], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return folder


def test_an_icon_is_rendered_in_every_size(icons: Path) -> None:
    sides = {read_png(path.read_bytes()) for path in icons.glob("*.png")}
    assert {16, 32, 48, 64, 128, 256, 512} <= sides
    assert all(read_png(path.read_bytes()) == int(path.stem) for path in icons.glob("*.png"))


def test_windows_icon_holds_the_pictures_that_it_lists(icons: Path) -> None:
    data = (icons / "icon.ico").read_bytes()
    reserved, kind, count = struct.unpack("<HHH", data[:6])
    assert (reserved, kind) == (0, 1)
    for index in range(count):
        side, _, _, _, _, bits, length, offset = struct.unpack("<BBBBHHII", data[6 + 16 * index : 22 + 16 * index])
        assert read_png(data[offset : offset + length]) == (side or 256)
        assert bits == 32
    assert offset + length == len(data)


def test_macos_icon_holds_the_pictures_that_it_lists(icons: Path) -> None:
    data = (icons / "icon.icns").read_bytes()
    assert struct.unpack(">4sI", data[:8]) == (b"icns", len(data))
    sides, at = {}, 8
    while at < len(data):
        name, length = struct.unpack(">4sI", data[at : at + 8])
        sides[name] = read_png(data[at + 8 : at + length])
        at += length
    assert sides == load("icons").ICNS_SIDES


def test_the_icon_is_seen_at_16_pixels(icons: Path) -> None:
    from PySide6.QtGui import QImage

    image = QImage(str(icons / "16.png"))
    colors = [image.pixelColor(x, y) for x in range(16) for y in range(16)]
    blue = sum(color.blue() > 200 and color.red() < 120 for color in colors)
    orange = sum(color.red() > 220 and color.blue() < 120 for color in colors)
    assert blue > 15
    assert orange > 15


def test_versions_agree() -> None:
    from playground import __version__

    assert PROJECT["version"] == __version__


def test_constraints_pin_what_the_project_asks_for_and_name_no_address() -> None:
    lines = (PACKAGING / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", pin) for pin in pins)
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["package"]]
    names = {re.split(r"[^a-z0-9-]", line)[0] for line in wanted}
    assert names <= {pin.split("==")[0] for pin in pins}


def test_a_project_file_has_one_type_everywhere() -> None:
    desktop = (PACKAGING / "linux/training-playground.desktop").read_text(encoding="utf-8")
    metainfo = ElementTree.parse(PACKAGING / "linux/training-playground.metainfo.xml")
    types = ElementTree.parse(PACKAGING / "linux/training-playground.xml").getroot()
    told = plistlib.loads((PACKAGING / "macos/info.plist").read_bytes())["UTExportedTypeDeclarations"][0]
    named = "{http://www.freedesktop.org/standards/shared-mime-info}"
    assert f"MimeType={MIME};" in desktop.splitlines()
    assert metainfo.findtext("provides/mediatype") == MIME
    assert [kind.get("type") for kind in types.iter(f"{named}mime-type")] == [MIME]
    assert [glob.get("pattern") for glob in types.iter(f"{named}glob")] == ["*.playground"]
    assert told["UTTypeTagSpecification"]["public.mime-type"] == MIME
    assert told["UTTypeTagSpecification"]["public.filename-extension"] == ["playground"]
    assert r"Software\Classes\.playground" in (PACKAGING / "windows/installer.iss").read_text(encoding="utf-8")


def test_macos_lets_numba_run_what_it_compiles() -> None:
    entitlements = plistlib.loads((PACKAGING / "macos/entitlements.plist").read_bytes())
    assert entitlements["com.apple.security.cs.allow-jit"]
    assert entitlements["com.apple.security.cs.allow-unsigned-executable-memory"]


def test_windows_version_is_an_expression_of_known_parts(build: ModuleType, tmp_path: Path) -> None:
    out = build.fill(PACKAGING / "windows/version.txt", tmp_path / "v.txt", VERSION="1.2.3", NUMBERS="1, 2, 3, 0")
    info = ("StringFileInfo", "StringTable", "StringStruct", "VarFileInfo", "VarStruct")
    parts = ("VSVersionInfo", "FixedFileInfo", *info)
    known = {name: lambda *values, **named: (values, named) for name in parts}
    _, told = eval(out.read_text(), known)  # as PyInstaller does
    assert told["ffi"][1]["filevers"] == (1, 2, 3, 0)


def test_every_library_that_setup_looks_for_is_one_that_the_package_asks_for(build: ModuleType) -> None:
    for _, library, package in build.start.LIBRARIES:
        assert build.PACKAGES[library] == package


@pytest.mark.skipif(sys.platform != "linux", reason="the script is for Linux")
def test_the_portable_start_names_what_is_missing(build: ModuleType, tmp_path: Path) -> None:
    build.BUNDLE = tmp_path
    build.write_start_script()
    program = tmp_path / "playground"
    program.write_text("#!/bin/sh\necho started $*\n")
    program.chmod(0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    ldd = tools / "ldd"
    ldd.write_text("#!/bin/sh\nprintf '\\tlibxcb-cursor.so.0 => not found\\n\\tlibc.so.6 => /lib/libc.so.6\\n'\n")
    ldd.chmod(0o755)

    def start(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": path, "DISPLAY": ":1"}
        return subprocess.run([tmp_path / "start.sh", *arguments], env=environment, capture_output=True, text=True)

    lacking = start(path=f"{tools}:/usr/bin:/bin")
    assert lacking.returncode == 2
    assert "lacks libxcb-cursor.so.0" in lacking.stderr
    assert "apt-get install libxcb-cursor0\n" in lacking.stderr
    # what needs no window runs all the same
    assert start("train", "--epochs", "5", path=f"{tools}:/usr/bin:/bin").stdout == "started train --epochs 5\n"
    assert start("a.playground", path="/usr/bin:/bin").stdout == "started a.playground\n"


def prepare_notices(build: ModuleType, monkeypatch: pytest.MonkeyPatch, folder: Path, taken: str) -> None:
    monkeypatch.setattr(build, "BUILD", folder)
    monkeypatch.setattr(build, "BUNDLE", folder / "bundle")
    (folder / "bundle" / "_internal").mkdir(parents=True)
    (folder / "taken.txt").write_text(taken)
    (folder / "NOTICES.txt").write_text("those of the packages\n")


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="asks Debian's packages")
def test_licences_of_the_systems_own_libraries_are_told(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepare_notices(build, monkeypatch, tmp_path, "libc.so.6")
    build.add_licences()
    told = (tmp_path / "bundle" / "_internal" / "NOTICES.txt").read_text(encoding="utf-8")
    assert told.startswith("those of the packages\n\n\nlibc.so.6\n=========\n\n")
    assert "GNU C Library" in told
    assert told == (tmp_path / "NOTICES.txt").read_text(encoding="utf-8")


def test_where_licences_are_not_known_nothing_is_built(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepare_notices(build, monkeypatch, tmp_path, "libffi.so.8")
    monkeypatch.setattr(build.shutil, "which", lambda name: None)
    with pytest.raises(build.SetupError, match="libffi"):
        build.add_licences()
