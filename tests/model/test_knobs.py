"""Every declared knob: what it accepts, refuses, and when it matters. A new one is tested by being there."""

import math
from itertools import product
from types import NoneType

import pytest

from playground.kernels.optimizers import OPTIMIZERS
from playground.model.conventions import resolve
from playground.model.knobs import (
    CONVENTIONS,
    GROUPS,
    KnobError,
    Knobs,
    accepted,
    adjust,
    declarations,
    parse,
    relevant,
)
from playground.model.knobs import declaration as declaration_of

TOLD = declarations()
NAMES = list(TOLD)
CHOICES = [name for name in NAMES if TOLD[name].choices]
SWITCHES = [name for name in NAMES if TOLD[name].kind is bool]
NUMBERS = [name for name in NAMES if TOLD[name].kind in (int, float)]
WHOLE = [name for name in NAMES if TOLD[name].kind in (int, tuple)]
LOW = [name for name in NUMBERS if math.isfinite(TOLD[name].knob.low)]
HIGH = [name for name in NUMBERS if math.isfinite(TOLD[name].knob.high)]


def refusal(name: str, value: object) -> str:
    """What is said about a value: one line, naming the knob, what was found and what is accepted."""
    with pytest.raises(KnobError) as caught:
        parse(name, value)
    text = str(caught.value)
    assert text.startswith(f"{name}: ")
    assert text.endswith(f"it takes {accepted(name)}")
    assert "\n" not in text
    return text


