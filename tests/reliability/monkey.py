"""The whole window under random hands while it trains and races: keys, clicks, drags, wheels, menus, tabs.

    python tests/reliability/monkey.py [--events N] [--seed S] [--minutes M]

What is done follows from the seed. No exception, no warning of Qt's or Python's may come of it, and the process lives.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shiboken6
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu, QWidget

from playground import app as front
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.session import Session
from playground.ui.settings import Settings
from playground.ui.window import Window

NAMED = (
    "Space Left Right Up Down Home End R N B E S C U F A M 1 2 3 0 BracketLeft BracketRight Tab Backtab Return Escape"
)
NAMED += " Delete Backspace Period Minus PageUp PageDown F1 F2"
KEYS = [getattr(Qt.Key, f"Key_{name}") for name in NAMED.split()]
CHORDS = [(getattr(Qt.Key, f"Key_{name}"), "Ctrl") for name in ["Z", "Y", "Plus", "0", "1", "2", "3", "4"]]
CHORDS += [(Qt.Key.Key_Left, "Shift")]
SIZES = ((1440, 900), (1280, 720), (1000, 640), (1900, 1000))


LOOKED, TRIES = 12, 8  # events between two searches of the window; widgets that are tried, as some have gone
DRAWN = 0.25  # of the events are followed by what the window then has to do
LOGGED = 100  # of the last events are remembered


def _is_seen(widget: QWidget) -> bool:
    return widget.isVisible() and widget.width() > 2 and widget.height() > 2


class Monkey:
    """A window and the chance that decides what is done to it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.faults: list[str] = []
        self.log: list[str] = []
        # How often each is done, of a hundred times, about; what dresses all widgets anew takes as long as hundreds.
        self._acts: dict[Callable[[], None], float] = {
            self._key: 30, self._click: 40, self._drag: 15, self._wheel: 6, self._chord: 6, self._tab: 8,
            self._act: 4, self._size: 0.3, self._theme: 0.03,
        }  # fmt: skip
        self._top: QWidget | None = None  # the topmost window, as looked at last
        self._seen: list[QWidget] = []  # in it
        self._left = 0  # events until it is looked at again: searching it takes as long as some events
        self.application = front.make_application(on_screen=False)
        qInstallMessageHandler(self._hear)
        warnings.simplefilter("error")
        sys.excepthook = self._catch
        self.session = Session(Experiment(samples=60, layers=(8, 8), epochs=2000))
        self.window = Window(self.session, settings=Settings.none())
        self.window.resize(*SIZES[0])
        self.window.show()
        self.collector = front.collect_here(self.application, self.session)
        # a question waits in a loop of its own, which nobody would leave
        self._closing = QTimer(interval=200)
        self._closing.timeout.connect(self._close_dialogs)
        self._closing.start()
        # a dialog of the system's has no end here
        QFileDialog.getOpenFileName = QFileDialog.getSaveFileName = staticmethod(lambda *_, **__: ("", ""))  # type: ignore[method-assign,assignment]

    def _hear(self, kind: QtMsgType, _: object, text: str) -> None:
        # what a platform without a screen cannot do is no fault of ours
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and "plugin does not support" not in text:
            self.faults.append(f"Qt: {text} after {self.log[-8:]}")

    def _catch(self, kind: type[BaseException], error: BaseException, trace: object) -> None:
        told = "".join(traceback.format_exception(error))
        self.faults.append(f"{told} after {self.log[-8:]}")

    def play(self, events: int, seconds: float) -> int:
        """Do so many random things, for so long at most; returns how many."""
        until, done = time.monotonic() + seconds, 0
        while done < events and time.monotonic() < until:
            act = self.chance.choices(list(self._acts), list(self._acts.values()))[0]
            try:
                act()
            except Exception:
                self.faults.append(f"{traceback.format_exc()} after {self.log[-8:]}")
            # A hand is quicker than the window is drawn, now and then: what is drawn once may have had several events.
            if self.chance.random() < DRAWN:
                self.application.processEvents()
            done += 1
            del self.log[:-LOGGED]
        return done

    def _target(self) -> QWidget:
        """A widget that can be seen, of the topmost window."""
        top = QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.window
        if top is not self._top or not self._left:
            self._top, self._left = top, LOOKED
            self._seen = [each for each in top.findChildren(QWidget) if _is_seen(each)]
        self._left -= 1
        for _ in range(TRIES):
            chosen = self.chance.choice(self._seen or [top])
            if shiboken6.isValid(chosen) and _is_seen(chosen):
                return chosen
        self._left = 0
        return top

    def _place(self, widget: QWidget) -> QPoint:
        return QPoint(self.chance.randrange(max(1, widget.width())), self.chance.randrange(max(1, widget.height())))

    def _send(
        self, widget: QWidget, kind: QEvent.Type, place: QPoint, button: Qt.MouseButton, keys: Qt.KeyboardModifier
    ) -> None:
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        where = QPointF(place), QPointF(widget.mapToGlobal(place))
        QApplication.sendEvent(widget, QMouseEvent(kind, *where, button, held, keys))

    def _button(self) -> Qt.MouseButton:
        return self.chance.choices((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton), (8, 1))[0]

    def _keys(self) -> Qt.KeyboardModifier:
        modifier = Qt.KeyboardModifier
        return self.chance.choices(
            (modifier.NoModifier, modifier.ControlModifier, modifier.ShiftModifier, modifier.AltModifier), (12, 1, 1, 1)
        )[0]

    def _click(self) -> None:
        widget = self._target()
        place, button, keys = self._place(widget), self._button(), self._keys()
        self.log.append(f"click {type(widget).__name__}")
        self._send(widget, QEvent.Type.MouseButtonPress, place, button, keys)
        self._send(widget, QEvent.Type.MouseButtonRelease, place, button, keys)

    def _drag(self) -> None:
        widget = self._target()
        self.log.append(f"drag {type(widget).__name__}")
        button = self._button()
        self._send(widget, QEvent.Type.MouseButtonPress, self._place(widget), button, Qt.KeyboardModifier.NoModifier)
        for _ in range(self.chance.randrange(1, 6)):
            self._send(widget, QEvent.Type.MouseMove, self._place(widget), button, Qt.KeyboardModifier.NoModifier)
        self._send(widget, QEvent.Type.MouseButtonRelease, self._place(widget), button, Qt.KeyboardModifier.NoModifier)

    def _wheel(self) -> None:
        widget = self._target()
        self.log.append(f"wheel {type(widget).__name__}")
        place = self._place(widget)
        turn = QPoint(0, self.chance.choice((-120, 120)))
        QApplication.sendEvent(
            widget,
            QWheelEvent(
                QPointF(place),
                QPointF(widget.mapToGlobal(place)),
                QPoint(),
                turn,
                Qt.MouseButton.NoButton,
                self._keys(),
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )

    def _press(self, key: Qt.Key, keys: Qt.KeyboardModifier) -> None:
        widget = QApplication.focusWidget() or self.window
        text = chr(key) if 32 <= int(key) < 127 else ""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(widget, QKeyEvent(kind, key, keys, text))

    def _key(self) -> None:
        key = self.chance.choice(KEYS)
        self.log.append(key.name)
        self._press(key, Qt.KeyboardModifier.NoModifier)

    def _chord(self) -> None:
        key, keys = self.chance.choice(CHORDS)
        self.log.append(f"{keys}+{key.name}")
        modifiers = {"Ctrl": Qt.KeyboardModifier.ControlModifier, "Shift": Qt.KeyboardModifier.ShiftModifier}
        self._press(key, modifiers[keys])

    def _tab(self) -> None:
        tabs = self.chance.choice((self.window.stage.tabs, self.window.charts.slot.tabs))
        self.log.append("tab")
        tabs.setCurrentIndex(self.chance.randrange(tabs.count()))

    def _act(self) -> None:
        session, chance = self.session, self.chance
        acts = {
            "race": lambda: session.race({"optimizer": ["sgd", "adam"]}),
            "layers": lambda: session.edit(layers=chance.choice(((), (8, 8), (16, 4), (2,) * 6))),
            "normalization": lambda: session.edit(normalization=chance.choice(("none", "batch", "layer", "weight"))),
            "data": lambda: session.edit(dataset=chance.choice(("moons", "sine", "spiral", "digits"))),
            "augment": lambda: session.edit(augment=chance.random() < 0.5, augment_jitter=0.2),
            "dropout": lambda: session.edit(dropout=chance.choice((0.0, 0.5))),
            "stop": lambda: session.edit(early_stopping=chance.random() < 0.5),
            "look": lambda: session.look_at(chance.choice((None, 0, 3, 40))),
            "save": lambda: session.save(self._path) if session.task is None else None,
        }
        name = chance.choice(sorted(acts))
        self.log.append(name)
        with contextlib.suppress(KnobError, DataError):  # asked of the session itself, which may refuse
            acts[name]()

    _path = os.path.join(tempfile.gettempdir(), f"monkey-{os.getpid()}.playground")

    def _theme(self) -> None:
        self.log.append("theme")
        self.window._choose_theme(self.chance.choice(("light", "dark")))

    def _size(self) -> None:
        self.log.append("size")
        self.window.resize(*self.chance.choice(SIZES))

    def _close_dialogs(self) -> None:
        """What was opened is closed now and then, or all that follows would happen in it."""
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
            if not isinstance(popup, QMenu):
                break
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                widget.reject()

    def end(self) -> None:
        """Close the window without a question."""
        self._close_dialogs()
        self.window.give_up()
        qInstallMessageHandler(None)


def main(events: int = 1_000_000, seed: int = 0, minutes: float = 600.0) -> int:
    """Play, and print what came of it. Returns how many faults there were."""
    monkey = Monkey(seed)
    began = time.monotonic()
    done = monkey.play(events, 60 * minutes)
    spent = time.monotonic() - began
    monkey.end()
    for told in dict.fromkeys(monkey.faults):
        print(told, file=sys.stderr)
    print(f"{done:,} events from seed {seed} in {spent:.0f} s: {len(monkey.faults)} faults")
    return len(monkey.faults)


COUNTS = {"events": 1_000_000}


def run(events: int) -> Iterator[str]:
    """Play for all.py."""
    assert not main(events), "there were faults"
    yield "0 faults"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=600.0)
    options = parser.parse_args()
    sys.exit(min(1, main(options.events, options.seed, options.minutes)))
