"""Does it learn at all: what can keep a run from learning, one question each, the surest first."""

from __future__ import annotations

import math

import numpy as np

from playground.training import remedies
from playground.training.regularization import holds
from playground.training.remedies import usual_rate
from playground.training.snapshot import Verdict
from playground.training.symptoms import FAIR, POOR, Symptoms
from playground.training.units import are_alike, dead_layer
from playground.training.words import losses_in_words, rate_in_words, share_in_words, underfit

FAST, SLOW = 20, 1 / 20  # of the usual rate: beyond these it is the first to suspect
REACH = 500  # updates at the usual rate within which something is learned
ROUGH = 0.1  # a loss that rises by this share of itself in an epoch, on average, stands nowhere
UNSTEADY = 10  # epochs that it takes to tell
LARGE, SMALL = 10, 0.01  # root mean squares between which targets suit the usual first weights and rates


def is_rate_too_high(seen: Symptoms) -> Verdict | None:
    """Steps so long that the loss jumps about, or that the first of them ruined the weights."""
    if not seen.is_settled or seen.recent <= FAIR:
        return None
    times = seen.rate / usual_rate(seen.knobs)
    is_unsteady = times > 1 and seen.epochs >= UNSTEADY and (seen.rough > ROUGH or seen.recent > 2 * seen.lowest + 0.2)
    if times <= FAST and not is_unsteady:
        return None
    lost = f" It has been {share_in_words(seen.lowest)} before." if seen.recent > 1.2 * seen.lowest else ""
    why = f"{losses_in_words(seen)}{lost} {rate_in_words(seen)}"
    return underfit("rate too high", why, remedies.lower_rate(seen), "rate_too_high")


def is_start_equal(seen: Symptoms) -> Verdict | None:
    """Units that began alike have the same gradient, and stay alike."""
    if not seen.is_settled or seen.recent <= 0.1 or not are_alike(seen.run):
        return None
    why = "In every hidden layer all units have the same weights, so that each layer acts as one unit."
    return underfit("all units alike", f"{why} {losses_in_words(seen)}", remedies.draw_weights(seen), "equal_start")


def is_held_down(seen: Symptoms) -> Verdict | None:
    """A penalty, dropout or another restraint that is stronger than the data."""
    if not seen.is_settled or seen.recent <= FAIR:
        return None
    return held_down(seen, holds(seen))


def held_down(seen: Symptoms, found: dict[str, str]) -> Verdict | None:
    """The verdict on a fit that such restraints hold down; None where there are none."""
    if not found:
        return None
    names = " and ".join(found.values())
    change = remedies.loosen(tuple(found), seen)
    return underfit(
        "held down", f"{losses_in_words(seen)} It is held down by {names}.", change, "too_much_regularization"
    )


def is_target_out_of_scale(seen: Symptoms) -> Verdict | None:
    """Targets far larger, or smaller, than the outputs that first weights make."""
    size = target_size(seen)
    if not seen.is_settled or seen.recent <= FAIR or SMALL < size < LARGE:
        return None
    why = f"The targets are of size {size:.3g}; the first weights give answers of order 1."
    change = remedies.scale_targets(seen, size)
    return underfit("target out of scale", f"{why} {losses_in_words(seen)}", change, "target_scale")


def are_units_dead(seen: Symptoms) -> Verdict | None:
    """ReLUs that are 0 for every training point have no gradient, and stay so."""
    if not seen.is_settled or seen.recent <= POOR:
        return None
    dead = dead_layer(seen.run)
    if dead is None:
        return None
    why = f"All {dead[1]} ReLUs of layer {dead[0]} are 0 for every training point: no gradient reaches them."
    return underfit("dead units", f"{why} {losses_in_words(seen)}", remedies.wake_units(seen), "dead_units")


def is_rate_too_low(seen: Symptoms) -> Verdict | None:
    """Steps so short that hardly anything could be learned in the updates there were."""
    if not seen.is_settled or seen.recent <= FAIR:
        return None
    usual = usual_rate(seen.knobs)
    if seen.rate >= SLOW * usual or seen.rate * seen.run.updates >= REACH * usual:
        return None
    return underfit(
        "rate too low", f"{losses_in_words(seen)} {rate_in_words(seen)}", remedies.raise_rate(seen), "rate_too_low"
    )


def target_size(seen: Symptoms) -> float:
    """Root mean square of a regression's targets as the network is given them; 1 for classes."""
    if seen.run.state.rules.classes:
        return 1.0
    targets = seen.run.state.samples.targets.astype(np.float64)
    largest = max(float(np.abs(targets).max()), 1e-300)  # dividing first keeps squares finite
    return largest * math.sqrt(float(np.square(targets / largest).mean()))
