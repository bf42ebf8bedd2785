"""What every rule makes of a sequence of gradients of one weight, and what the forms do that the slides write besides.

The lecture's sequence is .1 on nine mini-batches and −.9 on the tenth, which should about cancel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from playground.kernels.optimizers import OPTIMIZERS
from playground.model.experiment import Experiment
from playground.training.looks.boxes import Box
from playground.training.looks.expressions import symbols
from playground.training.looks.formulas import APPLY, GRADIENT, Form, Line, form_of, settings_of

GRADIENTS = (0.1,) * 9 + (-0.9,)  # the lecture's
MOST = 1000  # gradients in a sequence
MOST_PASTS = 8  # gradients whose weights are told
AVERAGES = {"m", "v", "r", "a", "past"}  # that may be sums of past gradients, or of their squares, each with a weight


class Slide(NamedTuple):
    """A form that the slides write besides an algorithm's box, with what it is."""

    optimizer: str
    title: str
    words: str
    lines: tuple[Line, ...]
    slots: tuple[str, ...]
    settings: Mapping[str, float] = {}


def _slide(optimizer: str, title: str, words: str, *lines: tuple[str, str], **settings: float) -> Slide:
    slots = tuple(name for name, _ in lines if name != "step")
    return Slide(optimizer, title, words, (GRADIENT, *(Line(*line) for line in lines), APPLY), slots, settings)


SLIDES = (
    _slide(
        "momentum",
        "Momentum, box 8.2",
        "the box: the velocity takes −η·g whole, so steps grow to 1 / (1 − β) times the slide's",
        ("v", "beta*v - eta*g"),
        ("step", "v"),
    ),
    _slide(
        "adagrad",
        "Adagrad, √(G + ε)",
        "a slide: ε stands under the root; box 8.4 has it beside",
        ("r", "r + g**2"),
        ("step", "-eta*g / sqrt(r + epsilon)"),
    ),
    _slide(
        "adagrad",
        "Adagrad, √(αₜ₋₁ + ε)",
        "a slide: the sum stops before this gradient, so that the first step is divided by √ε alone",
        ("step", "-eta*g / sqrt(r + epsilon)"),
        ("r", "r + g**2"),
    ),
    _slide(
        "adagrad",
        "Adagrad, Σg² without root",
        "a slip of a slide: divided by Σg² itself the step has the unit 1 / g, and is η / g at first",
        ("r", "r + g**2"),
        ("step", "-eta*g / r"),
    ),
    _slide(
        "rmsprop",
        "RMSprop, √E[g²]",
        "a slide: no ε; box 8.5 has √(δ + r)",
        ("r", "rho*r + (1 - rho)*g**2"),
        ("step", "-eta*g / sqrt(r)"),
    ),
    _slide(
        "adadelta",
        "Adadelta, √(edaₜ₋₁ + ε)",
        "a slide: the average stops before this gradient; γ is .95",
        ("step", "-eta*g / sqrt(a + epsilon)"),
        ("a", "rho*a + (1 - rho)*g**2"),
        rho=0.95,
    ),
    _slide(
        "adam",
        "Adam, uncorrected",
        "a slide: no m̂ and v̂, √(v + ε), and one β = .9 for both; box 8.6 corrects",
        ("m", "beta1*m + (1 - beta1)*g"),
        ("v", "beta2*v + (1 - beta2)*g**2"),
        ("step", "-eta*m / sqrt(v + epsilon)"),
        beta1=0.9,
        beta2=0.9,
    ),
)


class Past(NamedTuple):
    """How much each past gradient still weighs in what a rule remembers, the newest first. of: "m, of g"."""

    of: str
    weights: tuple[float, ...]


class Response(NamedTuple):
    """What a rule makes of a sequence. steps, total: of the weight, in units of η. is_slide: a form of the slides."""

    optimizer: str
    title: str
    words: str
    formula: str
    eta: float
    steps: tuple[float, ...]
    pasts: tuple[Past, ...]
    is_slide: bool = False

    @property
    def total(self) -> float:
        return sum(self.steps)


