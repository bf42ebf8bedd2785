"""The main job, end to end, as a person does it: paint, choose, train, stop early, save, reopen."""

import os
import threading

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from playground.model.experiment import Experiment
from playground.session import Session
from playground.training.letters import Pace
from playground.training.run import Run
from playground.training.surface import Region, surface

from .opening import LONG, open_window

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot):
    """The window on an experiment without points, with early stopping on."""
    knobs = {"layers": (16, 16), "activation": "tanh", "learning_rate": 0.05, "batch_size": 8, "epochs": 400}
    session = Session(Experiment(early_stopping=True, patience=10, train_fraction=0.6, **knobs))
    session.set_pace(Pace())
    session.pause()
    window = open_window(qtbot, session)
    window.clear_points()
    return window


def paint(window, number, *places):
    """Choose a class and drag the brush over places of the plane."""
    canvas = window.canvas
    window.tools.choose_class(number - 1)
    pixels = [canvas.point_at(*place) for place in places]
    QTest.mousePress(canvas, LEFT, PLAIN, pixels[0])
    for pixel in pixels[1:]:
        spot = QPointF(pixel)
        event = QMouseEvent(QEvent.Type.MouseMove, spot, canvas.mapToGlobal(spot), LEFT, LEFT, PLAIN)
        QApplication.sendEvent(canvas, event)
    QTest.mouseRelease(canvas, LEFT, PLAIN, pixels[-1])


def paint_two_classes(window):
    """Two clouds that overlap a little."""
    low, high = (-0.9, -0.3, 0.3), (-0.5, 0.1, 0.9)
    paint(window, 1, *[(x, 0.5 * np.sin(3 * x) + 0.35) for x in low], (0.2, -0.1))
    paint(window, 2, *[(x, 0.5 * np.sin(3 * x) - 0.35) for x in high], (-0.2, 0.1))


def wait_for_end(qtbot, window):
    qtbot.waitUntil(lambda: window.session.snapshot is not None, timeout=LONG)
    qtbot.waitUntil(lambda: not window.session.is_running, timeout=LONG)


def wait_for_surface(qtbot, window, epoch):
    """Until the newest snapshot shows the surface of an epoch's weights."""

    def shown():
        snapshot = window.session.snapshot
        return snapshot is not None and "surface" in snapshot.seen and snapshot.seen["surface"].epoch == epoch

    qtbot.waitUntil(shown, timeout=LONG)


@pytest.mark.parametrize("platform", ["offscreen", pytest.param("xcb", marks=pytest.mark.real_window)])
def test_painting_two_classes_and_pressing_play_stops_at_the_best_epoch_and_is_saved(qtbot, window, tmp_path, platform):
    if platform == "xcb":
        assert os.environ["QT_QPA_PLATFORM"] == "xcb"
    session = window.session
    paint_two_classes(window)
    data = session.experiment.dataset
    assert data.samples > 20 and set(data.targets) == {0, 1}

    QTest.mouseClick(window.transport.play, LEFT)
    wait_for_end(qtbot, window)
    snapshot = session.snapshot
    assert snapshot.status == "stopped_early"
    losses = snapshot.column("val_loss")
    best = int(np.argmin(losses)) + 1
    # The charts may still be in the making when so short a run has ended.
    qtbot.waitUntil(lambda: window.charts.panel("loss").marker_epochs()["stopped"] is not None, timeout=LONG)
    markers = window.charts.panel("loss").marker_epochs()
    assert (markers["best"], markers["stopped"], markers["restored"]) == (best, len(losses), best)

    # The surface is that of the restored weights: a run that ends at the best epoch has the same.
    wait_for_surface(qtbot, window, best)
    shown = session.snapshot.seen["surface"]
    again = Run(session.experiment.change(epochs=best, early_stopping=False))
    while not again.has_ended:
        again.burst()
    assert (surface(again, Region(shown.extent, shown.values.shape[0])).values == shown.values).all()

    path = tmp_path / "painted.playground"
    session.save(path)
    reopened = Session()
    try:
        reopened.open(path)
        qtbot.waitUntil(lambda: reopened.poll() is not None, timeout=LONG)
        assert (reopened.snapshot.history == snapshot.history).all()
        assert reopened.snapshot.stopped_epoch == snapshot.stopped_epoch
        assert (reopened.experiment.data.inputs == session.experiment.data.inputs).all()
    finally:
        reopened.close()


