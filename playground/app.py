"""The window's front door: builds Session and Window, and takes pictures of the window without a screen."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from PySide6.QtCore import (
    QLocale,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qFormatLogMessage,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from playground.model import ending
from playground.model.experiment import Experiment
from playground.session import Session
from playground.training.seats import cores
from playground.ui.icons import application_icon
from playground.ui.settings import Settings
from playground.ui.shots import write_picture
from playground.ui.signals import Signals
from playground.ui.theme import Theme
from playground.ui.window import Window

COLLECT = 2000  # milliseconds between two collections of garbage
PATIENCE = 60  # seconds that a picture waits for its surface, the engine's compiling included
NOISE = "This plugin does not support propagateSizeHints()"
FEW = 4  # cores of which none is left to paint with, while a run trains
# What others call at the end: a module, and the name of its function there.
QT_AT_EXIT, DASK_AT_EXIT = ("PySide6.QtCore", "__moduleShutdown"), ("distributed.deploy.spec", "close_clusters")
TURN = 0.0003  # seconds after which a thread that runs Python lets the other one go on
LOOK = 10  # milliseconds between two looks at a run that is waited for


def has_display() -> bool:
    """Whether a window can be opened here."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return os.environ["QT_QPA_PLATFORM"] != "offscreen"
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run(path: Path | str | None = None) -> int:
    """Open the window, with a file's experiment if given; returns the exit status when it is closed."""
    application, session, window = open_window()
    window.unexpected.install()
    collector, signals = collect_here(application, session), Signals(application)
    signals.heard.connect(lambda _: _leave(application, window))
    application.commitDataRequest.connect(window.keep_aside_now)
    if path is not None:
        QTimer.singleShot(0, window, lambda: window.files.open_path(Path(path)))
    QTimer.singleShot(0, window, window.files.offer_recovered)
    status = application.exec()
    collector.stop()
    signals.close()
    window.unexpected.uninstall()
    session.close(keeps_aside=True)  # the window has given up what is not wanted
    window.deleteLater()
    return signals.status or status


def _leave(application: QApplication, window: Window) -> None:
    """End at once, without a question; what is not saved is kept aside."""
    window.session.pause()  # whoever trains leaves the processor to what must be done
    window.keep_aside_now()
    window.give_up(keeps_aside=True)
    application.closeAllWindows()  # a question that stands is answered by no


def leave(status: int) -> NoReturn:
    """End the process once all is closed, without what others would do then.

    Qt takes a tenth of a second to take itself apart, where it hands on what was copied; nothing else of it is missed.
    Dask waits ten seconds for processes that end by themselves.
    """
    is_needed = QApplication.instance() is not None and QApplication.clipboard().ownsClipboard()
    spared = [DASK_AT_EXIT] if is_needed else [QT_AT_EXIT, DASK_AT_EXIT]
    found = [getattr(sys.modules.get(module), name, None) for module, name in spared]
    ending.leave(status, filter(None, found))


def open_window(settings: Settings | None = None) -> tuple[QApplication, Session, Window]:
    """Show the window on a new session; the engine is prepared from then on, for it takes turns with all else."""
    application = make_application()
    session = Session(prepares=False)
    window = Window(session, settings=settings)
    window.show()
    QTimer.singleShot(0, window, session.prepare)  # once it is painted
    return application, session, window


def shot(
    source: Session | Experiment | None,
    epochs: int | None,
    size: tuple[int, int],
    theme: str,
    out: Path | str,
    watch: Callable[[Any], None] | None = None,
) -> Session:
    """Train so many epochs (None: the experiment's) and write a picture of the window; no screen is needed.

    watch is called with each snapshot, for a progress bar. Returns the session, with the run as it stands.
    Raises OSError if the picture cannot be written.
    """
    application = make_application(on_screen=False)
    session = source if isinstance(source, Session) else Session(source)
    _train(session, epochs, watch)
    window = Window(session, Theme(application, theme), Settings.none())
    window.resize(*size)
    window.show()
    _let_settle(application, session, window)
    picture = window.grab()
    window.give_up()
    window.deleteLater()
    write_picture(picture, out)
    return session


def make_application(on_screen: bool = True) -> QApplication:
    """The one QApplication; off screen where there is no display, since Qt would abort.

    From here on garbage is collected in this thread alone: the trainer's would destroy Qt's objects there.
    """
    gc.disable()
    # The trainer comes back from a burst every few milliseconds: ten times as long a turn would cost it a third.
    sys.setswitchinterval(TURN)
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if cores() <= FEW:
        # Qt paints large images by threads of its own: they would take turns with those that train, and it waits.
        os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    if not on_screen or not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        qInstallMessageHandler(_pass_on)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("training-playground")
    application.setDesktopFileName("training-playground")
    application.setWindowIcon(application_icon())
    QLocale.setDefault(QLocale.c())  # 0.5 is written with a point, as in the lecture and in files
    return application


def _pass_on(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Write Qt's message to standard error, but for one that every window without a screen calls forth."""
    if text != NOISE:
        print(qFormatLogMessage(kind, context, text), file=sys.stderr)


def collect_here(application: QApplication, session: Session) -> QTimer:
    """Collect garbage in this thread, now and then.

    What the start has built, the engine's two hundred thousand objects among it, is set aside once it is complete:
    searching it each time would stop the window for a tenth of a second.
    """
    timer = QTimer(application, interval=COLLECT)

    def collect() -> None:
        if gc.get_freeze_count():
            gc.collect()
        elif session.engine_ready:
            gc.freeze()

    timer.timeout.connect(collect)
    timer.start()
    return timer


def _train(session: Session, epochs: int | None, watch: Callable[[Any], None] | None) -> None:
    """Train in the session's thread until the run has ended; what cannot be trained is left as it is."""
    if epochs:
        session.edit(epochs=epochs)
    if epochs == 0 or session.message:
        return
    session.play()
    while session.is_running:
        snapshot = session.poll()
        if snapshot is not None and watch is not None:
            watch(snapshot)
        time.sleep(LOOK / 1000)


def _let_settle(application: QApplication, session: Session, window: Window) -> None:
    """Let the layout settle, and wait for the surface and the curves of what is then seen."""
    window.charts.complete()
    application.processEvents()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not session.message:
        snapshot = session.poll()
        if snapshot is not None:
            window.show_snapshot(snapshot)
        seen = session.snapshot.seen if session.snapshot is not None else {}
        if seen.keys() >= window.looks.keys() and seen["surface"].extent == window.canvas.extent:
            break
        time.sleep(LOOK / 1000)
    application.processEvents()
    while window.charts.panel("loss").is_behind and time.monotonic() < until:
        time.sleep(LOOK / 1000)
        application.processEvents()
