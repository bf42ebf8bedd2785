"""Each optimizer's rule for one weight, line by line, as the kernels calculate it, in each convention.

A rule is told once: its lines are shown, and calculated in float64, from the same text (expressions.py). w, g: the
weight and its gradient; t: the number of the update, from 1; what stands in the optimizer's slots has the names of
``Form.slots`` and is set anew by the line of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.settings import CONVENTIONS
from playground.training.looks.boxes import BOXES, Box
from playground.training.looks.expressions import Values, calculate, symbol, symbols


class Line(NamedTuple):
    """One quantity of a rule. name: what it sets; text: from what, empty for the gradient, which is given."""

    name: str
    text: str = ""
    words: str = ""

    @property
    def formula(self) -> str:
        """As it is written: m ← β₁·m + (1 − β₁)·g."""
        return f"{symbol(self.name)} ← {symbols(self.text)}" if self.text else symbol(self.name)


class Form(NamedTuple):
    """A rule in one of its forms.

    lines: in the order in which they are calculated; ``step`` is what is added to the weight. slots: the names of what
    the optimizer remembers, in its row's order. rate: the effective learning rate, which its gradient, or the average
    in the gradient's place, is multiplied by; of a rule by sign alone, how far a weight moves. box: the algorithm.
    """

    lines: tuple[Line, ...]
    slots: tuple[str, ...]
    rate: str
    box: Box

    def calculate(self, values: Values) -> dict[str, Any]:
        """All quantities after an update, by name, from those before it and the gradient g."""
        found = dict(values)
        for line in self.lines:
            if line.text:
                found[line.name] = calculate(line.text, found)
        return found


GRADIENT = Line("g", words="gradient")
AVERAGE = Line("m", "beta1*m + (1 - beta1)*g", "average of g")
SQUARES = Line("v", "beta2*v + (1 - beta2)*g**2", "average of g²")
CORRECTED = Line("m_hat", "m / (1 - beta1**t)", "bias corrected")
ROOT = Line("root", "sqrt(v / (1 - beta2**t))", "root of the corrected")
ADAM_STEP = Line("step", "-eta*m_hat / (root + epsilon)", "step")
APPLY = Line("w", "w + step", "weight")
DECAY = Line("w", "w - eta*decay*w", "decoupled decay")
ON_SLIDES = ("momentum", "adadelta")  # what the lecture writes without a box


def form_of(optimizer: str, convention: str, decays: bool = False) -> Form:
    """The rule of an optimizer in a convention; ``decays``: with decoupled weight decay before it."""
    lines, slots, rate, box = _made(optimizer, convention)
    if decays:
        place = next(number for number, line in enumerate(lines) if line.name == "g") + 1
        lines = (*lines[:place], DECAY, *lines[place:])
    return Form(lines, slots, rate, BOXES[box] if box else Box.of(title_of(optimizer, convention), lines))


def title_of(optimizer: str, convention: str) -> str:
    """What an algorithm's box is headed by, where the lecture has none of this form."""
    row = next(row for row in OPTIMIZERS if row.key == optimizer)
    slides = "as in the slides" if optimizer in ON_SLIDES else "the lecture's convention"
    names = {"lecture": slides, "keras": "as in Keras", "pytorch": "as in PyTorch"}
    everywhere = len({_made(optimizer, other)[0] for other in CONVENTIONS}) == 1
    return f"{row.title}, {'in every convention' if everywhere else names[convention]}"


Made = tuple[tuple[Line, ...], tuple[str, ...], str, str]


def _made(optimizer: str, convention: str) -> Made:
    """Lines without decay, slots, effective rate and the box's number, empty where the lecture has no box of it."""
    return RULES[optimizer](convention)


def _lines(*lines: Line) -> tuple[Line, ...]:
    return (GRADIENT, *lines, APPLY)


def _step(text: str) -> Line:
    return Line("step", text, "step")


def _sgd(convention: str) -> Made:
    return _lines(_step("-eta*g")), (), "eta", "8.1"


