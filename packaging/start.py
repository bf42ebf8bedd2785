"""Make the environment, then open the playground.

    python3 packaging/start.py [ARGS]               the window, or what ARGS ask for: train, shot, knobs, ...
    python3 packaging/start.py test [PYTEST ARGS]   tests, offscreen and in a window, lint, format, types, imports

Standard library only. The environment is the folder `.venv` beside `playground`; a stamp in it tells what was
done, so that the next call goes straight to the program. What is said here goes to standard error: the output
of `train --json` stays clean. Status 2 if the set-up cannot go on, else the program's own.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "start.json"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(SCRIPTS / ("python.exe" if os.name == "nt" else "python"))

OLDEST, NEWEST = (3, 11), (3, 13)
QT_FREE = {"train", "sweep", "knobs", "data", "export", "bench", "-h", "--help", "--version"}

# What Qt needs of a Linux system: for which platform plugin, the library, the Debian package that has it.
LIBRARIES = [
    ("offscreen", "libGL.so.1", "libgl1"),
    ("offscreen", "libEGL.so.1", "libegl1"),
    ("offscreen", "libgthread-2.0.so.0", "libglib2.0-0"),
    ("offscreen", "libdbus-1.so.3", "libdbus-1-3"),
    ("offscreen", "libfontconfig.so.1", "libfontconfig1"),
    ("offscreen", "libxkbcommon.so.0", "libxkbcommon0"),
    ("xcb", "libxcb-cursor.so.0", "libxcb-cursor0"),
    ("xcb", "libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("xcb", "libxcb-icccm.so.4", "libxcb-icccm4"),
    ("xcb", "libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("xcb", "libxcb-shape.so.0", "libxcb-shape0"),
    ("wayland", "libwayland-cursor.so.0", "libwayland-cursor0"),
]
SCREEN_PROGRAMS = [("Xvfb", "xvfb"), ("xauth", "xauth")]

# Qt aborts the whole process when its platform plugin cannot load: another process tries it first.
PROBE = """
import ctypes, pathlib, sys
import PySide6.QtWidgets
plugins = pathlib.Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms"
for name in sys.argv[1:]:
    for plugin in plugins.glob(f"libq{name}*.so"):
        ctypes.CDLL(str(plugin))
"""


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(command: list[str], **options: Any) -> int:
    """Run a command to its end, through a Ctrl-C that it gets too and may need time to obey."""
    with subprocess.Popen(command, **options) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait()
            raise


def refuse_wrong_python() -> None:
    """Stop unless this Python is one that the program and its libraries run on."""
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    if OLDEST <= sys.version_info[:2] <= NEWEST and not free_threaded:
        return
    found = platform.python_version() + (" (free-threaded)" if free_threaded else "")
    others = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    fitting = next((name for name in others if shutil.which(name)), "")
    hint = f" Use the one that is here: {fitting} packaging/start.py" if fitting else ""
    raise SetupError(f"The playground needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; this is {found}.{hint}")


# --- the system -------------------------------------------------------------------------------------------


def choose_platforms(args: list[str], environ: dict[str, str]) -> list[str]:
    """Qt's platform plugins that the call with `args` must be able to load; none on macOS and Windows."""
    if sys.platform != "linux" or (args and args[0] in QT_FREE):
        return []
    if args[:1] == ["test"]:
        return ["offscreen", "xcb"]
    if args[:1] in (["shot"], ["--smoke"]):
        return ["offscreen"]
    if environ.get("QT_QPA_PLATFORM"):
        return sorted({name.split(":")[0] for name in environ["QT_QPA_PLATFORM"].split(";")})
    shown = {"wayland": environ.get("WAYLAND_DISPLAY"), "xcb": environ.get("DISPLAY")}
    return [name for name, display in shown.items() if display] or ["offscreen"]


