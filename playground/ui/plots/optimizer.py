"""What the optimizer does: one weight's update worked out, everybody's effective rates, sequences, and costs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from playground.kernels.optimizers import OPTIMIZERS
from playground.ui.plots.chart import Title
from playground.ui.plots.costs import CostsPage
from playground.ui.plots.effective import RatesPage
from playground.ui.plots.formula import FormulaPage
from playground.ui.plots.sequence import SequencePage
from playground.ui.scene import Scene
from playground.ui.slot import Tabs
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
        self.tabs = Tabs("Pages of the optimizer", [(key, name) for key, name, _ in PAGES])
        self.tabs.setFont(font("small"))
        self.tabs.setProperty("role", "inner")
        self.pages: dict[str, Any] = {
            "formula": FormulaPage(colors),
            "rates": RatesPage(colors),
            "sequence": SequencePage(colors),
            "costs": CostsPage(colors),
        }
        self._stack = QStackedWidget()
        for page in self.pages.values():
            self._stack.addWidget(page)
        formula = self.pages["formula"]
        formula.asked.connect(self.asked)
        formula.picked.connect(self.picked)
        self.tabs.key_chosen.connect(self.choose)
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
        return self.pages[self.tabs.key]

    @property
    def looks(self) -> dict[str, Any]:
        """What the page that is seen asks of a run."""
        return getattr(self.page, "looks", {})

    def choose(self, key: str) -> None:
        """Show a page."""
        self.tabs.choose(key)
        self._stack.setCurrentWidget(self.page)
        if self._scene is not None:
            self.show_scene(self._scene)
        self.looks_changed.emit()

    def show_scene(self, scene: Scene) -> None:
        """Hand it to the page that is seen; another pick is another weight to be asked for."""
        self._scene = scene
        name = TITLES[scene.experiment.knobs.optimizer]
        words = next(words for key, _, words in PAGES if key == self.tabs.key)
        self.title.setText(words.format(name))
        self.page.show_scene(scene)
        looks, self._looks = self._looks, self.looks
        if looks != self._looks and self.isVisible():
            self.looks_changed.emit()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        for page in self.pages.values():
            page.set_colors(colors)