def read(text: str) -> tuple[float, ...]:
    """Gradients as they are typed: "0.1 x9, -0.9", "0,1 x9; -0,9" or "0.1 0.1 -0.9". Raises ValueError, in one line."""
    found: list[float] = []
    text = text.replace(",", "." if ";" in text else " ").replace(";", " ").replace("−", "-")
    for word in re.sub(r"\s*[x×]\s*", "x", text).split():
        value, sign, times = word.partition("x")
        try:
            count = int(times) if sign else 1
            found += [float(value)] * min(max(count, 0), MOST + 1)
        except ValueError:
            raise ValueError(f"“{word}” is no gradient; write numbers, as in 0.1 x9, −0.9") from None
    if not 1 <= len(found) <= MOST:
        raise ValueError(f"{len(found)} gradients; from 1 to {MOST:,} are taken")
    if not all(abs(value) <= 1e6 for value in found):
        raise ValueError("gradients lie between −1e6 and 1e6")
    return tuple(found)


def respond(gradients: Sequence[float], convention: str) -> tuple[Response, ...]:
    """Every rule with its defaults in a convention, one after the other, and each form of the slides after its own."""
    found = []
    for row in OPTIMIZERS:
        knobs = Experiment(optimizer=row.key, convention=convention).resolved
        settings = settings_of(knobs)
        form = form_of(row.key, convention)
        start = row.start(convention, settings["eta"]) if row.start is not None else (0.0,) * len(form.slots)
        words = form.box.title if form.box.title.startswith("Algorithm") else form.box.title.partition(", ")[2]
        found.append(_respond(gradients, form, settings, start, (row.key, row.title, words)))
        for slide in SLIDES:
            if slide.optimizer == row.key:
                known = {**settings_of(Experiment(optimizer=row.key).resolved), **slide.settings}
                other = Form(slide.lines, slide.slots, "eta", Box("", (), {}))
                names = row.key, slide.title, slide.words
                found.append(_respond(gradients, other, known, (0.0,) * len(slide.slots), names, is_slide=True))
    return tuple(found)


def _respond(
    gradients: Sequence[float],
    form: Form,
    settings: Mapping[str, float],
    start: Sequence[float],
    names: tuple[str, str, str],
    is_slide: bool = False,
) -> Response:
    steps = [values["step"] for values in follow(form, settings, start, gradients)]
    step = next(line for line in form.lines if line.name == "step")
    eta = settings["eta"]
    pasts = tuple(weighed(form, settings, len(gradients)))
    return Response(*names, symbols(step.text), eta, tuple(step / eta for step in steps), pasts, is_slide)


def follow(
    form: Form, settings: Mapping[str, float], start: Sequence[float], gradients: Sequence[float]
) -> list[dict[str, float]]:
    """All quantities at each update of a weight that begins at 0. start: what the optimizer remembers at first."""
    values: dict[str, Any] = {**settings, "product": 1.0, "w": 0.0, **dict(zip(form.slots, start))}
    found = []
    for t, gradient in enumerate(gradients, 1):
        values = form.calculate(values | {"t": t, "g": gradient})
        found.append({name: float(value) for name, value in values.items()})
    return found


def weighed(form: Form, settings: Mapping[str, float], count: int) -> list[Past]:
    """Of each sum or average of past gradients, or of their squares: what a gradient weighs after 0, 1, 2, … more.

    Found by what a single gradient of 1 leaves behind.
    """
    found = []
    for line in form.lines:
        is_linear = line.name in AVERAGES and line.name in form.slots and "sign" not in line.text
        if is_linear:
            pulse = [1.0] + [0.0] * (min(count, MOST_PASTS) - 1)
            left = follow(form, settings, (0.0,) * len(form.slots), pulse)
            of = f"{line.name}, of {'g²' if 'g**2' in line.text else 'g'}"
            found.append(Past(of, tuple(abs(values[line.name]) for values in left)))
    return found
