"""What to change, and by how much for this run: knob changes with a reason, best first."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.columns import COLUMNS
from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.rules import position
from playground.model.conventions import default
from playground.model.features import is_plain
from playground.model.knobs import Knobs, declaration
from playground.training.regularization import PULL, pull, rounded, strength_for
from playground.training.symptoms import Symptoms

Remedy = tuple[str, dict[str, Any]]
Remedies = tuple[Remedy, ...]

# Rates with which networks of this size learn standardised data, whatever a library's default is.
USUAL_RATE = {
    "sgd": 0.1,
    "momentum": 0.02,
    "nesterov": 0.02,
    "adagrad": 0.05,
    "adadelta": 1.0,
    "rmsprop": 0.003,
    "adamax": 0.01,
    "rprop": 0.01,
    "lion": 0.001,
}
USUAL_OTHERS = 0.005  # those that are not in the table move like Adam
# The lecture's momentum averages gradients instead of adding them up, and its Adadelta is RMSprop.
LECTURE_RATE = {"momentum": 0.2, "adadelta": 0.003}
MILD = 0.01  # the pull that hardly holds anything down
MOST_EPOCHS = 10_000_000


def usual_rate(knobs: Knobs) -> float:
    """A learning rate that suits the optimizer under the convention."""
    rates = USUAL_RATE | LECTURE_RATE if knobs.convention == "lecture" else USUAL_RATE
    return rates.get(knobs.optimizer, USUAL_OTHERS)


def optimizer_name(knobs: Knobs) -> str:
    """The optimizer as it is written: SGD."""
    return OPTIMIZERS[position(OPTIMIZERS, knobs.optimizer)].title


def lower_rate(seen: Symptoms) -> Remedies:
    """A third of today's rate, or the usual one where that is lower; then clipping, against single leaps."""
    today, usual = float(seen.knobs.learning_rate or 0.0), usual_rate(seen.knobs)
    rate = rounded(min(today / 3, usual) if today > usual else today / 10, 2)
    found: list[Remedy] = [(f"Lower the learning rate to {rate:g}", {"learning_rate": rate})]
    if not seen.knobs.clip_norm:
        found.append((f"Clip gradients to length 1, at a rate of {rate:g}", {"clip_norm": 1.0, "learning_rate": rate}))
    return tuple(found)


def raise_rate(seen: Symptoms) -> Remedies:
    """The usual rate; and no schedule, where it is the schedule that lowers it."""
    today, usual = float(seen.knobs.learning_rate or 0.0), usual_rate(seen.knobs)
    found: list[Remedy] = []
    if today < usual:
        found.append((f"Raise the learning rate to {usual:g}", {"learning_rate": usual}))
    if seen.knobs.schedule != "constant":
        found.append(("Keep the learning rate constant", {"schedule": "constant", "learning_rate": max(today, usual)}))
    if seen.knobs.optimizer not in ("adam", "nadam", "amsgrad"):
        found.append(("Take Adam, at a rate of 0.005", {"optimizer": "adam", "learning_rate": 0.005}))
    return tuple(found)


def draw_weights(seen: Symptoms) -> Remedies:
    """First weights that differ."""
    knobs, changes = seen.knobs, {}
    if knobs.initializer in ("zeros", "constant"):
        changes["initializer"] = default("initializer", knobs.convention, knobs.optimizer)
    if knobs.init_scale != 1:
        changes["init_scale"] = 1.0
    return (("Draw the first weights at random", changes),)


def wake_units(seen: Symptoms) -> Remedies:
    """Sums about 0, of which half are above it; a slope below 0 too; a rate that does not kill the units again."""
    rate = rounded(usual_rate(seen.knobs) / 3, 2)
    found: list[Remedy] = []
    if seen.knobs.normalization == "none":
        # Moving averages need some hundred updates to follow.
        kind = "batch" if seen.run.updates >= 500 else "layer"
        found.append((f"Centre the sums: {kind} normalization", {"normalization": kind}))
    found.append(("Use leaky ReLU, which has a slope below 0 too", {"activation": "leaky_relu"}))
    if float(seen.knobs.learning_rate or 0.0) > rate:
        found.append((f"Lower the learning rate to {rate:g}", {"learning_rate": rate}))
    return tuple(found)