def _momentum(convention: str) -> Made:
    if convention == "keras":
        lines = _lines(Line("v", "beta*v - eta*g", "velocity"), _step("v"))
        return lines, ("v",), "eta / (1 - beta)", "8.2"
    text = "beta*v + (1 - beta)*g" if convention == "lecture" else "beta*v + g"
    rate = "eta" if convention == "lecture" else "eta / (1 - beta)"
    return _lines(Line("v", text, "velocity"), _step("-eta*v")), ("v",), rate, ""


def _nesterov(convention: str) -> Made:
    rate = "eta / (1 - beta)"
    if convention == "lecture":
        ahead = Line("ahead", "w + beta*v", "interim point, where g is taken")
        velocity = Line("v", "beta*v - eta*g", "velocity")
        return (ahead, GRADIENT, velocity, _step("v"), APPLY), ("v",), rate, "8.3"
    if convention == "keras":
        lines = _lines(Line("v", "beta*v - eta*g", "velocity"), _step("beta*v - eta*g"))
    else:
        lines = _lines(Line("v", "beta*v + g", "velocity"), _step("-eta*(g + beta*v)"))
    return lines, ("v",), rate, ""


def _adagrad(convention: str) -> Made:
    below, box = ("sqrt(r + epsilon)", "") if convention == "keras" else ("(epsilon + sqrt(r))", "8.4")
    lines = _lines(Line("r", "r + g**2", "sum of g²"), _step(f"-eta*g / {below}"))
    return lines, ("r",), f"eta / {below}", box


def _adadelta(convention: str) -> Made:
    squares = Line("a", "rho*a + (1 - rho)*g**2", "average of g²")
    if convention == "lecture":
        return _lines(squares, _step("-eta*g / sqrt(a + epsilon)")), ("a", "d"), "eta / sqrt(a + epsilon)", ""
    way = Line("u", "sqrt(d + epsilon) / sqrt(a + epsilon)*g", "way, before η")
    steps = Line("d", "rho*d + (1 - rho)*u**2", "average of ways²")
    rate = "eta*sqrt(d + epsilon) / sqrt(a + epsilon)"
    return _lines(squares, way, steps, _step("-eta*u")), ("a", "d"), rate, ""


def _rmsprop(convention: str) -> Made:
    below, box = ("(sqrt(r) + epsilon)", "") if convention == "pytorch" else ("sqrt(epsilon + r)", "8.5")
    lines = _lines(Line("r", "rho*r + (1 - rho)*g**2", "average of g²"), _step(f"-eta*g / {below}"))
    return lines, ("r",), f"eta / {below}", box


def _adam(convention: str) -> Made:
    if convention == "keras":
        rate = Line("alpha", "eta*sqrt(1 - beta2**t) / (1 - beta1**t)", "η, bias corrected")
        lines = _lines(AVERAGE, SQUARES, rate, _step("-alpha*m / (sqrt(v) + epsilon)"))
        return lines, ("m", "v"), "eta*sqrt(1 - beta2**t) / (sqrt(v) + epsilon)", ""
    lines = _lines(AVERAGE, SQUARES, CORRECTED, ROOT, ADAM_STEP)
    return lines, ("m", "v"), "eta / (sqrt(v / (1 - beta2**t)) + epsilon)", "8.6"


def _adamw(convention: str) -> Made:
    return *_adam(convention)[:3], ""


def _amsgrad(convention: str) -> Made:
    largest = Line("x", "v if v > x else x", "largest v so far")
    if convention == "keras":
        rate = Line("alpha", "eta*sqrt(1 - beta2**t) / (1 - beta1**t)", "η, bias corrected")
        lines = _lines(AVERAGE, SQUARES, largest, rate, _step("-alpha*m / (sqrt(x) + epsilon)"))
        return lines, ("m", "v", "x"), "eta*sqrt(1 - beta2**t) / (sqrt(x) + epsilon)", ""
    root = Line("root_x", "sqrt(x / (1 - beta2**t))", ROOT.words)
    lines = _lines(AVERAGE, SQUARES, largest, CORRECTED, root, _step("-eta*m_hat / (root_x + epsilon)"))
    return lines, ("m", "v", "x"), "eta / (sqrt(x / (1 - beta2**t)) + epsilon)", ""


