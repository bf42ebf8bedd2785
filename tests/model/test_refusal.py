"""What is refused is told in one line that quotes little of it."""

import pytest

from playground.model.dataset import DataError
from playground.model.knobs import KnobError, parse
from playground.model.refusal import LONGEST, QUOTED, in_one_line


def test_a_long_quote_is_cut_and_what_stands_around_it_stays():
    text = str(DataError(f"the column '{'a' * 5000}' is not there; 'b' is, and the run's name isn't 'c'"))
    assert text == f"the column '{'a' * (QUOTED - 1)}…' is not there; 'b' is, and the run's name isn't 'c'"


def test_apostrophes_of_words_quote_nothing():
    text = "the saved run's clock " + "is far from what it should be, " * 4 + "and the epochs' rows are too"
    assert in_one_line(text) == text


def test_no_message_has_more_than_a_line_or_sends_codes_to_a_terminal():
    text = str(KnobError("found 'a\nb\x1b[31m\u202e' in 'x'"))
    assert text == "found 'a b [31m ' in 'x'"
    assert len(in_one_line("x" * 10_000)) <= LONGEST + 3


def test_a_knobs_value_is_quoted_in_short():
    with pytest.raises(KnobError) as caught:
        parse("epochs", "9" * 3000)
    assert len(str(caught.value)) < 300
