"""The panels that show what happens, one row each."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from playground.model.experiment import Experiment
from playground.training.snapshot import NOTHING
from playground.ui.theme import Colors


class Panel(NamedTuple):
    """A panel.

    question: what it answers, its title. widget: where its class is, "module:class"; it is imported when it is first
    seen, for what charts are drawn with takes long. Given colours and question it makes a widget, which has
    ``show_scene(scene)`` (hidden, it waits until it is seen) and ``set_colors(colors)``; one that does something has a
    signal ``asked(str, tuple)``, a verb of the session and its arguments.
    looks: what it asks of a run besides what every snapshot has, a request for each key of a view (views.py).
    suits: whether there is something to be seen, given the experiment. share: of the column's height, at first.
    """

    key: str
    question: str
    widget: str
    looks: Mapping[str, Any] = NOTHING
    suits: Callable[[Experiment], bool] = lambda experiment: True
    share: int = 480

    def make(self, colors: Colors) -> Any:
        """Its widget."""
        module, _, name = self.widget.partition(":")
        return getattr(importlib.import_module(module), name)(colors, self.question)


def is_normalized(experiment: Experiment) -> bool:
    """Whether there are layers, and a rule that normalizes their sums."""
    return bool(experiment.knobs.layers) and experiment.knobs.normalization != "none"


PANELS: tuple[Panel, ...] = (
    Panel("loss", "Loss: is it still learning, and what?", "playground.ui.plots.loss:LossPlot", share=520),
    Panel(
        "norms",
        "What does normalization learn?",
        "playground.ui.plots.norms:NormPlot",
        looks={"norms": None},
        suits=is_normalized,
    ),
)
