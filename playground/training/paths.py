"""The coefficients of a linear model along λ: exact solutions for Lasso, ridge and elastic net, one after the other.

They minimise what training minimises: 1/m ‖y − Xw − b‖² + s₁·Σ|w| + s₂·Σw², where the convention says what s₁ and s₂
are of λ. Lasso and elastic net go on from the next larger λ by feature-sign search (Lee, Battle, Raina, Ng, Efficient
sparse coding algorithms, 2007); ridge takes one step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.losses import LOSSES
from playground.kernels.rules import position
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.features import choose, is_plain
from playground.training.state import prepare

Floats = NDArray[np.float64]
PENALTIES = (("l1", "Lasso"), ("l2", "Ridge"), ("elastic_net", "Elastic net"))
VALUES, SPAN = 40, 1e-3  # of λ, from the one where all is 0 down to such a part of it
RIDGE = (1e1, 1e-5)  # s₂, in units of a standardised feature's variance
MOST_FEATURES = 300
MOST_STEPS = 10_000  # in which a coefficient leaves 0
CLOSE = 1e-11  # by which part of the largest pull a coefficient at 0 may exceed what holds it there


class Path(NamedTuple):
    """Coefficients along λ.

    names: of the features. strengths: (values,) of λ, falling. coefficients: (values, features), of inputs and target
    as the network gets them. train, val: (values,) squared errors; NaN where no point validates. alphas: (values,)
    scikit-learn's alpha; ratio: its l1_ratio, of an elastic net. others: another solution where there are several, of
    equal features; else None. twins: the two that are equal. present: λ, where the experiment has this penalty.
    """

    penalty: str
    names: tuple[str, ...]
    strengths: Floats
    coefficients: Floats
    train: Floats
    val: Floats
    alphas: Floats
    ratio: float = math.nan
    others: Floats | None = None
    twins: tuple[str, str] | None = None
    present: float = math.nan

    @property
    def zeros(self) -> NDArray[np.intp]:
        """(values,): how many coefficients are exactly 0."""
        return np.asarray((self.coefficients == 0).sum(axis=1))

    @property
    def best(self) -> int:
        """The place of the lowest validation error, or training's where none is known."""
        known = self.val if np.isfinite(self.val).any() else self.train
        return int(np.nanargmin(known))

    def elsewhere(self, place: int) -> str:
        """The model of scikit-learn that has these coefficients."""
        alpha = f"alpha={self.alphas[place]:.3g}"
        if self.penalty == "l1":
            return f"Lasso({alpha})"
        return f"Ridge({alpha})" if self.penalty == "l2" else f"ElasticNet({alpha}, l1_ratio={self.ratio:.3g})"


class Weights(NamedTuple):
    """What λ means: s₁ and s₂ as multiples of it, and whether the intercept is penalised too."""

    absolute: float
    square: float
    with_intercept: bool = False


def weights_of(experiment: Experiment, penalty: str, samples: int) -> Weights:
    """What λ means in the experiment's convention."""
    knobs = experiment.resolved
    if penalty == "elastic_net":
        return Weights(1 - knobs.elastic_mix, knobs.elastic_mix)
    factor = 1 / (2 * samples) if knobs.convention == "lecture" else 1.0
    if penalty == "l1":
        return Weights(factor, 0.0)
    is_decay = knobs.convention == "pytorch"  # gradient λ·w, on biases as well
    return Weights(0.0, 0.5 if is_decay else factor, is_decay)


def path(
    experiment: Experiment,
    penalty: str,
    twice: bool = False,
    progress: Callable[[float], None] = lambda share: None,
    values: Floats | None = None,
) -> Path:
    """The path of the linear model on the experiment's training points. twice: its strongest feature comes again.

    values: of λ, falling; those between all and nothing, if left out.

    Raises DataError where there is no such model.
    """
    X, y, tested, names, intercept = _data(experiment)
    if twice:
        strongest = int(np.abs(X.T @ (y - y.mean())).argmax())
        X, tested = (np.column_stack([inputs, inputs[:, strongest]]) for inputs in (X, tested))
        names = (*names, f"{names[strongest]} again")
    samples = len(X)
    meaning = weights_of(experiment, penalty, samples)
    strengths = _strengths(X, y, meaning) if values is None else values
    forth = _solve(X, y, strengths, meaning, progress)
    twins = _twins(X, names)
    back = None
    if twins is not None and meaning.absolute and not meaning.square:
        back = _solve(X[:, ::-1], y, strengths, meaning, progress)
        back = np.column_stack([back[:, -2::-1], back[:, -1]])
    absolute, square = strengths * meaning.absolute, strengths * meaning.square
    alphas = samples * square if penalty == "l2" else absolute / 2 + square
    ratio = float(absolute[0] / 2 / alphas[0]) if penalty == "elastic_net" else math.nan
    knobs = experiment.resolved
    return Path(
        penalty,
        names,
        strengths,
        forth[:, :-1],
        _errors(forth, X, y),
        _errors(forth, tested, intercept),
        alphas,
        ratio,
        back[:, :-1] if back is not None else None,
        twins,
        knobs.penalty_strength if knobs.penalty == penalty else math.nan,
    )


