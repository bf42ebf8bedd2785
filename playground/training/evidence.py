"""The numbers that a verdict rests on, to be drawn: which comparison shows which cause."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from playground.model.dataset import TRAIN, VALIDATION, Dataset
from playground.training import fairness
from playground.training.remedies import optimizer_name, usual_rate
from playground.training.snapshot import Numbers, Verdict
from playground.training.symptoms import Symptoms
from playground.training.units import answering

LOSS = "Loss (a constant guess: 100 %)"
BARE = "Data term (a constant guess: 100 %)"
MOST_ROWS = 5


def numbers(seen: Symptoms, verdict: Verdict) -> Numbers | None:
    """The evidence for a verdict; None where there is none but words."""
    is_about_to_break = verdict.kind == "diverged" and verdict.cause != "broke"
    chart = growth if is_about_to_break else CHARTS.get(verdict.cause or verdict.kind)
    found = chart(seen) if chart is not None else None
    if found is None or all(math.isnan(value) for row in found.values for value in row):
        return None
    return found


def since_best(seen: Symptoms) -> Numbers:
    """How the losses came apart: at the best epoch, and now."""
    if seen.best_epoch is None or seen.best_epoch >= (seen.run.restored_epoch or seen.run.epoch):
        return levels(seen)
    rows = (f"best, epoch {seen.best_epoch:,}", _now(seen))
    values = ((seen.train_at_best, seen.best_val), (seen.train, seen.val))
    return Numbers(_losses(seen), rows, values, is_change=True)


def slope(seen: Symptoms) -> Numbers | None:
    """How much the losses fell from the last window of epochs but one to the last; None where there is but one."""
    if seen.epochs < 2 * seen.window:
        return None
    last, first = seen.run.epoch, seen.run.epoch - seen.window
    rows = _span(first - seen.window + 1, first), _span(first + 1, last)
    before, now = (seen.recent + seen.fall, seen.val_recent + seen.val_fall), (seen.recent, seen.val_recent)
    return Numbers(_losses(seen), rows, (before, now), is_change=True)


def levels(seen: Symptoms) -> Numbers:
    """The losses beside that of knowing nothing."""
    found = {"constant guess": 1.0, "training": seen.train}
    if seen.has_validation:
        found["validation"] = seen.val
    return Numbers(_losses(seen), tuple(found), tuple((value,) for value in found.values()), ("",))


def growth(seen: Symptoms) -> Numbers:
    """A training loss that grows: at the start, and now."""
    start = seen.run.start_loss / seen.reference
    return Numbers(_losses(seen), ("training, start", "training, now"), ((start,), (seen.recent,)), ("",), is_log=True)


def rate(seen: Symptoms) -> Numbers:
    """The learning rate beside one that is usual."""
    today, usual = float(seen.knobs.learning_rate or 0.0), usual_rate(seen.knobs)
    rows = ("η today", f"usual for {optimizer_name(seen.knobs)}")
    return Numbers("Learning rate", rows, ((today,), (usual,)), ("",), unit="number", is_log=True)


def living_units(seen: Symptoms) -> Numbers:
    """How many units of each layer answer to some training point."""
    found = answering(seen.run)[:MOST_ROWS]
    rows = tuple(f"layer {number}, {units} units" for number, (_, units) in enumerate(found, 1))
    return Numbers("Units above 0 for some point", rows, tuple((alive / units,) for alive, units in found), ("",))


def different_units(seen: Symptoms) -> Numbers:
    """How many units of each layer there are, all of which act as one."""
    layers = seen.knobs.layers[: MOST_ROWS - 1]
    rows = tuple(f"layer {number}" for number in range(1, len(layers) + 1))
    values = tuple((float(units),) for units in layers)
    return Numbers("Units that act as one", (*rows, "act as"), (*values, (1.0,)), ("",), unit="count")


def target_scale(seen: Symptoms) -> Numbers:
    """How large targets are beside what first weights answer."""
    size = float(np.sqrt(np.square(seen.run.state.samples.targets.astype(np.float64)).mean()))
    rows = ("targets", "first answers")
    return Numbers("Root mean square", rows, ((size,), (1.0,)), ("",), unit="number", is_log=True)


def sets(seen: Symptoms) -> Numbers:
    """Where the sets differ most: in the shares of the classes, or in the features' means."""
    data = seen.run.experiment.dataset
    is_of_classes = data.is_classification and fairness.missing_class(data)
    return _class_shares(data) if is_of_classes else _feature_means(data)


def counts(seen: Symptoms) -> Numbers:
    """How many points each set has, and should have at least."""
    data = seen.run.experiment.dataset
    found = [float((data.sets == which).sum()) for which in (TRAIN, VALIDATION)]
    wanted = max(fairness.FEW_TRAINING, 2 * len(data.class_names)), fairness.FEW_VALIDATING
    rows = ("training", "at least", "validation", "at least")
    values = tuple((float(value),) for pair in zip(found, wanted) for value in pair)
    return Numbers("Points", rows, values, ("",), unit="count")


def _class_shares(data: Dataset) -> Numbers:
    shares = []
    for which in (TRAIN, VALIDATION):
        found = np.bincount(data.targets[data.sets == which].astype(int).ravel(), minlength=len(data.class_names))
        shares.append(found / max(found.sum(), 1))
    apart = np.argsort(-np.abs(shares[0] - shares[1]), kind="stable")[:MOST_ROWS]
    chosen = sorted(apart.tolist())
    values = tuple((float(shares[0][number]), float(shares[1][number])) for number in chosen)
    return Numbers("Share of each class", tuple(data.class_names[number] for number in chosen), values)


def _feature_means(data: Dataset) -> Numbers:
    with np.errstate(all="ignore"):
        training, validation = (data.inputs[data.sets == which] for which in (TRAIN, VALIDATION))
        deviation = training.std(axis=0)
        shift = np.where(deviation > 0, (validation.mean(axis=0) - training.mean(axis=0)) / deviation, 0.0)
    shift = np.nan_to_num(shift, posinf=0.0, neginf=0.0)
    chosen = sorted(np.argsort(-np.abs(shift), kind="stable")[:MOST_ROWS].tolist())
    values = tuple((0.0, float(shift[number])) for number in chosen)
    title = "Features' means, in deviations"
    return Numbers(title, tuple(data.feature_names[number] for number in chosen), values, unit="number")


def _losses(seen: Symptoms) -> str:
    return BARE if seen.penalty else LOSS


def _now(seen: Symptoms) -> str:
    restored = seen.run.restored_epoch
    return f"restored, epoch {restored:,}" if restored else f"now, epoch {seen.run.epoch:,}"


def _span(first: int, last: int) -> str:
    return f"epoch {last:,}" if first == last else f"epochs {first:,}–{last:,}"


# By a verdict's cause, or where it has none by its kind.
CHARTS: dict[str, Callable[[Symptoms], Numbers | None]] = {
    "training": slope,
    "good": since_best,
    "still_learning": slope,
    "stopped_too_early": slope,
    "too_small": levels,
    "too_much_regularization": levels,
    "rate_too_high": rate,
    "rate_too_low": rate,
    "broke": rate,
    "equal_start": different_units,
    "dead_units": living_units,
    "target_scale": target_scale,
    "too_complex": since_best,
    "too_few_points": counts,
    "sets_differ": sets,
    "covariate_shift": sets,
}
