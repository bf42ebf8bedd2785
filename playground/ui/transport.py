"""The top bar: play, single steps, reset, seed; how far the run is; the learning rate at hand; the verdict."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declarations, parse
from playground.training.letters import Pace
from playground.training.snapshot import DIVERGED, FINISHED, STOPPED_EARLY, Snapshot, Verdict
from playground.ui import pace as paces
from playground.ui.fields import KnobLabel
from playground.ui.icons import icon
from playground.ui.layouts import LAYOUTS
from playground.ui.number import NumberField
from playground.ui.pace import PACES
from playground.ui.scales import ceiling
from playground.ui.theme import Colors, font, scaled
from playground.ui.verdict import NOTHING, VerdictChip

LOADING = Verdict("training", "loading the engine", "It takes a fraction of a second. Play is remembered.")
COMPILED = (
    "The arithmetic is compiled for this machine, once; later starts take a fraction of a second. "
    "You can paint and choose meanwhile. Press play whenever you like: training begins as soon as it can."
)
HEIGHT = 48
NARROWEST = 784  # pixels: what all parts take where there are few words
WIDEST = "888,888"  # a count of epochs
PILL = 208, 304  # pixels, from narrow to wide, whatever it says
SMALLEST = 160  # in large type and a small window
ENDED = (FINISHED, STOPPED_EARLY, DIVERGED)
SLOW = 5.0  # epochs a second: up to here the updates within an epoch are told


class Transport(QWidget):
    """Buttons announce what was pressed; numbers show what the session tells."""

    play_pressed = Signal()
    step_pressed = Signal()  # one epoch
    update_pressed = Signal()
    more_wanted = Signal(int)  # so many epochs after the last
    reset_pressed = Signal()
    seed_pressed = Signal()
    pace_changed = Signal(object)  # a Pace
    changed = Signal(str, object)  # the learning rate
    refused = Signal(str, str)  # a knob and why what was typed is not accepted
    why_wanted = Signal()

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colors = colors
        self._is_running = False
        self._is_wide = self._has_more = True  # whether there is room
        self._has_ended = False
        self._more = 0  # epochs
        self._epochs = 0
        self._ink = ""
        self._snapshot: Snapshot | None = None
        self._meter = _Meter()
        self.setMinimumWidth(NARROWEST)  # whatever is told
        self.setAccessibleName("Run")
        self.play = QPushButton("Play", iconSize=QSize(20, 20), font=font(bold=True))
        self.play.setProperty("role", "primary")
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.setToolTip("Train, or pause (Space)")
        self.play.clicked.connect(self.play_pressed)
        self._make_more()
        self.update_step = self._button("One update", "Train on one batch", self.update_pressed)
        self.step = self._button("One epoch", "Train exactly one epoch (→)", self.step_pressed)
        self.reset = self._button("Reset", "Back to the same untrained start (R)", self.reset_pressed)
        self.seed = self._button("New seed", "Draw everything random anew (N)", self.seed_pressed)
        self._make_count()
        self._make_speed()
        self._make_rate()
        self._make_layouts()
        self.chip = VerdictChip(colors)
        self.chip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.chip.why_wanted.connect(self.why_wanted)
        self._lay_out()
        self.set_colors(colors)

    def _button(self, name: str, tip: str, signal: Any) -> QToolButton:
        button = QToolButton(accessibleName=name, toolTip=f"{name}: {tip[:1].lower()}{tip[1:]}", statusTip=tip)
        button.setIconSize(QSize(20, 20))
        button.setFixedSize(36, 36)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(signal)
        return button

    def _faint(self, text: str, size: str = "body") -> QLabel:
        label = QLabel(text, font=font(size))
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def _make_more(self) -> None:
        self.more = QPushButton(font=font())
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setStatusTip("Train on after the end, half as long again")
        self.more.clicked.connect(lambda: self.more_wanted.emit(self._more))
        self.more.hide()

    def _make_speed(self) -> None:
        self.speed = QSlider(Qt.Orientation.Horizontal, accessibleName="Speed")
        self.speed.setRange(0, len(PACES) - 1)
        self.speed.setPageStep(1)
        self.speed.setValue(len(PACES) - 1)
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed.setToolTip("Slows training down for the eye; the numbers do not depend on it.")
        self.speed.setStatusTip("From one update a second, at the left, to as fast as it goes")
        self.speed.valueChanged.connect(self._announce_pace)
        self._pace = self._faint("", "small")
        self._speed_box = _column(self.speed, self._pace)
        self._show_rate(None)

    @property
    def pace(self) -> Pace:
        """The pace that is asked for."""
        return PACES[self.speed.value()]

    def _announce_pace(self) -> None:
        self._show_rate(None)
        self.pace_changed.emit(self.pace)

    def show_pace(self, pace: Pace) -> None:
        """Show the pace that is asked for, silently."""
        blocked = self.speed.blockSignals(True)
        self.speed.setValue(paces.nearest(pace))
        self.speed.blockSignals(blocked)
        self._show_rate(None)

    def _show_rate(self, measured: float | None) -> None:
        """What is trained in a second; before that is known, what is asked for."""
        text = paces.in_words(self.pace) if measured is None else paces.a_second(measured, self.pace.unit)
        self._pace.setText(text)
        self.speed.setAccessibleDescription(text)

    def _make_rate(self) -> None:
        declared = declarations()["learning_rate"]
        self._optimizer = self._faint("")
        self._symbol = KnobLabel(declared._replace(knob=declared.knob._replace(symbol="")), declared.knob.symbol)
        self.rate = NumberField(declared)
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

    def _make_layouts(self) -> None:
        self.layouts = QToolButton(accessibleName="Layout", toolTip="How the window is arranged", font=font())
        self.layouts.setProperty("role", "quiet")
        self.layouts.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.layouts.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_layout(self, title: str) -> None:
        """Name the window's layout."""
        self.layouts.setText(f"{title} ▾")
        self.layouts.setAccessibleDescription(title)

    def _make_count(self) -> None:
        self._epoch = QLabel("0", font=font("title", bold=True))
        self._epoch.setAccessibleName("Epoch")
        self._goal = self._faint("")
        self._caption = self._faint("epoch", "small")
        numbers = QWidget()
        line = QHBoxLayout(numbers, spacing=4)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._epoch)
        line.addWidget(self._goal)
        line.addStretch(1)
        self._count = _column(self._caption, numbers)

    def _lay_out(self) -> None:
        line = QHBoxLayout(self, spacing=4)
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.play)
        line.addWidget(self.more)
        line.addSpacing(4)
        for button in (self.update_step, self.step, self.reset, self.seed):
            line.addWidget(button)
        bars = [_bar() for _ in range(3)]
        for bar, part in zip(bars, (self._count, self._speed_box, self._optimizer)):
            line.addSpacing(4)
            line.addWidget(bar)
            line.addSpacing(8)
            line.addWidget(part)
        line.addWidget(self._symbol)
        line.addWidget(self.rate)
        line.addStretch(1)
        line.addWidget(self.layouts)
        line.addWidget(self.chip, 100)
        # What goes where there is no room for all, the first first
        self._levels = (
            (self._optimizer,),
            (self.layouts,),
            (self.seed, self.update_step),
            (self._speed_box, bars[1]),
            (self.more,),
            (self.step, self.reset),
        )
        self.fit_type()

    def fit_type(self) -> None:
        """Fixed lengths, in the type as it is: no news change them."""
        self.setFixedHeight(max(HEIGHT, scaled(HEIGHT) - 8))
        self.play.setFixedHeight(max(36, self.play.fontMetrics().height() + 16))
        number, goal = self._epoch.fontMetrics(), self._goal.fontMetrics()
        self._count.setFixedWidth(goal.horizontalAdvance(f"/ {WIDEST}") + number.horizontalAdvance(WIDEST) + 8)
        self._speed_box.setFixedWidth(self._pace.fontMetrics().horizontalAdvance(f"{WIDEST} updates/s") + 4)
        self._symbol.setFixedWidth(self._symbol.fontMetrics().horizontalAdvance("η") + 20)
        titles = max(self.layouts.fontMetrics().horizontalAdvance(f"{layout.title} ▾") for layout in LAYOUTS)
        self._titles_width = titles + 20
        self.chip.setMaximumWidth(scaled(PILL[1]))
        self._fit_width()

    def _fit_width(self) -> None:
        """Fewer parts where there is less room; the widths depend on nothing else."""
        for level in range(len(self._levels) + 1):
            for number, parts in enumerate(self._levels):
                for part in parts:
                    part.setVisible(number >= level)
            self._is_wide = level == 0
            self._has_more = level <= self._levels.index((self.more,))
            room = self.more.sizePolicy()
            room.setRetainSizeWhenHidden(self._has_more)  # so that nothing jumps when it comes
            self.more.setSizePolicy(room)
            play = self.play.fontMetrics().horizontalAdvance("Pause") + (60 if self._is_wide else 52)
            self.play.setFixedWidth(play)
            more = self.more.fontMetrics().horizontalAdvance("+ 8,888 epochs" if self._is_wide else "+ 88,888")
            self.more.setFixedWidth(more + 20)
            self.layouts.setFixedWidth(self._titles_width)
            self.chip.setMinimumWidth(PILL[0] if level < len(self._levels) else SMALLEST)
            line = self.layout()
            assert line is not None
            line.invalidate()
            if line.minimumSize().width() <= self.width():
                break
        self._show_more()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_width()

    def event(self, event: QEvent) -> bool:
        can_shrink = event.type() == QEvent.Type.LayoutRequest and self.chip.minimumWidth() > SMALLEST
        line = self.layout()
        if can_shrink and line is not None and line.minimumSize().width() > self.width():
            self._fit_width()  # a part has grown with its type since
            line.activate()
        return super().event(event)

    def set_colors(self, colors: Colors) -> None:
        self._colors = colors
        self.update_step.setIcon(icon("update", colors))
        self.step.setIcon(icon("step", colors))
        self.reset.setIcon(icon("reset", colors))
        self.seed.setIcon(icon("dice", colors))
        self.chip.set_colors(colors)
        self._show_play()
        self._show_count()

    def show_experiment(self, experiment: Experiment) -> None:
        knobs = experiment.resolved
        title = next(rule.title for rule in declarations()["optimizer"].knob.rules if rule.key == knobs.optimizer)
        self._optimizer.setText(title)
        self.rate.show_value(experiment.knobs.learning_rate, knobs.learning_rate)
        self._epochs = knobs.epochs
        self._show_count()

    def show_run(
        self, snapshot: Snapshot | None, is_running: bool, is_ready: bool = True, share: float | None = None
    ) -> None:
        """Show where the run is; snapshot None before anything is known of it. share: of the engine's compiling."""
        has_ended = snapshot is not None and snapshot.status in ENDED and snapshot.looked in (None, snapshot.epoch)
        if (is_running, has_ended) != (self._is_running, self._has_ended):
            self._is_running, self._has_ended = is_running, has_ended
            self._show_play()
        self._snapshot = snapshot
        self._show_rate(self._meter.read(self._trained(), self.pace.unit, is_running))
        self._show_count()
        self._show_more()
        verdict = snapshot.verdict if snapshot is not None else NOTHING
        if is_ready:
            self.chip.show_verdict(verdict)
        elif share is None:
            self.chip.show_verdict(LOADING)
        else:
            title = f"{'training waits for' if is_running else 'preparing'} the engine, {100 * share:.0f} %"
            self.chip.show_verdict(Verdict("training", title, COMPILED), share)

    def _trained(self) -> float:
        """Epochs, or updates, that the run has come to."""
        snapshot = self._snapshot
        if snapshot is None:
            return 0.0
        updates = snapshot.epoch * snapshot.batches + snapshot.batch
        return updates if self.pace.unit == "update" else updates / max(snapshot.batches, 1)

    def _show_count(self) -> None:
        """The epoch of what is seen: how far the run is, or which of its epochs is looked at."""
        snapshot = self._snapshot
        shown, last = (snapshot.shown, snapshot.epoch) if snapshot is not None else (0, 0)
        is_past = shown != last
        text, goal, caption = f"{shown:,}", f"/ {_short(last if is_past else self._epochs)}", "epoch"
        if snapshot is not None and is_past:
            caption = "epoch, looked back at" if snapshot.looked is not None else "epoch, restored"
        elif snapshot is not None and snapshot.batch and self._shows_updates:
            caption, goal = "epoch + updates", f"+ {snapshot.batch:,}/{snapshot.batches:,}"
        for label, words in ((self._epoch, text), (self._goal, goal), (self._caption, caption)):
            label.setText(words)
        color = self._colors.accent if is_past else ""
        if color != self._ink:
            self._ink = color
            self._epoch.setStyleSheet(f"color: {color}" if color else "")

    @property
    def _shows_updates(self) -> bool:
        """Whether they can be followed; faster, they would flicker."""
        rate = self._meter.rate
        return not self._is_running or self.pace.unit == "update" or rate is not None and rate <= SLOW

    def _show_more(self) -> None:
        """How to go on after the end, where a run can."""
        snapshot = self._snapshot
        can_go_on = self._has_more and self._has_ended and not self._is_running
        can_go_on = can_go_on and snapshot is not None and snapshot.status != DIVERGED
        self.more.setVisible(can_go_on)
        if snapshot is not None and can_go_on:
            self._more = int(ceiling(max(snapshot.epoch / 2, 1)))
            whole = f"+ {self._more:,} {'epoch' if self._more == 1 else 'epochs'}"
            self.more.setText(whole if self._is_wide and self._more < 10_000 else f"+ {_short(self._more)}")
            self.more.setAccessibleName(whole)
            self.more.setToolTip(f"Train on for {whole[2:]}")

    def _show_play(self) -> None:
        self.play.setText("Pause" if self._is_running else "Again" if self._has_ended else "Play")
        self.play.setToolTip("Train anew, from the start (Space)" if self._has_ended else "Train, or pause (Space)")
        name = "pause" if self._is_running else "reset" if self._has_ended else "play"
        self.play.setIcon(icon(name, self._colors, self._colors.on_accent))

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
    """Epochs or updates per second of the clock on the wall, read anew twice a second."""

    def __init__(self) -> None:
        self._since: tuple[float, float] | None = None
        self._unit = ""
        self.rate: float | None = None

    def read(self, trained: float, unit: str, is_running: bool) -> float | None:
        now = time.monotonic()
        if not is_running:
            self._since = self.rate = None
        elif self._since is None or trained < self._since[0] or unit != self._unit:
            self._since, self._unit, self.rate = (trained, now), unit, None
        elif now - self._since[1] >= 0.5:
            self.rate = (trained - self._since[0]) / (now - self._since[1])
            self._since = trained, now
        return self.rate


def _short(epochs: int) -> str:
    """A count in at most seven characters."""
    return f"{epochs:,}" if epochs < 1_000_000 else f"{epochs / 1e6:.3g} M"


def _column(*parts: QWidget) -> QWidget:
    """Small parts one above the other."""
    result = QWidget()
    column = QVBoxLayout(result, spacing=0)
    column.setContentsMargins(0, 0, 0, 0)
    column.addStretch(1)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return result


def _bar() -> QFrame:
    line = QFrame()
    line.setFixedSize(1, 24)
    line.setAutoFillBackground(True)
    line.setBackgroundRole(QPalette.ColorRole.Mid)
    return line
