"""What the system sends to end the program: nothing crashes, what was trained is written, no child is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from playground import cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


def command(*arguments):
    return [sys.executable, "-m", "playground", *map(str, arguments)]


@pytest.fixture
def environment(tmp_path):
    """A home of its own, and a platform that counts as a display."""
    named = {"PLAYGROUND_STATE_DIR": str(tmp_path / "state"), "PLAYGROUND_CONFIG_DIR": str(tmp_path / "config")}
    return os.environ | named | {"QT_QPA_PLATFORM": "offscreen:"}


TOLD = """
import sys
from playground import cli
from playground.training.run import Run
burst = Run.burst
def tell(run, *arguments):
    done = burst(run, *arguments)
    print("begun", file=sys.stderr, flush=True)
    return done
Run.burst = tell
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_training_writes_what_was_trained_whatever_ends_it(tmp_path, number):
    knobs = ("--epochs", 10_000_000, "--samples", 5000, "--layers", "64,64")
    told = [sys.executable, "-c", TOLD, "train", *map(str, knobs), "--out", str(tmp_path / "out")]
    with subprocess.Popen(told, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and process.stderr.readline() == "begun\n"
        process.send_signal(number)
        out, error = process.communicate(timeout=30)
    assert process.returncode == cli.INTERRUPTED, error
    rows = (tmp_path / "out" / "history.csv").read_text().count("\n") - 1
    assert f"{rows} epochs" in out


def test_what_ignores_a_closed_terminal_goes_on_ignoring_it():
    code = (
        "import os, signal; from playground.model import ending; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "ending.end_at_once(); os.kill(os.getpid(), signal.SIGHUP)\nwith ending.interrupting():\n"
        " os.kill(os.getpid(), signal.SIGHUP)\nprint('here')"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "here\n"


@pytest.mark.parametrize("wait", [0.3, 0.9])
def test_ctrl_c_while_starting_ends_at_once_without_a_crash(environment, wait):
    with subprocess.Popen(command(), env=environment, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        error = process.communicate(timeout=30)[1]
    assert (process.returncode, error) == (cli.INTERRUPTED, "") and time.monotonic() - began < 2


def children_of(process):
    """The processes that descend from one, by what the system tells."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    pairs = list(zip(map(int, found[::2]), map(int, found[1::2]), strict=True))
    mine, known = [], {process}
    while new := [pid for pid, parent in pairs if parent in known and pid not in known]:
        mine += new
        known.update(new)
    return mine


def is_alive(process):
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_compiles_ends_with_its_parent(environment, tmp_path, number):
    environment["PLAYGROUND_CACHE_DIR"] = str(tmp_path / "cache")
    with subprocess.Popen(command(), env=environment, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 30
        while not (children := children_of(process.pid)) and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1)
        children = children_of(process.pid)
        assert children
        process.send_signal(number)
        process.wait(30)
    until = time.monotonic() + 5
    while any(map(is_alive, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [child for child in children if is_alive(child)]


def test_an_unknown_cpu_level_is_refused_in_one_line(environment):
    environment["PLAYGROUND_CPU_LEVEL"] = "z80"
    found = subprocess.run(command(), env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == cli.BAD_INPUT and found.stderr.count("\n") == 1
    assert "PLAYGROUND_CPU_LEVEL: 'z80' is not accepted; it takes" in found.stderr


def test_sigterm_in_the_window_keeps_unsaved_work_which_the_next_start_offers(environment, tmp_path, monkeypatch):
    from playground.model import recovery

    code = (
        "import sys\nfrom PySide6.QtCore import QTimer\nfrom playground import app\n"
        "from playground.ui.window import Window\n"
        "usual = Window.showEvent\n"
        "def show(window, event):\n"
        "    usual(window, event)\n"
        "    QTimer.singleShot(500, lambda: (window.session.edit(noise=0.123), print('edited', flush=True)))\n"
        "Window.showEvent = show\nsys.exit(app.run())"
    )
    command_line = [sys.executable, "-c", code]
    with subprocess.Popen(command_line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "edited\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
    monkeypatch.setenv("PLAYGROUND_STATE_DIR", str(tmp_path / "state"))
    (found,) = recovery.find()
    assert found.picture.startswith(b"\x89PNG") and abs(found.about.time - time.time()) < 60