def scale_targets(seen: Symptoms, size: float) -> Remedies:
    """Scaled targets; where nothing scales them, a rate that moves the outputs so far."""
    found: list[Remedy] = []
    if seen.knobs.standardize_target is False:
        found.append(("Standardize the target", {"standardize_target": True}))
    if not seen.run.failure and size > 1:
        rate = min(rounded(float(seen.knobs.learning_rate or 0.0) * math.sqrt(size), 1), 1e9)
        found.append((f"Raise the learning rate to {rate:g}", {"learning_rate": rate}))
    return tuple(found)


def loosen(names: tuple[str, ...], seen: Symptoms) -> Remedies:
    """Weaken what holds the fit down; names: of the knobs."""
    knobs = seen.knobs
    found: list[Remedy] = []
    for name in names:
        if name == "penalty":
            strength = rounded(knobs.penalty_strength * min(MILD / pull(seen), 0.1))
            found.append((f"Lower λ to {strength:g}", {"penalty_strength": strength}))
            found.append(("Remove the penalty", {"penalty": "none"}))
        elif name in ("dropout", "input_dropout"):
            rate = 0.1 if name == "dropout" and min(knobs.layers) >= 16 else 0.0
            found.append((f"Lower {declaration(name).knob.label.lower()} to {rate:g}", {name: rate}))
        elif name == "augment":
            found.append(("Leave the points as they are", {"augment": False}))
        else:
            found.append((f"Switch {declaration(name).knob.label.lower()} off", {name: 0.0}))
    return tuple(found)


def train_longer(seen: Symptoms) -> Remedies:
    """More epochs: the poorer the fit and the shorter the run, the more; and larger steps."""
    epochs = seen.knobs.epochs
    longer = max(2 * epochs if seen.train < 0.4 else 4 * epochs, 100 if epochs < 50 else 0)
    longer = max(longer, 300) if seen.train > 0.8 else longer
    found: list[Remedy] = [(f"Train for {longer:,} epochs", {"epochs": min(int(rounded(longer, 2)), MOST_EPOCHS)})]
    rate, usual = float(seen.knobs.learning_rate or 0.0), usual_rate(seen.knobs)
    if rate < usual / 2:
        found.append((f"Raise the learning rate to {usual:g}", {"learning_rate": usual}))
    return tuple(found)


