"""Painting that cannot end the process: what goes wrong in it is reported, and the rest of the window is painted."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import TypeVar, cast

Paint = TypeVar("Paint", bound=Callable[..., None])


def painted(paint: Paint) -> Paint:
    """Guard a method by which Qt has something painted.

    An exception that left it would leave a painter at work on a widget that Qt goes on with, which ends the process.
    """

    @functools.wraps(paint)
    def guarded(*arguments: object) -> None:
        try:
            paint(*arguments)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
            traceback.clear_frames(error.__traceback__)  # painters that they hold end here

    return cast(Paint, guarded)
