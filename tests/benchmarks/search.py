"""How long a chart of λ takes: 12 values × 5 seeds × 300 epochs on 80 points, 32, 32 units; and 20 fits at 9 networks.

    python tests/benchmarks/search.py

Beside the seconds stands the processors' time, which neighbours change less.
"""

from __future__ import annotations

import time

from playground.model.experiment import Experiment
from playground.training.findings import FITS, LOSSES, SEEDS, VARIANCE, Asked
from playground.training.searching import Search

REPEATS = 3
BASE = Experiment(samples=80, layers=(32, 32), epochs=300, penalty="l2", penalty_strength=1.0, noise=0.3)
WORKS = {
    "chart of λ": (Asked(LOSSES, "penalty_strength", seeds=SEEDS), BASE),
    "bias and variance over layers": (Asked(VARIANCE, "layers", seeds=FITS), BASE),
}


def main() -> None:
    """Time each a few times; the first also loads the kernels."""
    for name, (asked, experiment) in WORKS.items():
        for _ in range(REPEATS):
            began, worked = time.perf_counter(), time.process_time()
            search = Search(asked, experiment)
            search.wait(600)
            found = search.found
            took = f"{time.perf_counter() - began:.2f} s, of processors {time.process_time() - worked:.2f} s"
            print(f"{name}: {found.done} runs at {len(found.spots)} values in {took}")


if __name__ == "__main__":
    main()
