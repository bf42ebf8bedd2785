"""The import panel's choices besides its columns' menus: target and task, how points are dealt, the file's format."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from playground.model.knobs import Knobs, declaration
from playground.model.reading.draft import Look
from playground.model.reading.flags import HELP, TASKS, Flags
from playground.model.reading.source import SHEETS, TEXTS
from playground.ui.theme import font, scaled

LABEL = 56  # pixels
MISSING = (("auto", "Automatic"), ("drop", "Leave rows out"), ("median", "Fill cells"))
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
        return IN_MENUS.get(flag) or f"{flag.capitalize()} “{dict(MISSING).get(value, value.capitalize())}”"

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
        self.task = menu_of("Task", ((None, ""), *((key, key.capitalize()) for key in TASKS)), HELP["task"][1])
        self.missing = menu_of("Missing cells", MISSING, HELP["missing"][1])
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
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
        guessed = ""
        if found is not None and flags.task is None:
            guessed = f" ({'classification' if found.dataset.is_classification else 'regression'})"
        self.task.setItemText(0, f"Automatic{guessed}")
        choose(self.task, flags.task)
        choose(self.missing, flags.missing)
        is_table = bool(look.columns) and bool(look.columns[0].reason)
        for menu in (self.target, self.missing):
            menu.setEnabled(is_table)


class Dealing(QWidget):
    """How points are dealt to the sets, and whether features are scaled; ``knobs`` are those that were changed."""

    changed = Signal()

    def __init__(self, before: Knobs) -> None:
        super().__init__()
        self._before = before
        self.train = self._percent("Training share", "train_fraction", before.train_fraction)
        self.test = self._percent("Test share", "test_fraction", before.test_fraction)
        rules = declaration("split").knob.rules
        self.order = menu_of("Split", ((row.key, row.title) for row in rules), declaration("split").knob.help)
        choose(self.order, before.split)
        self.standardize = QCheckBox("&Standardize features", checked=bool(before.standardize))
        self.standardize.setToolTip(declaration("standardize").knob.help)
        self.counts = QLabel(font=font("small"), wordWrap=True)
        self.counts.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.counts.setAccessibleName("How many points each set gets")
        self.counts.setFixedHeight(self.counts.fontMetrics().height() * 2)
        self.counts.setAlignment(Qt.AlignmentFlag.AlignTop)
        shares = QHBoxLayout(spacing=8)
        shares.addWidget(self.train, 1)
        shares.addWidget(QLabel("test", font=font()))
        shares.addWidget(self.test, 1)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(named("T&rain", self.train), shares)
        form.addRow(named("Sp&lit", self.order), self.order)
        form.addRow(named(""), self.counts)
        form.addRow(named(""), self.standardize)
        for signal in (self.train.valueChanged, self.test.valueChanged, self.order.activated):
            signal.connect(lambda _: self.changed.emit())

    @staticmethod
    def _percent(name: str, knob: str, share: float) -> QSpinBox:
        field = QSpinBox(maximum=100, suffix=" %", accessibleName=name, toolTip=declaration(knob).knob.help)
        field.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        field.setProperty("role", "plain")
        field.setValue(round(100 * share))
        field.setFont(font())
        return field

    @property
    def knobs(self) -> dict[str, Any]:
        """The knobs that were changed here. Training and test share add up to all at most."""
        train = self.train.value() / 100
        found = {
            "train_fraction": train,
            "test_fraction": min(self.test.value() / 100, round(1 - train, 2)),
            "split": self.order.currentData(),
            "standardize": self.standardize.isChecked(),
        }
        before = self._before._asdict()
        return {name: value for name, value in found.items() if value != before[name]}

    def show_counts(self, counts: tuple[int, ...], is_assigned: bool) -> None:
        """How many points each set gets. is_assigned: whether the file deals them."""
        names = ("training", "validation", "test")
        told = " · ".join(f"{count:,} {name}" for count, name in zip(counts, names) if count)
        self.counts.setText(f"{told}, as the file deals them" if is_assigned and told else told)
        for part in (self.train, self.test, self.order):
            part.setEnabled(not is_assigned)


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
