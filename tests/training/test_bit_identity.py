"""Same experiment, same seed: the same history bit for bit, whatever happens around the training."""

import itertools
import time

import pytest

from playground.model.experiment import Experiment
from playground.training.desk import take_snapshot
from playground.training.diagnosis import diagnose
from playground.training.engine import Engine
from playground.training.letters import Pace, Wish
from playground.training.resuming import resume, to_saved
from playground.training.run import Run
from playground.training.surface import Region, surface
from playground.training.trainer import Trainer

PATIENCE = 60.0  # seconds


def experiment(precision):
    """Everything that draws or remembers, with a run that stops early."""
    return Experiment(
        dataset="moons",
        samples=90,
        noise=0.3,
        layers=(12, 6),
        normalization="batch",
        dropout=0.2,
        augment=True,
        augment_jitter=0.2,
        augment_flip_horizontal=True,
        penalty="l1",
        penalty_strength=0.2,
        early_stopping=True,
        patience=40,
        learning_rate=0.01,
        batch_size=16,
        epochs=300,
        precision=precision,
    )


def fingerprint(run):
    """Every bit that a run leaves behind but the time that it took."""
    parts = [run.history.rows[:, :-1].tobytes(), repr((run.epoch, run.updates, run.status, run.best_epoch)).encode()]
    parts += [name.encode() + array.tobytes() for name, array in run.weights.items()]
    parts += [run.norms.rows.tobytes(), run.norms.epochs.tobytes(), run.state.store.slots.tobytes()]
    return b"".join(parts)


def in_one_go(precision):
    run = Run(experiment(precision))
    run.advance(1_000_000)
    while not run.has_ended:
        run.advance(1_000_000)
    return fingerprint(run)


WHOLE = {}


@pytest.fixture(params=["float32", "float64"])
def precision(request):
    if request.param not in WHOLE:
        WHOLE[request.param] = in_one_go(request.param)
    return request.param


def cut(precision, lengths):
    run = Run(experiment(precision))
    for length in itertools.cycle(lengths):
        if run.has_ended:
            return fingerprint(run)
        run.advance(length)


def test_the_experiment_stops_early_after_a_while(precision):
    run = Run(experiment(precision))
    run.advance(1_000_000)
    assert run.status == "stopped_early" and run.epoch > 50


@pytest.mark.parametrize("lengths", [[1], [3], [4], [1, 2, 3, 5, 8, 13], [997], [10_000, 1]], ids=str)
def test_the_history_does_not_depend_on_how_training_is_cut(precision, lengths):
    assert cut(precision, lengths) == WHOLE[precision]


def test_bursts_by_the_clock_make_the_same_history(precision):
    run = Run(experiment(precision))
    for seconds in itertools.cycle([0.0001, 0.002, 0.01]):
        if run.has_ended:
            break
        run.burst(seconds)
    assert fingerprint(run) == WHOLE[precision]


def test_epoch_by_epoch_makes_the_same_history(precision):
    run = Run(experiment(precision))
    while not run.has_ended:
        run.finish_epoch()
    assert fingerprint(run) == WHOLE[precision]


def test_snapshots_and_scores_on_the_way_change_nothing(precision):
    run = Run(experiment(precision))
    while not run.has_ended:
        run.advance(50)
        take_snapshot(1, run, diagnose(run), {"surface": surface(run, Region((-2, 2, -2, 2), 8))})
        run.scores()
        run.predict(run.experiment.dataset.inputs)
    assert fingerprint(run) == WHOLE[precision]


def test_saving_and_taking_up_again_and_again_changes_nothing(precision):
    run = Run(experiment(precision))
    while not run.has_ended:
        run.advance(37)
        run = resume(run.experiment, *to_saved(run))
    assert fingerprint(run) == WHOLE[precision]


def test_raising_the_epochs_on_the_way_changes_nothing(precision):
    whole = experiment(precision)
    run = Run(whole.change(epochs=1))
    while not run.has_ended:
        run.finish_epoch()
        if run.status == "finished" and run.epoch < whole.knobs.epochs:
            run.adapt(whole.change(epochs=run.epoch + 1))
    assert fingerprint(run) == WHOLE[precision]


def test_another_seed_makes_another_history(precision):
    run = Run(experiment(precision).change(seed=1))
    run.advance(1_000_000)
    assert fingerprint(run) != WHOLE[precision]


def test_the_thread_with_pauses_steps_views_speeds_and_saves_makes_the_same_history(precision):
    engine = Engine()
    trainer = Trainer(engine)
    engine.prepare()
    trainer.start()
    try:
        run = disturb(trainer, experiment(precision))
    finally:
        engine.close()
        trainer.close()
    assert fingerprint(run) == WHOLE[precision]


def disturb(trainer, whole):
    """Train in the trainer's thread to the end, with something new asked for after each letter."""
    asked, steps = Wish(1, whole, looks={"surface": Region(resolution=8)}), 0
    moods = itertools.cycle(["step", "pause", "slow", "view", "hold", "look back"])
    until = time.monotonic() + PATIENCE
    trainer.ask(asked)
    while time.monotonic() < until:
        letter = trainer.take()
        if letter is None:
            time.sleep(0.001)
            continue
        assert letter.error is None
        if letter.snapshot.status == "stopped_early":
            with trainer.holding() as run:
                return run
        mood = next(moods)
        if mood == "step":
            steps += 1
        elif mood == "hold":
            with trainer.holding() as run:
                to_saved(run)
        size = 8 + steps % 5 if mood == "view" else 8
        # at full speed little would be left to disturb
        speed = 150.0 if letter.snapshot.epoch < 60 else 0.0
        is_playing = mood not in ("pause", "step")
        # a pause alone would bring no news to react to: it comes with a look at another part of the plane
        looks = {"surface": Region((-1.0 - steps, 2.0, -1.0, 1.0), size), "norms": None}
        at = letter.snapshot.epoch // 2 if mood == "look back" else None
        trainer.ask(asked._replace(is_playing=is_playing, steps=steps, pace=Pace(speed), looks=looks, at=at))
    raise AssertionError("the run did not end")
