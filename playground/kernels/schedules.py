"""Learning rates over the epochs; e counts from 0, E is the number of epochs, k ``schedule_every``."""

from __future__ import annotations

import math
from typing import Any

from playground.kernels.jit import Rule, kernel
from playground.kernels.optimizers import PYTORCH
from playground.kernels.settings import Rates, Rules


def constant() -> None:
    """η stays as it is."""


def step() -> None:
    """η·γ^⌊e/k⌋: a step down every k epochs."""


def exponential() -> None:
    """η·γ^e: a little lower every epoch."""


def cosine() -> None:
    """η·½·(1 + cos(π·e/E)): slowly, then fast, then slowly down to 0 at the last epoch."""


def warmup_cosine() -> None:
    """η·(e + 1)/w over the first w epochs, then a cosine down to 0 over the rest."""


def plateau() -> None:
    """η·γ each time the validation loss has not fallen for a while. Keras: by 1e-4, for as many epochs as
    the plateau's patience. PyTorch: by a share of 1e-4, for more epochs than that. The lecture's convention is Keras'.
    """


SCHEDULES = (
    Rule("constant", "Constant", constant),
    Rule("step", "Steps", step, ("schedule_gamma", "schedule_every")),
    Rule("exponential", "Exponential", exponential, ("schedule_gamma",)),
    Rule("cosine", "Cosine", cosine),
    Rule("warmup_cosine", "Warm-up, cosine", warmup_cosine, ("schedule_warmup",)),
    Rule("plateau", "On a plateau", plateau, ("schedule_gamma", "schedule_patience")),
)
CONSTANT, STEP, EXPONENTIAL, COSINE, WARMUP_COSINE, PLATEAU = range(len(SCHEDULES))


@kernel
def scheduled(rate: float, epoch: int, clock: Any, rules: Rules, rates: Rates) -> float:
    """The learning rate of an epoch, counted from 0."""
    if rules.schedule == STEP:
        return rate * rates.schedule_gamma ** float(epoch // rules.schedule_every)
    if rules.schedule == EXPONENTIAL:
        return rate * rates.schedule_gamma ** float(epoch)
    if rules.schedule == COSINE:
        return rate * 0.5 * (1.0 + math.cos(math.pi * epoch / rules.epochs))
    if rules.schedule == WARMUP_COSINE:
        warmup = rules.schedule_warmup
        if epoch < warmup:
            return rate * (epoch + 1) / warmup
        return rate * 0.5 * (1.0 + math.cos(math.pi * (epoch - warmup) / max(rules.epochs - warmup, 1)))
    if rules.schedule == PLATEAU:
        return rate * clock.plateau_factor
    return rate


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
