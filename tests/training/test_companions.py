"""What changes with a choice in the window, unless it was set by hand."""

import pytest

from playground.kernels.columns import COLUMNS
from playground.model.experiment import Experiment
from playground.model.shapes import SHAPES
from playground.session import Session, first_run
from playground.training.companions import companions
from playground.training.residuals import structure
from playground.training.run import Run


@pytest.fixture
def session():
    made = Session(prepares=False)
    yield made


def knobs_after(session, **changes):
    session.edit(**changes)
    return session.experiment.resolved


def test_another_optimizer_brings_its_own_rate(session):
    assert session.experiment.knobs.learning_rate == 0.003
    assert knobs_after(session, optimizer="sgd").learning_rate == 0.01
    assert knobs_after(session, optimizer="adam").learning_rate == 0.001


def test_a_rate_that_was_set_by_hand_stays(session):
    session.edit(learning_rate=0.2)
    assert knobs_after(session, optimizer="sgd").learning_rate == 0.2


def test_a_rate_that_a_remedy_set_goes_with_its_optimizer(session):
    session.try_remedy({"learning_rate": 0.2})
    assert knobs_after(session, optimizer="sgd").learning_rate == 0.01


def test_another_pattern_brings_its_own_noise(session):
    assert session.experiment.knobs.noise == 0.35
    assert knobs_after(session, dataset="spiral").noise == 0.03


def test_a_noise_that_was_set_by_hand_stays(session):
    session.edit(noise=0.3)
    assert knobs_after(session, dataset="spiral").noise == 0.3


def test_a_noise_that_a_file_gives_stays(tmp_path, session):
    (tmp_path / "a.toml").write_text('[knobs]\ndataset = "moons"\nnoise = 0.3\n')
    session.open(tmp_path / "a.toml")
    assert knobs_after(session, dataset="spiral").noise == 0.3


def test_a_new_experiment_was_set_by_nobody(session):
    session.edit(noise=0.3)
    session.new()
    assert knobs_after(session, dataset="spiral").noise == 0.03


def test_one_undo_takes_the_choice_and_what_came_with_it_back(session):
    session.edit(optimizer="sgd")
    assert session.undo_label == "change optimizer"
    session.undo()
    assert session.experiment == first_run()


def test_the_default_noise_without_a_window_is_the_same_for_all_patterns():
    assert Experiment(dataset="spiral").knobs.noise == 0.2


def agreement(pattern, noise):
    return structure(Run(Experiment(dataset=pattern, noise=noise, samples=400, init_scale=0.0)))


@pytest.mark.parametrize("pattern", [rule.key for rule in SHAPES if "noise" in rule.reads])
def test_at_its_own_noise_a_pattern_can_be_seen(pattern):
    """Neighbours' targets agree: what an untrained network gets wrong is no noise."""
    noise = companions(Experiment(dataset="digits"), {"dataset": pattern}, ())["noise"]
    assert agreement(pattern, noise) > 0.5


def test_at_the_noise_of_the_moons_a_spiral_cannot_be_seen():
    assert agreement("spiral", 0.35) < 0.1


def ends(experiment):
    run = Run(experiment)
    while not run.has_ended:
        run.burst(0.5)
    row = dict(zip(COLUMNS, run.history.rows[-1]))
    return row["val_loss"] - row["penalty"]


@pytest.mark.parametrize("convention", ["lecture", "keras", "pytorch"])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elastic_net"])
def test_a_penalty_that_is_switched_on_does_something(session, convention, penalty):
    session.edit(convention=convention)
    plain = ends(session.experiment)
    session.edit(penalty=penalty)
    assert ends(session.experiment) < 0.7 * plain


def test_the_strength_follows_the_convention(session):
    found = [knobs_after(session, penalty="l2").penalty_strength]
    found += [knobs_after(session, convention=name).penalty_strength for name in ("keras", "pytorch", "lecture")]
    assert found == [1.0, 0.01, 0.03, 1.0]


def test_a_strength_that_was_set_by_hand_stays(session):
    session.edit(penalty_strength=0.5)
    assert knobs_after(session, penalty="l2").penalty_strength == 0.5


def test_sets_that_cannot_be_dealt_do_not_forbid_a_penalty(session):
    session.edit(test_fraction=0.9)
    assert knobs_after(session, penalty="l2").penalty == "l2"
