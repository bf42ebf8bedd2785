"""How fast to train, for the eye: the paces there are, in words and as they are kept. Plain functions, no Qt."""

from __future__ import annotations

from playground.training.letters import Pace

FULL = Pace(0.0)
PACES = (
    *(Pace(float(number), "update") for number in (1, 2, 5, 10, 30)),
    *(Pace(float(number)) for number in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
    FULL,
)


def in_words(pace: Pace) -> str:
    """ "1 epoch/s", "30 updates/s", "full speed"."""
    return a_second(pace.number, pace.unit) if pace.number else "full speed"


def a_second(number: float, unit: str) -> str:
    """So many epochs or updates a second: "1 epoch/s", "2.5 epochs/s", "1,240 epochs/s"."""
    text = f"{number:,.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")
    return f"{text} {unit}{'' if text == '1' else 's'}/s"


def nearest(pace: Pace) -> int:
    """The place in PACES of the pace most like it."""
    places = [place for place, other in enumerate(PACES) if (other.unit, bool(other.number)) == (pace.unit, True)]
    if not pace.number or not places:
        return len(PACES) - 1
    return min(places, key=lambda place: abs(PACES[place].number - pace.number))


def kept(pace: Pace) -> str:
    """As it is kept among the settings."""
    return f"{pace.number:g} {pace.unit}"


def read(text: str, default: Pace) -> Pace:
    """A pace that was kept; a number alone is of epochs, as it once was kept. What is none is the default."""
    number, _, unit = text.partition(" ")
    try:
        found = Pace(float(number), unit or "epoch")
    except ValueError:
        return default
    return found if found.unit in ("epoch", "update") and 0 <= found.number < 1e9 else default
