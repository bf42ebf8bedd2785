"""How strongly penalties and other restraints act: which λ does something, and which restraint is too strong."""

from __future__ import annotations

import math

from playground.model.dataset import TRAIN
from playground.model.experiment import Experiment
from playground.training.symptoms import POOR, Symptoms

# Pulls on a weight of 1, as shares of a constant guess's loss.
PULL = 0.04  # at this a penalty smooths, and yet fits
STRONG_PULL = 0.1
STEPS_FOLLOW_GRADIENT = ("sgd", "momentum", "nesterov")
# The others take steps of about η whatever the gradient is, beside which the proximal step of L1 is small.
PROXIMAL = 8
STRONG_DECAY = 2.0  # of an optimizer whose steps do not shrink with the gradient
STRONG_DROPOUT = 0.75
MOST_AUGMENTED = {"augment_jitter": 0.7, "augment_label_noise": 0.5}
FEW_KEPT = 3  # units of a layer that dropout leaves, on average
LESSER = 0.5  # of these strengths
SHORT = 0.5  # the longest incoming weights that a unit may have


def rounded(value: float, digits: int = 1) -> float:
    """A number that is easily read."""
    return float(f"{value:.{digits}g}")


def pull(seen: Symptoms) -> float:
    """The penalty's pull on a weight of 1, as a share of the constant guess's loss."""
    knobs = seen.knobs
    return knobs.penalty_strength / _strength_of_1(seen.run.experiment, knobs.penalty) / seen.reference


def strength_for(experiment: Experiment, penalty: str, wanted: float) -> float:
    """The λ at which a penalty pulls so strongly on a weight of 1, under the experiment's convention."""
    return rounded(min(wanted * _strength_of_1(experiment, penalty), 1e6))


def _strength_of_1(experiment: Experiment, penalty: str) -> float:
    """The λ at which a penalty's gradient by a weight of 1 is 1.

    L2: the lecture's gradient is λw/m, Keras' 2λw, PyTorch's λw. L1: the lecture's is λ/(2m), the others' λ. Elastic
    net: λ((1 − α) + 2αw) in all of them.
    """
    knobs = experiment.resolved
    m = max(int((experiment.dataset.sets == TRAIN).sum()), 1)  # no points yet: none to divide by
    if penalty == "elastic_net":
        return 1 / (1 + knobs.elastic_mix)
    if penalty == "l1":
        return 2.0 * m if knobs.convention == "lecture" else 1.0
    return {"lecture": float(m), "keras": 0.5}.get(knobs.convention, 1.0)


def starting_strength(experiment: Experiment, penalty: str) -> float:
    """A λ that does something, for a penalty that is switched on."""
    data = experiment.dataset
    if data.is_classification:
        reference = math.log(len(data.class_names))
    else:
        is_scaled = experiment.resolved.standardize_target
        targets = data.targets[data.sets == TRAIN]
        reference = 1.0 if is_scaled or not len(targets) else float(targets.var(axis=0).mean()) or 1.0
    times = PROXIMAL if penalty == "l1" and _is_outpaced(experiment) else 1
    return strength_for(experiment, penalty, PULL * reference * times)


def _is_outpaced(experiment: Experiment) -> bool:
    """Whether L1's proximal step is small beside the optimizer's."""
    knobs = experiment.knobs
    return knobs.l1_method == "proximal" and knobs.optimizer not in STEPS_FOLLOW_GRADIENT


def holds(seen: Symptoms, is_sought: bool = False) -> dict[str, str]:
    """The knobs that hold a fit down, in the order in which to loosen them, and each in words.

    is_sought: something is known to hold it down, so that also a lesser restraint is named.
    """
    knobs, found = seen.knobs, {}
    least = LESSER if is_sought else 1.0
    is_slight = knobs.penalty == "l1" and _is_outpaced(seen.run.experiment) and seen.recent <= POOR
    if knobs.penalty != "none" and pull(seen) > least * STRONG_PULL * (PROXIMAL if is_slight else 1):
        found["penalty"] = f"the penalty, λ {knobs.penalty_strength:g}"
    kept = (1 - knobs.dropout) * min(knobs.layers, default=0)
    if knobs.layers and knobs.dropout and (knobs.dropout >= least * STRONG_DROPOUT or kept < FEW_KEPT):
        found["dropout"] = f"dropout of {100 * knobs.dropout:.0f} %"
    if knobs.input_dropout >= 0.5:
        found["input_dropout"] = f"input dropout of {100 * knobs.input_dropout:.0f} %"
    decay = float(knobs.weight_decay or 0.0)
    if decay > (STRONG_PULL * seen.reference if knobs.optimizer in STEPS_FOLLOW_GRADIENT else STRONG_DECAY):
        found["weight_decay"] = f"a weight decay of {decay:g}"
    if 0 < knobs.max_norm < SHORT:
        found["max_norm"] = f"a max norm of {knobs.max_norm:g}"
    if knobs.augment and any(getattr(knobs, name) > most for name, most in MOST_AUGMENTED.items()):
        found["augment"] = "augmentation"
    return found
