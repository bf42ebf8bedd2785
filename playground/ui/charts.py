"""The right column: what happens. Its charts are made when it is first seen, after the window has come up.

What they are drawn with takes a third of a second to import. It happens in this thread, for Qt's types are made while
it does; so that the window is heard meanwhile, events pass between one module and the next.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget

from playground.training.snapshot import Snapshot
from playground.ui.stage import NormsOff
from playground.ui.theme import Colors

if TYPE_CHECKING:
    from playground.ui.plots.loss import LossPlot
    from playground.ui.plots.norms import NormPlot

SHARES = [520, 480]  # of the loss and of the normalization, of the column's height
NARROWEST = 320  # pixels
TURN = 16  # milliseconds between two charts being made
LIBRARY = "pyqtgraph"


class _Breather:
    """Lets the window be heard whenever a module is looked for, and finds none itself."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._last = time.perf_counter()

    def find_spec(self, *_: Any) -> None:
        if threading.get_ident() == self._thread and time.perf_counter() - self._last > TURN / 1000:
            QApplication.processEvents()
            self._last = time.perf_counter()


@contextmanager
def _breathing() -> Iterator[None]:
    breather: Any = _Breather()
    sys.meta_path.insert(0, breather)
    try:
        yield
    finally:
        sys.meta_path.remove(breather)


class Charts(QWidget):
    """The loss above, below it what normalization learns, or how to switch it on."""

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self._colors = colors
        self._snapshot: Snapshot | None = None
        self._kind = "none"
        self._metric: tuple[str, tuple[float, ...]] = ("accuracy", ())
        self._loss: LossPlot | None = None
        self._norms: NormPlot | None = None
        self.norms_off = NormsOff()
        self.splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False, handleWidth=8)
        self._places = {name: QWidget() for name in ("loss", "norms")}
        for place in self._places.values():
            QVBoxLayout(place).setContentsMargins(0, 0, 0, 0)
            self.splitter.addWidget(place)
        self.splitter.setSizes(SHARES)
        self.splitter.splitterMoved.connect(self._draw)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(0, 8, 12, 8)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.norms_off)
        self.setMinimumWidth(NARROWEST)
        self._timer = QTimer(self, interval=TURN)
        self._timer.timeout.connect(self._make_next)

    # making

    @property
    def loss(self) -> LossPlot:
        """The chart of loss and accuracy, made now if it is not yet."""
        from playground.ui.plots.loss import LossPlot

        if self._loss is None:
            self._loss = LossPlot(self._colors)
            self._loss.set_metric(*self._metric)
            self._put("loss", self._loss)
        return self._loss

    @property
    def norms(self) -> NormPlot:
        """The charts of a normalization layer, made now if they are not yet."""
        from playground.ui.plots.norms import NormPlot

        if self._norms is None:
            self._norms = NormPlot(self._colors)
            self._norms.set_kind(self._kind)
            self._put("norms", self._norms)
        return self._norms

    def _put(self, name: str, plot: LossPlot | NormPlot) -> None:
        layout = self._places[name].layout()
        assert layout is not None
        layout.addWidget(plot)
        plot.show_snapshot(self._snapshot)

    def _made(self) -> list[LossPlot | NormPlot]:
        return [plot for plot in (self._loss, self._norms) if plot is not None]

    def _waiting(self) -> list[str]:
        """The charts that have a place to be seen, but are not made yet."""
        made = {"loss": self._loss, "norms": self._norms}
        return [name for name, place in self._places.items() if not place.isHidden() and made[name] is None]

    def _make_next(self) -> None:
        """One at a time, once the library is there."""
        self._timer.stop()
        if LIBRARY not in sys.modules:
            with _breathing():
                importlib.import_module(LIBRARY)
        elif waiting := self._waiting():
            getattr(self, waiting[0])
        if self._waiting():
            self._timer.start()

    @property
    def is_complete(self) -> bool:
        """Whether all that is to be seen is made."""
        return not self._waiting()

    def complete(self) -> None:
        """Make at once what is to be seen."""
        for name in self._waiting():
            getattr(self, name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting():
            self._timer.start()

    # what is shown

    def show_snapshot(self, snapshot: Snapshot | None) -> None:
        """Hand it to those charts that are seen."""
        self._snapshot = snapshot
        self._draw()

    def _draw(self, *_: int) -> None:
        for place, plot in zip(self._places.values(), (self._loss, self._norms)):
            if plot is not None and not place.isHidden():
                plot.show_snapshot(self._snapshot)

    def set_kind(self, kind: str, suits: bool = True) -> None:
        """Which normalization is chosen, by the key of its rule. suits: whether there are layers for one."""
        self._kind = kind = kind if suits else "none"
        if self._norms is not None:
            self._norms.set_kind(kind)
        self._places["norms"].setVisible(kind != "none")
        self.norms_off.setVisible(suits and kind == "none")
        if self._waiting() and self.isVisible():
            self._timer.start()

    @property
    def has_norms(self) -> bool:
        """Whether there is a normalization to be seen."""
        return self._kind != "none"

    @property
    def looks(self) -> dict[str, Any]:
        """What the charts that are seen draw from, besides what every snapshot has."""
        return {"norms": None} if self.has_norms else {}

    def set_metric(self, name: str, deviations: tuple[float, ...] = ()) -> None:
        """What the metric of the run is, "accuracy" or "R²"; for errors in its own units, a target's deviations."""
        self._metric = name, deviations
        if self._loss is not None:
            self._loss.set_metric(name, deviations)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for plot in self._made():
            plot.set_colors(colors)

    def reset_layout(self) -> None:
        """Give both their first share of the height again."""
        self.splitter.setSizes(SHARES)
