"""A race, planned: who takes part, what they are called, and which weights they share."""

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training.race import choose, notes, plan
from playground.training.run import Run

SMALL = Experiment(samples=40, layers=(4,), epochs=5)


def equal(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_every_combination_takes_part_under_its_own_name():
    found = plan(SMALL, {"optimizer": ["sgd", "adam"], "dropout": [0, 0.5]})
    assert [one.name for one in found] == ["SGD, p 0", "SGD, p 0.5", "Adam, p 0", "Adam, p 0.5"]
    assert [one.experiment.knobs.dropout for one in found] == [0, 0.5, 0, 0.5]


def test_a_choice_of_none_says_what_there_is_none_of():
    assert [one.name for one in plan(SMALL, {"penalty": ["none", "l2"]})] == ["penalty none", "L2"]


def test_they_start_from_the_same_weights():
    first, second = plan(SMALL, {"optimizer": ["sgd", "adam"]})
    assert equal(first.initial, second.initial) and second.own == ()
    assert list(first.initial) == ["W0", "b0", "W1", "b1"]


def test_weights_of_the_first_are_taken_where_another_convention_would_draw_others():
    first, second = plan(SMALL, {"convention": ["lecture", "pytorch"]})
    drawn = Run(second.experiment).initial_weights
    assert not np.array_equal(drawn["W0"], second.initial["W0"]) and equal(first.initial, second.initial)


def test_layers_of_other_shapes_have_weights_of_their_own_and_this_is_said():
    first, second = found = plan(SMALL.change(layers=(8,)), {"layers": [(8,), (8, 3)]})
    assert np.array_equal(first.initial["W0"], second.initial["W0"])
    assert second.own == ("W1", "b1", "W2", "b2")
    assert notes(found) == ["layers 8, 3 does not share W1, b1, W2, b2 with layers 8"]


def test_initializers_are_compared_by_what_they_draw():
    first, second = plan(SMALL, {"initializer": ["glorot_uniform", "he_normal"]})
    assert second.own == ("W0", "b0", "W1", "b1")
    assert equal(second.initial, {name: Run(second.experiment).initial_weights[name] for name in second.initial})
    assert not np.array_equal(first.initial["W0"], second.initial["W0"])


def test_a_seed_has_weights_of_its_own_on_the_same_points():
    one, other, *_ = found = plan(SMALL.change(seed=3), {"optimizer": ["sgd", "adam"]}, seeds=2)
    assert [each.seed for each in found] == [3, 4, 3, 4] and [each.number for each in found] == [0, 0, 1, 1]
    for name in ("inputs", "targets", "sets"):
        assert np.array_equal(getattr(one.experiment.dataset, name), getattr(other.experiment.dataset, name))
    assert not np.array_equal(one.initial["W0"], other.initial["W0"])
    assert equal(other.initial, found[3].initial)


def test_a_shifted_validation_set_is_the_same_under_every_seed():
    one, other = plan(SMALL.change(shift=1.0), {"optimizer": ["sgd"]}, seeds=2)
    assert np.array_equal(one.experiment.dataset.inputs, other.experiment.dataset.inputs)


def rates(experiment, **more):
    found = plan(experiment, {"optimizer": ["sgd", "adam"]}, **more)
    return [one.experiment.resolved.learning_rate for one in found]


def test_each_optimizer_takes_its_own_rate():
    assert rates(SMALL) == [0.01, 0.001]


def test_a_rate_that_was_set_by_hand_stays():
    assert rates(SMALL.change(learning_rate=0.3)) == [0.3, 0.3]
    assert rates(SMALL.change(learning_rate=0.3), set_by_hand={"learning_rate"}) == [0.3, 0.3]


def test_a_rate_that_only_followed_a_choice_follows_the_next():
    assert rates(SMALL.change(optimizer="momentum", learning_rate=0.3), set_by_hand=()) == [0.01, 0.001]


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ({"optimizer": ["sgd", "adamm"]}, ("optimizer", "adamm", "adamax")),
        ({"learning_rate": [0.1, -1]}, ("learning_rate", "-1")),
        ({"rate": [0.1]}, ("rate", "unknown")),
        ({"train_fraction": [0.5, 1.0]}, ("train_fraction", "1.0", "no point validates")),
        ({"dropout": [0.5, 0.5]}, ("dropout", "0.5", "twice")),
        ({"dropout": []}, ("dropout", "values")),
        ({}, ("knob",)),
        ({"seed": range(2000)}, ("2000 runs", "1000")),
    ],
)
def test_a_value_that_is_refused_is_named(vary, words):
    with pytest.raises(KnobError) as error:
        plan(SMALL.change(early_stopping=True), vary)
    assert all(word in str(error.value) for word in words)


def test_one_value_can_be_tried_alone():
    assert choose(SMALL, {"optimizer": "sgd"}) == SMALL.change(optimizer="sgd")
    with pytest.raises(KnobError, match="^loss cross_entropy: .*targets are numbers"):
        choose(SMALL.change(dataset="sine"), {"loss": "cross_entropy"})


@pytest.mark.parametrize("seeds", [0, 2])
def test_seeds_that_make_no_sense_are_refused(seeds):
    with pytest.raises(KnobError, match="seeds"):
        plan(SMALL, {"seed": [1, 2]}, seeds)
