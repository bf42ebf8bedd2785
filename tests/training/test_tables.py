"""Every row of every table trains to something of its own, and every number makes a difference wherever it is shown."""

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declarations
from playground.model.relevance import offered, relevant
from playground.training.loop import train

TOLD = declarations()
CHOICES = [name for name, declared in TOLD.items() if declared.choices]
SMALL = {"samples": 60, "layers": (6, 5), "activation": "tanh", "batch_size": 16, "epochs": 12, "test_fraction": 0.1}
SMALL |= {"patience": 0, "min_delta": 10.0}  # early stopping acts at once where it is switched on
# What has to be on, and set so that it acts within a few epochs, for all other knobs to matter somewhere.
BASES = {
    "classes": SMALL | {"learning_rate": 0.05},
    "augmented": SMALL | {"augment": True, "augment_rotate": 20.0},
    "stopped": SMALL
    | {"early_stopping": True, "learning_rate": 0.03, "epochs": 40, "noise": 0.5, "patience": 3, "min_delta": 0.0},
    "values": SMALL | {"dataset": "plane", "augment": True},
    "curve": SMALL | {"dataset": "sine", "augment": True},
    "arms": SMALL | {"dataset": "spiral", "classes": 3, "shift": 0.5},
    "images": SMALL | {"dataset": "digits", "train_fraction": 0.05, "layers": (6,), "epochs": 2, "augment": True},
    "linear": SMALL | {"layers": (), "normalization": "batch", "dropout": 0.3},
    "batch": SMALL | {"normalization": "batch", "dropout": 0.2},
}
# Where half as much again would not be felt, or is not accepted.
OTHERS = {
    "augment_rotate": 90.0,
    "baseline": 0.0,
    "beta1": 0.5,
    "beta2": 0.5,
    "clip_norm": 0.01,
    "classes": 4,
    "epochs": 3,
    "epsilon": 0.5,
    "features": "x1, x1^2",
    "init_scale": 0.5,
    "max_norm": 0.1,
    "min_delta": 10.0,
    "momentum": 0.5,
    "rho": 0.5,
    "patience": 1,
    "penalty_strength": 1.0,
    "bn_momentum": 0.5,
    "norm_epsilon": 0.5,
    "schedule_every": 2,
    "schedule_gamma": 0.3,
    "schedule_patience": 4,
    "schedule_warmup": 3,
    "shift_angle": 90.0,
    "standardize": False,
    "start_from_epoch": 12,
    "train_fraction": 0.5,
    "weight_decay": 0.5,
}
ACTS_LATE = {"schedule": {"schedule_every": 1, "schedule_patience": 1, "learning_rate": 0.5, "epochs": 20}}


def trained(**knobs):
    """What a run leaves: its history but for the time, and its weights."""
    *_, run = train(Experiment(**knobs))
    return [run.history.rows[:, :-1], *run.weights.values()]


def are_equal(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other))


def another(experiment, name):
    """A value of a knob that should make a difference."""
    value, declared = getattr(experiment.resolved, name), TOLD[name]
    if name in OTHERS and value != OTHERS[name]:
        return OTHERS[name]
    if declared.kind is bool:
        return not value
    if declared.kind is tuple:
        return (*value, 3)
    if declared.kind is int:
        return value + max(1, value // 2)
    return min(1.5 * (value or 0.3), declared.knob.high)


def rows_of(name):
    """The choices of a knob that stand for themselves, each with the knobs that bring it out."""
    rules = {rule.key: rule for rule in TOLD[name].knob.rules}
    base = BASES["stopped" if name in ("monitor", "mode") else "batch" if name == "norm_position" else "classes"]
    base = base | ACTS_LATE.get(name, {}) | ({"penalty": "l1"} if name == "l1_method" else {})
    keys = offered(Experiment(**base), name)
    return base, [key for key in keys if not rules[key].alias]


def check_rows(name):
    """Fail where two choices of a knob train alike."""
    base, keys = rows_of(name)
    found = {key: trained(**base | {name: key}) for key in keys}
    for number, key in enumerate(keys):
        for other in keys[:number]:
            assert not are_equal(found[key], found[other]), f"{name}: {key} trains as {other} does"


@pytest.mark.parametrize("name", CHOICES)
def test_no_two_choices_train_alike(name):
    check_rows(name)


def test_a_choice_that_stands_for_another_trains_as_that_one():
    aliases = {"loss": ("auto", "cross_entropy"), "mode": ("auto", "min")}
    declared = {name: [rule.key for rule in TOLD[name].knob.rules if rule.alias] for name in CHOICES}
    assert {name: keys for name, keys in declared.items() if keys} == {
        name: [pair[0]] for name, pair in aliases.items()
    }
    for name, pair in aliases.items():
        base, _ = rows_of(name)
        assert are_equal(*(trained(**base | {name: key}) for key in pair)), name


def numbers_of(base):
    """The knobs that are no choices, and whether they are shown."""
    shown = relevant(Experiment(**BASES[base]))
    return [(name, name in shown) for name in TOLD if name not in CHOICES]


@pytest.mark.parametrize("base", BASES)
def test_every_number_that_is_shown_makes_a_difference_and_no_other_does(base):
    experiment, before = Experiment(**BASES[base]), trained(**BASES[base])
    wrong = []
    for name, is_shown in numbers_of(base):
        try:
            after = trained(**BASES[base] | {name: another(experiment, name)})
        except KnobError:
            continue  # not accepted together with the others: nothing is trained
        if are_equal(before, after) == is_shown:
            wrong.append(f"{name} is {'shown' if is_shown else 'hidden'}")
    assert not wrong


@pytest.mark.parametrize("name", ["optimizer", "penalty", "normalization", "schedule"])
def test_every_number_that_a_choice_reads_makes_a_difference(name):
    base, _ = rows_of(name)
    for rule in TOLD[name].knob.rules:
        knobs = base | {name: rule.key}
        before = trained(**knobs)
        for read in rule.reads:
            if read in CHOICES:
                continue
            value = another(Experiment(**knobs), read)
            assert not are_equal(before, trained(**knobs | {read: value})), f"{rule.key} does not feel {read}"
