"""Formulas as text that can be read in three ways: in symbols, with numbers in their places, and as the result.

A formula is written as Python writes it, ``beta1*m + (1 - beta1)*g``, of names, + − · / and powers, choices
(``a if x > 0 else b``) and the functions in FUNCTIONS; what is shown is made from it, so that no text can tell another
formula than the one that is calculated. In float64; names may stand for whole arrays.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

SYMBOLS = {
    "eta": "η",
    "beta": "β",
    "beta1": "β₁",
    "beta2": "β₂",
    "rho": "ρ",
    "epsilon": "ε",
    "ahead": "w̃",
    "step": "Δw",
    "m_hat": "m̂",
    "root": "√v̂",
    "root_x": "√x̂",
    "mu": "μₜ",
    "mu_next": "μₜ₊₁",
    "product": "Pₜ",
    "turn": "g·g₋₁",
    "last": "g₋₁",
    "size": "s",
    "pull": "c",
    "alpha": "α",
}
SETTINGS = ("beta", "beta1", "beta2", "rho")  # what is folded: (1 − β₁) is shown as 0.1
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "max": np.maximum,
    "min": np.minimum,
}
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
SUM, PRODUCT, POWER, ATOM = range(4)  # how tightly a part holds together
SUPERSCRIPTS = str.maketrans("0123456789t-", "⁰¹²³⁴⁵⁶⁷⁸⁹ᵗ⁻")

Values = Mapping[str, Any]


def calculate(text: str, values: Values) -> Any:
    """What comes out, in float64: a number, or an array where a name stands for one; infinite where divided by 0."""
    with np.errstate(all="ignore"):
        return _value(_parsed(text), values)


def symbols(text: str) -> str:
    """The formula as it is written: β₁·m + (1 − β₁)·g."""
    return _text(_parsed(text), None)[0]


def numbers(text: str, values: Values) -> str:
    """The same with numbers in the names' places: 0.9·0.0123 + 0.1·(−0.2); of a choice the part that holds."""
    return _text(_parsed(text), values)[0]


def number(value: float) -> str:
    """A number in four figures: −0.01234, 1.2e−5."""
    text = f"{float(value) + 0.0:.4g}"  # −0 is 0
    if "e" in text:
        mantissa, _, power = text.partition("e")
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", "−").replace("inf", "∞")


def symbol(name: str) -> str:
    """How a quantity is written."""
    return SYMBOLS.get(name, name)


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _value(node: ast.expr, values: Values) -> Any:
    if isinstance(node, ast.Constant):
        return np.float64(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return np.asarray(values[node.id], np.float64)[()]
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, values)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.IfExp):
        return _value(_taken(node, values), values)
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return FUNCTIONS[node.func.id](*(_value(part, values) for part in node.args))


def _taken(node: ast.expr, values: Values) -> ast.expr:
    """The part of a choice that holds."""
    while isinstance(node, ast.IfExp):
        test = node.test
        assert isinstance(test, ast.Compare)
        left, right = _value(test.left, values), _value(test.comparators[0], values)
        holds = left > right if isinstance(test.ops[0], ast.Gt) else left < right
        node = node.body if holds else node.orelse
    return node


def _text(node: ast.expr, values: Values | None) -> tuple[str, int]:
    """A part as text, in symbols or with numbers, and how tightly it holds together."""
    if isinstance(node, ast.Constant):
        return number(node.value), ATOM  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        if values is None:
            return symbol(node.id), PRODUCT if node.id == "turn" else ATOM
        text = number(values[node.id])
        return (f"({text})" if text[0] == "−" else text), ATOM
    if isinstance(node, ast.UnaryOp):
        return f"−{_inside(node.operand, values, PRODUCT)}", PRODUCT
    if isinstance(node, ast.IfExp):
        return _choice(node, values)
    if isinstance(node, ast.BinOp):
        return _operation(node, values)
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    name, parts = node.func.id, [_bare(_text(part, values)[0]) for part in node.args]
    if name == "sqrt":
        return f"√{_inside(node.args[0], values, ATOM)}", ATOM
    if name == "abs":
        return f"|{parts[0]}|", ATOM
    return f"{name}({', '.join(parts)})", ATOM


def _operation(node: ast.BinOp, values: Values | None) -> tuple[str, int]:
    left, right = node.left, node.right
    if values is not None and isinstance(node.op, ast.Sub) and _is_setting(node):
        return number(_value(node, values)), ATOM
    if isinstance(node.op, ast.Pow):
        power = _text(right, values)[0]
        base = _inside(left, values, ATOM)
        if power == "t" or power.isdigit():
            return f"{base}{power.translate(SUPERSCRIPTS)}", POWER
        return f"{base}^({power})", POWER
    if isinstance(node.op, ast.Mult):
        return f"{_inside(left, values, PRODUCT)}·{_inside(right, values, POWER)}", PRODUCT
    if isinstance(node.op, ast.Div):
        return f"{_inside(left, values, PRODUCT)} / {_inside(right, values, POWER)}", PRODUCT
    sign = "+" if isinstance(node.op, ast.Add) else "−"
    return f"{_text(left, values)[0]} {sign} {_inside(right, values, PRODUCT)}", SUM


def _choice(node: ast.IfExp, values: Values | None) -> tuple[str, int]:
    if values is not None:
        return _text(_taken(node, values), values)
    test = node.test
    assert isinstance(test, ast.Compare)
    sign = ">" if isinstance(test.ops[0], ast.Gt) else "<"
    asked = f"{_text(test.left, None)[0]} {sign} {_text(test.comparators[0], None)[0]}"
    return f"{_text(node.body, None)[0]} if {asked}, else {_text(node.orelse, None)[0]}", SUM


def _bare(text: str) -> str:
    """Without the brackets of a number below 0 that stands alone."""
    return text[1:-1] if text.startswith("(−") and text.find(")") == len(text) - 1 else text


def _inside(node: ast.expr, values: Values | None, least: int) -> str:
    """A part of a larger formula, in brackets where it would fall apart."""
    text, tightness = _text(node, values)
    return text if tightness >= least else f"({text})"


def _is_setting(node: ast.expr) -> bool:
    """Whether a part is made of constants and settings alone."""
    names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    return bool(names) and all(name in SETTINGS for name in names)
