"""Why a run does as it does, and what would help: verdict, evidence, and remedies, each with what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.runs import Listed
from playground.training.snapshot import Snapshot, Verdict
from playground.training.trials import Change, Outcome, outcome, sets_in
from playground.ui.chips import paint_disc
from playground.ui.describe import plain
from playground.ui.icons import icon
from playground.ui.painting import painted
from playground.ui.plots.chart import Title
from playground.ui.plots.evidence import EvidenceChart
from playground.ui.plots.export import Table
from playground.ui.scales import figures
from playground.ui.scene import Scene
from playground.ui.theme import Colors, font, run_color
from playground.ui.verdict import ICONS, color_of, headline

EVERY = 200  # milliseconds between two updates of what came of a remedy: it is read, not watched
PAD, DISC = 10, 10
BEGIN = "Press play: the verdict compares training and validation loss."
HELP = (
    "<p>The verdict on the run, the numbers that it rests on, and what to change, best first.</p>"
    "<p>A press on a remedy leaves this run as it stands and trains another with that change at once: from the epoch "
    "told at its right, or from the start where it needs other weights. What that came to is written on it: the "
    "validation loss of the weights as they stand, and at its lowest since. Below 0 is a gain. Where one of the two "
    "has a penalty, it is the data term alone.</p>"
)
NOTHING = Verdict("none", "not trained yet", BEGIN)


class Offer(NamedTuple):
    """A remedy as its button shows it.

    advice: what it changes. hint: where it sets in. came: what came of it; rest: more of that, where there is room;
    told: all of that. colour: of the run that it led to, or None. is_gain: whether that is better, None where nothing
    can be said. ask: the verb and its arguments; None for advice that no knob follows.
    """

    advice: str
    hint: str = ""
    came: str = ""
    rest: str = ""
    told: str = ""
    colour: int | None = None
    is_gain: bool | None = None
    ask: tuple[str, tuple[Any, ...]] | None = None


class RemedyButton(QPushButton):
    """One line, and a second for what came of it once it has been tried."""

    def __init__(self, colors: Colors) -> None:
        super().__init__(font=font())
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.colors = colors
        self.offer = Offer("")

    def show_offer(self, offer: Offer) -> None:
        """Show it."""
        if offer == self.offer:
            return
        grows = bool(offer.came) != bool(self.offer.came)
        self.offer = offer
        self.setEnabled(offer.ask is not None)
        self.setAccessibleName(offer.advice)
        told = list(filter(None, [offer.told or offer.came, offer.hint]))
        self.setAccessibleDescription("; ".join(told))
        self.setToolTip(plain("\n".join([offer.advice, *told])))
        if grows:
            self.updateGeometry()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        line, small = (QFontMetrics(font(size)).height() for size in ("body", "small"))
        return QSize(200, line + 12 + (small + 2 if self.offer.came else 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionButton()
        self.initStyleOption(option)
        if self.offer.ask is not None:
            painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.setRenderHint(QStylePainter.RenderHint.Antialiasing)
        offer, colors = self.offer, self.colors
        body, small = QFontMetrics(font()), QFontMetrics(font("small"))
        left, right = PAD, self.width() - PAD
        if offer.colour is not None:
            middle = QRectF(left, 6, DISC, body.height()).center()
            paint_disc(painter, middle, run_color(colors, offer.colour), False)
            left += DISC + 6
        right = self._write(painter, offer.hint, right, left, 6, colors.muted) - PAD if offer.hint else right
        painter.setFont(font())
        painter.setPen(QColor(colors.text if offer.ask is not None else colors.muted))
        advice = body.elidedText(offer.advice, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRectF(left, 6, right - left, body.height()), Qt.AlignmentFlag.AlignVCenter, advice)
        if offer.came:
            self._paint_outcome(painter, left, 6 + body.height() + 2, small)

    def _write(self, painter: QStylePainter, text: str, right: int, left: int, top: int, color: str) -> int:
        """Small words that end at the right, if there is room for them. Returns where they begin."""
        metrics = QFontMetrics(font("small"))
        wide = metrics.horizontalAdvance(text)
        advice = QFontMetrics(font()).horizontalAdvance(self.offer.advice)
        if right - left < wide + PAD + advice:
            return right + PAD
        painter.setFont(font("small"))
        painter.setPen(QColor(color))
        box = QRectF(right - wide, top, wide + 1, QFontMetrics(font()).height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        return right - wide

    def _paint_outcome(self, painter: QStylePainter, left: int, top: int, metrics: QFontMetrics) -> None:
        offer, colors = self.offer, self.colors
        room = self.width() - PAD - left
        painter.setFont(font("small"))
        inks = {True: colors.accent, False: colors.error, None: colors.muted}
        came = metrics.elidedText(offer.came, Qt.TextElideMode.ElideRight, room)
        wide = metrics.horizontalAdvance(came)
        beside = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(inks[offer.is_gain]))
        painter.drawText(QRectF(left, top, wide + 1, metrics.height()), beside, came)
        if offer.rest and wide + 16 + metrics.horizontalAdvance(offer.rest) <= room:
            painter.setPen(QColor(colors.muted))
            painter.drawText(QRectF(left + wide + 16, top, room, metrics.height()), beside, offer.rest)


class WhyPanel(QWidget):
    """Title, evidence with its chart, the remedy that this run is, and those that may be tried on it."""

    asked = Signal(str, tuple)

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Why: the verdict, its evidence, and what to change")
        self.setWhatsThis(HELP)
        self._colors = colors
        self._scene: Scene | None = None
        self._shown: tuple[Any, ...] | None = None
        self._timer = QTimer(self, singleShot=True, interval=EVERY)
        self._timer.timeout.connect(self._draw)
        self._build()
        self.set_colors(colors)

    def _build(self) -> None:
        self.sign = QLabel()
        self.title = Title("", "title", bold=True)
        self.moment = Title("", "small", muted=True)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self.sign)
        head.addWidget(self.title, 1)
        head.addWidget(self.moment)
        self.evidence = QLabel(font=font(), wordWrap=True, accessibleName="Evidence in words")
        self.evidence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.evidence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.chart = EvidenceChart(self._colors)
        middle = QHBoxLayout(spacing=16)
        middle.addWidget(self.evidence, 5)
        middle.addWidget(self.chart, 6, Qt.AlignmentFlag.AlignTop)
        self.origin = RemedyButton(self._colors)
        self.origin.clicked.connect(lambda: self._ask(self.origin))
        self.caption = QLabel("What to change, best first", font=font("small", bold=True))
        self.remedies: list[RemedyButton] = []
        self._rows = QVBoxLayout(spacing=4)
        inside = QWidget()
        column = QVBoxLayout(inside, spacing=8)
        column.setContentsMargins(0, 0, 4, 4)
        for part in (head, middle):
            column.addLayout(part)
        column.addWidget(self.origin)
        column.addWidget(self.caption)
        column.addLayout(self._rows)
        column.addStretch(1)
        self.area = QScrollArea(frameShape=QFrame.Shape.NoFrame, widgetResizable=True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.area)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.chart.set_colors(colors)
        for button in (self.origin, *self.remedies):
            button.colors = colors
            button.update()
        self._shown = None
        self._draw()

    def show_scene(self, scene: Scene) -> None:
        """Tell why. Hidden, it waits until it is seen; what comes of remedies is told anew now and then."""
        before, self._scene = self._scene, scene
        if not self.isVisible():
            return
        if before is None or _outline(before) != _outline(scene):
            self._draw()
        elif not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    @staticmethod
    def _verdict(scene: Scene) -> Verdict:
        return scene.snapshot.verdict if scene.snapshot is not None else NOTHING

    def _draw(self) -> None:
        scene = self._scene
        # What is being pressed must not become another remedy under the hand.
        if scene is None or not self.isVisible() or any(button.isDown() for button in self.remedies):
            return
        verdict = self._verdict(scene)
        shown = verdict, scene.snapshot.shown if scene.snapshot is not None and verdict.kind != "training" else None
        if shown != self._shown:
            self._shown = shown
            self._tell(verdict, scene.snapshot)
        origin = origin_of(scene)
        self.origin.setVisible(origin is not None)
        if origin is not None:
            self.origin.show_offer(origin)
        self._offer(offers(scene))

    def table(self) -> Table:
        """The numbers of the small chart, a row each."""
        numbers = self._verdict(self._scene).numbers if self._scene is not None else None
        if numbers is None:
            return Table(("numbers",), ([],))
        names = [name or "value" for name in numbers.series]
        return Table((numbers.title, *names), (list(numbers.rows), *map(list, zip(*numbers.values))))

    def _tell(self, verdict: Verdict, snapshot: Snapshot | None) -> None:
        color = color_of(verdict.kind, self._colors)
        self.sign.setPixmap(icon(ICONS.get(verdict.kind, "hint"), self._colors, color).pixmap(16, 16))
        self.title.setText(headline(verdict))
        self.title.setStyleSheet(f"color: {color}")
        self.evidence.setText(verdict.evidence or BEGIN)
        self.chart.show_numbers(verdict.numbers)
        past = snapshot is not None and snapshot.looked is not None
        self.moment.setText(f"epoch {snapshot.shown:,}, looked back at" if past and snapshot is not None else "")

    def _offer(self, found: list[Offer]) -> None:
        while len(self.remedies) < len(found):
            button = RemedyButton(self._colors)
            button.clicked.connect(lambda _=False, button=button: self._ask(button))
            self.remedies.append(button)
            self._rows.addWidget(button)
        for place, button in enumerate(self.remedies):
            button.setVisible(place < len(found))
            if place < len(found):
                button.show_offer(found[place])
        self.caption.setVisible(bool(found))

    def _ask(self, button: RemedyButton) -> None:
        if button.offer.ask is not None:
            self.asked.emit(*button.offer.ask)

    def sizeHint(self) -> QSize:
        return QSize(460, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 80)


def _outline(scene: Scene) -> tuple[Any, ...]:
    """What is told of the runs but how far they came."""
    snapshot = scene.snapshot
    verdict = (id(snapshot.verdict), snapshot.run, snapshot.looked) if snapshot is not None else None
    return verdict, [(row.number, row.name, row.is_in_hand) for row in scene.runs]


# what is offered


def offers(scene: Scene) -> list[Offer]:
    """The verdict's remedies, those that were tried with what came of them; then others that were tried on this run."""
    snapshot = scene.snapshot
    if snapshot is None:
        return []
    tried = {key_of(row.remedy): row for row in scene.runs if row.remedy is not None and row.parent == snapshot.run}
    found = []
    for advice, changes in snapshot.verdict.remedies:
        child = tried.pop(key_of(changes), None)
        if child is not None:
            found.append(tried_offer(advice, snapshot, child))
        elif changes:
            ask = ("try_remedy", (dict(changes),))
            found.append(Offer(advice, where(snapshot, scene.experiment, changes), ask=ask))
        else:
            found.append(Offer(advice))
    return found + [tried_offer(row.name, snapshot, row) for row in tried.values()]


