"""Every knob of an experiment, declared once.

The form, the saved file, the command line's flags, the tests and the kernels all read this one declaration. A value
of None means "the default of the chosen convention and optimizer" (see conventions.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from playground.kernels.activations import ACTIVATIONS
from playground.kernels.augment import AUGMENTATIONS
from playground.kernels.losses import LOSSES
from playground.kernels.normalization import NORMALIZATIONS
from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.penalties import L1_METHODS, PENALTIES
from playground.kernels.rules import Knob, Rule
from playground.kernels.schedules import SCHEDULES
from playground.model.features import tidy
from playground.model.initializers import INITIALIZERS
from playground.model.refusal import RefusalError
from playground.model.shapes import SHAPES


class Group(NamedTuple):
    """Knobs that stand together. head: the one that switches them, which is ``off``, or goes ``on``.

    part: the key of the part of the form it belongs to, where that is not the group itself.
    """

    key: str
    title: str
    head: str = ""
    off: Any = None
    on: Any = None  # where the head is a number
    part: str = ""


REGULARIZATION = "regularization"
PARTS = (
    ("data", "Data"),
    ("capacity", "Capacity"),
    (REGULARIZATION, "Regularization"),
    ("optimizer", "Optimizer"),
    ("run", "Run"),
)
GROUPS = (
    Group("data", "Data"),
    Group("capacity", "Capacity"),
    Group("penalty", "Weight penalty", "penalty", "none", part=REGULARIZATION),
    Group("dropout", "Dropout", "dropout", 0.0, 0.5, REGULARIZATION),
    Group("augmentation", "Augmentation", "augment", False, part=REGULARIZATION),
    Group("normalization", "Normalization", "normalization", "none", part=REGULARIZATION),
    Group("early_stopping", "Early stopping", "early_stopping", False, part=REGULARIZATION),
    Group("optimizer", "Optimizer"),
    Group("run", "Run"),
)
MOST_LAYERS = 32


class KnobError(RefusalError):
    """A knob that does not exist, or a value that it does not accept; the message says what it accepts."""


def _options(*rows: tuple[str, str, str]) -> tuple[Rule, ...]:
    """Choices that are no functions: rows of key, title, help."""
    return tuple(Rule(key, title, text=text) for key, title, text in rows)


SPLITS = _options(
    (
        "shuffled",
        "Shuffled",
        "Points are dealt at random, keyed by the seed; each class, and each group of equal "
        "points, in its share. A point more or less hardly moves others.",
    ),
    ("sequential", "In order", "The first points train, the next validate, the last test."),
)
POSITIONS = _options(
    ("before_activation", "Before activation", "dense → normalization → activation → dropout, as in the paper."),
    ("after_activation", "After activation", "dense → activation → normalization → dropout."),
)
MONITORS = _options(
    ("val_loss", "Validation loss", "The validation loss, penalty included."),
    ("val_metric", "Validation metric", "Accuracy for classes, R² for a regression."),
    ("train_loss", "Training loss", "The training loss, penalty included."),
)
MODES = (
    Rule("auto", "Auto", text="Smaller is better for a loss, larger for a metric.", alias=True),
    Rule("min", "Smaller is better", text="An improvement is a decrease."),
    Rule("max", "Larger is better", text="An improvement is an increase."),
)
CONVENTIONS = _options(
    ("lecture", "Lecture", "Formulas and defaults of the lecture and its algorithm boxes 8.1 to 8.6."),
    ("keras", "Keras", "Formulas and defaults of Keras 3."),
    ("pytorch", "PyTorch", "Formulas and defaults of PyTorch 2."),
)
PRECISIONS = _options(
    ("float32", "float32", "Single precision: fast."),
    ("float64", "float64", "Double precision: for comparing numbers with other libraries."),
)


class Plain(NamedTuple):
    """All that a person can set, except the points themselves and what rows of tables bring along."""

    dataset: Annotated[
        str, Knob("Pattern", "data", "Where the points come from: a pattern, or your own.", rules=SHAPES)
    ] = "moons"
    samples: Annotated[int, Knob("Points", "data", "How many points are drawn.", "n", 1, 1_000_000, log=True)] = 200
    noise: Annotated[
        float,
        Knob("Noise", "data", "Standard deviation of the noise added to each coordinate (or target).", "σ", 0, 10),
    ] = 0.2
    classes: Annotated[int, Knob("Classes", "data", "How many classes the pattern has.", "k", 2, 9)] = 2
    train_fraction: Annotated[
        float,
        Knob("Training share", "data", "Share of the points that train; the rest validates.", low=0, high=1),
    ] = 0.7
    test_fraction: Annotated[
        float,
        Knob("Test share", "data", "Share set aside, looked at only when the run is over.", low=0, high=1, main=False),
    ] = 0.0
    split: Annotated[
        str, Knob("Split", "data", "How points are dealt to training and validation.", rules=SPLITS, main=False)
    ] = "shuffled"
    standardize: Annotated[
        bool,
        Knob(
            "Standardize",
            "data",
            "Subtract each feature's mean and divide by its standard deviation; both are taken from the training set "
            "alone, so that nothing of the validation set leaks.",
            formula="x ← (x − mean) / std",
            main=False,
        ),
    ] = True
    standardize_target: Annotated[
        bool | None,
        Knob(
            "Standardize target",
            "data",
            "Of a regression: scale each target by the training set's mean and standard deviation, so that a target in "
            "tens of thousands is learned like one around 1. The loss is then that of the scaled target: 1 is what "
            "guessing the mean costs. Predictions, the curve and RMSE are in the target's own units. Left out, it is "
            "as Standardize.",
            formula="y ← (y − mean) / std",
            main=False,
            needs=("values",),
            follows="standardize",
        ),
    ] = None

    shift: Annotated[
        float,
        Knob(
            "Covariate shift",
            "data",
            "Moves the validation and test inputs by so many standard deviations, as if the world had changed since "
            "the training points were taken.",
            low=-10,
            high=10,
            reads=("shift_angle",),
            needs=("columns",),
            main=False,
        ),
    ] = 0.0
    shift_angle: Annotated[
        float,
        Knob(
            "Shift angle",
            "data",
            "Direction of the covariate shift in the plane of the first two features, from the first one on.",
            low=-360,
            high=360,
            unit="°",
            main=False,
        ),
    ] = 0.0
    features: Annotated[
        str,
        Knob(
            "Features",
            "data",
            "What the network is given instead of the columns: a list such as x1, x2, x1^2, x1*x2, sin x1, or degree 3 "
            "for all products up to that degree. Empty: the columns.",
            new_weights=True,
            main=False,
            tidy=tidy,
        ),
    ] = ""

    layers: Annotated[
        tuple[int, ...],
        Knob(
            "Hidden layers",
            "capacity",
            "Units of each hidden layer, first to last. More units and layers mean more capacity: lower bias, higher "
            "variance. None at all is a linear model.",
            low=1,
            high=4096,
            new_weights=True,
            reads=("activation",),
        ),
    ] = (8, 8)
    activation: Annotated[
        str, Knob("Activation", "capacity", "What each hidden unit does to its sum.", rules=ACTIVATIONS)
    ] = "relu"
    initializer: Annotated[
        str | None,
        Knob(
            "Initial weights",
            "capacity",
            "How the first weights are drawn.",
            rules=INITIALIZERS,
            new_weights=True,
            main=False,
        ),
    ] = None
    init_scale: Annotated[
        float,
        Knob(
            "Initial scale",
            "capacity",
            "Multiplies the initial weights.",
            low=0,
            high=100,
            log=True,
            new_weights=True,
            main=False,
        ),
    ] = 1.0
    loss: Annotated[
        str,
        Knob(
            "Loss",
            "capacity",
            "What is minimised, before the penalty; of a regression's scaled target, where it is standardized.",
            rules=LOSSES,
            main=False,
        ),
    ] = "auto"

    normalization: Annotated[
        str,
        Knob(
            "Normalization",
            "normalization",
            "Keeps the scale of each hidden layer's sums, or weights, steady.",
            rules=NORMALIZATIONS,
            needs=("hidden_layers",),
            new_weights=True,
        ),
    ] = "none"
    norm_position: Annotated[
        str,
        Knob(
            "Position",
            "normalization",
            "Normalize the sums before the activation, or the layer's outputs after it.",
            rules=POSITIONS,
            new_weights=True,
            main=False,
        ),
    ] = "before_activation"
    bn_momentum: Annotated[
        float | None,
        Knob(
            "Momentum",
            "normalization",
            "Weight in the moving averages: of the old value (lecture, Keras), of the new one (PyTorch).",
            low=0,
            high=1,
            formula="moving ← m·moving + (1 − m)·batch; PyTorch: (1 − m)·moving + m·batch",
            main=False,
        ),
    ] = None
    norm_epsilon: Annotated[
        float | None,
        Knob(
            "Epsilon",
            "normalization",
            "Added to the variance before its root.",
            "ε",
            0,
            1,
            log=True,
            main=False,
        ),
    ] = None

    penalty: Annotated[
        str, Knob("Penalty", "penalty", "A cost on large weights: smaller weights, simpler model.", rules=PENALTIES)
    ] = "none"
    penalty_strength: Annotated[
        float,
        Knob(
            "Strength",
            "penalty",
            "How much the penalty weighs against the data.",
            "λ",
            0,
            1e6,
            log=True,
            live=True,
        ),
    ] = 0.01
    elastic_mix: Annotated[
        float,
        Knob(
            "Mix",
            "penalty",
            "Share of the squared term: 0 is L1, 1 is L2. scikit-learn's l1_ratio weighs the absolute term "
            "instead. Lasso is α = 0, ridge α = 1.",
            "α",
            0,
            1,
            live=True,
        ),
    ] = 0.5
    l1_method: Annotated[
        str,
        Knob(
            "L1 method",
            "penalty",
            "How the corner of |w| at 0 is handled.",
            rules=L1_METHODS,
            main=False,
        ),
    ] = "proximal"

    weight_decay: Annotated[
        float | None,
        Knob(
            "Weight decay",
            "penalty",
            "Decoupled decay of all weights before each step, whatever the optimizer; not part of the loss.",
            low=0,
            high=1000,
            log=True,
            formula="w ← w − η·decay·w",
            live=True,
            main=False,
        ),
    ] = None
    max_norm: Annotated[
        float,
        Knob(
            "Max norm",
            "penalty",
            "After each update, a unit's incoming weights are scaled back to this length if they are longer. 0 is off.",
            low=0,
            high=1e6,
            log=True,
            live=True,
            main=False,
        ),
    ] = 0.0

    dropout: Annotated[
        float,
        Knob(
            "Dropout",
            "dropout",
            "Probability that a hidden unit is dropped at each update; the kept ones are divided by 1 − rate. "
            "Evaluation uses all units.",
            "p",
            0,
            1,
            formula="a ← a·mask / (1 − p)",
            needs=("hidden_layers",),
            live=True,
        ),
    ] = 0.0
    input_dropout: Annotated[
        float,
        Knob(
            "Input dropout",
            "dropout",
            "Probability that a feature of a training sample is dropped at each update.",
            low=0,
            high=1,
            live=True,
            main=False,
        ),
    ] = 0.0

    augment: Annotated[
        bool,
        Knob(
            "Augmentation",
            "augmentation",
            "Change the training points anew in every batch; validation points stay as they are.",
            reads=tuple(row.name for row in AUGMENTATIONS),
        ),
    ] = False

    optimizer: Annotated[str, Knob("Optimizer", "optimizer", "How a gradient becomes a step.", rules=OPTIMIZERS)] = (
        "adam"
    )
    learning_rate: Annotated[
        float | None,
        Knob("Learning rate", "optimizer", "The length of a step.", "η", 0, 1e9, True, log=True, live=True),
    ] = None
    momentum: Annotated[
        float | None,
        Knob("Momentum", "optimizer", "How much of the last velocity is kept.", "β", 0, 1, open_high=True, live=True),
    ] = None
    rho: Annotated[
        float | None,
        Knob(
            "Rho",
            "optimizer",
            "Decay of the average squared gradient.",
            "ρ",
            0,
            1,
            open_high=True,
            live=True,
        ),
    ] = None
    beta1: Annotated[
        float | None,
        Knob(
            "Beta 1",
            "optimizer",
            "Decay of the average gradient.",
            "β₁",
            0,
            1,
            open_high=True,
            live=True,
            main=False,
        ),
    ] = None
    beta2: Annotated[
        float | None,
        Knob(
            "Beta 2",
            "optimizer",
            "Decay of the average squared gradient.",
            "β₂",
            0,
            1,
            open_high=True,
            live=True,
            main=False,
        ),
    ] = None
    epsilon: Annotated[
        float | None,
        Knob(
            "Epsilon",
            "optimizer",
            "Keeps a division by a small root finite.",
            "ε",
            0,
            1,
            log=True,
            live=True,
            main=False,
        ),
    ] = None
    batch_size: Annotated[
        int,
        Knob(
            "Batch size",
            "optimizer",
            "Points in one update: 0 is the whole training set (GD), 1 is SGD, anything between is mini-batch.",
            "K",
            0,
            1_000_000,
            live=True,
        ),
    ] = 32
    shuffle: Annotated[
        bool,
        Knob("Shuffle", "optimizer", "Deal the training points to batches anew in every epoch.", main=False),
    ] = True

    schedule: Annotated[
        str,
        Knob("Schedule", "optimizer", "How the learning rate changes over the epochs.", rules=SCHEDULES, main=False),
    ] = "constant"
    schedule_gamma: Annotated[
        float | None,
        Knob("Factor", "optimizer", "What the learning rate is multiplied by.", "γ", 0, 1, True, main=False),
    ] = None
    schedule_every: Annotated[
        int, Knob("Every", "optimizer", "Epochs between two steps down.", "k", 1, 1_000_000, unit="epochs", main=False)
    ] = 30
    schedule_warmup: Annotated[
        int,
        Knob("Warm-up", "optimizer", "Epochs until the full rate.", low=1, high=1_000_000, unit="epochs", main=False),
    ] = 5
    schedule_patience: Annotated[
        int,
        Knob(
            "Plateau patience",
            "optimizer",
            "Epochs without a fall before the rate is lowered.",
            "",
            0,
            1_000_000,
            main=False,
        ),
    ] = 10
    clip_norm: Annotated[
        float,
        Knob(
            "Clip norm",
            "optimizer",
            "The gradient of all weights together is scaled back to this length if it is longer. 0 is off.",
            low=0,
            high=1e6,
            log=True,
            formula="g ← g·min(1, c / ‖g‖)",
            live=True,
            main=False,
        ),
    ] = 0.0

    early_stopping: Annotated[
        bool,
        Knob(
            "Early stopping",
            "early_stopping",
            "End the run when the monitored value has not improved for a while.",
            reads=(
                "monitor",
                "min_delta",
                "patience",
                "mode",
                "baseline",
                "start_from_epoch",
                "restore_best_weights",
            ),
        ),
    ] = False
    monitor: Annotated[
        str, Knob("Monitor", "early_stopping", "The value that is watched.", rules=MONITORS, main=False)
    ] = "val_loss"
    min_delta: Annotated[
        float,
        Knob(
            "Minimum change",
            "early_stopping",
            "A gain counts only when it is larger than this; the sign does not matter.",
            "δ",
            -1e6,
            1e6,
            formula="improved ⇔ value + δ < best",
        ),
    ] = 0.0
    patience: Annotated[
        int, Knob("Patience", "early_stopping", "Epochs without a gain before the run ends.", low=0, high=1_000_000)
    ] = 5
    mode: Annotated[
        str, Knob("Mode", "early_stopping", "Whether smaller or larger is better.", rules=MODES, main=False)
    ] = "auto"
    baseline: Annotated[
        float | None,
        Knob(
            "Baseline",
            "early_stopping",
            "A gain counts only when it also beats this value.",
            main=False,
            absent="none",
        ),
    ] = None
    start_from_epoch: Annotated[
        int,
        Knob(
            "Start from epoch",
            "early_stopping",
            "Epochs to let pass before watching, counted from 0.",
            low=0,
            high=1_000_000,
            main=False,
        ),
    ] = 0
    restore_best_weights: Annotated[
        bool,
        Knob("Restore best weights", "early_stopping", "Go back to the weights of the best epoch at the end."),
    ] = True

    convention: Annotated[
        str,
        Knob("Convention", "run", "Whose formulas and defaults are used where they differ.", rules=CONVENTIONS),
    ] = "lecture"
    epochs: Annotated[
        int,
        Knob(
            "Epochs",
            "run",
            "Passes over the training set until the run ends.",
            low=1,
            high=10_000_000,
            log=True,
            live=True,
        ),
    ] = 200
    seed: Annotated[
        int,
        Knob(
            "Seed",
            "run",
            "Decides every random draw: pattern, split, first weights, batches, dropout.",
            low=0,
            high=2**31 - 1,
            new_weights=True,
        ),
    ] = 0
    precision: Annotated[
        str, Knob("Precision", "run", "Of all arithmetic.", rules=PRECISIONS, new_weights=True, main=False)
    ] = "float32"


def _with_augmentations() -> Any:
    """The knobs, with each augmentation's own behind the switch of them all."""
    hints = get_type_hints(Plain, include_extras=True)
    fields: dict[str, tuple[Any, Any]] = {}
    for name in Plain._fields:
        fields[name] = hints[name], Plain._field_defaults[name]
        if name == "augment":
            for row in AUGMENTATIONS:
                knob = row.knob._replace(live=True, needs=row.needs)
                fields[row.name] = Annotated[type(row.default), knob], row.default
    made: Any = NamedTuple("Knobs", [(name, hint) for name, (hint, _) in fields.items()])  # type: ignore[misc]
    made.__new__.__defaults__ = tuple(default for _, default in fields.values())
    made._field_defaults = {name: default for name, (_, default) in fields.items()}
    made.__module__, made.__doc__ = __name__, "All that a person can set, except the points themselves."
    return made


