"""Build everything that this platform can, into `dist`, and test it.

    python3 packaging/build.py                     the bundle and every package of it
    python3 packaging/build.py --only bundle deb   some of: bundle deb tar appimage dmg installer

Standard library only. The environment of the build is the folder `build/venv`, its packages are those of
constraints.txt; PyInstaller makes the bundle (playground.spec). Status 2 if the build cannot go on, 1 if what was
built fails its tests.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import start
from start import ROOT, SetupError, say

HERE = ROOT / "packaging"
BUILD = ROOT / "build"
DIST = ROOT / "dist"
NAME = "training-playground"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
SYSTEM = {"linux": "linux", "darwin": "macos", "win32": "windows"}[sys.platform]
MACHINE = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
PYTHON = BUILD / "venv" / ("Scripts/python.exe" if SYSTEM == "windows" else "bin/python")

BUNDLE = DIST / (f"{NAME}.app" if SYSTEM == "macos" else NAME)
PROGRAM = BUNDLE / {"macos": "Contents/MacOS/playground", "windows": "playground.exe"}.get(SYSTEM, "playground")

# The oldest system that the bundle is meant for is Ubuntu 22.04: its glibc and libstdc++.
OLDEST = {"GLIBC": (2, 35), "GLIBCXX": (3, 4, 30)}
# What the bundle takes from the system besides start.LIBRARIES: the library, the Debian package that has it.
FURTHER = {
    **{f"{name}.so.{number}": "libc6" for name, number in [("libc", 6), ("libm", 6), ("ld-linux-x86-64", 2)]},
    **{f"lib{name}": "libc6" for name in ("dl.so.2", "pthread.so.0", "rt.so.1", "util.so.1", "resolv.so.2")},
    "libgcc_s.so.1": "libgcc-s1",
    "libstdc++.so.6": "libstdc++6",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
    "libexpat.so.1": "libexpat1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfreetype.so.6": "libfreetype6",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libwayland-client.so.0": "libwayland-client0",
}
PACKAGES = dict(sorted({**FURTHER, **{library: package for _, library, package in start.LIBRARIES}}.items()))


class CheckError(Exception):
    """What was built does not pass a test."""


def call(*command: str | Path, **options: str | Path) -> None:
    """Run a command that must succeed."""
    line = [str(part) for part in command]
    if start.run(line, **options) != 0:
        raise SetupError(f"This failed; its reason is above:\n  {' '.join(line)}")


def ask(*command: str | Path) -> str:
    """What a command prints, which must succeed."""
    line = [str(part) for part in command]
    ran = subprocess.run(line, capture_output=True, encoding="utf-8", cwd=ROOT)
    if ran.returncode != 0:
        raise SetupError(f"{ran.stderr}\nThis failed:\n  {' '.join(line)}")
    return ran.stdout


# --- before the bundle ------------------------------------------------------------------------------------


def complete_system() -> None:
    """Install, or name, what building needs of the system."""
    if SYSTEM != "linux":
        return
    missing = start.find_missing(["offscreen"], testing=False)
    programs = {"objdump": "binutils", "zstd": "zstd", "desktop-file-validate": "desktop-file-utils"}
    missing |= {package: name for name, package in programs.items() if not shutil.which(name)}
    library = str(sysconfig.get_config_var("INSTSONAME"))
    if not (Path(sysconfig.get_config_var("LIBDIR")) / library).exists() and not start.can_load(library):
        missing[f"libpython3.{sys.version_info[1]}"] = library
    start.complete_system(missing)


def make_environment() -> None:
    """The environment of the build: exactly what constraints.txt names, the project itself not among it."""
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["package"]]
    constraints = HERE / "constraints.txt"
    stamp = BUILD / "venv" / "build.json"
    state = [wanted, start.hash_files([constraints]), sys.version, sys.base_prefix]
    if stamp.exists() and json.loads(stamp.read_text()) == state:
        return
    call(getattr(sys, "_base_executable", None) or sys.executable, "-m", "venv", "--clear", BUILD / "venv")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    call(*pip, "--only-binary", ":all:", "--constraint", constraints, *wanted)
    stamp.write_text(json.dumps(state))


def commit_time() -> str:
    """The seconds of the commit that is built, or of the changelog where there is no repository."""
    if (ROOT / ".git").exists():
        return ask("git", "log", "-1", "--format=%ct").strip()
    return str(int((ROOT / "CHANGELOG.md").stat().st_mtime))


def commit_date() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))


def fill(template: Path, out: Path, **values: str) -> Path:
    """Copy a text file with each @NAME@ replaced."""
    text = re.sub("@([A-Z_]+)@", lambda found: values[found[1]], template.read_text(encoding="utf-8"))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    shutil.copymode(template, out)
    return out


# --- the bundle -------------------------------------------------------------------------------------------


def make_kernels() -> None:
    """Compile the kernels for every CPU level, unless that was done for the same sources and versions."""
    stamp = BUILD / "kernels" / "stamp.txt"
    wanted = ask(PYTHON, "-P", "-c", "from playground.kernels import cache; print(cache.code_stamp(), end='')")
    if not stamp.exists() or stamp.read_text() != wanted:
        call(PYTHON, "-P", "-m", "playground.training.warm", "--seed", stamp.parent)


def make_bundle() -> None:
    call(PYTHON, HERE / "icons.py", BUILD / "icons")
    notices = "from playground import about; print(about.collect_notices(), end='')"
    (BUILD / "NOTICES.txt").write_text(ask(PYTHON, "-P", "-c", notices), encoding="utf-8")
    numbers = ", ".join([*VERSION.split("."), "0"])
    fill(HERE / "windows/version.txt", BUILD / "version.txt", VERSION=VERSION, NUMBERS=numbers)
    folders: list[str | Path] = ["--distpath", DIST, "--workpath", BUILD / "pyinstaller"]
    call(PYTHON, "-m", "PyInstaller", HERE / "playground.spec", *folders, "--noconfirm", "--log-level", "ERROR")
    if SYSTEM == "linux":
        strip_symbols()
        add_licences()
        write_start_script()


def add_licences() -> None:
    """Tell the licences of the libraries that come from this system, as its packages tell them."""
    taken, parts = (BUILD / "taken.txt").read_text(encoding="utf-8").split(), []
    if taken and not shutil.which("dpkg-query"):
        raise SetupError(f"The licences of {', '.join(taken)} are known on Debian and Ubuntu only; build it there.")
    for library in taken:
        package = ask("dpkg-query", "--search", f"*/{library}").split(":")[0]
        text = Path(f"/usr/share/doc/{package}/copyright").read_text(encoding="utf-8", errors="replace").strip()
        parts.append(f"\n\n{library}\n{'=' * len(library)}\n\n{text}\n")
    notices = BUILD / "NOTICES.txt"
    notices.write_text(notices.read_text(encoding="utf-8") + "".join(parts), encoding="utf-8")
    shutil.copy(notices, BUNDLE / "_internal")


def strip_symbols() -> None:
    """Take the linker's symbols from Python and LLVM: 40 MB. Of OpenBLAS this would make rubbish."""
    inside = BUNDLE / "_internal"
    found = [*inside.glob("libpython*"), *inside.glob("python3*/lib-dynload/*.so"), *inside.rglob("libllvmlite.so")]
    call("strip", "--strip-unneeded", *found)


