"""The window's door: whoever stands behind it, the real session or the tests' fake, takes the same arguments."""

import inspect

import pytest

from playground.session import Session
from playground.ui.door import Door

VERBS = [name for name, found in vars(Door).items() if not name.startswith("_") and inspect.isfunction(found)]


@pytest.mark.parametrize("name", VERBS)
def test_the_session_and_its_fake_take_what_the_window_gives(session, name):
    wanted = inspect.signature(getattr(Door, name)).parameters
    for behind in (Session, type(session)):
        found = inspect.signature(getattr(behind, name)).parameters
        assert [(one.name, one.kind, one.default) for one in found.values()] == [
            (one.name, one.kind, one.default) for one in wanted.values()
        ]
