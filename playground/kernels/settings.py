"""What a kernel is told besides arrays: the chosen rules as numbers, and the rates.

Each is one record of int64 or float64, so that a kernel receives an address instead of sixty numbers.
"""

from __future__ import annotations

from typing import Self

import numpy as np


class Settings(np.record):  # type: ignore[misc]  # only NumPy calls it final
    """Numbers by name that never change, in one piece of memory; made and replaced as a NamedTuple is."""

    def __new__(cls, *values: float, **named: float) -> Self:
        names = tuple(cls.__annotations__)
        given = dict(zip(names, values)) | named
        if given.keys() != set(names) or len(values) + len(named) != len(names):
            raise TypeError(f"{cls.__name__} takes {', '.join(names)}")
        kinds = {"int": np.int64, "float": np.float64}
        array = np.zeros(1, (cls, [(name, kinds[cls.__annotations__[name]]) for name in names]))
        array[0] = tuple(given[name] for name in names)
        array.flags.writeable = False
        record: Self = array[0]
        return record

    def _replace(self, **named: float) -> Self:
        """A copy with some values changed."""
        return type(self)(**{name: self[name].item() for name in self.dtype.names or ()} | named)


class Rules(Settings):  # type: ignore[misc]
    """Choices: positions in the tables of rules, switches and whole numbers."""

    convention: int
    activation: int
    loss: int
    classes: int  # 0 for a regression
    normalization: int
    after_activation: int
    optimizer: int
    proximal: int
    is_single: int  # float32
    schedule: int
    schedule_every: int
    schedule_warmup: int
    schedule_patience: int
    batch_size: int  # never more than the training samples
    chunk: int  # samples that go through the network at once
    capacity: int  # samples that a row of scratch holds
    shuffle: int
    augment: int
    flip_horizontal: int
    flip_vertical: int
    image_height: int  # 0: samples are no images
    image_width: int
    early_stopping: int
    monitor: int
    maximize: int
    has_baseline: int
    patience: int
    start_from_epoch: int
    epochs: int
    seed: int


class Rates(Settings):  # type: ignore[misc]
    """Real numbers. The penalty's coefficients are of Σ|w| and Σw² (kernels/penalties.py)."""

    learning_rate: float
    momentum: float
    rho: float
    beta1: float
    beta2: float
    epsilon: float
    leak: float
    norm_momentum: float
    norm_epsilon: float
    dropout: float
    input_dropout: float
    cost_absolute: float
    cost_square: float
    gradient_square: float
    weight_decay: float
    clip_norm: float  # 0: off
    max_norm: float  # 0: off
    schedule_gamma: float
    jitter: float
    rotate: float  # radians
    scale: float
    shift: float
    mixup: float
    label_noise: float
    cutout: float
    min_delta: float
    baseline: float