def _data(experiment: Experiment) -> tuple[Floats, Floats, Floats, tuple[str, ...], Floats]:
    """Training inputs and targets, validation inputs, names, and validation targets."""
    data, knobs = experiment.dataset, experiment.resolved
    loss = LOSSES[position(LOSSES, knobs.loss)]
    is_squared = loss.key == "squared" or (loss.alias and not data.is_classification)
    if data.outputs != 1 or not is_squared:
        raise DataError("paths of coefficients are those of squared error and one target; choose a regression")
    state = prepare(experiment.change(layers=(), precision="float64", early_stopping=False))
    samples = state.samples
    features = choose(knobs.features, data.features)
    if len(features) > MOST_FEATURES:
        raise DataError(f"{len(features):,} coefficients are too many to be drawn; up to {MOST_FEATURES} are")
    if is_plain(knobs.features, data.features):
        names = tuple(data.feature_names[feature.columns[0]] for feature in features)
    else:
        names = tuple(
            ("sin " if feature.is_sine else "") + "·".join(data.feature_names[column] for column in feature.columns)
            for feature in features
        )
    X, tested = samples.inputs.T.astype(np.float64), samples.val_inputs.T.astype(np.float64)
    return X, samples.targets[0].astype(np.float64), tested, names, samples.val_targets[0].astype(np.float64)


def _strengths(X: Floats, y: Floats, meaning: Weights) -> Floats:
    """Values of λ, falling: from where all is 0; of ridge, from where nearly all is lost to where nearly nothing is."""
    if not meaning.absolute:
        size = max(float(X.var(axis=0).mean()), 1e-300)
        return np.geomspace(RIDGE[0] * size, RIDGE[1] * size, VALUES) / meaning.square
    centred = X - X.mean(axis=0)
    most = 2 * float(np.abs(centred.T @ (y - y.mean())).max()) / len(X)
    if not most:
        raise DataError("no feature goes with the target: every coefficient is 0, whatever λ is")
    # a little more, for rounding must not leave the first coefficient above 0
    return np.geomspace(most * (1 + 1e-9), most * SPAN, VALUES) / meaning.absolute


def _solve(X: Floats, y: Floats, strengths: Floats, meaning: Weights, progress: Callable[[float], None]) -> Floats:
    """(values, features + 1): coefficients, and the intercept last."""
    Z = np.column_stack([X, np.ones(len(X))])
    G, c = Z.T @ Z / len(Z), Z.T @ y / len(Z)
    penalised = np.ones(Z.shape[1])
    penalised[-1] = meaning.with_intercept
    found = np.zeros((len(strengths), Z.shape[1]))
    u = np.zeros(Z.shape[1])
    u[-1] = y.mean()
    for place, strength in enumerate(strengths):
        absolute, square = (strength * part * penalised for part in (meaning.absolute, meaning.square))
        if not meaning.absolute:
            u = np.linalg.solve(G + np.diag(square), c)
        else:
            u = _search_signs(G, c, absolute / 2, square, u)
        found[place] = u
        progress((place + 1) / len(strengths))
    return found


def _search_signs(G: Floats, c: Floats, threshold: Floats, square: Floats, start: Floats) -> Floats:
    """The minimum of uᵀGu − 2cᵀu + Σ(2·threshold·|u| + square·u²), from a start nearby: feature-sign search.

    For the coefficients that are not 0 it is a linear system, as long as none turns its sign; one that would is stopped
    at 0, and the one that most wants to leave 0 may. Each step lowers the sum, so that no signs come twice.
    Raises DataError where rounding keeps it from its end.
    """
    u = np.where(threshold > 0, start, 0.0)
    signs = np.sign(u)
    active = (u != 0) | (threshold == 0)
    for _ in range(MOST_STEPS):
        _settle(G, c, threshold, square, u, signs, active)
        pull = c - G @ u
        excess = np.where(active, -np.inf, np.abs(pull) - threshold)
        most = int(excess.argmax())
        if excess[most] <= CLOSE * float(np.abs(c).max()):
            return u
        active[most], signs[most] = True, np.sign(pull[most])
    raise DataError("the coefficients did not settle: features are nearly equal; leave one out")


def _settle(
    G: Floats, c: Floats, threshold: Floats, square: Floats, u: Floats, signs: Floats, active: NDArray[np.bool_]
) -> None:
    """Solve for the active coefficients under their signs, in place; one that comes to 0 is active no more."""
    while True:
        chosen = np.flatnonzero(active)
        matrix = G[np.ix_(chosen, chosen)] + np.diag(square[chosen])
        wanted = c[chosen] - threshold[chosen] * signs[chosen] - matrix @ u[chosen]
        # of features that are equal, or sum up to another, what none of them decides stays as it is
        way = np.linalg.lstsq(matrix, wanted, rcond=1e-12)[0]
        turns = (threshold[chosen] > 0) & ((u[chosen] + way) * signs[chosen] < 0)
        if not turns.any():
            u[chosen] += way
            return
        shares = np.where(turns, -u[chosen] / np.where(turns, way, 1.0), np.inf)
        first = int(shares.argmin())
        u[chosen] += shares[first] * way
        u[chosen[first]] = signs[chosen[first]] = 0.0
        active[chosen[first]] = False


def _errors(found: Floats, X: Floats, y: Floats) -> Floats:
    """(values,): the mean squared error; NaN where there are no points."""
    if not len(y):
        return np.full(len(found), np.nan)
    off = found[:, :-1] @ X.T + found[:, -1:] - y
    return np.asarray((off**2).mean(axis=1))


def _twins(X: Floats, names: tuple[str, ...]) -> tuple[str, str] | None:
    """The first two features that are equal."""
    _, first, numbers = np.unique(X.T, axis=0, return_index=True, return_inverse=True)
    for column, number in enumerate(numbers.reshape(-1)):
        if first[number] != column:
            return names[first[number]], names[column]
    return None


def changes(found: Path, experiment: Experiment, place: int) -> dict[str, Any]:
    """The knobs that train the linear model of a place of the path."""
    strength = float(f"{found.strengths[place]:.4g}")
    linear: dict[str, Any] = {"layers": ()} if experiment.knobs.layers else {}
    return linear | {"penalty": found.penalty, "penalty_strength": strength}