def test_the_window_and_a_run_without_it_have_the_same_history(qtbot):
    experiment = Experiment(layers=(8, 8), dropout=0.2, normalization="batch", epochs=300, learning_rate=0.01)
    window = open_window(qtbot, Session(experiment))
    window.session.set_pace(Pace())
    window.session.play()
    qtbot.waitUntil(lambda: window.session.snapshot is not None and window.session.snapshot.epoch > 3, timeout=LONG)
    window.session.pause()
    window.session.step()
    window.session.play()
    wait_for_end(qtbot, window)
    alone = Run(experiment)
    while not alone.has_ended:
        alone.finish_epoch()
    # All columns but the seconds.
    assert (window.session.snapshot.history[:, :-1] == alone.history.rows[:, :-1]).all()


def test_nothing_that_is_done_in_the_window_evaluates_the_network_in_its_thread(qtbot, monkeypatch, tmp_path):
    threads, check = set(), Run.check_thread

    def note(run):
        threads.add(threading.current_thread().name)
        check(run)

    monkeypatch.setattr(Run, "check_thread", note)
    window = open_window(qtbot, Session(Experiment(layers=(8,), normalization="batch", epochs=10_000_000)))
    session = window.session
    for act in (
        session.step,
        session.play,
        lambda: session.edit(learning_rate=0.02),
        lambda: window.canvas._look(window.canvas.extent.shift(0.1, 0.0)),
        lambda: session.save(tmp_path / "a.playground"),
        session.undo,
        lambda: window._choose_theme("dark"),
        lambda: session.open(tmp_path / "a.playground"),
        session.reset,
        session.new_seed,
    ):
        before = session.snapshot
        act()
        qtbot.waitUntil(
            lambda before=before: session.snapshot is not None and session.snapshot is not before, timeout=LONG
        )
    assert "trainer" in threads and threading.main_thread().name not in threads


def drop(window, path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    spot = QPointF(window.rect().center())
    event = QDropEvent(spot, Qt.DropAction.CopyAction, mime, LEFT, PLAIN)
    window.dropEvent(event)


def read_panel(qtbot, window):
    """The import panel, once the file was read."""
    qtbot.waitUntil(lambda: window.files.tables.importer is not None)
    panel = window.files.tables.importer
    qtbot.waitUntil(lambda: not panel.is_reading, timeout=LONG)
    return panel


@pytest.mark.parametrize(("name", "features", "classes"), [("breast_cancer", 30, 2), ("wine", 13, 3)])
def test_a_table_dropped_on_the_window_is_trained(qtbot, window, tmp_path, name, features, classes):
    import csv

    from sklearn import datasets

    table = getattr(datasets, f"load_{name}")()
    path = tmp_path / f"{name}.csv"
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*table.feature_names, "class"])
        rows.writerows([*x, table.target_names[y]] for x, y in zip(table.data.tolist(), table.target, strict=True))
    drop(window, path)
    QTest.mouseClick(read_panel(qtbot, window).open_button, LEFT)
    session = window.session
    assert session.experiment.dataset.source == path.name
    data = session.experiment.dataset
    assert (data.features, len(data.class_names), data.samples) == (features, classes, len(table.target))
    session.edit(learning_rate=0.005, epochs=60, test_fraction=0.2)
    session.play()
    wait_for_end(qtbot, window)
    assert session.snapshot.history[-1, 6] > 0.9


def test_a_table_with_text_where_numbers_should_be_leaves_the_experiment(qtbot, window, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("a,b,class\n1,2,x\n1,oops,y\n")
    before = window.session.experiment
    drop(window, path)
    panel = read_panel(qtbot, window)
    assert "oops" in panel.line.text() and not panel.open_button.isEnabled()
    panel.reject()
    assert window.session.experiment is before


def test_a_single_class_is_told_and_cannot_be_played(window):
    paint(window, 1, (-0.5, 0), (0.5, 0))
    window.session.play()
    assert not window.session.is_running
    assert "one class" in window.session.message


def test_divergence_is_told_and_the_last_finite_weights_are_kept(qtbot, window):
    session = window.session
    session.edit(dataset="plane", activation="relu", optimizer="sgd", learning_rate=1e6, early_stopping=False)
    session.play()
    wait_for_end(qtbot, window)
    assert session.snapshot.status == "diverged"
    assert "epoch 1" in session.snapshot.failure
    with session._hand.trainer.holding() as run:
        assert np.isfinite(run.state.net.weights).all()
