"""What would another value do? A chart along a knob, or a map over two, filled in the background while one works on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declaration
from playground.training.findings import (
    CANCELLED,
    FAILED,
    FITS,
    LOSSES,
    PATHS,
    PAUSED,
    SEEDS,
    TWICE,
    VARIANCE,
    Asked,
    Found,
)
from playground.training.knob_axis import can_vary
from playground.training.paths import PENALTIES
from playground.training.where import Where
from playground.ui.describe import in_words, plain
from playground.ui.extent import fit
from playground.ui.plots.chart import Title
from playground.ui.plots.export import Export, export_of
from playground.ui.plots.menus import Menu
from playground.ui.plots.search_chart import SearchChart, View, value_name
from playground.ui.plots.search_fits import FitsView
from playground.ui.plots.search_map import SearchMap
from playground.ui.plots.search_paths import PathsView
from playground.ui.plots.search_views import ERRORS, SHOWN, view_of
from playground.ui.scales import spread as mean_and_deviation
from playground.ui.scales import written
from playground.ui.scene import Scene
from playground.ui.theme import Colors, font
from playground.ui.workplace import WhereDialog, named

KINDS = ((LOSSES, "Losses"), (VARIANCE, "Bias, variance"), (PATHS, "Coefficients"))
COPIES = (("", "as it is"), (TWICE, "a feature twice"))
MAP_SEEDS = 2  # runs at each pair of values: there are many
USUAL = ("penalty_strength", "layers", "learning_rate")  # what is offered first, where it makes a difference
EMPTY = (
    "Choose a knob and press Find, or choose “Chart of …” in a knob’s menu (right click).\n"
    "Runs at several of its values train in the background; a click in the chart takes a value."
)
BEGUN = "The first runs are training; what they come to is drawn here as they end."
HELP = (
    "<p>Runs at values of a knob, under {seeds} seeds each: the line is their mean, the band one standard deviation. "
    "Coarse values come first, more follow where the curve bends.</p>"
    "<p>The diamond is the best validation, the ring the simplest model within one standard error of it (the "
    "1-SE rule), the dashed line the present value. A click takes a value into the choices, Ctrl+click trains that "
    "run; so does Enter.</p>"
    "<p><b>Bias, variance.</b> {fits} fits, each on points of its own: bias² is how far their mean is from the truth, "
    "variance how far each is from their mean, noise what nobody can learn. They add up to the error.</p>"
)
NARROW = 28  # pixels of a round button
WIDEST = 160  # pixels of the button that says where it trains


class SearchPanel(QWidget):
    """``asked`` carries a verb of the session, ``wanted`` the knobs that a click takes."""

    asked = Signal(str, tuple)
    wanted = Signal(object)

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Search: what other values of a knob come to")
        self.setWhatsThis(HELP.format(seeds=SEEDS, fits=FITS))
        self._question = question
        self._scene: Scene | None = None
        self._drawn: tuple[Any, ...] = ()
        self._chosen_value = ""  # by hand, of those whose fits are drawn
        self._build(colors)
        self._connect()
        self.set_colors(colors)

    # building

    def _build(self, colors: Colors) -> None:
        self._title = Title(self._question, bold=True)
        self._reading = Title("", "small", muted=True)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self._title)
        head.addWidget(self._reading, 1)
        self.kind = Menu("What is found", KINDS)
        self.knob = Menu("Along which knob")
        self.second = Menu("And along which other knob")
        self.shown = Menu("What is drawn", SHOWN)
        self.value = Menu("Whose fits are drawn")
        self.fits = _button("Fits", "The fits themselves, their mean and their spread", is_checkable=True)
        self.go = _button("Find", "Train runs at values of this knob, in the background")
        self.stop = _button("✕", "Give it up; what is there stays")
        self.stop.setFixedWidth(NARROW)
        row = QHBoxLayout(spacing=4)
        for menu in (self.kind, self.knob, self.second, self.shown, self.value):
            row.addWidget(menu)
        row.addStretch(1)
        self.go.setProperty("role", "fit")
        for button in (self.fits, self.go, self.stop):
            row.addWidget(button)
        self.chart, self.map, self.pictures = SearchChart(colors), SearchMap(colors), FitsView(colors)
        self.paths = PathsView(colors)
        self._empty = QLabel(EMPTY, wordWrap=True, font=font(), alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.setContentsMargins(24, 0, 24, 0)
        self._stack = QStackedWidget()
        for page in (self._empty, self.chart, self.map, self.pictures, self.paths):
            self._stack.addWidget(page)
        self.bar = QProgressBar(maximum=1000, textVisible=False, accessibleName="How many of its runs are done")
        self.bar.setFixedHeight(4)
        self.foot = Title("", "small", muted=True)
        self.where = _button("", "Where to run: this computer, its processes, or a Dask scheduler")
        self.where.setAutoRaise(True)
        self.where.setMaximumWidth(WIDEST)
        below = QHBoxLayout(spacing=8)
        below.addWidget(self.foot, 1)
        below.addWidget(self.bar)
        below.addWidget(self.where)
        self.bar.setFixedWidth(96)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        column.addLayout(below)

    def _connect(self) -> None:
        for menu in (self.kind, self.knob, self.second, self.shown, self.value):
            menu.activated.connect(self._choose)
        self.fits.toggled.connect(self._choose)
        self.value.textActivated.connect(self._note_value)
        self.go.clicked.connect(self._press)
        self.stop.clicked.connect(lambda: self.asked.emit("cancel_search", ()))
        self.where.clicked.connect(self.choose_where)
        for view in (self.chart, self.map):
            view.picked.connect(self._take)
            view.opened.connect(self._open)
            view.read.connect(self._read)
        self.paths.picked.connect(self._take)
        self.paths.opened.connect(self._open)
        self.paths.read.connect(self._say)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        for part in (self.chart, self.map, self.pictures, self.paths):
            part.set_colors(colors)

    # what is asked

    def begin(self, name: str, second: str = "", kind: str = "") -> None:
        """Find what values of a knob come to. kind: that of the last one, but for paths, if left out."""
        last = self.kind.currentData()
        _select(self.kind, kind or (LOSSES if last == PATHS else last))
        self._offer()
        _select(self.knob, name)
        self._offer()
        _select(self.second, second)
        self._ask()

    def _ask(self) -> None:
        if self._scene is None or not self.knob.currentData():
            return
        kind, second = str(self.kind.currentData()), str(self.second.currentData() or "")
        second = "" if second == self.knob.currentData() else second
        count = FITS if kind == VARIANCE else MAP_SEEDS if second else SEEDS
        extent = _extent(self._scene.data)
        self.asked.emit("search", (Asked(kind, str(self.knob.currentData()), second, count, extent),))

    def choose_where(self) -> None:
        """Ask where the next search trains."""
        dialog = WhereDialog(self._scene.where if self._scene is not None else Where(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(lambda where: self.asked.emit("search_at", (where,)))
        dialog.open()

    def _press(self) -> None:
        """Begin, rest or go on."""
        found = self._found
        if found is None or found.has_ended or not self._is_as_asked(found):
            self._ask()
        else:
            self.asked.emit("pause_search", (found.status != PAUSED,))

    def _note_value(self, name: str) -> None:
        self._chosen_value = name

    def _choose(self) -> None:
        self._offer()
        self._draw()

    @property
    def _found(self) -> Found | None:
        return self._scene.search if self._scene is not None else None

    def _is_as_asked(self, found: Found) -> bool:
        """Whether the menus ask for what was found."""
        asked = found.asked
        chosen = self.kind.currentData(), self.knob.currentData(), (self.second.currentData() or "")
        return chosen == (asked.kind, asked.knob, asked.second)

    def _offer(self) -> None:
        """The knobs that make a difference now."""
        if self._scene is None:
            return
        kind = self.kind.currentData()
        self.second.setVisible(kind != VARIANCE)
        _fill(self.shown, list(ERRORS if kind == VARIANCE else SHOWN))
        self.shown.setVisible(kind == LOSSES or kind == VARIANCE and self._scene.experiment.dataset.is_classification)
        self.fits.setVisible(kind == VARIANCE)
        self.value.setVisible(kind == VARIANCE and self.fits.isChecked())
        if kind == PATHS:
            _fill(self.knob, list(PENALTIES))
            _fill(self.second, list(COPIES))
            return
        names = can_vary(self._scene.experiment)
        names.sort(key=lambda name: name not in USUAL)
        rows = [(name, _label(name)) for name in names]
        _fill(self.knob, rows)
        others = [] if kind == VARIANCE else [row for row in rows if row[0] != self.knob.currentData()]
        _fill(self.second, [("", "alone"), *others])

    # what is shown

    def show_scene(self, scene: Scene) -> None:
        """Draw what was found. Hidden, it waits until it is seen."""
        before, self._scene = self._scene, scene
        if before is None or before.experiment is not scene.experiment:
            self._offer()
        if (
            before is None
            or before.search is None
            and scene.search is not None
            or _is_other(before.search, scene.search)
        ):
            self._follow(scene.search)
        if self.isVisible():
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _follow(self, found: Found | None) -> None:
        """Have the menus say what was asked."""
        if found is not None:
            self._chosen_value = ""
            _select(self.kind, found.asked.kind)
            self._offer()
            for menu, name in ((self.knob, found.asked.knob), (self.second, found.asked.second)):
                if menu.findData(name) < 0:  # as the other knobs are now, it makes no difference
                    menu.addItem(_label(name) if name else "alone", name)
                _select(menu, name)

    def _draw(self, *_: Any) -> None:
        scene, found = self._scene, self._found
        if scene is None:
            return
        now = (found, scene.experiment, (*self._menus(), scene.where))
        if self._drawn and found is self._drawn[0] and scene.experiment is self._drawn[1] and now[2] == self._drawn[2]:
            return
        self._drawn = now
        is_there = found is not None and (bool(found.spots) or found.path is not None)
        is_seen = is_there and found is not None and self._is_as_asked(found)
        self._show_state(found if found is not None and self._is_as_asked(found) else None)
        self._show_where(scene.where)
        if not is_seen or found is None:
            is_asked = found is not None and self._is_as_asked(found)
            has_failed = is_asked and found is not None and found.status == FAILED
            begins = is_asked and found is not None and not found.has_ended
            told = in_words(found.reason) if found is not None and has_failed else BEGUN if begins else EMPTY
            self._empty.setText(told)
            if has_failed:
                self.foot.setText("")
            self._stack.setCurrentWidget(self._empty)
            return
        self.setAccessibleDescription(self._told(found))
        if found.path is not None:
            self.paths.show_path(found.path)
            self._stack.setCurrentWidget(self.paths)
            return
        if found.asked.kind == VARIANCE and self.fits.isChecked():
            self._offer_values(found, scene.experiment)
            place = self.value.currentData()
            self.pictures.show_measurement(found.spots[place].measurement if place is not None else None)
            self._stack.setCurrentWidget(self.pictures)
            self._read(-1 if place is None else place)
        elif found.asked.second:
            self.map.show_found(found, self._view(found), scene.experiment)
            self._stack.setCurrentWidget(self.map)
        else:
            self.chart.show_found(found, self._view(found), scene.experiment)
            self.chart.setAccessibleName(self._title.text())
            self._stack.setCurrentWidget(self.chart)

    @property
    def export(self) -> Export | None:
        """What may be taken of what is seen."""
        seen = self._stack.currentWidget()
        return export_of(seen, "search") if seen is not None and seen is not self._empty else None

    def _menus(self) -> tuple[Any, ...]:
        menus = (self.kind, self.knob, self.second, self.shown, self.value)
        return *(menu.currentData() for menu in menus), self.fits.isChecked()

    def _offer_values(self, found: Found, experiment: Experiment) -> None:
        """The values whose fits can be seen; at first the present one, or where that is not measured the best."""
        axis = found.axes[0]
        rows = [(place, value_name(axis, spot.values[0])) for place, spot in enumerate(found.spots) if spot.measurement]
        if [(self.value.itemData(row), self.value.itemText(row)) for row in range(self.value.count())] == rows:
            return
        chosen = self._chosen_value
        self.value.clear()
        for place, name in rows:
            self.value.addItem(name, place)
        best = found.best(found.quantity)
        present = value_name(axis, getattr(experiment.resolved, axis.name))
        usual = value_name(axis, found.spots[best].values[0]) if best is not None else ""
        rank = [self.value.findText(name) for name in (chosen, present, usual) if name]
        self.value.setCurrentIndex(next((row for row in rank if row >= 0), 0))

    def _view(self, found: Found) -> View:
        return view_of(found, str(self.shown.currentData()))

    def _show_where(self, where: Where) -> None:
        """Say where the next search trains; coefficients are solved here."""
        name = named(where)
        short = self.where.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, WIDEST - 32)
        self.where.setText(f"{short} ▾")
        self.where.setAccessibleDescription(name)
        self.where.setVisible(self.kind.currentData() != PATHS)

    def _show_state(self, found: Found | None) -> None:
        """The buttons, how far it is, and what it is of."""
        is_on = found is not None and not found.has_ended
        self.go.setText("Find" if found is None or found.has_ended else "Go on" if found.status == PAUSED else "Pause")
        self.stop.setVisible(is_on)
        self.bar.setVisible(is_on)
        if found is None:
            self._title.setText(self._question)
            self.foot.setText("")
            return
        if found.asked.kind == PATHS:
            self._title.setText(self.paths.question(found.path) if found.path is not None else "Coefficients along λ")
            self.foot.setText(self._state(found))
            return
        names = " and ".join(declaration(axis.name).knob.label.lower() for axis in found.axes)
        other = "would other values do" if found.asked.second else "would another value do"
        self._title.setText(f"{names[:1].upper()}{names[1:]}: what {other}?")
        self.bar.setValue(round(1000 * found.done / found.whole) if found.whole else 0)
        self.foot.setText(self._state(found))
        self.foot.setToolTip(plain(self.foot.text()))  # there may be no room for all of it

    def _state(self, found: Found) -> str:
        noun = "fits" if found.asked.kind == VARIANCE else "runs"
        if found.status == FAILED:
            return in_words(found.reason)
        if found.path is not None:
            return self._told(found)
        if found.has_ended:
            ending = ", given up" if found.status == CANCELLED else ""
            return f"{found.done} {noun}{ending}. {self._told(found)}"
        left = "" if math.isnan(found.seconds) else f", {_seconds(found.seconds)} left"
        if found.reason and found.status != PAUSED:
            return found.reason
        rests = ", paused" if found.status == PAUSED else left
        return f"{found.done} of {found.whole or '…'} {noun}{rests}"

    def _told(self, found: Found) -> str:
        """The best, and the simplest that is as good, in words."""
        if found.path is not None:
            return self.paths.told(found.path, found.path.best, "Best at ")
        view = self._view(found)
        best = found.best(view.decides, view.is_metric)
        if best is None:
            known = any(math.isfinite(spot.mean(line.quantity)) for spot in found.spots for line in view.lines)
            return "No point validates, so that none is best." if known else "None of them is sound."
        simplest = found.simplest(view.decides, view.is_metric)
        text = f"Best at {self._named(found, best)}"
        if simplest is not None and simplest != best:
            text += f"; 1-SE rule: {value_name(found.axes[0], found.spots[simplest].values[0])}"
        return text

    @staticmethod
    def _named(found: Found, place: int) -> str:
        values = zip(found.axes, found.spots[place].values)
        return ", ".join(f"{_symbol(axis.name)} {value_name(axis, value)}" for axis, value in values)

    # the hand

    def _take(self, place: int) -> None:
        if self._found is not None:
            self.wanted.emit(self._found.chosen(place))

    def _open(self, place: int) -> None:
        if self._found is not None:
            self.asked.emit("try_remedy", (self._found.changes(place),))

    def _read(self, place: int) -> None:
        """What is under the cursor, in words."""
        found = self._found
        if found is None or not 0 <= place < len(found.spots):
            self._say("")
            return
        spot, view = found.spots[place], self._view(found)
        parts = []
        for line in view.lines:
            mean, deviation = spot.mean(line.quantity), spot.deviation(line.quantity)
            if math.isfinite(mean):
                number = (
                    mean_and_deviation(mean, deviation)
                    if line.has_band
                    else written(float(f"{mean:.3g}")).replace("-", "−")
                )
                parts.append(f"{line.name} {number}")
        bad = f"{spot.diverged} diverged or could not train" if spot.diverged else ""
        self._say(f"{self._named(found, place)}: {', '.join(filter(None, [*parts, bad])) or 'not yet'}")

    def _say(self, text: str) -> None:
        """Say what is under the cursor in the title's place: there is room for all of it."""
        self._title.setVisible(not text)
        self._reading.setText(text)


