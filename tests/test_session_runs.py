"""The session's many runs: what is filed, what undo brings back, looking back, branches."""

from __future__ import annotations

import time

import numpy as np
import pytest

from playground.model.examples import EXAMPLES
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.session import Session
from playground.training.branching import branch
from playground.training.letters import Pace
from playground.training.run import Run
from playground.training.surface import Region

from .test_session import (
    LONG,
    SMALL,
    TWO,
    clock,
    curves,
    in_one_go,
    open_session,
    step_through,
    train_some,
    train_to_end,
    wait_until,
)

__all__ = ["clock", "open_session"]


def look(session: Session, epoch: int | None):
    """The snapshot of a past epoch."""
    session.look_at(epoch)
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.looked == session.looked)
    return session.snapshot


def weights_at(experiment: Experiment, epoch: int):
    run = Run(experiment)
    while run.epoch < epoch:
        run.finish_epoch()
    return run.weights


def held(session: Session):
    """The weights of the run in hand."""
    with session._hand.trainer.holding() as run:
        return {name: np.array(array) for name, array in run.weights.items()}


def are_equal(one, other) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def names(session: Session) -> list[str]:
    return [row.name for row in session.runs]


# what restarts files the run in hand


@pytest.mark.parametrize("changes", [{"layers": (5,)}, {"seed": 3}, {"noise": 0.1}, {"optimizer": "sgd"}])
def test_what_restarts_files_the_run_and_undo_brings_it_back_with_its_epochs(open_session, changes):
    session = open_session()
    train_to_end(session)
    first, history = session.hand, curves(session.snapshot.history)
    session.edit(**changes)
    assert session.hand != first and session.snapshot is None and session.ghost == first
    session.undo()
    assert session.hand == first and session.experiment == SMALL
    wait_until(session, lambda: session.snapshot is not None)
    assert np.array_equal(curves(session.snapshot.history), history)


def test_undo_and_redo_walk_between_two_trained_runs(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.edit(layers=(5,))
    train_to_end(session)
    second = session.hand
    session.undo()
    assert (session.hand, session.ghost) == (first, second)
    session.redo()
    assert (session.hand, session.ghost) == (second, first) and session.snapshot.epoch == 30


def test_turning_the_knob_back_brings_the_run_back(open_session, clock):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.edit(layers=(5,))
    clock.now += 10
    session.edit(layers=SMALL.knobs.layers)
    assert session.hand == first and session.snapshot.epoch == 30


def test_a_width_dragged_through_ten_values_files_one_run(open_session, clock):
    session = open_session(LONG)
    train_some(session, 3)
    first = session.hand
    for width in range(5, 15):
        clock.now += 0.1
        session.edit(layers=(width,))
        session.step()
        wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch == 1)
    assert [row.number for row in session.runs] == [first, session.hand] and names(session)[1] == "layers 14"
    session.undo()
    assert session.hand == first and not session.can_undo


def test_a_width_dragged_there_and_back_leaves_the_run_as_it_was(open_session, clock):
    session = open_session(LONG)
    reached = train_some(session, 3)
    first = session.hand
    for width in (5, 6, 5, 4):
        clock.now += 0.1
        session.edit(layers=(width,))
    assert session.hand == first and len(session.runs) == 1 and session.snapshot.epoch == reached


def test_points_drawn_over_a_run_file_it(open_session):
    session = open_session(Experiment(SMALL.knobs, TWO))
    train_to_end(session)
    first = session.hand
    session.set_data(TWO.replace(inputs=TWO.inputs + 1.0), "move")
    assert session.ghost == first and names(session)[-1] == "other points"
    session.undo()
    assert session.hand == first


