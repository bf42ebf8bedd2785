"""What a kernel is told besides arrays: the chosen rules as numbers, and the rates. Plain ints and floats only, so
that each kernel compiles once for each precision."""

from __future__ import annotations

from typing import NamedTuple


class Rules(NamedTuple):
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


class Rates(NamedTuple):
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
