"""The top bar: play, step, reset, seed; how far the run is; the learning rate at hand; the verdict."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declarations, parse
from playground.training.snapshot import Snapshot, Verdict
from playground.ui.fields import KnobLabel
from playground.ui.icons import icon
from playground.ui.number import NumberField
from playground.ui.theme import Colors, font
from playground.ui.verdict import NOTHING, VerdictChip

PREPARING = Verdict(
    "training",
    "preparing the engine",
    "The arithmetic is compiled for this machine, once; later starts take a fraction of a second. "
    "You can paint and choose meanwhile.",
)
HEIGHT = 56


class Transport(QWidget):
    """Buttons announce what was pressed; numbers show what the session tells."""

    play_pressed = Signal()
    step_pressed = Signal()
    reset_pressed = Signal()
    seed_pressed = Signal()
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
        self._epoch = QLabel("0", font=font("title", bold=True))
        self._epoch.setAccessibleName("Epoch")
        self._goal = self._faint("")
        self._speed = self._faint("")
        self._make_rate()
        self.chip = VerdictChip(colors)
        self.chip.remedy_chosen.connect(self.remedy_chosen)
        self._lay_out()
        self.set_colors(colors)

    def _button(self, name: str, tip: str, signal: Any) -> QToolButton:
        button = QToolButton(
            accessibleName=name, toolTip=f"{name}: {tip[:1].lower()}{tip[1:]}", statusTip=tip
        )
        button.setIconSize(QSize(20, 20))
        button.setFixedSize(36, 36)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(signal)
        return button

    def _faint(self, text: str) -> QLabel:
        label = QLabel(text, font=font())
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def _make_rate(self) -> None:
        told = declarations()["learning_rate"]
        self._optimizer = self._faint("")
        self._symbol = KnobLabel(told._replace(knob=told.knob._replace(symbol="")), told.knob.symbol)
        self._symbol.setFixedWidth(28)
        self.rate = NumberField(told)
        self.rate.setFixedWidth(80)
        self.rate.setAccessibleName("Learning rate (quick)")
        self.rate.setAccessibleDescription(told.knob.help)
        for source in (self.rate, self._symbol):
            source.setToolTip(
                "Learning rate: drag, type, or use the arrow keys. Takes effect while training runs."
            )
        self.rate.changed.connect(lambda value: self.changed.emit("learning_rate", value))
        self.rate.entered.connect(self._take)
        self._symbol.drag_began.connect(self.rate.begin_drag)
        self._symbol.moved.connect(self.rate.drag)
        self._symbol.drag_ended.connect(self.rate.end_drag)
        self._symbol.reset_asked.connect(lambda: self.changed.emit("learning_rate", None))

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
        line.addWidget(self._faint("epoch"))
        line.addWidget(self._epoch)
        line.addWidget(self._goal)
        line.addSpacing(12)
        line.addWidget(_bar())
        line.addSpacing(12)
        line.addWidget(self._optimizer)
        line.addWidget(self._symbol)
        line.addWidget(self.rate)
        line.addSpacing(16)
        line.addWidget(self._speed)
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
        title = next(
            rule.title for rule in declarations()["optimizer"].knob.rules if rule.key == knobs.optimizer
        )
        self._optimizer.setText(title)
        self.rate.show_value(experiment.knobs.learning_rate, knobs.learning_rate)
        self._goal.setText(f"/ {knobs.epochs:,}")
        room = self._epoch.fontMetrics().horizontalAdvance(f"{knobs.epochs:,}".replace("1", "8"))
        self._epoch.setMinimumWidth(room)

    def show_run(self, snapshot: Snapshot | None, is_running: bool, is_ready: bool = True) -> None:
        """Show where the run is; snapshot None before anything is known of it."""
        if is_running != self._is_running:
            self._is_running = is_running
            self._show_play()
        epoch = snapshot.epoch if snapshot is not None else 0
        self._epoch.setText(f"{epoch:,}")
        rate = self._meter.read(epoch, is_running)
        self._speed.setText(f"{rate:,.0f} epochs/s" if rate is not None else "")
        verdict = snapshot.verdict if snapshot is not None else NOTHING
        self.chip.show_verdict(verdict if is_ready else PREPARING)

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
            self.rate.is_refused = False
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
