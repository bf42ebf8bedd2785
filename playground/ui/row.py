"""One knob in the panel: its label, its field, and what is wrong with what was typed."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QContextMenuEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from playground.model.experiment import Experiment
from playground.model.knobs import (
    Declaration,
    KnobError,
    accepted,
    parse,
)
from playground.model.relevance import offered
from playground.training.knob_axis import can_be_axis
from playground.ui.describe import describe, effect
from playground.ui.fields import ChoiceField, KnobLabel, Switch
from playground.ui.gallery import Gallery
from playground.ui.layers import LayersField
from playground.ui.number import NumberField, TextField
from playground.ui.theme import font


def make_field(declared: Declaration) -> Any:
    """The control for a knob, by its type alone; patterns are a gallery."""
    if declared.choices:
        return Gallery(declared) if declared.name == "dataset" else ChoiceField(declared)
    if declared.kind is bool:
        return Switch(declared)
    if declared.kind is tuple:
        return LayersField(declared)
    return TextField(declared) if declared.kind is str else NumberField(declared)


class Problem(QLabel):
    """What is wrong with what was typed. It hangs under its row, over those below: no row moves when it comes."""

    def __init__(self, row: QWidget) -> None:
        super().__init__(row, font=font("small"), wordWrap=True, visible=False)
        self._row = row
        self.setForegroundRole(QPalette.ColorRole.BrightText)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.Box)
        self.setContentsMargins(8, 4, 8, 4)

    def say(self, text: str) -> None:
        self.setText(text)
        holder = self._row
        while (parent := holder.parentWidget()) is not None and not isinstance(parent.parentWidget(), QScrollArea):
            holder = parent
        self.setParent(holder)
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Under the row, or above it where there is no room below."""
        holder, row = self.parentWidget(), self._row
        assert holder is not None
        width = row.width() - 20
        self.setFixedSize(width, self.heightForWidth(width))
        top = row.mapTo(holder, row.rect().bottomLeft()).y() + 1
        if top + self.height() > holder.height():
            top -= row.height() + self.height()
        self.move(row.mapTo(holder, row.rect().topLeft()).x() + 12, top)


class Row(QWidget):
    """One knob: its label, its field, and what is wrong with what was typed."""

    changed = Signal(str, object)
    settled = Signal()
    compare_wanted = Signal(str)  # its values side by side
    chart_wanted = Signal(str)  # what its values come to

    def __init__(self, declared: Declaration, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.declared = declared
        self.label = KnobLabel(declared, title)
        self.field = make_field(declared)
        self.field.beside.setAccessibleName(declared.knob.label)
        self.field.beside.setAccessibleDescription(f"{declared.knob.help} Takes {accepted(declared.name)}.")
        self.setStatusTip(f"{declared.knob.help.split('. ')[0].rstrip('.')}. {effect(declared)}")
        self.problem = Problem(self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 2, 12, 2)
        self.line = QHBoxLayout(spacing=4)
        self.line.addWidget(self.label, 1)
        column.addLayout(self.line)
        self.line.addWidget(self.field.beside)
        if self.field.below is not None:
            self.field.below.setContentsMargins(16, 4, 0, 0)
            column.addWidget(self.field.below)

    def _connect(self) -> None:
        self.field.changed.connect(self._announce)
        self.field.settled.connect(self.settled)
        self.label.reset_asked.connect(self.reset)
        if self.field.is_typed:
            self.field.entered.connect(self.take)
            self.field.restored.connect(self._forgive)
            self.label.drag_began.connect(self.field.beside.begin_drag)
            self.label.moved.connect(self.field.beside.drag)
            self.label.drag_ended.connect(self.field.beside.end_drag)

    @property
    def is_busy(self) -> bool:
        return bool(self.field.is_busy or self.field.is_refused)

    def show_knob(self, experiment: Experiment) -> None:
        """Show the knob's value; the tooltip tells it with today's numbers."""
        value = getattr(experiment.knobs, self.declared.name)
        if self.declared.choices:
            self.field.offer(offered(experiment, self.declared.name))
        self.field.show_value(value, getattr(experiment.resolved, self.declared.name))
        self.label.show_changed(value != self.declared.default)
        if not self.field.is_refused:
            self._forgive()

    def explain(self, experiment: Experiment) -> None:
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText).name()
        text = describe(self.declared, experiment, muted)
        self.setToolTip(text)
        self.setWhatsThis(text)

    def menu(self) -> QMenu:
        """What can be done with the knob besides setting it."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(f"&Compare values of {self.declared.knob.label.lower()}…", self._compare)
        if can_be_axis(self.declared):
            menu.addAction(f"C&hart of {self.declared.knob.label.lower()}", self._chart)
        menu.addAction("Back to its &default", self.reset)
        return menu

    def _compare(self) -> None:
        self.compare_wanted.emit(self.declared.name)

    def _chart(self) -> None:
        self.chart_wanted.emit(self.declared.name)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def reset(self) -> None:
        """Ask for the default."""
        self._forgive()
        self._announce(self.declared.default)

    def take(self, text: str) -> None:
        """Take what was typed, or say what is wrong with it."""
        if not text and self.declared.optional:
            self._announce(None)
            return
        try:
            value = parse(self.declared.name, text)
        except KnobError as error:
            self.refuse(str(error))
        else:
            self._announce(value)

    def refuse(self, message: str) -> None:
        """Say under the field why a value is not accepted."""
        sentence = message.removeprefix(f"{self.declared.name}: ")
        self.problem.say(sentence[:1].upper() + sentence[1:])
        self.field.refuse()

    def _forgive(self) -> None:
        if not self.problem.isHidden():
            self.problem.hide()

    def _announce(self, value: Any) -> None:
        self.field.forgive()
        self.changed.emit(self.declared.name, value)
