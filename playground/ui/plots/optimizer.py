"""What the optimizer does: one weight's update worked out, everybody's effective rates, sequences, and costs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from playground.kernels.optimizers import OPTIMIZERS
from playground.ui.plots.chart import Title
from playground.ui.plots.costs import CostsPage
from playground.ui.plots.effective import RatesPage
from playground.ui.plots.export import Table
from playground.ui.plots.formula import FormulaPage
from playground.ui.plots.sequence import SequencePage
from playground.ui.scene import Scene
from playground.ui.theme import Colors, font

PAGES = (
    ("formula", "Formula", "How does {} step?"),
    ("rates", "Rates", "How fast do weights learn?"),
    ("sequence", "Sequence", "How do gradients add up?"),
    ("costs", "Costs", "What does a rule cost?"),
)
TITLES = {row.key: row.title for row in OPTIMIZERS}


class OptimizerPanel(QWidget):
    """Four pages of the optimizer, one at a time; only the one that is seen asks anything of a run."""

    asked = Signal(str, tuple)
    picked = Signal(object)
    looks_changed = Signal()

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Optimizer: what it does to each weight")
        self._scene: Scene | None = None
        self._looks: dict[str, Any] = {}
        self.title = Title(question, bold=True)
        self.tabs = QTabBar(accessibleName="Pages of the optimizer", drawBase=False, expanding=False)
        self.tabs.setFont(font("small"))
        self.tabs.setProperty("role", "inner")
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click the keys still act on the run
        for _, name, _ in PAGES:
            self.tabs.addTab(name)
        self.pages: dict[str, Any] = {
            "formula": FormulaPage(colors),
            "rates": RatesPage(colors),
            "sequence": SequencePage(colors),
            "costs": CostsPage(colors),
        }
        self._stack = QStackedWidget()
        for page in self.pages.values():
            self._stack.addWidget(page)
        self.pages["formula"].picked.connect(self.picked)
        for key in ("formula", "rates"):
            self.pages[key].asked.connect(self.asked)
        self.tabs.currentChanged.connect(self._turn)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self.title, 1)
        head.addWidget(self.tabs)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    @property
    def page(self) -> Any:
        """The page that is chosen."""
        return self.pages[PAGES[self.tabs.currentIndex()][0]]

    @property
    def looks(self) -> dict[str, Any]:
        """What the page that is seen asks of a run."""
        return getattr(self.page, "looks", {})

    def table(self) -> Table:
        """The numbers of the page that is chosen."""
        found: Table = self.page.table()
        return found

    def choose(self, key: str) -> None:
        """Show a page."""
        self.tabs.setCurrentIndex([name for name, _, _ in PAGES].index(key))

    def _turn(self) -> None:
        self._stack.setCurrentWidget(self.page)
        if self._scene is not None:
            self.show_scene(self._scene)
        self.looks_changed.emit()

    def show_scene(self, scene: Scene) -> None:
        """Hand it to the page that is seen; another pick is another weight to be asked for."""
        self._scene = scene
        name = TITLES[scene.experiment.knobs.optimizer]
        self.title.setText(PAGES[self.tabs.currentIndex()][2].format(name))
        self.page.show_scene(scene)
        looks, self._looks = self._looks, self.looks
        if looks != self._looks and self.isVisible():
            self.looks_changed.emit()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        for page in self.pages.values():
            page.set_colors(colors)
