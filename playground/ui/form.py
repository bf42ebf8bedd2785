"""The choices: a panel made from the knobs' declarations, showing what matters for what is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from playground.model.experiment import Experiment
from playground.model.knobs import (
    GROUPS,
    Group,
    Knobs,
    declarations,
)
from playground.model.relevance import NEEDS, relevant
from playground.ui.fields import MoreButton, Switch
from playground.ui.row import Row
from playground.ui.theme import font

WIDTH = 280


class Section(QWidget):
    """A group of knobs: a title, with the switch of the group where it has one, and its rows."""

    changed = Signal(str, object)
    settled = Signal()
    toggled = Signal()

    def __init__(self, group: Group, first: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = group
        self._line = not first
        declared = [other for other in declarations().values() if other.knob.group == group.key]
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 6, 0, 6)
        self.more = MoreButton(group.title)
        self.more.toggled.connect(self.toggled)
        self.switch: Switch | None = None
        self.head_row: Row | None = None
        column.addWidget(self._make_header(group))
        self.rows = {other.name: Row(other) for other in declared if not self._is_header_knob(other.name)}
        for row in self.rows.values():
            row.changed.connect(self.changed)
            row.settled.connect(self.settled)
            column.addWidget(row)

    def _is_header_knob(self, name: str) -> bool:
        return name == self.group.head and self.group.on is None

    def _make_header(self, group: Group) -> QWidget:
        name = group.head
        if name and self._is_header_knob(name):
            self.head_row = Row(declarations()[name], group.title)
            self.head_row.changed.connect(self.changed)
            self.head_row.settled.connect(self.settled)
            self.head_row.line.insertWidget(1, self.more)
            return self.head_row
        header = QWidget()
        line = QHBoxLayout(header, spacing=4)
        line.setContentsMargins(0, 2, 12, 2)
        caption = QLabel(group.title, font=font(bold=True))
        caption.setFixedHeight(24)
        caption.setContentsMargins(16, 0, 0, 0)
        line.addWidget(caption, 1)
        line.addWidget(self.more)
        if name:
            self.switch = Switch()
            self.switch.setAccessibleName(group.title)
            self.switch.setAccessibleDescription(declarations()[name].knob.help)
            self.switch.setToolTip(declarations()[name].knob.help)
            self.switch.changed.connect(lambda on: self.changed.emit(name, group.on if on else group.off))
            self.switch.settled.connect(self.settled)
            line.addWidget(self.switch)
        return header

    def show_knobs(self, experiment: Experiment, shown: frozenset[str]) -> None:
        """Show values and those rows that matter now."""
        knobs, head = experiment.knobs, self.group.head
        self.setVisible(not shown.isdisjoint({head, *self.rows}))
        if self.head_row is not None:
            self.head_row.show_knob(experiment)
            self.head_row.explain(experiment)
        if self.switch is not None:
            self.switch.show_value(getattr(knobs, head) != self.group.off)
            self.switch.setVisible(head in shown)
        hidden = False
        for name, row in self.rows.items():
            declared = row.declared
            changed = getattr(knobs, name) != declared.default
            matters = name in shown and not (name == head and not changed and not row.is_busy)
            visible = matters and (declared.knob.main or self.more.isChecked() or changed or row.is_busy)
            hidden |= matters and not declared.knob.main and (self.more.isChecked() or not visible)
            row.setVisible(visible)
            if visible:
                row.show_knob(experiment)
                row.explain(experiment)
        self.more.setVisible(hidden)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._line:
            painter = QPainter(self)
            painter.fillRect(16, 0, self.width() - 28, 1, self.palette().color(QPalette.ColorRole.Mid))
            painter.end()


class Form(QWidget):
    """All choices of an experiment. ``changed`` carries a knob's name and new value, None for the default; ``settled``
    tells that keys may act on the run again: a number was entered, or something clicked.
    """

    changed = Signal(str, object)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Choices")
        self._experiment: Experiment | None = None
        inside = QWidget()
        column = QVBoxLayout(inside, spacing=0)
        column.setContentsMargins(0, 0, 0, 12)
        self.sections: dict[str, Section] = {}
        for number, group in enumerate(GROUPS):
            section = Section(group, number == 0)
            section.changed.connect(self.changed)
            section.settled.connect(self.settled)
            section.toggled.connect(self._refresh)
            self.sections[group.key] = section
            column.addWidget(section)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        area.setWidget(inside)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(area)
        self.setMinimumWidth(WIDTH)
        self.setMaximumWidth(WIDTH + 80)

    def show_knobs(self, experiment: Experiment) -> None:
        """Show an experiment's knobs, silently; a stroke, which changes none, costs nothing here."""
        before, self._experiment = self._experiment, experiment
        if before is not None and _is_stroke(before, experiment):
            return
        self._show()

    def _show(self) -> None:
        assert self._experiment is not None
        experiment = self._experiment
        shown = relevant(experiment)
        for section in self.sections.values():
            section.show_knobs(experiment, shown)

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
