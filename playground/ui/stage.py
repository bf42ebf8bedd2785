"""The stage: the plane and what is looked at in its stead, with its tools at the left and messages over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.shapes import SHAPES
from playground.training.snapshot import NOTHING
from playground.ui.axes import Axes
from playground.ui.canvas import Canvas
from playground.ui.describe import plain
from playground.ui.icons import icon
from playground.ui.notice import Notice
from playground.ui.panels import imported
from playground.ui.scene import Scene
from playground.ui.slot import Tabs
from playground.ui.takeaway import Takeaway
from playground.ui.theme import Colors, font, scaled

TABS = 32  # pixels of the row of tabs
TOOLS = 40  # pixels of the tools' column
PLANES = (1, 2, 4, 6, 8)  # as many may stand side by side
PLANE = "plane"
PATTERNS = frozenset(row.key for row in SHAPES)  # as sources of points


class View(NamedTuple):
    """What can be looked at on the stage.

    title: its tab. widget: where its class is, "module:class"; given colours it makes a widget with
    ``show_scene(scene)`` and ``set_colors(colors)``, and the signals and looks that a panel may have (panels.py);
    besides those it may have ``pinned(unit)`` and ``wanted(knobs)``.
    The plane, which is painted on, has none: the window brings it.
    looks: what it asks of a run, a request for each key of a view (views.py). suits: whether there is something to be
    seen, given the experiment; where there is not, its tab cannot be chosen. help: what to look for, in three
    sentences.
    """

    key: str
    title: str
    widget: str = ""
    looks: Mapping[str, Any] = NOTHING
    suits: Callable[[Experiment], bool] = lambda experiment: True
    help: str = ""


STAGE: tuple[View, ...] = (
    View(
        PLANE,
        "Plane",
        help="The colour is what the network answers at each place, strong where it is sure; the line is where its "
        "choice changes. A border that bends around single points has learned them by heart; one that is too straight "
        "misses the pattern. Open marks validate: where they lie on the wrong side, it does not generalize.",
    ),
    View(
        "network",
        "Network",
        "playground.ui.plots.network.view:NetworkView",
        help="First layers draw straight edges over the plane, later ones bend them; units that look alike do one "
        "unit's work. With L1 lines vanish, with L2 they only grow thin. A plain picture is a unit that answers alike "
        "everywhere; faint ones were left out by dropout for the first sample of the last batch.",
    ),
    View(
        "augmented",
        "Augmented",
        "playground.ui.augmented:AugmentedView",
        help="Each point is drawn where a batch would see it, a line leads from where it was. Clouds that reach into "
        "another class teach wrong answers; those that stay within the spread of their class are points gained for "
        "nothing. A change must keep what a point means: a mirrored 2 is no 2.",
    ),
)


class Stage(QWidget):
    """Tabs of views above; below them the chosen one, or several planes side by side."""

    view_chosen = Signal(str)  # by hand
    planes_chosen = Signal(int)  # by hand: how many planes to see side by side
    looks_changed = Signal()
    asked = Signal(str, tuple)  # by a view: a verb of the session, and its arguments
    picked = Signal(object)  # a Pick
    pinned = Signal(object)  # layer and unit whose response the plane is to show, or None
    wanted = Signal(object)  # knobs to change

    def __init__(self, canvas: Canvas, tools: QWidget, colors: Colors) -> None:
        super().__init__()
        self.canvas = canvas
        self.tools = tools
        self.planes = 1  # side by side
        self._colors = colors
        self._scene: Scene | None = None
        self._made: dict[str, Any] = {PLANE: canvas}
        self._rows = {row.key: row for row in STAGE}
        self._twins: QWidget | None = None
        self._source = QLabel(font=font("small"), accessibleName="Where the points came from")
        self._source.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._source.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._source.setTextFormat(Qt.TextFormat.PlainText)
        self._source.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.tabs = Tabs("Views", [(row.key, row.title) for row in STAGE])
        self.tabs.key_chosen.connect(self._turn)
        self.compare = self._make_compare()
        self.takeaway = Takeaway(colors, self._seen)
        self._stack = QStackedWidget()
        self._stack.addWidget(canvas)
        self._lay_out()
        self.notice = Notice(colors, self, TOOLS, scaled(TABS) + 16)
        self.set_colors(colors)

    def _make_compare(self) -> QToolButton:
        button = QToolButton(accessibleName="Planes side by side", font=font(), iconSize=QSize(16, 16))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setProperty("role", "quiet")
        button.setToolTip("How many runs' planes stand side by side")
        menu = QMenu(button)
        group = QActionGroup(menu)
        self._counts: dict[int, QAction] = {}
        for count in PLANES:
            action = self._counts[count] = menu.addAction("&1 plane" if count == 1 else f"&{count} planes")
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, count=count: self._choose_planes(count))
            group.addAction(action)
        button.setMenu(menu)
        button.hide()  # until there is something to compare with
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout(spacing=8)
        head.setContentsMargins(TOOLS, 0, 0, 0)
        head.addWidget(self.tabs)
        head.addWidget(self._source, 1)
        head.addWidget(self.compare)
        head.addWidget(self.takeaway)
        self._head = QWidget()
        self._head.setLayout(head)
        self.fit_type()
        self.tools.setFixedWidth(TOOLS)
        body = QHBoxLayout(spacing=0)
        body.addWidget(self.tools)
        body.addWidget(self._stack, 1)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 4, 0, 4)
        column.addWidget(self._head)
        column.addLayout(body, 1)

    def fit_type(self) -> None:
        """Have room for the words on the tabs."""
        self._head.setFixedHeight(scaled(TABS))
        self._fit_tabs()

    def _fit_tabs(self) -> None:
        beside = (self.compare, self.takeaway)
        taken = sum(widget.sizeHint().width() for widget in beside if not widget.isHidden())
        self.tabs.fit(self.width() - TOOLS - taken - 24)

    # views

    @property
    def view(self) -> str:
        """The key of the view that is chosen."""
        return self.tabs.key

    @property
    def looks(self) -> dict[str, Any]:
        """What the chosen view asks of a run."""
        return {**self._rows[self.view].looks, **getattr(self._made.get(self.view), "looks", {})}

    @property
    def widget(self) -> Any:
        """Of the view that is chosen."""
        return self._made[self.view]

    @property
    def shows_plane(self) -> bool:
        """Whether the plane is seen, and no others beside it."""
        return self.view == PLANE and self.planes == 1

    def choose_view(self, key: str) -> None:
        """Look at the view of that key; one that is no more changes nothing."""
        self.tabs.choose(key)
        self._show()

    def show_experiment(self, experiment: Experiment) -> None:
        """Offer the views that suit; where the chosen one does not, it is the plane again."""
        data = experiment.data
        self._source.setText(brought_from(data) if data is not None else "")
        self._source.setToolTip(plain(self._source.text()))
        for number, row in enumerate(STAGE):
            self.tabs.setTabEnabled(number, row.suits(experiment))
        if not self._rows[self.view].suits(experiment):
            self.choose_view(PLANE)

    def show_scene(self, scene: Scene) -> None:
        """Hand it to the view that is seen."""
        self._scene = scene
        if self.view != PLANE:
            self._made[self.view].show_scene(scene)

    def _seen(self) -> tuple[QWidget, str] | None:
        """The widget that is seen, and a name for its files."""
        widget = self._stack.currentWidget()
        return None if widget is None else (widget, self.view)

    def _turn(self, key: str) -> None:
        self._show()
        self.view_chosen.emit(key)

    def _show(self) -> None:
        """Make what is chosen, if it is not yet, and show it."""
        key = self.view
        if key not in self._made:
            made = self._made[key] = imported(self._rows[key].widget)(self._colors)
            for name in ("asked", "looks_changed", "picked", "pinned", "wanted"):
                if hasattr(made, name):
                    getattr(made, name).connect(getattr(self, name))
            self._stack.addWidget(made)
        twins = self._twins if self.planes > 1 and key == PLANE else None
        self._stack.setCurrentWidget(twins or self._made[key])
        self.tools.setVisible(key == PLANE and twins is None)
        self.takeaway.offer(self._rows[key].title, self._rows[key].help)
        if self._scene is not None:
            self.show_scene(self._scene)
        self.looks_changed.emit()

    # planes side by side

    def put_planes(self, widget: QWidget) -> None:
        """Set the widget that shows several planes in its place; from now on their number can be chosen."""
        self._twins = widget
        self._stack.addWidget(widget)
        self.compare.show()
        self.set_planes(self.planes)

    def set_planes(self, count: int) -> None:
        """Show so many planes side by side, silently; without their widget it is one."""
        self.planes = count if count in PLANES and self._twins is not None else 1
        self._counts[self.planes].setChecked(True)
        text = "Compare" if self.planes == 1 else f"{self.planes} planes"
        self.compare.setText(f" {text}")
        self.compare.setAccessibleDescription(text)
        self._fit_tabs()
        self._show()

    def _choose_planes(self, count: int) -> None:
        self.set_planes(count)
        self.planes_chosen.emit(count)

    # messages, looks

    def show_message(self, message: str, empty: bool) -> None:
        """Why it cannot train now: in the empty plane itself, else in the bar above it."""
        self.canvas.set_message(message[:1].upper() + message[1:] if empty else "")
        if message and not empty:
            self.notice.say(message, "warning", "message")
        else:
            self.notice.take_back("message")

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self.compare.setIcon(icon("compare", colors))
        self.takeaway.set_colors(colors)
        for key, made in self._made.items():
            if key != PLANE:
                made.set_colors(colors)

    def width_for(self, height: int) -> int:
        """How wide it is where the plane is a square as high as it can be."""
        inside = height - scaled(TABS) - 12
        return TOOLS + Axes.width_for(inside, self.canvas.dataset.plane if self.canvas.dataset else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tabs()
        self.notice.place()


def brought_from(data: Dataset) -> str:
    """Where points came from, in words; empty where they were painted."""
    if data.source in PATTERNS:
        return ""
    target = data.encoding.target if data.encoding is not None else ""
    return f"{data.source} → {target}" if target else data.source


def rule() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setAutoFillBackground(True)
    line.setBackgroundRole(QPalette.ColorRole.Mid)
    return line
