"""Views look at any run without a warning, at one that flies away too."""

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.looks import answers, gradients, network, norms, unit, weights, worked
from playground.training.run import Run
from playground.training.surface import Region
from playground.training.views import Observer

ASKED = {
    "surface": Region(resolution=32),
    "network": network.Glance(),
    "norm_box": norms.Wanted(),
    "norm_shift": norms.Wanted(),
    "worked": worked.Weight(),
    "effective": False,
    "weights": weights.Wanted(),
    "gradients": gradients.Wanted(),
    "answers": answers.Question(),
}


def test_a_run_that_flies_away_is_looked_at_without_a_warning():
    knobs = {"dataset": "plane", "samples": 50, "layers": (6, 4), "epochs": 30, "precision": "float64"}
    run = Run(Experiment(optimizer="momentum", learning_rate=1e5, **knobs))
    while not run.has_ended:
        run.finish_epoch()
    assert np.abs(run.state.net.weights).max() > 1e12
    observer = Observer()
    for key, request in ASKED.items():
        assert key in observer.look(run, {key: request})  # a warning is a failure


@pytest.mark.parametrize("key", ["surface", "unit", "norms"])
def test_what_moves_with_training_is_looked_at_anew_for_each_snapshot(key):
    asked = {"surface": Region(resolution=16), "unit": unit.Single(Region(resolution=16), 0, 0), "norms": None}[key]
    run, observer = Run(Experiment(samples=50, layers=(3,), normalization="batch", epochs=5)), Observer()
    seen = []
    for _ in range(2):
        run.finish_epoch()
        seen.append(observer.look(run, {key: asked}, is_hurried=True)[key])
    assert seen[0] is not seen[1]
