"""The session: edits and their undoing, the run that follows them, and files."""

import sys
import time

import numpy as np
import pytest

from playground import session as session_module
from playground.kernels.columns import COLUMNS
from playground.model import edits, file
from playground.model.dataset import TRAIN, UNASSIGNED, DataError, Dataset
from playground.model.document import MERGE_SECONDS
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.session import Session, first_run
from playground.training.letters import Pace
from playground.training.resuming import to_saved
from playground.training.run import Run
from playground.training.surface import Region

SMALL = Experiment(samples=60, layers=(4,), epochs=30, batch_size=8)
LONG = SMALL.change(epochs=10_000_000)
PATIENCE = 60.0  # seconds
TWO = Dataset([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]] * 5, [0, 1, 0, 1] * 5, class_names=("a", "b"))


@pytest.fixture
def open_session():
    """Makes sessions, and closes them."""
    made = []

    def make(experiment=SMALL, **options):
        made.append(Session(experiment, **options))
        made[-1].set_looks({"surface": Region((-2.0, 2.0, -2.0, 2.0), 8)})
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    found = Clock()
    monkeypatch.setattr(session_module, "time", found)
    return found


def wait_until(session, condition):
    """Poll, as the window does, until a condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "the condition did not come"
        session.poll()
        time.sleep(0.001)


def seen(session):
    """The surface that the newest snapshot shows."""
    return session.snapshot.seen["surface"]


def train_to_end(session):
    session.play()
    wait_until(session, lambda: not session.is_running)
    return session.snapshot


def train_some(session, epochs=1):
    """Play until so many epochs are trained, then pause and wait for the last snapshot."""
    session.play()
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch >= epochs)
    session.pause()
    with session._hand.trainer.holding() as run:
        reached = run.epoch
    wait_until(session, lambda: session.snapshot.epoch == reached)
    return reached


def step_through(session, epochs):
    """Train so many epochs, each to its end."""
    for _ in range(epochs):
        session.step()
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch == epochs)
    return epochs


def curves(history):
    """A history without the time that it took."""
    return np.array(history)[:, :-1]


def in_one_go(experiment):
    run = Run(experiment)
    while not run.has_ended:
        run.finish_epoch()
    return run


# edits


def test_an_edit_changes_the_experiment(open_session):
    session = open_session()
    session.edit(learning_rate=0.5)
    assert session.experiment.knobs.learning_rate == 0.5


def test_undo_brings_back_the_experiment_before(open_session):
    session = open_session()
    session.edit(layers=(2, 2))
    session.undo()
    assert session.experiment == SMALL and not session.can_undo


def test_redo_makes_it_again(open_session):
    session = open_session()
    session.edit(layers=(2, 2))
    session.undo()
    session.redo()
    assert session.experiment.knobs.layers == (2, 2) and not session.can_redo


def test_a_walk_back_and_forth_passes_the_same_experiments(open_session):
    session = open_session()
    seen = [session.experiment]
    for changes in ({"layers": (2,)}, {"noise": 0.3}, {"dataset": "xor"}, {"seed": 4}):
        session.edit(**changes)
        seen.append(session.experiment)
    for expected in reversed(seen[:-1]):
        session.undo()
        assert session.experiment == expected
    for expected in seen[1:]:
        session.redo()
        assert session.experiment == expected


def test_an_edit_after_undo_ends_the_redo(open_session):
    session = open_session()
    session.edit(layers=(2,))
    session.undo()
    session.edit(noise=0.3)
    assert not session.can_redo


def test_undo_and_redo_say_what_they_would_do(open_session):
    session = open_session()
    session.edit(learning_rate=0.5)
    assert session.undo_label == "change learning rate"
    session.undo()
    assert (session.undo_label, session.redo_label) == ("", "change learning rate")


def test_a_knob_that_is_scrubbed_is_one_entry(open_session, clock):
    session = open_session()
    for noise in (0.21, 0.22, 0.3, 0.5):
        clock.now += 0.1
        session.edit(noise=noise)
    session.undo()
    assert session.experiment == SMALL


def test_edits_of_a_knob_a_while_apart_are_two_entries(open_session, clock):
    session = open_session()
    session.edit(noise=0.3)
    clock.now += MERGE_SECONDS + 0.1
    session.edit(noise=0.5)
    session.undo()
    assert session.experiment.knobs.noise == 0.3


def test_edits_of_two_knobs_are_two_entries(open_session, clock):
    session = open_session()
    session.edit(noise=0.3)
    session.edit(samples=50)
    session.undo()
    assert (session.experiment.knobs.noise, session.experiment.knobs.samples) == (0.3, 60)


def test_an_edit_after_redo_is_an_entry_of_its_own(open_session, clock):
    session = open_session()
    session.edit(noise=0.3)
    session.undo()
    session.redo()
    session.edit(noise=0.5)
    session.undo()
    assert session.experiment.knobs.noise == 0.3


def test_setting_a_knob_to_what_it_is_makes_no_entry(open_session):
    session = open_session()
    session.edit(noise=SMALL.knobs.noise)
    assert not session.can_undo


def test_an_edit_that_is_not_accepted_changes_nothing(open_session):
    session = open_session()
    with pytest.raises(KnobError):
        session.edit(layers=(3,), noise=-1)
    assert session.experiment == SMALL and not session.can_undo


def test_drawn_points_are_one_entry(open_session):
    session = open_session()
    session.set_data(TWO, "paint")
    assert (session.experiment.data.samples, session.undo_label) == (20, "paint")
    session.undo()
    assert session.experiment == SMALL


def test_points_drawn_over_a_file_that_assigns_sets_keep_their_sets(open_session):
    session = open_session(Experiment(None, TWO.replace(sets=[0, 1] * 10)))
    session.set_data(TWO.replace(sets=[0, 0, 1, 1] * 5))
    assert list(session.experiment.dataset.sets) == [0, 0, 1, 1] * 5


def test_points_drawn_over_a_pattern_are_dealt_by_the_split_knobs(open_session):
    session = open_session()
    points = session.experiment.points
    session.set_data(edits.add(points, [(0, 0)], 1), "paint")
    assert (session.experiment.points.sets == UNASSIGNED).all()
    trained = (session.experiment.dataset.sets == TRAIN).sum()
    assert trained == round((points.samples + 1) * session.experiment.knobs.train_fraction)


def test_a_new_seed_is_another_seed(open_session):
    session = open_session()
    session.new_seed()
    assert session.experiment.knobs.seed == 1


def test_listeners_are_told_of_an_edit(open_session):
    session, told = open_session(), []
    session.subscribe(told.append)
    session.edit(noise=0.3)
    assert told == ["experiment", "runs", "run", "file"]


# the run that follows


def test_playing_trains_to_the_end(open_session):
    session = open_session()
    snapshot = train_to_end(session)
    assert (snapshot.epoch, snapshot.status) == (30, "finished")


def test_the_window_trains_what_the_command_line_trains(open_session):
    snapshot = train_to_end(open_session())
    assert np.array_equal(curves(snapshot.history), curves(in_one_go(SMALL).history.rows))


def test_listeners_are_told_that_a_run_has_ended(open_session):
    session, told = open_session(), []
    session.subscribe(told.append)
    train_to_end(session)
    assert told.count("run") == 2


def test_playing_an_ended_run_begins_anew(open_session):
    session = open_session()
    train_to_end(session)
    session.play()
    assert session.snapshot is None
    wait_until(session, lambda: not session.is_running)
    assert session.snapshot.epoch == 30


def test_a_step_is_one_epoch(open_session):
    session = open_session()
    for _ in range(3):
        session.step()
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch == 3)
    assert not session.is_running


def test_reset_goes_back_to_the_same_first_weights(open_session):
    session = open_session()
    wait_until(session, lambda: session.snapshot is not None)
    before = seen(session).values
    train_to_end(session)
    session.reset()
    wait_until(session, lambda: session.snapshot is not None)
    assert session.snapshot.epoch == 0 and np.array_equal(seen(session).values, before)


def test_a_live_knob_goes_on_in_the_present_run(open_session):
    session = open_session(LONG)
    reached = train_some(session, 5)
    session.edit(learning_rate=0.5)
    session.step()
    wait_until(session, lambda: session.snapshot.column("learning_rate")[-1] == 0.5)
    assert set(session.snapshot.column("learning_rate")[:reached]) == {0.001}


def test_another_batch_size_goes_on_in_the_present_run(open_session):
    session = open_session(LONG)
    reached = step_through(session, 3)
    session.edit(batch_size=4)
    session.step()
    wait_until(session, lambda: session.snapshot.epoch == reached + 1)
    assert session.snapshot.batches == 11 and session.snapshot.changes == ((reached, {"batch_size": 4}),)


def test_a_live_knob_does_not_pause(open_session):
    session = open_session(LONG)
    session.play()
    session.edit(learning_rate=0.5)
    assert session.is_running


@pytest.mark.parametrize(
    "changes", [{"layers": (5,)}, {"seed": 3}, {"optimizer": "sgd"}, {"noise": 0.1}, {"loss": "squared"}]
)
def test_other_knobs_begin_the_run_anew(open_session, changes):
    session = open_session(LONG)
    train_some(session, 5)
    session.edit(**changes)
    assert session.snapshot is None
    wait_until(session, lambda: session.snapshot is not None)
    assert session.snapshot.epoch == 0


def test_a_run_that_begins_anew_goes_on_playing(open_session):
    session = open_session(LONG)
    session.play()
    session.edit(layers=(5,))
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch > 0)
    assert session.is_running and session.snapshot.parameters == 21


def test_raising_the_epochs_of_an_ended_run_goes_on(open_session):
    session = open_session()
    train_to_end(session)
    session.edit(epochs=50)
    session.play()
    assert session.snapshot is not None
    wait_until(session, lambda: not session.is_running)
    whole = in_one_go(SMALL.change(epochs=50))
    assert np.array_equal(curves(session.snapshot.history), curves(whole.history.rows))


def test_raising_the_epochs_as_the_run_ends_does_not_pause_it(open_session):
    session = open_session()
    session.play()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:  # until the run has ended, and the session has not heard of it
        with session._hand.trainer.holding() as run:
            if run.has_ended:
                break
    session.edit(epochs=60)
    wait_until(session, lambda: not session.is_running)
    assert session.snapshot.epoch == 60


def test_slow_motion_makes_the_same_curves(open_session):
    session = open_session()
    session.set_pace(Pace(500.0))
    snapshot = train_to_end(session)
    assert np.array_equal(curves(snapshot.history), curves(in_one_go(SMALL).history.rows))


def test_the_surface_covers_the_view(open_session):
    session = open_session()
    session.set_looks({"surface": Region((-1.0, 3.0, 0.0, 1.0), 12)})
    wait_until(session, lambda: session.snapshot is not None and seen(session).values.shape[0] == 12)
    assert seen(session).extent == (-1.0, 3.0, 0.0, 1.0)


def test_a_remedy_is_one_entry_and_trains_at_once(open_session):
    session = open_session()
    session.try_remedy({"early_stopping": True, "patience": 20})
    assert session.experiment.knobs.early_stopping and session.is_running
    assert session.undo_label.startswith("try early stopping on")
    session.undo()
    assert session.experiment == SMALL and not session.can_undo


def test_several_knobs_at_once_are_one_entry(open_session):
    session = open_session()
    session.edit(early_stopping=True, patience=20)
    assert session.undo_label == "change choices"


def test_a_diverged_run_tells_and_the_session_goes_on(open_session):
    session = open_session(SMALL.change(dataset="sine", optimizer="sgd", learning_rate=1e6))
    assert train_to_end(session).status == "diverged" and session.snapshot.failure
    session.edit(learning_rate=0.01)
    assert train_to_end(session).status == "finished"


# what cannot be trained


@pytest.mark.parametrize(
    "experiment, told",
    [
        (Experiment(None, Dataset(np.empty((0, 2)), [], class_names=("a", "b"))), "there are no points"),
        (Experiment(None, Dataset([[0.0, 0.0]], [0], class_names=("a", "b"))), "only one point"),
        (Experiment(None, Dataset([[0.0, 0.0], [1.0, 1.0]], [1, 1], class_names=("a", "b"))), "all of one class"),
        (SMALL.change(train_fraction=0.0), "no point is in the training set"),
        (SMALL.change(train_fraction=1.0, early_stopping=True), "early stopping watches val_loss, but"),
        (SMALL.change(train_fraction=0.7, test_fraction=0.5), "add up to more than 1"),
    ],
    ids=["no points", "one point", "one class", "no training", "empty validation", "shares over 1"],
)
def test_what_cannot_be_trained_is_told(open_session, experiment, told):
    session = open_session(experiment)
    assert told in session.message


def test_what_cannot_be_trained_does_not_play(open_session):
    session = open_session(SMALL.change(train_fraction=0.0))
    session.play()
    session.step()
    assert not session.is_running


def test_mending_what_could_not_be_trained_makes_a_run(open_session):
    session = open_session(SMALL.change(train_fraction=0.0))
    session.edit(train_fraction=0.5)
    assert session.message == ""
    assert train_to_end(session).epoch == 30


def test_undoing_what_cannot_be_trained_makes_a_run(open_session):
    session = open_session()
    session.edit(train_fraction=0.0)
    session.undo()
    assert train_to_end(session).epoch == 30


def test_an_edit_that_cannot_be_trained_ends_playing(open_session):
    session = open_session(LONG)
    session.play()
    session.edit(train_fraction=0.0)
    assert not session.is_running and session.message


def test_early_stopping_on_the_training_loss_needs_no_validation(open_session):
    session = open_session(SMALL.change(train_fraction=1.0, early_stopping=True, monitor="train_loss"))
    assert session.message == ""


def test_an_error_in_the_thread_is_told_and_a_reset_tries_again(open_session, monkeypatch):
    session, reported = open_session(), []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: reported.append(kind))
    with monkeypatch.context() as patched:
        patched.setattr(Run, "burst", lambda *_: 1 / 0)
        session.play()
        wait_until(session, lambda: session.message != "")
        assert "division" in session.message and not session.is_running
        assert reported == [ZeroDivisionError]  # it is nobody's mistake but the program's
    session.reset()
    assert train_to_end(session).epoch == 30


# files


def reopened(open_session, path):
    session = open_session()
    session.open(path)
    return session


def test_a_saved_run_has_the_same_curves_when_opened(open_session, tmp_path):
    session = open_session()
    snapshot = train_to_end(session)
    session.save(tmp_path / "a.playground")
    again = reopened(open_session, tmp_path / "a.playground")
    wait_until(again, lambda: again.snapshot is not None)
    assert np.array_equal(again.snapshot.history, snapshot.history)
    assert again.snapshot.status == "finished" and again.experiment == session.experiment


def test_a_run_saved_in_the_middle_goes_on_exactly(open_session, tmp_path):
    experiment = SMALL.change(epochs=400, dropout=0.2, normalization="batch", augment=True)
    session = open_session(experiment)
    session.set_pace(Pace(500.0))
    reached = train_some(session, 10)
    assert reached < 400
    session.save(tmp_path / "a.playground")
    again = reopened(open_session, tmp_path / "a.playground")
    assert np.array_equal(curves(train_to_end(again).history), curves(in_one_go(experiment).history.rows))


def test_a_run_saved_while_it_plays_goes_on_exactly(open_session, tmp_path):
    session = open_session(SMALL.change(epochs=3000))
    session.play()
    wait_until(session, lambda: session.snapshot is not None and session.snapshot.epoch > 3)
    session.save(tmp_path / "a.playground")
    wait_until(session, lambda: not session.is_running)
    again = reopened(open_session, tmp_path / "a.playground")
    assert np.array_equal(curves(train_to_end(again).history), curves(session.snapshot.history))


def test_a_run_whose_learning_rate_was_changed_live_goes_on_exactly(open_session, tmp_path):
    session = open_session(SMALL.change(epochs=400))
    session.set_pace(Pace(500.0))
    train_some(session, 5)
    session.edit(learning_rate=0.02)
    session.edit(dropout=0.3)
    train_some(session, 20)
    session.save(tmp_path / "a.playground")
    again = reopened(open_session, tmp_path / "a.playground")
    first, second = train_to_end(session), train_to_end(again)
    assert np.array_equal(curves(first.history), curves(second.history))
    assert len(set(first.history[:, COLUMNS.index("learning_rate")])) == 2


def test_saving_right_after_a_live_edit_keeps_the_run(open_session, tmp_path):
    session = open_session(LONG)
    reached = train_some(session, 5)
    session.edit(learning_rate=0.5)
    session.save(tmp_path / "a.playground")
    saved = file.load(tmp_path / "a.playground")
    assert len(saved.in_hand.arrays["history_epoch"]) >= reached and saved.experiment.knobs.learning_rate == 0.5


def test_saving_right_after_a_reset_saves_no_old_run(open_session, tmp_path):
    session = open_session()
    train_to_end(session)
    session.reset()
    session.save(tmp_path / "a.playground")
    assert not file.load(tmp_path / "a.playground").runs


def test_saving_right_after_opening_keeps_the_run(open_session, tmp_path):
    session = open_session()
    train_to_end(session)
    session.save(tmp_path / "a.playground")
    session.open(tmp_path / "a.playground")
    session.save(tmp_path / "b.playground")
    assert len(file.load(tmp_path / "b.playground").in_hand.arrays["history_epoch"]) == 30


def test_the_surface_of_an_opened_run_is_that_of_its_restored_weights(open_session, tmp_path):
    stops = Experiment(samples=40, noise=0.4, layers=(32,), learning_rate=0.05, early_stopping=True, epochs=2000)
    session = open_session(stops)
    before = train_to_end(session)
    session.save(tmp_path / "a.playground")
    again = reopened(open_session, tmp_path / "a.playground")
    again.set_looks({"surface": Region((-2.0, 2.0, -2.0, 2.0), 8)})
    wait_until(again, lambda: again.snapshot is not None)
    assert again.snapshot.restored_epoch == before.restored_epoch
    assert np.array_equal(seen(again).values, before.seen["surface"].values)


def test_drawn_points_are_saved(open_session, tmp_path):
    session = open_session()
    session.set_data(TWO)
    session.save(tmp_path / "a.playground")
    assert np.array_equal(file.load(tmp_path / "a.playground").experiment.data.inputs, TWO.inputs)


def test_playing_an_opened_run_that_had_ended_begins_anew(open_session, tmp_path):
    session = open_session()
    train_to_end(session)
    session.save(tmp_path / "a.playground")
    again = reopened(open_session, tmp_path / "a.playground")
    again.play()
    wait_until(again, lambda: not again.is_running)
    assert np.array_equal(curves(again.snapshot.history), curves(session.snapshot.history))
    assert again.snapshot.history[-1, -1] != session.snapshot.history[-1, -1]  # it took its own time


def test_saving_without_a_name_is_refused(open_session):
    with pytest.raises(OSError, match="no file name"):
        open_session().save()


def test_a_new_session_is_not_modified(open_session):
    assert not open_session().is_modified


def test_an_edit_modifies(open_session):
    session = open_session()
    session.edit(noise=0.3)
    assert session.is_modified


def test_undoing_the_edit_unmodifies(open_session):
    session = open_session()
    session.edit(noise=0.3)
    session.undo()
    assert not session.is_modified


def test_saving_unmodifies(open_session, tmp_path):
    session = open_session()
    session.edit(noise=0.3)
    train_some(session, 5)
    session.save(tmp_path / "a.playground")
    assert not session.is_modified and session.path == tmp_path / "a.playground"


def test_training_on_a_saved_project_modifies(open_session, tmp_path):
    session = open_session()
    session.save(tmp_path / "a.playground")
    train_to_end(session)
    assert session.is_modified


def test_training_what_was_never_saved_does_not_modify(open_session):
    session = open_session()
    train_to_end(session)
    assert not session.is_modified


def test_an_opened_project_is_not_modified(open_session, tmp_path):
    session = open_session()
    train_to_end(session)
    session.save(tmp_path / "a.playground")
    again = reopened(open_session, tmp_path / "a.playground")
    assert not again.is_modified
    wait_until(again, lambda: again.snapshot is not None)
    assert not again.is_modified


def test_opening_forgets_the_undo(open_session, tmp_path):
    session = open_session()
    session.edit(noise=0.3)
    session.save(tmp_path / "a.playground")
    session.open(tmp_path / "a.playground")
    assert not session.can_undo


def test_new_is_the_first_run_without_a_file(open_session, tmp_path):
    session = open_session()
    session.save(tmp_path / "a.playground")
    session.new()
    assert session.experiment == first_run() and session.path is None and not session.is_modified


def test_a_toml_brings_its_knobs(open_session, tmp_path):
    (tmp_path / "a.toml").write_text("[knobs]\nlayers = [3]\n")
    session = open_session()
    session.open(tmp_path / "a.toml")
    assert session.experiment.knobs.layers == (3,) and session.path is None


def test_a_dropped_table_is_an_edit_that_keeps_the_knobs(open_session, tmp_path):
    (tmp_path / "cats.csv").write_text("size,weight,animal\n1,2,cat\n3,4,dog\n2,2,cat\n5,4,dog\n")
    session = open_session()
    session.open(tmp_path / "cats.csv")
    assert session.experiment.data.class_names == ("cat", "dog") and session.experiment.knobs.layers == (4,)
    assert session.undo_label == "open cats.csv" and session.is_modified
    session.undo()
    assert session.experiment == SMALL


def test_a_dropped_npz_is_an_edit_too(open_session, tmp_path):
    np.savez(tmp_path / "d.npz", X=np.eye(6), y=[0, 1, 0, 1, 0, 1])
    session = open_session()
    session.open(tmp_path / "d.npz")
    assert session.experiment.data.features == 6 and train_to_end(session).epoch == 30


def saved_project(path):
    run = in_one_go(SMALL.change(normalization="batch"))
    file.save(path, run.experiment, [file.alone(run.experiment, *to_saved(run))])
    return path


def damage_clock(path):
    run = in_one_go(SMALL)
    arrays, info = to_saved(run)
    info["clock"]["batch"] = "1000000"
    file.save(path, run.experiment, [file.alone(run.experiment, arrays, info)])


def damage_history(path):
    run = in_one_go(SMALL)
    arrays, info = to_saved(run)
    arrays = {**arrays, "history_epoch": arrays["history_epoch"][:-1]}
    file.save(path, run.experiment, [file.alone(run.experiment, arrays, info)])


BAD = {
    "cut short.playground": lambda path: path.write_bytes(saved_project(path).read_bytes()[:-200]),
    "no zip.playground": lambda path: path.write_text("hello"),
    "clock.playground": damage_clock,
    "history.playground": damage_history,
    "text.csv": lambda path: path.write_text("x,y\n1.5,2.5\nabc,3.5\n"),
    "empty.csv": lambda path: path.write_text(""),
    "broken.toml": lambda path: path.write_text("[knobs\n"),
    "unknown.toml": lambda path: path.write_text("[knobs]\nlayer = 3\n"),
    "zero units.toml": lambda path: path.write_text("[knobs]\nlayers = [0]\n"),
    "broken.npz": lambda path: path.write_bytes(b"PK\x03\x04 nothing"),
    "letter.docx": lambda path: path.write_text("Dear"),
    "missing.playground": lambda path: None,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_in_one_line_that_names_it(open_session, tmp_path, name):
    BAD[name](tmp_path / name)
    with pytest.raises((DataError, KnobError, OSError)) as caught:
        open_session().open(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_leaves_everything_as_it_was(open_session, tmp_path, name):
    BAD[name](tmp_path / name)
    session, told = open_session(LONG), []
    session.edit(noise=0.3)
    session.save(tmp_path / "good.playground")
    train_some(session, 3)
    before = (
        session.experiment,
        session.path,
        session.can_undo,
        session.snapshot,
        session.is_modified,
        session.message,
    )
    session.subscribe(told.append)
    with pytest.raises((DataError, KnobError, OSError)):
        session.open(tmp_path / name)
    after = (session.experiment, session.path, session.can_undo, session.snapshot, session.is_modified, session.message)
    assert after == before and told == []


def test_a_file_that_cannot_be_written_leaves_the_project_modified(open_session, tmp_path):
    session = open_session()
    session.edit(noise=0.3)
    with pytest.raises(OSError):
        session.save(tmp_path / "no folder" / "a.playground")
    assert session.is_modified and session.path is None


def test_other_data_on_a_saved_project_are_saved_under_another_name(open_session, tmp_path):
    session = open_session(Experiment(samples=20))
    session.save(tmp_path / "mine.playground")
    table = tmp_path / "wine.csv"
    table.write_text("a,b,kind\n" + "\n".join(f"{n},{n * n % 7},{'xy'[n % 2]}" for n in range(12)), encoding="utf-8")
    session.open(table)
    assert session.path is None and session.is_modified
    with pytest.raises(OSError, match="no file name"):
        session.save()
