"""The choices: a panel made from the knobs' declarations, showing what matters for what is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from playground.model.experiment import Experiment
from playground.model.knobs import (
    GROUPS,
    PARTS,
    Group,
    Knobs,
    declarations,
)
from playground.model.relevance import NEEDS, relevant
from playground.ui.fields import MoreButton, Switch
from playground.ui.icons import icon
from playground.ui.painting import painted
from playground.ui.row import Row
from playground.ui.theme import Colors, font

SCROLL_BAR = 8  # pixels; they are left free where there is none, so that nothing moves when one comes


class Section(QWidget):
    """A group of knobs: a title, with the switch of the group where it has one, and its rows."""

    changed = Signal(str, object)
    settled = Signal()
    compare_wanted = Signal(str)  # a knob whose values are to run side by side
    chart_wanted = Signal(str)  # a knob of whose values it is asked what they come to
    toggled = Signal()

    def __init__(self, group: Group, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = group
        self.setWhatsThis(about_group(group))
        declared = [other for other in declarations().values() if other.knob.group == group.key]
        column = QVBoxLayout(self, spacing=0)
        inset = 0 if group.part else 6
        column.setContentsMargins(0, inset, 0, inset)
        self.more = MoreButton(group.title)
        self.more.toggled.connect(self.toggled)
        self.switch: Switch | None = None
        self.head_row: Row | None = None
        self.header = QHBoxLayout(spacing=4)  # of a title with what stands beside it
        column.addWidget(self._make_header(group))
        self.rows = {other.name: Row(other, parent=self) for other in declared if not self._is_header_knob(other.name)}
        for row in self.rows.values():
            row.changed.connect(self.changed)
            row.settled.connect(self.settled)
            row.compare_wanted.connect(self.compare_wanted)
            row.chart_wanted.connect(self.chart_wanted)
            column.addWidget(row)
        if self.head_row is not None:  # beside its menu there is no room
            line = QHBoxLayout(spacing=0)
            line.setContentsMargins(12, 0, 12, 2)
            line.addWidget(self.more)
            line.addStretch(1)
            column.addLayout(line)

    def _is_header_knob(self, name: str) -> bool:
        return name == self.group.head and self.group.on is None

    def _make_header(self, group: Group) -> QWidget:
        name = group.head
        if name and self._is_header_knob(name):
            self.head_row = Row(declarations()[name], group.title, self)
            self.head_row.changed.connect(self.changed)
            self.head_row.settled.connect(self.settled)
            self.head_row.compare_wanted.connect(self.compare_wanted)
            self.head_row.chart_wanted.connect(self.chart_wanted)
            return self.head_row
        header = QWidget(self)
        self.header = QHBoxLayout(header, spacing=4)
        self.header.setContentsMargins(0, 2, 12, 2)
        self.header.addWidget(title_of(group.title, is_part=not group.part), 1)
        self.header.addWidget(self.more)
        if name:
            self.switch = Switch()
            self.switch.setAccessibleName(group.title)
            self.switch.setAccessibleDescription(declarations()[name].knob.help)
            self.switch.setToolTip(declarations()[name].knob.help)
            self.switch.changed.connect(lambda on: self.changed.emit(name, group.on if on else group.off))
            self.switch.settled.connect(self.settled)
            self.header.addWidget(self.switch)
        return header

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Beside a switch: what can be done with the knob that it switches."""
        if self.switch is not None and self.group.head in self.rows:
            self.rows[self.group.head].menu().popup(event.globalPos())

    def show_knobs(self, experiment: Experiment, shown: frozenset[str]) -> None:
        """Show values and those rows that matter now; what is behind "more" is counted there."""
        knobs, head = experiment.knobs, self.group.head
        self.setVisible(not shown.isdisjoint({head, *self.rows}))
        if self.head_row is not None:
            self.head_row.show_knob(experiment)
            self.head_row.explain(experiment)
        if self.switch is not None:
            self.switch.show_value(getattr(knobs, head) != self.group.off)
            self.switch.setVisible(head in shown)
        rest, hidden, changed = 0, 0, 0
        for name, row in self.rows.items():
            is_changed = getattr(knobs, name) != row.declared.default
            matters = name in shown and not (name == head and not is_changed and not row.is_busy)
            is_rest = matters and not row.declared.knob.main
            visible = matters and (not is_rest or self.more.isChecked() or row.is_busy)
            rest += is_rest
            hidden += matters and not visible
            changed += matters and not visible and is_changed
            row.setVisible(visible)
            if visible:
                row.show_knob(experiment)
                row.explain(experiment)
        self.more.setVisible(rest > 0)
        self.more.count(hidden, changed)


