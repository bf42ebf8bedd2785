"""The verdict on clear situations, five seeds each, and the evidence and remedies that it gives."""

import numpy as np
import pytest

from playground.kernels.columns import COLUMNS
from playground.kernels.losses import LOSSES
from playground.kernels.penalties import l2_slope
from playground.kernels.rules import position
from playground.kernels.settings import Rules
from playground.model.experiment import Experiment
from playground.training.diagnosis import diagnose
from playground.training.history import History
from playground.training.run import Run
from playground.training.symptoms import constant_loss, look
from playground.training.words import share_in_words

NOISY = {"dataset": "moons", "samples": 80, "noise": 0.35, "train_fraction": 0.5, "learning_rate": 0.01}
CURVE = {"dataset": "sine", "samples": 30, "noise": 0.5, "layers": (128, 128), "learning_rate": 0.005}
CIRCLES = {"dataset": "circles", "samples": 300, "noise": 0.1, "layers": (16,), "learning_rate": 0.01}
SPIRAL = {"dataset": "spiral", "samples": 400, "noise": 0.0, "batch_size": 16, "learning_rate": 0.01}

# name, verdict, knobs, and at which epoch it is asked for (0: at the end)
SITUATIONS = (
    ("a linear model on a spiral", "underfit", {**SPIRAL, "layers": (), "epochs": 100}, 0),
    ("a penalty of 1000", "underfit", {"penalty": "l2", "penalty_strength": 1e3, "learning_rate": 0.01}, 0),
    ("256 units on 40 noisy points", "overfit", {**NOISY, "layers": (256,), "epochs": 1000}, 0),
    ("128, 128 units on a noisy curve", "overfit", {**CURVE, "epochs": 800}, 0),
    (
        "256 units on 40 noisy points with dropout and L2",
        "good",
        {**NOISY, "layers": (256,), "epochs": 1000, "dropout": 0.5, "penalty": "l2", "penalty_strength": 2.4},
        0,
    ),
    ("16 units on circles", "good", CIRCLES, 0),
    ("a spiral at epoch 20", "training", {**SPIRAL, "layers": (32, 32), "activation": "tanh"}, 20),
    ("relu with SGD at 1e5", "diverged", {"optimizer": "sgd", "learning_rate": 1e5}, 0),
)


def trained(knobs, until=0):
    run = Run(Experiment(**knobs), budget=0)  # nobody looks back at it
    while not run.has_ended and (not until or run.epoch < until):
        run.finish_epoch()
    return run


def verdict(until=0, **knobs):
    return diagnose(trained(knobs, until))


@pytest.mark.parametrize("name, expected, knobs, until", SITUATIONS, ids=[row[0] for row in SITUATIONS])
def test_the_verdict_is_right_for_five_seeds(name, expected, knobs, until):
    assert [verdict(until, **knobs, seed=seed).kind for seed in range(5)] == [expected] * 5


def test_a_run_that_has_not_begun_has_no_verdict():
    assert diagnose(Run(Experiment())).kind == "none"


def test_after_two_epochs_it_is_too_early_to_say():
    assert verdict(2).kind == "training"


def test_a_loss_that_became_infinite_has_diverged():
    told = verdict(dataset="sine", optimizer="sgd", learning_rate=1e6)
    assert told.kind == "diverged" and "NaN" in told.evidence


def test_divergence_at_a_wild_rate_advises_a_usual_one():
    assert verdict(optimizer="sgd", learning_rate=1e5).remedies[0][1] == {"learning_rate": 0.1}


def test_divergence_at_a_rate_somewhat_high_advises_a_third_of_it():
    told = verdict(dataset="plane", layers=(), optimizer="sgd", learning_rate=3.0, epochs=10)
    assert told.kind == "diverged" and told.remedies[0][1] == {"learning_rate": 0.1}


def test_large_first_weights_on_their_way_down_have_not_diverged():
    told = verdict(init_scale=20.0, learning_rate=0.001, epochs=60, samples=400)
    assert told.kind != "diverged"


def test_overfitting_says_since_which_epoch():
    run = trained({**NOISY, "layers": (256,), "epochs": 400})
    since, val_loss = diagnose(run).since, run.history.rows[:, 2]
    assert val_loss[since:].mean() > 1.1 * val_loss[since - 10 : since + 10].mean()


def test_overfitting_gives_both_losses_in_numbers():
    told = verdict(**NOISY, layers=(256,), epochs=400)
    assert told.evidence.count("%") >= 3 and "variance" in told.evidence


def test_every_remedy_is_a_change_of_knobs_that_is_accepted():
    for _, _, knobs, until in SITUATIONS:
        run = trained({**knobs, "epochs": 60}, until)
        for text, changes in diagnose(run).remedies:
            assert text and run.experiment.change(**changes) != run.experiment


def test_what_is_in_use_is_not_advised():
    in_use = {"augment": True, "augment_jitter": 0.01, "early_stopping": True, "patience": 500}
    in_use["restore_best_weights"] = False
    told = verdict(**NOISY, layers=(256,), epochs=600, **in_use)
    assert told.kind == "overfit"
    changed = {name for _, changes in told.remedies for name in changes}
    assert "restore_best_weights" in changed and not changed & {"augment", "early_stopping"}


