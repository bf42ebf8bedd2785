"""Single precision against double: the same updates from the same weights, but for rounding."""

import numpy as np
import pytest

from playground.kernels.normalization import NORMALIZATIONS
from playground.kernels.optimizers import OPTIMIZERS
from playground.model.experiment import Experiment
from playground.training.run import Run

CASES = [
    *({"optimizer": rule.key} for rule in OPTIMIZERS),
    *({"normalization": rule.key} for rule in NORMALIZATIONS),
    {"normalization": "batch", "norm_position": "after_activation", "dropout": 0.5},
    {"batch_size": 1, "dropout": 0.5},
    {"batch_size": 7, "penalty": "elastic_net", "penalty_strength": 0.01},
    {"batch_size": 0, "augment": True, "augment_jitter": 0.1, "augment_mixup": 0.3},
    {"dataset": "digits", "layers": (128, 64), "activation": "relu", "batch_size": 64},
]


def trained(case, precision, updates, initial=None):
    usual = {"samples": 120, "layers": (64, 33), "activation": "tanh", "batch_size": 32, "convention": "pytorch"}
    run = Run(Experiment(precision=precision, **(usual | case)), initial)
    for _ in range(updates):
        run.advance(1)
    return run


@pytest.mark.parametrize(("updates", "tolerance"), [(1, 1e-5), (10, 1e-4)])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_single_precision_follows_double_precision(case, updates, tolerance):
    single = trained(case, "float32", updates)
    double = trained(case, "float64", updates, single.initial_weights)
    assert single.updates == double.updates == updates
    for name, exact in double.weights.items():
        found = single.weights[name]
        assert found.dtype == np.float32 and exact.dtype == np.float64
        # Means that ought to be 0 have no norm of their own to compare with.
        assert np.linalg.norm(found - exact) <= tolerance * max(np.linalg.norm(exact), 0.01), name
