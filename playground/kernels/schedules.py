"""Learning rates over the epochs; e counts from 0, E is the number of epochs, k ``schedule_every``.

All take ``(rate, epoch, clock, rules, rates)`` and return the rate of that epoch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from playground.kernels.jit import Kernel, choice, kernel
from playground.kernels.rules import Rule
from playground.kernels.settings import PYTORCH, Rates, Rules


@dataclass(frozen=True)
class Schedule(Rule):
    """A row of SCHEDULES. watch: ``(value, rate, clock, rules, rates)``, called with each epoch's validation loss."""

    watch: Kernel | None = None
    gamma: float = 0.5  # γ, where it is left out


@kernel
def constant(rate: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> float:
    """η stays as it is."""
    return rate


@kernel
def step(rate: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> float:
    """η·γ^⌊e/k⌋: a step down every k epochs."""
    return rate * rates.schedule_gamma ** float(epoch // rules.schedule_every)


@kernel
def exponential(rate: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> float:
    """η·γ^e: a little lower every epoch."""
    return rate * rates.schedule_gamma ** float(epoch)


@kernel
def cosine(rate: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> float:
    """η·½·(1 + cos(π·e/E)): slowly, then fast, then slowly down to 0 at the last epoch."""
    return rate * 0.5 * (1.0 + math.cos(math.pi * epoch / rules.epochs))


@kernel
def warmup_cosine(rate: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> float:
    """η·(e + 1)/w over the first w epochs, then a cosine down to 0 over the rest."""
    warmup = rules.schedule_warmup
    if epoch < warmup:
        return rate * (epoch + 1) / warmup
    return rate * 0.5 * (1.0 + math.cos(math.pi * (epoch - warmup) / max(rules.epochs - warmup, 1)))


@kernel
def plateau(rate: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> float:
    """η·γ each time the validation loss has not fallen for a while. Keras: by 1e-4, for as many epochs as
    the plateau's patience. PyTorch: by a share of 1e-4, for more epochs than that. The lecture's convention is Keras'.
    """
    return rate * clock.plateau_factor


@kernel
def watch_plateau(value: float, rate: float, clock: Any, rules: Rules, rates: Rates) -> None:
    """At the end of an epoch, lower the plateau's factor if the value has not fallen for long enough."""
    is_pytorch = rules.convention == PYTORCH
    margin = value < clock.plateau_best * (1.0 - 1e-4) if is_pytorch else value < clock.plateau_best - 1e-4
    if margin:
        clock.plateau_best = value
        clock.plateau_wait = 0
        return
    clock.plateau_wait += 1
    if clock.plateau_wait > rules.schedule_patience or (
        not is_pytorch and clock.plateau_wait >= rules.schedule_patience
    ):
        lowered = clock.plateau_factor * rates.schedule_gamma
        # PyTorch leaves the rate where a change would be 1e-8 or less.
        if not is_pytorch or rate * (clock.plateau_factor - lowered) > 1e-8:
            clock.plateau_factor = lowered
        clock.plateau_wait = 0


SCHEDULES = (
    Schedule("constant", "Constant", constant),
    Schedule("step", "Steps", step, ("schedule_gamma", "schedule_every")),
    Schedule("exponential", "Exponential", exponential, ("schedule_gamma",), gamma=0.99),
    Schedule("cosine", "Cosine", cosine),
    Schedule("warmup_cosine", "Warm-up, cosine", warmup_cosine, ("schedule_warmup",)),
    Schedule(
        "plateau", "On a plateau", plateau, ("schedule_gamma", "schedule_patience"), watch=watch_plateau, gamma=0.1
    ),
)

# scheduled(number, rate, epoch, clock, rules, rates): the learning rate of an epoch, counted from 0
scheduled = choice("scheduled", SCHEDULES)
watch = choice("watch", SCHEDULES, "watch", optional=True)
