"""What stands on the track of a run's epochs, where, and how each thing is drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPen

from playground.ui.milestones import BEST, BRANCHED, CHANGED, RESTORED, STOPPED, Milestone
from playground.ui.theme import Colors, blend, font

EDGE = 12  # pixels from the widget's edge to epoch 0
THICK = 4  # of the track
HANDLE = 7.0  # its radius
DIAMOND = 6.0
BELOW = 9  # pixels from the track to the foot of what hangs under it
GAP = 4  # between a mark and its label, and between labels
LONGEST = 96  # a label
MOST_LABELS, MOST_TRIES = 16, 48
WIDEST = "epoch 888,888 of 888,888"
CENTRE = Qt.AlignmentFlag.AlignCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Item(NamedTuple):
    """Something that is drawn: how, within what box, with what. Where these are as before, so is the picture."""

    kind: str
    box: QRect
    looks: tuple[Any, ...] = ()

    def change(self, before: Item) -> list[QRect]:
        """Where it must be painted anew; a bar that grew or shrank, at its end alone."""
        if self == before:
            return []
        old, new = before.box, self.box
        if self.looks == before.looks and self.kind == "bar" and old.topLeft() == new.topLeft():
            left, right = sorted((old.right(), new.right()))
            return [QRect(left - THICK, new.top(), right - left + 2 * THICK, new.height())]
        return [old, new]


class State(NamedTuple):
    """What the track is to show. words: two lines at its right, the second a warning or not."""

    last: int
    at: int
    end: float
    events: Sequence[Milestone] = ()
    outcomes: Sequence[Milestone] = ()
    words: tuple[str, str, bool] = ("", "", False)
    color: int | None = None
    is_past: bool = False
    is_held: bool = False
    has_focus: bool = False


class Track:
    """Lays out and paints, in one theme's colours."""

    def __init__(self, colors: Colors, width: int, height: int) -> None:
        self.colors = colors
        self._inks: dict[int | None, tuple[str, str]] = {
            n: (color, blend(color, colors.window, 0.4)) for n, color in enumerate(colors.runs)
        }
        self._inks[None] = colors.muted, blend(colors.muted, colors.window, 0.4)
        self._small, self._bold = font("small"), font("body", bold=True)
        self._metrics = QFontMetrics(self._small)
        self._height = height
        self._told = QFontMetrics(self._bold).horizontalAdvance(WIDEST) + 2 * GAP
        middle = round(height * 0.64)
        room = max(width - self._told - 2 * EDGE, 1)
        self.bar = QRect(EDGE, middle - THICK // 2, room, THICK)
        self.words_left = 2 * EDGE + room
        self._source: tuple[Any, ...] = ()
        self._spread: dict[int, list[Milestone]] = {}
        self._lines: list[int] = []
        self._labels: dict[str, Item] = {}
        self.fixed: dict[str, Item] = {}  # what does not move while the run trains; another dict where it did
        self._widths: dict[str, tuple[str, int]] = {}
        self._ways: dict[str, Callable[[QPainter, QRectF, Any], None]] = {
            "bar": self._paint_bar,
            "empty": self._paint_empty,
            "handle": self._paint_handle,
            "label": self._paint_label,
            "first": self._paint_first,
            "second": self._paint_second,
            "bubble": self._paint_bubble,
            BEST: self._paint_best,
            STOPPED: self._paint_stop,
            CHANGED: self._paint_line,
            RESTORED: self._paint_restored,
            BRANCHED: self._paint_branch,
        }

    def x_of(self, epoch: float, end: float) -> float:
        """Where an epoch stands, in pixels."""
        return self.bar.left() + self.bar.width() * epoch / end

    def epoch_at(self, x: float, end: float) -> int:
        return round((x - self.bar.left()) / self.bar.width() * end)

    # laying out

    def lay_out(self, state: State) -> dict[str, Item]:
        """All that may move from one moment to the next, the lowest first; what does not is ``fixed``."""
        colors = self.colors
        self._fix(state)
        if not state.last:
            line = Item("bar", self.bar, (blend(colors.line, colors.window, 0.6),))
            return {"track": line, "empty": Item("empty", QRect(0, 0, self.bar.right(), self._height), state.words)}
        ink, pale = self._inks[state.color]
        items = {
            "track": Item("bar", self.bar, (colors.line,)),
            "ran": Item("bar", self._until(state.last, state.end), (pale,)),
            "seen": Item("bar", self._until(state.at, state.end), (ink,)),
        }
        x = round(self.x_of(state.at, state.end))
        reach = round(HANDLE) + 5
        box = QRect(x - reach, self.bar.center().y() - reach, 2 * reach, 2 * reach)
        items["handle"] = Item("handle", box, (state.is_past, state.has_focus))
        items |= self._outcomes(state)
        first, second, is_warning = state.words
        half = self._height // 2
        room = self._told - GAP
        above, below = QFontMetrics(self._bold).height(), self._metrics.height()
        items["first"] = Item("first", QRect(self.words_left + GAP, half - above, room, above), (first,))
        items["second"] = Item("second", QRect(self.words_left + GAP, half, room, below), (second, is_warning))
        if state.is_held:
            items["bubble"] = self._bubble(x, f"epoch {state.at:,}")
        return items

    def _until(self, epoch: int, end: float) -> QRect:
        return QRect(self.bar.left(), self.bar.top(), round(self.x_of(epoch, end)) - self.bar.left(), THICK)

    def _fix(self, state: State) -> None:
        """Lay out what somebody did to the run, where that or the axis is another."""
        source = state.events, state.end, bool(state.last)
        if source == self._source:
            return
        self._source, self._spread = source, {}
        for mark in state.events if state.last else ():
            self._spread.setdefault(round(self.x_of(mark.epoch, state.end)), []).append(mark)
        self._lines = sorted(x for x, marks in self._spread.items() if any(mark.kind == CHANGED for mark in marks))
        self._labels = {}
        places = sorted(self._spread, key=lambda x: (self._spread[x][0].kind == BRANCHED, -x))
        for x in places[:MOST_TRIES]:
            marks = self._spread[x]
            if label := self._label(x, marks, self._labels.values()):
                self._labels[f"label {x}"] = label
            if len(self._labels) == MOST_LABELS:
                break
        self.fixed = {key: item for x, marks in self._spread.items() for key, item in self._marks(x, marks)}

    def _marks(self, x: int, marks: Sequence[Milestone]) -> Iterator[tuple[str, Item]]:
        """A line down to the track where something changed or ended; a triangle, or a fork, under it."""
        low = self.bar.bottom()
        for mark in {mark.kind: mark for mark in marks}.values():
            if mark.kind == BEST:
                box = QRect(x - BELOW, self.bar.center().y() - BELOW, 2 * BELOW, 2 * BELOW + 2)
            elif mark.kind == RESTORED:
                box = QRect(x - 6, low, 12, BELOW + 3)
            elif mark.kind == BRANCHED:
                box = QRect(x - 2, low - 2, 16, BELOW + 5)
            else:
                box = QRect(x - 1, 2, 3, low)
            yield f"{mark.kind} {x}", Item(mark.kind, box, (mark.colour,))

    def _outcomes(self, state: State) -> dict[str, Item]:
        """How the run fared, over the handle, and of all labels those that leave room for what is said of that."""
        places: dict[int, list[Milestone]] = {}
        for mark in state.outcomes:
            places.setdefault(round(self.x_of(mark.epoch, state.end)), []).append(mark)
        found: dict[str, Item] = {}
        labels: dict[str, Item] = {}
        for x, marks in places.items():
            found |= self._marks(x, marks)
            if label := self._label(x, marks, labels.values()):
                labels[f"outcome {x}"] = label
        free = {key: item for key, item in self._labels.items() if not _collides(item.box, labels.values())}
        return found | free | labels

    def _label(self, x: int, marks: Sequence[Milestone], others: Iterable[Item]) -> Item | None:
        """What happened there in a word or two, where it runs into no line and no other label."""
        text, width = self._measured(", ".join(dict.fromkeys(mark.label for mark in marks)))
        for box in self._boxes(x, width):
            is_crossed = bisect_right(self._lines, box.right() + 1) > bisect_right(self._lines, box.left() - 2)
            if not is_crossed and not _collides(box, others):
                return Item("label", box, (text, marks[0].kind == BEST, marks[0].colour if len(marks) == 1 else None))
        return None

    def _measured(self, text: str) -> tuple[str, int]:
        """A label as it is written, and how wide."""
        if text not in self._widths:
            short = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, LONGEST)
            self._widths[text] = short, self._metrics.horizontalAdvance(short) + 2
        return self._widths[text]

    def _boxes(self, x: int, width: int) -> list[QRect]:
        """Where a label may stand: right of its mark, or left of it."""
        top, height = 1 + (self._height - 36) // 4, self._metrics.height()
        boxes = [QRect(left, top, width, height) for left in (x + GAP, x - GAP - width)]
        return [box for box in boxes if box.left() >= 0 and box.right() <= self.bar.right() + EDGE]

    def _bubble(self, x: int, text: str) -> Item:
        width = self._metrics.horizontalAdvance(text) + 12
        left = min(max(x - width // 2, 0), self.bar.right() + EDGE - width)
        return Item("bubble", QRect(left, 0, width, self._metrics.height() + 2), (text,))

    # painting

    def paint(self, painter: QPainter, items: Mapping[str, Item], is_seen: Callable[[QRect], bool]) -> None:
        """Draw the items that are seen, and what is fixed, over the bars and under the handle."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bars = [item for item in items.values() if item.kind == "bar"]
        others = [item for item in items.values() if item.kind != "bar"]
        for item in (*bars, *self.fixed.values(), *others):
            if is_seen(item.box):
                self._ways[item.kind](painter, QRectF(item.box), item.looks)

    def _paint_bar(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(looks[0]))
        painter.drawRoundedRect(box, THICK / 2, THICK / 2)

    def _paint_empty(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        painter.setFont(self._small)
        painter.setPen(QColor(self.colors.muted))
        painter.drawText(box.adjusted(EDGE, 2, 0, -box.height() / 2), LEFT, looks[0])

    def _paint_handle(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        """A ring where the run stands, a disc where it is looked back at."""
        is_past, has_focus = looks
        colors, middle = self.colors, box.center()
        if has_focus:
            painter.setPen(QPen(QColor(colors.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, HANDLE + 3, HANDLE + 3)
        painter.setPen(QPen(QColor(colors.text), 2.5))
        painter.setBrush(QColor(colors.text if is_past else colors.panel))
        painter.drawEllipse(middle, HANDLE - 1, HANDLE - 1)

    def _paint_best(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        painter.setPen(QPen(QColor(self.colors.window), 1.5))
        painter.setBrush(QColor(self.colors.best))
        painter.translate(box.left() + BELOW, box.top() + BELOW)
        corners = (QPointF(0, -DIAMOND), QPointF(DIAMOND, 0), QPointF(0, DIAMOND), QPointF(-DIAMOND, 0))
        painter.drawPolygon(corners)
        painter.resetTransform()

    def _paint_line(self, painter: QPainter, box: QRectF, looks: Any, style: Any = Qt.PenStyle.SolidLine) -> None:
        painter.setPen(QPen(QColor(self.colors.text), 1.5, style))
        x = box.left() + 1.5
        painter.drawLine(QPointF(x, box.top() + 1), QPointF(x, box.bottom()))

    def _paint_stop(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        self._paint_line(painter, box, looks, Qt.PenStyle.DotLine)

    def _paint_restored(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        """A triangle that points up at the epoch."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colors.text))
        x, top = box.left() + 6.5, box.top() + BELOW - 3
        painter.drawPolygon((QPointF(x, top), QPointF(x + 4.5, top + 6), QPointF(x - 4.5, top + 6)))

    def _paint_branch(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        """A fork that leaves the track downwards."""
        color = QColor(self.colors.runs[looks[0]])
        start = QPointF(box.left() + 2, box.top() + 2)
        way = QPainterPath(start)
        way.cubicTo(start + QPointF(0, 8), start + QPointF(2, 8), start + QPointF(6, 8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 2))
        painter.drawPath(way)
        painter.setBrush(color)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(start + QPointF(8, 8), 3, 3)

    def _paint_label(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        text, is_best, color = looks
        colors = self.colors
        painter.setFont(self._small)
        painter.setPen(QColor(colors.best if is_best else colors.text if color is None else colors.runs[color]))
        painter.drawText(box, LEFT, text)

    def _paint_first(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        painter.setFont(self._bold)
        painter.setPen(QColor(self.colors.text))
        painter.drawText(box, LEFT, looks[0])

    def _paint_second(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        text, is_warning = looks
        painter.setFont(self._small)
        painter.setPen(QColor(self.colors.warning if is_warning else self.colors.muted))
        painter.drawText(box, LEFT, self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width())))

    def _paint_bubble(self, painter: QPainter, box: QRectF, looks: Any) -> None:
        colors = self.colors
        painter.setPen(QPen(QColor(colors.line), 1))
        painter.setBrush(QColor(colors.panel))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(self._small)
        painter.setPen(QColor(colors.text))
        painter.drawText(box, CENTRE, looks[0])


def _collides(box: QRect, others: Iterable[Item]) -> bool:
    return any(box.adjusted(-GAP, 0, GAP, 0).intersects(other.box) for other in others)
