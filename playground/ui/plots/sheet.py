"""The size at which a plot is printed, and the small dialog that asks for it."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from playground.ui.questions import give_keys
from playground.ui.theme import font

INCH = 2.54  # centimetres
UNITS = 96  # of the window's pixels to an inch: type is as large on paper as on the screen
SIDES = (2.0, 60.0)  # centimetres
DOTS = (72, 1200)  # to an inch


class Sheet(NamedTuple):
    """How large a picture is: width and height in centimetres, dots to an inch; and whether it is light, for paper."""

    width: float
    height: float
    dots: int = 300
    is_light: bool = False

    @classmethod
    def of(cls, size: QSize) -> Sheet:
        """As large as it is seen, twice as fine."""
        return cls(size.width() / UNITS * INCH, size.height() / UNITS * INCH, 2 * UNITS)

    @property
    def scale(self) -> float:
        """Dots to one of the window's pixels."""
        return self.dots / UNITS

    @property
    def size(self) -> QSize:
        """In the window's pixels."""
        return QSize(round(self.width / INCH * UNITS), round(self.height / INCH * UNITS))

    @property
    def pixels(self) -> QSize:
        """In dots."""
        return QSize(round(self.width / INCH * self.dots), round(self.height / INCH * self.dots))


PRESETS = (
    ("Width of a page, 16 × 10 cm", Sheet(16, 10)),
    ("Half of it, 8 × 6 cm", Sheet(8, 6)),
    ("Square, 12 × 12 cm", Sheet(12, 12)),
    ("Slide, 25.4 × 14.3 cm", Sheet(25.4, 14.3, 150)),
)


class SheetDialog(QDialog):
    """Asks for the size of a picture: as it is seen, one of some presets, or any other."""

    def __init__(self, seen: Sheet, parent: QWidget | None = None) -> None:
        super().__init__(parent, windowTitle="Save picture")
        self._presets = (("As it is seen", seen), *PRESETS)
        self.preset = QComboBox(accessibleName="Size")
        for title, _ in self._presets:
            self.preset.addItem(title)
        self.preset.addItem("Other")
        self.width_box, self.height_box = (
            QDoubleSpinBox(suffix=" cm", decimals=1, minimum=SIDES[0], maximum=SIDES[1], singleStep=0.5)
            for _ in range(2)
        )
        self.dots_box = QSpinBox(suffix=" dpi", minimum=DOTS[0], maximum=DOTS[1], singleStep=50)
        self.light_box = QCheckBox("&Light, for paper")
        self.light_box.setVisible(self.palette().window().color().lightness() < 128)
        self.light_box.setChecked(not self.light_box.isHidden())
        self._told = QLabel(font=font("small"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton("&Save…", QDialogButtonBox.ButtonRole.AcceptRole)
        give_keys(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow("Si&ze", self.preset)
        form.addRow("&Width", self.width_box)
        form.addRow("&Height", self.height_box)
        form.addRow("&Fineness", self.dots_box)
        column = QVBoxLayout(self, spacing=12)
        column.setContentsMargins(16, 16, 16, 12)
        column.addLayout(form)
        column.addWidget(self.light_box)
        column.addWidget(self._told)
        column.addWidget(buttons)
        self.preset.activated.connect(self._take)
        self._boxes = (self.width_box, self.height_box, self.dots_box)
        for box in self._boxes:
            box.valueChanged.connect(self._change)
        self._take(0)

    @property
    def sheet(self) -> Sheet:
        """What is chosen."""
        number = self.preset.currentIndex()
        sheet = Sheet(self.width_box.value(), self.height_box.value(), self.dots_box.value())
        if number < len(self._presets):
            sheet = self._presets[number][1]
        return sheet._replace(is_light=self.light_box.isChecked())

    def _take(self, number: int) -> None:
        """Show what a preset is; "Other" keeps the numbers."""
        if number < len(self._presets):
            sheet = self._presets[number][1]
            for box in self._boxes:
                box.blockSignals(True)
            self.width_box.setValue(sheet.width)
            self.height_box.setValue(sheet.height)
            self.dots_box.setValue(sheet.dots)
            for box in self._boxes:
                box.blockSignals(False)
        self._tell()

    def _change(self) -> None:
        self.preset.setCurrentIndex(len(self._presets))
        self._tell()

    def _tell(self) -> None:
        size = self.sheet.pixels
        self._told.setText(f"{size.width():,} × {size.height():,} pixels as PNG; SVG and PDF stay sharp at any size.")
