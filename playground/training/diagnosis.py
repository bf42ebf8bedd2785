"""The verdict on a run: questions asked one after the other, the first that finds something answers.

Can it be judged → did it break, or is about to → does it learn at all → has it ended too soon → bias → variance → fit.
It judges by the data term (symptoms.py) and says what to change (remedies.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from playground.model.dataset import UNASSIGNED
from playground.training import fairness, obstacles, remedies
from playground.training.evidence import numbers
from playground.training.obstacles import LARGE, SMALL, target_size
from playground.training.regularization import holds
from playground.training.remedies import Remedies
from playground.training.residuals import structure
from playground.training.snapshot import DIVERGED, READY, Verdict
from playground.training.standing import Standing
from playground.training.symptoms import FAIR, POOR, Symptoms, look
from playground.training.words import losses_in_words, rate_in_words, share_in_words, underfit

GAP, APART, AT_BEST = 0.15, 1.5, 3  # validation above training by this share, and so many times it, is variance
# A validation loss so many times its best, and by so much above it, has turned up.
RISES = ((1.1, 0.1), (1.3, 0.07), (1.5, 0.05))
LEAP = (1.5, 0.15)  # or so far that it is not the place to end, whatever training's loss did
BLOWN_UP = 10  # a training loss this many times its start is about to diverge, unless it falls
BARE = 2  # units in a layer: hardly a network
BRIEF = 50  # epochs: after fewer, a poor fit does not prove a lack of capacity
NOISE, SHAPED = 0.08, 0.3  # correlations of neighbours' errors: below is noise, above is a shape
NO_BETTER = 0.9  # of a constant guess's loss: above, nothing that matters was learned
WORSE = 1.1  # above, not even a constant is found, which any network can answer


def diagnose(run: Standing, is_drawn: bool = True) -> Verdict:
    """The verdict on a run as it stands; is_drawn: with the numbers that are drawn beside its words."""
    if run.status == READY:
        return Verdict("none", "not trained yet")
    seen = look(run)
    verdict = next(verdict for question in QUESTIONS if (verdict := question(seen)) is not None)
    return verdict._replace(numbers=numbers(seen, verdict)) if is_drawn else verdict


# can it be judged


def are_sets_comparable(seen: Symptoms) -> Verdict | None:
    """Sets that hold different things, or too few, make any gap between their losses meaningless."""
    run, knobs = seen.run, seen.knobs
    if run.status == DIVERGED:
        return None  # what is not finite is told without comparing
    missing, moved, few = run.comparison
    dealt = bool((run.experiment.points.sets == UNASSIGNED).any())
    again: Remedies = (("Deal the rows at random, not from the top down", {"split": "shuffled"}),)
    if not dealt:
        again = (("Deal the rows to the sets at random; the file decides them now", {}),)
    elif knobs.split == "shuffled":
        again = (("Draw another split", {"seed": (knobs.seed + 1) % 2**31}),)
    # Where chance filled tiny sets, they differ because they are tiny.
    is_by_chance = few and dealt and knobs.split == "shuffled"
    if missing and not is_by_chance:
        return Verdict("unfair", "the sets differ", missing + INCOMPARABLE, None, again, "sets_differ")
    if abs(knobs.shift) >= fairness.SHIFT and not run.experiment.dataset.image:  # images are not shifted
        found = f"A covariate shift moves the validation inputs by {knobs.shift:g} standard deviations."
        unshift: Remedies = (("Take the shift away", {"shift": 0.0}),)
        return Verdict("unfair", "covariate shift", found + INCOMPARABLE, None, unshift, "covariate_shift")
    if moved and not is_by_chance:
        return Verdict("unfair", "covariate shift", moved + INCOMPARABLE, None, again, "covariate_shift")
    if few:
        return Verdict("unfair", "too few points", few, None, remedies.more_points(seen), "too_few_points")
    return None


INCOMPARABLE = " The gap between the losses says nothing about variance."


# did it break


def did_it_break(seen: Symptoms) -> Verdict | None:
    """Something is not finite, or on its way there."""
    failure = seen.run.failure
    if failure:
        return _broken(seen, "diverged", f"{failure[:1].upper() + failure[1:]}.", "broke")
    times = seen.recent * seen.reference / max(seen.run.start_loss, 1e-12)
    if times > BLOWN_UP and seen.fall < seen.recent:
        why = f"The training loss is {times:.3g} times what it was at the start, and not falling."
        return _broken(seen, "about to diverge", why, "rate_too_high")
    if seen.has_validation and not math.isfinite(seen.val):
        return _broken(seen, "diverged", "The validation loss became infinite or NaN.", "broke")
    return None


def _broken(seen: Symptoms, title: str, why: str, cause: str) -> Verdict:
    size = target_size(seen)
    change = remedies.lower_rate(seen)
    if not SMALL < size < LARGE:
        change = remedies.scale_targets(seen, size) + change
    return Verdict("diverged", title, f"{why} {rate_in_words(seen)}", None, change, cause)


def has_begun(seen: Symptoms) -> Verdict | None:
    """Before the third epoch there is nothing to compare."""
    if seen.epochs < 3 and not seen.has_ended:
        return Verdict("training", "training has begun", "Too few epochs have passed to say more.")
    return None


# has it ended too soon


def has_stopped_too_early(seen: Symptoms) -> Verdict | None:
    """Early stopping that ended a run whose validation loss had not turned."""
    if not seen.stopped_early or (seen.recent <= POOR and not _may_gain(seen)):
        return None
    if seen.epochs >= BRIEF and not seen.is_falling:
        return None
    best = f"; its weights are those of epoch {restored:,}" if (restored := seen.run.restored_epoch) else ""
    knobs = seen.knobs
    why = f"Early stopping with patience {knobs.patience} ended it after {seen.run.epoch:,} epochs{best}."
    if knobs.min_delta:
        why += f" Gains below {abs(knobs.min_delta):g} did not count."
    return underfit(
        "stopped too early", f"{why} {losses_in_words(seen)}", remedies.wait_longer(seen), "stopped_too_early"
    )


def _may_gain(seen: Symptoms) -> bool:
    """Whether both losses were falling at the end."""
    has_val_fallen = seen.val_fall > 0 or seen.epochs == 1
    val_falls = not seen.has_validation or (has_val_fallen and not _turned(seen))
    return seen.is_falling and val_falls and seen.train > 0.1


def is_unfinished(seen: Symptoms) -> Verdict | None:
    """A loss that still falls, and validation's with it."""
    may_gain = _may_gain(seen)
    is_lost = seen.recent > WORSE and not _has_gap(seen)
    if not seen.has_ended:
        if may_gain or is_lost or not (seen.is_settled or _turned(seen) or _has_gap(seen)):
            return Verdict("training", "still learning", losses_in_words(seen))
        return None
    # After a few epochs not even a loss that stands still shows that the network is too small.
    is_brief = seen.epochs < BRIEF and not _is_bare(seen) and not _has_gap(seen)
    if seen.stopped_early or not (may_gain or is_lost or (is_brief and _leaves_structure(seen))):
        return None
    fall = f" It still fell by {share_in_words(seen.fall)} of that guess's within the last epochs." if may_gain else ""
    why = f"Training ended after {seen.run.epoch:,} epochs. {losses_in_words(seen)}{fall}"
    return underfit("ended too soon", why, remedies.train_longer(seen), "still_learning")