def _button(text: str, tip: str, is_checkable: bool = False) -> QToolButton:
    button = QToolButton(text=text, toolTip=tip, font=font("small"), checkable=is_checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(tip.split(",")[0].split(";")[0])
    return button


def _fill(menu: Menu, rows: list[tuple[str, str]]) -> None:
    """Offer these, and keep what is chosen where it is among them."""
    if rows == [(menu.itemData(place), menu.itemText(place)) for place in range(menu.count())]:
        return
    chosen = menu.currentData()
    menu.clear()
    for key, title in rows:
        menu.addItem(title, key)
    _select(menu, chosen)


def _select(menu: Menu, key: Any) -> None:
    menu.setCurrentIndex(max(menu.findData(key), 0))


def _label(name: str) -> str:
    knob = declaration(name).knob
    return f"{knob.symbol}, {knob.label.lower()}" if knob.symbol else knob.label


def _symbol(name: str) -> str:
    knob = declaration(name).knob
    return knob.symbol or knob.label.lower()


def _seconds(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{max(seconds, 1):.0f} s"


def _is_other(before: Found | None, now: Found | None) -> bool:
    """Whether another search was begun."""
    return now is not None and (before is None or before.asked != now.asked)


def _extent(data: Dataset | None) -> tuple[float, float, float, float] | None:
    """The part of the plane in which small surfaces are drawn; None where points have more than two features."""
    if data is None or data.features > 2 or not data.samples:
        return None
    try:
        places = data.rows.places
    except (KnobError, DataError):
        return None
    if data.features == 1:
        up = data.targets[:, :1] if not data.is_classification else np.zeros((len(data.targets), 1))
        places = np.column_stack([data.inputs, up])
    found = fit(places)
    return found.x_low, found.x_high, found.y_low, found.y_high
