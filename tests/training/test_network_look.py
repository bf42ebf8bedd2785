"""The network at a glance: responses against predict of a network cut there, numbers against the next update."""

from __future__ import annotations

import numpy as np
import pytest

from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.training.looks.last_step import weights_before
from playground.training.looks.network import MOST_UNITS, Glance, network
from playground.training.looks.unit import Single, unit
from playground.training.run import Run
from playground.training.surface import Region
from playground.training.views import VIEWS, Observer

EXTENT = (-1.0, 2.0, -1.5, 0.5)
DEEP = Experiment(
    dataset="plane", samples=120, layers=(5, 4, 3), activation="tanh", precision="float64", standardize_target=False
)


def begin(experiment=DEEP, epochs=3, updates=0):
    run = Run(experiment)
    for _ in range(epochs):
        run.finish_epoch()
    run.advance(updates)
    return run


def cut(run, layer, number):
    """A regression's network that ends with one unit: its answer is what that unit hands on."""
    weights = run.weights
    layers = run.experiment.knobs.layers[: layer + 1]
    kept = {name: array for name, array in weights.items() if int(name[-1]) <= layer}
    kept[f"W{layer + 1}"] = np.eye(layers[-1])[:, [number]]
    kept[f"b{layer + 1}"] = np.zeros(1)
    return Run(run.experiment.change(layers=layers), kept)


def grid(resolution):
    x, y = np.meshgrid(np.linspace(-1, 2, resolution), np.linspace(-1.5, 0.5, resolution))
    return np.column_stack([x.ravel(), y.ravel()])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"normalization": "batch"},
        {"normalization": "batch", "norm_position": "after_activation"},
        {"normalization": "layer", "activation": "relu"},
        {"normalization": "weight"},
        {"dropout": 0.4},
        {"features": "x1, x2, x1*x2"},
    ],
    ids=str,
)
def test_a_unit_s_response_is_what_a_network_that_is_cut_there_predicts(changes):
    run = begin(DEEP.change(**changes))
    seen = network(run, Glance(EXTENT, 12))
    assert [len(layer.responses) for layer in seen.layers] == [5, 4, 3, 1]
    for layer, number in ((0, 3), (1, 0), (2, 2)):
        expected = cut(run, layer, number).predict(grid(12)).reshape(12, 12)
        assert np.allclose(seen.layers[layer].responses[number], expected, atol=1e-5)
        alone = unit(run, Single(Region(EXTENT, 12), layer, number))
        assert np.array_equal(alone.values[:, :, 0], seen.layers[layer].responses[number])
        assert seen.layers[layer].highs[number] == pytest.approx(expected.max(), rel=1e-5)
        assert seen.layers[layer].lows[number] == pytest.approx(expected.min(), rel=1e-5)
    assert np.allclose(seen.layers[3].responses[0], run.predict(grid(12)).reshape(12, 12), atol=1e-5)


def test_over_one_feature_a_response_is_a_curve():
    run = begin(DEEP.change(dataset="sine"))
    seen = network(run, Glance((-2.0, 2.0, -1.0, 1.0), 12))
    x = np.linspace(-2, 2, 48)[:, np.newaxis]
    assert np.allclose(seen.layers[1].responses[2], cut(run, 1, 2).predict(x)[:, 0], atol=1e-5)
    assert unit(run, Single(Region((-2.0, 2.0, -1.0, 1.0), 12), 1, 2)).values.shape == (48, 1)


def test_each_class_has_an_output_whose_response_is_its_logit():
    run = begin(Experiment(dataset="blobs", classes=3, layers=(4,), precision="float64", samples=90))
    seen = network(run, Glance(EXTENT, 12))
    assert seen.outputs == run.experiment.dataset.class_names
    powers = np.exp(seen.layers[-1].responses.astype(float))
    shares = (powers / powers.sum(axis=0)).reshape(3, -1).T
    assert np.allclose(shares, run.predict(grid(12)), atol=1e-5)


