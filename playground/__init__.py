"""The training playground: find out with your own hands why neural networks overfit.

The map, a line per folder; each may import only those to its right:

    app, cli -> ui -> session -> training -> model -> kernels

    kernels/   compiled arithmetic: arrays in, arrays out
    model/     what the user decides: knobs, datasets, experiments (immutable values) and their files
    training/  what happens over time: the train generator, its thread, history, diagnosis
    session    the one mutable object: the experiment being edited, undo, the running trainer
    ui/        what the user sees; the only Qt
    about      versions, the kernel cache and licences, for --version and the window
    smoke      a trial of the installation
    app, cli   two front doors; Python is the third: ``from playground import Experiment, train``
"""

from __future__ import annotations

NAME = "training playground"
__version__ = "0.1.0"
__all__ = ["Experiment", "Knobs", "__version__", "train"]


def __getattr__(name: str) -> object:
    """Load the Python door on first use, so that ``playground --version`` stays quick."""
    if name in ("Experiment", "Knobs"):
        from playground.model import experiment

        return getattr(experiment, name)
    if name == "train":
        from playground.training.loop import train

        return train
    raise AttributeError(f"module 'playground' has no attribute {name!r}")
