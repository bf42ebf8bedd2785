"""The numbers under a verdict: what its words say, to be drawn."""

import math

import numpy as np
import pytest

from playground.model.dataset import TRAIN, VALIDATION
from playground.model.experiment import Experiment
from playground.training.diagnosis import diagnose
from playground.training.evidence import CHARTS
from playground.training.run import Run
from playground.training.snapshot import CAUSES
from playground.training.symptoms import look
from playground.training.words import share_in_words

from .test_diagnosis import CIRCLES, NOISY, SPIRAL, trained

OVERFIT = {**NOISY, "layers": (256,), "epochs": 400}


def test_every_cause_that_can_be_told_has_its_numbers():
    assert set(CAUSES) <= set(CHARTS)


def test_overfitting_is_shown_by_both_losses_at_the_best_epoch_and_now():
    run = trained(OVERFIT)
    told, rows = diagnose(run), run.history.rows
    best = int(rows[:, 2].argmin())
    reference = look(run).reference
    assert told.cause == "too_complex" and told.numbers.is_change
    assert told.numbers.rows == (f"best, epoch {best + 1}", "now, epoch 400")
    expected = [(rows[place, 3], rows[place, 2]) for place in (best, -1)]
    assert np.array(told.numbers.values) * reference == pytest.approx(np.array(expected))
    for value in (told.numbers.values[0][1], *told.numbers.values[1]):
        assert share_in_words(value) in told.evidence


def test_a_loss_that_falls_is_shown_by_two_windows_of_epochs():
    run = trained({**SPIRAL, "layers": (32, 32), "activation": "tanh"}, 20)
    told, seen = diagnose(run), look(run)
    assert told.title == "still learning" and told.numbers.rows == ("epochs 13–16", "epochs 17–20")
    data, validation = run.history.rows[-8:, 3], run.history.rows[-8:, 2]
    means = [[part[:4].mean(), part[4:].mean()] for part in (data, validation)]
    assert np.array(told.numbers.values).T * seen.reference == pytest.approx(np.array(means))


def test_a_rate_is_shown_beside_the_usual_one():
    told = diagnose(trained({"optimizer": "sgd", "learning_rate": 1e5}))
    assert told.numbers.is_log and told.numbers.values == ((1e5,), (0.1,))


def test_a_loss_on_its_way_to_break_is_shown_at_the_start_and_now():
    run = trained({"dataset": "plane", "layers": (), "optimizer": "sgd", "learning_rate": 1.0}, 1)
    told = diagnose(run)
    (start,), (now,) = told.numbers.values
    assert told.title == "about to diverge" and "start" in told.numbers.rows[0] and told.numbers.is_log
    assert f"{now / start:.3g} times what it was at the start" in told.evidence


def test_dead_layers_are_shown_beside_the_living():
    experiment = Experiment(**CIRCLES).change(layers=(16, 8), epochs=100)
    run = Run(experiment, Run(experiment).weights | {"b1": np.full(8, -20.0)})
    while not run.has_ended:
        run.finish_epoch()
    told = diagnose(run)
    assert told.cause == "dead_units" and told.numbers.rows == ("layer 1, 16 units", "layer 2, 8 units")
    (first,), (second,) = told.numbers.values
    assert first > 0.5 and second == 0


def test_sets_that_differ_are_shown_by_their_shares_of_each_class():
    data = Experiment(**CIRCLES).dataset
    order = np.argsort(data.targets.ravel(), kind="stable")
    sets = np.full(data.samples, TRAIN, np.int8)
    sets[order[-60:]] = VALIDATION
    run = Run(Experiment(Experiment(**CIRCLES, epochs=5).knobs, data.replace(sets=sets)))
    run.finish_epoch()
    told = diagnose(run)
    assert told.cause == "sets_differ" and told.numbers.rows == data.class_names
    shares = [(data.targets[sets == which] == 1).mean() for which in (TRAIN, VALIDATION)]
    assert told.numbers.values[1] == pytest.approx(shares)


def test_a_shift_is_shown_by_the_features_means():
    run = Run(Experiment(**CIRCLES, shift=2.0))
    run.finish_epoch()
    told = diagnose(run)
    assert told.cause == "covariate_shift" and [row[0] for row in told.numbers.values] == [0.0, 0.0]
    assert max(abs(row[1]) for row in told.numbers.values) > 1.5


def test_too_few_points_are_counted_beside_what_it_takes():
    run = Run(Experiment(samples=10))
    run.finish_epoch()
    told = diagnose(run)
    assert told.cause == "too_few_points" and told.numbers.unit == "count"
    assert told.numbers.values[0][0] + told.numbers.values[2][0] <= 10


def test_alike_units_act_as_one():
    run = trained({**CIRCLES, "layers": (16, 4), "initializer": "zeros", "epochs": 100})
    told = diagnose(run)
    assert told.cause == "equal_start" and told.numbers.values == ((16.0,), (4.0,), (1.0,))


def test_before_there_is_a_loss_nothing_is_drawn():
    assert diagnose(Run(Experiment())).numbers is None
    broken = trained({"optimizer": "sgd", "learning_rate": 1e5})
    assert all(math.isfinite(value) for row in diagnose(broken).numbers.values for value in row)
