"""The place under the loss: one of several panels at a time, chosen by tabs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from playground.model.experiment import Experiment
from playground.ui.panels import Missing, Panel
from playground.ui.takeaway import Takeaway
from playground.ui.theme import Colors, font

LEAST = 120  # pixels of a panel's height
APART = 22  # pixels between two tabs' words, by the style sheet


class Tabs(QTabBar):
    """Tabs that are named by key, so that what is chosen outlives a row that comes or goes."""

    key_chosen = Signal(str)  # by hand

    def __init__(self, name: str, titles: Sequence[tuple[str, str]]) -> None:
        super().__init__(accessibleName=name, drawBase=False, expanding=False, usesScrollButtons=True)
        self.setFont(font())
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click the keys still act on the run
        self.keys = [key for key, _ in titles]
        for _, title in titles:
            self.addTab(title)
        self.currentChanged.connect(self._announce)

    @property
    def key(self) -> str:
        """The chosen one; empty where there is none."""
        return self.keys[self.currentIndex()] if self.keys else ""

    def choose(self, key: str) -> None:
        """Take a tab, silently; one that is no more, or cannot be chosen, leaves all as it is."""
        if key in self.keys and self.isTabEnabled(self.keys.index(key)):
            blocked = self.blockSignals(True)
            self.setCurrentIndex(self.keys.index(key))
            self.blockSignals(blocked)

    def fit(self, room: int) -> None:
        """Have the words smaller and closer together where so many pixels are too few for all of them."""
        metrics = QFontMetrics(font())
        wide = sum(metrics.horizontalAdvance(self.tabText(number)) + APART for number in range(self.count()))
        role = "crowded" if wide > room else ""
        if role != self.property("role"):
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
            self.setFont(font("small" if role else "body"))
            self.setExpanding(bool(role))  # over what room there is

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:  # another style sheet puts back the font that the first one found
            self.setFont(font("small" if self.property("role") else "body"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.count() - 1}
        if event.key() in ends:
            self.setCurrentIndex(ends[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _announce(self) -> None:
        self.key_chosen.emit(self.key)


class Notes(QWidget):
    """What stands where a panel has nothing to show: why, and the button that changes that."""

    wanted = Signal(object)  # the knobs to change

    def __init__(self) -> None:
        super().__init__()
        self._missing = Missing("")
        self._text = QLabel(font=font(), wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.button = QPushButton(font=font())
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda: self.wanted.emit(dict(self._missing.changes)))
        column = QVBoxLayout(self, spacing=12)
        column.setContentsMargins(24, 8, 24, 8)
        column.addStretch(1)
        column.addWidget(self._text)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)

    def say(self, missing: Missing) -> None:
        """Say why, and offer what changes it."""
        self._missing = missing
        self._text.setText(missing.text)
        self.button.setText(missing.button)
        self.button.setVisible(bool(missing.button))


class Slot(QWidget):
    """Tabs of panels and the one that is chosen. It makes none: it has a place for each."""

    tab_chosen = Signal(str)  # by hand
    wanted = Signal(object)  # knobs to change, so that a panel has something to show

    def __init__(self, rows: Sequence[Panel], colors: Colors) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}
        self.takeaway = Takeaway(colors, lambda: (self._made[self.tab], self.tab) if self._is_seen else None)
        self.rows = {row.key: row for row in rows}
        self.tabs = Tabs("Panels", [(row.key, row.title) for row in rows])
        for number, row in enumerate(rows):
            self.tabs.setTabToolTip(number, row.question)
        self.tabs.key_chosen.connect(self._turn)
        self.notes = Notes()
        self.notes.wanted.connect(self.wanted)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.notes)
        self._places: dict[str, QWidget] = {row.key: _place(row) for row in rows}
        for place in self._places.values():
            self._stack.addWidget(place)
        self._experiment: Experiment | None = None
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout(spacing=4)
        head.addWidget(self.tabs, 1)
        head.addWidget(self.takeaway)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    @property
    def tab(self) -> str:
        """The key of the panel that is chosen."""
        return self.tabs.key

    @property
    def seen(self) -> Panel | None:
        """The panel that is chosen and has something to show."""
        row = self.rows.get(self.tab)
        return row if row is not None and self._experiment is not None and row.suits(self._experiment) else None

    @property
    def _is_seen(self) -> bool:
        """Whether the chosen panel is made, and has something to show."""
        return self.seen is not None and self.tab in self._made

    def put(self, key: str, made: Any) -> None:
        """Set a panel's widget in its place."""
        self._made[key] = made
        layout = self._places[key].layout()
        assert layout is not None
        layout.addWidget(made)

    def choose(self, key: str) -> None:
        """Show the panel of that key, if there is one."""
        self.tabs.choose(key)
        self._show()

    def show_experiment(self, experiment: Experiment) -> None:
        """Offer those that suit; the chosen one stays chosen, and says what it lacks."""
        self._experiment = experiment
        for number, row in enumerate(self.rows.values()):
            is_chosen = row.key == self.tab
            self.tabs.setTabEnabled(number, is_chosen or row.missing is not None or row.suits(experiment))
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_type()

    def fit_type(self) -> None:
        """Have room for the words on the tabs."""
        self.tabs.fit(self.width() - self.takeaway.sizeHint().width() - 4)

    def _turn(self, key: str) -> None:
        self._show()
        self.tab_chosen.emit(key)

    def _show(self) -> None:
        row = self.rows.get(self.tab)
        if row is None or self._experiment is None:
            return
        self.takeaway.offer(row.question, row.help)
        if self.seen is not None:
            self._stack.setCurrentWidget(self._places[row.key])
        else:
            self.notes.say(row.missing(self._experiment) if row.missing else Missing("Nothing to be seen of this run."))
            self._stack.setCurrentWidget(self.notes)


def _place(row: Panel) -> QWidget:
    """Where a panel will stand, as small as need be: what a panel wants never widens the window."""
    place = QWidget(accessibleName=row.question)
    place.setMinimumSize(1, LEAST)
    place.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    QVBoxLayout(place).setContentsMargins(0, 0, 0, 0)
    return place
