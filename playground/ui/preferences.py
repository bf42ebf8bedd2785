"""The settings dialog: what holds for every experiment. Each change takes effect at once, so that it is seen."""

from __future__ import annotations

import math
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from playground.training.runs import MOST_BYTES, MOST_FILED
from playground.ui.display import SIZES
from playground.ui.questions import give_keys
from playground.ui.settings import Settings
from playground.ui.theme import SCHEMES, font

MEGABYTE = 1_000_000
WIDE = 380  # pixels


class Preferences(NamedTuple):
    """What the dialog sets.

    type: its size, 1 as the system has it. megabytes, most: what is kept of runs that are filed and not pinned.
    """

    theme: str = "system"
    type: float = 1.0
    has_ghost: bool = True
    megabytes: int = MOST_BYTES // MEGABYTE
    most: int = MOST_FILED

    def keep(self, settings: Settings) -> None:
        """Remember what nobody else does; the type's size is the display's."""
        settings.keep("theme", self.theme)
        settings.keep("ghost", "on" if self.has_ghost else "off")
        settings.keep("megabytes", str(self.megabytes))
        settings.keep("most_runs", str(self.most))


LIMITS = {"megabytes": (16, 16_384), "most": (1, 200)}


def remembered(settings: Settings, theme: str, size: float) -> Preferences:
    """As they were kept; what cannot be is brought to its limit."""
    default = Preferences()

    def number(key: str, name: str, otherwise: int) -> int:
        low, high = LIMITS[name]
        kept = settings.number(key, otherwise)
        return int(min(max(kept, low), high)) if math.isfinite(kept) else otherwise

    return Preferences(
        theme,
        size,
        settings.text("ghost", "on") != "off",
        number("megabytes", "megabytes", default.megabytes),
        number("most_runs", "most", default.most),
    )


class PreferencesDialog(QDialog):
    """Shows preferences, and announces each change of one."""

    changed = Signal(object)  # Preferences

    def __init__(self, shown: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setMinimumWidth(WIDE)
        self.theme = QComboBox(accessibleName="Theme")
        for key, title in SCHEMES:
            self.theme.addItem(title.replace("&", ""), key)
        self.theme.setCurrentIndex(self.theme.findData(shown.theme))
        self.type = QComboBox(accessibleName="Type size")
        for size in SIZES:
            self.type.addItem(f"{100 * size:.0f} %", size)
        self.type.setCurrentIndex(min(range(len(SIZES)), key=lambda place: abs(SIZES[place] - shown.type)))
        self.ghost = QCheckBox("Show the &last run beside the present one", checked=shown.has_ghost)
        self.megabytes = _number(LIMITS["megabytes"], shown.megabytes, "Memory for filed runs", " MB", 16)
        self.most = _number(LIMITS["most"], shown.most, "Most filed runs", "", 1)
        self.told = QLabel(
            "Runs that made room for others, and are not pinned: beyond this the oldest leave. Pinned runs stay.",
            wordWrap=True,
            font=font("small"),
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        give_keys(self.buttons)
        self._lay_out()
        self.theme.currentIndexChanged.connect(self._announce)
        self.type.currentIndexChanged.connect(self._announce)
        self.ghost.toggled.connect(self._announce)
        self.megabytes.editingFinished.connect(self._announce)
        self.most.editingFinished.connect(self._announce)
        self._shown = self.chosen
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("&Theme", self.theme)
        form.addRow("Type &size", self.type)
        form.addRow("Ghost", self.ghost)
        form.addRow("&Memory for filed runs", self.megabytes)
        form.addRow("&Number of filed runs", self.most)
        around = QVBoxLayout(self, spacing=12)
        around.setContentsMargins(16, 16, 16, 12)
        around.addLayout(form)
        around.addWidget(self.told)
        around.addWidget(self.buttons)

    @property
    def chosen(self) -> Preferences:
        """As they stand in the dialog."""
        return Preferences(
            self.theme.currentData(),
            self.type.currentData(),
            self.ghost.isChecked(),
            self.megabytes.value(),
            self.most.value(),
        )

    def _announce(self) -> None:
        if self.chosen != self._shown:
            self._shown = self.chosen
            self.changed.emit(self._shown)


def _number(limits: tuple[int, int], value: int, name: str, unit: str, step: int) -> QSpinBox:
    field = QSpinBox(minimum=limits[0], maximum=limits[1], singleStep=step, suffix=unit, accessibleName=name)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setGroupSeparatorShown(True)
    field.setValue(value)
    return field