def can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def find_missing(platforms: list[str], testing: bool) -> dict[str, str]:
    """What the system lacks: the name of Debian's package -> the library, program or module it has."""
    missing: dict[str, str] = {}
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        missing[f"python3.{sys.version_info[1]}-venv"] = "Python's modules venv and ensurepip"
    for plugin, library, package in LIBRARIES:
        if platforms and plugin in ["offscreen", *platforms] and not can_load(library):
            missing[package] = library
    for program, package in SCREEN_PROGRAMS if testing and sys.platform == "linux" else []:
        if not shutil.which(program):
            missing[package] = program
    return missing


def write_install_line(packages: list[str], release: dict[str, str]) -> str:
    """The apt-get line for these packages on the system that `release` (os-release) tells of."""
    first_with_t64 = {"ubuntu": 24.04, "debian": 13.0}.get(release.get("ID", ""), float("inf"))
    version = release.get("VERSION_ID", "0")
    renamed = version.replace(".", "", 1).isdigit() and float(version) >= first_with_t64
    names = [name + "t64" if renamed and name == "libglib2.0-0" else name for name in packages]
    return "apt-get install -y --no-install-recommends " + " ".join(names)


def complete_system(missing: dict[str, str]) -> None:
    """Install what is missing, where that is Debian or Ubuntu and we are root; else stop and tell how."""
    if not missing:
        return
    lack = "This system lacks " + ", ".join(missing.values()) + "."
    if sys.platform != "linux" or not shutil.which("apt-get"):
        raise SetupError(f"{lack}\nInstall what has it, then give the same command again.")
    line = write_install_line(list(missing), platform.freedesktop_os_release())
    if os.geteuid() != 0:
        by_hand = f"sudo apt-get update && sudo {line}"
        raise SetupError(f"{lack}\nRun this line, then the same command again:\n  {by_hand}")
    say(f"{lack}\nAs root, installing it: {line}")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "update", "-q"], stdout=2, env=quiet)  # if stale lists do, its failure does not matter
    if run(line.split(), stdout=2, env=quiet) != 0:
        raise SetupError(f"apt-get failed; its reason is above. The line was:\n  {line}")
    say("Installed: " + " ".join(missing))


def probe_qt(platforms: list[str]) -> None:
    """Stop with the loader's own words if Qt cannot be imported, or a platform plugin not loaded."""
    if not platforms:
        return
    result = subprocess.run([PYTHON, "-c", PROBE, *platforms], capture_output=True, text=True)
    if result.returncode != 0:
        reason = (result.stderr.strip() or f"status {result.returncode}").splitlines()[-1]
        raise SetupError(f"Qt cannot start on this system: {reason}\nInstall the package that has it.")


# --- the environment --------------------------------------------------------------------------------------


