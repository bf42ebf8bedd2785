"""The choices: a panel made from the knobs' declarations, in sections, showing what matters for what is chosen."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from playground.model.experiment import Experiment
from playground.model.knobs import GROUPS, Declaration, KnobError, Knobs, accepted, declarations, parse, relevant
from playground.ui.fields import ChoiceField, KnobLabel, LayersField, MoreButton, NumberField, Switch
from playground.ui.scales import written
from playground.ui.theme import font

WIDTH = 280
# The knob that switches a group, and the value at which the group is off and takes a single line
HEADS: dict[str, tuple[str, Any]] = {
    "normalization": ("normalization", "none"),
    "penalty": ("penalty", "none"),
    "dropout": ("dropout", 0.0),
    "augmentation": ("augment", False),
    "early_stopping": ("early_stopping", False),
}
# What a group's switch sets where the knob itself is a number
SWITCHED_ON = {"dropout": 0.5}


def describe(told: Declaration, experiment: Experiment, muted: str) -> str:
    """A knob's tooltip: what it is, its formula with today's numbers, what it accepts, what a change does."""
    value = getattr(experiment.resolved, told.name)
    symbol = f" &nbsp;<span style='color:{muted}'>{html.escape(told.knob.symbol)}</span>" if told.knob.symbol else ""
    parts = [f"<b>{html.escape(told.knob.label)}</b>{symbol}", html.escape(told.knob.help)]
    chosen = next((rule for rule in told.knob.rules if rule.key == value), None)
    if chosen is not None and chosen.help:
        parts.append(f"<b>{html.escape(chosen.title)}</b>: " + html.escape(chosen.help).replace("\n\n", "<br>"))
    formula = told.knob.formula
    if formula:
        parts.append(f"<span style='font-family:monospace'>{html.escape(formula)}</span>")
    numbers = _numbers_in(f"{formula} {chosen.help if chosen else ''}", told, experiment)
    if numbers:
        parts.append(f"<span style='color:{muted}'>now {html.escape(numbers)}</span>")
    default = _default(told, experiment)
    takes = f"Takes {accepted(told.name)}." if not told.choices else ""
    parts.append(f"<span style='color:{muted}'>{html.escape(f'{takes} Default: {default}.'.strip())}</span>")
    parts.append(f"<span style='color:{muted}'>{effect(told)}</span>")
    return f"<table width='320'><tr><td>{'<br><br>'.join(parts[:-2])}<br><br>{'<br>'.join(parts[-2:])}</td></tr></table>"


def effect(told: Declaration) -> str:
    """In words, what a change does to a run."""
    if told.knob.new_weights:
        return "A change makes new weights: the run starts anew."
    if told.knob.live or told.name == "epochs":
        return "A change takes effect while training runs."
    return "A change starts the run anew."


def _numbers_in(formula: str, told: Declaration, experiment: Experiment) -> str:
    """The symbols of a formula that are knobs of the same group, with their values: "η = 0.01, β = 0.9"."""
    found = []
    shown = relevant(experiment.knobs)
    for other in declarations().values():
        symbol = other.knob.symbol
        value = getattr(experiment.resolved, other.name)
        if other.knob.group != told.knob.group or other.name not in shown or not symbol or value is None:
            continue
        if re.search(rf"(?<!\w){re.escape(symbol)}(?!\w)", formula):
            found.append(f"{symbol} = {written(value)}")
    return ", ".join(found)


def _default(told: Declaration, experiment: Experiment) -> str:
    base = experiment.knobs._replace(**{told.name: told.default})
    value = getattr(Experiment(base, experiment.data).resolved, told.name)
    title = next((rule.title for rule in told.knob.rules if rule.key == value), None)
    text = title or ("none" if value is None or value == () else written(value, told.knob.unit))
    return f"{text} (of the convention {experiment.knobs.convention})" if told.optional and value is not None else text


def make_field(told: Declaration) -> ChoiceField | LayersField | NumberField | Switch:
    """The control for a knob, by its type alone."""
    if told.choices:
        return ChoiceField(told)
    if told.kind is bool:
        return Switch(told)
    return LayersField(told) if told.kind is tuple else NumberField(told)


class Row(QWidget):
    """One knob: its label, its field, and a line for what is wrong with what was typed."""

    changed = Signal(str, object)

    def __init__(self, told: Declaration, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.told = told
        self.label = KnobLabel(told, title)
        if title:
            self.label.set_bold()
        self.field = make_field(told)
        if title and isinstance(self.field, ChoiceField):
            self.field.setFixedWidth(100)
        target = self.field.text_field if isinstance(self.field, LayersField) else self.field
        target.setAccessibleName(told.knob.label)
        target.setAccessibleDescription(f"{told.knob.help} Takes {accepted(told.name)}.")
        self.setStatusTip(f"{told.knob.help.split('. ')[0].rstrip('.')}. {effect(told)}")
        self.problem = QLabel(font=font("small"), wordWrap=True, visible=False)
        self.problem.setForegroundRole(QPalette.ColorRole.BrightText)
        self.problem.setContentsMargins(16, 0, 0, 4)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 2, 12, 2)
        self.line = QHBoxLayout(spacing=4)
        self.line.addWidget(self.label, 1)
        column.addLayout(self.line)
        if isinstance(self.field, LayersField):
            self.line.addWidget(self.field.text_field)
            self.field.setContentsMargins(16, 4, 0, 0)
            column.addWidget(self.field)
        else:
            self.line.addWidget(self.field)
        column.addWidget(self.problem)

    def _connect(self) -> None:
        self.field.changed.connect(self._announce)
        self.label.reset_asked.connect(self.reset)
        if isinstance(self.field, (LayersField, NumberField)):
            self.field.entered.connect(self.take)
            self.field.restored.connect(self._forgive)
        if isinstance(self.field, NumberField):
            self.label.drag_began.connect(self.field.begin_drag)
            self.label.moved.connect(self.field.drag)
            self.label.drag_ended.connect(self.field.end_drag)

    @property
    def is_busy(self) -> bool:
        return isinstance(self.field, (LayersField, NumberField)) and (self.field.is_busy or self.field.is_refused)

    def show_knob(self, experiment: Experiment) -> None:
        """Show the knob's value; the tooltip tells it with today's numbers."""
        value = getattr(experiment.knobs, self.told.name)
        self.field.show_value(value, getattr(experiment.resolved, self.told.name))
        self.label.show_changed(value != self.told.default)
        if not getattr(self.field, "is_refused", False):
            self._forgive()

    def explain(self, experiment: Experiment) -> None:
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText).name()
        text = describe(self.told, experiment, muted)
        self.setToolTip(text)
        self.setWhatsThis(text)

    def reset(self) -> None:
        """Ask for the default."""
        self._forgive()
        self._announce(self.told.default)

    def take(self, text: str) -> None:
        """Take what was typed, or say what is wrong with it."""
        if not text and self.told.optional:
            self._announce(None)
            return
        try:
            value = parse(self.told.name, text)
        except KnobError as error:
            self.refuse(str(error))
        else:
            self._announce(value)

    def refuse(self, message: str) -> None:
        """Say under the field why a value is not accepted."""
        sentence = message.removeprefix(f"{self.told.name}: ")
        self.problem.setText(sentence[:1].upper() + sentence[1:])
        self.problem.show()
        if isinstance(self.field, (LayersField, NumberField)):
            self.field.refuse()

    def _forgive(self) -> None:
        if self.problem.isVisibleTo(self):
            self.problem.hide()

    def _announce(self, value: Any) -> None:
        if isinstance(self.field, NumberField):
            self.field.is_refused = False
        elif isinstance(self.field, LayersField):
            self.field.text_field.is_refused = False
        self.changed.emit(self.told.name, value)


class Section(QWidget):
    """A group of knobs: a title, with the switch of the group where it has one, and its rows."""

    changed = Signal(str, object)
    toggled = Signal()

    def __init__(self, group: str, title: str, first: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = group
        self._line = not first
        told = [other for other in declarations().values() if other.knob.group == group]
        self._head = HEADS.get(group, ("", None))
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 6, 0, 6)
        self.more = MoreButton(title)
        self.more.toggled.connect(self.toggled)
        self.switch: Switch | None = None
        self.head_row: Row | None = None
        column.addWidget(self._make_header(title))
        self.rows = {other.name: Row(other) for other in told if not self._is_header_knob(other.name)}
        for row in self.rows.values():
            row.changed.connect(self.changed)
            column.addWidget(row)

    def _is_header_knob(self, name: str) -> bool:
        return name == self._head[0] and name not in SWITCHED_ON

    def _make_header(self, title: str) -> QWidget:
        name = self._head[0]
        if name and name not in SWITCHED_ON:
            self.head_row = Row(declarations()[name], title)
            self.head_row.changed.connect(self.changed)
            self.head_row.line.insertWidget(1, self.more)
            return self.head_row
        header = QWidget()
        line = QHBoxLayout(header, spacing=4)
        line.setContentsMargins(0, 2, 12, 2)
        caption = QLabel(title, font=font(bold=True))
        caption.setFixedHeight(24)
        caption.setContentsMargins(16, 0, 0, 0)
        line.addWidget(caption, 1)
        line.addWidget(self.more)
        if name:
            self.switch = Switch()
            self.switch.setAccessibleName(title)
            self.switch.setAccessibleDescription(declarations()[name].knob.help)
            self.switch.setToolTip(declarations()[name].knob.help)
            off = self._head[1]
            self.switch.changed.connect(lambda on: self.changed.emit(name, SWITCHED_ON[name] if on else off))
            line.addWidget(self.switch)
        return header

    def show_knobs(self, experiment: Experiment, shown: frozenset[str]) -> None:
        """Show values and those rows that matter now."""
        knobs = experiment.knobs
        if self.head_row is not None:
            self.head_row.show_knob(experiment)
            self.head_row.explain(experiment)
        if self.switch is not None:
            self.switch.show_value(getattr(knobs, self._head[0]) != self._head[1])
        hidden = False
        for name, row in self.rows.items():
            told = row.told
            changed = getattr(knobs, name) != told.default
            matters = name in shown and not (name == self._head[0] and not changed and not row.is_busy)
            visible = matters and (told.knob.main or self.more.isChecked() or changed or row.is_busy)
            hidden |= matters and not told.knob.main and (self.more.isChecked() or not visible)
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
    """All choices of an experiment. ``changed`` carries a knob's name and its new value (None: the default)."""

    changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Choices")
        self._experiment: Experiment | None = None
        inside = QWidget()
        column = QVBoxLayout(inside, spacing=0)
        column.setContentsMargins(0, 0, 0, 12)
        self.sections: dict[str, Section] = {}
        for number, (group, title) in enumerate(GROUPS):
            section = Section(group, title, number == 0)
            section.changed.connect(self.changed)
            section.toggled.connect(self._refresh)
            self.sections[group] = section
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
        """Show an experiment's knobs, silently."""
        self._experiment = experiment
        shown = relevant(experiment.knobs)
        pattern = self.row("dataset").field
        assert isinstance(pattern, ChoiceField)
        pattern.hide_choice("drawn", experiment.data is None)  # points of one's own are made, not picked
        for section in self.sections.values():
            section.show_knobs(experiment, shown)

    def row(self, name: str) -> Row:
        """The row of a knob."""
        section = self.sections[declarations()[name].knob.group]
        return section.rows[name] if name in section.rows else section.head_row  # type: ignore[return-value]

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
            self.show_knobs(self._experiment)
