"""Train the lecture's demonstrations and write them as projects: those of playground/model/examples.py.

python packaging/examples.py [FOLDER]        into assets/examples, if none is given; needs no Qt, and no screen
"""

from __future__ import annotations

import sys
from pathlib import Path

from playground.model import file
from playground.model.examples import EXAMPLES, Example
from playground.training import resuming
from playground.training.race import Contestant, plan
from playground.training.run import Run

BYTES = 900_000  # for a file's copies of the past, over all its runs


def train(contestant: Contestant, budget: int) -> Run:
    run = Run(contestant.experiment, contestant.initial)
    while not run.has_ended:
        run.finish_epoch()
    run.keep_within(budget)
    return run


def saved_runs(example: Example) -> list[file.SavedRun]:
    """Its race, trained to the end, the last one in hand: what the others are compared with."""
    contestants = plan(example.experiment, example.vary)
    found = []
    for number, one in enumerate(contestants, 1):
        run = train(one, BYTES // len(contestants))
        listed = number, one.name, one.number, None, None, False, number == len(contestants), 1, one.number
        found.append(file.SavedRun(*listed, run.experiment, *resuming.to_saved(run)))
    return found


def main() -> None:
    for example in EXAMPLES:
        path = Path(sys.argv[1]) / example.path.name if sys.argv[1:] else example.path
        path.parent.mkdir(parents=True, exist_ok=True)
        runs = saved_runs(example)
        file.save(path, runs[-1].experiment, runs)
        print(f"{path}: {path.stat().st_size / 1000:,.0f} kB, {', '.join(run.name for run in runs)}")


if __name__ == "__main__":
    main()