def origin_of(scene: Scene) -> Offer | None:
    """The remedy that the run in hand is, with what came of it; a press goes back to the run that it was tried on."""
    hand = next((row for row in scene.runs if row.is_in_hand), None)
    parent = next((row for row in scene.runs if hand is not None and row.number == hand.parent), None)
    if hand is None or hand.remedy is None or parent is None or parent.snapshot is None or scene.snapshot is None:
        return None
    found = tried_offer(f"{hand.name}, tried on {parent.name}", parent.snapshot, hand._replace(snapshot=scene.snapshot))
    return found._replace(hint=f"back to {parent.name}", ask=("take", (parent.number,)))


def key_of(changes: Mapping[str, Any]) -> tuple[Any, ...]:
    """Changes, to be compared."""
    return tuple(sorted(changes.items()))


def where(snapshot: Snapshot, experiment: Experiment, changes: Mapping[str, Any]) -> str:
    """Where a remedy sets in, in words."""
    try:
        epoch = sets_in(snapshot, experiment.change(**changes))
    except KnobError:
        return ""
    return f"from epoch {epoch:,} on" if epoch is not None else "from the start"


def tried_offer(advice: str, before: Snapshot, child: Listed) -> Offer:
    """A remedy that led to a run."""
    after, ask = child.snapshot, ("take", (child.number,))
    found = outcome(before, after, child.branched) if after is not None else None
    if after is None or found is None:
        came = (
            f"now: {after.verdict.title}" if after is not None and after.epoch > (child.branched or 0) else "training …"
        )
        return Offer(advice, f"show {child.name}", came, colour=child.colour, ask=ask)
    gain, best = found.standing.gain, found.best.gain
    is_gain = None if math.isnan(gain) or not gain else gain < 0
    rest = f"at best {signed(best)}" if math.isfinite(best) else ""
    told = f"{in_words(found)}; at its best {changed(found.best)}"
    return Offer(advice, f"show {child.name}", in_words(found), rest, told, child.colour, is_gain, ask)


def in_words(found: Outcome) -> str:
    """What a loss came to, of the weights as they stand."""
    measure = "data term" if found.is_bare else "loss"  # the loss without the penalty, which the two may not share
    return f"{'so far ' if found.is_open else ''}{found.which} {measure} {changed(found.standing)}"


def changed(change: Change) -> str:
    """A change in figures: "0.3100 → 0.2400, −0.0700"."""
    arrow = f"{loss(change.before)} → {loss(change.after)}"
    if not math.isfinite(change.gain):
        return arrow
    return f"{arrow}, {signed(change.gain)}"


def signed(gain: float) -> str:
    """A gain in figures, with its sign."""
    return f"{'+' if gain > 0 else ''}{figures(gain)}"


def loss(value: float) -> str:
    """A loss in figures, or that there is none any more."""
    return "diverged" if math.isinf(value) else figures(value)