def test_underfitting_advises_more_capacity():
    told = verdict(**SPIRAL, layers=(), epochs=60)
    assert told.cause == "too_small" and "layers" in told.remedies[0][1]


def test_a_penalty_that_is_too_strong_is_advised_away():
    told = verdict(penalty="l2", penalty_strength=1e3, learning_rate=0.01)
    assert told.cause == "too_much_regularization" and ("Remove the penalty", {"penalty": "none"}) in told.remedies


@pytest.mark.parametrize("convention, strength", [("lecture", 1e3), ("keras", 3.0), ("pytorch", 5.0)])
def test_a_penalty_is_lowered_to_what_is_mild_in_its_convention(convention, strength):
    told = verdict(penalty="l2", penalty_strength=strength, convention=convention, learning_rate=0.01)
    lowered = told.remedies[0][1]["penalty_strength"]
    run = Run(Experiment(penalty="l2", penalty_strength=lowered, convention=convention))
    one, slope = np.ones(1, np.float32), np.zeros(1, np.float32)
    l2_slope(one, one, slope, run.state.rules, run.state.rates)
    assert 0.002 < slope[0] < 0.02


def test_dropout_that_flattens_a_curve_is_not_called_a_lack_of_units():
    told = verdict(dataset="sine", samples=250, noise=0.15, layers=(32,), dropout=0.5, learning_rate=0.01, epochs=300)
    assert told.cause == "too_much_regularization" and told.remedies[0][1] == {"dropout": 0.1}


def test_a_loss_that_only_wanders_is_not_called_falling():
    draws = np.random.default_rng(3).standard_normal((20, 100))
    run = trained({**CIRCLES, "epochs": 100})
    column = COLUMNS.index("data_loss")
    for wander in draws:
        rows = run.history.rows.copy()
        rows[:, column] = 0.2 + 0.05 * wander
        run.history = History(rows)
        assert not look(run).is_falling


@pytest.mark.parametrize("remedy", ["early_stopping", "penalty"])
def test_following_a_remedy_against_overfitting_makes_a_good_fit(remedy):
    run = trained({**NOISY, "layers": (256,), "epochs": 1000})
    changes = next(changes for _, changes in diagnose(run).remedies if remedy in changes)
    after = Run(run.experiment.change(**changes))
    while not after.has_ended:
        after.finish_epoch()
    assert diagnose(after).kind == "good"


def test_the_advised_patience_waits_as_long_as_the_best_epoch_took():
    run = trained({**NOISY, "layers": (256,), "epochs": 800, "learning_rate": 0.003, "convention": "keras"})
    told = diagnose(run)
    after = trained({**run.experiment.knobs._asdict(), **told.remedies[0][1]})
    assert after.restored_epoch == look(run).best_epoch > 100 and after.epoch < 800


def test_without_validation_no_gap_can_be_told():
    told = verdict(train_fraction=1.0, learning_rate=0.01)
    assert (told.kind, told.title, told.cause) == ("training", "no validation set", None)


def test_losses_are_compared_without_the_penalty():
    run = trained({**CIRCLES, "penalty": "l2", "penalty_strength": 5.0, "epochs": 30})
    row, seen = dict(zip(COLUMNS, run.history.rows[-1])), look(run)
    assert seen.train * seen.reference == pytest.approx(row["data_loss"])
    assert seen.val * seen.reference == pytest.approx(row["val_loss"] - row["penalty"])
    assert row["penalty"] > 0.01


def test_the_penalty_does_not_count_as_a_misfit():
    strong = {"penalty": "elastic_net", "penalty_strength": 1e-4, "elastic_mix": 1.0}
    assert verdict(**CIRCLES, **strong).kind == "good"


@pytest.mark.parametrize(
    "loss, targets, expected",
    [
        ("cross_entropy", [[0, 1, 1, 1]], -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))),
        ("cross_entropy", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], 1.5 * np.log(2)),
        ("squared", [[1, 2, 3, 6]], 3.5),
        ("absolute", [[1, 2, 3, 6]], 1.5),
        ("huber", [[1, 2, 3, 6]], (1.0 + 0.125 + 0.125 + 3.0) / 4),
    ],
)
def test_the_reference_is_the_loss_of_the_best_constant(loss, targets, expected):
    number = position(LOSSES, loss)
    rules = Rules(loss=number, of_classes=int(LOSSES[number].of_classes))
    assert constant_loss(rules, np.array(targets)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "share, words",
    [
        (0.0, "under 0.1 %"),
        (0.0254, "2.5 %"),
        (0.34, "34 %"),
        (1.2, "120 %"),
        (57.0, "57 times"),
        (5.7028e12, "5.7e+12 times"),
        (np.nan, "unknown"),
        (np.inf, "infinite"),
    ],
)
def test_a_share_is_told_in_a_few_figures(share, words):
    assert share_in_words(share) == words


def test_the_first_epoch_after_another_penalty_is_judged_without_a_warning():
    run = Run(Experiment(samples=40, epochs=20))
    run.finish_epoch()
    run.adapt(run.experiment.change(penalty="l2"))
    for _ in range(3):
        run.finish_epoch()
        assert diagnose(run).kind in ("none", "training", "underfit", "overfit", "good")
