"""The trainer's thread: the newest wish counts, letters are taken one by one, and numbers owe nothing to either."""

import io
import sys
import threading
import time
from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest

from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.training import desk as desk_module
from playground.training import views, warm
from playground.training.desk import Desk
from playground.training.diagnosis import diagnose
from playground.training.engine import Engine
from playground.training.letters import NO_RUN, Pace, Wish
from playground.training.run import Run
from playground.training.surface import COARSEST, Region, surface
from playground.training.trainer import Trainer

FAST = Experiment(samples=60, layers=(4,), epochs=20, batch_size=8)
LONG = FAST.change(epochs=10_000_000)
PATIENCE = 60.0  # seconds


@pytest.fixture
def engine():
    found = Engine()
    found.prepare()
    yield found
    found.close()


@pytest.fixture
def trainer(engine):
    found = Trainer(engine)
    found.start()
    yield found
    found.close()


def wait_for(trainer, condition):
    """Take letters until one fulfils a condition."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        letter = trainer.take()
        if letter is not None and condition(letter):
            return letter
        time.sleep(0.001)
    raise AssertionError("the letter did not come")


def has_ended(letter):
    return letter.snapshot is not None and letter.snapshot.status not in ("ready", "training")


def test_a_wish_to_play_trains_to_the_end(trainer):
    trainer.ask(Wish(1, FAST, is_playing=True))
    assert wait_for(trainer, has_ended).snapshot.epoch == 20


def test_a_wish_without_playing_shows_the_untrained_network(trainer):
    trainer.ask(Wish(1, FAST))
    assert wait_for(trainer, lambda letter: True).snapshot.status == "ready"


def test_a_letter_is_taken_once(trainer):
    trainer.ask(Wish(1, FAST))
    wait_for(trainer, lambda letter: True)
    with trainer.holding():
        assert trainer.take() is None


def test_letters_and_snapshots_bear_the_number_of_their_run(trainer):
    trainer.ask(Wish(7, FAST))
    letter = wait_for(trainer, lambda letter: True)
    assert letter.run == letter.snapshot.run == 7


def test_several_trainers_wait_for_one_engine(monkeypatch):
    calls, may_end = [], threading.Event()
    monkeypatch.setattr(warm, "ensure", lambda *_: (calls.append(1), may_end.wait(PATIENCE)))
    engine = Engine()
    both = [Trainer(engine), Trainer(engine)]
    engine.prepare()
    for number, one in enumerate(both, 1):
        one.start()
        one.ask(Wish(number, FAST))
    assert not engine.is_ready and [one.take() for one in both] == [None, None]
    may_end.set()
    assert [wait_for(one, lambda letter: True).run for one in both] == [1, 2] and calls == [1]
    for one in (engine, *both):
        one.close()


def test_an_engine_that_fails_is_told_and_training_goes_on(monkeypatch):
    monkeypatch.setattr(warm, "ensure", lambda *_: 1 / 0)
    engine = Engine()
    trainer = Trainer(engine)
    engine.prepare()
    trainer.start()
    letter = wait_for(trainer, lambda letter: letter.error is not None)
    assert letter.run == NO_RUN and isinstance(letter.error, ZeroDivisionError)
    trainer.ask(Wish(1, FAST, is_playing=True))
    assert wait_for(trainer, has_ended).snapshot.epoch == 20
    trainer.close()
    engine.close()


def test_a_trainer_that_waits_for_its_engine_can_be_closed():
    trainer = Trainer(Engine())
    trainer.start()
    trainer.close()
    assert not trainer._thread.is_alive()


def test_each_step_is_one_epoch(trainer):
    trainer.ask(Wish(1, FAST, steps=3))
    wait_for(trainer, lambda letter: letter.snapshot.epoch == 3)
    with trainer.holding() as run:
        assert (run.epoch, run.is_in_epoch) == (3, False)


def test_the_newest_wish_counts(trainer):
    trainer.ask(Wish(1, LONG, is_playing=True))
    trainer.ask(Wish(2, FAST, is_playing=True))
    assert wait_for(trainer, has_ended).run == 2


def test_the_snapshot_has_the_surface_that_was_asked_for(trainer):
    trainer.ask(Wish(1, FAST, looks={"surface": Region((-2.0, 1.0, 0.0, 4.0), 8)}))
    shown = wait_for(trainer, lambda letter: True).snapshot.seen["surface"]
    assert shown.extent == (-2.0, 1.0, 0.0, 4.0) and shown.values.shape == (8, 8, 2)


def test_nothing_is_looked_at_that_was_not_asked_for(trainer):
    trainer.ask(Wish(1, FAST))
    assert wait_for(trainer, lambda letter: True).snapshot.seen == {}


def test_what_is_asked_for_later_is_shown_without_training_on(trainer):
    trainer.ask(Wish(1, FAST.change(normalization="batch"), steps=2))
    wait_for(trainer, lambda letter: letter.snapshot.epoch == 2)
    trainer.ask(Wish(1, FAST.change(normalization="batch"), steps=2, looks={"norms": None}))
    shown = wait_for(trainer, lambda letter: letter.snapshot.seen).snapshot
    assert shown.epoch == 2 and len(shown.seen["norms"][0].epochs) == 2


def test_what_will_hardly_do_what_was_meant_is_a_look_too(trainer):
    alone = FAST.change(normalization="batch", batch_size=1)
    trainer.ask(Wish(1, alone, looks={"doubts": None}))
    assert "a batch of one" in wait_for(trainer, lambda letter: True).snapshot.seen["doubts"][0]


def test_a_look_that_does_not_exist_travels_as_an_error(trainer):
    trainer.ask(Wish(1, FAST, looks={"landscape": None}))
    assert isinstance(wait_for(trainer, lambda letter: letter.error is not None).error, KeyError)


def test_the_surface_at_the_end_is_that_of_the_restored_weights(trainer):
    stops = Experiment(samples=40, noise=0.4, layers=(32,), learning_rate=0.05, early_stopping=True, epochs=2000)
    trainer.ask(Wish(1, stops, is_playing=True, looks={"surface": Region(resolution=8)}))
    shown = wait_for(trainer, has_ended).snapshot
    run = Run(stops)
    while not run.has_ended:
        run.finish_epoch()
    x, y = np.meshgrid(np.linspace(-1.5, 1.5, 8), np.linspace(-1.5, 1.5, 8))
    expected = run.predict(np.column_stack([x.ravel(), y.ravel()])).reshape(8, 8, 2)
    assert shown.seen["surface"].epoch == shown.restored_epoch == run.best_epoch
    assert np.array_equal(shown.seen["surface"].values, expected.astype(np.float32))


def test_a_live_change_goes_on_in_the_same_run(trainer):
    trainer.ask(Wish(1, LONG, is_playing=True))
    wait_for(trainer, lambda letter: letter.snapshot.epoch > 0)
    trainer.ask(Wish(1, LONG.change(learning_rate=0.5), is_playing=True))
    rates = wait_for(trainer, lambda letter: letter.snapshot.column("learning_rate")[-1:] == 0.5)
    assert rates.snapshot.column("learning_rate")[0] == 0.001


def test_an_exception_travels_as_a_letter(trainer):
    trainer.ask(Wish(1, FAST.change(train_fraction=0.0)))
    letter = wait_for(trainer, lambda letter: letter.error is not None)
    assert isinstance(letter.error, DataError)


def test_after_an_exception_the_next_wish_is_a_new_try(trainer):
    trainer.ask(Wish(1, FAST.change(train_fraction=0.0)))
    wait_for(trainer, lambda letter: letter.error is not None)
    trainer.ask(Wish(2, FAST, is_playing=True))
    assert wait_for(trainer, has_ended).snapshot.epoch == 20


def test_an_error_while_training_travels_too(trainer, monkeypatch):
    monkeypatch.setattr(Run, "burst", lambda *_: 1 / 0)
    trainer.ask(Wish(1, FAST, is_playing=True))
    assert isinstance(wait_for(trainer, lambda letter: letter.error is not None).error, ZeroDivisionError)


def test_a_wish_for_nothing_leaves_the_run(trainer):
    trainer.ask(Wish(1, LONG, is_playing=True))
    wait_for(trainer, lambda letter: letter.snapshot.epoch > 0)
    trainer.ask(Wish(2, None))
    with trainer.holding() as run:
        assert run is None


def test_a_run_is_held_under_the_newest_wish(trainer):
    trainer.ask(Wish(1, LONG, is_playing=True))
    wait_for(trainer, lambda letter: letter.snapshot.epoch > 0)
    for rate in (0.1, 0.2, 0.3):
        changed = LONG.change(learning_rate=rate)
        trainer.ask(Wish(1, changed, is_playing=True))
        with trainer.holding() as run:
            assert run.experiment == changed


def test_a_run_that_was_just_begun_anew_is_held_untrained(trainer):
    for start in range(1, 20, 2):
        trainer.ask(Wish(start, LONG, is_playing=True))
        wait_for(trainer, lambda letter, start=start: letter.run == start and letter.snapshot.epoch > 0)
        # Not playing: else the thread may have made a burst of it before it is held.
        trainer.ask(Wish(start + 1, LONG))
        with trainer.holding() as run:
            assert run.epoch == 0


def test_a_held_run_stands_still(trainer):
    trainer.ask(Wish(1, LONG, is_playing=True))
    wait_for(trainer, lambda letter: letter.snapshot.epoch > 0)
    with trainer.holding() as run:
        before = run.updates
        time.sleep(0.05)  # there is nothing to wait for: the claim is that nothing happens
        assert run.updates == before


def test_a_run_to_be_taken_up_goes_on_from_its_epoch(trainer):
    run = Run(FAST)
    run.advance(5 * run.batches)
    trainer.ask(Wish(1, FAST, lambda _: run, steps=1))
    assert wait_for(trainer, lambda letter: letter.snapshot.epoch != 5).snapshot.epoch == 6


EVALUATIONS = {
    "predict": lambda run: run.predict(np.zeros((1, 2))),
    "scores": lambda run: run.scores(),
    "weights": lambda run: run.weights,
    "surface": lambda run: surface(run, Region(resolution=8)),
    "diagnose": diagnose,
    "finish_epoch": lambda run: run.finish_epoch(),
}


@pytest.fixture
def owned(trainer):
    """A run that the trainer's thread trains."""
    run = Run(LONG)
    run.finish_epoch()
    trainer.ask(Wish(1, LONG, lambda _: run, is_playing=True))
    wait_for(trainer, lambda letter: letter.snapshot.epoch > 5)
    return run