def test_responses_lie_in_the_plane_of_many_features_that_is_seen():
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(80, 7)), rng.normal(size=(80, 1)), feature_names=tuple("abcdefg"))
    run = begin(
        Experiment(data=data, layers=(5, 4, 3), activation="tanh", precision="float64", standardize_target=False)
    )
    seen = network(run, Glance(EXTENT, 12))
    assert seen.names == tuple("abcdefg")
    expected = cut(run, 0, 1).predict(data.plane.lift(grid(12))).reshape(12, 12)
    assert np.allclose(seen.layers[0].responses[1], expected, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adagrad"])
@pytest.mark.parametrize("updates", [0, 1])
def test_the_numbers_of_a_weight_are_those_of_the_next_update(optimizer, updates):
    run = begin(DEEP.change(optimizer=optimizer, dropout=0.3, penalty="l2", penalty_strength=0.1), updates=updates)
    seen = network(run, Glance(EXTENT, 12, has_update=True))
    places = [(0, 2, 1), (1, 3, 4), (3, 0, 2), (2, 1, None)]
    before = run.weights
    slots = [array.copy() for array in run.state.store.slots]
    run.advance(1)
    after = run.weights
    for layer, number, source in places:
        found = seen.parameter(layer, number, source)
        name, place = (f"b{layer}", number) if source is None else (f"W{layer}", (source, number))
        assert found.value == before[name][place] and found.acting == found.value
        assert found.value + found.step == after[name][place]
        flat = run.net.layers[layer]["weight"] + number * run.net.layers[layer]["inputs"] + (source or 0)
        flat = run.net.layers[layer]["bias"] + number if source is None else flat
        assert found.gradient == run.net.gradients[flat]
        assert [value for _, value in found.slots] == [slot[flat] for slot in slots]
        assert found.number == run.updates


MOVED = {
    "sgd": {"penalty": "l1", "penalty_strength": 0.1},
    "nesterov": {"max_norm": 1.0},
    "adam": {"dropout": 0.3, "normalization": "batch"},
    "adamw": {"normalization": "weight"},
}


@pytest.mark.parametrize("optimizer", MOVED)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_last_step_leads_from_the_weights_an_update_earlier(optimizer, kind):
    experiment = DEEP.change(optimizer=optimizer, precision=kind, **MOVED[optimizer])
    run = begin(experiment, epochs=0)
    assert weights_before(run) is None
    for updates in (1, 2, 7):  # of one call each, across the ends of epochs
        run.advance(updates)
        earlier = begin(experiment, epochs=0, updates=run.updates - 1).state.net.weights
        seen = network(run, Glance(EXTENT, 12, has_update=True))
        assert np.array_equal(seen.before, earlier)
        place = int(run.net.layers[1]["weight"]) + 2
        assert seen.parameter(1, 0, 2).last_step == float(run.state.net.weights[place]) - float(earlier[place])


def test_the_last_step_of_a_past_epoch_is_had_again():
    run = begin(DEEP.change(dropout=0.3), epochs=9)
    for epoch in (4, 5, 1):
        earlier = begin(DEEP.change(dropout=0.3), epochs=0, updates=epoch * run.batches - 1).state.net.weights
        assert np.array_equal(weights_before(run.at(epoch)), earlier)
    assert weights_before(run.at(0)) is None


def test_in_other_arrays_the_last_step_is_known_after_an_update():
    run = begin(DEEP, epochs=2)
    run.adapt(DEEP.change(learning_rate=0.5))
    assert weights_before(run) is not None  # the same arrays
    run.adapt(DEEP.change(batch_size=7))
    assert weights_before(run) is None
    stood = run.state.net.weights.copy()
    run.advance(1)
    assert np.array_equal(weights_before(run), stood)


def test_an_update_that_broke_has_no_last_step():
    run = begin(DEEP.change(optimizer="sgd", loss="squared", activation="linear", learning_rate=1e9), epochs=30)
    assert run.failure and weights_before(run) is None


def test_looking_changes_nothing_of_what_is_trained():
    looked = begin(DEEP.change(dropout=0.3, normalization="batch"))
    for _ in range(3):
        network(looked, Glance(EXTENT, 12, has_update=True))
        unit(looked, Single(Region(EXTENT, 12), 0, 0))
        looked.advance(1)
    alone = begin(DEEP.change(dropout=0.3, normalization="batch"), updates=3)
    assert np.array_equal(looked.state.net.weights, alone.state.net.weights)
    assert np.array_equal(looked.state.net.moving, alone.state.net.moving)


@pytest.mark.parametrize("updates", [0, 2])
def test_dropped_units_are_those_that_the_last_batch_left_out(updates):
    run = begin(DEEP.change(dropout=0.4, batch_size=16), updates=updates)
    last = (run.updates - 1) % run.batches
    total = int(run.state.samples.inputs.shape[1])
    samples = min(16, total - 16 * last)
    # The masks lie in the run's own arrays until the next pass that trains.
    net, capacity = run.state.net, int(run.state.rules.capacity)
    width = -(-samples // 16) * 16
    masks = []
    for layer in net.layers[:-1]:
        start, units = int(layer["mask"]) * capacity, int(layer["units"])
        masks.append(net.scratch[start : start + units * width].reshape(units, width)[:, :samples].copy())
    seen = network(run, Glance(EXTENT, 12))
    for mask, layer in zip(masks, seen.layers):
        assert np.array_equal(layer.dropped, mask[:, 0] == 0)
        assert np.allclose(layer.shares, (mask == 0).mean(axis=1))
    assert sum(layer.dropped.sum() for layer in seen.layers[:-1]) > 0
    assert seen.layers[-1].dropped is None
    assert network(begin(DEEP.change(dropout=0.4), epochs=0), Glance(EXTENT, 12)).layers[0].dropped is None


def test_zeros_are_counted_with_proximal_l1_and_there_are_none_with_l2():
    l1 = begin(DEEP.change(penalty="l1", penalty_strength=4.0, optimizer="sgd", learning_rate=0.05), epochs=40)
    seen = network(l1, Glance(EXTENT, 12))
    counted = [int((array == 0).sum()) for name, array in l1.weights.items() if name[0] == "W"]
    assert [layer.zeros for layer in seen.layers] == counted and 0 < seen.zeros == sum(counted) < seen.weights
    l2 = begin(DEEP.change(penalty="l2", penalty_strength=4.0, optimizer="sgd", learning_rate=0.05), epochs=40)
    assert network(l2, Glance(EXTENT, 12)).zeros == 0


def test_with_weight_normalization_weights_are_shown_as_they_act():
    run = begin(DEEP.change(normalization="weight"))
    seen, named = network(run, Glance(EXTENT, 12, has_update=True)), run.weights
    acting = named["W1"] / np.linalg.norm(named["W1"], axis=0) * named["scale1"]
    assert np.allclose(seen.layers[1].weights, acting, atol=1e-9)
    found = seen.parameter(1, 2, 3)
    assert found.value == named["W1"][3, 2] and found.acting == pytest.approx(acting[3, 2])


def test_restored_weights_are_shown_and_the_update_is_said_to_start_from_the_last():
    run = Run(DEEP.change(early_stopping=True, patience=1, learning_rate=0.3, epochs=60))
    while not run.has_ended:
        run.finish_epoch()
    assert run.restored_epoch is not None and run.restored_epoch < run.epoch
    seen = network(run, Glance(EXTENT, 12, has_update=True))
    assert seen.is_restored and seen.epoch == run.restored_epoch
    assert np.array_equal(seen.layers[0].weights, run.weights["W0"])
    found = seen.parameter(0, 1, 0)
    last = run.state.net.weights[int(run.net.layers[0]["weight"]) + 2]
    assert found.value == run.weights["W0"][0, 1] and found.value != last
    assert found.step == seen.update.new_weights[2] - last


def test_the_past_is_looked_at_as_it_stood():
    run = begin(DEEP.change(dropout=0.3), epochs=6)
    then = network(begin(DEEP.change(dropout=0.3), epochs=4), Glance(EXTENT, 12, has_update=True))
    past = network(run.at(4), Glance(EXTENT, 12, has_update=True))
    assert past.epoch == 4
    for one, other in zip(past.layers, then.layers):
        assert np.array_equal(one.responses, other.responses) and np.array_equal(one.dropped, other.dropped)
    assert np.array_equal(past.update.step, then.update.step)


def test_a_large_network_is_seen_at_fewer_places_its_weights_in_blocks():
    run = begin(Experiment(samples=60, layers=(600, 600)), epochs=0)
    seen = network(run, Glance(EXTENT, 40, has_update=True))
    assert seen.update is None  # its twin would take much memory
    wide = seen.layers[1]
    assert wide.weights.shape == (300, 300) and wide.block == (2, 2)
    assert wide.responses.shape == (MOST_UNITS, 28, 28)
    block = run.weights["W1"][4:6, 10:12]
    assert wide.weights[2, 5] == block.flat[np.abs(block).argmax()]


def test_hurried_it_looks_at_fewer_places():
    run = begin()
    observer = Observer()
    for _ in range(4):
        hurried = observer.look(run, {"network": Glance(EXTENT, 40)}, is_hurried=True)["network"]
    assert hurried.layers[0].responses.shape[1] < 40
    assert Glance(EXTENT, 40).coarser(10).resolution == 12 and Glance(EXTENT, 16).coarser(10**6).resolution == 16
    assert {"network", "unit"} <= {view.key for view in VIEWS}


def test_a_unit_that_is_not_there_has_no_response():
    run = begin()
    assert unit(run, Single(Region(EXTENT, 12), 0, 5)) is None
    assert unit(run, Single(Region(EXTENT, 12), 4, 0)) is None


def test_a_unit_that_answers_alike_to_all_is_told_by_the_scale_of_its_layer():
    run = begin(epochs=0)
    arrays = run.weights
    arrays["W0"][:, 1], arrays["b0"][1] = 0, 0.05
    layer = network(Run(DEEP, arrays), Glance(EXTENT, 12)).layers[0]
    assert layer.lows[1] == layer.highs[1] == pytest.approx(np.tanh(0.05))
    assert layer.scales[1] == np.abs(layer.responses).max() > 0.1
    assert layer.scales[2] == np.abs(layer.responses[2]).max()
