"""The epochs of a run: where it stands, what happened when, and a handle that looks back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from playground.model.experiment import Experiment
from playground.training.snapshot import Snapshot
from playground.ui.describe import plain
from playground.ui.milestones import BRANCHED, Branch, Course, Milestone, events, outcomes
from playground.ui.painting import painted
from playground.ui.scales import axis_end
from playground.ui.theme import Colors
from playground.ui.track import Item, State, Track

SNAP = 4  # pixels within which a press means a mark
PATIENCE = 1000  # milliseconds until an epoch that was wished for and never came is forgotten
EMPTY = "The run's epochs will stand here; each can be looked back at"
HELP = "Drag to look back at any epoch.\n← → by an epoch, with Shift by a tenth; ↑ ↓ to the next mark; Home, End"
PAST = "Play goes on from here. An edit branches: a new run that is the same up to here."
NEAR = (
    "Near, not equal: epochs had to be trained again that were once trained on another kind of processor, "
    "or by other kernels."
)
NARROWEST = 320  # pixels


class Scrubber(QAbstractSlider):
    """The track of the run in hand. To assistive tools it is a slider from 0 to the last epoch."""

    looked_at = Signal(int)
    step_wanted = Signal()

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Epoch that is looked at")
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(NARROWEST)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._colors = colors
        self._track = Track(colors, self.width(), self.height())
        self._items: dict[str, Item] = {}
        self._snapshot: Snapshot | None = None
        self._end = axis_end(None)
        self._color: int | None = None
        self._source: tuple[Any, ...] = ()  # what the events were made from
        self._events: list[Milestone] = []
        self._outcomes: list[Milestone] = []
        self._wanted: int | None = None  # an epoch, until it is seen
        self._was_last = False  # whether it was the last one
        self._is_held = False
        self._is_told = False  # its value now, and not set
        self._patience = QTimer(self, interval=PATIENCE, singleShot=True)
        self._patience.timeout.connect(self._forget_wish)
        self.valueChanged.connect(self._take_value)

    # what it shows

    def show_run(
        self,
        snapshot: Snapshot | None,
        branches: Sequence[Branch] = (),
        begun: Experiment | None = None,
        others: Sequence[Snapshot] = (),
    ) -> None:
        """See Timeline.show_run."""
        before, self._snapshot = self._snapshot, snapshot
        if snapshot is None or before is None or before.run != snapshot.run:
            self._is_held, self._wanted = False, None
        elif not self._is_held and self._is_seen(snapshot):
            self._wanted = None
        source = (snapshot.changes if snapshot is not None else (), tuple(branches), begun)
        if source != self._source:
            self._source, self._events = source, events(*source)
        self._outcomes = outcomes(snapshot) if snapshot is not None else []
        self._end = axis_end(snapshot, *others)
        self._refresh()

    def _is_seen(self, snapshot: Snapshot) -> bool:
        """Whether what was wished for has come."""
        return snapshot.shown == self._wanted or self._was_last and snapshot.looked is None

    def show_color(self, number: int | None) -> None:
        """The run's place in the cycle of colours."""
        self._color = number
        self._refresh()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self._make_track()

    def _make_track(self) -> None:
        self._track = Track(self._colors, self.width(), self.height())
        self._items = {}
        self._refresh()
        self.update()

    @property
    def milestones(self) -> list[Milestone]:
        """All that is marked."""
        return self._events + self._outcomes

    @property
    def at(self) -> int:
        """An epoch that was wished for, until it is seen, then the one that is."""
        return self._wanted if self._wanted is not None else self._snapshot.shown if self._snapshot is not None else 0

    @property
    def last(self) -> int:
        return self._snapshot.epoch if self._snapshot is not None else 0

    @property
    def course(self) -> Course:
        """Where it is, and what lies along its way."""
        return Course(self.at, self.last, tuple(mark.epoch for mark in self.milestones))

    def x_of(self, epoch: float) -> float:
        """Where an epoch stands, in pixels."""
        return self._track.x_of(epoch, self._end)

    def _refresh(self) -> None:
        """Lay out what is to be seen now, and paint anew what is otherwise than before."""
        before, fixed = self._items, self._track.fixed
        self._items = self._track.lay_out(self._state())
        if self._track.fixed is not fixed:
            self.update()
        for key in before.keys() | self._items.keys():
            old, new = before.get(key), self._items.get(key)
            if old is not None and new is not None:
                boxes = new.change(old)
            else:
                boxes = [item.box for item in (old, new) if item is not None]
            for box in boxes:
                self.update(box)
        self._tell()

    def _state(self) -> State:
        snapshot = self._snapshot
        if snapshot is None or not snapshot.epoch:
            return State(0, 0, self._end, words=(EMPTY, "", False))
        return State(
            self.last,
            self.at,
            self._end,
            self._events,
            self._outcomes,
            _words(snapshot),
            self._color,
            snapshot.looked not in (None, snapshot.epoch),
            self._is_held,
            self.hasFocus(),
        )

    def _tell(self) -> None:
        """Say to assistive tools where it is."""
        at, last, snapshot = self.at, self.last, self._snapshot
        kinds = [mark.kind for mark in self.milestones if mark.epoch == at and mark.kind != BRANCHED]
        text = ", ".join(dict.fromkeys([f"epoch {at:,} of {last:,}", *kinds]))
        if snapshot is not None and not snapshot.is_exact:
            text += ", near"
        self._is_told = True
        self.setRange(0, last)
        self.setValue(at)
        self._is_told = False
        self.setAccessibleDescription(text)

    # wishes

    def look_at(self, epoch: int) -> None:
        """Wish for an epoch of the run, if it is another."""
        if epoch == self.at:
            return
        self._wanted, self._was_last = epoch, epoch == self.last
        self._patience.start()
        self._refresh()
        self.looked_at.emit(epoch)

    def _take_value(self, epoch: int) -> None:
        """From assistive tools, which set a slider's value."""
        if not self._is_told:
            self.look_at(epoch)

    def by_epoch(self, count: int) -> None:
        """So many epochs on; on from the last is a wish for one more."""
        if count > 0 and self.at == self.last:
            self.step_wanted.emit()
        else:
            self.look_at(self.course.by_epochs(count))

    def _forget_wish(self) -> None:
        if not self._is_held:
            self._wanted = None
            self._refresh()

    # the hand

    def told_at(self, place: QPoint) -> str:
        """What is to be said of a place: the marks there, or what the words at the right leave out."""
        snapshot = self._snapshot
        if snapshot is None or not snapshot.epoch:
            return EMPTY
        if place.x() > self._track.words_left:
            parts = [PAST] if snapshot.looked not in (None, snapshot.epoch) else []
            return "\n".join([*parts, *([] if snapshot.is_exact else [NEAR]), *filter(None, [snapshot.note])]) or HELP
        near = [mark for mark in self.milestones if abs(self.x_of(mark.epoch) - place.x()) <= SNAP]
        told = [mark.told[:1].upper() + mark.told[1:] for mark in sorted(near, key=lambda mark: mark.epoch)]
        return "\n".join(told) or HELP

    def _epoch_at(self, x: float) -> int:
        """The epoch of the run at a place; that of a mark or an end, if one is near."""
        last = self.last
        stops = [0, last, *(mark.epoch for mark in self.milestones if mark.epoch <= last)]
        nearest = min(stops, key=lambda epoch: abs(self.x_of(epoch) - x))
        if abs(self.x_of(nearest) - x) <= SNAP:
            return nearest
        return min(max(self._track.epoch_at(x, self._end), 0), last)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_on_track = event.position().x() <= self._track.words_left
        if event.button() != Qt.MouseButton.LeftButton or not self.last or not is_on_track:
            event.ignore()
            return
        self._is_held = True
        self._refresh()
        self.look_at(self._epoch_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_held:
            self.look_at(self._epoch_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._is_held:
            self._is_held = False
            if self._snapshot is not None and self._is_seen(self._snapshot):
                self._wanted = None
            self._patience.start()
            self._refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a page's wheel, not an epoch's

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        is_far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        way = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_PageDown: -1, keys.Key_PageUp: 1}
        marks = {keys.Key_Down: -1, keys.Key_Up: 1}
        ends = {keys.Key_Home: 0, keys.Key_End: self.last}
        key = keys(event.key())
        if key in way and (is_far or key in (keys.Key_PageDown, keys.Key_PageUp)):
            self.look_at(self.course.by_tenths(way[key]))
        elif key in way:
            self.by_epoch(way[key])
        elif key in marks:
            self.look_at(self.course.to_milestone(marks[key]))
        elif key in ends:
            self.look_at(ends[key])
        else:
            event.ignore()

    # Qt's events

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain(self.told_at(event.pos())), self)
            return True
        return super().event(event)

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        pass  # it would paint all of it anew

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._refresh()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._make_track()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._track.paint(painter, self._items, event.region().intersects)
        painter.end()


def _words(snapshot: Snapshot) -> tuple[str, str, bool]:
    """Two lines about the epoch that is seen; whether the second is a warning."""
    shown, last = snapshot.shown, snapshot.epoch
    first = f"epoch {shown:,} of {last:,}" if shown != last else f"epoch {last:,}"
    if not snapshot.is_exact:
        first = f"≈ {first}"
    if snapshot.note:
        return first, snapshot.note, True
    if snapshot.looked not in (None, last):
        return first, "Play goes on · edits branch" if snapshot.is_exact else "near · edits branch", False
    return first, "restored weights" if shown != last else "drag to look back", False