if TYPE_CHECKING:
    Knobs = Plain
else:
    Knobs = _with_augmentations()


class Declaration(NamedTuple):
    """One knob with its name, type and plain default."""

    name: str
    kind: type  # bool, int, float, str or tuple
    optional: bool  # None is a value: the convention's default, or "none" for baseline
    default: Any
    knob: Knob
    choices: tuple[str, ...]


@cache
def declarations() -> dict[str, Declaration]:
    """Every knob's declaration by name, in the order of Knobs."""
    hints = get_type_hints(Knobs, include_extras=True)
    return {name: _declare(name, hints[name]) for name in Knobs._fields}


def _declare(name: str, hint: Any) -> Declaration:
    annotated, knob = get_args(hint)
    options = get_args(annotated) if get_origin(annotated) is not tuple else ()
    kind = next((option for option in options if option is not NoneType), annotated)
    kind = tuple if get_origin(kind) is tuple else kind
    choices = tuple(rule.key for rule in knob.rules)
    return Declaration(name, kind, NoneType in options, Knobs._field_defaults[name], knob, choices)


def declaration(name: str) -> Declaration:
    """The declaration of one knob; KnobError if there is none of that name."""
    found = declarations().get(name)
    if found is None:
        raise KnobError(f"unknown knob '{name}'; 'playground knobs' lists them all")
    return found


