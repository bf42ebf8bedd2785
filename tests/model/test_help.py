"""The help tells both forms where the lecture gives two, and none of its slips as a fact."""

import pytest

from playground.kernels.optimizers import OPTIMIZERS
from playground.kernels.penalties import PENALTIES
from playground.model.knobs import declarations

HELP = {rule.key: rule.help for rule in (*OPTIMIZERS, *PENALTIES)}


@pytest.mark.parametrize(
    ("rule", "both"),
    [
        ("adam", ["m̂ / (√v̂ + ε)", "√(v + ε)", "averaged"]),
        ("adagrad", ["(ε + √r)", "√(r + ε)", "first derivatives only"]),
        ("adadelta", ["leave out", "looks frozen"]),
        ("l2", ["λ/(2m)·Σw²", "plain λ·Σw²"]),
        ("elastic_net", ["(1 − α)·Σ|w| + α·Σw²", "prose gives it to the absolute one", "l1_ratio"]),
        ("rprop", ["full batch only", "by their signs"]),
        ("momentum", ["(1 − β)·g", "v ← β·v − η·g"]),
        ("nesterov", ["interim point", "β·v − η·g"]),
    ],
)
def test_both_forms_are_told(rule, both):
    assert [part for part in both if part not in HELP[rule]] == []


def test_no_slip_is_told_as_a_fact():
    texts = [*HELP.values(), *(declared.knob.help for declared in declarations().values())]
    assert not [text for text in texts if "second derivative" in text or "second order" in text.lower()]


def test_every_choice_is_explained():
    rules = [rule for declared in declarations().values() for rule in declared.knob.rules]
    assert not [rule.key for rule in rules if len(rule.help) < 10]
