"""The lecture's demonstrations: races that come with the program, trained, as projects in assets/examples.

packaging/examples.py trains and writes them; a test holds each to what it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from playground.model.experiment import Experiment
from playground.model.paths import assets_folder


class Example(NamedTuple):
    """A race. key: its file's name. title: the menu's. shows: what is to be seen in it, in one sentence."""

    key: str
    title: str
    shows: str
    knobs: Mapping[str, Any]
    vary: Mapping[str, tuple[Any, ...]]

    @property
    def path(self) -> Path:
        return assets_folder() / "examples" / f"{self.key}.playground"

    @property
    def experiment(self) -> Experiment:
        """What its runs have in common."""
        return Experiment(**self.knobs)


EXAMPLES = (
    Example(
        "batch_normalization",
        "&Batch normalization at a high learning rate",
        "Six layers at η 2: without normalization the first steps wreck the network for good, with it it learns.",
        {
            "dataset": "moons",
            "samples": 300,
            "noise": 0.15,
            "layers": (16, 16, 16, 16, 16, 16),
            "optimizer": "sgd",
            "learning_rate": 2.0,
            "bn_momentum": 0.9,  # at .99 the moving averages would be 14 epochs late, and so would be what is seen
            "epochs": 100,
        },
        {"normalization": ("none", "batch")},
    ),
    Example(
        "early_stopping",
        "&Early stopping on digits",
        "50 epochs against patience 4: stopped after a third of them, as accurate, and at a lower validation loss.",
        {
            "dataset": "digits",
            "layers": (64, 32),
            "optimizer": "adam",
            "learning_rate": 0.002,
            "train_fraction": 0.6,
            "test_fraction": 0.2,
            "patience": 4,
            "epochs": 50,
        },
        {"early_stopping": (False, True)},
    ),
    Example(
        "optimizers",
        "SGD, momentum, RMSprop, &Adam",
        "From the same weights at η 0.01: momentum overtakes SGD, RMSprop and Adam overtake both.",
        {
            "dataset": "circles",
            "samples": 300,
            "noise": 0.1,
            "layers": (8, 8),
            "activation": "tanh",
            "convention": "keras",  # the lecture's momentum takes (1 − β) of the gradient: as slow as SGD at the same η
            "learning_rate": 0.01,
            "epochs": 80,
            "seed": 1,
        },
        {"optimizer": ("sgd", "momentum", "rmsprop", "adam")},
    ),
)
