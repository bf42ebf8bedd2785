"""What nobody expected: no painting ends the process, and an exception of any thread is shown once, with a report."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

import playground.ui
from playground.ui import unexpected
from playground.ui.painting import painted

PAINTING = ("paintEvent", "drawForeground", "drawBackground", "paint")


def classes():
    """The window's own classes that Qt knows."""
    for module in pkgutil.walk_packages(playground.ui.__path__, "playground.ui."):
        for found in vars(importlib.import_module(module.name)).values():
            if isinstance(found, type) and issubclass(found, Shiboken.Object) and found.__module__ == module.name:
                yield found


def test_every_method_that_paints_is_guarded():
    found = [(one.__name__, name, vars(one)[name]) for one in classes() for name in PAINTING if name in vars(one)]
    assert len(found) > 15
    assert [f"{owner}.{name}" for owner, name, method in found if not hasattr(method, "__wrapped__")] == []


def test_an_exception_in_any_paint_event_is_reported_and_never_leaves_it(qtbot, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: told.append(str(error)))
    widgets = [found for found in classes() if issubclass(found, QWidget) and "paintEvent" in vars(found)]
    assert len(widgets) > 12
    for found in widgets:
        # On something that is no widget, the first look at it or the painter's making fails.
        found.paintEvent(object(), None)
    assert len(told) == len(widgets)


class Broken(QWidget):
    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(0.5)
        raise RuntimeError("a bolt came loose")


@pytest.fixture
def window(open_window, tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_STATE_DIR", str(tmp_path / "state"))
    found = open_window()
    found.unexpected.install()
    yield found
    found.unexpected.uninstall()
    if found.unexpected.dialog is not None:
        found.unexpected.dialog.reject()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def paint_broken(window, times):
    widget = Broken(window)
    widget.resize(40, 40)
    widget.show()
    for _ in range(times):
        widget.repaint()
    widget.hide()
    widget.deleteLater()


def test_a_painter_left_at_work_ends_with_its_exception(window, qtbot, capsys):
    paint_broken(window, 3)
    qtbot.waitUntil(lambda: window.unexpected.dialog is not None)
    window.grab()  # Qt would warn, or crash, where a painter was still at work
    assert "a bolt came loose" in capsys.readouterr().err


def test_ten_the_same_are_one_and_training_pauses(window, session, qtbot, capsys):
    paint_broken(window, 10)
    qtbot.waitUntil(lambda: window.unexpected.dialog is not None)
    qtbot.waitUntil(lambda: "times" in window.unexpected.dialog.title.text())
    assert session.calls.count("pause") == 1
    text = window.unexpected.dialog.text.toPlainText()
    assert text.count("Traceback") == 1 == capsys.readouterr().err.count("Traceback")
    log = window.unexpected.log.read_text(encoding="utf-8")
    assert log.count("Traceback") == 1 and "times by now" in log


def test_the_report_names_versions_traceback_and_experiment_and_is_copied(window, session, qtbot, capsys):
    session.edit(noise=0.4)
    paint_broken(window, 1)
    qtbot.waitUntil(lambda: window.unexpected.dialog is not None)
    window.unexpected.dialog.copy()
    text = QGuiApplication.clipboard().text()
    for expected in ("PySide6", "in paintEvent", "RuntimeError: a bolt came loose", "[knobs]\nnoise = 0.4"):
        assert expected in text


def test_an_exception_of_another_thread_is_shown_by_the_window(window, qtbot, capsys):
    thread = threading.Thread(target=lambda: {}["nothing"])
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: window.unexpected.dialog is not None)
    assert "KeyError: 'nothing'" in window.unexpected.dialog.title.text()


def test_the_experiment_can_be_saved_from_the_dialog(window, session, qtbot, tmp_path, capsys):
    session.path = tmp_path / "a.playground"
    paint_broken(window, 1)
    qtbot.waitUntil(lambda: window.unexpected.dialog is not None)
    window.unexpected.dialog.saved.emit()
    assert ("save", tmp_path / "a.playground") in session.calls


def test_the_log_rotates(window, monkeypatch, capsys):
    monkeypatch.setattr(unexpected, "LOG_BYTES", 2000)
    for _ in range(100):
        window.unexpected._write("x" * 100)
    logs = sorted(window.unexpected.log.parent.glob("unexpected.log*"))
    assert len(logs) == 1 + unexpected.LOGS and all(log.stat().st_size <= 2000 for log in logs)
