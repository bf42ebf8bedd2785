"""The top bar: play, step, reset, seed; how far the run is; the learning rate at hand; the verdict."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSlider, QToolButton, QWidget

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declarations, parse
from playground.training.snapshot import Snapshot, Verdict
from playground.ui.fields import KnobLabel
from playground.ui.icons import icon
from playground.ui.number import NumberField
from playground.ui.theme import Colors, font
from playground.ui.verdict import NOTHING, VerdictChip

LOADING = Verdict("training", "loading the engine", "It takes a fraction of a second. Play is remembered.")
COMPILED = (
    "The arithmetic is compiled for this machine, once; later starts take a fraction of a second. "
    "You can paint and choose meanwhile. Press play whenever you like: training begins as soon as it can."
)
HEIGHT = 56
SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 0)  # epochs a second; 0 is as fast as it goes


class Transport(QWidget):
    """Buttons announce what was pressed; numbers show what the session tells."""

    play_pressed = Signal()
    step_pressed = Signal()
    reset_pressed = Signal()
    seed_pressed = Signal()
    speed_changed = Signal(float)  # epochs a second, 0 for as fast as it goes
    changed = Signal(str, object)  # the learning rate
    refused = Signal(str, str)  # a knob and why what was typed is not accepted
    remedy_chosen = Signal(dict)

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colors = colors
        self._is_running = False
        self._meter = _Meter()
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Run")
        self.play = QPushButton("Play", iconSize=QSize(20, 20), font=font(bold=True))
        self.play.setProperty("role", "primary")
        self.play.setFixedSize(104, 36)
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.setToolTip("Train, or pause (Space)")
        self.play.clicked.connect(self.play_pressed)
        self.step = self._button("Step", "Train exactly one epoch (→)", self.step_pressed)
        self.reset = self._button("Reset", "Back to the same untrained start (R)", self.reset_pressed)
        self.seed = self._button("New seed", "Draw everything random anew (N)", self.seed_pressed)
        self._make_count()
        self._make_speed()
        self._make_rate()
        self.chip = VerdictChip(colors)
        self.chip.remedy_chosen.connect(self.remedy_chosen)
        self._lay_out()
        self.set_colors(colors)

    def _button(self, name: str, tip: str, signal: Any) -> QToolButton:
        button = QToolButton(accessibleName=name, toolTip=f"{name}: {tip[:1].lower()}{tip[1:]}", statusTip=tip)
        button.setIconSize(QSize(20, 20))
        button.setFixedSize(36, 36)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(signal)
        return button

    def _faint(self, text: str) -> QLabel:
        label = QLabel(text, font=font())
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def _make_speed(self) -> None:
        self.speed = QSlider(Qt.Orientation.Horizontal, accessibleName="Speed")
        self.speed.setRange(0, len(SPEEDS) - 1)
        self.speed.setPageStep(1)
        self.speed.setValue(len(SPEEDS) - 1)
        self.speed.setFixedWidth(88)
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed.setToolTip("Slows training down for the eye; the numbers do not depend on it.")
        self.speed.setStatusTip("How many epochs a second are trained; to the right, as fast as it goes")
        self.speed.valueChanged.connect(self._announce_speed)
        self._pace = self._faint("")
        self._pace.setFixedWidth(self._pace.fontMetrics().horizontalAdvance("88,888 epochs/s") + 4)
        self._show_pace(None)

    def _announce_speed(self, number: int) -> None:
        self.speed_changed.emit(float(SPEEDS[number]))
        self._show_pace(None)

    def show_speed(self, speed: float) -> None:
        """Show the speed that is asked for, silently."""
        nearest = min(range(len(SPEEDS)), key=lambda number: abs(SPEEDS[number] - speed))
        blocked = self.speed.blockSignals(True)
        self.speed.setValue(nearest)
        self.speed.blockSignals(blocked)
        self._show_pace(None)

    def _show_pace(self, measured: float | None) -> None:
        """What is trained in a second; before that is known, what is asked for."""
        asked = SPEEDS[self.speed.value()]
        if measured is not None:
            text = f"{measured:,.0f} epochs/s" if measured >= 10 else f"{measured:.1f} epochs/s"
        else:
            text = f"{asked:,} epochs/s" if asked else "full speed"
        self._pace.setText(text)
        self.speed.setAccessibleDescription(text)

    def _make_rate(self) -> None:
        declared = declarations()["learning_rate"]
        self._optimizer = self._faint("")
        self._symbol = KnobLabel(declared._replace(knob=declared.knob._replace(symbol="")), declared.knob.symbol)
        self._symbol.setFixedWidth(28)
        self.rate = NumberField(declared)
        self.rate.setFixedWidth(80)
        self.rate.setAccessibleName("Learning rate (quick)")
        self.rate.setAccessibleDescription(declared.knob.help)
        for source in (self.rate, self._symbol):
            source.setToolTip("Learning rate: drag, type, or use the arrow keys. Takes effect while training runs.")
        self.rate.changed.connect(lambda value: self.changed.emit("learning_rate", value))
        self.rate.entered.connect(self._take)
        self._symbol.drag_began.connect(self.rate.begin_drag)
        self._symbol.moved.connect(self.rate.drag)
        self._symbol.drag_ended.connect(self.rate.end_drag)
        self._symbol.reset_asked.connect(lambda: self.changed.emit("learning_rate", None))

    def _make_count(self) -> None:
        self._epoch = QLabel("0", font=font("title", bold=True))
        self._epoch.setAccessibleName("Epoch")
        self._goal = self._faint("")
        self._count = QWidget()
        line = QHBoxLayout(self._count, spacing=4)
        line.setContentsMargins(0, 0, 0, 0)
        for label in (self._faint("epoch"), self._epoch, self._goal):
            line.addWidget(label)
        line.addStretch(1)

    def _lay_out(self) -> None:
        line = QHBoxLayout(self, spacing=4)
        line.setContentsMargins(16, 0, 16, 0)
        line.addWidget(self.play)
        line.addSpacing(4)
        for button in (self.step, self.reset, self.seed):
            line.addWidget(button)
        line.addSpacing(8)
        line.addWidget(_bar())
        line.addSpacing(12)
        line.addWidget(self._count)
        line.addSpacing(8)
        line.addWidget(_bar())
        line.addSpacing(12)
        line.addWidget(self.speed)
        line.addSpacing(4)
        line.addWidget(self._pace)
        line.addWidget(_bar())
        line.addSpacing(12)
        line.addWidget(self._optimizer)
        line.addWidget(self._symbol)
        line.addWidget(self.rate)
        line.addStretch(1)
        line.addWidget(self.chip)

    def set_colors(self, colors: Colors) -> None:
        self._colors = colors
        self.step.setIcon(icon("step", colors))
        self.reset.setIcon(icon("reset", colors))
        self.seed.setIcon(icon("dice", colors))
        self.chip.set_colors(colors)
        self._show_play()

    def show_experiment(self, experiment: Experiment) -> None:
        knobs = experiment.resolved
        title = next(rule.title for rule in declarations()["optimizer"].knob.rules if rule.key == knobs.optimizer)
        self._optimizer.setText(title)
        self.rate.show_value(experiment.knobs.learning_rate, knobs.learning_rate)
        self._goal.setText(f"/ {knobs.epochs:,}")
        wide = "8" * len(f"{knobs.epochs:,}")  # what stands to the right must not move while epochs are counted
        room = self._goal.fontMetrics().horizontalAdvance(f"epoch / {wide}")
        self._count.setFixedWidth(room + self._epoch.fontMetrics().horizontalAdvance(wide) + 12)

    def show_run(
        self, snapshot: Snapshot | None, is_running: bool, is_ready: bool = True, share: float | None = None
    ) -> None:
        """Show where the run is; snapshot None before anything is known of it. share: of the engine's compiling."""
        if is_running != self._is_running:
            self._is_running = is_running
            self._show_play()
        epoch = snapshot.epoch if snapshot is not None else 0
        self._epoch.setText(f"{epoch:,}")
        self._show_pace(self._meter.read(epoch, is_running))
        verdict = snapshot.verdict if snapshot is not None else NOTHING
        if is_ready:
            self.chip.show_verdict(verdict)
        elif share is None:
            self.chip.show_verdict(LOADING)
        else:
            title = f"{'training waits for' if is_running else 'preparing'} the engine, {share:.0%}"
            self.chip.show_verdict(Verdict("training", title, COMPILED), share)

    def _show_play(self) -> None:
        self.play.setText("Pause" if self._is_running else "Play")
        self.play.setIcon(icon("pause" if self._is_running else "play", self._colors, self._colors.on_accent))

    def _take(self, text: str) -> None:
        try:
            value = parse("learning_rate", text) if text else None
        except KnobError as error:
            self.rate.refuse()
            self.refused.emit("learning_rate", str(error))
        else:
            self.rate.forgive()
            self.changed.emit("learning_rate", value)


class _Meter:
    """Epochs per second of the clock on the wall, read anew twice a second."""

    def __init__(self) -> None:
        self._since: tuple[int, float] | None = None
        self._rate: float | None = None

    def read(self, epoch: int, is_running: bool) -> float | None:
        now = time.monotonic()
        if not is_running:
            self._since = self._rate = None
        elif self._since is None or epoch < self._since[0]:
            self._since = epoch, now
        elif now - self._since[1] >= 0.5:
            self._rate = (epoch - self._since[0]) / (now - self._since[1])
            self._since = epoch, now
        return self._rate


def _bar() -> QFrame:
    line = QFrame()
    line.setFixedSize(1, 24)
    line.setAutoFillBackground(True)
    line.setBackgroundRole(QPalette.ColorRole.Mid)
    return line
