"""The runs there are, as chips: a click takes one in hand, Alt and a click lays it over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QHelpEvent,
    QIcon,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QToolButton, QToolTip, QWidget

from playground.ui.describe import plain
from playground.ui.icons import pixmap
from playground.ui.lanes import Group, grouped, stand_in
from playground.ui.painting import painted
from playground.ui.scales import figures
from playground.ui.theme import Colors, blend, font

if TYPE_CHECKING:
    from playground.training.runs import Listed

HEIGHT = 28  # pixels
LONGEST, SHORTEST = 112, 72  # a name; a chip that has to be shorter than its name
DISC, PAD, GAP = 10, 8, 4
ALT = Qt.KeyboardModifier.AltModifier


class Chip(QAbstractButton):
    """One run: its colour, its name, and whether it is in hand, pinned, the ghost, or laid over.

    Of a lane of several seeds, which ``lane`` has, the one that a click takes; its name is the lane's.
    """

    laid_over = Signal()
    removed = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, row: Listed, colors: Colors, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.row, self.is_ghost, self.is_laid = row, False, False
        self.lane: Group = (row,)
        self.colors = colors
        self.show_row(row)

    def show_row(self, row: Listed, is_ghost: bool = False, is_laid: bool = False) -> None:
        """Show how the run stands now; what is drawn is painted anew only where it is otherwise."""
        before = self.row._replace(snapshot=None), self.is_ghost, self.is_laid
        self.row, self.is_ghost, self.is_laid = row, is_ghost, is_laid
        self.setAccessibleName(f"Run: {row.name}")
        self.setAccessibleDescription(", ".join([*_facts(row), *self._roles()]))
        if before != (row._replace(snapshot=None), is_ghost, is_laid):
            self.update()

    def _roles(self) -> list[str]:
        row = self.row
        roles = {"in hand": row.is_in_hand, "pinned": row.is_pinned, "ghost": self.is_ghost, "laid over": self.is_laid}
        return [role for role, holds in roles.items() if holds]

    @property
    def told(self) -> str:
        """What differs, how far it came and how well it does."""
        row = self.row
        came = [f"branched off at epoch {row.branched:,}"] if row.branched is not None else []
        seeds = [f"seed {row.seed}, the others by the Runs table"] if len(self.lane) > 1 else []
        does = "" if row.is_in_hand else "\nClick to take it in hand, Alt+click to lay it over"
        return "\n".join([row.name, *seeds, *came, *_facts(row), *self._roles()]) + does

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(font("body", bold=self.row.is_in_hand))
        text = min(metrics.horizontalAdvance(self.row.name), LONGEST)
        return QSize(2 * PAD + DISC + 6 + text + 1 + (16 if self.row.is_pinned else 0), HEIGHT)

    # the hand

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.modifiers() & ALT and self.isDown() and self.hitButton(event.position().toPoint()):
            self.setDown(False)
            self.laid_over.emit()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.laid_over.emit() if event.modifiers() & ALT else self.click()
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain(self.told), self)
            return True
        return super().event(event)

    # painting

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, row, colors = QPainter(self), self.row, self.colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        middle = QPointF(PAD + DISC / 2, self.height() / 2)
        paint_disc(painter, middle, colors.runs[row.colour], self.is_ghost)
        if self.is_laid:
            painter.setPen(QPen(QColor(colors.runs[row.colour]), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, DISC / 2 + 2.5, DISC / 2 + 2.5)
        shown = font("body", bold=row.is_in_hand)
        right = self.width() - PAD - (16 if row.is_pinned else 0)
        box = QRectF(PAD + DISC + 6, 0, right - PAD - DISC - 6, self.height())
        painter.setFont(shown)
        painter.setPen(QColor(colors.text if row.is_in_hand else colors.muted))
        text = QFontMetrics(shown).elidedText(row.name, Qt.TextElideMode.ElideRight, int(box.width()) + 1)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        if row.is_pinned:
            picture = pixmap("pin", colors.muted, 14, self.devicePixelRatioF())
            painter.drawPixmap(QPointF(self.width() - PAD - 13, self.height() / 2 - 7), picture)
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        colors, row = self.colors, self.row
        strength = 0.14 if self.isDown() else 0.07 if row.is_in_hand or self.underMouse() else 0.0
        edge = colors.text if self.hasFocus() else colors.runs[row.colour] if row.is_in_hand else ""
        painter.setPen(QPen(QColor(edge), 2 if self.hasFocus() else 1.5) if edge else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QColor(blend(colors.text, colors.window, strength)))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)


class Chips(QWidget):
    """A chip a run, and one for all seeds of a race's value, oldest first.

    So the newest stand beside the scrubber, and none moves when another is taken.

    Where there is no room for all, the oldest are in a menu; the one in hand is always seen.
    """

    taken = Signal(int)
    laid_over = Signal(int)
    pinned = Signal(int, bool)
    ghost_wanted = Signal(bool)
    removed = Signal(int)

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Runs")
        self._colors = colors
        self._chips: dict[int, Chip] = {}
        self._ghost: int | None = None
        self._hidden: list[Chip] = []
        self.more = QToolButton(self, font=font("small"), accessibleName="More runs")
        self.more.setProperty("role", "quiet")
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(menu)
        self.more.hide()

    def show_runs(self, rows: Sequence[Listed], ghost: int | None = None, laid: Collection[int] = ()) -> None:
        """See Timeline.show_runs."""
        before = [self._look_of(chip) for chip in self._chips.values()]
        self._ghost = ghost
        old, self._chips = self._chips, {}
        for group in grouped(rows):
            number, row = group[0].number, _as_one(group, rows)
            chip = old.pop(number, None) or self._make(number, row)
            chip.lane = group
            is_ghost, is_laid = row.number == ghost, any(one.number in laid for one in group)
            if chip.row is not row or (chip.is_ghost, chip.is_laid) != (is_ghost, is_laid):
                chip.show_row(row, is_ghost, is_laid)
            self._chips[number] = chip
        for chip in old.values():
            chip.hide()
            chip.deleteLater()  # it may be its own click that removed it
        if before != [self._look_of(chip) for chip in self._chips.values()]:
            self._arrange()

    @staticmethod
    def _look_of(chip: Chip) -> tuple[object, ...]:
        """What its width and place depend on."""
        return chip.row.number, chip.row.name, chip.row.is_in_hand, chip.row.is_pinned

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for chip in self._chips.values():
            chip.colors = colors
            chip.update()

    @property
    def shown(self) -> list[int]:
        """The numbers of the runs whose chips are seen, from the left."""
        return [number for number, chip in self._chips.items() if not chip.isHidden()]

    def chip(self, number: int) -> Chip:
        """The chip of a run, or of a lane by its first run. Raises KeyError where there is none."""
        return self._chips[number]

    def _make(self, number: int, row: Listed) -> Chip:
        chip = Chip(row, self._colors, self)
        chip.clicked.connect(lambda: self.taken.emit(chip.row.number))
        chip.laid_over.connect(lambda: self._lay_over(number))
        chip.removed.connect(lambda: self._remove(number))
        chip.menu_wanted.connect(lambda place: self.menu_of(number).popup(place))
        return chip

    def _lay_over(self, number: int) -> None:
        for row in self._chips[number].lane:
            if not row.is_in_hand:
                self.laid_over.emit(row.number)

    def _remove(self, number: int) -> None:
        if not self._chips[number].row.is_in_hand:
            for row in self._chips[number].lane:
                self.removed.emit(row.number)

    def _pin(self, number: int, is_pinned: bool) -> None:
        for row in self._chips[number].lane:
            self.pinned.emit(row.number, is_pinned)

    # menus

    def menu_of(self, number: int) -> QMenu:
        """What can be done with a run besides taking it."""
        chip = self._chips[number]
        row = chip.row
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Un&pin" if row.is_pinned else "&Pin", lambda: self._pin(number, not row.is_pinned))
        lay = menu.addAction("&Take off" if chip.is_laid else "&Lay over", lambda: self._lay_over(number))
        lay.setEnabled(not row.is_in_hand)
        has_ghost = self._ghost is not None
        ghost = "Hide the &ghost" if has_ghost else "Show the last run as &ghost"
        menu.addAction(ghost, lambda: self.ghost_wanted.emit(not has_ghost)).setEnabled(len(self._chips) > 1)
        menu.addSeparator()
        menu.addAction("&Delete", lambda: self._remove(number)).setEnabled(not row.is_in_hand)
        return menu

    def _fill_menu(self) -> None:
        """The runs that have no room, the newest first."""
        menu = self.more.menu()
        menu.clear()
        for chip in reversed(self._hidden):
            row = chip.row
            text = row.name.replace("&", "&&") + (" (pinned)" if row.is_pinned else "")
            action = menu.addAction(self._disc(row.colour, chip.is_ghost), text)
            action.triggered.connect(lambda _=False, number=row.number: self.taken.emit(number))

    def _disc(self, colour: int, is_ghost: bool) -> QIcon:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(16 * ratio), round(16 * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_disc(painter, QPointF(8, 8), self._colors.runs[colour], is_ghost)
        painter.end()
        return QIcon(picture)

    # places

    def _arrange(self) -> None:
        """As many of the newest as there is room for, and the one in hand."""
        chips = list(self._chips.values())
        widths = {number: chip.sizeHint().width() + GAP for number, chip in self._chips.items()}
        room = self.width()
        if sum(widths.values()) > room:
            self.more.setText(f"… {len(chips)} more")
            room -= self.more.sizeHint().width() + GAP
        seen: dict[int, int] = {}
        for number in sorted(widths, key=lambda number: (self._chips[number].row.is_in_hand, number), reverse=True):
            width = min(widths[number], room)
            if width < min(widths[number], SHORTEST) and seen:
                break
            seen[number] = width - GAP
            room -= width
        self._hidden = [chip for number, chip in self._chips.items() if number not in seen]
        self._place(seen)

    def _place(self, seen: Mapping[int, int]) -> None:
        """Set down the chips that are seen, each so wide."""
        x, y = 0, (self.height() - HEIGHT) // 2
        self.more.setVisible(bool(self._hidden))
        if self._hidden:
            count = len(self._hidden)
            self.more.setText(f"… {count} more")
            self.more.setToolTip(f"{count} older {'run' if count == 1 else 'runs'}")
            width = self.more.sizeHint().width()
            self.more.setGeometry(0, y, width, HEIGHT)
            x = width + GAP
        last: QWidget = self.more
        for number, chip in self._chips.items():
            chip.setVisible(number in seen)
            if number in seen:
                chip.setGeometry(x, y, seen[number], HEIGHT)
                x += seen[number] + GAP
            QWidget.setTabOrder(last, chip)
            last = chip

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()


def paint_disc(painter: QPainter, middle: QPointF, color: str, is_ghost: bool) -> None:
    """A run's mark: a disc, or a ring for the ghost."""
    if is_ghost:
        painter.setPen(QPen(QColor(color), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, DISC / 2 - 1, DISC / 2 - 1)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawEllipse(middle, DISC / 2, DISC / 2)


def _as_one(group: Group, rows: Sequence[Listed]) -> Listed:
    """What a chip shows of a lane, or of a single run as it is."""
    if len(group) == 1:
        return group[0]
    name = f"{group[0].lane_name} × {len(group)}"
    return stand_in(group, rows)._replace(name=name, is_pinned=all(row.is_pinned for row in group))


def _facts(row: Listed) -> list[str]:
    """How far a run came, and how well it does."""
    snapshot = row.snapshot
    if snapshot is None:
        return []
    found = [f"{snapshot.epoch:,} {'epoch' if snapshot.epoch == 1 else 'epochs'}"]
    if snapshot.best_epoch is not None:
        found.append(f"best at epoch {snapshot.best_epoch:,}")
    if len(snapshot.history):
        found += [
            f"training loss {figures(float(snapshot.column('train_loss')[-1]))}",
            f"validation loss {figures(float(snapshot.column('val_loss')[-1]))}",
        ]
    return found
