"""How smooth the window stays while training runs at full speed: gaps between timer ticks, frames, epochs a second.

Run it with the program's own Python: ``python tests/benchmarks/window_probe.py [--seconds 20] [--work W1]``. It uses
the display if there is one, and draws offscreen otherwise.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from PySide6.QtCore import Qt, QTimer
from works import WORKS, prepare

from playground import app
from playground.session import Session
from playground.ui.settings import Settings
from playground.ui.window import Window

TICK = 0.016  # seconds
SETTLING = 2.0  # seconds at the start that are told apart


def watch(name: str, seconds: float) -> dict[str, float]:
    """Train a work at full speed in the window for so long; what was seen, times in milliseconds."""
    application = app.make_application()
    session = Session(prepare(name))
    window = Window(session, settings=Settings.none())
    window.resize(1440, 900)
    window.show()
    session.set_speed(0)
    ticks: list[float] = []
    frames: list[int] = []
    timer = QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.timeout.connect(lambda: frames.append(id(session.snapshot)))
    while not session.engine_ready:
        application.processEvents()
    session.play()
    timer.start()
    QTimer.singleShot(int(1000 * (seconds + SETTLING)), application.quit)
    application.exec()
    timer.stop()
    epochs, trained = session.snapshot.epoch, session.snapshot.seconds
    window.give_up()
    gaps = np.diff(ticks)
    steady = gaps[np.array(ticks[1:]) > ticks[0] + SETTLING]
    distinct = sum(one != other for one, other in zip(frames, frames[1:], strict=False))
    return {
        "seconds": ticks[-1] - ticks[0],
        "frames a second": distinct / (ticks[-1] - ticks[0]),
        "epochs a second": epochs / (ticks[-1] - ticks[0]),
        "share of the time spent training": trained / (ticks[-1] - ticks[0]),
        "median gap": 1000 * float(np.median(steady)),
        "99 % of gaps under": 1000 * float(np.quantile(steady, 0.99)),
        "longest gap": 1000 * float(steady.max()),
        "longest gap of the first 2 s": 1000 * float(gaps.max()),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--work", choices=WORKS, default="W1")
    options = parser.parse_args()
    for what, value in watch(options.work, options.seconds).items():
        print(f"{what:34} {value:10.2f}")
