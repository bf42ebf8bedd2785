"""The front door to the window, on the real session."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from playground import app
from playground.model.experiment import Experiment
from playground.ui.theme import DARK, LIGHT


@pytest.fixture(autouse=True)
def collector_as_it_was():
    enabled = gc.isenabled()
    yield
    (gc.enable if enabled else gc.disable)()


@pytest.mark.parametrize(("scheme", "colors"), [("light", LIGHT), ("dark", DARK)])
def test_a_shot_shows_the_whole_window_after_so_many_epochs(qtbot, tmp_path, scheme, colors):
    out = tmp_path / "window.png"
    seen = []
    session = app.shot(Experiment(samples=40), 7, (1280, 720), scheme, out, watch=seen.append)
    picture = QImage(str(out))
    assert (picture.width(), picture.height()) == (1280, 720)
    assert picture.pixelColor(4, 60).name() == colors.window
    assert session.snapshot.epoch == 7


def test_a_shot_of_nothing_trained(qtbot, tmp_path):
    session = app.shot(Experiment(samples=40), 0, (1280, 720), "light", tmp_path / "window.png")
    assert session.snapshot is None or session.snapshot.epoch == 0


def test_a_shot_that_cannot_be_written_says_where(qtbot, tmp_path):
    with pytest.raises(OSError, match="missing"):
        app.shot(Experiment(samples=40), 0, (1280, 720), "light", tmp_path / "missing" / "window.png")


def test_garbage_is_collected_in_the_windows_thread_alone(qtbot):
    gc.enable()
    app.make_application()
    assert not gc.isenabled()


def test_ctrl_c_ends_the_program_and_its_thread(qtbot, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    threads = set(threading.enumerate())
    QTimer.singleShot(300, lambda: signal.raise_signal(signal.SIGINT))
    try:
        status = app.run()
    finally:
        signal.signal(signal.SIGINT, before)
    assert status == 130
    assert not [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not {thread for thread in set(threading.enumerate()) - threads if not thread.daemon}


@pytest.mark.parametrize(
    ("platform", "display", "answer"),
    [("offscreen", ":0", False), ("", ":0", True), ("", "", False), ("xcb", "", True)],
)
def test_a_display_is_looked_for(monkeypatch, platform, display, answer):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert app.has_display() is answer


def test_a_shot_writes_nothing_to_standard_error(tmp_path):
    code = f"""
from playground import app
from playground.model.experiment import Experiment
app.shot(Experiment(samples=40), 0, (1280, 720), "light", {str(tmp_path / "window.png")!r})
from PySide6.QtCore import qWarning
qWarning("a message that matters")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["a message that matters"]