def hash_files(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def read_stamp(base: dict[str, str]) -> dict[str, Any]:
    """What was done in an environment made for `base`; empty if that is half made, broken or another's."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        alive = "import importlib.util as u, sys; sys.exit(u.find_spec('playground') is None)"
        works = subprocess.run([PYTHON, "-I", "-c", alive], capture_output=True).returncode == 0
    except (OSError, ValueError):
        return {}
    return stamp if works and isinstance(stamp, dict) and stamp.get("base") == base else {}


def remember(stamp: dict[str, Any]) -> None:
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


def install(stamp: dict[str, Any], extras: list[str]) -> None:
    """Make the environment unless `stamp` tells of one, and install the project in it, editable."""
    if not stamp:
        say("Making the environment in .venv; this happens once and takes a minute or two.")
        # not a Python from inside the environment that is about to be cleared
        python = getattr(sys, "_base_executable", None) or sys.executable
        if run([python, "-m", "venv", "--clear", str(VENV)], stdout=2) != 0:
            raise SetupError("The environment could not be made; the reason is above.")
    # while pip works, an interruption leaves no stamp: the environment counts as half made
    STAMP.unlink(missing_ok=True)
    project = f".[{','.join(extras)}]" if extras else "."
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", *quiet]
    if run([*pip, "install", "--editable", project], stdout=2, cwd=ROOT) != 0:
        raise SetupError("pip could not install the project; its reason is above.")


def warm_kernels(precisions: list[str]) -> None:
    """Compile the kernels into the user's cache. The program can do that itself: a failure is only said."""
    say("Compiling the kernels; this takes half a minute or so ...")
    if run([PYTHON, "-P", "-m", "playground.training.warm", "--precisions", ",".join(precisions)], stdout=2) != 0:
        say("That failed; they will be compiled when the program first needs them.")


def prepare(args: list[str]) -> None:
    """Bring system, environment and kernel cache to where the call with `args` can run."""
    testing = args[:1] == ["test"]
    base = {"root": str(ROOT), "python": f"{platform.python_version()} in {sys.base_prefix}"}
    old = read_stamp(base)
    new: dict[str, Any] = {
        "base": base,
        "project": hash_files([ROOT / "pyproject.toml"]),
        "extras": sorted({*old.get("extras", []), *(["test"] if testing else [])}),
        "platforms": sorted({*old.get("platforms", []), *choose_platforms(args, dict(os.environ))}),
        "kernels": hash_files(list((ROOT / "playground" / "kernels").glob("*.py"))),
        # tests need double precision too
        "precisions": sorted({*old.get("precisions", ["float32"]), *(["float64"] if testing else [])}),
    }
    if new == old:
        return
    if any(new[key] != old.get(key) for key in ("platforms", "extras")):
        complete_system(find_missing(new["platforms"], testing))
    if any(new[key] != old.get(key) for key in ("project", "extras")):
        install(old, new["extras"])
        # what follows may be interrupted, or stop: the environment need not be made again
        remember({**new, "platforms": [], "kernels": ""})
    probe_qt(new["platforms"])
    if any(new[key] != old.get(key) for key in ("kernels", "precisions")):
        remember({**new, "kernels": ""})
        warm_kernels(new["precisions"])
    remember(new)


# --- what was asked for -----------------------------------------------------------------------------------


def run_program(args: list[str]) -> int:
    """Hand over to the program: its signals and its status are this command's."""
    command = [PYTHON, "-P", "-m", "playground", *args]
    if os.name == "posix":
        os.execv(PYTHON, command)
    return run(command)


def run_checks(pytest_args: list[str]) -> int:
    """Run every check to its end, then tell which failed; status 1 if any did."""
    linux = sys.platform == "linux"
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24"] if linux else []
    window = {"linux": "xcb", "darwin": "cocoa", "win32": "windows"}.get(sys.platform, "xcb")
    pytest = [PYTHON, "-m", "pytest", *pytest_args]
    checks = [
        ("lint", [PYTHON, "-m", "ruff", "check", "."], "offscreen"),
        ("format", [PYTHON, "-m", "ruff", "format", "--check", "."], "offscreen"),
        ("imports", [str(SCRIPTS / "lint-imports")], "offscreen"),
        ("types", [PYTHON, "-m", "mypy"], "offscreen"),
        ("tests", pytest, "offscreen"),
        # with what Python looks at besides, memory among it, which costs all tests too much
        ("real window", [*screen, PYTHON, "-X", "dev", *pytest[1:], "-m", "real_window"], window),
    ]
    summary, failed = [], False
    for name, command, qt in checks:
        say(f"\n== {name}")
        began = time.monotonic()
        status = run(command, cwd=ROOT, env=dict(os.environ, QT_QPA_PLATFORM=qt))
        # 5: the arguments chose no test of that kind
        verdict = "ok" if status == 0 else "none" if status == 5 and name == "real window" else "FAILED"
        failed = failed or verdict == "FAILED"
        summary.append(f"{name:12} {verdict:7} {time.monotonic() - began:6.1f} s")
    say("\n" + "\n".join(summary))
    return int(failed)


def main(args: list[str]) -> int:
    try:
        refuse_wrong_python()
        prepare(args)
        return run_checks(args[1:]) if args[:1] == ["test"] else run_program(args)
    except SetupError as reason:
        say(str(reason))
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
