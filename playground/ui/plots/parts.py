"""What the loss is taken apart into: parts that are drawn on demand, and the small menu that switches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from playground.model.experiment import Experiment
from playground.training.looks.practice import is_harder
from playground.ui.theme import font

TERMS, PRACTICE, GAP, STOPPING = "terms", "practice", "gap", "stopping"


class Part(NamedTuple):
    """A part of the loss. suits: whether there is something to be seen of it; is_first: whether it is drawn unasked."""

    key: str
    title: str
    tip: str
    suits: Callable[[Experiment], bool]
    is_first: Callable[[Experiment], bool]


def has_penalty(experiment: Experiment) -> bool:
    """Whether something is added to the data term."""
    return experiment.knobs.penalty != "none"


def is_made_hard(experiment: Experiment) -> bool:
    """Whether units are dropped, or points augmented."""
    knobs = experiment.resolved
    return is_harder(experiment) and bool(knobs.dropout or knobs.input_dropout or knobs.augment)


def stops_early(experiment: Experiment) -> bool:
    """Whether early stopping watches."""
    return bool(experiment.knobs.early_stopping)


PARTS = (
    Part(
        TERMS, "&Data term and penalty", "The training loss as two fills, one over the other", has_penalty, has_penalty
    ),
    Part(
        PRACTICE,
        "Loss in &training mode",
        "The loss that training has: units dropped, points augmented, each batch normalized by its own statistics. "
        "The training curve is taken without them, as the validation curve is.",
        is_harder,
        is_made_hard,
    ),
    Part(GAP, "&Generalization gap", "What lies between both curves", lambda _: True, lambda _: False),
    Part(
        STOPPING,
        "&Early stopping",
        "The best value, what a better one must pass, and the patience that is left",
        stops_early,
        stops_early,
    ),
)


class PartsButton(QToolButton):
    """Opens the menu of parts. What a hand has switched stays so; the rest follows what is chosen."""

    parts_changed = Signal()  # by hand

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, text="parts ▾", font=font("small"), accessibleName="Parts of the loss")
        self.setToolTip("What the loss is taken apart into")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setProperty("role", "axis")
        menu = QMenu(self, toolTipsVisible=True)
        self._chosen: dict[str, bool] = {}  # by hand
        self.actions_of = {part.key: menu.addAction(part.title) for part in PARTS}
        for part in PARTS:
            action = self.actions_of[part.key]
            action.setCheckable(True)
            action.setToolTip(part.tip)
            action.triggered.connect(lambda is_on, key=part.key: self._choose(key, is_on))
        self.setMenu(menu)
        self.shown: frozenset[str] = frozenset()

    def show_experiment(self, experiment: Experiment) -> bool:
        """Offer the parts that there are of it. Returns whether others are drawn than before."""
        before = self.shown
        suiting = {part.key for part in PARTS if part.suits(experiment)}
        first = {part.key for part in PARTS if part.is_first(experiment)}
        self.shown = frozenset(key for key in suiting if self._chosen.get(key, key in first))
        for key, action in self.actions_of.items():
            action.setEnabled(key in suiting)
            action.setChecked(key in self.shown)
        return self.shown != before

    def _choose(self, key: str, is_on: bool) -> None:
        self._chosen[key] = is_on
        self.shown = self.shown | {key} if is_on else self.shown - {key}
        self.parts_changed.emit()
