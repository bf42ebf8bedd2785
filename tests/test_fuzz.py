"""The short form of tests/reliability/fuzz.py: damaged files are read or refused in one typed line."""

import warnings

from tests.reliability.fuzz import play


def test_no_damaged_file_does_more_than_be_told(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries, about what was damaged
        found = play(tmp_path, 1500, seed=7)
    assert not found.failures
    assert found.outcomes["read"] > 100 and found.outcomes["refused"] > 100
