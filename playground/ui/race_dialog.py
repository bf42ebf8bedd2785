"""The dialog of a race: a knob, the values of it that are compared, and how many seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.knobs import Declaration, KnobError, accepted, declaration, declarations
from playground.model.relevance import offered, relevant
from playground.ui.describe import in_words
from playground.ui.door import Door
from playground.ui.questions import give_keys
from playground.ui.theme import font

FEWEST, MOST, MOST_SEEDS = 2, 8, 20
FIRST = {"optimizer": ("sgd", "momentum", "rmsprop", "adam")}  # that are compared at first; else all there is room for
WIDE = 420  # pixels


class RaceDialog(QDialog):
    """Asks what to compare; ``chosen`` and ``seeds`` tell it. What a knob refuses is told next to the value."""

    def __init__(self, session: Door, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._experiment: Experiment = session.experiment
        self.setWindowTitle("Compare values")
        self.setMinimumWidth(WIDE)
        self.knob = QComboBox(accessibleName="Knob to compare")
        for other in comparable(self._experiment):
            self.knob.addItem(declaration(other).knob.label, other)
        self.knob.setCurrentIndex(max(self.knob.findData(name), 0))
        self.choices = QListWidget(accessibleName="Values to compare")
        self.values = QLineEdit(accessibleName="Values to compare", clearButtonEnabled=True)
        self.told = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, font=font("small"))
        self.told.setAccessibleName("What will be compared")
        self.told.setMinimumHeight(self.told.fontMetrics().height() * 5)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.seed_count = QSpinBox(minimum=1, maximum=MOST_SEEDS, accessibleName="Seeds")
        self.seed_count.setToolTip("Each value is trained under so many seeds: own weights and batches, same points.")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = self.buttons.addButton("&Race", QDialogButtonBox.ButtonRole.AcceptRole)
        give_keys(self.buttons)
        self._lay_out()
        self._offer()
        self.knob.currentIndexChanged.connect(self._offer)
        self.choices.itemChanged.connect(self._check)
        self.values.textChanged.connect(self._check)
        self.seed_count.valueChanged.connect(self._check)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.choices)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        self._takes = QLabel(wordWrap=True, font=font("small"), textFormat=Qt.TextFormat.PlainText)
        for part in (self.values, self._takes):
            column.addWidget(part)
        column.addStretch(1)
        self._stack.addWidget(page)
        form = QFormLayout()
        form.addRow("&Knob", self.knob)
        form.addRow("&Values", self._stack)
        form.addRow("× &seeds", self.seed_count)
        around = QVBoxLayout(self, spacing=12)
        around.setContentsMargins(16, 16, 16, 12)
        around.addLayout(form)
        around.addWidget(self.told)
        around.addWidget(self.buttons)

    # what is chosen

    @property
    def name(self) -> str:
        """The knob that is compared."""
        return str(self.knob.currentData())

    @property
    def seeds(self) -> int:
        return self.seed_count.value()

    @property
    def chosen(self) -> list[Any]:
        """The values, as they stand in the dialog."""
        if self._is_listed(declaration(self.name)):
            items = [self.choices.item(row) for row in range(self.choices.count())]
            return [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked]
        separator = ";" if declaration(self.name).kind is tuple else ","
        return [part.strip() for part in self.values.text().split(separator) if part.strip()]

    @staticmethod
    def _is_listed(declared: Declaration) -> bool:
        return bool(declared.choices) or declared.kind is bool

    def _offer(self) -> None:
        """The values that this knob may take, or those that are a good beginning."""
        declared = declaration(self.name)
        self._stack.setCurrentIndex(0 if self._is_listed(declared) else 1)
        self.choices.blockSignals(True)
        self.choices.clear()
        if self._is_listed(declared):
            keys: Iterable[Any] = (False, True) if declared.kind is bool else offered(self._experiment, self.name)
            first = FIRST.get(self.name, tuple(keys)[:MOST])
            titles = {rule.key: rule.title for rule in declared.knob.rules} | {False: "off", True: "on"}
            for key in keys:
                item = QListWidgetItem(titles.get(key, str(key)))
                item.setData(Qt.ItemDataRole.UserRole, key)
                item.setCheckState(Qt.CheckState.Checked if key in first else Qt.CheckState.Unchecked)
                self.choices.addItem(item)
        else:
            separator = "; " if declared.kind is tuple else ", "
            self.values.setText(separator.join(beginning(declared, self._experiment)))
            how = "separated by semicolons" if declared.kind is tuple else "separated by commas"
            self._takes.setText(f"{FEWEST} to {MOST} values, {how}; each {accepted(self.name)}.")
        self.choices.blockSignals(False)
        self._check()

    def _check(self, *_: Any) -> None:
        """Say of each value how it will run, or why it is refused."""
        lines, refused = [], 0
        found = self.chosen
        for value in found:
            try:
                lines.append(f"✓ {self._session.entrant(self.name, value)}")
            except (KnobError, DataError) as error:
                refused += 1
                lines.append(f"✗ {in_words(str(error))}")
        fits = FEWEST <= len(found) <= MOST
        if not fits:
            lines.insert(0, f"Choose {FEWEST} to {MOST} values; {len(found)} are chosen.")
        self.told.setText("\n".join(lines[: MOST + 1]))
        self.start.setEnabled(fits and not refused)
        self.start.setText(f"&Race {len(found) * self.seeds} runs" if fits else "&Race")


def comparable(experiment: Experiment) -> list[str]:
    """The knobs that do something now, and of which two values can be compared on the same points."""
    return [name for name, declared in declarations().items() if name in relevant(experiment) and _varies(declared)]


def _varies(declared: Declaration) -> bool:
    return declared.kind is not str or bool(declared.choices)


def beginning(declared: Declaration, experiment: Experiment) -> list[str]:
    """Values around the present one: by tens where equal ratios count, else by halves and doubles."""
    present = getattr(experiment.resolved, declared.name)
    if declared.kind is tuple:
        return [",".join(map(str, layers)) for layers in dict.fromkeys([(4,), (8, 8), (64, 64), tuple(present or ())])]
    factors = (0.1, 1, 10) if declared.knob.log else (0.5, 1, 2)
    low, high = declared.knob.low, declared.knob.high
    if declared.knob.open_high and present:
        # A memory: what counts is how far it is from a whole one.
        return [f"{value:.6g}" for value in dict.fromkeys(max(high - (high - present) * f, low) for f in (10, 1, 0.1))]
    base = present or (1 if declared.knob.log or math.isinf(high) else high / 4)
    found = [min(max(base * factor, low), high) for factor in factors]
    if not present:
        found = [present or 0, *found]
    kind = int if declared.kind is int else float
    return list(dict.fromkeys(f"{round(value) if kind is int else float(f'{value:.3g}'):g}" for value in found))
