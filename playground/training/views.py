"""The ways to look at a run, one row each. Whoever wants to see asks by key, and the run's own thread looks."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from playground.model.experiment import doubts
from playground.training.looks import coefficients, gradients, norms, practice, stopping, weights
from playground.training.looks.along import HURRIED, PATIENT
from playground.training.looks.answers import Question, answers
from playground.training.looks.augmented import augmented
from playground.training.looks.effective import effective_rates
from playground.training.looks.network import Glance, network
from playground.training.looks.unit import Single, unit
from playground.training.looks.worked import work_out
from playground.training.standing import Standing
from playground.training.surface import Region, surface

LOOK_SECONDS = 0.0008  # that a look may take at full speed, sixty of which are wanted a second
EVERY = 0.05  # seconds between two looks at what is read, not watched, at full speed
SHARE = 0.03  # of the time that each of those may take
RAREST = 1.0  # seconds until it is looked at again, whatever it takes
TOO_LONG = 0.05  # seconds by which a look would be felt


class View(NamedTuple):
    """A way to look at a run.

    look: what is seen, given the run and what was asked for. points: at how many places a request has the network
    evaluated; coarser: the request at about so many, for where there is little time. beside: whether runs that are laid
    beside the one in hand are looked at too. Where what is seen says that it is not ``is_whole``, it is looked at
    again, though nothing was trained. is_watched: whether at full speed every snapshot has it anew; others are had now
    and then, and between an older one will do. longest: seconds; what took longer is not looked at at full speed.
    """

    key: str
    look: Callable[[Any, Any], Any]
    points: Callable[[Any], int] = lambda request: 1
    coarser: Callable[[Any, int], Any] = lambda request, most: request
    beside: bool = False
    is_watched: bool = False
    longest: float = math.inf


VIEWS: tuple[View, ...] = (
    View("surface", surface, lambda region: region.points, Region.coarser, beside=True, is_watched=True),
    View("doubts", lambda run, _: doubts(run.experiment), is_watched=True),
    View("network", network, lambda glance: glance.points, Glance.coarser),
    View("unit", unit, lambda single: single.points, Single.coarser, is_watched=True),
    View("norms", lambda run, _: run.norms.series(), is_watched=True),
    View("norm_box", norms.box, coarser=lambda asked, _: asked.hurried()),
    View("norm_track", norms.track, coarser=lambda asked, _: asked.hurried()),
    View("norm_shift", norms.shift, coarser=lambda asked, _: asked.hurried(), beside=True),
    View("stopping", lambda run, _: stopping.stopping(run), is_watched=True),
    View(
        "practice", lambda run, seconds: practice.practice(run, seconds or PATIENT), coarser=lambda seconds, _: HURRIED
    ),
    View("worked", work_out, longest=TOO_LONG),
    View("effective", effective_rates, coarser=lambda is_hurried, most: True, beside=True, longest=TOO_LONG),
    View("weights", weights.weights, coarser=lambda wanted, _: wanted.hurried(), beside=True),
    View("gradients", gradients.gradients, coarser=lambda wanted, _: wanted.hurried(), beside=True),
    View("coefficients", coefficients.coefficients, coarser=lambda seconds, _: HURRIED, beside=True),
    View("augmented", augmented, is_watched=True),
    View("answers", answers, lambda question: question.most, Question.coarser, beside=True),
)


def beside(looks: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some looks that are asked of runs laid beside the one in hand, too."""
    wanted = {view.key for view in VIEWS if view.beside}
    return {key: request for key, request in looks.items() if key in wanted}


class Sight(NamedTuple):
    """What a view saw last: of which run and request, how many seconds it took, and when it is to be had anew."""

    run: Standing
    request: Any
    value: Any
    seconds: float
    due: float


class Observer:
    """Looks at a run, and remembers how long each look took: at full speed one that takes long is coarser, or rarer."""

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}  # that a point of the last looks took, by key
        self._sights: dict[str, Sight] = {}
        self.cost = 0.0  # seconds of the last looks
        self.is_whole = True  # whether they saw all
        self.has_hurried = False  # whether one was coarser than it was asked for

    def look(
        self, run: Standing, looks: Mapping[str, Any], is_hurried: bool = False, is_passing: bool = False
    ) -> dict[str, Any]:
        """What is seen, by key. looks: a view's key, and what is asked of it. Raises KeyError for an unknown one.

        is_hurried: at full speed. is_passing: another moment may be wanted soon: what is not watched is coarser.
        """
        views = {view.key: view for view in VIEWS}
        self.cost = 0.0
        hurries = {key: is_hurried or (is_passing and not views[key].is_watched) for key in looks}
        seen = {key: self._look(run, views[key], request, hurries[key]) for key, request in looks.items()}
        self.has_hurried = any(hurries.values())
        self.is_whole = all(getattr(found, "is_whole", True) for found in seen.values())
        return seen

    def _look(self, run: Standing, view: View, request: Any, is_hurried: bool) -> Any:
        last = self._sights.get(view.key)
        if is_hurried and not view.is_watched and last is not None and last.run is run:
            if last.request == request and time.perf_counter() < last.due:
                return last.value
            if last.seconds > view.longest:
                return None
        took = self._seconds.setdefault(view.key, deque(maxlen=8))
        asked = view.coarser(request, int(LOOK_SECONDS / self._least(took))) if is_hurried else request
        began, points = time.perf_counter(), view.points(asked)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # numbers of a run that flies away
            value = view.look(run, asked)
        now = time.perf_counter()
        took.append((now - began) / points)
        self.cost += self._least(took) * points
        rest = min(max((now - began) / SHARE, EVERY), RAREST)
        self._sights[view.key] = Sight(run, request, value, now - began, now + rest)
        return value

    @staticmethod
    def _least(took: deque[float]) -> float:
        """The shortest, for the others had to wait for the window's thread."""
        return max(min(took, default=LOOK_SECONDS), 1e-9)
