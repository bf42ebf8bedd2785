"""The columns of a run's history: what kernels measure at the end of each epoch, is kept, saved and shown."""

from __future__ import annotations

COLUMNS = (
    "epoch",
    "train_loss",
    "val_loss",
    "data_loss",
    "penalty",
    "train_metric",
    "val_metric",
    "learning_rate",
    "seconds",  # since the start; what calls the kernels fills it in
)
EPOCH, TRAIN_LOSS, VAL_LOSS, DATA_LOSS, PENALTY, TRAIN_METRIC, VAL_METRIC, LEARNING_RATE, SECONDS = range(len(COLUMNS))