def wait_longer(seen: Symptoms) -> Remedies:
    """Patience for what may still come, and no wish for gains that are too large."""
    knobs = seen.knobs
    patience = max(4 * knobs.patience, 30, knobs.epochs // 5 if seen.recent > 0.8 else 0)
    changes: dict[str, Any] = {"patience": patience}
    text = f"Raise patience to {changes['patience']}"
    if knobs.min_delta:
        changes["min_delta"] = 0.0
        text += ", and count any gain"
    if knobs.baseline is not None:
        # No run need beat it: it can be set to nothing only by hand.
        changes["start_from_epoch"] = max(knobs.start_from_epoch, knobs.epochs // 4)
        text += f", and watch from epoch {changes['start_from_epoch']} on"
    patient: Remedy = (text, changes)
    without: Remedy = ("Do without early stopping", {"early_stopping": False})
    # Where nothing was learned yet, validation wanders: its lowest epoch may be any of the first.
    return (without, patient) if seen.recent > 0.8 else (patient, without)


def enlarge(seen: Symptoms) -> Remedies:
    """More units, and a second layer where there is one or none."""
    layers = seen.knobs.layers
    wide = tuple(min(max(4 * units, 16), 512) for units in layers) or (32,)
    deep = (*wide, wide[-1]) if len(layers) < 2 else wide
    found: list[Remedy] = [(f"Widen the layers to {_listed(deep)}", {"layers": deep})]
    if seen.knobs.activation == "linear":
        found.insert(0, (f"Bend: ReLU in layers of {_listed(deep)}", {"activation": "relu", "layers": deep}))
    return tuple(found)


def simplify(seen: Symptoms) -> Remedies:
    """Against variance: the best epoch's weights, a penalty, dropout, more points; but nothing that is in use."""
    knobs, run = seen.knobs, seen.run
    found: list[Remedy] = []
    stop = _stop_early(seen)
    if stop is not None:
        found.append(stop)
    penalty = _penalize(seen)
    if penalty:
        found.append((f"Penalize weights: L2, λ {penalty['penalty_strength']:g}", penalty))
    if not knobs.dropout and knobs.layers and min(knobs.layers) >= 16:
        # By itself it slows a wide network's overfitting down, and does not end it.
        also = f", with the penalty λ {penalty['penalty_strength']:g}" if penalty else ""
        found.append((f"Drop out half of the units{also}", {"dropout": 0.5, **penalty}))
    if run.experiment.dataset.is_classification and not knobs.augment and is_plain(knobs.features, _width(seen)):
        found.append(("Augment the points with jitter of 0.4 deviations", {"augment": True, "augment_jitter": 0.4}))
    return tuple(found)


def _penalize(seen: Symptoms) -> dict[str, Any]:
    """An L2 penalty that smooths, or a stronger one where it is weak; nothing where another, or a strong one, is on."""
    knobs = seen.knobs
    strength = strength_for(seen.run.experiment, "l2", PULL * seen.reference)
    if knobs.penalty == "l2":
        return {"penalty_strength": strength} if pull(seen) < PULL / 2 else {}
    return {"penalty": "l2", "penalty_strength": strength} if knobs.penalty == "none" else {}


def _width(seen: Symptoms) -> int:
    return seen.run.experiment.dataset.features


def _stop_early(seen: Symptoms) -> Remedy | None:
    """Early stopping that goes back to the best epoch, with the patience that this run took to get there."""
    knobs, best = seen.knobs, seen.best_epoch
    if best is None or seen.best_val > 0.95 * seen.val:
        return None
    if knobs.early_stopping:
        if knobs.restore_best_weights:
            return None
        return "Restore the best weights", {"restore_best_weights": True}
    changes: dict[str, Any] = {"early_stopping": True, "patience": _longest_wait(seen, best)}
    wanted = {"monitor": "val_loss", "mode": "auto", "restore_best_weights": True, "min_delta": 0.0}
    changes |= {name: value for name, value in wanted.items() if getattr(knobs, name) != value}
    if knobs.start_from_epoch >= best:
        changes["start_from_epoch"] = 0
    return f"Stop early, patience {changes['patience']}", changes


def _longest_wait(seen: Symptoms, best: int) -> int:
    """A patience that outlasts every wait for a better epoch up to the best one."""
    waited = seen.run.history.fold(_wait_on, end=best)
    longest = waited.longest if waited is not None else 0
    return max(int(math.ceil(1.2 * longest)), 10)


class _Waited(NamedTuple):
    """The longest wait for an epoch that is as good as any before, the last of these epochs' row, and its loss."""

    longest: int
    row: int | None
    lowest: float


def _wait_on(found: _Waited | None, rows: NDArray[np.float64], first: int) -> _Waited:
    longest, last, lowest = found or _Waited(0, None, math.nan)
    column = rows[:, COLUMNS.index("val_loss")]
    best = np.fmin.accumulate(np.fmin(column, lowest))
    gains = first + np.flatnonzero(column <= best)
    if not len(gains):
        return _Waited(longest, last, lowest)
    waits = np.diff(gains, prepend=gains[0] if last is None else last)
    return _Waited(max(longest, int(waits.max())), int(gains[-1]), float(best[-1]))


def more_points(seen: Symptoms) -> Remedies:
    """As many points as both sets need."""
    knobs = seen.knobs
    total = seen.run.experiment.dataset.samples
    if total >= 50 and seen.run.experiment.points.is_assigned is False and knobs.train_fraction > 0.7:
        return (("Let more points validate", {"train_fraction": 0.7, "test_fraction": min(knobs.test_fraction, 0.1)}),)
    if seen.run.experiment.data is None and "samples" in _pattern_reads(knobs):
        samples = max(200, 4 * knobs.samples)
        return ((f"Draw {samples:,} points", {"samples": samples}),)
    return (("Add points", {}),)


def _pattern_reads(knobs: Knobs) -> tuple[str, ...]:
    rules = declaration("dataset").knob.rules
    return next((rule.reads for rule in rules if rule.key == knobs.dataset), ())


def _listed(layers: tuple[int, ...]) -> str:
    return ", ".join(map(str, layers))