def accepted(name: str) -> str:
    """In words, what a knob accepts: "a number from 0 to 1", "one of sgd, momentum, adam"."""
    declared = declaration(name)
    knob = declared.knob
    if declared.choices:
        return "one of " + ", ".join(declared.choices)
    if declared.kind is bool:
        return "on or off"
    if declared.kind is str:
        return "a list such as x1, x2, x1^2, x1*x2, sin x1, degree 3"
    if declared.kind is tuple:
        numbers = f"at most {MOST_LAYERS} whole numbers from {knob.low:g} to {knob.high:g}, separated by commas"
        return f"{numbers}; or nothing, for a linear model"
    noun = "a whole number" if declared.kind is int else "a number"
    low = f" above {knob.low:g}" if knob.open_low else f" from {knob.low:.10g}"
    high = f" to below {knob.high:g}" if knob.open_high else f" to {knob.high:.10g}"
    text = noun + (low if math.isfinite(knob.low) else "") + (high if math.isfinite(knob.high) else "")
    return text + (f", or {knob.absent}" if knob.absent else "")


def parse(name: str, value: Any) -> Any:
    """Turn text (of a flag) or a plain value (of a TOML or saved file) into a knob's value.

    Raises KnobError, naming the knob, what was found and what is accepted.
    """
    declared = declaration(name)
    if value is None and declared.optional:
        return None
    if isinstance(value, str) and declared.optional and value.strip().lower() in ("none", "default"):
        return None
    try:
        result = _convert(declared, value)
    except (ValueError, TypeError, OverflowError):
        raise refusal(name, value) from None
    for number in result if declared.kind is tuple else (result,):
        if declared.kind in (int, float, tuple) and not _inside(declared.knob, number):
            raise refusal(name, value)
    return result


