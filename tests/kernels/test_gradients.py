"""Analytic gradients against central differences, in float64, tensor by tensor."""

import numpy as np
import pytest

from playground.kernels.activations import ACTIVATIONS
from playground.kernels.losses import LOSSES as ALL_LOSSES
from playground.kernels.losses import loss_and_gradient
from playground.kernels.penalties import cost
from playground.kernels.rules import position
from playground.kernels.steps import begin_epoch, differentiate, penalize
from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.training.run import Run
from playground.training.weights import views

H = 1e-5
BOUND = 1e-6
LOSSES = ("squared", "absolute", "huber", "log_cosh", "binary", "softmax")
NORMS = (("none", ""), ("batch", "before"), ("batch", "after"), ("layer", "before"), ("layer", "after"), ("weight", ""))


def samples(loss):
    """Twelve samples of three features, with targets that suit the loss."""
    draws = np.random.default_rng(3)
    inputs = draws.normal(size=(12, 3))
    if loss == "binary":
        return Dataset(inputs, np.arange(12) % 2, np.zeros(12), ("a", "b"))
    if loss == "softmax":
        return Dataset(inputs, np.arange(12) % 3, np.zeros(12), ("a", "b", "c"))
    return Dataset(inputs, draws.normal(size=(12, 2)) * 2, np.zeros(12))


def run_of(loss, **knobs):
    """A run on these samples whose next update takes them all, with weights a little off their start."""
    name = "cross_entropy" if loss in ("binary", "softmax") else loss
    defaults = {"layers": (5, 4), "precision": "float64", "batch_size": 0, "optimizer": "sgd", "epochs": 10}
    run = Run(Experiment(data=samples(loss), **(defaults | {"loss": name} | knobs)))
    draws = np.random.default_rng(5)
    run.state.net.weights[:] += 0.3 * draws.normal(size=run.parameters)
    state = run.state
    begin_epoch(state.store, state.rules, state.rates, state.clock)
    return run


def measured(run):
    """A function that takes the cost of the batch in training mode, penalty included, and leaves the gradients."""
    net, store, samples, rules, rates = (
        getattr(run.state, name) for name in ("net", "store", "samples", "rules", "rates")
    )
    # what kernels are given is laid out once, and not at each of some hundred calls
    backward = differentiate.bind(net, store, samples, rules, rates, run.state.clock)
    add_penalty = penalize.bind(net, store, rules, rates)
    penalty = cost.bind(net.weights, store.shares, rules, rates)

    def take():
        loss = backward()
        add_penalty()
        return loss + penalty()

    return take


def cost_and_gradients(run):
    """The cost of the batch in training mode, penalty included, and all gradients."""
    found = measured(run)()
    return found, run.state.net.gradients.copy()


def differences(run):
    """The gradients by central differences."""
    weights, take = run.state.net.weights, measured(run)
    found = np.empty(weights.size)
    for number in range(weights.size):
        kept = weights[number]
        weights[number] = kept + H
        above = take()
        weights[number] = kept - H
        below = take()
        weights[number] = kept
        found[number] = (above - below) / (2 * H)
    return found


def check(run):
    """Hold each tensor's gradient against its differences."""
    layers, moving = run.state.net.layers, run.state.net.moving
    _, analytic = cost_and_gradients(run)
    numeric = differences(run)
    scale = np.linalg.norm(numeric)
    pairs = zip(views(layers, analytic, moving), views(layers, numeric, moving), strict=True)
    for (name, found), (_, expected) in pairs:
        if name.startswith("moving"):
            continue
        # A tensor whose gradient vanishes (a bias before layer normalization of one …) is judged by the whole.
        size = max(np.linalg.norm(expected), 1e-3 * scale)
        assert np.linalg.norm(found - expected) / size <= BOUND, name


@pytest.mark.parametrize(("norm", "position"), NORMS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", [rule.key for rule in ACTIVATIONS])
def test_gradients_are_right(activation, loss, norm, position):
    place = f"{position or 'before'}_activation"
    check(run_of(loss, activation=activation, normalization=norm, norm_position=place))


@pytest.mark.parametrize("convention", ["lecture", "keras"])
@pytest.mark.parametrize(
    "penalty",
    [
        {"penalty": "l2", "penalty_strength": 0.3},
        {"penalty": "l1", "penalty_strength": 0.3, "l1_method": "subgradient"},
        {"penalty": "elastic_net", "penalty_strength": 0.3, "l1_method": "subgradient", "elastic_mix": 0.3},
    ],
)
@pytest.mark.parametrize("norm", ["none", "batch", "layer", "weight"])
def test_penalties_have_right_gradients(penalty, convention, norm):
    check(run_of("binary", activation="tanh", normalization=norm, convention=convention, **penalty))


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "weight"])
def test_dropout_has_right_gradients(norm):
    check(run_of("softmax", activation="tanh", normalization=norm, dropout=0.4, input_dropout=0.2))


def test_a_batch_that_goes_through_in_pieces_has_the_same_gradients():
    run = run_of("softmax", activation="tanh", dropout=0.3)
    whole_cost, whole = cost_and_gradients(run)
    run.state = run.state._replace(rules=run.state.rules._replace(chunk=5))
    pieces_cost, pieces = cost_and_gradients(run)
    assert pieces_cost == pytest.approx(whole_cost, rel=1e-14)
    assert pieces == pytest.approx(whole, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_log_cosh_is_exact_near_the_target_and_finite_far_away(kind):
    errors = np.array([[1e-6, 1e-3, 0.5, 1.0, 3.0, 1e4]], kind)
    number = position(ALL_LOSSES, "log_cosh")
    exact = [np.logaddexp(e, -e) - np.log(2) if e > 0.01 else e * e / 2 for e in errors[0].astype(np.longdouble)]
    for k, value in enumerate(exact):
        one = np.ascontiguousarray(errors[:, k : k + 1])
        found = loss_and_gradient(number, one, np.zeros_like(one), 1, 1, np.empty_like(one), np.empty((2, 1), kind))
        assert found == pytest.approx(float(value), rel=2e-6)
