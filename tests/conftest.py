"""What every test is given: no screen, settings of its own, and nothing left running after it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

import pytest

# before Qt is imported; a run of the `real_window` tests has set its own platform
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PATIENCE = 2.0  # seconds that a thread may take to end after its test
HANDLES = "/proc/self/fd"
KEPT = "Dask-Offload"  # the one thread that Dask keeps for the rest of the process


def pytest_configure(config: pytest.Config) -> None:
    """Point the program at settings of this run's own. The kernel cache stays the user's: it is warm."""
    settings = tempfile.TemporaryDirectory(prefix="playground-settings-", ignore_cleanup_errors=True)
    config.add_cleanup(settings.cleanup)
    os.environ["PLAYGROUND_CONFIG_DIR"] = settings.name
    os.environ["PLAYGROUND_STATE_DIR"] = os.path.join(settings.name, "state")
    # a collection that begins in the trainer's thread would destroy Qt's objects there and crash
    gc.disable()


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail a test that leaves a thread which it started, a timer, a window or a file behind."""
    before, files, windows = set(threading.enumerate()), open_files(), find_windows()
    yield
    threads = wait_for_threads(before)
    timers = find_active_timers()
    gc.collect()
    gc.freeze()  # what outlives a test is not searched again after each later one
    left = [f"thread {thread.name!r}" for thread in threads] + [f"timer of {owner}" for owner in timers]
    left += [f"window {told}" for address, told in find_windows().items() if address not in windows]
    left += [f"file {path}" for handle, path in open_files().items() if files.get(handle) != path]
    if left:
        pytest.fail("left after the test: " + ", ".join(left), pytrace=False)


def wait_for_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    """The threads that are not in `before` and still run when our patience ends."""
    until = time.monotonic() + PATIENCE
    new = [each for each in threading.enumerate() if each not in before and not each.name.startswith(KEPT)]
    for thread in new:
        thread.join(max(0.0, until - time.monotonic()))
    return [thread for thread in new if thread.is_alive()]


def open_files() -> dict[str, str]:
    """What each handle of this process leads to, where the system tells it."""
    found = {}
    for handle in os.listdir(HANDLES) if os.path.isdir(HANDLES) else ():
        with contextlib.suppress(OSError):  # the one that lists them
            found[handle] = os.readlink(f"{HANDLES}/{handle}")
    theirs = ("anon_inode:",)  # of Qt's threads
    if "distributed" in sys.modules:
        theirs += ("pipe:", "socket:")  # which Dask closes when it likes
    # One without a name is a long history, which lives as long as its run.
    return {
        handle: path
        for handle, path in found.items()
        if not path.startswith(theirs) and not path.endswith(" (deleted)")
    }


def find_windows() -> dict[int, str]:
    """The widgets that have no parent, by address; a tooltip is Qt's own, which deletes it when it likes."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return {}
    import shiboken6

    every = [each for each in widgets.QApplication.topLevelWidgets() if each.metaObject().className() != "QTipLabel"]
    return {shiboken6.getCppPointer(each)[0]: f"{type(each).__name__} {each.windowTitle()!r}" for each in every}


def find_active_timers() -> list[str]:
    """The owners of active timers that belong to the application or to a top-level widget."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    app = widgets.QApplication.instance() if widgets else None
    if app is None:
        return []
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer

    # what the test closed is deleted only now
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    owners = {}
    for owner in (app, *widgets.QApplication.topLevelWidgets()):
        for timer in owner.findChildren(QTimer):
            if timer.isActive():
                parent = timer.parent()
                owners[id(parent)] = f"{type(parent).__name__} {parent.objectName()!r}"
                # else the next tests would be blamed too
                timer.stop()
    return list(owners.values())