def _adamax(convention: str) -> Made:
    inside, outside = ("abs(g) + epsilon", "u") if convention == "pytorch" else ("abs(g)", "(u + epsilon)")
    largest = Line("u", f"max(beta2*u, {inside})", "largest |g|, fading")
    lines = _lines(AVERAGE, largest, CORRECTED, _step(f"-eta*m_hat / {outside}"))
    return lines, ("m", "u"), f"eta / {outside}", ""


def _nadam(convention: str) -> Made:
    rate = "eta / (sqrt(v / (1 - beta2**t)) + epsilon)"
    if convention == "lecture":
        ahead = Line("c", "beta1*m_hat + (1 - beta1)*g / (1 - beta1**t)", "m̂, a step ahead")
        lines = _lines(AVERAGE, SQUARES, CORRECTED, ahead, ROOT, _step("-eta*c / (root + epsilon)"))
        return lines, ("m", "v"), rate, ""
    now, following = ("t", "(t + 1)") if convention == "keras" else ("(0.004*t)", "(0.004*(t + 1))")
    lines = _lines(
        AVERAGE,
        SQUARES,
        Line("mu", f"beta1*(1 - 0.5*0.96**{now})", "momentum now"),
        Line("mu_next", f"beta1*(1 - 0.5*0.96**{following})", "momentum next"),
        Line("product", "product*mu", "product of all μ"),
        Line("m_hat", "mu_next*m / (1 - product*mu_next) + (1 - mu)*g / (1 - product)", "m, a step ahead"),
        ROOT,
        ADAM_STEP,
    )
    return lines, ("m", "v"), rate, ""


def _yogi(convention: str) -> Made:
    squares = Line("v", "v - (1 - beta2)*sign(v - g**2)*g**2", "moves towards g²")
    lines = _lines(AVERAGE, squares, CORRECTED, ROOT, ADAM_STEP)
    return lines, ("m", "v"), "eta / (sqrt(v / (1 - beta2**t)) + epsilon)", ""


def _rprop(convention: str) -> Made:
    paced = "min(1.2*size, 50) if turn > 0 else max(0.5*size, 1e-6) if turn < 0 else size"
    lines = _lines(
        Line("turn", "g*last", "sign kept, or flipped"),
        Line("size", paced, "size of the step"),
        Line("last", "0 if turn < 0 else g", "g that counts"),
        _step("-sign(last)*size"),
    )
    return lines, ("last", "size"), "size", ""


def _lion(convention: str) -> Made:
    lines = _lines(
        Line("pull", "beta1*m + (1 - beta1)*g", "whose sign counts"),
        Line("m", "beta2*m + (1 - beta2)*g", "average of g"),
        _step("-eta*sign(pull)"),
    )
    return lines, ("m",), "eta", ""


RULES = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamax": _adamax,
    "nadam": _nadam,
    "amsgrad": _amsgrad,
    "adamw": _adamw,
    "yogi": _yogi,
    "rprop": _rprop,
    "lion": _lion,
}


KNOBS = {
    "eta": "learning_rate",
    "beta": "momentum",
    "beta1": "beta1",
    "beta2": "beta2",
    "rho": "rho",
    "epsilon": "epsilon",
    "decay": "weight_decay",
}


def settings_of(knobs: Any) -> dict[str, float]:
    """Resolved knobs by the names that formulas know them by; those that the rule does not read may be 0."""
    return {name: float(getattr(knobs, knob) or 0.0) for name, knob in KNOBS.items()}


def state_of(form: Form, slots: Any, place: Any = slice(None)) -> Mapping[str, Any]:
    """What the optimizer remembers, by the formula's names, of some places of the flat arrays."""
    return {name: slots[row][place] for row, name in enumerate(form.slots)}
