"""A window that does something, for a process that ends it: ``python tests/reliability/driven.py DEED``.

It says ``ready`` when the deed is under way, and for ``paint`` the number and time of each change. SIGUSR1 closes it as
a press on its cross does, and answers the question about unsaved work with "discard", and any
about a file that is being written with "go on without".
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

EVERY = 100  # milliseconds between two changes
FIRST = 10  # points before the first change
ROWS = 200_000  # of a table that takes a while


def say(*words: object) -> None:
    print(*words, flush=True)


def main(deed: str) -> int:
    """Open the window and have it do that; returns its exit status."""
    from playground.model import ending

    ending.end_at_once()
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QMessageBox

    from playground import app
    from playground.ui.window import Window

    show = Window.showEvent

    def begin(window: Window, event: object) -> None:
        show(window, event)  # type: ignore[arg-type]
        window.files.ask = lambda: QMessageBox.StandardButton.Discard  # type: ignore[method-assign]
        window.files.ask_without = lambda title: True  # type: ignore[method-assign]
        QTimer.singleShot(0, window, lambda: DEEDS[deed](window))
        look = QTimer(window, interval=5)
        look.timeout.connect(lambda: closing and window.close())
        look.start()

    closing: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, _: closing.append(number))
    Window.showEvent = begin  # type: ignore[method-assign, assignment]
    return app.run()


def when(window: object, condition: Callable[[], bool], act: Callable[[], object]) -> None:
    """Act once something holds."""
    from PySide6.QtCore import QTimer

    timer = QTimer(window, interval=20)  # type: ignore[call-overload]

    def look() -> None:
        if condition():
            timer.stop()
            act()

    timer.timeout.connect(look)
    timer.start()


def paint(window: object) -> None:
    """Points come, one by one, while a run trains on them."""
    from PySide6.QtCore import QTimer

    from playground.model.experiment import Experiment

    whole = Experiment(samples=2000).points.replace(source="drawn")
    session, number = window.session, [0]  # type: ignore[attr-defined]
    timer = QTimer(window, interval=EVERY)  # type: ignore[call-overload]

    def change() -> None:
        if not window.isVisible():  # type: ignore[attr-defined]
            return  # nobody can paint on what is closed
        number[0] += 1
        session.set_data(whole.keep([place < FIRST + number[0] for place in range(whole.samples)]))
        session.play()
        say(number[0], time.time())

    timer.timeout.connect(change)
    timer.start()
    say("ready")


def train(window: object) -> None:
    session = window.session  # type: ignore[attr-defined]
    session.edit(epochs=1_000_000)
    session.play()
    when(window, lambda: session.snapshot is not None and session.snapshot.epoch > 2, lambda: say("ready"))


def race(window: object) -> None:
    session = window.session  # type: ignore[attr-defined]
    session.edit(epochs=1_000_000)
    session.race({"optimizer": ["sgd", "momentum", "adam", "rmsprop"]})
    when(window, lambda: session.snapshot is not None and session.snapshot.epoch > 2, lambda: say("ready"))


def sweep(window: object) -> None:
    """Long runs at the values of a knob, in threads of the window's own."""
    _search(window, "")


def cluster(window: object) -> None:
    """The same in processes of this computer."""
    from playground.training.where import LOCAL

    _search(window, LOCAL)


def _search(window: object, address: str) -> None:
    from playground.training.findings import LOSSES, Asked
    from playground.training.where import Where

    session = window.session  # type: ignore[attr-defined]
    session.edit(epochs=1_000_000)
    session.search_at(Where(address))
    session.search(Asked(LOSSES, "learning_rate", seeds=2))

    def is_under_way() -> bool:
        return bool(session.engine_ready and not session.searched.reason)

    when(window, is_under_way, lambda: say("ready"))


def wait(window: object) -> None:
    """Nothing: the kernels are compiled meanwhile, where there are none."""
    say("ready")


def read(window: object) -> None:
    """A large table is opened."""
    window.session.open(_table(), lambda error: None)  # type: ignore[attr-defined]
    say("ready")


def imports(window: object) -> None:
    """The import panel reads a large table."""
    window.files.open_path(_table())  # type: ignore[attr-defined]
    say("ready")


def _table() -> Path:
    path = Path(tempfile.gettempdir()) / f"playground-driven-{os.getpid()}.csv"
    path.write_text("a,b,y\n" + "".join(f"{n % 977 / 7:.6f},{n % 613 / 3:.6f},{n % 2}\n" for n in range(ROWS)))
    return path


def export(window: object) -> None:
    """Many points are written."""
    path = Path(tempfile.gettempdir()) / f"playground-driven-{os.getpid()}.xlsx"
    session = window.session  # type: ignore[attr-defined]
    session.edit(samples=50_000)
    session.export(path, lambda error: None)
    say("ready")


DEEDS: dict[str, Callable[[object], None]] = {
    "paint": paint,
    "train": train,
    "race": race,
    "sweep": sweep,
    "cluster": cluster,
    "wait": wait,
    "read": read,
    "import": imports,
    "export": export,
}

if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    status = main(sys.argv[1])
    from playground import app

    app.leave(status)