class Part(QWidget):
    """A part of the form: the place of its groups, under a title where there are several."""

    def __init__(self, title: str, groups: Sequence[Group], is_first: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.groups = groups
        titles = [group.title for group in groups if group.part]
        self.setWhatsThis(f"<b>{title}</b><br>Here are: {', '.join(titles).lower()}." if titles else "")
        self._line = not is_first
        self.column = QVBoxLayout(self, spacing=0)
        self.column.setContentsMargins(0, 1, 0, 4 if groups[0].part else 0)
        if groups[0].part:
            self.column.addSpacing(6)
            self.column.addWidget(title_of(title, is_part=True))

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._line:
            painter = QPainter(self)
            painter.fillRect(16, 0, self.width() - 28, 1, self.palette().color(QPalette.ColorRole.Mid))
            painter.end()


def about_group(group: Group) -> str:
    """What F1 tells over the title of a group: what it is for, and the knobs that it has."""
    declared = declarations()
    labels = [knob.knob.label for knob in declared.values() if knob.knob.group == group.key]
    parts = [
        f"<b>{group.title}</b>",
        declared[group.head].knob.help if group.head else "",
        f"Here are: {', '.join(labels)}.",
    ]
    return "<br>".join(part for part in parts if part)


def title_of(text: str, is_part: bool) -> QLabel:
    """The title of a part, or of a group within one."""
    caption = QLabel(text, font=font(bold=is_part))
    caption.setMinimumHeight(24)
    caption.setContentsMargins(16, 0, 0, 0)
    return caption


class Form(QWidget):
    """All choices of an experiment. ``changed`` carries a knob's name and new value, None for the default; ``settled``
    tells that keys may act on the run again: a number was entered, or something clicked.
    """

    changed = Signal(str, object)
    settled = Signal()
    compare_wanted = Signal(str)  # a knob whose values are to run side by side
    chart_wanted = Signal(str)  # a knob of whose values it is asked what they come to
    fold_wanted = Signal()
    parts = PARTS

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Choices")
        self._experiment: Experiment | None = None
        self.part = PARTS[0][0]  # the one that was gone to last
        # what holds others is made first: each change of a parent has the styles of all that is in it found anew
        self._area = QScrollArea(self, widgetResizable=True)
        inside = QWidget()
        self._area.setWidget(inside)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._area)
        column = QVBoxLayout(inside, spacing=0)
        column.setContentsMargins(0, 0, 0, 12)
        self._parts: dict[str, Part] = {}
        for key, title in PARTS:
            groups = [group for group in GROUPS if key in (group.key, group.part)]
            self._parts[key] = Part(title, groups, key == self.part, inside)
            column.addWidget(self._parts[key])
        column.addStretch(1)
        self.sections = {group.key: self._make_section(group) for group in GROUPS}
        self.fold = QToolButton(accessibleName="Fold the choices", toolTip="Fold the choices", iconSize=QSize(16, 16))
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fold.setFixedSize(24, 24)
        self.fold.clicked.connect(self.fold_wanted)
        self.sections[self.part].header.addWidget(self.fold)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)

    def _make_section(self, group: Group) -> Section:
        part = next(part for part in self._parts.values() if group in part.groups)
        section = Section(group, part)
        part.column.addWidget(section)
        section.changed.connect(self.changed)
        section.settled.connect(self.settled)
        section.compare_wanted.connect(self.compare_wanted)
        section.chart_wanted.connect(self.chart_wanted)
        section.toggled.connect(self._refresh)
        return section

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self.fold.setIcon(icon("fold", colors))
        self.field("dataset").set_colors(colors)

    def go_to(self, part: str) -> None:
        """Scroll to that part, and have the focus on its first control."""
        self.part = part
        place = self._parts[part]
        bar = self._area.verticalScrollBar()
        bar.setValue(place.y())
        fields = [child for child in place.findChildren(QWidget) if child.focusPolicy() & Qt.FocusPolicy.TabFocus]
        first = next((child for child in fields if child.isVisible() and child is not self.fold), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def show_knobs(self, experiment: Experiment) -> None:
        """Show an experiment's knobs, silently; a stroke, which changes none, costs nothing here."""
        before, self._experiment = self._experiment, experiment
        self.field("dataset").show_own(experiment.data)
        if before is not None and _is_stroke(before, experiment):
            return
        self._show()

    def _show(self) -> None:
        assert self._experiment is not None
        experiment = self._experiment
        shown = relevant(experiment)
        for section in self.sections.values():
            section.show_knobs(experiment, shown)
        QTimer.singleShot(0, self, self._place_problems)  # rows have moved then

    def _place_problems(self) -> None:
        for section in self.sections.values():
            for row in (*section.rows.values(), *([section.head_row] if section.head_row else [])):
                if not row.problem.isHidden():
                    row.problem.place()

    def row(self, name: str) -> Row:
        """The row of a knob."""
        section = self.sections[declarations()[name].knob.group]
        found = section.rows.get(name, section.head_row)
        assert found is not None
        return found

    def field(self, name: str) -> Any:
        """The control of a knob."""
        return self.row(name).field

    def shows(self, name: str) -> bool:
        """Whether a knob's row is among those shown now."""
        return self.row(name).isVisibleTo(self)

    def refuse(self, name: str, message: str) -> None:
        """Say at a knob why its new value was not accepted."""
        if name in Knobs._fields:
            self.row(name).refuse(message)

    @property
    def opened(self) -> list[str]:
        """The groups that show all they have."""
        return [group for group, section in self.sections.items() if section.more.isChecked()]

    def open(self, groups: Iterable[str]) -> None:
        for group in groups:
            if group in self.sections:
                self.sections[group].more.setChecked(True)

    def _refresh(self) -> None:
        if self._experiment is not None:
            self._show()


def _is_stroke(one: Experiment, other: Experiment) -> bool:
    """Whether nothing but points was changed, and the same knobs matter on them."""
    is_other = one.data is not other.data and one.knobs == other.knobs
    return is_other and all(need(one) == need(other) for need in NEEDS.values())