@pytest.mark.parametrize("name", EVALUATIONS)
def test_nobody_but_its_own_thread_evaluates_a_run(owned, name):
    with pytest.raises(RuntimeError, match="its own thread alone"):
        EVALUATIONS[name](owned)


def test_whoever_holds_a_run_may_evaluate_it(trainer, owned):
    with trainer.holding() as run:
        assert run is owned
        for evaluate in EVALUATIONS.values():
            evaluate(run)
    with pytest.raises(RuntimeError):
        owned.scores()


def test_a_run_that_was_left_may_be_evaluated_by_anybody(trainer, owned):
    trainer.ask(Wish(2, FAST))
    wait_for(trainer, lambda letter: letter.run == 2)
    assert owned.scores().train_loss > 0


def test_after_closing_a_run_may_be_evaluated_by_anybody(trainer, owned):
    trainer.close()
    assert owned.scores().train_loss > 0


PAUSED = Wish(1, LONG, looks={"surface": Region()})
PLAYING = PAUSED._replace(is_playing=True)


def costly_desk():
    """A desk whose surfaces were slow so far, at full speed."""
    desk = Desk(deque())
    desk.work(PLAYING)
    desk._observer._seconds["surface"] = deque([1.0], maxlen=1)
    return desk


def side(desk, wish):
    """The resolution of the surface that a desk writes next."""
    desk._letters.clear()
    desk._next_snapshot = 0.0
    desk.work(wish)
    return len(desk._letters[0].snapshot.seen["surface"].values)


