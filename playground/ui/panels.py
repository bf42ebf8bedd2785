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
    or weight is picked in it, a signal ``picked(Pick)``, and all panels find the pick in the scene; where points are, a
    signal ``points_picked(numbers)``, and they are selected on the plane. One that stands outside of the slot takes its
    help by ``explain(help)``.
    looks: what it asks of a run besides what every snapshot has, a request for each key of a view (views.py).
    suits: whether there is something to be seen, given the experiment; missing: what is said where there is not, else
    its tab cannot be chosen. tab: its name there. help: what to look for, in three sentences.
    """

    key: str
    question: str
    widget: str
    looks: Mapping[str, Any] = NOTHING
    suits: Callable[[Experiment], bool] = lambda experiment: True
    tab: str = ""
    missing: Callable[[Experiment], Missing] | None = None
    help: str = ""

    @property
    def title(self) -> str:
        """The words on its tab."""
        return self.tab or self.key.capitalize()

    def make(self, colors: Colors) -> Any:
        """Its widget."""
        made = imported(self.widget)(colors, self.question)
        if hasattr(made, "explain"):
            made.explain(self.help)
        return made


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
    Panel(
        FIRST,
        "Is it still learning?",
        "playground.ui.plots.loss:LossPlot",
        help="Both curves fall: it is learning. Training falls while validation rises: it learns its points by heart, "
        "high variance; both stay high: the model is too simple, or held back, high bias. Training jumps up and down: "
        "the steps are too long.",
    ),
    Panel(
        "why",
        "Why, and what would help?",
        "playground.ui.plots.why:WhyPanel",
        help="The verdict stands first, below it the numbers that it rests on. Each remedy says what it changes and "
        "why it should help here. Press one: it trains as a branch, and says what was gained on the validation points.",
    ),
    Panel(
        "runs",
        "How do the runs compare?",
        "playground.ui.plots.runs:RunsPanel",
        help="Sort by the validation loss: what do the best runs have in common? Compare runs that differ in one knob; "
        "a difference smaller than that between two seeds is chance. A run whose best epoch is its last one was not "
        "trained to its end.",
    ),
    Panel(
        "search",
        "What would another value do?",
        "playground.ui.plots.search:SearchPanel",
        help="The diamond is the best value, the ring the simplest model that is no worse than one standard error: "
        "prefer that one. A wide band means that seeds matter more than the knob. Bias falls and variance grows with a "
        "network's size: the error is lowest between them.",
    ),
    Panel(
        "weights",
        "Which weights matter, and what moves them?",
        "playground.ui.plots.weights:WeightsPanel",
        help="L1 sets weights to exactly 0, which are counted; L2 makes all small and none 0. Norms that grow without "
        "end are a network that learns its points by heart: a penalty holds them. An update moves weights by about a "
        "thousandth of their length; far more is a learning rate that is too high, and dead units learn no more.",
    ),
    Panel(
        "gradients",
        "Do gradients vanish or explode?",
        "playground.ui.plots.gradients:GradientsPanel",
        tab="Grads",  # all tabs stand side by side at 400 pixels
        help="Lines that lie decades apart, the first layer lowest, are gradients that vanish on their way down: try "
        "ReLU, normalization, or another initialization. Lines that rise steeply explode: lower η, or clip them; the "
        "dashed level is where clipping begins. A norm that is less than the noise: batches disagree about the way, "
        "and larger ones or a smaller η help.",
    ),
    Panel(
        "optimizer",
        "What does the optimizer do to each weight?",
        "playground.ui.plots.optimizer:OptimizerPanel",
        help="Formula: how much of the step is today's gradient, how much is memory, and what it is divided by. Rates: "
        "lines that keep falling are weights that stop learning, as Adagrad's; lines that part are weights that learn "
        "at different rates, as rare and common features do. Sequence and costs: which rules a gradient that flips "
        "brings back, and what their memory costs.",
    ),
    Panel(
        "norms",
        "What does normalization learn?",
        "playground.ui.plots.norms:NormPlot",
        looks={"norms": None},
        suits=is_normalized,
        tab="Norm",
        missing=without_norms,
        help="Moving mean and variance that have settled: evaluation then uses what training saw; while the dotted "
        "line, what batches had, runs ahead, they lag behind, and both losses differ. A variance at 0 is a unit that "
        "answers alike to every point, a γ that falls to 0 switches its unit off. The title is a menu: in a batch "
        "you see the formulas' numbers, under shift how far sums move while it learns; race the same without it.",
    ),
    Panel(
        "answers",
        "What does it get wrong?",
        "playground.ui.plots.answers:AnswersPanel",
        help="The matrix counts how often each class was taken for which: one of low recall is overlooked, one of low "
        "precision is answered too readily. Calibration: points below the diagonal are surer than they are right, as "
        "those of overfitted networks are. Residuals that form a curve are a pattern that is not learned yet.",
    ),
)
