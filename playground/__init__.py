"""The training playground: find out with your own hands why neural networks overfit.

The map, a line per folder; each may import only those to its right:

    app, cli -> ui -> session -> training -> model -> kernels

    kernels/   compiled arithmetic: arrays in, arrays out
    model/     what the user decides: knobs, datasets, experiments (immutable values) and their files
    training/  what happens over time: the train generator, its thread, history, diagnosis
    session    the one door: the document being edited, the engine, the run in hand, files
    ui/        what the user sees; the only Qt
    about      versions, the kernel cache and licences, for --version and the window
    smoke      a trial of the installation
    picture    a race, drawn by a process of its own
    app, cli   two front doors; Python is the third: ``from playground import Experiment, train``

Ten words that are ours:

    knob       what a person can set, declared once with label, range, unit and help (model/knobs.py)
    rule, row  a choice of a knob: a function and what belongs to it, in a table (kernels/rules.py)
    needs      what data and network must have for a knob or row to make a difference (model/relevance.py)
    kernel     a function that is compiled; which decorator makes it which kind stands in kernels/jit.py
    settings   the knobs as numbers, as kernels get them: rules are whole, rates are real (kernels/settings.py)
    clock      where a run stands: epoch, batch, update, best, and what else goes on between calls (kernels/steps.py)
    stage      a layer's step and its rows in the scratch array: linear, normed, active, out (kernels/network.py)
    burst      so many updates as take some milliseconds: between two, wishes are heard (training/run.py)
    wish       what the window asks of the thread that trains; a snapshot is what comes back (training/letters.py)
    verdict    the diagnosis in words, with its cause, evidence and remedies (training/diagnosis.py)
"""

from __future__ import annotations

NAME = "training playground"
__version__ = "0.1.0"
__all__ = ["Experiment", "Knobs", "__version__", "race", "recover", "sweep", "train"]


def __getattr__(name: str) -> object:
    """Load the Python door on first use, so that ``playground --version`` stays quick."""
    if name in ("Experiment", "Knobs"):
        from playground.model import experiment

        return getattr(experiment, name)
    if name == "train":
        from playground.training.loop import train

        return train
    if name == "race":
        from playground.training.racing import race

        return race
    if name == "sweep":
        from playground.training.sweep import sweep

        return sweep
    if name == "recover":
        from playground.training.recover import recover

        return recover
    raise AttributeError(f"module 'playground' has no attribute {name!r}")
