"""The panels that show what happens, one row each."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from playground.model.experiment import Experiment
from playground.training.snapshot import NOTHING
from playground.ui.theme import Colors

FIRST = "loss"  # the panel that always stays; all others share the slot under it


class Missing(NamedTuple):
    """What stands in the place of a panel that has nothing to show: why, and the button that changes that.

    button: its text, empty for none. changes: the knobs that it sets.
    """

    text: str
    button: str = ""
    changes: Mapping[str, Any] = NOTHING


class Panel(NamedTuple):
    """A panel.

    question: what it answers, its title. widget: where its class is, "module:class"; it is imported when it is first
    seen, for what charts are drawn with takes long. Given colours and question it makes a widget, which has
    ``show_scene(scene)`` (hidden, it waits until it is seen) and ``set_colors(colors)``; one that does something has a
    signal ``asked(str, tuple)``, a verb of the session and its arguments. Where what it asks of a run depends on
    what is chosen in it, it has ``looks`` of its own besides the row's, and a signal ``looks_changed()``; where a unit
    or weight is picked in it, a signal ``picked(Pick)``, and all panels find the pick in the scene.
    looks: what it asks of a run besides what every snapshot has, a request for each key of a view (views.py).
    suits: whether there is something to be seen, given the experiment; missing: what is said where there is not, else
    its tab cannot be chosen. tab: its name there.
    """

    key: str
    question: str
    widget: str
    looks: Mapping[str, Any] = NOTHING
    suits: Callable[[Experiment], bool] = lambda experiment: True
    tab: str = ""
    missing: Callable[[Experiment], Missing] | None = None

    @property
    def title(self) -> str:
        """The words on its tab."""
        return self.tab or self.key.capitalize()

    def make(self, colors: Colors) -> Any:
        """Its widget."""
        return imported(self.widget)(colors, self.question)


def imported(place: str) -> Any:
    """The class at "module:class"."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def is_normalized(experiment: Experiment) -> bool:
    """Whether there are layers, and a rule that normalizes their sums."""
    return bool(experiment.knobs.layers) and experiment.knobs.normalization != "none"


def without_norms(experiment: Experiment) -> Missing:
    """Why there is nothing to be seen of normalization."""
    if not experiment.knobs.layers:
        return Missing("Without hidden layers there are no sums to normalize.")
    return Missing(
        "BatchNorm is off. On, its moving mean and variance, γ and β are drawn here. It makes new weights: "
        "the run starts anew.",
        "Switch BatchNorm on",
        {"normalization": "batch"},
    )


PANELS: tuple[Panel, ...] = (
    Panel(FIRST, "Loss: is it still learning, and what?", "playground.ui.plots.loss:LossPlot"),
    Panel("why", "Why, and what would help?", "playground.ui.plots.why:WhyPanel"),
    Panel(
        "norms",
        "What does normalization learn?",
        "playground.ui.plots.norms:NormPlot",
        looks={"norms": None},
        suits=is_normalized,
        tab="Norm",
        missing=without_norms,
    ),
    Panel("runs", "How do the runs compare?", "playground.ui.plots.runs:RunsPanel"),
)
