"""Unsaved work is kept aside, and found again after a crash; nothing is replaced that another has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from playground.model import file, recovery, versions
from playground.model.dataset import Dataset
from playground.model.experiment import Experiment
from playground.model.locking import Lock
from playground.model.saving import ChangedError
from playground.session import Session, first_run
from playground.training import aside


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PLAYGROUND_RECOVERY_SECONDS", "0.2")
    return tmp_path / "state"


@pytest.fixture
def open_session():
    opened = []

    def make(experiment=None, **named):
        opened.append(Session(experiment, **named))
        return opened[-1]

    yield make
    for session in opened:
        session.close()


def drawn(samples=5):
    return Experiment(samples=20).points.keep(np.arange(20) < samples).replace(source="drawn")


def wait_for(condition, seconds=60.0):  # the kernels may have to be compiled
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)


def watch(session):
    """One look of the window."""
    session.poll()
    if session.is_aside_due:
        session.keep_aside(lambda: b"a picture")


def keep(session):
    def is_kept():
        watch(session)
        return session._aside.place.is_kept and session._aside._kept is not None

    wait_for(is_kept)


def crash(session):
    """What the system does to a process that ends: its lock goes."""
    session.close(keeps_aside=True)


def trained(session, epochs):
    wait_for(lambda: session.engine_ready)
    session.edit(epochs=epochs)
    session.play()
    wait_for(lambda: session.poll() is not None and session.has_ended)


def test_unsaved_work_is_kept_and_found_with_what_it_holds(open_session):
    session = open_session()
    session.set_data(drawn())
    keep(session)
    assert recovery.find() == []  # a second window finds nothing: the lock is held
    crash(session)
    (found,) = recovery.find()
    assert found.picture == b"a picture" and found.about.holds == "drawn, 5 points"
    assert abs(found.about.time - time.time()) < 60 and found.about.path == ""


def test_what_was_found_is_opened_as_it_was_and_counts_as_unsaved(open_session, tmp_path):
    session = open_session()
    session.save(tmp_path / "a.playground")
    session.set_data(drawn(7))
    trained(session, 12)
    weights = session._hand.trainer
    with weights.holding() as run:
        before = run.weights["W0"].copy()
    session.keep_aside_now()
    crash(session)
    (found,) = recovery.find()
    assert found.about.holds == "drawn, 7 points · 1 run, 12 epochs"
    other = open_session()
    other.recover(found)
    assert other.experiment == session.experiment and other.path == tmp_path / "a.playground" and other.is_modified
    with other._hand.trainer.holding() as run:
        assert run.epoch == 12 and np.array_equal(run.weights["W0"], before)
    assert recovery.find() == []  # now it is this one's
    other.save()
    watch(other)
    assert not other.is_modified and list((found.file.parent).glob("*.playground")) == []


def test_a_crash_after_opening_what_was_found_loses_nothing(open_session):
    session = open_session()
    session.set_data(drawn())
    session.keep_aside_now()
    crash(session)
    other = open_session()
    other.recover(recovery.find()[0])
    crash(other)
    assert len(recovery.find()) == 1


def test_closing_and_saving_leave_nothing_aside(open_session, tmp_path, state):
    session = open_session()
    session.set_data(drawn())
    keep(session)
    session.save(tmp_path / "a.playground")
    watch(session)
    time.sleep(2 * aside.LOOK)
    watch(session)
    assert list((state / "recovery").iterdir()) == []
    session.set_data(drawn(6))
    keep(session)
    session.close()
    assert list((state / "recovery").iterdir()) == [] == recovery.find()


def test_nothing_is_kept_where_nothing_would_be_lost(open_session, state):
    session = open_session()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        watch(session)
        time.sleep(0.01)
    session.keep_aside_now()
    assert not (state / "recovery").exists()


def test_a_stroke_after_a_quiet_time_is_kept_at_once_and_other_changes_later(open_session, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_RECOVERY_SECONDS", "30")
    session = open_session()
    session.edit(noise=0.3)
    assert not session.is_aside_due
    session.set_data(drawn())
    assert not session.is_aside_due  # ten seconds have not passed
    session._aside._touched -= aside.QUIET
    session.set_data(drawn(6))
    assert session.is_aside_due


def test_training_alone_is_kept_too(open_session):
    session = open_session()
    trained(session, first_run().knobs.epochs)
    assert session.path is None
    session.keep_aside_now()
    crash(session)
    assert "1 run" in recovery.find()[0].about.holds


def test_a_second_window_is_told_from_a_crash(tmp_path):
    code = (
        "import sys, time; from playground.model.recovery import Place, About; from playground.model.file import Saved;"
        "from playground.model.experiment import Experiment; Place().keep(Saved(Experiment()), About(1.0));"
        "print('kept', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "kept\n"
        assert recovery.find() == []
        process.kill()
        process.wait()
    assert len(recovery.find()) == 1


def test_a_damaged_file_is_found_as_such_and_can_be_deleted(open_session, state):
    session = open_session()
    session.set_data(drawn())
    session.keep_aside_now()
    crash(session)
    (path,) = (state / "recovery").glob("*.playground")
    path.write_bytes(path.read_bytes()[:300])
    (found,) = recovery.find()
    assert found.about.holds == recovery.DAMAGED
    recovery.discard(found)
    assert recovery.find() == []


def test_what_is_kept_is_a_project_that_opens_as_any(open_session, state):
    session = open_session()
    session.set_data(drawn())
    session.keep_aside_now()
    (path,) = (state / "recovery").glob("*.playground")
    assert file.load(path).experiment == session.experiment
    with zipfile.ZipFile(path) as members:
        assert json.loads(members.read("about.json"))["holds"] == "drawn, 5 points"


def test_where_nothing_can_be_kept_it_is_told_once_and_work_goes_on(open_session, state):
    state.mkdir()
    (state / "recovery").write_text("in the way")
    session = open_session()
    session.set_data(drawn())
    wait_for(lambda: watch(session) or session._aside.failure)
    assert "cannot be kept aside" in session.take_news() and session.take_news() == ""
    session.keep_aside_now()
    session.edit(noise=0.4)


def test_keeping_at_once_takes_less_than_half_a_second(open_session):
    session = open_session()
    session.race({"optimizer": ["sgd", "adam", "rmsprop"]}, 2)
    wait_for(lambda: session.engine_ready and session._hand.epoch > 20)
    took = []
    for _ in range(5):  # other work on the machine may be in the way of one
        began = time.monotonic()
        session.keep_aside_now()
        took.append(time.monotonic() - began)
    assert min(took) < 0.5
    crash(session)
    assert "6 runs" in recovery.find()[0].about.holds


def test_a_lock_is_held_by_one_and_goes_with_it(tmp_path):
    first, second = Lock(tmp_path / "a.lock"), Lock(tmp_path / "a.lock")
    assert first.take() and first.take() and not second.take()
    first.release()
    assert second.take() and not first.take()
    second.release()
    assert list(tmp_path.glob("*.lock")) == []


# files that others change


def test_a_file_that_another_has_changed_is_not_replaced_unasked(open_session, tmp_path):
    path = tmp_path / "a.playground"
    ours, theirs = open_session(prepares=False), open_session(prepares=False)
    ours.save(path)
    theirs.open(path)
    theirs.edit(noise=0.4)
    theirs.save()
    ours.edit(noise=0.1)
    with pytest.raises(ChangedError, match=r"a\.playground was changed by another"):
        ours.save()
    assert file.load(path).experiment == theirs.experiment and ours.is_modified
    ours.save(replaces=True)
    assert file.load(path).experiment == ours.experiment
    assert file.load(versions.former(path)[0]).experiment == theirs.experiment
    with pytest.raises(ChangedError):
        theirs.edit(noise=0.5)
        theirs.save()


def test_a_change_while_it_is_being_saved_is_noticed_too(open_session, tmp_path, monkeypatch):
    path = tmp_path / "a.playground"
    session = open_session(prepares=False)
    session.save(path)
    session.edit(noise=0.1)
    write = file.archive.write

    def write_meanwhile(*arguments):
        path.write_bytes(b"theirs")
        write(*arguments)

    monkeypatch.setattr(file.archive, "write", write_meanwhile)
    with pytest.raises(ChangedError):
        session.save()
    assert path.read_bytes() == b"theirs" and os.listdir(tmp_path / "state" / "versions") == []


def test_a_file_of_the_same_content_is_no_change(open_session, tmp_path):
    path = tmp_path / "a.playground"
    session = open_session(prepares=False)
    session.save(path)
    os.utime(path, (1, 1))
    session.edit(noise=0.1)
    session.save()
    assert file.load(path).experiment == session.experiment


def test_a_deleted_file_counts_as_unsaved_and_is_written_anew(open_session, tmp_path, monkeypatch):
    monkeypatch.setattr("playground.session.LOOK", 0.0)
    path = tmp_path / "a.playground"
    session = open_session(prepares=False)
    session.save(path)
    assert not session.is_modified
    path.unlink()
    assert session.is_modified
    session.save()
    assert path.exists() and not session.is_modified


def test_opening_theirs_keeps_ours_as_a_former_version(open_session, tmp_path):
    path = tmp_path / "a.playground"
    ours, theirs = open_session(prepares=False), open_session(prepares=False)
    ours.save(path)
    theirs.open(path)
    theirs.edit(noise=0.4)
    theirs.save()
    ours.edit(noise=0.1)
    mine = ours.experiment
    ours.open_theirs()
    assert ours.experiment == theirs.experiment and not ours.is_modified
    assert file.load(versions.former(path)[0]).experiment == mine
    ours.edit(noise=0.2)
    ours.save()


def test_the_last_three_versions_are_kept(open_session, tmp_path):
    path = tmp_path / "a.playground"
    session = open_session(prepares=False)
    noises = (0.1, 0.2, 0.3, 0.4, 0.5)
    for noise in noises:
        session.edit(noise=noise)
        session.save(path)
    assert [file.load(each).experiment.knobs.noise for each in versions.former(path)] == [0.4, 0.3, 0.2]


def test_a_former_version_is_opened_as_unsaved_work_of_its_file(open_session, tmp_path):
    path = tmp_path / "a.playground"
    session = open_session(prepares=False)
    for noise in (0.1, 0.2):
        session.edit(noise=noise)
        session.save(path)
    session.open_former(versions.former(path)[0])
    assert session.experiment.knobs.noise == 0.1 and session.path == path and session.is_modified
    session.save()
    assert file.load(path).experiment.knobs.noise == 0.1
    assert file.load(versions.former(path)[0]).experiment.knobs.noise == 0.2


ORDERS = ("ABab", "AaBb", "ABba", "BAab", "BbAa", "BAba", "aABb", "bBAa", "AbBa", "BaAb", "abAB", "baBA")


@pytest.mark.parametrize("order", ORDERS)
def test_in_no_order_of_events_an_edit_is_lost_unasked(open_session, tmp_path, order):
    """Capital letters: one of two windows edits; small letters: it saves, and where that is refused, elsewhere."""
    path = tmp_path / "a.playground"
    windows = {"a": open_session(prepares=False), "b": open_session(prepares=False)}
    windows["a"].save(path)
    windows["b"].open(path)
    noise = {"a": 0.1, "b": 0.4}
    refused = []
    for event in order + "ab":
        name = event.lower()
        if event.isupper():
            windows[name].edit(noise=noise[name])
        else:
            try:
                windows[name].save()
            except ChangedError:
                refused.append(name)
                windows[name].save(tmp_path / f"mine-{name}.playground")
    saved = [file.load(each).experiment.knobs.noise for each in tmp_path.glob("*.playground")]
    assert set(noise.values()) <= set(saved)
    assert refused


def large():
    generator = np.random.default_rng(1)
    rows, classes = generator.normal(size=(600, 300)), generator.integers(0, 2, 600)
    points = Dataset(rows, classes, class_names=("a", "b"), feature_names=tuple(f"x{n}" for n in range(300)))
    return Experiment(first_run().knobs, points, layers=(4,), epochs=30)


def test_large_points_are_written_once_and_what_changes_later_is_found_with_them(open_session, state):
    session = open_session(large())
    session.edit(noise=0.1)
    session.keep_aside_now()
    (whole,) = (state / "recovery").glob("*.playground")
    before = whole.read_bytes()
    trained(session, 30)
    session.keep_aside_now(lambda: b"later")
    (later,) = (state / "recovery").glob("*.later")
    assert whole.read_bytes() == before and later.stat().st_size < len(before) / 4
    with session._hand.trainer.holding() as run:
        weights = run.weights["W0"].copy()
    crash(session)
    (found,) = recovery.find()
    assert found.picture == b"later" and "1 run, 30 epochs" in found.about.holds
    other = open_session()
    other.recover(found)
    assert other.experiment == session.experiment
    with other._hand.trainer.holding() as run:
        assert run.epoch == 30 and np.array_equal(run.weights["W0"], weights)
    assert len(list((state / "recovery").iterdir())) == 2  # one file, and its lock
    other.edit(epochs=40)
    other.keep_aside_now()
    crash(other)
    assert recovery.complete(recovery.find()[0]) and file.load(recovery.find()[0].file).experiment == other.experiment


def test_points_that_were_changed_are_written_whole_again(open_session, state):
    session = open_session(large())
    session.edit(noise=0.1)
    session.keep_aside_now()
    session.edit(epochs=31)
    session.keep_aside_now()
    assert list((state / "recovery").glob("*.later"))
    session.set_data(session.experiment.points.keep(np.arange(600) < 500))
    session.keep_aside_now()
    assert not list((state / "recovery").glob("*.later"))
    crash(session)
    (found,) = recovery.find()
    assert file.load(recovery.complete(found)).experiment.points.samples == 500


def test_what_was_kept_later_of_another_file_is_swept(open_session, state):
    session = open_session(large())
    session.edit(noise=0.1)
    session.keep_aside_now()
    session.edit(epochs=31)
    session.keep_aside_now()
    (later,) = (state / "recovery").glob("*.later")
    kept = later.read_bytes()
    session._aside.place._large.clear()  # so that it is written whole
    session.edit(epochs=32)
    session.keep_aside_now()
    later.write_bytes(kept)  # as where the process ended before it was removed
    crash(session)
    (found,) = recovery.find()
    assert not later.exists() and file.load(recovery.complete(found)).experiment.knobs.epochs == 32
    recovery.discard(found)
    assert list((state / "recovery").iterdir()) == [] == recovery.find()


def test_what_changes_while_it_is_written_counts_from_then(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(aside.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(aside.Aside, "_keep", lambda self, *_: None)
    kept = aside.Aside()
    kept.every = 10.0
    mark = [1]

    def is_due(seconds):
        clock[0] += seconds
        return kept.is_due(lambda: mark[0])

    assert not is_due(0) and is_due(7.1)
    kept.begin(Experiment(), tuple, recovery.About(0.0), bytes)
    kept._job.wait()
    mark[0] = 2
    assert not is_due(1) and not is_due(1) and is_due(5.2)  # 7.2 seconds after it was begun
    kept.close(keeps=False)
