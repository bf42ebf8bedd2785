"""The dialog that asks where searches train, and what is remembered of it: of files their paths alone."""

from __future__ import annotations

import math
from importlib.util import find_spec

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.model.dataset import DataError
from playground.training.seats import cores
from playground.training.where import LOCAL, MISSING, Where
from playground.ui.questions import give_keys
from playground.ui.settings import Settings
from playground.ui.theme import font

THREADS, SCHEDULER = "", "scheduler"
PLACES = (
    (THREADS, "This computer"),
    (LOCAL, "This computer, in processes (Dask)"),
    (SCHEDULER, "A Dask scheduler"),
)
ABOUT = {
    THREADS: "Searches train beside the run in hand, which has its share.",
    LOCAL: "Processes take some seconds to start, and stay ready. For short runs threads are faster.",
    SCHEDULER: "The same version must be installed there. Help, Guide, “Sweeps on many machines” tells how.",
}
FILES = (("ca", "CA"), ("cert", "Certificate"), ("key", "Key"))
WIDE = 440  # pixels


def keep(where: Where, settings: Settings) -> None:
    """Remember it."""
    for name, value in where._asdict().items():
        settings.keep(f"search_{name}", str(value))


def remembered(settings: Settings) -> Where:
    """As it was kept; it may be that nothing listens there any more."""
    kept = settings.number("search_cores", 0)
    count = int(min(max(kept, 0), cores())) if math.isfinite(kept) else 0
    texts = {name: settings.text(f"search_{name}") for name in ("address", *(name for name, _ in FILES))}
    return Where(cores=count, **texts)


def named(where: Where) -> str:
    """Its name, short."""
    if where.address not in (THREADS, LOCAL):
        return where.address
    count = where.cores or cores()
    noun = "process" if where.address == LOCAL else "core"
    plural = "es" if where.address == LOCAL else "s"
    return f"{count} {noun}{plural if count > 1 else ''}"


class WhereDialog(QDialog):
    """Asks where searches train, and announces it. What cannot be is told, and not taken."""

    chosen = Signal(object)  # a Where

    def __init__(self, shown: Where, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Where to run")
        self.setMinimumWidth(WIDE)
        self.place = QComboBox(accessibleName="Where searches train")
        for key, title in PLACES:
            self.place.addItem(title, key)
        is_far = shown.address not in (THREADS, LOCAL)
        self.place.setCurrentIndex(self.place.findData(SCHEDULER if is_far else shown.address))
        self.cores = QSpinBox(minimum=1, maximum=cores(), accessibleName="How many of its cores")
        self.cores.setValue(shown.cores or cores())
        self.address = QLineEdit(shown.address if is_far else "", accessibleName="The scheduler's address")
        self.address.setPlaceholderText("tcp://lab1:8786 or tls://lab1:8786")
        self.files = {name: QLineEdit(getattr(shown, name), accessibleName=f"{title} file") for name, title in FILES}
        self.told = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, font=font("small"))
        self.told.setAccessibleName("What this takes")
        self.told.setMinimumHeight(self.told.fontMetrics().height() * 3)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        give_keys(self.buttons)
        self._lay_out()
        self._check()
        self.place.currentIndexChanged.connect(self._check)
        for field in (self.address, *self.files.values()):
            field.textChanged.connect(self._check)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self.where))

    def _lay_out(self) -> None:
        self._form = QFormLayout()
        self._form.addRow("&Run on", self.place)
        self._form.addRow("Co&res", self.cores)
        self._form.addRow("&Address", self.address)
        self._rows = []
        for name, title in FILES:
            row = QHBoxLayout(spacing=4)
            button = QToolButton(text="Browse", toolTip=f"Choose the {title} file", font=font("small"))
            button.setFixedHeight(self.files[name].sizeHint().height())
            button.clicked.connect(lambda _=False, name=name, title=title: self._browse(name, title))
            row.addWidget(self.files[name], 1)
            row.addWidget(button)
            label = QLabel(title)
            label.setBuddy(self.files[name])
            self._form.addRow(label, row)
            self._rows.append(row)
        around = QVBoxLayout(self, spacing=12)
        around.setContentsMargins(16, 16, 16, 12)
        around.addLayout(self._form)
        around.addWidget(self.told)
        around.addStretch(1)
        around.addWidget(self.buttons)

    def _browse(self, name: str, title: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self, f"{title} file", self.files[name].text(), "PEM (*.pem);;All (*)")
        if path:
            self.files[name].setText(path)

    @property
    def where(self) -> Where:
        """As it stands in the dialog."""
        place = self.place.currentData()
        count = self.cores.value() if self.cores.value() < self.cores.maximum() else 0
        address = self.address.text().strip() if place == SCHEDULER else place
        return Where(address, count, **{name: field.text().strip() for name, field in self.files.items()})

    def _check(self) -> None:
        """Show the rows that the place has, and what is wrong with them."""
        place = self.place.currentData()
        is_far = place == SCHEDULER
        self._form.setRowVisible(self.cores, not is_far)
        self._form.setRowVisible(self.address, is_far)
        for row in self._rows:
            self._form.setRowVisible(row, is_far and self.address.text().strip().startswith("tls://"))
        wrong = self._wrong()
        empty = is_far and not self.address.text().strip()
        self.told.setText(wrong if wrong and not empty else ABOUT[place])
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not wrong)
        self.adjustSize()

    def _wrong(self) -> str:
        where = self.where
        if self.place.currentData() != THREADS and find_spec("distributed") is None:
            return MISSING
        if self.place.currentData() == SCHEDULER and not where.address:
            return "It takes an address"
        if where.address.startswith("tls://") and None in where.files:
            return "tls:// takes three files: CA, certificate and key"
        try:
            where.check()
        except DataError as error:
            return str(error).removeprefix("--scheduler: ")
        return ""
