"""Which restraints on a network are so strong that they, and not the data, decide what it learns."""

from __future__ import annotations

from playground.training.remedies import pull
from playground.training.symptoms import Symptoms

STRONG_PULL = 0.1  # of the constant guess's loss, on a weight of 1
DECAYS_LIKE_L2 = ("sgd", "momentum", "nesterov")
STRONG_DECAY = 2.0  # of an optimizer whose steps do not shrink with the gradient
FEW_KEPT = 3  # units of a layer that dropout leaves, on average
SHORT = 0.5  # the longest incoming weights that a unit may have


def holds(seen: Symptoms) -> dict[str, str]:
    """The knobs that hold a fit down, in the order in which to loosen them, and each in words."""
    knobs, found = seen.knobs, {}
    if knobs.penalty != "none" and pull(seen) > STRONG_PULL:
        found["penalty"] = f"the penalty, λ {knobs.penalty_strength:g}"
    kept = (1 - knobs.dropout) * min(knobs.layers, default=0)
    if knobs.layers and knobs.dropout and (knobs.dropout >= 0.75 or kept < FEW_KEPT):
        found["dropout"] = f"dropout of {knobs.dropout:.0%}"
    if knobs.input_dropout >= 0.5:
        found["input_dropout"] = f"input dropout of {knobs.input_dropout:.0%}"
    decay = float(knobs.weight_decay or 0.0)
    if decay > (STRONG_PULL * seen.reference if knobs.optimizer in DECAYS_LIKE_L2 else STRONG_DECAY):
        found["weight_decay"] = f"a weight decay of {decay:g}"
    if 0 < knobs.max_norm < SHORT:
        found["max_norm"] = f"a max norm of {knobs.max_norm:g}"
    if knobs.augment and (knobs.augment_jitter > 0.7 or knobs.augment_label_noise > 0.5):
        found["augment"] = "augmentation"
    return found
