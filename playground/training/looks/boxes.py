"""The algorithms' boxes, as the lecture has them, 8.1 to 8.6; others are made of their lines in the same manner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

SAMPLE = "  Sample a minibatch of m examples {x⁽ⁱ⁾} with targets y⁽ⁱ⁾."
WHILE, END = "while stopping criterion not met do", "end while"


class Box(NamedTuple):
    """An algorithm. places: the line of each quantity of the formula, by its name. note: how its letters are ours."""

    title: str
    lines: tuple[str, ...]
    places: Mapping[str, int]
    note: str = ""

    @property
    def first(self) -> int:
        """The line with which an update begins."""
        return next(number for number, line in enumerate(self.lines) if line.startswith("  "))

    @classmethod
    def of(cls, title: str, lines: Sequence[Any]) -> Box:
        """A box of a formula's lines (formulas.Line)."""
        texts = [WHILE, SAMPLE]
        places: dict[str, int] = {}
        for line in lines:
            # A decay sets the weight too; where the update is applied is told by the last line.
            places["decay" if "decay" in line.text else line.name] = len(texts)
            if line.name == "g":
                texts.append("  Compute gradient: g ← 1/m ∇ Σᵢ L(f(x⁽ⁱ⁾; w), y⁽ⁱ⁾)")
            else:
                words = line.words.capitalize() if line.words[1].isalpha() else line.words
                texts.append(f"  {words}: {line.formula}")
        return cls(title, (*texts, END), places)


def _box(title: str, places: Mapping[str, int], note: str, *lines: str) -> Box:
    return Box(title, (WHILE, SAMPLE, *lines, END), places, note)


GRADIENT = "  Compute gradient: g ← 1/m ∇θ Σᵢ L(f(x⁽ⁱ⁾; θ), y⁽ⁱ⁾)"
ESTIMATE = "  Compute gradient estimate: ĝ ← +1/m ∇θ Σᵢ L(f(x⁽ⁱ⁾; θ), y⁽ⁱ⁾)"
BOXES: dict[str, Box] = {
    "8.1": _box(
        "Algorithm 8.1: stochastic gradient descent (SGD)",
        {"g": 2, "step": 3, "w": 3},
        "The box writes ε for η and θ for w.",
        ESTIMATE,
        "  Apply update: θ ← θ − ε·ĝ",
    ),
    "8.2": _box(
        "Algorithm 8.2: SGD with momentum",
        {"g": 2, "v": 3, "step": 4, "w": 4},
        "The box writes ε for η, α for β and θ for w.",
        GRADIENT,
        "  Compute velocity update: v ← α·v − ε·g",
        "  Apply update: θ ← θ + v",
    ),
    "8.3": _box(
        "Algorithm 8.3: SGD with Nesterov momentum",
        {"ahead": 2, "g": 3, "v": 4, "step": 5, "w": 5},
        "The box writes ε for η, α for β and θ for w.",
        "  Apply interim update: θ̃ ← θ + α·v",
        "  Compute gradient (at interim point): g ← 1/m ∇θ̃ Σᵢ L(f(x⁽ⁱ⁾; θ̃), y⁽ⁱ⁾)",
        "  Compute velocity update: v ← α·v − ε·g",
        "  Apply update: θ ← θ + v",
    ),
    "8.4": _box(
        "Algorithm 8.4: AdaGrad",
        {"g": 2, "r": 3, "step": 4, "w": 5},
        "The box writes ε for η, δ for ε and θ for w.",
        GRADIENT,
        "  Accumulate squared gradient: r ← r + g ⊙ g",
        "  Compute update: Δθ ← −ε / (δ + √r) ⊙ g",
        "  Apply update: θ ← θ + Δθ",
    ),
    "8.5": _box(
        "Algorithm 8.5: RMSProp",
        {"g": 2, "r": 3, "step": 4, "w": 5},
        "The box writes ε for η, δ for ε and θ for w.",
        GRADIENT,
        "  Accumulate squared gradient: r ← ρ·r + (1 − ρ)·g ⊙ g",
        "  Compute parameter update: Δθ = −ε / √(δ + r) ⊙ g",
        "  Apply update: θ ← θ + Δθ",
    ),
    "8.6": Box(
        "Algorithm 8.6: basic Adam optimizer",
        (
            "Initialize: m₀ = 0, v₀ = 0",
            "For all t = 1, …, T do",
            "  Draw random batch {(xᵢₖ, yᵢₖ)} from dataset",
            "  gₜ ← Σₖ ∇θ {(xᵢₖ, yᵢₖ, θₜ₋₁)}",
            "  mₜ ← β₁·mₜ₋₁ + (1 − β₁)·gₜ // moving average",
            "  vₜ ← β₂·vₜ₋₁ + (1 − β₂)·gₜ²",
            "  m̂ₜ ← mₜ / (1 − β₁ᵗ), v̂ₜ ← vₜ / (1 − β₂ᵗ) // correction bias",
            "  θₜ ← θₜ₋₁ − η·m̂ₜ / (√v̂ₜ + ε)",
            "end for",
            "return final parameter θ_T",
        ),
        {"g": 3, "m": 4, "v": 5, "m_hat": 6, "root": 6, "step": 7, "w": 7},
        "The box writes θ for w. It sums the batch's gradients; here they are averaged, as in the other boxes.",
    ),
}