def text_of(value: object) -> str:
    """A value as one would type it after a flag."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()


# declarations


@pytest.mark.parametrize("name", NAMES)
def test_a_knob_says_what_it_is(name: str) -> None:
    knob = TOLD[name].knob
    assert knob.label and knob.help.endswith((".", "?"))
    assert knob.group in {group.key for group in GROUPS}
    assert TOLD[name].kind in (bool, int, float, str, tuple)
    assert knob.low <= knob.high


@pytest.mark.parametrize("name", NAMES)
def test_what_a_knob_reads_are_knobs(name: str) -> None:
    knob = TOLD[name].knob
    for reads in (knob.reads, *(rule.reads for rule in knob.rules)):
        assert set(reads) <= set(NAMES) - {name}


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_has_its_own_key_a_title_and_a_help(name: str) -> None:
    rules = TOLD[name].knob.rules
    assert len({rule.key for rule in rules}) == len({rule.title for rule in rules}) == len(rules)
    assert all(rule.help for rule in rules)


# what is accepted


@pytest.mark.parametrize("name", NAMES)
def test_the_default_is_accepted_as_a_value_and_as_text(name: str) -> None:
    default = TOLD[name].default
    assert parse(name, default) == default
    assert parse(name, text_of(default)) == default


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_accepted(name: str) -> None:
    assert [parse(name, key) for key in TOLD[name].choices] == list(TOLD[name].choices)


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize(("value", "meaning"), [("on", True), ("OFF", False), (" true ", True), (False, False)])
def test_a_switch_is_on_or_off(name: str, value: object, meaning: bool) -> None:
    assert parse(name, value) is meaning


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_keeps_its_type(name: str) -> None:
    knob, kind = TOLD[name].knob, TOLD[name].kind
    inside = max(knob.low, min(knob.high, 1))
    if (knob.open_high and inside == knob.high) or (knob.open_low and inside == knob.low):
        inside = (max(knob.low, -1) + min(knob.high, 1)) / 2
    for value in (inside, str(inside), float(inside)):
        assert parse(name, value) == inside
        assert type(parse(name, value)) is kind


@pytest.mark.parametrize("name", LOW)
def test_the_low_end_is_kept(name: str) -> None:
    knob = TOLD[name].knob
    if knob.open_low:
        refusal(name, knob.low)
        assert parse(name, math.nextafter(knob.low, math.inf)) > knob.low
    else:
        assert parse(name, knob.low) == knob.low
        refusal(name, knob.low - 1)
        refusal(name, str(knob.low - 1))


@pytest.mark.parametrize("name", HIGH)
def test_the_high_end_is_kept(name: str) -> None:
    knob = TOLD[name].knob
    if knob.open_high:
        refusal(name, knob.high)
        assert parse(name, math.nextafter(knob.high, -math.inf)) < knob.high
    else:
        assert parse(name, knob.high) == knob.high
        refusal(name, knob.high * 2 + 1)
        refusal(name, f"{knob.high * 2 + 1}")


@pytest.mark.parametrize("name", [*LOW, *HIGH])
def test_what_is_accepted_is_told_with_its_ends(name: str) -> None:
    knob = TOLD[name].knob
    for end in (knob.low, knob.high):
        if math.isfinite(end):
            assert f"{end:g}" in accepted(name) or f"{end:.10g}" in accepted(name)


@pytest.mark.parametrize(
    ("value", "layers"),
    [("8,8", (8, 8)), ("", ()), (" 4 , 2 ", (4, 2)), ([], ()), ([3], (3,)), ("16", (16,))],
)
def test_layers_are_told_by_their_units(value: object, layers: tuple[int, ...]) -> None:
    assert parse("layers", value) == layers


@pytest.mark.parametrize("name", [name for name in NAMES if TOLD[name].optional])
def test_a_knob_may_be_left_to_its_default(name: str) -> None:
    assert parse(name, None) is parse(name, "default") is parse(name, "None") is None


# what is refused


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("value", ["no such thing", "", 0, True, None, ["none"], {}])
def test_a_choice_that_is_none_is_refused_with_all_that_are(name: str, value: object) -> None:
    if value is None and TOLD[name].optional:
        return
    said = refusal(name, value)
    assert all(key in said for key in TOLD[name].choices)


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", ["maybe", "", 1, 0, 0.0, None, [True]])
def test_a_switch_refuses_what_is_neither_on_nor_off(name: str, value: object) -> None:
    if value is None and TOLD[name].optional:
        assert parse(name, value) is None
    else:
        assert "on or off" in refusal(name, value)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", ["abc", "", "1,2", "nan", "inf", math.nan, -math.inf, True, [1], {}, 10**400, "0x10", 1j]
)
def test_a_number_refuses_what_is_none(name: str, value: object) -> None:
    refusal(name, value)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_number_refuses_a_fraction(name: str) -> None:
    value = TOLD[name].knob.low + 0.5
    refusal(name, [value] if TOLD[name].kind is tuple else value)
    refusal(name, str(value))


@pytest.mark.parametrize("value", ["8,", "8,,8", "8;8", "0", "8,-1", "a", 8.5, [8, True], ["x"], [None], None, [4097]])
def test_layers_that_cannot_be_are_refused(value: object) -> None:
    assert "separated by commas" in refusal("layers", value)


@pytest.mark.parametrize("name", [name for name in NAMES if not TOLD[name].optional])
def test_a_knob_with_one_default_refuses_to_be_left_out(name: str) -> None:
    refusal(name, None)


@pytest.mark.parametrize("name", ["lerning_rate", "", "Seed", "_fields", "batch-size"])
def test_an_unknown_knob_is_named(name: str) -> None:
    for act in (
        declaration_of,
        accepted,
        lambda name: parse(name, 1),
        lambda name: adjust(Knobs(), **{name: 1}),
    ):
        with pytest.raises(KnobError, match=f"unknown knob '{name}'"):
            act(name)


def test_adjusting_checks_every_change_and_leaves_the_rest() -> None:
    knobs = adjust(Knobs(), dropout="0.5", layers="4")
    assert knobs == Knobs(dropout=0.5, layers=(4,))
    with pytest.raises(KnobError, match="dropout"):
        adjust(knobs, seed=1, dropout=2)


# what matters


@pytest.mark.parametrize(
    ("name", "key"), [(name, rule.key) for name in CHOICES for rule in TOLD[name].knob.rules], ids="-".join
)
def test_choosing_a_rule_shows_the_knobs_it_reads(name: str, key: str) -> None:
    rule = next(rule for rule in TOLD[name].knob.rules if rule.key == key)
    assert set(rule.reads) <= relevant(Knobs(**{name: key}))


@pytest.mark.parametrize("name", CHOICES)
def test_a_knob_that_only_other_choices_read_is_hidden(name: str) -> None:
    rules = TOLD[name].knob.rules
    readers: dict[str, set[str]] = {}
    for other, declared in TOLD.items():
        for reads in (declared.knob.reads, *(rule.reads for rule in declared.knob.rules)):
            for read in reads:
                readers.setdefault(read, set()).add(other)
    for rule, other in product(rules, rules):
        for read in set(other.reads) - set(rule.reads):
            if readers[read] == {name}:
                assert read not in relevant(Knobs(**{name: rule.key}))


@pytest.mark.parametrize("name", [name for name in SWITCHES if TOLD[name].knob.reads])
def test_a_switch_hides_its_knobs_when_off(name: str) -> None:
    reads = set(TOLD[name].knob.reads)
    assert reads <= relevant(Knobs(**{name: True}))
    assert not reads & relevant(Knobs(**{name: False}))


def test_a_knob_that_nothing_reads_always_matters() -> None:
    for knobs in (Knobs(), Knobs(optimizer="sgd", dataset="drawn", layers=())):
        assert {"dataset", "optimizer", "epochs", "seed", "layers", "convention"} <= relevant(knobs)


@pytest.mark.parametrize("convention", [rule.key for rule in CONVENTIONS])
@pytest.mark.parametrize("optimizer", [rule.key for rule in OPTIMIZERS])
def test_every_knob_that_matters_has_a_default_that_it_accepts(convention: str, optimizer: str) -> None:
    knobs = resolve(Knobs(convention=convention, optimizer=optimizer, normalization="batch"))
    for name in relevant(knobs) - {"baseline"}:
        value = getattr(knobs, name)
        assert not isinstance(value, NoneType), name
        assert parse(name, value) == value


def test_what_is_chosen_is_not_overruled_by_a_default() -> None:
    assert resolve(Knobs(learning_rate=0.5, convention="pytorch")).learning_rate == 0.5
