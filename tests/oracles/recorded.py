"""Reads the recorded cases: needs NumPy only. `record.py` tells what a case holds.

>>> found = case("pytorch_networks", "adam_batch")
>>> start = arrays(found, found["init"])  # W0, gamma0, beta0, moving_mean0, moving_var0, W1, …
>>> end = arrays(found, found["after"]["160"])
>>> data = arrays(found, found["data"])  # X, y, X_val, y_val
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent

Case = dict[str, Any]


@cache
def _index() -> tuple[Case, ...]:
    return tuple(json.loads((HERE / "index.json").read_text(encoding="utf-8")))


@cache
def _file(name: str) -> dict[str, np.ndarray]:
    with np.load(HERE / name, allow_pickle=False) as stored:
        return dict(stored)


def cases(group: str | None = None, kind: str | None = None) -> list[Case]:
    """The cases of a group (`keras_networks`) or of a kind (`network`); all without either."""
    return [case for case in _index() if group in (None, case["group"]) and kind in (None, case["kind"])]


def case(group: str, name: str) -> Case:
    """One case by its names; KeyError if there is none."""
    for found in cases(group):
        if found["name"] == name:
            return found
    raise KeyError(f"no recorded case {group}/{name}")


def name_of(case: Case) -> str:
    """A test's id: `pytorch_networks/adam_batch`."""
    return f"{case['group']}/{case['name']}"


def arrays(case: Case, prefix: str) -> dict[str, np.ndarray]:
    """Copies of the case's arrays under a prefix, keyed by the rest of their names."""
    start = prefix + "."
    stored = _file(case["file"])
    return {key[len(start) :]: stored[key].copy() for key in stored if key.startswith(start)}
