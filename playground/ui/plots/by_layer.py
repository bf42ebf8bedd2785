"""What panels share that follow a network layer by layer: one of several charts, and a ledger of layers beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.training.snapshot import Snapshot
from playground.ui.plots.chart import Chart, Title
from playground.ui.plots.export import Table
from playground.ui.plots.ledger import Ledger
from playground.ui.plots.tracks import Level, Track, Tracks
from playground.ui.plots.units import hue
from playground.ui.scales import axis_end
from playground.ui.scene import Pick, Scene
from playground.ui.theme import Colors, font, run_color

Floats = NDArray[np.float64]


class Sort(NamedTuple):
    """A chart of a panel: its name in the menu, the question that it answers, and what its vertical axis is."""

    key: str
    title: str
    question: str
    up: str = ""
    is_log: bool = False


class Run(NamedTuple):
    """A run that is drawn: its name and colour, its snapshot, and what was seen of it."""

    name: str
    color: str
    snapshot: Snapshot
    seen: Any


class ByLayer(QWidget):
    """A question, a menu of charts, the chart, and the ledger; ``view`` is the key of what it draws.

    The layer that is followed is that of the pick, for all panels.
    """

    picked = Signal(object)
    looks_changed = Signal()
    view = ""
    sorts: tuple[Sort, ...] = ()
    empty = ""

    def __init__(self, colors: Colors, question: str, name: str) -> None:
        super().__init__(accessibleName=name)
        self.colors = colors
        self.scene: Scene | None = None
        self.layer = 0
        self._drawn: Any = None  # what was drawn last
        self._is_stale = True
        self._told = ""  # what stands beside the question while nothing is pointed at
        self._build(question)

    def _build(self, question: str) -> None:
        self._title = Title(question, bold=True)
        self._reading = Title(size="small", muted=True)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.chooser = QComboBox(accessibleName="Chart", toolTip="What is drawn", font=font("small"))
        self.chooser.activated.connect(self.redraw)
        self.head = QHBoxLayout(spacing=8)
        self.head.addWidget(self._title)
        self.head.addWidget(self._reading, 1)
        self.head.addWidget(self.chooser)
        self.tracks = Tracks(self.colors)
        self.tracks.pointed.connect(lambda place: self.point(self.tracks.read(place)))
        self.charts = QStackedWidget()
        self.charts.addWidget(self.tracks)
        self.ledger = Ledger("Layers, and their numbers at the epoch that is seen")
        self.ledger.row_chosen.connect(self.choose_row)
        self._body = QWidget()
        row = QHBoxLayout(self._body, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.charts, 1)
        row.addWidget(self.ledger)
        self._empty = QLabel(self.empty, wordWrap=True, font=font())
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._empty.setContentsMargins(24, 0, 24, 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._body)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.head)
        column.addWidget(self._stack, 1)
        self.offer(self.sorts)

    # what is chosen

    @property
    def sort(self) -> Sort:
        """The chart that is chosen."""
        return next(sort for sort in self.sorts if sort.key == self.chooser.currentData())

    def offer(self, sorts: Sequence[Sort]) -> None:
        """Have these in the menu; what was chosen stays, if it is one of them, else the first is."""
        keys = [sort.key for sort in sorts]
        if keys != [self.chooser.itemData(row) for row in range(self.chooser.count())]:
            chosen = self.chooser.currentData()
            self.chooser.clear()
            for sort in sorts:
                self.chooser.addItem(sort.title, sort.key)
            self.chooser.setCurrentIndex(keys.index(chosen) if chosen in keys else 0)

    def choose(self, key: str) -> None:
        """Draw the chart of that key."""
        self.chooser.setCurrentIndex(self.chooser.findData(key))
        self.redraw()

    def choose_row(self, row: int) -> None:
        """Follow the layer of a row of the ledger."""
        self.picked.emit(Pick(row))
        self.follow(row)

    def follow(self, layer: int) -> None:
        """Follow a layer."""
        if layer != self.layer:
            self.layer = layer
            self.looks_changed.emit()
            self.redraw()

    # what is seen

    def show_scene(self, scene: Scene) -> None:
        """Draw a run, and those beside it. Hidden, it waits until it is seen."""
        before, self.scene = self.scene, scene
        if before is not None and _is_another(before.snapshot, scene.snapshot):
            self._forget()
        if before is None or before.pick != scene.pick:
            self.follow(scene.pick.layer)
        drawn = self._outline(scene)
        if drawn != self._drawn:
            self._drawn = drawn
            self.redraw()

    def _outline(self, scene: Scene) -> Any:
        """What a drawing depends on."""
        snapshots = [scene.snapshot, *(run.snapshot for run in scene.others)]
        known = [shot for shot in snapshots if shot is not None]
        seen = [id(shot.seen.get(key)) for shot in known for key in self.looks]
        ends = [(shot.looked, axis_end(shot)) for shot in known]
        names = [(run.name, run.colour) for run in scene.others]
        return seen, ends, names, scene.name, scene.colour, scene.experiment.knobs

    def _forget(self) -> None:
        for number in range(self.charts.count()):
            chart = self.charts.widget(number)
            if isinstance(chart, Chart):
                chart.forget_ranges()

    @property
    def looks(self) -> dict[str, Any]:
        """What it asks of a run."""
        return {}

    def runs(self, key: str) -> list[Run]:
        """The run in hand and those beside it, as far as they were looked at."""
        if self.scene is None or self.scene.snapshot is None:
            return []
        scene, hand = self.scene, self.scene.snapshot
        shown = [(scene.name, scene.colour, hand), *((run.name, run.colour, run.snapshot) for run in scene.others)]
        return [
            Run(name, run_color(self.colors, colour), snapshot, snapshot.seen[key])
            for number, (name, colour, snapshot) in enumerate(shown)
            if snapshot.seen.get(key) is not None and (number == 0 or snapshot.run != hand.run)
        ]

    @property
    def drawn(self) -> list[Run]:
        """The run in hand, and those that it can be compared with."""
        runs = self.runs(self.needed)
        return [run for run in runs if run is runs[0] or self.is_alike(runs[0].seen, run.seen)]

    def is_alike(self, hand: Any, other: Any) -> bool:
        """Whether another run can be compared: it has the followed layer; a linear model is compared with its like."""
        mine, theirs = self.layers(hand), self.layers(other)
        if 1 in (mine, theirs):
            return mine == theirs
        return self.layer < theirs - 1 or self.layer >= mine - 1

    @staticmethod
    def row_of(epochs: NDArray[np.int64], snapshot: Snapshot) -> int:
        """The row of the epoch whose weights are seen, or of the nearest one."""
        return int(np.abs(epochs - snapshot.shown).argmin())

    def hue_of(self, number: int, count: int) -> str:
        """The colour of a layer; that of the run, where runs are compared."""
        drawn = self.drawn
        return drawn[0].color if len(drawn) > 1 else hue(number, count, self.colors)

    # drawing

    def redraw(self) -> None:
        """Draw now, or when it is seen."""
        self._is_stale = True
        if self.isVisible():
            self._draw()

    def _draw(self) -> None:
        self._is_stale = False
        self.fit_choices()
        self._title.setText(self.sort.question)
        is_full = self.scene is not None and self.scene.seen(self.needed) is not None
        self._stack.setCurrentIndex(int(is_full))
        if self.scene is not None:
            self._empty.setText(self.scene.absent(self.empty))
        self._told = self.draw() if is_full else ""
        self._reading.setText(self._told)

    def fit_choices(self) -> None:
        """Offer what suits the run."""

    @property
    def needed(self) -> str:
        """The key of the view without which there is nothing to draw."""
        return self.view

    def draw(self) -> str:
        """Draw chart and ledger. Returns what stands beside the question."""
        raise NotImplementedError

    def show_tracks(
        self,
        tracks: Sequence[Track],
        span: tuple[float, float] | None = None,
        levels: Sequence[Level] = (),
    ) -> None:
        """Draw lines as the chosen chart."""
        assert self.scene is not None and self.scene.snapshot is not None
        snapshot, sort = self.scene.snapshot, self.sort
        self.charts.setCurrentWidget(self.tracks)
        end = axis_end(snapshot, *(run.snapshot for run in self.drawn[1:]))
        self.tracks.show_tracks(tracks, sort.up, end, sort.is_log, span, levels, snapshot.looked)

    def tracks_of(self, measured: Callable[[Any], tuple[NDArray[np.int64], NDArray[Any]]]) -> list[Track]:
        """A line for each layer of the run in hand; where runs are compared, one for the followed layer of each.

        measured: (n,) epochs and (n, layers), of what was seen.
        """
        hand, *others = self.drawn
        x, values = _as_floats(measured(hand.seen))
        count, layers = values.shape[1], self.layers(hand.seen)
        followed = min(self.layer, count - 1)
        if not others:
            return [
                Track(
                    self.layer_name(number, layers),
                    self.hue_of(number, layers),
                    x,
                    values[:, number],
                    1.0 if number == followed else 0.6,
                )
                for number in range(count)
            ]
        found = [Track(hand.name, hand.color, x, values[:, followed], 1.0)]
        for run in others:
            x, values = _as_floats(measured(run.seen))
            # The last layer is compared with the last.
            place = followed if followed < count - 1 else values.shape[1] - 1
            found.append(Track(run.name, run.color, x, values[:, place], 0.6))
        return found

    def layers(self, seen: Any) -> int:
        """How many layers what was seen is of."""
        raise NotImplementedError

    @staticmethod
    def layer_name(number: int, count: int) -> str:
        """A layer in words."""
        return "output" if number == count - 1 else f"layer {number + 1}"

    def point(self, text: str) -> None:
        """Read what is under the cursor, in the title's place: there is room for all of it."""
        self._title.setVisible(not text)
        self._reading.setText(text or self._told)

    def table(self) -> Table:
        """The numbers of the chart that is seen."""
        chart: Any = self.charts.currentWidget()
        found: Table = chart.table()
        return found

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.colors = colors
        self.tracks.set_colors(colors)
        self.redraw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.looks_changed.emit()  # nobody knew of them before it was made
        if self._is_stale:
            self._draw()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._is_stale = True


def _as_floats(measured: tuple[NDArray[np.int64], NDArray[Any]]) -> tuple[Floats, Floats]:
    epochs, values = measured
    return epochs.astype(np.float64), values.astype(np.float64)


def _is_another(before: Snapshot | None, now: Snapshot | None) -> bool:
    """Whether a run has begun since."""
    return before is not None and now is not None and (now.run != before.run or now.epoch < before.epoch)
