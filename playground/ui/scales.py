"""How far a number goes when it is dragged or stepped, how it is written, and where an axis ends. No Qt."""

from __future__ import annotations

import math
from typing import Any

from playground.model.knobs import Declaration
from playground.training.snapshot import FINISHED, STOPPED_EARLY, Snapshot

# Preferred numbers: ten steps a decade, each about a quarter more than the last
LADDER = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # of axes that grow
PIXELS_PER_DECADE = 80
PIXELS_PER_STEP = 4


def written(value: Any, unit: str = "") -> str:
    """A value as its field shows it: six digits at most, "8, 8" for layers, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(str(number) for number in value)
    if isinstance(value, float):
        text = f"{value:.6g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    else:
        text = str(value)
    return f"{text} {unit}" if unit else text


def dragged(declared: Declaration, origin: float, pixels: int, fine: bool = False) -> float | int:
    """The number after a drag of that many pixels from the one it began at; fine is a tenth of the way."""
    way = pixels / 10 if fine else float(pixels)
    if not declared.knob.log:
        steps = math.trunc(way / (12 if _span(declared) < 50 and declared.kind is int else PIXELS_PER_STEP))
        return _linear(declared, origin, steps * _step(declared, origin))
    start = origin or (_least(declared) if pixels > 0 else 0.0)
    moved = start * 10 ** (way / PIXELS_PER_DECADE)
    return _inside(declared, float(f"{moved:.2g}") if moved < 1e15 else moved)


def stepped(declared: Declaration, value: float, steps: int) -> float | int:
    """The number after so many steps up (or down, if negative)."""
    if not declared.knob.log:
        return _linear(declared, value, steps * _step(declared, value))
    for _ in range(abs(steps)):
        value = _rung(declared, value, steps > 0)
    return value


def _rung(declared: Declaration, value: float, up: bool) -> float | int:
    if value <= 0:
        return _inside(declared, _least(declared) if up else 0.0)
    exponent = math.floor(math.log10(value))
    rungs = [float(f"{rung}e{exponent + shift}") for shift in (-1, 0, 1) for rung in LADDER]
    if declared.kind is int:
        rungs = [float(round(rung)) for rung in rungs]
    if up:
        return _inside(declared, min(rung for rung in rungs if rung > value * (1 + 1e-9)))
    return _inside(declared, max((rung for rung in rungs if rung < value * (1 - 1e-9)), default=0.0))


def _linear(declared: Declaration, origin: float, way: float) -> float | int:
    decimals = max(_decimals(origin), _decimals(way))
    return _inside(declared, round(origin + way, decimals))


def _inside(declared: Declaration, number: float) -> float | int:
    """The nearest number that the knob accepts."""
    knob = declared.knob
    if declared.kind is int:
        return int(min(max(round(number), knob.low), knob.high))
    if knob.log and number < _least(declared) / 10:
        number = knob.low if not knob.open_low else max(number, 1e-12)
    step = _step(declared, number)
    low = knob.low + step if knob.open_low and not knob.log else knob.low
    high = round(knob.high - step, 6) if knob.open_high else knob.high
    return float(min(max(number, low), max(high, low)))


def _least(declared: Declaration) -> float:
    """Where a logarithmic scale leaves zero."""
    usual = declared.default if isinstance(declared.default, float) and declared.default > 0 else 1e-6
    return max(usual / 1000, declared.knob.low)


def _step(declared: Declaration, value: float) -> float:
    size = math.floor(math.log10(abs(value))) if value else -9
    if declared.kind is int:
        return float(10 ** max(size - 2, 0))
    if _span(declared) <= 10:
        return 0.01
    return float(f"1e{max(size - 1, -3)}")


def _span(declared: Declaration) -> float:
    return declared.knob.high - declared.knob.low


def _decimals(number: float) -> int:
    text = f"{number:.9f}".rstrip("0")
    return len(text.partition(".")[2])


def ceiling(value: float) -> float:
    """The next round number at or above a positive value: axes grow in steps."""
    if not (value > 0 and math.isfinite(value)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in STEPS if step * power >= value * (1 - 1e-9)), 10 * power)


def figures(value: float) -> str:
    """A measured number in about four figures, always as wide as its like."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size and not 1e-3 <= size < 1e5:
        text = f"{value:.2g}"
    else:
        text = f"{value:.4f}" if size < 100 else f"{value:,.1f}" if size < 1e4 else f"{value:,.0f}"
    return text.replace("-", "−")


def spread(mean: float, deviation: float) -> str:
    """A mean with its deviation, both to the latter's first figure, or second where that is a 1: 0.429 ± 0.012."""
    if not (math.isfinite(mean) and math.isfinite(deviation)):
        return figures(mean)
    size = math.floor(math.log10(deviation)) if deviation else -3
    if not -4 <= size < 3 or abs(mean) >= 1e5:
        return f"{figures(mean)} ± {figures(deviation)}"
    digits = max(-size + (deviation < 1.95 * 10.0**size), 0)
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}".replace("-", "−")


def axis_end(snapshot: Snapshot | None, *others: Snapshot) -> float:
    """Where an axis of epochs ends: ahead of a run while it goes on, tight when it has ended; others are seen whole."""
    last = float(len(snapshot.history)) if snapshot is not None else 0.0
    has_ended = snapshot is not None and snapshot.status in (FINISHED, STOPPED_EARLY)
    end = max(last, 1.0) if has_ended else max(ceiling(last), 20.0)
    return max([end, *(float(len(other.history)) for other in others)])