def write_start_script() -> None:
    libraries = "\n".join(f"{library} {package}" for library, package in PACKAGES.items())
    out = BUNDLE / "start.sh"
    fill(HERE / "linux" / "start.sh", out, LIBRARIES=libraries, QT_FREE=" | ".join(sorted(start.QT_FREE)))


def binaries() -> Iterator[Path]:
    """The bundle's programs and shared libraries."""
    for path in sorted(BUNDLE.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF":
            yield path


def newest_needed() -> dict[str, tuple[tuple[int, ...], str]]:
    """Of glibc and libstdc++ the newest version that any part of the bundle needs, and that part's name."""
    newest: dict[str, tuple[tuple[int, ...], str]] = dict.fromkeys(OLDEST, ((0,), ""))
    for path in binaries():
        undefined = [line for line in ask("objdump", "-T", path).splitlines() if "*UND*" in line]
        for name, version in re.findall(r"\b(GLIBC|GLIBCXX)_([0-9.]+)", "\n".join(undefined)):
            number = tuple(map(int, version.split(".")))
            newest[name] = max(newest[name], (number, path.name))
    return newest


def system_packages() -> list[str]:
    """Debian's packages of the libraries that the bundle's parts name and it does not hold itself."""
    held = {path.name for path in BUNDLE.rglob("*.so*")}
    needed = {name for path in binaries() for name in re.findall(r"NEEDED\s+(\S+)", ask("objdump", "-p", path))}
    unknown = needed - held - PACKAGES.keys()
    if unknown:
        raise CheckError(f"nobody said which package has {', '.join(sorted(unknown))} (FURTHER in build.py)")
    return sorted({PACKAGES[name] for name in needed - held} | {package for _, _, package in start.LIBRARIES})


# --- packages ---------------------------------------------------------------------------------------------


def install_tree(root: Path) -> None:
    """What a Linux package puts where: the bundle, menu entry, icons, MIME type, metadata."""
    share, linux = root / "usr/share", HERE / "linux"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(BUNDLE, root / "usr/lib" / NAME, symlinks=True)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/playground").symlink_to(f"../lib/{NAME}/playground")
    copies = [(linux / f"{NAME}.desktop", "applications"), (linux / f"{NAME}.xml", "mime/packages")]
    for source, folder in copies:
        (share / folder).mkdir(parents=True)
        shutil.copy(source, share / folder)
    write_metainfo(share / "metainfo")
    for picture in (BUILD / "icons").glob("*.png"):
        apps = share / f"icons/hicolor/{picture.stem}x{picture.stem}/apps"
        apps.mkdir(parents=True)
        shutil.copy(picture, apps / f"{NAME}.png")
    (share / "icons/hicolor/scalable/apps").mkdir(parents=True)
    shutil.copy(ROOT / "assets/icon.svg", share / f"icons/hicolor/scalable/apps/{NAME}.svg")
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    fill(linux / "copyright", share / "doc" / NAME / "copyright", LICENCE=licence)
    shutil.copy(BUILD / "NOTICES.txt", share / "doc" / NAME)


def write_metainfo(folder: Path) -> Path:
    source = HERE / "linux" / f"{NAME}.metainfo.xml"
    return fill(source, folder / source.name, VERSION=VERSION, DATE=commit_date())


def make_deb() -> Path:
    root = BUILD / "deb"
    install_tree(root)
    glibc = ".".join(map(str, newest_needed()["GLIBC"][0]))
    versions = {"libc6": f"libc6 (>= {glibc})", "libglib2.0-0": "libglib2.0-0t64 | libglib2.0-0"}
    depends = [versions.get(package, package) for package in system_packages()]
    size = str(sum(sizes(root).values()) // 1024)
    values = {"VERSION": VERSION, "DEPENDS": ", ".join(depends), "SIZE": size, "DESCRIPTION": PROJECT["description"]}
    fill(HERE / "linux" / "control", root / "DEBIAN" / "control", **values)
    files = sorted(path for path in (root / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    sums = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files]
    (root / "DEBIAN" / "md5sums").write_text("".join(sums))
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    out = DIST / f"{NAME}_{VERSION}_amd64.deb"
    call("dpkg-deb", "--root-owner-group", "-Zxz", "-z2", "--build", root, out)
    call("dpkg-deb", "--info", out)
    call("desktop-file-validate", root / "usr/share/applications" / f"{NAME}.desktop")
    if shutil.which("appstreamcli"):
        call("appstreamcli", "validate", "--no-net", root / "usr/share/metainfo" / f"{NAME}.metainfo.xml")
    return out


def make_tar() -> Path:
    out = DIST / f"{NAME}-{VERSION}-linux-{MACHINE}.tar.zst"
    when = ["--sort=name", f"--mtime=@{os.environ['SOURCE_DATE_EPOCH']}", "--owner=0", "--group=0", "--numeric-owner"]
    call("tar", "--directory", DIST, *when, "--use-compress-program=zstd -T0 -12", "--create", "--file", out, NAME)
    with tempfile.TemporaryDirectory() as folder:
        call("tar", "--directory", folder, "--extract", "--file", out)
        call(Path(folder, NAME, "start.sh"), "--version")
    return out


def make_appimage() -> Path:
    out = DIST / f"{NAME}-{VERSION}-{MACHINE}.AppImage"
    call(HERE / "linux/appimage.sh", BUNDLE, BUILD / "icons", write_metainfo(BUILD), out)
    return out


def make_installer() -> Path:
    """Windows' installer; was not run."""
    call("iscc", f"/DVersion={VERSION}", f"/O{DIST}", HERE / "windows/installer.iss")
    return DIST / f"{NAME}-{VERSION}-setup.exe"


def make_dmg() -> Path:
    """The disk image with the bundle for macOS; was not run."""
    out = DIST / f"{NAME}-{VERSION}-{MACHINE}.dmg"
    call("hdiutil", "create", "-volname", "Training Playground", "-srcfolder", BUNDLE, "-ov", "-format", "ULMO", out)
    return out


# of each kind of package the system that it is for, the program that it takes, and what makes it
KINDS: dict[str, tuple[str, str, Callable[[], Path]]] = {
    "deb": ("linux", "dpkg-deb", make_deb),
    "tar": ("linux", "zstd", make_tar),
    "appimage": ("linux", "appimagetool", make_appimage),
    "dmg": ("macos", "hdiutil", make_dmg),
    "installer": ("windows", "iscc", make_installer),
}


# --- tests ------------------------------------------------------------------------------------------------


def sizes(folder: Path) -> dict[Path, int]:
    """The bytes of each file in a folder; links count nothing."""
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def tell_sizes() -> None:
    """The bundle's size and its five largest parts: what lies together, Python wherever it is."""
    parts: dict[str, int] = {}
    for path, size in sizes(BUNDLE).items():
        name = path.relative_to(BUNDLE).parts[:2][-1]
        owner = name.split(".")[0] if name.startswith(("numpy", "PySide6")) else name
        part = "Python" if re.match("libpython|python|base_library", owner) else owner
        parts[part] = parts.get(part, 0) + size
    say(f"{BUNDLE.name}: {sum(parts.values()) / 1e6:.0f} MB")
    for part, size in sorted(parts.items(), key=lambda item: -item[1])[:5]:
        say(f"  {size / 1e6:6.1f} MB  {part}")


def check_smoke() -> None:
    """Run the program as a new user would: nothing in its home, another working directory; no kernel may be missed."""
    with tempfile.TemporaryDirectory() as home:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PLAYGROUND_"))}
        places = {"HOME": home, "LOCALAPPDATA": home, "APPDATA": home}
        command = [str(PROGRAM), "--smoke", "--json"]
        ran = subprocess.run(command, env=kept | places, cwd=home, capture_output=True, text=True)
    say(ran.stdout + ran.stderr)
    if ran.returncode != 0 or json.loads(ran.stdout)["misses"] != 0:
        raise CheckError(f"the smoke run ended with status {ran.returncode}, or kernels were missing")


def check_libraries() -> None:
    """Tell what the bundle needs of the system, and refuse what no package was named for."""
    say("From the system: " + ", ".join(system_packages()))
    for name, (version, part) in newest_needed().items():
        fits = "" if version <= OLDEST[name] else ": more than Ubuntu 22.04 has"
        say(f"Needs {name} {'.'.join(map(str, version))} ({part}){fits}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=["bundle", *KINDS], metavar="KIND", help=", ".join(KINDS))
    only = parser.parse_args(arguments).only or ["bundle", *KINDS]
    steps: list[tuple[str, Callable[[], object]]] = [
        ("system", complete_system),
        ("environment", make_environment),
        ("kernels", make_kernels),
        ("bundle", make_bundle),
        ("sizes", tell_sizes),
        ("smoke run", check_smoke),
    ]
    if SYSTEM == "linux":
        steps.append(("libraries", check_libraries))
    for kind, (system, program, make) in KINDS.items():
        if kind in only and system == SYSTEM and shutil.which(program):
            steps.append((kind, make))
        elif kind in only and system == SYSTEM:
            say(f"No {program} here: {kind} is left out.")
    try:
        start.refuse_wrong_python()
        # nothing of the hour, nor of a seed for hashes, shall get into what is built
        os.environ |= {"SOURCE_DATE_EPOCH": commit_time(), "PYTHONHASHSEED": "0"}
        os.environ |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        for name, step in steps:
            say(f"\n== {name}")
            began = time.monotonic()
            made = step()
            size = f", {made.stat().st_size / 1e6:.1f} MB in {made.name}" if isinstance(made, Path) else ""
            say(f"{name}: {time.monotonic() - began:.0f} s{size}")
    except (SetupError, CheckError) as reason:
        say(str(reason))
        return 1 if isinstance(reason, CheckError) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
