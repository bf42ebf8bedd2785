"""The import panel's choices besides its columns' menus: target and task, how points are dealt, the file's format."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declaration
from playground.model.reading.draft import Look
from playground.model.reading.flags import HELP, TASKS, Flags
from playground.model.reading.source import SHEETS, TEXTS
from playground.ui.row import Row
from playground.ui.theme import font, scaled

LABEL = 72  # pixels
DEALING = ("train_fraction", "test_fraction", "split", "standardize")
MISSING = (("auto", "automatic"), ("drop", "leave rows out"), ("median", "fill cells"))
FORMAT: tuple[tuple[str, str, tuple[tuple[str | None, str], ...]], ...] = (
    ("header", "Header", (("auto", "automatic"), ("on", "yes"), ("off", "no"))),
    (
        "delimiter",
        "Delimiter",
        ((None, "automatic"), (",", "comma"), (";", "semicolon"), ("\t", "tab"), (" ", "blanks"), ("|", "|")),
    ),
    ("decimal", "Decimal", ((None, "automatic"), (".", "point"), (",", "comma"))),
    (
        "encoding",
        "Encoding",
        ((None, "automatic"), *((name, name) for name in ("utf-8", "cp1252", "latin-1", "utf-16", "mac_roman", "gbk"))),
    ),
)


# What the panel has for a flag that a note speaks of; a second word is the flag's value.
IN_MENUS = {"drop": "“Left out” in its menu", "keep": "“Feature” in its menu", "categorical": "“As a category” there"}
FLAG = re.compile(r"--(drop|keep|categorical|task|missing) (\S+?)(?=[;,.]? |[;,.]?$)|--(\w+)")


def in_panel_words(note: str) -> str:
    """A note of reading with the panel's choices for the command line's flags."""

    def named(found: re.Match[str]) -> str:
        flag, value, alone = found.groups()
        if alone is not None:
            return alone.capitalize()
        return IN_MENUS.get(flag) or f"{flag.capitalize()} “{dict(MISSING).get(value, value)}”"

    return FLAG.sub(named, note)


def menu_of(name: str, choices: Any, help_text: str) -> QComboBox:
    """A menu stored by key."""
    menu = QComboBox(accessibleName=name, toolTip=help_text, font=font())
    for key, title in choices:
        menu.addItem(title, key)
    return menu


def choose(menu: QComboBox, key: Any) -> None:
    """Show a key, silently."""
    menu.blockSignals(True)
    menu.setCurrentIndex(max(menu.findData(key), 0))
    menu.blockSignals(False)


def named(text: str, field: QWidget | None = None) -> QLabel:
    """A label of a width that all have, beside its field."""
    label = QLabel(text, font=font())
    label.setFixedWidth(scaled(LABEL))
    if field is not None:
        label.setBuddy(field)
    return label


class Meaning(QWidget):
    """Target, task, and what is done about missing cells. ``changed`` carries flags by name."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self.target = menu_of("Target", (), HELP["target"][1])
        self.task = menu_of("Task", ((None, ""), *((key, key) for key in TASKS)), HELP["task"][1])
        self.missing = menu_of("Missing cells", MISSING, HELP["missing"][1])
        form = QFormLayout(self)
        form.setContentsMargins(16, 0, 12, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, menu in (("&Target", self.target), ("T&ask", self.task), ("&Missing", self.missing)):
            menu.setMinimumContentsLength(8)
            menu.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            menu.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            form.addRow(named(label, menu), menu)
        self.target.activated.connect(lambda _: self.changed.emit({"target": self.target.currentData()}))
        self.task.activated.connect(lambda _: self.changed.emit({"task": self.task.currentData()}))
        self.missing.activated.connect(lambda _: self.changed.emit({"missing": self.missing.currentData()}))

    def show_look(self, look: Look, flags: Flags) -> None:
        """Show what was found, silently."""
        found = look.reading
        names = look.table.names
        if names != self._names:
            self._names = names
            self.target.clear()
            for name in names:
                self.target.addItem(name, name)
        choose(self.target, found.target if found is not None else flags.target)
        guessed = "automatic"
        if found is not None and flags.task is None:
            guessed = f"auto: {'classification' if found.dataset.is_classification else 'regression'}"
        self.task.setItemText(0, guessed)
        choose(self.task, flags.task)
        choose(self.missing, flags.missing)
        is_table = bool(look.columns) and bool(look.columns[0].reason)
        for menu in (self.target, self.missing):
            menu.setEnabled(is_table)


class Dealing(QWidget):
    """The knobs that deal points to the sets and scale features; ``knobs`` are those that were changed here."""

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self._before = self._experiment = experiment
        self.rows = {name: Row(declaration(name)) for name in DEALING}
        self.counts = QLabel(font=font("small"), wordWrap=True, accessibleName="How many points each set gets")
        self.counts.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.counts.setContentsMargins(16, 4, 0, 0)
        self.counts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.counts.setMinimumHeight(self.counts.fontMetrics().height() * 2 + 4)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        for row in self.rows.values():
            row.changed.connect(self._take)
            column.addWidget(row)
        column.addWidget(self.counts)
        self._show()

    def _take(self, name: str, value: Any) -> None:
        try:
            self._experiment = self._experiment.change(**{name: value})
        except KnobError as error:
            self.rows[name].refuse(str(error))
            return
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        for row in self.rows.values():
            row.show_knob(self._experiment)
            row.explain(self._experiment)

    @property
    def knobs(self) -> dict[str, Any]:
        """The values of those that were changed."""
        before, now = self._before.knobs, self._experiment.knobs
        return {name: getattr(now, name) for name in DEALING if getattr(now, name) != getattr(before, name)}

    def show_counts(self, counts: tuple[int, ...], is_assigned: bool) -> None:
        """How many points each set gets. is_assigned: whether the file deals them."""
        names = ("training", "validation", "test")
        told = " · ".join(f"{count:,} {name}" for count, name in zip(counts, names) if count)
        self.counts.setText(f"{told}, as the file deals them" if is_assigned and told else told)
        for name in DEALING[:-1]:
            self.rows[name].setEnabled(not is_assigned)


class Format(QWidget):
    """How a file's cells are told apart, or which sheet is read. ``changed`` carries flags by name."""

    changed = Signal(object)

    def __init__(self, kind: str) -> None:
        super().__init__()
        line = QHBoxLayout(self, spacing=8)
        line.setContentsMargins(0, 0, 0, 0)
        self.menus: dict[str, QComboBox] = {}
        is_text = kind == "" or kind in TEXTS and kind not in (".json", ".arff")
        shown = FORMAT if is_text else FORMAT[:1] if kind in SHEETS else ()
        for name, title, choices in shown:
            menu = self.menus[name] = menu_of(title, choices, HELP[name][1])
            label = QLabel(title, font=font("small"))
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            line.addWidget(label)
            line.addWidget(menu)
            line.addSpacing(8)
            menu.activated.connect(lambda _, name=name, menu=menu: self.changed.emit({name: menu.currentData()}))
        self._sheets = menu_of("Sheet", (), HELP["sheet"][1])
        self._sheets.activated.connect(lambda _: self.changed.emit({"sheet": self._sheets.currentData()}))
        self._sheets.hide()
        line.addWidget(self._sheets)
        line.addStretch(1)
        self.setVisible(bool(shown))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_sheets(self, names: tuple[str, ...]) -> None:
        """Offer a spreadsheet's sheets, where there are several."""
        if len(names) > 1 and not self._sheets.count():
            self._sheets.addItem("First sheet with a table", None)
            for name in names:
                self._sheets.addItem(name, name)
            self._sheets.show()
