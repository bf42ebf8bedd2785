"""Ridgelines: a row an epoch, the newest in front, and the one that is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.ui.plots.ridges import HIGHEST, PIXELS, Beside, Ridgelines
from playground.ui.theme import DARK, LIGHT

BINS = np.linspace(-1, 1, 21)


@pytest.fixture
def ridges(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    made = Ridgelines(LIGHT, "weight")
    QVBoxLayout(window).addWidget(made)
    window.resize(480, 240)
    window.show()
    yield made


def densities(count):
    """Bells of which the last one is the highest, 1."""
    return np.linspace(0.5, 1, count)[:, np.newaxis] * np.exp(-(BINS**2) * 8)


def lift(row):
    """From which height to which a row's line goes."""
    box = row.path.controlPointRect()
    return box.top(), box.bottom()


def test_a_row_stands_at_its_epoch_and_all_have_one_scale(ridges):
    ridges.show_rows(BINS, (0, 10, 40), densities(3))
    for row, epoch, height in zip(ridges.rows, (0, 10, 40), (0.5, 0.75, 1)):
        low, high = lift(row)
        assert low == pytest.approx(-epoch, abs=0.02) and high == pytest.approx(height * HIGHEST * 40 - epoch)


def test_no_more_rows_are_drawn_than_there_is_room_for_and_the_newest_is_one_of_them(ridges):
    ridges.show_rows(BINS, range(400), densities(400))
    assert 10 < len(ridges.rows) <= ridges.height() // PIXELS
    assert lift(ridges.rows[-1])[0] == pytest.approx(-399, abs=0.2)


def test_the_epoch_that_is_looked_at_stands_out_and_what_comes_after_hides_nothing(ridges):
    ridges.show_rows(BINS, (0, 10, 20, 30), densities(4), marker=15)
    assert [row.line.color == LIGHT.accent for row in ridges.rows] == [False, True, False, False]
    assert [bool(row.inside) for row in ridges.rows] == [True, True, False, False]


def test_another_run_is_a_line_at_that_row_in_its_colour(ridges):
    ridges.show_rows(BINS, (0, 10, 20), densities(3), marker=10, beside=[Beside("#123456", BINS, densities(1)[0])])
    other = ridges.rows[-1]
    assert other.line.color == "#123456" and not other.inside
    assert lift(other)[0] == pytest.approx(-10, abs=0.02)


def test_a_height_names_the_nearest_epoch_and_nothing_has_none(ridges):
    assert ridges.epoch_at(0.0) is None
    ridges.show_rows(BINS, (0, 10, 40), densities(3))
    assert [ridges.epoch_at(y) for y in (3, -6, -30, -90)] == [0, 10, 40, 40]


def test_the_numbers_are_taken_along_and_another_theme_draws_the_same(ridges):
    ridges.show_rows(BINS, (0, 10), densities(2))
    names, columns = ridges.table()
    assert names[:2] == ("epoch", "-1") and columns[0] == [0, 10]
    assert columns[11] == pytest.approx([0.5, 1.0])
    ridges.set_colors(DARK)
    assert len(ridges.rows) == 2 and ridges.rows[-1].line.color == DARK.classes[0]
    ridges.grab()