def test_reset_keeps_what_was_trained(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.reset()
    assert session.ghost == first and session.hand != first
    session.take(first)
    wait_until(session, lambda: session.snapshot.epoch == 30)
    assert session.experiment == SMALL


def test_of_a_run_and_its_shorter_twin_one_stays(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.reset()
    session.step()
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch == 1)
    session.edit(layers=(5,))
    wait_until(session, lambda: len(session.runs) == 2)
    assert [row.number for row in session.runs] == [first, session.hand]


def test_what_cannot_be_trained_files_the_run_too(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.edit(train_fraction=0.0)
    assert session.message and session.ghost == first
    session.undo()
    assert session.hand == first and not session.message and session.snapshot.epoch == 30


def test_a_run_taken_in_hand_is_one_entry_of_the_undo_history(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.edit(layers=(5,))
    train_to_end(session)
    second = session.hand
    session.take(first)
    assert (session.hand, session.experiment, session.undo_label) == (first, SMALL, "take run 1")
    session.undo()
    assert session.hand == second and session.experiment.knobs.layers == (5,)
    session.undo()
    assert session.hand == first


# live changes


def test_undoing_a_live_change_is_another_live_change(open_session):
    session = open_session(LONG)
    reached = step_through(session, 3)
    session.edit(learning_rate=0.5)
    session.step()
    wait_until(session, lambda: session.snapshot.epoch == reached + 1)
    session.undo()
    session.step()
    wait_until(session, lambda: session.snapshot.epoch == reached + 2)
    assert len(session.runs) == 1
    changes = [(epoch, dict(changed)) for epoch, changed in session.snapshot.changes]
    assert changes == [(reached, {"learning_rate": 0.5}), (reached + 1, {"learning_rate": None})]
    assert list(session.snapshot.column("learning_rate")[-2:]) == [0.5, 0.001]


# looking back


def test_any_epoch_is_seen_as_it_was(open_session):
    session = open_session(SMALL.change(normalization="batch"))
    session.set_looks({"surface": Region((-2.0, 2.0, -2.0, 2.0), 8), "norms": None})
    train_to_end(session)
    for epoch in (0, 7, 29, 12):
        shown = look(session, epoch)
        run = Run(session.experiment)
        while run.epoch < epoch:
            run.finish_epoch()
        x, y = np.meshgrid(np.linspace(-2, 2, 8), np.linspace(-2, 2, 8))
        expected = run.predict(np.column_stack([x.ravel(), y.ravel()])).reshape(8, 8, 2)
        assert np.array_equal(shown.seen["surface"].values, expected.astype(np.float32))
        assert [len(series.epochs) for series in shown.seen["norms"]] == [epoch] * bool(epoch)
        assert (shown.looked, shown.shown, shown.epoch, len(shown.history)) == (epoch, epoch, 30, 30)


def test_the_last_epoch_is_the_run_as_it_stands(open_session):
    session = open_session()
    train_to_end(session)
    look(session, 3)
    session.look_at(30)
    assert session.looked is None
    wait_until(session, lambda: session.snapshot.looked is None)


def test_looking_back_pauses_and_the_run_is_untouched(open_session):
    session = open_session(LONG)
    train_some(session, 20)
    session.play()
    shown = look(session, 4)
    assert not session.is_running and shown.epoch >= 20
    reached = look(session, None).epoch
    with session._hand.trainer.holding() as run:
        assert are_equal(run.at(reached).weights, weights_at(LONG, reached))


def test_the_verdict_is_that_of_the_epoch(open_session):
    session = open_session(Experiment(samples=40, noise=0.4, layers=(32,), learning_rate=0.05, epochs=300))
    assert train_to_end(session).verdict.kind == "overfit"
    assert look(session, 2).verdict.kind != "overfit"


def test_playing_from_a_past_epoch_goes_along_and_trains_on_at_the_end(open_session):
    session = open_session()
    train_to_end(session)
    session.edit(epochs=40)
    look(session, 10)
    session.set_pace(Pace(200.0))
    session.play()
    seen = set()
    wait_until(session, lambda: seen.add(session.snapshot.looked) or not session.is_running)
    assert len(session.runs) == 1 and session.snapshot.epoch == 40 and session.looked is None
    assert {epoch for epoch in seen if epoch is not None} - {10}
    assert are_equal(held(session), weights_at(SMALL.change(epochs=40), 40))


def test_a_step_in_the_past_moves_along(open_session):
    session = open_session()
    train_to_end(session)
    look(session, 28)
    session.step()
    assert session.looked == 29
    session.step()
    assert session.looked is None and session.snapshot.epoch == 30


def test_single_updates(open_session):
    session = open_session()
    for _ in range(3):
        session.step_update()
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.batch == 3)
    assert (session.snapshot.epoch, session.snapshot.batches) == (0, 6)
    for _ in range(3):
        session.step_update()
    wait_until(session, lambda: session.snapshot.epoch == 1)
    assert session.snapshot.batch == 0 and are_equal(held(session), weights_at(SMALL, 1))


def test_a_pace_of_updates(open_session):
    session = open_session(LONG)
    session.set_pace(Pace(100.0, "update"))
    session.play()
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.batch > 1)
    session.pause()
    with session._hand.trainer.holding() as run:
        assert 1 < run.updates < 100


# branches


def test_an_edit_at_a_past_epoch_makes_a_branch(open_session):
    session = open_session()
    train_to_end(session)
    parent = session.hand
    look(session, 12)
    session.edit(dropout=0.5)
    child = session.hand
    wait_until(session, lambda: session.snapshot is not None)
    row = next(row for row in session.runs if row.number == child)
    assert (row.parent, row.branched, row.name, session.snapshot.epoch) == (parent, 12, "p 0.5", 12)
    train_to_end(session)
    expected = Run(SMALL)
    while expected.epoch < 12:
        expected.finish_epoch()
    expected.adapt(SMALL.change(dropout=0.5))
    while not expected.has_ended:
        expected.finish_epoch()
    assert are_equal(held(session), expected.weights)
    session.undo()
    assert session.hand == parent and session.looked == 12


def test_a_branch_whose_knob_is_dragged_is_one_child(open_session, clock):
    session = open_session()
    train_to_end(session)
    look(session, 12)
    for rate in (0.1, 0.2, 0.3):
        clock.now += 0.1
        session.edit(dropout=rate)
    wait_until(session, lambda: session.snapshot is not None)
    assert len(session.runs) == 2
    train_to_end(session)
    parent = in_one_go(SMALL)
    child = branch(parent, 12, SMALL.change(dropout=0.3))
    while not child.has_ended:
        child.finish_epoch()
    assert are_equal(held(session), child.weights)


def test_a_branch_may_have_another_optimizer_and_what_begins_anew_is_told(open_session, clock):
    session = open_session()
    train_to_end(session)
    parent = session.hand
    look(session, 12)
    session.edit(dropout=0.5)
    clock.now += 10
    session.edit(optimizer="sgd")  # not trained yet: still a branch of the same epoch
    wait_until(session, lambda: session.snapshot is not None)
    assert session.snapshot.epoch == 12 and len(session.runs) == 2
    assert session.runs[1].parent == parent and "memory will begin anew" in session.take_news()
    session.undo()
    wait_until(session, lambda: session.snapshot is not None)
    assert session.snapshot.epoch == 12 and session.experiment.knobs.optimizer == "adam"


def test_what_cannot_branch_begins_anew_and_says_why(open_session):
    session = open_session()
    train_to_end(session)
    look(session, 12)
    session.edit(layers=(9,))
    assert "a change of layers needs a new run" in session.take_news()
    wait_until(session, lambda: session.snapshot is not None)
    assert session.snapshot.epoch == 0 and len(session.runs) == 2


def test_a_refused_edit_in_the_past_leaves_all_as_it_was(open_session):
    session = open_session()
    train_to_end(session)
    look(session, 12)
    with pytest.raises(KnobError):
        session.edit(dropout=2.0)
    assert session.looked == 12 and len(session.runs) == 1


# the ghost, pins, and what ends


def test_the_ghost_shows_its_surface_and_can_be_switched_off(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.edit(layers=(5,))
    wait_until(session, lambda: session.runs[0].snapshot.seen.get("surface") is not None)
    session.show_ghost(False)
    assert session.ghost is None
    wait_until(session, lambda: not session.runs[0].snapshot.seen)
    session.show_ghost(True)
    assert session.ghost == first
    wait_until(session, lambda: session.runs[0].snapshot.seen.get("surface") is not None)
    session.set_looks({"surface": Region((-1.0, 1.0, -1.0, 1.0), 8)})
    wait_until(session, lambda: session.runs[0].snapshot.seen["surface"].extent == (-1.0, 1.0, -1.0, 1.0))


def test_deleting_a_run_can_be_undone(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.edit(layers=(5,))
    session.remove(first)
    assert [row.number for row in session.runs] == [session.hand] and session.undo_label == "delete run 1"
    session.undo()
    assert session.ghost == first
    session.redo()
    assert session.ghost is None
    session.undo()
    session.undo()
    assert session.hand == first and session.snapshot.epoch == 30
    session.rename(first, "  ten units ")
    assert names(session)[0] == "ten units"


def test_a_deleted_run_ends_when_nobody_can_bring_it_back(open_session):
    session = open_session()
    train_to_end(session)
    entry = session._hand
    session.edit(layers=(5,))
    session.remove(entry.number)
    session.new()
    entry.trainer._thread.join(5)
    assert not entry.trainer._thread.is_alive()


def test_runs_that_leave_are_told(open_session, clock):
    session = open_session()
    session.keep_runs(1_000_000_000, 2)
    for seed in range(5):
        clock.now += 10
        session.edit(seed=seed + 1)
        train_to_end(session)
    assert len(session.runs) == 3
    told = session.take_news()
    assert told.startswith("Left: ") and "the last 2 are kept" in told and session.take_news() == ""


def test_fewer_runs_or_bytes_are_kept_at_once_when_that_is_asked(open_session, clock):
    session = open_session()
    for seed in range(4):
        clock.now += 10
        session.edit(seed=seed + 1)
        train_to_end(session)
    first = session.runs[0].number
    session.pin(first)
    session.keep_runs(1_000_000_000, 1)
    assert [row.number for row in session.runs] == [first, session.runs[-2].number, session.hand]
    session.keep_runs(0, 30)
    assert [row.number for row in session.runs] == [first, session.hand]


def test_again_and_more_epochs(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.train_more(10)
    assert session.hand == first and session.is_running
    wait_until(session, lambda: not session.is_running)
    assert session.snapshot.epoch == 40
    session.again()
    assert session.hand != first and session.is_running
    wait_until(session, lambda: not session.is_running)
    assert np.array_equal(curves(session.snapshot.history), curves(in_one_go(SMALL.change(epochs=40)).history.rows))


def test_an_exception_in_a_filed_run_ends_that_one_alone(open_session, monkeypatch):
    session = open_session()
    train_to_end(session)
    first = session._hand
    session.edit(layers=(5,))
    wait_until(session, lambda: session.snapshot is not None)
    with first.trainer.holding() as run:
        monkeypatch.setattr(run, "keep_within", lambda _: 1 / 0)
    first.ask(budget=1)
    wait_until(session, lambda: len(session.runs) == 1)
    assert "division by zero" in session.take_news() and train_to_end(session).epoch == 30


def test_closing_while_many_train_is_quick(open_session, clock):
    session = open_session(LONG)
    for seed in range(4):
        clock.now += 10
        session.edit(seed=seed + 1)
        train_some(session)
        session._hand.ask(is_playing=True)
    assert len(session.runs) == 4
    begun = time.perf_counter()
    session.close()
    assert time.perf_counter() - begun < 0.5


# files


def test_a_project_keeps_the_pinned_runs_and_the_one_in_hand(open_session, tmp_path):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.pin(first)
    session.edit(layers=(5,))
    train_to_end(session)
    session.edit(layers=(6,))  # merged: the run of five units is given up
    train_to_end(session)
    session.edit(seed=3)
    train_to_end(session)
    before = {row.number: row for row in session.runs}
    session.save(tmp_path / "a.playground")
    assert not session.is_modified
    again = open_session()
    again.open(tmp_path / "a.playground")
    wait_until(again, lambda: all(row.snapshot is not None for row in again.runs))
    assert [row.number for row in again.runs] == [first, session.hand] and again.hand == session.hand
    for row in again.runs:
        was = before[row.number]
        assert row[:7] == was[:7] and np.array_equal(curves(row.snapshot.history), curves(was.snapshot.history))
    assert are_equal(held(again), held(session))
    again.take(first)
    shown = look(again, 7)
    assert shown.is_exact and np.array_equal(shown.seen["surface"].values, look_of(SMALL, 7))
    again.edit(seed=9)
    assert again.hand > session.hand


def look_of(experiment: Experiment, epoch: int):
    run = Run(experiment)
    while run.epoch < epoch:
        run.finish_epoch()
    x, y = np.meshgrid(np.linspace(-2, 2, 8), np.linspace(-2, 2, 8))
    return run.predict(np.column_stack([x.ravel(), y.ravel()])).reshape(8, 8, 2).astype(np.float32)


def test_pinning_after_a_save_is_a_change(open_session, tmp_path):
    session = open_session()
    train_to_end(session)
    session.edit(layers=(5,))
    session.save(tmp_path / "a.playground")
    assert not session.is_modified
    session.pin(session.runs[0].number)
    assert session.is_modified


def test_a_thread_saves_and_opens_and_tells_when_it_is_done(open_session, tmp_path):
    session, told = open_session(LONG), []
    train_some(session)
    session.play()
    session.save(tmp_path / "a.playground", told.append)
    assert session.task is not None and session.task.title == "saving a.playground"
    with pytest.raises(OSError, match="saving a.playground is not done yet"):
        session.save(tmp_path / "b.playground", told.append)
    wait_until(session, lambda: session.task is None)
    assert told == [None] and session.path == tmp_path / "a.playground" and session.is_running
    again = open_session()
    again.open(tmp_path / "a.playground", told.append)
    wait_until(again, lambda: again.task is None)
    assert told == [None, None] and again.experiment == LONG


def test_what_goes_wrong_in_the_thread_is_told_and_nothing_changes(open_session, tmp_path):
    session, told = open_session(), []
    bad = tmp_path / "bad.playground"
    bad.write_bytes(b"PK no zip")
    session.open(bad, told.append)
    wait_until(session, lambda: session.task is None)
    session.save(tmp_path / "none" / "a.playground", told.append)
    wait_until(session, lambda: session.task is None)
    assert "bad.playground" in str(told[0]) and isinstance(told[1], OSError)
    assert session.experiment == SMALL and session.path is None


def test_the_size_of_a_project_is_known_before(open_session, tmp_path):
    session = open_session(SMALL.change(epochs=3000))
    train_to_end(session)
    estimate = session.size_to_save()
    session.save(tmp_path / "a.playground")
    assert estimate == pytest.approx((tmp_path / "a.playground").stat().st_size, rel=0.5)


# remedies that are tried


def test_a_remedy_branches_trains_at_once_and_leaves_the_other_seen(open_session):
    session = open_session(LONG)
    train_some(session, 20)
    first = session.hand
    session.show_ghost(False)
    session.look_at(10)
    session.try_remedy({"penalty": "l2", "penalty_strength": 0.5})
    assert session.is_running and session.ghost == first and session.experiment.knobs.penalty == "l2"
    child = next(row for row in session.runs if row.is_in_hand)
    assert (child.parent, child.branched) == (first, 10)
    assert child.remedy == {"penalty": "l2", "penalty_strength": 0.5}
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch > 12)


def test_a_live_remedy_leaves_the_first_run_as_it_was(open_session):
    session = open_session(LONG)
    reached = train_some(session, 5)
    first = session.hand
    session.try_remedy({"learning_rate": 0.5})
    assert session.hand != first
    session.undo()
    assert session.hand == first and session.snapshot.epoch == reached
    assert session.experiment == LONG


def test_a_remedy_that_needs_new_weights_begins_anew_without_a_word(open_session):
    session = open_session(LONG)
    train_some(session, 5)
    session.look_at(3)
    session.try_remedy({"layers": (5,)})
    child = next(row for row in session.runs if row.is_in_hand)
    assert child.branched is None and child.remedy and session.is_running and not session.take_news()


def test_a_remedy_that_changes_nothing_is_no_run(open_session):
    session = open_session()
    train_to_end(session)
    session.try_remedy({"layers": SMALL.knobs.layers})
    assert len(session.runs) == 1 and not session.can_undo


# races

OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam")


def alone(contestant):
    run = Run(contestant.experiment, contestant.initial)
    while not run.has_ended:
        run.finish_epoch()
    return run


def wait_for_race(session):
    wait_until(session, lambda: not session.is_running)
    wait_until(session, lambda: all(row.snapshot.status == "finished" for row in session.runs))


def looked_at(session):
    """The epochs that are seen of the runs."""
    return {row.snapshot.looked if row.snapshot is not None else None for row in session.runs}


def test_a_race_trains_what_each_trains_alone_with_pauses_and_scrubbing_between(open_session):
    session = open_session(SMALL.change(epochs=3000, layers=(8,)))
    session.race({"optimizer": OPTIMIZERS})
    for epoch in (3, 11):
        wait_until(session, lambda: all(entry.epoch > 12 for entry in session._runs.company))
        session.look_at(epoch)
        wait_until(
            session, lambda epoch=epoch: {row.snapshot and row.snapshot.looked for row in session.runs} == {epoch}
        )
        session.look_at(None)
        session.step()
        session.play()
    wait_for_race(session)
    assert len(session.company) == 4 and [row.lane for row in session.runs] == [0, 1, 2, 3]
    for entry in session._runs.company:
        expected = alone(entry.contestant)
        assert np.array_equal(curves(entry.snapshot.history), curves(expected.history.rows))
        with entry.trainer.holding() as run:
            assert are_equal(run.weights, expected.weights)


def test_a_race_goes_in_step(open_session):
    session = open_session(Experiment(samples=60, layers=(4,), epochs=10_000_000))
    session.race({"layers": ((4,), (64, 64))})
    wait_until(session, lambda: min(entry.epoch for entry in session._runs.company) > 300)
    slow, fast = sorted(entry.epoch for entry in session._runs.company)
    assert fast < 3 * slow
    session.pause()
    epochs = [entry.epoch for entry in session._runs.company]
    session.step()
    wait_until(session, lambda: all(entry.epoch > before for entry, before in zip(session._runs.company, epochs)))


def test_a_live_change_is_one_of_the_whole_race_but_for_what_is_compared(open_session, clock):
    session = open_session(LONG)
    session.race({"optimizer": ("sgd", "adam")})
    wait_until(session, lambda: all(entry.epoch > 3 for entry in session._runs.company))
    session.edit(dropout=0.25)
    clock.now += 10
    assert [entry.experiment.knobs.dropout for entry in session._runs.company] == [0.25, 0.25]
    session.undo()
    assert [entry.experiment.knobs.dropout for entry in session._runs.company] == [0.0, 0.0]
    session.edit(dropout=0.5)
    session.again()
    assert [entry.experiment.knobs.dropout for entry in session._runs.company] == [0.5, 0.5]
    assert session.experiment == session._hand.experiment
    clock.now += 10
    session.race({"learning_rate": (0.1, 0.2)})
    session.edit(learning_rate=0.3)
    assert [entry.experiment.knobs.learning_rate for entry in session._runs.company] == [0.3, 0.2]


def test_seeds_of_a_race_share_points_and_lane(open_session):
    session = open_session()
    session.race({"optimizer": ("sgd", "adam")}, seeds=3)
    wait_for_race(session)
    rows = session.runs
    assert [row.lane for row in rows] == [0, 0, 0, 1, 1, 1] and len({row.colour for row in rows}) == 2
    assert len({tuple(row.snapshot.experiment.dataset.sets) for row in rows}) == 1


def test_a_race_is_one_entry_of_the_undo_history(open_session):
    session = open_session()
    train_to_end(session)
    first = session.hand
    session.race({"optimizer": ("sgd", "adam")})
    wait_for_race(session)
    best = session.company[1]
    session.take(best)
    assert (session.hand, len(session.company)) == (best, 2)
    session.undo()
    session.undo()
    assert session.hand == first and session.company == (first,) and len(session.runs) == 3
    session.redo()
    assert len(session.company) == 2


def test_an_edit_leaves_the_race_which_stands_still(open_session):
    session = open_session(LONG)
    session.race({"optimizer": ("sgd", "adam")})
    wait_until(session, lambda: all(entry.epoch > 3 for entry in session._runs.company))
    others = session._runs.company
    session.edit(layers=(9,))
    session.pause()
    assert session.company == (session.hand,) and len(session.runs) == 3
    time.sleep(0.05)
    epochs = [entry.epoch for entry in others]
    time.sleep(0.1)
    assert [entry.epoch for entry in others] == epochs


def test_a_value_that_is_refused_changes_nothing(open_session):
    session = open_session()
    with pytest.raises(KnobError, match="dropout"):
        session.race({"dropout": (0.1, 2.0)})
    assert len(session.runs) == 1 and not session.can_undo


def test_one_that_diverges_does_not_stop_the_others(open_session):
    session = open_session(SMALL.change(dataset="sine", optimizer="sgd"))
    session.race({"learning_rate": (0.01, 1e6)})
    wait_until(session, lambda: not session.is_running)
    wait_until(session, lambda: [row.snapshot.status for row in session.runs] == ["finished", "diverged"])


def test_a_race_is_run_again(open_session):
    session = open_session()
    session.race({"optimizer": ("sgd", "adam")})
    wait_for_race(session)
    before = {row.number for row in session.runs}
    session.again()
    wait_for_race(session)
    assert before.isdisjoint(session.company)
    session.edit(layers=(9,))
    wait_until(session, lambda: len(session.runs) == 3)  # of two with one story one stays


def test_panels_see_all_runs_of_a_race_and_planes_those_that_have_one(open_session):
    session = open_session()
    session.race({"optimizer": ["sgd", "adagrad", "adam"]})
    wait_for_race(session)
    session.set_looks({"effective": False, "surface": Region((-2.0, 2.0, -2.0, 2.0), 6)})
    raced = [row.number for row in session.runs if row.number in session.company]

    def seen():
        return [row.snapshot.seen for row in session.runs if row.number in raced]

    wait_until(session, lambda: all(part.get("effective") is not None for part in seen()))
    assert len(raced) == 3 and sum("surface" in part for part in seen()) == 1  # the plane of the run in hand


def test_runs_that_are_seen_beside_bring_what_is_looked_at(open_session):
    session = open_session()
    session.race({"optimizer": OPTIMIZERS})
    wait_for_race(session)
    session.set_beside(session.company[1:3], {"surface": Region((-2.0, 2.0, -2.0, 2.0), 6)})
    wait_until(session, lambda: [len(row.snapshot.seen) for row in session.runs] == [1, 1, 1, 0])
    assert session.runs[1].snapshot.seen["surface"].values.shape[0] == 6
    session.look_at(3)
    wait_until(session, lambda: all(row.snapshot.looked == 3 for row in session.runs))


def test_closing_while_eight_train_is_quick(open_session):
    session = open_session(LONG)
    session.race({"learning_rate": tuple(0.001 * (place + 1) for place in range(8))})
    wait_until(session, lambda: all(entry.epoch > 3 for entry in session._runs.company))
    begun = time.perf_counter()
    session.close()
    assert time.perf_counter() - begun < 0.5


# races in files


def reopen(session, open_session, path):
    session.save(path)
    again = open_session()
    again.open(path)
    wait_until(again, lambda: all(row.snapshot is not None for row in again.runs))
    return again


def test_a_project_keeps_the_race_of_the_run_in_hand(open_session, tmp_path):
    session = open_session()
    train_to_end(session)  # of no race, and not pinned: it is not kept
    session.race({"optimizer": OPTIMIZERS})
    wait_for_race(session)
    session.take(session.company[2])
    before = [row for row in session.runs if row.number in session.company]
    again = reopen(session, open_session, tmp_path / "a.playground")
    assert [row[:9] for row in again.runs] == [row[:9] for row in before]
    assert again.company == session.company and again.hand == session.hand and again.has_ended
    assert not again.is_modified and held(again).keys() == held(session).keys()
    for row, was in zip(again.runs, before):
        assert np.array_equal(curves(row.snapshot.history), curves(was.snapshot.history))


def test_a_race_of_a_file_is_a_company_again(open_session, tmp_path):
    session = open_session(SMALL.change(epochs=3000))
    session.race({"optimizer": OPTIMIZERS})
    wait_until(session, lambda: all(entry.epoch > 12 for entry in session._runs.company))
    session.pause()
    again = reopen(session, open_session, tmp_path / "a.playground")
    again.look_at(5)
    wait_until(again, lambda: looked_at(again) == {5})
    again.look_at(None)
    before = [entry.epoch for entry in again._runs.company]
    again.step()
    wait_until(again, lambda: [entry.epoch for entry in again._runs.company] == [epoch + 1 for epoch in before])
    again.play()
    wait_for_race(again)
    for entry, first in zip(again._runs.company, session._runs.company):
        assert np.array_equal(curves(entry.snapshot.history), curves(alone(first.contestant).history.rows))


def test_a_race_of_a_file_is_run_again_from_the_same_weights(open_session, tmp_path):
    session = open_session()
    session.race({"normalization": ("none", "batch")}, seeds=2)
    wait_for_race(session)
    session.take(session.company[3])
    again = reopen(session, open_session, tmp_path / "a.playground")
    before = [(row.name, row.lane) for row in again.runs]
    again.play()  # all has ended: this begins anew
    wait_for_race(again)
    entries = again._runs.company
    assert [(entry.name, entry.contestant.number) for entry in entries] == before
    assert again.hand == entries[3].number and again.experiment == entries[3].experiment
    for entry, first in zip(entries, session._runs.company):
        expected = alone(first.contestant)
        assert are_equal(entry.contestant.initial, expected.initial_weights)
        assert np.array_equal(curves(entry.snapshot.history), curves(expected.history.rows))
    again.race({"optimizer": ("sgd", "adam")})
    assert len(again.company) == 2


def test_a_race_that_was_reset_is_kept(open_session, tmp_path):
    session = open_session()
    session.race({"optimizer": ("sgd", "adam")})
    wait_for_race(session)
    session.reset()
    again = reopen(session, open_session, tmp_path / "a.playground")
    assert len(again.company) == 2 and {row.snapshot.epoch for row in again.runs} == {0}
    assert not again.has_ended


def test_one_pinned_run_of_a_race_is_alone_after_opening(open_session, tmp_path):
    session = open_session()
    session.race({"optimizer": OPTIMIZERS})
    wait_for_race(session)
    first = session.hand
    session.pin(first)
    session.edit(layers=(9,))
    train_to_end(session)
    again = reopen(session, open_session, tmp_path / "a.playground")
    assert len(again.runs) == 2 and again.company == (again.hand,)
    again.take(first)
    assert again.company == (first,)
    again.again()
    assert again.company == (again.hand,) and len(again.runs) == 3


def test_an_example_opens_trained_and_plays_again(open_session):
    session, example = open_session(), EXAMPLES[-1]
    session.open_example(example)
    assert session.has_ended and len(session.company) == 4 and session.path is None and not session.is_modified
    wait_until(session, lambda: all(row.snapshot is not None for row in session.runs))
    before, shipped = session.company, [curves(row.snapshot.history)[-1] for row in session.runs]
    session.play()
    wait_for_race(session)
    assert set(before).isdisjoint(session.company) and session.experiment == session._hand.experiment
    for entry, expected in zip(session._runs.company, shipped):
        # the order of sums is the processor's
        assert curves(entry.snapshot.history)[-1] == pytest.approx(expected, rel=0.05, nan_ok=True)
