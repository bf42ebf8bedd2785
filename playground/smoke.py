"""A trial of the installation: every kernel, a run in the trainer's thread, and a picture of the window.

It ends by itself, and badly if anything is wrong. Packages are tested with it.
"""

from __future__ import annotations

import faulthandler
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from playground.kernels import cache, jit
from playground.model.experiment import Experiment
from playground.training import warm

PATIENCE = 300  # seconds, compiling included
LEAST_PICTURE = 50_000  # bytes; the window takes 160,000, an empty one 6,000


def run(as_json: bool) -> int:
    """Try everything and tell what the kernel cache had; returns the exit status. Raises what goes wrong."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    began = time.perf_counter()
    for precision in warm.PRECISIONS:
        warm.touch(precision)
    loss = train_and_draw()
    hits, misses = jit.tally["hits"], jit.tally["misses"]
    results: dict[str, Any] = {
        "hits": hits,
        "misses": misses,
        "cpu_level": cache.cpu_level(),
        "folders": [str(folder) for folder in cache.folders() if folder.is_dir()],
        "loss": loss,
        "seconds": round(time.perf_counter() - began, 2),
    }
    if as_json:
        print(json.dumps(results))
    else:
        print(f"kernels: {hits} hits, {misses} misses, {results['cpu_level']}, in {' and '.join(results['folders'])}")
        print(f"trained to a loss of {loss:.4f} and drew the window; {results['seconds']} seconds in all")
    faulthandler.cancel_dump_traceback_later()
    return 0


def train_and_draw() -> float:
    """Train as the window does and draw it; returns the loss."""
    from playground import app
    from playground.session import Session

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "window.png"
        session = Session(Experiment(dataset="spiral"))
        app.shot(session, 20, (1440, 900), "light", picture)
        session.close()
        if session.message or session.snapshot is None:
            raise RuntimeError(f"training failed: {session.message}")
        if picture.stat().st_size < LEAST_PICTURE:
            raise RuntimeError(f"the picture of the window is empty: {picture.stat().st_size} bytes")
    return float(session.snapshot.history[-1, 1])