def written(value: Any) -> str:
    """A knob's value as its flag takes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else "none" if value is None else str(value)


def refusal(name: str, value: Any) -> KnobError:
    """The error for a value that a knob does not accept."""
    found = repr(value)
    found = found if len(found) <= 60 else found[:57] + "…"
    return KnobError(f"{name}: {found} is not accepted; it takes {accepted(name)}")


def _inside(knob: Knob, number: float) -> bool:
    if not math.isfinite(number) or number < knob.low or number > knob.high:
        return False
    return not (knob.open_low and number == knob.low or knob.open_high and number == knob.high)


def _convert(declared: Declaration, value: Any) -> Any:
    if declared.choices:
        if value not in declared.choices:
            raise ValueError
        return value
    if declared.kind is bool:
        return _convert_switch(value)
    if declared.knob.tidy is not None:
        if not isinstance(value, str):
            raise TypeError
        return declared.knob.tidy(value)
    if declared.kind is tuple:
        if not isinstance(value, str | list | tuple):
            raise TypeError
        parts: Iterable[Any] = _sizes_in(value) if isinstance(value, str) else value
        sizes = tuple(_convert_number(int, part) for part in parts)
        if len(sizes) > MOST_LAYERS:
            raise ValueError
        return sizes
    return _convert_number(declared.kind, value)


def _sizes_in(text: str) -> list[str]:
    """The sizes of a list as people write it: "8, 8", "8 8" or "16x3" for 16, 16, 16. Raises ValueError."""
    if not text.strip():
        return []
    if repeated := re.fullmatch(r"(\d+) ?[x×*] ?(\d{1,2})", text.strip()):
        return [repeated[1]] * int(repeated[2])
    return re.split(r" *, *| +", text.strip())


def _convert_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ValueError


def _convert_number(kind: type, value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError
    number = float(value)
    if kind is float:
        return number
    if number != int(number):
        raise ValueError
    return int(number)


def adjust(knobs: Knobs, **changes: Any) -> Knobs:
    """Knobs with some values changed; each is checked. Raises KnobError."""
    return knobs._replace(**{name: parse(name, value) for name, value in changes.items()})


@lru_cache(maxsize=4)
def relevant(knobs: Knobs) -> frozenset[str]:
    """The names of the knobs that matter for what is chosen: those that no rule reads, and those a chosen one does."""
    declared = declarations()
    conditional: set[str] = set()
    read: set[str] = set()
    for name, value in zip(Knobs._fields, knobs, strict=True):
        conditional.update(declared[name].knob.reads)
        read.update(declared[name].knob.reads if value else ())
        for rule in declared[name].knob.rules:
            conditional.update(rule.reads)
            read.update(rule.reads if rule.key == value else ())
    return frozenset(name for name in Knobs._fields if name not in conditional or name in read)
