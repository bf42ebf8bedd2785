"""A verdict's numbers in words."""

from __future__ import annotations

import math

from playground.training.remedies import Remedies, optimizer_name, usual_rate
from playground.training.snapshot import Verdict
from playground.training.symptoms import Symptoms


def share_in_words(value: float) -> str:
    """A share of the constant guess's loss in words: "34 %", "2.5 %", "57 times", "5.7e+14 times"."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite"
    if value >= 10:
        return f"{value:,.0f} times" if value < 1e5 else f"{value:.2g} times"
    percent = 100 * value
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %" if percent >= 0.05 else "under 0.1 %"


def losses_in_words(seen: Symptoms) -> str:
    """Both losses in numbers."""
    term = " (without the penalty)" if seen.penalty else ""
    share = share_in_words(seen.train)
    text = f"Training loss{term} is {share}{'' if 'times' in share else ' of'} a constant guess's"
    if not seen.has_validation:
        return f"{text}; there is no validation set to compare with."
    # The chart marks the best epoch of the monitored value; where that is another, this one has a name of its own.
    name = "best" if seen.best_epoch == seen.run.best_epoch else "lowest data term"
    best = f"{name} {share_in_words(seen.best_val)} at epoch {seen.best_epoch:,}"
    return f"{text}, validation loss {share_in_words(seen.val)} ({best})."


def rate_in_words(seen: Symptoms) -> str:
    """The learning rate, and what is usual."""
    knobs = seen.knobs
    usual = f"{usual_rate(knobs):g} is usual for {optimizer_name(knobs)}"
    return f"The learning rate is {float(knobs.learning_rate or 0.0):g}; {usual}."


def underfit(title: str, evidence: str, change: Remedies, cause: str) -> Verdict:
    """The verdict on a run that has learned too little."""
    return Verdict("underfit", title, evidence, None, change, cause)
