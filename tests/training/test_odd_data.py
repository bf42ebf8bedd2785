"""Data at the edges: batches of one, a constant feature, features of very different scale, huge logits."""

import numpy as np
import pytest

from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.run import Run


def clouds(columns, seed=0):
    """Forty samples of two classes that their first column tells apart."""
    draws = np.random.default_rng(seed)
    labels = np.arange(40) % 2
    inputs = draws.normal(size=(40, columns))
    inputs[:, 0] += 4 * labels
    return inputs, labels


def trained(inputs, labels, **knobs):
    data = Dataset(inputs, labels, class_names=("a", "b"))
    run = Run(Experiment(data=data, epochs=60, learning_rate=0.02, **knobs))
    while not run.has_ended:
        run.burst()
    return run


def test_a_batch_of_one_is_trained():
    run = trained(*clouds(2), batch_size=1)
    assert run.updates == 60 * 28
    assert run.scores().train_metric > 0.9


@pytest.mark.parametrize("convention", ["lecture", "keras"])
def test_batch_normalization_of_a_batch_of_one_gives_beta(convention):
    run = trained(*clouds(2), batch_size=1, normalization="batch", convention=convention, layers=(3,))
    variance = run.state.net.batch[3:]
    assert (variance == 0).all()
    assert np.isfinite(run.state.net.weights).all()


def test_pytorch_refuses_batch_normalization_of_a_batch_of_one():
    with pytest.raises(KnobError, match="batch_size: 1 .* variance over one value"):
        Run(Experiment(normalization="batch", convention="pytorch", batch_size=1))


def test_a_constant_feature_does_no_harm():
    inputs, labels = clouds(3)
    inputs[:, 2] = 7.3
    assert trained(inputs, labels).scores().val_metric > 0.9


def test_a_feature_at_a_scale_of_a_million_is_standardised():
    inputs, labels = clouds(2)
    # In file order, for the shuffled split is keyed by the values themselves.
    plain = trained(inputs, labels, split="sequential")
    scaled = trained(inputs * [1e6, 1], labels, split="sequential")
    assert scaled.scores().train_loss == pytest.approx(plain.scores().train_loss, rel=0.01)


def test_values_around_1e300_do_not_overflow_the_standardisation():
    inputs, labels = clouds(2)
    assert trained(inputs * [1e300, 1], labels).scores().train_metric > 0.9


def test_one_class_is_refused():
    inputs, _ = clouds(2)
    with pytest.raises(DataError, match="all of one class"):
        Run(Experiment(data=Dataset(inputs, np.zeros(40), class_names=("a", "b"))))


@pytest.mark.parametrize("names", [("a", "b"), ("a", "b", "c")])
def test_cross_entropy_is_finite_at_logits_of_ten_thousand(names):
    inputs = np.array([[1e4], [-1e4]] * 4)
    data = Dataset(inputs, np.arange(8) % 2, np.zeros(8), class_names=names)
    run = Run(Experiment(data=data, layers=(), standardize=False, initializer="constant", epochs=1, learning_rate=1e-9))
    scores = run.scores()
    assert np.isfinite(scores.train_loss)
    assert scores.train_loss == pytest.approx(1e4 if len(names) == 2 else np.log(3), rel=1e-4)


@pytest.mark.parametrize(
    ("broken", "knobs"),
    [
        ("loss", {"optimizer": "sgd", "learning_rate": 1e6}),
        ("loss", {"optimizer": "nesterov", "learning_rate": 1e5, "normalization": "batch"}),
        ("weight", {"dataset": "blobs", "layers": (), "optimizer": "adamw", "learning_rate": 1e9, "weight_decay": 1.0}),
        ("loss", {"optimizer": "sgd", "learning_rate": 1e6, "batch_size": 0}),
    ],
)
def test_what_becomes_infinite_ends_the_run_with_the_weights_before_that_update(broken, knobs):
    experiment = Experiment(dataset="plane", activation="relu", epochs=50).change(**knobs)
    run, before = Run(experiment), {}
    while not run.has_ended:
        before = {name: array.copy() for name, array in run.weights.items()}
        run.advance(1)
    assert run.status == "diverged" and broken in run.failure, run.failure
    assert all(np.isfinite(array).all() for array in before.values())
    at_once = Run(experiment)
    at_once.advance(10_000)
    for name, array in before.items():
        assert np.array_equal(run.weights[name], array) and np.array_equal(at_once.weights[name], array), name