def test_at_full_speed_a_surface_that_costs_much_is_coarser():
    assert side(costly_desk(), None) == COARSEST


@pytest.mark.parametrize("wish", [PAUSED, PLAYING._replace(pace=Pace(1e6))], ids=["paused", "slowed"])
def test_a_surface_is_as_fine_as_was_asked_for_when_there_is_time(wish):
    assert side(costly_desk(), wish) == 96


@pytest.mark.parametrize("wish, times", [(None, 0), (PAUSED, 1)], ids=["playing", "paused"])
def test_the_verdict_of_a_moment_ago_will_do_only_while_training_goes_on(monkeypatch, wish, times):
    desk = costly_desk()
    desk._verdict = (float("inf"), desk._verdict[1])
    calls = []
    monkeypatch.setattr(desk_module.diagnosis, "diagnose", calls.append)
    side(desk, wish)
    assert len(calls) == times


def slow_desk(monkeypatch, experiment, speed):
    """A desk whose clock stands still until it is set."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(desk_module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    desk = Desk([])
    desk.work(Wish(1, experiment, is_playing=True, pace=Pace(speed)))
    return desk, clock


def work_on(desk):
    """Let a desk work until nothing is due."""
    while desk.trained:
        desk.work(None)


def test_slow_motion_trains_one_epoch_when_it_is_due(monkeypatch):
    desk, _ = slow_desk(monkeypatch, FAST, 10.0)
    work_on(desk)
    assert (desk.run.epoch, desk.run.is_in_epoch) == (1, False)


def test_slow_motion_counts_epochs_however_many_bursts_they_take(monkeypatch):
    desk, clock = slow_desk(monkeypatch, FAST.change(samples=5000, batch_size=1), 10.0)
    work_on(desk)
    clock.now += 0.1
    desk.work(None)
    work_on(desk)
    assert (desk.run.epoch, desk.run.is_in_epoch) == (2, False)


def test_slow_motion_does_not_make_up_for_a_pause(monkeypatch):
    desk, clock = slow_desk(monkeypatch, FAST, 10.0)
    work_on(desk)
    desk.work(Wish(1, FAST))
    clock.now += 5.0
    desk.work(Wish(1, FAST, is_playing=True, pace=Pace(10.0)))
    work_on(desk)
    assert desk.run.epoch == 2


def test_slow_motion_makes_up_for_little_after_a_long_delay(monkeypatch):
    desk, clock = slow_desk(monkeypatch, FAST, 100.0)
    work_on(desk)
    clock.now += 5.0
    desk.work(None)
    work_on(desk)
    assert 2 <= desk.run.epoch <= 2 + 100.0 * desk_module.MOST_LATE


def test_closing_gives_up_compiling(monkeypatch):
    calls = []
    monkeypatch.setattr(warm, "is_warm", lambda: False)
    monkeypatch.setattr(warm, "touch", calls.append)
    endless = SimpleNamespace(ended=False)

    class Process:
        stdin, stdout = io.StringIO(), io.StringIO()

        def __init__(self, *_, **__):
            pass

        def poll(self):
            return 0 if endless.ended else None

        def wait(self, seconds):
            time.sleep(0.001)

    monkeypatch.setattr(warm.subprocess, "Popen", Process)
    monkeypatch.setattr(warm, "_kill", lambda process: setattr(endless, "ended", True))
    engine = Engine()
    engine.prepare()
    engine.close()
    assert endless.ended and not calls


def test_what_compiles_is_ended_with_what_it_has_started_though_it_hears_nothing(monkeypatch):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    begin = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {deaf!r}]); print('begun', flush=True)"
    monkeypatch.setattr(warm, "is_warm", lambda: False)
    monkeypatch.setattr(warm, "_command", lambda *_: [sys.executable, "-c", f"{begin}; {deaf}"])
    told = []
    warm.ensure(lambda: len(told) < 2, told.append)
    for reader in [thread for thread in threading.enumerate() if thread.name == "news"]:
        reader.join(10)  # it reads for as long as one of them has the other end of its pipe
        assert not reader.is_alive()


def test_the_share_of_the_compiling_is_read_as_it_grows(monkeypatch):
    told = []
    monkeypatch.setattr(warm, "is_warm", lambda: False)
    monkeypatch.setattr(warm, "touch", lambda precision: None)
    monkeypatch.setattr(warm, "_compilable", lambda: dict.fromkeys("abcd"))
    # Two processes name what they have both compiled.
    process = SimpleNamespace(stdin=io.StringIO(), stdout=io.StringIO("a\nb\na\nc\n"), poll=lambda: 0)
    monkeypatch.setattr(warm.subprocess, "Popen", lambda *_, **__: process)
    warm.ensure(tell=told.append)
    assert told == [0.0, 0.25, 0.5, 0.5, 0.75]


def test_what_a_look_leaves_undone_is_looked_at_again_though_nothing_is_trained(monkeypatch):
    asked = []

    def look(run, request):
        asked.append(run.epoch)
        return SimpleNamespace(is_whole=len(asked) >= 3)

    row = views.View("slow", look)
    monkeypatch.setattr(views, "VIEWS", (*views.VIEWS, row))
    letters = deque(maxlen=1)
    desk = Desk(letters)
    desk.work(Wish(1, Experiment(), looks={"slow": None}))
    while letters:
        letters.popleft()
        while not letters and desk.work(None):
            pass
    assert asked == [0, 0, 0]


@pytest.fixture
def views_of_two_kinds(monkeypatch):
    """How often a view that is watched and one that is read were looked at, and by what request."""
    asked = {"watched": [], "read": []}

    def row(key, **kinds):
        def look(run, request):
            asked[key].append(request)
            return len(asked[key])

        return views.View(key, look, coarser=lambda request, most: "coarser", **kinds)

    monkeypatch.setattr(views, "VIEWS", (row("watched", is_watched=True), row("read")))
    return asked


def test_at_full_speed_what_is_watched_is_looked_at_each_time_and_what_is_read_now_and_then(
    views_of_two_kinds, monkeypatch
):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(views.time, "perf_counter", lambda: now.seconds)
    run, observer, looks = Run(Experiment()), views.Observer(), {"watched": "fine", "read": "fine"}
    for _ in range(60):
        observer.look(run, looks, is_hurried=True)
        now.seconds += 1 / 60
    assert len(views_of_two_kinds["watched"]) == 60 and 14 <= len(views_of_two_kinds["read"]) <= 20
    assert set(views_of_two_kinds["read"]) == {"coarser"}
    observer.look(run, looks)
    assert views_of_two_kinds["read"][-1] == "fine"


def test_an_epoch_that_is_passed_is_read_coarsely_first_and_then_as_it_was_asked_for(views_of_two_kinds):
    letters = deque(maxlen=1)
    desk = Desk(letters)
    wish = Wish(1, Experiment(epochs=3), is_playing=True)
    while desk.run is None or desk.run.epoch < 3:
        desk.work(wish)
        letters.clear()
    looks = {"watched": "fine", "read": "fine"}
    desk.work(wish._replace(is_playing=False, at=2, looks=looks))
    shown = 0
    while desk.work(None) or letters:
        shown += len(letters)
        letters.clear()
    assert shown == 2
    assert views_of_two_kinds == {"watched": ["fine", "fine"], "read": ["coarser", "fine"]}
