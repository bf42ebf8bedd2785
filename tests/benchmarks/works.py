"""The work that is measured: networks, data and batches, trained without an end."""

from __future__ import annotations

from typing import Any

from playground.model.experiment import Experiment

WORKS: dict[str, dict[str, Any]] = {
    "W1": {"samples": 500, "layers": (4, 2), "activation": "tanh", "batch_size": 10, "optimizer": "sgd"},
    "W2": {
        "samples": 1000,
        "layers": (64, 64),
        "activation": "tanh",
        "batch_size": 32,
        "optimizer": "adam",
        "normalization": "batch",
        "dropout": 0.5,
    },
    "W3": {
        "dataset": "digits",
        "layers": (128, 64),
        "activation": "relu",
        "batch_size": 64,
        "optimizer": "adam",
        "train_fraction": 0.8,
    },
    "W4": {
        "samples": 110_000,
        "layers": (128, 128),
        "activation": "relu",
        "batch_size": 256,
        "optimizer": "adam",
        "train_fraction": 10 / 11,
    },
}


def prepare(name: str) -> Experiment:
    """The experiment of a work; it ends after ten million epochs."""
    return Experiment(epochs=10_000_000, **({"train_fraction": 0.5} | WORKS[name]))
