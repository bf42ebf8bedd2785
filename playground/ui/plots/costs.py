"""A table of all rules: what an update costs in time and memory, measured here when it is asked for."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QPushButton, QTableWidgetItem, QVBoxLayout, QWidget

from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.model.progress import CancelledError
from playground.training.jobs import Job
from playground.training.looks.costs import Cost, measure_costs
from playground.ui.plots.chart import Title
from playground.ui.plots.export import Table
from playground.ui.plots.sequence import quiet_table
from playground.ui.scene import Scene
from playground.ui.theme import Colors, font

POLL = 50  # milliseconds between two looks at the measurement
HEADS = ("rule", "an update", "an epoch", "rule alone", "memory", "the lecture: good", "the lecture: bad")
HELP = (
    "The whole time of one update with this network and batch, gradients and all",
    "Of all batches",
    "The rule itself, for one weight, on 100,000 weights",
    "What it remembers of each weight, and in all",
)
ASK = (
    "How long does an update take with each rule, and how much does it remember? Measured on this machine, with the "
    "network, the points and the batch size that are chosen now; it takes some seconds."
)
WIDE = 720  # pixels from which on the lecture's words have a place


class CostsPage(QWidget):
    """A button that measures, and the table."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(accessibleName="What each rule costs")
        self._experiment: Experiment | None = None
        self._job: Job[tuple[Cost, ...]] | None = None
        self.costs: tuple[Cost, ...] = ()
        self._timer = QTimer(self, interval=POLL)
        self._timer.timeout.connect(self._hear)
        self.button = QPushButton("Measure here", font=font("small"))
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.measure)
        self.reading = Title("", "small", muted=True)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self.button)
        head.addWidget(self.reading, 1)
        self.list = quiet_table("What each rule costs", HEADS)
        self.list.horizontalHeader().setSectionResizeMode(5, QHeaderView.ResizeMode.Stretch)
        self.list.horizontalHeader().setSectionResizeMode(6, QHeaderView.ResizeMode.Stretch)
        for column, text in enumerate(HELP, 1):
            if (item := self.list.horizontalHeaderItem(column)) is not None:
                item.setToolTip(text)
        self._empty = QLabel(ASK, wordWrap=True, font=font(), alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(self.reading.foregroundRole())
        self._empty.setContentsMargins(24, 0, 24, 0)
        self.list.hide()
        column_of = QVBoxLayout(self, spacing=4)
        column_of.setContentsMargins(0, 0, 0, 0)
        column_of.addLayout(head)
        column_of.addWidget(self.list, 1)
        column_of.addWidget(self._empty, 1)

    def show_scene(self, scene: Scene) -> None:
        """Note what would be measured; what was measured stays, and says of what."""
        self._experiment = scene.experiment

    def set_colors(self, colors: Colors) -> None:
        """The palette is all it needs."""

    def measure(self) -> None:
        """Measure, or give it up while it is at work."""
        if self._job is not None:
            self._job.cancel()
            return
        experiment = self._experiment
        if experiment is None:
            return
        self._job = Job(lambda report: measure_costs(experiment, report), "measuring")
        self.button.setText("Stop")
        self._timer.start()

    def _hear(self) -> None:
        job = self._job
        if job is None:
            return
        if not job.is_done:
            self.reading.setText(f"measuring, {round(100 * (job.share or 0.0))} %")
            return
        self._timer.stop()
        self._job = None
        self.button.setText("Measure here")
        try:
            self.costs = job.result()
        except CancelledError:
            self.reading.setText("given up")
        except (DataError, KnobError) as error:
            self.reading.setText(str(error))
        else:
            self._show()

    def _show(self) -> None:
        experiment = self._experiment
        assert experiment is not None
        weights = self.costs[-1].memory // max(self.costs[-1].slots, 1) // 4
        self.reading.setText(f"with {weights:,} weights, as the network was; other work here slows it down")
        self.list.setRowCount(len(self.costs))
        for place, cost in enumerate(self.costs):
            said = cost.said
            texts = (
                cost.title,
                _seconds(cost.update),
                _seconds(cost.epoch),
                f"{1e9 * cost.alone:.2f} ns",
                f"{cost.slots} × w: {_bytes(cost.memory)}" if cost.slots else "nothing",
                said.advantage if said else "",
                said.issue if said else "",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                is_number = 0 < column < 5
                right = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(right | Qt.AlignmentFlag.AlignVCenter)
                words = f"The lecture: {said.advantage}. {said.issue}." if said else ""
                item.setToolTip("\n".join([f"{cost.title}, batches of {cost.batch:,}", words]).strip())
                self.list.setItem(place, column, item)
        self._fit()
        self._empty.hide()
        self.list.show()

    def _fit(self) -> None:
        for column in (2, 5, 6):
            self.list.setColumnHidden(column, self.width() < WIDE)

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def table(self) -> Table:
        """A rule a row, in seconds and bytes."""
        names = ("rule", "batch", "s an update", "s an epoch", "s a weight, alone", "numbers a weight", "bytes")
        rows = [
            (cost.title, cost.batch, cost.update, cost.epoch, cost.alone, cost.slots, cost.memory)
            for cost in self.costs
        ]
        return Table(names, tuple(zip(*rows)) or tuple([] for _ in names))


def _seconds(value: float) -> str:
    """A time in three figures: 6.1 µs, 2.4 ms."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def _bytes(value: int) -> str:
    """Memory in three figures."""
    return f"{value / 1e6:.3g} MB" if value >= 1e6 else f"{value / 1e3:.3g} KB"
