"""Training as a generator: the door for scripts and notebooks.

>>> from playground import Experiment, train
>>> for run in train(Experiment(dataset="spiral", layers=(32, 32))):
...     print(run.epoch, run.history.rows[-1])
"""

from __future__ import annotations

from collections.abc import Iterator

from playground.model.experiment import Experiment
from playground.training.run import Run
from playground.training.weights import Arrays


def train(experiment: Experiment, initial: Arrays | None = None) -> Iterator[Run]:
    """Train an experiment, yielding the run after each epoch; leave the loop to stop.

    initial: weights to start from, named as in the NPZ files. Raises DataError or KnobError before the first epoch
    where the experiment cannot be trained.
    """
    run = Run(experiment, initial)
    while not run.has_ended:
        run.finish_epoch()
        yield run
