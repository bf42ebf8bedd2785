"""A picture of runs, drawn by a process of its own: who trains them loads no Qt."""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playground.kernels import cache
from playground.model.paths import program
from playground.training.decompositions import Parts

PATIENCE = 300  # seconds, compiling included


class Entry(NamedTuple):
    """A run to be drawn: its name, the number of its curve (seeds share one), and its project file."""

    name: str
    number: int
    project: str


def draw(entries: Sequence[Entry], varied: Sequence[str], out: Path) -> str:
    """Draw runs that differ in some knobs into a PNG. Returns why it could not be done, in one line, or nothing."""
    return _have_drawn({"out": str(out), "varied": list(varied), "runs": [entry._asdict() for entry in entries]})


def draw_variance(rows: Sequence[tuple[str, Parts]], subtitle: str, out: Path) -> str:
    """Draw bias and variance, each under its name, into a PNG. Returns as ``draw``."""
    bars = [[name, [None if math.isnan(part) else part for part in parts]] for name, parts in rows]
    return _have_drawn({"out": str(out), "subtitle": subtitle, "variances": bars})


def draw_sweep(folder: Path) -> str:
    """Draw what a sweep has written to a folder, as its sweep.png. Returns as ``draw``."""
    return _have_drawn({"out": str(folder / "sweep.png"), "sweep": str(folder)})


def _have_drawn(wanted: dict[str, Any]) -> str:
    """Have a process draw what is wanted. Returns why it could not be done, in one line, or nothing."""
    # where the user's folder cannot be written, the kernels that are loaded here lie in a temporary one
    own = {"QT_QPA_PLATFORM": "offscreen", "PLAYGROUND_CACHE_DIR": str(cache.folders()[0].parents[1])}
    try:
        ran = subprocess.run(
            [*program(), "--draw"],
            input=json.dumps(wanted),
            env=os.environ | own,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if not ran.returncode:
        return ""
    return (ran.stderr.strip().splitlines() or [f"the process that draws ended with status {ran.returncode}"])[-1]
