"""One line that says what to try next."""

from __future__ import annotations

from playground.model.experiment import Experiment
from playground.training.snapshot import Snapshot

START = "Press Space to train. Watch the validation loss: it falls with the training loss, then it turns up."
BEGIN = "Take the brush (B), choose a class (1, 2, …) and paint; two classes are enough to train."
MEND = "What stands above the plane keeps it from training. Change that choice, or take it back with Ctrl+Z."
WATCH = "→ trains a single epoch when paused. η and λ may be changed while it runs."
REGULARIZE = "The gap between the curves is the overfitting. Try dropout, a weight penalty or early stopping."
COMPARE = "Reset (R) starts again from the same weights: change one thing at a time and compare the best epochs."
AGAIN = "Draw a new seed (N): does the verdict hold on other points and other first weights?"
ENLARGE = "The model is too simple for these points. Add units or layers, or train for more epochs."
RELAX = "Regularization holds it back: lower the penalty or the dropout before adding units or epochs."
# What to do about an underfit, by its cause; the panel that tells why has numbers and buttons.
UNDERFIT = {
    "too_small": ENLARGE,
    "too_much_regularization": RELAX,
    "still_learning": "It was still learning when the epochs were over: raise them, and watch the loss go on falling.",
    "stopped_too_early": "Early stopping did not wait long enough: raise its patience.",
    "rate_too_high": "The steps are so long that they leap over every valley: lower the learning rate first.",
    "rate_too_low": "The steps are so short that it hardly moves: raise the learning rate first.",
    "equal_start": "All units began alike, so they learn alike: choose first weights that differ.",
    "dead_units": "Its ReLUs answer to no point, so nothing reaches them: normalize the sums, or let them leak.",
    "target_scale": "The targets are far from what first weights answer: scale them, then look at rate and size.",
}
PAST = "A past epoch. Change a knob to branch from here; play goes on along this run; End shows where it stands."
UNFAIR = "First make the sets comparable: until then the gap between the curves says nothing."
PAINT = "Paint a few points into the other class's region: how far does the surface bend for them?"
SLOWER = "A step was too long. A learning rate a tenth as large, or a smaller penalty, keeps the numbers finite."


def hint(experiment: Experiment, snapshot: Snapshot | None, is_running: bool, message: str = "") -> str:
    """What a learner could do now, given the experiment, how its run stands and why it cannot train, if so."""
    if message:
        return BEGIN if _lacks_points(experiment) else MEND
    if snapshot is None:
        return START
    if snapshot.looked is not None:
        return PAST
    if doubted := snapshot.seen.get("doubts"):
        return f"{doubted[0][:1].upper()}{doubted[0][1:]}."
    kind = snapshot.verdict.kind
    if kind == "diverged":
        return SLOWER
    if kind == "unfair":
        return UNFAIR
    if snapshot.epoch == 0:
        return START
    if kind == "overfit":
        return COMPARE if _is_regularized(experiment) else REGULARIZE
    if is_running:
        return WATCH
    if kind == "underfit":
        return UNDERFIT[snapshot.verdict.cause or "too_small"]
    if kind == "good":
        points = experiment.dataset
        is_plane = experiment.data is None and points.is_classification and points.features <= 2
        return PAINT if is_plane else AGAIN
    return WATCH


def _lacks_points(experiment: Experiment) -> bool:
    """Whether there are too few points, or all of one class."""
    points = experiment.points
    return points.samples < 2 or points.is_classification and len(set(points.targets.tolist())) < 2


def _is_regularized(experiment: Experiment) -> bool:
    knobs = experiment.knobs
    return bool(knobs.dropout or knobs.augment or knobs.early_stopping or knobs.penalty != "none")