# bias, variance, fit


def is_too_small(seen: Symptoms) -> Verdict | None:
    """A loss that stands still, far above what the points allow."""
    if not seen.is_settled or _has_gap(seen):
        return None
    if not _leaves_structure(seen):
        return None
    # What would learn more if it were let need not be larger.
    held = None if _is_bare(seen) else obstacles.held_down(seen, holds(seen, is_sought=True))
    return held or underfit("underfitting", f"{losses_in_words(seen)} High bias.", remedies.enlarge(seen), "too_small")


def is_too_complex(seen: Symptoms) -> Verdict | None:
    """A validation loss that has turned up, or stands far above training's."""
    turned = _turned(seen)
    if not (turned or _has_gap(seen)):
        return None
    since = seen.best_epoch if turned else None
    title = f"overfitting since epoch {since:,}" if turned else "overfitting"
    change = remedies.simplify(seen)
    return Verdict("overfit", title, f"{losses_in_words(seen)} High variance.", since, change, "too_complex")


def fits(seen: Symptoms) -> Verdict | None:
    """Nothing is wrong, as far as can be told."""
    if not seen.has_validation:
        return Verdict("training", "no validation set", losses_in_words(seen))
    if seen.recent > POOR:
        why = "Errors of neighbouring points do not agree: what is left looks like noise, which no network can learn."
        if seen.val > NO_BETTER:
            return Verdict("training", "no pattern found", f"{losses_in_words(seen)} {why}")
        return Verdict("good", "all but noise is learned", f"{losses_in_words(seen)} {why}")
    return Verdict("good", "good fit", losses_in_words(seen))


QUESTIONS: tuple[Callable[[Symptoms], Verdict | None], ...] = (
    are_sets_comparable,
    did_it_break,
    has_begun,
    obstacles.is_rate_too_high,
    obstacles.is_start_equal,
    obstacles.is_held_down,
    obstacles.is_target_out_of_scale,
    obstacles.are_units_dead,
    obstacles.is_rate_too_low,
    has_stopped_too_early,
    is_unfinished,
    is_too_small,
    is_too_complex,
    fits,
)


def _leaves_structure(seen: Symptoms) -> bool:
    """Whether much is left to learn: the loss is fair, or poor, and its errors are no noise."""
    return seen.recent > FAIR and structure(seen.run) > (NOISE if seen.recent > POOR else SHAPED)


def _turned(seen: Symptoms) -> bool:
    """Whether validation's loss has risen from its best, and training's has been lower since, or much."""
    rises = any(seen.val > times * seen.best_val and seen.val > seen.best_val + share for times, share in RISES)
    # Where hardly anything was learned, a validation loss that wanders is no variance.
    is_apart = seen.val > APART * seen.train or seen.val - seen.train > GAP
    has_fallen = min(seen.train, seen.recent) < seen.train_at_best
    leaps = seen.has_ended and seen.val > LEAP[0] * seen.best_val and seen.val > seen.best_val + LEAP[1]
    return rises and min(seen.train, seen.recent) < POOR and (leaps or (is_apart and has_fallen))


def _has_gap(seen: Symptoms) -> bool:
    """Whether validation stands far above training, and no longer falls; at its best, only where it is very far, or
    where what was learned of the training points is worth nothing there."""
    times = AT_BEST if seen.val <= 1.05 * seen.best_val else APART
    is_far = seen.val > times * seen.train or (seen.recent < POOR and seen.val > NO_BETTER)
    return is_far and seen.val - seen.train > GAP and seen.val_fall < 0.05 * seen.val


def _is_bare(seen: Symptoms) -> bool:
    return min(seen.knobs.layers, default=0) <= BARE
