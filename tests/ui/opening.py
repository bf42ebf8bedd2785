"""A window on a real session, for tests that train."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.session import Session
from playground.training.letters import Pace
from playground.ui.settings import Settings
from playground.ui.window import Window

LONG = 120_000  # milliseconds; kernels may have to be compiled first
SPRAY = 4  # the seed of the brush: with the points that the stories paint, the validation loss turns early


def open_window(qtbot: Any, session: Session, size: tuple[int, int] = (1280, 720), tab: str = "") -> Window:
    """Show it, at full speed. tab: the panel under the loss, made with all else that is to be seen."""
    window = Window(session, settings=Settings.none())
    window.canvas._rng = np.random.default_rng(SPRAY)
    session.set_pace(Pace())
    qtbot.addWidget(window, before_close_func=lambda w: w.give_up())
    window.resize(*size)
    window.show()
    qtbot.waitExposed(window)
    if tab:
        window.charts.choose_tab(tab)
        window.charts.complete()
    return window
