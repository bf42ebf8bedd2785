"""Dragging and stepping reach sensible numbers, and only such as the knob accepts."""

from __future__ import annotations

import pytest

from playground.model.knobs import declaration, declarations, parse
from playground.ui.scales import dragged, spread, stepped, written

NUMBERS = [
    declared.name for declared in declarations().values() if declared.kind in (int, float) and not declared.choices
]


def test_eighty_pixels_are_a_decade_of_the_learning_rate():
    assert dragged(declaration("learning_rate"), 0.001, 80) == pytest.approx(0.01)
    assert dragged(declaration("learning_rate"), 0.001, -80) == pytest.approx(0.0001)


def test_shift_drags_a_tenth_as_far():
    assert dragged(declaration("learning_rate"), 0.001, 800, fine=True) == pytest.approx(0.01)


def test_a_share_moves_by_hundredths():
    assert dragged(declaration("train_fraction"), 0.7, 8) == 0.72


def test_steps_of_the_learning_rate_are_preferred_numbers():
    declared = declaration("learning_rate")
    assert [stepped(declared, 0.01, steps) for steps in (-1, 1, 2, 10)] == [0.008, 0.012, 0.015, 0.1]


def test_whole_numbers_stay_whole():
    assert stepped(declaration("epochs"), 200, 1) == 250
    assert stepped(declaration("epochs"), 1, 1) == 2
    assert isinstance(dragged(declaration("samples"), 200, 13), int)


def test_a_penalty_can_be_dragged_to_nothing_and_back():
    declared = declaration("penalty_strength")
    assert dragged(declared, 0.01, -1000) == 0
    assert dragged(declared, 0.0, 40) > 0


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("pixels", [-10_000, -37, -1, 0, 1, 37, 10_000])
def test_every_number_reached_is_accepted(name, pixels):
    declared = declaration(name)
    start = declared.default if declared.default is not None else 0.5
    assert parse(name, dragged(declared, start, pixels)) is not None
    assert parse(name, stepped(declared, start, (pixels > 0) - (pixels < 0))) is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01, "0.01"),
        (1e-8, "1e-8"),
        (1e9, "1e9"),
        (200, "200"),
        ((8, 8), "8, 8"),
        ((), ""),
        (None, ""),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_numbers_are_written_shortly(value, text):
    assert written(value) == text


@pytest.mark.parametrize(
    ("mean", "deviation", "expected"),
    [
        (0.42931, 0.0123, "0.429 ± 0.012"),
        (82.5, 1.25, "82.5 ± 1.2"),
        (0.0991, 0.0096, "0.099 ± 0.010"),
        (-0.2, 0.55, "−0.2 ± 0.6"),
        (0.5, 0.0, "0.5000 ± 0.0000"),
        (1234.5, 321.0, "1234 ± 321"),
        (float("nan"), float("nan"), "–"),
        (2e9, 3e7, "2e+09 ± 3e+07"),
    ],
)
def test_a_mean_is_told_as_finely_as_its_deviation(mean, deviation, expected):
    assert spread(mean, deviation) == expected
